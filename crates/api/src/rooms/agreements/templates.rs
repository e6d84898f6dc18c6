//! Templates that agreements start from.
use actix_web::{delete, get, patch, post, web};
use domain::{agreements::*, vocabulary::*};
use persistence::agreements as store;

use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_agreement_templates)
        .service(create_agreement_template)
        .service(get_agreement_template)
        .service(change_agreement_template)
        .service(delete_agreement_template);
}

/// List agreement templates
///
/// All templates, by name in Swedish order.
#[utoipa::path(tag = "agreements", operation_id = "listAgreementTemplates", params(ListQuery),
    responses((status = 200, description = "A page of templates.", body = Listing<AgreementTemplate>)))]
#[get("/agreement-templates")]
async fn list_agreement_templates(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list_templates(&call.reader(), &page.0.into()).await?)
}

/// Enter an agreement template
///
/// Sections, targets and lengths of terms that drafts begin with. One template at most holds by default for used
/// services until an agreement of their own is made.
#[utoipa::path(tag = "agreements", operation_id = "createAgreementTemplate", request_body = AgreementTemplateInput,
    responses((status = 201, description = "The new template.", body = AgreementTemplate)))]
#[post("/agreement-templates")]
async fn create_agreement_template(call: Call, body: Body<AgreementTemplateInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let template = AgreementTemplate::register(unit.new_id(), body.value.clone(), unit.now())?;
        store::must_rest_on_something(unit, &template.content).await?;
        store::insert_template(unit, &template).await?;
        Reply::created(format!("/agreement-templates/{}", template.id), &template, call.today())
    })
    .await
}

/// Show an agreement template
///
/// One template with its places to fill in.
#[utoipa::path(tag = "agreements", operation_id = "getAgreementTemplate", responses(
    (status = 200, description = "The template.", body = AgreementTemplate),
    (status = 304, description = "You have it already.")))]
#[get("/agreement-templates/{agreementTemplateId}")]
async fn get_agreement_template(call: Call, id: web::Path<AgreementTemplateId>) -> Result<Reply, Problem> {
    call.found(&store::get_template(&call.reader(), *id).await?)
}

/// Change an agreement template
///
/// Members that are absent stay as they are. Agreements that started from it keep their words.
#[utoipa::path(tag = "agreements", operation_id = "changeAgreementTemplate",
    request_body = PatchOf<AgreementTemplateInput>, params(IfMatch),
    responses((status = 200, description = "The template as it is now.", body = AgreementTemplate)))]
#[patch("/agreement-templates/{agreementTemplateId}")]
async fn change_agreement_template(
    call: Call,
    id: web::Path<AgreementTemplateId>,
    patch: Patch,
) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_template(unit, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?)?;
        store::must_rest_on_something(unit, &after.content).await?;
        store::update_template(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove an agreement template
///
/// Agreements that started from it keep their words.
#[utoipa::path(tag = "agreements", operation_id = "deleteAgreementTemplate", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/agreement-templates/{agreementTemplateId}")]
async fn delete_agreement_template(call: Call, id: web::Path<AgreementTemplateId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let template = call.unchanged(store::load_template(unit, *id).await?)?;
        store::delete_template(unit, &template).await?;
        Ok(Reply::gone())
    })
    .await
}
