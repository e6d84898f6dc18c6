//! Computing a statement: each version in force on its own days (R11), each of its targets by the evidence that bears on
//! it. Pure: what was found in the store is handed over, and the same inputs give the same figures.
mod target;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use self::target::OfTarget;
use super::{
    consequences::{DaysOf, consequence},
    judging::*,
    *,
};
use crate::{
    agreements::{
        AgreementVersion, CoveredService, Indicator, SatisfactionMethod, ServiceLevelTarget, VersionNumber,
        WorkloadLimit,
    },
    calendars::{CalendarHours, Interval, Pause, PinnedCalendar},
    measurements::MeasurementInput,
    satisfaction::Distribution,
    vocabulary::*,
};

/// A version that was in force in the period, and what was found for it.
#[derive(Debug, Clone)]
pub struct Part {
    /// The version.
    pub version: AgreementVersion,
    /// Its first day in the period.
    pub first_day: NaiveDate,
    /// The first day after its days in the period.
    pub until: NaiveDate,
    /// The hours of the calendars that it pins.
    pub hours: HashMap<CalendarId, CalendarHours>,
    /// When each service was used by whom the agreement covers; none: no customer's use bounds it.
    pub used: Option<HashMap<ServiceId, Vec<Interval>>>,
    /// What was observed on its days. More does no harm.
    pub observed: Vec<Observed>,
    /// The cases that are open now, while the period runs.
    pub open_cases: Vec<Observed>,
    /// What users answered about a service in a month that lies within its days, of each customer that it covers: those
    /// answers that anybody may be told (R19).
    pub answers: Vec<(ServiceId, Distribution)>,
}

/// Everything that a statement is computed from.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The period.
    pub period: StatementPeriod,
    /// The organisation's time zone, in which days begin and end.
    pub zone: Tz,
    /// Now: a running period is cut here.
    pub now: DateTime<Utc>,
    /// The versions that were in force, the first one first.
    pub parts: Vec<Part>,
    /// The exclusions that were asked for.
    pub exclusions: Vec<Exclusion>,
}

impl Inputs {
    /// The figures of the statement.
    pub fn figures(&self) -> Result<Figures, FiguresUnwritable> {
        let parts: Vec<PartFigures> = self.judged().map(|judged| judged.figures()).collect();
        let digests = self.evidence().iter().map(|observed| observed.digest).collect();
        let evidence = EvidenceSummary::of(digests).ok_or(FiguresUnwritable)?;
        let text = serde_json_canonicalizer::to_string(&(&parts, &evidence)).map_err(|_| FiguresUnwritable)?;
        Ok(Figures {
            until: self.now.min(self.period.interval(self.zone).to),
            consequences: totals(&parts),
            evidence,
            digest: crate::clients::digest(&text).parse().map_err(|_| FiguresUnwritable)?,
            parts,
        })
    }

    /// Every measurement that some figure rests on, once.
    pub fn evidence(&self) -> Vec<&Observed> {
        let mut seen = HashSet::new();
        self.judged()
            .flat_map(|judged| {
                let used = judged.part.observed.iter();
                used.filter(|observed| judged.uses(observed)).collect::<Vec<_>>()
            })
            .filter(|observed| seen.insert(observed.measurement))
            .collect()
    }

    /// Whether a figure that is asked for rests on the measurement.
    pub fn rests_on(&self, observed: &Observed, asked: &EvidenceOf) -> bool {
        let mut judged = self.judged();
        judged.any(|judged| {
            let version = judged.part.version.number;
            asked.version.is_none_or(|asked| asked == version)
                && match &asked.target {
                    None => judged.uses(observed),
                    Some(key) => {
                        let mut targets = judged.targets().filter(|target| target.key == *key);
                        judged.in_time(observed) && targets.any(|target| judged.bears_on(observed, target))
                    }
                }
        })
    }

    fn judged(&self) -> impl Iterator<Item = Judged<'_>> {
        self.parts.iter().map(|part| {
            let whole = interval(part.first_day, part.until, self.zone);
            let so_far = whole.and(&Interval::new(whole.from, self.now.max(whole.from)));
            Judged {
                inputs: self,
                part,
                covered: part.version.services.0.iter().map(|service| service.id).collect(),
                so_far,
                running: so_far != whole,
                whole,
            }
        })
    }
}

/// The evidence of which figures.
#[derive(Debug, Clone, Default)]
pub struct EvidenceOf {
    /// Of this target, by its key; none: of all, and of the workload.
    pub target: Option<Slug>,
    /// As this version promised it; none: as any did.
    pub version: Option<VersionNumber>,
}

/// The figures cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the figures cannot be written as JSON")]
pub struct FiguresUnwritable;

/// What follows from all missed targets in money, by currency.
fn totals(parts: &[PartFigures]) -> Vec<Money> {
    let targets = parts.iter().flat_map(|part| &part.targets);
    let amounts = targets.filter_map(|target| target.consequence.as_ref()?.amount.as_ref());
    let mut sums: BTreeMap<&str, (&Currency, i64)> = BTreeMap::new();
    for Money { amount, currency } in amounts {
        sums.entry(currency.as_str()).or_insert((currency, 0)).1 += amount.minor();
    }
    let money = |(currency, minor): &(&Currency, i64)| {
        let amount = Amount::of_minor(*minor)?;
        let currency = (*currency).clone();
        Some(Money { amount, currency })
    };
    sums.values().filter_map(money).collect()
}

/// One version on its days, being judged.
struct Judged<'a> {
    inputs: &'a Inputs,
    part: &'a Part,
    covered: Vec<ServiceId>,
    whole: Interval,
    so_far: Interval,
    running: bool,
}

impl Judged<'_> {
    fn figures(&self) -> PartFigures {
        let version = &self.part.version;
        let of_period = self.inputs.period.kind();
        let limits = version.content.workload_limits.iter();
        let workload: Vec<WorkloadFigure> = limits
            .filter(|limit| limit.period == of_period)
            .map(|limit| self.workload(limit))
            .collect();
        let targets = self
            .targets()
            .map(|target| OfTarget::of(self, target).figure(&workload))
            .collect();
        PartFigures {
            version: version.number,
            digest: version.digest.clone(),
            first_day: self.part.first_day,
            last_day: self.part.until.pred_opt().unwrap_or(self.part.first_day),
            targets,
            workload,
        }
    }

    /// The targets that are judged for this kind of period.
    fn targets(&self) -> impl Iterator<Item = &ServiceLevelTarget> {
        let of_period = self.inputs.period.kind();
        let all = self.part.version.content.targets.iter();
        all.filter(move |target| target.period == of_period)
    }

    fn bears_on(&self, observed: &Observed, target: &ServiceLevelTarget) -> bool {
        observed.bears_on(target, &self.covered, &self.part.version.content.priorities)
    }

    /// Whether it happened on the version's days, as far as they have passed.
    fn in_time(&self, observed: &Observed) -> bool {
        let Interval { from, to } = self.so_far;
        let inside = |at: DateTime<Utc>| from <= at && at < to;
        match &observed.sent {
            MeasurementInput::Outage(outage) => outage.from < to && outage.to.unwrap_or(to) > from,
            MeasurementInput::Case(case) => case.resolved.is_some_and(inside),
            MeasurementInput::Sample(sample) => inside(sample.observed_at),
        }
    }

    /// Whether some figure rests on it.
    fn uses(&self, observed: &Observed) -> bool {
        let content = &self.part.version.content;
        let of_period = self.inputs.period.kind();
        let mut limits = content.workload_limits.iter().filter(|limit| limit.period == of_period);
        self.in_time(observed)
            && (limits.any(|limit| observed.counts_towards(limit))
                || self.targets().any(|target| self.bears_on(observed, target)))
    }

    fn workload(&self, limit: &WorkloadLimit) -> WorkloadFigure {
        let counted = self
            .part
            .observed
            .iter()
            .filter(|o| self.in_time(o) && o.counts_towards(limit));
        let values: Vec<Decimal> = counted
            .map(|observed| observed.sample().map_or(Decimal::from(1), |sample| sample.value))
            .collect();
        let actual = Quotient::sum(values.iter().copied());
        WorkloadFigure {
            limit: limit.key.clone(),
            name: limit.name.clone(),
            most: limit.limit,
            actual: actual.to_decimal(),
            n: count(values.len()),
            beyond: actual.compare(limit.limit).is_gt(),
        }
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
