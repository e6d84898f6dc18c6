//! Minutes: written once a meeting was held, frozen when they are published; corrected by addenda.
use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode, agreements::content_digest, requests::Raiser};

/// Who is to do something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionOwnerInput {
    /// Somebody of the IT organisation.
    Person {
        /// Who.
        person: PersonId,
    },
    /// Somebody at the customer.
    Contact {
        /// Who.
        contact: Key<ContactId>,
    },
}

/// What is told of something that somebody is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionItemInput {
    /// Which, where it is one of those that the minutes have already: it keeps the day on which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ActionItemId>,
    /// What is to be done.
    pub text: Title,
    /// By whom.
    pub owner: ActionOwnerInput,
    /// By which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
}

/// What is told of minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MinutesInput {
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Markdown>,
    /// What was decided.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub decisions: Vec<Reason>,
    /// What is to be done.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub action_items: Vec<ActionItemInput>,
}

/// Something that somebody is to do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionItem {
    /// Its id.
    pub id: ActionItemId,
    /// What is to be done.
    pub text: Title,
    /// By whom.
    pub owner: Raiser,
    /// By which day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
    /// The day on which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_on: Option<NaiveDate>,
}

/// What was said, decided and agreed to be done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Minutes {
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Markdown>,
    /// What was decided.
    #[schema(max_items = 50)]
    pub decisions: Vec<Reason>,
    /// What is to be done.
    #[schema(max_items = 50)]
    pub action_items: Vec<ActionItem>,
}

/// What is told of an addendum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddendumInput {
    /// What is to be known beside the minutes.
    pub text: Markdown,
}

/// What corrects published minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Addendum {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// What is to be known beside the minutes.
    pub text: Markdown,
}

/// How many addenda minutes have at most.
const ADDENDA: usize = 50;

/// What the digest of minutes covers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Digested<'a> {
    customer: &'a CustomerRef,
    kind: MeetingKind,
    starts_at: chrono::DateTime<chrono::Utc>,
    agenda: &'a [AgendaItem],
    minutes: Minutes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pack: Option<&'a Digest>,
}

impl Meeting {
    /// The minutes as told; `owners` are those of the action items, in their order, and `ids` fresh ones for new items.
    pub fn write_minutes(
        self,
        told: MinutesInput,
        owners: Vec<Raiser>,
        mut new_id: impl FnMut() -> ActionItemId,
    ) -> Result<Self, Rule> {
        let after = self.step(MeetingAct::WriteMinutes)?;
        let known = after.minutes.iter().flat_map(|minutes| &minutes.action_items);
        let mut done: HashMap<ActionItemId, Option<NaiveDate>> = known.map(|item| (item.id, item.done_on)).collect();
        let mut items = vec![];
        for (n, (item, owner)) in told.action_items.into_iter().zip(owners).enumerate() {
            let (id, done_on) = match item.id {
                None => (new_id(), None),
                Some(id) => (id, done.remove(&id).ok_or_else(|| unknown(n))?),
            };
            items.push(ActionItem {
                id,
                text: item.text,
                owner,
                due_day: item.due_day,
                done_on,
            });
        }
        Ok(Self {
            minutes: Some(Minutes {
                notes: told.notes,
                decisions: told.decisions,
                action_items: items,
            }),
            ..after
        })
    }

    /// The action item, where the minutes have one of this id.
    pub fn action_item(&self, id: ActionItemId) -> Option<&ActionItem> {
        let minutes = self.minutes.as_ref()?;
        minutes.action_items.iter().find(|item| item.id == id)
    }

    /// What somebody was to do is done, also after the minutes were published.
    pub fn complete(self, id: ActionItemId, today: NaiveDate) -> Result<Self, Rule> {
        let mut after = self.step(MeetingAct::Complete)?;
        let mut items = after.minutes.iter_mut().flat_map(|minutes| &mut minutes.action_items);
        let item = items.find(|item| item.id == id).ok_or_else(|| {
            let detail = "The minutes have no such action item.";
            Rule::new(RuleCode::UnknownReference, detail)
        })?;
        if let Some(day) = item.done_on {
            return Err(Rule::new(RuleCode::State, format!("It was done on {day}.")));
        }
        item.done_on = Some(today);
        Ok(after)
    }

    /// The minutes stand from now on, with the pack that a review was held on.
    pub fn publish(self, pack: Option<Digest>, deed: Deed) -> Result<Self, Rule> {
        let after = self.step(MeetingAct::Publish)?;
        let minutes = after.minutes.clone().ok_or_else(|| {
            let detail = "Nothing is written down of it; write its minutes first.";
            Rule::new(RuleCode::State, detail)
        })?;
        let after = Self {
            pack,
            publication: Some(deed),
            ..after
        };
        let digest = after.digest_with(minutes).map_err(|e| {
            let detail = format!("The minutes have no canonical form: {e}.");
            Rule::new(RuleCode::State, detail)
        })?;
        Ok(Self { digest, ..after })
    }

    fn digest_with(&self, mut minutes: Minutes) -> Result<Option<Digest>, serde_json::Error> {
        for item in &mut minutes.action_items {
            item.done_on = None;
        }
        let digested = Digested {
            customer: &self.customer,
            kind: self.kind,
            starts_at: self.starts_at,
            agenda: &self.agenda,
            minutes,
            pack: self.pack.as_ref(),
        };
        let digest = content_digest(&to_json_for(Purpose::Reply, &digested)?)?;
        Ok(digest.parse().ok())
    }

    /// Something is to be known beside the published minutes.
    pub fn correct(self, told: AddendumInput, deed: Deed) -> Result<Self, Rule> {
        let mut after = self.step(MeetingAct::Correct)?;
        if after.addenda.len() >= ADDENDA {
            let detail = format!("The minutes have {ADDENDA} addenda, as many as they can have.");
            return Err(Rule::new(RuleCode::State, detail));
        }
        after.addenda.push(Addendum { deed, text: told.text });
        Ok(after)
    }
}

fn unknown(n: usize) -> Rule {
    let detail = "The minutes have no such action item, or it is named twice.";
    Rule::new(RuleCode::UnknownReference, detail).at(format!("/actionItems/{n}/id"))
}
