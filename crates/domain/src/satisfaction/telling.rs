//! What is told of a calendar year's answers on one scale: of all of them, of each customer and of each service, by month,
//! quarter and year; and of each customer about each service, by month.
//!
//! Two tables share their totals: customers by periods, and services by periods. A period whose total is withheld is
//! withheld in every row of both. So whatever a trade in the one table changes of a total can be made good in the other,
//! by anybody who answered then: what is withheld in each table for itself is withheld in both together.
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{
    Axis, Bases, Distribution, FigureMethod, NoSuchPart, NotOnTheScale, SatisfactionChange, SatisfactionFigure, Scale,
    Threshold, Withheld, fixed_periods, pairs::Pairs,
};
use crate::{
    agreements::CalendarPeriod,
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, ServiceId, TeamId},
};

/// Whose answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All.
    All,
    /// A customer's; the nil id stands for those that are not told apart by customer.
    Customer(CustomerId),
    /// Those about a service; the nil id stands for those about none.
    Service(ServiceId),
    /// A customer's about a service.
    Both(CustomerId, ServiceId),
    /// Those of the customers whom a team looks after.
    Team(TeamId),
    /// A customer's and those of its departments.
    Division(CustomerId),
}

/// Which customers' answers stand together in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As what.
    pub part: Part,
    /// In which period.
    pub period: StatementPeriod,
    /// Whose.
    pub customers: Vec<CustomerId>,
}

/// Whose answers, of which period.
pub type Cell = (Part, StatementPeriod);

/// Answers on one scale in one calendar year, as far as its periods are fixed.
#[derive(Debug, Clone)]
pub struct YearOfAnswers {
    scale: Scale,
    periods: Vec<StatementPeriod>,
    time: Axis,
    answers: BTreeMap<Cell, Distribution>,
}

impl YearOfAnswers {
    /// None yet, of the year that `within` lies in.
    pub fn new(scale: Scale, within: NaiveDate, today: NaiveDate) -> Self {
        Self {
            scale,
            periods: fixed_periods(within, today),
            time: Axis::of_periods(within, today),
            answers: BTreeMap::new(),
        }
    }

    /// So many more of a customer's answers about a service gave the score in the month. What lies in no fixed period is
    /// left out.
    pub fn add(
        &mut self,
        (customer, service): (CustomerId, ServiceId),
        month: NaiveDate,
        score: i32,
        answers: u64,
    ) -> Result<(), NotOnTheScale> {
        let pair = Part::Both(customer, service);
        for period in self.periods.iter().filter(|period| period.period().contains(month)) {
            let of_month = (period.kind() == CalendarPeriod::Month).then_some(pair);
            let parts = [Part::All, Part::Customer(customer), Part::Service(service)];
            for part in parts.into_iter().chain(of_month) {
                let counted = self.answers.entry((part, *period));
                let counted = counted.or_insert_with(|| Distribution::new(self.scale));
                counted.add(score, answers)?;
            }
        }
        Ok(())
    }

    /// Decides what is told, with what of it was told `before`.
    pub fn told(self, threshold: Threshold, before: &BTreeSet<Cell>) -> Result<ToldYear, NoSuchPart> {
        let told = match self.answers.is_empty() {
            true => BTreeSet::new(),
            false => self.tellable(threshold, before)?,
        };
        Ok(ToldYear::of(self, told))
    }

    fn tellable(&self, threshold: Threshold, before: &BTreeSet<Cell>) -> Result<BTreeSet<Cell>, NoSuchPart> {
        let parts = |wanted: fn(&Part) -> bool| -> Vec<Part> {
            let parts: BTreeSet<Part> = self.answers.keys().map(|(part, _)| *part).filter(wanted).collect();
            parts.into_iter().collect()
        };
        let rows = [
            parts(|part| matches!(part, Part::Customer(_))),
            parts(|part| matches!(part, Part::Service(_))),
        ];
        let mut withheld = self.totals_withheld(threshold, before)?;
        loop {
            let mut tables = vec![];
            let mut more = vec![];
            for rows in &rows {
                let table = self.table(rows, threshold, before, &withheld)?;
                let totals = (0..self.periods.len()).filter(|column| table.is_withheld([rows.len(), *column]));
                more.extend(totals.filter(|column| !withheld.contains(column)));
                tables.push((rows, table));
            }
            if more.is_empty() {
                let told = tables.iter().flat_map(|(rows, table)| self.cells_told(rows, table));
                let mut told: BTreeSet<Cell> = told.collect();
                for month in self
                    .periods
                    .iter()
                    .filter(|period| period.kind() == CalendarPeriod::Month)
                {
                    told.extend(self.pairs_told(*month, &rows, threshold, before, &told));
                }
                return Ok(told);
            }
            withheld.extend(more);
        }
    }

    /// The periods of which not even the total is told.
    fn totals_withheld(&self, threshold: Threshold, before: &BTreeSet<Cell>) -> Result<BTreeSet<usize>, NoSuchPart> {
        let mut totals = Bases::new([self.time.clone()]);
        for (column, respondents) in self.months(Part::All) {
            totals.add([column], respondents)?;
        }
        let was_told = |[column]: [usize; 1]| self.is_among(before, Part::All, column);
        let totals = totals.withheld_beside(threshold, |_| false, was_told);
        Ok((0..self.periods.len())
            .filter(|column| totals.is_withheld([*column]))
            .collect())
    }

    /// The parts by periods; the row after them is all.
    fn table(
        &self,
        rows: &[Part],
        threshold: Threshold,
        before: &BTreeSet<Cell>,
        withheld: &BTreeSet<usize>,
    ) -> Result<Withheld<2>, NoSuchPart> {
        let mut bases = Bases::new([Axis::of_parts(rows.len()), self.time.clone()]);
        for (row, part) in rows.iter().enumerate() {
            for (column, respondents) in self.months(*part) {
                bases.add([row, column], respondents)?;
            }
        }
        let was_told = |[row, column]: [usize; 2]| self.is_among(before, of_row(rows, row), column);
        Ok(bases.withheld_beside(threshold, |[_, column]| withheld.contains(&column), was_told))
    }

    fn cells_told(&self, rows: &[Part], table: &Withheld<2>) -> Vec<Cell> {
        let told = table.bases().cells().filter(|cell| !table.is_withheld(*cell));
        told.filter_map(|[row, column]| Some((of_row(rows, row), *self.periods.get(column)?)))
            .collect()
    }

    /// The pairs of a month that are told, where `told` says of which customers and services anything is.
    fn pairs_told(
        &self,
        month: StatementPeriod,
        [customers, services]: &[Vec<Part>; 2],
        threshold: Threshold,
        before: &BTreeSet<Cell>,
        told: &BTreeSet<Cell>,
    ) -> Vec<Cell> {
        let pair = |(row, column): (usize, usize)| match (customers.get(row), services.get(column)) {
            (Some(Part::Customer(customer)), Some(Part::Service(service))) => Part::Both(*customer, *service),
            _ => Part::All,
        };
        let is_told = |parts: &[Part], at: usize| parts.get(at).is_some_and(|part| told.contains(&(*part, month)));
        let pairs = Pairs::decide(
            (customers.len(), services.len()),
            threshold,
            |at| self.answers.get(&(pair(at), month)).map_or(0, Distribution::n),
            (|row| is_told(customers, row), |column| is_told(services, column)),
            |at| before.contains(&(pair(at), month)),
        );
        let all = (0..customers.len()).flat_map(|row| (0..services.len()).map(move |column| (row, column)));
        all.filter(|at| pairs.is_told(*at))
            .map(|at| (pair(at), month))
            .collect()
    }

    fn is_among(&self, cells: &BTreeSet<Cell>, part: Part, column: usize) -> bool {
        let period = self.periods.get(column);
        period.is_some_and(|period| cells.contains(&(part, *period)))
    }

    /// How many answered in each month, by the month's column.
    fn months(&self, part: Part) -> impl Iterator<Item = (usize, u64)> {
        let months = self.periods.iter().enumerate();
        let months = months.filter(|(_, period)| period.kind() == CalendarPeriod::Month);
        months.filter_map(move |(column, month)| Some((column, self.answers.get(&(part, *month))?.n())))
    }
}

fn of_row(rows: &[Part], row: usize) -> Part {
    rows.get(row).copied().unwrap_or(Part::All)
}

/// A year's answers, and of which cells they are told.
#[derive(Debug, Clone)]
pub struct ToldYear {
    year: YearOfAnswers,
    told: BTreeSet<Cell>,
}

/// A figure of a cell, or that it is withheld.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Whose.
    pub part: Part,
    /// Of which period.
    pub period: StatementPeriod,
    /// How it is made.
    pub method: FigureMethod,
    /// The figure; none: it is withheld.
    pub told: Option<ToldFigure>,
}

/// A figure with what stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldFigure {
    /// The figure.
    pub figure: SatisfactionFigure,
    /// How many gave which score.
    pub answers: Distribution,
    /// Against the period before, where that is told too.
    pub change: Option<SatisfactionChange>,
}

impl ToldYear {
    /// A year as it was told.
    pub fn of(year: YearOfAnswers, told: BTreeSet<Cell>) -> Self {
        Self { year, told }
    }

    /// The answers of a cell, where they are told.
    pub fn answers(&self, cell: Cell) -> Option<&Distribution> {
        self.told.get(&cell).and_then(|cell| self.year.answers.get(cell))
    }

    /// With the groups put together of what is told of their customers, and of nothing else: whoever knows that knows the
    /// sum, so that it gives nothing away.
    pub fn with_groups(mut self, groups: &[Group]) -> Self {
        for group in groups {
            let told = group
                .customers
                .iter()
                .filter_map(|id| self.answers((Part::Customer(*id), group.period)));
            let sum = told.cloned().reduce(|sum, answers| sum.with(&answers).unwrap_or(sum));
            if let Some(sum) = sum {
                let cell = (group.part, group.period);
                self.year.answers.insert(cell, sum);
                self.told.insert(cell);
            }
        }
        self
    }

    /// The cells that are told.
    pub fn told(&self) -> &BTreeSet<Cell> {
        &self.told
    }

    /// Every figure of whom anything is told in the year; with the year before, if there is one. Of others nothing stands
    /// here: whether they had few answers or none tells nobody.
    pub fn figures(&self, year_before: Option<&Self>) -> Vec<Drawn> {
        let parts: BTreeSet<Part> = self.told.iter().map(|(part, _)| *part).collect();
        let cells = parts.into_iter().flat_map(|part| {
            let periods = self
                .year
                .periods
                .iter()
                .filter(move |period| !matches!(part, Part::Both(..)) || period.kind() == CalendarPeriod::Month);
            periods.map(move |period| (part, *period))
        });
        let drawn = cells.flat_map(|(part, period)| {
            FigureMethod::of(self.year.scale).into_iter().map(move |method| Drawn {
                part,
                period,
                method,
                told: self.figure((part, period), method, year_before),
            })
        });
        drawn.collect()
    }

    fn figure(&self, (part, period): Cell, method: FigureMethod, year_before: Option<&Self>) -> Option<ToldFigure> {
        let answers = self.answers((part, period))?;
        let previous = (part, period.previous());
        let previous = self.answers(previous).or_else(|| year_before?.answers(previous));
        Some(ToldFigure {
            figure: answers.figure(method)?,
            answers: answers.clone(),
            change: previous.and_then(|previous| answers.change_since(previous, method)),
        })
    }
}
