//! What a new draft holds: what is told, and for the rest what its source says.
use domain::{Rule, RuleCode, access::Scope, agreements::*, vocabulary::*};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{get, get_template, must_rest_on_something, version, versions::entity};
use crate::{
    Error, calendars, references, services,
    store::{Source as _, UnitOfWork},
};

/// Where a draft's content comes from.
enum Origin {
    Nothing,
    Template(Box<AgreementTemplate>),
    Version(Box<AgreementVersion>),
}

async fn origin(unit: &UnitOfWork, scope: &Scope, source: &Option<Source>) -> Result<Origin, Error> {
    // What one may copy is what one may read, whatever may be written there.
    let reading = Scope {
        permitted: scope.visible.clone(),
        ..scope.clone()
    };
    let found = match source {
        None => return Ok(Origin::Nothing),
        Some(Source::Template(id)) => get_template(unit, *id).await.map(|t| Origin::Template(Box::new(t))),
        Some(Source::Agreement(id)) => latest(unit, &reading, *id).await.map(|v| Origin::Version(Box::new(v))),
        Some(Source::Version(id)) => exactly(unit, &reading, *id).await.map(|v| Origin::Version(Box::new(v))),
    };
    found.map_err(|e| match e {
        Error::NotFound => references::unknown("source", "/source"),
        other => other,
    })
}

async fn latest(unit: &UnitOfWork, scope: &Scope, id: AgreementId) -> Result<AgreementVersion, Error> {
    let agreement = get(unit, scope, id, unit.today()).await?;
    let number = agreement.versions.iter().map(|line| line.number).max();
    let number = number.unwrap_or(VersionNumber::FIRST);
    version(unit, &agreement, number, unit.today()).await
}

async fn exactly(unit: &UnitOfWork, scope: &Scope, id: AgreementVersionId) -> Result<AgreementVersion, Error> {
    let row = entity::Entity::find()
        .filter(entity::Column::Id.eq(id))
        .order_by_asc(entity::Column::Number)
        .one(unit.connection())
        .await?
        .ok_or(Error::NotFound)?;
    let agreement = get(unit, scope, row.agreement_id, unit.today()).await?;
    version(unit, &agreement, row.number, unit.today()).await
}

/// What a new draft holds.
pub async fn drafted(unit: &UnitOfWork, scope: &Scope, with: &OtherParty, told: &DraftInput) -> Result<Agreed, Error> {
    let missing = |member: &str, detail: &str| {
        let rule = Rule::new(RuleCode::State, detail).at(format!("/{member}"));
        Error::from(rule)
    };
    let origin = origin(unit, scope, &told.source).await?;
    let services = match (&told.services, &origin) {
        (Some(keys), _) => services::named(unit, keys, "/services").await?,
        (None, Origin::Version(version)) => {
            let keys: Vec<_> = version.services.0.iter().map(|service| Key::Id(service.id)).collect();
            services::named(unit, &keys, "/services").await?
        }
        (None, _) => return Err(missing("services", "Name the services that it covers.")),
    };
    let services = CoveredServices(services.into_iter().map(Into::into).collect());
    let terms = match (&told.terms, told.first_day, &origin) {
        (Some(_), Some(_), _) => {
            return Err(missing("firstDay", "The terms have a first day; say it once."));
        }
        (Some(terms), None, _) => terms.clone(),
        (None, Some(day), Origin::Template(template)) => template.terms.from_day(day)?,
        (None, Some(day), Origin::Version(version)) => version.terms.beginning(day)?,
        (None, Some(_), Origin::Nothing) => {
            return Err(missing("terms", "Without a source, tell the terms."));
        }
        (None, None, _) => return Err(missing("firstDay", "Tell its first day, or its terms.")),
    };
    let content = match (&told.content, origin) {
        (Some(content), _) => content.clone(),
        (None, Origin::Template(template)) => template.filled(with, &services, &terms)?,
        (None, Origin::Version(version)) => version.content,
        (None, Origin::Nothing) => {
            return Err(missing("content", "Tell the content, or what it is begun from."));
        }
    };
    agreed(unit, services, terms, content).await
}

/// What is agreed on, with the service calendars as they are now; refused where a target names what is not there.
pub async fn agreed(
    unit: &UnitOfWork,
    services: CoveredServices,
    terms: Terms,
    content: Content,
) -> Result<Agreed, Error> {
    must_rest_on_something(unit, &content).await?;
    let covered: Vec<ServiceId> = services.0.iter().map(|service| service.id).collect();
    content.must_be_measured(&services::metrics(unit, &covered).await?)?;
    let mut pinned = vec![];
    for (id, pointer) in content.calendars() {
        let calendar = calendars::get(unit, id).await.map_err(|e| match e {
            Error::NotFound => references::unknown("service calendar", &pointer),
            other => other,
        })?;
        if !calendar.hours.has_hours() {
            let detail = format!("The service calendar {} is never open.", calendar.name);
            return Err(Rule::new(RuleCode::Unjudgeable, detail).at(pointer).into());
        }
        pinned.push(calendar.pin());
    }
    Ok(Agreed {
        services,
        calendars: PinnedCalendars(pinned),
        terms,
        content,
    })
}
