//! Who does each act on a request of the demo, and how.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{access::Caller, people::MandateKind, requests::*, vocabulary::*};
use persistence::{
    UnitOfWork,
    clients::{self, Bearer},
    customers, people, requests as store,
};
use serde_json::json;

use super::{
    fill::{self, DELIVERY, DESK, PORTFOLIO, Registers, STRATEGY, input, named, permitted, settle, unit_at},
    known,
    lives::{self, Deed, Step},
    municipality::*,
};
use crate::{State, http::Problem, rooms};

/// Does everything that happened up to now.
pub async fn perform_all(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let cast = Cast::of(state, registers, now).await?;
    let mut matters = vec![Matter::default(); REQUESTS.len()];
    for step in lives::all(now) {
        if let Some(matter) = matters.get_mut(step.request) {
            let doer = cast.doer(&step, matter)?;
            *matter = perform(state, registers, &step, doer, matter).await?;
        }
    }
    Ok(())
}

/// What the demo must remember of a request.
#[derive(Debug, Clone, Copy, Default)]
struct Matter {
    id: Option<RequestId>,
    hand_over: Option<(HandOverId, Destination)>,
}

impl Matter {
    fn id(&self) -> Result<RequestId, Problem> {
        self.id.ok_or(Problem::NotFound)
    }

    fn hand_over(&self) -> Result<HandOverId, Problem> {
        self.hand_over.map(|(id, _)| id).ok_or(Problem::NotFound)
    }
}

/// Who there is to act.
struct Cast {
    persons: Vec<Caller>,
    contacts: Vec<Caller>,
    clients: HashMap<&'static str, Caller>,
}

impl Cast {
    async fn of(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<Self, Problem> {
        let reader = state.db.reader();
        let today = state.settings.local_date(now);
        let caller = async |bearer| clients::caller(&reader, &bearer, today).await?.ok_or(Problem::NotFound);
        let mut cast = Self {
            persons: vec![],
            contacts: vec![],
            clients: HashMap::new(),
        };
        for person in &registers.persons {
            cast.persons.push(caller(Bearer::Person(person.id)).await?);
        }
        for contact in &registers.contacts {
            cast.contacts.push(caller(Bearer::Contact(*contact)).await?);
        }
        for (name, (id, _)) in &registers.clients {
            let scopes = clients::get(&reader, *id).await?.scopes;
            cast.clients.insert(name, caller(Bearer::Client(*id, scopes)).await?);
        }
        Ok(cast)
    }

    /// Who does it.
    fn doer(&self, step: &Step, matter: &Matter) -> Result<&Caller, Problem> {
        let seed = seed(step)?;
        let doer = match step.deed {
            Deed::Receive if by_desk(step) => self.clients.get(DESK),
            Deed::Receive | Deed::CustomerComment | Deed::Withdraw | Deed::Reopen => {
                self.contacts.get(raiser(step, seed))
            }
            Deed::Endorse => self.contacts.get(decider(seed)),
            Deed::Route(Destination::Delivery) => self.persons.get(team(seed)?.delivery_manager),
            Deed::Investigate | Deed::TeamComment if step.request.is_multiple_of(3) => {
                self.persons.get(team(seed)?.delivery_manager)
            }
            Deed::Investigate | Deed::TeamComment | Deed::Route(_) | Deed::Dismiss | Deed::Answer => {
                self.persons.get(team(seed)?.business_relationship_manager)
            }
            Deed::Acknowledge | Deed::Accept | Deed::Decline | Deed::Fulfil => {
                matter.hand_over.and_then(|(_, destination)| {
                    self.clients.get(match destination {
                        Destination::ServicePortfolio => PORTFOLIO,
                        Destination::Delivery => DELIVERY,
                        Destination::Strategy => STRATEGY,
                        // The register answers by what becomes of its entry.
                        Destination::Improvement => return None,
                    })
                })
            }
        };
        doer.ok_or(Problem::NotFound)
    }
}

fn seed(step: &Step) -> Result<&'static RequestSeed, Problem> {
    REQUESTS.get(step.request).ok_or(Problem::NotFound)
}

/// Whether the service desk pushed it; what the document's examples act on was raised by the contact.
fn by_desk(step: &Step) -> bool {
    step.request % 10 < 4
        && REQUESTS
            .get(step.request)
            .is_some_and(|r| known::id("request", r.title).is_none())
}

/// The contact who raised it, by their place in the data.
fn raiser(step: &Step, seed: &RequestSeed) -> usize {
    if known::id("request", seed.title).is_some() {
        return decider(seed);
    }
    let all: Vec<usize> = of_customer(seed).collect();
    all.get(step.request / 3 % all.len().max(1))
        .copied()
        .unwrap_or_default()
}

fn of_customer(seed: &RequestSeed) -> impl Iterator<Item = usize> {
    let contacts = CONTACTS.iter().enumerate();
    contacts
        .filter(|(_, c)| c.customer == seed.customer)
        .map(|(place, _)| place)
}

/// The contact of the customer with mandate `customer`.
fn decider(seed: &RequestSeed) -> usize {
    let decides = MandateKind::Customer.to_string();
    of_customer(seed)
        .find(|place| CONTACTS[*place].mandate == decides)
        .unwrap_or_default()
}

/// The team that is responsible for the request's customer: its own, or its nearest ancestor's.
fn team(seed: &RequestSeed) -> Result<&'static TeamSeed, Problem> {
    let mut code = Some(seed.customer);
    while let Some(here) = code {
        if let Some(team) = TEAMS.iter().find(|team| team.customers.contains(&here)) {
            return Ok(team);
        }
        code = CUSTOMERS.iter().find(|c| c.code == here).and_then(|c| c.parent);
    }
    Err(Problem::NotFound)
}

/// One of several texts, always the same one for the request.
fn one_of(texts: &'static [&'static str], step: &Step) -> &'static str {
    texts
        .get(step.request % texts.len().max(1))
        .copied()
        .unwrap_or_default()
}

async fn perform(
    state: &State,
    registers: &Registers,
    step: &Step,
    doer: &Caller,
    matter: &Matter,
) -> Result<Matter, Problem> {
    unit_at(state, step.at, doer, async |unit| match step.deed {
        Deed::Receive => receive(state, registers, unit, step, doer).await,
        Deed::TeamComment | Deed::CustomerComment => comment(unit, step, doer, matter).await,
        Deed::Route(to) => route(unit, step, doer, matter, to).await,
        _ => act(state, unit, step, doer, matter).await,
    })
    .await
}

async fn receive(
    state: &State,
    registers: &Registers,
    unit: &mut UnitOfWork,
    step: &Step,
    doer: &Caller,
) -> Result<Matter, Problem> {
    let seed = seed(step)?;
    let services: Result<Vec<_>, _> = seed
        .services
        .iter()
        .map(|c| Ok(named(&registers.services, c)?.id))
        .collect();
    let mut body = json!({
        "customer": named(&registers.customers, seed.customer)?.id,
        "kind": seed.kind,
        "title": seed.title,
        "description": seed.description,
        "services": services.map_err(|e: Problem| e)?,
    });
    if !seed.benefit.is_empty() {
        body["benefit"] = json!(seed.benefit);
    }
    if step.request % 4 == 1 {
        body["wantedBy"] = json!(fill::days_on(unit.today(), 150));
    }
    if by_desk(step) {
        let reference = format!("INC{:07}", 41_200 + 37 * step.request);
        let url = format!("https://servicedesk.lindasa.example/{reference}");
        body["channel"] = json!("service_desk");
        body["raisedBy"] = json!(registers.contacts.get(raiser(step, seed)));
        body["references"] = json!([{"system": "servicedesk", "id": reference, "url": url}]);
    }
    settle(unit, "request", seed.title);
    let scope = permitted(step.deed.operation(), doer)?;
    let (request, _) = rooms::requests::tell(&scope, unit, &state.settings, input(body)?).await?;
    Ok(Matter {
        id: Some(request.id),
        hand_over: None,
    })
}

async fn comment(unit: &mut UnitOfWork, step: &Step, doer: &Caller, matter: &Matter) -> Result<Matter, Problem> {
    let scope = permitted(step.deed.operation(), doer)?;
    let request = store::get(unit, &scope, matter.id()?, unit.today()).await?;
    let body = input(json!({"text": one_of(COMMENTS, step)}))?;
    let author = doer.raiser().ok_or(Problem::Forbidden)?;
    let comment = Comment::write(unit.new_id(), &request, body, author, unit.now())?;
    store::insert_comment(unit, &comment).await?;
    Ok(*matter)
}

async fn route(
    unit: &mut UnitOfWork,
    step: &Step,
    doer: &Caller,
    matter: &Matter,
    destination: Destination,
) -> Result<Matter, Problem> {
    let scope = permitted(step.deed.operation(), doer)?;
    let before = store::load(unit, &scope, matter.id()?).await?;
    let used = customers::used_services(unit, before.customer.id, unit.today()).await?;
    settle(unit, "hand-over", seed(step)?.title);
    let routing = input(json!({"destination": destination}))?;
    let (after, former) = before.clone().route(unit.new_id(), routing, &used, unit.now())?;
    if let (Some(was), Some(taken_back)) = (&before.hand_over, &former) {
        store::update_hand_over(unit, "withdrawn", was, taken_back).await?;
    }
    store::update(unit, step.deed.event(), &before, &after).await?;
    let hand_over = after.hand_over.map(|h| (h.id, destination));
    Ok(Matter { hand_over, ..*matter })
}

/// Every act that changes the request alone, or its hand-over.
async fn act(
    state: &State,
    unit: &mut UnitOfWork,
    step: &Step,
    doer: &Caller,
    matter: &Matter,
) -> Result<Matter, Problem> {
    let scope = permitted(step.deed.operation(), doer)?;
    let before = match step.deed {
        Deed::Acknowledge | Deed::Accept | Deed::Decline | Deed::Fulfil => {
            store::load_handed_over(unit, &scope, matter.hand_over()?).await?
        }
        _ => store::load(unit, &scope, matter.id()?).await?,
    };
    let (request, now, today) = (before.clone(), unit.now(), unit.today());
    let number = &before.number["REQ-".len()..];
    let after = match step.deed {
        Deed::Investigate => request.investigate(now)?,
        Deed::Endorse => {
            let Caller::Contact { contact, .. } = doer else {
                return Err(Problem::Forbidden);
            };
            let contact = people::get_contact(unit, &scope, contact.id, today).await?;
            request.endorse(&contact, today, now)?
        }
        Deed::Acknowledge => {
            let receipt = input(json!({"reference": format!("PF-{number}")}))?;
            request.acknowledge(matter.hand_over()?, receipt, now)?
        }
        Deed::Accept => {
            let day = fill::days_on(today, 45);
            let body = json!({"outcome": "accepted", "plan": one_of(PLANS, step), "plannedDay": day,
                "reference": format!("BESLUT-{number}")});
            request.decide(matter.hand_over()?, input(body)?, now)?
        }
        Deed::Decline => {
            let body = json!({"outcome": "declined", "reason": one_of(&REASONS[..4], step),
                "reference": format!("BESLUT-{number}")});
            request.decide(matter.hand_over()?, input(body)?, now)?
        }
        Deed::Fulfil => {
            let body = json!({"note": "Infört och överlämnat till kunden.", "reference": format!("LEV-{number}")});
            request.fulfil(matter.hand_over()?, input(body)?, now)?
        }
        Deed::Dismiss => request.dismiss(input(dismissal(step, &before))?, now)?,
        Deed::Withdraw => request.withdraw(input(json!({"reason": one_of(&REASONS[8..], step)}))?, now)?,
        Deed::Answer => {
            let last = fill::days_on(today, state.settings.complaint_reopen_days.into());
            request.answer(input(json!({"text": one_of(ANSWERS, step)}))?, Some(last), now)?
        }
        Deed::Reopen => {
            let due = fill::days_on(today, state.settings.complaint_due_days.into());
            request.reopen(Some(due), now)?
        }
        Deed::Receive | Deed::TeamComment | Deed::CustomerComment | Deed::Route(_) => return Err(Problem::NotFound),
    };
    store::update(unit, step.deed.event(), &before, &after).await?;
    Ok(*matter)
}

/// Why the team goes no further; a complaint gets its answer with it.
fn dismissal(step: &Step, request: &Request) -> serde_json::Value {
    let (ground, reasons) = match (request.status, step.request % 2) {
        (RequestStatus::Declined, _) => (DismissalGround::DeclinedByForum, &REASONS[..4]),
        (_, 0) => (DismissalGround::AlreadyMet, &REASONS[4..6]),
        _ => (DismissalGround::OutOfScope, &REASONS[6..8]),
    };
    let mut body = json!({"ground": ground, "reason": one_of(reasons, step)});
    if request.kind == RequestKind::Complaint {
        body["answer"] = json!(one_of(ANSWERS, step));
    }
    body
}
