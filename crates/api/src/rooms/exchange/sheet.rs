//! A CSV file as lines of named cells, and faults by line and column.
use std::collections::HashMap;

use serde_json::{Value, json};

use super::ImportKind;
use crate::http::{Fault, Problem};

/// How many lines a file may have below its header.
const MOST_LINES: usize = 10_000;
/// How many faults are told.
const MOST_FAULTS: usize = 1000;

/// A column, and where its cells stand in a document of the API; of a list, the one item that a line tells of.
pub struct Column {
    name: &'static str,
    place: &'static [&'static str],
    required: bool,
}

const fn column(name: &'static str, place: &'static [&'static str]) -> Column {
    Column {
        name,
        place,
        required: false,
    }
}

const fn required(name: &'static str, place: &'static [&'static str]) -> Column {
    Column {
        name,
        place,
        required: true,
    }
}

const REFERENCE_SYSTEM: Column = column("referenceSystem", &["references", "system"]);
const REFERENCE_ID: Column = column("referenceId", &["references", "id"]);

const CUSTOMERS: &[Column] = &[
    required("code", &["code"]),
    column("name", &["name"]),
    column("status", &["status"]),
    column("parent", &["parent"]),
    column("legalEntity", &["legalEntity", "name"]),
    column("organisationNumber", &["legalEntity", "organisationNumber"]),
    REFERENCE_SYSTEM,
    REFERENCE_ID,
];
const SERVICES: &[Column] = &[
    required("code", &["code"]),
    column("name", &["name"]),
    column("description", &["description"]),
    column("status", &["status"]),
    REFERENCE_SYSTEM,
    REFERENCE_ID,
];
const CONTACTS: &[Column] = &[
    required("customer", &["customer"]),
    column("name", &["name"]),
    column("email", &["email"]),
    column("phone", &["phone"]),
    column("mandate", &["mandates", "kind"]),
    column("mandateFirstDay", &["mandates", "firstDay"]),
    column("mandateLastDay", &["mandates", "lastDay"]),
    column("mandateBasis", &["mandates", "basis"]),
    REFERENCE_SYSTEM,
    REFERENCE_ID,
];
const USAGES: &[Column] = &[
    required("customer", &["customer"]),
    required("service", &["service"]),
    required("firstDay", &["firstDay"]),
    column("lastDay", &["lastDay"]),
];

const SERVICE_COSTS: &[Column] = &[
    required("customer", &["customer"]),
    required("service", &["service"]),
    required("firstDay", &["firstDay"]),
    required("lastDay", &["lastDay"]),
    required("amount", &["cost", "amount"]),
    required("currency", &["cost", "currency"]),
    column("note", &["note"]),
];

const PLANNED_ACTIVITIES: &[Column] = &[
    required("customer", &["customer"]),
    column("kind", &["kind"]),
    column("title", &["title"]),
    column("description", &["description"]),
    column("phase", &["phase"]),
    column("reason", &["reason"]),
    column("firstDay", &["period", "firstDay"]),
    column("lastDay", &["period", "lastDay"]),
    column("freezeFirstDay", &["freeze", "firstDay"]),
    column("freezeLastDay", &["freeze", "lastDay"]),
    column("confidence", &["confidence"]),
    column("services", &["services"]),
    column("contactEmail", &["contact"]),
    REFERENCE_SYSTEM,
    REFERENCE_ID,
];

/// A file.
pub struct Sheet {
    /// What its lines are.
    pub kind: ImportKind,
    columns: Vec<&'static Column>,
    lines: Vec<Line>,
}

/// A line below the header.
pub struct Line {
    /// Its number; the header line is 1.
    pub number: usize,
    cells: HashMap<&'static str, String>,
    count: usize,
}

impl Line {
    /// What stands in a column; nothing where the column is absent or the cell empty.
    pub fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map(String::as_str).unwrap_or_default()
    }
}

/// A CSV file: what its header line names, and the lines below it with their numbers; the header line is 1.
pub struct Table {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The lines' cells.
    pub lines: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads a file with a header line.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let unreadable = |e: csv::Error| Problem::Malformed(format!("The file is not CSV: {e}."));
        let first = text.lines().next().unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if first.contains(';') { b';' } else { b',' })
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(unreadable)?.iter().map(Into::into).collect();
        let (mut lines, mut number, mut counted) = (vec![], 1, 0);
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            if lines.len() == MOST_LINES {
                let detail = format!("has at most {MOST_LINES} lines below its header; send it in parts");
                return Err(Faults::one("", "max_items", detail));
            }
            // The reader's place of a record may lie before the line breaks in front of it.
            let place = record.position().and_then(|p| usize::try_from(p.byte()).ok());
            let rest = text.get(place.unwrap_or(counted)..).unwrap_or_default();
            let begin = text.len() - rest.trim_start_matches(['\r', '\n']).len();
            number += text.get(counted..begin).unwrap_or_default().matches('\n').count();
            counted = begin;
            lines.push((number, record.iter().map(Into::into).collect()));
        }
        Ok(Self { header, lines })
    }
}

/// What is said of a line that has another number of cells than the header line.
pub fn wrong_count(are: usize, wanted: usize) -> String {
    format!("has {are} cells, where the header line has {wanted}")
}

impl Sheet {
    /// Reads a file whose header line names columns of this kind.
    pub fn read(kind: ImportKind, text: &str) -> Result<Self, Problem> {
        let table = Table::read(text)?;
        let columns = columns(kind, &table.header)?;
        let line = |(number, cells): (usize, Vec<String>)| Line {
            number,
            count: cells.len(),
            cells: columns.iter().map(|column| column.name).zip(cells).collect(),
        };
        let lines = table.lines.into_iter().map(line).collect();
        Ok(Self { kind, columns, lines })
    }

    /// The lines, each customer after the one that it is a part of.
    pub fn in_order(&self) -> Vec<&Line> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        if self.kind == ImportKind::Customers {
            let parents: HashMap<&str, &str> = lines.iter().map(|l| (l.cell("code"), l.cell("parent"))).collect();
            let depth = |line: &&Line| {
                // A circle is refused where it is closed; here it only must end.
                std::iter::successors(parents.get(line.cell("code")), |parent| parents.get(**parent))
                    .take(domain::customers::DEEPEST + 1)
                    .count()
            };
            lines.sort_by_cached_key(depth);
        }
        lines
    }

    /// What a line tells, as a document of the API: null for an empty cell, a list's item in the list's place.
    pub fn document(&self, line: &Line) -> Result<Value, Problem> {
        if line.count != self.columns.len() {
            return Err(Faults::one("", "cells", wrong_count(line.count, self.columns.len())));
        }
        let mut document = json!({});
        for column in &self.columns {
            let cell = line.cell(column.name);
            let value = if cell.is_empty() { Value::Null } else { cell.into() };
            match *column.place {
                [member] => document[member] = value,
                [member, inner] => document[member][inner] = value,
                _ => {}
            }
        }
        Ok(document)
    }

    /// The faults of a line; an error that is no line's fault stays what it is.
    pub fn faults(&self, line: &Line, problem: Problem) -> Result<Vec<Fault>, Problem> {
        let at = |pointer: &str| match self.column_at(pointer) {
            Some(column) => format!("/{}/{}", line.number, column.name),
            None => format!("/{}", line.number),
        };
        let fault = |pointer: &str, code: &str, detail: String| Fault {
            pointer: Some(at(pointer)),
            parameter: None,
            code: code.into(),
            detail,
        };
        match problem {
            Problem::Invalid(faults) | Problem::Lines { faults, .. } => {
                let told = |f: Fault| fault(f.pointer.as_deref().unwrap_or_default(), &f.code, f.detail);
                Ok(faults.into_iter().map(told).collect())
            }
            Problem::Rule(rule) => {
                let pointer = rule.pointer.as_deref().unwrap_or_default();
                Ok(vec![fault(pointer, rule.code.name(), rule.detail)])
            }
            // What exists beyond the caller's customers is told no more of than what does not (R20).
            Problem::NotPermitted | Problem::NotFound => {
                let detail = "is not within what you may import".to_owned();
                Ok(vec![fault("", "not_permitted", detail)])
            }
            other => Err(other),
        }
    }

    /// The column for a place in a document, given as a JSON pointer.
    fn column_at(&self, pointer: &str) -> Option<&'static Column> {
        let members = pointer.split('/').skip(1).filter(|m| m.parse::<usize>().is_err());
        let place: Vec<&str> = members.collect();
        let fits = |c: &&&'static Column| c.place.starts_with(&place) || place.starts_with(c.place);
        match place[..] {
            [] => None,
            _ => kinds_columns(self.kind).iter().find(|c| fits(&c)),
        }
    }
}

fn kinds_columns(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Customers => CUSTOMERS,
        ImportKind::Contacts => CONTACTS,
        ImportKind::Services => SERVICES,
        ImportKind::Usages => USAGES,
        ImportKind::ServiceCosts => SERVICE_COSTS,
        ImportKind::PlannedActivities => PLANNED_ACTIVITIES,
    }
}

/// The columns that the header line names.
fn columns(kind: ImportKind, names: &[String]) -> Result<Vec<&'static Column>, Problem> {
    let known = kinds_columns(kind);
    let mut faults = Faults::default();
    let mut columns: Vec<&'static Column> = vec![];
    for (i, name) in names.iter().enumerate() {
        let place = format!("/1/{}", i + 1);
        match known.iter().find(|column| column.name == *name) {
            None => {
                let all: Vec<&str> = known.iter().map(|column| column.name).collect();
                let detail = format!("is not a column of this kind of file; known are: {}", all.join(", "));
                faults.push(place, "unknown", detail);
            }
            Some(column) if columns.iter().any(|c| c.name == column.name) => {
                faults.push(place, "repeated", "stands here more than once".into());
            }
            Some(column) => columns.push(column),
        }
    }
    for missing in known
        .iter()
        .filter(|c| c.required && !names.iter().any(|n| n == c.name))
    {
        faults.push(format!("/1/{}", missing.name), "required", "is required".into());
    }
    faults.none()?;
    Ok(columns)
}

/// Faults that were found: so many are told, the others counted.
#[derive(Default)]
pub struct Faults {
    told: Vec<Fault>,
    more: usize,
}

impl Faults {
    fn one(pointer: &str, code: &str, detail: String) -> Problem {
        let mut faults = Self::default();
        faults.push(pointer.into(), code, detail);
        faults.into()
    }

    /// Adds a fault.
    pub fn push(&mut self, pointer: String, code: &str, detail: String) {
        self.add(vec![Fault {
            pointer: Some(pointer),
            parameter: None,
            code: code.into(),
            detail,
        }]);
    }

    /// Adds what was found.
    pub fn add(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            if self.told.len() < MOST_FAULTS {
                self.told.push(fault);
            } else {
                self.more += 1;
            }
        }
    }

    /// Refuses, if there is any.
    pub fn none(self) -> Result<(), Problem> {
        if self.told.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl From<Faults> for Problem {
    fn from(mut faults: Faults) -> Self {
        let line = |f: &Fault| {
            f.pointer
                .as_deref()
                .and_then(|p| p.split('/').nth(1)?.parse::<u64>().ok())
        };
        faults.told.sort_by_key(line);
        Self::Lines {
            faults: faults.told,
            more: faults.more,
        }
    }
}
