//! Taking in ratings, a chunk at a time: new ones are counted; of one that is known the newer state stands. What names
//! something unknown waits for it in its row.
use std::collections::{HashMap, HashSet};

use domain::{
    Rule,
    access::{Caller, Scope},
    measurements::{IntakeOutcome, Standing},
    satisfaction::{Rating, RatingInput},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Condition, Expr, OnConflict},
};
use uuid::Uuid;

use super::{
    counts::Counts,
    rating::{Column, Entity, Model},
    rating_state as state,
};
use crate::{
    Error,
    measurements::{AT_ONCE, Names, Taken, as_text},
    store::{self, IN_ONE_LIST, Reader, Source, UnitOfWork},
};

type SourceKey = (SystemName, ExternalId);

/// Takes in a chunk, in its order; what became of each.
pub async fn take_in(unit: &UnitOfWork, scope: &Scope, batch: BatchId, chunk: &[Rating]) -> Result<Vec<Taken>, Error> {
    let told = || chunk.iter().map(|rating| &rating.told);
    let (services, customers) = (told().map(|t| &t.service), told().map(|t| &t.customer));
    let names = Names::looked_up(unit, services.collect(), customers.collect()).await?;
    let limit = match &scope.caller {
        Caller::Client { customers, .. } => customers.as_deref(),
        _ => None,
    };
    let mut intake = Intake::default();
    let (mut taken, mut rows) = (vec![], vec![]);
    for rating in chunk {
        let row = row(unit, &names, batch, rating);
        let beyond = limit.and_then(|limit| names.outside("/customer", &rating.told.customer, limit));
        taken.push(beyond.map(Taken::from));
        rows.push(row);
    }
    let places: Vec<usize> = (0..rows.len()).filter(|n| taken[*n].is_none()).collect();
    let again = intake.insert(unit, &rows, &places, &mut taken).await?;
    intake.load(unit, again.iter().map(|n| &rows[*n])).await?;
    for n in again {
        taken[n] = Some(intake.compare(rows[n].clone(), limit));
    }
    intake.write(unit).await?;
    Ok(taken.into_iter().flatten().collect())
}

fn key(row: &Model) -> SourceKey {
    (row.source.clone(), row.source_id.clone())
}

/// A rating as it is stored.
fn row(unit: &UnitOfWork, names: &Names, batch: BatchId, rating: &Rating) -> Model {
    let RatingInput {
        source,
        source_id,
        service,
        customer,
        case,
        score,
        comment,
        ..
    } = rating.told.clone();
    let standing = rating.told.standing();
    let (service_id, customer_id) = (names.service(&service), names.customer(&customer, rating.told.rated_at));
    let waits = |known: bool, name: (String, String)| (!known).then_some(name).unzip();
    let (service_system, service_key) = waits(service_id.is_some(), as_text(&service));
    let (customer_system, customer_key) = waits(customer_id.is_some(), as_text(&customer));
    Model {
        id: unit.new_id(),
        source,
        source_id,
        source_version: standing.source_version,
        state_at: standing.at,
        received_at: unit.now(),
        batch_id: batch,
        digest: rating.digest.to_vec(),
        month: rating.month.period().since,
        service_id,
        customer_id,
        service_system,
        service_key,
        customer_system,
        customer_key,
        case_key: case,
        low: rating.scale.low(),
        high: rating.scale.high(),
        top_boxes: rating.scale.top_boxes().unwrap_or_default(),
        score,
        comment,
    }
}

fn stored(row: &Model, outcome: IntakeOutcome) -> IntakeOutcome {
    match row.service_id.is_some() && row.customer_id.is_some() {
        true => outcome,
        false => IntakeOutcome::Quarantined,
    }
}

/// What is known of ratings that were sent again, and what a chunk changes.
#[derive(Default)]
struct Intake {
    known: HashMap<SourceKey, Model>,
    /// What does not stand, of those that are known: as it was, and what came to that in this chunk.
    former: HashSet<(RatingId, Vec<u8>)>,
    kept: Vec<state::ActiveModel>,
    changed: HashSet<RatingId>,
    counts: Counts,
}

impl Intake {
    /// Writes what is new; the places of what is not.
    async fn insert(
        &mut self,
        unit: &UnitOfWork,
        rows: &[Model],
        places: &[usize],
        taken: &mut [Option<Taken>],
    ) -> Result<Vec<usize>, Error> {
        let (mut firsts, mut again, mut seen) = (vec![], vec![], HashSet::new());
        for n in places {
            match seen.insert(key(&rows[*n])) {
                true => firsts.push(*n),
                false => again.push(*n),
            }
        }
        // In one order whoever sends, so that two batches do not wait for each other.
        firsts.sort_by_cached_key(|n| key(&rows[*n]));
        for firsts in firsts.chunks(IN_ONE_LIST) {
            let known = OnConflict::columns([Column::Source, Column::SourceId])
                .do_nothing()
                .to_owned();
            let models = firsts.iter().map(|n| rows[*n].clone().into_active_model());
            let mut insert = Entity::insert_many(models).on_conflict(known).into_query();
            insert.returning_col(Column::Id);
            let written = unit.connection().query_all(&insert).await?;
            let written = written.iter().map(|row| row.try_get("", "id"));
            let written = written.collect::<Result<HashSet<RatingId>, _>>()?;
            for n in firsts {
                let row = &rows[*n];
                if written.contains(&row.id) {
                    taken[*n] = Some(stored(row, IntakeOutcome::Accepted).into());
                    self.counts.add(row);
                } else {
                    again.push(*n);
                }
            }
        }
        again.sort_unstable();
        Ok(again)
    }

    async fn load(&mut self, unit: &UnitOfWork, again: impl Iterator<Item = &Model>) -> Result<(), Error> {
        let mut by_source: HashMap<&SystemName, HashSet<&ExternalId>> = HashMap::new();
        for row in again {
            by_source.entry(&row.source).or_default().insert(&row.source_id);
        }
        for (source, ids) in by_source {
            let mut query = Entity::find()
                .filter(Column::Source.eq(source.clone()))
                .filter(Column::SourceId.is_in(ids.into_iter().cloned()))
                .order_by_asc(Column::Id);
            store::lock(QuerySelect::query(&mut query), unit.backend(), "rating");
            let found = query.all(unit.connection()).await?;
            self.known.extend(found.into_iter().map(|row| (key(&row), row)));
        }
        let ids: Vec<RatingId> = self.known.values().map(|row| row.id).collect();
        for ids in ids.chunks(IN_ONE_LIST) {
            let former = state::Entity::find().filter(state::Column::RatingId.is_in(ids.iter().copied()));
            let former = former.all(unit.connection()).await?;
            self.former
                .extend(former.into_iter().map(|state| (state.rating_id, state.digest)));
        }
        Ok(())
    }

    /// What becomes of a rating that is known.
    fn compare(&mut self, row: Model, limit: Option<&[CustomerId]>) -> Taken {
        let within = |known: &Model| limit.is_none_or(|limit| known.customer_id.is_some_and(|id| limit.contains(&id)));
        let Some(known) = self.known.get_mut(&key(&row)).filter(|known| within(known)) else {
            let detail = "Another rating has this source and sourceId.";
            return Rule::new(domain::RuleCode::NotUnique, detail).at("/sourceId").into();
        };
        if known.digest == row.digest || self.former.contains(&(known.id, row.digest.clone())) {
            return IntakeOutcome::Duplicate.into();
        }
        let outdated = standing(&row).is_before(&standing(known));
        let former = match outdated {
            true => row.digest.clone(),
            false => known.digest.clone(),
        };
        self.former.insert((known.id, former.clone()));
        self.kept.push(state::ActiveModel {
            rating_id: Set(known.id),
            digest: Set(former),
        });
        if outdated {
            return IntakeOutcome::Outdated.into();
        }
        let row = Model { id: known.id, ..row };
        self.counts.take_away(known);
        self.counts.add(&row);
        self.changed.insert(row.id);
        let outcome = stored(&row, IntakeOutcome::Correction);
        *known = row;
        outcome.into()
    }

    async fn write(self, unit: &UnitOfWork) -> Result<(), Error> {
        for kept in self.kept.chunks(IN_ONE_LIST) {
            state::Entity::insert_many(kept.to_vec())
                .exec_without_returning(unit.connection())
                .await?;
        }
        let changed = self.known.into_values().filter(|row| self.changed.contains(&row.id));
        let mut changed: Vec<Model> = changed.collect();
        changed.sort_by_key(|row| row.id);
        for rows in changed.chunks(IN_ONE_LIST) {
            let replaced = OnConflict::column(Column::Id)
                .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id)))
                .to_owned();
            let models = rows.iter().map(|row| row.clone().into_active_model());
            Entity::insert_many(models)
                .on_conflict(replaced)
                .exec_without_returning(unit.connection())
                .await?;
        }
        self.counts.write(unit).await
    }
}

fn standing(row: &Model) -> Standing {
    Standing {
        source_version: row.source_version,
        at: row.state_at,
    }
}

/// The columns of what is waited for: what it becomes, and the name's system and id.
fn waiting(for_service: bool) -> (Column, Column, Column) {
    match for_service {
        true => (Column::ServiceId, Column::ServiceSystem, Column::ServiceKey),
        false => (Column::CustomerId, Column::CustomerSystem, Column::CustomerKey),
    }
}

/// Matches what waits for one name, so many at once; how many they were.
pub(crate) async fn match_one(
    unit: &UnitOfWork,
    for_service: bool,
    system: &str,
    name: &str,
    subject: Uuid,
) -> Result<u64, Error> {
    let (id, its_system, its_key) = waiting(for_service);
    let waits = Condition::all()
        .add(id.is_null())
        .add(its_system.eq(system))
        .add(its_key.eq(name));
    let mut query = Entity::find().filter(waits).order_by_asc(Column::Id).limit(AT_ONCE);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "rating");
    let rows = query.all(unit.connection()).await?;
    let mut counts = Counts::default();
    for rows in rows.chunks(IN_ONE_LIST) {
        Entity::update_many()
            .col_expr(id, Expr::val(subject))
            .col_expr(its_system, Expr::cust("null"))
            .col_expr(its_key, Expr::cust("null"))
            .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(unit.connection())
            .await?;
    }
    let matched = rows.len() as u64;
    for mut row in rows {
        match for_service {
            true => row.service_id = Some(subject.into()),
            false => row.customer_id = Some(subject.into()),
        }
        counts.add(&row);
    }
    counts.write(unit).await?;
    Ok(matched)
}

/// The names that ratings wait for: whether of a service, the system and the id there.
pub(crate) async fn waited_for(reader: &Reader<'_>) -> Result<Vec<(bool, String, String)>, Error> {
    let mut names = vec![];
    for for_service in [true, false] {
        let (id, system, key) = waiting(for_service);
        let found: Vec<(String, String)> = Entity::find()
            .select_only()
            .columns([system, key])
            .filter(id.is_null())
            .distinct()
            .into_tuple()
            .all(reader.connection())
            .await?;
        names.extend(found.into_iter().map(|(system, key)| (for_service, system, key)));
    }
    Ok(names)
}
