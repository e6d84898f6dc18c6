//! Dates as iCalendar (RFC 5545). The same dates make the same bytes: nothing in it tells when it was read.
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use domain::{announcements::AnnouncementKind, date_feeds::*, meetings::MeetingKind, planned_activities::PlannedPhase};
use icalendar::Property;

use crate::{http::Problem, pages::Words, program::Settings};

/// A calendar's text in the making.
#[derive(Default)]
struct Text(String);

impl Text {
    /// A line, escaped and folded as its property wants.
    fn line(&mut self, property: Property) -> Result<&mut Self, Problem> {
        let line: String = property.try_into().map_err(Problem::internal)?;
        self.0.push_str(&line);
        Ok(self)
    }

    fn value(&mut self, name: &str, value: impl Into<String>) -> Result<&mut Self, Problem> {
        self.line(Property::new(name, value))
    }
}

/// The calendar of a subscription.
pub fn calendar(
    subscription: &CalendarSubscription,
    dates: &[FeedDate],
    window: Window,
    settings: &Settings,
) -> Result<String, Problem> {
    let (zone, name) = (settings.time_zone, subscription.name.as_str());
    let words = Words::of(subscription.language);
    let mut text = Text::default();
    text.value("BEGIN", "VCALENDAR")?
        .value("VERSION", "2.0")?
        .value("PRODID", "-//Kundansvar//Kundansvar//EN")?
        .value("CALSCALE", "GREGORIAN")?
        .value("METHOD", "PUBLISH")?
        .value("NAME", name)?
        // What calendar programs read that do not know NAME.
        .line(
            Property::new("X-WR-CALNAME", name)
                .add_parameter("VALUE", "TEXT")
                .done(),
        )?
        .line(
            Property::new("REFRESH-INTERVAL", "PT1H")
                .add_parameter("VALUE", "DURATION")
                .done(),
        )?;
    time_zone(&mut text, zone, window)?;
    for date in dates {
        event(&mut text, date, zone, words)?;
    }
    text.value("END", "VCALENDAR")?;
    Ok(text.0)
}

/// The definition of the zone that times are told in.
fn time_zone(text: &mut Text, zone: Tz, window: Window) -> Result<(), Problem> {
    text.value("BEGIN", "VTIMEZONE")?.value("TZID", zone.name())?;
    for observance in observances(zone, window) {
        let kind = if observance.is_summer { "DAYLIGHT" } else { "STANDARD" };
        text.value("BEGIN", kind)?
            .value("DTSTART", local(observance.begins))?
            .value("TZOFFSETFROM", offset(observance.offset_before))?
            .value("TZOFFSETTO", offset(observance.offset))?;
        if let Some(name) = observance.name {
            text.value("TZNAME", name)?;
        }
        text.value("END", kind)?;
    }
    text.value("END", "VTIMEZONE")?;
    Ok(())
}

fn event(text: &mut Text, date: &FeedDate, zone: Tz, words: Words) -> Result<(), Problem> {
    let part = date.part.map(|part| format!("-{part}")).unwrap_or_default();
    text.value("BEGIN", "VEVENT")?
        .value("UID", format!("{}-{}{part}", date.of.word(), date.id))?
        .value("SEQUENCE", date.sequence.to_string())?
        .value("DTSTAMP", instant(date.changed_at))?
        .value("LAST-MODIFIED", instant(date.changed_at))?;
    match date.when {
        When::Days(first, last) => {
            // The day after the last one, as far as a year has four digits.
            let after = last.succ_opt().filter(|day| day.year() <= 9999).unwrap_or(last);
            text.line(day("DTSTART", first))?.line(day("DTEND", after))?;
        }
        When::Times(begins, ends) => {
            // Both in one way, so that each is read as the other is.
            let zone = [begins, ends]
                .iter()
                .all(|at| clock_time(zone, *at).is_some())
                .then_some(zone);
            text.line(time("DTSTART", begins, zone))?;
            if ends > begins {
                text.line(time("DTEND", ends, zone))?;
            }
        }
    }
    text.value("SUMMARY", words.summary(&date.of))?;
    if let Some(customer) = &date.customer {
        text.value("DESCRIPTION", customer.as_str())?;
    }
    let status = match (date.cancelled, &date.of) {
        (true, _) => "CANCELLED",
        (
            false,
            DateOf::PlannedActivity {
                phase: PlannedPhase::Idea,
                ..
            },
        ) => "TENTATIVE",
        (false, _) => "CONFIRMED",
    };
    text.value("STATUS", status)?
        // Nobody is busy for it.
        .value("TRANSP", "TRANSPARENT")?
        .value("END", "VEVENT")?;
    Ok(())
}

fn day(name: &str, day: NaiveDate) -> Property {
    let day = day.format("%Y%m%d").to_string();
    Property::new(name, day).add_parameter("VALUE", "DATE").done()
}

/// A time as the zone's clock shows it; in UTC where that would name another instant.
fn time(name: &str, at: DateTime<Utc>, zone: Option<Tz>) -> Property {
    let shown = zone.and_then(|zone| Some((zone, clock_time(zone, at)?)));
    match shown.filter(|(_, shown)| shown.year() <= 9999) {
        Some((zone, shown)) => Property::new(name, local(shown))
            .add_parameter("TZID", zone.name())
            .done(),
        None => Property::new(name, instant(at)),
    }
}

fn local(at: NaiveDateTime) -> String {
    at.format("%Y%m%dT%H%M%S").to_string()
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Seconds ahead of UTC, as `+0200`; with seconds where there are any.
fn offset(ahead: i32) -> String {
    let (sign, seconds) = (if ahead < 0 { '-' } else { '+' }, ahead.abs());
    let rest = match seconds % 60 {
        0 => String::new(),
        rest => format!("{rest:02}"),
    };
    format!("{sign}{:02}{:02}{rest}", seconds / 3600, seconds / 60 % 60)
}

impl Words {
    /// What a date is called in a calendar.
    fn summary(self, of: &DateOf) -> String {
        match of {
            DateOf::PlannedActivity { title, .. } => title.to_string(),
            DateOf::ImprovementDue { number, what } => format!("{number}: {what}"),
            DateOf::AgreementNotice { number, title } => {
                let last = self.say("Sista dag att säga upp", "Last day to give notice of");
                format!("{last} {number}, {title}")
            }
            DateOf::ComplaintDue { number, title } => {
                format!(
                    "{} {number}, {title}",
                    self.say("Svara på klagomål", "Answer complaint")
                )
            }
            DateOf::Meeting { kind, title } => {
                let kind = match kind {
                    MeetingKind::Team => self.say("Teammöte", "Team meeting"),
                    MeetingKind::Dialogue => self.say("Dialogmöte", "Dialogue"),
                    MeetingKind::Review => self.say("Uppföljningsmöte", "Review"),
                };
                match title {
                    Some(title) => format!("{kind}: {title}"),
                    None => kind.to_owned(),
                }
            }
            DateOf::ActionDue { what } => format!("{}: {what}", self.say("Att göra", "To do")),
            DateOf::Announcement { kind, title } => {
                let kind = match kind {
                    AnnouncementKind::FailedInstallation => self.say("Misslyckad installation", "Failed installation"),
                    AnnouncementKind::Disturbance => self.say("Störning", "Disturbance"),
                    AnnouncementKind::PlannedChange => self.say("Planerad ändring", "Planned change"),
                };
                let english = title.en.as_ref().map_or(title.sv.as_str(), |en| en.as_str());
                format!("{kind}: {}", self.say(title.sv.as_str(), english))
            }
        }
    }
}
