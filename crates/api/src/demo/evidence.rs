//! Evidence: of the last month an outage, a case for each customer, and samples of how long an answer took; and eight
//! months of the agreement that is followed up.
use chrono::{DateTime, Datelike, Duration, SecondsFormat, Utc};
use domain::{
    access::{Caller, ClientScope},
    measurements::{BatchOf, Counts, Evidence},
    vocabulary::{CustomerId, ServiceId},
};
use persistence::measurements as store;
use serde_json::{Value, json};

use super::{
    DemoError,
    fill::{DESK, Registers, permitted, settle, unit_at},
};
use crate::{State, http::Problem};

/// What the service desk calls itself.
const SOURCE: &str = "servicedesk";

/// Sends it, as the service desk would.
pub async fn send(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), DemoError> {
    let missing = || DemoError::NotFilled(DESK);
    let (id, _) = registers.clients.get(DESK).ok_or_else(missing)?;
    let caller = Caller::Client {
        id: *id,
        name: DESK.parse().map_err(|_| missing())?,
        scopes: vec![ClientScope::MeasurementsWrite],
        systems: vec![SOURCE.parse().map_err(|_| missing())?],
        customers: None,
    };
    let told = told(registers, now).ok_or_else(missing)?;
    let evidence = told.into_iter().map(|line| {
        let told = serde_json::from_value(line).map_err(Problem::from)?;
        Evidence::of(told, &caller, now)
            .map_err(|rules| rules.into_iter().next().map_or(Problem::Forbidden, Problem::from))
    });
    let evidence = evidence.collect::<Result<Vec<_>, Problem>>()?;
    let scope = permitted("createMeasurements", &caller)?;
    unit_at(state, now, &caller, async |unit| {
        let batch = store::open(unit, &caller, BatchOf::Measurements, "demo").await?;
        settle(unit, "measurement", "LARM-2041");
        let mut counts = Counts::default();
        for taken in store::take_in(unit, &scope, batch, &evidence).await? {
            counts.add(taken.outcome);
        }
        store::count(unit, batch, &counts).await?;
        Ok(store::close(unit, batch, None).await?)
    })
    .await?;
    Ok(())
}

fn told(registers: &Registers, now: DateTime<Utc>) -> Option<Vec<Value>> {
    let service = registers.services.get("ESIGN")?.id;
    let ago = |hours: i64, minutes: i64| {
        let at = now - Duration::hours(hours) + Duration::minutes(minutes);
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let mut told = vec![
        json!({"kind": "outage", "source": SOURCE, "sourceId": "LARM-2041", "observedAt": ago(240, 50),
        "service": service, "from": ago(240, 0), "to": ago(240, 47)}),
    ];
    let mut customers: Vec<_> = registers.customers.values().collect();
    customers.sort_by_key(|customer| customer.code.clone());
    for (n, customer) in (1i64..).zip(customers) {
        let opened = 48 + 50 * n;
        told.push(
            json!({"kind": "case", "source": SOURCE, "sourceId": format!("INC00{n:05}"), "observedAt": ago(opened, 400),
            "service": service, "customer": customer.id, "category": "incident",
            "priority": if n % 4 == 0 { "2 - High" } else { "3 - Moderate" }, "opened": ago(opened, 0),
            "responded": ago(opened, 5 + n), "resolved": ago(opened, 60 + 25 * n)}),
        );
    }
    for hour in 1..=24 {
        told.push(
            json!({"kind": "sample", "source": SOURCE, "sourceId": format!("svarstid-{hour}"), "observedAt": ago(hour, 0),
            "service": service, "metric": "svarstid", "value": format!("0.{}", 20 + hour * 7 % 40), "unit": "s"}),
        );
    }
    let customer = registers.customers.get("KLK")?.id;
    for (month, down) in (1..).zip(DOWN) {
        told.extend(of_a_month(
            &service,
            &customer,
            now - Duration::days(30 * month),
            month,
            *down,
        ));
    }
    Some(told)
}

/// For how many minutes the service was down, one month after the other, the latest first.
const DOWN: &[i64] = &[20, 95, 0, 240, 35, 110, 0, 60];

/// A month of the measured agreement: an outage on a Wednesday, six cases of which the later ones took longer, and how
/// long answers took.
fn of_a_month(service: &ServiceId, customer: &CustomerId, about: DateTime<Utc>, month: i64, down: i64) -> Vec<Value> {
    let wednesday = about - Duration::days((i64::from(about.weekday().num_days_from_monday()) + 5) % 7);
    let morning = wednesday.date_naive().and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(8);
    let at = |hours: i64, minutes: i64| {
        let at = morning + Duration::hours(hours) + Duration::minutes(minutes);
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let mut told = vec![];
    if down > 0 {
        told.push(
            json!({"kind": "outage", "source": SOURCE, "sourceId": format!("LARM-{}", 1900 + month),
            "observedAt": at(1, down), "service": service, "from": at(1, 0), "to": at(1, down)}),
        );
    }
    for n in 0..6 {
        let took = 60 + 100 * ((n * month) % 6);
        told.push(
            json!({"kind": "case", "source": SOURCE, "sourceId": format!("INC01{month:02}{n:02}"),
            "observedAt": at(n, took), "service": service, "customer": customer, "category": "incident",
            "priority": "3 - Moderate", "opened": at(n, 0), "responded": at(n, 15), "resolved": at(n, took)}),
        );
    }
    for n in 0..12 {
        told.push(
            json!({"kind": "sample", "source": SOURCE, "sourceId": format!("svarstid-{month}-{n}"),
            "observedAt": at(n, 0), "service": service, "metric": "svarstid", "unit": "s",
            "value": format!("0.{}", 30 + (n * 7 + month * 11) % 55)}),
        );
    }
    told
}
