//! What happened: one event for each thing that an act changed, in one order, linked into a chain.
//!
//! No state is ever rebuilt from events. [`Draft`] is the one place where an event's data is made.
pub mod catalogue;
mod cloud;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    requests::{Destination, FeedEntryKind},
    vocabulary::*,
};

pub use catalogue::UnknownAct;
pub use cloud::CloudEvent;

word! {
    /// What kind of thing an event is about.
    #[allow(missing_docs)]
    SubjectKind {
        Customer,
        Contact,
        Person,
        Service,
        ServiceUsage,
        CustomerTeam,
        Request,
        HandOver,
        Comment,
        ScoringScheme,
        RequestScore,
        Client,
        Agreement,
        AgreementVersion,
        AgreementTemplate,
        SigningOrder,
        ServiceCalendar,
        Measurement,
        MeasurementBatch,
        ServiceLevelStatement,
        MissedTarget,
        Exclusion,
        StatementRun,
        Improvement,
        ImprovementReading,
        ImprovementOffer,
        PlannedActivity,
        Announcement,
        /// Somebody's wish to read dates in a calendar.
        CalendarSubscription,
        WebhookSubscription,
        Connection,
        Survey,
        SurveyRound,
        /// A report of satisfaction.
        SatisfactionReport,
        /// Customers that went on as others.
        Succession,
        ServiceCost,
        ValueAssessment,
        BusinessNeed,
        Lesson,
        Interaction,
        Meeting,
        MeetingSeries,
    }
}

/// A thing whose changes are events.
pub trait Aggregate: Serialize {
    /// What kind of thing it is.
    const KIND: SubjectKind;
    /// Its id.
    fn id(&self) -> Uuid;
    /// Grows by one at each change; the thing's `ETag`.
    fn version(&self) -> i64;
    /// The customer whose callers may read its events; none for a thing of the provider.
    fn customer(&self) -> Option<CustomerId> {
        None
    }
    /// The matter it belongs to: a comment's and a hand-over's request, else the thing itself.
    fn matter(&self) -> Uuid {
        self.id()
    }
    /// Whether the calendar shows in how it reads, so that it may read otherwise tomorrow at the same version.
    fn reads_by_calendar(&self) -> bool {
        false
    }
    /// What else it reads by, where it is computed as it is read.
    fn reads_as(&self) -> Option<&str> {
        None
    }
    /// The destination in whose feed its events stand.
    fn destination(&self) -> Option<Destination> {
        None
    }
}

word! {
    /// What kind of caller acted.
    ActorKind {
        /// An administrator of the service.
        Administrator,
        /// A person of the IT organisation.
        Person,
        /// A contact of a customer.
        Contact,
        /// Another system.
        Client,
        /// An auditor; changes nothing, but may be named in an access record.
        Auditor,
        /// The service's own command line.
        Operator,
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// The id of the person, contact or client; the subject of an administrator.
    #[schema(
        max_length = 255,
        pattern = r"^[!-~]+$",
        example = "019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27"
    )]
    pub id: String,
    /// The person or contact in whose stead it was done, where the actor had the right to it as their deputy alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 36, max_length = 36)]
    pub acting_for: Option<Uuid>,
}

/// The thing that changed, at the version it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventSubject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Its id.
    pub id: Uuid,
    /// The version that the change gave it.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
}

/// The part of an event that the chain covers, exactly as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Id of the event.
    pub id: EventId,
    /// What happened, with the version of the event's form.
    #[serde(rename = "type")]
    #[schema(
        max_length = 100,
        pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$",
        example = "kundansvar.request.routed.v1"
    )]
    pub kind: String,
    /// The thing that changed.
    pub subject: EventSubject,
    /// The customer that the thing belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The matter that the thing belongs to, where it is not one itself: a comment's and a hand-over's request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Uuid>,
    /// The destination that a hand-over is meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// Who did it.
    pub actor: Actor,
    /// The request in which it was done; the same as the reply's `X-Request-Id`.
    #[schema(max_length = 128, pattern = r"^[!-~]+$", example = "4f1c2d3e-0001")]
    pub request_id: String,
    /// When.
    pub time: DateTime<Utc>,
    /// The changed members, each with what it was (`before`) and became (`after`). Personal data stands as
    /// `{"digest": …}` and, until it is erased, its `value`.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl Body {
    /// The one text of this event: JSON canonicalised by RFC 8785.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json_canonicalizer::to_string(self)
    }

    /// The matter that it belongs to; the thing itself where no other is named.
    pub fn matter(&self) -> Uuid {
        self.matter.unwrap_or(self.subject.id)
    }

    /// What it tells in the feed of its destination, if it stands there.
    pub fn feed_kind(&self) -> Option<FeedEntryKind> {
        let act = self.kind.split('.').nth(2)?;
        self.destination.and_then(|_| act.parse().ok())
    }
}

/// An event at its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// Its place: 1, 2, 3 … without gaps.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub position: i64,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

/// A link of the chain: SHA-256 over the previous link, the position and the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link(pub [u8; 32]);

impl Link {
    /// The link before the first event.
    pub const ORIGIN: Self = Self([0; 32]);

    /// The link of the event at `position` whose canonical body is `body`: SHA-256(self ‖ position, 8 bytes big
    /// endian ‖ body).
    pub fn next(&self, position: i64, body: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(position.to_be_bytes());
        hash.update(body.as_bytes());
        Self(hash.finalize().into())
    }

    /// The first 8 bytes, as cursors carry them.
    pub fn short(&self) -> [u8; 8] {
        let mut short = [0; 8];
        short.copy_from_slice(&self.0[..8]);
        short
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for Link {
    type Err = NotALink;
    fn from_str(text: &str) -> Result<Self, NotALink> {
        let mut link = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotALink);
        }
        for (i, byte) in link.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| NotALink)?;
        }
        Ok(Self(link))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("a link is 64 hexadecimal digits")]
pub struct NotALink;

/// Personal data of an event, kept beside the chain so that it can be erased without breaking it.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalDatum {
    /// SHA-256(salt ‖ canonical value), as it stands in the event.
    pub digest: String,
    /// Makes the digest useless once it is erased with the value.
    pub salt: String,
    /// The value.
    pub value: Value,
}

impl PersonalDatum {
    /// Seals a value with a fresh random salt.
    pub fn seal(value: Value, salt: Uuid) -> Self {
        let salt = salt.simple().to_string();
        Self {
            digest: Self::digest(&salt, &value),
            salt,
            value,
        }
    }

    /// The digest that the event must carry for this salt and value.
    pub fn digest(salt: &str, value: &Value) -> String {
        let mut hash = Sha256::new();
        hash.update(salt.as_bytes());
        hash.update(value.to_string().as_bytes());
        Link(hash.finalize().into()).to_string()
    }
}

/// An event's data as the log keeps it, and the personal data that stays beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Changed members: `{"title": {"before": …, "after": …}}`.
    pub data: Value,
    /// What the digests in `data` stand for.
    pub personal: Vec<PersonalDatum>,
}

impl Draft {
    /// What differs between two states of a thing; none before is a creation, none after a deletion. `salt` gives
    /// fresh randomness for each personal value.
    pub fn of<A: Aggregate>(
        before: Option<&A>,
        after: Option<&A>,
        salt: &mut impl FnMut() -> Uuid,
    ) -> Result<Self, serde_json::Error> {
        let members = |state: Option<&A>| match state.map(|a| to_json_for(Purpose::Log, a)).transpose()? {
            Some(Value::Object(members)) => Ok::<_, serde_json::Error>(members),
            _ => Ok(Map::new()),
        };
        let (before, after) = (members(before)?, members(after)?);
        let mut draft = Self {
            data: json!({}),
            personal: vec![],
        };
        for name in before
            .keys()
            .chain(after.keys().filter(|name| !before.contains_key(*name)))
        {
            let (was, is) = (before.get(name), after.get(name));
            // The version stands in the subject, the id too.
            if was == is || name == "version" || name == "id" {
                continue;
            }
            let mut change = Map::new();
            for (key, value) in [("before", was), ("after", is)] {
                if let Some(value) = value {
                    change.insert(key.into(), draft.sealed(value.clone(), salt));
                }
            }
            draft.data[name] = change.into();
        }
        Ok(draft)
    }

    fn sealed(&mut self, value: Value, salt: &mut impl FnMut() -> Uuid) -> Value {
        match value {
            Value::Object(mut map) if map.len() == 1 && map.contains_key("personal") => {
                let datum = PersonalDatum::seal(map.remove("personal").unwrap_or_default(), salt());
                let marked = json!({"digest": datum.digest});
                self.personal.push(datum);
                marked
            }
            Value::Object(map) => map.into_iter().map(|(k, v)| (k, self.sealed(v, salt))).collect(),
            Value::Array(items) => items.into_iter().map(|v| self.sealed(v, salt)).collect(),
            plain => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Thing {
        version: i64,
        title: Title,
        count: u8,
    }
    impl Aggregate for Thing {
        const KIND: SubjectKind = SubjectKind::Request;
        fn id(&self) -> Uuid {
            Uuid::nil()
        }
        fn version(&self) -> i64 {
            self.version
        }
    }

    #[test]
    fn an_event_names_what_changed_and_holds_no_personal_data() {
        let before = Thing {
            version: 1,
            title: "Hemlig rubrik".parse().unwrap(),
            count: 3,
        };
        let after = Thing {
            version: 2,
            title: "Ny rubrik".parse().unwrap(),
            count: 3,
        };
        let draft = Draft::of(Some(&before), Some(&after), &mut || Uuid::from_u128(7)).unwrap();
        let text = draft.data.to_string();
        assert!(
            !text.contains("rubrik") && !text.contains("count") && !text.contains("version"),
            "{text}"
        );
        assert_eq!(draft.personal.len(), 2);
        for datum in &draft.personal {
            assert!(text.contains(&datum.digest));
            assert_eq!(PersonalDatum::digest(&datum.salt, &datum.value), datum.digest);
        }
    }

    #[test]
    fn a_link_depends_on_all_three() {
        let link = Link::ORIGIN.next(1, "{}");
        assert_ne!(link, Link::ORIGIN.next(2, "{}"));
        assert_ne!(link, Link::ORIGIN.next(1, "[]"));
        assert_ne!(link, link.next(1, "{}"));
        assert_eq!(link.to_string().parse::<Link>().unwrap(), link);
        // printf of 32 zero bytes, 0000000000000001 and "{}" into sha256sum:
        assert_eq!(
            link.to_string(),
            "1bad765d926feacace97a8ddcd329a1f4254c208affc1ba86b3c7d59e8fba83e"
        );
    }
}
