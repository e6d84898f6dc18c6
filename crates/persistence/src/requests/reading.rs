//! How requests and hand-overs are read: one select list with everything that a reader needs, and rows that are taken
//! apart in the list's order. Columns are found by place: looking fifty names up costs more than reading what stands there.
use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Scope, meetings::LinkedKind, requests::*, vocabulary::*};
use sea_orm::{
    DbBackend, DbErr, FromQueryResult, QueryResult, TryGetable,
    sea_query::{Expr, Query, SelectStatement},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{access, meetings::recorded_at, references::References, services, store};

/// A row's columns, one after the other.
pub(super) struct Places<'r> {
    row: &'r QueryResult,
    next: usize,
}

impl<'r> Places<'r> {
    pub(super) fn of(row: &'r QueryResult) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        self.next += 1;
        self.row.try_get_by_index(self.next - 1)
    }

    /// The items of an array that was put together in SQL.
    fn items<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, DbErr> {
        let text: String = self.take()?;
        serde_json::from_str(&text).map_err(|e| DbErr::Json(e.to_string()))
    }
}

/// What a raiser's or an author's name is, whatever they are, as SQL.
pub(crate) fn name_of(kind: &str, id: &str) -> String {
    format!(
        "case {kind} when 'contact' then (select name from contact where contact.id = {id}) \
         when 'person' then (select name from person where person.id = {id}) \
         else (select name from client where client.id = {id}) end"
    )
}

/// The columns of `request`, in their order.
fn columns(backend: DbBackend) -> String {
    let raised_by_name = name_of("request.raised_by_kind", "request.raised_by_id");
    let services = store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "request_service x join service s on s.id = x.service_id where x.request_id = request.id",
        "s.code",
    );
    let endorsements = store::json_rows(
        backend,
        &[
            ("id", "c.id"),
            ("name", "c.name"),
            ("at", "x.endorsed_at"),
            ("given_for", "x.given_for"),
        ],
        "request_endorsement x join contact c on c.id = x.contact_id where x.request_id = request.id",
        "x.endorsed_at",
    );
    let meeting = recorded_at(LinkedKind::Request, "request.id");
    format!(
        "request.id, request.version, request.number, request.customer_id, customer.code, customer.name, request.kind, \
         request.status, request.title, request.description, {services}, request.wanted_by, request.benefit, \
         request.resources, request.channel, request.raised_by_kind, request.raised_by_id, {raised_by_name}, request.owner_id, person.name, \
         request.due_day, {endorsements}, request.answer, request.dismissal, request.withdrawal, \
         {meeting}, \
         request.external_references, request.received_at, request.changed_at, request.escalated_at, \
         request.escalated_for, request.score, request.merged_into_id, \
         (select m.number from request m where m.id = request.merged_into_id), \
         (select count(distinct b.customer_id) from request b where b.merged_into_id = request.id \
         and b.customer_id <> request.customer_id), {HAND_OVER}"
    )
}

/// The columns of `hand_over`, in their order.
pub(super) const HAND_OVER: &str = "hand_over.id, hand_over.version, hand_over.request_version, \
    hand_over.destination, hand_over.state, hand_over.note, hand_over.routed_at, hand_over.acknowledgement, \
    hand_over.decision, hand_over.decided_at, hand_over.fulfilment, hand_over.fulfilled_at";
/// How many they are.
const OF_HAND_OVER: usize = 12;

#[derive(Deserialize)]
struct StoredEndorsement {
    id: ContactId,
    name: PersonName,
    at: DateTime<Utc>,
    given_for: Option<String>,
}

fn request(places: &mut Places<'_>) -> Result<Request, DbErr> {
    let mut request = Request {
        id: places.take()?,
        version: places.take()?,
        number: places.take()?,
        customer: CustomerRef {
            id: places.take()?,
            code: places.take()?,
            name: places.take()?,
        },
        kind: places.take()?,
        status: places.take()?,
        title: places.take()?,
        description: places.take()?,
        services: services::labelled(places.items()?),
        wanted_by: places.take()?,
        benefit: places.take()?,
        resources: places.take()?,
        channel: places.take()?,
        raised_by: Raiser {
            kind: places.take()?,
            id: places.take()?,
            name: places.take()?,
        },
        owner: Option::zip(places.take()?, places.take()?).map(|(id, name)| PersonRef { id, name }),
        due_day: places.take()?,
        overdue: false,
        endorsements: endorsements(places.items()?),
        answer: places.take()?,
        dismissal: places.take()?,
        withdrawal: places.take()?,
        meeting: places.take()?,
        references: places.take::<References>()?.0,
        received_at: places.take()?,
        changed_at: places.take()?,
        escalated_at: places.take()?,
        escalated_for: places.take()?,
        score: places.take()?,
        merged_into: Option::zip(places.take()?, places.take()?).map(|(id, number)| MergedInto { id, number }),
        customers_behind: 1 + places.take::<i64>()?,
        hand_over: None,
    };
    request.hand_over = hand_over(places, request.reference(), request.customer.id)?;
    Ok(request)
}

fn endorsements(stored: Vec<StoredEndorsement>) -> Vec<Endorsement> {
    stored
        .into_iter()
        .map(|e| Endorsement {
            contact: ContactRef { id: e.id, name: e.name },
            endorsed_at: e.at,
            given_for: e.given_for,
        })
        .collect()
}

/// The hand-over, where there is one.
pub(super) fn hand_over(
    places: &mut Places<'_>,
    request: RequestRef,
    customer: CustomerId,
) -> Result<Option<HandOver>, DbErr> {
    let Some(id) = places.take()? else {
        places.next += OF_HAND_OVER - 1;
        return Ok(None);
    };
    Ok(Some(HandOver {
        id,
        version: places.take()?,
        request,
        request_version: places.take()?,
        customer,
        destination: places.take()?,
        state: places.take()?,
        note: places.take()?,
        routed_at: places.take()?,
        acknowledgement: places.take()?,
        decision: places.take()?,
        decided_at: places.take()?,
        fulfilment: places.take()?,
        fulfilled_at: places.take()?,
    }))
}

/// A request, and by whose right the act is allowed there.
pub(super) struct Row {
    pub request: Request,
    pub permitted: access::Leave,
}

impl FromQueryResult for Row {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut places = Places::of(row);
        Ok(Self {
            request: request(&mut places)?,
            permitted: places.take()?,
        })
    }
}

/// Every request, whoever asks. `permitted` is still to be told.
pub(super) fn select_all(backend: DbBackend) -> SelectStatement {
    // Text that is made once: building it anew would cost about as much as asking the question.
    static SQLITE: OnceLock<String> = OnceLock::new();
    static POSTGRES: OnceLock<String> = OnceLock::new();
    let text = match backend {
        DbBackend::Postgres => &POSTGRES,
        _ => &SQLITE,
    };
    Query::select()
        .expr(Expr::cust(text.get_or_init(|| columns(backend)).as_str()))
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .left_join("person", Expr::cust("person.id = request.owner_id"))
        .left_join("hand_over", Expr::cust("hand_over.id = request.hand_over_id"))
        .to_owned()
}

/// The requests that the caller may see.
pub(super) fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let mut query = select_all(backend);
    access::guard(&mut query, scope, "request.customer_id", (today, backend), |reach| {
        access::of_request(reach, today, backend)
    });
    query
}
