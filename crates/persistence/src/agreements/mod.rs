//! Agreements with their versions: what is written, who approved it, and on which days it is in force.
mod covering;
mod drafts;
mod exchange;
mod handed_out;
mod listing;
mod signing;
mod templates;
mod underpinning;
mod versions;

use chrono::NaiveDate;
use domain::{access::Scope, agreements::*, customers::Customer, events::SubjectKind, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Statement,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use serde::Deserialize;

pub(crate) use covering::COVERING;
pub use covering::{CoveredUsage, ServiceCoverage, service_coverage};
pub use drafts::*;
pub use exchange::*;
pub use handed_out::*;
pub use listing::*;
pub use signing::*;
pub use templates::*;
pub use underpinning::*;
pub use versions::*;

use crate::{
    Error, access, customers,
    references::{self, References},
    store::{self, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::{agreements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AgreementId,
        pub version: i64,
        pub number: String,
        pub kind: AgreementKind,
        pub customer_id: Option<CustomerId>,
        #[sea_orm(column_type = "JsonBinary")]
        pub other_party: OtherParty,
        pub evidence: EvidenceForm,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub last_review: Option<AgreementReview>,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub created_at: DateTimeUtc,
        pub origin: Option<WebAddress>,
        pub origin_number: Option<String>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    agreement: entity::Model,
    customer_code: Option<Code>,
    customer_name: Option<Name>,
    former_holders: String,
    lines: String,
    permitted: access::Leave,
}

/// A version's row in an array that was put together in SQL.
#[derive(Deserialize)]
struct Line {
    id: AgreementVersionId,
    number: VersionNumber,
    status: VersionStatus,
    since: NaiveDate,
    until: Option<NaiveDate>,
    ended: VersionState,
    title: Name,
    review_day: Option<NaiveDate>,
}

/// A holder's row in another.
#[derive(Deserialize)]
struct HolderLine {
    #[serde(flatten)]
    customer: CustomerRef,
    until: NaiveDate,
}

impl From<HolderLine> for FormerHolder {
    fn from(line: HolderLine) -> Self {
        Self {
            customer: line.customer,
            last_day: line.until.pred_opt().unwrap_or(line.until),
        }
    }
}

impl From<Line> for VersionLine {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            number: line.number,
            status: line.status,
            in_force: Period {
                since: line.since,
                until: line.until,
            },
            ended: line.ended,
            title: line.title,
            review_day: line.review_day,
        }
    }
}

impl Row {
    fn agreement(self, today: NaiveDate) -> Result<(Agreement, access::Leave), Error> {
        let row = self.agreement;
        let customer = match (row.customer_id, self.customer_code, self.customer_name) {
            (Some(id), Some(code), Some(name)) => Some(CustomerRef { id, code, name }),
            _ => None,
        };
        let former_holders: Vec<HolderLine> = serde_json::from_str(&self.former_holders)?;
        let lines: Vec<Line> = serde_json::from_str(&self.lines)?;
        let versions: Vec<VersionLine> = lines.into_iter().map(Into::into).collect();
        // An agreement is stored with its first version, and that is never thrown away.
        let first = versions.first().ok_or(Error::NotFound)?;
        let agreement = Agreement {
            id: row.id,
            version: row.version,
            number: row.number,
            kind: row.kind,
            customer,
            former_holders: former_holders.into_iter().map(Into::into).collect(),
            with: row.other_party,
            evidence: row.evidence,
            current: VersionSummary {
                id: first.id,
                number: first.number,
                state: first.state_on(today),
                title: first.title.clone(),
                first_day: first.in_force.since,
                last_day: None,
            },
            open: None,
            last_review: row.last_review,
            next_review_day: None,
            references: row.external_references.0,
            imported_from: row
                .origin
                .zip(row.origin_number)
                .map(|(origin, number)| ImportedFrom { origin, number }),
            versions,
            created_at: row.created_at,
        };
        Ok((agreement.as_of(today), self.permitted))
    }
}

fn former_holders(backend: DbBackend) -> String {
    store::json_rows(
        backend,
        &[
            ("id", "f.id"),
            ("code", "f.code"),
            ("name", "f.name"),
            ("until", "o.until"),
        ],
        "agreement_holder o join customer f on f.id = o.customer_id \
         where o.agreement_id = agreement.id and o.until is not null",
        "o.until",
    )
}

fn select(backend: DbBackend, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let mut query = Entity::find().into_query();
    let members = ["number", "status", "since", "until", "ended", "title", "review_day"];
    let columns: Vec<String> = members.iter().map(|name| format!("v.{name}")).collect();
    let mut members: Vec<(&str, &str)> = members
        .iter()
        .copied()
        .zip(columns.iter().map(String::as_str))
        .collect();
    members.insert(0, ("id", "v.id"));
    // What is only being written is the team's own.
    let versions = match scope.is_contact() {
        true => "agreement_version v where v.agreement_id = agreement.id and v.status <> 'draft'",
        false => "agreement_version v where v.agreement_id = agreement.id",
    };
    let lines = store::json_rows(backend, &members, versions, "v.number");
    query
        .left_join("customer", Expr::cust("customer.id = agreement.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::cust(former_holders(backend)), "former_holders")
        .expr_as(Expr::cust(lines), "lines");
    if scope.is_contact() {
        query.and_where(Expr::cust(
            "exists (select 1 from agreement_version d where d.agreement_id = agreement.id and d.status <> 'draft')",
        ));
    }
    access::guard(&mut query, scope, "agreement.customer_id", (today, backend), |reach| {
        access::of_agreement(reach, today, backend)
    });
    query
}

/// The agreement, if the caller may see it (404) and do this there (403).
pub async fn get(source: &impl Source, scope: &Scope, id: AgreementId, today: NaiveDate) -> Result<Agreement, Error> {
    let query = select(source.backend(), scope, today)
        .and_where(Expr::col(("agreement", "id")).eq(id))
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(|row| row.agreement(today)).transpose()?)
}

/// The same, held until the unit of work ends: the versions of an agreement change one after the other.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: AgreementId) -> Result<Agreement, Error> {
    let mut query = select(unit.backend(), scope, unit.today());
    query.and_where(Expr::col(("agreement", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "agreement");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(|row| row.agreement(unit.today())).transpose()?)
}

/// The agreement that a body names at `pointer`, held until the unit of work ends.
pub async fn named(unit: &UnitOfWork, scope: &Scope, id: AgreementId, pointer: &str) -> Result<Agreement, Error> {
    load(unit, scope, id).await.map_err(|e| match e {
        Error::NotFound => references::unknown("agreement", pointer),
        other => other,
    })
}

/// With whom it is agreed, as they are called now.
pub async fn other_party_now(source: &impl Source, agreement: &Agreement) -> Result<OtherParty, Error> {
    match &agreement.customer {
        Some(customer) => {
            let house = Scope::unlimited("house");
            // The agreement was seen; its customer's name goes with it.
            let customer = customers::get(source, &house, customer.id, agreement.created_at.date_naive()).await?;
            Ok(OtherParty::of(&customer))
        }
        None => Ok(agreement.with.clone()),
    }
}

/// The next number of the year; without gaps, since it is given back where the unit of work fails.
pub async fn next_number(unit: &UnitOfWork) -> Result<String, Error> {
    let year = unit.today().format("%Y").to_string();
    let sql = format!(
        "insert into agreement_number (year, last) values ({year}, 1) \
         on conflict (year) do update set last = agreement_number.last + 1 returning last"
    );
    let row = unit
        .connection()
        .query_one_raw(Statement::from_string(unit.backend(), sql))
        .await?;
    let last: i64 = row.map(|row| row.try_get("", "last")).transpose()?.unwrap_or_default();
    Ok(format!("AGR-{year}-{last:04}"))
}

fn row(agreement: &Agreement) -> ActiveModel {
    ActiveModel {
        id: Set(agreement.id),
        version: Set(agreement.version),
        number: Set(agreement.number.clone()),
        kind: Set(agreement.kind),
        customer_id: Set(agreement.customer.as_ref().map(|customer| customer.id)),
        other_party: Set(agreement.with.clone()),
        evidence: Set(agreement.evidence),
        last_review: Set(agreement.last_review.clone()),
        external_references: Set(References(agreement.references.clone())),
        created_at: Set(agreement.created_at),
        origin: Set(agreement.imported_from.as_ref().map(|from| from.origin.clone())),
        origin_number: Set(agreement.imported_from.as_ref().map(|from| from.number.clone())),
    }
}

/// Stores a new agreement with its first draft.
pub async fn insert(unit: &mut UnitOfWork, agreement: &Agreement, first: &AgreementVersion) -> Result<(), Error> {
    insert_row(unit, "created", agreement).await?;
    insert_version(unit, "created", agreement, first).await
}

async fn insert_row(unit: &mut UnitOfWork, act: &str, agreement: &Agreement) -> Result<(), Error> {
    Entity::insert(row(agreement))
        .exec_without_returning(unit.connection())
        .await?;
    if let Some(customer) = &agreement.customer {
        // It is its first holder's whenever its versions are in force.
        let sql = "insert into agreement_holder (agreement_id, customer_id, since) values (?, ?, '0001-01-01')";
        store::run(
            unit.connection(),
            sql,
            vec![agreement.id.0.into(), customer.id.0.into()],
        )
        .await?;
    }
    let kind = SubjectKind::Agreement;
    references::set(unit, kind, agreement.id.0, &agreement.references, None, true).await?;
    unit.record(act, None, Some(agreement))
}

/// Stores a changed agreement; `act` is what happened to it.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Agreement, after: &Agreement) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    let kind = SubjectKind::Agreement;
    references::set(unit, kind, after.id.0, &after.references, None, false).await?;
    unit.record(act, Some(before), Some(after))
}

/// Who held the agreement on the days up to the second, without it, one after the other; nobody where it is with no customer.
pub(crate) async fn holders(
    source: &impl Source,
    agreement: &Agreement,
    (first_day, until): (NaiveDate, NaiveDate),
) -> Result<Vec<(CustomerId, Period)>, Error> {
    #[derive(FromQueryResult)]
    struct Held {
        customer_id: CustomerId,
        since: NaiveDate,
        until: Option<NaiveDate>,
    }
    let sql = "select customer_id, since, until from agreement_holder where agreement_id = ? and since < ? \
        and (until is null or until > ?) order by since";
    let values = vec![agreement.id.0.into(), until.into(), first_day.into()];
    let rows = store::rows::<Held>(source.connection(), sql, values).await?;
    let held = |row: Held| {
        let period = Period {
            since: row.since,
            until: row.until,
        };
        (row.customer_id, period)
    };
    Ok(rows.into_iter().map(held).collect())
}

/// Stores that the agreement has another holder from the day on; open statements about it go on (R8).
pub async fn pass_on(unit: &mut UnitOfWork, id: AgreementId, to: &Customer, first_day: NaiveDate) -> Result<(), Error> {
    let before = load(unit, &Scope::unlimited("succession"), id).await?;
    let after = before.clone().passed_on(to, first_day);
    let end = "update agreement_holder set until = ? where agreement_id = ? and until is null";
    store::run(unit.connection(), end, vec![first_day.into(), id.0.into()]).await?;
    let begin = "insert into agreement_holder (agreement_id, customer_id, since) values (?, ?, ?)";
    store::run(
        unit.connection(),
        begin,
        vec![id.0.into(), to.id.0.into(), first_day.into()],
    )
    .await?;
    update(unit, "passed_on", &before, &after).await
}

/// Stores that an agreement was looked over, and by when each of its versions is next.
pub async fn review(unit: &mut UnitOfWork, before: &Agreement, after: Agreement) -> Result<Agreement, Error> {
    let mut after = after;
    for version in all_versions(unit, &after).await? {
        after = after.keeping(&version, unit.today());
        store_review_day(unit, &after, version.id).await?;
    }
    update(unit, "reviewed", before, &after).await?;
    Ok(after)
}
