//! Which surveys were sent in a period: where it was one alone, the figures of its kind are its own.
use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::{
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

/// The rounds that closed in a year, by whom they asked; without those whose answers are named.
pub(super) struct Rounds(Vec<Sent>);

impl Rounds {
    pub(super) async fn of(source: &impl Source, year: StatementPeriod) -> Result<Self, Error> {
        let sql = "select distinct s.kind, r.survey_id, x.customer_id, r.closed_on from survey_round r \
                   join survey s on s.id = r.survey_id join survey_round_customer x on x.round_id = r.id \
                   where r.closed_on >= ? and r.closed_on < ? and r.anonymity <> 'named'";
        let days = vec![year.period().since.into(), year.until().into()];
        Ok(Self(store::rows(source.connection(), sql, days).await?))
    }

    /// The one survey of the kind that was sent to whom the part is of; none where there were several.
    pub(super) fn sole_survey(&self, kind: &str, part: Part, period: StatementPeriod) -> Option<SurveyId> {
        let of = match part {
            Part::Customer(customer) | Part::Both(customer, _) if !customer.0.is_nil() => Some(customer),
            _ => None,
        };
        let sent = self
            .0
            .iter()
            .filter(|sent| sent.kind == kind && period.period().contains(sent.closed_on));
        let sent = sent.filter(|sent| of.is_none_or(|customer| customer == sent.customer_id));
        let surveys: BTreeSet<SurveyId> = sent.map(|sent| sent.survey_id).collect();
        surveys.first().copied().filter(|_| surveys.len() == 1)
    }
}
