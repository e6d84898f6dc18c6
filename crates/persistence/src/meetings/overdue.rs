//! Customers that have waited for a meeting for too long, of many customers in one query.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Scope, meetings::*, vocabulary::*};
use sea_orm::{
    FromQueryResult, Order, Value,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source},
};

/// The day of the last meeting of a kind that was held.
fn last(kind: &str) -> String {
    format!(
        "(select max(m.day) from meeting m where m.customer_id = customer.id and m.kind = '{kind}' \
         and m.status in ('held', 'published'))"
    )
}

/// Since when the team that is responsible today is so.
const TAKEN_OVER: &str = "(select t.since from customer_ancestry a join team_assignment t on t.customer_id = a.ancestor_id \
    and t.since <= ? and (t.until is null or t.until > ?) where a.customer_id = customer.id order by a.depth limit 1)";

#[derive(FromQueryResult)]
struct Row {
    id: CustomerId,
    code: Code,
    name: Name,
    reviews: Option<i32>,
    dialogues: Option<i32>,
    last_review: Option<NaiveDate>,
    last_dialogue: Option<NaiveDate>,
    taken_over: Option<NaiveDate>,
}

impl Row {
    fn overdue(self, today: NaiveDate) -> OverdueMeetings {
        let of = |kind, a_year, last| OverdueMeeting::of(kind, a_year, last, self.taken_over, today);
        let overdue = [
            of(MeetingKind::Review, self.reviews, self.last_review),
            of(MeetingKind::Dialogue, self.dialogues, self.last_dialogue),
        ];
        OverdueMeetings {
            customer: CustomerRef {
                id: self.id,
                code: self.code,
                name: self.name,
            },
            overdue: overdue.into_iter().flatten().collect(),
        }
    }
}

/// Which customers.
#[derive(Debug, Clone, Default)]
pub struct OverdueFilter {
    /// This one, or those of these ids.
    pub customers: Option<Vec<CustomerId>>,
    /// That wait for a meeting of this kind.
    pub kind: Option<MeetingKind>,
}

/// A page of active customers that have waited for too long, by id; who has no team waits for a team.
pub async fn overdue(
    source: &impl Source,
    scope: &Scope,
    filter: &OverdueFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<OverdueMeetings>, Error> {
    let backend = source.backend();
    let taken_over = || vec![Value::from(today); 2];
    // The limit of each cadence, as a day that both databases compare alike.
    let late = |kind: &str, column: &str| {
        let mut values = taken_over();
        let limits: Vec<String> = (1..=MOST_A_YEAR)
            .map(|a_year| {
                values.push(overdue_before(a_year, today).into());
                format!("when {a_year} then ?")
            })
            .collect();
        let limit = format!("case customer.{column} {} end", limits.join(" "));
        let limit = match backend {
            sea_orm::DbBackend::Postgres => format!("({limit})::date"),
            _ => limit,
        };
        let sql = format!("coalesce({}, {TAKEN_OVER}) < {limit}", last(kind));
        store::expr(backend, sql, values)
    };
    let (reviews, dialogues) = (
        || late("review", "reviews_a_year"),
        || late("dialogue", "dialogues_a_year"),
    );
    let mut query = Query::select();
    query
        .columns([("customer", "id"), ("customer", "code"), ("customer", "name")])
        .expr_as(Expr::col(("customer", "reviews_a_year")), "reviews")
        .expr_as(Expr::col(("customer", "dialogues_a_year")), "dialogues")
        .expr_as(Expr::cust(last("review")), "last_review")
        .expr_as(Expr::cust(last("dialogue")), "last_dialogue")
        .expr_as(store::expr(backend, TAKEN_OVER, taken_over()), "taken_over")
        .from("customer")
        .and_where(Expr::cust(
            "(customer.reviews_a_year is not null or customer.dialogues_a_year is not null)",
        ))
        .and_where(Expr::col(("customer", "status")).eq("active"))
        .and_where(store::expr(backend, format!("{TAKEN_OVER} is not null"), taken_over()))
        .and_where(access::of_customers(
            &scope.visible.customers,
            "customer.id",
            today,
            backend,
        ));
    match filter.kind {
        Some(MeetingKind::Review) => query.and_where(reviews()),
        Some(MeetingKind::Dialogue) => query.and_where(dialogues()),
        Some(MeetingKind::Team) => query.and_where(Expr::cust("1 = 0")),
        None => query.and_where(reviews().or(dialogues())),
    };
    if let Some(customers) = &filter.customers {
        query.and_where(Expr::col(("customer", "id")).is_in(customers.iter().copied()));
    }
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, ("customer", "id")).await?;
    let items: Vec<OverdueMeetings> = rows.into_iter().map(|row| row.overdue(today)).collect();
    Ok(paging.cut(items, total, |told: &OverdueMeetings| {
        Cursor::after(vec![], told.customer.id)
    }))
}

/// Action items that are not done, of a person, a team's customers or a customer, that are due within days: for calendars.
#[derive(Debug, Clone)]
pub struct DueAction {
    /// Which.
    pub id: ActionItemId,
    /// The meeting whose minutes have it.
    pub meeting: MeetingId,
    /// The meeting's version, which grows when the item changes.
    pub version: i64,
    /// Which customer the meeting was about.
    pub customer: CustomerRef,
    /// What is to be done.
    pub text: Title,
    /// By which day.
    pub due_day: NaiveDate,
    /// When the meeting was entered.
    pub created_at: DateTime<Utc>,
}

/// What is to be done by somebody, or for customers, with a due day from one day on and before another.
pub async fn due_actions(
    source: &impl Source,
    scope: &Scope,
    (person, customer): (Option<PersonId>, Option<CustomerId>),
    (from, before): (NaiveDate, NaiveDate),
    most: u64,
    today: NaiveDate,
) -> Result<Vec<DueAction>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        id: ActionItemId,
        meeting_id: MeetingId,
        version: i64,
        customer_id: CustomerId,
        code: Code,
        name: Name,
        text: Title,
        due_day: NaiveDate,
        created_at: DateTime<Utc>,
    }
    let item = "meeting_action_item";
    let mut query = Query::select();
    query
        .columns([(item, "id"), (item, "meeting_id"), (item, "text"), (item, "due_day")])
        .columns(["version", "customer_id", "created_at"].map(|name| ("meeting", name)))
        .columns([("customer", "code"), ("customer", "name")])
        .from(item)
        .inner_join("meeting", Expr::cust("meeting.id = meeting_action_item.meeting_id"))
        .inner_join("customer", Expr::cust("customer.id = meeting.customer_id"))
        .and_where(Expr::cust("meeting_action_item.done_on is null"))
        .and_where(Expr::col((item, "due_day")).gte(from))
        .and_where(Expr::col((item, "due_day")).lt(before))
        .and_where(access::of_customers(
            &scope.visible.customers,
            "meeting.customer_id",
            today,
            source.backend(),
        ))
        .order_by((item, "due_day"), Order::Asc)
        .order_by((item, "id"), Order::Asc)
        .limit(most);
    if let Some(person) = person {
        query.and_where(Expr::col((item, "person_id")).eq(person));
    }
    if let Some(customer) = customer {
        query.and_where(Expr::col(("meeting", "customer_id")).eq(customer));
    }
    if scope.is_contact() {
        query.and_where(Expr::cust("meeting.kind <> 'team' and meeting.status = 'published'"));
    }
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let due = |row: Row| DueAction {
        id: row.id,
        meeting: row.meeting_id,
        version: row.version,
        customer: CustomerRef {
            id: row.customer_id,
            code: row.code,
            name: row.name,
        },
        text: row.text,
        due_day: row.due_day,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(due).collect())
}
