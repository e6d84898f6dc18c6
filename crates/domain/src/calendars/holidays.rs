//! A year's Swedish holidays and customary eves, to choose exceptions from. A proposal: what is stored is what counts.
use chrono::{Datelike, Duration, NaiveDate, Weekday};
use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::{Name, word};

word! {
    /// How a date differs.
    HolidayKind {
        /// A public holiday by law.
        Holiday,
        /// A day before a holiday that many organisations close or shorten.
        Eve,
    }
}

/// What the day is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HolidayName {
    /// In Swedish.
    pub sv: Name,
    /// In English.
    pub en: Name,
}

/// A date that a calendar may want as an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposedHoliday {
    /// Which date.
    pub date: NaiveDate,
    /// How it differs.
    pub kind: HolidayKind,
    /// What it is called.
    pub name: HolidayName,
}

/// Easter Sunday of a year of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, (n / 31).unsigned_abs(), (n % 31).unsigned_abs() + 1)
}

/// The first such weekday from a day of a year on.
fn first(weekday: Weekday, year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let from = NaiveDate::from_ymd_opt(year, month, day)?;
    let ahead = (7 + weekday.num_days_from_monday() - from.weekday().num_days_from_monday()) % 7;
    Some(from + Duration::days(ahead.into()))
}

/// The Swedish holidays of a year by law (1989:253), and the eves that organisations close or shorten by custom, in the
/// order of the year. None outside the years 1583 to 9998.
pub fn proposed_holidays(year: i32) -> Vec<ProposedHoliday> {
    dates(year).unwrap_or_default()
}

fn dates(year: i32) -> Option<Vec<ProposedHoliday>> {
    use HolidayKind::{Eve, Holiday};
    if !(1583..=9998).contains(&year) {
        return None;
    }
    let on = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let easter = easter(year)?;
    let from_easter = |days| Some(easter + Duration::days(days));
    let midsummer_eve = first(Weekday::Fri, year, 6, 19)?;
    let all_saints = first(Weekday::Sat, year, 10, 31)?;
    let told = [
        (on(1, 1), Holiday, "Nyårsdagen", "New Year's Day"),
        (on(1, 5), Eve, "Trettondagsafton", "Twelfth Night"),
        (on(1, 6), Holiday, "Trettondedag jul", "Epiphany"),
        (from_easter(-3), Eve, "Skärtorsdagen", "Maundy Thursday"),
        (from_easter(-2), Holiday, "Långfredagen", "Good Friday"),
        (from_easter(-1), Eve, "Påskafton", "Holy Saturday"),
        (from_easter(0), Holiday, "Påskdagen", "Easter Sunday"),
        (from_easter(1), Holiday, "Annandag påsk", "Easter Monday"),
        (on(4, 30), Eve, "Valborgsmässoafton", "Walpurgis Night"),
        (on(5, 1), Holiday, "Första maj", "May Day"),
        (from_easter(39), Holiday, "Kristi himmelsfärdsdag", "Ascension Day"),
        (from_easter(48), Eve, "Pingstafton", "Whitsun Eve"),
        (from_easter(49), Holiday, "Pingstdagen", "Whit Sunday"),
        (on(6, 6), Holiday, "Sveriges nationaldag", "National Day of Sweden"),
        (Some(midsummer_eve), Eve, "Midsommarafton", "Midsummer Eve"),
        (midsummer_eve.succ_opt(), Holiday, "Midsommardagen", "Midsummer Day"),
        (all_saints.pred_opt(), Eve, "Allhelgonaafton", "All Saints' Eve"),
        (Some(all_saints), Holiday, "Alla helgons dag", "All Saints' Day"),
        (on(12, 24), Eve, "Julafton", "Christmas Eve"),
        (on(12, 25), Holiday, "Juldagen", "Christmas Day"),
        (on(12, 26), Holiday, "Annandag jul", "Second Day of Christmas"),
        (on(12, 31), Eve, "Nyårsafton", "New Year's Eve"),
    ];
    let mut all = vec![];
    for (date, kind, sv, en) in told {
        let name = HolidayName {
            sv: sv.parse().ok()?,
            en: en.parse().ok()?,
        };
        all.push(ProposedHoliday {
            date: date?,
            kind,
            name,
        });
    }
    all.sort_by_key(|day| (day.date, day.kind == Eve));
    // A date is proposed once, and a holiday outweighs the eve that falls on it.
    all.dedup_by_key(|day| day.date);
    Some(all)
}
