//! Series: their meetings are rows, made thirteen months ahead, once each, whichever instance comes first.
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{access::Scope, calendars::ClockTime, meetings::*, vocabulary::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, OnConflict, SelectStatement},
};
use uuid::Uuid;

use super::{Template, keeping, read, select as select_meetings, unreadable};
use crate::{
    Db, Error, Page, Paging, access,
    store::{self, Cursor, Origin, Source, UnitOfWork},
};

mod entity {
    use domain::{meetings::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_series")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MeetingSeriesId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub kind: MeetingKind,
        pub title: Option<Title>,
        pub led_by: MeetingLead,
        pub rule: RecurrenceRule,
        pub first_day: chrono::NaiveDate,
        pub time: String,
        pub zone: ZoneName,
        pub minutes: i32,
        pub place: Option<Name>,
        #[sea_orm(column_type = "JsonBinary")]
        pub agenda: super::Template,
        pub last_day: Option<chrono::NaiveDate>,
        pub made_before: chrono::NaiveDate,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    series: Model,
    customer_code: Code,
    customer_name: Name,
    permitted: access::Leave,
}

impl Row {
    fn series(self) -> Result<(MeetingSeries, access::Leave), Error> {
        let row = self.series;
        let time: ClockTime = row.time.parse().map_err(unreadable)?;
        let series = MeetingSeries {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            kind: row.kind,
            title: row.title,
            led_by: row.led_by,
            rule: row.rule,
            first_day: row.first_day,
            time,
            zone: row.zone,
            minutes: row.minutes,
            place: row.place,
            agenda: row.agenda.0,
            last_day: row.last_day,
            created_at: row.created_at,
        };
        Ok((series, self.permitted))
    }
}

fn row(series: &MeetingSeries, made_before: NaiveDate) -> ActiveModel {
    Model {
        id: series.id,
        version: series.version,
        customer_id: series.customer.id,
        kind: series.kind,
        title: series.title.clone(),
        led_by: series.led_by,
        rule: series.rule.clone(),
        first_day: series.first_day,
        time: series.time.to_string(),
        zone: series.zone.clone(),
        minutes: series.minutes,
        place: series.place.clone(),
        agenda: Template(series.agenda.clone()),
        last_day: series.last_day,
        made_before,
        created_at: series.created_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    query
        .inner_join("customer", Expr::cust("customer.id = meeting_series.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    let column = "meeting_series.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    query
}

/// The series, if the caller may see it (404) and do this with it (403).
pub async fn get_series(
    source: &impl Source,
    scope: &Scope,
    id: MeetingSeriesId,
    today: NaiveDate,
) -> Result<MeetingSeries, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::series).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load_series(unit: &UnitOfWork, scope: &Scope, id: MeetingSeriesId) -> Result<MeetingSeries, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "meeting_series");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::series).transpose()?)
}

/// A page of series, in the order in which they were entered.
pub async fn list_series(
    source: &impl Source,
    scope: &Scope,
    customer: Option<CustomerId>,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<MeetingSeries>, Error> {
    let mut query = select(source, scope, today);
    if let Some(customer) = customer {
        query.and_where(Column::CustomerId.eq(customer));
    }
    let id = ("meeting_series", "id");
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, id).await?;
    let items = rows
        .into_iter()
        .map(|row| Ok(row.series()?.0))
        .collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |series: &MeetingSeries| Cursor::after(vec![], series.id)))
}

/// Stores a new series, and makes its meetings.
pub async fn insert_series(unit: &mut UnitOfWork, series: &MeetingSeries, zone: Tz) -> Result<(), Error> {
    let before = horizon(unit.today());
    Entity::insert(row(series, before))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(series))?;
    make(unit, series, before, zone).await
}

/// Stores a changed or an ended series. Of its meetings those alone are replaced that are to come, that nobody has touched,
/// and that would be made otherwise.
pub async fn update_series(
    unit: &mut UnitOfWork,
    act: &str,
    before: &MeetingSeries,
    after: &MeetingSeries,
    zone: Tz,
) -> Result<(), Error> {
    let ahead = horizon(unit.today());
    let done = Entity::update_many()
        .set(row(after, ahead))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))?;
    let now = unit.now();
    let wanted = meetings(unit, after, after.coming(now, ahead)?, zone)?;
    for meeting in untouched(unit, after.id, now).await? {
        if wanted.iter().any(|anew| meeting.is_as_made(anew)) {
            continue;
        }
        super::Entity::delete_by_id(meeting.id).exec(unit.connection()).await?;
        unit.record("removed", Some(&meeting), None)?;
    }
    keep(unit, wanted).await
}

/// Stores that a series is about its customer's successor. Its meetings are passed on each by itself.
pub async fn pass_series_on(unit: &mut UnitOfWork, before: &MeetingSeries, after: &MeetingSeries) -> Result<(), Error> {
    let done = Entity::update_many()
        .col_expr(Column::CustomerId, Expr::val(after.customer.id))
        .col_expr(Column::Version, Expr::val(after.version))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record("passed_on", Some(before), Some(after))
}

/// The meetings of a series that are to come and that nobody has touched.
async fn untouched(unit: &UnitOfWork, id: MeetingSeriesId, now: DateTime<Utc>) -> Result<Vec<Meeting>, Error> {
    let everything = Scope::unlimited("");
    let mut query = select_meetings(&everything, unit.backend(), unit.today());
    query
        .and_where(super::Column::SeriesId.eq(id))
        .and_where(super::Column::StartsAt.gt(now))
        .and_where(Expr::cust("not meeting.touched"));
    store::lock(&mut query, unit.backend(), "meeting");
    read(unit, &query).await
}

fn meetings(
    unit: &UnitOfWork,
    series: &MeetingSeries,
    coming: Vec<Occurrence>,
    zone: Tz,
) -> Result<Vec<Meeting>, Error> {
    let made = coming
        .into_iter()
        .map(|one| series.meeting(one, zone, || unit.new_id::<Uuid>(), unit.now()));
    Ok(made.collect::<Result<_, _>>()?)
}

/// Stores those that are not there yet, whatever became of them.
async fn keep(unit: &mut UnitOfWork, wanted: Vec<Meeting>) -> Result<(), Error> {
    for meeting in wanted {
        let once = OnConflict::columns([super::Column::SeriesId, super::Column::Occurrence])
            .do_nothing()
            .to_owned();
        let made = super::Entity::insert(keeping::row(&meeting))
            .on_conflict(once)
            .exec_without_returning(unit.connection())
            .await?;
        if made > 0 {
            unit.record("planned", None, Some(&meeting))?;
        }
    }
    Ok(())
}

async fn make(unit: &mut UnitOfWork, series: &MeetingSeries, before: NaiveDate, zone: Tz) -> Result<(), Error> {
    let wanted = meetings(unit, series, series.coming(unit.now(), before)?, zone)?;
    keep(unit, wanted).await
}

/// How many series one hour looks after in one list.
const AT_ONCE: u64 = 100;

impl Db {
    /// Makes the meetings of all series that reach their thirteen months no more; each in a unit of work of its own.
    pub async fn keep_meeting_series(&self, origin: &Origin, zone: Tz) -> Result<(), Error> {
        let everything = Scope::unlimited("");
        let ahead = horizon(origin.today);
        loop {
            let reader = self.reader();
            let mut query = select(&reader, &everything, origin.today);
            query
                .and_where(Column::MadeBefore.lt(ahead))
                .order_by(("meeting_series", "made_before"), sea_orm::Order::Asc)
                .limit(AT_ONCE);
            let due = store::all::<Row>(reader.connection(), &query).await?;
            if due.is_empty() {
                return Ok(());
            }
            for row in due {
                self.keep_one_series(origin, row.series.id, zone).await?;
            }
        }
    }

    async fn keep_one_series(&self, origin: &Origin, id: MeetingSeriesId, zone: Tz) -> Result<(), Error> {
        let mut unit = self.open(origin).await?;
        let series = load_series(&unit, &Scope::unlimited(""), id).await?;
        let ahead = horizon(unit.today());
        // What an ended series was to have is there; what another instance made, too.
        if series.last_day.is_none_or(|last| last >= unit.today()) {
            make(&mut unit, &series, ahead, zone).await?;
        }
        Entity::update_many()
            .col_expr(Column::MadeBefore, Expr::val(ahead))
            .filter(Column::Id.eq(id))
            .exec(unit.connection())
            .await?;
        unit.commit().await
    }
}
