//! Taking in a chunk of measurements: new ones are written at once; what is known already is compared, and the newer
//! state stands.
use std::collections::{HashMap, HashSet};

use domain::{
    Rule, RuleCode,
    access::{Caller, Scope},
    measurements::{Evidence, IntakeOutcome, Standing},
    vocabulary::*,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    entity, matching,
    matching::Names,
    rows::{self, Known, Row},
    version,
};
use crate::{
    Error,
    store::{self, IN_ONE_LIST, Source, UnitOfWork},
};

/// What became of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The outcome.
    pub outcome: IntakeOutcome,
    /// Why it was rejected.
    pub fault: Option<Rule>,
}

impl From<IntakeOutcome> for Taken {
    fn from(outcome: IntakeOutcome) -> Self {
        Self { outcome, fault: None }
    }
}

impl From<Rule> for Taken {
    fn from(fault: Rule) -> Self {
        Self {
            outcome: IntakeOutcome::Rejected,
            fault: Some(fault),
        }
    }
}

type SourceKey = (SystemName, ExternalId);

fn key(evidence: &Evidence) -> SourceKey {
    (evidence.told().source().clone(), evidence.told().source_id().clone())
}

/// Takes in a chunk, in its order; what became of each.
pub async fn take_in(
    unit: &UnitOfWork,
    scope: &Scope,
    batch: BatchId,
    chunk: &[Evidence],
) -> Result<Vec<Taken>, Error> {
    let names = Names::of(unit, chunk).await?;
    let limit = match &scope.caller {
        Caller::Client { customers, .. } => customers.as_deref(),
        _ => None,
    };
    let mut taken: Vec<Option<Taken>> = vec![None; chunk.len()];
    let (mut firsts, mut again, mut seen) = (vec![], vec![], HashSet::new());
    for (n, evidence) in chunk.iter().enumerate() {
        if let Some(fault) = limit.and_then(|limit| names.beyond(evidence, limit)) {
            taken[n] = Some(fault.into());
        } else if seen.insert(key(evidence)) {
            firsts.push((n, names.row(unit.new_id(), batch, evidence)));
        } else {
            again.push(n);
        }
    }
    // In one order whoever sends, so that two batches do not wait for each other.
    firsts.sort_by_cached_key(|(n, _)| key(&chunk[*n]));
    let (places, rows): (Vec<usize>, Vec<Row>) = firsts.into_iter().unzip();
    let written = rows::put(unit, &rows, Known::Stays).await?;
    for (n, row) in places.iter().zip(&rows) {
        match written.contains(&row.id) {
            true => taken[*n] = Some(stored(row, IntakeOutcome::Accepted).into()),
            false => again.push(*n),
        }
    }
    again.sort_unstable();
    let mut known = Standings::of(unit, &again, chunk, limit).await?;
    for n in again {
        taken[n] = Some(known.compare(&names, batch, &chunk[n], unit));
    }
    known.write(unit).await?;
    Ok(taken.into_iter().flatten().collect())
}

/// What waits for something is in quarantine, however it came there.
fn stored(row: &Row<'_>, outcome: IntakeOutcome) -> IntakeOutcome {
    if row.waits.is_empty() {
        outcome
    } else {
        IntakeOutcome::Quarantined
    }
}

/// What is known of the measurements that were sent again, and what becomes of it.
struct Standings<'a> {
    known: HashMap<SourceKey, Known1<'a>>,
    history: HashSet<(MeasurementId, Vec<u8>)>,
    kept: Vec<version::Model>,
}

struct Known1<'a> {
    row: entity::Model,
    standing: Standing,
    /// Whether the caller may change it at all.
    within: bool,
    touched: bool,
    replacement: Option<Row<'a>>,
}

impl<'a> Standings<'a> {
    async fn of(
        unit: &UnitOfWork,
        again: &[usize],
        chunk: &'a [Evidence],
        limit: Option<&[CustomerId]>,
    ) -> Result<Self, Error> {
        let mut by_source: HashMap<&SystemName, HashSet<&ExternalId>> = HashMap::new();
        for n in again {
            let told = chunk[*n].told();
            by_source.entry(told.source()).or_default().insert(told.source_id());
        }
        let mut found = vec![];
        for (source, ids) in by_source {
            let mut query = entity::Entity::find()
                .filter(entity::Column::Source.eq(source.clone()))
                .filter(entity::Column::SourceId.is_in(ids.into_iter().cloned()))
                .order_by_asc(entity::Column::Id);
            store::lock(QuerySelect::query(&mut query), unit.backend(), "measurement");
            found.extend(query.all(unit.connection()).await?);
        }
        let ids: Vec<MeasurementId> = found.iter().map(|row| row.id).collect();
        let beyond = match limit {
            Some(limit) => matching::beyond(unit, &ids, limit).await?,
            None => HashSet::new(),
        };
        let mut history = HashSet::new();
        for ids in ids.chunks(IN_ONE_LIST) {
            let digests = version::Entity::find()
                .select_only()
                .columns([version::Column::MeasurementId, version::Column::Digest])
                .filter(version::Column::MeasurementId.is_in(ids.iter().copied()));
            history.extend(
                digests
                    .into_tuple::<(MeasurementId, Vec<u8>)>()
                    .all(unit.connection())
                    .await?,
            );
        }
        let known = found.into_iter().map(|row| {
            let stands = Known1 {
                standing: Standing {
                    source_version: row.source_version,
                    at: row.state_at,
                },
                within: !beyond.contains(&row.id),
                touched: false,
                replacement: None,
                row,
            };
            ((stands.row.source.clone(), stands.row.source_id.clone()), stands)
        });
        Ok(Self {
            known: known.collect(),
            history,
            kept: vec![],
        })
    }

    /// What becomes of a measurement that is known.
    fn compare(&mut self, names: &Names, batch: BatchId, evidence: &'a Evidence, unit: &UnitOfWork) -> Taken {
        let Some(known) = self.known.get_mut(&key(evidence)).filter(|known| known.within) else {
            let detail = "Another measurement has this source and sourceId.";
            return Rule::new(RuleCode::NotUnique, detail).at("/sourceId").into();
        };
        let digest = evidence.digest().to_vec();
        if known.row.digest == digest || self.history.contains(&(known.row.id, digest.clone())) {
            return IntakeOutcome::Duplicate.into();
        }
        known.row.version += 1;
        known.touched = true;
        let standing = evidence.told().standing();
        let (digest, received_at, batch_id, content, outcome) = if standing.is_before(&known.standing) {
            let content = evidence.text().to_owned();
            (digest, unit.now(), batch, content, IntakeOutcome::Outdated)
        } else {
            let row = names.row(known.row.id, batch, evidence);
            let outcome = stored(&row, IntakeOutcome::Correction);
            known.standing = standing;
            known.replacement = Some(row);
            let received_at = std::mem::replace(&mut known.row.received_at, unit.now());
            let batch_id = std::mem::replace(&mut known.row.batch_id, batch);
            let content = std::mem::replace(&mut known.row.content, evidence.text().to_owned());
            (
                std::mem::replace(&mut known.row.digest, digest),
                received_at,
                batch_id,
                content,
                outcome,
            )
        };
        self.history.insert((known.row.id, digest.clone()));
        self.kept.push(version::Model {
            measurement_id: known.row.id,
            digest,
            received_at,
            batch_id,
            content,
        });
        outcome.into()
    }

    async fn write(self, unit: &UnitOfWork) -> Result<(), Error> {
        rows::keep(unit, self.kept).await?;
        let mut replaced = vec![];
        let mut outdated = vec![];
        for known in self.known.into_values().filter(|known| known.touched) {
            match known.replacement {
                Some(row) => replaced.push(Row {
                    version: known.row.version,
                    ..row
                }),
                None => outdated.push((known.row.id, known.row.version)),
            }
        }
        replaced.sort_by_key(|row| row.id);
        let ids: Vec<MeasurementId> = replaced.iter().map(|row| row.id).collect();
        rows::clear_names(unit, &ids).await?;
        rows::put(unit, &replaced, Known::IsReplaced).await?;
        for (id, version) in outdated {
            entity::Entity::update_many()
                .col_expr(entity::Column::Version, version.into())
                .filter(entity::Column::Id.eq(id))
                .exec(unit.connection())
                .await?;
        }
        Ok(())
    }
}
