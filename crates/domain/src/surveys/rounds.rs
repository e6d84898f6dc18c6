//! Rounds: a survey sent to chosen contacts, open from a day to a day. What they were promised is fixed as they are invited.
use std::collections::BTreeSet;

use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SampleRule, Survey, SurveyTitle};
use crate::{
    Rule, RuleCode,
    agreements::Deed,
    events::{Aggregate, SubjectKind},
    people::MandateKind,
    vocabulary::*,
};

/// So many are invited at least before any answer can be anonymous, and of a customer before one is told of it.
pub const FEWEST_ANONYMOUS: usize = 5;
/// So many comments there are at least, before any is told (R19 e).
pub const FEWEST_COMMENTS: u64 = 8;
/// So many are asked at most in one round.
pub const MOST_INVITED: usize = 2000;

word! {
    /// What respondents are promised.
    Anonymity {
        /// Nobody, not even the service, can tell who gave which answer. An answer is final.
        Anonymous,
        /// The service knows, and tells nobody.
        Confidential,
        /// The customer's team reads who answered what.
        Named,
    }
}

word! {
    /// Where a round stands; the calendar moves it too.
    RoundStatus {
        /// It is being prepared.
        Draft,
        /// Its respondents are chosen; its first day is still to come.
        Scheduled,
        /// Answers are taken in.
        Open,
        /// No more answers are taken in.
        Closed,
        /// What was said in words is told.
        Published,
    }
}

/// What is told of a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyRoundInput {
    /// What is asked. The edition is the one that the survey has when respondents are chosen.
    pub survey: SurveyId,
    /// What the round is called; respondents read it.
    pub title: SurveyTitle,
    /// The service that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Key<ServiceId>>,
    /// What respondents are promised; fixed once they are chosen.
    pub anonymity: Anonymity,
    /// The customers whose contacts are asked.
    #[schema(min_items = 1, max_items = 50)]
    pub customers: Vec<Key<CustomerId>>,
    /// Only contacts with one of these mandates; all unless told.
    #[serde(default)]
    #[schema(max_items = 3)]
    pub mandates: Vec<MandateKind>,
    /// Whom of them; all unless told.
    #[serde(default)]
    pub sample: SampleRule,
    /// Contacts whom another round has asked within so many days are left out.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 730, example = 90)]
    pub rest_days: u32,
    /// The first day on which answers are taken in.
    pub first_day: NaiveDate,
    /// The last day on which answers are taken in.
    pub last_day: NaiveDate,
    /// Days on which to remind.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub reminders: Vec<NaiveDate>,
}

/// How a round's respondents were chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct DrawnSample {
    /// On which day.
    pub day: NaiveDate,
    /// With it the sample can be drawn again: those with the smallest SHA-256(seed ‖ contact's id) are asked. None of an earlier
    /// survey, whose respondents were chosen elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 32,
        max_length = 32,
        pattern = "^[0-9a-f]{32}$",
        example = "5f0c6b1a279d3a5e8f0c6b1a279d3a5e"
    )]
    pub seed: Option<String>,
    /// How many could be asked.
    pub frame: u32,
    /// How many were left out since they are the IT organisation's own persons.
    pub own_left_out: u32,
    /// How many were left out since they had been asked lately.
    pub rested_left_out: u32,
    /// How many were invited.
    pub invited: u32,
}

/// How many answered, told once the round is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Turnout {
    /// How many invitations arrived, as far as is known.
    pub delivered: u32,
    /// How many answered. The response rate is of those whose invitation arrived.
    pub answered: u32,
}

/// Who published a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct RoundPublication {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
}

/// A survey sent to chosen contacts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurveyRound {
    /// Its id.
    pub id: SurveyRoundId,
    /// Grows by one at each change; part of the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Where it stands today.
    pub status: RoundStatus,
    /// What is asked.
    pub survey: SurveyId,
    /// Which edition of it, once respondents are chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100000, example = 1)]
    pub edition: Option<i32>,
    /// What it is called.
    pub title: SurveyTitle,
    /// The service that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// What respondents are promised.
    pub anonymity: Anonymity,
    /// The customers whose contacts are asked, by code.
    #[schema(max_items = 50)]
    pub customers: Vec<CustomerRef>,
    /// Only contacts with one of these mandates; all where none is named.
    #[schema(max_items = 3)]
    pub mandates: Vec<MandateKind>,
    /// Whom of them.
    pub sample: SampleRule,
    /// Contacts whom another round has asked within so many days are left out.
    #[schema(minimum = 0, maximum = 730, example = 90)]
    pub rest_days: u32,
    /// The first day on which answers are taken in.
    pub first_day: NaiveDate,
    /// The last day on which answers are taken in.
    pub last_day: NaiveDate,
    /// Days on which to remind.
    #[schema(max_items = 5)]
    pub reminders: Vec<NaiveDate>,
    /// How its respondents were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<DrawnSample>,
    /// When the links were last handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links_made_at: Option<DateTime<Utc>>,
    /// How many invitations did not arrive, as far as is known.
    #[schema(minimum = 0, maximum = 2000)]
    pub bounced: u32,
    /// The day on which it closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<NaiveDate>,
    /// How many answered, where at least five were invited (R19 d).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turnout: Option<Turnout>,
    /// The earlier survey, made elsewhere, that it was taken over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<SystemKey>,
    /// Who published what was said in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<RoundPublication>,
    /// The day on which what was said in words is removed; the figures stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_until: Option<NaiveDate>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for SurveyRound {
    const KIND: SubjectKind = SubjectKind::SurveyRound;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    /// What several customers share belongs to none: its events are read by those who may see every customer.
    fn customer(&self) -> Option<CustomerId> {
        match self.customers.as_slice() {
            [one] => Some(one.id),
            _ => None,
        }
    }
    fn reads_by_calendar(&self) -> bool {
        true
    }
}

/// What a round's input names, found.
#[derive(Debug, Clone)]
pub struct NamedForRound {
    /// The customers.
    pub customers: Vec<CustomerRef>,
    /// The service.
    pub service: Option<ServiceRef>,
}

fn refused<T>(detail: &str, pointer: &str) -> Result<T, Rule> {
    let rule = Rule::new(RuleCode::State, detail);
    Err(if pointer.is_empty() { rule } else { rule.at(pointer) })
}

impl SurveyRoundInput {
    fn check(&self) -> Result<(), Rule> {
        if self.last_day < self.first_day {
            let detail = "The last day lies before the first.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/lastDay"));
        }
        let outside = |day: &NaiveDate| *day <= self.first_day || *day > self.last_day;
        match self.reminders.iter().position(outside) {
            None => Ok(()),
            Some(n) => {
                let detail = "A reminder is sent after the first day, and up to the last.";
                Err(Rule::new(RuleCode::DateOrder, detail).at(format!("/reminders/{n}")))
            }
        }
    }

    /// Without what is told twice, in order.
    fn in_order(mut self) -> Self {
        self.mandates = BTreeSet::from_iter(self.mandates).into_iter().collect();
        self.reminders = BTreeSet::from_iter(self.reminders).into_iter().collect();
        self
    }
}

impl SurveyRound {
    /// A new round.
    pub fn prepare(
        id: SurveyRoundId,
        input: SurveyRoundInput,
        named: NamedForRound,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        input.check()?;
        if input.last_day < today {
            let detail = "The last day has passed.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/lastDay"));
        }
        let input = input.in_order();
        let NamedForRound { mut customers, service } = named;
        customers.sort_by(|a, b| a.code.cmp(&b.code));
        customers.dedup();
        Ok(Self {
            id,
            version: 1,
            status: RoundStatus::Draft,
            survey: input.survey,
            edition: None,
            title: input.title,
            service,
            anonymity: input.anonymity,
            customers,
            mandates: input.mandates,
            sample: input.sample,
            rest_days: input.rest_days,
            first_day: input.first_day,
            last_day: input.last_day,
            reminders: input.reminders,
            drawn: None,
            links_made_at: None,
            bounced: 0,
            closed_on: None,
            turnout: None,
            earlier: None,
            publication: None,
            comments_until: None,
            created_at: now,
        })
    }

    /// Where it stands on the day, of a round that was opened and that nobody has closed.
    pub fn on(self, today: NaiveDate) -> Self {
        let status = match self.status {
            RoundStatus::Open if today < self.first_day => RoundStatus::Scheduled,
            RoundStatus::Open if today > self.last_day => RoundStatus::Closed,
            as_it_is => as_it_is,
        };
        Self { status, ..self }
    }

    /// Whether its answers are still as they came in: they were not counted, and not told.
    pub fn is_unsettled(&self) -> bool {
        self.drawn.is_some() && self.closed_on.is_none()
    }

    fn is_running(&self) -> bool {
        matches!(self.status, RoundStatus::Scheduled | RoundStatus::Open)
    }

    fn anew(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }

    /// The round as told anew. Once respondents are chosen, only its title, its last day and its reminders can change.
    pub fn change(
        self,
        input: SurveyRoundInput,
        named: NamedForRound,
        times: (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        let told = Self::prepare(self.id, input, named, times)?;
        let version = self.version + 1;
        let created_at = self.created_at;
        if self.status == RoundStatus::Draft {
            return Ok(Self {
                version,
                created_at,
                ..told
            });
        }
        if !self.is_running() {
            return refused("The round is closed.", "");
        }
        let same = [
            (self.survey == told.survey, "/survey"),
            (self.service == told.service, "/service"),
            (self.anonymity == told.anonymity, "/anonymity"),
            (self.customers == told.customers, "/customers"),
            (self.mandates == told.mandates, "/mandates"),
            (self.sample == told.sample, "/sample"),
            (self.rest_days == told.rest_days, "/restDays"),
            (self.first_day == told.first_day, "/firstDay"),
        ];
        if let Some((_, pointer)) = same.iter().find(|(same, _)| !same) {
            return refused("Respondents were chosen by this, and told of it: it stays.", pointer);
        }
        let after = Self {
            version,
            title: told.title,
            last_day: told.last_day,
            reminders: told.reminders,
            ..self
        };
        Ok(after)
    }

    /// Its respondents are chosen, and may answer from its first day on.
    pub fn open(self, survey: &Survey, drawn: DrawnSample) -> Result<Self, Rule> {
        if self.status != RoundStatus::Draft {
            return refused("Its respondents were chosen already.", "");
        }
        if self.last_day < drawn.day {
            let detail = "Its last day has passed; give it another.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/lastDay"));
        }
        let invited = usize::try_from(drawn.invited).unwrap_or(usize::MAX);
        if invited == 0 {
            return refused("Nobody is left to ask: see customers, mandates and restDays.", "");
        }
        if invited > MOST_INVITED {
            let detail = format!("At most {MOST_INVITED} are asked in one round; {invited} would be. Draw a sample.");
            return refused(&detail, "/sample");
        }
        if self.anonymity == Anonymity::Anonymous && invited < FEWEST_ANONYMOUS {
            let detail = format!(
                "Among {invited} nobody is anonymous: at least {FEWEST_ANONYMOUS} must be invited, or the round be confidential."
            );
            return Err(Rule::new(RuleCode::Respondents, detail).at("/anonymity"));
        }
        let day = drawn.day;
        Ok(Self {
            status: RoundStatus::Open,
            edition: Some(survey.edition),
            drawn: Some(drawn),
            ..self.anew()
        }
        .on(day))
    }

    /// The links were handed out.
    pub fn hand_out_links(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.must_run()?;
        Ok(Self {
            links_made_at: Some(now),
            ..self.anew()
        })
    }

    /// How many of its reminders are due by now.
    pub fn reminders_due(&self, today: NaiveDate) -> u32 {
        let due = self.reminders.iter().filter(|day| **day <= today).count();
        u32::try_from(due).unwrap_or(u32::MAX)
    }

    /// So many invitations did not arrive.
    pub fn count_bounced(self, bounced: u32) -> Result<Self, Rule> {
        self.must_run()?;
        Ok(Self { bounced, ..self.anew() })
    }

    /// Refuses where nobody is invited yet, or no answer is taken in any more.
    pub fn must_run(&self) -> Result<(), Rule> {
        match self.status {
            RoundStatus::Scheduled | RoundStatus::Open => Ok(()),
            RoundStatus::Draft => refused("Nobody is invited yet: choose its respondents first.", ""),
            _ => refused("The round is closed.", ""),
        }
    }

    /// No more answers are taken in. `day` is the last day of the round, or the one on which somebody closes it before.
    pub fn close(self, day: NaiveDate, counted: Turnout, free_text_months: u32) -> Result<Self, Rule> {
        self.must_be_unsettled()?;
        let enough = self.invited() >= FEWEST_ANONYMOUS;
        Ok(Self {
            status: RoundStatus::Closed,
            closed_on: Some(day),
            turnout: enough.then_some(counted),
            comments_until: day.checked_add_months(Months::new(free_text_months)),
            ..self.anew()
        })
    }

    /// Refuses where there is nothing to close.
    pub fn must_be_unsettled(&self) -> Result<(), Rule> {
        match self.is_unsettled() {
            true => Ok(()),
            false => refused("It was never opened, or is closed.", ""),
        }
    }

    fn invited(&self) -> usize {
        let invited = self.drawn.as_ref().map(|drawn| drawn.invited);
        usize::try_from(invited.unwrap_or_default()).unwrap_or_default()
    }

    /// What was said in words may be read (R19 e).
    pub fn publish(self, deed: Deed) -> Result<Self, Rule> {
        match (self.status, self.closed_on) {
            (RoundStatus::Closed, Some(_)) => Ok(Self {
                status: RoundStatus::Published,
                publication: Some(RoundPublication { deed }),
                ..self.anew()
            }),
            (RoundStatus::Published, _) => refused("It is published already.", ""),
            _ => {
                let detail = "What was said is told when the round is closed.";
                Err(Rule::new(RuleCode::Respondents, detail))
            }
        }
    }

    /// What was said in words is removed.
    pub fn forget_comments(self) -> Self {
        Self {
            comments_until: None,
            ..self.anew()
        }
    }

    /// How many comments there must be before any is told: none is promised to respondents who are named.
    pub fn fewest_comments(&self) -> u64 {
        match self.anonymity {
            Anonymity::Named => 1,
            _ => FEWEST_COMMENTS,
        }
    }
}

word! {
    /// What is known of an invitation.
    InvitationState {
        /// Its link was not handed out yet.
        Waiting,
        /// Its link was handed out, and nobody said that it did not arrive.
        Delivered,
        /// It did not arrive.
        Bounced,
    }
}

/// An invitation. Whether it was answered is told by nobody.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is asked.
    pub contact: ContactRef,
    /// Of which customer.
    pub customer: CustomerRef,
    /// What is known of it.
    pub state: InvitationState,
    /// Where it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
}

/// What became of an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationOutcome {
    /// Which.
    pub invitation: InvitationId,
    /// Whether it arrived.
    pub arrived: bool,
}

/// What became of invitations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationOutcomesInput {
    /// Each for itself.
    #[schema(min_items = 1, max_items = 1000)]
    pub outcomes: Vec<InvitationOutcome>,
}
