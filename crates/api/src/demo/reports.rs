//! The demo's reports of satisfaction: of one customer, month by month; one stands, with an improvement that it led to.
use chrono::{DateTime, Utc};
use domain::{agreements::CalendarPeriod, improvements::ImprovementInput, satisfaction::*};
use persistence::{customers, satisfaction as store};
use serde_json::json;

use super::{
    agreements::parties,
    fill::{Registers, input, permitted, settle, unit_at},
};
use crate::{
    State,
    http::Problem,
    rooms::{agreements::acts::deed, improvements},
};

/// So many reports, of as many months, the last one first; the second is published.
const REPORTS: usize = 4;
const PUBLISHED: usize = 1;

/// Writes them.
pub async fn write(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    let caller = &parties.provider;
    let last = last_fixed(CalendarPeriod::Month, state.settings.local_date(now));
    let months = std::iter::successors(Some(last), |month| Some(month.previous()));
    for (n, period) in months.take(REPORTS).enumerate() {
        let told = json!({"customer": parties.holder, "period": period,
            "summary": "Användarna är något nöjdare än i våras. **Digital underskrift** drar ned betyget.",
            "findings": [{"title": "Många vet inte var en påbörjad underskrift finns",
                "text": "Det återkommer i svaren, och i ärenden till servicedesk."}]});
        unit_at(state, now, caller, async |unit| {
            settle(unit, "satisfaction report", &n.to_string());
            let customer =
                customers::get(unit, &permitted("getCustomer", caller)?, parties.holder, unit.today()).await?;
            let times = (unit.now(), unit.today());
            let draft = SatisfactionReport::draft(unit.new_id(), customer.reference(), input(told.clone())?, 0, times)?;
            store::insert_report(unit, &draft).await?;
            if n != PUBLISHED {
                return Ok(());
            }
            let draft = store::told_report(unit, draft, unit.today()).await?;
            let scope = permitted("createReportPublication", caller)?;
            let published = draft.clone().publish(deed(&scope, unit).await?.0)?;
            store::update_report(unit, "published", &draft, &published).await?;
            let led_to: ImprovementInput = input(json!({"title": "Visa var en påbörjad underskrift finns",
                "origin": {"kind": "survey_finding", "report": published.id, "finding": 1},
                "customers": [parties.holder]}))?;
            improvements::tell(&permitted("createImprovement", caller)?, unit, led_to).await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}
