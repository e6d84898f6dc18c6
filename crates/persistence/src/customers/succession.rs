//! Succession (R25): what a customer passes on, who takes it over, and where its id leads afterwards.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Rule, RuleCode, access::Scope, customers::*, improvements::ImprovementStatus, requests::RequestStatus,
    teams::TeamAssignments, vocabulary::*,
};
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult, QueryTrait, Value, sea_query::Expr};
use uuid::Uuid;

use super::{Against, Entity, ancestors, get, height, hold, hold_hierarchy, keep, load, usage_by_id, usages_of};
use crate::{
    Error, Page, Paging, agreements, improvements, knowledge, meetings, people, planned_activities, requests,
    store::{self, Cursor, Source, UnitOfWork},
    teams,
};

mod entity {
    use domain::{customers::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "succession")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SuccessionId,
        pub kind: SuccessionKind,
        pub first_day: chrono::NaiveDate,
        pub reason: Note,
        #[sea_orm(column_type = "JsonBinary")]
        pub predecessors: Named,
        #[sea_orm(column_type = "JsonBinary")]
        pub successors: Named,
        #[sea_orm(column_type = "JsonBinary")]
        pub heir: Heir,
        #[sea_orm(column_type = "JsonBinary")]
        pub items: Items,
        pub recorded_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}

    /// Customers as they were called then.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Named(pub Vec<CustomerRef>);

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Heir(pub CustomerRef);

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Items(pub Vec<SuccessionItem>);
}
use entity::{Heir, Items, Model, Named};

/// Who is meant by a reference to the customer, where others succeeded it.
pub(super) async fn heir_of(source: &impl Source, id: CustomerId) -> Result<Option<CustomerId>, Error> {
    let found = Entity::find_by_id(id).one(source.connection()).await?;
    Ok(found.and_then(|row| row.heir_id))
}

/// Since when which of these customers go on as others.
pub(crate) async fn ended(
    unit: &UnitOfWork,
    ids: &HashSet<Uuid>,
) -> Result<HashMap<CustomerId, (DateTime<Utc>, CustomerId)>, Error> {
    #[derive(FromQueryResult)]
    struct Ended {
        id: CustomerId,
        ended_at: DateTime<Utc>,
        heir_id: CustomerId,
    }
    let ids: Vec<Value> = ids.iter().map(|id| Value::from(*id)).collect();
    let mut ended = HashMap::new();
    for ids in ids.chunks(store::IN_ONE_LIST) {
        let places = store::places(ids.len());
        let sql = format!("select id, ended_at, heir_id from customer where heir_id is not null and id in ({places})");
        let rows = store::rows::<Ended>(unit.connection(), &sql, ids.to_vec()).await?;
        ended.extend(rows.into_iter().map(|row| (row.id, (row.ended_at, row.heir_id))));
    }
    Ok(ended)
}

/// Whether `customer` is whom the reference means.
pub(super) fn meant_by(wanted: &SystemKey, backend: sea_orm::DbBackend) -> Expr {
    let sql = "customer.id in (select coalesce(k.heir_id, k.id) from external_reference r \
        join customer k on k.id = r.subject_id where r.kind = ? and r.system = ? and r.external_id = ?)";
    let kind = domain::events::SubjectKind::Customer.to_string();
    store::expr(backend, sql, [kind, wanted.system.to_string(), wanted.id.to_string()])
}

/// Holds all customers that a succession is about until the unit of work ends, so that nothing is begun under them
/// meanwhile; those that end are given first.
pub async fn hold_lineage(
    unit: &UnitOfWork,
    scope: &Scope,
    members: [(&str, &[Key<CustomerId>]); 2],
) -> Result<[Vec<Customer>; 2], Error> {
    hold_hierarchy(unit).await?;
    let mut found = [vec![], vec![]];
    for (customers, (member, keys)) in found.iter_mut().zip(members) {
        for (n, key) in keys.iter().enumerate() {
            let pointer = format!("/{member}/{n}");
            customers.push(super::named(unit, scope, key, &pointer, unit.today()).await?);
        }
    }
    let ids: Vec<CustomerId> = found.iter().flatten().map(|customer| customer.id).collect();
    hold(unit, &ids, Against::Reference).await?;
    Ok(found)
}

#[derive(FromQueryResult)]
struct OpenRow {
    kind: SuccessionItemKind,
    id: Uuid,
    label: String,
    predecessor: CustomerId,
}

/// What the predecessors have open, and so pass on.
async fn open_things(unit: &UnitOfWork, lineage: &Lineage) -> Result<Vec<OpenThing>, Error> {
    let of = |customers: &[Customer]| customers.iter().map(|c| Value::from(c.id.0)).collect::<Vec<_>>();
    let (from, to) = (of(&lineage.predecessors), of(&lineage.successors));
    let (mine, theirs) = (store::places(from.len()), store::places(to.len()));
    let day = Value::from(lineage.first_day);
    let still = |open: Vec<String>| open.join("', '");
    let sql = format!(
        "select 'part' as kind, id, code as label, parent_id as predecessor from customer \
            where parent_id in ({mine}) and id not in ({mine}) and id not in ({theirs}) \
         union all select 'agreement', a.id, a.number, a.customer_id from agreement a where a.customer_id in ({mine}) \
            and exists (select 1 from agreement_version v where v.agreement_id = a.id and (v.status in ('draft', 'proposed') \
            or (v.status in ('approved', 'terminated') and (v.until is null or v.until > ?)))) \
         union all select 'service_usage', u.id, s.code, u.customer_id from service_usage u \
            join service s on s.id = u.service_id where u.customer_id in ({mine}) and (u.until is null or u.until > ?) \
         union all select 'contact', c.id, c.name, c.customer_id from contact c where c.customer_id in ({mine}) \
            and (c.last_day is null or c.last_day >= ?) \
         union all select 'request', r.id, r.number, r.customer_id from request r where r.customer_id in ({mine}) \
            and r.status in ('{}') \
         union all select 'improvement', i.id, i.number, ic.customer_id from improvement_customer ic \
            join improvement i on i.id = ic.improvement_id where ic.customer_id in ({mine}) and i.status in ('{}') \
         union all select 'planned_activity', p.id, p.title, p.customer_id from planned_activity p \
            where p.customer_id in ({mine}) and p.phase in ('idea', 'planned', 'ongoing') \
         union all select 'business_need', b.id, b.statement, b.customer_id from business_need b \
            where b.customer_id in ({mine}) and b.closed_on is null \
         union all select 'meeting', m.id, m.kind || ' ' || cast(m.day as text), m.customer_id from meeting m \
            where m.customer_id in ({mine}) and m.status = 'planned' \
         union all select 'meeting_series', e.id, e.kind || ' ' || e.rule, e.customer_id from meeting_series e \
            where e.customer_id in ({mine}) and (e.last_day is null or e.last_day >= ?) \
         order by kind, label, id limit {}",
        still(RequestStatus::open().map(|status| status.to_string()).collect()),
        still(ImprovementStatus::open().map(|status| status.to_string()).collect()),
        MOST_ITEMS + 1
    );
    let values = [
        from.clone(),
        from.clone(),
        to,
        from.clone(),
        vec![day.clone()],
        from.clone(),
        vec![day.clone()],
        from.clone(),
        vec![day.clone()],
        from.clone(),
        from.clone(),
        from.clone(),
        from.clone(),
        from.clone(),
        from,
        vec![day],
    ];
    let rows = store::rows::<OpenRow>(unit.connection(), &sql, values.concat()).await?;
    let thing = |row: OpenRow| OpenThing {
        kind: row.kind,
        id: row.id,
        label: row.label,
        predecessor: row.predecessor,
    };
    Ok(rows.into_iter().map(thing).collect())
}

/// What goes on under whom, and everything that stands in the way.
pub async fn plan(
    unit: &UnitOfWork,
    lineage: &Lineage,
    named: &[SuccessionItemInput],
) -> Result<(Vec<SuccessionItem>, Vec<SuccessionObstacle>), Error> {
    let open = open_things(unit, lineage).await?;
    if open.len() > MOST_ITEMS {
        let detail = format!("More than {MOST_ITEMS} things would be passed on at once: close some of them first.");
        return Err(Rule::new(RuleCode::Succession, detail).into());
    }
    let (items, mut obstacles) = lineage.share_out(open, named)?;
    for ended in &lineage.predecessors {
        let assigned = teams::assignments(unit, ended.id, ended.version).await?;
        obstacles.extend(assigned.end_by(lineage.first_day).err().map(Into::into));
    }
    for successor in &lineage.successors {
        obstacles.extend(without_team(unit, lineage, successor).await?.map(Into::into));
        obstacles.extend(covered_twice(unit, lineage, successor, &items).await?);
    }
    Ok((items, obstacles))
}

/// A successor that nobody would look after, for its team is a predecessor's.
async fn without_team(unit: &UnitOfWork, lineage: &Lineage, successor: &Customer) -> Result<Option<Rule>, Error> {
    let responsible = teams::responsible(unit, successor.id, unit.today()).await?;
    Ok(match responsible {
        Some(assignment) if !lineage.ends(assignment.customer.id) => None,
        _ => {
            let detail = format!(
                "No team would be responsible for {}: assign one to it first.",
                successor.code
            );
            Some(Rule::new(RuleCode::ResponsibleTeam, detail))
        }
    })
}

#[derive(FromQueryResult)]
struct TwiceRow {
    one: String,
    other: String,
    code: Code,
}

/// Agreements that would cover a service for the successor on the same days (R8).
async fn covered_twice(
    unit: &UnitOfWork,
    lineage: &Lineage,
    successor: &Customer,
    items: &[SuccessionItem],
) -> Result<Vec<SuccessionObstacle>, Error> {
    let coming: Vec<Value> = items
        .iter()
        .filter(|item| {
            item.kind == SuccessionItemKind::Agreement && item.successor.as_ref() == Some(&successor.reference())
        })
        .map(|item| item.id.into())
        .collect();
    if coming.is_empty() {
        return Ok(vec![]);
    }
    let places = store::places(coming.len());
    let in_force = |v: &str| {
        format!(
            "{v}.status in ('approved', 'terminated') and ({v}.until is null or ({v}.until > {v}.since and {v}.until > ?))"
        )
    };
    let sql = format!(
        "select distinct x.number as one, y.number as other, s.code from agreement x \
         join agreement_version vx on vx.agreement_id = x.id and {} \
         join agreement_service sx on sx.version_id = vx.id \
         join service s on s.id = sx.service_id \
         join agreement_service sy on sy.service_id = sx.service_id \
         join agreement_version vy on vy.id = sy.version_id and {} \
             and (vy.until is null or vx.since < vy.until) and (vx.until is null or vy.since < vx.until) \
         join agreement y on y.id = vy.agreement_id and ((y.customer_id = ? and y.id <> x.id) \
             or (y.id in ({places}) and x.id < y.id)) \
         where x.id in ({places}) order by x.number, y.number, s.code limit 100",
        in_force("vx"),
        in_force("vy"),
    );
    let day = Value::from(lineage.first_day);
    let values = [vec![day.clone(), day, successor.id.0.into()], coming.clone(), coming].concat();
    let rows = store::rows::<TwiceRow>(unit.connection(), &sql, values).await?;
    let obstacle = |TwiceRow { one, other, code }: TwiceRow| {
        let detail = format!(
            "{one} and {other} would both cover {code} for {}: end one of them first.",
            successor.code
        );
        Rule::new(RuleCode::AlreadyCovered, detail).into()
    };
    Ok(rows.into_iter().map(obstacle).collect())
}

/// Passes everything on and ends the predecessors.
pub async fn succeed(
    unit: &mut UnitOfWork,
    lineage: &Lineage,
    reason: Note,
    items: Vec<SuccessionItem>,
    from: DateTime<Utc>,
) -> Result<Succession, Error> {
    lift_successors(unit, lineage).await?;
    for item in &items {
        let named = item
            .successor
            .as_ref()
            .and_then(|to| lineage.successors.iter().find(|c| c.id == to.id));
        // Whoever is named to nobody stands in the way, and it does not come to this.
        let Some(to) = named else { continue };
        pass_on(unit, lineage, item, to).await?;
    }
    let succession = Succession {
        id: unit.new_id(),
        version: 1,
        kind: lineage.kind,
        first_day: lineage.first_day,
        reason,
        predecessors: lineage.predecessors.iter().map(Customer::reference).collect(),
        successors: lineage.successors.iter().map(Customer::reference).collect(),
        heir: lineage.heir.clone(),
        items: items.into_iter().map(SuccessionItem::for_the_record).collect(),
        recorded_at: unit.now(),
    };
    insert(unit, &succession).await?;
    for ended in &lineage.predecessors {
        end(unit, lineage, &succession, ended.id, from).await?;
    }
    unit.record("recorded", None, Some(&succession))?;
    Ok(succession)
}

async fn insert(unit: &UnitOfWork, succession: &Succession) -> Result<(), Error> {
    let row = entity::ActiveModel {
        id: Set(succession.id),
        kind: Set(succession.kind),
        first_day: Set(succession.first_day),
        reason: Set(succession.reason.clone()),
        predecessors: Set(Named(succession.predecessors.clone())),
        successors: Set(Named(succession.successors.clone())),
        heir: Set(Heir(succession.heir.clone())),
        items: Set(Items(succession.items.clone())),
        recorded_at: Set(succession.recorded_at),
    };
    entity::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// A successor that is a part of a predecessor takes its place beside it.
async fn lift_successors(unit: &mut UnitOfWork, lineage: &Lineage) -> Result<(), Error> {
    let house = Scope::unlimited("succession");
    for successor in &lineage.successors {
        let above = ancestors(unit, successor.id).await?;
        let Some(last) = above.iter().rposition(|id| lineage.ends(*id)) else {
            continue;
        };
        let parent = match above.get(last + 1) {
            None => None,
            Some(id) => Some(get(unit, &house, *id, unit.today()).await?.reference()),
        };
        place(unit, successor.id, parent).await?;
    }
    Ok(())
}

/// Hangs the customer under another.
async fn place(unit: &mut UnitOfWork, id: CustomerId, parent: Option<CustomerRef>) -> Result<(), Error> {
    let before = load(unit, &Scope::unlimited("succession"), id).await?;
    let above = match &parent {
        None => vec![],
        Some(parent) => ancestors(unit, parent.id).await?,
    };
    let levels = height(unit, id).await?;
    let after = before.clone().under(parent, &above, levels)?;
    super::update(unit, &before, &after, None).await
}

async fn pass_on(unit: &mut UnitOfWork, lineage: &Lineage, item: &SuccessionItem, to: &Customer) -> Result<(), Error> {
    let house = Scope::unlimited("succession");
    match item.kind {
        SuccessionItemKind::Part => place(unit, item.id.into(), Some(to.reference())).await,
        SuccessionItemKind::Agreement => agreements::pass_on(unit, item.id.into(), to, lineage.first_day).await,
        SuccessionItemKind::ServiceUsage => pass_usage_on(unit, lineage.first_day, item, to).await,
        SuccessionItemKind::Contact => {
            let before = people::load_contact(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference());
            people::update_contact(unit, "passed_on", &before, &after, None).await
        }
        SuccessionItemKind::Request => {
            let before = requests::load(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference(), unit.now());
            requests::update(unit, "passed_on", &before, &after).await
        }
        SuccessionItemKind::Improvement => {
            let before = improvements::load(unit, &house, item.id.into()).await?;
            let after = before
                .clone()
                .passed_on(item.predecessor.id, to.reference(), unit.now());
            improvements::update(unit, "passed_on", &before, &after).await
        }
        SuccessionItemKind::PlannedActivity => {
            let before = planned_activities::load(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference(), unit.now());
            planned_activities::update(unit, &before, &after).await
        }
        SuccessionItemKind::BusinessNeed => {
            let before = knowledge::load_need(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference(), unit.now());
            knowledge::update_need(unit, "passed_on", &before, &after).await
        }
        SuccessionItemKind::Meeting => {
            let before = meetings::load(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference());
            meetings::update(unit, "passed_on", &before, &after).await
        }
        SuccessionItemKind::MeetingSeries => {
            let before = meetings::load_series(unit, &house, item.id.into()).await?;
            let after = before.clone().passed_on(to.reference());
            meetings::pass_series_on(unit, &before, &after).await
        }
    }
}

/// A use that has begun ends, and the successor goes on with what it does not use already.
async fn pass_usage_on(
    unit: &mut UnitOfWork,
    first_day: NaiveDate,
    item: &SuccessionItem,
    to: &Customer,
) -> Result<(), Error> {
    let house = Scope::unlimited("succession");
    let before = usage_by_id(unit, item.id.into()).await?;
    let others = usages_of(unit, &house, to.id, before.service.id).await?;
    let left = before.left_for(first_day, &others)?;
    if before.first_day >= first_day && left.as_slice() == [before.period()?] {
        let after = before.clone().passed_on(to.reference());
        return super::update_usage(unit, "passed_on", &before, &after).await;
    }
    if before.first_day < first_day {
        let after = ServiceUsage {
            version: before.version + 1,
            last_day: first_day.pred_opt(),
            ..before.clone()
        };
        super::update_usage(unit, "ended", &before, &after).await?;
    }
    for period in left {
        let days = period.days();
        let usage = ServiceUsage {
            id: unit.new_id(),
            version: 1,
            customer: to.reference(),
            service: before.service.clone(),
            first_day: days.first_day,
            last_day: days.last_day,
        };
        super::insert_usage(unit, &usage).await?;
    }
    Ok(())
}

/// The predecessor looks after nothing any more, and leads to its successors.
async fn end(
    unit: &mut UnitOfWork,
    lineage: &Lineage,
    succession: &Succession,
    id: CustomerId,
    from: DateTime<Utc>,
) -> Result<(), Error> {
    let house = Scope::unlimited("succession");
    let customer = load(unit, &house, id).await?;
    let assigned: TeamAssignments = teams::assignments(unit, id, customer.version).await?;
    let left = assigned.clone().end_by(lineage.first_day)?;
    if left != assigned {
        teams::update_assignments(unit, "team_ended", &assigned, &left).await?;
    }
    let before = get(unit, &house, id, unit.today()).await?;
    let after = before.clone().succeeded(succession.successors.clone());
    keep(unit, &before, &after).await?;
    for successor in &succession.successors {
        let sql = "insert into customer_successor (customer_id, successor_id, succession_id) values (?, ?, ?)";
        let values = vec![id.0.into(), successor.id.0.into(), succession.id.0.into()];
        store::run(unit.connection(), sql, values).await?;
    }
    // Whoever led here leads on, so that no way is longer than a step.
    let lead = "update customer set heir_id = ? where id = ? or heir_id = ?";
    let values = vec![succession.heir.id.0.into(), id.0.into(), id.0.into()];
    store::run(unit.connection(), lead, values).await?;
    store::run(
        unit.connection(),
        "update customer set ended_at = ? where id = ?",
        vec![from.into(), id.0.into()],
    )
    .await?;
    unit.record("succeeded", Some(&before), Some(&after))
}

impl From<Model> for Succession {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: 1,
            kind: row.kind,
            first_day: row.first_day,
            reason: row.reason,
            predecessors: row.predecessors.0,
            successors: row.successors.0,
            heir: row.heir.0,
            items: row.items.0,
            recorded_at: row.recorded_at,
        }
    }
}

/// The succession.
pub async fn get_succession(source: &impl Source, id: SuccessionId) -> Result<Succession, Error> {
    let row = entity::Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// A page of successions, the latest last; `customer` keeps those in which it ended or went on.
pub async fn list_successions(
    source: &impl Source,
    customer: Option<CustomerId>,
    paging: &Paging,
) -> Result<Page<Succession>, Error> {
    let mut query = entity::Entity::find().into_query();
    if let Some(customer) = customer {
        query.and_where(store::expr(
            source.backend(),
            "succession.id in (select succession_id from customer_successor where customer_id = ? \
             union select succession_id from customer_successor where successor_id = ?)",
            [customer.0; 2],
        ));
    }
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, None, ("succession", "id"))
        .await?;
    Ok(
        paging.cut(rows.into_iter().map(Into::into).collect(), total, |s: &Succession| {
            Cursor::after(vec![], s.id)
        }),
    )
}
