//! Which agreements: by who, what and when.
use chrono::{Days as PlusDays, NaiveDate};
use domain::{access::Scope, agreements::*, events::SubjectKind, vocabulary::*};
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, ExprTrait},
};

use super::{Row, select};
use crate::{
    Error, Page, Paging,
    customers::known_by,
    store::{self, Cursor, Source},
};

/// Which agreements.
#[derive(Debug, Clone, Default)]
pub struct AgreementFilter {
    /// Held by this customer.
    pub customer: Option<CustomerId>,
    /// Of this kind.
    pub kind: Option<AgreementKind>,
    /// With this number.
    pub number: Option<String>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
    /// With a version in this state today.
    pub state: Option<VersionState>,
    /// With a version that covers this service and is in force on the day.
    pub service: Option<ServiceId>,
    /// With a version in force on this day.
    pub day: Option<NaiveDate>,
    /// In force, and over within so many days, today included.
    pub ends_within_days: Option<u32>,
    /// In force, and the last day for notice is within so many days, today included.
    pub notice_within_days: Option<u32>,
    /// In force, and the last day for notice for the end of the running term has passed (or not).
    pub inside_notice_period: Option<bool>,
    /// In force, and to be looked over by this day.
    pub review_due_by: Option<NaiveDate>,
    /// In force, and some target rests on nothing (or none does).
    pub without_underpinning: Option<bool>,
    /// In force, and personal data is handled (or not).
    pub personal_data: Option<bool>,
    /// In force, and personal data is handled without a processing agreement (or with one).
    pub without_processing_agreement: Option<bool>,
}

const IN_FORCE: &str = "v.status in ('approved', 'terminated') and v.since <= ? and (v.until is null or v.until > ?)";

/// Whether the agreement has a version of which this is true.
fn some_version(backend: DbBackend, which: &str, values: Vec<Value>) -> Expr {
    let sql = format!("exists (select 1 from agreement_version v where v.agreement_id = agreement.id and {which})");
    store::expr(backend, sql, values)
}

/// Whether the agreement has a version in force on the day of which this is true.
fn in_force(backend: DbBackend, day: NaiveDate, which: &str, values: impl IntoIterator<Item = Value>) -> Expr {
    let values = [day.into(), day.into()].into_iter().chain(values).collect();
    some_version(backend, &format!("{IN_FORCE} and {which}"), values)
}

fn in_state(backend: DbBackend, state: VersionState, today: NaiveDate) -> Expr {
    match state {
        VersionState::Draft | VersionState::Proposed => {
            some_version(backend, "v.status = ?", vec![state.to_string().into()])
        }
        VersionState::Upcoming => some_version(
            backend,
            "v.status = 'approved' and v.since > ? and (v.until is null or v.until > v.since)",
            vec![today.into()],
        ),
        VersionState::Active => in_force(backend, today, "1 = 1", []),
        VersionState::Superseded | VersionState::Expired | VersionState::Terminated => some_version(
            backend,
            "v.status in ('approved', 'terminated') and (v.until <= ? or v.until = v.since) and v.ended = ?",
            vec![today.into(), state.to_string().into()],
        ),
    }
}

/// A page of agreements, the first one first.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &AgreementFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Agreement>, Error> {
    let backend = source.backend();
    let mut query = select(backend, scope, today);
    let within = |days: u32| {
        today
            .checked_add_days(PlusDays::new(days.into()))
            .unwrap_or(NaiveDate::MAX)
    };
    let not = |yes: bool| if yes { "" } else { "not " };
    let running =
        "exists (select 1 from agreement_term t where t.version_id = v.id and t.first_day <= ? and t.last_day >= ?";
    let wanted = [
        filter.customer.map(|id| Expr::col(("agreement", "customer_id")).eq(id)),
        filter.kind.map(|kind| Expr::col(("agreement", "kind")).eq(kind)),
        filter
            .number
            .clone()
            .map(|number| Expr::col(("agreement", "number")).eq(number)),
        filter
            .reference
            .as_ref()
            .map(|key| known_by(SubjectKind::Agreement, "agreement.id", key, backend)),
        filter.state.map(|state| in_state(backend, state, today)),
        filter.service.map(|id| {
            let covers = "exists (select 1 from agreement_service s where s.version_id = v.id and s.service_id = ?)";
            in_force(backend, filter.day.unwrap_or(today), covers, [id.0.into()])
        }),
        filter.day.map(|day| in_force(backend, day, "1 = 1", [])),
        filter.ends_within_days.map(|days| {
            let ends = "v.until <= ? and v.ended <> 'superseded'";
            let after = within(days).succ_opt().unwrap_or(NaiveDate::MAX);
            in_force(backend, today, ends, [after.into()])
        }),
        filter.notice_within_days.map(|days| {
            let due = "exists (select 1 from agreement_term t where t.version_id = v.id \
                and t.notice_last_day >= ? and t.notice_last_day <= ?)";
            in_force(backend, today, due, [today.into(), within(days).into()])
        }),
        filter.inside_notice_period.map(|yes| {
            let inside = format!("{}{running} and t.notice_last_day < ?)", not(yes));
            in_force(backend, today, &inside, [today.into(), today.into(), today.into()])
        }),
        filter
            .review_due_by
            .map(|day| in_force(backend, today, "v.review_day <= ?", [day.into()])),
        filter.without_underpinning.map(|yes| {
            let bare = if yes {
                "v.bare_targets > 0"
            } else {
                "v.bare_targets = 0"
            };
            let of_customer = Expr::col(("agreement", "kind")).eq(AgreementKind::Sla);
            in_force(backend, today, bare, []).and(of_customer)
        }),
        filter
            .personal_data
            .map(|yes| in_force(backend, today, "v.personal_data = ?", [yes.into()])),
        filter.without_processing_agreement.map(|yes| {
            let lacks = format!("v.personal_data = ? and {}v.processing_agreement is null", not(yes));
            in_force(backend, today, &lacks, [true.into()])
        }),
    ];
    wanted.into_iter().flatten().for_each(|condition| {
        query.and_where(condition);
    });
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("agreement", "id"))
        .await?;
    let agreements = rows
        .into_iter()
        .map(|row| Ok(row.agreement(today)?.0))
        .collect::<Result<_, Error>>()?;
    Ok(paging.cut(agreements, total, |a: &Agreement| Cursor::after(vec![], a.id)))
}
