//! Series: a rule and a template, of which meetings are made thirteen months ahead. Each is a meeting like any other; a
//! changed rule replaces those alone that are to come and that nobody has touched.
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode, calendars::ClockTime, calendars::midnight};

/// So many months ahead there are meetings.
pub const AHEAD: Months = Months::new(13);
/// So many meetings a series has in that time, at most: about two a week.
const MOST: usize = 120;
/// How many occurrences of a series are looked through for the next ones: of ten years, two a week.
const LOOKED_THROUGH: usize = 5000;

/// Something that each meeting of a series takes up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgendaTemplateItem {
    /// What it is about.
    #[serde(rename = "type")]
    pub about: AgendaItemType,
    /// What is taken up, in one line.
    pub title: Title,
    /// What is to be known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Markdown>,
}

/// What is told of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetingSeriesInput {
    /// Which customer the meetings are about.
    pub customer: Key<CustomerId>,
    /// What kind of meetings.
    pub kind: MeetingKind,
    /// What each is called, where that says more than its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// In which role they are led, of meetings of the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_by: Option<MeetingLead>,
    /// When they recur.
    pub rule: RecurrenceRule,
    /// The day from which the rule counts.
    pub first_day: NaiveDate,
    /// When each begins, on the zone's wall clock.
    pub time: ClockTime,
    /// On whose wall clock; the organisation's unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneName>,
    /// So many minutes each lasts.
    #[schema(minimum = 15, maximum = 1440, example = 60)]
    pub minutes: i32,
    /// Where they are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Name>,
    /// What each takes up.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub agenda: Vec<AgendaTemplateItem>,
}

/// Meetings that recur.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeetingSeries {
    /// Its id.
    pub id: MeetingSeriesId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Which customer the meetings are about.
    pub customer: CustomerRef,
    /// What kind of meetings.
    pub kind: MeetingKind,
    /// What each is called, where that says more than its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// In which role they are led (R18).
    pub led_by: MeetingLead,
    /// When they recur.
    pub rule: RecurrenceRule,
    /// The day from which the rule counts.
    pub first_day: NaiveDate,
    /// When each begins, on the zone's wall clock: a time that the clock skips is read as before it was moved, one that it
    /// shows twice is the first.
    pub time: ClockTime,
    /// On whose wall clock.
    pub zone: ZoneName,
    /// So many minutes each lasts.
    #[schema(minimum = 15, maximum = 1440, example = 60)]
    pub minutes: i32,
    /// Where they are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Name>,
    /// What each takes up.
    #[schema(max_items = 50)]
    pub agenda: Vec<AgendaTemplateItem>,
    /// The last day on which there is one, where it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for MeetingSeries {
    const KIND: SubjectKind = SubjectKind::MeetingSeries;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer.id)
    }
}

/// The day before which a series has its meetings.
pub fn horizon(today: NaiveDate) -> NaiveDate {
    today.checked_add_months(AHEAD).unwrap_or(today)
}

impl MeetingSeries {
    /// A new series, from today on.
    pub fn begin(
        id: MeetingSeriesId,
        input: MeetingSeriesInput,
        customer: CustomerRef,
        own_zone: Tz,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        if input.first_day < today {
            let detail = "A series begins today or later.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/firstDay"));
        }
        let blank = Self {
            id,
            version: 1,
            customer,
            kind: input.kind,
            title: None,
            led_by: MeetingLead::BusinessRelationshipManager,
            rule: input.rule.clone(),
            first_day: input.first_day,
            time: input.time,
            zone: zone_named(own_zone)?,
            minutes: input.minutes,
            place: None,
            agenda: vec![],
            last_day: None,
            created_at: now,
        };
        blank.told(input, today)
    }

    /// The series as told anew. About whom it is, and of what kind, stays.
    pub fn change(self, input: MeetingSeriesInput, today: NaiveDate) -> Result<Self, Rule> {
        self.must_go_on(today)?;
        if input.customer != Key::Id(self.customer.id) || input.kind != self.kind {
            let pointer = if input.kind == self.kind { "/customer" } else { "/kind" };
            let detail = "A series stays of its kind and about its customer; begin another one.";
            return Err(Rule::new(RuleCode::State, detail).at(pointer));
        }
        if input.first_day != self.first_day && input.first_day < today {
            let detail = "A series begins anew today or later.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/firstDay"));
        }
        let version = self.version + 1;
        Self { version, ..self }.told(input, today)
    }

    fn told(self, input: MeetingSeriesInput, today: NaiveDate) -> Result<Self, Rule> {
        if input.first_day.year() > today.year() + 2 {
            let detail = "A series begins within two years.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/firstDay"));
        }
        let misplaced = input.agenda.iter().position(|item| !input.kind.takes(item.about));
        if let Some(n) = misplaced {
            let about = input
                .agenda
                .get(n)
                .map(|item| item.about.to_string())
                .unwrap_or_default();
            let detail = format!("An item of type {about} does not belong to a {}.", input.kind);
            return Err(Rule::new(RuleCode::WrongMeeting, detail).at(format!("/agenda/{n}/type")));
        }
        let after = Self {
            title: input.title,
            led_by: input.kind.led_by(input.led_by)?,
            rule: input.rule,
            first_day: input.first_day,
            time: input.time,
            zone: input.zone.unwrap_or(self.zone),
            minutes: input.minutes,
            place: input.place,
            agenda: input.agenda,
            ..self
        };
        let from = today.max(after.first_day);
        let mut given = after.occurrences(horizon(from))?;
        given.retain(|one| one.local.date() >= from);
        let detail = match given.len() {
            0 => "The rule gives no meeting within thirteen months.".to_owned(),
            1..=MOST => return Ok(after),
            _ => format!("The rule gives more than {MOST} meetings within thirteen months."),
        };
        Err(Rule::new(RuleCode::State, detail).at("/rule"))
    }

    /// There is none after a last day.
    pub fn end(self, last_day: NaiveDate, today: NaiveDate) -> Result<Self, Rule> {
        self.must_go_on(today)?;
        if last_day < today || last_day.year() > today.year() + 100 {
            let detail = "A series ends today or later.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/lastDay"));
        }
        Ok(Self {
            version: self.version + 1,
            last_day: Some(last_day),
            ..self
        })
    }

    fn must_go_on(&self, today: NaiveDate) -> Result<(), Rule> {
        match self.last_day {
            Some(last) if last < today => Err(Rule::new(RuleCode::State, format!("The series ended on {last}."))),
            _ => Ok(()),
        }
    }

    fn time_zone(&self) -> Result<Tz, Rule> {
        self.zone.as_str().parse().map_err(|_| {
            let detail = format!(
                "There is no time zone {}; use an IANA name such as Europe/Stockholm.",
                self.zone
            );
            Rule::new(RuleCode::UnknownReference, detail).at("/zone")
        })
    }

    /// The occurrences before a day, the first ones first.
    fn occurrences(&self, before: NaiveDate) -> Result<Vec<Occurrence>, Rule> {
        let zone = self.time_zone()?;
        let first = recurrence::on_the_clock(self.first_day, self.time.minutes());
        let mut all = occurrences(&self.rule, first, zone, midnight(zone, before), LOOKED_THROUGH)?;
        all.retain(|one| self.last_day.is_none_or(|last| one.local.date() <= last));
        Ok(all)
    }

    /// Those that are to come, after now and before a day.
    pub fn coming(&self, now: DateTime<Utc>, before: NaiveDate) -> Result<Vec<Occurrence>, Rule> {
        let mut coming = self.occurrences(before)?;
        coming.retain(|one| one.at > now);
        Ok(coming)
    }

    /// The meeting that is made of an occurrence; `own_zone` tells its local day.
    pub fn meeting(
        &self,
        one: Occurrence,
        own_zone: Tz,
        mut new_id: impl FnMut() -> Uuid,
        now: DateTime<Utc>,
    ) -> Result<Meeting, Rule> {
        let input = MeetingInput {
            customer: Key::Id(self.customer.id),
            kind: self.kind,
            title: self.title.clone(),
            starts_at: one.at,
            ends_at: one.at + Duration::minutes(self.minutes.into()),
            place: self.place.clone(),
            led_by: Some(self.led_by),
            persons: vec![],
            contacts: vec![],
        };
        let named = NamedForMeeting {
            customer: self.customer.clone(),
            persons: vec![],
            contacts: vec![],
            day: one.at.with_timezone(&own_zone).date_naive(),
        };
        let meeting = Meeting::plan(new_id().into(), input, named, now)?;
        let agenda = self.agenda.iter().cloned().map(|item| AgendaItem {
            id: new_id().into(),
            about: item.about,
            title: item.title,
            text: item.text,
            link: None,
            overriding: None,
        });
        Ok(Meeting {
            agenda: agenda.collect(),
            series: Some(self.id),
            occurrence: Some(one.local),
            ..meeting
        })
    }
}

impl Meeting {
    /// Whether its series would make it just as it is.
    pub fn is_as_made(&self, anew: &Self) -> bool {
        fn told(meeting: &Meeting) -> impl PartialEq + '_ {
            (
                meeting.occurrence,
                meeting.starts_at,
                meeting.ends_at,
                &meeting.title,
                &meeting.place,
                meeting.led_by,
            )
        }
        fn items(meeting: &Meeting) -> impl Iterator<Item = impl PartialEq + '_> {
            meeting.agenda.iter().map(|item| (item.about, &item.title, &item.text))
        }
        told(self) == told(anew) && items(self).eq(items(anew))
    }
}

fn zone_named(zone: Tz) -> Result<ZoneName, Rule> {
    zone.name().parse().map_err(|_| {
        let detail = format!("The organisation's zone {zone} has no name that can be told.");
        Rule::new(RuleCode::State, detail).at("/zone")
    })
}
