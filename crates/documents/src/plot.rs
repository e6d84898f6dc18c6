//! A series over periods as SVG, the same on page and in print: dark on white, told apart by shape as well as by
//! colour. And the same series as a sentence and as a table, for those who do not see it.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Column, Language, Plot, PlotStyle, Point, Table};

const SIZE: (u32, u32) = (760, 340);
/// Beyond so many points not every one gets its label.
const MANY: usize = 13;
const INK: RGBColor = RGBColor(33, 37, 41);
const GRID: RGBColor = RGBColor(222, 226, 230);
const BLANK: RGBColor = RGBColor(241, 243, 245);
const LINE: RGBColor = RGBColor(11, 94, 168);
const BAR: RGBColor = RGBColor(154, 192, 226);
const MISSED: RGBColor = RGBColor(176, 16, 48);
const TARGET: RGBColor = RGBColor(73, 80, 87);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The drawing, with its title and description inside.
pub fn svg(plot: &Plot, language: Language, alt: &str, number: usize) -> String {
    let mut drawing = String::new();
    {
        let area = SVGBackend::with_string(&mut drawing, SIZE).into_drawing_area();
        // Writing into a string does not fail, and what cannot be laid out still stands in the table.
        let _ = draw(&area, plot, language).and_then(|()| Ok(area.present()?));
    }
    let names = maud::html! {
        title id={ "plot-" (number) "-title" } { (plot.title) }
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
        TARGET,
    )])?;
    if plot.style == PlotStyle::Bars {
        let bars = places
            .iter()
            .filter_map(|(x, point)| drawable(point).map(|value| (x, value)));
        chart.draw_series(bars.map(|(x, value)| Rectangle::new([(x - 0.3, 0.0), (x + 0.3, value)], BAR.filled())))?;
    }
    if let Some(target) = plot.target.as_ref().filter(|target| within(target.value)) {
        let line = [(0.0, target.value), (places.len() as f64, target.value)];
        chart.draw_series(DashedLineSeries::new(line, 8, 5, TARGET.stroke_width(2)))?;
    }
    if plot.style == PlotStyle::Line {
        for run in places.split(|(_, point)| drawable(point).is_none()) {
            let run = run
                .iter()
                .filter_map(|(x, point)| drawable(point).map(|value| (*x, value)));
            chart.draw_series(LineSeries::new(run, LINE.stroke_width(2)))?;
        }
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
            label(
                area,
                &short(&point.text, 9),
                (at.0, if below { at.1 + 18 } else { at.1 - 16 }),
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
            TARGET.stroke_width(2),
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

/// The latest points, as many as are readable.
fn shown(plot: &Plot) -> &[Point] {
    &plot.points[plot.points.len().saturating_sub(Plot::MOST_POINTS)..]
}

/// Values that an axis can hold.
fn within(value: f64) -> bool {
    value.is_finite() && value.abs() <= 1e12
}

fn drawable(point: &Point) -> Option<f64> {
    point.value.filter(|value| within(*value))
}

/// Room above and below what is shown; bars stand on zero.
fn range(plot: &Plot, shown: &[Point]) -> (f64, f64) {
    let target = plot
        .target
        .as_ref()
        .map(|target| target.value)
        .filter(|value| within(*value));
    let (mut low, mut high) = shown
        .iter()
        .filter_map(drawable)
        .chain(target)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if plot.style == PlotStyle::Bars {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    let size = low.abs().max(high.abs());
    let room = if high - low > size * 1e-6 {
        (high - low) * 0.15
    } else {
        (size * 0.05).max(0.5)
    };
    let stands = plot.style == PlotStyle::Bars;
    (
        if stands && low == 0.0 { 0.0 } else { low - room },
        if stands && high == 0.0 && low < 0.0 {
            0.0
        } else {
            high + room
        },
    )
}

/// The axis in steps of 1, 2 or 5 times a power of ten, and with how many decimals they are told apart. (plotters' own
/// choice drops the last step at times.)
fn steps(low: f64, high: f64) -> (Vec<f64>, usize) {
    let rough = ((high - low) / 6.0).max(1e-6);
    let power = rough.log10().floor();
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * 10f64.powf(power))
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let decimals = (0..6)
        .find(|decimals| step * 10f64.powi(*decimals) >= 0.999)
        .unwrap_or(6) as usize;
    let first = (low / step).ceil();
    (
        (0..=10)
            .map(|count| (first + f64::from(count)) * step)
            .filter(|value| *value <= high)
            .collect(),
        decimals,
    )
}

/// 1 234,5 in Swedish and 1,234.5 in English; a real minus sign in both.
fn number_text(value: f64, decimals: usize, language: Language) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push_str(language.pick("\u{a0}", ","));
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 && digits.chars().any(|c| c != '0' && c != '.') {
        "−"
    } else {
        ""
    };
    let comma = if part.is_empty() { "" } else { language.pick(",", ".") };
    format!("{sign}{grouped}{comma}{part}")
}

/// The plot in a sentence, for those who do not see it.
pub fn summary(plot: &Plot, language: Language) -> String {
    let shown = shown(plot);
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
        return language
            .pick("Diagram utan perioder.", "Plot without periods.")
            .to_owned();
    };
    let kind = match plot.style {
        PlotStyle::Line => language.pick("Linjediagram", "Line plot"),
        PlotStyle::Bars => language.pick("Stapeldiagram", "Bar plot"),
    };
    let mut said = format!(
        "{kind}: {}, {} {} {}.",
        plot.series,
        first.period,
        language.pick("till", "to"),
        last.period
    );
    let mut values: Vec<_> = shown
        .iter()
        .filter_map(|point| drawable(point).map(|value| (value, point)))
        .collect();
    values.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    if let (Some((_, low)), Some((_, high))) = (values.first(), values.last()) {
        let (lowest, highest) = (language.pick("Lägst", "Lowest"), language.pick("högst", "highest"));
        said += &format!(
            " {lowest} {} ({}), {highest} {} ({}).",
            low.text, low.period, high.text, high.period
        );
    }
    if let Some(target) = &plot.target {
        let missed = shown.iter().filter(|point| point.missed).count();
        let names = (
            language.pick("Mål", "Target"),
            language.pick("Perioder som missade det", "Periods that missed it"),
        );
        said += &format!(" {}: {}. {}: {missed}.", names.0, target.text, names.1);
    }
    let missing = shown.iter().filter(|point| point.value.is_none()).count();
    if missing > 0 {
        said += &format!(
            " {}: {missing}.",
            language.pick("Perioder utan värde", "Periods without a value")
        );
    }
    said + language.pick(
        " Värdena står i tabellen efter.",
        " The values are in the table that follows.",
    )
}

/// The plot as a table, every point of it.
pub fn table(plot: &Plot, language: Language) -> Table {
    let remarks = plot.points.iter().any(|point| !point.remark.is_empty());
    let column = |label: &str, numeric| Column {
        label: label.to_owned(),
        numeric,
    };
    let mut columns = vec![column("Period", false), column(&plot.series, true)];
    if plot.target.is_some() {
        columns.push(column(language.pick("Mål", "Target"), true));
    }
    if remarks {
        columns.push(column(language.pick("Anmärkning", "Remark"), false));
    }
    let row = |point: &Point| {
        let mut row = vec![point.period.clone(), point.text.clone()];
        row.extend(plot.target.as_ref().map(|target| target.text.clone()));
        row.extend(remarks.then(|| point.remark.clone()));
        row
    };
    let values = language.pick("värden", "values");
    Table {
        caption: format!("{}, {values}", plot.title),
        columns,
        rows: plot.points.iter().map(row).collect(),
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
            text: value.map_or("none".to_owned(), |value| value.to_string()),
            missed: at == 1,
            remark: String::new(),
        };
        Plot {
            title: "a < b".to_owned(),
            series: "share".to_owned(),
            style,
            points: values.iter().enumerate().map(point).collect(),
            target: target.map(|value| Target {
                value,
                text: "t".to_owned(),
            }),
        }
    }

    #[test]
    fn axis_numbers_are_written_as_the_language_does() {
        assert_eq!(number_text(1234.5, 1, Language::Sv), "1\u{a0}234,5");
        assert_eq!(number_text(-1234567.0, 0, Language::En), "−1,234,567");
        assert_eq!(number_text(-0.001, 1, Language::Sv), "0,0");
        assert_eq!(number_text(999.0, 2, Language::En), "999.00");
    }

    #[test]
    fn steps_are_round_and_reach_the_end() {
        let shown = |low, high| {
            let (steps, decimals) = steps(low, high);
            steps
                .iter()
                .map(|step| number_text(*step, decimals, Language::En))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown(98.965, 100.135), "99.0 99.2 99.4 99.6 99.8 100.0");
        assert_eq!(shown(0.0, 1320.0), "0 500 1,000");
        assert_eq!(shown(-0.3, 1.2), "0.0 0.5 1.0");
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
        assert_eq!(table(&broken, Language::Sv).rows[2], ["p2", "none"]);
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
