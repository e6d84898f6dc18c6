//! Which surveys were sent in a period: where it was one alone, the figures of its kind are its own.
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::{
    agreements::CalendarPeriod,
    satisfaction::Part,
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, SurveyId},
};
use sea_orm::FromQueryResult;

use crate::{
    Error,
    store::{self, Source},
};

#[derive(FromQueryResult)]
struct Sent {
    kind: String,
    survey_id: SurveyId,
    customer_id: CustomerId,
    closed_on: NaiveDate,
}

/// Which surveys of a kind were sent in a period, to a customer or to anybody.
type Key = (String, Option<CustomerId>, StatementPeriod);

/// The surveys whose rounds closed in a year, by whom they asked; without those whose answers are named.
pub(super) struct Rounds(BTreeMap<Key, BTreeSet<SurveyId>>);

impl Rounds {
    pub(super) async fn of(source: &impl Source, year: StatementPeriod) -> Result<Self, Error> {
        let sql = "select distinct s.kind, r.survey_id, x.customer_id, r.closed_on from survey_round r \
                   join survey s on s.id = r.survey_id join survey_round_customer x on x.round_id = r.id \
                   where r.closed_on >= ? and r.closed_on < ? and r.anonymity <> 'named'";
        let days = vec![year.period().since.into(), year.until().into()];
        let mut surveys = BTreeMap::<Key, BTreeSet<SurveyId>>::new();
        for sent in store::rows::<Sent>(source.connection(), sql, days).await? {
            for kind in [CalendarPeriod::Month, CalendarPeriod::Quarter, CalendarPeriod::Year] {
                let period = StatementPeriod::containing(kind, sent.closed_on);
                for whom in [Some(sent.customer_id), None] {
                    let of = surveys.entry((sent.kind.clone(), whom, period)).or_default();
                    of.insert(sent.survey_id);
                }
            }
        }
        Ok(Self(surveys))
    }

    /// The one survey of the kind that was sent to whom the part is of; none where there were several.
    pub(super) fn sole_survey(&self, kind: &str, part: Part, period: StatementPeriod) -> Option<SurveyId> {
        let whom = match part {
            Part::Customer(customer) | Part::Both(customer, _) if !customer.0.is_nil() => Some(customer),
            _ => None,
        };
        let sent = self.0.get(&(kind.to_owned(), whom, period))?;
        sent.first().copied().filter(|_| sent.len() == 1)
    }
}
