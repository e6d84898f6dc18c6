//! Requests with everything that a reader needs, in one query; their hand-overs, feeds, comments and words.
mod comments;
mod escalation;
mod feeds;
mod merging;
mod reading;
mod scoring;
mod similar;
mod tasks;
mod timeline;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Scope, events::SubjectKind, requests::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

pub use comments::*;
pub use feeds::*;
pub use merging::*;
pub use scoring::*;
pub use similar::*;
pub use tasks::*;
pub use timeline::*;

pub(crate) use reading::name_of;
use reading::{Row, select};
pub(crate) use words::stems;

use crate::{
    Error, Page, Paging, access,
    customers::known_by,
    references::{self, References},
    store::{self, Cursor, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::{events::ActorKind, requests::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RequestId,
        pub version: i64,
        pub serial: i64,
        pub number: String,
        pub customer_id: CustomerId,
        pub kind: RequestKind,
        pub status: RequestStatus,
        pub title: Title,
        pub description: Option<Markdown>,
        pub wanted_by: Option<chrono::NaiveDate>,
        pub benefit: Option<Markdown>,
        pub resources: Option<Markdown>,
        pub channel: Channel,
        pub raised_by_kind: ActorKind,
        pub raised_by_id: Uuid,
        pub owner_id: Option<PersonId>,
        pub due_day: Option<chrono::NaiveDate>,
        pub reopenable_until: Option<chrono::NaiveDate>,
        pub unanswered: bool,
        pub hand_over_id: Option<HandOverId>,
        pub merged_into_id: Option<RequestId>,
        pub score: Option<i64>,
        pub escalated_at: Option<DateTimeUtc>,
        pub escalated_for: Option<chrono::NaiveDate>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub answer: Option<Answer>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub dismissal: Option<Dismissal>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub withdrawal: Option<Withdrawal>,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub received_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod hand_over {
    use domain::{requests::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "hand_over")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HandOverId,
        pub version: i64,
        pub request_id: RequestId,
        pub request_version: i64,
        pub destination: Destination,
        pub state: HandOverState,
        pub note: Option<Reason>,
        pub routed_at: DateTimeUtc,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub acknowledgement: Option<Acknowledgement>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub decision: Option<Decision>,
        pub decided_at: Option<DateTimeUtc>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub fulfilment: Option<Fulfilment>,
        pub fulfilled_at: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod concerned {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub request_id: RequestId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod endorsed {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "request_endorsement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub request_id: RequestId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub contact_id: ContactId,
        pub endorsed_at: DateTimeUtc,
        pub given_for: Option<String>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

async fn one(source: &impl Source, query: &SelectStatement, today: NaiveDate) -> Result<Request, Error> {
    let found = store::one::<Row>(source.connection(), query).await?;
    let request = access::admit(source, found.map(|row| (row.request, row.permitted)))?;
    Ok(request.as_of(today))
}

/// The request, if the caller may see it (404) and do this with it (403).
pub async fn get(source: &impl Source, scope: &Scope, id: RequestId, today: NaiveDate) -> Result<Request, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Expr::col(("request", "id")).eq(id));
    one(source, &query, today).await
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: RequestId) -> Result<Request, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Expr::col(("request", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "request");
    one(unit, &query, unit.today()).await
}

/// Which requests.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Filter {
    pub id: Option<RequestId>,
    pub customer: Option<CustomerId>,
    pub kind: Option<RequestKind>,
    pub status: Option<RequestStatus>,
    pub open: Option<bool>,
    pub overdue: Option<bool>,
    /// Whether a destination has had it since before this time without a decision.
    pub undecided_since: Option<(bool, DateTime<Utc>)>,
    pub destination: Option<Destination>,
    pub service: Option<ServiceId>,
    pub channel: Option<Channel>,
    pub raised_by: Option<Uuid>,
    pub owner: Option<PersonId>,
    pub number: Option<String>,
    pub reference: Option<SystemKey>,
    pub wanted_by_before: Option<NaiveDate>,
    pub received_from: Option<DateTime<Utc>>,
    pub received_before: Option<DateTime<Utc>>,
    pub changed_from: Option<DateTime<Utc>>,
    pub changed_before: Option<DateTime<Utc>>,
    /// Every one of these words, in any of its forms, in title or description.
    pub words: Option<String>,
}

impl Filter {
    /// This one.
    pub fn only(id: RequestId) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }

    fn apply(&self, query: &mut SelectStatement, backend: DbBackend, today: NaiveDate) {
        let closed = || {
            Expr::col(("request", "status"))
                .eq("answered")
                .and(Expr::col(("request", "reopenable_until")).lt(today))
        };
        let ended = || {
            let stored = [
                RequestStatus::Fulfilled,
                RequestStatus::Dismissed,
                RequestStatus::Withdrawn,
                RequestStatus::Merged,
            ];
            Column::Status.is_in(stored).or(closed())
        };
        // A complaint without a last day for reopening is never closed by date.
        let false_where_null = |e: Expr| Expr::expr(Func::coalesce([e, Expr::val(false)]));
        let wanted = [
            self.id.map(|id| Column::Id.eq(id)),
            self.customer.map(|id| Column::CustomerId.eq(id)),
            self.kind.map(|kind| Column::Kind.eq(kind)),
            self.status.map(|status| match status {
                RequestStatus::Closed => closed(),
                RequestStatus::Answered => Column::Status.eq(status).and(false_where_null(closed()).not()),
                stored => Column::Status.eq(stored),
            }),
            self.open
                .map(|open| if open { false_where_null(ended()).not() } else { ended() }),
            self.overdue.map(|overdue| {
                let is = Expr::cust("request.unanswered").and(Column::DueDay.lt(today));
                if overdue { is } else { false_where_null(is).not() }
            }),
            self.undecided_since.map(|(undecided, at)| {
                let is = tasks::undecided_since(at);
                if undecided { is } else { false_where_null(is).not() }
            }),
            self.destination.map(|d| Expr::col(("hand_over", "destination")).eq(d)),
            // The same once more, from where an index leads to the few: the join leads only from request to hand-over.
            self.destination.map(|d| {
                store::expr(
                    backend,
                    "request.id in (select h.request_id from hand_over h where h.destination = ?)",
                    [d.to_string()],
                )
            }),
            self.service.map(|id| {
                store::expr(
                    backend,
                    "request.id in (select x.request_id from request_service x where x.service_id = ?)",
                    [id.0],
                )
            }),
            self.channel.map(|channel| Column::Channel.eq(channel)),
            self.raised_by.map(|id| Column::RaisedById.eq(id)),
            self.owner.map(|id| Column::OwnerId.eq(id)),
            self.number.as_ref().map(|number| Column::Number.eq(number)),
            self.reference
                .as_ref()
                .map(|wanted| known_by(SubjectKind::Request, "request.id", wanted, backend)),
            self.wanted_by_before.map(|day| Column::WantedBy.lt(day)),
            self.received_from.map(|at| Column::ReceivedAt.gte(at)),
            self.received_before.map(|at| Column::ReceivedAt.lt(at)),
            self.changed_from.map(|at| Column::ChangedAt.gte(at)),
            self.changed_before.map(|at| Column::ChangedAt.lt(at)),
            self.words.as_ref().and_then(|words| words::matching(backend, words)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of requests, by the time they came in.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Request>, Error> {
    let backend = source.backend();
    let mut query = select(scope, backend, today);
    let total = if paging.count {
        let mut matching = query.clone();
        filter.apply(&mut matching, backend, today);
        Some(store::count(source.connection(), &matching).await?)
    } else {
        None
    };
    let ways = access::ways_to_requests(&scope.visible, today, backend);
    if ways.len() > 1 {
        query.and_where(Column::Id.in_subquery(page_of_ids(ways, filter, paging, backend, today)));
    } else {
        filter.apply(&mut query, backend, today);
    }
    paging.apply(&mut query, None, ("request", "id"));
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let requests = rows.into_iter().map(|row| row.request.as_of(today)).collect();
    Ok(paging.cut(requests, total, |r: &Request| Cursor::after(vec![], r.id)))
}

/// The ids that a page needs, from each way to a visible request as many: an index leads along one way, but along none
/// of two at once.
fn page_of_ids(
    ways: Vec<Expr>,
    filter: &Filter,
    paging: &Paging,
    backend: DbBackend,
    today: NaiveDate,
) -> SelectStatement {
    let pages = ways.into_iter().map(|way| {
        let mut page = Query::select();
        page.column(("request", "id"))
            .from("request")
            .left_join("hand_over", Expr::cust("hand_over.id = request.hand_over_id"))
            .and_where(way);
        filter.apply(&mut page, backend, today);
        paging.apply(&mut page, None, ("request", "id"));
        // SQLite takes an arm with a limit only in a subquery of its own.
        Query::select().column("id").from_subquery(page, "page").to_owned()
    });
    pages
        .reduce(|mut all, page| all.union(UnionType::Distinct, page).to_owned())
        .unwrap_or_default()
}

/// A number that no other request has had or will have. One that is drawn and not used leaves a gap.
pub async fn draw_serial(unit: &UnitOfWork) -> Result<i64, Error> {
    let sql = match unit.backend() {
        DbBackend::Postgres => "select nextval('request_serial') as serial",
        _ => "update request_serial set last = last + 1 returning last as serial",
    };
    let row = unit
        .connection()
        .query_one_raw(Statement::from_string(unit.backend(), sql))
        .await?;
    Ok(row.ok_or(Error::NotFound)?.try_get("", "serial")?)
}

fn row(request: &Request) -> ActiveModel {
    ActiveModel {
        id: Set(request.id),
        version: Set(request.version),
        number: Set(request.number.clone()),
        customer_id: Set(request.customer.id),
        kind: Set(request.kind),
        status: Set(request.status),
        title: Set(request.title.clone()),
        description: Set(request.description.clone()),
        wanted_by: Set(request.wanted_by),
        benefit: Set(request.benefit.clone()),
        resources: Set(request.resources.clone()),
        channel: Set(request.channel),
        raised_by_kind: Set(request.raised_by.kind),
        raised_by_id: Set(request.raised_by.id),
        owner_id: Set(request.owner.as_ref().map(|o| o.id)),
        due_day: Set(request.due_day),
        reopenable_until: Set(request.answer.as_ref().and_then(|a| a.reopenable_until)),
        unanswered: Set(request.unanswered()),
        hand_over_id: Set(request.hand_over.as_ref().map(|h| h.id)),
        merged_into_id: Set(request.merged_into.as_ref().map(|m| m.id)),
        score: Set(request.score),
        escalated_at: Set(request.escalated_at),
        escalated_for: Set(request.escalated_for),
        answer: Set(request.answer.clone()),
        dismissal: Set(request.dismissal.clone()),
        withdrawal: Set(request.withdrawal.clone()),
        external_references: Set(References(request.references.clone())),
        received_at: Set(request.received_at),
        changed_at: Set(request.changed_at),
        ..Default::default()
    }
}

async fn concern(unit: &UnitOfWork, request: &Request) -> Result<(), Error> {
    if request.services.is_empty() {
        return Ok(());
    }
    let rows = request.services.iter().map(|service| concerned::ActiveModel {
        request_id: Set(request.id),
        service_id: Set(service.id),
    });
    concerned::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new request under the serial that its number was made of.
pub async fn insert(unit: &mut UnitOfWork, request: &Request, serial: i64, digest: Option<&str>) -> Result<(), Error> {
    let row = ActiveModel {
        serial: Set(serial),
        ..row(request)
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    concern(unit, request).await?;
    words::index(unit, request, Some(serial)).await?;
    index_terms(unit, request, true).await?;
    references::set(
        unit,
        SubjectKind::Request,
        request.id.0,
        &request.references,
        digest,
        true,
    )
    .await?;
    unit.record("received", None, Some(request))
}

/// Stores what an act made of a request, with its hand-over. `act` is the last part of the event's type.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Request, after: &Request) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.services != after.services {
        let of_request = concerned::Column::RequestId.eq(after.id);
        concerned::Entity::delete_many()
            .filter(of_request)
            .exec(unit.connection())
            .await?;
        concern(unit, after).await?;
    }
    if before.endorsements != after.endorsements {
        let of_request = endorsed::Column::RequestId.eq(after.id);
        endorsed::Entity::delete_many()
            .filter(of_request)
            .exec(unit.connection())
            .await?;
        if !after.endorsements.is_empty() {
            let rows = after.endorsements.iter().map(|e| endorsed::ActiveModel {
                request_id: Set(after.id),
                contact_id: Set(e.contact.id),
                endorsed_at: Set(e.endorsed_at),
                given_for: Set(e.given_for.clone()),
            });
            endorsed::Entity::insert_many(rows)
                .exec_without_returning(unit.connection())
                .await?;
        }
    }
    if (&before.title, &before.description) != (&after.title, &after.description) {
        words::index(unit, after, None).await?;
    }
    let found_by = |r: &Request| (r.title.clone(), r.description.clone(), r.status.is_open());
    if found_by(before) != found_by(after) {
        index_terms(unit, after, false).await?;
    }
    unit.record(act, Some(before), Some(after))?;
    follow_hand_over(unit, act, before, after).await
}

/// Replaces the references, as the request's source tells it anew.
pub async fn refer(unit: &mut UnitOfWork, request: &Request, digest: Option<&str>) -> Result<(), Error> {
    references::set(
        unit,
        SubjectKind::Request,
        request.id.0,
        &request.references,
        digest,
        false,
    )
    .await
}
