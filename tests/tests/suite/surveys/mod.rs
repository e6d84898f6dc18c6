//! Surveys: rounds from the draft to what was said in them, answers by links, and what nobody can find out.
mod anonymity;
mod answering;
mod comments;
mod earlier;
mod mail;
mod page;
mod rounds;
mod turnout;

use end_to_end::{Answer, Caller, Service, World};
use sea_orm::{ConnectionTrait, Database as Direct, DatabaseConnection, Statement};
use serde_json::{Value, json};

/// What the tests look into behind the service's back.
pub struct Store(DatabaseConnection);

impl Store {
    pub async fn of(service: &Service) -> Self {
        let url = service.settings().database().url;
        Self(Direct::connect(url).await.expect("the database"))
    }

    /// The first column of each row, as text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        let rows = self.0.query_all_raw(statement).await.expect(sql);
        rows.iter()
            .map(|row| {
                row.try_get_by_index::<Option<String>>(0)
                    .expect(sql)
                    .unwrap_or_default()
            })
            .collect()
    }

    /// What becomes of a statement that the service would never send.
    pub async fn run(&self, sql: &str) -> Result<(), sea_orm::DbErr> {
        self.0.execute_unprepared(sql).await.map(|_| ())
    }

    /// Each row of each table as text, ids without their dashes, with the table's name.
    pub async fn everything(&self) -> Vec<(String, String)> {
        let postgres = self.0.get_database_backend() == sea_orm::DbBackend::Postgres;
        let tables = match postgres {
            true => {
                "select table_name::text from information_schema.tables where table_schema = current_schema() \
                     and table_type = 'BASE TABLE'"
            }
            false => "select name from sqlite_master where type = 'table'",
        };
        let mut all = vec![];
        for table in self.texts(tables).await {
            let rows = if postgres {
                format!("select t::text from \"{table}\" t")
            } else {
                let columns = self
                    .texts(&format!("select name from pragma_table_info('{table}')"))
                    .await;
                let quoted: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
                format!("select {} from \"{table}\"", quoted.join(" || ' ' || "))
            };
            for row in self.texts(&rows).await {
                all.push((table.clone(), row.to_lowercase().replace('-', "")));
            }
        }
        all
    }

    /// As [`Store::everything`] of one table, in the order in which the rows lie.
    pub async fn rows(&self, table: &str) -> Vec<String> {
        let all = self.everything().await;
        all.into_iter()
            .filter(|(of, _)| of == table)
            .map(|(_, row)| row)
            .collect()
    }
}

/// How satisfied (1 to 5), why where not, how likely to recommend (0 to 10), and in words.
pub fn survey() -> Value {
    let question = |key: &str, kind: &str| json!({"key": key, "text": {"sv": "Fråga?", "en": "Question?"}, "answer": {"kind": kind}});
    let mut how = question("how", "csat");
    how["required"] = json!(true);
    let mut why = question("why", "text");
    why["condition"] = json!({"question": "how", "answers": [1, 2]});
    json!({"kind": "customer_relation", "freeTextMonths": 12, "content": {"title": {"sv": "Enkät", "en": "Survey"},
        "questions": [how, why, question("recommend", "nps"), question("words", "text")]}})
}

/// A world with so many more contacts of a customer.
pub async fn contacts(service: &Service, customer: &str, n: usize) -> Vec<String> {
    let mut made = vec![];
    for i in 0..n {
        let mandates = json!([{"kind": "key_user", "firstDay": "2020-01-01"}]);
        let name = format!("Kontakt {i} {}", &customer[30..]);
        let email = format!("kontakt.{i}.{}@example.se", &customer[30..]);
        let body = json!({"customer": customer, "name": name, "email": email, "mandates": mandates});
        made.push(service.administrator().post("/contacts", body).await.expect(201).id());
    }
    made
}

/// A local day some days from now.
pub fn day(service: &Service, days: i64) -> String {
    let state = service.state();
    let now = state.clock.now() + chrono::Duration::days(days);
    state.settings.local_date(now).to_string()
}

/// A round for the customers, open from today on for two weeks, once its respondents are chosen.
pub async fn draft(service: &Service, world: &World, anonymity: &str, customers: &[&str], more: Value) -> Answer {
    let survey = world.brm.post("/surveys", survey()).await.expect(201).id();
    let mut body = json!({"survey": survey, "title": {"sv": "Kundenkät", "en": "Customer survey"},
        "anonymity": anonymity, "customers": customers, "firstDay": day(service, 0), "lastDay": day(service, 14)});
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    world.brm.post("/survey-rounds", body).await.expect(201)
}

/// Does the act, which has no body.
pub async fn act(caller: &Caller, round: &Answer, name: &str) -> Answer {
    let path = format!("/survey-rounds/{}", round.id());
    let seen = caller.get(&path).await.expect(200);
    caller.act(&format!("{path}/{name}"), &seen.etag(), Value::Null).await
}

/// The lines of the table of links.
pub async fn links(caller: &Caller, round: &Answer, reminder: u32) -> Vec<csv::StringRecord> {
    let path = format!("/survey-rounds/{}/links", round.id());
    let table = caller.post(&path, json!({"reminder": reminder})).await.expect(200);
    let text = table.body.as_str().expect("a table").to_owned();
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|line| line.expect("a line"))
        .collect()
}

/// What comes back to an answer.
pub async fn answer(service: &Service, link: &str, answers: Value, hand_in: bool) -> Answer {
    let body = json!({"answers": answers, "handIn": hand_in});
    Answer::to("POST /svara", service.http.post(link).json(&body)).await
}

/// The form behind a link.
pub async fn form(service: &Service, link: &str) -> Answer {
    Answer::to(
        "GET /svara",
        service.http.get(link).header("accept", "application/json"),
    )
    .await
}
