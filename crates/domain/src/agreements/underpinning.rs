//! What a service level agreement's targets rest on, and where that cannot carry them.
//!
//! Availabilities in series multiply; times add up; both only as far as the same hours are promised, notice can be given
//! in time, and nothing that bears ends first. It is a warning, never a refusal: the promise may rest on more than
//! contracts.
use chrono::NaiveDate;
use rust_decimal::Decimal as Exact;
use serde::Serialize;
use utoipa::ToSchema;

use super::*;
use crate::calendars::{CalendarHours, TimeLimit};

word! {
    /// Why what a target rests on cannot carry it.
    Weakness {
        /// The target rests on nothing.
        RestsOnNothing,
        /// The named agreement has no version in force that promises it.
        NotPromised,
        /// It is of another kind than the target: nothing can be counted.
        AnotherKind,
        /// The availabilities in series stay below the promise.
        AvailabilityBelow,
        /// The times add up to more than the promise.
        TimesAbove,
        /// It is counted in fewer hours than the target, or in others that cannot be compared.
        NarrowerHours,
        /// Its notice period is longer than the agreement's own.
        LongerNotice,
        /// It ends before the agreement does.
        EarlierEnd,
    }
}

/// Where what a target rests on cannot carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// Why.
    pub weakness: Weakness,
    /// The agreement that bears, where it is one in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementRef>,
    /// The figures, for a person.
    pub detail: Note,
}

/// One target, with what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Underpinned {
    /// The target's key.
    pub target: Slug,
    /// What it rests on.
    #[schema(max_items = 20)]
    pub rests_on: Vec<RestsOn>,
    /// Where that cannot carry it; none: it can.
    #[schema(max_items = 200)]
    pub warnings: Vec<Warning>,
}

/// A version's targets, with what they rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Underpinning {
    /// On which day it was looked at.
    pub day: NaiveDate,
    /// Each target, in the order of the content.
    #[schema(max_items = 100)]
    pub targets: Vec<Underpinned>,
}

fn warning(weakness: Weakness, agreement: Option<&AgreementRef>, detail: String) -> Option<Warning> {
    Some(Warning {
        weakness,
        agreement: agreement.cloned(),
        detail: detail.parse().ok()?,
    })
}

/// The hours of pinned calendars, for whoever looks at them.
pub type Hours = std::collections::HashMap<(CalendarId, i64), CalendarHours>;

impl AgreementVersion {
    /// What its targets rest on as of a day. `bearing` are the versions of the agreements that they name; `hours`
    /// are those of every calendar that either side pins.
    pub fn underpinning(&self, bearing: &[AgreementVersion], day: NaiveDate, hours: &Hours) -> Underpinning {
        let targets = self.content.targets.iter();
        Underpinning {
            day,
            targets: targets
                .map(|target| Underpinned {
                    target: target.key.clone(),
                    rests_on: target.rests_on.clone(),
                    warnings: self.weak(target, bearing, day, hours),
                })
                .collect(),
        }
    }

    fn weak(
        &self,
        target: &ServiceLevelTarget,
        bearing: &[AgreementVersion],
        day: NaiveDate,
        hours: &Hours,
    ) -> Vec<Warning> {
        if target.rests_on.is_empty() {
            let detail = format!("{} rests on no other agreement.", target.name);
            return warning(Weakness::RestsOnNothing, None, detail).into_iter().collect();
        }
        let mut warnings = vec![];
        let mut promised = vec![];
        for rests_on in &target.rests_on {
            let version = bearing.iter().find(|version| {
                version.agreement.id == rests_on.agreement && version.state_on(day) == VersionState::Active
            });
            let found = version.and_then(|version| {
                let promise = version.content.targets.iter().find(|t| t.key == rests_on.target)?;
                Some((version, promise))
            });
            match found {
                Some((version, promise)) => {
                    warnings.extend(self.weak_bearer(target, version, promise, hours));
                    promised.push(promise);
                }
                None => {
                    let detail = format!("No version in force on {day} promises {}.", rests_on.target);
                    warnings.extend(warning(Weakness::NotPromised, version.map(|v| &v.agreement), detail));
                }
            }
        }
        warnings.extend(too_little(target, &promised));
        warnings
    }

    /// What is weak about one that bears, whatever it promises.
    fn weak_bearer(
        &self,
        target: &ServiceLevelTarget,
        version: &AgreementVersion,
        promise: &ServiceLevelTarget,
        hours: &Hours,
    ) -> Vec<Warning> {
        let by = Some(&version.agreement);
        let same_kind = std::mem::discriminant(&target.indicator) == std::mem::discriminant(&promise.indicator);
        let known = |version: &Self, id: Option<CalendarId>| {
            let pin = version.calendars.0.iter().find(|pin| Some(pin.id) == id)?;
            hours.get(&(pin.id, pin.version))
        };
        let hours = match (known(self, target.calendar), known(version, promise.calendar)) {
            (Some(wanted), Some(given)) => given.hold(wanted, self.terms.first_day),
            _ => true,
        };
        // Both run on from the same day, so the longer span is the one that reaches further.
        let reaches = |span: Option<Span>| span.and_then(|span| span.after(self.terms.first_day, 1));
        let (mine, theirs) = (self.in_force().until, version.in_force().until);
        let ends_first = theirs.is_some_and(|theirs| mine.is_none_or(|mine| theirs < mine));
        [
            (!same_kind).then(|| {
                let detail = format!("{} is judged by something else than {}.", promise.name, target.name);
                warning(Weakness::AnotherKind, by, detail)
            }),
            (!hours).then(|| {
                let detail = format!("{} is not counted in all hours of {}.", promise.name, target.name);
                warning(Weakness::NarrowerHours, by, detail)
            }),
            (reaches(version.terms.notice_period) > reaches(self.terms.notice_period)).then(|| {
                let period = version.terms.notice_period.map(String::from).unwrap_or_default();
                let detail = format!("Its notice period is {period}: longer than the agreement's own.");
                warning(Weakness::LongerNotice, by, detail)
            }),
            ends_first.then(|| {
                let last = theirs.and_then(|until| until.pred_opt()).map(|last| last.to_string());
                let detail = format!("It ends on {}, before the agreement does.", last.unwrap_or_default());
                warning(Weakness::EarlierEnd, by, detail)
            }),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .collect()
    }
}

/// Whether the promises together stay short of the target: availabilities in series multiply, times add up.
fn too_little(target: &ServiceLevelTarget, promised: &[&ServiceLevelTarget]) -> Option<Warning> {
    match &target.indicator {
        Indicator::Availability {} => {
            let shares = promised.iter().filter(|p| p.indicator == target.indicator);
            let serial = shares.fold(Exact::ONE_HUNDRED, |all, p| all * p.value.exact() / Exact::ONE_HUNDRED);
            let below = serial < target.value.exact();
            let detail = format!(
                "In series they reach {} per cent, of {} promised.",
                serial.normalize(),
                target.value
            );
            below
                .then(|| warning(Weakness::AvailabilityBelow, None, detail))
                .flatten()
        }
        Indicator::Timeliness { limit, measured, .. } => {
            let limits = promised.iter().filter_map(|p| match &p.indicator {
                Indicator::Timeliness {
                    limit, measured: of, ..
                } if of == measured => Some(*limit),
                _ => None,
            });
            let (mut seconds, mut days) = (0i64, 0i64);
            for one in limits {
                match one {
                    TimeLimit::OpenSeconds(n) => seconds = seconds.saturating_add(n),
                    TimeLimit::OpenDays(n) => days += i64::from(n),
                }
            }
            let (above, sum) = match limit {
                TimeLimit::OpenSeconds(most) => (seconds > *most || days > 0, format!("{seconds} s and {days} days")),
                TimeLimit::OpenDays(most) => (days > i64::from(*most), format!("{days} days")),
            };
            let detail = format!("Together they may take {sum}; {limit} is promised.");
            above.then(|| warning(Weakness::TimesAbove, None, detail)).flatten()
        }
        Indicator::Gauge { .. } | Indicator::Satisfaction { .. } => None,
    }
}
