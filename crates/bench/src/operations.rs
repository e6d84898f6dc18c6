//! The operations that are measured, their statements recorded from the service itself.
use std::{collections::HashMap, net::SocketAddr};

use api::{Running, identity::Kind, program::Settings};
use chrono::Duration;
use serde_json::Value;

use crate::{
    Failure, bare,
    load::{Connection, request},
    record::{Plan, Recorder},
    seed::{World, what},
};

/// One operation, as requests to the service and to the bare server.
pub struct Operation {
    pub name: &'static str,
    /// Of the bare server's speed, at least.
    pub floor: f64,
    pub writes: bool,
    pub ours: Vec<Vec<u8>>,
    pub bare: Vec<Vec<u8>>,
}

/// The service with its recorded statements.
pub struct Subject {
    running: Running,
    pub world: World,
    pub plans: HashMap<String, Plan>,
    operations: Vec<Operation>,
}

impl Subject {
    /// Records every operation on a service of its own, then starts the one to be measured.
    pub async fn start(settings: Settings, world: World) -> Result<Self, Failure> {
        let (recording, recorder) = recording(settings.clone()).await?;
        let operations = operations(&recording, &world)?;
        let address = recording.address;
        let (plans, operations) = tokio::task::spawn_blocking(move || record(address, &recorder, operations)).await??;
        stop(recording).await?;
        Ok(Self {
            running: api::start(settings).await?,
            world,
            plans,
            operations,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The bare server on the same database.
    pub async fn bare(&self) -> Result<bare::Running, Failure> {
        bare::start(&self.running.state.settings.database(), self.plans.clone()).await
    }

    pub async fn stop(self) -> Result<(), Failure> {
        stop(self.running).await
    }
}

/// A service whose statements are recorded.
pub async fn recording(settings: Settings) -> Result<(Running, Recorder), Failure> {
    let recorder = Recorder::default();
    let mut state = api::open(settings).await?;
    let tell = recorder.clone();
    state.db.on_statement(move |statement| tell.tell(statement));
    let listener = std::net::TcpListener::bind(state.settings.listen)?;
    state.settings.listen = listener.local_addr()?;
    Ok((api::run(listener, state)?, recorder))
}

/// Ends a service.
pub async fn stop(running: Running) -> Result<(), Failure> {
    running.handle.stop(true).await;
    Ok(running.ended().await?)
}

fn operations(running: &Running, world: &World) -> Result<Vec<Operation>, Failure> {
    let state = &running.state;
    let token = |kind, subject: uuid::Uuid, scope: &str| {
        let now = state.clock.now();
        state
            .tokens
            .issue(kind, &subject.to_string(), scope.into(), Duration::days(1), now)
    };
    let customer = &world.customers[0];
    let person = token(Kind::Person, world.person, "")?;
    let contact = token(Kind::Contact, customer.contact, "")?;
    let client = token(Kind::Client, world.client, "feed.strategy")?;
    let body = what(customer.thing.id, world.services[0].id, 1).to_string();
    let get = |path: &str, token: &str| request("GET", &format!("/kundansvar/v1{path}"), token, None);
    let page = format!("/requests?limit=50&cursor={}", world.place.simple());
    let feed = format!("/feeds/strategy?limit=100&cursor={}", world.place_in_log);
    let bare = |path: &str| request("GET", path, "", None);
    Ok(vec![
        Operation {
            name: "get",
            floor: 0.8,
            writes: false,
            ours: world
                .some
                .iter()
                .map(|id| get(&format!("/requests/{id}"), &person))
                .collect(),
            bare: world.some.iter().map(|id| bare(&format!("/get/{id}"))).collect(),
        },
        Operation {
            name: "list",
            floor: 0.85,
            writes: false,
            ours: vec![get(&page, &person)],
            bare: vec![bare("/list")],
        },
        Operation {
            // Ten, since a contact of the small database has no more.
            name: "list-of-contact",
            floor: 0.85,
            writes: false,
            ours: vec![get("/requests?limit=10", &contact)],
            bare: vec![bare("/list-of-contact")],
        },
        Operation {
            name: "feed",
            floor: 0.75,
            writes: false,
            ours: vec![get(&feed, &client)],
            bare: vec![bare("/feed")],
        },
        Operation {
            name: "create",
            floor: 0.75,
            writes: true,
            ours: vec![request("POST", "/kundansvar/v1/requests", &contact, Some(&body))],
            bare: vec![request("POST", "/create", "", Some(&body))],
        },
    ])
}

type Recorded = (HashMap<String, Plan>, Vec<Operation>);

/// Asks for each operation until two runs have the same statements: what the caller may is looked up every few seconds,
/// and whoever reads the log first gives new events their places.
fn record(address: SocketAddr, recorder: &Recorder, operations: Vec<Operation>) -> Result<Recorded, Failure> {
    let mut connection = Connection::open(address)?;
    let mut plans = HashMap::new();
    for operation in &operations {
        let mut before = vec![];
        for request in operation.ours.iter().cycle().take(10) {
            recorder.take();
            let body = connection.exchange(request)?.1.to_owned();
            let statements = recorder.take();
            if let Some(plan) = Plan::of(before, &statements, operation.writes, body) {
                plans.insert(operation.name.to_owned(), plan);
                break;
            }
            before = statements;
        }
        let plan = plans.get(operation.name);
        let plan = plan.ok_or_else(|| format!("{}: no two runs have the same statements", operation.name))?;
        let items = serde_json::from_str::<Value>(&plan.body)?["items"]
            .as_array()
            .map_or(1, Vec::len);
        eprintln!(
            "{}: {} statements, {items} items, {} bytes",
            operation.name,
            plan.statements.len(),
            plan.body.len()
        );
    }
    Ok((plans, operations))
}
