//! R19 over the customers' series: a reader who polls open rounds, reads everything that is told of closed ones, asks for figures in
//! hundreds of ways, and forgets nothing from month to month, cannot work out what is withheld.
use std::collections::BTreeMap;

use api::identity::Kind;
use end_to_end::{Answer, Service, World, on_each_database, size};
use serde_json::{Value, json};

use super::{
    drawn, figures, on_day,
    withholding::{Chance, LEAST, MONTHS, Place, QUARTER, Reader, derived},
};
use crate::surveys::{act, answer, contacts, links};

/// The questions, each on a scale of its own: figures of different scales have nothing to do with each other. The first must be
/// answered, so that who answered is who answered it.
const QUESTIONS: [(&str, i32, i32); 4] = [("how", 1, 5), ("easy", 1, 7), ("recommend", 0, 10), ("price", 1, 4)];

fn survey() -> Value {
    let question = |(at, (key, low, high)): (usize, &(&str, i32, i32))| {
        let scale = json!({"kind": "scale", "scale": {"low": low, "high": high}});
        json!({"key": key, "text": {"sv": "Fråga?", "en": "Question?"}, "answer": scale, "required": at == 0})
    };
    let questions: Vec<Value> = QUESTIONS.iter().enumerate().map(question).collect();
    json!({"kind": "service_follow_up", "content": {"title": {"sv": "Enkät", "en": "Survey"}, "questions": questions}})
}

/// Three customers of one team with twelve contacts each, and what was truly answered.
struct Asked<'a> {
    service: &'a Service,
    world: World,
    survey: String,
    customers: [(String, String); 3],
    truth: BTreeMap<Place, u64>,
    chance: Chance,
}

impl<'a> Asked<'a> {
    async fn set(service: &'a Service) -> Self {
        on_day(service, "2026-01-20");
        let world = World::build(service).await;
        let body =
            json!({"code": "KLK-EK", "name": "Ekonomi", "parent": world.klk, "legalEntity": {"name": "Kommunen"}});
        let third = service.administrator().post("/customers", body).await.expect(201).id();
        let customers = [
            ("KLK", world.klk.clone()),
            ("KLK-HR", world.klk_hr.clone()),
            ("KLK-EK", third),
        ];
        for (_, customer) in &customers {
            contacts(service, customer, 12).await;
        }
        Self {
            survey: world.brm.post("/surveys", survey()).await.expect(201).id(),
            customers: customers.map(|(code, id)| (code.to_owned(), id)),
            truth: BTreeMap::new(),
            chance: Chance(19),
            service,
            world,
        }
    }

    fn count(&mut self, high: i32, customer: &str, about: &str, month: &str, n: u64) {
        let both = format!("{customer}/{about}");
        *self.truth.entry((high.into(), both, month.into())).or_default() += n;
        for part in ["", customer, about] {
            for period in [month, QUARTER] {
                *self
                    .truth
                    .entry((high.into(), part.to_owned(), period.into()))
                    .or_default() += n;
            }
        }
    }

    /// A round of the month about a service; few or many of each customer answer, and not each every question. While it is open
    /// nothing is told.
    async fn round(&mut self, month: &str, about: &str) -> String {
        let manager = self.service.caller(Kind::Person, &self.world.brm_id);
        let ids: Vec<&String> = self.customers.iter().map(|(_, id)| id).collect();
        let body = json!({"survey": self.survey, "title": {"sv": "Enkät", "en": "Survey"}, "anonymity": "confidential",
            "customers": ids, "service": about, "mandates": ["key_user"],
            "firstDay": format!("{month}-20"), "lastDay": format!("{month}-25")});
        let round = manager.post("/survey-rounds", body).await.expect(201);
        act(&manager, &round, "opening").await.expect(200);
        let table = links(&manager, &round, 0).await;
        let before = self.polled(&round).await;
        for (code, id) in self.customers.clone() {
            let heard = if self.chance.next(6) == 0 {
                self.chance.next(5)
            } else {
                6 + self.chance.next(7)
            };
            let n: Vec<u64> = (0..QUESTIONS.len() as u64)
                .map(|at| {
                    if at == 0 {
                        heard
                    } else {
                        heard.saturating_sub(self.chance.next(4))
                    }
                })
                .collect();
            for ((_, _, high), n) in QUESTIONS.iter().zip(&n) {
                self.count(*high, &id, about, month, *n);
            }
            let theirs = table.iter().filter(|line| line[1] == code);
            for (line, at) in theirs.zip(0..heard) {
                let mut given = json!({});
                for ((key, low, high), _) in QUESTIONS.iter().zip(&n).filter(|(_, n)| at < **n) {
                    let steps = u64::try_from(high - low + 1).expect("a scale");
                    given[*key] = json!(low + i32::try_from(self.chance.next(steps)).expect("small"));
                }
                answer(self.service, &line[4], given, true).await.expect(200);
            }
        }
        assert_eq!(self.polled(&round).await, before, "an open round tells nothing");
        act(&manager, &round, "closing").await.expect(200);
        round.id()
    }

    /// All that is told of a round and of everything else while it is open.
    async fn polled(&self, round: &Answer) -> Vec<Value> {
        let admin = self.service.administrator();
        let manager = self.service.caller(Kind::Person, &self.world.brm_id);
        let path = format!("/survey-rounds/{}", round.id());
        let mut told = figures(&admin, "").await;
        let ways = [
            (&admin, ""),
            (&admin, "/invitations?limit=200"),
            (&manager, "/notifications"),
        ];
        for (caller, more) in ways {
            told.push(caller.get(&format!("{path}{more}")).await.expect(200).body);
        }
        for (caller, more) in [(&admin, "/turnout"), (&manager, "/comments?question=how")] {
            let refused = caller.get(&format!("{path}{more}")).await.expect(409);
            told.push(refused.body["errors"].clone());
        }
        told.push(admin.get("/survey-rounds?limit=200").await.expect(200).body);
        told.push(self.service.auditor().get("/event-head").await.expect(200).body);
        told
    }
}

/// What adds up to what.
fn sums(customers: &[String], services: &[String]) -> Vec<(Place, Vec<Place>)> {
    let mut sums = vec![];
    for (_, _, high) in QUESTIONS {
        let place = |part: &str, period: &str| (i64::from(high), part.to_owned(), period.to_owned());
        for period in MONTHS.into_iter().chain([QUARTER]) {
            for rows in [customers, services] {
                sums.push((place("", period), rows.iter().map(|part| place(part, period)).collect()));
            }
        }
        for month in MONTHS {
            let both = |customer: &String, about: &String| place(&format!("{customer}/{about}"), month);
            for one in customers {
                sums.push((
                    place(one, month),
                    services.iter().map(|other| both(one, other)).collect(),
                ));
            }
            for one in services {
                sums.push((
                    place(one, month),
                    customers.iter().map(|other| both(other, one)).collect(),
                ));
            }
        }
        for part in std::iter::once("").chain(customers.iter().chain(services).map(String::as_str)) {
            sums.push((
                place(part, QUARTER),
                MONTHS.iter().map(|month| place(part, month)).collect(),
            ));
        }
    }
    sums
}

/// What the turnout of a closed round tells: how many answered in all, by R19 (d), and of which customers.
async fn heard(service: &Service, round: &str) -> (u64, Vec<(String, u64)>) {
    let path = format!("/survey-rounds/{round}/turnout");
    let told = service.administrator().get(&path).await.expect(200).body;
    let strata = told["strata"].as_array().expect("strata").iter();
    let of = |one: &Value| Some((one["customer"]["id"].as_str()?.to_owned(), one["answered"].as_u64()?));
    (
        told["answered"].as_u64().expect("R19 d"),
        strata.filter_map(of).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_nothing_told_of_rounds_gives_a_withheld_figure_away() {
    let ways = size("END_TO_END_FIGURES", 60);
    on_each_database(async |service| {
        let mut asked = Asked::set(&service).await;
        let services = [asked.world.mail.clone(), asked.world.salary.clone()];
        let customers: Vec<String> = asked.customers.iter().map(|(_, id)| id.clone()).collect();
        let parts: Vec<String> = std::iter::once(String::new())
            .chain(customers.iter().map(|id| format!("customer={id}")))
            .chain(services.iter().map(|id| format!("service={id}")))
            .collect();
        let mut reader = Reader::default();
        let mut rounds = vec![];
        for (month, fixed) in MONTHS.into_iter().zip(["2026-02-04", "2026-03-04", "2026-04-04"]) {
            on_day(&service, &format!("{month}-20"));
            for about in &services {
                rounds.push((month, about, asked.round(month, about).await));
            }
            on_day(&service, fixed);
            drawn(&service).await;
            let periods = [
                "",
                "period=2026-01",
                "period=2026-02",
                "period=2026-03",
                "period=2026-Q1",
            ];
            reader.ask(&service.administrator(), &parts, &periods, ways).await;
        }
        let truth = &asked.truth;
        let figures = reader.seen.iter().filter_map(|(place, n)| Some((place.clone(), (*n)?)));
        let mut told: BTreeMap<Place, u64> = figures.collect();
        assert!(
            told.len() * 2 > truth.values().filter(|n| **n >= LEAST).count(),
            "much is told"
        );
        let high = i64::from(QUESTIONS[0].2);
        let mut strata = 0;
        for (month, about, round) in &rounds {
            let (all, of_customers) = heard(&service, round).await;
            told.insert((high, (*about).clone(), (*month).to_owned()), all);
            for (customer, answered) in of_customers {
                strata += 1;
                told.insert((high, format!("{customer}/{about}"), (*month).to_owned()), answered);
            }
        }
        assert!(strata > 0, "turnouts tell something");
        assert!(told.iter().all(|(place, n)| truth[place] == *n), "what is told is true");
        let sums = sums(&customers, &services);
        assert_eq!(derived(truth, &told, &sums), Vec::<Place>::new());
        // The attack is one.
        let only_small_withheld = truth
            .iter()
            .filter(|(_, n)| **n >= LEAST)
            .map(|(place, n)| (place.clone(), *n))
            .collect();
        assert!(!derived(truth, &only_small_withheld, &sums).is_empty());
        service.stop().await;
    })
    .await;
}
