//! The versions of an agreement: written, changed, compared.
use actix_web::{delete, get, patch, post, web};
use domain::{access::Scope, agreements::*, events::Aggregate, vocabulary::*};
use persistence::{Error, UnitOfWork, agreements as store, services};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Body, Call, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_agreement_versions)
        .service(create_agreement_version)
        .service(get_agreement_version)
        .service(change_agreement_version)
        .service(delete_agreement_version)
        .service(get_version_comparison)
        .service(get_underpinning);
}

/// The versions of an agreement, in lines.
#[derive(Serialize, ToSchema)]
struct AgreementVersions {
    /// The agreement.
    agreement: AgreementRef,
    /// Its versions, the first one first.
    #[schema(max_items = 10000)]
    versions: Vec<VersionSummary>,
}

/// The version that a path names, if this caller may see it: what is only being written is the team's own.
pub(super) async fn seen(
    call: &Call,
    source: &impl persistence::store::Source,
    agreement: &Agreement,
    number: VersionNumber,
) -> Result<AgreementVersion, Problem> {
    let version = store::version(source, agreement, number, call.today()).await?;
    match call.scope.is_contact() && version.status() == VersionStatus::Draft {
        true => Err(Error::NotFound.into()),
        false => Ok(version),
    }
}

/// List an agreement's versions
///
/// Every version with where it stands today; a draft is seen by the IT organisation only.
#[utoipa::path(tag = "agreements", operation_id = "listAgreementVersions",
    responses((status = 200, description = "Its versions.", body = AgreementVersions)))]
#[get("/agreements/{agreementId}/versions")]
async fn list_agreement_versions(call: Call, id: web::Path<AgreementId>) -> Result<Reply, Problem> {
    let agreement = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    let lines = agreement.versions.iter();
    Reply::plain(&AgreementVersions {
        versions: lines.map(|line| line.summary(call.today())).collect(),
        agreement: agreement.reference(),
    })
}

/// Begin a new version
///
/// A draft, told in full or begun from the agreement's latest version, a template or another agreement. Approved, it
/// takes the earlier one's place from its first day; both stay readable (R7). An agreement has one draft at a time.
#[utoipa::path(tag = "agreements", operation_id = "createAgreementVersion", request_body = DraftInput,
    responses((status = 201, description = "The new draft.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions")]
async fn create_agreement_version(
    call: Call,
    id: web::Path<AgreementId>,
    body: Body<DraftInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let version = add(&call.scope, unit, *id, body.value.clone()).await?;
        let path = format!("/agreements/{}/versions/{}", version.agreement.id, version.number);
        Reply::created(path, &version, call.today())
    })
    .await
}

/// A further version of an agreement, as a draft.
pub async fn add(
    scope: &Scope,
    unit: &mut UnitOfWork,
    id: AgreementId,
    mut told: DraftInput,
) -> Result<AgreementVersion, Problem> {
    let agreement = store::load(unit, scope, id).await?;
    told.source.get_or_insert(Source::Agreement(agreement.id));
    let with = store::other_party_now(unit, &agreement).await?;
    let agreed = store::drafted(unit, scope, &with, &told).await?;
    let named = (agreement.reference(), agreement.next_number());
    let parties = (with, agreement.customer());
    let version = AgreementVersion::draft(unit.new_id(), named, parties, agreed, unit.now())?;
    store::add_version(unit, &agreement, &version).await?;
    Ok(version.as_of(unit.today()))
}

/// Show a version
///
/// What is agreed, with its digest, who approved it, where it stands today, and its terms and last days for notice for
/// five years.
#[utoipa::path(tag = "agreements", operation_id = "getAgreementVersion", responses(
    (status = 200, description = "The version.", body = AgreementVersion),
    (status = 304, description = "You have it already.")))]
#[get("/agreements/{agreementId}/versions/{versionNumber}")]
async fn get_agreement_version(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    let agreement = store::get(&call.reader(), &call.scope, id, call.today()).await?;
    call.found(&seen(&call, &call.reader(), &agreement, number).await?)
}

/// Loads the version as the caller saw it, changes it, stores it and what follows from it.
pub(super) async fn change(
    call: &Call,
    (id, number): (AgreementId, VersionNumber),
    act: &str,
    sent: &impl crate::http::call::Sent,
    how: impl AsyncFn(&mut UnitOfWork, &Agreement, AgreementVersion) -> Result<AgreementVersion, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let agreement = store::load(unit, &call.scope, id).await?;
        let before = call.unchanged(seen(call, unit, &agreement, number).await?)?;
        let after = how(unit, &agreement, before.clone()).await?;
        let after = store::keep_version(unit, act, &agreement, &before, after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Change a draft
///
/// Members that are absent stay as they are; lists are replaced whole. A proposed version is returned to draft first, an
/// approved one never changes (R7).
#[utoipa::path(tag = "agreements", operation_id = "changeAgreementVersion", request_body = PatchOf<AgreementVersionInput>,
    params(IfMatch), responses((status = 200, description = "The draft as it is now.", body = AgreementVersion)))]
#[patch("/agreements/{agreementId}/versions/{versionNumber}")]
async fn change_agreement_version(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    patch: Patch,
) -> Result<Reply, Problem> {
    change(
        &call,
        path.into_inner(),
        "changed",
        &patch,
        async |unit, agreement, version| {
            let told: AgreementVersionInput = patch.onto(&version)?;
            let services = services::named(unit, &told.services, "/services").await?;
            let services = CoveredServices(services.into_iter().map(Into::into).collect());
            let agreed = store::agreed(unit, services, told.terms, told.content).await?;
            let with = store::other_party_now(unit, agreement).await?;
            Ok(version.edit(with, agreed)?)
        },
    )
    .await
}

/// Discard a draft
///
/// A draft that will not be. An agreement's first version stays, since its number is never given back.
#[utoipa::path(tag = "agreements", operation_id = "deleteAgreementVersion", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/agreements/{agreementId}/versions/{versionNumber}")]
async fn delete_agreement_version(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    call.write(&NoBody, async |unit| {
        let agreement = store::load(unit, &call.scope, id).await?;
        let version = call.unchanged(seen(&call, unit, &agreement, number).await?)?;
        version.discard()?;
        store::discard_version(unit, &agreement, &version).await?;
        Ok(Reply::gone())
    })
    .await
}

/// With which version.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ComparisonQuery {
    /// The number of the version to compare with; the one before unless told, the first with itself.
    with: Option<VersionNumber>,
}

/// Compare two versions
///
/// Every field that differs between another version and this one, parts named by their key, texts line by line.
#[utoipa::path(tag = "agreements", operation_id = "getVersionComparison", params(ComparisonQuery),
    responses((status = 200, description = "What differs.", body = VersionComparison)))]
#[get("/agreements/{agreementId}/versions/{versionNumber}/comparison")]
async fn get_version_comparison(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    query: Query<ComparisonQuery>,
) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    let reader = call.reader();
    let agreement = store::get(&reader, &call.scope, id, call.today()).await?;
    let to = seen(&call, &reader, &agreement, number).await?;
    let from = seen(&call, &reader, &agreement, query.0.with.unwrap_or(number.before())).await?;
    Reply::plain(&VersionComparison::of(&from, &to)?)
}

/// Show what a version rests on
///
/// Each target with the targets of other agreements that it names, and where those cannot carry it: availabilities in
/// series below the promise, times that add up to more, narrower hours, longer notice, an earlier end. Counted as of
/// today; of hours, over the year from the first day.
#[utoipa::path(tag = "agreements", operation_id = "getUnderpinning",
    responses((status = 200, description = "What each target rests on.", body = Underpinning)))]
#[get("/agreements/{agreementId}/versions/{versionNumber}/underpinning")]
async fn get_underpinning(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    let reader = call.reader();
    let agreement = store::get(&reader, &call.scope, id, call.today()).await?;
    let version = store::version(&reader, &agreement, number, call.today()).await?;
    Reply::plain(&store::underpinning(&reader, &version, call.today()).await?)
}
