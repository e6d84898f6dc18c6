//! The demo's succession: two offices went up in their board a month ago, and a school is there to follow them.
use std::slice;

use chrono::{DateTime, Days, Utc};
use domain::{calendars::midnight, customers::*, vocabulary::*};
use persistence::{UnitOfWork, customers as store};
use serde_json::json;

use super::fill::{Registers, administrator, input, named, permitted, settle, unit_at};
use crate::{State, http::Problem, rooms::customers};

/// Who goes on.
const SUCCESSOR: &str = "KFN";
/// Who ended, and who is there still; each uses one service.
const OFFICES: [(&str, &str); 2] = [("FRI", "Fritidskontoret"), ("KUL", "Kulturkontoret")];
const SCHOOL: (&str, &str) = ("MUS", "Musikskolan");
const USED: &str = "BOKNING";

/// Begins all of them.
pub async fn found(state: &State, registers: &Registers, at: DateTime<Utc>) -> Result<Vec<Key<CustomerId>>, Problem> {
    unit_at(state, at, &administrator(), async |unit| {
        begin(unit, registers, SCHOOL).await?;
        let mut offices = vec![];
        for office in OFFICES {
            offices.push(Key::Id(begin(unit, registers, office).await?.id));
        }
        Ok(offices)
    })
    .await
}

/// Merges the offices, as of a month ago.
pub async fn merge(
    state: &State,
    registers: &Registers,
    offices: &[Key<CustomerId>],
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let administrator = administrator();
    let scope = permitted("createSuccession", &administrator)?;
    let successor = Key::Id(named(&registers.customers, SUCCESSOR)?.id);
    unit_at(state, now, &administrator, async |unit| {
        let first_day = unit.today() - Days::new(30);
        let members = [("predecessors", offices), ("successors", slice::from_ref(&successor))];
        let [predecessors, successors] = store::hold_lineage(unit, &scope, members).await?;
        let days = Lineage::days_to_record(unit.today());
        let lineage = Lineage::of(predecessors, successors, None, first_day, days)?;
        let (items, _) = store::plan(unit, &lineage, &[]).await?;
        settle(unit, "succession", SUCCESSOR);
        let reason = input(json!("Kontoren blir ett, KF 2026-88 § 11."))?;
        let from = midnight(state.settings.time_zone, first_day);
        store::succeed(unit, &lineage, reason, items, from).await?;
        Ok(())
    })
    .await
}

async fn begin(unit: &mut UnitOfWork, registers: &Registers, (code, name): (&str, &str)) -> Result<Customer, Problem> {
    let scope = permitted("createCustomer", &administrator())?;
    settle(unit, "customer", code);
    let parent = named(&registers.customers, SUCCESSOR)?.id;
    let body = json!({"code": code, "name": name, "parent": parent, "legalEntity": {"name": "Lindåsa kommun"}});
    let (customer, _) = customers::tell(&scope, unit, input(body)?).await?;
    settle(unit, "usage", &format!("{code}: {USED}"));
    let usage = json!({"service": named(&registers.services, USED)?.id, "firstDay": unit.today()});
    customers::use_service(&scope, unit, &customer, input(usage)?).await?;
    Ok(customer)
}
