//! Meetings: read with everything that a reader needs in one query a page, each under the team that is responsible on its day.
mod keeping;
mod linking;
mod overdue;
mod packs;
mod series;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Scope, events::ActorKind, meetings::*, requests::Raiser, vocabulary::*};
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, FromJsonQueryResult, FromQueryResult, QueryTrait,
    sea_query::{Expr, Order, SelectStatement},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

pub use keeping::*;
pub use linking::*;
pub use overdue::*;
pub use packs::*;
pub use series::*;

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

/// A list that is only ever read and written whole.
macro_rules! lists {
    ($($name:ident of $item:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);
    )*};
}
lists! {
    Agenda of AgendaItem;
    Addenda of Addendum;
    Template of AgendaTemplateItem;
}

/// What was said and decided, as one value; what is to be done has a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct MinutesWords {
    notes: Option<Markdown>,
    decisions: Vec<Reason>,
}

/// Who published the minutes, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Publication(domain::agreements::Deed);

mod entity {
    use domain::{meetings::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MeetingId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub kind: MeetingKind,
        pub status: MeetingStatus,
        pub title: Option<Title>,
        pub starts_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        pub day: chrono::NaiveDate,
        pub place: Option<Name>,
        pub led_by: MeetingLead,
        #[sea_orm(column_type = "JsonBinary")]
        pub agenda: super::Agenda,
        pub overridden: bool,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub minutes: Option<super::MinutesWords>,
        #[sea_orm(column_type = "JsonBinary")]
        pub addenda: super::Addenda,
        pub digest: Option<String>,
        pub pack: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub publication: Option<super::Publication>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub cancellation: Option<MeetingCancellation>,
        pub series_id: Option<MeetingSeriesId>,
        pub occurrence: Option<String>,
        pub touched: bool,
        pub sequence: i32,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    meeting: Model,
    customer_code: Code,
    customer_name: Name,
    teams: String,
    leaders: String,
    persons: String,
    contacts: String,
    actions: String,
    outcomes: String,
    permitted: access::Leave,
}

/// Somebody, or a team, in an array that was put together in SQL.
#[derive(Deserialize)]
struct Named<I, N> {
    id: I,
    name: N,
}

#[derive(Deserialize)]
struct StoredLeader {
    id: PersonId,
    name: PersonName,
    leading_id: PersonId,
    leading: PersonName,
}

#[derive(Deserialize)]
struct StoredAction {
    id: ActionItemId,
    text: Title,
    owner_kind: ActorKind,
    owner_id: Uuid,
    owner: PersonName,
    due: Option<NaiveDate>,
    done: Option<NaiveDate>,
}

fn items<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    Ok(serde_json::from_str(text)?)
}

fn unreadable(fault: impl std::fmt::Display) -> Error {
    Error::Database(DbErr::Custom(format!("stored meeting: {fault}")))
}

/// How a local time is stored: as text that sorts like it.
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

impl Row {
    fn meeting(self) -> Result<(Meeting, access::Leave), Error> {
        let row = self.meeting;
        let team = items::<Named<TeamId, Name>>(&self.teams)?.into_iter().next();
        let leader = items::<StoredLeader>(&self.leaders)?.into_iter().next();
        let persons: Vec<Named<PersonId, PersonName>> = items(&self.persons)?;
        let contacts: Vec<Named<ContactId, PersonName>> = items(&self.contacts)?;
        let actions: Vec<StoredAction> = items(&self.actions)?;
        let digest = |text: Option<String>| text.map(|text| text.parse().map_err(unreadable)).transpose();
        let minutes = row.minutes.map(|words| Minutes {
            notes: words.notes,
            decisions: words.decisions,
            action_items: actions
                .into_iter()
                .map(|stored| ActionItem {
                    id: stored.id,
                    text: stored.text,
                    owner: Raiser {
                        kind: stored.owner_kind,
                        id: stored.owner_id,
                        name: stored.owner,
                    },
                    due_day: stored.due,
                    done_on: stored.done,
                })
                .collect(),
        });
        let meeting = Meeting {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            kind: row.kind,
            status: row.status,
            title: row.title,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            day: row.day,
            place: row.place,
            team: team.map(|Named { id, name }| TeamRef { id, name }),
            led_by: row.led_by,
            leader: leader.map(|stored| {
                let holder = PersonRef {
                    id: stored.id,
                    name: stored.name,
                };
                let leading = PersonRef {
                    id: stored.leading_id,
                    name: stored.leading,
                };
                MeetingLeader {
                    deputy_for: Some(holder).filter(|holder| *holder != leading),
                    person: leading,
                }
            }),
            persons: persons
                .into_iter()
                .map(|Named { id, name }| PersonRef { id, name })
                .collect(),
            contacts: contacts
                .into_iter()
                .map(|Named { id, name }| ContactRef { id, name })
                .collect(),
            agenda: row.agenda.0,
            overridden: row.overridden,
            minutes,
            addenda: row.addenda.0,
            outcomes: items(&self.outcomes)?,
            digest: digest(row.digest)?,
            pack: digest(row.pack)?,
            publication: row.publication.map(|publication| publication.0),
            cancellation: row.cancellation,
            series: row.series_id,
            occurrence: row
                .occurrence
                .map(|text| chrono::NaiveDateTime::parse_from_str(&text, LOCAL).map_err(unreadable))
                .transpose()?,
            touched: row.touched,
            sequence: row.sequence,
            created_at: row.created_at,
        };
        Ok((meeting, self.permitted))
    }
}

/// The team that is responsible for the meeting's customer on its day: by the assignment of the nearest ancestor.
const TEAM: &str = "(select t.team_id from customer_ancestry a \
    join team_assignment t on t.customer_id = a.ancestor_id and t.since <= meeting.day \
    and (t.until is null or t.until > meeting.day) where a.customer_id = meeting.customer_id order by a.depth limit 1)";

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let named = [("id", "x.id"), ("name", "x.name")];
    let rows =
        |members: &[(&str, &str)], from: &str, order: &str| Expr::cust(store::json_rows(backend, members, from, order));
    let leaders = format!(
        "membership m join person p on p.id = m.person_id \
         left join membership_deputy y on y.membership_id = m.id and y.since <= meeting.day \
         and (y.until is null or y.until > meeting.day) left join person l on l.id = y.person_id \
         where m.team_id = {TEAM} and m.role = meeting.led_by and m.since <= meeting.day \
         and (m.until is null or m.until > meeting.day)"
    );
    let leader = [
        ("id", "p.id"),
        ("name", "p.name"),
        ("leading_id", "coalesce(l.id, p.id)"),
        ("leading", "coalesce(l.name, p.name)"),
    ];
    let action = [
        ("id", "i.id"),
        ("text", "i.text"),
        (
            "owner_kind",
            "case when i.person_id is null then 'contact' else 'person' end",
        ),
        ("owner_id", "coalesce(i.person_id, i.contact_id)"),
        ("owner", "coalesce(p.name, c.name)"),
        ("due", "i.due_day"),
        ("done", "i.done_on"),
    ];
    let mut query = Entity::find().into_query();
    query
        .inner_join("customer", Expr::cust("customer.id = meeting.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(
            rows(&named, &format!("customer_team x where x.id = {TEAM}"), "x.id"),
            "teams",
        )
        .expr_as(rows(&leader, &leaders, "m.id, y.id"), "leaders")
        .expr_as(
            rows(
                &named,
                "meeting_participant t join person x on x.id = t.person_id where t.meeting_id = meeting.id",
                "x.id",
            ),
            "persons",
        )
        .expr_as(
            rows(
                &named,
                "meeting_participant t join contact x on x.id = t.contact_id where t.meeting_id = meeting.id",
                "x.id",
            ),
            "contacts",
        )
        .expr_as(
            rows(
                &action,
                "meeting_action_item i left join person p on p.id = i.person_id \
                 left join contact c on c.id = i.contact_id where i.meeting_id = meeting.id",
                "i.place",
            ),
            "actions",
        )
        .expr_as(
            rows(
                &[("kind", "o.kind"), ("id", "o.subject_id")],
                "meeting_outcome o where o.meeting_id = meeting.id",
                "o.recorded_at, o.subject_id",
            ),
            "outcomes",
        );
    access::guard(&mut query, scope, "meeting.customer_id", (today, backend), |reach| {
        access::of_customers(&reach.customers, "meeting.customer_id", today, backend)
    });
    // What is said inside the team is the team's own.
    if scope.is_contact() {
        query.and_where(Column::Kind.ne(MeetingKind::Team));
    }
    query
}

/// The meeting, if the caller may see it (404) and do this with it (403).
pub async fn get(source: &impl Source, scope: &Scope, id: MeetingId, today: NaiveDate) -> Result<Meeting, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::meeting).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: MeetingId) -> Result<Meeting, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "meeting");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::meeting).transpose()?)
}

/// Which meetings.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// About this customer.
    pub customer: Option<CustomerId>,
    /// Of which this team is responsible on the day.
    pub team: Option<TeamId>,
    /// In which this person takes part.
    pub person: Option<PersonId>,
    /// In which this contact takes part.
    pub contact: Option<ContactId>,
    /// Of this kind.
    pub kind: Option<MeetingKind>,
    /// That stand so.
    pub status: Option<MeetingStatus>,
    /// That begin at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// That begin before this time.
    pub before: Option<DateTime<Utc>>,
    /// That take up anything that belongs to another kind (or not).
    pub overridden: Option<bool>,
    /// Of this series.
    pub series: Option<MeetingSeriesId>,
}

impl Filter {
    fn apply(&self, query: &mut SelectStatement, backend: DbBackend) {
        let of_team = |id: TeamId| {
            // The team's customers first, by its assignments of any day; then those of which it is the nearest on the day.
            let sql = format!(
                "meeting.customer_id in (select a.customer_id from team_assignment t \
                 join customer_ancestry a on a.ancestor_id = t.customer_id where t.team_id = ?) and {TEAM} = ?"
            );
            store::expr(backend, sql, [id.0; 2])
        };
        let with_person = |id: PersonId| {
            let sql = "meeting.id in (select x.meeting_id from meeting_participant x where x.person_id = ?)";
            store::expr(backend, sql, [id.0])
        };
        let with_contact = |id: ContactId| {
            let sql = "meeting.id in (select x.meeting_id from meeting_participant x where x.contact_id = ?)";
            store::expr(backend, sql, [id.0])
        };
        let wanted = [
            self.contact.map(with_contact),
            self.customer.map(|id| Column::CustomerId.eq(id)),
            self.team.map(of_team),
            self.person.map(with_person),
            self.kind.map(|kind| Column::Kind.eq(kind)),
            self.status.map(|status| Column::Status.eq(status)),
            self.from.map(|from| Column::StartsAt.gte(from)),
            self.before.map(|before| Column::StartsAt.lt(before)),
            self.overridden.map(|is| match is {
                true => Expr::cust("meeting.overridden"),
                false => Expr::cust("not meeting.overridden"),
            }),
            self.series.map(|id| Column::SeriesId.eq(id)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of meetings, by when they begin.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Meeting>, Error> {
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, source.backend());
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_time(&mut query, ("meeting", "starts_at"), ("meeting", "id"));
    let meetings = read(source, &query).await?;
    Ok(paging.cut(meetings, total, |m: &Meeting| Cursor::after_time(m.starts_at, m.id)))
}

/// At most so many meetings that the filter asks for, the first ones first: of a person, a team or a customer in a period.
pub async fn first(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    most: u64,
    today: NaiveDate,
) -> Result<Vec<Meeting>, Error> {
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, source.backend());
    query
        .order_by(("meeting", "starts_at"), Order::Asc)
        .order_by(("meeting", "id"), Order::Asc)
        .limit(most);
    read(source, &query).await
}

/// The next planned meetings of a customer, of each kind as they come.
pub async fn next_of_customer(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    most: u64,
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Vec<Meeting>, Error> {
    let filter = Filter {
        customer: Some(customer),
        status: Some(MeetingStatus::Planned),
        from: Some(now),
        ..Filter::default()
    };
    first(source, scope, &filter, most, today).await
}

async fn read(source: &impl Source, query: &SelectStatement) -> Result<Vec<Meeting>, Error> {
    let rows = store::all::<Row>(source.connection(), query).await?;
    rows.into_iter().map(|row| Ok(row.meeting()?.0)).collect()
}
