//! Targets as OpenSLO v1 documents, and back. What OpenSLO has a place for stands there: name, share, period. What only a
//! contract knows (calendar, priorities, consequence …) stands in the specification of our own metric source.
//!
//! It is for targets of availability and timeliness, which are shares of good in all; others have no such document.
mod format;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use rust_decimal::prelude::ToPrimitive;

use super::*;
use crate::{Rule, RuleCode};

pub use format::*;

/// Where a document keeps what OpenSLO has no place for.
const COUNTED: &str = "spec/indicator/spec/ratioMetric/total/metricSource/spec";

/// What people say with capitals and underscores, as the format says it.
fn name(text: &str) -> String {
    text.to_lowercase().replace('_', "-").trim_matches('-').to_owned()
}

fn unfit(pointer: String, detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::Unjudgeable, detail).at(pointer)
}

impl AgreementVersion {
    /// Its targets of availability and timeliness as documents, after the services that they are about. `zone` is the
    /// organisation's.
    pub fn to_openslo(&self, zone: &ZoneName) -> Result<Vec<OpenSlo>, Rule> {
        let shares = self.content.targets.iter().enumerate();
        let slos =
            shares.filter_map(|(i, target)| self.slo(target, zone, &format!("/content/targets/{i}")).transpose());
        let slos = slos.collect::<Result<Vec<_>, _>>()?;
        let mut services: Vec<OpenSlo> = vec![];
        for target in &self.content.targets {
            let service = self.service_of(target);
            if target.is_a_share_of_good() && !services.contains(&service) {
                services.push(service);
            }
        }
        Ok(services.into_iter().chain(slos).collect())
    }

    /// The one service that a target is about; where it is about several, all that the agreement covers, by its name.
    fn service_of(&self, target: &ServiceLevelTarget) -> OpenSlo {
        let one = match target.services.as_slice() {
            [id] => self.services.0.iter().find(|covered| covered.id == *id),
            _ => None,
        };
        let (code, display_name) = match one {
            Some(service) => (service.code.as_str(), &service.name),
            None => (self.agreement.number.as_str(), &self.content.title),
        };
        OpenSlo::Service {
            api_version: OpenSloVersion::V1,
            metadata: OpenSloMetadata {
                name: name(code),
                display_name: Some(display_name.clone()),
            },
            spec: OpenSloServiceSpec::default(),
        }
    }

    fn slo(&self, target: &ServiceLevelTarget, zone: &ZoneName, pointer: &str) -> Result<Option<OpenSlo>, Rule> {
        let (Some(calendar), true) = (target.calendar, target.is_a_share_of_good()) else {
            return Ok(None);
        };
        let measure = match target.indicator {
            Indicator::Availability {} => GoodMeasure::SecondsAvailable,
            _ => GoodMeasure::CasesWithinLimit,
        };
        let percent = target.value.exact().to_f64().filter(|percent| *percent < 100.0);
        let percent = percent.ok_or_else(|| {
            let detail = format!(
                "OpenSLO has no objective of {} per cent: it stays below 100.",
                target.value
            );
            unfit(format!("{pointer}/value"), detail)
        })?;
        let OpenSlo::Service { metadata: service, .. } = self.service_of(target) else {
            return Ok(None);
        };
        let counted = CountedTarget {
            key: Some(target.key.clone()),
            indicator: target.indicator.clone(),
            comparison: target.comparison,
            services: target.services.clone(),
            calendar,
            minimum_observations: target.minimum_observations,
            workload_limit: target.workload_limit.clone(),
            consequence: target.consequence.clone(),
            rests_on: target.rests_on.clone(),
        };
        let kind = MetricSourceType::Kundansvar;
        let ratio_metric = RatioMetric {
            counter: false,
            good: Some(GoodMetric {
                metric_source: GoodSource {
                    kind,
                    spec: GoodSpec { measure },
                },
            }),
            total: TotalMetric {
                metric_source: TotalSource { kind, spec: counted },
            },
        };
        let named = name(target.key.as_str());
        Ok(Some(OpenSlo::Slo {
            api_version: OpenSloVersion::V1,
            spec: Box::new(SloSpec {
                service: service.name,
                indicator: Sli {
                    metadata: OpenSloMetadata {
                        name: format!("{named}-share"),
                        display_name: None,
                    },
                    spec: SliSpec { ratio_metric },
                },
                time_window: vec![TimeWindow::of(target.period, self.terms.first_day, zone)],
                budgeting_method: BudgetingMethod::Occurrences,
                objectives: vec![Objective {
                    target: None,
                    target_percent: Some(percent),
                }],
            }),
            metadata: OpenSloMetadata {
                name: named,
                display_name: Some(target.name.clone()),
            },
        }))
    }
}

impl ServiceLevelTarget {
    fn is_a_share_of_good(&self) -> bool {
        matches!(
            self.indicator,
            Indicator::Availability {} | Indicator::Timeliness { .. }
        )
    }
}

impl TimeWindow {
    fn of(period: CalendarPeriod, day: NaiveDate, zone: &ZoneName) -> Self {
        let duration = match period {
            CalendarPeriod::Month => "1M",
            CalendarPeriod::Quarter => "1Q",
            CalendarPeriod::Year => "1Y",
        };
        Self {
            duration: duration.into(),
            calendar: OpenSloCalendar {
                start_time: format!("{}-01-01 00:00:00", day.format("%Y")),
                time_zone: zone.clone(),
            },
            is_rolling: false,
        }
    }

    /// The calendar's period that it is; refused where it is none. `pointer` is where it stands.
    fn period(&self, zone: &ZoneName, pointer: &str) -> Result<CalendarPeriod, Rule> {
        let period = match self.duration.as_str() {
            "1M" => CalendarPeriod::Month,
            "1Q" => CalendarPeriod::Quarter,
            "1Y" => CalendarPeriod::Year,
            _ => return Err(unfit(format!("{pointer}/duration"), "Say 1M, 1Q or 1Y.")),
        };
        if self.is_rolling {
            let detail = "A rolling window is no period of an agreement; align it to the calendar.";
            return Err(unfit(format!("{pointer}/isRolling"), detail));
        }
        if self.calendar.time_zone != *zone {
            let detail = format!("Periods are counted in the organisation's time zone, {zone}.");
            return Err(unfit(format!("{pointer}/calendar/timeZone"), detail));
        }
        let start = NaiveDateTime::parse_from_str(&self.calendar.start_time, "%Y-%m-%d %H:%M:%S").ok();
        let months = i64::from(12u8) / period.per_year();
        let aligned = |at: &NaiveDateTime| {
            at.day() == 1 && i64::from(at.month0()) % months == 0 && at.time() == chrono::NaiveTime::MIN
        };
        match start.filter(aligned) {
            Some(_) => Ok(period),
            None => {
                let detail = format!("No {period} begins then: say its first day, at 00:00:00.");
                Err(unfit(format!("{pointer}/calendar/startTime"), detail))
            }
        }
    }
}

impl Objective {
    /// The promised share, in per cent; it is told in one of two ways.
    fn percent(&self, pointer: &str) -> Result<Decimal, Rule> {
        let (number, member) = match (self.target, self.target_percent) {
            (Some(part), None) => (rust_decimal::Decimal::from_f64_retain(part), "target"),
            (None, Some(percent)) => (rust_decimal::Decimal::from_f64_retain(percent), "targetPercent"),
            _ => return Err(unfit(pointer.into(), "Tell the share once: target or targetPercent.")),
        };
        let factor = if member == "target" { 100 } else { 1 };
        // What stands in a document is decimal; eight digits of it are more than a share has.
        let text = number.map(|n| {
            (n * rust_decimal::Decimal::from(factor))
                .round_dp(6)
                .normalize()
                .to_string()
        });
        let share = text.and_then(|text| text.parse().ok());
        share.ok_or_else(|| unfit(format!("{pointer}/{member}"), "It is no share that can be written."))
    }
}

/// The targets that documents tell, each with the place of its document among them.
pub fn targets_of(documents: &[OpenSlo], zone: &ZoneName) -> Result<Vec<(usize, ServiceLevelTarget)>, Rule> {
    let slos = documents.iter().enumerate().filter_map(|(i, document)| match document {
        OpenSlo::Service { .. } => None,
        OpenSlo::Slo { metadata, spec, .. } => Some(target_of(metadata, spec, zone, i).map(|target| (i, target))),
    });
    slos.collect()
}

fn target_of(
    metadata: &OpenSloMetadata,
    spec: &SloSpec,
    zone: &ZoneName,
    i: usize,
) -> Result<ServiceLevelTarget, Rule> {
    let counted = spec.indicator.spec.ratio_metric.total.metric_source.spec.clone();
    let at = |member: &str| format!("/{i}/{member}");
    let key = match counted.key {
        Some(key) => key,
        None => metadata
            .name
            .parse()
            .map_err(|e: NotThatText| unfit(at("metadata/name"), format!("The name of a target {e}.")))?,
    };
    // The schema wants one of each.
    let window = spec.time_window.first();
    let window = window.ok_or_else(|| unfit(at("spec/timeWindow"), "Say for what time it holds."))?;
    let objective = spec.objectives.first();
    let objective = objective.ok_or_else(|| unfit(at("spec/objectives"), "Say what is promised."))?;
    let name = match &metadata.display_name {
        Some(name) => name.clone(),
        None => key
            .as_str()
            .parse()
            .map_err(|e: NotThatText| unfit(at("metadata/name"), e.to_string()))?,
    };
    let target = ServiceLevelTarget {
        key,
        name,
        services: counted.services,
        indicator: counted.indicator,
        comparison: counted.comparison,
        value: objective.percent(&at("spec/objectives/0"))?,
        period: window.period(zone, &at("spec/timeWindow/0"))?,
        calendar: Some(counted.calendar),
        minimum_observations: counted.minimum_observations,
        workload_limit: counted.workload_limit,
        consequence: counted.consequence,
        rests_on: counted.rests_on,
    };
    match target.is_a_share_of_good() {
        true => Ok(target),
        false => {
            let detail = "A share is told by availability or timeliness.";
            Err(unfit(at(&format!("{COUNTED}/indicator/kind")), detail))
        }
    }
}

impl Content {
    /// The content with these targets, each in the place of the one with its key, or after all others.
    pub fn with_targets(mut self, told: Vec<ServiceLevelTarget>) -> Self {
        for target in told {
            match self.targets.iter_mut().find(|known| known.key == target.key) {
                Some(known) => *known = target,
                None => self.targets.push(target),
            }
        }
        self
    }

    /// A refusal of content that was made of documents, told of the document that the target came from.
    pub fn as_of_documents(&self, told: &[(usize, ServiceLevelTarget)], rule: Rule) -> Rule {
        let within = rule
            .pointer
            .as_deref()
            .and_then(|p| p.strip_prefix("/content/targets/"));
        let found = within.and_then(|within| {
            let (place, member) = within.split_once('/').unwrap_or((within, ""));
            let target = self.targets.get(place.parse::<usize>().ok()?)?;
            let (document, _) = told.iter().find(|(_, told)| told.key == target.key)?;
            Some(match member {
                "" => format!("/{document}"),
                "value" => format!("/{document}/spec/objectives/0"),
                member => format!("/{document}/{COUNTED}/{member}"),
            })
        });
        match found {
            Some(pointer) => rule.at(pointer),
            None => rule,
        }
    }
}

#[cfg(test)]
mod tests;
