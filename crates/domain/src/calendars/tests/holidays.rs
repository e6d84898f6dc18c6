//! Proposed holidays, against days that everybody can look up.
use super::*;

fn on(year: i32, name: &str) -> String {
    let all = proposed_holidays(year);
    let day = all.iter().find(|day| day.name.sv.as_str() == name);
    day.map(|day| day.date.format("%m-%d").to_string()).unwrap_or_default()
}

#[test]
fn easter_is_where_the_almanac_has_it() {
    // The earliest and the latest that there can be among them.
    for (year, easter) in [
        (1818, "03-22"),
        (1943, "04-25"),
        (2000, "04-23"),
        (2008, "03-23"),
        (2019, "04-21"),
        (2024, "03-31"),
        (2025, "04-20"),
        (2026, "04-05"),
        (2027, "03-28"),
        (2038, "04-25"),
        (2049, "04-18"),
        (2076, "04-19"),
        (2285, "03-22"),
    ] {
        assert_eq!(on(year, "Påskdagen"), easter, "{year}");
    }
}

#[test]
fn a_year_has_the_holidays_of_the_law() {
    let holidays: Vec<(String, String)> = proposed_holidays(2026)
        .into_iter()
        .filter(|day| day.kind == HolidayKind::Holiday)
        .map(|day| (day.date.format("%m-%d").to_string(), day.name.sv.to_string()))
        .collect();
    let told = [
        ("01-01", "Nyårsdagen"),
        ("01-06", "Trettondedag jul"),
        ("04-03", "Långfredagen"),
        ("04-05", "Påskdagen"),
        ("04-06", "Annandag påsk"),
        ("05-01", "Första maj"),
        ("05-14", "Kristi himmelsfärdsdag"),
        ("05-24", "Pingstdagen"),
        ("06-06", "Sveriges nationaldag"),
        ("06-20", "Midsommardagen"),
        ("10-31", "Alla helgons dag"),
        ("12-25", "Juldagen"),
        ("12-26", "Annandag jul"),
    ];
    assert_eq!(holidays, told.map(|(day, name)| (day.to_owned(), name.to_owned())));
}

#[test]
fn eves_move_with_their_holidays() {
    for (year, midsummer_eve, all_saints) in [
        (2023, "06-23", "11-04"),
        (2025, "06-20", "11-01"),
        (2027, "06-25", "11-06"),
    ] {
        assert_eq!(on(year, "Midsommarafton"), midsummer_eve);
        assert_eq!(on(year, "Alla helgons dag"), all_saints);
    }
    assert_eq!(on(2026, "Skärtorsdagen"), "04-02");
    assert_eq!(on(2026, "Allhelgonaafton"), "10-30");
    assert_eq!(on(2026, "Julafton"), "12-24");
    assert_eq!(on(2026, "Nyårsafton"), "12-31");
}

/// May Day and Ascension Day met in 2008; Whitsun Eve and the National Day do in 2049.
#[test]
fn a_date_is_proposed_once_in_the_order_of_the_year() {
    for year in 1990..2100 {
        let all = proposed_holidays(year);
        assert!(all.len() >= 21, "{year}");
        assert!(all.windows(2).all(|pair| pair[0].date < pair[1].date), "{year}");
    }
    let met = proposed_holidays(2049);
    let met = met
        .iter()
        .find(|day| day.date.format("%m-%d").to_string() == "06-06")
        .unwrap();
    assert_eq!(met.kind, HolidayKind::Holiday);
    assert!(proposed_holidays(1500).is_empty() && proposed_holidays(10_000).is_empty());
}
