//! How a customer weighs a service in a year; by who decides for it.
use actix_web::{get, patch, post, web};
use domain::{
    access::{Caller, Scope},
    value::*,
    vocabulary::*,
};
use persistence::{UnitOfWork, people, services, store::Source as _, value as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_value_assessments)
        .service(create_value_assessment)
        .service(get_value_assessment)
        .service(change_value_assessment);
}

/// Which assessments.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AssessmentQuery {
    /// By this customer.
    customer: Option<CustomerId>,
    /// Of this service.
    service: Option<ServiceId>,
    /// For this calendar year.
    #[param(minimum = 2000, maximum = 2100)]
    year: Option<i32>,
}

/// List how customers weigh services
///
/// The assessments by customers that you may see, by when they were given. Filters combine.
#[utoipa::path(tag = "value", operation_id = "listValueAssessments", params(ListQuery, AssessmentQuery),
    responses((status = 200, description = "A page of assessments.", body = Listing<ValueAssessment>)))]
#[get("/value-assessments")]
async fn list_value_assessments(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<AssessmentQuery>,
) -> Result<Reply, Problem> {
    let AssessmentQuery {
        customer,
        service,
        year,
    } = filter.0;
    let filter = store::AssessmentFilter {
        customer,
        service,
        year,
    };
    call.listed(store::assessments(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Weigh a service
///
/// A contact with mandate `customer` weighs a service for their own customer and a calendar year: scores from 1 to 5 on
/// dimensions of your own, what it was worth, and a comment. There is one assessment for each customer, service and year;
/// it is revised, never averaged with another.
#[utoipa::path(tag = "value", operation_id = "createValueAssessment", request_body = ValueAssessmentInput,
    responses((status = 201, description = "The new assessment.", body = ValueAssessment)))]
#[post("/value-assessments")]
async fn create_value_assessment(call: Call, body: Body<ValueAssessmentInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let assessment = give(&call.scope, unit, body.value.clone()).await?;
        let path = format!("/value-assessments/{}", assessment.id);
        Reply::created(path, &assessment, call.today())
    })
    .await
}

/// Gives an assessment.
pub async fn give(
    scope: &Scope,
    unit: &mut UnitOfWork,
    input: ValueAssessmentInput,
) -> Result<ValueAssessment, Problem> {
    let by = assessor(scope, unit).await?;
    let service = services::named_one(unit, &input.service, "/service").await?;
    let times = (unit.now(), unit.today());
    let assessment = ValueAssessment::give(unit.new_id(), input, service, by, times)?;
    store::insert_assessment(unit, &assessment).await?;
    Ok(assessment)
}

/// The contact who calls, by the mandate that they decide by.
async fn assessor(scope: &Scope, unit: &UnitOfWork) -> Result<Assessor, Problem> {
    let Caller::Contact { contact, .. } = &scope.caller else {
        return Err(Problem::Forbidden);
    };
    let contact = people::get_contact(unit, scope, contact.id, unit.today()).await?;
    let contact = people::in_force(unit, contact).await?;
    let mandate = contact.mandate_to_assess(unit.today())?;
    if let Some(principal) = mandate.deputy_for {
        unit.act_for(principal.0);
    }
    Ok(Assessor::of(&contact, mandate))
}

/// Show how a customer weighs a service
///
/// One assessment, with its scores, benefit and comment.
#[utoipa::path(tag = "value", operation_id = "getValueAssessment", responses(
    (status = 200, description = "The assessment.", body = ValueAssessment),
    (status = 304, description = "You have it already.")))]
#[get("/value-assessments/{valueAssessmentId}")]
async fn get_value_assessment(call: Call, id: web::Path<ValueAssessmentId>) -> Result<Reply, Problem> {
    call.found(&store::assessment(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Revise how a customer weighs a service
///
/// A contact with mandate `customer` says it anew; members that are absent stay as they are, service and year always do.
/// What was said before stands in the events.
#[utoipa::path(tag = "value", operation_id = "changeValueAssessment", request_body = PatchOf<ValueAssessmentInput>,
    params(IfMatch), responses((status = 200, description = "The assessment as it is now.", body = ValueAssessment)))]
#[patch("/value-assessments/{valueAssessmentId}")]
async fn change_value_assessment(call: Call, id: web::Path<ValueAssessmentId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_assessment(unit, &call.scope, *id).await?)?;
        let by = assessor(&call.scope, unit).await?;
        let input: ValueAssessmentInput = patch.onto(&before)?;
        let service = services::named_one(unit, &input.service, "/service").await?;
        let after = before.clone().revise(input, &service, by, call.now())?;
        store::update_assessment(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
