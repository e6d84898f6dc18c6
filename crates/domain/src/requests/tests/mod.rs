//! The rules of requests (domain.md §6). Each test fails when the rule it names is broken.
mod complaints;
mod hand_overs;
mod merging;
mod routing;
mod sequences;
mod transitions;

use std::collections::HashSet;

use super::*;
use crate::{
    Rule, RuleCode,
    people::{Contact, ContactInput, Mandate, MandateKind, Mandates},
};

fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + chrono::Duration::days(n)
}
fn noon(n: i64) -> DateTime<Utc> {
    day(n).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn customer() -> CustomerRef {
    let (code, name) = ("ECON".parse().unwrap(), "Ekonomi".parse().unwrap());
    CustomerRef {
        id: CustomerId(Uuid::from_u128(1)),
        code,
        name,
    }
}
fn service(n: u128) -> ServiceRef {
    let (code, name) = (format!("S{n}").parse().unwrap(), "Tjänst".parse().unwrap());
    ServiceRef {
        id: ServiceId(Uuid::from_u128(n)),
        code,
        name,
    }
}
/// The customer uses service 1, and no other.
fn used() -> HashSet<ServiceId> {
    [service(1).id].into()
}

fn contact(n: u128, kind: MandateKind, first: i64, last: Option<i64>) -> Contact {
    let input = ContactInput {
        customer: Key::Id(customer().id),
        name: "Anna Lind".parse().unwrap(),
        email: None,
        phone: None,
        mandates: Mandates(vec![Mandate {
            kind,
            first_day: day(first),
            last_day: last.map(day),
            basis: None,
            amount_per_year: None,
            deputy_for: None,
        }]),
        identity: None,
        references: vec![],
    };
    Contact::register(ContactId(Uuid::from_u128(n)), input, customer(), &[], noon(0)).unwrap()
}
/// A contact whose mandate `customer` always holds.
fn decider(n: u128) -> Contact {
    contact(n, MandateKind::Customer, 0, None)
}

fn input(kind: RequestKind) -> RequestInput {
    RequestInput {
        customer: Key::Id(customer().id),
        kind,
        title: "Digital underskrift".parse().unwrap(),
        description: None,
        // As keys; the rules judge by what they were found to be, in `Named`.
        services: vec![],
        wanted_by: None,
        benefit: None,
        resources: None,
        channel: None,
        raised_by: None,
        owner: None,
        due_day: None,
        meeting: None,
        references: vec![],
    }
}
fn named() -> Named {
    let name = "Anna Lind".parse().unwrap();
    Named {
        customer: customer(),
        services: vec![service(1)],
        raised_by: Raiser {
            kind: ActorKind::Contact,
            id: Uuid::from_u128(1),
            name,
        },
        owner: None,
    }
}
fn receive(input: RequestInput, named: Named) -> Result<Request, Rule> {
    let id = RequestId(Uuid::from_u128(1));
    Request::receive(id, "REQ-2026-000001".into(), input, named, Some(day(10)), noon(0))
}
fn request(kind: RequestKind) -> Request {
    receive(input(kind), named()).unwrap()
}
fn endorsed() -> Request {
    request(RequestKind::Wish)
        .endorse(&decider(1), day(0), noon(0))
        .unwrap()
}

fn hand_over(n: u128) -> HandOverId {
    HandOverId(Uuid::from_u128(n))
}
fn to(destination: Destination) -> RoutingInput {
    RoutingInput {
        destination,
        note: None,
    }
}
/// An endorsed wish for the service in use, which any destination takes, handed over as number 1.
fn routed(destination: Destination) -> Request {
    endorsed()
        .route(hand_over(1), to(destination), &used(), noon(0))
        .unwrap()
        .0
}
fn receipt(reference: &str) -> Acknowledgement {
    Acknowledgement {
        reference: reference.parse().unwrap(),
    }
}
fn acceptance(reference: &str) -> Decision {
    Decision {
        outcome: DecisionOutcome::Accepted,
        reason: None,
        plan: Some("Byggs i vår.".parse().unwrap()),
        planned_day: None,
        reference: reference.parse().unwrap(),
    }
}
fn refusal(reference: &str) -> Decision {
    let reason = Some("Ryms inte i år.".parse().unwrap());
    Decision {
        outcome: DecisionOutcome::Declined,
        reason,
        plan: None,
        ..acceptance(reference)
    }
}
fn fulfilment(reference: &str) -> Fulfilment {
    Fulfilment {
        note: None,
        reference: reference.parse().unwrap(),
    }
}

fn dismissal(ground: DismissalGround, answer: Option<&str>) -> DismissalInput {
    let answer = answer.map(|text| text.parse().unwrap());
    DismissalInput {
        ground,
        reason: "Finns redan.".parse().unwrap(),
        answer,
    }
}
fn withdrawal() -> WithdrawalInput {
    WithdrawalInput {
        reason: "Behövs inte längre.".parse().unwrap(),
    }
}
fn answer() -> AnswerInput {
    AnswerInput {
        text: "Vi har rättat det.".parse().unwrap(),
    }
}

/// Only a comment marked for the customer is the customer's to read, and a contact's own always is.
#[test]
fn a_comment_is_the_teams_unless_a_contact_wrote_it() {
    let write = |kind, visibility| {
        let input = CommentInput {
            text: "Se bilagan.".parse().unwrap(),
            visibility,
        };
        let author = Raiser {
            kind,
            ..named().raised_by
        };
        Comment::write(
            CommentId(Uuid::nil()),
            &request(RequestKind::Wish),
            input,
            author,
            noon(0),
        )
    };
    assert_eq!(write(ActorKind::Person, None).unwrap().visibility, Visibility::Team);
    assert_eq!(
        write(ActorKind::Person, Some(Visibility::Customer)).unwrap().visibility,
        Visibility::Customer
    );
    assert_eq!(
        write(ActorKind::Contact, None).unwrap().visibility,
        Visibility::Customer
    );
    assert_eq!(
        write(ActorKind::Contact, Some(Visibility::Team)).unwrap_err().code,
        RuleCode::State
    );
}
