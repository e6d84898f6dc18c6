//! Whether the log still is what was written: every link, every copied column, every personal value.
use domain::events::{Actor, Body, Link, PersonalDatum};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Statement,
};

use super::{BATCH, entity, head, personal};
use crate::{Db, Error};

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every event is as it was written.
    Sound {
        /// How many.
        position: i64,
        /// The newest link.
        link: String,
    },
    /// The first position at which something is wrong, and what.
    Broken {
        /// Where.
        position: i64,
        /// What.
        finding: String,
    },
}

/// Walks the whole chain: every link, every copied column, every personal value that is still there. `kept` is a head
/// that was written down outside: it finds a cut tail and a log that was written anew.
pub async fn verify(db: &Db, kept: Option<(i64, Link)>) -> Result<Verdict, Error> {
    db.order_events().await?;
    // Events that come in meanwhile are not looked at.
    let log = db.snapshot().await?;
    let broken = |position, finding: &str| {
        let finding = finding.to_owned();
        Ok(Verdict::Broken { position, finding })
    };
    let (mut position, mut link) = (0, Link::ORIGIN);
    // Rows that were put in before the first event are looked at too.
    let mut last = i64::MIN;
    loop {
        let rows = batch(&log, last).await?;
        if rows.is_empty() {
            break;
        }
        let data = personal_data(&log, &rows).await?;
        for row in &rows {
            position += 1;
            let Ok(row) = entity::Model::from_query_result(row, "") else {
                return broken(position, "a column is not readable");
            };
            if row.position != position {
                return broken(position, "the event is missing");
            }
            link = link.next(position, &row.body);
            if let Some(finding) = differs(&row, link, &data) {
                return broken(position, finding);
            }
            if kept.is_some_and(|(at, expected)| at == position && expected != link) {
                return broken(position, "the link is not the one that was kept outside");
            }
        }
        last = position;
    }
    let head = head::Entity::find_by_id(1).one(&log).await?;
    match (head, kept) {
        (Some(head), _) if head.position != position || head.link != link.0 => {
            broken(position.min(head.position) + 1, "the log ends before or after its head")
        }
        (None, _) => broken(position + 1, "the log has no head"),
        (_, Some((at, _))) if at > position => {
            broken(position + 1, "the log ends before the head that was kept outside")
        }
        _ => Ok(Verdict::Sound {
            position,
            link: link.to_string(),
        }),
    }
}

async fn batch(log: &DatabaseTransaction, after: i64) -> Result<Vec<QueryResult>, Error> {
    let query = entity::Entity::find()
        .filter(entity::Column::Position.gt(after))
        .order_by_asc(entity::Column::Position)
        .limit(BATCH as u64)
        .into_query();
    Ok(log.query_all(&query).await?)
}

async fn personal_data(log: &DatabaseTransaction, rows: &[QueryResult]) -> Result<Vec<personal::Model>, Error> {
    let ids: Vec<uuid::Uuid> = rows.iter().filter_map(|row| row.try_get("", "id").ok()).collect();
    let data = personal::Entity::find().filter(personal::Column::EventId.is_in(ids));
    Ok(data.all(log).await?)
}

/// What is wrong with a row that should have this link.
fn differs(row: &entity::Model, link: Link, data: &[personal::Model]) -> Option<&'static str> {
    if row.link != link.0 {
        return Some("the link does not follow from the event and its predecessor");
    }
    let Ok(body) = serde_json::from_str::<Body>(&row.body) else {
        return Some("the event is not readable");
    };
    // In whose stead stands in the event alone.
    let actor = Actor {
        kind: row.actor_kind,
        id: row.actor_id.clone(),
        acting_for: body.actor.acting_for,
    };
    let subject = &body.subject;
    let copies = [
        (body.id.0 == row.id, "the column id differs from the event"),
        (body.kind == row.kind, "the column type differs from the event"),
        (
            subject.kind == row.subject_kind,
            "the column subject_kind differs from the event",
        ),
        (
            subject.id == row.subject_id,
            "the column subject_id differs from the event",
        ),
        (
            subject.version == row.subject_version,
            "the column subject_version differs from the event",
        ),
        (
            body.customer.map(|c| c.0) == row.customer_id,
            "the column customer_id differs from the event",
        ),
        (
            body.matter() == row.matter_id,
            "the column matter_id differs from the event",
        ),
        (
            body.destination == row.destination,
            "the column destination differs from the event",
        ),
        (
            body.feed_kind() == row.feed_kind,
            "the column feed_kind differs from the event",
        ),
        (body.actor == actor, "the actor differs from the event"),
        (body.time == row.at, "the column at differs from the event"),
    ];
    if let Some((_, finding)) = copies.into_iter().find(|(same, _)| !same) {
        return Some(finding);
    }
    let mut mine = data.iter().filter(|datum| datum.event_id == row.id);
    let is_sealed = |datum: &personal::Model| {
        let value = serde_json::from_str(&datum.value).unwrap_or_default();
        PersonalDatum::digest(&datum.salt, &value) == datum.digest && row.body.contains(&datum.digest)
    };
    (!mine.all(is_sealed)).then_some("a personal value is not the one that the event speaks of")
}

/// Runs raw SQL against the log, for tests that break it on purpose.
#[doc(hidden)]
pub async fn tamper(db: &Db, sql: &str) -> Result<(), Error> {
    db.writer()
        .execute_raw(Statement::from_string(db.backend(), sql))
        .await?;
    Ok(())
}
