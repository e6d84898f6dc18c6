//! Runs: one act on the statements of many agreements. Each statement is done in a unit of work of its own that marks it
//! done, so whatever ends the program, the next one goes on where it stopped, and nothing is done twice.
use chrono::NaiveDate;
use domain::{
    Rule,
    access::Scope,
    agreements::{AgreementKind, AgreementRef, Deed},
    service_levels::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, FromQueryResult, JoinType, Value,
    sea_query::{Expr, ExprTrait, Order, Query},
};

use super::{LocalTime, agreement_of, close, computed_now, decided_since_proposal, objection_days, opened, propose};
use crate::{
    Db, Error, access,
    store::{self, LostRace, Origin, Source, UnitOfWork},
};

mod entity {
    use domain::{service_levels::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement_run")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: StatementRunId,
        pub act: RunAct,
        pub period: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub begun: RunDeed,
        #[sea_orm(column_type = "JsonBinary")]
        pub actor: Json,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Entity, Model};

#[derive(FromQueryResult)]
struct Counted {
    outcome: RunOutcome,
    n: i64,
}

#[derive(FromQueryResult)]
struct RefusedRow {
    id: AgreementId,
    number: String,
    kind: AgreementKind,
    detail: Option<Note>,
}

/// The run as the caller may know it: numbers of all, and by name the agreements that they may see (R20).
async fn of(source: &impl Source, scope: &Scope, row: Model, today: NaiveDate) -> Result<StatementRun, Error> {
    let sql = "select outcome, count(*) as n from statement_run_item where run_id = ? group by outcome";
    let counts = store::rows::<Counted>(source.connection(), sql, vec![row.id.0.into()]).await?;
    let count = |outcome| {
        counts
            .iter()
            .find(|c| c.outcome == outcome)
            .map(|c| c.n)
            .unwrap_or_default()
    };
    let query = Query::select()
        .from_as("statement_run_item", "i")
        .join(
            JoinType::InnerJoin,
            "agreement",
            Expr::cust("agreement.id = i.agreement_id"),
        )
        .columns([("agreement", "id"), ("agreement", "number"), ("agreement", "kind")])
        .column(("i", "detail"))
        .and_where(Expr::col(("i", "run_id")).eq(row.id))
        .and_where(Expr::col(("i", "outcome")).eq(RunOutcome::Refused))
        .and_where(access::of_agreement(&scope.visible, today, source.backend()))
        .order_by(("agreement", "id"), Order::Asc)
        .limit(100)
        .to_owned();
    let refused = store::all::<RefusedRow>(source.connection(), &query).await?;
    let refusal = |row: RefusedRow| {
        let RefusedRow {
            id,
            number,
            kind,
            detail,
        } = row;
        let agreement = AgreementRef { id, number, kind };
        detail.map(|detail| RunRefusal { agreement, detail })
    };
    Ok(StatementRun {
        id: row.id,
        act: row.act,
        period: row.period.parse().map_err(super::unreadable)?,
        begun: row.begun,
        waiting: count(RunOutcome::Waiting),
        done: count(RunOutcome::Done),
        refused: count(RunOutcome::Refused),
        refusals: refused.into_iter().filter_map(refusal).collect(),
        created_at: row.created_at,
    })
}

/// A run with how far it has come.
pub async fn get_run(
    source: &impl Source,
    scope: &Scope,
    id: StatementRunId,
    today: NaiveDate,
) -> Result<StatementRun, Error> {
    let row = Entity::find_by_id(id).one(source.connection()).await?;
    of(source, scope, row.ok_or(Error::NotFound)?, today).await
}

/// Begins a run over the agreements in force in the period for which the caller may do this.
pub async fn begin_run(
    unit: &mut UnitOfWork,
    scope: &Scope,
    told: &StatementRunInput,
    begun: RunDeed,
) -> Result<StatementRun, Error> {
    access::admit_to_provider(unit, scope).await?;
    let row = Model {
        id: unit.new_id(),
        act: told.act,
        period: told.period.to_string(),
        begun,
        actor: serde_json::to_value(unit.actor())?,
        created_at: unit.now(),
    };
    let id = row.id;
    let insert = ActiveModel {
        id: Set(row.id),
        act: Set(row.act),
        period: Set(row.period.clone()),
        begun: Set(row.begun.clone()),
        actor: Set(row.actor.clone()),
        created_at: Set(row.created_at),
    };
    Entity::insert(insert).exec_without_returning(unit.connection()).await?;
    let days = told.period.period();
    let in_force = store::expr(
        unit.backend(),
        "exists (select 1 from agreement_version v where v.agreement_id = agreement.id \
         and v.status in ('approved', 'terminated') and v.since < ? \
         and (v.until is null or (v.until > ? and v.until > v.since)))",
        [Value::from(told.period.until()), days.since.into()],
    );
    let agreements = Query::select()
        .expr(Expr::val(id.0))
        .column(("agreement", "id"))
        .expr(Expr::val(RunOutcome::Waiting.to_string()))
        .from("agreement")
        .and_where(access::of_agreement(&scope.permitted, unit.today(), unit.backend()))
        .and_where(in_force)
        .to_owned();
    let mut items = Query::insert();
    items
        .into_table("statement_run_item")
        .columns(["run_id", "agreement_id", "outcome"])
        .select_from(agreements)
        .map_err(super::unreadable)?;
    unit.connection().execute(&items).await?;
    let run = of(unit, scope, row, unit.today()).await?;
    unit.record("begun", None, Some(&run))?;
    Ok(run)
}

#[derive(FromQueryResult)]
struct WaitingRow {
    run_id: StatementRunId,
    agreement_id: AgreementId,
}

/// Does what waits, one statement after the other, until nothing waits any more. Several programs may do so at once:
/// each takes another statement.
pub async fn go_on(db: &Db, time: impl Fn() -> LocalTime) -> Result<(), Error> {
    while let Some(run) = waiting_run(db).await? {
        let time = time();
        let origin = Origin {
            actor: serde_json::from_value(run.actor.clone())?,
            request_id: format!("run-{}", run.id),
            now: time.now,
            today: time.today(),
        };
        let mut unit = db.open(&origin).await?;
        let Some(agreement) = next(&unit, &run).await? else {
            // The rest is being done by others.
            return Ok(());
        };
        match act(&mut unit, &run, agreement, time).await {
            Ok(()) => mark(unit, &run, agreement, RunOutcome::Done, None).await?,
            Err(e) if e.lost_race() => {}
            Err(Error::Rule(rule)) => {
                drop(unit);
                let unit = db.open(&origin).await?;
                mark(unit, &run, agreement, RunOutcome::Refused, Some(rule)).await?;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

async fn waiting_run(db: &Db) -> Result<Option<Model>, Error> {
    let reader = db.reader();
    let sql = "select run_id, agreement_id from statement_run_item where outcome = 'waiting' order by run_id limit 1";
    let waiting = store::rows::<WaitingRow>(reader.connection(), sql, vec![]).await?.pop();
    match waiting {
        None => Ok(None),
        Some(row) => Ok(Entity::find_by_id(row.run_id).one(reader.connection()).await?),
    }
}

/// The agreement whose statement is next, held until the unit of work ends; none where nothing waits that nobody else is
/// doing.
async fn next(unit: &UnitOfWork, run: &Model) -> Result<Option<AgreementId>, Error> {
    let skip = match unit.backend() {
        sea_orm::DbBackend::Postgres => " for update skip locked",
        _ => "",
    };
    let sql = format!(
        "select run_id, agreement_id from statement_run_item where run_id = ? and outcome = 'waiting' \
         order by agreement_id limit 1{skip}"
    );
    let waiting = store::rows::<WaitingRow>(unit.connection(), &sql, vec![run.id.0.into()]).await?;
    Ok(waiting.first().map(|row| row.agreement_id))
}

/// Notes what became of a statement, and commits it with what was done.
async fn mark(
    unit: UnitOfWork,
    run: &Model,
    agreement: AgreementId,
    outcome: RunOutcome,
    refusal: Option<Rule>,
) -> Result<(), Error> {
    const LONGEST: usize = 2000;
    let detail: Option<String> = refusal.map(|rule| rule.detail.chars().take(LONGEST).collect());
    let sql = "update statement_run_item set outcome = ?, detail = ? \
        where run_id = ? and agreement_id = ? and outcome = 'waiting'";
    let values = vec![
        outcome.to_string().into(),
        detail.into(),
        run.id.0.into(),
        agreement.0.into(),
    ];
    unit.connection()
        .execute_raw(store::by_hand(unit.backend(), sql, values))
        .await?;
    unit.commit().await
}

async fn act(unit: &mut UnitOfWork, run: &Model, agreement: AgreementId, time: LocalTime) -> Result<(), Error> {
    let period: StatementPeriod = run.period.parse().map_err(super::unreadable)?;
    let agreement = agreement_of(unit, agreement, unit.today()).await?;
    let (statement, _) = opened(unit, &agreement, period).await?;
    let deed = Deed {
        at: unit.now(),
        ..run.begun.0.clone()
    };
    match run.act {
        // What is proposed or closed already, stays as it is.
        RunAct::Proposal if statement.state != StatementState::Open => Ok(()),
        RunAct::Closing if statement.state == StatementState::Closed => Ok(()),
        RunAct::Proposal => {
            let (inputs, figures) = computed_now(unit, &statement, time).await?;
            let days = objection_days(&inputs);
            let proposed = statement.clone().propose(figures, deed, days, unit.today())?;
            propose(unit, &statement, &proposed, &inputs).await
        }
        RunAct::Closing => {
            let decided = decided_since_proposal(unit, &statement, time).await?;
            let closed = statement.clone().close(deed, unit.today(), decided)?;
            close(unit, &statement, &closed).await
        }
    }
}
