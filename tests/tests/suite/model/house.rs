//! A running service in which sequences are played, each with customers, teams and people of its own.
use std::{cell::RefCell, collections::HashMap, sync::Mutex};

use api::identity::Kind;
use chrono::{Days, NaiveDate, TimeDelta};
use end_to_end::{Answer, Caller, Service};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    steps::{Act, By, FORUMS, PERSONS, ROLES, Step},
    town::{Assignment, Contact, Customer, Member, Person, Team, Town},
};

pub struct House {
    pub service: Service,
    services: [String; 2],
    desk: String,
    forums: [String; 3],
    /// Where each forum's feed is read on.
    cursors: Mutex<[Option<String>; 3]>,
    /// How many steps were done and refused, to see that sequences get somewhere.
    pub told: Mutex<Counts>,
}

#[derive(Default)]
pub struct Counts {
    done: HashMap<String, usize>,
    refused: HashMap<&'static str, usize>,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "done {:?}, refused {:?}", self.done, self.refused)
    }
}

/// One sequence: what should be, and who calls.
pub struct Play<'a> {
    pub house: &'a House,
    pub town: Town,
    callers: RefCell<HashMap<By, Caller>>,
    /// How much of what the feeds must tell was read.
    pub read: usize,
}

impl House {
    pub async fn open(service: Service) -> Self {
        let admin = service.administrator();
        let made = async |path: &str, body: Value| admin.post(path, body).await.expect(201).id();
        let client = async |name: &str, scopes: &[&str]| {
            made("/clients", json!({"name": name, "scopes": scopes, "systems": []})).await
        };
        let services = [
            made("/services", json!({"code": "S0", "name": "Noll"})).await,
            made("/services", json!({"code": "S1", "name": "Ett"})).await,
        ];
        let desk = client("Desk", &["requests.read", "requests.write"]).await;
        let forums = [
            client("Portfolio", &["feed.service_portfolio"]).await,
            client("Delivery", &["feed.delivery"]).await,
            client("Strategy", &["feed.strategy"]).await,
        ];
        let (cursors, told) = Default::default();
        Self {
            service,
            services,
            desk,
            forums,
            cursors,
            told,
        }
    }

    fn today(&self) -> NaiveDate {
        let state = self.service.state();
        state.settings.local_date(state.clock.now())
    }

    /// The next noon, so that no sequence runs across midnight.
    fn to_noon(&self) {
        let now = self.service.state().clock.now();
        let noon = (now + Days::new(1))
            .date_naive()
            .and_hms_opt(11, 0, 0)
            .expect("a time")
            .and_utc();
        self.service.state().clock.advance(noon - now);
    }

    /// Plays the steps, each foretold and then judged.
    pub async fn play(&self, steps: Vec<Step>) {
        self.to_noon();
        let mut play = self.settle().await;
        play.skip_feeds().await;
        for step in steps {
            play.step(&step).await;
        }
        play.feeds_told_all().await;
    }

    /// Two branches of customers with a complete team each, contacts of every mandate, and a request:
    /// 0 ─ 1 ─ 2 is served by team 0 (persons 0, 1, 2), 3 by team 1 (persons 3, 4, 2).
    async fn settle(&self) -> Play<'_> {
        let admin = self.service.administrator();
        let made = async |path: &str, body: Value| admin.post(path, body).await.expect(201).id();
        let since = self.today() - Days::new(1000);
        let tag = uuid::Uuid::now_v7().simple().to_string();
        let mut persons = vec![];
        for n in 0..PERSONS {
            let id = made("/persons", json!({"name": format!("Person {n}")})).await;
            persons.push(Person { id, last: None });
        }
        let mut customers: Vec<Customer> = vec![];
        for (n, parent) in [None, Some(0), Some(1), None].into_iter().enumerate() {
            let above: Option<&str> = parent.map(|p: usize| customers[p].id.as_str());
            let code = format!("C{n}-{}", &tag[12..]).to_uppercase();
            let body =
                json!({"code": code, "name": format!("Kund {n}"), "parent": above, "legalEntity": {"name": "Staden"}});
            let id = made("/customers", body).await;
            let uses = if n == 2 { vec![] } else { vec![n % 2] };
            for service in &uses {
                let body = json!({"service": self.services[*service], "firstDay": since});
                made(&format!("/customers/{id}/service-usages"), body).await;
            }
            customers.push(Customer {
                id,
                parent,
                assignments: vec![],
                uses,
            });
        }
        let mut contacts = vec![];
        for (customer, decides) in [(0, true), (1, true), (1, false), (3, true)] {
            let kind = if decides { "customer" } else { "purchaser" };
            let body = json!({"customer": customers[customer].id, "name": "Kim Kontakt",
                "mandates": [{"kind": kind, "firstDay": since}]});
            contacts.push(Contact {
                id: made("/contacts", body).await,
                customer,
                decides,
            });
        }
        let mut teams = vec![];
        for (n, people) in [[0, 1, 2], [3, 4, 2]].into_iter().enumerate() {
            let id = made("/customer-teams", json!({"name": format!("Team {n} {tag}")})).await;
            teams.push(Team {
                id,
                members: vec![],
                exception: None,
                bereft: None,
            });
            for (role, person) in people.into_iter().enumerate() {
                let body = self.membership(&persons[person].id, role, since, None);
                let path = format!("/customer-teams/{}/members", teams[n].id);
                let reply = admin.act(&path, "*", body).await.expect(200);
                let id = unknown(&reply.body["members"], teams[n].members.iter().map(|m| &m.id));
                teams[n].members.push(Member {
                    id,
                    person,
                    role,
                    first: since,
                    last: None,
                });
            }
        }
        for (customer, team) in [(0, 0), (3, 1)] {
            let path = format!("/customers/{}/team-assignments", customers[customer].id);
            let body = json!({"team": teams[team].id, "firstDay": since});
            let reply = admin.act(&path, "*", body).await.expect(200);
            let id = unknown(&reply.body["teamAssignments"], [].iter());
            customers[customer].assignments.push(Assignment {
                id,
                team,
                first: since,
                last: None,
            });
        }
        let (today, matters, told) = (self.today(), vec![], vec![]);
        let town = Town {
            today,
            persons,
            teams,
            customers,
            contacts,
            matters,
            told,
        };
        let mut play = Play {
            house: self,
            town,
            callers: RefCell::default(),
            read: 0,
        };
        let act = Act::Raise {
            customer: 1,
            service: 1,
        };
        play.step(&Step {
            by: By::Contact(1),
            act,
            matter: 0,
            stale: false,
        })
        .await;
        play
    }

    fn membership(&self, person: &str, role: usize, first: NaiveDate, last: Option<NaiveDate>) -> Value {
        let services = if ROLES[role] == "service_owner" {
            json!([self.services[0]])
        } else {
            json!([])
        };
        json!({"person": person, "role": ROLES[role], "services": services, "firstDay": first, "lastDay": last})
    }
}

/// The id in a list of things that was not known before.
fn unknown<'a>(list: &Value, known: impl Iterator<Item = &'a String>) -> String {
    let known: Vec<&String> = known.collect();
    let ids = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|thing| thing["id"].as_str().expect("an id"));
    let new: Vec<&str> = ids.filter(|id| known.iter().all(|k| k != id)).collect();
    assert_eq!(new.len(), 1, "{list:#}");
    new[0].to_owned()
}

fn nowhere() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Play<'_> {
    pub fn caller(&self, by: By) -> Caller {
        let made = || {
            let service = &self.house.service;
            match by {
                By::Administrator => service.administrator(),
                By::Auditor => service.auditor(),
                By::Person(p) => service.caller(Kind::Person, &self.town.persons[p].id),
                By::Contact(k) => service.caller(Kind::Contact, &self.town.contacts[k].id),
                By::Desk => service.caller_with(Kind::Client, &self.house.desk, "requests.read requests.write"),
                By::Addressee => unreachable!("is one of the forums"),
                By::Forum(f) => {
                    service.caller_with(Kind::Client, &self.house.forums[f], &format!("feed.{}", FORUMS[f]))
                }
            }
        };
        self.callers.borrow_mut().entry(by).or_insert_with(made).clone()
    }

    async fn step(&mut self, step: &Step) {
        let step = &self.town.addressed(step);
        let foretold = self.town.after(step);
        // What a bearer may is believed for 5 seconds.
        let pause = if matches!(step.act, Act::Wait) {
            TimeDelta::days(1)
        } else {
            TimeDelta::seconds(6)
        };
        self.house.service.state().clock.advance(pause);
        if !matches!(step.act, Act::Wait) {
            let answer = self.send(step).await;
            match &foretold {
                Ok(_) => drop(answer.clone().expect(if matches!(step.act, Act::Raise { .. }) {
                    201
                } else {
                    200
                })),
                Err((status, why)) => drop(answer.clone().refused(*status, why)),
            }
            self.count(step, foretold.as_ref().err());
            let Ok(town) = foretold else { return };
            self.town = town;
            self.learn(step, &answer);
        } else {
            self.town = foretold.expect("time passes");
            assert_eq!(self.house.today(), self.town.today);
        }
        self.judge(step).await;
    }

    fn count(&self, step: &Step, refused: Option<&(u16, &'static str)>) {
        let mut told = self.house.told.lock().expect("the counts");
        match refused {
            Some((_, why)) => *told.refused.entry(why).or_default() += 1,
            None => {
                let act = format!("{:?}", step.act);
                let name = act.split(' ').next().unwrap_or_default().to_owned();
                *told.done.entry(name).or_default() += 1;
            }
        }
    }

    async fn send(&self, step: &Step) -> Answer {
        let (town, caller) = (&self.town, self.caller(step.by));
        let etag = if step.stale { "\"0\"" } else { "*" };
        let day = |offset: i64| town.day(offset);
        let team = |n: usize| format!("/customer-teams/{}", town.teams[n].id);
        let customer = |n: usize| format!("/customers/{}", town.customers[n].id);
        let index = step.matter % town.matters.len().max(1);
        let request = |act: &str| format!("/requests/{}{act}", town.matters[index].id);
        let hand_over = |back: usize| {
            let found = town.hand_over(index, back);
            let id = found.map_or_else(nowhere, |n| town.matters[index].hand_overs[n].id.clone());
            format!("/hand-overs/{id}")
        };
        match &step.act {
            Act::Wait => unreachable!("nobody calls"),
            Act::Join {
                team: t,
                person,
                role,
                first,
                last,
            } => {
                let body = self
                    .house
                    .membership(&town.persons[*person].id, *role, day(*first), last.map(day));
                caller.act(&(team(*t) + "/members"), etag, body).await
            }
            Act::Leave {
                team: t,
                member,
                last,
                successor,
            } => {
                let id = town.teams[*t]
                    .members
                    .get(*member)
                    .map_or_else(nowhere, |m| m.id.clone());
                let successor = successor.map(|p| town.persons[p].id.clone());
                let body = json!({"lastDay": day(*last), "successor": successor});
                caller.act(&format!("{}/members/{id}/end", team(*t)), etag, body).await
            }
            Act::Depart { person, last } => {
                let path = format!("/persons/{}/departure", town.persons[*person].id);
                caller.act(&path, etag, json!({"lastDay": day(*last)})).await
            }
            Act::Except { team: t, last } => {
                let path = team(*t) + "/same-person-exception";
                let body = last.map(|last| json!({"reason": "Litet team", "lastDay": day(last)}));
                let method = if body.is_some() { Method::PUT } else { Method::DELETE };
                caller.send(method, &path, &[("if-match", etag)], body).await
            }
            Act::Move { customer: c, parent } => {
                let parent = parent.map(|p| town.customers[p].id.clone());
                caller.patch(&customer(*c), etag, json!({"parent": parent})).await
            }
            Act::Assign {
                customer: c,
                team: t,
                first,
                last,
            } => {
                let body = json!({"team": town.teams[*t].id, "firstDay": day(*first), "lastDay": last.map(day)});
                caller.act(&(customer(*c) + "/team-assignments"), etag, body).await
            }
            Act::Unassign { customer: c, nth, last } => {
                let id = town.customers[*c]
                    .assignments
                    .get(*nth)
                    .map_or_else(nowhere, |a| a.id.clone());
                let path = format!("{}/team-assignments/{id}/end", customer(*c));
                caller.act(&path, etag, json!({"lastDay": day(*last)})).await
            }
            Act::Raise { customer: c, service } => {
                let body = json!({"customer": town.customers[*c].id, "kind": "wish", "title": "Rubrik 0",
                    "services": [self.house.services[*service]]});
                caller.post("/requests", body).await
            }
            Act::Change { title, service } => {
                let body = json!({"title": format!("Rubrik {title}"), "services": [self.house.services[*service]]});
                caller.patch(&request(""), etag, body).await
            }
            Act::Investigate => caller.act(&request("/investigation"), etag, Value::Null).await,
            Act::Endorse => caller.send(Method::POST, &request("/endorsements"), &[], None).await,
            Act::Route { to } => {
                caller
                    .act(&request("/routing"), etag, json!({"destination": FORUMS[*to]}))
                    .await
            }
            Act::Dismiss { declined } => {
                let ground = if *declined { "declined_by_forum" } else { "out_of_scope" };
                caller
                    .act(
                        &request("/dismissal"),
                        etag,
                        json!({"ground": ground, "reason": "Nej."}),
                    )
                    .await
            }
            Act::Withdraw => {
                caller
                    .act(&request("/withdrawal"), etag, json!({"reason": "Ångrat."}))
                    .await
            }
            Act::Acknowledge { back, reference } => {
                let body = json!({"reference": format!("A-{reference}")});
                caller.post(&(hand_over(*back) + "/acknowledgement"), body).await
            }
            Act::Decide {
                back,
                accept,
                reference,
            } => {
                let outcome = if *accept { "accepted" } else { "declined" };
                let body = json!({"outcome": outcome, "reason": "Så är det.", "plan": "Vi gör det.",
                    "reference": format!("D-{reference}")});
                caller.post(&(hand_over(*back) + "/decision"), body).await
            }
            Act::Fulfil { back, reference } => {
                caller
                    .post(
                        &(hand_over(*back) + "/fulfilment"),
                        json!({"reference": format!("F-{reference}")}),
                    )
                    .await
            }
        }
    }

    /// The ids of what was made.
    fn learn(&mut self, step: &Step, answer: &Answer) {
        let town = &mut self.town;
        match &step.act {
            Act::Join { team, .. } | Act::Leave { team, .. } => {
                let members = &mut town.teams[*team].members;
                if members.last().is_some_and(|m| m.id.is_empty()) {
                    let id = unknown(&answer.body["members"], members.iter().map(|m| &m.id));
                    members.last_mut().expect("the new one").id = id;
                }
            }
            Act::Assign { customer, .. } => {
                let assignments = &mut town.customers[*customer].assignments;
                let id = unknown(&answer.body["teamAssignments"], assignments.iter().map(|a| &a.id));
                assignments.last_mut().expect("the new one").id = id;
            }
            Act::Raise { .. } => town.matters.last_mut().expect("the new one").id = answer.id(),
            Act::Route { .. } => {
                let index = step.matter % town.matters.len();
                let id = answer.body["handOver"]["id"].as_str().expect("a hand-over").to_owned();
                town.matters[index].hand_overs.last_mut().expect("the new one").id = id;
            }
            _ => {}
        }
    }

    /// Reads a feed on from where it was read last.
    pub async fn read_feed(&self, forum: usize) -> Vec<Value> {
        let mut items = vec![];
        loop {
            let cursor = self.house.cursors.lock().expect("the cursors")[forum].clone();
            let cursor = cursor.map(|c| format!("&cursor={c}")).unwrap_or_default();
            let path = format!("/feeds/{}?limit=200{cursor}", FORUMS[forum]);
            let page = self.caller(By::Forum(forum)).get(&path).await.expect(200);
            self.house.cursors.lock().expect("the cursors")[forum] = Some(page.text("next"));
            items.extend(page.items().iter().cloned());
            if page.body["more"] == false {
                return items;
            }
        }
    }

    async fn skip_feeds(&self) {
        for forum in 0..FORUMS.len() {
            self.read_feed(forum).await;
        }
    }
}
