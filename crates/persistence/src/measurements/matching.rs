//! What measurements name: our ids or other systems' references, looked up a chunk at a time. What nobody knows yet is
//! waited for, and matched in the unit of work that makes it known.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    Rule, RuleCode,
    events::SubjectKind,
    measurements::{Evidence, Matched, MeasurementKind, Unmatched},
    vocabulary::*,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Condition, Expr, ExprTrait, OnConflict, Query},
};
use uuid::Uuid;

use super::{affected, entity, rows::Row, wait};
use crate::{
    Db, Error, customers, references, satisfaction, services,
    store::{IN_ONE_LIST, Origin, Source, UnitOfWork},
};

/// How many measurements are matched in the unit of work that makes something known; the rest follow within the hour.
pub const AT_ONCE: u64 = 10_000;
const SERVICE: &str = "service";
const CUSTOMER: &str = "customer";

/// Why what waits for these is judged by nobody.
pub fn reason<'a>(waits: impl Iterator<Item = &'a str>) -> Option<Unmatched> {
    waits
        .map(|kind| match kind {
            SERVICE => Unmatched::UnknownService,
            _ => Unmatched::UnknownCustomer,
        })
        .min()
}

/// What the keys of a chunk stand for.
pub struct Names {
    services: HashMap<Key<ServiceId>, ServiceId>,
    customers: HashMap<Key<CustomerId>, CustomerId>,
    /// Since when which customers go on as others (R25).
    ended: HashMap<CustomerId, (DateTime<Utc>, CustomerId)>,
}

impl Names {
    pub async fn of(unit: &UnitOfWork, chunk: &[Evidence]) -> Result<Self, Error> {
        let services: HashSet<&Key<ServiceId>> = chunk.iter().map(|evidence| evidence.told().service()).collect();
        let customers: HashSet<&Key<CustomerId>> = chunk
            .iter()
            .flat_map(|evidence| evidence.told().customers())
            .map(|(_, key)| key)
            .collect();
        Self::looked_up(unit, services, customers).await
    }

    /// What these keys stand for.
    pub async fn looked_up(
        unit: &UnitOfWork,
        services: HashSet<&Key<ServiceId>>,
        customers: HashSet<&Key<CustomerId>>,
    ) -> Result<Self, Error> {
        let (told, ids) = told(unit, SubjectKind::Service, &services).await?;
        let existing = services::existing(unit, &ids).await?;
        let services = known(services, &told, &existing);
        let (told, ids) = self::told(unit, SubjectKind::Customer, &customers).await?;
        let existing = customers::existing(unit, &ids).await?;
        let customers = known(customers, &told, &existing);
        let ended = customers::ended(unit, &existing).await?;
        Ok(Self {
            services,
            customers,
            ended,
        })
    }

    /// The service that a key stands for, if it is known.
    pub fn service(&self, key: &Key<ServiceId>) -> Option<ServiceId> {
        self.services.get(key).copied()
    }

    /// The customer that a key stood for then, if it is known: what others succeeded is theirs from their first day on.
    pub fn customer(&self, key: &Key<CustomerId>, at: DateTime<Utc>) -> Option<CustomerId> {
        let id = self.customers.get(key).copied()?;
        match self.ended.get(&id) {
            Some((since, heir)) if *since <= at => Some(*heir),
            _ => Some(id),
        }
    }

    /// The measurement as it is stored.
    pub fn row<'a>(&self, id: MeasurementId, batch: BatchId, evidence: &'a Evidence) -> Row<'a> {
        let (mut customers, mut waits) = (vec![], vec![]);
        let service = self.services.get(evidence.told().service()).copied();
        if service.is_none() {
            waits.push(waiting(id, SERVICE, evidence.told().service()));
        }
        for (_, key) in evidence.told().customers() {
            match self.customer(key, evidence.told().at()) {
                Some(known) if customers.contains(&known) => {}
                Some(known) => customers.push(known),
                None => {
                    let wait = waiting(id, CUSTOMER, key);
                    if !waits.contains(&wait) {
                        waits.push(wait);
                    }
                }
            }
        }
        Row {
            id,
            version: 1,
            evidence,
            batch,
            service,
            customers,
            waits,
        }
    }

    /// Why a client that is limited to some customers may not send this: each measurement names customers, and only
    /// those. What it may not see is told of as what does not exist (R20).
    pub fn beyond(&self, evidence: &Evidence, limit: &[CustomerId]) -> Option<Rule> {
        let named = evidence.told().customers();
        if named.is_empty() {
            let member = match evidence.told().kind() {
                MeasurementKind::Outage => "/customers",
                _ => "/customer",
            };
            let detail = "is missing: this client is limited to some customers, and names them";
            return Some(Rule::new(RuleCode::UnknownReference, detail).at(member));
        }
        let mut beyond = named
            .into_iter()
            .filter_map(|(pointer, key)| self.outside(pointer, key, limit));
        beyond.next()
    }

    /// Refuses a customer that a client limited to some may not write for.
    pub fn outside(&self, pointer: impl Into<String>, key: &Key<CustomerId>, limit: &[CustomerId]) -> Option<Rule> {
        if self.customers.get(key).is_some_and(|id| limit.contains(id)) {
            return None;
        }
        let detail = "names no customer that this client may write for";
        Some(Rule::new(RuleCode::UnknownReference, detail).at(pointer))
    }
}

/// What references stand for, and every id that is named in one way or the other.
async fn told<I: Id>(
    unit: &UnitOfWork,
    kind: SubjectKind,
    keys: &HashSet<&Key<I>>,
) -> Result<(HashMap<SystemKey, Uuid>, HashSet<Uuid>), Error> {
    let references: Vec<&SystemKey> = keys
        .iter()
        .filter_map(|key| match key {
            Key::Reference(reference) => Some(reference),
            Key::Id(_) => None,
        })
        .collect();
    let told = references::ids_of(unit, kind, &references).await?;
    let mut ids: HashSet<Uuid> = told.values().copied().collect();
    for key in keys {
        if let Key::Id(id) = key {
            ids.insert((*id).into());
        }
    }
    Ok((told, ids))
}

fn known<I: Id>(keys: HashSet<&Key<I>>, told: &HashMap<SystemKey, Uuid>, existing: &HashSet<Uuid>) -> HashMap<Key<I>, I>
where
    Key<I>: std::hash::Hash + Eq + Clone,
{
    let id = |key: &Key<I>| match key {
        Key::Id(id) => Some((*id).into()),
        Key::Reference(reference) => told.get(reference).copied(),
    };
    keys.into_iter()
        .filter_map(|key| Some((key.clone(), id(key).filter(|id| existing.contains(id))?.into())))
        .collect()
}

/// A name as system and id; an id of ours has no system.
pub fn as_text<I: Id>(key: &Key<I>) -> (String, String) {
    match key {
        Key::Id(id) => (String::new(), id.to_string()),
        Key::Reference(SystemKey { system, id }) => (system.to_string(), id.to_string()),
    }
}

fn waiting<I: Id>(measurement_id: MeasurementId, kind: &str, key: &Key<I>) -> wait::Model {
    let (system, external_id) = as_text(key);
    wait::Model {
        kind: kind.into(),
        system,
        external_id,
        measurement_id,
    }
}

/// Which of these measurements are not of these customers alone.
pub async fn beyond(
    unit: &UnitOfWork,
    ids: &[MeasurementId],
    limit: &[CustomerId],
) -> Result<HashSet<MeasurementId>, Error> {
    let mut beyond = HashSet::new();
    for ids in ids.chunks(IN_ONE_LIST) {
        let foreign = affected::Entity::find()
            .select_only()
            .column(affected::Column::MeasurementId)
            .filter(affected::Column::CustomerId.is_not_in(limit.iter().copied()))
            .into_query();
        let waiting = wait::Entity::find()
            .select_only()
            .column(wait::Column::MeasurementId)
            .filter(wait::Column::Kind.eq(CUSTOMER))
            .into_query();
        let outside = Condition::any()
            .add(entity::Column::NamesCustomers.eq(false))
            .add(entity::Column::CustomerId.is_not_in(limit.iter().copied()))
            .add(entity::Column::Id.in_subquery(foreign))
            .add(entity::Column::Id.in_subquery(waiting));
        let found = entity::Entity::find()
            .select_only()
            .column(entity::Column::Id)
            .filter(entity::Column::Id.is_in(ids.iter().copied()))
            .filter(outside);
        beyond.extend(found.into_tuple::<MeasurementId>().all(unit.connection()).await?);
    }
    Ok(beyond)
}

/// A service or customer has these references now: what waited for one of them is matched.
pub(crate) async fn match_named(
    unit: &mut UnitOfWork,
    kind: SubjectKind,
    subject: Uuid,
    references: &[ExternalReference],
) -> Result<(), Error> {
    let kind = match kind {
        SubjectKind::Service => SERVICE,
        SubjectKind::Customer => CUSTOMER,
        _ => return Ok(()),
    };
    let mut matched = (0, 0);
    for reference in references {
        let (system, id) = (reference.system.as_str(), reference.id.as_str());
        matched.0 += match_one(unit, kind, system, id, subject).await?;
        matched.1 += satisfaction::match_one(unit, kind == SERVICE, system, id, subject).await?;
    }
    told_of(unit, subject, matched)
}

fn told_of(unit: &mut UnitOfWork, subject: Uuid, (measurements, ratings): (u64, u64)) -> Result<(), Error> {
    let of = |n| (n > 0).then_some((subject, n)).into_iter().collect();
    let matched = Matched {
        id: unit.new_id(),
        measurements: of(measurements),
        ratings: of(ratings),
    };
    match measurements + ratings {
        0 => Ok(()),
        _ => unit.record("matched", None, Some(&matched)),
    }
}

/// Matches what waits for one name, so many at once; how many they were.
async fn match_one(
    unit: &UnitOfWork,
    kind: &str,
    system: &str,
    external_id: &str,
    subject: Uuid,
) -> Result<u64, Error> {
    let waits = Condition::all()
        .add(wait::Column::Kind.eq(kind))
        .add(wait::Column::System.eq(system))
        .add(wait::Column::ExternalId.eq(external_id));
    let ids: Vec<MeasurementId> = wait::Entity::find()
        .select_only()
        .column(wait::Column::MeasurementId)
        .filter(waits.clone())
        .limit(AT_ONCE)
        .into_tuple()
        .all(unit.connection())
        .await?;
    for ids in ids.chunks(IN_ONE_LIST) {
        let these = entity::Column::Id.is_in(ids.iter().copied());
        match kind {
            SERVICE => {
                entity::Entity::update_many()
                    .col_expr(entity::Column::ServiceId, Expr::val(subject))
                    .filter(these.clone())
                    .exec(unit.connection())
                    .await?;
            }
            _ => match_customer(unit, ids, subject).await?,
        }
        wait::Entity::delete_many()
            .filter(waits.clone())
            .filter(wait::Column::MeasurementId.is_in(ids.iter().copied()))
            .exec(unit.connection())
            .await?;
        // A service that is missing is told first: 'service' is the greater of the two words.
        let left = "(select 'unknown_' || max(w.kind) from measurement_wait w where w.measurement_id = measurement.id)";
        entity::Entity::update_many()
            .col_expr(entity::Column::Unmatched, Expr::cust(left))
            .col_expr(entity::Column::Version, Expr::col(entity::Column::Version).add(1))
            .filter(these)
            .exec(unit.connection())
            .await?;
    }
    Ok(ids.len() as u64)
}

/// A case or sample has its customer in its row, an outage has them in a table.
async fn match_customer(unit: &UnitOfWork, ids: &[MeasurementId], customer: Uuid) -> Result<(), Error> {
    let these = entity::Column::Id.is_in(ids.iter().copied());
    entity::Entity::update_many()
        .col_expr(entity::Column::CustomerId, Expr::val(customer))
        .filter(these.clone())
        .filter(entity::Column::Kind.ne(MeasurementKind::Outage))
        .exec(unit.connection())
        .await?;
    let outages = Query::select()
        .column("id")
        .expr(Expr::val(customer))
        .from("measurement")
        .and_where(these)
        .and_where(entity::Column::Kind.eq(MeasurementKind::Outage))
        .to_owned();
    let mut insert = Query::insert();
    insert
        .into_table("measurement_customer")
        .columns(["measurement_id", "customer_id"])
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    insert
        .select_from(outages)
        .map_err(|e| Error::Database(sea_orm::DbErr::Custom(e.to_string())))?;
    unit.connection().execute(&insert).await?;
    Ok(())
}

impl Db {
    /// Matches what waits for something that has become known meanwhile: more of it than was matched at once, or sent in
    /// the very moment in which it became known.
    pub async fn match_left_over(&self, origin: &Origin) -> Result<(), Error> {
        let mut names: Vec<(String, String, String)> = wait::Entity::find()
            .select_only()
            .columns([wait::Column::Kind, wait::Column::System, wait::Column::ExternalId])
            .distinct()
            .into_tuple()
            .all(self.reader().connection())
            .await?;
        let ratings = satisfaction::waited_for(&self.reader()).await?;
        let ratings = ratings.into_iter().map(|(is_service, system, id)| {
            let kind = if is_service { SERVICE } else { CUSTOMER };
            (kind.to_owned(), system, id)
        });
        names.extend(ratings);
        names.sort();
        names.dedup();
        for (kind, system, id) in names {
            let mut matched = AT_ONCE;
            while matched == AT_ONCE {
                let mut unit = self.open(origin).await?;
                matched = match_if_known(&mut unit, &kind, &system, &id).await?;
                unit.commit().await?;
            }
        }
        Ok(())
    }
}

async fn match_if_known(unit: &mut UnitOfWork, kind: &str, system: &str, id: &str) -> Result<u64, Error> {
    let (subject_kind, is_service) = match kind {
        SERVICE => (SubjectKind::Service, true),
        _ => (SubjectKind::Customer, false),
    };
    let named = match system.is_empty() {
        true => id.parse().ok(),
        false => references::id_of_reference(unit, subject_kind, system, id).await?,
    };
    let named: HashSet<Uuid> = named.into_iter().collect();
    let existing = match is_service {
        true => services::existing(unit, &named).await?,
        false => customers::existing(unit, &named).await?,
    };
    let Some(subject) = existing.into_iter().next() else {
        return Ok(0);
    };
    let measurements = match_one(unit, kind, system, id, subject).await?;
    let ratings = satisfaction::match_one(unit, is_service, system, id, subject).await?;
    told_of(unit, subject, (measurements, ratings))?;
    Ok(std::cmp::max(measurements, ratings))
}
