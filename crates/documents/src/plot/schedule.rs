//! Bars over time, one below the other, on one axis of months.

use chrono::{Datelike, Months, NaiveDate};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, BAR, Drawn, GRID, INK, drawn, missed_mark, short, text};
use crate::{Column, Language, Schedule, Span, Table};

const WIDTH: u32 = 760;
/// Where the bars begin, and how long the axis is.
const LEFT: i32 = 250;
const LENGTH: f64 = 496.0;
const TOP: i32 = 58;
const ROW: i32 = 26;
/// More months than this have not each their name.
const MOST_NAMED: i32 = 9;

/// The drawing, with its title and description inside.
pub fn schedule(all: &Schedule, language: Language, alt: &str, number: usize) -> String {
    let rows = i32::try_from(shown(all).len()).unwrap_or_default();
    let height = u32::try_from(TOP + rows * ROW + 24).unwrap_or(WIDTH);
    drawn((WIDTH, height), (&all.title, alt, number), |area| {
        draw(area, all, language)
    })
}

fn shown(all: &Schedule) -> &[Span] {
    &all.spans[..all.spans.len().min(Schedule::MOST)]
}

/// Where a day begins on the axis; a day beyond its ends stands at the end.
fn place(all: &Schedule, day: NaiveDate) -> i32 {
    let whole = ((all.last_day - all.first_day).num_days() + 1).max(1);
    let passed = (day - all.first_day).num_days().clamp(0, whole);
    LEFT + (passed as f64 / whole as f64 * LENGTH).round() as i32
}

fn draw(area: &Area, all: &Schedule, language: Language) -> Drawn {
    area.fill(&WHITE)?;
    let shown = shown(all);
    let bottom = TOP + i32::try_from(shown.len())? * ROW;
    legend(area, all)?;
    let months = (all.last_day.year() - all.first_day.year()) * 12 + all.last_day.month0() as i32
        - all.first_day.month0() as i32;
    let every = u32::try_from((months / MOST_NAMED + 1).max(1))?;
    let mut month = all.first_day.with_day(1);
    while let Some(begins) = month.filter(|day| *day <= all.last_day) {
        if begins >= all.first_day {
            let x = place(all, begins);
            area.draw(&PathElement::new([(x, TOP - 4), (x, bottom)], GRID))?;
            area.draw_text(
                &begins.format("%Y-%m").to_string(),
                &text(12, HPos::Left, VPos::Bottom),
                (x + 1, TOP - 6),
            )?;
        }
        month = begins.checked_add_months(Months::new(every));
    }
    area.draw(&PathElement::new([(LEFT, TOP), (LEFT, bottom)], INK))?;
    for (span, row) in shown.iter().zip(0..) {
        let middle = TOP + row * ROW + ROW / 2;
        area.draw_text(
            &short(&span.name, 30),
            &text(14, HPos::Right, VPos::Center),
            (LEFT - 10, middle),
        )?;
        let after = span.last_day.and_then(|last| last.succ_opt()).unwrap_or(NaiveDate::MAX);
        let (from, to) = (place(all, span.first_day), place(all, after));
        bar(area, (from, to.max(from + 3)), middle, span.firm)?;
        if span.last_day.is_none() {
            area.draw_text("…", &text(14, HPos::Right, VPos::Center), (to - 4, middle))?;
        }
        if span.marked {
            area.draw(&missed_mark((from + 9, middle)))?;
        }
    }
    if all.spans.len() > shown.len() {
        let more = language.pick("fler i tabellen", "more in the table");
        let words = format!("+ {} {more}", all.spans.len() - shown.len());
        area.draw_text(&words, &text(12, HPos::Left, VPos::Top), (LEFT, bottom))?;
    }
    Ok(())
}

/// Filled where it is sure, else hollow.
fn bar(area: &Area, (from, to): (i32, i32), middle: i32, firm: bool) -> Drawn {
    let ends = [(from, middle - 7), (to, middle + 7)];
    if firm {
        area.draw(&Rectangle::new(ends, BAR.filled()))?;
    }
    Ok(area.draw(&Rectangle::new(ends, INK))?)
}

/// Above the bars: what their looks mean.
fn legend(area: &Area, all: &Schedule) -> Drawn {
    let (row, words) = (18, text(14, HPos::Left, VPos::Center));
    bar(area, (LEFT, LEFT + 24), row, true)?;
    area.draw_text(&short(&all.firm, 16), &words, (LEFT + 32, row))?;
    bar(area, (LEFT + 160, LEFT + 184), row, false)?;
    area.draw_text(&short(&all.loose, 16), &words, (LEFT + 192, row))?;
    if all.spans.iter().any(|span| span.marked) {
        area.draw(&missed_mark((LEFT + 330, row)))?;
        area.draw_text(&short(&all.mark, 20), &words, (LEFT + 344, row))?;
    }
    Ok(())
}

/// The drawing in a sentence, for those who do not see it.
pub fn schedule_summary(all: &Schedule, language: Language) -> String {
    let marked = all.spans.iter().filter(|span| span.marked).count();
    format!(
        "{} {} {} {}: {}. {}: {marked}.{}",
        language.pick("Tidsplan", "Schedule"),
        all.first_day,
        language.pick("till", "to"),
        all.last_day,
        all.spans.len(),
        all.mark,
        language.pick(
            " Alla står i tabellen efter.",
            " All of them are in the table that follows.",
        )
    )
}

/// The same as a table, every bar of it.
pub fn schedule_table(all: &Schedule, language: Language) -> Table {
    let column = |label: &str| Column {
        label: label.to_owned(),
        numeric: false,
    };
    let row = |span: &Span| {
        let last = span.last_day.map_or_else(|| "–".to_owned(), |day| day.to_string());
        // What the drawing tells by its looks, the table tells in words.
        let looks = if span.firm { &all.firm } else { &all.loose };
        let marked = span.marked.then_some(&all.mark);
        let remarks: Vec<&str> = [Some(looks), marked, Some(&span.remark)]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|words| !words.is_empty())
            .collect();
        vec![span.name.clone(), span.first_day.to_string(), last, remarks.join("\n")]
    };
    Table {
        caption: format!("{}, {}", all.title, language.pick("dagar", "days")),
        columns: vec![
            column(&all.of),
            column(language.pick("Första dag", "First day")),
            column(language.pick("Sista dag", "Last day")),
            column(language.pick("Anmärkning", "Remark")),
        ],
        rows: all.spans.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Duration::days(n)
    }

    fn all(days: i64, spans: Vec<(i64, Option<i64>, bool, bool)>) -> Schedule {
        let span = |(first, length, firm, marked): (i64, Option<i64>, bool, bool)| Span {
            name: "Ny <skola>".to_owned(),
            first_day: day(first),
            last_day: length.map(|length| day(first + length)),
            firm,
            marked,
            remark: String::new(),
        };
        Schedule {
            title: "T".to_owned(),
            of: "Activity".to_owned(),
            firm: "planned".to_owned(),
            loose: "an idea".to_owned(),
            mark: "conflict".to_owned(),
            first_day: day(0),
            last_day: day(days),
            spans: spans.into_iter().map(span).collect(),
        }
    }

    #[test]
    fn what_is_sure_is_filled_and_what_conflicts_has_a_mark() {
        let drawn = |firm, marked| schedule(&all(90, vec![(3, Some(10), firm, marked)]), Language::En, "", 1);
        let count = |svg: &str, what: &str| svg.matches(what).count();
        let filled = r##"fill="#568FC4""##;
        // One of each stands in the legend.
        assert_eq!(
            (count(&drawn(true, false), filled), count(&drawn(false, false), filled)),
            (2, 1)
        );
        let strokes = r##"stroke="#B01030""##;
        assert_eq!(
            (count(&drawn(true, true), strokes), count(&drawn(true, false), strokes)),
            (4, 0)
        );
        assert!(drawn(true, false).contains("Ny &lt;skola&gt;"));
    }

    #[test]
    fn the_table_tells_what_the_drawing_shows() {
        let all = all(90, vec![(3, Some(10), true, true), (5, None, false, false)]);
        let table = schedule_table(&all, Language::En);
        assert_eq!(table.rows[0][1..], ["2026-01-04", "2026-01-14", "planned\nconflict"]);
        assert_eq!(table.rows[1][1..], ["2026-01-06", "–", "an idea"]);
        assert!(schedule_summary(&all, Language::En).contains("conflict: 1."));
    }

    proptest! {
        #[test]
        fn any_schedule_is_drawn(
            days in 0i64..800,
            spans in prop::collection::vec((-900i64..900, prop::option::of(0i64..900), any::<bool>(), any::<bool>()), 0..60),
        ) {
            let all = all(days, spans);
            let drawn = schedule(&all, Language::Sv, &schedule_summary(&all, Language::Sv), 1);
            prop_assert!(drawn.ends_with("</svg>\n"));
            prop_assert_eq!(schedule_table(&all, Language::Sv).rows.len(), all.spans.len());
        }
    }
}
