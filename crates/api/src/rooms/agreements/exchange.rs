//! Agreements as files: out for archives, and in from another installation.
use std::collections::HashMap;

use actix_web::{get, post, web};
use domain::{Rule, RuleCode, agreements::*, calendars::*, customers::Customer, vocabulary::*};
use persistence::{Error, UnitOfWork, access, agreements as store, calendars, customers, services};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Body, Call, Problem, Query, Reply, Routes, input::LARGEST_FILE};

pub fn routes(routes: &mut Routes) {
    routes.service(get_agreement_export).service(create_agreement_import);
}

fn origin(call: &Call) -> Result<WebAddress, Problem> {
    let origin = call.state.settings.public_origin();
    origin.parse().map_err(Problem::internal)
}

/// Export an agreement
///
/// One file that is complete in itself: every version that you may see with what was done with it, each content as it was
/// approved with its digest, the pinned calendars in full, services by code and name. Its schema is `AgreementFile`.
#[utoipa::path(tag = "agreements", operation_id = "getAgreementExport",
    responses((status = 200, description = "The file.", body = AgreementFile)))]
#[get("/agreements/{agreementId}/export")]
async fn get_agreement_export(call: Call, id: web::Path<AgreementId>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let agreement = store::get(&reader, &call.scope, *id, call.today()).await?;
    let mut versions = store::all_versions(&reader, &agreement).await?;
    // What is only being written is the team's own.
    versions.retain(|version| !call.scope.is_contact() || version.status() != VersionStatus::Draft);
    let pins = versions.iter().flat_map(|version| &version.calendars.0);
    let hours = calendars::hours_of(&reader, pins).await?;
    let bearing = store::rested_on(&reader, versions.iter().map(|version| &version.content)).await?;
    Reply::plain(&AgreementFile::of(
        &agreement,
        &versions,
        &hours,
        &bearing,
        origin(&call)?,
    )?)
}

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct AgreementImportQuery {
    /// Whether to do everything and then take it back.
    dry_run: Option<bool>,
}

/// What became of a file, or would have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AgreementImport {
    /// Whether all of it was taken back.
    dry_run: bool,
    /// Whether it made a new agreement; not so, it was taken in before, and nothing was changed.
    created: bool,
    /// The agreement.
    agreement: Agreement,
}

/// Import an agreement
///
/// A file that another installation exported, of at most 10 MiB. Every digest is computed anew; a file whose content is not
/// what its digests say is refused. The customer and the services are those with the same codes; a calendar with the same
/// hours is used, or made where there is none and its name is free; agreements that targets rest on were taken in before.
/// Versions keep their digests and approvals, and say from where they come (`importedFrom`); the agreement gets a number of
/// this installation. The same origin and number again is the agreement that is there, unchanged.
#[utoipa::path(tag = "agreements", operation_id = "createAgreementImport", params(AgreementImportQuery),
    request_body = AgreementFile,
    responses((status = 200, description = "What was done, or would be.", body = AgreementImport)))]
#[post("/agreement-imports")]
async fn create_agreement_import(
    call: Call,
    how: Query<AgreementImportQuery>,
    file: Body<AgreementFile, LARGEST_FILE>,
) -> Result<Reply, Problem> {
    file.value.check()?;
    if file.value.exported.origin == origin(&call)? {
        let detail = "It was exported here, where the agreement is.";
        return Err(Rule::new(RuleCode::State, detail).at("/exported/origin").into());
    }
    let dry_run = how.0.dry_run.unwrap_or_default();
    let work = async |unit: &mut UnitOfWork| {
        let (created, agreement) = take_in(&call, unit, &file.value).await?;
        Reply::plain(&AgreementImport {
            dry_run,
            created,
            agreement,
        })
    };
    match dry_run {
        true => call.rehearse(&file, work).await,
        false => call.write(&file, work).await,
    }
}

/// The agreement of the file, and whether it is new here.
async fn take_in(call: &Call, unit: &mut UnitOfWork, file: &AgreementFile) -> Result<(bool, Agreement), Problem> {
    let today = unit.today();
    let customer = held_by(call, unit, file).await?;
    if let Some(known) = store::imported_from(unit, &file.exported).await? {
        let hidden = || Rule::new(RuleCode::NotUnique, "It was taken in already.").at("/exported");
        let known = store::get(unit, &call.scope, known, today).await.map_err(|e| match e {
            Error::NotFound => hidden().into(),
            other => Problem::from(other),
        })?;
        return Ok((false, known));
    }
    let translation = Translation {
        services: services_here(unit, file).await?,
        calendars: calendars_here(call, unit, file).await?,
        agreements: agreements_here(unit, file).await?,
    };
    let reference = AgreementRef {
        id: unit.new_id(),
        number: store::next_number(unit).await?,
        kind: file.kind,
    };
    let holder = customer.as_ref().map(|customer| customer.id);
    let version = |i| {
        let named = (unit.new_id(), reference.clone(), holder);
        AgreementVersion::imported(named, file, i, &translation)
    };
    let versions: Vec<_> = (0..file.versions.len()).map(version).collect::<Result<_, _>>()?;
    let agreement = file.agreement(customer.as_ref(), &versions, unit.now(), today)?;
    store::take_in(unit, &agreement, &versions).await?;
    Ok((true, agreement))
}

/// The customer with the code of the file, if the caller may write agreements there.
async fn held_by(call: &Call, unit: &UnitOfWork, file: &AgreementFile) -> Result<Option<Customer>, Problem> {
    let Some(filed) = &file.customer else {
        access::admit_to_provider(unit, &call.scope).await?;
        return Ok(None);
    };
    let pointer = "/customer/code";
    let id = customers::id_of_code(unit, filed.code.as_str()).await?;
    let id = id.ok_or_else(|| Rule::new(RuleCode::UnknownReference, "There is no such customer.").at(pointer))?;
    Ok(Some(
        customers::named(unit, &call.scope, &Key::Id(id), pointer, unit.today()).await?,
    ))
}

/// The services with the same codes; what is missing is told where it stands.
async fn services_here(unit: &UnitOfWork, file: &AgreementFile) -> Result<HashMap<ServiceId, CoveredService>, Problem> {
    let mut here = HashMap::new();
    for filed in file.versions.iter().flat_map(|version| &version.agreed.services.0) {
        if !here.contains_key(&filed.id)
            && let Some(id) = services::id_of_code(unit, filed.code.as_str()).await?
        {
            here.insert(filed.id, CoveredService { id, ..filed.clone() });
        }
    }
    Ok(here)
}

/// The calendars with the same hours, and new ones for what nobody keeps yet.
async fn calendars_here(
    call: &Call,
    unit: &mut UnitOfWork,
    file: &AgreementFile,
) -> Result<HashMap<(CalendarId, i64), PinnedCalendar>, Problem> {
    let mut here = HashMap::new();
    for (i, FiledCalendar { pin, hours }) in file.calendars.iter().enumerate() {
        let known = calendars::with_hours(unit, &pin.digest, &pin.name).await?;
        let calendar = match known {
            Some(known) => known,
            None if calendars::is_named(unit, &pin.name).await? => {
                let detail = format!("There is a service calendar {} with other hours.", pin.name);
                let rule = Rule::new(RuleCode::NotUnique, detail);
                return Err(rule.at(format!("/calendars/{i}/pin/name")).into());
            }
            None => {
                let told = ServiceCalendarInput {
                    name: pin.name.clone(),
                    hours: hours.clone(),
                };
                let new = ServiceCalendar::register(unit.new_id(), told, unit.now())?;
                calendars::insert(unit, &call.scope, &new).await?;
                new
            }
        };
        here.insert((pin.id, pin.version), calendar.pin());
    }
    Ok(here)
}

/// The agreements that targets rest on, as they were taken in from the same origin.
async fn agreements_here(
    unit: &UnitOfWork,
    file: &AgreementFile,
) -> Result<HashMap<AgreementId, AgreementId>, Problem> {
    let mut here = HashMap::new();
    for FiledAgreement { id, number } in &file.rests_on {
        let from = ImportedFrom {
            origin: file.exported.origin.clone(),
            number: number.clone(),
        };
        if let Some(known) = store::imported_from(unit, &from).await? {
            here.insert(*id, known);
        }
    }
    Ok(here)
}
