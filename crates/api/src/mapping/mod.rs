//! The mapping of a received document, in a child of this very program: it bounds its own memory and time, is killed
//! when it takes too long, and gets nothing of this process's surroundings.
pub mod child;

use std::{
    collections::HashMap,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{
    connections::{Connection, MOST_OUTPUTS},
    vocabulary::*,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::{AcquireError, Semaphore},
};

/// Bytes of memory that a mapping may use.
const MEMORY: u64 = 128 * 1024 * 1024;
/// Seconds of computing that a mapping may use.
const SECONDS: u64 = 2;
/// How long it may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest output of a mapping, in bytes.
const LARGEST_OUTPUT: usize = 1024 * 1024;
/// How long a document waits for its turn.
const QUEUE: Duration = Duration::from_secs(10);
/// How many documents of one connection are seen to: one is mapped, the others wait.
const IN_LINE: usize = 20;

/// What the child is asked.
#[derive(Serialize, Deserialize)]
struct Job {
    program: String,
    system: String,
    received_at: String,
    /// The received document as text; none: only whether the program can be compiled.
    input: Option<String>,
}

/// What the child says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Made {
    Output(Vec<Value>),
    Fault(Fault),
}

/// Why a mapping gave nothing, and where in its program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    line: Option<usize>,
    column: Option<usize>,
    detail: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What a program says of itself may hold anything; here it becomes one line.
        let detail = self.detail.chars().map(|c| if c.is_control() { ' ' } else { c });
        let detail: String = detail.take(1500).collect();
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "Line {line}, column {column} of the mapping: {detail}."),
            _ => f.write_str(&detail),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unmapped {
    /// It is the mapping's fault, or the document's.
    #[error("{0}")]
    Fault(Fault),
    /// Too many documents came at once.
    #[error("too many documents came at once")]
    Busy,
    /// The child could not be started or spoken to.
    #[error("the mapping could not be run: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs mappings, so many at a time, and of each connection one: whose mapping loops keeps nobody else waiting.
pub struct Mapper {
    program: PathBuf,
    places: Semaphore,
    lines: Mutex<HashMap<ConnectionId, Weak<Semaphore>>>,
}

impl Mapper {
    /// Runs them as children of `program`; of this very program where none is told.
    pub fn new(program: Option<PathBuf>) -> std::io::Result<Self> {
        let own = || match cfg!(target_os = "linux") {
            // The program that runs, also when another has taken its place on the disk.
            true => Ok(PathBuf::from("/proc/self/exe")),
            false => std::env::current_exe(),
        };
        let places = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
        Ok(Self {
            program: program.map_or_else(own, Ok)?,
            places: Semaphore::new(places),
            lines: Mutex::default(),
        })
    }

    /// What the connection's mapping makes of a document.
    pub async fn map(
        &self,
        connection: &Connection,
        received_at: DateTime<Utc>,
        document: &str,
    ) -> Result<Vec<Value>, Unmapped> {
        let job = Job {
            program: connection.mapping.as_str().into(),
            system: connection.system.to_string(),
            received_at: received_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            input: Some(document.into()),
        };
        self.run(job, self.line(connection.id)?).await
    }

    /// The connection's line, with one more in it; whoever leaves it lets go of it.
    fn line(&self, id: ConnectionId) -> Result<Arc<Semaphore>, Unmapped> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|_, line| line.strong_count() > 0);
        let line = lines.get(&id).and_then(Weak::upgrade);
        let line = line.unwrap_or_else(|| Arc::new(Semaphore::new(1)));
        if Arc::strong_count(&line) > IN_LINE {
            return Err(Unmapped::Busy);
        }
        lines.insert(id, Arc::downgrade(&line));
        Ok(line)
    }

    /// Whether the mapping can be compiled.
    pub async fn check(&self, mapping: &MappingText) -> Result<(), Unmapped> {
        let job = Job {
            program: mapping.as_str().into(),
            system: String::new(),
            received_at: String::new(),
            input: None,
        };
        self.run(job, Arc::new(Semaphore::new(1))).await.map(|_| ())
    }

    async fn run(&self, job: Job, line: Arc<Semaphore>) -> Result<Vec<Value>, Unmapped> {
        let turn = async { Ok::<_, AcquireError>((line.acquire().await?, self.places.acquire().await?)) };
        let turn = tokio::time::timeout(QUEUE, turn).await;
        let _place = turn.map_err(|_| Unmapped::Busy)?.map_err(|_| Unmapped::Busy)?;
        let job = serde_json::to_vec(&job).map_err(std::io::Error::from)?;
        let mut child = Command::new(&self.program)
            .arg("map")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        match tokio::time::timeout(PATIENCE, talk(&mut child, &job)).await {
            Ok(Ok(made)) => made.map_err(Unmapped::Fault),
            Ok(Err(e)) => Err(e.into()),
            Err(_) => {
                // Killed and waited for here: dropped, it would be a zombie until another child is waited for.
                child.kill().await?;
                Err(Unmapped::Fault(too_long()))
            }
        }
    }
}

fn fault(detail: impl Into<String>) -> Fault {
    Fault {
        line: None,
        column: None,
        detail: detail.into(),
    }
}

fn too_long() -> Fault {
    fault(format!("The mapping took longer than {SECONDS} s."))
}

/// Gives the child its job and hears what it made.
async fn talk(child: &mut Child, job: &[u8]) -> std::io::Result<Result<Vec<Value>, Fault>> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("the child has no ends"));
    };
    // A child that ends early leaves what it did not read; what it said tells why.
    let told = input.write_all(job).await;
    drop(input);
    let mut text = vec![];
    let most = u64::try_from(LARGEST_OUTPUT + 1).unwrap_or(u64::MAX);
    output.take(most).read_to_end(&mut text).await?;
    if text.len() > LARGEST_OUTPUT {
        child.kill().await?;
        return Ok(Err(fault(format!(
            "The mapping makes more than {LARGEST_OUTPUT} bytes."
        ))));
    }
    let ended = child.wait().await?;
    if !ended.success() {
        return Ok(Err(fallen(ended)));
    }
    told?;
    Ok(match serde_json::from_slice(&text) {
        Ok(Made::Output(output)) if output.len() <= MOST_OUTPUTS => Ok(output),
        Ok(Made::Fault(fault)) => Err(fault),
        _ => Err(fault("The mapping made something that cannot be read.")),
    })
}

/// Why a child ended before its time.
fn fallen(ended: std::process::ExitStatus) -> Fault {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&ended);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    match signal {
        // SIGABRT is Rust's answer to memory that is refused, and to a stack that is full.
        Some(6 | 7 | 11) => {
            let most = MEMORY / 1024 / 1024;
            fault(format!(
                "The mapping needs more than {most} MiB of memory, or nests too deeply."
            ))
        }
        // SIGXCPU, or SIGKILL a second later.
        Some(24 | 9) => too_long(),
        _ => {
            tracing::warn!(%ended, "a mapping ended in a way that nobody foresaw");
            fault("The mapping could not be run to its end.")
        }
    }
}
