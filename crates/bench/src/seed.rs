//! A municipality of a hundred customers, and as many requests as asked for, every fourth handed over.
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use api::{State, identity::Kind};
use chrono::{Duration, NaiveDate};
use domain::{
    events::{Actor, ActorKind},
    requests::{Destination, Named, Raiser, Request, RequestInput, RequestKind, RoutingInput},
    vocabulary::{ContactId, CustomerId, CustomerRef, Key, RequestId, ServiceId, ServiceRef},
};
use persistence::{Db, UnitOfWork, events::LogCursor, requests, store::Origin};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Failure,
    load::{Connection, request},
};

/// Requests in one unit of work.
const TOGETHER: u64 = 1000;
/// Units of work at a time; SQLite takes one after the other.
const AT_A_TIME: u64 = 3;

/// What was seeded, kept beside the database so that later runs find it.
#[derive(Clone, Serialize, Deserialize)]
pub struct World {
    pub requests: u64,
    /// Of the first customer's team.
    pub person: Uuid,
    /// The feed's reader.
    pub client: Uuid,
    pub customers: Vec<Customer>,
    pub services: Vec<Thing>,
    /// Some requests to show.
    pub some: Vec<Uuid>,
    /// Where a page begins that is neither first nor last.
    pub place: Uuid,
    /// The same in the log, as a cursor.
    pub place_in_log: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Thing {
    pub id: Uuid,
    code: String,
    name: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Customer {
    #[serde(flatten)]
    pub thing: Thing,
    pub contact: Uuid,
    contact_name: String,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("bench.json")
}

impl World {
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file(folder)).map_err(|e| format!("nothing is seeded here: {e}"))?;
        Ok(serde_json::from_str(&text)?)
    }

    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        Ok(std::fs::write(file(folder), serde_json::to_string(self)?)?)
    }
}

/// Somebody who uses the service over HTTP.
pub struct Caller {
    connection: Connection,
    token: String,
}

impl Caller {
    pub fn administrator(address: std::net::SocketAddr, state: &State) -> Result<Self, Failure> {
        Self::of(address, state, Kind::Administrator, "bench")
    }

    pub fn of(address: std::net::SocketAddr, state: &State, kind: Kind, subject: &str) -> Result<Self, Failure> {
        let now = state.clock.now();
        let token = state
            .tokens
            .issue(kind, subject, String::new(), Duration::hours(10), now)?;
        Ok(Self {
            connection: Connection::open(address)?,
            token,
        })
    }

    /// How a thing is asked for.
    pub fn asking(&self, path: &str) -> Vec<u8> {
        request("GET", &format!("/kundansvar/v1{path}"), &self.token, None)
    }

    /// A thing with its ETag.
    pub fn get(&mut self, path: &str) -> Result<(String, Value), Failure> {
        let (head, body) = self.connection.exchange(&self.asking(path))?;
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: "));
        Ok((etag.unwrap_or_default().to_owned(), serde_json::from_str(body)?))
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Result<Uuid, Failure> {
        let path = format!("/kundansvar/v1{path}");
        let sent = request("POST", &path, &self.token, Some(&body.to_string()));
        let (_, body) = self.connection.exchange(&sent)?;
        let made: Value = serde_json::from_str(body)?;
        Ok(serde_json::from_value(made["id"].clone())?)
    }

    /// An act on a thing as it was seen, with what is told or without.
    pub fn act(&mut self, path: &str, etag: &str, body: Option<&Value>) -> Result<(), Failure> {
        let path = format!("/kundansvar/v1{path}");
        let body = body.map(Value::to_string);
        let sent = request("POST", &path, &self.token, body.as_deref());
        let sent = String::from_utf8(sent)?.replacen("\r\n", &format!("\r\nIf-Match: {etag}\r\n"), 1);
        self.connection.exchange(sent.as_bytes())?;
        Ok(())
    }

    /// How many milliseconds a reply takes.
    pub fn timed(&mut self, request: &[u8]) -> Result<f64, Failure> {
        let began = std::time::Instant::now();
        self.connection.exchange(request)?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }
}

/// The registers: ten branches of ten customers, each branch with its team, each customer with a contact.
pub fn registers(address: std::net::SocketAddr, state: &State) -> Result<World, Failure> {
    let now = state.clock.now();
    let mut admin = Caller::administrator(address, state)?;
    let mut services = vec![];
    for n in 0..20 {
        let (code, name) = (format!("TJ{n}"), format!("Tjänst {n}"));
        let id = admin.post("/services", &json!({"code": code, "name": name}))?;
        services.push(Thing { id, code, name });
    }
    let (mut customers, mut person) = (vec![], Uuid::nil());
    for branch in 0..10 {
        let mut members = vec![];
        for role in ["business_relationship_manager", "delivery_manager", "service_owner"] {
            let name = format!("Person {branch} {role}");
            members.push((role, admin.post("/persons", &json!({"name": name}))?));
        }
        person = members[0].1;
        let team = admin.post("/customer-teams", &json!({"name": format!("Kundteam {branch}")}))?;
        for (version, (role, person)) in members.into_iter().enumerate() {
            let owned: Vec<_> = services
                .iter()
                .filter(|_| role == "service_owner")
                .map(|s| s.id)
                .collect();
            let body = json!({"person": person, "role": role, "services": owned, "firstDay": "2020-01-01"});
            let etag = format!("\"{}.{}\"", version + 1, state.settings.local_date(now));
            admin.act(&format!("/customer-teams/{team}/members"), &etag, Some(&body))?;
        }
        let mut parent = None;
        for n in 0..10 {
            let (code, name) = (format!("K{branch}{n}"), format!("Förvaltning {branch} avdelning {n}"));
            let body = json!({"code": code, "name": name, "parent": parent, "legalEntity": {"name": "Kommunen"}});
            let id = admin.post("/customers", &body)?;
            if parent.is_none() {
                let body = json!({"team": team, "firstDay": "2020-01-01"});
                admin.act(&format!("/customers/{id}/team-assignments"), "\"1\"", Some(&body))?;
            }
            parent = parent.or(Some(id));
            let contact_name = format!("Kontakt {branch} {n}");
            let body = json!({"customer": id, "name": contact_name,
                "mandates": [{"kind": "purchaser", "firstDay": "2020-01-01"}]});
            let contact = admin.post("/contacts", &body)?;
            customers.push(Customer {
                thing: Thing { id, code, name },
                contact,
                contact_name,
            });
        }
    }
    let client = admin.post(
        "/clients",
        &json!({"name": "Strategi", "scopes": ["feed.strategy"], "systems": []}),
    )?;
    Ok(World {
        requests: 0,
        person,
        client,
        customers,
        services,
        some: vec![],
        place: Uuid::nil(),
        place_in_log: String::new(),
    })
}

/// Fills up to `wanted` requests.
pub async fn requests(state: &State, world: &mut World, wanted: u64) -> Result<(), Failure> {
    let began = std::time::Instant::now();
    let together = (wanted / 10).clamp(1, TOGETHER);
    while world.requests < wanted {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..AT_A_TIME {
            let range = world.requests..wanted.min(world.requests + together);
            world.requests = range.end;
            // Each at its own time, since ids sort by it and a page begins at one of them.
            running.spawn_local(unit_of_work(state.db.clone(), world.clone(), origin(state), range));
        }
        let made = running
            .join_all()
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        let (position, link) = persistence::events::head(&state.db).await?;
        if world.requests < wanted / 2 {
            world.some = made.iter().take(200).map(|id| id.0).collect();
            world.place = world.some.first().copied().unwrap_or_default();
            let cursor = LogCursor {
                position,
                link: link.short(),
            };
            world.place_in_log = cursor.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        }
        if world.requests % 30_000 < together * AT_A_TIME {
            eprintln!("{} requests after {:.0?}", world.requests, began.elapsed());
        }
    }
    Ok(())
}

async fn unit_of_work(db: Db, world: World, origin: Origin, range: Range<u64>) -> Result<Vec<RequestId>, Failure> {
    let done = db.write(&origin, async |unit| {
        let mut ids = vec![];
        for n in range.clone() {
            ids.push(one(unit, &world, n).await?);
        }
        Ok::<_, persistence::Error>(ids)
    });
    Ok(done.await?)
}

const WORDS: [&str; 16] = [
    "fakturor",
    "behörighet",
    "skrivare",
    "distansarbete",
    "lönesystem",
    "kalender",
    "nätverk",
    "utbildning",
    "ärenden",
    "signering",
    "arkiv",
    "statistik",
    "mobiler",
    "inloggning",
    "elevregister",
    "bygglov",
];

async fn one(unit: &mut UnitOfWork, world: &World, n: u64) -> Result<RequestId, persistence::Error> {
    let pick = usize::try_from(n).unwrap_or_default();
    let customer = &world.customers[pick % world.customers.len()];
    let service = &world.services[pick % world.services.len()];
    let input = input(customer, service, pick)?;
    let text = |e: serde_json::Error| persistence::Error::Json(e);
    let named = Named {
        customer: CustomerRef {
            id: CustomerId(customer.thing.id),
            code: serde_json::from_value(json!(customer.thing.code)).map_err(text)?,
            name: serde_json::from_value(json!(customer.thing.name)).map_err(text)?,
        },
        services: vec![ServiceRef {
            id: ServiceId(service.id),
            code: serde_json::from_value(json!(service.code)).map_err(text)?,
            name: serde_json::from_value(json!(service.name)).map_err(text)?,
        }],
        raised_by: Raiser {
            kind: ActorKind::Contact,
            id: customer.contact,
            name: serde_json::from_value(json!(customer.contact_name)).map_err(text)?,
        },
        owner: None,
    };
    let serial = requests::draw_serial(unit).await?;
    let number = format!("REQ-{}-{serial:06}", unit.today().format("%Y"));
    let request = Request::receive(unit.new_id(), number, input, named, None, unit.now())?;
    requests::insert(unit, &request, serial, None).await?;
    if n.is_multiple_of(4) {
        let routing = RoutingInput {
            destination: Destination::Strategy,
            note: None,
        };
        let (routed, _) = request.clone().route(unit.new_id(), routing, &[].into(), unit.now())?;
        requests::update(unit, "routed", &request, &routed).await?;
    }
    Ok(request.id)
}

fn input(customer: &Customer, service: &Thing, n: usize) -> Result<RequestInput, serde_json::Error> {
    let mut input: RequestInput = serde_json::from_value(what(customer.thing.id, service.id, n))?;
    input.raised_by = Some(Key::Id(ContactId(customer.contact)));
    input.kind = if n.is_multiple_of(3) {
        RequestKind::Requirement
    } else {
        RequestKind::Wish
    };
    Ok(input)
}

/// What a contact asks for.
pub fn what(customer: Uuid, service: Uuid, n: usize) -> Value {
    let word = |k: usize| WORDS[(n / (k * k) + k) % WORDS.len()];
    let description = format!(
        "Vi behöver {} och {} för våra {}. I dag tar det flera timmar i veckan att hantera {}, och det \
         blir ofta fel. Med ett bättre stöd för {} kan vi lägga tiden på våra elever och medborgare i stället.",
        word(1),
        word(2),
        word(3),
        word(4),
        word(5)
    );
    json!({"customer": customer, "kind": "wish", "title": format!("Bättre stöd för {} och {}", word(1), word(2)),
        "description": description, "services": [service], "wantedBy": "2027-06-30"})
}

/// Who seeds.
pub fn origin(state: &State) -> Origin {
    let now = state.clock.now();
    let today: NaiveDate = state.settings.local_date(now);
    Origin {
        actor: Actor {
            kind: ActorKind::Operator,
            id: "bench".into(),
            acting_for: None,
        },
        request_id: "bench".into(),
        now,
        today,
    }
}
