//! Statements beside each other: of a small and a large database, of an old and a young agreement, running and closed; and
//! a month proposed and closed for all agreements at once.
use std::time::Instant;

use api::{Running, identity::Kind};
use chrono::{Duration, Months};
use serde_json::json;
use uuid::Uuid;

use crate::{
    At, Failure,
    agreements::Seeded,
    measurements::{count_memory_anew, memory},
    operations, plans,
    seed::Caller,
};

/// Replies that a median is taken of.
const REPLIES: usize = 60;
/// Replies before those.
const WARM: usize = 10;
/// How often the largest statement is proposed.
const PROPOSALS: usize = 10;

/// A service with what was seeded, as the delivery manager uses it.
struct House {
    running: Running,
    seeded: Seeded,
    /// The memory before anything was asked, in MB.
    idle: f64,
}

impl House {
    async fn open(at: &At) -> Result<Self, Failure> {
        let seeded = Seeded::read(&at.folder)?;
        Ok(Self {
            running: api::start(at.settings()).await?,
            seeded,
            idle: memory("VmRSS")?,
        })
    }

    fn manager(&self) -> Result<Manager, Failure> {
        let id = self.seeded.delivery_manager.to_string();
        let (address, state) = (self.running.address, &self.running.state);
        let today = state.settings.local_date(state.clock.now());
        let ago = |months| today.checked_sub_months(Months::new(months));
        let period = |months| ago(months).map(|day| day.format("%Y-%m").to_string());
        Ok(Manager {
            caller: Caller::of(address, state, Kind::Person, &id)?,
            month: period(0).ok_or("no month")?,
            to_close: period(self.seeded.closed + 1).ok_or("no month")?,
            idle: self.idle,
        })
    }
}

struct Manager {
    caller: Caller,
    /// The running month, and the one that is closed this time.
    month: String,
    to_close: String,
    idle: f64,
}

impl Manager {
    /// The path of an agreement's statement.
    fn statement(&mut self, agreement: Uuid, period: &str) -> Result<String, Failure> {
        let body = json!({"agreement": agreement, "period": period});
        let id = self.caller.post("/service-level-statements", &body)?;
        Ok(format!("/service-level-statements/{id}"))
    }

    /// Proposes a statement; how many milliseconds it takes.
    fn propose(&mut self, statement: &str) -> Result<f64, Failure> {
        let (etag, _) = self.caller.get(statement)?;
        let began = Instant::now();
        self.caller.act(&format!("{statement}/proposal"), &etag, None)?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    fn running(&mut self, agreement: Uuid) -> Result<String, Failure> {
        let month = self.month.clone();
        self.statement(agreement, &month)
    }

    /// Does one act for all agreements.
    fn run(&mut self, act: &str) -> Result<(), Failure> {
        count_memory_anew()?;
        let began = Instant::now();
        let id = self
            .caller
            .post("/statement-runs", &json!({"act": act, "period": self.to_close}))?;
        let run = loop {
            let run = self.caller.get(&format!("/statement-runs/{id}"))?.1;
            if run["waiting"] == 0 {
                break run;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        println!(
            "{act} of {}: {} done, {} refused in {:.1} s; memory at most {:.0} MB, {:.0} MB above what it was at first",
            self.to_close,
            run["done"],
            run["refused"],
            began.elapsed().as_secs_f64(),
            memory("VmHWM")?,
            memory("VmHWM")? - self.idle
        );
        Ok(())
    }
}

/// A thing that is read again and again.
pub struct Asked {
    what: &'static str,
    caller: Caller,
    request: Vec<u8>,
}

impl Asked {
    fn of(what: &'static str, house: &House, path: &str) -> Result<Self, Failure> {
        Ok(Self::by(house.manager()?.caller, what, path))
    }

    pub fn by(caller: Caller, what: &'static str, path: &str) -> Self {
        let request = caller.asking(path);
        Self { what, caller, request }
    }

    fn reply(&mut self) -> Result<f64, Failure> {
        self.caller.timed(&self.request)
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Both in turn, and how much longer the first takes.
pub fn beside(mut one: Asked, mut other: Asked, most: f64) -> Result<(), Failure> {
    let (mut ones, mut others) = (vec![], vec![]);
    for n in 0..WARM + REPLIES {
        let (a, b) = (one.reply()?, other.reply()?);
        if n >= WARM {
            ones.push(a);
            others.push(b);
        }
    }
    let (a, b) = (median(ones), median(others));
    let verdict = if a / b <= most { "" } else { "  falls short" };
    println!(
        "{:<32} {a:>7.2} ms   {:<32} {b:>7.2} ms   {:.2}   at most {most:.1}{verdict}",
        one.what,
        other.what,
        a / b
    );
    Ok(())
}

/// Measures the database, and running statements beside those of a smaller one.
pub async fn measure(at: &At, smaller: Option<&At>) -> Result<(), Failure> {
    let mut large = House::open(at).await?;
    let small = match smaller {
        Some(at) => Some(House::open(at).await?),
        None => None,
    };
    let (large, small) = tokio::task::spawn_blocking(move || -> Result<_, Failure> {
        settled(&large)?;
        if let Some(small) = &small {
            settled(small)?;
        }
        running(&large, small.as_ref())?;
        closing(&mut large)?;
        Ok((large, small))
    })
    .await??;
    large.seeded.write(&at.folder)?;
    for house in [Some(large), small].into_iter().flatten() {
        operations::stop(house.running).await?;
    }
    Ok(())
}

/// Waits until the statements of the running month have been opened.
fn settled(house: &House) -> Result<(), Failure> {
    let mut manager = house.manager()?;
    let path = format!("/service-level-statements?count=true&limit=1&period={}", manager.month);
    while manager.caller.get(&path)?.1["total"].as_u64() < Some(house.seeded.agreements as u64) {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    Ok(())
}

fn running(large: &House, small: Option<&House>) -> Result<(), Failure> {
    let asked = |what, house: &House, agreement| {
        let path = house.manager()?.running(agreement)?;
        Asked::of(what, house, &path)
    };
    let Seeded {
        old,
        young,
        largest,
        above,
        ..
    } = large.seeded;
    if let Some(small) = small {
        let (much, few) = (large.seeded.measurements, small.seeded.measurements);
        println!("{much} measurements beside {few}");
        beside(
            asked("running, many measurements", large, old)?,
            asked("running, few", small, small.seeded.old)?,
            1.5,
        )?;
    }
    beside(
        asked("running, old agreement", large, old)?,
        asked("running, young", large, young)?,
        1.5,
    )?;
    for (what, agreement) in [("running, largest", largest), ("running, above others", above)] {
        let mut asked = asked(what, large, agreement)?;
        let times = (0..WARM + REPLIES)
            .map(|_| asked.reply())
            .collect::<Result<Vec<_>, _>>()?;
        println!("{what:<32} {:>7.2} ms", median(times[WARM..].to_vec()));
    }
    Ok(())
}

/// Proposes and closes the next month, and reads what was closed.
fn closing(house: &mut House) -> Result<(), Failure> {
    let mut manager = house.manager()?;
    let month = manager.to_close.clone();
    let largest = manager.statement(house.seeded.largest, &month)?;
    let mut times = vec![];
    for _ in 0..PROPOSALS {
        times.push(manager.propose(&largest)?);
    }
    println!("{:<32} {:>7.2} ms", "proposing the largest", median(times));
    manager.run("proposal")?;
    // The days to object pass.
    house.running.state.clock.advance(Duration::days(15));
    let mut manager = Manager {
        to_close: month.clone(),
        ..house.manager()?
    };
    manager.run("closing")?;
    house.seeded.closed += 1;
    for (what, agreement) in [("closed", house.seeded.old), ("closed, largest", house.seeded.largest)] {
        let statement = manager.statement(agreement, &month)?;
        beside(
            Asked::of(what, house, &statement)?,
            Asked::of("agreement by id", house, &format!("/agreements/{agreement}"))?,
            2.0,
        )?;
    }
    Ok(())
}

/// Shows which indexes PostgreSQL uses for statements, and for what their figures rest on.
pub async fn explain(at: &At, seeded: Seeded) -> Result<(), Failure> {
    let url = at.postgres.clone().ok_or("plans needs --postgres")?;
    let (running, recorder) = operations::recording(at.settings()).await?;
    let (address, idle) = (running.address, 0.0);
    let house = House { running, seeded, idle };
    let ask = move || -> Result<_, Failure> {
        let (mut manager, seeded) = (house.manager()?, &house.seeded);
        let month = manager.to_close.clone();
        let mut questions = vec![];
        for (who, agreement) in [
            ("old", seeded.old),
            ("young", seeded.young),
            ("largest", seeded.largest),
            ("above", seeded.above),
        ] {
            questions.push((who, manager.running(agreement)?));
        }
        let before = manager.statement(seeded.largest, &month)?;
        manager.propose(&before)?;
        questions.push(("largest", format!("{before}/difference")));
        questions.push(("largest", format!("{before}/evidence")));
        let sent = questions.into_iter().map(|(who, path)| {
            // What is streamed has no length.
            let sent =
                String::from_utf8_lossy(&manager.caller.asking(&path)).replacen("\r\n", "\r\nConnection: close\r\n", 1);
            (who, path, sent.into_bytes())
        });
        Ok((sent.collect(), house))
    };
    let (questions, house) = tokio::task::spawn_blocking(ask).await??;
    plans::explain(&url, address, &recorder, questions).await?;
    operations::stop(house.running).await
}
