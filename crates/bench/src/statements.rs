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
    operations,
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
}

impl House {
    async fn open(at: &At) -> Result<Self, Failure> {
        let seeded = Seeded::read(&at.folder)?;
        Ok(Self {
            running: api::start(at.settings()).await?,
            seeded,
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
        })
    }
}

struct Manager {
    caller: Caller,
    /// The running month, and the one that is closed this time.
    month: String,
    to_close: String,
}

impl Manager {
    /// The path of an agreement's statement.
    fn statement(&mut self, agreement: Uuid, period: &str) -> Result<String, Failure> {
        let body = json!({"agreement": agreement, "period": period});
        let id = self.caller.post("/service-level-statements", &body)?;
        Ok(format!("/service-level-statements/{id}"))
    }

    fn running(&mut self, agreement: Uuid) -> Result<String, Failure> {
        let month = self.month.clone();
        self.statement(agreement, &month)
    }

    /// Does one act for all agreements; how long it took, in seconds, and how much memory at most.
    fn run(&mut self, act: &str) -> Result<(), Failure> {
        let idle = memory("VmRSS")?;
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
            "{act} of {}: {} done, {} refused in {:.1} s; at most {:.0} MB above {idle:.0} MB",
            self.to_close,
            run["done"],
            run["refused"],
            began.elapsed().as_secs_f64(),
            memory("VmHWM")? - idle
        );
        Ok(())
    }
}

/// A thing that is read again and again.
struct Asked {
    what: &'static str,
    caller: Caller,
    request: Vec<u8>,
}

impl Asked {
    fn of(what: &'static str, house: &House, path: &str) -> Result<Self, Failure> {
        let caller = house.manager()?.caller;
        let request = caller.asking(path);
        Ok(Self { what, caller, request })
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
fn beside(mut one: Asked, mut other: Asked, most: f64) -> Result<(), Failure> {
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
        let (etag, _) = manager.caller.get(&largest)?;
        let began = Instant::now();
        manager.caller.act(&format!("{largest}/proposal"), &etag, None)?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
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
