//! What moves a version: each act an operation of its own, by the party that it belongs to.
use actix_web::{delete, post, web};
use chrono::NaiveDate;
use domain::{
    Rule,
    access::{Caller, Scope},
    agreements::*,
    people::{Contact, Mandate},
    vocabulary::*,
};
use persistence::{UnitOfWork, people, store::Source as _};

use super::versions::change;
use crate::http::{Body, Call, NoBody, Problem, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_proposal)
        .service(delete_proposal)
        .service(create_approval)
        .service(create_rejection)
        .service(create_revocation)
        .service(create_renewal)
        .service(create_notice)
        .service(create_termination);
}

/// The act of the one who calls: a person acts for the provider, a contact for the customer, with a mandate (R6).
pub async fn deed(scope: &Scope, unit: &UnitOfWork) -> Result<(Deed, Option<Mandate>), Problem> {
    deed_with(scope, unit, Contact::mandate_to_decide).await
}

/// The same with the mandate that the act needs of a contact.
pub async fn deed_with(
    scope: &Scope,
    unit: &UnitOfWork,
    needed: impl Fn(&Contact, NaiveDate) -> Result<Mandate, Rule>,
) -> Result<(Deed, Option<Mandate>), Problem> {
    let today = unit.today();
    let who = scope.caller.raiser().ok_or(Problem::Forbidden)?;
    let (party, mandate) = match &scope.caller {
        Caller::Contact { contact, .. } => {
            let contact = people::get_contact(unit, scope, contact.id, today).await?;
            let contact = people::in_force(unit, contact).await?;
            let mandate = needed(&contact, today)?;
            if let Some(principal) = mandate.deputy_for {
                unit.act_for(principal.0);
            }
            (Party::Customer, Some(mandate))
        }
        _ => (Party::Provider, None),
    };
    let by = Signatory {
        kind: who.kind,
        id: who.id,
        name: who.name,
    };
    let deed = Deed {
        party,
        by,
        acting_for: unit.acting_for(),
        at: unit.now(),
    };
    Ok((deed, mandate))
}

/// Propose a version
///
/// The business relationship manager of the responsible team lays a draft before both parties (R5). From now on its
/// content stands still; an approval is bound to its digest. Where the content demands a signature (`signature`), an order
/// to the signing service goes with it, named in `proposal`; the version is then approved by the order's result alone.
#[utoipa::path(tag = "agreements", operation_id = "createProposal", params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/proposal")]
async fn create_proposal(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "proposed",
        &NoBody,
        async |unit, _, version| {
            let order = call.state.settings.signing_service().map(|_| unit.new_id());
            Ok(version.propose(deed(&call.scope, unit).await?.0, order)?)
        },
    )
    .await
}

/// Withdraw a proposal
///
/// The one who proposed takes it back to draft; approvals that were given are void.
#[utoipa::path(tag = "agreements", operation_id = "deleteProposal", params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[delete("/agreements/{agreementId}/versions/{versionNumber}/proposal")]
async fn delete_proposal(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "proposal_withdrawn",
        &NoBody,
        async |unit, _, version| Ok(version.withdraw(deed(&call.scope, unit).await?.0.by.id)?),
    )
    .await
}

/// Approve a version
///
/// Each party approves the same content, named by its digest: the business relationship manager, and a contact of the
/// customer with mandate `customer` (R6). Of an agreement with another function or a supplier, whoever holds the other
/// party's signature records it in `counterparty`. With both, the version is approved and only the calendar moves it. What
/// waits for the signing service is not approved here.
#[utoipa::path(tag = "agreements", operation_id = "createApproval", request_body = ApprovalInput, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/approvals")]
async fn create_approval(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<ApprovalInput>,
) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "approved",
        &body,
        async |unit, agreement, version| {
            let (mut deed, mandate) = deed(&call.scope, unit).await?;
            let ApprovalInput { digest, counterparty } = body.value.clone();
            if counterparty.is_some() {
                deed.party = agreement.counterparty_signs()?;
            }
            if let Some(mandate) = &mandate {
                version.must_be_within(mandate)?;
            }
            let approval = Approval {
                deed,
                signed_in: call.signed_in.clone(),
                mandate,
                signed_elsewhere: counterparty,
                signing_order: None,
                digest,
            };
            Ok(version.approve(approval, call.today())?)
        },
    )
    .await
}

/// Reject a proposed version
///
/// Either party returns it to draft with a reason; approvals that were given are void.
#[utoipa::path(tag = "agreements", operation_id = "createRejection", request_body = WithReason, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/rejection")]
async fn create_rejection(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<WithReason>,
) -> Result<Reply, Problem> {
    change(&call, path.into_inner(), "rejected", &body, async |unit, _, version| {
        Ok(version.reject(deed(&call.scope, unit).await?.0, body.value.reason.clone())?)
    })
    .await
}

/// Revoke an upcoming version
///
/// Before its first day, both parties can take an approved version back; when the second has, it never begins, and the
/// version whose place it would have taken stays in force.
#[utoipa::path(tag = "agreements", operation_id = "createRevocation", request_body = WithReason, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/revocation")]
async fn create_revocation(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<WithReason>,
) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "revoked",
        &body,
        async |unit, agreement, version| {
            let (mut deed, _) = deed(&call.scope, unit).await?;
            // Of an agreement with another function, the provider records both parties' word, one after the other.
            if agreement.kind != AgreementKind::Sla && !version.revocations.0.is_empty() {
                deed.party = Party::Counterparty;
            }
            let reason = body.value.reason.clone();
            Ok(version.revoke(Revocation { deed, reason }, call.today())?)
        },
    )
    .await
}

/// Record a renewal
///
/// One more term of a version whose renewal is `express`; without this act it ends with the running term (R9).
#[utoipa::path(tag = "agreements", operation_id = "createRenewal", request_body = RenewalInput, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/renewals")]
async fn create_renewal(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<RenewalInput>,
) -> Result<Reply, Problem> {
    change(&call, path.into_inner(), "renewed", &body, async |unit, _, version| {
        let (deed, _) = deed(&call.scope, unit).await?;
        Ok(version.renew(deed, body.value.reference.clone(), call.today())?)
    })
    .await
}

/// Give notice
///
/// Notice ends a version whose renewal is `tacit` with the first term whose last day for notice had not passed on the
/// day it was given (R9). A contact with mandate `customer` gives it for the customer; the business relationship
/// manager records either party's.
#[utoipa::path(tag = "agreements", operation_id = "createNotice", request_body = NoticeInput, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/notice")]
async fn create_notice(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<NoticeInput>,
) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "notice_given",
        &body,
        async |unit, _, version| {
            let (deed, _) = deed(&call.scope, unit).await?;
            Ok(version.give_notice(body.value.clone(), &deed, call.today())?)
        },
    )
    .await
}

/// Terminate a version
///
/// An end before its time, with effect on a day from today on, by both parties' decision.
#[utoipa::path(tag = "agreements", operation_id = "createTermination", request_body = TerminationInput, params(IfMatch),
    responses((status = 200, description = "The version as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/termination")]
async fn create_termination(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    body: Body<TerminationInput>,
) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "terminated",
        &body,
        async |unit, _, version| {
            let (deed, _) = deed(&call.scope, unit).await?;
            Ok(version.terminate(body.value.clone(), deed, call.today())?)
        },
    )
    .await
}
