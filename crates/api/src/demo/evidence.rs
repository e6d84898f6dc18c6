//! Evidence of the last month: an outage, a case for each customer, and samples of how long an answer took.
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use domain::{
    access::{Caller, ClientScope},
    measurements::{Counts, Evidence},
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
        let batch = store::open(unit, &caller, "demo").await?;
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
    Some(told)
}
