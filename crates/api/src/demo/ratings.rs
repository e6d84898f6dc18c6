//! What users thought of finished cases: eight months of ratings, which got better, and the figures drawn of them.
use chrono::{DateTime, Datelike, Days, Months, SecondsFormat, Utc};
use domain::{
    access::{Caller, ClientScope},
    measurements::{BatchOf, Counts},
    satisfaction::Rating,
    vocabulary::CustomerRef,
};
use persistence::{measurements as batches, satisfaction as store};
use serde_json::{Value, json};

use super::{
    DemoError,
    fill::{DESK, Registers, input, permitted, unit_at},
};
use crate::{State, http::Problem, server};

/// What the service desk calls itself.
const SOURCE: &str = "servicedesk";
/// For so many months.
const MONTHS: u32 = 8;
/// How many are taken in at a time.
const AT_ONCE: usize = 1000;
/// About so many services.
const SERVICES: usize = 3;

/// Sends them, as the service desk would.
pub async fn send(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), DemoError> {
    let missing = || DemoError::NotFilled(DESK);
    let (id, _) = registers.clients.get(DESK).ok_or_else(missing)?;
    let caller = Caller::Client {
        id: *id,
        name: DESK.parse().map_err(|_| missing())?,
        scopes: vec![ClientScope::SatisfactionWrite],
        systems: vec![SOURCE.parse().map_err(|_| missing())?],
        customers: None,
    };
    let scope = permitted("createRatings", &caller)?;
    let months = (1..=MONTHS).filter_map(|ago| Some((middle_of_month(now, ago)?, MONTHS - ago)));
    let told = months.flat_map(|(at, month)| told(registers, at, month)).map(|line| {
        Rating::of(input(line)?, &caller, now, |at| state.settings.local_date(at))
            .map_err(|rules| rules.into_iter().next().map_or(Problem::Forbidden, Problem::from))
    });
    let ratings = told.collect::<Result<Vec<_>, Problem>>()?;
    unit_at(state, now, &caller, async |unit| {
        let batch = batches::open(unit, &caller, BatchOf::Ratings, "demo-ratings").await?;
        let mut counts = Counts::default();
        for ratings in ratings.chunks(AT_ONCE) {
            for taken in store::take_in(unit, &scope, batch, ratings).await? {
                counts.add(taken.outcome);
            }
        }
        batches::count(unit, batch, &counts).await?;
        Ok(batches::close(unit, batch, None).await?)
    })
    .await?;
    // They come after their months were fixed, and enough of them.
    Ok(server::keep_figures(state).await?)
}

/// The same hour in the middle of a month so many months ago.
fn middle_of_month(now: DateTime<Utc>, ago: u32) -> Option<DateTime<Utc>> {
    let first = now - Days::new(u64::from(now.day0()));
    first
        .checked_sub_months(Months::new(ago))?
        .checked_add_days(Days::new(14))
}

fn told(registers: &Registers, at: DateTime<Utc>, month: u32) -> Vec<Value> {
    let mut customers: Vec<&CustomerRef> = registers.customers.values().collect();
    customers.sort_by_key(|customer| customer.code.clone());
    let mut services: Vec<_> = registers.services.values().collect();
    services.sort_by_key(|service| service.code.clone());
    let rated_at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut told = vec![];
    for (i, customer) in (0u32..).zip(customers) {
        for (j, service) in (0u32..).zip(services.iter().take(SERVICES)) {
            // Some have few users.
            let n = if i % 7 == 6 {
                1 + j
            } else {
                6 + (7 * i + 3 * j + 5 * month) % 6
            };
            for k in 0..n {
                let score = match (5 * i + 3 * j + 2 * k) % (5 + month) {
                    0 => 1,
                    1 => 3,
                    rest if rest % 2 == 0 => 4,
                    _ => 5,
                };
                told.push(
                    json!({"source": SOURCE, "sourceId": format!("ENK-{}-{}-{month}-{k}", customer.code, service.code),
                    "ratedAt": rated_at, "service": service.id, "customer": customer.id,
                    "scale": {"low": 1, "high": 5}, "score": score}),
                );
            }
        }
    }
    told
}
