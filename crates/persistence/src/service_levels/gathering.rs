//! Gathering what a statement is computed from: the versions in force, the calendars they pin, the use of the services, and
//! the measurements on their days, each by an index that does not grow with the agreement's age.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    access::Scope,
    agreements::{Agreement, AgreementVersion, Indicator, ServiceLevelTarget},
    calendars::{
        Interval,
        intervals::{overlap, union, without},
    },
    satisfaction::{Distribution, SatisfactionDimension},
    service_levels::*,
    vocabulary::*,
};
use sea_orm::{FromQueryResult, Value};

use super::exclusions;
use crate::{
    Error, agreements, calendars, satisfaction,
    store::{self, Source},
};

/// The organisation's clock: its zone, and what it shows now.
#[derive(Debug, Clone, Copy)]
pub struct LocalTime {
    /// The zone, in which days begin and end.
    pub zone: Tz,
    /// Now.
    pub now: DateTime<Utc>,
}

impl LocalTime {
    /// The local date.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }
}

/// What a statement is computed from.
pub async fn inputs(
    source: &impl Source,
    agreement: &Agreement,
    period: StatementPeriod,
    time: LocalTime,
) -> Result<Inputs, Error> {
    let mut parts = vec![];
    for version in agreements::versions_within(source, agreement, period.period()).await? {
        parts.push(part(source, agreement, version, period, time).await?);
    }
    // What stopped a case's clock may lie before the period.
    let whole = period.interval(time.zone);
    let observed = parts
        .iter()
        .flat_map(|part| part.observed.iter().chain(&part.open_cases));
    let opened = observed.filter_map(|observed| Some(observed.case()?.opened)).min();
    let since = opened.unwrap_or(whole.from).min(whole.from);
    Ok(Inputs {
        period,
        zone: time.zone,
        now: time.now,
        parts,
        exclusions: exclusions::between(source, agreement, Interval::new(since, whole.to)).await?,
    })
}

async fn part(
    source: &impl Source,
    agreement: &Agreement,
    version: AgreementVersion,
    period: StatementPeriod,
    time: LocalTime,
) -> Result<Part, Error> {
    let (first_day, until) = days_within(&version, period);
    let whole = interval(first_day, until, time.zone);
    let pins = &version.calendars.0;
    let hours = calendars::hours_of(source, pins).await?;
    let wanted = Wanted {
        covered: Covered::of(source, agreement, &version, (first_day, until)).await?,
        services: version.services.0.iter().map(|service| service.id.0.into()).collect(),
        zone: time.zone,
    };
    let running = time.now < whole.to;
    Ok(Part {
        hours: pins
            .iter()
            .filter_map(|pin| Some((pin.id, hours.get(&(pin.id, pin.version))?.clone())))
            .collect(),
        used: wanted.used(source, (first_day, until)).await?,
        answers: wanted.answers(source, &version, period, (first_day, until)).await?,
        observed: wanted.observed(source, &version, period, whole).await?,
        open_cases: match running {
            true => wanted.open_cases(source).await?,
            false => vec![],
        },
        first_day,
        until,
        version,
    })
}

/// Whose evidence counts.
struct Covered {
    /// The agreement's customers in these days, one after the other; none: whoever uses the services.
    holders: Vec<CustomerId>,
    this_only: bool,
    /// The days on which a customer below has an agreement of its own, or of a nearer one above it, for a service (R8).
    overridden: HashMap<(CustomerId, ServiceId), Vec<Period>>,
    /// The days on which each customer is one of the holder's, where the agreement changed hands (R25).
    under: Option<HashMap<CustomerId, Vec<Period>>>,
}

#[derive(FromQueryResult)]
struct OverriddenRow {
    customer_id: CustomerId,
    service_id: ServiceId,
    since: NaiveDate,
    until: Option<NaiveDate>,
    held_since: NaiveDate,
    held_until: Option<NaiveDate>,
}

#[derive(FromQueryResult)]
struct UnderRow {
    customer_id: CustomerId,
    ancestor_id: CustomerId,
}

impl Covered {
    async fn of(
        source: &impl Source,
        agreement: &Agreement,
        version: &AgreementVersion,
        days: (NaiveDate, NaiveDate),
    ) -> Result<Self, Error> {
        let held = agreements::holders(source, agreement, days).await?;
        let mut covered = Self {
            holders: held.iter().map(|(customer, _)| *customer).collect(),
            this_only: version.content.this_only,
            overridden: HashMap::new(),
            under: None,
        };
        if !covered.holders.is_empty() && !covered.this_only {
            covered.overridden = covered.nearer(source, agreement, version, days).await?;
        }
        if held.len() > 1 {
            covered.under = Some(covered.changing_hands(source, &held).await?);
        }
        Ok(covered)
    }

    /// When agreements nearer to customers below hold.
    async fn nearer(
        &self,
        source: &impl Source,
        agreement: &Agreement,
        version: &AgreementVersion,
        (first_day, until): (NaiveDate, NaiveDate),
    ) -> Result<HashMap<(CustomerId, ServiceId), Vec<Period>>, Error> {
        let sql = format!(
            "select y.customer_id, s.service_id, v.since, v.until, o.since as held_since, o.until as held_until \
             from customer_ancestry h \
             join customer_ancestry y on y.customer_id = h.customer_id and y.depth < h.depth \
             join agreement_holder o on o.customer_id = y.ancestor_id and o.agreement_id <> ? \
             join agreement_version v on v.agreement_id = o.agreement_id and v.status in ('approved', 'terminated') \
                 and v.since < ? and (v.until is null or (v.until > ? and v.until > v.since)) \
                 and (y.depth = 0 or not v.this_only) \
             join agreement_service s on s.version_id = v.id \
             join agreement_service mine on mine.service_id = s.service_id and mine.version_id = ? \
             where h.ancestor_id in ({})",
            store::places(self.holders.len())
        );
        let mut values = vec![
            agreement.id.0.into(),
            until.into(),
            first_day.into(),
            version.id.0.into(),
        ];
        values.extend(self.holders.iter().map(|holder| Value::from(holder.0)));
        let mut nearer: HashMap<_, Vec<Period>> = HashMap::new();
        for row in store::rows::<OverriddenRow>(source.connection(), &sql, values).await? {
            let in_force = Period {
                since: row.since,
                until: row.until,
            };
            let held = Period {
                since: row.held_since,
                until: row.held_until,
            };
            let days = in_force.common(&held);
            nearer
                .entry((row.customer_id, row.service_id))
                .or_default()
                .extend(days);
        }
        Ok(nearer)
    }

    /// The days of each customer under whoever holds the agreement then.
    async fn changing_hands(
        &self,
        source: &impl Source,
        held: &[(CustomerId, Period)],
    ) -> Result<HashMap<CustomerId, Vec<Period>>, Error> {
        let depth = if self.this_only { "and depth = 0" } else { "" };
        let sql = format!(
            "select customer_id, ancestor_id from customer_ancestry where ancestor_id in ({}) {depth}",
            store::places(self.holders.len())
        );
        let values = self.holders.iter().map(|holder| holder.0.into()).collect();
        let mut under: HashMap<_, Vec<Period>> = HashMap::new();
        for row in store::rows::<UnderRow>(source.connection(), &sql, values).await? {
            let days = held.iter().filter(|(holder, _)| *holder == row.ancestor_id);
            under
                .entry(row.customer_id)
                .or_default()
                .extend(days.map(|(_, days)| *days));
        }
        Ok(under)
    }

    /// The condition that a customer in `column` is covered on one of the days, with its values.
    fn condition(&self, column: &str) -> (String, Vec<Value>) {
        let holders = self.holders.iter().map(|holder| Value::from(holder.0)).collect();
        let places = store::places(self.holders.len());
        match self.holders.as_slice() {
            [] => ("1 = 1".into(), vec![]),
            _ if self.this_only => (format!("{column} in ({places})"), holders),
            _ => (
                format!("{column} in (select customer_id from customer_ancestry where ancestor_id in ({places}))"),
                holders,
            ),
        }
    }

    /// Whether the customer's evidence of the day belongs here and not to a nearer agreement.
    fn holds(&self, customer: CustomerId, service: ServiceId, day: NaiveDate) -> bool {
        let on_day = |days: &Vec<Period>| days.iter().any(|days| days.contains(day));
        let here = self
            .under
            .as_ref()
            .is_none_or(|under| under.get(&customer).is_some_and(on_day));
        here && !self.overridden.get(&(customer, service)).is_some_and(on_day)
    }
}

/// Which evidence a part of a statement wants.
struct Wanted {
    covered: Covered,
    services: Vec<Value>,
    zone: Tz,
}

#[derive(FromQueryResult)]
struct ObservedRow {
    id: MeasurementId,
    digest: Vec<u8>,
    received_at: DateTime<Utc>,
    service_id: ServiceId,
    customer_id: Option<CustomerId>,
    names_customers: bool,
    at: DateTime<Utc>,
    content: String,
}

#[derive(FromQueryResult)]
struct UsedRow {
    customer_id: CustomerId,
    service_id: ServiceId,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

#[derive(FromQueryResult)]
struct AffectedRow {
    measurement_id: MeasurementId,
    customer_id: CustomerId,
}

const COLUMNS: &str = "select m.id, m.digest, m.received_at, m.service_id, m.customer_id, m.names_customers, m.at, \
    m.content from measurement m where m.unmatched is null and m.service_id in";

impl Wanted {
    fn services(&self) -> String {
        store::places(self.services.len())
    }

    /// When each service was used by whom the agreement covers; none where it is with no customer.
    async fn used(
        &self,
        source: &impl Source,
        (first_day, until): (NaiveDate, NaiveDate),
    ) -> Result<Option<HashMap<ServiceId, Vec<Interval>>>, Error> {
        if self.covered.holders.is_empty() {
            return Ok(None);
        }
        let (covered, customers) = self.covered.condition("u.customer_id");
        let sql = format!(
            "select u.customer_id, u.service_id, u.since, u.until from service_usage u where u.service_id in ({}) \
             and {covered} and u.since < ? and (u.until is null or u.until > ?)",
            self.services()
        );
        let values = [self.services.clone(), customers, vec![until.into(), first_day.into()]].concat();
        let mut used: HashMap<ServiceId, Vec<Interval>> = HashMap::new();
        let days = |since: NaiveDate, end: Option<NaiveDate>| {
            interval(since.max(first_day), end.map_or(until, |end| end.min(until)), self.zone)
        };
        for row in store::rows::<UsedRow>(source.connection(), &sql, values).await? {
            let nearer = self.covered.overridden.get(&(row.customer_id, row.service_id));
            let nearer = union(
                nearer
                    .into_iter()
                    .flatten()
                    .map(|nearer| days(nearer.since, nearer.until)),
            );
            let mut here = without(&[days(row.since, row.until)], &nearer);
            if let Some(under) = &self.covered.under {
                let held = under.get(&row.customer_id).into_iter().flatten();
                here = overlap(&here, &union(held.map(|held| days(held.since, held.until))));
            }
            used.entry(row.service_id).or_default().extend(here);
        }
        Ok(Some(
            used.into_iter()
                .map(|(service, times)| (service, union(times)))
                .collect(),
        ))
    }

    /// What was observed on the days of a version.
    async fn observed(
        &self,
        source: &impl Source,
        version: &AgreementVersion,
        period: StatementPeriod,
        whole: Interval,
    ) -> Result<Vec<Observed>, Error> {
        let content = &version.content;
        let targets = content.targets.iter().filter(|target| target.period == period.kind());
        let limits = content
            .workload_limits
            .iter()
            .filter(|limit| limit.period == period.kind());
        let (mut outages, mut cases) = (false, false);
        let mut metrics: Vec<&str> = vec![];
        for target in targets {
            match &target.indicator {
                Indicator::Availability {} => outages = true,
                Indicator::Timeliness { .. } => cases = true,
                Indicator::Gauge { metric, .. } => metrics.push(metric.as_str()),
                Indicator::Satisfaction { .. } => {}
            }
        }
        for limit in limits {
            match limit.metric.as_str() {
                CASES => cases = true,
                metric => metrics.push(metric),
            }
        }
        let mut rows = vec![];
        if outages {
            rows.extend(self.outages(source, whole).await?);
        }
        if cases {
            rows.extend(self.cases(source, whole).await?);
        }
        if !metrics.is_empty() {
            rows.extend(self.samples(source, &metrics, whole).await?);
        }
        self.kept(rows)
    }

    /// What users answered in the months within the days, as far as anybody may be told: of each customer about each
    /// service, or about each service where the agreement is with no customer.
    async fn answers(
        &self,
        source: &impl Source,
        version: &AgreementVersion,
        period: StatementPeriod,
        (first_day, until): (NaiveDate, NaiveDate),
    ) -> Result<Vec<(ServiceId, Distribution)>, Error> {
        let mut targets = version.content.targets.iter();
        let judged = |target: &ServiceLevelTarget| {
            target.period == period.kind() && matches!(target.indicator, Indicator::Satisfaction { .. })
        };
        if !targets.any(judged) || !satisfaction::is_drawn(source, period).await? {
            return Ok(vec![]);
        }
        let dimension = match self.covered.holders.is_empty() {
            true => SatisfactionDimension::Service,
            false => SatisfactionDimension::CustomerService,
        };
        let (covered, customers) = self.covered.condition("f.customer_id");
        let condition = format!("f.service_id in ({}) and {covered}", self.services());
        let values = [self.services.clone(), customers].concat();
        let told = satisfaction::told(source, dimension, (first_day, until), (&condition, values)).await?;
        let here = told.into_iter().filter(|told| {
            let nearer = told
                .customer
                .and_then(|customer| self.covered.overridden.get(&(customer, told.service)));
            let in_month = |days: &Vec<Period>| days.iter().any(|days| days.overlaps(&told.month.period()));
            let under = self.covered.under.as_ref().zip(told.customer);
            under.is_none_or(|(under, customer)| under.get(&customer).is_some_and(in_month))
                && !nearer.is_some_and(in_month)
        });
        Ok(here.map(|told| (told.service, told.answers)).collect())
    }

    /// The outages that lasted into the period and began before its end.
    async fn outages(&self, source: &impl Source, whole: Interval) -> Result<Vec<ObservedRow>, Error> {
        let (covered, customers) = self.covered.condition("mc.customer_id");
        // Counted for each outage: with `exists`, PostgreSQL first reads all outages that these customers ever had.
        let one = |ends: &str| {
            format!(
                "{COLUMNS} ({}) and m.kind = 'outage' and m.at < ? and {ends} and (not m.names_customers or 0 < \
                 (select count(*) from measurement_customer mc where mc.measurement_id = m.id and {covered}))",
                self.services()
            )
        };
        let sql = format!("{} union all {}", one("m.ended_at > ?"), one("m.ended_at is null"));
        let (services, to) = (self.services.clone(), vec![whole.to.into()]);
        let ended = [services.clone(), to.clone(), vec![whole.from.into()], customers.clone()];
        let lasting = [services, to, customers];
        let values = [ended.concat(), lasting.concat()].concat();
        let rows = store::rows::<ObservedRow>(source.connection(), &sql, values).await?;
        self.felt_here(source, rows).await
    }

    /// Without the outages that only customers felt who have a nearer agreement.
    async fn felt_here(&self, source: &impl Source, rows: Vec<ObservedRow>) -> Result<Vec<ObservedRow>, Error> {
        if self.covered.overridden.is_empty() && self.covered.under.is_none() {
            return Ok(rows);
        }
        let named: Vec<Value> = rows
            .iter()
            .filter(|r| r.names_customers)
            .map(|r| r.id.0.into())
            .collect();
        let mut felt: HashMap<MeasurementId, Vec<CustomerId>> = HashMap::new();
        for ids in named.chunks(store::IN_ONE_LIST) {
            let (covered, customers) = self.covered.condition("customer_id");
            let sql = format!(
                "select measurement_id, customer_id from measurement_customer where measurement_id in ({}) and {covered}",
                store::places(ids.len())
            );
            let values = [ids.to_vec(), customers].concat();
            for row in store::rows::<AffectedRow>(source.connection(), &sql, values).await? {
                felt.entry(row.measurement_id).or_default().push(row.customer_id);
            }
        }
        let here = |row: &ObservedRow| {
            let mut customers = felt.get(&row.id).into_iter().flatten();
            !row.names_customers
                || customers.any(|customer| self.covered.holds(*customer, row.service_id, self.day(row.at)))
        };
        Ok(rows.into_iter().filter(here).collect())
    }

    /// The cases that were resolved in the period.
    async fn cases(&self, source: &impl Source, whole: Interval) -> Result<Vec<ObservedRow>, Error> {
        let (covered, customers) = self.covered.condition("m.customer_id");
        let sql = format!(
            "{COLUMNS} ({}) and m.kind = 'case' and m.ended_at is not null and m.at >= ? and m.at < ? and {covered}",
            self.services()
        );
        let values = [
            self.services.clone(),
            vec![whole.from.into(), whole.to.into()],
            customers,
        ]
        .concat();
        store::rows(source.connection(), &sql, values).await
    }

    /// The cases that are open now.
    async fn open_cases(&self, source: &impl Source) -> Result<Vec<Observed>, Error> {
        let (covered, customers) = self.covered.condition("m.customer_id");
        let sql = format!(
            "{COLUMNS} ({}) and m.kind = 'case' and m.ended_at is null and {covered}",
            self.services()
        );
        let values = [self.services.clone(), customers].concat();
        let rows = store::rows(source.connection(), &sql, values).await?;
        self.kept(rows)
    }

    /// The samples that were read in the period: those that hold for all, and those of whom the agreement covers, each by
    /// their own index.
    async fn samples(
        &self,
        source: &impl Source,
        metrics: &[&str],
        whole: Interval,
    ) -> Result<Vec<ObservedRow>, Error> {
        let mut ways = vec![self.covered.condition("m.customer_id")];
        if !self.covered.holders.is_empty() {
            ways.push(("m.customer_id is null".into(), vec![]));
        }
        let metrics: Vec<Value> = metrics.iter().map(|metric| Value::from(*metric)).collect();
        let (mut sql, mut values): (Vec<String>, Vec<Value>) = (vec![], vec![]);
        for (whose, customers) in ways {
            sql.push(format!(
                "{COLUMNS} ({}) and m.kind = 'sample' and m.metric in ({}) and m.at >= ? and m.at < ? and {whose}",
                self.services(),
                store::places(metrics.len())
            ));
            values.extend(self.services.iter().chain(&metrics).cloned());
            values.extend([whole.from.into(), whole.to.into()]);
            values.extend(customers);
        }
        store::rows(source.connection(), &sql.join(" union all "), values).await
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The rows as evidence, without what belongs to a nearer agreement.
    fn kept(&self, rows: Vec<ObservedRow>) -> Result<Vec<Observed>, Error> {
        let here = |row: &ObservedRow| {
            let customer = row.customer_id;
            customer.is_none_or(|customer| self.covered.holds(customer, row.service_id, self.day(row.at)))
        };
        rows.into_iter().filter(here).map(observed).collect()
    }
}

fn observed(row: ObservedRow) -> Result<Observed, Error> {
    Ok(Observed {
        measurement: row.id,
        digest: super::evidence::digest(&row.digest)?,
        received_at: row.received_at,
        service: row.service_id,
        sent: serde_json::from_str(&row.content)?,
    })
}

/// The same without any evidence: what tells which measurements the figures of a statement rest on.
pub async fn frame(source: &impl Source, statement: &ServiceLevelStatement, time: LocalTime) -> Result<Inputs, Error> {
    let agreement = agreement_of(source, statement.agreement.id, time.today()).await?;
    let period = statement.period;
    let versions = agreements::versions_within(source, &agreement, period.period()).await?;
    let part = |version: AgreementVersion| {
        let (first_day, until) = days_within(&version, period);
        Part {
            first_day,
            until,
            version,
            hours: HashMap::new(),
            used: None,
            observed: vec![],
            open_cases: vec![],
            answers: vec![],
        }
    };
    Ok(Inputs {
        period,
        zone: time.zone,
        now: statement.figures.as_ref().map_or(time.now, |figures| figures.until),
        parts: versions.into_iter().map(part).collect(),
        exclusions: vec![],
    })
}

/// The first day of a version in the period, and the first one after its days.
fn days_within(version: &AgreementVersion, period: StatementPeriod) -> (NaiveDate, NaiveDate) {
    let in_force = version.in_force();
    let first_day = in_force.since.max(period.period().since);
    let until = in_force.until.map_or(period.until(), |until| until.min(period.until()));
    (first_day, until)
}

/// The agreement of a statement that was seen, with all of its versions.
pub async fn agreement_of(source: &impl Source, id: AgreementId, today: NaiveDate) -> Result<Agreement, Error> {
    agreements::get(source, &Scope::unlimited("house"), id, today).await
}
