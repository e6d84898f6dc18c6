//! The versions of an agreement: one row each, with the days on which it is in force, and its coming terms beside it.
use chrono::NaiveDate;
use domain::{Rule, RuleCode, agreements::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{signing, underpinning::named, update};
use crate::{
    Error,
    store::{self, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::{agreements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AgreementVersionId,
        pub version: i64,
        pub agreement_id: AgreementId,
        pub number: VersionNumber,
        pub status: VersionStatus,
        pub since: chrono::NaiveDate,
        pub until: Option<chrono::NaiveDate>,
        pub ended: VersionState,
        pub title: Name,
        #[sea_orm(column_type = "JsonBinary")]
        pub other_party: OtherParty,
        #[sea_orm(column_type = "JsonBinary")]
        pub services: CoveredServices,
        #[sea_orm(column_type = "JsonBinary")]
        pub calendars: PinnedCalendars,
        #[sea_orm(column_type = "JsonBinary")]
        pub terms: Terms,
        #[sea_orm(column_type = "JsonBinary")]
        pub content: Content,
        pub digest: Digest,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub proposal: Option<Proposal>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub rejection: Option<Rejection>,
        #[sea_orm(column_type = "JsonBinary")]
        pub approvals: Approvals,
        #[sea_orm(column_type = "JsonBinary")]
        pub revocations: Revocations,
        #[sea_orm(column_type = "JsonBinary")]
        pub renewals: Renewals,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub notice: Option<Notice>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub termination: Option<Termination>,
        pub superseded_by: Option<VersionNumber>,
        pub superseded_on: Option<chrono::NaiveDate>,
        pub review_day: Option<chrono::NaiveDate>,
        pub this_only: bool,
        pub bare_targets: i32,
        pub personal_data: Option<bool>,
        pub processing_agreement: Option<Name>,
        pub created_at: DateTimeUtc,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub imported: Option<Imported>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

mod covered {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: AgreementVersionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod term {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: AgreementVersionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub ordinal: i32,
        pub first_day: chrono::NaiveDate,
        pub last_day: chrono::NaiveDate,
        pub notice_last_day: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod pinned {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_calendar")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: AgreementVersionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub calendar_id: CalendarId,
        pub calendar_version: i64,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod rests_on {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_rests_on")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: AgreementVersionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub agreement_id: AgreementId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) fn version_of(agreement: AgreementRef, customer: Option<CustomerId>, row: Model) -> AgreementVersion {
    AgreementVersion {
        id: row.id,
        version: row.version,
        agreement,
        number: row.number,
        // Both are computed for a day: see `as_of`.
        state: VersionState::Draft,
        last_day_in_force: None,
        coming_terms: vec![],
        next_acts: vec![],
        with: row.other_party,
        services: row.services,
        calendars: row.calendars,
        terms: row.terms,
        content: row.content,
        digest: row.digest,
        proposal: row.proposal,
        rejection: row.rejection,
        approvals: row.approvals,
        revocations: row.revocations,
        renewals: row.renewals,
        notice: row.notice,
        termination: row.termination,
        superseded: row
            .superseded_by
            .zip(row.superseded_on)
            .map(|(by, first_day)| Superseded { by, first_day }),
        imported: row.imported,
        customer,
        created_at: row.created_at,
    }
}

fn of(agreement: &Agreement, row: Model) -> AgreementVersion {
    version_of(
        agreement.reference(),
        domain::events::Aggregate::customer(agreement),
        row,
    )
}

fn row(agreement: &Agreement, version: &AgreementVersion) -> ActiveModel {
    let line = version.line(agreement.last_review.as_ref());
    let content = &version.content;
    let bare = content
        .targets
        .iter()
        .filter(|target| target.rests_on.is_empty())
        .count();
    let data = content.data_processing.as_ref();
    ActiveModel {
        id: Set(version.id),
        version: Set(version.version),
        agreement_id: Set(agreement.id),
        number: Set(version.number),
        status: Set(line.status),
        since: Set(line.in_force.since),
        until: Set(line.in_force.until),
        ended: Set(line.ended),
        title: Set(content.title.clone()),
        other_party: Set(version.with.clone()),
        services: Set(version.services.clone()),
        calendars: Set(version.calendars.clone()),
        terms: Set(version.terms.clone()),
        content: Set(content.clone()),
        digest: Set(version.digest.clone()),
        proposal: Set(version.proposal.clone()),
        rejection: Set(version.rejection.clone()),
        approvals: Set(version.approvals.clone()),
        revocations: Set(version.revocations.clone()),
        renewals: Set(version.renewals.clone()),
        notice: Set(version.notice.clone()),
        termination: Set(version.termination.clone()),
        superseded_by: Set(version.superseded.as_ref().map(|s| s.by)),
        superseded_on: Set(version.superseded.as_ref().map(|s| s.first_day)),
        review_day: Set(line.review_day),
        this_only: Set(content.this_only),
        bare_targets: Set(i32::try_from(bare).unwrap_or(i32::MAX)),
        personal_data: Set(data.map(|data| data.personal_data)),
        processing_agreement: Set(data.and_then(|data| data.processing_agreement.clone())),
        created_at: Set(version.created_at),
        imported: Set(version.imported.clone()),
    }
}

/// One version of an agreement that the caller may see, as it reads today.
pub async fn version(
    source: &impl Source,
    agreement: &Agreement,
    number: VersionNumber,
    today: NaiveDate,
) -> Result<AgreementVersion, Error> {
    let row = Entity::find()
        .filter(Column::AgreementId.eq(agreement.id))
        .filter(Column::Number.eq(number))
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(of(agreement, row).as_of(today))
}

/// All versions of an agreement, the first one first.
pub async fn all_versions(source: &impl Source, agreement: &Agreement) -> Result<Vec<AgreementVersion>, Error> {
    let rows = Entity::find()
        .filter(Column::AgreementId.eq(agreement.id))
        .order_by_asc(Column::Number)
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(|row| of(agreement, row)).collect())
}

/// The versions of an agreement that are in force on any day of the period, in the order in which they are.
pub(crate) async fn versions_within(
    source: &impl Source,
    agreement: &Agreement,
    period: Period,
) -> Result<Vec<AgreementVersion>, Error> {
    let in_force = agreement.versions.iter().filter(|line| {
        let days = line.in_force;
        line.status.was_approved() && days.until != Some(days.since) && days.overlaps(&period)
    });
    let ids: Vec<AgreementVersionId> = in_force.map(|line| line.id).collect();
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids))
        .order_by_asc(Column::Since)
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(|row| of(agreement, row)).collect())
}

/// The version of an agreement that is in force on the day.
pub async fn in_force_on(
    source: &impl Source,
    agreement: &Agreement,
    day: NaiveDate,
) -> Result<AgreementVersion, Error> {
    let that_day = Days::on(day).period()?;
    versions_within(source, agreement, that_day)
        .await?
        .pop()
        .ok_or_else(|| {
            let detail = format!("No version of {} is in force on {day}.", agreement.number);
            Rule::new(RuleCode::State, detail).into()
        })
}

/// What stands beside a version's row: what it covers, and what it rests on.
async fn insert_beside(unit: &UnitOfWork, version: &AgreementVersion) -> Result<(), Error> {
    let services = version.services.0.iter().map(|service| covered::ActiveModel {
        version_id: Set(version.id),
        service_id: Set(service.id),
    });
    if services.len() > 0 {
        covered::Entity::insert_many(services)
            .exec_without_returning(unit.connection())
            .await?;
    }
    let calendars = version.calendars.0.iter().map(|calendar| pinned::ActiveModel {
        version_id: Set(version.id),
        calendar_id: Set(calendar.id),
        calendar_version: Set(calendar.version),
    });
    if calendars.len() > 0 {
        pinned::Entity::insert_many(calendars)
            .exec_without_returning(unit.connection())
            .await?;
    }
    let named = named(&version.content);
    if !named.is_empty() {
        let rows = named.iter().map(|id| rests_on::ActiveModel {
            version_id: Set(version.id),
            agreement_id: Set(*id),
        });
        rests_on::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// Replaces what stands beside an approved version's row as its terms.
pub(super) async fn store_terms(unit: &UnitOfWork, version: &AgreementVersion) -> Result<(), Error> {
    term::Entity::delete_many()
        .filter(term::Column::VersionId.eq(version.id))
        .exec(unit.connection())
        .await?;
    let period = version.in_force();
    if !version.status().was_approved() || period.until == Some(period.since) {
        return Ok(());
    }
    let rows = version.terms.terms(period.until).map(|one| term::ActiveModel {
        version_id: Set(version.id),
        ordinal: Set(i32::try_from(one.ordinal).unwrap_or(i32::MAX)),
        first_day: Set(one.first_day),
        last_day: Set(one.last_day),
        notice_last_day: Set(one.notice_last_day),
    });
    term::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new version; `act` is how it came about.
pub(super) async fn insert_version(
    unit: &mut UnitOfWork,
    act: &str,
    agreement: &Agreement,
    version: &AgreementVersion,
) -> Result<(), Error> {
    Entity::insert(row(agreement, version))
        .exec_without_returning(unit.connection())
        .await?;
    insert_beside(unit, version).await?;
    unit.record(act, None, Some(version))
}

async fn update_version(
    unit: &mut UnitOfWork,
    act: &str,
    agreement: &Agreement,
    before: &AgreementVersion,
    after: &AgreementVersion,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(agreement, after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.agreed() != after.agreed() {
        pinned::Entity::delete_many()
            .filter(pinned::Column::VersionId.eq(after.id))
            .exec(unit.connection())
            .await?;
        covered::Entity::delete_many()
            .filter(covered::Column::VersionId.eq(after.id))
            .exec(unit.connection())
            .await?;
        rests_on::Entity::delete_many()
            .filter(rests_on::Column::VersionId.eq(after.id))
            .exec(unit.connection())
            .await?;
        insert_beside(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}

/// Stores a further version of an agreement.
pub async fn add_version(
    unit: &mut UnitOfWork,
    agreement: &Agreement,
    version: &AgreementVersion,
) -> Result<(), Error> {
    if let Some(open) = &agreement.open {
        let detail = format!("Version {} is {}; finish or discard it first.", open.number, open.state);
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    insert_version(unit, "created", agreement, version).await?;
    retell(
        unit,
        "version_created",
        agreement,
        agreement.clone().keeping(version, unit.today()),
    )
    .await
}

/// Throws a draft away.
pub async fn discard_version(
    unit: &mut UnitOfWork,
    agreement: &Agreement,
    version: &AgreementVersion,
) -> Result<(), Error> {
    Entity::delete_by_id(version.id).exec(unit.connection()).await?;
    unit.record("discarded", Some(version), None)?;
    let mut after = agreement.clone();
    after.versions.retain(|line| line.id != version.id);
    let after = after.as_of(unit.today());
    retell(unit, "version_discarded", agreement, after).await
}

/// Stores a changed version, and what follows from it: which of the agreement's versions is in force when, and that no
/// other agreement of the customer covers the same service on any of its days (R8). Its signing order follows it.
pub async fn keep_version(
    unit: &mut UnitOfWork,
    act: &str,
    agreement: &Agreement,
    before: &AgreementVersion,
    after: AgreementVersion,
) -> Result<AgreementVersion, Error> {
    update_version(unit, act, agreement, before, &after).await?;
    signing::follow(unit, before, &after).await?;
    let mut told = agreement.clone().keeping(&after, unit.today());
    let mut kept = after;
    if kept.status().was_approved() {
        hold_customer(unit, agreement).await?;
        let versions = all_versions(unit, agreement).await?;
        for changed in succeeded(&versions) {
            let was = versions.iter().find(|version| version.id == changed.id);
            let was = was.ok_or(Error::NotFound)?;
            update_version(unit, "superseded", agreement, was, &changed).await?;
            store_terms(unit, &changed).await?;
            must_be_free(unit, agreement, &changed).await?;
            told = told.keeping(&changed, unit.today());
            if changed.id == kept.id {
                kept = changed;
            }
        }
        store_terms(unit, &kept).await?;
        must_be_free(unit, agreement, &kept).await?;
    }
    retell(unit, &format!("version_{act}"), agreement, told).await?;
    Ok(kept.as_of(unit.today()))
}

/// Stores the agreement where its versions make it read otherwise.
async fn retell(unit: &mut UnitOfWork, act: &str, before: &Agreement, after: Agreement) -> Result<(), Error> {
    let reads = |agreement: &Agreement| {
        let Agreement {
            current,
            open,
            next_review_day,
            ..
        } = agreement;
        (current.clone(), open.clone(), *next_review_day)
    };
    if reads(before) == reads(&after) {
        return Ok(());
    }
    let after = Agreement {
        version: before.version + 1,
        ..after
    };
    update(unit, act, before, &after).await
}

/// By when a version is to be looked over next, once more.
pub(super) async fn store_review_day(
    unit: &UnitOfWork,
    agreement: &Agreement,
    id: AgreementVersionId,
) -> Result<(), Error> {
    let line = agreement.versions.iter().find(|line| line.id == id);
    Entity::update_many()
        .set(ActiveModel {
            review_day: Set(line.and_then(|line| line.review_day)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .exec(unit.connection())
        .await?;
    Ok(())
}

/// Two agreements of one customer are approved one after the other.
pub(super) async fn hold_customer(unit: &UnitOfWork, agreement: &Agreement) -> Result<(), Error> {
    if let Some(customer) = &agreement.customer {
        let mut query = Query::select().column("id").from("customer").to_owned();
        query.and_where(Expr::col(("customer", "id")).eq(customer.id));
        store::lock(&mut query, unit.backend(), "customer");
        unit.connection().query_one(&query).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct InTheWay {
    number: String,
    version: VersionNumber,
    code: Code,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

/// R8: refuses where another agreement held by the same customer covers one of the services on one of the days.
pub(super) async fn must_be_free(
    unit: &UnitOfWork,
    agreement: &Agreement,
    version: &AgreementVersion,
) -> Result<(), Error> {
    let period = version.in_force();
    let Some(customer) = &agreement.customer else {
        return Ok(());
    };
    if period.until == Some(period.since) {
        return Ok(());
    }
    let sql = "o.customer_id = ? and agreement.id <> ? and mine.version_id = ? \
        and v.status in ('approved', 'terminated') and (v.until is null or (v.until > v.since and v.until > ?)) \
        and (o.until is null or (o.until > v.since and o.until > ?)) and (v.until is null or o.since < v.until)";
    let values = [
        Value::from(customer.id.0),
        agreement.id.0.into(),
        version.id.0.into(),
        period.since.into(),
        period.since.into(),
    ];
    let mut query = Query::select()
        .from("agreement")
        .expr_as(Expr::col(("agreement", "number")), "number")
        .expr_as(Expr::cust("v.number"), "version")
        .expr_as(Expr::cust("s.code"), "code")
        .expr_as(Expr::cust("v.since"), "since")
        .expr_as(Expr::cust("v.until"), "until")
        .and_where(store::expr(unit.backend(), sql, values))
        .to_owned();
    use sea_orm::JoinType::InnerJoin;
    query
        .join_as(
            InnerJoin,
            "agreement_holder",
            "o",
            Expr::cust("o.agreement_id = agreement.id"),
        )
        .join_as(
            InnerJoin,
            "agreement_version",
            "v",
            Expr::cust("v.agreement_id = agreement.id"),
        )
        .join_as(
            InnerJoin,
            "agreement_service",
            "theirs",
            Expr::cust("theirs.version_id = v.id"),
        )
        .join_as(
            InnerJoin,
            "agreement_service",
            "mine",
            Expr::cust("mine.service_id = theirs.service_id"),
        )
        .join_as(InnerJoin, "service", "s", Expr::cust("s.id = theirs.service_id"))
        .limit(1);
    if let Some(until) = period.until {
        query.and_where(store::expr(unit.backend(), "v.since < ? and o.since < ?", [until; 2]));
    }
    let Some(other) = store::one::<InTheWay>(unit.connection(), &query).await? else {
        return Ok(());
    };
    let days = Period {
        since: other.since,
        until: other.until,
    }
    .days();
    let last = days
        .last_day
        .map_or("until it is ended".into(), |last| format!("to {last}"));
    let detail = format!(
        "{} (version {}) covers {} for the same customer from {} {last}; end it, or begin after it.",
        other.number, other.version, other.code, days.first_day
    );
    Err(Rule::new(RuleCode::AlreadyCovered, detail).at("/services").into())
}
