//! The external signature: what the signing service tells of its orders, and the document that it gave back (R6).
use actix_web::{get, post, web};
use domain::{
    Rule, RuleCode,
    access::{OtherCustomers, Permission, Scope},
    agreements::*,
    vocabulary::*,
};
use persistence::{
    Error, UnitOfWork, agreements as store,
    clients::{self, Bearer},
};

use super::{acts::deed, versions::seen};
use crate::http::{Body, Call, Problem, Reply, Routes, call::Sent};

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_signing_order)
        .service(create_signing_result)
        .service(create_signing_refusal)
        .service(get_signed_document);
}

/// The largest result, in bytes: the document and what stands around it.
const LARGEST: usize = 14 * 1024 * 1024;

/// Show a signing order
///
/// Where an order to the signing service stands: of which version, whether it was taken, how it ended.
#[utoipa::path(tag = "agreements", operation_id = "getSigningOrder", responses(
    (status = 200, description = "The order.", body = SigningOrder),
    (status = 304, description = "You have it already.")))]
#[get("/signing-orders/{signingOrderId}")]
async fn get_signing_order(call: Call, id: web::Path<SigningOrderId>) -> Result<Reply, Problem> {
    call.found(&store::signing_order(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Tell that an order was signed
///
/// By the signing service: one signature for each party, over the digest of the order, and the signed document (at most
/// 10 MiB). Whoever signed must be allowed to approve the version here today: the business relationship manager, a contact
/// with mandate `customer` (R6). With that the version is approved, by the rules of any approval, and the document is kept.
/// The same result again gets the same answer. Of a version that was returned to draft meanwhile it is refused.
#[utoipa::path(tag = "agreements", operation_id = "createSigningResult", request_body = SigningResult,
    responses((status = 200, description = "The order as it is now.", body = SigningOrder)))]
#[post("/signing-orders/{signingOrderId}/result")]
async fn create_signing_result(
    call: Call,
    id: web::Path<SigningOrderId>,
    body: Body<SigningResult, LARGEST>,
) -> Result<Reply, Problem> {
    let others = call.state.settings.other_customers;
    call.write(&body, async |unit| {
        let order = sign(&call.scope, others, unit, *id, (&body.value, body.digest())).await?;
        Reply::ok(&order, call.today())
    })
    .await
}

/// Takes in that an order was signed; `told` is the result with the digest of its text.
pub async fn sign(
    scope: &Scope,
    others: OtherCustomers,
    unit: &mut UnitOfWork,
    id: SigningOrderId,
    (result, text): (&SigningResult, &str),
) -> Result<SigningOrder, Problem> {
    let told = digest(text)?;
    let (order, agreement) = store::load_signing_order(unit, scope, id).await?;
    if order.was_told(&told)? {
        return Ok(order);
    }
    let before = store::version(unit, &agreement, order.version_number, unit.today()).await?;
    let mut approvals = vec![];
    for (i, signature) in result.signatures.iter().enumerate() {
        order
            .must_be_timely(signature, unit.now())
            .map_err(|rule| rule.at(format!("/signatures/{i}/signedAt")))?;
        let (deed, mandate, elsewhere) =
            signer(scope, others, unit, (&agreement, &before), (&order, signature, i)).await?;
        approvals.push(Approval {
            deed,
            signed_in: SignedIn {
                issuer: signature.issuer.clone(),
                level: signature.level.clone(),
            },
            mandate,
            signed_elsewhere: elsewhere,
            signing_order: Some(order.id),
            digest: result.digest.clone(),
        });
    }
    let after = before.clone().signed(approvals, unit.today())?;
    store::keep_version(unit, "approved", &agreement, &before, after).await?;
    let bytes = result.document.bytes()?;
    let signed = order.clone().signed(told, document_digest(&bytes)?, unit.now());
    store::update_signing_order(unit, "signed", &order, &signed).await?;
    store::keep_signed_document(unit, order.id, result.document.media_type, bytes).await?;
    Ok(signed)
}

/// Whoever signed, as one who approves: by the same right and the same mandate, only at another place.
async fn signer(
    scope: &Scope,
    others: OtherCustomers,
    unit: &UnitOfWork,
    (agreement, version): (&Agreement, &AgreementVersion),
    (order, signature, place): (&SigningOrder, &Signature, usize),
) -> Result<(Deed, Option<domain::people::Mandate>, Option<SignedElsewhere>), Problem> {
    let refused = |detail: &str| {
        let rule = Rule::new(RuleCode::BothApprove, detail);
        Problem::from(rule.at(format!("/signatures/{place}/by")))
    };
    let at = signature.signed_at;
    let bearer = match &signature.by {
        SignedBy::Person(id) => Bearer::Person(*id),
        SignedBy::Contact(id) => Bearer::Contact(*id),
        SignedBy::Name(name) => {
            let party = agreement
                .counterparty_signs()
                .map_err(|_| refused("The customer signs by a contact with mandate customer."))?;
            let elsewhere = SignedElsewhere {
                signed_by: name.clone(),
                signed_on: at.date_naive(),
                reference: order.id.to_string().parse().map_err(Problem::internal)?,
            };
            return Ok((teller(scope, party, at)?, None, Some(elsewhere)));
        }
    };
    let unknown = || refused("This is nobody who may approve the version.");
    let caller = clients::caller(unit, &bearer, unit.today())
        .await?
        .ok_or_else(unknown)?;
    let row = Permission::of("createApproval").ok_or(Problem::Forbidden)?;
    let own = row.scope(&caller, others).map_err(|_| unknown())?;
    store::get(unit, &own, agreement.id, unit.today())
        .await
        .map_err(|e| match e {
            Error::NotFound | Error::NotPermitted => unknown(),
            other => other.into(),
        })?;
    let (deed, mandate) = deed(&own, unit).await?;
    unit.act_for_nobody();
    if let Some(mandate) = &mandate {
        version.must_be_within(mandate)?;
    }
    Ok((Deed { at, ..deed }, mandate, None))
}

/// What the signing service itself tells, for a party.
fn teller(scope: &Scope, party: Party, at: chrono::DateTime<chrono::Utc>) -> Result<Deed, Problem> {
    let who = scope.caller.raiser().ok_or(Problem::Forbidden)?;
    Ok(Deed {
        party,
        by: Signatory {
            kind: who.kind,
            id: who.id,
            name: who.name,
        },
        acting_for: None,
        at,
    })
}

fn digest(text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(Problem::internal)
}

/// Tell that an order will not be signed
///
/// By the signing service: a party refused, or, where none is named, nobody signed in time. The version returns to draft
/// with the reason.
#[utoipa::path(tag = "agreements", operation_id = "createSigningRefusal", request_body = SigningRefusal,
    responses((status = 200, description = "The order as it is now.", body = SigningOrder)))]
#[post("/signing-orders/{signingOrderId}/refusal")]
async fn create_signing_refusal(
    call: Call,
    id: web::Path<SigningOrderId>,
    body: Body<SigningRefusal>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let told = digest(body.digest())?;
        let (order, agreement) = store::load_signing_order(unit, &call.scope, *id).await?;
        if order.was_told(&told)? {
            return Reply::ok(&order, call.today());
        }
        let after = order.clone().refused(told, &body.value, unit.now());
        store::update_signing_order(unit, "refused", &order, &after).await?;
        let before = store::version(unit, &agreement, order.version_number, unit.today()).await?;
        let party = body.value.refused_by.unwrap_or(Party::Provider);
        let deed = teller(&call.scope, party, unit.now())?;
        let returned = before.clone().reject(deed, body.value.reason.clone())?;
        store::keep_version(unit, "rejected", &agreement, &before, returned).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Show the signed document
///
/// The document as the signing service gave it back, of a version that was signed there; its digest stands in the order.
#[utoipa::path(tag = "agreements", operation_id = "getSignedDocument",
    responses((status = 200, description = "The document.", body = SignedDocument)))]
#[get("/agreements/{agreementId}/versions/{versionNumber}/signed-document")]
async fn get_signed_document(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    let agreement = store::get(&call.reader(), &call.scope, id, call.today()).await?;
    let version = seen(&call, &call.reader(), &agreement, number).await?;
    Reply::plain(&store::signed_document(&call.reader(), &version).await?)
}
