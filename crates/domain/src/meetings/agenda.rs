//! What a meeting takes up. R17: an item's type and what it links to belong to the meeting's kind; words are not judged.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;
use crate::{Rule, RuleCode};

word! {
    /// What an item of an agenda is about.
    AgendaItemType {
        /// Something that the business needs.
        Need,
        /// Something that could be done.
        Idea,
        /// What the customer itself is about to do.
        PlannedActivity,
        /// What was delivered against what was agreed.
        Statement,
        /// What users and customers think.
        Satisfaction,
        /// What somebody complained about.
        Complaint,
        /// What becomes better.
        Improvement,
        /// The volume, against what the levels are promised for.
        Workload,
        /// What the other party should know.
        Information,
    }
}

word! {
    /// What kind of thing a meeting takes up, or records.
    LinkedKind {
        /// A request, or a complaint.
        Request,
        /// What the customer itself is about to do.
        PlannedActivity,
        /// Knowledge of what the business needs.
        BusinessNeed,
        /// A statement of what was delivered.
        ServiceLevelStatement,
        /// A report of satisfaction.
        SatisfactionReport,
        /// An entry of the improvement register.
        Improvement,
    }
}

/// A thing that a meeting takes up, or that was recorded at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedThing {
    /// What kind of thing.
    pub kind: LinkedKind,
    /// Its id.
    pub id: Uuid,
}

/// A thing as far as R17 asks: of what kind, and whether it is a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matter {
    /// What kind of thing.
    pub kind: LinkedKind,
    /// A request that is a complaint.
    pub is_complaint: bool,
}

impl Matter {
    /// A thing that is no complaint.
    pub fn of(kind: LinkedKind) -> Self {
        Self {
            kind,
            is_complaint: false,
        }
    }
}

impl MeetingKind {
    /// Whether items of this type belong to it. Total: every pair is decided here.
    pub fn takes(self, item: AgendaItemType) -> bool {
        use AgendaItemType::*;
        match self {
            Self::Team => true,
            Self::Dialogue => matches!(item, Need | Idea | PlannedActivity | Information),
            Self::Review => matches!(
                item,
                Statement | Satisfaction | Complaint | Improvement | Workload | PlannedActivity | Information
            ),
        }
    }

    /// Whether such a thing may be linked at it.
    pub fn links(self, matter: Matter) -> bool {
        use LinkedKind::*;
        match (self, matter.kind) {
            (Self::Team, _) | (Self::Dialogue | Self::Review, PlannedActivity) => true,
            (Self::Dialogue, Request) => !matter.is_complaint,
            (Self::Dialogue, kind) => kind == BusinessNeed,
            (Self::Review, Request) => matter.is_complaint,
            (Self::Review, kind) => kind != BusinessNeed,
        }
    }

    /// Whether such a thing may be recorded at it: from a dialogue what is wanted, from a review what is to become better.
    pub fn records(self, matter: Matter) -> bool {
        use LinkedKind::*;
        match (self, matter.kind) {
            (Self::Team, _) => false,
            (Self::Dialogue, Request) => !matter.is_complaint,
            (Self::Dialogue, kind) => matches!(kind, PlannedActivity | BusinessNeed),
            (Self::Review, Request) => matter.is_complaint,
            (Self::Review, kind) => kind == Improvement,
        }
    }

    /// Whether an item of this type that links to this belongs to it.
    pub fn fits(self, item: AgendaItemType, matter: Option<Matter>) -> bool {
        self.takes(item) && matter.is_none_or(|matter| self.links(matter))
    }

    /// The kind to which such an item belongs: one with the customer, else the team's own.
    pub fn fitting(item: AgendaItemType, matter: Option<Matter>) -> Self {
        [Self::Dialogue, Self::Review]
            .into_iter()
            .find(|kind| kind.fits(item, matter))
            .unwrap_or(Self::Team)
    }

    /// In which role it is led (R18); a meeting of the team as told.
    pub fn led_by(self, told: Option<MeetingLead>) -> Result<MeetingLead, Rule> {
        use MeetingLead::*;
        let (fixed, who) = match self {
            Self::Team => return Ok(told.unwrap_or(BusinessRelationshipManager)),
            Self::Dialogue => (
                BusinessRelationshipManager,
                "A dialogue is led by the business relationship manager.",
            ),
            Self::Review => (DeliveryManager, "A review is led by the delivery manager."),
        };
        match told {
            Some(other) if other != fixed => Err(Rule::new(RuleCode::MeetingLead, who).at("/ledBy")),
            _ => Ok(fixed),
        }
    }
}

/// What is told of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgendaItemInput {
    /// What it is about.
    #[serde(rename = "type")]
    pub about: AgendaItemType,
    /// What is taken up, in one line.
    pub title: Title,
    /// What is to be known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Markdown>,
    /// The thing that is taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkedThing>,
    /// Its place in the order, from 1; unless told the last, or where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50, example = 1)]
    pub position: Option<u32>,
    /// Why this meeting takes up what belongs to another kind (R17); shows in the minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_reason: Option<Reason>,
}

/// Why a meeting takes up what belongs to another kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgendaOverride {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// Something that a meeting takes up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgendaItem {
    /// Its id.
    pub id: AgendaItemId,
    /// What it is about.
    #[serde(rename = "type")]
    pub about: AgendaItemType,
    /// What is taken up, in one line.
    pub title: Title,
    /// What is to be known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Markdown>,
    /// The thing that is taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkedThing>,
    /// Why it is taken up here, where it belongs to another kind of meeting.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub overriding: Option<AgendaOverride>,
}

/// The next meeting to which an item would belong.
#[derive(Debug, Clone)]
pub struct NextMeeting {
    /// Which.
    pub id: MeetingId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
}

/// To which meeting an item goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferInput {
    /// The planned meeting of the same customer that takes it up.
    pub meeting: MeetingId,
}

/// How many items an agenda has at most.
const ITEMS: usize = 50;

impl Meeting {
    /// The item, where it has one of this id.
    pub fn item(&self, id: AgendaItemId) -> Option<&AgendaItem> {
        self.agenda.iter().find(|item| item.id == id)
    }

    /// Something more is taken up. `next` is the meeting to which it would belong, where it does not belong here.
    pub fn add_item(
        self,
        id: AgendaItemId,
        told: AgendaItemInput,
        matter: Option<Matter>,
        next: Option<NextMeeting>,
        deed: Deed,
    ) -> Result<Self, Rule> {
        let mut after = self.step(MeetingAct::Prepare)?;
        let overriding = after.overriding(id, &told, matter, next, (None, deed))?;
        after.must_have_room()?;
        let place = told.position;
        let item = AgendaItem {
            id,
            about: told.about,
            title: told.title,
            text: told.text,
            link: told.link,
            overriding,
        };
        after.put(place.map_or(ITEMS, place_of), item);
        Ok(after)
    }

    /// An item as told anew.
    pub fn change_item(
        self,
        id: AgendaItemId,
        told: AgendaItemInput,
        matter: Option<Matter>,
        next: Option<NextMeeting>,
        deed: Deed,
    ) -> Result<Self, Rule> {
        let mut after = self.step(MeetingAct::Prepare)?;
        let was = after.agenda.iter().position(|item| item.id == id).ok_or_else(gone)?;
        let same = |before: &&AgendaItem| (before.about, &before.link) == (told.about, &told.link);
        let kept = after.item(id).filter(same).and_then(|before| before.overriding.clone());
        let overriding = after.overriding(id, &told, matter, next, (kept, deed))?;
        after.agenda.remove(was);
        let place = told.position.map_or(was, place_of);
        let item = AgendaItem {
            id,
            about: told.about,
            title: told.title,
            text: told.text,
            link: told.link,
            overriding,
        };
        after.put(place, item);
        Ok(after)
    }

    /// An item is not taken up any more.
    pub fn remove_item(self, id: AgendaItemId) -> Result<(Self, AgendaItem), Rule> {
        let mut after = self.step(MeetingAct::Prepare)?;
        let was = after.agenda.iter().position(|item| item.id == id).ok_or_else(gone)?;
        let item = after.agenda.remove(was);
        after.overridden = after.agenda.iter().any(|item| item.overriding.is_some());
        Ok((after, item))
    }

    /// An item goes to a planned meeting of the same customer to which it belongs.
    pub fn transfer(
        self,
        id: AgendaItemId,
        to: Self,
        matter: Option<Matter>,
        next: Option<NextMeeting>,
    ) -> Result<(Self, Self), Rule> {
        let refused = |detail: &str| Err(Rule::new(RuleCode::State, detail).at("/meeting"));
        if to.customer != self.customer {
            return refused("The other meeting is about another customer.");
        }
        if to.status != MeetingStatus::Planned || to.id == self.id {
            return refused("An item goes to another meeting, which is planned.");
        }
        let (from, item) = self.remove_item(id)?;
        let mut to = to.step(MeetingAct::Prepare)?;
        if !to.kind.fits(item.about, matter) {
            return Err(to.misplaced(id, item.about, matter, next).at("/meeting"));
        }
        to.must_have_room()?;
        to.put(
            ITEMS,
            AgendaItem {
                overriding: None,
                ..item
            },
        );
        Ok((from, to))
    }

    /// Something was recorded at the meeting.
    pub fn record(self, thing: LinkedThing, matter: Matter) -> Result<Self, Rule> {
        let mut after = self.step(MeetingAct::Record)?;
        if !after.kind.records(matter) {
            let detail = match (after.kind, matter.is_complaint) {
                (MeetingKind::Team, _) => "Nothing is recorded from a meeting of the team.".into(),
                (kind, true) => format!("A complaint is not recorded from a {kind}: it belongs to a review."),
                (kind, false) => format!("A thing of this kind ({}) is not recorded from a {kind}.", matter.kind),
            };
            return Err(Rule::new(RuleCode::WrongMeeting, detail));
        }
        if after.outcomes.len() >= OUTCOMES {
            let detail = format!("{OUTCOMES} things are recorded from it, as many as can be.");
            return Err(Rule::new(RuleCode::State, detail));
        }
        after.outcomes.push(thing);
        Ok(after)
    }

    fn put(&mut self, place: usize, item: AgendaItem) {
        self.agenda.insert(place.min(self.agenda.len()), item);
        self.overridden = self.agenda.iter().any(|item| item.overriding.is_some());
    }

    fn must_have_room(&self) -> Result<(), Rule> {
        if self.agenda.len() < ITEMS {
            return Ok(());
        }
        let detail = format!("The agenda has {ITEMS} items, as many as one can have.");
        Err(Rule::new(RuleCode::State, detail))
    }

    /// R17: the item belongs here, or there is a reason to take it up all the same.
    fn overriding(
        &self,
        id: AgendaItemId,
        told: &AgendaItemInput,
        matter: Option<Matter>,
        next: Option<NextMeeting>,
        (kept, deed): (Option<AgendaOverride>, Deed),
    ) -> Result<Option<AgendaOverride>, Rule> {
        let reason = told.override_reason.clone();
        match (self.kind.fits(told.about, matter), reason, kept) {
            (true, None, _) => Ok(None),
            (true, Some(_), _) => Err(Rule::new(
                RuleCode::State,
                "It belongs to this kind of meeting; there is nothing to override.",
            )
            .at("/overrideReason")),
            (false, Some(reason), _) => Ok(Some(AgendaOverride { deed, reason })),
            (false, None, Some(kept)) => Ok(Some(kept)),
            (false, None, None) => {
                let pointer = if self.kind.takes(told.about) { "/link" } else { "/type" };
                Err(self.misplaced(id, told.about, matter, next).at(pointer))
            }
        }
    }

    /// Where an item belongs, and how it gets there.
    fn misplaced(
        &self,
        id: AgendaItemId,
        about: AgendaItemType,
        matter: Option<Matter>,
        next: Option<NextMeeting>,
    ) -> Rule {
        let fitting = MeetingKind::fitting(about, matter);
        let way = match (next, self.item(id)) {
            (None, _) => format!("Plan a {fitting} for it, or tell an overrideReason."),
            (Some(next), None) => format!(
                "The next one of {} is {} on {}: POST /meetings/{}/agenda-items. Or tell an overrideReason.",
                self.customer.code,
                next.id,
                next.starts_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                next.id
            ),
            (Some(next), Some(_)) => format!(
                "The next one of {} is {} on {}: POST /meetings/{}/agenda-items/{id}/transfer.",
                self.customer.code,
                next.id,
                next.starts_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                self.id
            ),
        };
        let what = match self.kind.takes(about) {
            true => "What it links to".to_owned(),
            false => format!("An item of type {about}"),
        };
        let detail = format!(
            "{what} does not belong to a {} but to a {fitting}. {way}",
            match self.kind {
                MeetingKind::Team => "meeting of the team".to_owned(),
                kind => kind.to_string(),
            }
        );
        Rule::new(RuleCode::WrongMeeting, detail)
    }
}

/// How many things can be recorded from a meeting.
const OUTCOMES: usize = 200;

fn place_of(position: u32) -> usize {
    usize::try_from(position).unwrap_or(ITEMS).saturating_sub(1)
}

fn gone() -> Rule {
    Rule::new(RuleCode::UnknownReference, "The meeting has no such item.")
}
