//! What can be done with a meeting, each act with its rules.
use chrono::{DateTime, Datelike, Duration, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

/// The things that an input names, found; and the local day on which it begins.
#[derive(Debug, Clone)]
pub struct NamedForMeeting {
    /// Which customer it is about.
    pub customer: CustomerRef,
    /// Who takes part from the IT organisation.
    pub persons: Vec<PersonRef>,
    /// Who takes part from the customer.
    pub contacts: Vec<ContactRef>,
    /// The local day on which it begins.
    pub day: NaiveDate,
}

/// Why a meeting is not held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetingCancellationInput {
    /// The reason.
    pub reason: Reason,
}

/// A meeting ends so many days after it began, at the latest.
const LONGEST: i64 = 5;
/// The years in which meetings are.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// When a meeting begins and ends, in whole seconds.
fn times(input: &MeetingInput) -> Result<(DateTime<Utc>, DateTime<Utc>), Rule> {
    let (starts_at, ends_at) = (input.starts_at.trunc_subsecs(0), input.ends_at.trunc_subsecs(0));
    let refused = |detail: String, pointer: &str| Err(Rule::new(RuleCode::DateOrder, detail).at(pointer));
    if !YEARS.contains(&starts_at.year()) {
        let detail = format!("Meetings are between the years {} and {}.", YEARS.start(), YEARS.end());
        return refused(detail, "/startsAt");
    }
    if ends_at <= starts_at || ends_at - starts_at > Duration::days(LONGEST) {
        let detail = format!("A meeting ends after it begins, and within {LONGEST} days.");
        return refused(detail, "/endsAt");
    }
    Ok((starts_at, ends_at))
}

fn once<T: PartialEq>(mut all: Vec<T>, key: impl Fn(&T) -> uuid::Uuid) -> Vec<T> {
    all.sort_by_key(key);
    all.dedup();
    all
}

impl Meeting {
    /// A meeting that is to be held; one that was held can be entered too.
    pub fn plan(id: MeetingId, input: MeetingInput, named: NamedForMeeting, now: DateTime<Utc>) -> Result<Self, Rule> {
        let (starts_at, ends_at) = times(&input)?;
        if input.kind == MeetingKind::Team && !named.contacts.is_empty() {
            return Err(without_contacts());
        }
        Ok(Self {
            id,
            version: 1,
            customer: named.customer,
            kind: input.kind,
            status: MeetingStatus::Planned,
            title: input.title,
            starts_at,
            ends_at,
            day: named.day,
            place: input.place,
            team: None,
            led_by: input.kind.led_by(input.led_by)?,
            leader: None,
            persons: once(named.persons, |person| person.id.0),
            contacts: once(named.contacts, |contact| contact.id.0),
            agenda: vec![],
            overridden: false,
            minutes: None,
            addenda: vec![],
            outcomes: vec![],
            digest: None,
            pack: None,
            publication: None,
            cancellation: None,
            series: None,
            occurrence: None,
            touched: false,
            sequence: 0,
            created_at: now,
        })
    }

    /// The meeting as told anew: moved, elsewhere, with others. About whom it is, and of what kind, stays; when it was held,
    /// too.
    pub fn change(self, input: MeetingInput, named: NamedForMeeting) -> Result<Self, Rule> {
        let after = self.step(MeetingAct::Change)?;
        if input.customer != Key::Id(after.customer.id) || input.kind != after.kind {
            let pointer = if input.kind == after.kind { "/customer" } else { "/kind" };
            let detail = "A meeting stays of its kind and about its customer; plan another one.";
            return Err(Rule::new(RuleCode::State, detail).at(pointer));
        }
        let (starts_at, ends_at) = times(&input)?;
        let moved = (starts_at, ends_at) != (after.starts_at, after.ends_at);
        if moved && after.status == MeetingStatus::Held {
            let detail = "It was held; only what is planned is moved.";
            return Err(Rule::new(RuleCode::State, detail).at("/startsAt"));
        }
        if after.kind == MeetingKind::Team && !named.contacts.is_empty() {
            return Err(without_contacts());
        }
        Ok(Self {
            title: input.title,
            starts_at,
            ends_at,
            day: named.day,
            place: input.place,
            led_by: after.kind.led_by(input.led_by)?,
            persons: once(named.persons, |person| person.id.0),
            contacts: once(named.contacts, |contact| contact.id.0),
            sequence: after.sequence + i32::from(moved),
            ..after
        })
    }

    /// It was held, once it has begun.
    pub fn hold(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        let after = self.step(MeetingAct::Hold)?;
        if after.starts_at > now {
            let detail = "It has not begun; say that it was held when it was.";
            return Err(Rule::new(RuleCode::TimeOrder, detail));
        }
        Ok(after)
    }

    /// It is not held.
    pub fn cancel(self, told: MeetingCancellationInput, deed: Deed) -> Result<Self, Rule> {
        let after = self.step(MeetingAct::Cancel)?;
        let reason = told.reason;
        Ok(Self {
            cancellation: Some(MeetingCancellation { deed, reason }),
            sequence: after.sequence + 1,
            ..after
        })
    }

    /// The status after the act, or why it is refused.
    fn allowed(&self, act: MeetingAct) -> Result<MeetingStatus, Rule> {
        self.status.after(act).ok_or_else(|| {
            let detail = match (self.status, act) {
                (MeetingStatus::Published, _) => {
                    "Its minutes are published and stand; an addendum corrects them.".into()
                }
                (status, act) => format!("The meeting is {status}; {act} is not possible now."),
            };
            Rule::new(RuleCode::State, detail)
        })
    }

    /// One version on, in the status after the act.
    pub(super) fn step(self, act: MeetingAct) -> Result<Self, Rule> {
        let status = self.allowed(act)?;
        Ok(Self {
            version: self.version + 1,
            status,
            touched: true,
            ..self
        })
    }
}

fn without_contacts() -> Rule {
    let detail = "A meeting of the team has no contacts: what is said there is the team's own.";
    Rule::new(RuleCode::WrongMeeting, detail).at("/contacts")
}
