use std::collections::HashSet;

use super::*;

const CUSTOMER: CustomerId = CustomerId(Uuid::from_u128(1));
const ME: Uuid = Uuid::from_u128(7);
const EVERY_SETTING: [OtherCustomers; 3] = [
    OtherCustomers::All,
    OtherCustomers::SameLegalEntity,
    OtherCustomers::None,
];
/// How the operations that change something begin; the others begin with `get` or `list`.
const WRITING: [&str; 6] = ["create", "change", "delete", "end", "set", "depart"];

fn contact(decides: bool) -> Caller {
    let contact = ContactRef {
        id: ContactId(ME),
        name: "Anna Lind".parse().unwrap(),
    };
    Caller::Contact {
        contact,
        customer: CUSTOMER,
        decides,
        deputy_for: None,
    }
}
fn client(scopes: Vec<ClientScope>, customers: Option<Vec<CustomerId>>) -> Caller {
    Caller::Client {
        id: ClientId(ME),
        name: "Servicedesk".parse().unwrap(),
        scopes,
        systems: vec![],
        customers,
    }
}
fn scope(operation: &str, caller: &Caller) -> Result<Scope, Denied> {
    Permission::of(operation).unwrap().scope(caller, OtherCustomers::All)
}
fn writes(row: &Permission) -> bool {
    WRITING.iter().any(|verb| row.operation.starts_with(verb))
}

#[test]
fn every_operation_has_one_row() {
    let mut seen = HashSet::new();
    for row in MATRIX {
        assert!(seen.insert(row.operation), "{} stands twice", row.operation);
    }
}

#[test]
fn an_unknown_operation_has_no_row() {
    for unknown in ["", "readTheMind", "listcustomers", "listCustomers "] {
        assert!(Permission::of(unknown).is_none(), "{unknown:?}");
    }
    assert_eq!(Permission::of("listCustomers").unwrap().operation, "listCustomers");
}

/// The tests that follow know a writing operation by its name.
#[test]
fn every_operation_is_named_as_reading_or_writing() {
    for row in MATRIX {
        let reads = row.operation.starts_with("get") || row.operation.starts_with("list");
        assert!(reads != writes(row), "{}", row.operation);
    }
}

#[test]
fn an_auditor_changes_nothing() {
    let auditor = Caller::Auditor {
        subject: "revisor".into(),
    };
    // These are sent something, or sign something, and change nothing.
    let looks = ["createVerification", "createSuccessionPreview", "createOverviewLink"];
    let changes = |row: &&Permission| writes(row) && !looks.contains(&row.operation);
    for row in MATRIX.iter().filter(changes) {
        for others in EVERY_SETTING {
            assert_eq!(
                row.scope(&auditor, others).unwrap_err(),
                Denied::Kind,
                "{}",
                row.operation
            );
        }
    }
}

#[test]
fn a_contact_reaches_only_its_own_customer_and_what_it_raised() {
    for decides in [false, true] {
        let own = Customers::Own {
            customer: CUSTOMER,
            descendants: decides,
        };
        let mine = Some((ActorKind::Contact, ME));
        for (row, others) in MATRIX.iter().flat_map(|row| EVERY_SETTING.map(|others| (row, others))) {
            let Ok(scope) = row.scope(&contact(decides), others) else {
                continue;
            };
            assert!(scope.is_contact());
            for reach in [&scope.visible, &scope.permitted, &scope.in_roles(MANAGERS).permitted] {
                assert!(
                    reach.customers == own || reach.customers == Customers::None,
                    "{}: {reach:?}",
                    row.operation
                );
                assert!(
                    reach.raised_by == mine || reach.raised_by.is_none(),
                    "{}: {reach:?}",
                    row.operation
                );
                assert_eq!(reach.owned_by, None, "{}", row.operation);
            }
        }
    }
}

#[test]
fn a_contact_without_mandate_customer_changes_only_what_it_raised() {
    for operation in ["changeRequest", "createWithdrawal", "createReopening"] {
        let permitted = scope(operation, &contact(false)).unwrap().permitted;
        let raised = Reach {
            raised_by: Some((ActorKind::Contact, ME)),
            ..Reach::of(Customers::None)
        };
        assert_eq!(permitted, raised, "{operation}");
    }
    let reopening = scope("createReopening", &contact(true)).unwrap().permitted;
    assert_eq!(
        reopening.customers,
        Customers::None,
        "who complained, whatever the mandate"
    );
    let withdrawal = scope("createWithdrawal", &contact(true)).unwrap().permitted;
    assert_eq!(
        withdrawal.customers,
        Customers::Own {
            customer: CUSTOMER,
            descendants: true
        }
    );
}

#[test]
fn a_client_has_exactly_its_scopes() {
    let scopes: Vec<ClientScope> = <ClientScope as strum::IntoEnumIterator>::iter().collect();
    for row in MATRIX {
        let asked: Vec<ClientScope> = match row.client {
            ClientGrant::No => vec![],
            ClientGrant::With(scope) | ClientGrant::UnlimitedWith(scope) | ClientGrant::RaiserWith(scope) => {
                vec![scope]
            }
            ClientGrant::AnyFeed => scopes.iter().copied().filter(|s| s.destination().is_some()).collect(),
        };
        for scope in &scopes {
            let granted = row.scope(&client(vec![*scope], None), OtherCustomers::All);
            assert_eq!(granted.is_ok(), asked.contains(scope), "{} with {scope}", row.operation);
        }
    }
}

#[test]
fn a_limited_client_writes_nothing_that_bears_on_all_customers() {
    let limited = client(
        <ClientScope as strum::IntoEnumIterator>::iter().collect(),
        Some(vec![CUSTOMER]),
    );
    for operation in [
        "createPerson",
        "changeService",
        "endMembership",
        "getEventHead",
        "createImport",
    ] {
        assert_eq!(scope(operation, &limited).unwrap_err(), Denied::Kind, "{operation}");
    }
    for operation in ["listPersons", "createContact", "listEvents"] {
        assert!(scope(operation, &limited).is_ok(), "{operation}");
    }
}

#[test]
fn a_client_reaches_what_it_raised_itself_and_sees_its_customers_alone() {
    let limited = client(vec![ClientScope::RequestsWrite], Some(vec![CUSTOMER]));
    for operation in ["changeRequest", "createWithdrawal", "createReopening"] {
        let scope = scope(operation, &limited).unwrap();
        let raised = Reach {
            raised_by: Some((ActorKind::Client, ME)),
            ..Reach::of(Customers::None)
        };
        assert_eq!(scope.permitted, raised, "{operation}");
        assert_eq!(
            scope.visible,
            Reach::of(Customers::Named(vec![CUSTOMER])),
            "{operation}"
        );
    }
}

#[test]
fn a_deputy_reaches_more_than_by_their_own_right() {
    let person = |deputises| Caller::Person {
        person: PersonRef {
            id: PersonId(ME),
            name: "Anna Lind".parse().unwrap(),
        },
        in_a_team: true,
        deputises,
    };
    let of_teams = |roles, deputises| {
        Reach::of(Customers::OfTeams {
            person: PersonId(ME),
            roles,
            deputises,
        })
    };
    let reaches = |scope: &Scope| (scope.permitted.clone(), scope.own.clone());
    for deputises in [false, true] {
        let dismissal = scope("createDismissal", &person(deputises)).unwrap();
        assert_eq!(
            reaches(&dismissal),
            (of_teams(MANAGERS, deputises), of_teams(MANAGERS, false))
        );
        let narrower = dismissal.in_roles(BUSINESS_RELATIONSHIP_MANAGER);
        let roles = BUSINESS_RELATIONSHIP_MANAGER;
        assert_eq!(reaches(&narrower), (of_teams(roles, deputises), of_teams(roles, false)));
        let comment = scope("createComment", &person(deputises)).unwrap();
        assert_eq!(
            comment.own.raised_by, comment.permitted.raised_by,
            "what they raised is their own"
        );
        let reading = scope("getRequest", &person(deputises)).unwrap();
        assert_eq!(reading.own, reading.visible);
    }
    let contact = Caller::Contact {
        contact: ContactRef {
            id: ContactId(ME),
            name: "Anna Lind".parse().unwrap(),
        },
        customer: CUSTOMER,
        decides: true,
        deputy_for: Some(ContactId(Uuid::nil())),
    };
    let as_deputy = scope("createWithdrawal", &contact).unwrap();
    let alone = scope("createWithdrawal", &self::contact(false)).unwrap();
    assert_eq!(
        (as_deputy.own, &as_deputy.permitted),
        (alone.permitted, &as_deputy.visible)
    );
}
