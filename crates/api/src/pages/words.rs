//! Words, numbers and times as documents write them, in Swedish and in English.
use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use documents::Language;
use domain::{
    agreements::{self, CalendarPeriod, Price},
    calendars::{CalendarHours, Opening, TimeLimit},
    service_levels::StatementPeriod,
    value::{ComputedFigure, Sum},
    vocabulary::{Amount, Currency, Decimal, Span},
};

/// A space at which no line breaks, and narrower than others.
const NARROW: char = '\u{202f}';
const DAYS: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// The words of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Language);

impl Words {
    /// Those of a language.
    pub fn of(language: agreements::Language) -> Self {
        Self(match language {
            agreements::Language::Sv => Language::Sv,
            agreements::Language::En => Language::En,
        })
    }

    /// Of which language they are.
    pub fn language(self) -> agreements::Language {
        match self.0 {
            Language::Sv => agreements::Language::Sv,
            Language::En => agreements::Language::En,
        }
    }

    /// The Swedish or the English wording.
    pub fn say<'a>(self, sv: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Language::Sv => sv,
            Language::En => en,
        }
    }

    /// Decimal text as people write it: `99,5` and `12 500`, `99.5` and `12,500`.
    fn digits(self, text: &str) -> String {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let (sign, whole) = match whole.strip_prefix('-') {
            Some(whole) => ("−", whole),
            None => ("", whole),
        };
        let mut written = sign.to_owned();
        for (n, digit) in whole.chars().enumerate() {
            if n > 0 && (whole.len() - n).is_multiple_of(3) {
                written.push(if self.0 == Language::Sv { NARROW } else { ',' });
            }
            written.push(digit);
        }
        if !decimals.is_empty() {
            written.push_str(self.say(",", "."));
            written.push_str(decimals);
        }
        written
    }

    /// A number.
    pub fn number(self, number: Decimal) -> String {
        self.digits(&number.to_string())
    }

    /// So many per cent.
    pub fn percent(self, number: Decimal) -> String {
        match self.0 {
            Language::Sv => format!("{}{NARROW}%", self.number(number)),
            Language::En => format!("{}%", self.number(number)),
        }
    }

    /// So many of a thing: `1 dag`, `3 dagar`.
    pub fn count(self, n: u64, one: (&str, &str), many: (&str, &str)) -> String {
        let (sv, en) = if n == 1 { one } else { many };
        format!("{}\u{a0}{}", self.digits(&n.to_string()), self.say(sv, en))
    }

    /// An amount of money, whole ones without decimals.
    pub fn money(self, amount: Amount, currency: &Currency) -> String {
        self.in_currency(&amount.to_string(), currency)
    }

    fn in_currency(self, amount: &str, currency: &Currency) -> String {
        let amount = self.digits(amount.strip_suffix(".00").unwrap_or(amount));
        match (self.0, currency.as_str()) {
            (Language::Sv, "SEK") => format!("{amount}\u{a0}kr"),
            (Language::Sv, other) => format!("{amount}\u{a0}{other}"),
            (Language::En, other) => format!("{other}\u{a0}{amount}"),
        }
    }

    /// A computed amount, as money is written.
    pub fn sum(self, sum: &Sum) -> String {
        let text = sum.amount.to_string();
        self.in_currency(&text, &sum.currency)
    }

    /// A computed number.
    pub fn computed(self, figure: ComputedFigure) -> String {
        self.digits(&figure.to_string())
    }

    /// A price with its period.
    pub fn price(self, price: &Price) -> String {
        format!(
            "{} {}",
            self.money(price.amount, &price.currency),
            self.per(price.period)
        )
    }

    /// For each such period.
    pub fn per(self, period: CalendarPeriod) -> &'static str {
        match period {
            CalendarPeriod::Month => self.say("per månad", "per month"),
            CalendarPeriod::Quarter => self.say("per kvartal", "per quarter"),
            CalendarPeriod::Year => self.say("per år", "per year"),
        }
    }

    /// A span of the calendar.
    pub fn span(self, span: Span) -> String {
        match span {
            Span::Months(n) if n.is_multiple_of(12) => self.count((n / 12).into(), ("år", "year"), ("år", "years")),
            Span::Months(n) => self.count(n.into(), ("månad", "month"), ("månader", "months")),
            Span::Days(n) => self.count(n.into(), ("dag", "day"), ("dagar", "days")),
        }
    }

    /// A limit of service time: open hours, or days with any.
    pub fn limit(self, limit: TimeLimit) -> String {
        let seconds = match limit {
            TimeLimit::OpenDays(n) => {
                return self.count(
                    n.into(),
                    ("servicedag", "service day"),
                    ("servicedagar", "service days"),
                );
            }
            TimeLimit::OpenSeconds(seconds) => seconds.unsigned_abs(),
        };
        self.lasting(seconds)
    }

    /// How long something lasts, in hours, minutes and seconds.
    pub fn lasting(self, seconds: u64) -> String {
        let parts = [
            (seconds / 3600, ("timme", "hour"), ("timmar", "hours")),
            (seconds / 60 % 60, ("minut", "minute"), ("minuter", "minutes")),
            (seconds % 60, ("sekund", "second"), ("sekunder", "seconds")),
        ];
        let told = parts.iter().filter(|(n, ..)| *n > 0);
        let told: Vec<String> = told.map(|(n, one, many)| self.count(*n, *one, *many)).collect();
        match told.is_empty() {
            true => self.count(0, parts[1].1, parts[1].2),
            false => told.join(" "),
        }
    }

    /// `a, b och c`.
    pub fn list<T: AsRef<str>>(self, items: &[T], last: (&str, &str)) -> String {
        match items {
            [] => String::new(),
            [one] => one.as_ref().to_owned(),
            [first @ .., end] => {
                let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
                format!("{} {} {}", first.join(", "), self.say(last.0, last.1), end.as_ref())
            }
        }
    }

    /// `a, b och c`.
    pub fn all<T: AsRef<str>>(self, items: &[T]) -> String {
        self.list(items, ("och", "and"))
    }

    /// `a, b eller c`.
    pub fn any<T: AsRef<str>>(self, items: &[T]) -> String {
        self.list(items, ("eller", "or"))
    }

    /// A time on the organisation's wall clock.
    pub fn moment(self, at: DateTime<Utc>, zone: Tz) -> String {
        at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
    }

    /// A month's name by its number.
    pub fn month(self, number: u32) -> &'static str {
        const NAMES: [(&str, &str); 12] = [
            ("januari", "January"),
            ("februari", "February"),
            ("mars", "March"),
            ("april", "April"),
            ("maj", "May"),
            ("juni", "June"),
            ("juli", "July"),
            ("augusti", "August"),
            ("september", "September"),
            ("oktober", "October"),
            ("november", "November"),
            ("december", "December"),
        ];
        let place = usize::try_from(number).unwrap_or_default().wrapping_sub(1);
        NAMES.get(place).map_or("", |(sv, en)| self.say(sv, en))
    }

    /// A calendar period as people say it: `mars 2026`, `kvartal 2 2026`, `2026`.
    pub fn period(self, period: StatementPeriod) -> String {
        let first_day = period.period().since;
        let (year, month) = (first_day.year(), first_day.month());
        match period.kind() {
            CalendarPeriod::Year => year.to_string(),
            CalendarPeriod::Quarter => format!("{} {} {year}", self.say("kvartal", "quarter"), month.div_ceil(3)),
            CalendarPeriod::Month => format!("{} {year}", self.month(month)),
        }
    }

    /// The IT organisation's name, or what it is called where none is set.
    pub fn provider(self, name: &str) -> String {
        match name {
            "" => self.say("IT-organisationen", "The IT organisation").to_owned(),
            name => name.to_owned(),
        }
    }

    /// A figure with so many decimals.
    pub fn rounded(self, value: f64, decimals: usize) -> String {
        // No minus before zero.
        let text = format!("{value:.decimals$}");
        let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
        self.digits(if zero { text.trim_start_matches('-') } else { &text })
    }

    /// The days from the one to the other; without end where there is none.
    pub fn days(self, first: NaiveDate, last: Option<NaiveDate>) -> String {
        match last {
            Some(last) => format!("{first} – {last}"),
            None => format!("{} {first}", self.say("från och med", "from")),
        }
    }

    /// The hours of an ordinary week: `vardagar 07–18, lördag 10–14`.
    pub fn hours(self, hours: &CalendarHours) -> String {
        let week = DAYS.map(|day| hours.told().weekly.on(day));
        let same = |days: &[&[Opening]]| days.iter().all(|day| *day == days[0]);
        let open = |openings: &[Opening]| self.openings(openings);
        if week.iter().all(|day| day.is_empty()) {
            return self.say("bara särskilda dagar", "on particular dates only").to_owned();
        }
        if same(&week) {
            return match open(week[0]) {
                around if around == self.around() => around,
                hours => format!("{} {hours}", self.say("alla dagar", "every day")),
            };
        }
        let mut told = vec![];
        let mut from = 0;
        while let Some(openings) = week.get(from) {
            let to = (from..7)
                .take_while(|day| week[*day] == *openings)
                .last()
                .unwrap_or(from);
            if !openings.is_empty() {
                told.push(format!("{} {}", self.weekdays(from, to), open(openings)));
            }
            from = to + 1;
        }
        told.join(", ")
    }

    /// What is open at all hours.
    fn around(self) -> String {
        self.say("dygnet runt", "around the clock").to_owned()
    }

    /// A day's hours: `08–12 och 13–17`.
    pub fn openings(self, openings: &[Opening]) -> String {
        let time = |minutes: u16| match minutes % 60 {
            0 => format!("{:02}", minutes / 60),
            rest => format!("{:02}:{rest:02}", minutes / 60),
        };
        let spans: Vec<(u16, u16)> = openings.iter().map(|o| (o.from.minutes(), o.to.minutes())).collect();
        match spans[..] {
            [] => self.say("stängt", "closed").to_owned(),
            [(0, 1440)] => self.around(),
            _ => {
                let told: Vec<String> = spans
                    .iter()
                    .map(|(a, b)| format!("{}–{}", time(*a), time(*b)))
                    .collect();
                self.all(&told)
            }
        }
    }

    fn weekdays(self, from: usize, to: usize) -> String {
        let name = |day: usize| {
            let (sv, en) = [
                ("måndag", "Monday"),
                ("tisdag", "Tuesday"),
                ("onsdag", "Wednesday"),
                ("torsdag", "Thursday"),
                ("fredag", "Friday"),
                ("lördag", "Saturday"),
                ("söndag", "Sunday"),
            ][day];
            self.say(sv, en)
        };
        match (from, to) {
            (0, 4) => self.say("vardagar", "working days").to_owned(),
            (from, to) if from == to => name(from).to_owned(),
            (from, to) => format!("{}–{}", name(from), name(to)),
        }
    }
}

/// The sentence with a capital at its beginning.
pub fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SV: Words = Words(Language::Sv);
    const EN: Words = Words(Language::En);

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        for (text, sv, en) in [
            ("99.5", "99,5", "99.5"),
            ("12500", "12\u{202f}500", "12,500"),
            ("-1234567.125", "−1\u{202f}234\u{202f}567,125", "−1,234,567.125"),
            ("100", "100", "100"),
        ] {
            assert_eq!(SV.number(decimal(text)), sv);
            assert_eq!(EN.number(decimal(text)), en);
        }
        assert_eq!(SV.percent(decimal("99.5")), "99,5\u{202f}%");
        assert_eq!(EN.percent(decimal("99.5")), "99.5%");
        let price = |amount: &str, currency: &str| {
            serde_json::from_value::<Price>(json!({"amount": amount, "currency": currency, "period": "month"})).unwrap()
        };
        assert_eq!(SV.price(&price("12500.00", "SEK")), "12\u{202f}500\u{a0}kr per månad");
        assert_eq!(SV.price(&price("99.90", "EUR")), "99,90\u{a0}EUR per månad");
        assert_eq!(EN.price(&price("12500", "SEK")), "SEK\u{a0}12,500 per month");
    }

    #[test]
    fn spans_and_limits_are_told_in_their_largest_units() {
        let told = |text: &str| SV.span(text.parse().unwrap()).replace('\u{a0}', " ");
        assert_eq!(
            [told("P1M"), told("P3M"), told("P1Y"), told("P90D")],
            ["1 månad", "3 månader", "1 år", "90 dagar"]
        );
        let told = |text: &str| EN.limit(text.parse().unwrap()).replace('\u{a0}', " ");
        assert_eq!(told("PT4H"), "4 hours");
        assert_eq!(told("PT1H30M"), "1 hour 30 minutes");
        assert_eq!(told("PT90S"), "1 minute 30 seconds");
        assert_eq!(told("P1D"), "1 service day");
        assert_eq!(told("PT0S"), "0 minutes");
    }

    #[test]
    fn hours_are_told_by_the_days_that_share_them() {
        let hours = |weekly: serde_json::Value| -> CalendarHours {
            serde_json::from_value(json!({"zone": "Europe/Stockholm", "weekly": weekly})).unwrap()
        };
        let day = json!([{"from": "07:00", "to": "18:00"}]);
        let always = json!([{"from": "00:00", "to": "24:00"}]);
        let split = json!([{"from": "08:30", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]);
        let week = |week: &serde_json::Value, ends: &serde_json::Value| {
            hours(
                json!({"monday": week, "tuesday": week, "wednesday": week, "thursday": week, "friday": week,
                "saturday": ends, "sunday": ends}),
            )
        };
        let closed = json!([]);
        for (hours, sv, en) in [
            (week(&day, &closed), "vardagar 07–18", "working days 07–18"),
            (
                week(&day, &split),
                "vardagar 07–18, lördag–söndag 08:30–12 och 13–17",
                "working days 07–18, Saturday–Sunday 08:30–12 and 13–17",
            ),
            (week(&always, &always), "dygnet runt", "around the clock"),
            (week(&day, &day), "alla dagar 07–18", "every day 07–18"),
            (
                hours(json!({"monday": day, "tuesday": day, "friday": always})),
                "måndag–tisdag 07–18, fredag dygnet runt",
                "Monday–Tuesday 07–18, Friday around the clock",
            ),
            (hours(json!({})), "bara särskilda dagar", "on particular dates only"),
        ] {
            assert_eq!(SV.hours(&hours), sv);
            assert_eq!(EN.hours(&hours), en);
        }
    }
}
