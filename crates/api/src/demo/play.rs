//! The main job, played over real HTTP: each step in plain words, as a curl line, with its answer.
use std::{cell::RefCell, collections::HashMap, path::Path};

use chrono::{Duration, NaiveDate};
use domain::vocabulary::ClientId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    DemoError, all_tokens,
    callers::CALLERS,
    fill::{DESK, PORTFOLIO, fill},
    known,
};
use crate::{
    Running,
    http::operations::BASE,
    program::{Settings, start_logging, until_stopped},
    server,
};

/// How long the ready tokens are valid.
const LIFETIME: Duration = Duration::hours(12);

/// Fills a fresh embedded database of its own, starts the service and plays; then keeps the service running.
pub async fn play(mut settings: Settings, once: bool) -> Result<(), DemoError> {
    settings.data_folder.push("demo");
    settings.database_url.clear();
    settings.log = "warn".into();
    start_logging(&settings);
    // First the port: where another demo runs, its files stay.
    let listener = server::bind(&mut settings)?;
    begin_anew(&settings.data_folder)?;
    println!("Kundansvar: the demo\n\nFilling {} …", settings.data_folder.display());
    let state = server::open(settings).await?;
    let registers = fill(&state).await?;
    let running = server::run(listener, state)?;
    let stage = Stage::on(&running);
    let secret = |name| registers.clients.get(name).cloned().ok_or(DemoError::NotFilled(name));
    stage.invite(&running).await?;
    stage.main_job(secret(DESK)?, secret(PORTFOLIO)?).await?;
    stage.hand_over_keys(&running).await?;
    if once {
        running.handle.stop(true).await;
        return running.ended().await.map_err(|e| DemoError::Stop(e.to_string()));
    }
    println!("\nThe service keeps running; Ctrl-C stops it.");
    until_stopped(running).await.map_err(|e| DemoError::Stop(e.to_string()))
}

/// Removes the database of an earlier demo, and nothing else.
fn begin_anew(folder: &Path) -> Result<(), DemoError> {
    for name in ["kundansvar.db", "kundansvar.db-wal", "kundansvar.db-shm"] {
        let file = folder.join(name);
        match std::fs::remove_file(&file) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                let what = format!("cannot remove {}", file.display());
                return Err(DemoError::File { what, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// One call: method, path, the variable that holds the token, and what else is sent.
struct Line<'a>(Method, &'a str, &'a str, Option<&'a str>, Option<Value>);

/// The members of an answer that a step is about; the others are printed as `…`.
const SHOWN: [&str; 22] = [
    "items",
    "id",
    "name",
    "number",
    "title",
    "status",
    "raisedBy",
    "references",
    "team",
    "members",
    "person",
    "role",
    "endorsements",
    "contact",
    "handOver",
    "state",
    "acknowledgement",
    "decision",
    "fulfilment",
    "type",
    "actorName",
    "request",
];

fn get<'a>(path: &'a str, token: &'a str) -> Line<'a> {
    Line(Method::GET, path, token, None, None)
}

fn post<'a>(path: &'a str, token: &'a str, seen: Option<&'a str>, body: Value) -> Line<'a> {
    Line(Method::POST, path, token, seen, (!body.is_null()).then_some(body))
}

/// What came back.
struct Answer {
    etag: String,
    body: Value,
}

impl Answer {
    fn text(&self, pointer: &str) -> Result<&str, DemoError> {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.ok_or_else(|| DemoError::Otherwise(format!("no {pointer} in {}", self.body)))
    }
}

/// Where it is played.
struct Stage {
    http: reqwest::Client,
    running_at: String,
    today: NaiveDate,
    tokens: RefCell<HashMap<String, String>>,
}

impl Stage {
    fn on(running: &Running) -> Self {
        Self {
            http: reqwest::Client::new(),
            running_at: format!("http://{}", running.address),
            today: running.state.settings.local_date(running.state.clock.now()),
            tokens: RefCell::default(),
        }
    }

    /// The first team's people and the customer's contacts sign in elsewhere; the demo gives them their tokens.
    async fn invite(&self, running: &Running) -> Result<(), DemoError> {
        for (name, token) in all_tokens(&running.state, LIFETIME).await? {
            self.tokens.borrow_mut().insert(name.to_uppercase(), token);
        }
        println!("\nIn the lines below, API is {}{BASE}.", self.running_at);
        Ok(())
    }

    async fn main_job(&self, desk: (ClientId, String), portfolio: (ClientId, String)) -> Result<(), DemoError> {
        let request = self.push(desk).await?;
        let looked = self.sort(&request).await?;
        let hand_over = self.route(&request, &looked).await?;
        self.decide(portfolio, &hand_over).await?;
        self.read(&request).await
    }

    async fn push(&self, desk: (ClientId, String)) -> Result<String, DemoError> {
        self.sign_in("The service desk gets its token", "DESK", desk).await?;
        let customer = known_id("customer", "KLK")?;
        let raised_by = "ingrid.hedvall@lindasa.example";
        let contacts = self
            .step(
                "It looks up the contact who called",
                get(&format!("/contacts?email={raised_by}"), "DESK"),
                StatusCode::OK,
            )
            .await?;
        let wish = json!({
            "customer": customer, "kind": "wish", "title": "Anställningsintyg som medarbetaren hämtar själv",
            "description": "Varje intyg skrivs i dag för hand av en handläggare, som söker uppgifterna i tre system.",
            "benefit": "Medarbetaren får intyget samma dag, och kansliet slipper två timmars arbete i veckan.",
            "services": [known_id("service", "ESIGN")?], "channel": "service_desk", "raisedBy": contacts.text("/items/0/id")?,
            "references": [{"system": "servicedesk", "id": "INC0052001"}]
        });
        let made = self
            .step(
                "It pushes the wish, under its own reference: pushed again, nothing would be doubled",
                post("/requests", "DESK", None, wish),
                StatusCode::CREATED,
            )
            .await?;
        Ok(format!("/requests/{}", made.text("/id")?))
    }

    async fn sort(&self, request: &str) -> Result<Answer, DemoError> {
        let team = format!("/customers/{}/responsible-team", known_id("customer", "KLK")?);
        self.step("Who looks after this customer?", get(&team, "BRM"), StatusCode::OK)
            .await?;
        let seen = self
            .step(
                "The business relationship manager reads the request",
                get(request, "BRM"),
                StatusCode::OK,
            )
            .await?;
        let path = format!("{request}/investigation");
        let begin = post(&path, "BRM", Some(&seen.etag), Value::Null);
        self.step(
            "She begins to investigate it, as it read just now (If-Match)",
            begin,
            StatusCode::OK,
        )
        .await
    }

    async fn route(&self, request: &str, looked: &Answer) -> Result<String, DemoError> {
        let path = format!("{request}/routing");
        let to_portfolio = json!({"destination": "service_portfolio", "note": "Gäller alla förvaltningar."});
        self.step(
            "She routes it to the service portfolio, and is refused: nobody has endorsed it (rule R14)",
            post(&path, "BRM", Some(&looked.etag), to_portfolio.clone()),
            StatusCode::CONFLICT,
        )
        .await?;
        let endorsements = format!("{request}/endorsements");
        let endorsed = self
            .step(
                "A contact with mandate customer says that the customer wants this",
                post(&endorsements, "DECIDER", None, Value::Null),
                StatusCode::OK,
            )
            .await?;
        let routed = self
            .step(
                "Now it goes to the service portfolio",
                post(&path, "BRM", Some(&endorsed.etag), to_portfolio),
                StatusCode::OK,
            )
            .await?;
        Ok(format!("/hand-overs/{}", routed.text("/handOver/id")?))
    }

    async fn decide(&self, portfolio: (ClientId, String), hand_over: &str) -> Result<(), DemoError> {
        self.sign_in("The portfolio tool gets its token", "PORTFOLIO", portfolio)
            .await?;
        self.pull(hand_over).await?;
        let path = |act: &str| format!("{hand_over}/{act}");
        let receipt = json!({"reference": "PF-2042"});
        let decision = json!({"outcome": "accepted", "plannedDay": self.in_days(60), "reference": "BESLUT-2042",
            "plan": "Förstudie i två veckor, därefter införande enhet för enhet."});
        let report = json!({"note": "Infört; intyget finns på medarbetarens sida.", "reference": "LEV-2042"});
        for (what, act, body) in [
            ("It acknowledges it under its own reference", "acknowledgement", receipt),
            ("It accepts it, with a plan", "decision", decision),
            ("It reports that it is done", "fulfilment", report),
        ] {
            self.step(what, post(&path(act), "PORTFOLIO", None, body), StatusCode::OK)
                .await?;
        }
        Ok(())
    }

    /// Reads the feed from its beginning up to this hand-over, and shows the last stretch.
    async fn pull(&self, hand_over: &str) -> Result<(), DemoError> {
        let mut path = "/feeds/service_portfolio?limit=50".to_owned();
        loop {
            let stretch = self.call(&get(&path, "PORTFOLIO")).await?.1;
            let items = stretch.body["items"].as_array().cloned().unwrap_or_default();
            let this = |item: &Value| item["handOverId"].as_str().is_some_and(|id| hand_over.ends_with(id));
            if let Some(at) = items.iter().position(this) {
                let what = "It pulls its feed, page after page from its own cursor on, and finds the wish at the end";
                let cursor = path.clone();
                println!("\n## {what}\n\n{}", self.curl(&get(&cursor, "PORTFOLIO")));
                let shown = json!({"items": ["…", items[at]], "next": stretch.body["next"]});
                show(StatusCode::OK, &shown);
                return Ok(());
            }
            if items.is_empty() {
                return Err(DemoError::Otherwise("the feed does not hold the hand-over".into()));
            }
            path = format!("/feeds/service_portfolio?limit=50&cursor={}", stretch.text("/next")?);
        }
    }

    async fn read(&self, request: &str) -> Result<(), DemoError> {
        let what = "The contact reads what was decided";
        self.step(what, get(request, "DECIDER"), StatusCode::OK).await?;
        let timeline = format!("{request}/timeline?limit=100");
        let what = "… and everything that happened to it, in order";
        self.step(what, get(&timeline, "DECIDER"), StatusCode::OK).await?;
        Ok(())
    }

    /// Prints what the user needs to go on.
    async fn hand_over_keys(&self, running: &Running) -> Result<(), DemoError> {
        println!("\n## Go on yourself\n\nSwagger UI:  {}/swagger-ui/", self.running_at);
        println!("\nReady tokens, valid for {} hours:\n", LIFETIME.num_hours());
        println!("export API={}{BASE}", self.running_at);
        let tokens = all_tokens(&running.state, LIFETIME).await?;
        for ((name, token), (_, who)) in tokens.into_iter().zip(CALLERS) {
            println!("# {}\nexport {}={token}", who.spoken(), name.to_uppercase());
        }
        Ok(())
    }

    /// OAuth 2.0 client credentials.
    async fn sign_in(&self, what: &str, name: &str, (id, secret): (ClientId, String)) -> Result<(), DemoError> {
        let address = format!("{}/oauth/token", self.running_at);
        println!("\n## {what}\n\ncurl {address} -u {id}:{secret} -d grant_type=client_credentials");
        let form = [("grant_type", "client_credentials")];
        let reply = self
            .http
            .post(address)
            .basic_auth(id, Some(secret))
            .form(&form)
            .send()
            .await?;
        let (status, body) = (reply.status(), reply.json::<Value>().await?);
        show(status, &body);
        let token = body["access_token"].as_str().unwrap_or_default().to_owned();
        println!("(kept as ${name})");
        self.tokens.borrow_mut().insert(name.into(), token);
        Ok(())
    }

    /// Prints a heading, the call and its answer, which must be the one that was expected.
    async fn step(&self, what: &str, line: Line<'_>, expected: StatusCode) -> Result<Answer, DemoError> {
        println!("\n## {what}\n\n{}", self.curl(&line));
        let (status, answer) = self.call(&line).await?;
        show(status, &answer.body);
        match status == expected {
            true => Ok(answer),
            false => Err(DemoError::Otherwise(format!("{what}: {status}"))),
        }
    }

    fn curl(&self, Line(method, path, token, seen, body): &Line<'_>) -> String {
        let mut line = format!("curl \"$API{path}\" -H \"Authorization: Bearer ${token}\"");
        if *method != Method::GET {
            line += &format!(" \\\n  -X {method} -H \"Idempotency-Key: $(uuidgen)\"");
        }
        if let Some(etag) = seen {
            line += &format!(" -H 'If-Match: {etag}'");
        }
        if let Some(body) = body {
            line += &format!(" \\\n  --json '{body}'");
        }
        line
    }

    async fn call(&self, Line(method, path, token, seen, body): &Line<'_>) -> Result<(StatusCode, Answer), DemoError> {
        let token = self.tokens.borrow().get(*token).cloned().unwrap_or_default();
        let address = format!("{}{BASE}{path}", self.running_at);
        let mut request = self.http.request(method.clone(), address).bearer_auth(token);
        if *method != Method::GET {
            request = request.header("idempotency-key", uuid::Uuid::now_v7().to_string());
        }
        if let Some(etag) = seen {
            request = request.header("if-match", *etag);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await?;
        let etag = reply
            .headers()
            .get("etag")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let (status, body) = (reply.status(), reply.json().await?);
        Ok((status, Answer { etag, body }))
    }

    /// A day from now on, for plans.
    fn in_days(&self, days: i64) -> String {
        (self.today + Duration::days(days)).to_string()
    }
}

fn known_id(kind: &str, name: &'static str) -> Result<uuid::Uuid, DemoError> {
    known::id(kind, name).ok_or(DemoError::NotFilled(name))
}

/// Status and body. Of what succeeded only the members that the play is about are printed.
fn show(status: StatusCode, body: &Value) {
    println!("\n{status}");
    let body = if status.is_success() {
        shortened(body, 0)
    } else {
        body.clone()
    };
    for line in serde_json::to_string_pretty(&body).unwrap_or_default().lines() {
        let cut: String = line.chars().take(140).collect();
        println!("{cut}{}", if cut.len() < line.len() { "…" } else { "" });
    }
}

fn shortened(value: &Value, depth: usize) -> Value {
    match value {
        Value::Array(items) => {
            let mut shown: Vec<Value> = items.iter().take(20).map(|item| shortened(item, depth + 1)).collect();
            if items.len() > shown.len() {
                shown.push("…".into());
            }
            shown.into()
        }
        Value::Object(members) if depth < 4 => {
            let told = |name: &str| SHOWN.contains(&name) || members.len() <= 4;
            let mut shown: serde_json::Map<String, Value> = members
                .iter()
                .filter(|(name, _)| told(name))
                .map(|(name, value)| (name.clone(), shortened(value, depth + 1)))
                .collect();
            if shown.len() < members.len() {
                shown.insert("…".into(), "…".into());
            }
            shown.into()
        }
        other => other.clone(),
    }
}
