//! Hand-overs, and the feeds by which destinations pull them: views of the event log in its one order.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    access::Scope,
    events::{Aggregate, SubjectKind},
    requests::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    hand_over,
    merging::customers_behind,
    reading::{self, HAND_OVER, Places, Row, select_all},
    scoring::scores_by_scheme,
    similar::similar_needs,
};
use crate::{
    Db, Error, access,
    events::{self, LogCursor, Stretch, entity as log},
    improvements,
    store::{self, Source, UnitOfWork},
};

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedEntry {
    /// Its place in the log; grows along the feed.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub position: i64,
    /// What it tells.
    pub kind: FeedEntryKind,
    /// The hand-over, on which the destination acts.
    pub hand_over_id: HandOverId,
    /// The request.
    pub request_id: RequestId,
    /// The request's number for people.
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$",
        example = "REQ-2026-000123"
    )]
    pub number: String,
    /// The request as it is now, while it is still handed over by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What else it is judged by.
    #[serde(flatten)]
    pub basis: DecisionBasis,
}

/// A hand-over with all that an evaluation needs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HandOverInFull {
    #[serde(flatten)]
    hand_over: HandOver,
    /// The request as it is now, while it is still handed over by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    demand: Option<Request>,
    #[serde(flatten)]
    basis: DecisionBasis,
    /// What of it changes without the hand-over, as its `ETag` tells.
    #[serde(skip)]
    read: String,
}

impl Aggregate for HandOverInFull {
    const KIND: SubjectKind = HandOver::KIND;
    fn id(&self) -> Uuid {
        self.hand_over.id.0
    }
    fn version(&self) -> i64 {
        self.hand_over.version
    }
    fn reads_as(&self) -> Option<&str> {
        Some(&self.read)
    }
}

/// As much of an event as a feed tells; its body stays where it is.
#[derive(FromQueryResult)]
struct Told {
    position: i64,
    link: Vec<u8>,
    subject_id: Uuid,
    matter_id: Uuid,
    feed_kind: Option<FeedEntryKind>,
}

/// A destination's feed after the cursor.
pub async fn feed(
    db: &Db,
    scope: &Scope,
    destination: Destination,
    after: LogCursor,
    limit: u64,
    today: NaiveDate,
) -> Result<Stretch<FeedEntry>, Error> {
    db.order_events().await?;
    let after = after.check(db.reader()).await?;
    let rows = log::Entity::find()
        .select_only()
        .columns([
            log::Column::Position,
            log::Column::Link,
            log::Column::SubjectId,
            log::Column::MatterId,
            log::Column::FeedKind,
        ])
        .filter(log::Column::Destination.eq(destination))
        .filter(log::Column::FeedKind.is_not_null())
        .filter(log::Column::Position.gt(after.position))
        .filter(access::of_customers(
            &scope.visible.customers,
            "event.customer_id",
            today,
            db.backend(),
        ))
        .order_by_asc(log::Column::Position)
        .limit(limit + 1)
        .into_model::<Told>()
        .all(db.reader().connection())
        .await?;
    let Stretch { items, next, more } =
        events::cut(rows, limit, after, |told| LogCursor::of(told.position, &told.link))?;
    let mut requests = by_id(db, items.iter().map(|e| RequestId(e.matter_id)).collect(), today).await?;
    let told = |event: &&Told| event.feed_kind != Some(FeedEntryKind::Withdrawn);
    let told = items.iter().filter(told).filter_map(|event| {
        let request = requests.get(&RequestId(event.matter_id))?;
        is_handed_over(request, HandOverId(event.subject_id)).then_some((request.id, request))
    });
    let told: HashMap<RequestId, &Request> = told.collect();
    let bases = bases(&db.reader(), scope, &told.into_values().collect::<Vec<_>>(), today).await?;
    let mut to_come: HashMap<RequestId, usize> = HashMap::new();
    for event in &items {
        *to_come.entry(RequestId(event.matter_id)).or_default() += 1;
    }
    let entries = items
        .into_iter()
        .filter_map(|event| {
            let id = RequestId(event.matter_id);
            let left = to_come.get_mut(&id)?;
            *left -= 1;
            let request = requests.get(&id)?;
            let number = request.number.clone();
            let hand_over_id = HandOverId(event.subject_id);
            let kind = event.feed_kind?;
            let request = match is_handed_over(request, hand_over_id) && kind != FeedEntryKind::Withdrawn {
                false => None,
                // A request is copied only for an entry that another one follows.
                true if *left > 0 => Some(request.clone()),
                true => requests.remove(&id),
            };
            let basis = request.as_ref().and_then(|r: &Request| bases.get(&r.id)).cloned();
            Some(FeedEntry {
                basis: basis.unwrap_or_default(),
                position: event.position,
                kind,
                hand_over_id,
                request_id: id,
                number,
                request,
            })
        })
        .collect();
    Ok(Stretch {
        items: entries,
        next,
        more,
    })
}

/// Whether the request is still handed over by this.
fn is_handed_over(request: &Request, by: HandOverId) -> bool {
    let current = request.hand_over.as_ref();
    current.is_some_and(|h| h.id == by && h.state != HandOverState::Withdrawn)
}

/// What a destination judges each of the requests by: some questions for all of them.
async fn bases(
    source: &impl Source,
    scope: &Scope,
    requests: &[&Request],
    today: NaiveDate,
) -> Result<HashMap<RequestId, DecisionBasis>, Error> {
    let ids: Vec<RequestId> = requests.iter().map(|r| r.id).collect();
    let shared = requests.iter().filter(|r| r.customers_behind > 1).map(|r| r.id);
    let behind = customers_behind(source, scope, shared.collect(), today).await?;
    let mut scores = scores_by_scheme(source, &ids).await?;
    let similar = similar_needs(source, scope, requests, today).await?;
    let basis = |request: &&Request| {
        let others = behind
            .iter()
            .filter(|(of, c)| *of == request.id && c.id != request.customer.id);
        let others = others.map(|(_, customer)| customer.clone());
        let basis = DecisionBasis {
            customers_behind: [request.customer.clone()].into_iter().chain(others).collect(),
            scores: scores.remove(&request.id).unwrap_or_default(),
            similar: similar.get(&request.id).copied(),
        };
        (request.id, basis)
    };
    Ok(requests.iter().map(basis).collect())
}

async fn by_id(db: &Db, ids: Vec<RequestId>, today: NaiveDate) -> Result<HashMap<RequestId, Request>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let reader = db.reader();
    let mut query = select_all(reader.backend());
    query
        .expr_as(access::own_right(), "permitted")
        .and_where(Expr::col(("request", "id")).is_in(ids));
    let rows = store::all::<Row>(reader.connection(), &query).await?;
    let requests = rows.into_iter().map(|row| row.request.as_of(today));
    Ok(requests.map(|request| (request.id, request)).collect())
}

/// A hand-over, and by whose right the act is allowed there.
struct HandOverRow {
    hand_over: Option<HandOver>,
    permitted: access::Leave,
}

impl FromQueryResult for HandOverRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut places = Places::of(row);
        let request = RequestRef {
            id: places.take()?,
            number: places.take()?,
            title: places.take()?,
        };
        let customer = places.take()?;
        Ok(Self {
            hand_over: reading::hand_over(&mut places, request, customer)?,
            permitted: places.take()?,
        })
    }
}

/// A hand-over, current or not, if the caller may see it.
pub async fn find_hand_over(
    source: &impl Source,
    scope: &Scope,
    id: HandOverId,
    today: NaiveDate,
) -> Result<HandOver, Error> {
    let backend = source.backend();
    let mut query = Query::select()
        .expr(Expr::cust(
            "request.id, request.number, request.title, request.customer_id",
        ))
        .expr(Expr::cust(HAND_OVER))
        .from("hand_over")
        .inner_join("request", Expr::cust("request.id = hand_over.request_id"))
        .and_where(Expr::col(("hand_over", "id")).eq(id))
        .and_where(access::to_destinations(scope.destinations()))
        .to_owned();
    access::guard(&mut query, scope, "request.customer_id", (today, backend), |reach| {
        access::of_request(reach, today, backend)
    });
    let found = store::one::<HandOverRow>(source.connection(), &query).await?;
    access::admit(source, found.and_then(|row| row.hand_over.zip(Some(row.permitted))))
}

/// The same, with what the destination judges the request by.
pub async fn hand_over_in_full(
    db: &Db,
    scope: &Scope,
    id: HandOverId,
    today: NaiveDate,
) -> Result<HandOverInFull, Error> {
    let hand_over = find_hand_over(&db.reader(), scope, id, today).await?;
    let demand = by_id(db, vec![hand_over.request.id], today)
        .await?
        .remove(&hand_over.request.id);
    let demand = demand.filter(|request| is_handed_over(request, id));
    let mut bases = bases(&db.reader(), scope, &demand.iter().collect::<Vec<_>>(), today).await?;
    let basis = bases.remove(&hand_over.request.id).unwrap_or_default();
    let read = domain::clients::digest(&serde_json::to_string(&(&demand, &basis))?);
    Ok(HandOverInFull {
        hand_over,
        demand,
        basis,
        read: read.chars().take(16).collect(),
    })
}

/// The request that a hand-over gives to its destination, held until the unit of work ends.
pub async fn load_handed_over(unit: &UnitOfWork, scope: &Scope, id: HandOverId) -> Result<Request, Error> {
    let hand_over = find_hand_over(unit, scope, id, unit.today()).await?;
    super::load(unit, scope, hand_over.request.id).await
}

fn row(hand_over: &HandOver) -> hand_over::ActiveModel {
    hand_over::ActiveModel {
        id: Set(hand_over.id),
        version: Set(hand_over.version),
        request_id: Set(hand_over.request.id),
        request_version: Set(hand_over.request_version),
        destination: Set(hand_over.destination),
        state: Set(hand_over.state),
        note: Set(hand_over.note.clone()),
        routed_at: Set(hand_over.routed_at),
        acknowledgement: Set(hand_over.acknowledgement.clone()),
        decision: Set(hand_over.decision.clone()),
        decided_at: Set(hand_over.decided_at),
        fulfilment: Set(hand_over.fulfilment.clone()),
        fulfilled_at: Set(hand_over.fulfilled_at),
    }
}

/// Stores a changed hand-over; `act` is what happened to it.
pub async fn update_hand_over(
    unit: &mut UnitOfWork,
    act: &str,
    before: &HandOver,
    after: &HandOver,
) -> Result<(), Error> {
    let done = hand_over::Entity::update_many()
        .set(row(after))
        .filter(hand_over::Column::Id.eq(before.id))
        .filter(hand_over::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))?;
    if after.destination == Destination::Improvement && after.state == HandOverState::Withdrawn {
        improvements::request_taken_back(unit, after).await?;
    }
    Ok(())
}

/// Stores what an act on the request did to its hand-over, and tells the destination: a new one was `routed`, one that
/// was taken back `withdrawn`, one that is told of new content `changed`; a destination's own act keeps its name.
pub(super) async fn follow_hand_over(
    unit: &mut UnitOfWork,
    act: &str,
    before: &Request,
    after: &Request,
) -> Result<(), Error> {
    match (&before.hand_over, &after.hand_over) {
        (Some(was), Some(is)) if was.id == is.id && was.version != is.version => {
            let told = match is.state {
                HandOverState::Withdrawn => "withdrawn",
                _ if was.request_version != is.request_version => "changed",
                _ => act,
            };
            update_hand_over(unit, told, was, is).await
        }
        (was, Some(is)) if was.as_ref().is_none_or(|was| was.id != is.id) => {
            hand_over::Entity::insert(row(is))
                .exec_without_returning(unit.connection())
                .await?;
            unit.record("routed", None, Some(is))
        }
        _ => Ok(()),
    }
}
