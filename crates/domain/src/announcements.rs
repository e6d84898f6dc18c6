//! Announcements: what customers are told about a failed installation, a disturbance or a planned change (§11).
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// What is announced.
    AnnouncementKind {
        /// Something was installed and had to be taken back.
        FailedInstallation,
        /// A service is disturbed.
        Disturbance,
        /// A service will be changed.
        PlannedChange,
    }
}

/// What an announcement is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementTitle {
    /// In Swedish.
    pub sv: Name,
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<Name>,
}

/// What an announcement says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementText {
    /// In Swedish.
    pub sv: Note,
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<Note>,
}

/// What is told of an announcement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncementInput {
    /// What is announced.
    pub kind: AnnouncementKind,
    /// What it is called.
    pub title: AnnouncementTitle,
    /// What it says.
    pub text: AnnouncementText,
    /// The services that it is about.
    #[schema(min_items = 1, max_items = 50)]
    pub services: Vec<Key<ServiceId>>,
    /// The customers that are told, each with its parts; none: all that use the services.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub customers: Vec<Key<CustomerId>>,
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// When it ends, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// Why an announcement holds no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnnouncementWithdrawalInput {
    /// What customers are told instead.
    pub reason: AnnouncementText,
}

/// That an announcement holds no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementWithdrawal {
    /// When it was withdrawn.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: AnnouncementText,
}

/// What customers are told.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What is announced.
    pub kind: AnnouncementKind,
    /// What it is called.
    pub title: AnnouncementTitle,
    /// What it says.
    pub text: AnnouncementText,
    /// The services that it is about, by code.
    #[schema(max_items = 50)]
    pub services: Vec<ServiceRef>,
    /// Whether all that use the services are told.
    #[serde(skip_serializing_if = "when_input")]
    pub to_all_users: bool,
    /// The customers that are told, as far as you may see them, by code; each stands for its parts, too.
    #[schema(max_items = 100)]
    pub customers: Vec<CustomerRef>,
    /// The others. Whoever does not see them leaves them as they are.
    #[serde(skip)]
    pub unseen_customers: Vec<CustomerId>,
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// When it ends, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// That it holds no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<AnnouncementWithdrawal>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

fn when_input(_: &bool) -> bool {
    Rendering::purpose() == Purpose::Input
}

impl Aggregate for Announcement {
    const KIND: SubjectKind = SubjectKind::Announcement;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    /// The customer, where one alone is told.
    fn customer(&self) -> Option<CustomerId> {
        match (self.customers.as_slice(), self.unseen_customers.as_slice()) {
            ([one], []) => Some(one.id),
            _ => None,
        }
    }
}

/// The things that an input names, found.
#[derive(Debug, Clone)]
pub struct NamedForAnnouncement {
    /// The services that it is about.
    pub services: Vec<ServiceRef>,
    /// The customers that are told.
    pub customers: Vec<CustomerRef>,
}

impl Announcement {
    /// A new one.
    pub fn publish(
        id: AnnouncementId,
        input: AnnouncementInput,
        named: NamedForAnnouncement,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let new = Self {
            id,
            version: 0,
            kind: input.kind,
            title: input.title.clone(),
            text: input.text.clone(),
            services: vec![],
            to_all_users: true,
            customers: vec![],
            unseen_customers: vec![],
            begins_at: input.begins_at,
            ends_at: input.ends_at,
            withdrawal: None,
            references: vec![],
            created_at: now,
            changed_at: now,
        };
        new.told(input, named, now)
    }

    /// As told anew; what was withdrawn stays withdrawn.
    pub fn change(
        self,
        input: AnnouncementInput,
        named: NamedForAnnouncement,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        self.must_hold()?;
        self.told(input, named, now)
    }

    /// The same from the system that entered it, until it is withdrawn.
    pub fn change_by_source(
        self,
        input: AnnouncementInput,
        named: NamedForAnnouncement,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        if self.withdrawal.is_some() {
            let detail = "It is withdrawn: its source may change it no more.";
            return Err(Rule::new(RuleCode::SourceNoLongerOwns, detail));
        }
        self.change(input, named, now)
    }

    /// It holds no longer.
    pub fn withdraw(self, told: AnnouncementWithdrawalInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.must_hold()?;
        let reason = told.reason;
        Ok(Self {
            version: self.version + 1,
            withdrawal: Some(AnnouncementWithdrawal { at: now, reason }),
            changed_at: now,
            ..self
        })
    }

    fn must_hold(&self) -> Result<(), Rule> {
        match &self.withdrawal {
            None => Ok(()),
            Some(_) => Err(Rule::new(RuleCode::State, "It is withdrawn; announce it anew.")),
        }
    }

    fn told(self, input: AnnouncementInput, named: NamedForAnnouncement, now: DateTime<Utc>) -> Result<Self, Rule> {
        // As exactly as both databases keep it.
        let begins_at = input.begins_at.trunc_subsecs(6);
        let ends_at = input.ends_at.map(|ends| ends.trunc_subsecs(6));
        for (at, pointer) in [(Some(begins_at), "/beginsAt"), (ends_at, "/endsAt")] {
            if at.is_some_and(|at| !(1..=9999).contains(&at.year())) {
                let detail = "It lies between the years 1 and 9999, in UTC.";
                return Err(Rule::new(RuleCode::TimeOrder, detail).at(pointer));
            }
        }
        if ends_at.is_some_and(|ends| ends <= begins_at) {
            let detail = "It ends after it begins.";
            return Err(Rule::new(RuleCode::TimeOrder, detail).at("/endsAt"));
        }
        let (mut services, mut customers) = (named.services, named.customers);
        services.sort_by(|a, b| a.code.cmp(&b.code));
        customers.sort_by(|a, b| a.code.cmp(&b.code));
        customers.dedup();
        Ok(Self {
            version: self.version + 1,
            kind: input.kind,
            title: input.title,
            text: input.text,
            services,
            to_all_users: customers.is_empty() && self.unseen_customers.is_empty(),
            customers,
            begins_at,
            ends_at,
            references: input.references,
            changed_at: now,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-11-02T{hour:02}:00:00Z").parse().unwrap()
    }

    fn input(ends: Option<u32>) -> AnnouncementInput {
        let mut told = json!({"kind": "planned_change", "title": {"sv": "Ny version"}, "text": {"sv": "Tjänsten startas om."},
            "services": ["019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27"], "beginsAt": at(10)});
        if let Some(ends) = ends {
            told["endsAt"] = json!(at(ends));
        }
        serde_json::from_value(told).unwrap()
    }

    fn customer(code: &str, n: u128) -> CustomerRef {
        CustomerRef {
            id: CustomerId(Uuid::from_u128(n)),
            code: code.parse().unwrap(),
            name: code.parse().unwrap(),
        }
    }

    fn named(customers: Vec<CustomerRef>) -> NamedForAnnouncement {
        let services = vec![];
        NamedForAnnouncement { services, customers }
    }

    fn published(customers: Vec<CustomerRef>) -> Announcement {
        let id = AnnouncementId(Uuid::from_u128(1));
        Announcement::publish(id, input(Some(12)), named(customers), at(8)).unwrap()
    }

    #[test]
    fn it_ends_after_it_begins() {
        for (ends, fits) in [(None, true), (Some(11), true), (Some(10), false), (Some(9), false)] {
            let id = AnnouncementId(Uuid::from_u128(1));
            let told = Announcement::publish(id, input(ends), named(vec![]), at(8));
            assert_eq!(told.is_ok(), fits, "{ends:?}");
            if let Err(rule) = told {
                assert_eq!(
                    (rule.code, rule.pointer.as_deref()),
                    (RuleCode::TimeOrder, Some("/endsAt"))
                );
            }
        }
    }

    #[test]
    fn it_lies_in_years_that_both_databases_write_alike() {
        for (at, fits) in [
            ("9999-12-31T23:59:59Z", true),
            ("9999-12-31T23:59:59-01:00", false),
            ("0001-01-01T00:00:00Z", true),
            ("0001-01-01T00:00:00+01:00", false),
        ] {
            let mut told = input(None);
            told.begins_at = at.parse().unwrap();
            let id = AnnouncementId(Uuid::from_u128(1));
            let now = "2026-11-02T08:00:00Z".parse().unwrap();
            let published = Announcement::publish(id, told, named(vec![]), now);
            assert_eq!(published.is_ok(), fits, "{at}");
        }
    }

    #[test]
    fn it_belongs_to_a_customer_that_is_told_alone() {
        let (one, other) = (customer("A", 1), customer("B", 2));
        assert_eq!(published(vec![one.clone()]).customer(), Some(one.id));
        assert_eq!(published(vec![other.clone(), one.clone()]).customer(), None);
        assert_eq!(published(vec![]).customer(), None);
        assert!(published(vec![]).to_all_users && !published(vec![one.clone()]).to_all_users);
        let hidden = Announcement {
            unseen_customers: vec![other.id],
            ..published(vec![one])
        };
        assert_eq!(hidden.customer(), None);
        // Who sees none of the customers does not make it one for all by a change.
        let kept = hidden.change(input(None), named(vec![]), at(9)).unwrap();
        assert!(!kept.to_all_users);
    }

    #[test]
    fn what_is_withdrawn_stays_so() {
        let reason = json!({"reason": {"sv": "Leverantören skjuter på det."}});
        let told: AnnouncementWithdrawalInput = serde_json::from_value(reason).unwrap();
        let withdrawn = published(vec![]).withdraw(told.clone(), at(9)).unwrap();
        assert_eq!(withdrawn.version, 2);
        assert_eq!(
            withdrawn.clone().withdraw(told, at(9)).unwrap_err().code,
            RuleCode::State
        );
        let (input, named) = (input(None), named(vec![]));
        let changed = withdrawn.clone().change(input.clone(), named.clone(), at(9));
        assert_eq!(changed.unwrap_err().code, RuleCode::State);
        let by_source = withdrawn.change_by_source(input, named, at(9));
        assert_eq!(by_source.unwrap_err().code, RuleCode::SourceNoLongerOwns);
    }
}
