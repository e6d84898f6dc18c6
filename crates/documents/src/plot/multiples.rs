//! Small plots side by side, all on one scale, so that they can be compared at a glance.
use plotters::{prelude::*, style::text_anchor::HPos, style::text_anchor::VPos};

use super::{
    Area, BLANK, Drawn, GRID, INK, LINE,
    axis::{drawable, drawable_limits, number_text, span, steps, values},
    drawn, missed_mark, short, text, whisker,
};
use crate::{Column, Language, Multiple, Multiples, Point, Table};

/// So many stand in a row.
const ACROSS: usize = 3;
const WIDTH: u32 = 252;
const HEIGHT: u32 = 150;
/// Above them: what is drawn, and what a mark tells.
const LEGEND: u32 = 26;

/// The drawing, with its title and description inside.
pub fn multiples(all: &Multiples, language: Language, alt: &str, number: usize) -> String {
    let shown = shown(all);
    let rows = u32::try_from(shown.len().div_ceil(ACROSS)).unwrap_or(1).max(1);
    let size = (WIDTH * 3 + 4, LEGEND + HEIGHT * rows);
    drawn(size, (&all.title, alt, number), |area| {
        area.fill(&WHITE)?;
        let (legend, plots) = area.split_vertically(LEGEND);
        let words = text(13, HPos::Left, VPos::Center);
        legend.draw_text(&short(&all.series, 40), &words, (8, 12))?;
        if shown.iter().flat_map(|one| &one.points).any(|point| point.missed) {
            legend.draw(&missed_mark((400, 12)))?;
            legend.draw_text(&short(&all.mark, 48), &words, (412, 12))?;
        }
        let (low, high) = span(shown.iter().flat_map(|one| one.points.iter().flat_map(values)));
        let room = ((high - low) * 0.1).max(0.5);
        let scale = (low - room, high + room);
        let cells = plots.split_evenly((rows as usize, ACROSS));
        for (cell, one) in cells.iter().zip(shown) {
            small(cell, one, scale, language)?;
        }
        Ok(())
    })
}

fn shown(all: &Multiples) -> &[Multiple] {
    &all.plots[..all.plots.len().min(Multiples::MOST)]
}

fn small(area: &Area, one: &Multiple, (low, high): (f64, f64), language: Language) -> Drawn {
    area.draw_text(&short(&one.name, 30), &text(14, HPos::Left, VPos::Top), (8, 6))?;
    let count = one.points.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(26)
        .margin_right(8)
        .margin_left(2)
        .x_label_area_size(24)
        .y_label_area_size(40)
        .build_cartesian_2d(0.0..count, low..high)?;
    let places: Vec<(f64, &Point)> = one
        .points
        .iter()
        .enumerate()
        .map(|(at, point)| (at as f64 + 0.5, point))
        .collect();
    let missing = places.iter().filter(|(_, point)| drawable(point).is_none());
    chart.draw_series(missing.map(|(x, _)| Rectangle::new([(x - 0.5, low), (x + 0.5, high)], BLANK.filled())))?;
    let (steps, decimals) = steps(low, high);
    // Every other step is enough on so small an axis.
    for step in steps.iter().step_by(2) {
        chart.draw_series([PathElement::new([(0.0, *step), (count, *step)], GRID)])?;
        // Where the small plot itself begins is not the drawing's beginning.
        let (x, y) = place(area, chart.backend_coord(&(0.0, *step)));
        area.draw_text(
            &number_text(*step, decimals, language),
            &text(11, HPos::Right, VPos::Center),
            (x - 5, y),
        )?;
    }
    chart.draw_series([PathElement::new([(0.0, high), (0.0, low), (count, low)], INK)])?;
    for run in places.split(|(_, point)| drawable(point).is_none()) {
        let run = run
            .iter()
            .filter_map(|(x, point)| drawable(point).map(|value| (*x, value)));
        chart.draw_series(LineSeries::new(run, LINE.stroke_width(2)))?;
    }
    for (x, point) in &places {
        let at = |value: f64| place(area, chart.backend_coord(&(*x, value)));
        if let Some((low, high)) = drawable_limits(point) {
            whisker(area, [at(low), at(high)], 3)?;
        }
        match drawable(point) {
            None => area.draw_text("–", &text(12, HPos::Center, VPos::Bottom), at(low))?,
            Some(value) if point.missed => area.draw(&missed_mark(at(value)))?,
            Some(value) => area.draw(&Circle::new(at(value), 3, LINE.filled()))?,
        }
    }
    for (x, point) in [places.first(), places.last()].into_iter().flatten() {
        let (x, y) = place(area, chart.backend_coord(&(*x, low)));
        area.draw_text(&short(&point.period, 8), &text(11, HPos::Center, VPos::Top), (x, y + 6))?;
    }
    Ok(())
}

/// A place of the whole drawing as one of the area.
fn place(area: &Area, (x, y): (i32, i32)) -> (i32, i32) {
    let (across, down) = area.get_base_pixel();
    (x - across, y - down)
}

/// The drawing in a sentence, for those who do not see it.
pub fn multiples_summary(all: &Multiples, language: Language) -> String {
    let kind = language.pick("Små linjediagram på samma skala", "Small line plots on one scale");
    let periods = match (all.periods.first(), all.periods.last()) {
        (Some(first), Some(last)) => format!(", {first} {} {last}", language.pick("till", "to")),
        _ => String::new(),
    };
    let count = shown(all).len();
    let rest = match all.plots.len() - count {
        0 => String::new(),
        _ => format!(
            " {} {count} {} {}.",
            language.pick("De första", "The first"),
            language.pick("av", "of"),
            all.plots.len()
        ),
    };
    let marked = shown(all)
        .iter()
        .flat_map(|one| &one.points)
        .filter(|point| point.missed)
        .count();
    let marked = match marked {
        0 => String::new(),
        n => format!(
            " {} ({}): {n}.",
            language.pick("Markerade punkter", "Marked points"),
            all.mark
        ),
    };
    format!(
        "{kind}: {}{periods}.{rest}{marked}{}",
        all.series,
        language.pick(
            " Värdena står i tabellen efter.",
            " The values are in the table that follows."
        )
    )
}

/// All of them as one table, a row each.
pub fn multiples_table(all: &Multiples, language: Language) -> Table {
    let column = |label: &str, numeric| Column {
        label: label.to_owned(),
        numeric,
    };
    let cell = |point: &Point| match point.remark.as_str() {
        "" => point.text.clone(),
        remark => format!("{}\n{remark}", point.text),
    };
    let row = |one: &Multiple| -> Vec<String> {
        [one.name.clone()]
            .into_iter()
            .chain(one.points.iter().map(cell))
            .collect()
    };
    let columns = [column(&all.of, false)]
        .into_iter()
        .chain(all.periods.iter().map(|period| column(period, true)));
    Table {
        caption: format!("{}, {}", all.title, language.pick("värden", "values")),
        columns: columns.collect(),
        rows: all.plots.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: Option<f64>) -> Point {
        Point {
            period: "2026-Q1".to_owned(),
            value,
            limits: value.map(|value| (value - 2.0, value + 2.0)),
            text: value.map_or("withheld".to_owned(), |value| value.to_string()),
            missed: value == Some(1.0),
            remark: if value == Some(1.0) {
                "fell".to_owned()
            } else {
                String::new()
            },
        }
    }

    fn many(count: usize) -> Multiples {
        let one = |at: usize| Multiple {
            name: format!("customer {at} <b>"),
            points: vec![point(Some(50.0)), point(None), point(Some(1.0))],
        };
        Multiples {
            title: "all".to_owned(),
            series: "share (%)".to_owned(),
            of: "Customer".to_owned(),
            mark: "fell".to_owned(),
            periods: ["2025-Q3", "2025-Q4", "2026-Q1"].map(ToOwned::to_owned).to_vec(),
            plots: (0..count).map(one).collect(),
        }
    }

    #[test]
    fn each_has_its_own_frame_on_one_scale_and_only_the_first_are_drawn() {
        let drawing = |count: usize| multiples(&many(count), Language::En, "alt", 3);
        let drawn = drawing(4);
        assert!(drawn.starts_with(r#"<svg role="img" aria-labelledby="plot-3-title plot-3-alt""#));
        assert_eq!(drawn.matches("&lt;b&gt;").count(), 4);
        // A fall has a mark of two strokes, whatever its colour; it stands in the legend too.
        assert_eq!(drawn.matches(r##"stroke="#B01030""##).count(), 10);
        assert!(!drawn.contains("NaN"));
        assert_eq!(drawing(40).matches("&lt;b&gt;").count(), Multiples::MOST);
        assert!(multiples_summary(&many(40), Language::En).contains("The first 24 of 40."));
    }

    #[test]
    fn the_table_tells_what_the_marks_do() {
        let table = multiples_table(&many(2), Language::En);
        assert_eq!(table.columns.len(), 4);
        assert_eq!(table.rows[1], ["customer 1 <b>", "50", "withheld", "1\nfell"]);
    }
}
