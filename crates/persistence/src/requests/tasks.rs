//! What somebody must do now: a bounded question for each kind of task.
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    access::{ANY, BUSINESS_RELATIONSHIP_MANAGER, Caller, MANAGERS, Reach, Scope},
    agreements::Language,
    requests::*,
    vocabulary::*,
};
use sea_orm::{
    FromQueryResult, Order,
    sea_query::{Expr, ExprTrait, NullOrdering, Query, SelectStatement},
};

use super::active_scheme;
use crate::{
    Error, access,
    store::{self, Source},
};

/// By when things are to be done, and how a day is reckoned.
pub struct Deadlines<L> {
    /// Days within which a request is sorted, a refusal handled, and a request scored.
    pub sorting_days: u32,
    /// Days within which a destination decides.
    pub decision_days: u32,
    /// The local date of a time.
    pub local_date: L,
    /// Now.
    pub now: DateTime<Utc>,
    /// Today.
    pub today: NaiveDate,
}

#[derive(FromQueryResult)]
struct Row {
    id: RequestId,
    number: String,
    title: Title,
    customer_id: CustomerId,
    customer_code: Code,
    customer_name: Name,
    received_at: DateTime<Utc>,
    due_day: Option<NaiveDate>,
    wanted_by: Option<NaiveDate>,
    routed_at: Option<DateTime<Utc>>,
    decided_at: Option<DateTime<Utc>>,
    offered_at: Option<DateTime<Utc>>,
}

fn requests() -> SelectStatement {
    Query::select()
        .columns(["id", "number", "title", "received_at", "due_day", "wanted_by"].map(|name| ("request", name)))
        .columns(["routed_at", "decided_at"].map(|name| ("hand_over", name)))
        .expr_as(Expr::col(("customer", "id")), "customer_id")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .left_join("hand_over", Expr::cust("hand_over.id = request.hand_over_id"))
        .expr_as(
            Expr::cust(
                "(select min(o.offered_at) from improvement_offer o where o.request_id = request.id and o.state = 'offered')",
            ),
            "offered_at",
        )
        .limit(TASKS as u64 + 1)
        .to_owned()
}

/// A destination that has had a request since before this time, and not decided.
pub(super) fn undecided_since(at: DateTime<Utc>) -> Expr {
    Expr::cust("request.status = 'routed' and hand_over.state in ('handed_over', 'acknowledged')")
        .and(Expr::col(("hand_over", "routed_at")).lt(at))
}

/// What the caller must do now, in words of this language; `link` tells where.
pub async fn tasks<L: Fn(DateTime<Utc>) -> NaiveDate>(
    source: &impl Source,
    scope: &Scope,
    deadlines: &Deadlines<L>,
    language: Language,
    link: impl Fn(TaskKind, RequestId) -> String,
) -> Result<Tasks, Error> {
    let (today, backend) = (deadlines.today, source.backend());
    let of = |reach: &Reach| access::of_customers(&reach.customers, "request.customer_id", today, backend);
    let in_status = |words: &[RequestStatus]| Expr::col(("request", "status")).is_in(words.iter().copied());
    let no_complaint = || Expr::col(("request", "kind")).ne(RequestKind::Complaint);
    use RequestStatus::*;
    // Each by what its due day is reckoned from, so that what is cut off is the least urgent.
    let mut asked: Vec<(TaskKind, Vec<Expr>, Expr)> = vec![];
    let by = |table: &'static str, column: &'static str| Expr::col((table, column));
    match &scope.caller {
        Caller::Person { person, .. } => {
            let (team, managed) = (scope.in_roles(ANY).permitted, scope.in_roles(MANAGERS).permitted);
            let owned =
                Expr::cust("request.owner_id is not null").and(Expr::col(("request", "owner_id")).eq(person.id));
            let awaited = Expr::cust("request.unanswered");
            let decided = decision_cutoff(deadlines);
            asked = vec![
                (
                    TaskKind::SortRequest,
                    vec![in_status(&[Received]), of(&team)],
                    by("request", "received_at"),
                ),
                (
                    TaskKind::AnswerComplaint,
                    vec![owned, awaited],
                    by("request", "due_day"),
                ),
                (
                    TaskKind::HandleDeclined,
                    vec![in_status(&[Declined]), of(&managed)],
                    by("hand_over", "decided_at"),
                ),
                (
                    TaskKind::AwaitDecision,
                    vec![undecided_since(decided), of(&managed)],
                    by("hand_over", "routed_at"),
                ),
            ];
            let of_managers = scope.in_roles(BUSINESS_RELATIONSHIP_MANAGER).permitted;
            let offered = "request.id in (select o.request_id from improvement_offer o where o.state = 'offered')";
            let open = in_status(&[Received, Investigating, Routed, Declined]);
            let wanted = vec![Expr::cust(offered), open, of(&of_managers)];
            asked.push((TaskKind::WeighOffer, wanted, Expr::cust("offered_at")));
            if active_scheme(source).await?.is_some() {
                let unscored = store::expr(
                    backend,
                    "not exists (select 1 from request_score s where s.request_id = request.id and s.person_id = ?)",
                    [person.id.0],
                );
                let open = in_status(&[Investigating, Routed]);
                let wanted = vec![open, no_complaint(), of(&team), unscored];
                asked.push((TaskKind::ScoreRequest, wanted, by("request", "received_at")));
            }
        }
        Caller::Contact { decides: true, .. } => {
            let unendorsed = "not exists (select 1 from request_endorsement e where e.request_id = request.id \
                              and e.given_for is null)";
            let wanted = vec![
                in_status(&[Received, Investigating]),
                no_complaint(),
                Expr::cust(unendorsed),
                of(&scope.visible),
            ];
            asked.push((TaskKind::EndorseRequest, wanted, by("request", "wanted_by")));
        }
        _ => {}
    }
    let mut all = vec![];
    for (kind, conditions, order) in asked {
        let mut query = requests();
        for condition in conditions {
            query.and_where(condition);
        }
        query
            .order_by_expr_with_nulls(order, Order::Asc, NullOrdering::Last)
            .order_by(("request", "id"), Order::Asc);
        let rows = store::all::<Row>(source.connection(), &query).await?;
        for row in rows {
            all.push(row.task(kind, deadlines, language, &link)?);
        }
    }
    Ok(Tasks::of(all))
}

/// What was handed over before this time is to have been decided.
pub fn decision_cutoff<L>(deadlines: &Deadlines<L>) -> DateTime<Utc> {
    let days = Days::new(deadlines.decision_days.into());
    deadlines.now.checked_sub_days(days).unwrap_or(deadlines.now)
}

impl Row {
    fn task<L: Fn(DateTime<Utc>) -> NaiveDate>(
        self,
        kind: TaskKind,
        deadlines: &Deadlines<L>,
        language: Language,
        link: &impl Fn(TaskKind, RequestId) -> String,
    ) -> Result<Task, Error> {
        let after = |at: DateTime<Utc>, days: u32| (deadlines.local_date)(at).checked_add_days(Days::new(days.into()));
        let sorted = |at| after(at, deadlines.sorting_days);
        let due_day = match kind {
            TaskKind::SortRequest | TaskKind::ScoreRequest => sorted(self.received_at),
            TaskKind::AnswerComplaint => self.due_day,
            TaskKind::WeighOffer => self.offered_at.and_then(sorted),
            TaskKind::HandleDeclined => self.decided_at.and_then(sorted),
            TaskKind::AwaitDecision => self.routed_at.and_then(|at| after(at, deadlines.decision_days)),
            TaskKind::EndorseRequest => self.wanted_by,
        };
        let reason = kind.in_words(language);
        Ok(Task {
            kind,
            reason: reason.parse().map_err(|_| Error::NotFound)?,
            due_day,
            overdue: due_day.is_some_and(|due| due < deadlines.today),
            link: link(kind, self.id),
            request: RequestRef {
                id: self.id,
                number: self.number,
                title: self.title,
            },
            customer: CustomerRef {
                id: self.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
        })
    }
}
