//! One customer at a glance.
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use domain::{
    access::Scope,
    agreements::{Agreement, AgreementRef, CalendarPeriod, VersionSummary},
    customers::{ChannelsInForce, Customer, ServiceUsage},
    meetings::{Meeting, MeetingKind, PackedChange, PackedPlan},
    people::{MandateKind, Mandates},
    relation::{RelationStanding, RelationWeights},
    requests::{Decision, DecisionOutcome, Destination, Request, RequestKind, RequestStatus},
    satisfaction::{SatisfactionTrend, last_fixed},
    service_levels::{StatementPeriod, StatementState, Verdicts},
    teams::ResponsibleTeam,
    value::CustomerValue,
    vocabulary::*,
};
use sea_orm::{
    DbErr, FromQueryResult, Iterable, Order, QueryResult,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{NAMED, Shortlist, labelled, shortlist, standing};
use crate::{
    Error, Paging, access, agreements, announcements, customers, improvements, knowledge, meetings, people,
    planned_activities, requests, satisfaction,
    service_levels::{self, LocalTime},
    store::Source,
    teams, value,
};

/// How many requests, decisions and so on are shown.
const SHOWN: u64 = 10;
/// How many days ahead plans and announcements are shown.
const PLANNED_AHEAD: u64 = 183;
const TOLD_AHEAD: i64 = 92;
/// How many running statements are computed.
const COMPUTED: usize = 3;

/// How we stand with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerOverview {
    /// The customer.
    pub customer: Customer,
    /// What is amiss; the provider's own view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<RelationStanding>,
    /// Who is responsible today.
    pub responsible: ResponsibleTeam,
    /// Where it turns today.
    pub turns_to: ChannelsInForce,
    /// The contacts who decide or order today, by name.
    pub contacts: Shortlist<MandatedContact>,
    /// The services that it uses today, by when they were entered.
    pub usages: Shortlist<ServiceUsage>,
    /// Its agreements and how they stand, latest first.
    pub agreements: Shortlist<AgreementLine>,
    /// The statements of its agreements, latest first; the running ones as of now.
    pub statements: Shortlist<StatementLine>,
    /// Its figures over the last eight quarters.
    #[schema(max_items = 1000)]
    pub satisfaction: Vec<SatisfactionTrend>,
    /// Complaints whose due day has passed without an answer, oldest first.
    pub overdue_complaints: Shortlist<RequestLine>,
    /// Every open request, newest first.
    pub open_requests: Shortlist<RequestLine>,
    /// What destinations have decided, latest first.
    pub decisions: Shortlist<DecisionLine>,
    /// The next meetings with it, the first one first.
    #[schema(max_items = 10)]
    pub next_meetings: Vec<MeetingLine>,
    /// What it plans for the next half year, the first one first.
    #[schema(max_items = 10)]
    pub planned_activities: Vec<PackedPlan>,
    /// What it is told of now and for the next three months, the last to begin first.
    #[schema(max_items = 10)]
    pub announcements: Vec<PackedChange>,
    /// How many needs it has; the provider's own view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub open_needs: Option<u64>,
    /// Value against cost of the last year that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<CustomerValue>,
    /// How many improvements have something left to do.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub open_improvements: u64,
}

/// An agreement in one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AgreementLine {
    /// Which.
    pub agreement: AgreementRef,
    /// The version that speaks for it today.
    pub current: VersionSummary,
}

/// A statement in one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatementLine {
    /// Its id.
    pub id: StatementId,
    /// Of which agreement.
    pub agreement: AgreementRef,
    /// Of which period.
    pub period: StatementPeriod,
    /// Where it stands.
    pub state: StatementState,
    /// How many targets were met, missed and so on; of a running one, as of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Verdicts>,
}

/// A meeting in one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeetingLine {
    /// Its id.
    pub id: MeetingId,
    /// What kind of meeting.
    pub kind: MeetingKind,
    /// What it is called, where that says more than its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
}

impl From<Meeting> for MeetingLine {
    fn from(meeting: Meeting) -> Self {
        Self {
            id: meeting.id,
            kind: meeting.kind,
            title: meeting.title,
            starts_at: meeting.starts_at,
        }
    }
}

/// A request in one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestLine {
    /// Its id, its number for people, and what it is.
    pub request: RequestRef,
    /// What kind of matter.
    pub kind: RequestKind,
    /// Where it stands.
    pub status: RequestStatus,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// The day by which a complaint is to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
    /// Who answers for a complaint's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonRef>,
}

impl From<Request> for RequestLine {
    fn from(request: Request) -> Self {
        Self {
            request: request.reference(),
            kind: request.kind,
            status: request.status,
            received_at: request.received_at,
            due_day: request.due_day,
            owner: request.owner,
        }
    }
}

/// What a destination decided about a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionLine {
    /// About what.
    pub request: RequestRef,
    /// Which forum.
    pub destination: Destination,
    /// Whether it will be done.
    pub outcome: DecisionOutcome,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The day by which it is planned to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_day: Option<NaiveDate>,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
}

impl FromQueryResult for DecisionLine {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let decision: Decision = row.try_get("", "decision")?;
        Ok(Self {
            request: RequestRef {
                id: row.try_get("request_", "id")?,
                number: row.try_get("request_", "number")?,
                title: row.try_get("request_", "title")?,
            },
            destination: row.try_get("", "destination")?,
            outcome: decision.outcome,
            reason: decision.reason,
            planned_day: decision.planned_day,
            decided_at: row.try_get("", "decided_at")?,
        })
    }
}

/// A contact who decides or orders.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MandatedContact {
    /// Who.
    pub contact: ContactRef,
    /// What they may do today.
    #[schema(max_items = 3)]
    pub mandates: Vec<MandateKind>,
}

struct ContactRow {
    contact: ContactRef,
    mandates: Mandates,
}

impl FromQueryResult for ContactRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            contact: ContactRef {
                id: row.try_get("", "id")?,
                name: row.try_get("", "name")?,
            },
            mandates: row.try_get("", "mandates")?,
        })
    }
}

/// How we stand with the customer, if the caller may see it.
pub async fn customer_overview(
    source: &impl Source,
    scope: &Scope,
    id: CustomerId,
    weights: &RelationWeights,
    time: LocalTime,
) -> Result<CustomerOverview, Error> {
    let today = time.today();
    let customer = customers::get(source, scope, id, today).await?;
    let responsible = teams::responsible_team(source, customer.reference(), today).await?;
    let turning = customers::channels_of(source, &customer).await?;
    let overdue = requests::Filter {
        overdue: Some(true),
        ..Default::default()
    };
    let open = requests::Filter {
        open: Some(true),
        ..Default::default()
    };
    let usages = customers::usages(source, scope, id, Some(today), &first(false, NAMED), today).await?;
    let standing = match scope.is_contact() {
        true => None,
        false => {
            let reasons = standing::reasons(source, scope, weights, Some(id), today)
                .await?
                .remove(&id);
            Some(RelationStanding::of(customer.reference(), reasons.unwrap_or_default()))
        }
    };
    let quarter = last_fixed(CalendarPeriod::Quarter, today);
    let next = meetings::next_of_customer(source, scope, id, SHOWN, (time.now, today)).await?;
    let planned = planned_activities::Filter {
        customer: Some(id),
        ..Default::default()
    };
    let ahead = (today, today + Days::new(PLANNED_AHEAD));
    let planned = planned_activities::coming(source, scope, planned, ahead, SHOWN, today).await?;
    let told = (time.now, time.now + Duration::days(TOLD_AHEAD));
    let announced = announcements::of_customer(source, scope, id, told, SHOWN, today).await?;
    Ok(CustomerOverview {
        next_meetings: next.into_iter().map(Into::into).collect(),
        planned_activities: planned.iter().map(PackedPlan::of).collect(),
        announcements: announced.iter().map(PackedChange::of).collect(),
        open_needs: match scope.is_contact() {
            true => None,
            false => Some(knowledge::count_open_needs(source, scope, id, today).await?),
        },
        value: value::of_customer(source, scope, id, today).await?,
        standing,
        agreements: agreement_lines(source, scope, id, today).await?,
        statements: statement_lines(source, scope, id, time).await?,
        satisfaction: satisfaction::trends_of(source, scope, id, quarter, today).await?,
        turns_to: ChannelsInForce::of(&customer, turning, &responsible, None),
        responsible,
        customer,
        contacts: mandated_contacts(source, id, today).await?,
        usages: Shortlist {
            total: usages.total.unwrap_or_default(),
            items: usages.items,
        },
        overdue_complaints: request_lines(source, scope, id, overdue, first(false, SHOWN), today).await?,
        open_requests: request_lines(source, scope, id, open, first(true, SHOWN), today).await?,
        decisions: decisions(source, scope, id, today).await?,
        open_improvements: improvements::count_open(source, scope, id, today).await?,
    })
}

fn first(descending: bool, limit: u64) -> Paging {
    Paging {
        descending,
        count: true,
        ..Paging::first(limit)
    }
}

async fn agreement_lines(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<Shortlist<AgreementLine>, Error> {
    let filter = agreements::AgreementFilter {
        customer: Some(customer),
        ..Default::default()
    };
    let page = agreements::list(source, scope, &filter, &first(true, SHOWN), today).await?;
    let line = |agreement: Agreement| AgreementLine {
        agreement: agreement.reference(),
        current: agreement.current,
    };
    Ok(Shortlist {
        total: page.total.unwrap_or_default(),
        items: page.items.into_iter().map(line).collect(),
    })
}

/// The running ones of them are computed: so many at most, that the number of queries is bounded.
async fn statement_lines(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    time: LocalTime,
) -> Result<Shortlist<StatementLine>, Error> {
    let filter = service_levels::StatementFilter {
        customer: Some(customer),
        ..Default::default()
    };
    let today = time.today();
    let page = service_levels::list(source, scope, &filter, &first(true, SHOWN), today).await?;
    let (mut items, mut computed) = (vec![], 0);
    let mut latest = page.items;
    latest.sort_by_key(|statement| std::cmp::Reverse((statement.first_day, statement.id)));
    for statement in latest {
        let runs = statement.state == StatementState::Open && statement.period.period().contains(today);
        let verdicts = match statement.verdicts {
            None if runs && computed < COMPUTED => {
                computed += 1;
                let figures = service_levels::computed(source, statement.clone(), time).await?.figures;
                figures.as_ref().map(Verdicts::of)
            }
            kept => kept,
        };
        items.push(StatementLine {
            id: statement.id,
            agreement: statement.agreement,
            period: statement.period,
            state: statement.state,
            verdicts,
        });
    }
    Ok(Shortlist {
        total: page.total.unwrap_or_default(),
        items,
    })
}

async fn request_lines(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    filter: requests::Filter,
    paging: Paging,
    today: NaiveDate,
) -> Result<Shortlist<RequestLine>, Error> {
    let filter = requests::Filter {
        customer: Some(customer),
        ..filter
    };
    let page = requests::list(source, scope, &filter, &paging, today).await?;
    Ok(Shortlist {
        total: page.total.unwrap_or_default(),
        items: page.items.into_iter().map(Into::into).collect(),
    })
}

async fn decisions(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<Shortlist<DecisionLine>, Error> {
    let mut query = Query::select()
        .from("hand_over")
        .inner_join("request", Expr::cust("request.id = hand_over.request_id"))
        .to_owned();
    labelled(&mut query, "request", "request", &["id", "number", "title"]);
    for column in ["destination", "decision", "decided_at"] {
        query.column(("hand_over", column));
    }
    query
        .and_where(Expr::col(("request", "customer_id")).eq(customer))
        .and_where(Expr::col(("hand_over", "decided_at")).is_not_null())
        .and_where(access::of_request(&scope.visible, today, source.backend()))
        .order_by(("hand_over", "decided_at"), Order::Desc)
        .order_by(("hand_over", "id"), Order::Desc);
    shortlist(source, query, SHOWN).await
}

async fn mandated_contacts(
    source: &impl Source,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<Shortlist<MandatedContact>, Error> {
    let last_day = Expr::col(("contact", "last_day"));
    let query = Query::select()
        .columns([("contact", "id"), ("contact", "name"), ("contact", "mandates")])
        .from("contact")
        .and_where(Expr::col(("contact", "customer_id")).eq(customer))
        .and_where(last_day.clone().is_null().or(last_day.gte(today)))
        .and_where(people::decides_or_orders(source.backend(), today))
        .order_by(("contact", "sort_key"), Order::Asc)
        .order_by(("contact", "id"), Order::Asc)
        .to_owned();
    let Shortlist { total, items } = shortlist::<ContactRow>(source, query, NAMED).await?;
    let all = Mandates(items.iter().flat_map(|row| row.mandates.0.clone()).collect());
    let principals = people::principals(source, customer, &all).await?;
    let with_kinds = |ContactRow { contact, mandates }: ContactRow| {
        let mandates = mandates.in_force(&principals);
        MandatedContact {
            contact,
            mandates: MandateKind::iter().filter(|kind| mandates.hold(*kind, today)).collect(),
        }
    };
    Ok(Shortlist {
        total,
        items: items.into_iter().map(with_kinds).collect(),
    })
}
