//! Drawing the figures of years: decided once for the whole of a year, whatever is asked for later, and kept.
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::{
    agreements::CalendarPeriod,
    satisfaction::{
        Cell, DistributionStep, Drawn, Group, NoSuchPart, NotOnTheScale, Part, SatisfactionDimension,
        SatisfactionSeries, Threshold, ToldYear, YearOfAnswers, fixed_periods, fixed_since,
    },
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, ServiceId},
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::{
    figures::{self, ActiveModel, Distribution, Entity},
    groups,
    rounds::Rounds,
};
use crate::{
    Db, Error,
    store::{self, Origin, Reader, Source, UnitOfWork},
};

/// How many figures one statement lists: each has more than twenty values.
const AT_ONCE: usize = 500;

/// What is decided together and with nothing else: of a series, of all surveys of a kind a question, on a scale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromQueryResult)]
struct Asked {
    series: SatisfactionSeries,
    survey_kind: String,
    question: String,
    low: i32,
    high: i32,
    /// 0 where nobody says which scores are satisfied ones.
    top_boxes: i32,
}

#[derive(FromQueryResult)]
struct YearRow {
    version: i64,
    periods: i32,
    renewed: bool,
}

#[derive(FromQueryResult)]
struct CountRow {
    #[sea_orm(nested)]
    asked: Asked,
    month: NaiveDate,
    customer_id: Option<CustomerId>,
    service_id: Option<ServiceId>,
    score: i32,
    n: i64,
}

#[derive(FromQueryResult)]
struct ToldRow {
    #[sea_orm(nested)]
    asked: Asked,
    period: String,
    dimension: SatisfactionDimension,
    customer_id: Option<CustomerId>,
    service_id: Option<ServiceId>,
}

#[derive(FromQueryResult)]
struct FirstRow {
    month: Option<NaiveDate>,
}

impl Db {
    /// Renews what enough late answers have come to, and draws the figures of what is fixed by now (R19 f).
    pub async fn keep_figures(&self, origin: &Origin, threshold: Threshold) -> Result<(), Error> {
        self.renew_fixed_months(origin, threshold).await?;
        let sql = "select min(first.month) as month from (select min(month) as month from rating_count where n > 0 \
                   union all select min(month) as month from survey_count) first";
        let first: Vec<FirstRow> = store::rows(self.reader().connection(), sql, vec![]).await?;
        let Some(first) = first.into_iter().find_map(|row| row.month) else {
            return Ok(());
        };
        let year_of = |day| StatementPeriod::containing(CalendarPeriod::Year, day);
        let mut year = year_of(first);
        while year.period().since <= origin.today {
            let drawn = drawn(&self.reader(), year).await?;
            let fixed = fixed(year, origin.today);
            if fixed > 0 && (drawn.renewed || drawn.periods != fixed) {
                self.draw(year, drawn.version, origin, threshold).await?;
            }
            year = year_of(year.until());
        }
        Ok(())
    }

    /// Draws a year, unless another instance has meanwhile, or what it rests on was renewed.
    async fn draw(
        &self,
        year: StatementPeriod,
        version: i64,
        origin: &Origin,
        threshold: Threshold,
    ) -> Result<(), Error> {
        let reader = self.reader();
        let hierarchy = groups::Hierarchy::read(&reader).await?;
        let groups =
            [year.previous(), year].map(|year| hierarchy.groups(&fixed_periods(year.period().since, origin.today)));
        let before = Told::of(&reader, year.previous()).await?;
        let told = Told::of(&reader, year).await?;
        let answers_before = answers(&reader, year.previous(), origin.today).await?;
        let answers = answers(&reader, year, origin.today).await?;
        // Deciding what is withheld takes a processor for a while.
        let deciding = tokio::task::spawn_blocking(move || {
            decide((answers_before, &before), (answers, &told), &groups, threshold)
        });
        let figures = deciding.await.map_err(|e| DbErr::Custom(e.to_string()))??;
        let rounds = Rounds::of(&reader, year).await?;
        let unit = self.open(origin).await?;
        mark(&unit, year).await?;
        let sql = "update satisfaction_year set version = version + 1, periods = ?, renewed = false \
                   where year = ? and version = ?";
        let values = vec![
            fixed(year, origin.today).into(),
            year.period().since.into(),
            version.into(),
        ];
        let done = unit
            .connection()
            .execute_raw(store::by_hand(unit.backend(), sql, values))
            .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        write(&unit, year, &rounds, figures).await?;
        // The next year's figures tell what changed since these.
        to_be_drawn_anew(&unit, StatementPeriod::containing(CalendarPeriod::Year, year.until())).await?;
        unit.commit().await
    }
}

/// How far a year is drawn.
async fn drawn(source: &impl Source, year: StatementPeriod) -> Result<YearRow, Error> {
    let sql = "select version, periods, renewed from satisfaction_year where year = ?";
    let found = store::rows(source.connection(), sql, vec![year.period().since.into()]).await?;
    Ok(found.into_iter().next().unwrap_or(YearRow {
        version: 0,
        periods: 0,
        renewed: false,
    }))
}

/// How many periods of a year are fixed.
fn fixed(year: StatementPeriod, today: NaiveDate) -> i32 {
    i32::try_from(fixed_periods(year.period().since, today).len()).unwrap_or(i32::MAX)
}

/// Whether the figures of the period are drawn.
pub(crate) async fn is_drawn(source: &impl Source, period: StatementPeriod) -> Result<bool, Error> {
    let year = StatementPeriod::containing(CalendarPeriod::Year, period.period().since);
    Ok(drawn(source, year).await?.periods >= fixed(year, fixed_since(period)))
}

/// Whether the period is over for good: its figures are drawn, or nobody answered in its year.
pub(super) async fn is_settled(source: &impl Source, period: StatementPeriod, today: NaiveDate) -> Result<bool, Error> {
    if fixed_since(period) > today {
        return Ok(false);
    }
    if is_drawn(source, period).await? {
        return Ok(true);
    }
    let year = StatementPeriod::containing(CalendarPeriod::Year, period.period().since);
    let sql = "select min(first.month) as month from ( \
               select min(month) as month from rating_count where month >= ? and month < ? and n > 0 union all \
               select min(month) as month from survey_count where month >= ? and month < ?) first";
    let days = [year.period().since.into(), year.until().into()];
    let first: Vec<FirstRow> = store::rows(source.connection(), sql, [days.clone(), days].concat()).await?;
    Ok(first.iter().all(|row| row.month.is_none()))
}

/// Makes sure that the year has its row.
async fn mark(unit: &UnitOfWork, year: StatementPeriod) -> Result<(), Error> {
    let sql = "insert into satisfaction_year (year, version, periods, renewed) values (?, 0, 0, false) \
               on conflict (year) do nothing";
    let row = store::by_hand(unit.backend(), sql, vec![year.period().since.into()]);
    unit.connection().execute_raw(row).await?;
    Ok(())
}

/// The year is to be drawn anew.
pub(super) async fn to_be_drawn_anew(unit: &UnitOfWork, year: StatementPeriod) -> Result<(), Error> {
    mark(unit, year).await?;
    let sql = "update satisfaction_year set version = version + 1, renewed = true where year = ?";
    let row = store::by_hand(unit.backend(), sql, vec![year.period().since.into()]);
    unit.connection().execute_raw(row).await?;
    Ok(())
}

/// The counted answers of a year, by what was asked.
async fn answers(
    reader: &Reader<'_>,
    year: StatementPeriod,
    today: NaiveDate,
) -> Result<BTreeMap<Asked, YearOfAnswers>, Error> {
    let mut years: BTreeMap<Asked, YearOfAnswers> = BTreeMap::new();
    // What named rounds were told is their customers' teams' alone.
    let sql = "select 'user' as series, '' as survey_kind, '' as question, c.low, c.high, c.top_boxes, \
               c.month, c.customer_id, c.service_id, c.score, c.n from rating_count c \
               where c.month >= ? and c.month < ? and c.n > 0 union all \
               select 'customer', c.kind, c.question, c.low, c.high, c.top_boxes, \
               c.month, c.customer_id, c.service_id, c.score, c.n from survey_count c \
               join survey_round r on r.id = c.round_id and r.anonymity <> 'named' \
               where c.month >= ? and c.month < ? and c.n > 0 and not c.waits";
    let days = [year.period().since.into(), year.until().into()];
    for row in store::rows::<CountRow>(reader.connection(), sql, [days.clone(), days].concat()).await? {
        let scale = figures::scale(row.asked.low, row.asked.high, row.asked.top_boxes)?;
        let answers = years
            .entry(row.asked)
            .or_insert_with(|| YearOfAnswers::new(scale, year.period().since, today));
        let nobody = Uuid::nil();
        let pair = (
            row.customer_id.unwrap_or(nobody.into()),
            row.service_id.unwrap_or(nobody.into()),
        );
        let counted = answers.add(pair, row.month, row.score, row.n.unsigned_abs());
        counted.map_err(|e: NotOnTheScale| unreadable(&e))?;
    }
    Ok(years)
}

fn unreadable(e: &dyn std::error::Error) -> Error {
    Error::Database(DbErr::Custom(format!("stored answers: {e}")))
}

/// What is told of a year already, by what was asked.
struct Told(BTreeMap<Asked, BTreeSet<Cell>>);

impl Told {
    async fn of(reader: &Reader<'_>, year: StatementPeriod) -> Result<Self, Error> {
        let sql = "select distinct series, survey_kind, question, low, high, top_boxes, period, dimension, customer_id, \
                   service_id from satisfaction_figure where year = ? and withheld = false \
                   and dimension not in ('team', 'division')";
        let rows: Vec<ToldRow> = store::rows(reader.connection(), sql, vec![year.period().since.into()]).await?;
        let mut told: BTreeMap<Asked, BTreeSet<Cell>> = BTreeMap::new();
        for row in rows {
            let customer = row.customer_id.unwrap_or(Uuid::nil().into());
            let service = row.service_id.unwrap_or(Uuid::nil().into());
            let part = match row.dimension {
                SatisfactionDimension::All => Part::All,
                SatisfactionDimension::Customer => Part::Customer(customer),
                SatisfactionDimension::Service => Part::Service(service),
                SatisfactionDimension::CustomerService => Part::Both(customer, service),
                // They are made of what is told of customers.
                SatisfactionDimension::Team | SatisfactionDimension::Division => continue,
            };
            let period = row
                .period
                .parse()
                .map_err(|e: domain::service_levels::NotAPeriod| unreadable(&e))?;
            let cells = told.entry(row.asked).or_default();
            cells.insert((part, period));
        }
        Ok(Self(told))
    }

    fn on(&self, asked: &Asked) -> BTreeSet<Cell> {
        self.0.get(asked).cloned().unwrap_or_default()
    }
}

/// What is told of a year, each question for itself, against the year before as that was told.
fn decide(
    (mut year_before, told_before): (BTreeMap<Asked, YearOfAnswers>, &Told),
    (year, told): (BTreeMap<Asked, YearOfAnswers>, &Told),
    [groups_before, groups]: &[Vec<Group>; 2],
    threshold: Threshold,
) -> Result<Vec<(Asked, Drawn)>, Error> {
    let mut figures = vec![];
    let wrong = |e: NoSuchPart| unreadable(&e);
    for (asked, answers) in year {
        let before = year_before
            .remove(&asked)
            .map(|answers| ToldYear::of(answers, told_before.on(&asked)).with_groups(groups_before));
        let answers = answers
            .told(threshold, &told.on(&asked))
            .map_err(wrong)?
            .with_groups(groups);
        let drawn = answers.figures(before.as_ref()).into_iter();
        figures.extend(drawn.map(|drawn| (asked.clone(), drawn)));
    }
    Ok(figures)
}

async fn write(
    unit: &UnitOfWork,
    year: StatementPeriod,
    rounds: &Rounds,
    figures: Vec<(Asked, Drawn)>,
) -> Result<(), Error> {
    let sql = "delete from satisfaction_figure where year = ?";
    let gone = store::by_hand(unit.backend(), sql, vec![year.period().since.into()]);
    unit.connection().execute_raw(gone).await?;
    let rows: Vec<ActiveModel> = figures
        .into_iter()
        .map(|(asked, drawn)| row(year, rounds, &asked, &drawn))
        .collect();
    for rows in rows.chunks(AT_ONCE) {
        Entity::insert_many(rows.to_vec())
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

fn row(year: StatementPeriod, rounds: &Rounds, asked: &Asked, drawn: &Drawn) -> ActiveModel {
    let (dimension, parts) = match drawn.part {
        Part::All => (SatisfactionDimension::All, [None; 3]),
        Part::Customer(customer) => (SatisfactionDimension::Customer, [Some(customer.0), None, None]),
        Part::Service(service) => (SatisfactionDimension::Service, [None, Some(service.0), None]),
        Part::Both(customer, service) => {
            let both = [Some(customer.0), Some(service.0), None];
            (SatisfactionDimension::CustomerService, both)
        }
        Part::Team(team) => (SatisfactionDimension::Team, [None, None, Some(team.0)]),
        Part::Division(customer) => (SatisfactionDimension::Division, [Some(customer.0), None, None]),
    };
    let named = |id: Option<Uuid>| id.filter(|id| !id.is_nil());
    let [customer_id, service_id, team_id] = parts.map(named);
    let told = drawn.told.as_ref();
    let figure = told.map(|told| told.figure);
    let change = told.and_then(|told| told.change);
    let steps = told.map(|told| Distribution(DistributionStep::of(&told.answers)));
    ActiveModel {
        place: Set(place(dimension, parts, asked, drawn)),
        year: Set(year.period().since),
        series: Set(asked.series),
        survey_kind: Set(asked.survey_kind.clone()),
        survey_id: Set(rounds.sole_survey(&asked.survey_kind, drawn.part, drawn.period)),
        question: Set(asked.question.clone()),
        period: Set(drawn.period.to_string()),
        period_kind: Set(drawn.period.kind()),
        first_day: Set(drawn.period.period().since),
        dimension: Set(dimension),
        part_id: Set(customer_id.or(service_id).or(team_id).unwrap_or_default()),
        customer_id: Set(customer_id.map(Into::into)),
        service_id: Set(service_id.map(Into::into)),
        team_id: Set(team_id.map(Into::into)),
        low: Set(asked.low),
        high: Set(asked.high),
        top_boxes: Set(asked.top_boxes),
        method: Set(drawn.method),
        withheld: Set(told.is_none()),
        n: Set(figure.and_then(|figure| i64::try_from(figure.n).ok())),
        value: Set(figure.map(|figure| figure.value)),
        value_low: Set(figure.and_then(|figure| figure.low)),
        value_high: Set(figure.and_then(|figure| figure.high)),
        distribution: Set(steps),
        change: Set(change.map(|change| change.value)),
        change_low: Set(change.and_then(|change| change.low)),
        change_high: Set(change.and_then(|change| change.high)),
        changed: Set(change.is_some_and(|change| change.changed)),
    }
}

/// Where a figure stands in lists, as bytes: the earlier period, of those that begin on a day the shorter one, users before
/// customers, all before each customer before each service before both.
fn place(dimension: SatisfactionDimension, parts: [Option<Uuid>; 3], asked: &Asked, drawn: &Drawn) -> Vec<u8> {
    let since = drawn.period.period().since;
    let ends = [asked.low, asked.high, asked.top_boxes].map(|end| (i64::from(end) + i64::from(i32::MAX)).to_be_bytes());
    let mut place = figures::beginning(since);
    place.extend([drawn.period.kind() as u8, asked.series as u8, dimension as u8]);
    let [customer, service, team] = parts;
    // A team has the place of a customer.
    for part in [customer.or(team), service] {
        place.extend(part.unwrap_or_default().as_bytes());
    }
    for text in [&asked.survey_kind, &asked.question] {
        place.extend(text.as_bytes());
        place.push(0);
    }
    place.extend(ends.concat());
    place.push(drawn.method as u8);
    place
}
