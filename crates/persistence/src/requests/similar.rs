//! Open requests for the same need: found by the terms that they share, few of each, and weighed by the domain.
use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::{access::Scope, requests::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::words::stems_of;
use crate::{
    Db, Error, access,
    store::{self, Origin, Source, UnitOfWork},
};

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub term: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub request_id: RequestId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// So many terms are asked about in one statement; SQLite joins no more than 500 questions in one.
const TERMS_AT_ONCE: usize = 400;
/// So many terms are asked about for all requests of a page together.
const TERMS_OF_ALL: usize = 2_000;
/// So many of the most similar are looked at more closely.
const CANDIDATES: usize = 200;

pub(crate) fn terms_of(title: &str, description: &str) -> Vec<String> {
    terms(stems_of(), [title, description])
}

/// Keeps the terms of a request while it is open, so that what has ended costs nobody anything.
pub(super) async fn index_terms(unit: &UnitOfWork, request: &Request, new: bool) -> Result<(), Error> {
    if !new {
        Entity::delete_many()
            .filter(Column::RequestId.eq(request.id))
            .exec(unit.connection())
            .await?;
    }
    let description = request.description.as_ref().map_or("", |d| d.as_str());
    let terms = terms_of(request.title.as_str(), description);
    if !request.status.is_open() || terms.is_empty() {
        return Ok(());
    }
    let rows = terms.into_iter().map(|term| ActiveModel {
        term: Set(term),
        request_id: Set(request.id),
    });
    Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Where the terms of a kind of thing are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TermIndex {
    /// The table.
    pub table: &'static str,
    /// The thing's id.
    pub id: &'static str,
    /// What else tells things of this kind, with `and` behind it.
    pub of: &'static str,
}

const REQUESTS: TermIndex = TermIndex {
    table: "request_term",
    id: "request_id",
    of: "",
};

/// A thing that has a term.
#[derive(FromQueryResult)]
struct Having {
    /// Which of the terms, from one on.
    nth: i64,
    thing: Uuid,
}

#[derive(FromQueryResult)]
struct Candidate {
    id: RequestId,
    number: String,
    title: Title,
    status: RequestStatus,
    reopenable_until: Option<NaiveDate>,
    customer_id: CustomerId,
    customer_code: Code,
    customer_name: Name,
    visible: i32,
}

/// For each term the newest things that have it: of requests, the open ones.
pub(crate) async fn having<I: Id>(
    source: &impl Source,
    index: TermIndex,
    terms: &[String],
) -> Result<HashMap<String, Vec<I>>, Error> {
    let mut found: HashMap<String, Vec<I>> = HashMap::new();
    for terms in terms.chunks(TERMS_AT_ONCE) {
        for row in newest(source, index, terms).await? {
            let nth = usize::try_from(row.nth).ok().and_then(|nth| nth.checked_sub(1));
            if let Some(term) = nth.and_then(|nth| terms.get(nth)) {
                found.entry(term.clone()).or_default().push(row.thing.into());
            }
        }
    }
    Ok(found)
}

/// PostgreSQL takes longer to plan many questions in one than to answer them; SQLite knows no `lateral`.
async fn newest(source: &impl Source, index: TermIndex, terms: &[String]) -> Result<Vec<Having>, Error> {
    let TermIndex { table, id, of } = index;
    let newest = format!("{table} where {of}term = {{}} order by {id} desc limit {WITH_A_TERM}");
    let (sql, values) = match source.backend() {
        DbBackend::Postgres => {
            let newest = newest.replace("{}", "asked.term");
            let sql = format!(
                "select asked.nth, of_it.{id} as thing from unnest(?::text[]) with ordinality as asked (term, nth), \
                 lateral (select {id} from {newest}) as of_it"
            );
            (sql, vec![terms.to_vec().into()])
        }
        _ => {
            let newest = newest.replace("{}", "?");
            let one = |nth| format!("select * from (select {nth} as nth, {id} as thing from {newest}) as of_{nth}");
            let all: Vec<String> = (1..=terms.len()).map(one).collect();
            (
                all.join(" union all "),
                terms.iter().map(|term| term.clone().into()).collect(),
            )
        }
    };
    store::rows::<Having>(source.connection(), &sql, values).await
}

/// Open requests that share what these words say, the most similar first, whoever's they are, each with how much it shares.
pub(crate) async fn alike(
    source: &impl Source,
    (title, description): (&str, &str),
) -> Result<Vec<(RequestId, i32)>, Error> {
    let terms = terms_of(title, description);
    let mut scored = weigh(&terms, &having(source, REQUESTS, &terms).await?);
    scored.truncate(CANDIDATES);
    Ok(scored)
}

/// How many other open requests there are for the need of each of these, as far as the caller may see them. However many
/// are asked about, [`TERMS_OF_ALL`] terms are: of a few all that there are, of many the title's.
pub(super) async fn similar_needs(
    source: &impl Source,
    scope: &Scope,
    requests: &[&Request],
    today: NaiveDate,
) -> Result<HashMap<RequestId, SimilarNeed>, Error> {
    let most = (TERMS_OF_ALL / requests.len().max(1)).max(10);
    let terms_of_each: Vec<(RequestId, Vec<String>)> = requests
        .iter()
        .map(|r| {
            let mut terms = terms_of(r.title.as_str(), r.description.as_ref().map_or("", |d| d.as_str()));
            terms.truncate(most);
            (r.id, terms)
        })
        .collect();
    let all: BTreeSet<&String> = terms_of_each.iter().flat_map(|(_, terms)| terms).collect();
    let having = having(source, REQUESTS, &all.into_iter().cloned().collect::<Vec<_>>()).await?;
    let nearest = |(id, terms): (RequestId, Vec<String>)| {
        let same = weigh(&terms, &having).into_iter();
        let same = same.filter(|(other, score)| *other != id && *score >= SAME_NEED);
        (
            id,
            same.map(|(other, _)| other).take(SIMILAR_COUNTED).collect::<Vec<_>>(),
        )
    };
    let nearest: Vec<(RequestId, Vec<RequestId>)> = terms_of_each.into_iter().map(nearest).collect();
    let named: BTreeSet<RequestId> = nearest.iter().flat_map(|(_, others)| others).copied().collect();
    let seen = customers_of_open(source, scope, named, today).await?;
    let need = |(id, others): (RequestId, Vec<RequestId>)| {
        let customers: Vec<CustomerId> = others.iter().filter_map(|other| seen.get(other)).copied().collect();
        let need = SimilarNeed {
            requests: customers.len(),
            customers: customers.into_iter().collect::<BTreeSet<_>>().len(),
        };
        (id, need)
    };
    Ok(nearest.into_iter().map(need).collect())
}

/// The customers of those of the requests that the caller may see and that are not closed by date.
async fn customers_of_open(
    source: &impl Source,
    scope: &Scope,
    requests: BTreeSet<RequestId>,
    today: NaiveDate,
) -> Result<HashMap<RequestId, CustomerId>, Error> {
    #[derive(FromQueryResult)]
    struct Of {
        id: RequestId,
        customer_id: CustomerId,
    }
    if requests.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = source.backend();
    let query = Query::select()
        .columns([("request", "id"), ("request", "customer_id")])
        .from("request")
        .and_where(Expr::col(("request", "id")).is_in(requests))
        .and_where(access::of_request(&scope.visible, today, backend))
        .and_where(store::expr(
            backend,
            "(request.status <> 'answered' or request.reopenable_until is null or request.reopenable_until >= ?)",
            [today],
        ))
        .to_owned();
    let rows = store::all::<Of>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.customer_id)).collect())
}

/// Open requests that seem to be about what these words say: in full those that the caller may see, of others only how
/// many customers have them. `except` is the request whose words they are.
pub async fn similar(
    source: &impl Source,
    scope: &Scope,
    (title, description): (&str, &str),
    except: Option<RequestId>,
    today: NaiveDate,
) -> Result<SimilarRequests, Error> {
    let terms = terms_of(title, description);
    let mut scored = weigh(&terms, &having(source, REQUESTS, &terms).await?);
    scored.retain(|(id, _)| Some(*id) != except);
    scored.truncate(CANDIDATES);
    if scored.is_empty() {
        return Ok(SimilarRequests::default());
    }
    let backend = source.backend();
    let seen = access::of_request(&scope.visible, today, backend);
    let query = Query::select()
        .columns(["id", "number", "title", "status", "reopenable_until"].map(|name| ("request", name)))
        .expr_as(Expr::col(("customer", "id")), "customer_id")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::case(seen, Expr::cust("1")).finally(Expr::cust("0")), "visible")
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .and_where(Expr::col(("request", "id")).is_in(scored.iter().map(|(id, _)| *id)))
        .to_owned();
    let rows = store::all::<Candidate>(source.connection(), &query).await?;
    let closed =
        |c: &Candidate| c.status == RequestStatus::Answered && c.reopenable_until.is_some_and(|last| last < today);
    let mut rows: HashMap<RequestId, Candidate> = rows.into_iter().filter(|c| !closed(c)).map(|c| (c.id, c)).collect();
    let (mut items, mut others) = (vec![], BTreeSet::new());
    for (id, score) in scored {
        match rows.remove(&id) {
            Some(c) if c.visible == 1 && items.len() < SIMILAR_SHOWN => items.push(SimilarRequest {
                request: RequestRef {
                    id,
                    number: c.number,
                    title: c.title,
                },
                customer: CustomerRef {
                    id: c.customer_id,
                    code: c.customer_code,
                    name: c.customer_name,
                },
                status: c.status,
                score,
            }),
            Some(c) if c.visible == 0 && score >= SAME_NEED => {
                others.insert(c.customer_id);
            }
            _ => {}
        }
    }
    Ok(SimilarRequests {
        items,
        other_customers: i64::try_from(others.len()).unwrap_or(i64::MAX),
    })
}

#[derive(FromQueryResult)]
struct Unindexed {
    id: RequestId,
    title: Title,
    description: Option<Markdown>,
}

impl Db {
    /// Indexes the open requests of a store that is older than the index. Doing it twice changes nothing.
    pub async fn index_similar(&self, origin: &Origin) -> Result<(), Error> {
        const AT_ONCE: u64 = 200;
        let mut after = RequestId(Uuid::nil());
        loop {
            let unit = self.open(origin).await?;
            let query = Query::select()
                .columns(["id", "title", "description"])
                .from("request")
                .and_where(Expr::col("id").gt(after))
                .and_where(Expr::cust(
                    "status in ('received', 'investigating', 'routed', 'accepted', 'declined', 'answered')",
                ))
                .and_where(Expr::cust(
                    "not exists (select 1 from request_term t where t.request_id = request.id)",
                ))
                .order_by("id", sea_orm::Order::Asc)
                .limit(AT_ONCE)
                .to_owned();
            let found = store::all::<Unindexed>(unit.connection(), &query).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.id;
            for request in found {
                let description = request.description.as_ref().map_or("", |d| d.as_str());
                let terms = terms_of(request.title.as_str(), description);
                let rows: Vec<ActiveModel> = terms
                    .into_iter()
                    .map(|term| ActiveModel {
                        term: Set(term),
                        request_id: Set(request.id),
                    })
                    .collect();
                if rows.is_empty() {
                    continue;
                }
                // Another instance may be at the same.
                let pair = [Column::Term, Column::RequestId];
                Entity::insert_many(rows)
                    .on_conflict(sea_orm::sea_query::OnConflict::columns(pair).do_nothing().to_owned())
                    .exec_without_returning(unit.connection())
                    .await?;
            }
            unit.commit().await?;
        }
    }
}
