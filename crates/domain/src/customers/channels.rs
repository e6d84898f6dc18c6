//! Where a customer turns: the channels by what they are for, and the ladder of whom a matter goes to, and when, as
//! long as nobody takes it up. A part without its own turns where its nearest ancestor does.
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Customer;
use crate::{
    Rule, RuleCode,
    teams::{ResponsibleTeam, Role},
    vocabulary::*,
};

word! {
    /// What a channel is for.
    ChannelPurpose {
        /// To order a service or a change of one.
        Order,
        /// To move a matter that stands still.
        Escalate,
        /// To complain.
        Complain,
        /// When what the business cannot do without is down.
        Emergency,
    }
}

/// A way to reach the IT organisation. It has a telephone number, an e-mail address or a web address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerChannel {
    /// What it is for.
    pub purpose: ChannelPurpose,
    /// What it is called: a function, not a person.
    pub name: Name,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Where to find it on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<WebAddress>,
    /// When somebody answers there, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Name>,
}

/// A step of the ladder. It has a role, a telephone number or an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationStep {
    /// So many minutes after the matter was escalated it goes to this step, around the clock; 0: at once.
    #[schema(minimum = 0, maximum = 43_200)]
    pub after_minutes: u32,
    /// What whoever it goes to is called: a function, not a person.
    pub name: Name,
    /// Whoever has this role in the customer's team that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
}

/// A customer's own channels, in the order in which they are told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 20)]
pub struct Channels(pub Vec<CustomerChannel>);

/// A customer's own ladder, the first step first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 10)]
pub struct EscalationLadder(pub Vec<EscalationStep>);

impl Channels {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl EscalationLadder {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is told of where a customer turns; with neither it turns where its nearest ancestor does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelsInput {
    /// The channels; of one purpose there may be several, the first choice first.
    pub channels: Channels,
    /// The ladder; each step comes later than the one before it.
    #[serde(default)]
    pub escalation_ladder: EscalationLadder,
}

impl Customer {
    /// The customer with where it turns from now on.
    pub fn turn_to(self, told: ChannelsInput) -> Result<Self, Rule> {
        let unreachable = |what: &str, by: &str, at: String| {
            Err(Rule::new(RuleCode::Unreachable, format!("{what} leads nowhere: give it {by}.")).at(at))
        };
        for (n, channel) in told.channels.0.iter().enumerate() {
            if channel.phone.is_none() && channel.email.is_none() && channel.address.is_none() {
                let ways = "a phone, an email or an address";
                return unreachable(channel.name.as_str(), ways, format!("/channels/{n}"));
            }
        }
        let mut before: Option<&EscalationStep> = None;
        for (n, step) in told.escalation_ladder.0.iter().enumerate() {
            if step.role.is_none() && step.phone.is_none() && step.email.is_none() {
                let ways = "a role, a phone or an email";
                return unreachable(step.name.as_str(), ways, format!("/escalationLadder/{n}"));
            }
            if let Some(before) = before.filter(|before| before.after_minutes >= step.after_minutes) {
                let detail = format!(
                    "{} comes after {}, so later than {} minutes.",
                    step.name, before.name, before.after_minutes
                );
                let at = format!("/escalationLadder/{n}/afterMinutes");
                return Err(Rule::new(RuleCode::TimeOrder, detail).at(at));
            }
            before = Some(step);
        }
        Ok(Self {
            version: self.version + 1,
            channels: told.channels,
            escalation_ladder: told.escalation_ladder,
            ..self
        })
    }
}

/// A step of the ladder with whom it leads to today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EscalationTarget {
    /// The step.
    pub step: EscalationStep,
    /// Whoever has the step's role today, each followed by who stands in for them.
    #[schema(max_items = 1000)]
    pub people: Vec<PersonRef>,
    /// When a matter goes to it that was escalated when the caller told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
}

/// Where a customer turns today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelsInForce {
    /// The customer.
    pub customer: CustomerRef,
    /// Whose these are: the customer's own, or its nearest ancestor's that has any; none: there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<CustomerRef>,
    /// The channels; of one purpose there may be several, the first choice first.
    pub channels: Channels,
    /// The ladder, the first step first.
    #[schema(max_items = 10)]
    pub escalation_ladder: Vec<EscalationTarget>,
}

impl ChannelsInForce {
    /// What was told of the customer, or of an ancestor of it, means for the customer whose `responsible` team is known.
    pub fn of(
        told: Option<(CustomerRef, ChannelsInput)>,
        responsible: &ResponsibleTeam,
        escalated_at: Option<DateTime<Utc>>,
    ) -> Self {
        let (through, told) = told.unzip();
        let ChannelsInput {
            channels,
            escalation_ladder,
        } = told.unwrap_or_default();
        let target = |step: EscalationStep| EscalationTarget {
            people: step.role.map(|role| people(responsible, role)).unwrap_or_default(),
            due_at: escalated_at.and_then(|at| at.checked_add_signed(Duration::minutes(step.after_minutes.into()))),
            step,
        };
        Self {
            customer: responsible.customer.clone(),
            through,
            channels,
            escalation_ladder: escalation_ladder.0.into_iter().map(target).collect(),
        }
    }
}

fn people(responsible: &ResponsibleTeam, role: Role) -> Vec<PersonRef> {
    let holders = responsible.members.iter().filter(|member| member.role == role);
    let each = holders.flat_map(|member| {
        let deputies = member.deputies.iter().map(|deputy| &deputy.person);
        std::iter::once(&member.person).chain(deputies)
    });
    each.cloned().collect()
}

#[cfg(test)]
#[path = "channels_tests.rs"]
mod tests;
