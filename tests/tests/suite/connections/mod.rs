//! Inbound connections: products that send their own documents.
mod door;
mod log;
mod mappings;
mod presets;
mod register;

use end_to_end::{Answer, Caller, Service, World};
use serde_json::{Value, json};

pub const ORGANISATION: &str = "Barn- och utbildningsförvaltningen";
pub const SERVICE: &str = "E-post";
pub const SCOPES: [&str; 3] = ["requests.write", "measurements.write", "satisfaction.write"];

/// A mapping that takes what we would write ourselves.
pub const OWN: &str = ".documents[]?";

/// A connection, and the product behind it.
pub struct Connected {
    pub id: String,
    pub path: String,
    pub address: String,
    pub secret: String,
    pub client: String,
}

/// A client that may all that a connection needs.
pub async fn client(admin: &Caller, system: &str, customers: Option<&[&str]>) -> String {
    let mut body = json!({"name": format!("Klient {}", uuid::Uuid::now_v7()), "scopes": SCOPES, "systems": [system]});
    if let Some(customers) = customers {
        body["customers"] = json!(customers);
    }
    admin.post("/clients", body).await.expect(201).id()
}

impl Connected {
    /// With a bearer token and this mapping.
    pub async fn new(service: &Service, mapping: &str) -> Self {
        Self::with(service, None, json!({"system": "desk", "mapping": mapping})).await
    }

    /// With more told, or otherwise; its client is limited to these customers.
    pub async fn with(service: &Service, customers: Option<&[&str]>, told: Value) -> Self {
        let admin = service.administrator();
        let system = told["system"].as_str().unwrap_or("desk");
        let client = client(&admin, system, customers).await;
        let mut body = json!({"name": format!("Koppling {}", uuid::Uuid::now_v7()), "system": system,
            "client": client, "authentication": {"method": "bearer"}});
        for (member, value) in told.as_object().expect("members") {
            body[member] = value.clone();
        }
        let made = admin.post("/connections", body).await.expect(201);
        Self {
            id: made.id(),
            path: format!("/connections/{}", made.id()),
            address: format!("http://{}{}", service.running.address, made.text("address")),
            secret: made.body["secret"].as_str().unwrap_or_default().to_owned(),
            client,
        }
    }

    /// Sends bytes with these headers.
    pub async fn send(&self, service: &Service, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let mut request = service.http.post(&self.address).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to("POST /inbound", request).await
    }

    /// Sends a document as the product does.
    pub async fn tell(&self, service: &Service, document: impl Into<Vec<u8>>) -> Answer {
        let bearer = format!("Bearer {}", self.secret);
        self.send(service, &[("authorization", &bearer)], document).await
    }

    /// The same; what became of it.
    pub async fn outcome(&self, service: &Service, document: &Value) -> String {
        self.tell(service, document.to_string())
            .await
            .expect(202)
            .text("outcome")
    }

    /// What the log says of an answer's document.
    pub async fn entry(&self, service: &Service, answer: &Answer) -> Value {
        let path = format!("{}/documents/{}", self.path, answer.id());
        service.administrator().get(&path).await.expect(200).body
    }
}

/// Documents of our own in one that is received.
pub fn own(documents: &[Value]) -> Value {
    json!({"documents": documents})
}

/// A request of BUN as a desk tells it.
pub fn wish(world: &World, id: &str, title: &str, version: Option<i64>) -> Value {
    let mut wish = json!({"kind": "wish", "customer": world.bun, "title": title,
        "references": [{"system": "desk", "id": id}]});
    if let Some(version) = version {
        wish["sourceVersion"] = json!(version);
    }
    wish
}

/// The request with this reference, as an auditor reads it.
pub async fn request(service: &Service, system: &str, id: &str) -> Option<Value> {
    let path = format!("/requests?reference={system}:{id}");
    let found = service.auditor().get(&path).await.expect(200);
    found.items().first().cloned()
}

pub async fn how_many(service: &Service, path: &str) -> u64 {
    let counted = service
        .auditor()
        .get(&format!("{path}?count=true&limit=1"))
        .await
        .expect(200);
    counted.body["total"].as_u64().expect("a total")
}
