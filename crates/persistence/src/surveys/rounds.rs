//! Rounds with their customers, in one query a page. Whoever does not see all of the customers does not see the round.
use chrono::NaiveDate;
use domain::{
    access::Scope,
    people::MandateKind,
    satisfaction::{ReportedQuestion, ReportedRound},
    surveys::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::{self, NotSet, Set},
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryTrait,
    sea_query::{Expr, SelectStatement},
};
use serde::{Deserialize, Serialize};

use super::comments;
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

/// What respondents are chosen by, and told of, as one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
pub struct RoundTerms {
    pub(super) title: SurveyTitle,
    mandates: Vec<MandateKind>,
    sample: SampleRule,
    rest_days: u32,
    reminders: Vec<NaiveDate>,
}

pub(super) mod round {
    use domain::{surveys::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_round")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SurveyRoundId,
        pub version: i64,
        pub status: RoundStatus,
        pub survey_id: SurveyId,
        pub edition: Option<i32>,
        pub service_id: Option<ServiceId>,
        pub anonymity: Anonymity,
        #[sea_orm(column_type = "JsonBinary")]
        pub terms: super::RoundTerms,
        pub first_day: Date,
        pub last_day: Date,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub drawn: Option<DrawnSample>,
        pub drawn_on: Option<Date>,
        pub links_made_at: Option<DateTimeUtc>,
        pub bounced: i32,
        pub closed_on: Option<Date>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub turnout: Option<Turnout>,
        pub earlier_system: Option<SystemName>,
        pub earlier_id: Option<ExternalId>,
        pub earlier_digest: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub publication: Option<RoundPublication>,
        pub comments_until: Option<Date>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use round::{ActiveModel, Column, Entity, Model};

mod of_customer {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_round_customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: SurveyRoundId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    round: Model,
    service_code: Option<Code>,
    service_name: Option<Name>,
    customers: String,
    permitted: access::Leave,
}

/// A customer in an array that was put together in SQL.
#[derive(Deserialize)]
struct StoredCustomer {
    id: CustomerId,
    code: Code,
    name: Name,
}

impl Row {
    fn round(self, today: NaiveDate) -> Result<(SurveyRound, access::Leave), Error> {
        let row = self.round;
        let label = Option::zip(self.service_code, self.service_name);
        let customers: Vec<StoredCustomer> = serde_json::from_str(&self.customers)?;
        let round = SurveyRound {
            id: row.id,
            version: row.version,
            status: row.status,
            survey: row.survey_id,
            edition: row.edition,
            title: row.terms.title,
            service: Option::zip(row.service_id, label).map(|(id, (code, name))| ServiceRef { id, code, name }),
            anonymity: row.anonymity,
            customers: customers
                .into_iter()
                .map(|StoredCustomer { id, code, name }| CustomerRef { id, code, name })
                .collect(),
            mandates: row.terms.mandates,
            sample: row.terms.sample,
            rest_days: row.terms.rest_days,
            first_day: row.first_day,
            last_day: row.last_day,
            reminders: row.terms.reminders,
            drawn: row.drawn,
            links_made_at: row.links_made_at,
            bounced: row.bounced.unsigned_abs(),
            closed_on: row.closed_on,
            turnout: row.turnout,
            earlier: Option::zip(row.earlier_system, row.earlier_id).map(|(system, id)| SystemKey { system, id }),
            publication: row.publication,
            comments_until: row.comments_until,
            created_at: row.created_at,
        };
        Ok((round.on(today), self.permitted))
    }
}

fn row(round: &SurveyRound) -> ActiveModel {
    let status = match round.status {
        RoundStatus::Published => RoundStatus::Published,
        // What the days say is not stored.
        _ if round.is_unsettled() => RoundStatus::Open,
        _ if round.drawn.is_some() => RoundStatus::Closed,
        _ => RoundStatus::Draft,
    };
    ActiveModel {
        id: Set(round.id),
        version: Set(round.version),
        status: Set(status),
        survey_id: Set(round.survey),
        edition: Set(round.edition),
        service_id: Set(round.service.as_ref().map(|service| service.id)),
        anonymity: Set(round.anonymity),
        terms: Set(RoundTerms {
            title: round.title.clone(),
            mandates: round.mandates.clone(),
            sample: round.sample.clone(),
            rest_days: round.rest_days,
            reminders: round.reminders.clone(),
        }),
        first_day: Set(round.first_day),
        last_day: Set(round.last_day),
        drawn: Set(round.drawn.clone()),
        drawn_on: Set(round.drawn.as_ref().map(|drawn| drawn.day)),
        links_made_at: Set(round.links_made_at),
        bounced: Set(i32::try_from(round.bounced).unwrap_or(i32::MAX)),
        closed_on: Set(round.closed_on),
        turnout: Set(round.turnout),
        earlier_system: Set(round.earlier.as_ref().map(|earlier| earlier.system.clone())),
        earlier_id: Set(round.earlier.as_ref().map(|earlier| earlier.id.clone())),
        // Written once, as it is taken over.
        earlier_digest: NotSet,
        publication: Set(round.publication.clone()),
        comments_until: Set(round.comments_until),
        created_at: Set(round.created_at),
    }
}

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let customers = store::json_rows(
        backend,
        &[("id", "c.id"), ("code", "c.code"), ("name", "c.name")],
        "survey_round_customer x join customer c on c.id = x.customer_id where x.round_id = survey_round.id",
        "c.code",
    );
    let mut query = Entity::find().into_query();
    query
        .left_join("service", Expr::cust("service.id = survey_round.service_id"))
        .expr_as(Expr::col(("service", "code")), "service_code")
        .expr_as(Expr::col(("service", "name")), "service_name")
        .expr_as(Expr::cust(customers), "customers");
    access::guard(
        &mut query,
        scope,
        access::CUSTOMERS_OF_ROUND,
        (today, backend),
        |reach| access::of_round(reach, today, backend),
    );
    query
}

async fn one(source: &impl Source, query: &SelectStatement, today: NaiveDate) -> Result<SurveyRound, Error> {
    let row = store::one::<Row>(source.connection(), query).await?;
    access::admit(source, row.map(|row| row.round(today)).transpose()?)
}

/// The round as it stands on the day, if the caller may see it (404) and do this with it (403).
pub async fn get_round(
    source: &impl Source,
    scope: &Scope,
    id: SurveyRoundId,
    today: NaiveDate,
) -> Result<SurveyRound, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Column::Id.eq(id));
    one(source, &query, today).await
}

/// The same, held until the unit of work ends.
pub async fn load_round(unit: &UnitOfWork, scope: &Scope, id: SurveyRoundId) -> Result<SurveyRound, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "survey_round");
    one(unit, &query, unit.today()).await
}

/// Which rounds.
#[derive(Debug, Clone, Default)]
pub struct RoundFilter {
    /// Of this survey.
    pub survey: Option<SurveyId>,
    /// With this customer's contacts.
    pub customer: Option<CustomerId>,
}

/// A page of rounds, in the order in which they were entered.
pub async fn list_rounds(
    source: &impl Source,
    scope: &Scope,
    filter: &RoundFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<SurveyRound>, Error> {
    let mut query = select(scope, source.backend(), today);
    if let Some(survey) = filter.survey {
        query.and_where(Column::SurveyId.eq(survey));
    }
    if let Some(customer) = filter.customer {
        query.and_where(store::expr(
            source.backend(),
            "survey_round.id in (select x.round_id from survey_round_customer x where x.customer_id = ?)",
            [customer.0],
        ));
    }
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("survey_round", "id"))
        .await?;
    let rounds = rows.into_iter().map(|row| Ok(row.round(today)?.0));
    let place = |round: &SurveyRound| Cursor::after(vec![], round.id);
    Ok(paging.cut(rounds.collect::<Result<_, Error>>()?, total, place))
}

/// So many rounds at most stand in a report.
const MOST_REPORTED: u32 = 200;

/// A round as reports tell of it.
#[derive(FromQueryResult)]
struct ReportedRow {
    id: SurveyRoundId,
    terms: RoundTerms,
    service_id: Option<ServiceId>,
    anonymity: Anonymity,
    closed_on: Option<NaiveDate>,
    turnout: Option<Turnout>,
    service_code: Option<Code>,
    service_name: Option<Name>,
    kind: SurveyKind,
    content: SurveyContent,
    alone: i32,
}

/// What a report tells of a customer's rounds that closed within the days: what their questions read, the last reading first,
/// and those that closed from `reported` on.
pub(crate) async fn reported(
    source: &impl Source,
    customer: CustomerId,
    (from, before): (NaiveDate, NaiveDate),
    reported: NaiveDate,
) -> Result<(Vec<ReportedQuestion>, Vec<ReportedRound>), Error> {
    // What named rounds were told is their customers' teams' alone.
    let sql = format!(
        "select r.id, r.terms, r.service_id, r.anonymity, r.closed_on, r.turnout, s.kind, e.content, \
         v.code as service_code, v.name as service_name, \
         case when exists (select 1 from survey_round_customer o where o.round_id = r.id and o.customer_id <> ?) \
         then 0 else 1 end as alone \
         from survey_round_customer x join survey_round r on r.id = x.round_id \
         join survey s on s.id = r.survey_id \
         join survey_edition e on e.survey_id = r.survey_id and e.edition = r.edition \
         left join service v on v.id = r.service_id \
         where x.customer_id = ? and r.closed_on >= ? and r.closed_on < ? and r.anonymity <> 'named' \
         order by r.closed_on desc, r.id desc limit {MOST_REPORTED}"
    );
    let values = vec![customer.0.into(), customer.0.into(), from.into(), before.into()];
    let rows: Vec<ReportedRow> = store::rows(source.connection(), &sql, values).await?;
    let closed = rows.iter().filter(|row| row.closed_on >= Some(reported));
    let mut themes = comments::themes(source, closed.map(|row| row.id).collect()).await?;
    let mut questions: Vec<ReportedQuestion> = vec![];
    let mut rounds = vec![];
    for row in rows {
        for asked in row.content.questions {
            let known = |other: &ReportedQuestion| other.survey_kind == row.kind && other.question == asked.key;
            if !questions.iter().any(known) {
                questions.push(ReportedQuestion {
                    survey_kind: row.kind,
                    question: asked.key,
                    text: asked.text,
                });
            }
        }
        let label = Option::zip(row.service_code, row.service_name);
        let Some(closed_on) = row.closed_on.filter(|day| *day >= reported) else {
            continue;
        };
        rounds.push(ReportedRound {
            id: row.id,
            title: row.terms.title,
            survey_kind: row.kind,
            service: Option::zip(row.service_id, label).map(|(id, (code, name))| ServiceRef { id, code, name }),
            anonymity: row.anonymity,
            closed_on,
            turnout: row.turnout.filter(|_| row.alone == 1),
            themes: if row.alone == 1 {
                themes.remove(&row.id).unwrap_or_default()
            } else {
                vec![]
            },
        });
    }
    rounds.reverse();
    Ok((questions, rounds))
}

/// Those whose last day has passed, and those whose comments were kept for long enough; so many at once.
pub(super) async fn due(
    source: &impl Source,
    today: NaiveDate,
) -> Result<(Vec<SurveyRoundId>, Vec<SurveyRoundId>), Error> {
    use sea_orm::{QueryOrder, QuerySelect};
    const AT_ONCE: u64 = 200;
    let ids = |query: sea_orm::Select<Entity>| {
        let ordered = query
            .select_only()
            .column(Column::Id)
            .order_by_asc(Column::Id)
            .limit(AT_ONCE);
        ordered.into_tuple::<SurveyRoundId>()
    };
    let over = Entity::find()
        .filter(Column::Status.eq(RoundStatus::Open))
        .filter(Column::LastDay.lt(today));
    let kept = Entity::find().filter(Column::CommentsUntil.lte(today));
    let on = source.connection();
    Ok((ids(over).all(on).await?, ids(kept).all(on).await?))
}

async fn keep_customers(unit: &UnitOfWork, round: &SurveyRound) -> Result<(), Error> {
    let rows = round.customers.iter().map(|customer| of_customer::ActiveModel {
        round_id: Set(round.id),
        customer_id: Set(customer.id),
    });
    of_customer::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new round.
pub async fn insert_round(unit: &mut UnitOfWork, round: &SurveyRound) -> Result<(), Error> {
    insert(unit, round, NotSet).await?;
    unit.record("created", None, Some(round))
}

/// Stores a round that was taken over from an earlier survey, with the digest of what was sent of it.
pub(super) async fn insert_earlier(unit: &mut UnitOfWork, round: &SurveyRound, digest: &str) -> Result<(), Error> {
    insert(unit, round, Set(Some(digest.to_owned()))).await?;
    unit.record("taken_over", None, Some(round))
}

async fn insert(unit: &UnitOfWork, round: &SurveyRound, digest: ActiveValue<Option<String>>) -> Result<(), Error> {
    let row = ActiveModel {
        earlier_digest: digest,
        ..row(round)
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    keep_customers(unit, round).await
}

/// The round that an earlier survey was taken over into, and the digest of what was sent of it.
pub(super) async fn earlier(
    source: &impl Source,
    survey: SurveyId,
    reference: &SystemKey,
) -> Result<Option<(SurveyRoundId, String)>, Error> {
    let found = Entity::find()
        .filter(Column::SurveyId.eq(survey))
        .filter(Column::EarlierSystem.eq(reference.system.clone()))
        .filter(Column::EarlierId.eq(reference.id.clone()))
        .one(source.connection())
        .await?;
    Ok(found.map(|row| (row.id, row.earlier_digest.unwrap_or_default())))
}

/// Stores what an act made of a round. `act` is the last part of the event's type.
pub async fn update_round(
    unit: &mut UnitOfWork,
    act: &str,
    before: &SurveyRound,
    after: &SurveyRound,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.customers != after.customers {
        of_customer::Entity::delete_many()
            .filter(of_customer::Column::RoundId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_customers(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}
