//! From a received document to requests and measurements: mapped, checked against the document's own schemas, applied as
//! the connection's client, all of it or nothing.
use chrono::{DateTime, Utc};
use domain::{
    access::{Caller, Permission, Scope},
    connections::*,
    measurements::{BatchOf, Counts, Evidence, IntakeOutcome, MeasurementInput},
    requests::RequestInput,
    satisfaction::{Rating, RatingInput},
    vocabulary::*,
};
use persistence::{
    UnitOfWork,
    clients::{self, Bearer},
    connections as store, measurements,
    measurements::Taken,
    satisfaction,
    store::Source,
};
use serde_json::{Map, Value};

use crate::{
    State,
    http::{
        Fault, Problem,
        input::{unfit, write_whole},
        problem::Place,
    },
    mapping::Unmapped,
    rooms::{measurements::of_rule, requests},
};

/// An intake document that fits its schema.
pub enum Told {
    /// A request, and which state of it.
    Request(Box<RequestInput>, SourceState, ExternalId),
    /// A measurement.
    Measurement(Box<MeasurementInput>),
    /// A rating.
    Rating(Box<RatingInput>),
}

/// What the mapping made of a document, as far as it can be used.
pub struct Mapped {
    pub output: Vec<Value>,
    pub told: Result<Vec<Told>, DocumentProblem>,
}

/// The kinds of intake documents, and the operation whose body each of them is. Another kind is a line here, a branch in
/// `told` and one in `apply`.
const KINDS: [(&str, &str); 8] = [
    ("wish", "createRequest"),
    ("requirement", "createRequest"),
    ("improvement_suggestion", "createRequest"),
    ("complaint", "createRequest"),
    ("case", "createMeasurements"),
    ("outage", "createMeasurements"),
    ("sample", "createMeasurements"),
    (RATING, "createRatings"),
];
const RATING: &str = "rating";

/// Maps a document as it came.
pub async fn map(
    state: &State,
    connection: &Connection,
    received_at: DateTime<Utc>,
    content: &str,
) -> Result<Mapped, Problem> {
    let mut mapped = Mapped {
        output: vec![],
        told: Ok(vec![]),
    };
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(content) {
        let (line, column) = (e.line(), e.column());
        let detail = format!("The document is not JSON: line {line}, column {column}.");
        mapped.told = Err(problem("unreadable", detail));
        return Ok(mapped);
    }
    match state.mapper.map(connection, received_at, content).await {
        Ok(output) => return Ok(checked(state, connection, output)),
        Err(unmapped) => mapped.told = Err(faulty(unmapped)?),
    }
    Ok(mapped)
}

/// What a mapping made, as far as it can be used.
pub fn checked(state: &State, connection: &Connection, output: Vec<Value>) -> Mapped {
    if !output.iter().all(Value::is_object) {
        let detail = "The mapping makes something that is no object.";
        return Mapped {
            output: vec![],
            told: Err(problem("mapping", detail.into())),
        };
    }
    Mapped {
        told: told_of(state, connection, &output),
        output,
    }
}

/// The mapping's own fault; what is nobody's fault is told as such, and the sender may try again.
pub fn faulty(unmapped: Unmapped) -> Result<DocumentProblem, Problem> {
    match unmapped {
        Unmapped::Fault(fault) => Ok(problem("mapping", fault.to_string())),
        Unmapped::Busy => Err(Problem::Unavailable(persistence::Error::Unavailable(
            Unmapped::Busy.to_string(),
        ))),
        Unmapped::Io(e) => Err(Problem::internal(e)),
    }
}

fn problem(code: &str, detail: String) -> DocumentProblem {
    DocumentProblem {
        code: code.into(),
        detail,
        rule: None,
        errors: vec![],
    }
}

/// Checks every output; all faults are told at once.
fn told_of(state: &State, connection: &Connection, output: &[Value]) -> Result<Vec<Told>, DocumentProblem> {
    let (mut all, mut faults) = (vec![], vec![]);
    for (n, value) in output.iter().enumerate() {
        match told(state, connection, value.clone()) {
            Ok(told) => all.push(told),
            Err(problem) => faults.extend(refusal(&at(n, problem)).errors),
        }
    }
    if faults.is_empty() {
        return Ok(all);
    }
    faults.truncate(1000);
    Err(DocumentProblem {
        errors: faults,
        ..problem("invalid", "What the mapping made does not fit.".into())
    })
}

fn fault(pointer: &str, code: &str, detail: impl Into<String>) -> Problem {
    Problem::Invalid(vec![Fault {
        pointer: Some(pointer.into()),
        parameter: None,
        code: code.into(),
        detail: detail.into(),
    }])
}

/// One output as an intake document.
fn told(state: &State, connection: &Connection, mut value: Value) -> Result<Told, Problem> {
    let kind = value["kind"].as_str().unwrap_or_default();
    let Some((_, operation)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let known = KINDS.map(|(name, _)| name).join(", ");
        return Err(fault("/kind", "unknown_value", format!("is none of {known}")));
    };
    let is_rating = kind == RATING;
    let state_of = match (*operation, value.as_object_mut()) {
        ("createRequest", Some(members)) => Some(source_state(members)?),
        (_, Some(members)) if is_rating => {
            // Whoever sends ratings by themselves need not say what they are.
            members.remove("kind");
            None
        }
        _ => None,
    };
    write_whole(&mut value);
    let operation = state.contract.operations.named(operation).ok_or(Problem::Forbidden)?;
    operation.check_body(&value)?;
    if is_rating {
        let told: RatingInput = serde_json::from_value(value).map_err(unfit)?;
        return Ok(Told::Rating(Box::new(told)));
    }
    let Some(source) = state_of else {
        let told: MeasurementInput = serde_json::from_value(value).map_err(unfit)?;
        return Ok(Told::Measurement(Box::new(told)));
    };
    let input: RequestInput = serde_json::from_value(value).map_err(unfit)?;
    let own = input.references.iter().find(|r| r.system == connection.system);
    let Some(own) = own.map(|reference| reference.id.clone()) else {
        // Without it, a resend would be another request.
        let detail = format!("names what {} calls it", connection.system);
        return Err(fault("/references", "required", detail));
    };
    Ok(Told::Request(Box::new(input), source, own))
}

/// Which state of a request its source tells of; that stands beside what a request's own intake knows.
fn source_state(members: &mut Map<String, Value>) -> Result<SourceState, Problem> {
    let version = match members.remove("sourceVersion") {
        None | Some(Value::Null) => None,
        Some(told) => {
            let version = told.as_i64().filter(|v| (0..=9_007_199_254_740_991).contains(v));
            Some(version.ok_or_else(|| fault("/sourceVersion", "type", "is a whole number from 0 on"))?)
        }
    };
    let time = match members.remove("sourceTime") {
        None | Some(Value::Null) => None,
        Some(told) => {
            let time = told.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            let time = time.ok_or_else(|| fault("/sourceTime", "format", "has the form of a date-time"))?;
            Some(time.with_timezone(&Utc))
        }
    };
    Ok(SourceState { version, time })
}

/// A problem with the place of the output that it is about.
fn at(n: usize, problem: Problem) -> Problem {
    let place = |pointer: Option<&str>| Some(format!("/{n}{}", pointer.unwrap_or_default()));
    match problem {
        Problem::Invalid(faults) => Problem::Invalid(
            faults
                .into_iter()
                .map(|fault| Fault {
                    pointer: place(fault.pointer.as_deref()),
                    ..fault
                })
                .collect(),
        ),
        Problem::Rule(rule) => {
            let pointer = place(rule.pointer.as_deref()).unwrap_or_default();
            Problem::Rule(rule.at(pointer))
        }
        other => other,
    }
}

/// A problem as the log keeps it.
pub fn refusal(problem: &Problem) -> DocumentProblem {
    let place = Place {
        origin: String::new(),
        path: String::new(),
        request_id: String::new(),
        swedish: false,
    };
    let document = problem.document(&place);
    DocumentProblem {
        code: document.code,
        detail: document.detail,
        rule: document.rule.map(Into::into),
        errors: document
            .errors
            .into_iter()
            .map(|fault| DocumentFault {
                pointer: fault.pointer.unwrap_or_default(),
                code: fault.code,
                detail: fault.detail,
            })
            .collect(),
    }
}

/// Whether a problem is the document's or the mapping's, so that it is kept with the document. What is ours is not: the
/// sender is told, and sends again.
pub fn is_kept(problem: &Problem) -> bool {
    !matches!(
        problem,
        Problem::Unavailable(_) | Problem::Internal(_) | Problem::TwinRunning
    )
}

/// The client as which the connection acts, as it is now; none where it was revoked.
pub async fn caller(
    source: &impl Source,
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, Problem> {
    let client = clients::get(source, connection.client.id).await?;
    let bearer = Bearer::Client(client.id, client.scopes);
    // The day plays no part where a client calls.
    Ok(clients::caller(source, &bearer, now.date_naive()).await?)
}

fn permitted(state: &State, operation: &str, caller: &Caller) -> Result<Scope, Problem> {
    let row = Permission::of(operation).ok_or(Problem::Forbidden)?;
    Ok(row.scope(caller, state.settings.other_customers)?)
}

/// Applies what a document tells, in its order.
pub async fn apply(
    state: &State,
    unit: &mut UnitOfWork,
    (connection, caller): (&Connection, &Caller),
    document: DocumentId,
    told: &[Told],
) -> Result<Vec<IntakeResult>, Problem> {
    let mut results = vec![];
    for (n, told) in told.iter().enumerate() {
        let sent = Sent {
            caller,
            document,
            state,
        };
        let applied = match told {
            Told::Request(input, source, own) => {
                request(state, unit, (connection, caller), (input, *source, own)).await
            }
            Told::Measurement(told) => sent.measurement(unit, told).await,
            Told::Rating(told) => sent.rating(unit, told).await,
        };
        results.push(applied.map_err(|problem| at(n, problem))?);
    }
    // One event tells of what a document brought of each.
    for of in [BatchOf::Measurements, BatchOf::Ratings] {
        if told.iter().any(|told| told.batch() == Some(of)) {
            let batch = measurements::open(unit, caller, of, &key(document, of)).await?;
            measurements::close(unit, batch, None).await?;
        }
    }
    Ok(results)
}

/// What the batch of a document's measurements, or ratings, is called.
fn key(document: DocumentId, of: BatchOf) -> String {
    match of {
        BatchOf::Measurements => document.to_string(),
        BatchOf::Ratings => format!("{document}/{of}"),
    }
}

impl Told {
    /// The batch that it belongs to.
    fn batch(&self) -> Option<BatchOf> {
        match self {
            Self::Request(..) => None,
            Self::Measurement(_) => Some(BatchOf::Measurements),
            Self::Rating(_) => Some(BatchOf::Ratings),
        }
    }
}

async fn request(
    state: &State,
    unit: &mut UnitOfWork,
    (connection, caller): (&Connection, &Caller),
    (input, source, own): (&RequestInput, SourceState, &ExternalId),
) -> Result<IntakeResult, Problem> {
    let scope = permitted(state, "createRequest", caller)?;
    let result = |outcome, request| IntakeResult {
        kind: IntakeKind::Request,
        outcome,
        reference: own.clone(),
        request,
        waits: false,
    };
    let last = match source.is_told() {
        true => store::source_state(unit, &connection.system, own).await?,
        false => SourceState::default(),
    };
    if let Some(outcome) = source.against(&last) {
        return Ok(result(outcome, None));
    }
    let before = unit.recorded();
    let (request, _) = requests::tell(&scope, unit, &state.settings, input.clone()).await?;
    if source.is_told() {
        store::set_source_state(unit, &connection.system, own, source.after(last)).await?;
    }
    let outcome = match unit.recorded() > before {
        true => DocumentOutcome::Applied,
        false => DocumentOutcome::Unchanged,
    };
    Ok(result(outcome, Some(request.id)))
}

/// Evidence that a document brought.
struct Sent<'a> {
    state: &'a State,
    caller: &'a Caller,
    document: DocumentId,
}

impl Sent<'_> {
    async fn measurement(&self, unit: &mut UnitOfWork, told: &MeasurementInput) -> Result<IntakeResult, Problem> {
        let kind = match told {
            MeasurementInput::Outage(_) => IntakeKind::Outage,
            MeasurementInput::Case(_) => IntakeKind::Case,
            MeasurementInput::Sample(_) => IntakeKind::Sample,
        };
        let scope = permitted(self.state, "createMeasurements", self.caller)?;
        let evidence = Evidence::of(told.clone(), self.caller, unit.now()).map_err(broken)?;
        let batch = self.open(unit, BatchOf::Measurements).await?;
        let taken = measurements::take_in(unit, &scope, batch, &[evidence]).await?;
        result(unit, batch, (kind, told.source_id()), taken).await
    }

    async fn rating(&self, unit: &mut UnitOfWork, told: &RatingInput) -> Result<IntakeResult, Problem> {
        let scope = permitted(self.state, "createRatings", self.caller)?;
        let local = |at| self.state.settings.local_date(at);
        let rating = Rating::of(told.clone(), self.caller, unit.now(), local).map_err(broken)?;
        let batch = self.open(unit, BatchOf::Ratings).await?;
        let taken = satisfaction::take_in(unit, &scope, batch, &[rating]).await?;
        result(unit, batch, (IntakeKind::Rating, &told.source_id), taken).await
    }

    /// A batch of the document's own, as for any that is sent.
    async fn open(&self, unit: &UnitOfWork, of: BatchOf) -> Result<BatchId, Problem> {
        Ok(measurements::open(unit, self.caller, of, &key(self.document, of)).await?)
    }
}

fn broken(rules: Vec<domain::Rule>) -> Problem {
    Problem::Invalid(rules.into_iter().map(of_rule).collect())
}

/// What became of one piece of evidence, which counts in its batch.
async fn result(
    unit: &UnitOfWork,
    batch: BatchId,
    (kind, reference): (IntakeKind, &ExternalId),
    taken: Vec<Taken>,
) -> Result<IntakeResult, Problem> {
    let taken = taken.into_iter().next().ok_or(Problem::NotFound)?;
    let mut counts = Counts::default();
    counts.add(taken.outcome);
    measurements::count(unit, batch, &counts).await?;
    if let Some(rule) = taken.fault {
        return Err(rule.into());
    }
    let outcome = match taken.outcome {
        IntakeOutcome::Accepted | IntakeOutcome::Correction | IntakeOutcome::Quarantined => DocumentOutcome::Applied,
        IntakeOutcome::Outdated => DocumentOutcome::Stale,
        IntakeOutcome::Duplicate => DocumentOutcome::Duplicate,
        IntakeOutcome::Rejected => DocumentOutcome::Failed,
    };
    Ok(IntakeResult {
        kind,
        outcome,
        reference: reference.clone(),
        request: None,
        waits: taken.outcome == IntakeOutcome::Quarantined,
    })
}
