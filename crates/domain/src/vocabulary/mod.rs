//! What all rooms share: ids, texts with their limits, references, days and periods.

mod days;
mod ids;
mod numbers;
mod references;
mod serialization;
mod spans;
mod text;
mod words;

pub use days::{Days, Period};
pub use ids::*;
pub use numbers::{Amount, Decimal, Money, Version};
pub use references::*;
pub use serialization::{Purpose, Rendering, to_json_for};
pub use spans::Span;
pub use text::*;
pub(crate) use words::word;

/// Where a name stands in Swedish alphabetical order, as bytes that both databases compare alike.
///
/// The key is the Unicode collation key (UTS #10) of the Swedish tailoring (CLDR): Å, Ä, Ö after Z, case ignored.
pub fn sort_key(name: &str) -> Vec<u8> {
    use icu_collator::{
        Collator,
        options::{CollatorOptions, Strength},
    };
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Secondary);
    let mut key = Vec::new();
    // Compiled-in data cannot be missing; a name without a key would still sort, by its bytes.
    match Collator::try_new(icu_locale_core::locale!("sv").into(), options) {
        Ok(collator) => {
            let Ok(()) = collator.write_sort_key_to(name, &mut key);
        }
        Err(_) => key.extend(name.to_lowercase().as_bytes()),
    }
    key.truncate(400);
    key
}

#[cfg(test)]
mod tests {
    use super::sort_key;

    #[test]
    fn names_sort_in_swedish_order() {
        let mut names = ["Öga", "Zebra", "Ånga", "apa", "Ärt", "Arv"];
        names.sort_by_key(|n| sort_key(n));
        assert_eq!(names, ["apa", "Arv", "Zebra", "Ånga", "Ärt", "Öga"]);
    }
}
