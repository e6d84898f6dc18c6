//! Fills an empty database: the registers thirteen months ago, then twelve months of requests, each act by whoever
//! would do it, with that caller's own permission, through the same functions as the API's handlers.
use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use domain::{
    access::{Caller, ClientScope, Permission, Scope},
    calendars::{HolidayKind, ServiceCalendar, proposed_holidays},
    clients::ClientInput,
    people::{MandateKind, Person, PersonInput},
    teams::{CustomerTeam, CustomerTeamInput, Deputy, Membership, Role, TeamAssignment},
    vocabulary::*,
};
use persistence::{Paging, UnitOfWork, customers, people, store::Origin, teams};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::{
    DemoError, agreements, channels, connections, deeds, evidence, improvements, knowledge, known, meetings,
    municipality::*, planned_activities, ratings, reports, statements, successions, surveys, value, webhooks, weighing,
};
use crate::{
    State,
    http::{Problem, reply::random_secret},
    rooms,
};

/// The clients' names, scopes, and the systems whose references they write.
pub const DESK: &str = "Servicedesk";
pub const PORTFOLIO: &str = "Portföljverktyget";
pub const DELIVERY: &str = "Leveransverktyget";
pub const STRATEGY: &str = "Strategiverktyget";
/// May everything that a client may.
pub const TRIAL: &str = "Provsystemet";
const FORMER_DESK: &str = "Tidigare servicedesk";
/// The eves on which the office is closed.
const CLOSED_EVES: [&str; 3] = ["Midsommarafton", "Julafton", "Nyårsafton"];

/// Who is in the registers, and the clients' secrets, which are told this once.
pub struct Registers {
    pub customers: HashMap<&'static str, CustomerRef>,
    pub services: HashMap<&'static str, ServiceRef>,
    pub persons: Vec<PersonRef>,
    pub contacts: Vec<ContactId>,
    pub clients: HashMap<&'static str, (ClientId, String)>,
}

/// Whether the database has no customers yet.
pub async fn is_empty(state: &State) -> Result<bool, DemoError> {
    let scope = permitted("listCustomers", &administrator())?;
    let paging = Paging::first(1);
    let today = state.settings.local_date(state.clock.now());
    let filter = customers::Filter::default();
    let page = customers::list(&state.db.reader(), &scope, &filter, &paging, today).await?;
    Ok(page.items.is_empty())
}

/// Fills an empty database with the demo data.
pub async fn fill(state: &State) -> Result<Registers, DemoError> {
    if !is_empty(state).await? {
        return Err(DemoError::NotEmpty);
    }
    let now = state.clock.now();
    let begun = now - Duration::days(395);
    let registers = register(state, begun).await?;
    let offices = successions::found(state, &registers, begun + Duration::minutes(9 * 60 + 30)).await?;
    agreements::agree(state, &registers, begun + Duration::hours(10), now).await?;
    weighing::weigh(state, begun + Duration::hours(30)).await?;
    knowledge::begin(state, &registers, begun + Duration::hours(30)).await?;
    deeds::perform_all(state, &registers, now).await?;
    evidence::send(state, &registers, now).await?;
    ratings::send(state, &registers, now).await?;
    statements::tell(state, &registers, now).await?;
    improvements::enter(state, &registers, now).await?;
    surveys::ask(state, &registers, now).await?;
    reports::write(state, &registers, now).await?;
    successions::merge(state, &registers, &offices, now).await?;
    value::weigh(state, &registers, now).await?;
    knowledge::tell(state, &registers, now).await?;
    planned_activities::plan(state, &registers, now).await?;
    meetings::hold(state, &registers, now).await?;
    let (trial, _) = registers.clients.get(TRIAL).ok_or(Problem::NotFound)?;
    webhooks::subscribe(state, *trial, now).await?;
    connections::connect(state, now).await?;
    Ok(registers)
}

/// Who keeps the registers.
pub fn administrator() -> Caller {
    Caller::Administrator {
        subject: "registerforvaltaren".into(),
    }
}

/// What the caller may reach with the operation, as the one matrix says.
pub fn permitted(operation: &'static str, caller: &Caller) -> Result<Scope, Problem> {
    let row = Permission::of(operation).ok_or(Problem::Forbidden)?;
    row.scope(caller, Default::default()).map_err(|_| Problem::Forbidden)
}

/// What a caller would send.
pub fn input<T: DeserializeOwned>(json: Value) -> Result<T, Problem> {
    serde_json::from_value(json).map_err(Problem::internal)
}

/// One unit of work at a time in the past.
pub async fn unit_at<T>(
    state: &State,
    at: DateTime<Utc>,
    caller: &Caller,
    work: impl AsyncFn(&mut UnitOfWork) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let origin = Origin {
        actor: caller.actor(),
        request_id: format!("demo-{}", at.timestamp()),
        now: at,
        today: state.settings.local_date(at),
    };
    state.db.write(&origin, work).await
}

/// The next thing gets its settled id, where it has one.
pub fn settle(unit: &mut UnitOfWork, kind: &str, name: &str) {
    if let Some(id) = known::id(kind, name) {
        unit.settle_next_id(id);
    }
}

async fn register(state: &State, at: DateTime<Utc>) -> Result<Registers, Problem> {
    let administrator = administrator();
    let hour = |n| at + Duration::hours(n);
    let services = unit_at(state, at, &administrator, async |unit| services(unit).await).await?;
    let customers = unit_at(state, hour(1), &administrator, async |unit| {
        customers_and_usages(unit, &services).await
    })
    .await?;
    let persons = unit_at(state, hour(2), &administrator, async |unit| persons(unit).await).await?;
    for (n, seed) in TEAMS.iter().enumerate() {
        unit_at(state, hour(3 + n as i64), &administrator, async |unit| {
            team(unit, seed, &persons, &services, &customers).await
        })
        .await?;
    }
    let contacts = unit_at(state, hour(8), &administrator, async |unit| {
        contacts(unit, &customers).await
    })
    .await?;
    channels::tell(state, &customers, hour(8)).await?;
    unit_at(state, hour(8), &administrator, async |unit| calendars(unit).await).await?;
    let clients = unit_at(state, hour(9), &administrator, async |unit| clients(unit).await).await?;
    Ok(Registers {
        customers,
        services,
        persons,
        contacts,
        clients,
    })
}

async fn services(unit: &mut UnitOfWork) -> Result<HashMap<&'static str, ServiceRef>, Problem> {
    let mut made = HashMap::new();
    for seed in SERVICES {
        settle(unit, "service", seed.code);
        let mut metrics = vec![json!({"name": "svarstid", "unit": "s"})];
        if seed.code == agreements::MEASURED {
            metrics.push(json!({"name": "signatures", "unit": "st"}));
        }
        let body = json!({"code": seed.code, "name": seed.name, "description": seed.description, "metrics": metrics});
        let (service, _) = rooms::services::tell(&administrator(), unit, input(body)?).await?;
        let (id, code, name) = (service.id, service.code, service.name);
        made.insert(seed.code, ServiceRef { id, code, name });
    }
    Ok(made)
}

async fn customers_and_usages(
    unit: &mut UnitOfWork,
    services: &HashMap<&'static str, ServiceRef>,
) -> Result<HashMap<&'static str, CustomerRef>, Problem> {
    let scope = permitted("createCustomer", &administrator())?;
    let mut made = HashMap::<&str, CustomerRef>::new();
    for seed in CUSTOMERS {
        settle(unit, "customer", seed.code);
        let legal_entity = json!({"name": seed.legal_entity, "organisationNumber": seed.organisation_number});
        let parent = seed.parent.and_then(|code| made.get(code)).map(|parent| parent.id);
        let body = json!({"code": seed.code, "name": seed.name, "parent": parent, "legalEntity": legal_entity});
        let (customer, _) = rooms::customers::tell(&scope, unit, input(body)?).await?;
        let used = USAGES.iter().filter(|usage| usage.customer == seed.code);
        for code in used.flat_map(|usage| usage.services) {
            settle(unit, "usage", &format!("{}: {code}", seed.code));
            let body = json!({"service": named(services, code)?.id, "firstDay": unit.today()});
            rooms::customers::use_service(&scope, unit, &customer, input(body)?).await?;
        }
        made.insert(seed.code, customer.reference());
    }
    Ok(made)
}

async fn persons(unit: &mut UnitOfWork) -> Result<Vec<PersonRef>, Problem> {
    let mut made = vec![];
    for seed in PERSONS {
        settle(unit, "person", seed.name);
        let body: PersonInput = input(json!({"name": seed.name, "email": seed.email}))?;
        let person = Person::register(unit.new_id(), body, unit.now());
        people::insert(unit, &person).await?;
        let (id, name) = (person.id, person.name);
        made.push(PersonRef { id, name });
    }
    Ok(made)
}

/// A team, its members, and the customers that it takes on.
async fn team(
    unit: &mut UnitOfWork,
    seed: &TeamSeed,
    persons: &[PersonRef],
    services: &HashMap<&'static str, ServiceRef>,
    customers: &HashMap<&'static str, CustomerRef>,
) -> Result<(), Problem> {
    settle(unit, "team", seed.name);
    let name: CustomerTeamInput = input(json!({"name": seed.name}))?;
    let mut team = CustomerTeam::register(unit.new_id(), name, unit.now());
    teams::insert(unit, &team).await?;
    let managers = [
        (
            seed.business_relationship_manager,
            Role::BusinessRelationshipManager,
            &[][..],
        ),
        (seed.delivery_manager, Role::DeliveryManager, &[][..]),
    ];
    let owners = seed
        .service_owners
        .iter()
        .map(|(who, of)| (*who, Role::ServiceOwner, *of));
    for (who, role, of) in managers.into_iter().chain(owners) {
        let person = persons.get(who).cloned().ok_or(Problem::NotFound)?;
        settle(unit, "membership", &format!("{}: {}", seed.name, person.name));
        let member = Membership {
            id: unit.new_id(),
            person,
            role,
            services: of
                .iter()
                .map(|code| named(services, code).cloned())
                .collect::<Result<_, _>>()?,
            first_day: unit.today(),
            last_day: None,
            deputies: vec![],
        };
        let joined = team.clone().join(member, &[], unit.today())?;
        teams::update(unit, "joined", &team, &joined).await?;
        team = joined;
    }
    let team = stand_in(unit, seed, team, persons).await?;
    for code in seed.customers {
        settle(unit, "assignment", code);
        take_on(unit, &team, named(customers, code)?).await?;
    }
    Ok(())
}

/// Somebody stands in for a member for four weeks.
async fn stand_in(
    unit: &mut UnitOfWork,
    seed: &TeamSeed,
    team: CustomerTeam,
    persons: &[PersonRef],
) -> Result<CustomerTeam, Problem> {
    let [member, person] = [seed.deputy.0, seed.deputy.1].map(|who| persons.get(who).cloned());
    let member = team.members.iter().find(|m| Some(&m.person) == member.as_ref());
    let member = member.ok_or(Problem::NotFound)?.id;
    settle(unit, "deputy", seed.name);
    let deputy = Deputy {
        id: unit.new_id(),
        person: person.ok_or(Problem::NotFound)?,
        first_day: unit.today(),
        last_day: Some(days_on(unit.today(), 27)),
    };
    let after = team.clone().name_deputy(member, deputy, unit.today())?;
    teams::update(unit, "deputy_named", &team, &after).await?;
    Ok(after)
}

async fn take_on(unit: &mut UnitOfWork, team: &CustomerTeam, customer: &CustomerRef) -> Result<(), Problem> {
    let scope = permitted("createTeamAssignment", &administrator())?;
    let version = customers::load(unit, &scope, customer.id).await?.version;
    let new = TeamAssignment {
        id: unit.new_id(),
        customer: customer.clone(),
        team: TeamRef {
            id: team.id,
            name: team.name.clone(),
        },
        first_day: unit.today(),
        last_day: None,
    };
    let before = teams::assignments(unit, customer.id, version).await?;
    let after = before.clone().assign(new, team, unit.today())?;
    teams::update_assignments(unit, "team_assigned", &before, &after).await?;
    Ok(())
}

async fn contacts(
    unit: &mut UnitOfWork,
    customers: &HashMap<&'static str, CustomerRef>,
) -> Result<Vec<ContactId>, Problem> {
    let scope = permitted("createContact", &administrator())?;
    let mut made = vec![];
    for seed in CONTACTS {
        settle(unit, "contact", seed.name);
        let mut mandate = json!({"kind": seed.mandate, "firstDay": unit.today()});
        if seed.mandate != MandateKind::KeyUser.to_string() {
            mandate["basis"] = "Delegationsordning LK 2025-7".into();
        }
        let customer = named(customers, seed.customer)?.id;
        let body = json!({"customer": customer, "name": seed.name, "email": seed.email, "mandates": [mandate]});
        made.push(rooms::people::tell(&scope, unit, input(body)?).await?.0.id);
    }
    Ok(made)
}

/// Three calendars. Office hours know this year's and the next two years' holidays.
async fn calendars(unit: &mut UnitOfWork) -> Result<(), Problem> {
    let years = (0..3).map(|n| unit.today().year() + n);
    let closed: Vec<Value> = years
        .flat_map(proposed_holidays)
        .filter(|day| day.kind == HolidayKind::Holiday || CLOSED_EVES.contains(&day.name.sv.as_str()))
        .map(|day| json!({"date": day.date, "label": day.name.sv}))
        .collect();
    let scope = permitted("createServiceCalendar", &administrator())?;
    for (name, [weekday, saturday, sunday], exceptions) in [
        ("Kontorstid", [&[("07:00", "18:00")][..], &[], &[]], &closed[..]),
        (
            "Lördagsöppet",
            [&[("07:00", "18:00")], &[("09:00", "15:00")], &[]],
            &closed,
        ),
        ("Dygnet runt", [&[("00:00", "24:00")]; 3], &[]),
    ] {
        settle(unit, "calendar", name);
        let hours =
            |day: &[(&str, &str)]| -> Value { day.iter().map(|(from, to)| json!({"from": from, "to": to})).collect() };
        let [weekday, saturday, sunday] = [weekday, saturday, sunday].map(hours);
        let weekly = json!({"monday": weekday, "tuesday": weekday, "wednesday": weekday, "thursday": weekday,
            "friday": weekday, "saturday": saturday, "sunday": sunday});
        let hours = json!({"zone": "Europe/Stockholm", "weekly": weekly, "exceptions": exceptions});
        let calendar =
            ServiceCalendar::register(unit.new_id(), input(json!({"name": name, "hours": hours}))?, unit.now())?;
        persistence::calendars::insert(unit, &scope, &calendar).await?;
    }
    Ok(())
}

async fn clients(unit: &mut UnitOfWork) -> Result<HashMap<&'static str, (ClientId, String)>, Problem> {
    use ClientScope::*;
    let all: Vec<_> = ClientScope::iter().collect();
    let wanted: [(&str, &[ClientScope], &[&str]); 6] = [
        (
            DESK,
            &[
                RegisterRead,
                RequestsRead,
                RequestsWrite,
                MeasurementsRead,
                MeasurementsWrite,
            ],
            &["servicedesk"],
        ),
        (PORTFOLIO, &[FeedServicePortfolio], &[]),
        (DELIVERY, &[FeedDelivery], &[]),
        (STRATEGY, &[FeedStrategy], &[]),
        (TRIAL, &all, &["servicedesk", "prov"]),
        (FORMER_DESK, &[RequestsWrite], &[]),
    ];
    let scope = permitted("createClient", &administrator())?;
    let mut made = HashMap::new();
    for (name, scopes, systems) in wanted {
        settle(unit, "client", name);
        let body: ClientInput = input(json!({"name": name, "scopes": scopes, "systems": systems}))?;
        let secret = random_secret();
        let client = rooms::clients::register(&scope, unit, body, &secret).await?;
        made.insert(name, (client.id, secret));
    }
    Ok(made)
}

/// What the data names.
pub fn named<'a, T>(all: &'a HashMap<&'static str, T>, code: &str) -> Result<&'a T, Problem> {
    all.get(code).ok_or(Problem::NotFound)
}

/// A day some days on.
pub fn days_on(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}
