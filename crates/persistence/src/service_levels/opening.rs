//! Opening statements: when somebody asks for one, and by themselves as their period begins.
use domain::{
    access::Scope,
    agreements::{Agreement, CalendarPeriod},
    service_levels::*,
    vocabulary::*,
};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};

use super::{Column, Entity, agreement_of, load, row};
use crate::{
    Db, Error,
    store::{self, LostRace, Origin, Source, UnitOfWork},
};

/// The statement of an agreement and a period, opened where it is not there yet; and whether it was not.
pub async fn opened(
    unit: &mut UnitOfWork,
    agreement: &Agreement,
    period: StatementPeriod,
) -> Result<(ServiceLevelStatement, bool), Error> {
    let known = Entity::find()
        .filter(Column::AgreementId.eq(agreement.id))
        .filter(Column::Period.eq(period.to_string()))
        .one(unit.connection())
        .await?;
    if let Some(known) = known {
        // Who may reach the agreement may reach its statements.
        let house = Scope::unlimited("house");
        return Ok((load(unit, &house, known.id).await?, false));
    }
    let statement = ServiceLevelStatement::open(unit.new_id(), agreement, period, unit.now())?;
    Entity::insert(row(&statement))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("opened", None, Some(&statement))?;
    Ok((statement, true))
}

#[derive(FromQueryResult)]
struct UnopenedRow {
    agreement_id: AgreementId,
}

/// Opens the statements of today's month, quarter and year for the agreements in force that have targets for such a
/// period. A statement is computed as it is read, so it makes no difference to figures when this is done.
pub async fn open_running(db: &Db, origin: &Origin) -> Result<(), Error> {
    for kind in [CalendarPeriod::Month, CalendarPeriod::Quarter, CalendarPeriod::Year] {
        let period = StatementPeriod::containing(kind, origin.today);
        for agreement in unopened(db, period, origin).await? {
            let mut unit = db.open(origin).await?;
            let agreement = agreement_of(&unit, agreement, origin.today).await?;
            match opened(&mut unit, &agreement, period).await {
                Ok(_) => unit.commit().await?,
                // Somebody else has opened it meanwhile.
                Err(e) if e.lost_race() => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}

async fn unopened(db: &Db, period: StatementPeriod, origin: &Origin) -> Result<Vec<AgreementId>, Error> {
    let reader = db.reader();
    let sql = format!(
        "select distinct v.agreement_id from agreement_version v where v.status in ('approved', 'terminated') \
         and v.since <= ? and (v.until is null or v.until > ?) \
         and exists (select 1 from {} where t.value ->> 'period' = ?) \
         and not exists (select 1 from statement s where s.agreement_id = v.agreement_id and s.period = ?)",
        store::json_items(reader.backend(), "v.content -> 'targets'", "t")
    );
    let values = vec![
        origin.today.into(),
        origin.today.into(),
        period.kind().to_string().into(),
        period.to_string().into(),
    ];
    let rows = store::rows::<UnopenedRow>(reader.connection(), &sql, values).await?;
    Ok(rows.into_iter().map(|row| row.agreement_id).collect())
}
