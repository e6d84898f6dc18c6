//! Who may do what. One matrix says for each operation and each kind of caller: nothing, everything, or within which
//! customers. What depends on state, mandate or period is a rule of the room, not of this table.
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Actor, ActorKind},
    requests::{Destination, Raiser},
    teams::Role,
    vocabulary::*,
};

word! {
    /// What another system has been given leave to do.
    ClientScope {
        /// Read customers, people, services and teams.
        #[serde(rename = "register.read")]
        #[strum(serialize = "register.read")]
        RegisterRead,
        /// Write them.
        #[serde(rename = "register.write")]
        #[strum(serialize = "register.write")]
        RegisterWrite,
        /// Read requests.
        #[serde(rename = "requests.read")]
        #[strum(serialize = "requests.read")]
        RequestsRead,
        /// Raise requests, comment on them, withdraw its own.
        #[serde(rename = "requests.write")]
        #[strum(serialize = "requests.write")]
        RequestsWrite,
        /// Read the feed of the service portfolio and act on its hand-overs.
        #[serde(rename = "feed.service_portfolio")]
        #[strum(serialize = "feed.service_portfolio")]
        FeedServicePortfolio,
        /// Read the feed of delivery and act on its hand-overs.
        #[serde(rename = "feed.delivery")]
        #[strum(serialize = "feed.delivery")]
        FeedDelivery,
        /// Read the feed of strategy and act on its hand-overs.
        #[serde(rename = "feed.strategy")]
        #[strum(serialize = "feed.strategy")]
        FeedStrategy,
        /// Read agreements and their templates.
        #[serde(rename = "agreements.read")]
        #[strum(serialize = "agreements.read")]
        AgreementsRead,
        /// Tell what became of signing orders.
        #[serde(rename = "signatures.write")]
        #[strum(serialize = "signatures.write")]
        SignaturesWrite,
        /// Read measurements.
        #[serde(rename = "measurements.read")]
        #[strum(serialize = "measurements.read")]
        MeasurementsRead,
        /// Send measurements.
        #[serde(rename = "measurements.write")]
        #[strum(serialize = "measurements.write")]
        MeasurementsWrite,
        /// Read surveys, their rounds and the figures of satisfaction.
        #[serde(rename = "satisfaction.read")]
        #[strum(serialize = "satisfaction.read")]
        SatisfactionRead,
        /// Send ratings; prepare rounds of surveys and send their invitations.
        #[serde(rename = "satisfaction.write")]
        #[strum(serialize = "satisfaction.write")]
        SatisfactionWrite,
        /// Read the improvement register.
        #[serde(rename = "improvements.read")]
        #[strum(serialize = "improvements.read")]
        ImprovementsRead,
        /// Enter improvements, what is done for them and what was measured.
        #[serde(rename = "improvements.write")]
        #[strum(serialize = "improvements.write")]
        ImprovementsWrite,
        /// Read costs, assessments of value and the analysis of both.
        #[serde(rename = "value.read")]
        #[strum(serialize = "value.read")]
        ValueRead,
        /// Enter what services cost.
        #[serde(rename = "value.write")]
        #[strum(serialize = "value.write")]
        ValueWrite,
        /// Read business needs, lessons and interactions.
        #[serde(rename = "knowledge.read")]
        #[strum(serialize = "knowledge.read")]
        KnowledgeRead,
        /// Enter interactions with customers.
        #[serde(rename = "knowledge.write")]
        #[strum(serialize = "knowledge.write")]
        KnowledgeWrite,
        /// Read what customers plan.
        #[serde(rename = "activities.read")]
        #[strum(serialize = "activities.read")]
        ActivitiesRead,
        /// Enter what customers plan.
        #[serde(rename = "activities.write")]
        #[strum(serialize = "activities.write")]
        ActivitiesWrite,
        /// Read what customers are told.
        #[serde(rename = "announcements.read")]
        #[strum(serialize = "announcements.read")]
        AnnouncementsRead,
        /// Tell customers of disturbances and changes.
        #[serde(rename = "announcements.write")]
        #[strum(serialize = "announcements.write")]
        AnnouncementsWrite,
        /// Read meetings, their minutes and packs.
        #[serde(rename = "meetings.read")]
        #[strum(serialize = "meetings.read")]
        MeetingsRead,
        /// Read the event log.
        #[serde(rename = "events.read")]
        #[strum(serialize = "events.read")]
        EventsRead,
        /// Look at its webhooks and what was delivered.
        #[serde(rename = "webhooks.read")]
        #[strum(serialize = "webhooks.read")]
        WebhooksRead,
        /// Have events sent to it, and say where.
        #[serde(rename = "webhooks.write")]
        #[strum(serialize = "webhooks.write")]
        WebhooksWrite,
    }
}

impl ClientScope {
    /// The scope that opens the destination's feed; none where it has no feed.
    pub fn of_feed(destination: Destination) -> Option<Self> {
        match destination {
            Destination::ServicePortfolio => Some(Self::FeedServicePortfolio),
            Destination::Delivery => Some(Self::FeedDelivery),
            Destination::Strategy => Some(Self::FeedStrategy),
            Destination::Improvement => None,
        }
    }

    /// The destination whose feed the scope opens.
    pub fn destination(self) -> Option<Destination> {
        match self {
            Self::FeedServicePortfolio => Some(Destination::ServicePortfolio),
            Self::FeedDelivery => Some(Destination::Delivery),
            Self::FeedStrategy => Some(Destination::Strategy),
            _ => None,
        }
    }
}

/// What persons may read of customers that are not their teams'.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OtherCustomers {
    /// Everything.
    #[default]
    All,
    /// Those with the same legal entity as one of their own.
    SameLegalEntity,
    /// Nothing.
    None,
}

/// Who calls, as far as the database knows them now.
#[derive(Debug, Clone, PartialEq)]
pub enum Caller {
    /// Keeps the registers.
    Administrator {
        /// Who, as the token names them.
        subject: String,
    },
    /// Reads everything, changes nothing.
    Auditor {
        /// Who, as the token names them.
        subject: String,
    },
    /// A person of the IT organisation.
    Person {
        /// Who.
        person: PersonRef,
        /// Whether they have a role in any team today, or stand in for somebody who has.
        in_a_team: bool,
        /// Whether they stand in for anybody today.
        deputises: bool,
    },
    /// A person at a customer.
    Contact {
        /// Who.
        contact: ContactRef,
        /// Their customer.
        customer: CustomerId,
        /// Whether mandate `customer` holds today, which opens the descendants too.
        decides: bool,
        /// In whose stead, where it holds as their deputy alone.
        deputy_for: Option<ContactId>,
    },
    /// Another system.
    Client {
        /// Which.
        id: ClientId,
        /// What people call it.
        name: Name,
        /// What it has leave to do.
        scopes: Vec<ClientScope>,
        /// The systems whose references it may write.
        systems: Vec<SystemName>,
        /// The customers it is limited to; none: no limit.
        customers: Option<Vec<CustomerId>>,
    },
}

impl Caller {
    /// As an event names them.
    pub fn actor(&self) -> Actor {
        let (kind, id) = match self {
            Self::Administrator { subject } => (ActorKind::Administrator, subject.clone()),
            Self::Auditor { subject } => (ActorKind::Auditor, subject.clone()),
            Self::Person { person, .. } => (ActorKind::Person, person.id.to_string()),
            Self::Contact { contact, .. } => (ActorKind::Contact, contact.id.to_string()),
            Self::Client { id, .. } => (ActorKind::Client, id.to_string()),
        };
        Actor {
            kind,
            id,
            acting_for: None,
        }
    }

    /// The caller by their own roles and mandates alone; none where they are nobody's deputy anyway.
    fn by_own_right(&self) -> Option<Self> {
        match self {
            Self::Person {
                person,
                in_a_team,
                deputises: true,
            } => Some(Self::Person {
                person: person.clone(),
                in_a_team: *in_a_team,
                deputises: false,
            }),
            Self::Contact {
                contact,
                customer,
                deputy_for: Some(_),
                ..
            } => Some(Self::Contact {
                contact: contact.clone(),
                customer: *customer,
                decides: false,
                deputy_for: None,
            }),
            _ => None,
        }
    }

    /// As the one who raises or writes something; administrators and auditors never do.
    pub fn raiser(&self) -> Option<Raiser> {
        let (kind, id, name) = match self {
            Self::Person { person, .. } => (ActorKind::Person, person.id.0, person.name.clone()),
            Self::Contact { contact, .. } => (ActorKind::Contact, contact.id.0, contact.name.clone()),
            Self::Client { id, name, .. } => (ActorKind::Client, id.0, name.as_str().parse().ok()?),
            Self::Administrator { .. } | Self::Auditor { .. } => return None,
        };
        Some(Raiser { kind, id, name })
    }

    /// Another system writes, and takes away, only references of the systems that are bound to it.
    pub fn may_refer(&self, before: &[ExternalReference], after: &[ExternalReference]) -> Result<(), Rule> {
        let Self::Client { systems, .. } = self else {
            return Ok(());
        };
        let added = after.iter().filter(|r| !before.contains(r));
        let taken = before.iter().filter(|r| !after.contains(r));
        match added.chain(taken).find(|r| !systems.contains(&r.system)) {
            None => Ok(()),
            Some(foreign) => Err(Rule::new(
                RuleCode::SystemNotBound,
                format!(
                    "The system {} is not bound to this client; it writes only its own references.",
                    foreign.system
                ),
            )
            .at("/references")),
        }
    }

    /// What this caller may see at all, whatever the operation.
    fn visible(&self, others: OtherCustomers) -> Reach {
        let mine = self.raiser().map(|r| (r.kind, r.id));
        match self {
            Self::Administrator { .. } | Self::Auditor { .. } => Reach::EVERYTHING,
            Self::Person {
                person,
                in_a_team: true,
                deputises,
            } => Reach {
                customers: match others {
                    OtherCustomers::All => Customers::All,
                    OtherCustomers::SameLegalEntity => Customers::OfTeamsAndTheirEntities {
                        person: person.id,
                        deputises: *deputises,
                    },
                    OtherCustomers::None => Customers::OfTeams {
                        person: person.id,
                        roles: ANY,
                        deputises: *deputises,
                    },
                },
                raised_by: mine,
                owned_by: Some(person.id),
            },
            Self::Person {
                person,
                in_a_team: false,
                ..
            } => Reach {
                customers: Customers::None,
                raised_by: mine,
                owned_by: Some(person.id),
            },
            Self::Contact { customer, decides, .. } => Reach {
                customers: Customers::Own {
                    customer: *customer,
                    descendants: *decides,
                },
                raised_by: mine,
                owned_by: None,
            },
            Self::Client { customers, .. } => Reach::of(match customers {
                None => Customers::All,
                Some(named) => Customers::Named(named.clone()),
            }),
        }
    }
}

/// Which customers' things an act may reach.
#[derive(Debug, Clone, PartialEq)]
pub enum Customers {
    /// None.
    None,
    /// Every one.
    All,
    /// These.
    Named(Vec<CustomerId>),
    /// A contact's customer, and its descendants where the contact decides.
    Own {
        /// The contact's customer.
        customer: CustomerId,
        /// Whether its descendants belong too.
        descendants: bool,
    },
    /// The customers for whom a team is responsible today in which the person has one of the roles.
    OfTeams {
        /// Who.
        person: PersonId,
        /// In one of these roles.
        roles: &'static [Role],
        /// Whether the roles count in which they stand in for somebody.
        deputises: bool,
    },
    /// The same for any role, and every customer with the same legal entity as one of them.
    OfTeamsAndTheirEntities {
        /// Who.
        person: PersonId,
        /// Whether the roles count in which they stand in for somebody.
        deputises: bool,
    },
}

/// What an act may reach: the things of some customers, and besides the requests that the caller raised or answers for.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Of these customers.
    pub customers: Customers,
    /// Requests that this caller raised.
    pub raised_by: Option<(ActorKind, Uuid)>,
    /// Complaints that this person answers for.
    pub owned_by: Option<PersonId>,
}

impl Reach {
    /// No limit.
    pub const EVERYTHING: Self = Self::of(Customers::All);

    /// The things of these customers.
    pub const fn of(customers: Customers) -> Self {
        Self {
            customers,
            raised_by: None,
            owned_by: None,
        }
    }

    fn of_teams(person: PersonId, roles: &'static [Role], deputises: bool) -> Self {
        Self::of(Customers::OfTeams {
            person,
            roles,
            deputises,
        })
    }
}

/// Who calls, what they may see, and where they may do what they ask.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Who calls.
    pub caller: Caller,
    /// What exists for them (R20): 404 beyond it.
    pub visible: Reach,
    /// Where they may do this: 403 beyond it.
    pub permitted: Reach,
    /// Where they may do this by their own roles and mandates: beyond it they act for somebody else.
    pub own: Reach,
}

impl Scope {
    /// For what the house does itself, or whoever sits at the machine: limited by nothing.
    pub fn unlimited(subject: &str) -> Self {
        Self {
            caller: Caller::Administrator {
                subject: subject.into(),
            },
            visible: Reach::EVERYTHING,
            permitted: Reach::EVERYTHING,
            own: Reach::EVERYTHING,
        }
    }

    /// The destinations whose hand-overs the caller may reach; none: no limit.
    pub fn destinations(&self) -> Option<Vec<Destination>> {
        match &self.caller {
            Caller::Client { scopes, .. } => Some(scopes.iter().filter_map(|s| s.destination()).collect()),
            _ => None,
        }
    }

    /// The same caller, where the act asks for one of these roles in particular.
    pub fn in_roles(&self, roles: &'static [Role]) -> Self {
        let mut scope = self.clone();
        if let Caller::Person { person, deputises, .. } = &self.caller {
            scope.permitted = Reach::of_teams(person.id, roles, *deputises);
            scope.own = Reach::of_teams(person.id, roles, false);
        }
        scope
    }

    /// The same caller, who sees and may reach just this, by their own right.
    pub fn within(&self, reach: Reach) -> Self {
        Self {
            caller: self.caller.clone(),
            visible: reach.clone(),
            permitted: reach.clone(),
            own: reach,
        }
    }

    /// Whether a contact's eyes read the answer.
    pub fn is_contact(&self) -> bool {
        matches!(self.caller, Caller::Contact { .. })
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonGrant {
    /// Nothing.
    No,
    /// Read what they may see.
    Read,
    /// As anyone of the IT organisation, for every customer.
    Anyone,
    /// For the customers of their teams in these roles.
    As(&'static [Role]),
    /// The same, and what they raised themselves.
    AsOrRaiser(&'static [Role]),
    /// What they answer for.
    Owner,
}

/// What a contact may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactGrant {
    /// Nothing.
    No,
    /// Whatever they may see of their own customer.
    Own,
    /// What they raised; with mandate `customer` all of their customer.
    RaiserOrDecider,
    /// What they raised.
    Raiser,
}

/// What another system may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientGrant {
    /// Nothing.
    No,
    /// With this scope, for its customers.
    With(ClientScope),
    /// With this scope, unless it is limited to named customers: for what belongs to no customer and bears on all.
    UnlimitedWith(ClientScope),
    /// With this scope, what it raised itself.
    RaiserWith(ClientScope),
    /// With any scope that opens a feed.
    AnyFeed,
}

/// A row of the matrix.
#[derive(Debug)]
pub struct Permission {
    /// The operation, as the OpenAPI document calls it.
    pub operation: &'static str,
    /// Whether an administrator may.
    pub administrator: bool,
    /// Whether an auditor may.
    pub auditor: bool,
    /// What a person may.
    pub person: PersonGrant,
    /// What a contact may.
    pub contact: ContactGrant,
    /// What another system may.
    pub client: ClientGrant,
}

/// Why a caller may not, before anything was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// This kind of caller never may.
    Kind,
    /// The token lacks this scope.
    Scope(ClientScope),
}

impl Permission {
    /// The row for an operation. None means denied: fail closed.
    pub fn of(operation: &str) -> Option<&'static Self> {
        MATRIX.iter().find(|row| row.operation == operation)
    }

    /// What the caller may reach with this operation.
    pub fn scope(&self, caller: &Caller, others: OtherCustomers) -> Result<Scope, Denied> {
        let visible = caller.visible(others);
        let permitted = self.permitted(caller, &visible)?;
        let own = match caller.by_own_right() {
            None => permitted.clone(),
            Some(own) => self.permitted(&own, &own.visible(others))?,
        };
        Ok(Scope {
            caller: caller.clone(),
            visible,
            permitted,
            own,
        })
    }

    fn permitted(&self, caller: &Caller, visible: &Reach) -> Result<Reach, Denied> {
        // Asked of the caller: what a client may see is its customers' things, whoever raised them.
        let raised_by = caller.raiser().map(|r| (r.kind, r.id));
        let raised = Reach {
            raised_by,
            ..Reach::of(Customers::None)
        };
        Ok(match caller {
            Caller::Administrator { .. } if self.administrator => Reach::EVERYTHING,
            Caller::Auditor { .. } if self.auditor => Reach::EVERYTHING,
            Caller::Person { person, deputises, .. } => match self.person {
                PersonGrant::No => return Err(Denied::Kind),
                PersonGrant::Read => visible.clone(),
                PersonGrant::Anyone => Reach::EVERYTHING,
                PersonGrant::As(roles) => Reach::of_teams(person.id, roles, *deputises),
                PersonGrant::AsOrRaiser(roles) => Reach {
                    raised_by,
                    ..Reach::of_teams(person.id, roles, *deputises)
                },
                PersonGrant::Owner => Reach {
                    owned_by: Some(person.id),
                    ..Reach::of(Customers::None)
                },
            },
            Caller::Contact { decides, .. } => match self.contact {
                ContactGrant::No => return Err(Denied::Kind),
                ContactGrant::Own => visible.clone(),
                ContactGrant::RaiserOrDecider if *decides => visible.clone(),
                ContactGrant::RaiserOrDecider | ContactGrant::Raiser => raised,
            },
            Caller::Client { scopes, customers, .. } => match self.client {
                ClientGrant::With(scope) if scopes.contains(&scope) => visible.clone(),
                ClientGrant::UnlimitedWith(scope) if scopes.contains(&scope) => match customers {
                    None => visible.clone(),
                    Some(_) => return Err(Denied::Kind),
                },
                ClientGrant::RaiserWith(scope) if scopes.contains(&scope) => raised,
                ClientGrant::AnyFeed if scopes.iter().any(|s| s.destination().is_some()) => visible.clone(),
                ClientGrant::No => return Err(Denied::Kind),
                ClientGrant::With(scope) | ClientGrant::UnlimitedWith(scope) | ClientGrant::RaiserWith(scope) => {
                    return Err(Denied::Scope(scope));
                }
                ClientGrant::AnyFeed => return Err(Denied::Scope(FeedServicePortfolio)),
            },
            Caller::Administrator { .. } | Caller::Auditor { .. } => return Err(Denied::Kind),
        })
    }
}

/// Any role.
pub const ANY: &[Role] = &Role::ALL;
/// The two managers of a team.
pub const MANAGERS: &[Role] = &[Role::BusinessRelationshipManager, Role::DeliveryManager];
/// The one who answers for the delivery.
pub const DELIVERY_MANAGER: &[Role] = &[Role::DeliveryManager];
/// The one who holds the customer as a whole.
pub const BUSINESS_RELATIONSHIP_MANAGER: &[Role] = &[Role::BusinessRelationshipManager];

const YES: bool = true;
const NO: bool = false;

macro_rules! matrix {
    ($($operation:ident: $administrator:expr, $auditor:expr, $person:expr, $contact:expr, $client:expr;)*) => {
        /// Every operation but the public ones. An operation that is not here is denied.
        pub const MATRIX: &[Permission] = &[$(Permission {
            operation: stringify!($operation),
            administrator: $administrator,
            auditor: $auditor,
            person: $person,
            contact: $contact,
            client: $client,
        }),*];
    };
}

use ClientGrant::{AnyFeed, No as NoClient, RaiserWith, UnlimitedWith, With};
use ClientScope::*;
use ContactGrant::{No as NoContact, Own, Raiser as OwnRaised, RaiserOrDecider};
use PersonGrant::{Anyone, As, AsOrRaiser, No as NoPerson, Owner, Read};

matrix! {
    // operation                administrator, auditor, person, contact, client
    listCustomers:              YES, YES, Read, Own, With(RegisterRead);
    getCustomer:                YES, YES, Read, Own, With(RegisterRead);
    createCustomer:             YES, NO, NoPerson, NoContact, With(RegisterWrite);
    changeCustomer:             YES, NO, NoPerson, NoContact, With(RegisterWrite);
    deleteCustomer:             YES, NO, NoPerson, NoContact, With(RegisterWrite);
    getCustomerChannels:        YES, YES, Read, Own, With(RegisterRead);
    setCustomerChannels:        YES, NO, As(MANAGERS), NoContact, With(RegisterWrite);
    getCustomerOverview:        NO, YES, Read, Own, With(RequestsRead);
    createOverviewLink:         NO, YES, Read, Own, With(RequestsRead);
    listCustomerStandings:      NO, YES, Read, NoContact, With(RequestsRead);
    listSuccessions:            YES, YES, NoPerson, NoContact, UnlimitedWith(RegisterRead);
    getSuccession:              YES, YES, NoPerson, NoContact, UnlimitedWith(RegisterRead);
    createSuccessionPreview:    YES, YES, NoPerson, NoContact, NoClient;
    createSuccession:           YES, NO, NoPerson, NoContact, NoClient;
    getCustomerTimeline:        NO, YES, Read, Own, NoClient;
    listServiceUsages:          YES, YES, Read, Own, With(RegisterRead);
    createServiceUsage:         YES, NO, NoPerson, NoContact, With(RegisterWrite);
    endServiceUsage:            YES, NO, NoPerson, NoContact, With(RegisterWrite);
    listTeamAssignments:        YES, YES, Read, Own, With(RegisterRead);
    createTeamAssignment:       YES, NO, NoPerson, NoContact, With(RegisterWrite);
    endTeamAssignment:          YES, NO, NoPerson, NoContact, With(RegisterWrite);
    getResponsibleTeam:         YES, YES, Read, Own, With(RegisterRead);
    listContacts:               YES, YES, Read, Own, With(RegisterRead);
    getContact:                 YES, YES, Read, Own, With(RegisterRead);
    createContact:              YES, NO, As(MANAGERS), NoContact, With(RegisterWrite);
    changeContact:              YES, NO, As(MANAGERS), NoContact, With(RegisterWrite);
    endContact:                 YES, NO, As(MANAGERS), NoContact, With(RegisterWrite);
    getContactExport:           NO, NO, As(MANAGERS), Own, NoClient;
    createContactErasure:       YES, NO, NoPerson, NoContact, NoClient;
    deleteContact:              YES, NO, NoPerson, NoContact, With(RegisterWrite);
    listPersons:                YES, YES, Anyone, NoContact, With(RegisterRead);
    getPerson:                  YES, YES, Anyone, NoContact, With(RegisterRead);
    createPerson:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    changePerson:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    departPerson:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    deletePerson:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    listServices:               YES, YES, Anyone, NoContact, With(RegisterRead);
    getService:                 YES, YES, Anyone, NoContact, With(RegisterRead);
    createService:              YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    changeService:              YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    deleteService:              YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    listCustomerTeams:          YES, YES, Anyone, NoContact, With(RegisterRead);
    getCustomerTeam:            YES, YES, Anyone, NoContact, With(RegisterRead);
    createCustomerTeam:         YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    changeCustomerTeam:         YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    deleteCustomerTeam:         YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    createMembership:           YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    endMembership:              YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    createDeputy:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    endDeputy:                  YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
    setSamePersonException:     YES, NO, NoPerson, NoContact, NoClient;
    deleteSamePersonException:  YES, NO, NoPerson, NoContact, NoClient;
    listTeamCustomers:          YES, YES, Read, NoContact, With(RegisterRead);
    getCoverage:                YES, YES, Read, NoContact, With(RegisterRead);
    listAgreements:             YES, YES, Read, Own, With(AgreementsRead);
    getAgreement:               YES, YES, Read, Own, With(AgreementsRead);
    createAgreement:            NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    changeAgreement:            NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    createAgreementReview:      NO, NO, As(MANAGERS), NoContact, NoClient;
    getServiceCoverage:         YES, YES, Read, Own, With(AgreementsRead);
    listAgreementVersions:      YES, YES, Read, Own, With(AgreementsRead);
    getAgreementVersion:        YES, YES, Read, Own, With(AgreementsRead);
    getVersionComparison:   YES, YES, Read, Own, With(AgreementsRead);
    getAgreementDocument:       YES, YES, Read, Own, With(AgreementsRead);
    createVerification:         YES, YES, Read, Own, With(AgreementsRead);
    getAgreementExport:         YES, YES, Read, Own, With(AgreementsRead);
    createAgreementImport:      YES, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    getUnderpinning:            YES, YES, Read, NoContact, UnlimitedWith(AgreementsRead);
    createAgreementVersion:     NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    changeAgreementVersion:     NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    deleteAgreementVersion:    NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    createProposal:             NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    deleteProposal:             NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    createApproval:             NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), Own, NoClient;
    createRejection:            NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), Own, NoClient;
    createRevocation:           NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), Own, NoClient;
    createRenewal:              NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    createNotice:               NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), Own, NoClient;
    createTermination:          NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    getSigningOrder:            NO, YES, Read, NoContact, With(SignaturesWrite);
    createSigningResult:        NO, NO, NoPerson, NoContact, With(SignaturesWrite);
    createSigningRefusal:       NO, NO, NoPerson, NoContact, With(SignaturesWrite);
    getSignedDocument:          YES, YES, Read, Own, With(AgreementsRead);
    getOpenSlo:                 YES, YES, Read, Own, With(AgreementsRead);
    createOpenSlo:              NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    listAgreementTemplates:     YES, YES, Anyone, NoContact, With(AgreementsRead);
    getAgreementTemplate:       YES, YES, Anyone, NoContact, With(AgreementsRead);
    createAgreementTemplate:    YES, NO, NoPerson, NoContact, NoClient;
    changeAgreementTemplate:    YES, NO, NoPerson, NoContact, NoClient;
    deleteAgreementTemplate:    YES, NO, NoPerson, NoContact, NoClient;
    listServiceCalendars:       YES, YES, Anyone, Own, With(RegisterRead);
    getServiceCalendar:         YES, YES, Anyone, Own, With(RegisterRead);
    listServiceCalendarVersions: YES, YES, Anyone, Own, With(RegisterRead);
    getServiceCalendarVersion:  YES, YES, Anyone, Own, With(RegisterRead);
    getOpenTime:                YES, YES, Anyone, Own, With(RegisterRead);
    getDeadline:                YES, YES, Anyone, Own, With(RegisterRead);
    getHolidayProposals:        YES, YES, Anyone, Own, With(RegisterRead);
    createServiceCalendar:      YES, NO, As(MANAGERS), NoContact, UnlimitedWith(RegisterWrite);
    changeServiceCalendar:      YES, NO, As(MANAGERS), NoContact, UnlimitedWith(RegisterWrite);
    deleteServiceCalendar:      YES, NO, As(MANAGERS), NoContact, UnlimitedWith(RegisterWrite);
    getBacklog:                 NO, YES, Read, Own, With(RequestsRead);
    listRequests:               NO, YES, Read, Own, With(RequestsRead);
    getRequest:                 NO, YES, Read, Own, With(RequestsRead);
    getRequestTimeline:         NO, YES, Read, Own, With(RequestsRead);
    listComments:               NO, YES, Read, Own, With(RequestsRead);
    listSimilarRequests:        NO, YES, Read, Own, With(RequestsRead);
    listTasks:                  NO, NO, Read, Own, NoClient;
    listRanking:                NO, YES, Read, NoContact, With(RequestsRead);
    listScores:                 NO, YES, Read, NoContact, With(RequestsRead);
    createScore:                NO, NO, As(ANY), NoContact, NoClient;
    createMerge:                NO, NO, As(MANAGERS), NoContact, NoClient;
    listScoringSchemes:         YES, YES, Anyone, NoContact, With(RequestsRead);
    getScoringScheme:           YES, YES, Anyone, NoContact, With(RequestsRead);
    createScoringScheme:        YES, NO, NoPerson, NoContact, NoClient;
    createRequest:              NO, NO, Anyone, Own, With(RequestsWrite);
    changeRequest:              NO, NO, AsOrRaiser(ANY), RaiserOrDecider, RaiserWith(RequestsWrite);
    createComment:              NO, NO, AsOrRaiser(ANY), Own, With(RequestsWrite);
    createInvestigation:        NO, NO, As(ANY), NoContact, NoClient;
    createEndorsement:          NO, NO, NoPerson, Own, NoClient;
    createRouting:              NO, NO, As(MANAGERS), NoContact, NoClient;
    createDismissal:            NO, NO, As(MANAGERS), NoContact, NoClient;
    createWithdrawal:           NO, NO, AsOrRaiser(BUSINESS_RELATIONSHIP_MANAGER), RaiserOrDecider, RaiserWith(RequestsWrite);
    createAnswer:               NO, NO, Owner, NoContact, NoClient;
    createReopening:            NO, NO, AsOrRaiser(&[]), OwnRaised, RaiserWith(RequestsWrite);
    getFeed:                    NO, YES, NoPerson, NoContact, AnyFeed;
    getHandOver:                NO, YES, Read, NoContact, AnyFeed;
    createAcknowledgement:      NO, NO, NoPerson, NoContact, AnyFeed;
    createDecision:             NO, NO, NoPerson, NoContact, AnyFeed;
    createFulfilment:           NO, NO, NoPerson, NoContact, AnyFeed;
    createMeasurements:         NO, NO, NoPerson, NoContact, With(MeasurementsWrite);
    listMeasurements:           NO, YES, Read, Own, With(MeasurementsRead);
    getMeasurement:             NO, YES, Read, Own, With(MeasurementsRead);
    listUnmatchedMeasurements:  YES, YES, Read, NoContact, With(MeasurementsRead);
    createRatings:              NO, NO, NoPerson, NoContact, With(SatisfactionWrite);
    listReadySurveys:           YES, YES, Anyone, NoContact, With(SatisfactionRead);
    listSurveys:                YES, YES, Anyone, NoContact, With(SatisfactionRead);
    getSurvey:                  YES, YES, Anyone, NoContact, With(SatisfactionRead);
    getSurveyEdition:           YES, YES, Anyone, NoContact, With(SatisfactionRead);
    createSurvey:               YES, NO, As(MANAGERS), NoContact, UnlimitedWith(SatisfactionWrite);
    changeSurvey:               YES, NO, As(MANAGERS), NoContact, UnlimitedWith(SatisfactionWrite);
    listSurveyRounds:           YES, YES, Read, NoContact, With(SatisfactionRead);
    getSurveyRound:             YES, YES, Read, NoContact, With(SatisfactionRead);
    getRoundTurnout:            YES, YES, Read, NoContact, With(SatisfactionRead);
    listInvitations:            YES, YES, Read, NoContact, With(SatisfactionRead);
    createSurveyRound:          NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createSurveyRoundImport:    NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    changeSurveyRound:          NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createRoundOpening:         NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createInvitationLinks:      NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createRoundMailing:         NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    listNotifications:          NO, NO, As(ANY), NoContact, NoClient;
    createInvitationOutcomes:   NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createRoundClosing:         NO, NO, As(MANAGERS), NoContact, With(SatisfactionWrite);
    createRoundPublication:     NO, NO, As(MANAGERS), NoContact, NoClient;
    listCommentsToRedact:       NO, NO, As(MANAGERS), NoContact, NoClient;
    createRedactions:           NO, NO, As(MANAGERS), NoContact, NoClient;
    listSurveyComments:         NO, NO, As(ANY), NoContact, NoClient;
    listCommentThemes:          NO, NO, As(ANY), NoContact, NoClient;
    setCommentThemes:           NO, NO, As(ANY), NoContact, NoClient;
    listNamedAnswers:           NO, NO, As(ANY), NoContact, NoClient;
    listSatisfactionMetrics:    YES, YES, Read, Own, With(SatisfactionRead);
    getSatisfactionIndex:       YES, YES, Read, Own, With(SatisfactionRead);
    getSatisfactionOverview:    YES, YES, Read, NoContact, With(SatisfactionRead);
    getSatisfactionOverviewDocument: YES, YES, Read, NoContact, With(SatisfactionRead);
    listSatisfactionReports:    YES, YES, Read, Own, With(SatisfactionRead);
    getSatisfactionReport:      YES, YES, Read, Own, With(SatisfactionRead);
    getSatisfactionReportDocument: YES, YES, Read, Own, With(SatisfactionRead);
    getSatisfactionReportFigures: YES, YES, Read, Own, With(SatisfactionRead);
    createSatisfactionReport:   NO, NO, As(MANAGERS), NoContact, NoClient;
    changeSatisfactionReport:   NO, NO, As(MANAGERS), NoContact, NoClient;
    deleteSatisfactionReport:   NO, NO, As(MANAGERS), NoContact, NoClient;
    createReportPublication:    NO, NO, As(MANAGERS), NoContact, NoClient;
    listStatements:             YES, YES, Read, Own, With(AgreementsRead);
    getStatement:               YES, YES, Read, Own, With(AgreementsRead);
    getStatementRevision:       YES, YES, Read, Own, With(AgreementsRead);
    getStatementDifference:     YES, YES, Read, Own, With(AgreementsRead);
    getStatementDocument:       YES, YES, Read, Own, With(AgreementsRead);
    getStatementFigures:        YES, YES, Read, Own, With(AgreementsRead);
    getStatementEvidence:       NO, YES, Read, Own, With(MeasurementsRead);
    createStatement:            NO, NO, As(ANY), NoContact, NoClient;
    createStatementProposal:    NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    createStatementAcceptance:  NO, NO, NoPerson, Own, NoClient;
    createObjection:            NO, NO, NoPerson, Own, NoClient;
    createObjectionAnswer:      NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    createStatementClosing:     NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    createRestatement:          NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    listExclusions:             YES, YES, Read, Own, With(AgreementsRead);
    getExclusion:               YES, YES, Read, Own, With(AgreementsRead);
    createExclusion:            NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    createExclusionConsent:     NO, NO, As(DELIVERY_MANAGER), Own, NoClient;
    createExclusionRefusal:     NO, NO, As(DELIVERY_MANAGER), Own, NoClient;
    createStatementRun:         NO, NO, As(DELIVERY_MANAGER), NoContact, NoClient;
    getStatementRun:            NO, YES, Anyone, NoContact, NoClient;
    listImprovements:           YES, YES, Read, Own, With(ImprovementsRead);
    getImprovement:             YES, YES, Read, Own, With(ImprovementsRead);
    listReadings:               YES, YES, Read, Own, With(ImprovementsRead);
    listImprovementOffers:      NO, YES, Read, NoContact, With(ImprovementsRead);
    createOfferDecision:        NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    getImprovementEffects:      YES, YES, Read, Own, With(ImprovementsRead);
    createImprovement:          NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    changeImprovement:          NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    createReading:              NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    createActivity:             NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    changeActivity:             NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    createActivityCompletion:   NO, NO, As(ANY), NoContact, With(ImprovementsWrite);
    createImprovementApproval:  NO, NO, As(MANAGERS), NoContact, NoClient;
    createImprovementRejection: NO, NO, As(MANAGERS), NoContact, NoClient;
    createImprovementStart:     NO, NO, As(ANY), NoContact, NoClient;
    createImplementation:       NO, NO, As(ANY), NoContact, NoClient;
    createImprovementVerification: NO, NO, As(MANAGERS), NoContact, NoClient;
    createImprovementClosing:   NO, NO, As(MANAGERS), NoContact, NoClient;
    listServiceCosts:           YES, YES, Read, Own, With(ValueRead);
    getServiceCost:             YES, YES, Read, Own, With(ValueRead);
    createServiceCost:          YES, NO, As(MANAGERS), NoContact, With(ValueWrite);
    changeServiceCost:          YES, NO, As(MANAGERS), NoContact, With(ValueWrite);
    listValueAssessments:       NO, YES, Read, Own, With(ValueRead);
    getValueAssessment:         NO, YES, Read, Own, With(ValueRead);
    createValueAssessment:      NO, NO, NoPerson, Own, NoClient;
    changeValueAssessment:      NO, NO, NoPerson, Own, NoClient;
    getValueAnalysis:           YES, YES, Read, Own, With(ValueRead);
    getValueAnalysisDocument:   YES, YES, Read, Own, With(ValueRead);
    listBusinessNeeds:          YES, YES, Read, NoContact, With(KnowledgeRead);
    getBusinessNeed:            YES, YES, Read, NoContact, With(KnowledgeRead);
    getNeedsDigest:             YES, YES, Read, NoContact, With(KnowledgeRead);
    getNeedsDigestDocument:     YES, YES, Read, NoContact, With(KnowledgeRead);
    createBusinessNeed:         NO, NO, As(ANY), NoContact, NoClient;
    changeBusinessNeed:         NO, NO, As(ANY), NoContact, NoClient;
    createNeedClosing:          NO, NO, As(BUSINESS_RELATIONSHIP_MANAGER), NoContact, NoClient;
    listLessons:                YES, YES, Anyone, NoContact, With(KnowledgeRead);
    getLesson:                  YES, YES, Anyone, NoContact, With(KnowledgeRead);
    createLesson:               NO, NO, As(ANY), NoContact, NoClient;
    changeLesson:               NO, NO, As(ANY), NoContact, NoClient;
    createLessonReader:         NO, NO, Anyone, NoContact, NoClient;
    listInteractions:           NO, YES, Read, NoContact, With(KnowledgeRead);
    getInteraction:             NO, YES, Read, NoContact, With(KnowledgeRead);
    createInteraction:          NO, NO, As(ANY), NoContact, With(KnowledgeWrite);
    changeInteraction:          NO, NO, AsOrRaiser(&[]), NoContact, RaiserWith(KnowledgeWrite);
    listPlannedActivities:      YES, YES, Read, Own, With(ActivitiesRead);
    getPlannedActivity:         YES, YES, Read, Own, With(ActivitiesRead);
    listPlannedActivityHistory: YES, YES, Read, Own, With(ActivitiesRead);
    getPlannedOutlook:          YES, YES, Read, Own, With(ActivitiesRead);
    getPlannedOutlookDocument:  YES, YES, Read, Own, With(ActivitiesRead);
    createPlannedActivity:      NO, NO, As(ANY), NoContact, With(ActivitiesWrite);
    changePlannedActivity:      NO, NO, As(ANY), NoContact, With(ActivitiesWrite);
    createPlannedPhase:         NO, NO, As(ANY), NoContact, With(ActivitiesWrite);
    listAnnouncements:          YES, YES, Read, Own, With(AnnouncementsRead);
    getAnnouncement:            YES, YES, Read, Own, With(AnnouncementsRead);
    createAnnouncement:         NO, NO, As(ANY), NoContact, UnlimitedWith(AnnouncementsWrite);
    changeAnnouncement:         NO, NO, As(ANY), NoContact, UnlimitedWith(AnnouncementsWrite);
    createAnnouncementWithdrawal: NO, NO, As(ANY), NoContact, UnlimitedWith(AnnouncementsWrite);
    listCalendarSubscriptions:  NO, NO, Read, Own, NoClient;
    getCalendarSubscription:    NO, NO, Read, Own, NoClient;
    createCalendarSubscription: NO, NO, Read, Own, NoClient;
    deleteCalendarSubscription: NO, NO, Read, Own, NoClient;
    listMeetings:               NO, YES, Read, Own, With(MeetingsRead);
    getMeeting:                 NO, YES, Read, Own, With(MeetingsRead);
    getMeetingDocument:         NO, YES, Read, Own, With(MeetingsRead);
    getReviewPack:              NO, YES, Read, NoContact, With(MeetingsRead);
    getReviewPackDocument:      NO, YES, Read, NoContact, With(MeetingsRead);
    getDialoguePack:            NO, YES, Read, NoContact, With(MeetingsRead);
    listOverdueMeetings:        YES, YES, Read, NoContact, With(MeetingsRead);
    createMeeting:              NO, NO, As(MANAGERS), NoContact, NoClient;
    changeMeeting:              NO, NO, As(MANAGERS), NoContact, NoClient;
    createHolding:              NO, NO, As(MANAGERS), NoContact, NoClient;
    createMeetingPublication:   NO, NO, As(MANAGERS), NoContact, NoClient;
    createMeetingCancellation:  NO, NO, As(MANAGERS), NoContact, NoClient;
    createAgendaItem:           NO, NO, As(ANY), NoContact, NoClient;
    changeAgendaItem:           NO, NO, As(ANY), NoContact, NoClient;
    deleteAgendaItem:           NO, NO, As(ANY), NoContact, NoClient;
    createAgendaItemTransfer:   NO, NO, As(ANY), NoContact, NoClient;
    setMinutes:                 NO, NO, As(ANY), NoContact, NoClient;
    createActionItemCompletion: NO, NO, As(ANY), NoContact, NoClient;
    createAddendum:             NO, NO, As(MANAGERS), NoContact, NoClient;
    listMeetingSeries:          YES, YES, Read, NoContact, With(MeetingsRead);
    getMeetingSeries:           YES, YES, Read, NoContact, With(MeetingsRead);
    createMeetingSeries:        NO, NO, As(MANAGERS), NoContact, NoClient;
    changeMeetingSeries:        NO, NO, As(MANAGERS), NoContact, NoClient;
    endMeetingSeries:           NO, NO, As(MANAGERS), NoContact, NoClient;
    listEvents:                 NO, YES, NoPerson, NoContact, With(EventsRead);
    getEventStream:             NO, YES, NoPerson, NoContact, With(EventsRead);
    listAccessRecords:          YES, YES, NoPerson, NoContact, NoClient;
    getEventHead:               NO, YES, NoPerson, NoContact, UnlimitedWith(EventsRead);
    listWebhookSubscriptions:   YES, YES, NoPerson, NoContact, With(WebhooksRead);
    getWebhookSubscription:     YES, YES, NoPerson, NoContact, With(WebhooksRead);
    createWebhookSubscription:  NO, NO, NoPerson, NoContact, With(WebhooksWrite);
    changeWebhookSubscription:  YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    deleteWebhookSubscription:  YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    createWebhookSecret:        YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    createWebhookPause:         YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    createWebhookResumption:    YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    createWebhookTest:          YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    createWebhookReplay:        YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    listDeliveries:             YES, YES, NoPerson, NoContact, With(WebhooksRead);
    getDelivery:                YES, YES, NoPerson, NoContact, With(WebhooksRead);
    createDeliveryReplay:       YES, NO, NoPerson, NoContact, With(WebhooksWrite);
    listClients:                YES, YES, NoPerson, NoContact, NoClient;
    getClient:                  YES, YES, NoPerson, NoContact, NoClient;
    createClient:               YES, NO, NoPerson, NoContact, NoClient;
    createClientSecret:         YES, NO, NoPerson, NoContact, NoClient;
    createClientRevocation:     YES, NO, NoPerson, NoContact, NoClient;
    listConnectionPresets:      YES, YES, NoPerson, NoContact, NoClient;
    listConnections:            YES, YES, NoPerson, NoContact, NoClient;
    getConnection:              YES, YES, NoPerson, NoContact, NoClient;
    createConnection:           YES, NO, NoPerson, NoContact, NoClient;
    changeConnection:           YES, NO, NoPerson, NoContact, NoClient;
    deleteConnection:           YES, NO, NoPerson, NoContact, NoClient;
    createConnectionSecret:     YES, NO, NoPerson, NoContact, NoClient;
    createConnectionTest:       YES, NO, NoPerson, NoContact, NoClient;
    listReceivedDocuments:      YES, YES, NoPerson, NoContact, NoClient;
    getReceivedDocument:        YES, YES, NoPerson, NoContact, NoClient;
    createDocumentReplay:       YES, NO, NoPerson, NoContact, NoClient;
    createConnectionReplay:     YES, NO, NoPerson, NoContact, NoClient;
    createImport:               YES, NO, NoPerson, NoContact, UnlimitedWith(RegisterWrite);
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
