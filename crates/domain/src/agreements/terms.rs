//! When an agreement begins, renews and ends (R9). All of a contract's date arithmetic is here.
//!
//! First and last days are inclusive. Ends are computed on the day *after* a last day: X after the initial term,
//! X + k renewal terms after renewal k, clamped at the month's end from X itself, never chained. The last day for
//! notice is the day before (that end less the notice period).
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Rule, RuleCode, vocabulary::*};

word! {
    /// What happens at the end of a term.
    Renewal {
        /// It ends.
        None,
        /// It goes on for another term unless notice was given in time.
        Tacit,
        /// It ends unless another term is recorded.
        Express,
    }
}

/// When a version begins, renews and ends, as it was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// The first day on which it holds.
    pub first_day: NaiveDate,
    /// The last day of the initial term.
    pub last_day: NaiveDate,
    /// What happens at the end of a term.
    pub renewal: Renewal,
    /// How long each further term is; needed unless the renewal is `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_term: Option<Span>,
    /// How long before the end of a term notice must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_period: Option<Span>,
}

/// One term: the initial one, or a further one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Term {
    /// 0 is the initial term, 1 the first renewal.
    #[schema(minimum = 0, maximum = 1200)]
    pub ordinal: u32,
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day.
    pub last_day: NaiveDate,
    /// The last day on which notice for its end can be given; absent where no notice is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_last_day: Option<NaiveDate>,
}

/// How many terms are ever computed.
const MOST_TERMS: u32 = 1200;

impl Terms {
    /// Refuses terms that contradict themselves; `pointer` is where they stand in the body.
    pub fn check(&self, pointer: &str) -> Result<(), Rule> {
        let refused = |member: &str, detail: String| {
            Err(Rule::new(RuleCode::DateOrder, detail).at(format!("{pointer}/{member}")))
        };
        if self.last_day < self.first_day {
            let detail = format!(
                "The last day {} lies before the first day {}.",
                self.last_day, self.first_day
            );
            return refused("lastDay", detail);
        }
        let renews = self.renewal != Renewal::None;
        if renews && self.renewal_term.is_none() {
            return refused("renewalTerm", format!("Renewal {} needs a renewal term.", self.renewal));
        }
        if !renews && self.renewal_term.is_some() {
            return refused("renewalTerm", "Without renewal there is no renewal term.".into());
        }
        if self.renewal == Renewal::Tacit
            && let (Some(term), Some(first)) = (self.notice_period, self.term(0))
            && term
                .after(self.first_day, 1)
                .is_none_or(|day| day > self.end(0).unwrap_or(first.last_day))
        {
            let detail = "The notice period is longer than the initial term: notice could never be given for its end.";
            return refused("noticePeriod", detail.into());
        }
        Ok(())
    }

    /// The same terms, beginning on another day: as many months as the initial term has, or days where it has no whole
    /// months.
    pub fn beginning(&self, first_day: NaiveDate) -> Result<Self, Rule> {
        let beyond = || Rule::new(RuleCode::DateOrder, "The calendar ends before that term does.").at("/firstDay");
        let end = self.last_day.succ_opt().ok_or_else(beyond)?;
        let months = (1..=1200)
            .map(Span::Months)
            .find(|span| span.after(self.first_day, 1) == Some(end));
        let days = u32::try_from((end - self.first_day).num_days()).map_err(|_| beyond())?;
        let end = months
            .unwrap_or(Span::Days(days))
            .after(first_day, 1)
            .ok_or_else(beyond)?;
        Ok(Self {
            first_day,
            last_day: end.pred_opt().ok_or_else(beyond)?,
            ..self.clone()
        })
    }

    /// The day after the last day of the term; none beyond the calendar.
    fn end(&self, ordinal: u32) -> Option<NaiveDate> {
        let initial = self.last_day.succ_opt()?;
        match (ordinal, self.renewal_term) {
            (0, _) => Some(initial),
            (k, Some(term)) => term.after(initial, k),
            (_, None) => None,
        }
    }

    /// A term, whether or not it comes about; none beyond the calendar, or where nothing is renewed.
    pub fn term(&self, ordinal: u32) -> Option<Term> {
        let first_day = match ordinal.checked_sub(1) {
            None => self.first_day,
            Some(before) => self.end(before)?,
        };
        let end = self.end(ordinal)?;
        let notice_last_day = match self.notice_period {
            Some(notice) => Some(notice.before(end)?.pred_opt()?),
            None => None,
        };
        Some(Term {
            ordinal,
            first_day,
            last_day: end.pred_opt()?,
            notice_last_day,
        })
    }

    /// Every term that comes about up to `until` (exclusive; none: without end), as far as they are ever computed.
    pub fn terms(&self, until: Option<NaiveDate>) -> impl Iterator<Item = Term> {
        (0..MOST_TERMS)
            .map_while(|ordinal| self.term(ordinal))
            .take_while(move |term| until.is_none_or(|until| term.first_day < until))
    }

    /// The first day outside, if `renewals` further terms were recorded and nothing else happened; none: it goes on.
    pub fn until(&self, renewals: u32) -> Option<NaiveDate> {
        match self.renewal {
            Renewal::None => self.end(0),
            Renewal::Tacit => None,
            Renewal::Express => self.end(renewals),
        }
    }

    /// The term whose end a notice given on the day brings about: the first that is not over and whose last day for
    /// notice has not passed.
    pub fn ended_by_notice(&self, day: NaiveDate) -> Option<Term> {
        self.terms(None)
            .find(|term| day <= term.last_day && day <= term.notice_last_day.unwrap_or(term.last_day))
    }

    /// The term in which the day lies.
    pub fn term_on(&self, day: NaiveDate) -> Option<Term> {
        self.terms(None)
            .find(|term| term.first_day <= day && day <= term.last_day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn tacit(first: &str, last: &str, months: u32, notice: Span) -> Terms {
        Terms {
            first_day: day(first),
            last_day: day(last),
            renewal: Renewal::Tacit,
            renewal_term: Some(Span::Months(months)),
            notice_period: Some(notice),
        }
    }

    /// The two examples that stand in R9.
    #[test]
    fn the_worked_examples_hold() {
        let terms = tacit("2020-08-01", "2023-07-31", 12, Span::Months(3));
        let two: Vec<_> = terms.terms(None).take(2).collect();
        assert_eq!(
            (two[0].last_day, two[1].last_day),
            (day("2023-07-31"), day("2024-07-31"))
        );
        assert_eq!(two[0].notice_last_day, Some(day("2023-04-30")));
        let terms = tacit("2024-08-29", "2025-08-28", 12, Span::Months(2));
        let term = terms.term_on(day("2026-02-11")).unwrap();
        assert_eq!(term.last_day, day("2026-08-28"));
        assert_eq!(term.notice_last_day, Some(day("2026-06-28")));
    }

    /// Terms that dateutil and pandas computed: an excerpt, one of each kind and month's end.
    #[test]
    fn terms_are_those_of_other_libraries() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors/terms.json")).unwrap();
        let vectors = vectors["terms"].as_array().unwrap();
        assert!(vectors.len() >= 20);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let notice = match &vector["notice"] {
                notice if notice["months"].is_u64() => Span::Months(notice["months"].as_u64().unwrap() as u32),
                notice => Span::Days(notice["days"].as_u64().unwrap() as u32),
            };
            let months = vector["renewal_months"].as_u64().unwrap() as u32;
            let terms = tacit(text("first_day"), text("initial_last_day"), months, notice);
            let today = day(text("today"));
            let term = terms.term_on(today).unwrap();
            let expected = &vector["expected"];
            let told = serde_json::json!({
                "term": term.ordinal, "term_first_day": term.first_day, "term_last_day": term.last_day,
                "notice_last_day": term.notice_last_day, "notice_still_possible": today <= term.notice_last_day.unwrap(),
                "wrong_if_chained": expected["wrong_if_chained"],
            });
            assert_eq!(&told, expected, "{}", vector["id"]);
        }
    }

    #[test]
    fn terms_that_contradict_themselves_are_refused() {
        let terms = tacit("2026-01-01", "2026-12-31", 12, Span::Months(3));
        assert_eq!(terms.check(""), Ok(()));
        let pointer = |terms: Terms| terms.check("/terms").unwrap_err().pointer.unwrap();
        let backwards = tacit("2026-01-01", "2025-12-31", 12, Span::Months(3));
        assert_eq!(pointer(backwards), "/terms/lastDay");
        let renewal_term = None;
        assert_eq!(
            pointer(Terms {
                renewal_term,
                ..terms.clone()
            }),
            "/terms/renewalTerm"
        );
        let renewal = Renewal::None;
        assert_eq!(pointer(Terms { renewal, ..terms }), "/terms/renewalTerm");
        let long = tacit("2026-01-01", "2026-02-28", 12, Span::Months(3));
        assert_eq!(pointer(long), "/terms/noticePeriod");
    }

    #[test]
    fn terms_can_begin_on_another_day() {
        let year = tacit("2026-01-01", "2026-12-31", 12, Span::Months(3));
        assert_eq!(year.beginning(day("2027-03-01")).unwrap().last_day, day("2028-02-29"));
        let odd = tacit("2026-01-01", "2026-02-15", 12, Span::Days(10));
        assert_eq!(odd.beginning(day("2026-03-01")).unwrap().last_day, day("2026-04-15"));
    }

    #[test]
    fn a_notice_ends_the_first_term_that_it_is_in_time_for() {
        let terms = tacit("2020-08-01", "2023-07-31", 12, Span::Months(3));
        let ends = |on: &str| terms.ended_by_notice(day(on)).unwrap().last_day;
        assert_eq!(ends("2023-04-30"), day("2023-07-31"));
        assert_eq!(ends("2023-05-01"), day("2024-07-31"));
        assert_eq!(ends("2019-01-01"), day("2023-07-31"));
    }

    fn some_terms() -> impl Strategy<Value = Terms> {
        (0i64..6000, 1i64..2000, 1u32..37, 0usize..3).prop_map(|(first, length, months, kind)| {
            let first_day = day("2019-12-29") + chrono::Duration::days(first);
            Terms {
                first_day,
                last_day: first_day + chrono::Duration::days(length),
                renewal: Renewal::Tacit,
                renewal_term: Some(Span::Months(months)),
                notice_period: [None, Some(Span::Months(1)), Some(Span::Days(30))][kind],
            }
        })
    }

    proptest! {
        /// Terms follow each other without gap or overlap, and each ends by the count from the first end.
        #[test]
        fn terms_meet(terms in some_terms(), many in 2usize..40) {
            let all: Vec<_> = terms.terms(None).take(many).collect();
            for pair in all.windows(2) {
                prop_assert_eq!(pair[0].last_day.succ_opt().unwrap(), pair[1].first_day);
                prop_assert!(pair[1].first_day <= pair[1].last_day);
            }
            for term in &all {
                prop_assert!(term.notice_last_day.is_none_or(|notice| notice < term.last_day));
                prop_assert_eq!(terms.term_on(term.last_day), Some(term.clone()));
            }
        }

        /// A notice never ends a term that it came too late for, and never a later one than it must.
        #[test]
        fn notice_is_judged_by_its_day(terms in some_terms(), offset in 0i64..4000) {
            let given = terms.first_day + chrono::Duration::days(offset);
            let ended = terms.ended_by_notice(given).unwrap();
            prop_assert!(given <= ended.notice_last_day.unwrap_or(ended.last_day));
            if let Some(before) = ended.ordinal.checked_sub(1) {
                let missed = terms.term(before).unwrap();
                prop_assert!(given > missed.notice_last_day.unwrap_or(missed.last_day));
            }
        }
    }
}
