//! Opening hours as they are told, and as they are once they have been checked.
use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ClockTime;
use crate::{Rule, RuleCode, vocabulary::*};

/// Open from a time of day up to, but not including, another one of the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opening {
    /// When it opens.
    pub from: ClockTime,
    /// When it closes. What passes midnight is told of both days: up to `24:00`, and from `00:00`.
    pub to: ClockTime,
}

/// The hours of an ordinary week. A day that is not named, or without hours, is closed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(default)]
pub struct WeeklyHours {
    /// Monday's hours.
    #[schema(max_items = 48)]
    pub monday: Vec<Opening>,
    /// Tuesday's hours.
    #[schema(max_items = 48)]
    pub tuesday: Vec<Opening>,
    /// Wednesday's hours.
    #[schema(max_items = 48)]
    pub wednesday: Vec<Opening>,
    /// Thursday's hours.
    #[schema(max_items = 48)]
    pub thursday: Vec<Opening>,
    /// Friday's hours.
    #[schema(max_items = 48)]
    pub friday: Vec<Opening>,
    /// Saturday's hours.
    #[schema(max_items = 48)]
    pub saturday: Vec<Opening>,
    /// Sunday's hours.
    #[schema(max_items = 48)]
    pub sunday: Vec<Opening>,
}

/// A date with hours of its own; they replace all hours that it would have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarException {
    /// Which date, in the calendar's time zone.
    pub date: NaiveDate,
    /// Why (`Midsommarafton`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Name>,
    /// The hours of that date; none: closed.
    #[serde(default)]
    #[schema(max_items = 48)]
    pub hours: Vec<Opening>,
}

/// When it is open: the hours of an ordinary week, and the dates that differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarHoursInput {
    /// The time zone on whose wall clock the hours are.
    pub zone: ZoneName,
    /// The hours of an ordinary week.
    pub weekly: WeeklyHours,
    /// The dates that differ, each once.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub exceptions: Vec<CalendarException>,
}

/// Hours that can be counted with: of a known time zone, in order, without overlaps, each exception once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(try_from = "CalendarHoursInput", into = "CalendarHoursInput")]
pub struct CalendarHours {
    told: CalendarHoursInput,
    zone: Tz,
}

impl WeeklyHours {
    /// The days with their names, from Monday.
    fn days(&mut self) -> [(&'static str, &mut Vec<Opening>); 7] {
        [
            ("monday", &mut self.monday),
            ("tuesday", &mut self.tuesday),
            ("wednesday", &mut self.wednesday),
            ("thursday", &mut self.thursday),
            ("friday", &mut self.friday),
            ("saturday", &mut self.saturday),
            ("sunday", &mut self.sunday),
        ]
    }

    /// The hours of a day of the week.
    pub fn on(&self, day: Weekday) -> &[Opening] {
        match day {
            Weekday::Mon => &self.monday,
            Weekday::Tue => &self.tuesday,
            Weekday::Wed => &self.wednesday,
            Weekday::Thu => &self.thursday,
            Weekday::Fri => &self.friday,
            Weekday::Sat => &self.saturday,
            Weekday::Sun => &self.sunday,
        }
    }
}

/// Brings a day's openings in order; refused where one has no length or two overlap. `pointer` is the list's.
fn in_order(openings: &mut Vec<Opening>, pointer: &str) -> Result<(), Rule> {
    let refuse = |detail: String, at: String| Err(Rule::new(RuleCode::OpeningHours, detail).at(at));
    let mut told: Vec<(Opening, usize)> = openings.iter().copied().zip(0..).collect();
    for (Opening { from, to }, n) in &told {
        if from >= to {
            let detail = format!(
                "The hours end at {to}, which is not after {from}. What passes midnight is told of both days: up to \
                 24:00, and from 00:00."
            );
            return refuse(detail, format!("{pointer}/{n}/to"));
        }
    }
    told.sort();
    for pair in told.windows(2) {
        let [(earlier, _), (later, n)] = pair else { continue };
        if later.from < earlier.to {
            let detail = format!(
                "The hours {}–{} overlap {}–{}; say them as one.",
                later.from, later.to, earlier.from, earlier.to
            );
            return refuse(detail, format!("{pointer}/{n}/from"));
        }
    }
    *openings = told.into_iter().map(|(opening, _)| opening).collect();
    Ok(())
}

impl CalendarHours {
    /// Checks what is told. The pointer of a refusal begins at the hours.
    pub fn new(mut told: CalendarHoursInput) -> Result<Self, Rule> {
        let zone: Tz = told.zone.as_str().parse().map_err(|_| {
            let detail = format!(
                "There is no time zone {}; use an IANA name such as Europe/Stockholm.",
                told.zone
            );
            Rule::new(RuleCode::UnknownReference, detail).at("/zone")
        })?;
        for (name, openings) in told.weekly.days() {
            in_order(openings, &format!("/weekly/{name}"))?;
        }
        let mut dates = std::collections::BTreeMap::new();
        for (n, exception) in told.exceptions.iter_mut().enumerate() {
            in_order(&mut exception.hours, &format!("/exceptions/{n}/hours"))?;
            if let Some(first) = dates.insert(exception.date, n) {
                let detail = format!(
                    "{} has an exception already, number {}; a date has one.",
                    exception.date,
                    first + 1
                );
                return Err(Rule::new(RuleCode::OpeningHours, detail).at(format!("/exceptions/{n}/date")));
            }
        }
        told.exceptions.sort_by_key(|exception| exception.date);
        Ok(Self { told, zone })
    }

    /// The time zone on whose wall clock the hours are.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The hours as they are told.
    pub fn told(&self) -> &CalendarHoursInput {
        &self.told
    }

    /// The openings of a date: its exception's, or else its weekday's.
    pub fn on(&self, date: NaiveDate) -> &[Opening] {
        use chrono::Datelike;
        let exceptions = &self.told.exceptions;
        match exceptions.binary_search_by_key(&date, |exception| exception.date) {
            Ok(n) => &exceptions[n].hours,
            Err(_) => self.told.weekly.on(date.weekday()),
        }
    }

    /// Whether it is ever open. A calendar without hours cannot judge anything.
    pub fn has_hours(&self) -> bool {
        let mut weekly = self.told.weekly.clone();
        let weekly = weekly.days().iter().any(|(_, openings)| !openings.is_empty());
        weekly || self.told.exceptions.iter().any(|exception| !exception.hours.is_empty())
    }

    /// SHA-256 of the hours as RFC 8785 JSON, in hexadecimal.
    pub fn digest(&self) -> Result<String, Rule> {
        serde_json_canonicalizer::to_string(self)
            .map(|text| crate::clients::digest(&text))
            .map_err(|e| Rule::new(RuleCode::OpeningHours, e.to_string()))
    }
}

impl TryFrom<CalendarHoursInput> for CalendarHours {
    type Error = Rule;
    fn try_from(told: CalendarHoursInput) -> Result<Self, Rule> {
        Self::new(told)
    }
}

impl From<CalendarHours> for CalendarHoursInput {
    fn from(hours: CalendarHours) -> Self {
        hours.told
    }
}
