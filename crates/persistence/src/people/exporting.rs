//! All that the store holds of a contact, as one document (R22).
use chrono::{DateTime, Utc};
use domain::{access::Scope, notifications::Notification, people::Contact, vocabulary::*};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Error, access,
    store::{self, Source, UnitOfWork},
    surveys::{self, ExportedAnswers, ExportedInvitation},
};

/// So many of a kind stand in an export at most.
const MOST: u64 = 10_000;

/// Whose eyes an export is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The contact's own.
    Own,
    /// The team's, which is not told what respondents were promised that nobody is told.
    Team,
}

/// A request that somebody raised.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ExportedRequest {
    /// Its id.
    pub id: RequestId,
    /// Its number.
    #[schema(max_length = 40, pattern = "^[A-Z0-9-]+$", example = "REQ-2026-000042")]
    pub number: String,
    /// What it is, in one line.
    pub title: Title,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// What it is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Markdown>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}

/// A request that somebody endorsed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ExportedEndorsement {
    /// The request.
    pub request: RequestId,
    /// When.
    pub endorsed_at: DateTime<Utc>,
}

/// What somebody wrote about a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ExportedComment {
    /// The request.
    pub request: RequestId,
    /// The comment.
    pub text: Markdown,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

/// How somebody weighed a service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromQueryResult)]
pub struct ExportedAssessment {
    /// The assessment.
    pub assessment: ValueAssessmentId,
    /// For which year.
    #[schema(minimum = 2000, maximum = 2100, example = 2025)]
    pub year: i32,
    /// What they said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Reason>,
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema, FromQueryResult)]
pub struct ExportedAct {
    /// What, as its event is called.
    #[serde(rename = "type")]
    #[schema(
        max_length = 100,
        pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$",
        example = "kundansvar.request.endorsed.v1"
    )]
    pub act: String,
    /// With which thing.
    pub subject: uuid::Uuid,
    /// When.
    pub at: DateTime<Utc>,
}

/// All that the store holds of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactExport {
    /// When it was made.
    pub exported_at: DateTime<Utc>,
    /// Whether it holds all there is; not more than 10,000 of a kind stand in it.
    pub complete: bool,
    /// Whether it is for the contact's own eyes. Otherwise what they answered stands in it only where respondents were told
    /// that the team reads it.
    pub for_own_eyes: bool,
    /// Who they are, how they are reached, and which mandates they have or had.
    pub contact: Contact,
    /// Requests that they raised.
    #[schema(max_items = 10_000)]
    pub requests: Vec<ExportedRequest>,
    /// Requests that they endorsed.
    #[schema(max_items = 10_000)]
    pub endorsements: Vec<ExportedEndorsement>,
    /// What they wrote about requests.
    #[schema(max_items = 10_000)]
    pub comments: Vec<ExportedComment>,
    /// How they weighed services.
    #[schema(max_items = 10_000)]
    pub assessments: Vec<ExportedAssessment>,
    /// Surveys that they were asked to answer.
    #[schema(max_items = 10_000)]
    pub invitations: Vec<ExportedInvitation>,
    /// What they answered, as far as anything leads from it to them.
    #[schema(max_items = 10_000)]
    pub answers: Vec<ExportedAnswers>,
    /// What was or is to be sent to them by mail.
    #[schema(max_items = 10_000)]
    pub notifications: Vec<Notification>,
    /// What they did here, as the event log has it; approvals, objections and consents among it.
    #[schema(max_items = 10_000)]
    pub acts: Vec<ExportedAct>,
}

/// All that the store holds of a contact whom the caller may export. The log must be in order.
pub async fn export(
    unit: &UnitOfWork,
    scope: &Scope,
    contact: Contact,
    reading: Reading,
) -> Result<ContactExport, Error> {
    let id = contact.id;
    let of_surveys = surveys::of_respondent(unit, id, reading == Reading::Own, MOST).await?;
    let on = unit.connection();
    let mut raised = of_requests(unit, scope);
    raised
        .columns(["id", "number", "title", "description", "benefit", "received_at"].map(|name| ("request", name)))
        .and_where(Expr::col(("request", "raised_by_id")).eq(id))
        .order_by(("request", "id"), Order::Asc);
    let mut endorsed = of_requests(unit, scope);
    endorsed
        .expr_as(Expr::col(("request", "id")), "request")
        .column(("request_endorsement", "endorsed_at"))
        .inner_join(
            "request_endorsement",
            Expr::cust("request_endorsement.request_id = request.id"),
        )
        .and_where(Expr::col(("request_endorsement", "contact_id")).eq(id))
        .order_by(("request", "id"), Order::Asc);
    let mut written = of_requests(unit, scope);
    written
        .expr_as(Expr::col(("request", "id")), "request")
        .columns(["text", "written_at"].map(|name| ("comment", name)))
        .inner_join("comment", Expr::cust("comment.request_id = request.id"))
        .and_where(Expr::col(("comment", "author_id")).eq(id))
        .order_by(("comment", "id"), Order::Asc);
    let mut weighed = Query::select();
    weighed
        .expr_as(Expr::col(("value_assessment", "id")), "assessment")
        .columns(["year", "comment"].map(|name| ("value_assessment", name)))
        .from("value_assessment")
        .and_where(Expr::col(("value_assessment", "contact_id")).eq(id))
        .order_by(("value_assessment", "id"), Order::Asc)
        .limit(MOST);
    let mut done = Query::select();
    done.expr_as(Expr::col(("event", "type")), "act")
        .expr_as(Expr::col(("event", "subject_id")), "subject")
        .column(("event", "at"))
        .from("event")
        .and_where(Expr::col(("event", "actor_id")).eq(id.to_string()))
        .order_by(("event", "position"), Order::Asc)
        .limit(MOST);
    let mut export = ContactExport {
        exported_at: unit.now(),
        complete: true,
        for_own_eyes: reading == Reading::Own,
        contact,
        requests: store::all(on, &raised).await?,
        endorsements: store::all(on, &endorsed).await?,
        comments: store::all(on, &written).await?,
        assessments: store::all(on, &weighed).await?,
        invitations: of_surveys.invitations,
        answers: of_surveys.answers,
        notifications: of_surveys.notifications,
        acts: store::all(on, &done).await?,
    };
    let longest = [
        export.requests.len(),
        export.endorsements.len(),
        export.comments.len(),
        export.assessments.len(),
        export.invitations.len(),
        export.notifications.len(),
        export.acts.len(),
    ];
    export.complete = longest.iter().all(|n| (*n as u64) < MOST);
    Ok(export)
}

/// Requests that the caller sees.
fn of_requests(unit: &UnitOfWork, scope: &Scope) -> SelectStatement {
    let seen = access::of_request(&scope.visible, unit.today(), unit.backend());
    Query::select().from("request").and_where(seen).limit(MOST).to_owned()
}
