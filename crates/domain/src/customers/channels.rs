//! Where a customer turns: the channels by what they are for, and the ladder of whom a matter goes to, and when, as
//! long as nobody takes it up. What a part is not told of itself, a purpose or the ladder, is its nearest ancestor's.
use chrono::{DateTime, Datelike, Duration, Utc};
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;
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

/// What is told of where a customer turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelsInput {
    /// The channels; of one purpose there may be several, the first choice first. For a purpose without any it turns where its
    /// nearest ancestor does.
    pub channels: Channels,
    /// The ladder; each step comes later than the one before it. Empty: its nearest ancestor's holds.
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

/// A channel, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChannelInForce {
    /// The customer itself, or its nearest ancestor that has any for the purpose.
    pub through: CustomerRef,
    /// The channel.
    pub channel: CustomerChannel,
}

/// Where a customer turns today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelsInForce {
    /// The customer.
    pub customer: CustomerRef,
    /// Who goes on in its stead, by code; then it turns nowhere itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub succeeded_by: Vec<CustomerRef>,
    /// The channels by purpose; of one purpose there may be several, the first choice first.
    #[schema(max_items = 80)]
    pub channels: Vec<ChannelInForce>,
    /// Whose ladder it is: the customer's own, or its nearest ancestor's that has any; none: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ladder_through: Option<CustomerRef>,
    /// The ladder, the first step first.
    #[schema(max_items = 10)]
    pub escalation_ladder: Vec<EscalationTarget>,
}

impl ChannelsInForce {
    /// What was told of the customer and its ancestors, nearest first, means for the customer whose `responsible` team is
    /// known. `escalated_at` is when a matter was escalated.
    pub fn of(
        customer: &Customer,
        told: Vec<(CustomerRef, ChannelsInput)>,
        responsible: &ResponsibleTeam,
        escalated_at: Option<DateTime<Utc>>,
    ) -> Self {
        let told = if customer.succeeded_by.is_empty() { told } else { vec![] };
        let channels = ChannelPurpose::iter().flat_map(|purpose| {
            let for_it = |(through, told): &(CustomerRef, ChannelsInput)| -> Vec<ChannelInForce> {
                let channels = told.channels.0.iter().filter(|channel| channel.purpose == purpose);
                let through = |channel: &CustomerChannel| ChannelInForce {
                    through: through.clone(),
                    channel: channel.clone(),
                };
                channels.map(through).collect()
            };
            told.iter()
                .map(for_it)
                .find(|found| !found.is_empty())
                .unwrap_or_default()
        });
        let channels = channels.collect();
        let ladder = told.into_iter().find(|(_, told)| !told.escalation_ladder.is_empty());
        let (ladder_through, ladder) = ladder.map(|(through, told)| (through, told.escalation_ladder)).unzip();
        let target = |step: EscalationStep| EscalationTarget {
            people: step.role.map(|role| people(responsible, role)).unwrap_or_default(),
            due_at: escalated_at.and_then(|at| step.due_at(at)),
            step,
        };
        Self {
            customer: customer.reference(),
            succeeded_by: customer.succeeded_by.clone(),
            channels,
            ladder_through,
            escalation_ladder: ladder.unwrap_or_default().0.into_iter().map(target).collect(),
        }
    }
}

impl EscalationStep {
    /// When a matter goes to it that was escalated at `at`; none beyond the years that are written with four digits.
    fn due_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        at.checked_add_signed(Duration::minutes(self.after_minutes.into()))
            .filter(|due| (0..=9999).contains(&due.year()))
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
