//! Schemes and scores, and the ranking that comes of them.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{access::Scope, requests::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{Row, select};
use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

mod scheme {
    use domain::{requests::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "scoring_scheme")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ScoringSchemeId,
        pub version: i64,
        pub number: i64,
        pub active: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub criteria: Criteria,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod score {
    use domain::{requests::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request_score")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RequestScoreId,
        pub version: i64,
        pub request_id: RequestId,
        pub person_id: PersonId,
        pub scheme_id: ScoringSchemeId,
        #[sea_orm(column_type = "JsonBinary")]
        pub given: CriterionValues,
        pub total: i64,
        pub scored_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

impl From<scheme::Model> for ScoringScheme {
    fn from(row: scheme::Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            number: row.number,
            active: row.active,
            criteria: row.criteria,
            created_at: row.created_at,
        }
    }
}

/// The version of the scheme.
pub async fn get_scheme(source: &impl Source, id: ScoringSchemeId) -> Result<ScoringScheme, Error> {
    let row = scheme::Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The version by which new scores are made, if there is any.
pub async fn active_scheme(source: &impl Source) -> Result<Option<ScoringScheme>, Error> {
    let active = scheme::Entity::find().filter(scheme::Column::Active.eq(true));
    Ok(active.one(source.connection()).await?.map(Into::into))
}

/// A page of the scheme's versions, the first one first.
pub async fn list_schemes(source: &impl Source, paging: &Paging) -> Result<Page<ScoringScheme>, Error> {
    let mut query = scheme::Entity::find().into_query();
    let (rows, total) = paging
        .rows::<scheme::Model>(source, &mut query, None, ("scoring_scheme", "id"))
        .await?;
    let schemes = rows.into_iter().map(Into::into).collect();
    Ok(paging.cut(schemes, total, |s: &ScoringScheme| Cursor::after(vec![], s.id)))
}

/// Stores the scheme's next version, which takes the active one's place.
pub async fn insert_scheme(unit: &mut UnitOfWork, input: ScoringSchemeInput) -> Result<ScoringScheme, Error> {
    let mut latest = scheme::Entity::find().order_by_desc(scheme::Column::Number).limit(1);
    store::lock(QuerySelect::query(&mut latest), unit.backend(), "scoring_scheme");
    let latest: Option<ScoringScheme> = latest.one(unit.connection()).await?.map(Into::into);
    let number = latest.as_ref().map_or(1, |s| s.number + 1);
    let new = ScoringScheme::register(unit.new_id(), number, input, unit.now())?;
    if let Some(former) = latest {
        let after = former.clone().retire();
        let done = scheme::Entity::update_many()
            .col_expr(scheme::Column::Active, Expr::val(false))
            .col_expr(scheme::Column::Version, Expr::val(after.version))
            .filter(scheme::Column::Id.eq(former.id))
            .filter(scheme::Column::Version.eq(former.version))
            .exec(unit.connection())
            .await?;
        store::unless_stale(done)?;
        unit.record("retired", Some(&former), Some(&after))?;
    }
    let row = scheme::ActiveModel {
        id: Set(new.id),
        version: Set(new.version),
        number: Set(new.number),
        active: Set(new.active),
        criteria: Set(new.criteria.clone()),
        created_at: Set(new.created_at),
    };
    scheme::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(&new))?;
    Ok(new)
}

#[derive(FromQueryResult)]
struct ScoreRow {
    #[sea_orm(nested)]
    score: score::Model,
    person_name: PersonName,
    scheme_number: i64,
}

fn scores_of(request: RequestId) -> sea_orm::sea_query::SelectStatement {
    let mut query = score::Entity::find()
        .filter(score::Column::RequestId.eq(request))
        .into_query();
    let name = "(select name from person where person.id = request_score.person_id)";
    let number = "(select number from scoring_scheme where scoring_scheme.id = request_score.scheme_id)";
    query
        .expr_as(Expr::cust(name), "person_name")
        .expr_as(Expr::cust(number), "scheme_number");
    query
}

fn score_of(request: &Request, row: ScoreRow) -> RequestScore {
    RequestScore {
        id: row.score.id,
        version: row.score.version,
        request: request.id,
        customer: request.customer.id,
        person: PersonRef {
            id: row.score.person_id,
            name: row.person_name,
        },
        scheme: row.score.scheme_id,
        scheme_number: row.scheme_number,
        values: row.score.given,
        total: row.score.total,
        scored_at: row.score.scored_at,
    }
}

/// A page of what a request was given, the first who scored it first.
pub async fn scores(source: &impl Source, request: &Request, paging: &Paging) -> Result<Page<RequestScore>, Error> {
    let mut query = scores_of(request.id);
    let (rows, total) = paging
        .rows::<ScoreRow>(source, &mut query, None, ("request_score", "id"))
        .await?;
    let scores = rows.into_iter().map(|row| score_of(request, row)).collect();
    Ok(paging.cut(scores, total, |s: &RequestScore| Cursor::after(vec![], s.id)))
}

/// What each of the requests was given, by version of the scheme, the first one first.
pub(super) async fn scores_by_scheme(
    source: &impl Source,
    requests: &[RequestId],
) -> Result<HashMap<RequestId, Vec<SchemeScore>>, Error> {
    #[derive(FromQueryResult)]
    struct Given {
        request_id: RequestId,
        scheme_id: ScoringSchemeId,
        number: i64,
        people: i64,
        total: i64,
    }
    let mut of: HashMap<RequestId, Vec<SchemeScore>> = HashMap::new();
    if requests.is_empty() {
        return Ok(of);
    }
    let query = Query::select()
        .columns([("request_score", "request_id"), ("request_score", "scheme_id")])
        .column(("scoring_scheme", "number"))
        .expr_as(Expr::cust("count(*)"), "people")
        .expr_as(Expr::cust("cast(sum(request_score.total) as bigint)"), "total")
        .from("request_score")
        .inner_join(
            "scoring_scheme",
            Expr::cust("scoring_scheme.id = request_score.scheme_id"),
        )
        .and_where(Expr::col(("request_score", "request_id")).is_in(requests.iter().copied()))
        .group_by_columns([("request_score", "request_id"), ("request_score", "scheme_id")])
        .group_by_col(("scoring_scheme", "number"))
        .order_by(("scoring_scheme", "number"), Order::Asc)
        .to_owned();
    for given in store::all::<Given>(source.connection(), &query).await? {
        of.entry(given.request_id).or_default().push(SchemeScore {
            scheme: given.scheme_id,
            scheme_number: given.number,
            people: given.people,
            score: mean(given.total, given.people).unwrap_or_default(),
        });
    }
    Ok(of)
}

/// What the person gave the request before.
pub async fn score_by(unit: &UnitOfWork, request: &Request, person: PersonId) -> Result<Option<RequestScore>, Error> {
    let mut query = scores_of(request.id);
    query.and_where(score::Column::PersonId.eq(person));
    let row = store::one::<ScoreRow>(unit.connection(), &query).await?;
    Ok(row.map(|row| score_of(request, row)))
}

/// Stores what a person gave a loaded request in place of what they gave before, and what all of it comes to.
pub async fn give_score(
    unit: &mut UnitOfWork,
    request: &Request,
    former: Option<&RequestScore>,
    given: &RequestScore,
) -> Result<(), Error> {
    let row = score::ActiveModel {
        id: Set(given.id),
        version: Set(given.version),
        request_id: Set(given.request),
        person_id: Set(given.person.id),
        scheme_id: Set(given.scheme),
        given: Set(given.values.clone()),
        total: Set(given.total),
        scored_at: Set(given.scored_at),
    };
    match former {
        None => {
            score::Entity::insert(row)
                .exec_without_returning(unit.connection())
                .await?;
        }
        Some(former) => {
            let done = score::Entity::update_many()
                .set(row)
                .filter(score::Column::Id.eq(former.id))
                .filter(score::Column::Version.eq(former.version))
                .exec(unit.connection())
                .await?;
            store::unless_stale(done)?;
        }
    }
    let act = if former.is_some() { "changed" } else { "given" };
    unit.record(act, former, Some(given))?;
    let query = Query::select()
        .column("total")
        .from("request_score")
        .and_where(Expr::col("request_id").eq(request.id))
        .order_by("id", Order::Asc)
        .to_owned();
    #[derive(FromQueryResult)]
    struct Total {
        total: i64,
    }
    let totals = store::all::<Total>(unit.connection(), &query).await?;
    let totals: Vec<i64> = totals.into_iter().map(|row| row.total).collect();
    let after = request.clone().score(&totals, unit.now())?;
    super::update(unit, "scored", request, &after).await
}

/// A page of what a destination has or does, the highest score first.
pub async fn ranking(
    source: &impl Source,
    scope: &Scope,
    destination: Destination,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Request>, Error> {
    let mut query = select(scope, source.backend(), today);
    query
        .and_where(Expr::col(("hand_over", "destination")).eq(destination))
        .and_where(Expr::col(("request", "status")).is_in([RequestStatus::Routed, RequestStatus::Accepted]))
        .and_where(Expr::col(("request", "score")).is_not_null());
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    // Its beginning is the best, where other lists begin with the first.
    let paging = Paging {
        descending: !paging.descending,
        ..paging.clone()
    };
    paging.apply_by_number(&mut query, ("request", "score"), ("request", "id"));
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let requests = rows.into_iter().map(|row| row.request.as_of(today)).collect();
    let place = |r: &Request| Cursor::after(r.score.unwrap_or_default().to_be_bytes().to_vec(), r.id);
    Ok(paging.cut(requests, total, place))
}
