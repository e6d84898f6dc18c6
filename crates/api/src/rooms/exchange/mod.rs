//! Register data from files: each line is a document of the API, spread over columns.
mod lines;
pub mod sheet;

use actix_web::post;
use persistence::UnitOfWork;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::{
    lines::Importer,
    sheet::{Faults, Sheet},
};
use crate::http::{Call, Csv, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(create_import);
}

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Customers, known again by code or reference.
    Customers,
    /// Contacts, known again by reference or by customer and e-mail address.
    Contacts,
    /// Services, known again by code or reference.
    Services,
    /// Usages of services, known again by customer, service and first day.
    Usages,
    /// What services cost, known again by customer, service and first day.
    ServiceCosts,
    /// Planned activities, known again by reference.
    PlannedActivities,
}

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct ImportQuery {
    /// What the lines are.
    kind: ImportKind,
    /// Whether to do everything and then take it back.
    dry_run: Option<bool>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It made something new.
    Created,
    /// It changed what there was.
    Changed,
    /// There it was, just so.
    Unchanged,
}

/// A line that made a difference.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedLine {
    /// Its number in the file; the header line is 1.
    line: usize,
    /// What became of it.
    outcome: Outcome,
}

/// What an import did, or what a dry run would have done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Import {
    /// What the lines are.
    kind: ImportKind,
    /// Whether all of it was taken back.
    dry_run: bool,
    /// How many lines made something new.
    created: usize,
    /// How many lines changed what there was.
    changed: usize,
    /// How many lines changed nothing.
    unchanged: usize,
    /// The lines that made a difference.
    #[schema(max_items = 10000)]
    lines: Vec<ImportedLine>,
}

/// Import register data
///
/// A CSV file of one kind of thing, taken in whole or not at all, by the rules of the single operations. The header line
/// names the columns; an empty cell says that there is none, an absent column says nothing.
///
/// - `customers`: `code`, `name`, `status`, `parent` (a code), `legalEntity`, `organisationNumber`
/// - `services`: `code`, `name`, `description`, `status`
/// - `contacts`: `customer` (a code), `name`, `email`, `phone`, `mandate`, `mandateFirstDay`, `mandateLastDay`,
///   `mandateBasis`; a line
///   adds its mandate to those that there are
/// - `usages`: `customer` and `service` (codes), `firstDay`, `lastDay`
/// - `service_costs`: `customer` and `service` (codes), `firstDay`, `lastDay`, `amount`, `currency`, `note`
/// - `planned_activities`: `customer` (a code), `kind`, `title`, `description`, `phase`, `reason`, `firstDay`, `lastDay`,
///   `freezeFirstDay`, `freezeLastDay`, `confidence`, `services` (codes between blanks), `contactEmail`
///
/// All but usages and costs may have `referenceSystem` and `referenceId`, which join the references that there are. At most
/// 10 000 lines and 10 MiB. A 409 names each fault by its place, `/line/column`: 1 000 of them, and how many there are.
#[utoipa::path(tag = "exchange", operation_id = "createImport", params(ImportQuery),
    request_body(content = Csv, content_type = "text/csv", description = "The file.",
        example = "code;name;parent;legalEntity;organisationNumber\r\nKLK;Kommunledningskontoret;;Kommunen;212000-1355\r\nKLK-HR;HR-avdelningen;KLK;Kommunen;212000-1355\r\n"),
    responses((status = 200, description = "What was done, or would be.", body = Import)))]
#[post("/imports")]
async fn create_import(call: Call, how: Query<ImportQuery>, file: Csv) -> Result<Reply, Problem> {
    let ImportQuery { kind, dry_run } = how.0;
    let sheet = Sheet::read(kind, &file.text)?;
    if dry_run.unwrap_or_default() {
        let work = async |unit: &mut UnitOfWork| Reply::plain(&take_in(&call, unit, &sheet, true).await?);
        call.rehearse(&file, work).await
    } else {
        let work = async |unit: &mut UnitOfWork| Reply::plain(&take_in(&call, unit, &sheet, false).await?);
        call.write(&file, work).await
    }
}

/// Takes in every line; one fault anywhere and the unit of work is refused, with all faults of all lines.
async fn take_in(call: &Call, unit: &mut UnitOfWork, sheet: &Sheet, dry_run: bool) -> Result<Import, Problem> {
    let mut importer = Importer::new(call, sheet)?;
    let mut faults = Faults::default();
    let mut outcomes = vec![];
    for line in sheet.in_order() {
        match unit.attempt(async |unit| importer.take_in(unit, line).await).await? {
            Ok(outcome) => outcomes.push((line.number, outcome)),
            Err(problem) => {
                faults.add(sheet.faults(line, problem)?);
                importer.failed(line);
            }
        }
    }
    faults.none()?;
    outcomes.sort_by_key(|(line, _)| *line);
    let count = |wanted: Outcome| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
    Ok(Import {
        kind: sheet.kind,
        dry_run,
        created: count(Outcome::Created),
        changed: count(Outcome::Changed),
        unchanged: count(Outcome::Unchanged),
        lines: outcomes
            .iter()
            .filter(|(_, outcome)| *outcome != Outcome::Unchanged)
            .map(|&(line, outcome)| ImportedLine { line, outcome })
            .collect(),
    })
}
