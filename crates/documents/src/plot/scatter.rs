//! Things by two measures, each a numbered point: where they lie towards each other, and towards a line or two. The
//! numbers are those of the table that follows.
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

use super::{
    Area, Drawn, GRID, INK, SIZE,
    axis::{number_text, room, span, steps, within},
    drawn, met_mark, short, text,
};
use crate::{Column, Language, Scatter, ScatterPoint, Table, Target};

/// The drawing, with its title and description inside.
pub fn scatter(all: &Scatter, language: Language, alt: &str, number: usize) -> String {
    drawn(SIZE, (&all.title, alt, number), |area| draw(area, all, language))
}

fn shown(all: &Scatter) -> impl Iterator<Item = (usize, &ScatterPoint)> {
    let drawable = |(_, point): &(usize, &ScatterPoint)| within(point.across) && within(point.up);
    all.points.iter().enumerate().filter(drawable).take(Scatter::MOST)
}

/// From the lowest to the highest of the values and of the line, with room around them.
fn range(values: impl Iterator<Item = f64>, line: Option<&Target>) -> (f64, f64) {
    let line = line.map(|line| line.value).filter(|value| within(*value));
    let (low, high) = span(values.chain(line));
    let room = room(low, high).max(0.5);
    (low - room, high + room)
}

fn draw(area: &Area, all: &Scatter, language: Language) -> Drawn {
    let (left, right) = range(shown(all).map(|(_, point)| point.across), all.upright.as_ref());
    let (low, high) = range(shown(all).map(|(_, point)| point.up), all.level.as_ref());
    area.fill(&WHITE)?;
    let words = text(14, HPos::Left, VPos::Center);
    area.draw_text(&short(&all.up, 40), &words, (8, 14))?;
    area.draw_text(
        &short(&all.across, 60),
        &text(14, HPos::Right, VPos::Center),
        (748, 326),
    )?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(30)
        .margin_right(12)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(left..right, low..high)?;
    let (ups, decimals) = steps(low, high);
    for step in ups {
        chart.draw_series([PathElement::new([(left, step), (right, step)], GRID)])?;
        let (x, y) = chart.backend_coord(&(left, step));
        let number = number_text(step, decimals, language);
        area.draw_text(&number, &text(14, HPos::Right, VPos::Center), (x - 8, y))?;
    }
    let (acrosses, decimals) = steps(left, right);
    for step in acrosses {
        chart.draw_series([PathElement::new([(step, low), (step, high)], GRID)])?;
        let (x, y) = chart.backend_coord(&(step, low));
        let number = number_text(step, decimals, language);
        area.draw_text(&number, &text(14, HPos::Center, VPos::Top), (x, y + 6))?;
    }
    chart.draw_series([PathElement::new([(left, high), (left, low), (right, low)], INK)])?;
    let lines = [
        all.level
            .as_ref()
            .map(|line| (line, [(left, line.value), (right, line.value)])),
        all.upright
            .as_ref()
            .map(|line| (line, [(line.value, low), (line.value, high)])),
    ];
    for (line, ends) in lines.into_iter().flatten().filter(|(line, _)| within(line.value)) {
        chart.draw_series(DashedLineSeries::new(ends, 8, 5, INK.stroke_width(2)))?;
        let (x, y) = chart.backend_coord(&ends[1]);
        let place = if ends[0].0 == left {
            (x - 4, y - 10)
        } else {
            (x - 4, y + 10)
        };
        area.draw_text(&short(&line.text, 36), &text(13, HPos::Right, VPos::Center), place)?;
    }
    for (number, point) in shown(all) {
        let (x, y) = chart.backend_coord(&(point.across, point.up));
        area.draw(&met_mark((x, y)))?;
        let number = (number + 1).to_string();
        area.draw_text(&number, &text(13, HPos::Left, VPos::Center), (x + 7, y - 7))?;
    }
    Ok(())
}

/// The drawing in a sentence, for those who do not see it.
pub fn scatter_summary(all: &Scatter, language: Language) -> String {
    let lines = [&all.level, &all.upright].into_iter().flatten();
    let lines: String = lines.map(|line| format!(" {}.", line.text)).collect();
    let count = shown(all).count();
    let rest = match all.points.len() - count {
        0 => String::new(),
        _ => format!(
            " {} {count} {} {}.",
            language.pick("Visar", "Shows"),
            language.pick("av", "of"),
            all.points.len()
        ),
    };
    format!(
        "{}: {} {} {}, {count} {}.{lines}{rest}{}",
        language.pick("Punktdiagram", "Scatter plot"),
        all.up,
        language.pick("mot", "against"),
        all.across,
        language.pick("punkter", "points"),
        language.pick(
            " Värdena står i tabellen efter.",
            " The values are in the table that follows."
        )
    )
}

/// All of them as a table, a row each, with their numbers.
pub fn scatter_table(all: &Scatter, language: Language) -> Table {
    let column = |label: &str, numeric| Column {
        label: label.to_owned(),
        numeric,
    };
    let row = |(number, point): (usize, &ScatterPoint)| {
        vec![
            format!("{} {}", number + 1, point.name),
            point.across_text.clone(),
            point.up_text.clone(),
            point.remark.clone(),
        ]
    };
    Table {
        caption: format!("{}, {}", all.title, language.pick("värden", "values")),
        columns: vec![
            column(&all.of, false),
            column(&all.across, true),
            column(&all.up, true),
            column(&all.remark, false),
        ],
        rows: all.points.iter().enumerate().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scatter_of(points: &[(f64, f64)], median: Option<f64>) -> Scatter {
        let point = |(at, (across, up)): (usize, &(f64, f64))| ScatterPoint {
            name: format!("service {at} <b>"),
            across: *across,
            up: *up,
            across_text: across.to_string(),
            up_text: up.to_string(),
            remark: "high".to_owned(),
        };
        let line = |value: f64| Target {
            value,
            text: "median".to_owned(),
        };
        Scatter {
            title: "a < b".to_owned(),
            of: "Service".to_owned(),
            across: "Cost".to_owned(),
            up: "Score".to_owned(),
            remark: "Stands".to_owned(),
            points: points.iter().enumerate().map(point).collect(),
            upright: median.map(line),
            level: Some(line(3.0)),
        }
    }

    #[test]
    fn each_point_has_the_number_of_its_row() {
        let all = scatter_of(&[(100.0, 4.0), (200.0, 2.5)], Some(150.0));
        let drawn = scatter(&all, Language::En, "alt", 2);
        assert!(drawn.starts_with(r#"<svg role="img" aria-labelledby="plot-2-title plot-2-alt""#));
        assert_eq!(drawn.matches("<circle").count(), 2);
        let table = scatter_table(&all, Language::En);
        assert_eq!(table.rows[1], ["2 service 1 <b>", "200", "2.5", "high"]);
        let said = scatter_summary(&all, Language::En);
        assert!(
            said.starts_with("Scatter plot: Score against Cost, 2 points. median. median."),
            "{said}"
        );
    }

    proptest! {
        #[test]
        fn any_points_are_drawn(
            points in prop::collection::vec((any::<f64>(), prop_oneof![any::<f64>(), 1.0..5.0]), 0..80),
            median in prop::option::of(any::<f64>()),
        ) {
            let all = scatter_of(&points, median);
            let drawn = scatter(&all, Language::Sv, &scatter_summary(&all, Language::Sv), 1);
            prop_assert!(drawn.ends_with("</svg>\n") && !drawn.contains("NaN"));
            prop_assert_eq!(scatter_table(&all, Language::Sv).rows.len(), points.len());
        }
    }
}
