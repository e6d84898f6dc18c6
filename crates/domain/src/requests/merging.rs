//! Duplicates: a request that says the same as another is merged into it, and leads to it from then on.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

/// Into which request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeInput {
    /// The request that goes on. One that was merged itself leads to where it went.
    pub into: RequestId,
}

/// The request that goes on in a merged one's stead. Its words may be another customer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MergedInto {
    /// Its id.
    pub id: RequestId,
    /// Its number for people.
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$",
        example = "REQ-2026-000122"
    )]
    pub number: String,
}

impl Request {
    /// It says the same as `survivor`, which goes on for both. A hand-over that is not decided is taken back; what a
    /// destination has accepted goes on and so cannot be the one that ends. Returns both as they are now. Endorsements
    /// move along where the customer is the same, and count there where the words are too (R14).
    pub fn merge(self, survivor: Self, now: DateTime<Utc>) -> Result<(Self, Self), Rule> {
        if self.id == survivor.id {
            let detail = format!("{} is that request already.", self.number);
            return Err(Rule::new(RuleCode::State, detail).at("/into"));
        }
        if (self.kind == RequestKind::Complaint) != (survivor.kind == RequestKind::Complaint) {
            let detail = "A complaint goes on in a complaint alone, so that it is answered.";
            return Err(Rule::new(RuleCode::ComplaintAnswer, detail).at("/into"));
        }
        if self.kind == RequestKind::Complaint && self.customer.id != survivor.customer.id {
            let detail = "A complaint goes on in one of the same customer, so that whoever complained gets an answer.";
            return Err(Rule::new(RuleCode::ComplaintAnswer, detail).at("/into"));
        }
        if self.status == RequestStatus::Accepted {
            let detail = format!(
                "{} is accepted, and somebody works on it: merge {} into it instead.",
                self.number, survivor.number
            );
            return Err(Rule::new(RuleCode::State, detail));
        }
        let mut merged = self.step(Act::Merge, now)?;
        let mut survivor = survivor.step(Act::Absorb, now).map_err(|rule| rule.at("/into"))?;
        merged.hand_over = merged
            .hand_over
            .map(|h| if h.state.is_live() { h.take_back() } else { h });
        merged.customers_behind = 1;
        merged.merged_into = Some(survivor.merge_target());
        if merged.customer.id == survivor.customer.id {
            let same_words = merged.endorsed_content() == survivor.endorsed_content();
            for mut moved in std::mem::take(&mut merged.endorsements) {
                if !same_words {
                    moved.given_for.get_or_insert_with(|| merged.number.clone());
                }
                let known = survivor
                    .endorsements
                    .iter_mut()
                    .find(|e| e.contact.id == moved.contact.id);
                match known {
                    Some(known) if moved.counts() && !known.counts() => *known = moved,
                    Some(_) => {}
                    None => survivor.endorsements.push(moved),
                }
            }
        }
        survivor.tell_destination();
        Ok((merged, survivor))
    }

    /// What it was merged into has been merged itself: it leads to the end of the way.
    pub fn lead_on(self, survivor: &Self, now: DateTime<Utc>) -> Self {
        Self {
            version: self.version + 1,
            merged_into: Some(survivor.merge_target()),
            changed_at: now,
            ..self
        }
    }

    fn merge_target(&self) -> MergedInto {
        MergedInto {
            id: self.id,
            number: self.number.clone(),
        }
    }

    pub(super) fn tell_destination(&mut self) {
        let version = self.version;
        self.hand_over = self
            .hand_over
            .take()
            .map(|h| if h.state.is_live() { h.tell_of(version) } else { h });
    }
}
