//! Texts that carry their own limits. Each type says once how long it may be, what it may hold, how it looks in the
//! OpenAPI document, and whether it is personal data that must stay outside the event chain.
use std::sync::LazyLock;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use utoipa::{
    PartialSchema,
    openapi::{
        Object, ObjectBuilder, RefOr,
        schema::{Schema, Type},
    },
};
use validator::{ValidateLength, ValidateRegex};

use super::{Purpose, Rendering};

/// Why a text is not what its type demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {min} to {max} characters and match {pattern}")]
pub struct NotThatText {
    min: u64,
    max: u64,
    pattern: &'static str,
}

/// One line, without control characters, without blanks at its ends.
const LINE: &str = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$";
/// Several lines; tabs and line breaks are the only control characters.
const LINES: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$";

/// The parts of RFC 5545 that make at most one meeting a day, each within its bounds.
const RECURRENCE: &str = r"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL=[1-9][0-9]?|COUNT=[1-9][0-9]{0,2}|UNTIL=20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z)?|BYDAY=(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,6}|BYMONTHDAY=-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,5}|BYMONTH=([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}|BYSETPOS=-?[1-9](,-?[1-9]){0,3}|WKST=(MO|SU)))*$";
/// One line of printable ASCII without blanks.
const WEB_ADDRESS: &str = r"^https?://[!-~]+$";

fn checked(
    text: String,
    (min, max): (u64, u64),
    pattern: &'static str,
    regex: &LazyLock<Result<regex::Regex, regex::Error>>,
) -> Result<String, NotThatText> {
    match &**regex {
        Ok(regex) if text.validate_length(Some(min), Some(max), None) && text.validate_regex(regex) => Ok(text),
        _ => Err(NotThatText { min, max, pattern }),
    }
}

/// Personal data is marked when it goes into the log, so that the chain never holds it.
fn write_personal<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if Rendering::purpose() != Purpose::Log {
        return serializer.serialize_str(text);
    }
    let mut marked = serializer.serialize_map(Some(1))?;
    marked.serialize_entry("personal", text)?;
    marked.end()
}

/// How marked personal data reads in the log, once the mark has become a digest.
fn sealed(text: Object) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(text.description.clone())
        .property("digest", Digest::schema())
        .required("digest")
        .property("value", text)
        .into()
}

macro_rules! texts {
    ($($name:ident($write:ident): $min:literal..=$max:literal, $pattern:expr, $example:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, DeriveValueType)]
        #[serde(try_from = "String")]
        pub struct $name(String);
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotThatText;
            fn try_from(text: String) -> Result<Self, NotThatText> {
                static REGEX: LazyLock<Result<regex::Regex, regex::Error>> =
                    LazyLock::new(|| regex::Regex::new($pattern));
                checked(text, ($min, $max), $pattern, &REGEX).map(Self)
            }
        }
        impl std::str::FromStr for $name {
            type Err = NotThatText;
            fn from_str(text: &str) -> Result<Self, NotThatText> {
                text.to_owned().try_into()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                texts!(@$write self, serializer)
            }
        }
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .pattern(Some($pattern))
                    .examples([serde_json::Value::from($example)])
                    .description(Some($doc))
                    .build();
                texts!(@$write schema text)
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
    (@plain schema $text:ident) => { $text.into() };
    (@personal schema $text:ident) => {
        match Rendering::purpose() {
            Purpose::Log => sealed($text),
            _ => $text.into(),
        }
    };
    (@plain $value:ident, $serializer:ident) => { $serializer.serialize_str(&$value.0) };
    (@personal $value:ident, $serializer:ident) => { write_personal(&$value.0, $serializer) };
}

texts! {
    Code(plain): 1..=40, r"^[A-Z0-9][A-Z0-9_-]*$", "ECON", "Short code that people say and other tools store.";
    Name(plain): 1..=200, LINE, "Ekonomiavdelningen", "Name of something that is not a person.";
    Note(plain): 1..=2000, LINES, "Beslutat i styrgruppen.", "Plain words about a thing, not about a person.";
    Basis(plain): 1..=200, LINE, "KS 2026-114 § 12", "Reference of a decision that something rests on.";
    OrganisationNumber(plain): 11..=11, r"^[0-9]{6}-[0-9]{4}$", "212000-1355", "Swedish organisation number.";
    Currency(plain): 3..=3, r"^[A-Z]{3}$", "SEK", "Currency code (ISO 4217).";
    Slug(plain): 1..=60, r"^[a-z][a-z0-9_-]*$", "availability", "Name of a part within its whole, for programs.";
    Digest(plain): 64..=64, r"^[0-9a-f]{64}$", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "SHA-256 in hexadecimal.";
    Base64(plain): 4..=13_981_016, r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", "JVBERi0xLjcK", "Bytes in base64 (RFC 4648).";
    Word(plain): 1..=60, LINE, "P1", "A word of somebody's own scale or list, as they say it.";
    ZoneName(plain): 1..=60, r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", "Europe/Stockholm", "Time zone by its IANA name.";
    SystemName(plain): 1..=60, r"^[a-z0-9][a-z0-9._-]*$", "servicedesk", "Name of another system.";
    TableText(plain): 1..=10_485_760, r"^[^\x00]*$", "customer,score\nKLK,4\n", "A CSV file as text: a header line that names the columns, then a line for each thing.";
    MappingText(plain): 1..=20_000, LINES, ".ticket | {kind: \"wish\", title}", "A program in the language of jq.";
    HeaderName(plain): 1..=60, r"^[A-Za-z][A-Za-z0-9-]*$", "X-Hub-Signature", "Name of an HTTP header.";
    SignaturePrefix(plain): 1..=20, r"^[!-~]+$", "sha256=", "What stands before a signature in its header.";
    NetworkRange(plain): 4..=49, r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$", "10.20.0.0/16", "Addresses of a network (CIDR).";
    BasicUser(plain): 1..=100, r"^[!-9;-~]+$", "zammad", "User name of HTTP basic authentication.";
    GivenSecret(plain): 16..=200, r"^[!-~]+$", "Zm9yIHRoZSBleGFtcGxl", "A secret that the sender insists on.";
    Label(plain): 1..=60, LINE, "1 - Critical", "What another system calls a class of things, in its own words.";
    ExternalId(plain): 1..=200, LINE, "INC0012345", "What another system calls the thing.";
    WebAddress(plain): 8..=2000, WEB_ADDRESS, "https://desk.example.se/INC0012345", "Address where a person finds it.";
    Issuer(plain): 1..=500, r"^[!-~]+$", "https://id.example.se", "Issuer of an identity.";
    RecurrenceRule(plain): 10..=200, RECURRENCE, "FREQ=MONTHLY;BYDAY=1TU", "When something recurs: an RRULE of RFC 5545, at most one a day.";
    PersonName(personal): 1..=200, LINE, "Anna Lind", "Name of a person.";
    Subject(personal): 1..=255, r"^[!-~]+$", "a.lind", "Subject of an identity, as its issuer names it.";
    EmailAddress(personal): 6..=254, r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", "anna.lind@example.se", "E-mail address.";
    PhoneNumber(personal): 3..=40, r"^\+?[0-9][0-9 -]*$", "+46 18 727 00 00", "Telephone number.";
    Title(personal): 1..=200, LINE, "Digital underskrift av anställningsavtal", "What the matter is, in one line.";
    Markdown(personal): 1..=20000, LINES, "Chefer skriver ut, skriver under och skannar in **varje** avtal.", "Text in Markdown.";
    Reason(personal): 1..=2000, LINES, "Ryms inte i årets budget; prövas igen i mars.", "Reason or remark in plain words.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::{Purpose, to_json_for};

    #[test]
    fn limits_hold() {
        assert!("ECON-1".parse::<Code>().is_ok());
        for bad in ["", "econ", "E CON", &"A".repeat(41)] {
            assert!(bad.parse::<Code>().is_err(), "{bad}");
        }
        for bad in ["", " Anna", "Anna ", "An\nna", "\0"] {
            assert!(bad.parse::<PersonName>().is_err(), "{bad:?}");
        }
        assert!("Å".parse::<PersonName>().is_ok());
        assert!("rad ett\nrad två".parse::<Markdown>().is_ok());
        assert!("anna.lind@example.se".parse::<EmailAddress>().is_ok());
        assert!("anna@se".parse::<EmailAddress>().is_err());
    }

    #[test]
    fn only_the_log_marks_personal_data() {
        let name: PersonName = "Anna Lind".parse().unwrap();
        assert_eq!(to_json_for(Purpose::Reply, &name).unwrap(), "Anna Lind");
        assert_eq!(
            to_json_for(Purpose::Log, &name).unwrap(),
            serde_json::json!({"personal": "Anna Lind"})
        );
        assert_eq!(to_json_for(Purpose::Reply, &name).unwrap(), "Anna Lind");
    }
}
