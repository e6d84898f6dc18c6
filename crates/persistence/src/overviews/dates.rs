//! The dates that a calendar shows, whatever room they come from: a question for each kind of thing, each bounded, by what
//! the subscriber may see now. A further kind is one function, and one line in `dates`.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{ANY, Customers, Scope},
    announcements::{AnnouncementKind, AnnouncementTitle},
    calendars::midnight,
    date_feeds::*,
    improvements::ImprovementStatus,
    meetings::{Meeting, MeetingStatus},
    planned_activities::PlannedPhase,
    vocabulary::*,
};
use sea_orm::{
    DbBackend, FromQueryResult, Iterable, Value,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    Error, access, meetings,
    service_levels::LocalTime,
    store::{self, Source},
};

/// So many dates of one kind a calendar shows at most, the first of them.
const MOST: u64 = 1000;

/// The dates of a subscription within a window.
pub async fn dates(
    source: &impl Source,
    scope: &Scope,
    subscription: &CalendarSubscription,
    window: Window,
    time: LocalTime,
) -> Result<Vec<FeedDate>, Error> {
    let asked = Asked {
        scope,
        of: subscription.of,
        subscriber: subscription.subscriber,
        window,
        time,
        backend: source.backend(),
    };
    let mut dates = vec![];
    dates.extend(planned_activities(source, &asked).await?);
    dates.extend(announcements(source, &asked).await?);
    dates.extend(improvement_activities(source, &asked).await?);
    dates.extend(agreement_notices(source, &asked).await?);
    dates.extend(complaints(source, &asked).await?);
    dates.extend(meetings_of(source, &asked).await?);
    dates.extend(actions(source, &asked).await?);
    Ok(dates)
}

/// Of what, for whom, and of which days.
struct Asked<'a> {
    scope: &'a Scope,
    of: DatesOf,
    subscriber: Subscriber,
    window: Window,
    time: LocalTime,
    backend: DbBackend,
}

impl Asked<'_> {
    fn today(&self) -> NaiveDate {
        self.time.today()
    }

    fn expr<V: Into<Value>>(&self, sql: String, values: impl IntoIterator<Item = V>) -> Expr {
        store::expr(self.backend, sql, values)
    }

    /// Whether a customer in a column may be seen.
    fn seen(&self, column: &str) -> Expr {
        access::of_customers(&self.scope.visible.customers, column, self.today(), self.backend)
    }

    /// Whether a customer in a column is the one that is asked for, or one that the team looks after today.
    fn customer(&self, column: &str) -> Option<Expr> {
        match self.of {
            DatesOf::Customer { customer } => Some(self.expr(format!("{column} = ?"), [customer.0])),
            DatesOf::Team { team } => {
                let served = "select a.customer_id from customer_ancestry a join team_assignment t \
                    on t.customer_id = a.ancestor_id and t.team_id = ? and t.since <= ? and (t.until is null or t.until > ?) \
                    where not exists (select 1 from customer_ancestry n join team_assignment s \
                        on s.customer_id = n.ancestor_id and s.since <= ? and (s.until is null or s.until > ?) \
                        where n.customer_id = a.customer_id and n.depth < a.depth)";
                let day: Value = self.today().into();
                let values = [team.0.into(), day.clone(), day.clone(), day.clone(), day];
                Some(self.expr(format!("{column} in ({served})"), values))
            }
            DatesOf::Own {} | DatesOf::Service { .. } => None,
        }
    }

    /// Whether a thing concerns the service that is asked for, by a table that tells which it does.
    fn service(&self, table: &str, column: &str, id: &str) -> Option<Expr> {
        let DatesOf::Service { service } = self.of else {
            return None;
        };
        let concerned = format!("{id} in (select x.{column} from {table} x where x.service_id = ?)");
        Some(self.expr(concerned, [service.0]))
    }

    /// What is the subscriber's own, where their own is asked for.
    fn own(&self, person: &str, contact: &str) -> Option<Expr> {
        if self.of != (DatesOf::Own {}) {
            return None;
        }
        match self.subscriber {
            Subscriber::Person(id) if !person.is_empty() => Some(self.expr(format!("{person} = ?"), [id.0])),
            Subscriber::Contact(id) if !contact.is_empty() => Some(self.expr(format!("{contact} = ?"), [id.0])),
            _ => None,
        }
    }

    fn within(&self, column: &str) -> Expr {
        let days = [self.window.first_day, self.window.last_day];
        self.expr(format!("{column} >= ? and {column} <= ?"), days)
    }
}

fn dated(query: &mut SelectStatement, by: (&'static str, &'static str), id: (&'static str, &'static str)) {
    query.order_by(by, Order::Asc).order_by(id, Order::Asc).limit(MOST);
}

#[derive(FromQueryResult)]
struct PlannedRow {
    id: Uuid,
    version: i64,
    title: Title,
    phase: PlannedPhase,
    first_day: NaiveDate,
    last_day: Option<NaiveDate>,
    changed_at: DateTime<Utc>,
    customer: Name,
}

/// What customers plan. It leaves the customer's team only where it says so.
async fn planned_activities(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let column = "planned_activity.customer_id";
    let which = asked
        .customer(column)
        .or_else(|| asked.service("planned_activity_service", "activity_id", "planned_activity.id"))
        .or_else(|| asked.own("", "planned_activity.contact_id"));
    let Some(which) = which else { return Ok(vec![]) };
    let shared = Expr::col(("planned_activity", "shared_in_calendars")).eq(true);
    let of_team = match (asked.subscriber, &asked.scope.caller) {
        (Subscriber::Person(person), domain::access::Caller::Person { deputises, .. }) => {
            let teams = Customers::OfTeams {
                person,
                roles: ANY,
                deputises: *deputises,
            };
            access::of_customers(&teams, column, asked.today(), asked.backend)
        }
        _ => Expr::cust("1 = 0"),
    };
    let overlaps =
        "planned_activity.first_day <= ? and coalesce(planned_activity.last_day, planned_activity.first_day) >= ?";
    let mut query = Query::select();
    query
        .columns(
            ["id", "version", "title", "phase", "first_day", "last_day", "changed_at"].map(|n| ("planned_activity", n)),
        )
        .expr_as(Expr::col(("customer", "name")), "customer")
        .from("planned_activity")
        .inner_join("customer", Expr::cust("customer.id = planned_activity.customer_id"))
        .and_where(which)
        .and_where(asked.seen(column))
        .and_where(shared.or(of_team))
        .and_where(asked.expr(overlaps.into(), [asked.window.last_day, asked.window.first_day]));
    dated(
        &mut query,
        ("planned_activity", "first_day"),
        ("planned_activity", "id"),
    );
    let date = |row: PlannedRow| FeedDate {
        cancelled: row.phase == PlannedPhase::Cancelled,
        of: DateOf::PlannedActivity {
            title: row.title,
            phase: row.phase,
        },
        id: row.id,
        part: None,
        customer: Some(row.customer),
        when: When::Days(row.first_day, row.last_day.unwrap_or(row.first_day)),
        sequence: row.version,
        changed_at: row.changed_at,
    };
    let rows = store::all::<PlannedRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(date).collect())
}

#[derive(FromQueryResult)]
struct AnnouncedRow {
    id: Uuid,
    version: i64,
    kind: AnnouncementKind,
    title: AnnouncementTitle,
    begins_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    withdrawn: bool,
    changed_at: DateTime<Utc>,
}

/// What customers are told.
async fn announcements(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let told = match asked.of {
        DatesOf::Customer { .. } | DatesOf::Team { .. } => Some(access::announced_to(|column| {
            asked.customer(column).unwrap_or_else(|| Expr::cust("1 = 0"))
        })),
        DatesOf::Service { .. } => asked.service("announcement_service", "announcement_id", "announcement.id"),
        DatesOf::Own {} => None,
    };
    let Some(told) = told else { return Ok(vec![]) };
    let zone = asked.time.zone;
    let after = asked.window.last_day.succ_opt().unwrap_or(asked.window.last_day);
    let (from, to) = (midnight(zone, asked.window.first_day), midnight(zone, after));
    // Of what has no end yet, only the beginning shows.
    let touches = "announcement.begins_at < ? and coalesce(announcement.ends_at, announcement.begins_at) >= ?";
    let mut query = Query::select();
    query
        .columns(
            [
                "id",
                "version",
                "kind",
                "title",
                "begins_at",
                "ends_at",
                "withdrawn",
                "changed_at",
            ]
            .map(|name| ("announcement", name)),
        )
        .from("announcement")
        .and_where(told)
        .and_where(access::of_announcement(
            &asked.scope.visible,
            asked.today(),
            asked.backend,
        ))
        .and_where(asked.expr(touches.into(), [to, from]));
    dated(&mut query, ("announcement", "begins_at"), ("announcement", "id"));
    let date = |row: AnnouncedRow| FeedDate {
        of: DateOf::Announcement {
            kind: row.kind,
            title: row.title,
        },
        id: row.id,
        part: None,
        customer: None,
        when: When::Times(row.begins_at, row.ends_at.unwrap_or(row.begins_at)),
        cancelled: row.withdrawn,
        sequence: row.version,
        changed_at: row.changed_at,
    };
    let rows = store::all::<AnnouncedRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(date).collect())
}

/// Meetings: a person's own, a team's, a customer's. What is said inside the team no contact sees.
async fn meetings_of(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let zone = asked.time.zone;
    let after = asked.window.last_day.succ_opt().unwrap_or(asked.window.last_day);
    let mut filter = meetings::Filter {
        from: Some(midnight(zone, asked.window.first_day)),
        before: Some(midnight(zone, after)),
        ..meetings::Filter::default()
    };
    match (asked.of, asked.subscriber) {
        (DatesOf::Own {}, Subscriber::Person(person)) => filter.person = Some(person),
        (DatesOf::Own {}, Subscriber::Contact(contact)) => filter.contact = Some(contact),
        (DatesOf::Team { team }, _) => filter.team = Some(team),
        (DatesOf::Customer { customer }, _) => filter.customer = Some(customer),
        (DatesOf::Service { .. }, _) => return Ok(vec![]),
    }
    let found = meetings::first(source, asked.scope, &filter, MOST, asked.today()).await?;
    let date = |meeting: Meeting| FeedDate {
        of: DateOf::Meeting {
            kind: meeting.kind,
            title: meeting.title,
        },
        id: meeting.id.0,
        part: None,
        customer: Some(meeting.customer.name),
        when: When::Times(meeting.starts_at, meeting.ends_at),
        cancelled: meeting.status == MeetingStatus::Cancelled,
        sequence: meeting.sequence.into(),
        changed_at: meeting.created_at,
    };
    Ok(found.into_iter().map(date).collect())
}

/// What was agreed at meetings and is to be done: by somebody, or for a customer.
async fn actions(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let by = match (asked.of, asked.subscriber) {
        _ if asked.scope.is_contact() => return Ok(vec![]),
        (DatesOf::Own {}, Subscriber::Person(person)) => (Some(person), None),
        (DatesOf::Customer { customer }, _) => (None, Some(customer)),
        _ => return Ok(vec![]),
    };
    let days = (asked.window.first_day, asked.window.last_day);
    let date = |due: meetings::DueAction| FeedDate {
        of: DateOf::ActionDue { what: due.text },
        id: due.id.0,
        part: None,
        customer: Some(due.customer.name),
        when: When::Days(due.due_day, due.due_day),
        cancelled: false,
        sequence: due.version,
        changed_at: due.created_at,
    };
    let found = meetings::due_actions(source, asked.scope, by, days, MOST, asked.today()).await?;
    Ok(found.into_iter().map(date).collect())
}

#[derive(FromQueryResult)]
struct DueRow {
    id: Uuid,
    version: i64,
    number: String,
    title: Title,
    day: NaiveDate,
    changed_at: DateTime<Utc>,
}

/// What is to be done for improvements; the team's own, which no contact reads.
async fn improvement_activities(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    if asked.scope.is_contact() {
        return Ok(vec![]);
    }
    let of_customer = asked.customer("y.customer_id").map(|within| {
        let improvements = Query::select()
            .column(("y", "improvement_id"))
            .from_as("improvement_customer", "y")
            .and_where(within)
            .to_owned();
        Expr::col(("improvement", "id")).in_subquery(improvements)
    });
    let which = of_customer
        .or_else(|| asked.service("improvement_service", "improvement_id", "improvement.id"))
        .or_else(|| asked.own("improvement_activity.person_id", ""));
    let Some(which) = which else { return Ok(vec![]) };
    let going_on = ImprovementStatus::iter().filter(|status| status.is_open());
    let mut query = Query::select();
    query
        .columns(["version", "number", "changed_at"].map(|name| ("improvement", name)))
        .column(("improvement_activity", "id"))
        .expr_as(Expr::col(("improvement_activity", "what")), "title")
        .expr_as(Expr::col(("improvement_activity", "due_day")), "day")
        .from("improvement_activity")
        .inner_join(
            "improvement",
            Expr::cust("improvement.id = improvement_activity.improvement_id"),
        )
        .and_where(Expr::col(("improvement_activity", "done_on")).is_null())
        .and_where(Expr::col(("improvement", "status")).is_in(going_on))
        .and_where(which)
        .and_where(access::of_improvement(
            &asked.scope.visible,
            asked.today(),
            asked.backend,
        ))
        .and_where(asked.within("improvement_activity.due_day"));
    dated(
        &mut query,
        ("improvement_activity", "due_day"),
        ("improvement_activity", "id"),
    );
    let date = |row: DueRow| FeedDate {
        of: DateOf::ImprovementDue {
            number: row.number,
            what: row.title,
        },
        id: row.id,
        part: None,
        customer: None,
        when: When::Days(row.day, row.day),
        cancelled: false,
        sequence: row.version,
        changed_at: row.changed_at,
    };
    let rows = store::all::<DueRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(date).collect())
}

#[derive(FromQueryResult)]
struct NoticeRow {
    id: Uuid,
    version: i64,
    ordinal: i32,
    number: String,
    title: Name,
    day: NaiveDate,
    created_at: DateTime<Utc>,
    customer: Option<Name>,
}

/// The last days to give notice of agreements.
async fn agreement_notices(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let which = asked
        .customer("agreement.customer_id")
        .or_else(|| asked.service("agreement_service", "version_id", "agreement_version.id"));
    let Some(which) = which else { return Ok(vec![]) };
    let mut query = Query::select();
    query
        .columns(["id", "version", "title", "created_at"].map(|name| ("agreement_version", name)))
        .column(("agreement_term", "ordinal"))
        .column(("agreement", "number"))
        .expr_as(Expr::col(("agreement_term", "notice_last_day")), "day")
        .expr_as(Expr::col(("customer", "name")), "customer")
        .from("agreement_term")
        .inner_join(
            "agreement_version",
            Expr::cust("agreement_version.id = agreement_term.version_id"),
        )
        .inner_join("agreement", Expr::cust("agreement.id = agreement_version.agreement_id"))
        .left_join("customer", Expr::cust("customer.id = agreement.customer_id"))
        .and_where(which)
        .and_where(access::of_agreement(&asked.scope.visible, asked.today(), asked.backend))
        .and_where(asked.within("agreement_term.notice_last_day"));
    dated(
        &mut query,
        ("agreement_term", "notice_last_day"),
        ("agreement_version", "id"),
    );
    let date = |row: NoticeRow| FeedDate {
        of: DateOf::AgreementNotice {
            number: row.number,
            title: row.title,
        },
        id: row.id,
        part: Some(row.ordinal.into()),
        customer: row.customer,
        when: When::Days(row.day, row.day),
        cancelled: false,
        sequence: row.version,
        changed_at: row.created_at,
    };
    let rows = store::all::<NoticeRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(date).collect())
}

/// By when complaints are to be answered.
async fn complaints(source: &impl Source, asked: &Asked<'_>) -> Result<Vec<FeedDate>, Error> {
    let which = asked
        .customer("request.customer_id")
        .or_else(|| asked.service("request_service", "request_id", "request.id"))
        .or_else(|| asked.own("request.owner_id", "request.raised_by_id"));
    let Some(which) = which else { return Ok(vec![]) };
    let mut query = Query::select();
    query
        .columns(["id", "version", "number", "title", "changed_at"].map(|name| ("request", name)))
        .expr_as(Expr::col(("request", "due_day")), "day")
        .from("request")
        .and_where(Expr::cust("request.unanswered"))
        .and_where(which)
        .and_where(access::of_request(&asked.scope.visible, asked.today(), asked.backend))
        .and_where(asked.within("request.due_day"));
    dated(&mut query, ("request", "due_day"), ("request", "id"));
    let date = |row: DueRow| FeedDate {
        of: DateOf::ComplaintDue {
            number: row.number,
            title: row.title,
        },
        id: row.id,
        part: None,
        customer: None,
        when: When::Days(row.day, row.day),
        cancelled: false,
        sequence: row.version,
        changed_at: row.changed_at,
    };
    let rows = store::all::<DueRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(date).collect())
}
