//! Requests for the same need in other words. What two texts share is weighed here and nowhere else, so that both
//! databases rank alike: a term that few open requests have says more than one that many have.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::*;

/// An open request that seems to be about the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimilarRequest {
    /// The request.
    pub request: RequestRef,
    /// Whose matter it is.
    pub customer: CustomerRef,
    /// Where it stands.
    pub status: RequestStatus,
    /// How much of what was asked for it has, in thousandths; what few requests speak of counts most.
    #[schema(minimum = 0, maximum = 1000, example = 640)]
    pub score: i32,
}

/// Open requests that seem to be about the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimilarRequests {
    /// Those that you may see, the most similar first.
    #[schema(max_items = 10)]
    pub items: Vec<SimilarRequest>,
    /// How many customers whose requests you may not see seem to have the same need.
    #[schema(minimum = 0, maximum = 9007199254740991i64, example = 2)]
    pub other_customers: i64,
}

/// How many similar requests are named.
pub const SIMILAR_SHOWN: usize = 10;
/// From this on the need is called the same.
pub const SAME_NEED: i32 = 250;
/// How many terms of one request are looked at, the title's first.
const TERMS: usize = 80;
/// How many of the newest open requests with a term are looked at.
pub const WITH_A_TERM: u32 = 100;
/// The parts by which Swedish compounds are found: `fakturaskanning` has `skann` in common with `skanning av fakturor`.
const PART: usize = 5;
/// Words that say nothing about a need.
const EMPTY: &[&str] = &[
    "alla", "att", "av", "bättre", "de", "den", "det", "då", "efter", "eller", "en", "ett", "från", "för", "går",
    "har", "hos", "i", "in", "inte", "kan", "krävs", "kunna", "med", "men", "mot", "ni", "när", "och", "om", "oss",
    "på", "saknar", "saknas", "ska", "som", "till", "under", "upp", "ut", "utan", "vi", "vid", "vill", "våra", "vår",
    "vårt", "än", "är", "and", "for", "from", "in", "into", "not", "of", "on", "our", "the", "to", "we", "with",
    "behöver", "behövs", "fungerar",
];

/// The terms by which a request is found among similar ones: the stems of its words, and the parts of long ones.
pub fn terms<'t>(stem: impl Fn(&str) -> [String; 2], texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut terms = vec![];
    for word in texts
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
    {
        let word: String = word.to_lowercase().chars().take(60).collect();
        if word.is_empty() || EMPTY.contains(&word.as_str()) {
            continue;
        }
        let letters: Vec<char> = word.chars().collect();
        let parts = letters.windows(PART).map(|part| part.iter().collect());
        // Whole words stand apart from parts.
        let stems = stem(&word).map(|stem| format!("={stem}"));
        for term in stems.into_iter().chain(parts) {
            if terms.len() == TERMS {
                return terms;
            }
            if seen.insert(term.clone()) {
                terms.push(term);
            }
        }
    }
    terms
}

/// What each thing scores that shares any of the terms, the highest first; of two alike the older. `having` tells for
/// each term the newest things that have it, at most [`WITH_A_TERM`].
pub fn weigh<I: Id + Ord>(terms: &[String], having: &HashMap<String, Vec<I>>) -> Vec<(I, i32)> {
    let weight = |term: &String| {
        let n = having.get(term).map_or(0, Vec::len).max(1);
        (1.0 + f64::from(2 * WITH_A_TERM) / n as f64).ln()
    };
    let all: f64 = terms.iter().map(weight).sum();
    let mut shared: BTreeMap<I, f64> = BTreeMap::new();
    for term in terms {
        for thing in having.get(term).into_iter().flatten() {
            *shared.entry(*thing).or_default() += weight(term);
        }
    }
    let mut scored: Vec<(I, i32)> = shared
        .into_iter()
        .map(|(id, sum)| (id, (1000.0 * sum / all).round() as i32))
        .collect();
    scored.sort_by_key(|(id, score)| (std::cmp::Reverse(*score), *id));
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(word: &str) -> [String; 2] {
        [word.into(), word.into()]
    }

    #[test]
    fn compounds_share_parts_and_empty_words_count_for_nothing() {
        let terms = |text: &str| terms(whole, [text]);
        let shared = |a: &str, b: &str| terms(a).iter().filter(|t| terms(b).contains(t)).count();
        assert!(shared("Fakturaskanning", "skanning av fakturor") >= 4);
        assert_eq!(shared("vi vill att det ska", "det ska vi inte"), 0);
        assert_eq!(terms("att och på"), Vec::<String>::new());
        assert_eq!(terms(&"ord1x ".repeat(500)).len(), 2);
    }

    #[test]
    fn what_few_have_weighs_most_and_ties_are_by_age() {
        let id = |n: u128| RequestId(Uuid::from_u128(n));
        let terms = ["rare".to_owned(), "common".to_owned()];
        let having = HashMap::from([
            ("rare".to_owned(), vec![id(9)]),
            ("common".to_owned(), vec![id(3), id(2), id(1)]),
        ]);
        let scored = weigh(&terms, &having);
        let order: Vec<RequestId> = scored.iter().map(|(id, _)| *id).collect();
        assert_eq!(order, [id(9), id(1), id(2), id(3)]);
        assert!(weigh::<RequestId>(&[], &having).is_empty());
    }
}
