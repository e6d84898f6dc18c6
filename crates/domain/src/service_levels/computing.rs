//! Computing a statement: each version in force on its own days (R11), each of its targets by the evidence that bears on
//! it. Pure: what was found in the store is handed over, and the same inputs give the same figures.
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{
    consequences::{DaysOf, consequence},
    judging::*,
    *,
};
use crate::{
    agreements::{AgreementVersion, CoveredService, Indicator, ServiceLevelTarget, VersionNumber, WorkloadLimit},
    calendars::{CalendarHours, Interval, Pause, PinnedCalendar},
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

/// A figure before it is written.
struct Tally {
    n: i64,
    k: Option<i64>,
    figure: Option<Quotient>,
}

/// What evidence gave for a target.
struct Found {
    agreed: Tally,
    raw: Tally,
    counted: Counted,
    method: Method,
    evidence_share: Option<Quotient>,
    /// The whole that the promise is about at the period's end.
    whole: i64,
    overdue: Option<i64>,
}

impl Tally {
    fn share(k: i64, n: i64) -> Self {
        Self {
            n,
            k: Some(k),
            figure: Quotient::percent(k, n),
        }
    }

    fn written(&self) -> Figure {
        Figure {
            value: self.figure.and_then(|figure| figure.to_decimal()),
            n: self.n,
            k: self.k,
        }
    }
}

impl Found {
    fn finding(&self) -> Finding {
        let Tally { n, figure, .. } = self.agreed;
        match self.counted {
            Counted::Seconds => Finding::OfTime(figure),
            _ => Finding::Of {
                n: n.unsigned_abs(),
                figure,
            },
        }
    }

    fn allowance(&self, target: &ServiceLevelTarget) -> Option<Allowance> {
        let lost = self.agreed.n - self.agreed.k?;
        Some(Allowance {
            whole: self.whole,
            lost,
            left: allowance(self.whole, lost, target.comparison, target.value)?,
        })
    }

    /// As it goes the target will be missed: it would be now, or once the overdue cases are resolved.
    fn heads_for_a_miss(&self, target: &ServiceLevelTarget, verdict: Verdict) -> bool {
        let overdue = self.overdue.unwrap_or_default();
        let with_overdue = self.agreed.k.filter(|_| overdue > 0);
        let then = with_overdue.and_then(|k| Quotient::percent(k, self.agreed.n + overdue));
        verdict == Verdict::Missed || then.is_some_and(|figure| !target.comparison.holds(&figure, target.value))
    }
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
        let targets = self.targets().map(|target| self.target(target, &workload)).collect();
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

    fn bearing_on<'s>(&'s self, target: &'s ServiceLevelTarget) -> impl Iterator<Item = &'s Observed> {
        let observed = self.part.observed.iter().filter(|observed| self.in_time(observed));
        observed.filter(move |observed| self.bears_on(observed, target))
    }

    fn bears_on(&self, observed: &Observed, target: &ServiceLevelTarget) -> bool {
        observed.bears_on(target, &self.covered, &self.part.version.content.priorities)
    }

    /// Whether it happened on the version's days, as far as they have passed.
    fn in_time(&self, observed: &Observed) -> bool {
        let Interval { from, to } = self.so_far;
        let inside = |at: DateTime<Utc>| from <= at && at < to;
        match (observed.outage(), observed.case(), observed.sample()) {
            (Some(outage), ..) => outage.from < to && outage.to.unwrap_or(to) > from,
            (_, Some(case), _) => case.belongs_to(&self.so_far),
            (.., Some(sample)) => inside(sample.observed_at),
            _ => false,
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

    fn target(&self, target: &ServiceLevelTarget, workload: &[WorkloadFigure]) -> TargetFigure {
        let found = match &target.indicator {
            Indicator::Availability {} => self.available(target),
            Indicator::Timeliness { .. } => self.timely(target),
            Indicator::Gauge { figure, .. } => self.gauged(target, *figure),
            Indicator::Satisfaction { .. } => nothing_yet(),
        };
        let minimum = u64::from(target.minimum_observations);
        let verdict = verdict(found.finding(), minimum, target.comparison, target.value);
        TargetFigure {
            target: target.key.clone(),
            name: target.name.clone(),
            services: self.services(target).cloned().collect(),
            comparison: target.comparison,
            value: target.value,
            verdict,
            at_risk: self.running && found.heads_for_a_miss(target, verdict),
            agreed: found.agreed.written(),
            raw: found.raw.written(),
            counted: found.counted,
            minimum_observations: target.minimum_observations,
            method: found.method,
            calendar: self.calendar(target).map(|(pin, _)| pin.clone()),
            excluded: self.excluded(target),
            evidence_share: found.evidence_share.and_then(|share| share.to_decimal()),
            allowance: found.allowance(target),
            beyond_workload: target.workload_limit.as_ref().map(|key| {
                let limit = workload.iter().find(|figure| figure.limit == *key);
                limit.is_some_and(|figure| figure.beyond)
            }),
            overdue: found.overdue,
            consequence: (verdict == Verdict::Missed)
                .then(|| self.consequence(target, &found))
                .flatten(),
        }
    }

    fn consequence(&self, target: &ServiceLevelTarget, found: &Found) -> Option<ConsequenceFigure> {
        let days = DaysOf {
            part: (self.part.until - self.part.first_day).num_days(),
            whole: self.inputs.period.length(),
        };
        let price = self.part.version.content.price.as_ref();
        let price = price.map(|price| (price, target.period, days));
        let agreed = target.consequence.as_ref()?;
        Some(consequence(
            agreed,
            target.comparison,
            found.agreed.figure.as_ref()?,
            price,
        ))
    }

    fn services(&self, target: &ServiceLevelTarget) -> impl Iterator<Item = &CoveredService> {
        let about: HashSet<ServiceId> = target.about(&self.covered).iter().copied().collect();
        let all = self.part.version.services.0.iter();
        all.filter(move |service| about.contains(&service.id))
    }

    fn calendar(&self, target: &ServiceLevelTarget) -> Option<(&PinnedCalendar, &CalendarHours)> {
        let pin = self
            .part
            .version
            .calendars
            .0
            .iter()
            .find(|pin| Some(pin.id) == target.calendar)?;
        Some((pin, self.part.hours.get(&pin.id)?))
    }

    /// The consented exclusions of the target and a service; none: of any of its services.
    fn exclusions<'s>(
        &'s self,
        target: &'s ServiceLevelTarget,
        service: Option<ServiceId>,
    ) -> impl Iterator<Item = &'s Exclusion> {
        let all = self
            .inputs
            .exclusions
            .iter()
            .filter(|exclusion| exclusion.takes_effect());
        all.filter(move |exclusion| match service {
            Some(service) => exclusion.concerns(&target.key, service),
            None => {
                let mut services = target.about(&self.covered).iter();
                services.any(|service| exclusion.concerns(&target.key, *service))
            }
        })
    }

    /// What was left out of the target's agreed figure.
    fn excluded(&self, target: &ServiceLevelTarget) -> Vec<Excluded> {
        // What stopped a case's clock may lie before the period.
        let opened = self
            .bearing_on(target)
            .filter_map(|observed| Some(observed.case()?.opened));
        let since = opened.min().unwrap_or(self.so_far.from).min(self.so_far.from);
        let judged = Interval::new(since, self.so_far.to);
        self.exclusions(target, None)
            .filter(|exclusion| !exclusion.interval().and(&judged).is_empty())
            .map(|exclusion| Excluded {
                exclusion: exclusion.id,
                ground: exclusion.ground,
                from: exclusion.from,
                to: exclusion.to,
            })
            .collect()
    }

    fn available(&self, target: &ServiceLevelTarget) -> Found {
        let counted = |until: Interval, leave_out: bool| {
            let services = target.about(&self.covered).iter().map(|service| {
                let excluded: Vec<Interval> = match leave_out {
                    true => self
                        .exclusions(target, Some(*service))
                        .map(Exclusion::interval)
                        .collect(),
                    false => vec![],
                };
                let outages = self.bearing_on(target).filter(|observed| observed.service == *service);
                let outages = outages.filter_map(Observed::outage).collect();
                (self.agreed(target, *service, until, &excluded), outages)
            });
            Availability::of_all(services, self.so_far.to)
        };
        let tally =
            |found: &Availability| Tally::share(found.agreed_seconds - found.downtime_seconds, found.agreed_seconds);
        let (agreed, raw) = (counted(self.so_far, true), counted(self.so_far, false));
        let whole = match self.running {
            true => counted(self.whole, true).agreed_seconds,
            false => agreed.agreed_seconds,
        };
        Found {
            agreed: tally(&agreed),
            raw: tally(&raw),
            counted: Counted::Seconds,
            method: Method::AvailabilityOfAgreedTime,
            evidence_share: Quotient::percent(agreed.agreed_seconds, whole),
            whole,
            overdue: None,
        }
    }

    /// The agreed time of a service: open, used, and not excluded.
    fn agreed(
        &self,
        target: &ServiceLevelTarget,
        service: ServiceId,
        judged: Interval,
        excluded: &[Interval],
    ) -> Vec<Interval> {
        let Some((_, hours)) = self.calendar(target) else {
            return vec![];
        };
        let used = match &self.part.used {
            None => vec![judged],
            Some(used) => used.get(&service).cloned().unwrap_or_default(),
        };
        agreed_time(hours, judged, &used, excluded)
    }

    fn timely(&self, target: &ServiceLevelTarget) -> Found {
        let within = |leave_out: bool| {
            let timed = self.bearing_on(target);
            let timed = timed.filter_map(|observed| self.timed(target, observed, leave_out));
            let (k, n) = timed.fold((0, 0), |(k, n), timed| (k + i64::from(timed.within), n + 1));
            Tally::share(k, n)
        };
        let days = self.bearing_on(target).filter_map(|observed| observed.case()?.resolved);
        let agreed = within(true);
        Found {
            raw: within(false),
            counted: Counted::Cases,
            method: Method::ShareOfCasesWithinLimit,
            evidence_share: self.share_of_days(days),
            whole: agreed.n,
            overdue: self.running.then(|| self.overdue(target)),
            agreed,
        }
    }

    fn rule(&self, target: &ServiceLevelTarget) -> Option<TimelinessRule<'_>> {
        let Indicator::Timeliness {
            measured,
            limit,
            reopened_time_counts,
            ..
        } = target.indicator
        else {
            return None;
        };
        Some(TimelinessRule {
            hours: self.calendar(target)?.1,
            milestone: measured,
            limit,
            reopened_time_counts,
        })
    }

    /// A case as the target judges it; what is excluded stops its clock.
    fn judged_case<'s>(
        &self,
        target: &ServiceLevelTarget,
        observed: &'s Observed,
        leave_out: bool,
    ) -> Option<Case<&'s str>> {
        let mut case = observed.case()?;
        if leave_out {
            let stopped = self.exclusions(target, Some(observed.service)).map(|exclusion| Pause {
                from: exclusion.from,
                to: Some(exclusion.to),
            });
            case.pauses.extend(stopped);
        }
        Some(case)
    }

    fn timed(&self, target: &ServiceLevelTarget, observed: &Observed, leave_out: bool) -> Option<Timed> {
        self.judged_case(target, observed, leave_out)?
            .timed(&self.rule(target)?)
    }

    /// The open cases whose time has run out.
    fn overdue(&self, target: &ServiceLevelTarget) -> i64 {
        let open = self.part.open_cases.iter();
        let late = open.filter(|observed| {
            let case = self.judged_case(target, observed, true);
            let deadline = case
                .zip(self.rule(target))
                .and_then(|(case, rule)| match rule.milestone {
                    Milestone::Response if case.responded.is_some() => None,
                    _ => case.deadline(&rule),
                });
            self.bears_on(observed, target) && deadline.is_some_and(|at| at < self.inputs.now)
        });
        count(late.count())
    }

    fn gauged(&self, target: &ServiceLevelTarget, statistic: Statistic) -> Found {
        let read = |leave_out: bool| {
            let kept = self.bearing_on(target).filter(|observed| {
                let mut excluded = self.exclusions(target, Some(observed.service));
                let at = *observed.sent.observed_at();
                !leave_out || !excluded.any(|exclusion| exclusion.from <= at && at < exclusion.to)
            });
            let samples: Vec<Sample> = kept.filter_map(Observed::sample).collect();
            Tally {
                n: count(samples.len()),
                k: None,
                figure: gauge(statistic, &samples),
            }
        };
        let days = self.bearing_on(target).map(|observed| *observed.sent.observed_at());
        Found {
            agreed: read(true),
            raw: read(false),
            counted: Counted::Samples,
            method: match statistic {
                Statistic::Mean => Method::MeanOfSamples,
                Statistic::Min => Method::MinOfSamples,
                Statistic::Max => Method::MaxOfSamples,
                Statistic::Sum => Method::SumOfSamples,
                Statistic::Last => Method::LastOfSamples,
                Statistic::Percentile(_) => Method::NearestRankPercentile,
            },
            evidence_share: self.share_of_days(days),
            whole: 0,
            overdue: None,
        }
    }

    /// On how many of the version's days something was observed, in per cent.
    fn share_of_days(&self, observed: impl Iterator<Item = DateTime<Utc>>) -> Option<Quotient> {
        let date = |at: DateTime<Utc>| at.with_timezone(&self.inputs.zone).date_naive();
        let days: HashSet<NaiveDate> = observed.map(date).collect();
        Quotient::percent(count(days.len()), (self.part.until - self.part.first_day).num_days())
    }
}

/// No ratings are kept yet, so nothing can be said of satisfaction.
fn nothing_yet() -> Found {
    let none = || Tally {
        n: 0,
        k: None,
        figure: None,
    };
    Found {
        agreed: none(),
        raw: none(),
        counted: Counted::Answers,
        method: Method::SatisfactionOfPeriod,
        evidence_share: None,
        whole: 0,
        overdue: None,
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
