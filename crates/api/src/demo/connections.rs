//! One connection: a Zammad whose first ticket has come in, and whose second could not, since nobody entered its title.
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use domain::{access::Caller, clients::ClientInput, connections::Connection};
use persistence::connections as store;
use serde_json::{Value, json};

use super::{
    DemoError,
    fill::{administrator, input, permitted, settle, unit_at},
};
use crate::{
    State,
    http::{Problem, reply::random_secret},
    rooms::{
        clients,
        connections::{
            details,
            door::{Content, keep},
            intake,
        },
    },
};

const NAME: &str = "Zammad";

/// Connects it, and takes in what it sent.
pub async fn connect(state: &State, now: DateTime<Utc>) -> Result<(), DemoError> {
    let connection = unit_at(state, now, &administrator(), async |unit| {
        let client = json!({"name": "Zammad (koppling)", "scopes": ["requests.write", "measurements.write"],
            "systems": ["zammad"]});
        let scope = permitted("createClient", &administrator())?;
        let client = clients::register(&scope, unit, input::<ClientInput>(client)?, &random_secret()).await?;
        let told = json!({"name": NAME, "system": "zammad", "client": client.id, "preset": "zammad",
            "authentication": {"method": "bearer"}});
        let details = details(&input(told)?)?;
        let client = store::client_named(unit, client.id).await?;
        settle(unit, "connection", NAME);
        let secret = random_secret();
        let connection = Connection::register(unit.new_id(), details, client, Some(&secret), unit.now())?;
        store::insert(unit, &connection).await?;
        Ok(connection)
    })
    .await?;
    let caller = intake::caller(&state.db.reader(), &connection, now).await?;
    let caller = caller.ok_or(DemoError::NotFilled(NAME))?;
    let time = |hours: i64| (now - Duration::hours(10 - hours)).to_rfc3339_opts(SecondsFormat::Millis, true);
    let known = |id: &str| json!({"system": "zammad", "id": id});
    let organisation = "Kommunledningskontoret";
    let case = json!({"kind": "case", "source": "zammad", "sourceId": "10081", "observedAt": time(3), "updatedAt": time(3),
        "service": known("E-signering"), "customer": known(organisation), "category": "Incident",
        "priority": "2 normal", "opened": time(1), "responded": time(2), "resolved": time(3)});
    let request = json!({"kind": "wish", "customer": known(organisation), "services": [known("E-signering")],
        "references": [known("10082")], "sourceTime": time(4)});
    for (hours, number, kind, mapped) in [(5, "10081", "Incident", case), (6, "10082", "Request", request)] {
        let ticket = json!({"ticket": {"number": number, "type": kind, "title": "", "created_at": time(1),
            "updated_at": time(hours), "organization": {"name": organisation}, "group": {"name": "E-signering"}}});
        let content = (number, ticket, mapped);
        receive(state, now, (&connection, &caller), content).await?;
    }
    Ok(())
}

/// What came in, and what the preset makes of it.
async fn receive(
    state: &State,
    at: DateTime<Utc>,
    by: (&Connection, &Caller),
    (number, ticket, mapped): (&str, Value, Value),
) -> Result<(), Problem> {
    let content = Content::of(ticket.to_string().as_bytes());
    let mapped = intake::checked(state, by.0, vec![mapped]);
    unit_at(state, at, by.1, async |unit| {
        settle(unit, "received document", number);
        keep(state, unit, by, &content, &mapped).await
    })
    .await?;
    Ok(())
}
