//! How one thing names another: a small object with id and label in replies, an id or another system's reference in
//! input. Equality and rules know only the id.
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::*;

macro_rules! references {
    ($($(#[$doc:meta])* $name:ident($id:ident) { $($label:ident: $type:ty),* };)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[allow(missing_docs)]
        pub struct $name { pub id: $id, $(pub $label: $type),* }
        const _: () = {
            $(#[$doc])*
            #[derive(ToSchema)]
            #[allow(dead_code, reason = "only its schema is asked for")]
            struct Labelled { id: $id, $($label: $type),* }
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    match Rendering::purpose() {
                        Purpose::Reply => Labelled::schema(),
                        Purpose::Input | Purpose::Log => $id::schema(),
                    }
                }
            }
            impl ToSchema for $name {
                fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                    Labelled::schemas(schemas);
                }
            }
        };
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool { self.id == other.id }
        }
        impl Eq for $name {}
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(Serialize)]
                struct Labelled<'a> { id: $id, $($label: &'a $type),* }
                match Rendering::purpose() {
                    Purpose::Reply => Labelled { id: self.id, $($label: &self.$label),* }.serialize(serializer),
                    Purpose::Input | Purpose::Log => self.id.serialize(serializer),
                }
            }
        }
        /// With its labels, as it was kept in what is frozen.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                struct Labelled { id: $id, $($label: $type),* }
                Labelled::deserialize(deserializer).map(|Labelled { id, $($label),* }| Self { id, $($label),* })
            }
        }
    )*};
}

references! {
    /// A customer, with what a person needs to recognise it.
    CustomerRef(CustomerId) { code: Code, name: Name };
    /// A service, with what a person needs to recognise it.
    ServiceRef(ServiceId) { code: Code, name: Name };
    /// A customer team and its name.
    TeamRef(TeamId) { name: Name };
    /// A person of the IT organisation and their name.
    PersonRef(PersonId) { name: PersonName };
    /// A contact and their name.
    ContactRef(ContactId) { name: PersonName };
    /// Another system with credentials here, and its name.
    ClientRef(ClientId) { name: Name };
    /// A request, with what a person needs to recognise it.
    RequestRef(RequestId) { number: String, title: Title };
    /// A meeting, with what a person needs to recognise it.
    MeetingRef(MeetingId) { kind: crate::meetings::MeetingKind, day: chrono::NaiveDate };
    /// An improvement, with what a person needs to recognise it.
    ImprovementRef(ImprovementId) { number: String, title: Title };
    /// What a customer plans, with what a person needs to recognise it.
    PlannedActivityRef(PlannedActivityId) { title: Title };
}

/// What another system calls this thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalReference {
    /// The other system.
    pub system: SystemName,
    /// Its id there; unique per system and kind of thing.
    pub id: ExternalId,
    /// Where a person finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebAddress>,
}

/// Names a thing by another system's reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemKey {
    /// The other system.
    pub system: SystemName,
    /// Its id there.
    pub id: ExternalId,
}

/// How input names a thing: by our id, or by another system's reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Key<I> {
    /// Our id.
    Id(I),
    /// Another system's reference.
    Reference(SystemKey),
}
