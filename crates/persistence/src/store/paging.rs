//! Pages of a list: keyset paging, stable while things come and go.
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, IntoColumnRef, Order, SelectStatement},
};
use uuid::Uuid;

use super::{Error, Source, all, count};

/// A table and one of its columns.
type TableColumn = (&'static str, &'static str);

/// A place in a list: the sort key and id of the last thing seen. Any bytes of at least an id's length are a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    key: Vec<u8>,
    id: Uuid,
}

impl Cursor {
    /// The place after this thing.
    pub fn after(key: Vec<u8>, id: impl Into<Uuid>) -> Self {
        Self { key, id: id.into() }
    }

    /// The place after something at a time.
    pub(crate) fn after_time(at: DateTime<Utc>, id: impl Into<Uuid>) -> Self {
        Self::after(at.timestamp_micros().to_be_bytes().to_vec(), id)
    }

    /// The place after something with a number.
    pub(crate) fn after_number(number: i64, id: impl Into<Uuid>) -> Self {
        Self::after(number.to_be_bytes().to_vec(), id)
    }

    /// The place after something on a day.
    pub(crate) fn after_day(day: NaiveDate, id: impl Into<Uuid>) -> Self {
        Self::after_number(day.num_days_from_ce().into(), id)
    }

    /// The place as bytes: key, then id.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.key.as_slice(), self.id.as_bytes()].concat()
    }

    /// The place that the bytes name; none where they are shorter than an id.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, id) = bytes.split_at(bytes.len().checked_sub(16)?);
        Some(Self {
            key: key.to_vec(),
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

/// The number that a cursor's key stands for; any bytes stand for one.
fn number_of(key: &[u8]) -> i64 {
    let mut bytes = [0; 8];
    for (byte, sent) in bytes.iter_mut().zip(key) {
        *byte = *sent;
    }
    i64::from_be_bytes(bytes)
}

/// The time that a cursor's key stands for; any bytes stand for one, within what both databases keep.
fn time_of(key: &[u8]) -> DateTime<Utc> {
    const YEARS_1_TO_9999: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;
    let micros = number_of(key).clamp(*YEARS_1_TO_9999.start(), *YEARS_1_TO_9999.end());
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The day that a cursor's key stands for; any bytes stand for one, within what both databases keep.
fn day_of(key: &[u8]) -> NaiveDate {
    const YEARS_1_TO_9999: std::ops::RangeInclusive<i64> = 1..=3_652_059;
    let days = number_of(key).clamp(*YEARS_1_TO_9999.start(), *YEARS_1_TO_9999.end());
    let day = i32::try_from(days).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    day.unwrap_or_default()
}

/// Which page.
#[derive(Debug, Clone)]
pub struct Paging {
    /// At most this many items.
    pub limit: u64,
    /// After this place.
    pub after: Option<Cursor>,
    /// From the other end.
    pub descending: bool,
    /// Whether to count all that match.
    pub count: bool,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<Cursor>,
    /// How many match in all, where asked.
    pub total: Option<u64>,
}

impl Paging {
    /// The first page, of so many.
    pub const fn first(limit: u64) -> Self {
        Self {
            limit,
            after: None,
            descending: false,
            count: false,
        }
    }

    /// Orders by key and id, begins after the cursor and asks for one item more than the page holds.
    pub(crate) fn apply<C: IntoColumnRef + Clone>(&self, query: &mut SelectStatement, key: Option<C>, id: C) {
        self.apply_as(query, key, id, |key| Expr::val(key.to_vec()));
    }

    /// The same for a key that is a time.
    pub(crate) fn apply_by_time<C: IntoColumnRef + Clone>(&self, query: &mut SelectStatement, key: C, id: C) {
        self.apply_as(query, Some(key), id, |key| Expr::val(time_of(key)));
    }

    /// The same for a key that is a day.
    pub(crate) fn apply_by_day<C: IntoColumnRef + Clone>(&self, query: &mut SelectStatement, key: C, id: C) {
        self.apply_as(query, Some(key), id, |key| Expr::val(day_of(key)));
    }

    /// The same for a key that is a whole number.
    pub(crate) fn apply_by_number<C: IntoColumnRef + Clone>(&self, query: &mut SelectStatement, key: C, id: C) {
        self.apply_as(query, Some(key), id, |key| Expr::val(number_of(key)));
    }

    fn apply_as<C: IntoColumnRef + Clone>(
        &self,
        query: &mut SelectStatement,
        key: Option<C>,
        id: C,
        value: impl Fn(&[u8]) -> Expr,
    ) {
        let columns: Vec<_> = key
            .into_iter()
            .chain([id])
            .map(IntoColumnRef::into_column_ref)
            .collect();
        let order = if self.descending { Order::Desc } else { Order::Asc };
        for column in &columns {
            query.order_by(column.clone(), order.clone());
        }
        query.limit(self.limit + 1);
        let Some(after) = &self.after else { return };
        let place = match columns.len() {
            1 => vec![Expr::val(after.id)],
            _ => vec![value(&after.key), Expr::val(after.id)],
        };
        let columns = Expr::tuple(columns.into_iter().map(Expr::column));
        let place = Expr::tuple(place);
        query.and_where(if self.descending {
            columns.lt(place)
        } else {
            columns.gt(place)
        });
    }

    /// The rows of this page and one more, and how many there are in all, where asked.
    pub(crate) async fn rows<R: FromQueryResult>(
        &self,
        source: &impl Source,
        query: &mut SelectStatement,
        key: Option<TableColumn>,
        id: TableColumn,
    ) -> Result<(Vec<R>, Option<u64>), Error> {
        let total = match self.count {
            true => Some(count(source.connection(), query).await?),
            false => None,
        };
        self.apply(query, key, id);
        Ok((all(source.connection(), query).await?, total))
    }

    /// Cuts what was asked for one item too many.
    pub(crate) fn cut<T>(&self, mut items: Vec<T>, total: Option<u64>, place: impl Fn(&T) -> Cursor) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Page { items, next, total }
    }
}
