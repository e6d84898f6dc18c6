//! One target on the days of one version: what the evidence that bears on it gives, agreed and raw.
use super::*;

/// A figure before it is written.
#[derive(Clone)]
struct Tally {
    n: i64,
    k: Option<i64>,
    figure: Option<Quotient>,
}

impl Tally {
    const NOTHING: Self = Self {
        n: 0,
        k: None,
        figure: None,
    };

    fn share(k: i64, n: i64) -> Self {
        Self {
            n,
            k: Some(k),
            figure: Quotient::percent(k, n),
        }
    }

    /// None where the scale does not say which scores are satisfied ones.
    fn of_answers(answers: &Distribution, method: SatisfactionMethod) -> Option<Self> {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let n = whole(answers.n());
        Some(match method {
            SatisfactionMethod::Csat => Self::share(whole(answers.satisfied()?), n),
            SatisfactionMethod::Mean => Self {
                n,
                k: None,
                figure: Quotient::mean(answers.counts().map(|(score, n)| i64::from(score) * whole(n)).sum(), n),
            },
        })
    }

    fn written(&self) -> Figure {
        Figure {
            value: self.figure.and_then(|figure| figure.to_decimal()),
            n: self.n,
            k: self.k,
        }
    }
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

/// A target, with what bears on it.
pub(super) struct OfTarget<'a> {
    judged: &'a Judged<'a>,
    target: &'a ServiceLevelTarget,
    bearing: Vec<&'a Observed>,
    /// The exclusions of it that take effect.
    exclusions: Vec<&'a Exclusion>,
}

impl<'a> OfTarget<'a> {
    pub fn of(judged: &'a Judged<'a>, target: &'a ServiceLevelTarget) -> Self {
        let observed = judged.part.observed.iter();
        let services = target.about(&judged.covered);
        let of_it = |exclusion: &&Exclusion| {
            let mut services = services.iter();
            exclusion.takes_effect() && services.any(|service| exclusion.concerns(&target.key, *service))
        };
        Self {
            judged,
            target,
            bearing: observed
                .filter(|observed| judged.in_time(observed) && judged.bears_on(observed, target))
                .collect(),
            exclusions: judged.inputs.exclusions.iter().filter(of_it).collect(),
        }
    }

    pub fn figure(&self, workload: &[WorkloadFigure]) -> TargetFigure {
        let target = self.target;
        let found = match &target.indicator {
            Indicator::Availability {} => self.available(),
            Indicator::Timeliness { .. } => self.timely(),
            Indicator::Gauge { figure, .. } => self.gauged(*figure),
            Indicator::Satisfaction { method } => self.satisfied(*method),
        };
        let minimum = u64::from(target.minimum_observations);
        let verdict = verdict(found.finding(), minimum, target.comparison, target.value);
        let missed = verdict == Verdict::Missed;
        TargetFigure {
            target: target.key.clone(),
            name: target.name.clone(),
            services: self.services().cloned().collect(),
            comparison: target.comparison,
            value: target.value,
            verdict,
            at_risk: self.judged.running && found.heads_for_a_miss(target, verdict),
            agreed: found.agreed.written(),
            raw: found.raw.written(),
            counted: found.counted,
            minimum_observations: target.minimum_observations,
            method: found.method,
            calendar: self.calendar().map(|(pin, _)| pin.clone()),
            excluded: self.excluded(),
            evidence_share: found.evidence_share.and_then(|share| share.to_decimal()),
            allowance: found.allowance(target),
            beyond_workload: target.workload_limit.as_ref().map(|key| {
                let limit = workload.iter().find(|figure| figure.limit == *key);
                limit.is_some_and(|figure| figure.beyond)
            }),
            overdue: found.overdue,
            consequence: missed.then(|| self.consequence(&found)).flatten(),
        }
    }

    fn consequence(&self, found: &Found) -> Option<ConsequenceFigure> {
        let part = self.judged.part;
        let days = DaysOf {
            part: (part.until - part.first_day).num_days(),
            whole: self.judged.inputs.period.length(),
        };
        let price = part.version.content.price.as_ref();
        let price = price.map(|price| (price, self.target.period, days));
        let (agreed, figure) = (self.target.consequence.as_ref()?, found.agreed.figure.as_ref()?);
        Some(consequence(agreed, self.target.comparison, figure, price))
    }

    fn services(&self) -> impl Iterator<Item = &CoveredService> {
        let about: HashSet<ServiceId> = self.target.about(&self.judged.covered).iter().copied().collect();
        let all = self.judged.part.version.services.0.iter();
        all.filter(move |service| about.contains(&service.id))
    }

    fn calendar(&self) -> Option<(&PinnedCalendar, &CalendarHours)> {
        let part = self.judged.part;
        let mut pins = part.version.calendars.0.iter();
        let pin = pins.find(|pin| Some(pin.id) == self.target.calendar)?;
        Some((pin, part.hours.get(&pin.id)?))
    }

    fn exclusions_of(&self, service: ServiceId) -> impl Iterator<Item = &Exclusion> {
        let all = self.exclusions.iter().copied();
        all.filter(move |exclusion| exclusion.concerns(&self.target.key, service))
    }

    /// What was left out of the agreed figure. What stopped a case's clock may lie before the period.
    fn excluded(&self) -> Vec<Excluded> {
        let so_far = self.judged.so_far;
        let opened = self.cases().map(|(_, case)| case.opened).min();
        let judged = Interval::new(opened.unwrap_or(so_far.from).min(so_far.from), so_far.to);
        let bearing = self.exclusions.iter();
        bearing
            .filter(|exclusion| !exclusion.interval().and(&judged).is_empty())
            .map(|exclusion| Excluded {
                exclusion: exclusion.id,
                ground: exclusion.ground,
                from: exclusion.from,
                to: exclusion.to,
            })
            .collect()
    }

    /// A figure without what is excluded, and with it.
    fn both(&self, figure: impl Fn(bool) -> Tally) -> (Tally, Tally) {
        let agreed = figure(true);
        let raw = match self.exclusions.is_empty() {
            true => agreed.clone(),
            false => figure(false),
        };
        (agreed, raw)
    }

    fn available(&self) -> Found {
        let so_far = self.judged.so_far;
        let (agreed, raw) = self.both(|leave_out| {
            let found = self.there(so_far, leave_out);
            Tally::share(found.agreed_seconds - found.downtime_seconds, found.agreed_seconds)
        });
        let whole = match self.judged.running {
            true => self.there(self.judged.whole, true).agreed_seconds,
            false => agreed.n,
        };
        Found {
            evidence_share: Quotient::percent(agreed.n, whole),
            agreed,
            raw,
            counted: Counted::Seconds,
            method: Method::AvailabilityOfAgreedTime,
            whole,
            overdue: None,
        }
    }

    /// The agreed time up to an instant, and what outages took of it.
    fn there(&self, judged: Interval, leave_out: bool) -> Availability {
        let services = self.target.about(&self.judged.covered).iter().map(|service| {
            let excluded: Vec<Interval> = match leave_out {
                true => self.exclusions_of(*service).map(Exclusion::interval).collect(),
                false => vec![],
            };
            let outages = self.bearing.iter().filter(|observed| observed.service == *service);
            let outages = outages.filter_map(|observed| observed.outage()).collect();
            (self.agreed_time(*service, judged, &excluded), outages)
        });
        Availability::of_all(services, self.judged.so_far.to)
    }

    /// When a service is agreed to be there: open, used, and not excluded.
    fn agreed_time(&self, service: ServiceId, judged: Interval, excluded: &[Interval]) -> Vec<Interval> {
        let Some((_, hours)) = self.calendar() else {
            return vec![];
        };
        let used = match &self.judged.part.used {
            None => vec![judged],
            Some(used) => used.get(&service).cloned().unwrap_or_default(),
        };
        agreed_time(hours, judged, &used, excluded)
    }

    fn cases(&self) -> impl Iterator<Item = (ServiceId, Case<&str>)> {
        let bearing = self.bearing.iter();
        bearing.filter_map(|observed| Some((observed.service, observed.case()?)))
    }

    fn timely(&self) -> Found {
        let rule = self.rule();
        let (agreed, raw) = self.both(|leave_out| {
            let cases = self.cases().map(|(service, case)| match leave_out {
                true => self.stopped(service, case),
                false => case,
            });
            let timed = cases.filter_map(|case| case.timed(rule.as_ref()?));
            let (k, n) = timed.fold((0, 0), |(k, n), timed| (k + i64::from(timed.within), n + 1));
            Tally::share(k, n)
        });
        Found {
            whole: agreed.n,
            agreed,
            raw,
            counted: Counted::Cases,
            method: Method::ShareOfCasesWithinLimit,
            evidence_share: self.share_of_days(self.cases().filter_map(|(_, case)| case.resolved)),
            overdue: self.judged.running.then(|| self.overdue(rule.as_ref())),
        }
    }

    fn rule(&self) -> Option<TimelinessRule<'_>> {
        let Indicator::Timeliness {
            measured,
            limit,
            reopened_time_counts,
            ..
        } = self.target.indicator
        else {
            return None;
        };
        Some(TimelinessRule {
            hours: self.calendar()?.1,
            milestone: measured,
            limit,
            reopened_time_counts,
        })
    }

    /// The case; what is excluded stops its clock.
    fn stopped<'c>(&self, service: ServiceId, mut case: Case<&'c str>) -> Case<&'c str> {
        let excluded = self.exclusions_of(service).map(|exclusion| Pause {
            from: exclusion.from,
            to: Some(exclusion.to),
        });
        case.pauses.extend(excluded);
        case
    }

    /// The open cases whose time has run out.
    fn overdue(&self, rule: Option<&TimelinessRule<'_>>) -> i64 {
        let open = self.judged.part.open_cases.iter();
        let open = open.filter(|observed| self.judged.bears_on(observed, self.target));
        let late = open.filter_map(|observed| {
            let case = self.stopped(observed.service, observed.case()?);
            match rule?.milestone {
                Milestone::Response if case.responded.is_some() => None,
                _ => case
                    .deadline(rule?)
                    .filter(|deadline| *deadline < self.judged.inputs.now),
            }
        });
        count(late.count())
    }

    fn gauged(&self, statistic: Statistic) -> Found {
        let observed_at = |observed: &&&Observed| *observed.sent.observed_at();
        let (agreed, raw) = self.both(|leave_out| {
            let kept = self.bearing.iter().filter(|observed| {
                let at = observed_at(observed);
                let mut excluded = self.exclusions_of(observed.service);
                !leave_out || !excluded.any(|exclusion| exclusion.from <= at && at < exclusion.to)
            });
            let samples: Vec<Sample> = kept.filter_map(|observed| observed.sample()).collect();
            Tally {
                n: count(samples.len()),
                k: None,
                figure: gauge(statistic, &samples),
            }
        });
        Found {
            agreed,
            raw,
            counted: Counted::Samples,
            method: match statistic {
                Statistic::Mean => Method::MeanOfSamples,
                Statistic::Min => Method::MinOfSamples,
                Statistic::Max => Method::MaxOfSamples,
                Statistic::Sum => Method::SumOfSamples,
                Statistic::Last => Method::LastOfSamples,
                Statistic::Percentile(_) => Method::NearestRankPercentile,
            },
            evidence_share: self.share_of_days(self.bearing.iter().map(|observed| observed_at(&observed))),
            whole: 0,
            overdue: None,
        }
    }

    /// By the answers that may be told, all on one scale: figures of different scales are never put together. What is
    /// withheld is not among them, so that the figure tells of nobody; of a running period nothing is said. Exclusions bear on the delivery, not on what users think of it.
    fn satisfied(&self, method: SatisfactionMethod) -> Found {
        let services = self.target.about(&self.judged.covered);
        let answers = self.judged.part.answers.iter();
        let mut answers = answers
            .filter(|(service, _)| services.contains(service))
            .map(|(_, told)| told);
        let first = answers.next().cloned();
        let together = first.and_then(|first| answers.try_fold(first, |sum, more| sum.with(more)));
        let tally = together.and_then(|together| Tally::of_answers(&together, method));
        let agreed = tally.filter(|_| !self.judged.running).unwrap_or(Tally::NOTHING);
        Found {
            whole: agreed.n,
            raw: agreed.clone(),
            agreed,
            counted: Counted::Answers,
            method: Method::SatisfactionOfPeriod,
            evidence_share: None,
            overdue: None,
        }
    }

    /// On how many of the version's days something was observed, in per cent.
    fn share_of_days(&self, observed: impl Iterator<Item = DateTime<Utc>>) -> Option<Quotient> {
        let part = self.judged.part;
        let date = |at: DateTime<Utc>| at.with_timezone(&self.judged.inputs.zone).date_naive();
        let days: HashSet<NaiveDate> = observed.map(date).collect();
        Quotient::percent(count(days.len()), (part.until - part.first_day).num_days())
    }
}
