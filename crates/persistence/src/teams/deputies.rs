//! Deputies of members, kept beside the memberships.
use chrono::NaiveDate;
use domain::{teams::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use serde::Deserialize;

use crate::{
    Error,
    customers::holds,
    store::{self, Source, UnitOfWork},
};

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership_deputy")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DeputyId,
        pub membership_id: MembershipId,
        pub person_id: PersonId,
        pub since: chrono::NaiveDate,
        pub until: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// A deputy as a query of members tells it.
#[derive(Deserialize)]
pub(super) struct Stored {
    id: DeputyId,
    person_id: PersonId,
    name: PersonName,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

impl From<Stored> for Deputy {
    fn from(stored: Stored) -> Self {
        let days = Period {
            since: stored.since,
            until: stored.until,
        }
        .days();
        Self {
            id: stored.id,
            person: PersonRef {
                id: stored.person_id,
                name: stored.name,
            },
            first_day: days.first_day,
            last_day: days.last_day,
        }
    }
}

/// The deputies of `membership.id` as a JSON array of what is `Stored`.
pub(super) fn as_json(backend: DbBackend) -> String {
    let members = [
        ("id", "d.id"),
        ("person_id", "d.person_id"),
        ("name", "p.name"),
        ("since", "d.since"),
        ("until", "d.until"),
    ];
    let from = "membership_deputy d join person p on p.id = d.person_id where d.membership_id = membership.id";
    store::json_rows(backend, &members, from, "d.since")
}

/// Memberships in which the person stands in on the day for who has them.
pub(crate) fn in_stead(person: PersonId, day: NaiveDate) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from("membership_deputy")
        .inner_join(
            "membership",
            Expr::cust("membership.id = membership_deputy.membership_id"),
        )
        .and_where(Expr::col(("membership_deputy", "person_id")).eq(person))
        .and_where(holds("membership_deputy", day))
        .and_where(holds("membership", day))
        .to_owned()
}

/// Stores what changed among the deputies of a member.
pub(super) async fn update(
    unit: &UnitOfWork,
    member: MembershipId,
    before: &[Deputy],
    after: &[Deputy],
) -> Result<(), Error> {
    let changed = |d: &&Deputy| !after.contains(d);
    let gone: Vec<DeputyId> = before.iter().filter(changed).map(|d| d.id).collect();
    if !gone.is_empty() {
        Entity::delete_many()
            .filter(Column::Id.is_in(gone))
            .exec(unit.connection())
            .await?;
    }
    let mut rows = vec![];
    for deputy in after.iter().filter(|d| !before.contains(d)) {
        let period = Days {
            first_day: deputy.first_day,
            last_day: deputy.last_day,
        }
        .period()?;
        rows.push(ActiveModel {
            id: Set(deputy.id),
            membership_id: Set(member),
            person_id: Set(deputy.person.id),
            since: Set(period.since),
            until: Set(period.until),
        });
    }
    if !rows.is_empty() {
        Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}
