//! The backlog as a table to take away: CSV for tools, a workbook for people.
use actix_web::{HttpResponse, get, http::header, web};
use domain::{Rule, RuleCode, requests::*, vocabulary::*};
use persistence::{Paging, requests as store};
use rust_xlsxwriter::{Format as Look, Workbook, XlsxError};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::http::{Call, Problem, Query, Routes, table::harmless};

pub fn routes(routes: &mut Routes) {
    routes.service(get_backlog);
}

/// The most requests that a table holds; more are refused, never cut off.
const MOST: u64 = 10_000;
/// How many requests are read at a time.
const AT_A_TIME: u64 = 200;

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// As what the table is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TableFormat {
    /// Text with commas, for tools.
    Csv,
    /// A workbook (Office Open XML), for spreadsheets.
    Xlsx,
}

/// Which requests, and as what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BacklogQuery {
    /// CSV or a workbook; unless told what `Accept` prefers, else CSV.
    #[param(inline)]
    format: Option<TableFormat>,
    /// Of this customer.
    customer: Option<CustomerId>,
    /// In this status; none: in any in which somebody still has something to do.
    status: Option<RequestStatus>,
    /// Last handed over to this destination.
    destination: Option<Destination>,
    /// Concerning this service.
    service: Option<ServiceId>,
}

impl BacklogQuery {
    fn format(&self, call: &Call) -> TableFormat {
        let preferred = || match call.prefers(&[CSV, XLSX]) {
            Some(XLSX) => TableFormat::Xlsx,
            _ => TableFormat::Csv,
        };
        self.format.unwrap_or_else(preferred)
    }
}

/// A table as text, as the document describes it.
struct BacklogCsv;

impl PartialSchema for BacklogCsv {
    fn schema() -> RefOr<Schema> {
        let example =
            "number,customer,customerName,kind,status,…\nREQ-2026-000123,ECON,Ekonomiavdelningen,wish,routed,…";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(100_000_000))
            .pattern(Some("^number,"))
            .examples([serde_json::Value::from(example)])
            .description(Some("A line for each request, with the names of the members."))
            .into()
    }
}
impl ToSchema for BacklogCsv {}

/// A workbook, as the document describes it.
struct Xlsx;

impl PartialSchema for Xlsx {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(100_000_000))
            .pattern(Some("^PK"))
            .examples([serde_json::Value::from("PK…")])
            .description(Some("A workbook of one sheet (ISO/IEC 29500)."))
            .into()
    }
}
impl ToSchema for Xlsx {}

/// What the columns are called, and how what stands in them is told of a request.
type Column = (&'static str, fn(&Request) -> String);

const COLUMNS: &[Column] = &[
    ("number", |r| r.number.clone()),
    ("customer", |r| r.customer.code.to_string()),
    ("customerName", |r| r.customer.name.to_string()),
    ("kind", |r| r.kind.to_string()),
    ("status", |r| r.status.to_string()),
    ("title", |r| r.title.to_string()),
    ("description", |r| told(r.description.as_ref())),
    ("benefit", |r| told(r.benefit.as_ref())),
    ("resources", |r| told(r.resources.as_ref())),
    ("services", |r| listed(r.services.iter().map(|s| s.code.to_string()))),
    ("score", |r| told(r.score)),
    ("customersBehind", |r| r.customers_behind.to_string()),
    ("wantedBy", |r| told(r.wanted_by)),
    ("raisedBy", |r| r.raised_by.name.to_string()),
    ("endorsedBy", |r| {
        let counting = r.endorsements.iter().filter(|e| e.counts());
        listed(counting.map(|e| e.contact.name.to_string()))
    }),
    ("destination", |r| of(r, |h| Some(h.destination))),
    ("handOverState", |r| of(r, |h| Some(h.state))),
    ("routedAt", |r| of(r, |h| Some(time(h.routed_at)))),
    ("destinationReference", |r| {
        of(r, |h| Some(h.acknowledgement.as_ref()?.reference.clone()))
    }),
    ("decision", |r| of(r, |h| Some(h.decision.as_ref()?.outcome))),
    ("decisionReason", |r| of(r, |h| h.decision.as_ref()?.reason.clone())),
    ("plannedDay", |r| of(r, |h| h.decision.as_ref()?.planned_day)),
    ("dueDay", |r| told(r.due_day)),
    ("overdue", |r| r.overdue.to_string()),
    ("receivedAt", |r| time(r.received_at)),
    ("changedAt", |r| time(r.changed_at)),
];

fn told(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What the latest hand-over tells.
fn of<T: ToString>(request: &Request, tell: impl Fn(&HandOver) -> Option<T>) -> String {
    told(request.hand_over.as_ref().and_then(tell))
}

/// Show the backlog as a table
///
/// The requests that you may see and in which somebody still has something to do, with what their destinations said: CSV, or
/// a workbook for spreadsheets. At most 10,000 in one table; more are refused, with the way to fewer.
#[utoipa::path(tag = "requests", operation_id = "getBacklog", params(BacklogQuery), responses(
    (status = 200, description = "The table.", content((BacklogCsv = "text/csv"),
        (Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    (status = 409, description = "There are too many for one table.")))]
#[get("/backlog")]
async fn get_backlog(call: Call, query: Query<BacklogQuery>) -> Result<HttpResponse, Problem> {
    let format = query.0.format(&call);
    let requests = requests(&call, query.0).await?;
    let (media, ending, table) = match format {
        TableFormat::Csv => ("text/csv; charset=utf-8", "csv", as_text(&requests)?),
        TableFormat::Xlsx => {
            // Packing it takes a processor for a while.
            let book = web::block(move || as_workbook(&requests))
                .await
                .map_err(Problem::internal)?;
            (XLSX, "xlsx", book.map_err(Problem::internal)?)
        }
    };
    let name = format!("attachment; filename=\"backlog-{}.{ending}\"", call.today());
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(table))
}

async fn requests(call: &Call, asked: BacklogQuery) -> Result<Vec<Request>, Problem> {
    let filter = store::Filter {
        customer: asked.customer,
        open: asked.status.is_none().then_some(true),
        status: asked.status,
        destination: asked.destination,
        service: asked.service,
        ..Default::default()
    };
    let mut paging = Paging {
        count: true,
        ..Paging::first(AT_A_TIME)
    };
    let mut all = vec![];
    loop {
        let page = store::list(&call.reader(), &call.scope, &filter, &paging, call.today()).await?;
        if page.total.is_some_and(|total| total > MOST) {
            let total = page.total.unwrap_or_default();
            let detail = format!(
                "There are {total}, and a table holds {MOST}; ask for a customer, a destination, a service or a status."
            );
            return Err(Rule::new(RuleCode::State, detail).into());
        }
        all.extend(page.items);
        paging.count = false;
        paging.after = page.next;
        if paging.after.is_none() {
            return Ok(all);
        }
    }
}

fn as_text(requests: &[Request]) -> Result<Vec<u8>, Problem> {
    let mut table = csv::Writer::from_writer(vec![]);
    table
        .write_record(COLUMNS.iter().map(|(name, _)| name))
        .map_err(Problem::internal)?;
    for request in requests {
        let cells = COLUMNS.iter().map(|(_, cell)| harmless(cell(request)));
        table.write_record(cells).map_err(Problem::internal)?;
    }
    table.into_inner().map_err(Problem::internal)
}

fn as_workbook(requests: &[Request]) -> Result<Vec<u8>, XlsxError> {
    /// The longest text that a cell holds.
    const LONGEST: usize = 32_767;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Backlog")?;
    let bold = Look::new().set_bold();
    for (column, (name, _)) in (0u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, request) in (1u32..).zip(requests) {
        for (column, (_, cell)) in (0u16..).zip(COLUMNS) {
            let text: String = cell(request).chars().take(LONGEST).collect();
            sheet.write_string(row, column, text)?;
        }
    }
    let last = u16::try_from(COLUMNS.len() - 1).unwrap_or_default();
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, u32::try_from(requests.len()).unwrap_or_default(), last)?;
    book.save_to_buffer()
}
