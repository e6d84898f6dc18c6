//! What the services of the demo's first customer cost, and how the customer weighs them, year by year.
use chrono::{DateTime, Datelike, Utc};
use serde_json::json;

use super::{
    agreements::parties,
    fill::{Registers, input, named, permitted, settle, unit_at},
};
use crate::{State, http::Problem, rooms::value};

/// A service, what it costs a year in crowns, and the scores and the benefit of the year before last and of the last year;
/// none where it was not assessed.
struct Weighed {
    service: &'static str,
    cost: [u32; 2],
    scores: [Option<[u8; 3]>; 2],
    benefit: [u32; 2],
}

const WEIGHED: &[Weighed] = &[
    Weighed {
        service: "ESIGN",
        cost: [140_000, 150_000],
        scores: [Some([4, 3, 4]), Some([5, 4, 4])],
        benefit: [180_000, 240_000],
    },
    Weighed {
        service: "ARBPLATS",
        cost: [610_000, 640_000],
        scores: [Some([4, 4, 3]), Some([4, 3, 3])],
        benefit: [700_000, 700_000],
    },
    Weighed {
        service: "UTSKRIFT",
        cost: [95_000, 99_000],
        scores: [Some([3, 2, 2]), Some([2, 2, 2])],
        benefit: [60_000, 45_000],
    },
    Weighed {
        service: "DIARIUM",
        cost: [310_000, 325_000],
        scores: [Some([3, 3, 2]), Some([3, 2, 3])],
        benefit: [300_000, 290_000],
    },
    Weighed {
        service: "MOBIL",
        cost: [120_000, 118_000],
        scores: [Some([4, 4, 4]), None],
        benefit: [150_000, 0],
    },
];

/// Enters costs and assessments.
pub async fn weigh(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    let this_year = state.settings.local_date(now).year();
    unit_at(state, now, &parties.provider, async |unit| {
        let scope = permitted("createServiceCost", &parties.provider)?;
        for (n, weighed) in WEIGHED.iter().enumerate() {
            for (year, cost) in [this_year - 2, this_year - 1].into_iter().zip(weighed.cost) {
                settle(unit, "service cost", &format!("{n}: {}", this_year - year));
                let told = json!({"customer": parties.holder, "service": named(&registers.services, weighed.service)?.id,
                    "firstDay": format!("{year}-01-01"), "lastDay": format!("{year}-12-31"),
                    "cost": {"amount": format!("{cost}.00"), "currency": "SEK"}});
                value::tell(&scope, unit, input(told)?).await?;
            }
        }
        Ok(())
    })
    .await?;
    unit_at(state, now, &parties.customer, async |unit| {
        let scope = permitted("createValueAssessment", &parties.customer)?;
        for (n, weighed) in WEIGHED.iter().enumerate() {
            let years = [this_year - 2, this_year - 1].into_iter();
            for ((year, scores), benefit) in years.zip(weighed.scores).zip(weighed.benefit) {
                let Some([usefulness, quality, support]) = scores else {
                    continue;
                };
                settle(unit, "value assessment", &format!("{n}: {}", this_year - year));
                let told = json!({"service": named(&registers.services, weighed.service)?.id, "year": year,
                    "scores": [{"dimension": "usefulness", "score": usefulness},
                        {"dimension": "quality", "score": quality}, {"dimension": "support", "score": support}],
                    "benefit": {"amount": format!("{benefit}.00"), "currency": "SEK"}});
                value::give(&scope, unit, input(told)?).await?;
            }
        }
        Ok(())
    })
    .await
}
