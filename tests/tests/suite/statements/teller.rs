//! Evidence and exclusions that look random, with everything in them that the rules speak of.
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::*;

/// The priorities, the strictest first.
pub const WORDS: [&str; 4] = ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low"];

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    /// Later, by less than so many minutes; sometimes within a second, sometimes at once.
    fn after(&mut self, at: DateTime<Utc>, minutes: u64) -> DateTime<Utc> {
        let part = if self.one_in(3) { self.below(1_000_000) } else { 0 };
        let seconds = if self.one_in(20) { 0 } else { self.below(minutes * 60) };
        at + Duration::seconds(seconds as i64) + Duration::microseconds(part as i64)
    }
}

/// Evidence that has everything in it that the rules speak of.
pub struct Teller<'a> {
    pub stage: &'a Stage,
    dice: Dice,
    told: usize,
}

impl<'a> Teller<'a> {
    pub fn of(stage: &'a Stage) -> Self {
        let dice = Dice(7);
        Self { stage, dice, told: 0 }
    }

    fn id(&mut self) -> String {
        self.told += 1;
        format!("N-{}", self.told)
    }

    fn service(&mut self) -> Value {
        let world = &self.stage.desk.world;
        json!(self.dice.one_of(&[&world.mail, &world.salary]))
    }

    /// What happened in a month, and a little before and after it.
    pub fn month(&mut self, begin: DateTime<Utc>) -> Vec<Value> {
        let begin = begin - Duration::days(2);
        let mut lines = vec![];
        for _ in 0..25 {
            let from = self.dice.after(begin, 35 * 1440);
            lines.push(self.outage(from));
        }
        for _ in 0..60 {
            let opened = self.dice.after(begin, 33 * 1440);
            let id = self.id();
            lines.push(self.case(&id, opened, 1));
        }
        for _ in 0..40 {
            let at = self.dice.after(begin, 35 * 1440);
            lines.push(self.sample(at));
        }
        lines
    }

    fn outage(&mut self, from: DateTime<Utc>) -> Value {
        let world = &self.stage.desk.world;
        let felt = [
            json!([]),
            json!([world.klk_hr]),
            json!([world.klk, world.bun]),
            json!([world.bun]),
        ];
        let id = self.id();
        let to = self.dice.after(from, 900);
        let mut members = json!({"service": self.service(), "from": from, "observedAt": from,
            "planned": self.dice.one_in(6), "customers": self.dice.one_of(&felt)});
        if !self.dice.one_in(40) {
            members["to"] = json!(to);
        }
        self.stage.desk.outage(&id, members)
    }

    pub fn case(&mut self, id: &str, opened: DateTime<Utc>, version: u32) -> Value {
        let world = &self.stage.desk.world;
        let customer = json!(self.dice.one_of(&[&world.klk, &world.klk_hr]));
        let mut members = json!({"service": self.service(), "customer": customer, "opened": opened,
            "observedAt": opened, "sourceVersion": version,
            "category": self.dice.one_of(&["incident", "order"])});
        let history = self.history(opened);
        members["priority"] = history[history.len() - 1]["priority"].clone();
        if history.len() > 1 || self.dice.one_in(2) {
            members["priorityHistory"] = json!(history);
        }
        members["pauses"] = json!(self.pauses(opened));
        let mut at = opened;
        let mut reopenings = vec![];
        while self.dice.one_in(4) {
            let resolved = self.dice.after(at, 400);
            at = self.dice.after(resolved, 900);
            reopenings.push(json!({"resolved": resolved, "reopened": at}));
        }
        members["reopenings"] = reopenings.into();
        if self.dice.one_in(2) {
            members["responded"] = json!(self.dice.after(opened, 90));
        }
        if !self.dice.one_in(10) {
            let minutes = *self.dice.one_of(&[300, 900, 6000]);
            members["resolved"] = json!(self.dice.after(at, minutes));
        }
        self.stage.desk.case(id, members)
    }

    fn history(&mut self, opened: DateTime<Utc>) -> Vec<Value> {
        let mut since = opened;
        let mut history = vec![];
        for _ in 0..=self.dice.below(3) {
            history.push(json!({"priority": self.dice.one_of(&WORDS), "since": since}));
            since = self.dice.after(since, 600);
        }
        history
    }

    /// Unordered, overlapping, sticking out, of no length, and some that still last.
    fn pauses(&mut self, opened: DateTime<Utc>) -> Vec<Value> {
        let mut pauses = vec![];
        for _ in 0..self.dice.below(4) {
            let from = self.dice.after(opened - Duration::hours(2), 1500);
            let mut pause = json!({"from": from});
            if !self.dice.one_in(25) {
                pause["to"] = json!(self.dice.after(from, 700));
            }
            pauses.push(pause);
        }
        pauses
    }

    fn sample(&mut self, at: DateTime<Utc>) -> Value {
        let id = self.id();
        let value = format!("{}.{:03}", self.dice.below(2), self.dice.below(1000));
        let members = json!({"service": self.service(), "observedAt": at, "value": value,
            "metric": self.dice.one_of(&["svarstid", "svarstid", "kö"]),
            "unit": self.dice.one_of(&["s", "s", "ms"])});
        self.stage.desk.sample(&id, members)
    }

    pub fn last_sample(&mut self, at: DateTime<Utc>, value: &str) -> Value {
        let id = self.id();
        self.stage.desk.sample(&id, json!({"observedAt": at, "value": value}))
    }

    /// Intervals that are asked to be left out; the customer says yes, no, or nothing.
    pub async fn exclusions(&mut self, agreement: &str, begin: DateTime<Utc>) {
        let world = &self.stage.desk.world;
        for _ in 0..5 {
            let from = self.dice.after(begin, 25 * 1440);
            let ground = *self
                .dice
                .one_of(&["planned_maintenance", "customer_caused", "force_majeure"]);
            let mut body = json!({"agreement": agreement, "from": from,
                "to": self.dice.after(from + Duration::minutes(1), 3000), "ground": ground, "reason": "Avbrott."});
            if self.dice.one_in(3) {
                body["service"] = json!(world.mail);
            }
            if self.dice.one_in(3) {
                body["target"] = json!(self.dice.one_of(&["uptime", "high", "days", "mean"]));
            }
            let made = world.dm.post("/exclusions", body).await.expect(201);
            if made.body["state"] == "pre_agreed" {
                continue;
            }
            let path = format!("/exclusions/{}", made.id());
            let decided = match self.dice.below(4) {
                0 => continue,
                1 => step(&world.chief, &path, "refusal", Some(json!({"reason": "Nej."}))).await,
                _ => step(&world.chief, &path, "consent", None).await,
            };
            decided.expect(200);
        }
    }
}
