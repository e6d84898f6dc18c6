//! Lines as they are read and judged, each by itself.
use domain::{
    Rule,
    access::Scope,
    measurements::{BatchOf, Evidence, MeasurementInput},
    satisfaction::{Rating, RatingInput},
    vocabulary::BatchId,
};
use persistence::{Error, UnitOfWork, measurements, measurements::Taken, satisfaction};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{
    Call, Fault, Lines, Problem,
    input::{unfit, write_whole},
    lines::LONGEST,
};

/// What a line tells, when it was judged and breaks no rule.
#[allow(
    async_fn_in_trait,
    reason = "a handler stays on its thread: nothing asks that this be Send"
)]
pub trait Line: Sized + 'static {
    /// As it is written.
    type Told: DeserializeOwned;
    /// What a batch of such lines is made of.
    const OF: BatchOf;
    /// What it tells, or every rule that it breaks.
    fn judge(told: Self::Told, call: &Call) -> Result<Self, Vec<Rule>>;
    /// Stores some of them, in their order; what became of each.
    async fn take_in(unit: &UnitOfWork, scope: &Scope, batch: BatchId, lines: &[Self]) -> Result<Vec<Taken>, Error>;
}

impl Line for Evidence {
    type Told = MeasurementInput;
    const OF: BatchOf = BatchOf::Measurements;
    fn judge(told: MeasurementInput, call: &Call) -> Result<Self, Vec<Rule>> {
        Self::of(told, &call.scope.caller, call.state.clock.now())
    }
    async fn take_in(unit: &UnitOfWork, scope: &Scope, batch: BatchId, lines: &[Self]) -> Result<Vec<Taken>, Error> {
        measurements::take_in(unit, scope, batch, lines).await
    }
}

impl Line for Rating {
    type Told = RatingInput;
    const OF: BatchOf = BatchOf::Ratings;
    fn judge(told: RatingInput, call: &Call) -> Result<Self, Vec<Rule>> {
        let local = |at| call.state.settings.local_date(at);
        Self::of(told, &call.scope.caller, call.state.clock.now(), local)
    }
    async fn take_in(unit: &UnitOfWork, scope: &Scope, batch: BatchId, lines: &[Self]) -> Result<Vec<Taken>, Error> {
        satisfaction::take_in(unit, scope, batch, lines).await
    }
}

/// A line as far as it can be judged by itself.
pub type Judged<L> = (u64, Result<L, Vec<Fault>>);

/// Lines that were read and judged, but not stored yet.
pub struct Reader<L> {
    pub lines: Lines,
    ahead: Vec<Judged<L>>,
    bytes: usize,
    failed: Option<Problem>,
}

impl<L: Line> Reader<L> {
    pub fn of(lines: Lines) -> Self {
        Self {
            lines,
            ahead: vec![],
            bytes: 0,
            failed: None,
        }
    }

    /// Reads on until so much is there, or all. Whoever stops waiting for it finds what was read.
    pub async fn fill(&mut self, call: &Call, most: usize, most_bytes: usize) {
        while self.failed.is_none() && self.ahead.len() < most && self.bytes < most_bytes {
            match self.lines.next().await {
                Ok(Some((number, line))) => {
                    self.bytes += line.as_ref().map_or(0, Vec::len);
                    self.ahead.push((number, judged(call, line)));
                }
                Ok(None) => return,
                Err(problem) => self.failed = Some(problem),
            }
        }
    }

    /// What was read, if it could be read.
    pub fn take(&mut self) -> Result<Vec<Judged<L>>, Problem> {
        self.bytes = 0;
        match self.failed.take() {
            Some(problem) => Err(problem),
            None => Ok(std::mem::take(&mut self.ahead)),
        }
    }
}

/// What a line tells, or all that is wrong with it.
fn judged<L: Line>(call: &Call, line: Option<Vec<u8>>) -> Result<L, Vec<Fault>> {
    let one = |code, detail: String| vec![fault("", code, detail)];
    let line = line.ok_or_else(|| one("max_length", format!("has at most {LONGEST} bytes")))?;
    let line = std::str::from_utf8(&line)
        .map_err(|e| one("encoding", format!("is not UTF-8 from byte {} on", e.valid_up_to() + 1)))?;
    let mut value: Value = serde_json::from_str(line).map_err(|e| {
        one(
            "malformed",
            format!("is not a JSON document: see column {}", e.column()),
        )
    })?;
    let checked = call.operation.check_body(&value);
    write_whole(&mut value);
    let told: Result<L::Told, Problem> = checked.and_then(|()| serde_json::from_value(value).map_err(unfit));
    let told = told.map_err(|problem| match problem {
        Problem::Invalid(faults) => faults,
        other => one("invalid", other.to_string()),
    })?;
    L::judge(told, call).map_err(|rules| rules.into_iter().map(of_rule).collect())
}

fn fault(pointer: &str, code: &str, detail: impl Into<String>) -> Fault {
    Fault {
        pointer: Some(pointer.into()),
        parameter: None,
        code: code.into(),
        detail: detail.into(),
    }
}

pub fn of_rule(rule: Rule) -> Fault {
    fault(
        rule.pointer.as_deref().unwrap_or_default(),
        rule.code.name(),
        rule.detail,
    )
}
