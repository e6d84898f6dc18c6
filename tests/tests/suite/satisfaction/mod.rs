//! Satisfaction: ratings in, and what is told of them.
mod metrics;
mod ratings;
mod reports;
mod statements;
mod surveys;
mod surveys_withholding;
mod withholding;

use api::identity::Kind;
use chrono::{DateTime, Utc};
use end_to_end::{Caller, Service, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::measurements::{NDJSON, answered, lines};

/// A desk that sends what users think, on whatever day it is.
pub struct Ratings {
    desk: String,
    sent: std::cell::Cell<usize>,
}

/// A world with such a desk.
pub struct Rated {
    pub world: World,
    ratings: Ratings,
}

/// So many ratings that are alike: customer, service, scale, score, and how many.
pub type Alike<'a> = (&'a str, &'a str, (i32, i32), i32, usize);

/// Moves the clock to noon of a day; tokens of before do not hold there.
pub fn on_day(service: &Service, day: &str) {
    let noon: DateTime<Utc> = format!("{day}T11:00:00Z").parse().expect("a day");
    let clock = &service.state().clock;
    clock.advance(noon - clock.now());
}

/// What the hourly round does.
pub async fn drawn(service: &Service) {
    let kept = api::server::keep_figures(service.state()).await;
    kept.expect("the figures are drawn");
}

impl Rated {
    pub async fn set(service: &Service, day: &str) -> Self {
        on_day(service, day);
        Self {
            world: World::build(service).await,
            ratings: Ratings::set(service).await,
        }
    }

    pub async fn rate(&self, service: &Service, month: &str, ratings: &[Alike<'_>]) {
        self.ratings.rate(service, month, ratings).await;
    }
}

impl Ratings {
    pub async fn set(service: &Service) -> Self {
        let body = json!({"name": "Enkäter", "scopes": ["satisfaction.write"], "systems": ["desk"]});
        Self {
            desk: service.administrator().post("/clients", body).await.expect(201).id(),
            sent: std::cell::Cell::new(0),
        }
    }

    /// Sends ratings that were given in a month.
    pub async fn rate(&self, service: &Service, month: &str, ratings: &[Alike<'_>]) {
        let desk = service.caller_with(Kind::Client, &self.desk, "satisfaction.write");
        let mut documents = vec![];
        for (customer, about, (low, high), score, n) in ratings {
            for _ in 0..*n {
                let number = self.sent.replace(self.sent.get() + 1);
                documents.push(json!({"source": "desk", "sourceId": number.to_string(),
                    "ratedAt": format!("{month}-15T10:00:00Z"), "service": about, "customer": customer,
                    "scale": {"low": low, "high": high}, "score": score}));
            }
        }
        let request = desk.request(Method::POST, &format!("/ratings?batch=b{}", self.sent.get()));
        let (_, summary) = answered(request.header(NDJSON.0, NDJSON.1).body(lines(&documents))).await;
        assert_eq!(summary["counts"]["accepted"], documents.len(), "{summary}");
    }
}

/// Every figure that the query finds, page by page.
pub async fn figures(caller: &Caller, query: &str) -> Vec<Value> {
    let mut all = vec![];
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("&{query}")
    };
    let mut cursor = String::new();
    loop {
        let page = caller
            .get(&format!("/satisfaction/metrics?limit=200{query}{cursor}"))
            .await
            .expect(200);
        all.extend(page.items().clone());
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}
