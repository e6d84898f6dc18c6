//! Agreements with months of evidence: one customer's whole organisation, and as many measurements as asked for.
use std::{net::SocketAddr, path::Path};

use api::{State, identity::Kind};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use clap::Args;
use sea_orm::sqlx::{self, Connection as _, Executor, PgConnection};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{At, Failure, measurements, operations, seed::Caller};

/// Customers below one root; every tenth has the nine that follow below it.
const CUSTOMERS: usize = 100;
const SERVICES: usize = 20;

/// How much there shall be.
#[derive(Args, Clone, Copy)]
pub struct Size {
    /// How many measurements, about.
    #[arg(long, default_value_t = 100_000)]
    measurements: u64,
    /// How many agreements, 2000 at most.
    #[arg(long, default_value_t = 50)]
    agreements: usize,
    /// For how many months, the running one included.
    #[arg(long, default_value_t = 24)]
    months: u32,
    /// How many measurements in each month of the agreement that has most.
    #[arg(long, default_value_t = 1000)]
    largest: u64,
    /// How many in a month that is compared across databases.
    #[arg(long, default_value_t = 800)]
    compared: u64,
}

impl Size {
    /// How many measurements an agreement has in a month: the largest, the old and the young one what was asked for, the
    /// others equally many.
    fn lines(&self, place: usize) -> u64 {
        match place {
            1 => self.largest,
            2 | 3 => self.compared,
            _ => {
                let months = u64::from(self.months);
                let these_three = (self.largest + self.compared) * months + self.compared;
                let others = (self.agreements as u64).saturating_sub(3).max(1);
                (self.measurements.saturating_sub(these_three) / (others * months)).max(1)
            }
        }
    }
}

/// What was seeded, kept beside the database so that later runs find it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Seeded {
    pub measurements: u64,
    pub agreements: usize,
    /// The delivery manager of all customers.
    pub delivery_manager: Uuid,
    /// The one with most evidence.
    pub largest: Uuid,
    /// One that has been in force for all months.
    pub old: Uuid,
    /// One with as much evidence a month that has been in force since the running month began.
    pub young: Uuid,
    /// Of a customer with others below it, which have agreements of their own about the same service.
    pub above: Uuid,
    /// How many months were closed, the last one first.
    pub closed: u32,
}

impl Seeded {
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(folder.join("agreements.json"));
        Ok(serde_json::from_str(
            &text.map_err(|e| format!("nothing is seeded here: {e}"))?,
        )?)
    }

    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        Ok(std::fs::write(
            folder.join("agreements.json"),
            serde_json::to_string(self)?,
        )?)
    }
}

/// An agreement, and how much evidence it gets a month.
struct Promise {
    id: Uuid,
    customer: Uuid,
    service: Uuid,
    lines: u64,
    since: DateTime<Utc>,
}

/// Fills an empty PostgreSQL database.
pub async fn seed(at: &At, size: Size) -> Result<(), Failure> {
    let url = at.postgres.clone().ok_or("agreements are seeded on PostgreSQL")?;
    let running = api::start(at.settings()).await?;
    let (address, state) = (running.address, running.state.clone());
    let today = state.settings.local_date(state.clock.now());
    let month = today.with_day(1).ok_or("no month")?;
    let first = month
        .checked_sub_months(Months::new(size.months - 1))
        .ok_or("too many months")?;
    let seeding = state.clone();
    let registers = move || registers(address, &seeding, size, (first, month));
    let (promises, delivery_manager) = tokio::task::spawn_blocking(registers).await??;
    let (now, zone) = (state.clock.now(), state.settings.time_zone);
    drop(state);
    operations::stop(running).await?;
    let months: Vec<_> = (0..size.months)
        .filter_map(|n| first.checked_add_months(Months::new(n)))
        .collect();
    let begin = |day: NaiveDate| domain::calendars::midnight(zone, day);
    let months = months
        .into_iter()
        .map(|day| (begin(day), begin(day + Months::new(1)).min(now)));
    let measurements = evidence(&url, &promises, months.collect()).await?;
    let place = |n: usize| promises.get(n).map(|promise| promise.id).ok_or("too few agreements");
    let seeded = Seeded {
        measurements,
        agreements: promises.len(),
        delivery_manager,
        largest: place(1)?,
        old: place(2)?,
        young: place(3)?,
        above: place(0)?,
        closed: 0,
    };
    println!("{measurements} measurements of {} agreements", seeded.agreements);
    seeded.write(&at.folder)
}

/// The customers with their services and agreements, in force since `first`, the young one since `month`.
fn registers(
    address: SocketAddr,
    state: &State,
    size: Size,
    (first, month): (NaiveDate, NaiveDate),
) -> Result<(Vec<Promise>, Uuid), Failure> {
    let mut admin = Caller::administrator(address, state)?;
    let mut services = vec![];
    for n in 0..SERVICES {
        let body = json!({"code": format!("TJ{n}"), "name": format!("Tjänst {n}"),
            "metrics": [{"name": "svarstid", "unit": "s"}]});
        services.push(admin.post("/services", &body)?);
    }
    let (root, manager, delivery_manager) = team(&mut admin, &services)?;
    let (mut customers, mut head) = (vec![], root);
    for n in 0..CUSTOMERS {
        let parent = if n % 10 == 0 { root } else { head };
        let body = json!({"code": format!("K{n}"), "name": format!("Förvaltning {n}"), "parent": parent,
            "legalEntity": {"name": "Kommunen"}});
        let customer = admin.post("/customers", &body)?;
        if n % 10 == 0 {
            head = customer;
        }
        let body = json!({"customer": customer, "name": format!("Kontakt {n}"),
            "mandates": [{"kind": "customer", "firstDay": "2020-01-01"}]});
        let contact = admin.post("/contacts", &body)?;
        customers.push((customer, contact));
    }
    let calendar = admin.post("/service-calendars", &office_hours())?;
    let mut manager = Caller::of(address, state, Kind::Person, &manager.to_string())?;
    let mut promises = vec![];
    for n in 0..size.agreements {
        let ((customer, contact), service) = (customers[n % CUSTOMERS], services[(n / CUSTOMERS + n) % SERVICES]);
        let body = json!({"service": service, "firstDay": first});
        admin.post(&format!("/customers/{customer}/service-usages"), &body)?;
        let since = if n == 3 { month } else { first };
        let mut contact = Caller::of(address, state, Kind::Contact, &contact.to_string())?;
        let id = agree(
            &mut manager,
            &mut contact,
            &agreement(customer, service, calendar, since),
        )?;
        promises.push(Promise {
            id,
            customer,
            service,
            lines: size.lines(n),
            since: domain::calendars::midnight(state.settings.time_zone, since),
        });
    }
    lines(address, state, &promises)?;
    Ok((promises, delivery_manager))
}

/// The root of all customers, and who in its team makes agreements and answers for the delivery.
fn team(admin: &mut Caller, services: &[Uuid]) -> Result<(Uuid, Uuid, Uuid), Failure> {
    let team = admin.post("/customer-teams", &json!({"name": "Kundteam"}))?;
    let mut persons = vec![];
    for role in ["business_relationship_manager", "delivery_manager", "service_owner"] {
        let person = admin.post("/persons", &json!({"name": format!("Person {role}")}))?;
        let owned = if role == "service_owner" { services } else { &[] };
        let body = json!({"person": person, "role": role, "services": owned, "firstDay": "2020-01-01"});
        let etag = admin.get(&format!("/customer-teams/{team}"))?.0;
        admin.act(&format!("/customer-teams/{team}/members"), &etag, Some(&body))?;
        persons.push(person);
    }
    let body = json!({"code": "K", "name": "Kommunen", "legalEntity": {"name": "Kommunen"}});
    let root = admin.post("/customers", &body)?;
    let (etag, _) = admin.get(&format!("/customers/{root}"))?;
    let body = json!({"team": team, "firstDay": "2020-01-01"});
    admin.act(&format!("/customers/{root}/team-assignments"), &etag, Some(&body))?;
    Ok((root, persons[0], persons[1]))
}

fn office_hours() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let weekly: serde_json::Map<String, Value> = days
        .iter()
        .map(|day| ((*day).to_owned(), json!([{"from": "08:00", "to": "17:00"}])))
        .collect();
    json!({"name": "Kontorstid", "hours": {"zone": "Europe/Stockholm", "weekly": weekly}})
}

fn agreement(customer: Uuid, service: Uuid, calendar: Uuid, first_day: NaiveDate) -> Value {
    let targets = json!([
        {"key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"}, "comparison": "at_least",
            "value": "99", "period": "month", "calendar": calendar},
        {"key": "resolution", "name": "Lösta inom åtta timmar", "comparison": "at_least", "value": "50",
            "period": "month", "calendar": calendar,
            "indicator": {"kind": "timeliness", "measured": "resolution", "limit": "PT8H"}},
        {"key": "answers", "name": "Svarstid", "comparison": "at_most", "value": "0.5", "period": "month",
            "indicator": {"kind": "gauge", "metric": "svarstid", "unit": "s", "figure": {"percentile": "95"}}}]);
    let content = json!({"title": "Överenskommelse", "language": "sv", "objectionDays": 10, "targets": targets,
        "priorities": ["3 - Moderate"]});
    json!({"kind": "sla", "customer": customer, "evidence": "document", "draft": {"services": [service],
        "content": content, "terms": {"firstDay": first_day, "lastDay": "2090-12-31", "renewal": "none"}}})
}

/// Written, proposed, and approved by both.
fn agree(manager: &mut Caller, contact: &mut Caller, body: &Value) -> Result<Uuid, Failure> {
    let id = manager.post("/agreements", body)?;
    let version = format!("/agreements/{id}/versions/1");
    let (etag, _) = manager.get(&version)?;
    manager.act(&format!("{version}/proposal"), &etag, None)?;
    for party in [manager, contact] {
        let (etag, seen) = party.get(&version)?;
        let body = json!({"digest": seen["digest"]});
        party.act(&format!("{version}/approvals"), &etag, Some(&body))?;
    }
    Ok(id)
}

/// Sends a line of each kind, of which all others are made.
fn lines(address: SocketAddr, state: &State, promises: &[Promise]) -> Result<(), Failure> {
    let promise = promises.first().ok_or("no agreement")?;
    let (customer, service) = (promise.customer, promise.service);
    let line = |kind: &str, told: Value| {
        let mut line = json!({"kind": kind, "source": "desk", "sourceId": format!("{kind}-mark"),
            "observedAt": END, "service": service});
        if let (Some(line), Value::Object(told)) = (line.as_object_mut(), told) {
            line.extend(told);
        }
        line
    };
    let all = [
        line(
            "case",
            json!({"customer": customer, "priority": "3 - Moderate", "opened": BEGIN, "responded": RESPONDED,
            "resolved": END, "pauses": [{"from": PAUSED, "to": RESUMED}]}),
        ),
        line(
            "sample",
            json!({"customer": customer, "metric": "svarstid", "value": VALUE, "unit": "s"}),
        ),
        line("outage", json!({"from": BEGIN, "to": END, "customers": [customer]})),
    ];
    let token = measurements::desk(address, state)?;
    let summary = measurements::send(address, &token, 3, |n| Ok(all[usize::try_from(n)?].clone()))?.0;
    match &summary["summary"]["counts"]["accepted"] {
        Value::Number(n) if n.as_u64() == Some(3) => Ok(()),
        _ => Err(format!("the lines were not accepted: {summary}").into()),
    }
}

/// What differs from one measurement to the next, as the sent ones say it.
const BEGIN: &str = "2001-01-01T01:00:00Z";
const RESPONDED: &str = "2001-01-01T01:10:00Z";
const PAUSED: &str = "2001-01-01T01:20:00Z";
const RESUMED: &str = "2001-01-01T01:30:00Z";
const END: &str = "2001-01-01T02:00:00Z";
const VALUE: &str = "0.4242";

/// The measurements of all months: as the service stored one of each kind, with other names, times and values; those of a
/// month in the order of their times, as they would have come in. Indexes are made afterwards.
async fn evidence(
    url: &str,
    promises: &[Promise],
    months: Vec<(DateTime<Utc>, DateTime<Utc>)>,
) -> Result<u64, Failure> {
    let mut on = PgConnection::connect(url).await?;
    on.execute(include_str!("evidence/prepare.sql")).await?;
    for (place, promise) in (0_i32..).zip(promises) {
        sqlx::query("insert into promise values ($1, $2, $3, $4, $5)")
            .bind(place)
            .bind(promise.customer)
            .bind(promise.service)
            .bind(i64::try_from(promise.lines)?)
            .bind(promise.since)
            .execute(&mut on)
            .await?;
    }
    let (mut made, began) = (0, std::time::Instant::now());
    for (n, (begins, ends)) in months.iter().enumerate() {
        let month = sqlx::query(include_str!("evidence/month.sql"))
            .bind(begins)
            .bind(ends)
            .bind(format!("M{n}"));
        made += month.execute(&mut on).await?.rows_affected();
        eprintln!("{made} measurements after {:.0?}", began.elapsed());
    }
    on.execute(include_str!("evidence/finish.sql")).await?;
    // What PostgreSQL does by itself before long, unless it was told not to.
    on.execute("vacuum analyze").await?;
    on.close().await?;
    Ok(made)
}
