//! The way of a batch: lines in by the chunk, each chunk stored in a unit of work, then answered.
use std::pin::pin;

use actix_web::{HttpResponse, http::header, web::Bytes};
use domain::{
    measurements::{Counts, IntakeOutcome},
    vocabulary::BatchId,
};
use futures_util::{
    future::{Either, select},
    stream,
};
use persistence::{UnitOfWork, measurements as store};
use serde::Serialize;
use utoipa::ToSchema;

use super::reader::{Judged, Line, Reader, of_rule};
use crate::http::{Call, Fault, Lines, Problem, lines::NDJSON, problem::Document};

/// How many lines are stored at a time, and how many bytes of them.
const CHUNK: usize = 1000;
const CHUNK_BYTES: usize = 1024 * 1024;
/// What is taken in as a whole is held as a whole.
const MOST_AT_ONCE: usize = 10_000;
const MOST_BYTES_AT_ONCE: usize = 10 * 1024 * 1024;
/// How many lines, or faults, a single document names.
const MOST_NAMED: usize = 1000;

/// What became of all lines.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IntakeSummary {
    /// What the sender calls the batch.
    #[schema(min_length = 1, max_length = 100, pattern = "^[!-~]+$", example = "2026-03-02")]
    batch: String,
    /// How many lines became what, this time.
    counts: Counts,
    /// SHA-256 of the lines as they were received, their encoding undone, in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    digest: String,
}

/// A line of the answer: what became of a line, or at the end the summary, or the problem that kept the rest from being
/// taken in.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IntakeLine {
    /// The number of the line that was sent; the first is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    line: Option<u64>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<IntakeOutcome>,
    /// Why it was rejected: each fault with its place in the line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    errors: Vec<Fault>,
    /// What became of all lines; the last line of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<IntakeSummary>,
    /// Why the lines that were not answered were not taken in; the last line of the answer, instead of the summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Document>,
}

/// What became of all lines, in one document.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntakeReport {
    /// What became of all lines.
    summary: IntakeSummary,
    /// The first lines that were neither accepted nor a duplicate.
    #[schema(max_items = 1000)]
    lines: Vec<IntakeLine>,
    /// How many more such lines there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    more: u64,
}

/// A batch that is coming in.
pub struct Intake<L> {
    call: Call,
    key: String,
    batch: Option<BatchId>,
    reader: Reader<L>,
    counts: Counts,
    ended: bool,
}

type Stored = (BatchId, Counts, Vec<IntakeLine>);

/// What storing needs to know of the batch.
struct Parts<'a> {
    call: &'a Call,
    key: &'a str,
    batch: Option<BatchId>,
}

impl Parts<'_> {
    /// Stores what can be stored; `whole`: all of it, or nothing. `digest` is of all lines, with the last of them.
    async fn store<L: Line>(
        &self,
        judged: Vec<Judged<L>>,
        digest: Option<String>,
        whole: bool,
    ) -> Result<Stored, Problem> {
        let (mut told, mut fit, mut places) = (vec![], vec![], vec![]);
        for (n, (number, line)) in judged.into_iter().enumerate() {
            let (outcome, errors) = match line {
                Ok(line) => {
                    fit.push(line);
                    places.push(n);
                    (None, vec![])
                }
                Err(faults) => (Some(IntakeOutcome::Rejected), faults),
            };
            told.push(IntakeLine {
                line: Some(number),
                outcome,
                errors,
                ..IntakeLine::default()
            });
        }
        if whole {
            refused(&told)?;
        }
        let rejected = i64::try_from(told.len() - fit.len()).unwrap_or(i64::MAX);
        let scope = &self.call.scope;
        let work = async |unit: &mut UnitOfWork| {
            let batch = match self.batch {
                Some(batch) => batch,
                None => store::open(unit, &scope.caller, L::OF, self.key).await?,
            };
            let mut taken = Vec::with_capacity(fit.len());
            for fit in fit.chunks(CHUNK) {
                taken.extend(L::take_in(unit, scope, batch, fit).await?);
            }
            if whole {
                let places = places.iter().zip(&taken);
                let told = places.map(|(n, taken)| told_of(told[*n].line, taken.clone()));
                refused(&told.collect::<Vec<_>>())?;
            }
            let mut counts = Counts {
                rejected,
                ..Counts::default()
            };
            taken.iter().for_each(|taken| counts.add(taken.outcome));
            store::count(unit, batch, &counts).await?;
            if let Some(digest) = &digest {
                store::close(unit, batch, Some(digest.clone())).await?;
            }
            Ok((batch, taken, counts))
        };
        let (batch, taken, counts) = self.call.write_part(work).await?;
        for (n, taken) in places.into_iter().zip(taken) {
            told[n] = told_of(told[n].line, taken);
        }
        Ok((batch, counts, told))
    }
}

impl<L: Line> Intake<L> {
    pub fn of(call: Call, key: String, lines: Lines) -> Self {
        Self {
            call,
            key,
            batch: None,
            reader: Reader::of(lines),
            counts: Counts::default(),
            ended: false,
        }
    }

    /// Takes in the next lines and says what became of each; none when there are no more. While the database stores
    /// them, those after them are read and judged.
    async fn next(&mut self) -> Result<Option<Vec<IntakeLine>>, Problem> {
        if self.ended {
            return Ok(None);
        }
        self.reader.fill(&self.call, CHUNK, CHUNK_BYTES).await;
        let judged = self.reader.take()?;
        let digest = self.reader.lines.ended().then(|| self.reader.lines.digest());
        self.ended = digest.is_some();
        let parts = Parts {
            call: &self.call,
            key: &self.key,
            batch: self.batch,
        };
        let stored = {
            let storing = pin!(parts.store(judged, digest, false));
            let reading = pin!(self.reader.fill(&self.call, CHUNK, CHUNK_BYTES));
            match select(storing, reading).await {
                Either::Left((stored, _)) => stored?,
                Either::Right(((), storing)) => storing.await?,
            }
        };
        Ok(Some(self.stored(stored)))
    }

    fn stored(&mut self, (batch, counts, told): Stored) -> Vec<IntakeLine> {
        self.batch = Some(batch);
        self.counts = self.counts.and(counts);
        told
    }

    fn summary(&self) -> IntakeSummary {
        IntakeSummary {
            batch: self.key.clone(),
            counts: self.counts,
            digest: self.reader.lines.digest(),
        }
    }

    fn last_line(&self) -> IntakeLine {
        IntakeLine {
            summary: Some(self.summary()),
            ..IntakeLine::default()
        }
    }

    /// The lines of the answer as the lines of the body are stored. What goes wrong with the first of them is a problem
    /// as always; later the head has been sent, and the last line tells it.
    pub async fn answer_in_lines(mut self) -> Result<HttpResponse, Problem> {
        let mut first = self.next().await?.unwrap_or_default();
        if self.ended {
            first.push(self.last_line());
            return Ok(in_lines().body(text(&first)));
        }
        let rest = stream::unfold(Some(self), async |intake| {
            let mut intake = intake?;
            let (lines, intake) = match intake.next().await {
                Ok(Some(lines)) => (lines, Some(intake)),
                Ok(None) => (vec![intake.last_line()], None),
                Err(problem) => {
                    let problem = Some(intake.call.late(&problem));
                    let last = IntakeLine {
                        problem,
                        ..IntakeLine::default()
                    };
                    (vec![last], None)
                }
            };
            Some((Ok::<_, actix_web::Error>(Bytes::from(text(&lines))), intake))
        });
        let first = stream::once(std::future::ready(Ok(Bytes::from(text(&first)))));
        Ok(in_lines().streaming(futures_util::StreamExt::chain(first, rest)))
    }

    /// One document when all lines have been stored.
    pub async fn report(mut self) -> Result<HttpResponse, Problem> {
        let (mut named, mut more) = (vec![], 0);
        while let Some(lines) = self.next().await? {
            name(lines, &mut named, &mut more);
        }
        Ok(self.reported(named, more))
    }

    fn reported(&self, lines: Vec<IntakeLine>, more: u64) -> HttpResponse {
        HttpResponse::Ok().json(IntakeReport {
            summary: self.summary(),
            lines,
            more,
        })
    }

    /// All lines in one unit of work, or none. They are read first: nobody is kept waiting by a slow sender.
    pub async fn at_once(mut self, as_lines: bool) -> Result<HttpResponse, Problem> {
        let (most, most_bytes) = (MOST_AT_ONCE + 1, MOST_BYTES_AT_ONCE);
        self.reader.fill(&self.call, most, most_bytes).await;
        let judged = self.reader.take()?;
        if !self.reader.lines.ended() {
            return Err(Problem::TooLarge { limit: most_bytes });
        }
        let parts = Parts {
            call: &self.call,
            key: &self.key,
            batch: None,
        };
        let stored = parts.store(judged, Some(self.reader.lines.digest()), true).await?;
        let mut lines = self.stored(stored);
        if as_lines {
            lines.push(self.last_line());
            return Ok(in_lines().body(text(&lines)));
        }
        let (mut named, mut more) = (vec![], 0);
        name(lines, &mut named, &mut more);
        Ok(self.reported(named, more))
    }
}

fn told_of(line: Option<u64>, taken: store::Taken) -> IntakeLine {
    IntakeLine {
        line,
        outcome: Some(taken.outcome),
        errors: taken.fault.map(of_rule).into_iter().collect(),
        ..IntakeLine::default()
    }
}

/// Refuses all lines where one was rejected, with all faults, each with its line before it.
fn refused(lines: &[IntakeLine]) -> Result<(), Problem> {
    let place = |line: &IntakeLine, fault: &Fault| {
        let pointer = fault.pointer.as_deref().unwrap_or_default();
        format!("/{}{pointer}", line.line.unwrap_or_default())
    };
    let mut faults: Vec<Fault> = lines
        .iter()
        .flat_map(|line| line.errors.iter().map(move |fault| (line, fault)))
        .map(|(line, fault)| Fault {
            pointer: Some(place(line, fault)),
            ..fault.clone()
        })
        .collect();
    let more = faults.len().saturating_sub(MOST_NAMED);
    faults.truncate(MOST_NAMED);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Problem::Lines { faults, more }),
    }
}

/// Adds the lines that a report names.
fn name(lines: Vec<IntakeLine>, named: &mut Vec<IntakeLine>, more: &mut u64) {
    let quiet = [Some(IntakeOutcome::Accepted), Some(IntakeOutcome::Duplicate)];
    for line in lines.into_iter().filter(|line| !quiet.contains(&line.outcome)) {
        if named.len() < MOST_NAMED {
            named.push(line);
        } else {
            *more += 1;
        }
    }
}

/// Answers are not compressed: a compressor would hold back what was stored.
fn in_lines() -> actix_web::HttpResponseBuilder {
    let mut reply = HttpResponse::Ok();
    reply
        .content_type(NDJSON)
        .insert_header((header::CONTENT_ENCODING, "identity"));
    reply
}

fn text(lines: &[IntakeLine]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.len() * 40);
    for line in lines {
        // Numbers, words and texts: nothing that JSON could not hold.
        let _ = serde_json::to_writer(&mut text, line);
        text.push(b'\n');
    }
    text
}
