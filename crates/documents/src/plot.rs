//! A series over periods as SVG, the same on page and in print: dark on white, told apart by shape as well as by
//! colour. And the same series as a sentence and as a table, for those who do not see it.

mod axis;
mod multiples;
mod scatter;
mod schedule;
mod words;

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use self::axis::{drawable, drawable_limits, number_text, range, shown, steps, within};
pub use self::multiples::{multiples, multiples_summary, multiples_table};
pub use self::scatter::{scatter, scatter_summary, scatter_table};
pub use self::schedule::{schedule, schedule_summary, schedule_table};
pub use self::words::{summary, table};
use crate::{Language, Plot, PlotStyle, Point};

const SIZE: (u32, u32) = (760, 340);
/// Beyond so many points not every one gets its label.
const MANY: usize = 13;
const INK: RGBColor = RGBColor(33, 37, 41);
const GRID: RGBColor = RGBColor(222, 226, 230);
const BLANK: RGBColor = RGBColor(241, 243, 245);
const LINE: RGBColor = RGBColor(11, 94, 168);
const BAR: RGBColor = RGBColor(86, 143, 196);
const MISSED: RGBColor = RGBColor(176, 16, 48);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The drawing, with its title and description inside.
pub fn svg(plot: &Plot, language: Language, alt: &str, number: usize) -> String {
    drawn(SIZE, (&plot.title, alt, number), |area| draw(area, plot, language))
}

fn drawn(size: (u32, u32), (title, alt, number): (&str, &str, usize), draw: impl FnOnce(&Area) -> Drawn) -> String {
    let mut drawing = String::new();
    {
        let area = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        // Writing into a string does not fail, and what cannot be laid out still stands in the table.
        let _ = draw(&area).and_then(|()| Ok(area.present()?));
    }
    let names = maud::html! {
        title id={ "plot-" (number) "-title" } { (title) }
        desc id={ "plot-" (number) "-alt" } { (alt) }
    };
    let opening = format!(r#"<svg role="img" aria-labelledby="plot-{number}-title plot-{number}-alt""#);
    drawing
        .replacen("<svg", &opening, 1)
        .replacen(">\n", &format!(">{}", names.into_string()), 1)
}

fn draw(area: &Area, plot: &Plot, language: Language) -> Drawn {
    let shown = shown(plot);
    let (low, high) = range(plot, shown);
    let (steps, decimals) = steps(low, high);
    area.fill(&WHITE)?;
    legend(area, plot, shown, language)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(44)
        .margin_right(12)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(0.0..shown.len().max(1) as f64, low..high)?;
    let places: Vec<(f64, &Point)> = shown
        .iter()
        .enumerate()
        .map(|(place, point)| (place as f64 + 0.5, point))
        .collect();
    let missing = places.iter().filter(|(_, point)| drawable(point).is_none());
    chart.draw_series(missing.map(|(x, _)| Rectangle::new([(x - 0.5, low), (x + 0.5, high)], BLANK.filled())))?;
    for step in steps {
        let (left, right) = ((0.0, step), (places.len() as f64, step));
        chart.draw_series([PathElement::new([left, right], GRID)])?;
        let (x, y) = chart.backend_coord(&left);
        area.draw_text(
            &number_text(step, decimals, language),
            &text(14, HPos::Right, VPos::Center),
            (x - 8, y),
        )?;
    }
    chart.draw_series([PathElement::new(
        [(0.0, high), (0.0, low), (places.len() as f64, low)],
        INK,
    )])?;
    if plot.style == PlotStyle::Bars {
        let bars = places
            .iter()
            .filter_map(|(x, point)| drawable(point).map(|value| (x, value)));
        chart.draw_series(bars.map(|(x, value)| Rectangle::new([(x - 0.3, 0.0), (x + 0.3, value)], BAR.filled())))?;
    }
    if let Some(target) = plot.target.as_ref().filter(|target| within(target.value)) {
        let line = [(0.0, target.value), (places.len() as f64, target.value)];
        chart.draw_series(DashedLineSeries::new(line, 8, 5, INK.stroke_width(2)))?;
    }
    if plot.style == PlotStyle::Line {
        for run in places.split(|(_, point)| drawable(point).is_none()) {
            let run = run
                .iter()
                .filter_map(|(x, point)| drawable(point).map(|value| (*x, value)));
            chart.draw_series(LineSeries::new(run, LINE.stroke_width(2)))?;
        }
    }
    let whiskers = places
        .iter()
        .filter_map(|(x, point)| Some((*x, drawable_limits(point)?)));
    for (x, (low, high)) in whiskers {
        let ends = [chart.backend_coord(&(x, low)), chart.backend_coord(&(x, high))];
        whisker(area, ends, 5)?;
    }
    let few = places.len() <= MANY;
    let every = places.len().div_ceil(MANY).max(1);
    for (number, (x, point)) in places.iter().enumerate() {
        if number % every == 0 {
            let (x, y) = chart.backend_coord(&(*x, low));
            let (above, below) = point.period.split_once(' ').unwrap_or((&point.period, ""));
            area.draw_text(&short(above, 8), &text(14, HPos::Center, VPos::Top), (x, y + 8))?;
            area.draw_text(&short(below, 8), &text(14, HPos::Center, VPos::Top), (x, y + 24))?;
        }
        let at = chart.backend_coord(&(*x, drawable(point).unwrap_or(low)));
        match (drawable(point), plot.style) {
            (None, _) => area.draw_text("–", &text(14, HPos::Center, VPos::Bottom), (at.0, at.1 - 8))?,
            (Some(_), _) if point.missed => area.draw(&missed_mark(at))?,
            (Some(_), PlotStyle::Line) => area.draw(&met_mark(at))?,
            (Some(_), PlotStyle::Bars) => {}
        }
        if drawable(point).is_some() && (few || point.missed) {
            let below = plot.style == PlotStyle::Line && low_point(&places, number);
            // Beside the whisker, where there is one.
            let aside = if drawable_limits(point).is_some() { 26 } else { 0 };
            label(
                area,
                &short(&point.text, 9),
                (at.0 + aside, if below { at.1 + 18 } else { at.1 - 16 }),
            )?;
        }
    }
    Ok(())
}

/// Lower than the points beside it: its label has its place below the line.
fn low_point(places: &[(f64, &Point)], number: usize) -> bool {
    let value = |number: Option<usize>| drawable(places.get(number?)?.1);
    let beside: Vec<f64> = [number.checked_sub(1), Some(number + 1)]
        .into_iter()
        .filter_map(value)
        .collect();
    let mean = beside.iter().sum::<f64>() / beside.len().max(1) as f64;
    !beside.is_empty() && value(Some(number)).is_some_and(|value| value < mean)
}

/// A value beside its point, on white so that no line runs through it.
fn label(area: &Area, words: &str, (x, y): (i32, i32)) -> Drawn {
    let half = words.chars().count() as i32 * 7 / 2;
    area.draw(&Rectangle::new([(x - half, y - 7), (x + half, y + 7)], WHITE.filled()))?;
    Ok(area.draw_text(words, &text(13, HPos::Center, VPos::Center), (x, y))?)
}

/// Above the plot: what its marks mean.
fn legend(area: &Area, plot: &Plot, shown: &[Point], language: Language) -> Drawn {
    let row = 18;
    let words = text(14, HPos::Left, VPos::Center);
    match plot.style {
        PlotStyle::Line => {
            area.draw(&PathElement::new([(62, row), (92, row)], LINE.stroke_width(2)))?;
            area.draw(&met_mark((77, row)))?;
        }
        PlotStyle::Bars => area.draw(&Rectangle::new([(66, row - 7), (90, row + 7)], BAR.filled()))?,
    }
    area.draw_text(&short(&plot.series, 32), &words, (100, row))?;
    if let Some(target) = &plot.target {
        area.draw(&DashedPathElement::new(
            [(330, row), (366, row)],
            8,
            5,
            INK.stroke_width(2),
        ))?;
        area.draw_text(
            &short(&format!("{}: {}", language.pick("Mål", "Target"), target.text), 32),
            &words,
            (374, row),
        )?;
    }
    if shown.iter().any(|point| point.missed) {
        area.draw(&missed_mark((610, row)))?;
        area.draw_text(language.pick("målet missat", "target missed"), &words, (624, row))?;
    }
    Ok(())
}

/// How far a value may lie off: a line with an end at each limit.
fn whisker(area: &Area, [low, high]: [(i32, i32); 2], half: i32) -> Drawn {
    area.draw(&PathElement::new([low, high], INK))?;
    for (x, y) in [low, high] {
        area.draw(&PathElement::new([(x - half, y), (x + half, y)], INK))?;
    }
    Ok(())
}

fn met_mark(at: (i32, i32)) -> Circle<(i32, i32), i32> {
    Circle::new(at, 4, LINE.filled())
}

fn missed_mark(at: (i32, i32)) -> Cross<(i32, i32), i32> {
    Cross::new(at, 6, MISSED.stroke_width(3))
}

fn text(size: u32, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    // plotters sets text smaller than it is told.
    let font = ("serif", f64::from(size) * 1.24).into_font();
    font.color(&INK).pos(Pos::new(horizontal, vertical))
}

/// At most so many characters.
fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Target;

    fn plot(style: PlotStyle, values: &[Option<f64>], target: Option<f64>) -> Plot {
        let point = |(at, value): (usize, &Option<f64>)| Point {
            period: format!("p{at}"),
            value: *value,
            limits: value.map(|value| (value - 1.0, value + 1.0)),
            text: value.map_or("none".to_owned(), |value| value.to_string()),
            missed: at == 1,
            remark: String::new(),
        };
        Plot {
            title: "a < b".to_owned(),
            series: "share".to_owned(),
            of: "Period".to_owned(),
            style,
            points: values.iter().enumerate().map(point).collect(),
            target: target.map(|value| Target {
                value,
                text: "t".to_owned(),
            }),
        }
    }

    #[test]
    fn a_missing_period_breaks_the_line_and_shows_as_missing() {
        let whole = svg(&plot(PlotStyle::Line, &[Some(1.0); 5], None), Language::En, "", 1);
        let broken = plot(
            PlotStyle::Line,
            &[Some(1.0), Some(2.0), None, Some(2.0), Some(1.0)],
            None,
        );
        let lines = |svg: &str| svg.matches(r##"stroke="#0B5EA8" stroke-width="2" points"##).count();
        // One of them stands in the legend.
        assert_eq!((lines(&whole), lines(&svg(&broken, Language::En, "", 1))), (2, 3));
        assert!(svg(&broken, Language::En, "", 1).contains('–'));
        assert!(summary(&broken, Language::En).contains("Periods without a value: 1."));
        let rows = table(&broken, Language::Sv).rows;
        assert_eq!(
            (&rows[1][2], &rows[2][1]),
            (&"målet missat".to_owned(), &"none".to_owned())
        );
    }

    #[test]
    fn it_names_itself_to_those_who_do_not_see_it() {
        let drawn = svg(
            &plot(PlotStyle::Bars, &[Some(1.0)], Some(2.0)),
            Language::En,
            "said & done",
            7,
        );
        assert!(drawn.starts_with(r#"<svg role="img" aria-labelledby="plot-7-title plot-7-alt""#));
        assert!(
            drawn.contains(r#"<title id="plot-7-title">a &lt; b</title><desc id="plot-7-alt">said &amp; done</desc>"#)
        );
    }

    #[test]
    fn a_missed_target_has_its_own_mark() {
        let drawn = |values: &[Option<f64>]| svg(&plot(PlotStyle::Line, values, Some(2.0)), Language::Sv, "", 1);
        assert!(!drawn(&[Some(1.0)]).contains("målet missat"));
        // A cross of two strokes, at the point and in the legend.
        assert_eq!(
            drawn(&[Some(3.0), Some(1.0)]).matches(r##"stroke="#B01030""##).count(),
            4
        );
    }

    proptest! {
        #[test]
        fn any_series_is_drawn(
            values in prop::collection::vec(prop::option::of(prop_oneof![any::<f64>(), -10.0..110.0, Just(100.0)]), 0..50),
            target in prop::option::of(any::<f64>()),
            bars in any::<bool>(),
        ) {
            let style = if bars { PlotStyle::Bars } else { PlotStyle::Line };
            let plot = plot(style, &values, target);
            let drawn = svg(&plot, Language::Sv, &summary(&plot, Language::Sv), 1);
            prop_assert!(drawn.ends_with("</svg>\n"));
            prop_assert!(!drawn.contains("NaN") && !drawn.contains("inf\""));
            prop_assert_eq!(table(&plot, Language::Sv).rows.len(), values.len());
        }
    }
}
