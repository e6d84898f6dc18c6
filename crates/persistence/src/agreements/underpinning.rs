//! What an agreement's targets rest on: the versions of the agreements with other functions and suppliers.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::{agreements::*, vocabulary::*};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{entity, versions};
use crate::{Error, calendars, references, store::Source};

/// The agreements that the content's targets name, each once.
pub(super) fn named(content: &Content) -> Vec<AgreementId> {
    let targets = content.targets.iter();
    let mut named: Vec<_> = targets
        .flat_map(|target| target.rests_on.iter().map(|r| r.agreement))
        .collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// The agreements that the contents' targets rest on.
pub async fn rested_on(
    source: &impl Source,
    contents: impl IntoIterator<Item = &Content>,
) -> Result<HashMap<AgreementId, AgreementRef>, Error> {
    let named: HashSet<AgreementId> = contents.into_iter().flat_map(named).collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = entity::Entity::find()
        .filter(entity::Column::Id.is_in(named))
        .filter(entity::Column::Kind.ne(AgreementKind::Sla))
        .all(source.connection())
        .await?;
    let agreements = rows.into_iter().map(|row| {
        let reference = AgreementRef {
            id: row.id,
            number: row.number,
            kind: row.kind,
        };
        (row.id, reference)
    });
    Ok(agreements.collect())
}

/// All versions of what the content's targets rest on.
pub async fn bearing(source: &impl Source, content: &Content) -> Result<Vec<AgreementVersion>, Error> {
    let agreements = rested_on(source, [content]).await?;
    if agreements.is_empty() {
        return Ok(vec![]);
    }
    let rows = versions::entity::Entity::find()
        .filter(versions::entity::Column::AgreementId.is_in(agreements.keys().copied()))
        .order_by_asc(versions::entity::Column::Number)
        .all(source.connection())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(versions::version_of(
                agreements.get(&row.agreement_id)?.clone(),
                None,
                row,
            ))
        })
        .collect())
}

/// What a version's targets rest on today, and where that cannot carry them.
pub async fn underpinning(
    source: &impl Source,
    version: &AgreementVersion,
    today: NaiveDate,
) -> Result<Underpinning, Error> {
    let bearing = bearing(source, &version.content).await?;
    let pins = bearing.iter().chain([version]).flat_map(|version| &version.calendars.0);
    let hours = calendars::hours_of(source, pins).await?;
    Ok(version.underpinning(&bearing, today, &hours))
}

/// Refuses a target that rests on what is not there.
pub async fn must_rest_on_something(source: &impl Source, content: &Content) -> Result<(), Error> {
    let known = bearing(source, content).await?;
    for (i, target) in content.targets.iter().enumerate() {
        for (j, rests_on) in target.rests_on.iter().enumerate() {
            let bears = |version: &AgreementVersion| {
                version.agreement.id == rests_on.agreement
                    && version.content.targets.iter().any(|t| t.key == rests_on.target)
            };
            if !known.iter().any(bears) {
                let pointer = format!("/content/targets/{i}/restsOn/{j}");
                return Err(references::unknown(
                    "target of an agreement that others can rest on",
                    &pointer,
                ));
            }
        }
    }
    Ok(())
}
