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
    drawing.replacen("<svg", &opening, 1).replacen(">\n", &format!(">{}", names.into_string()), 1)
}

fn draw(area: &Area, plot: &Plot, language: Language) -> Drawn {
    let shown = shown(plot);
    let (low, high) = range(plot, shown);
    area.fill(&WHITE)?;
    legend(area, plot, shown, language)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(44)
        .margin_right(12)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(0.0..shown.len().max(1) as f64, low..high)?;
    let decimals = decimals(high - low);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(6)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(TARGET)
        .y_label_style(text(14, HPos::Right, VPos::Center))
        .y_label_formatter(&|value| number_text(*value, decimals, language))
        .draw()?;

    let places: Vec<(f64, &Point)> = shown.iter().enumerate().map(|(place, point)| (place as f64 + 0.5, point)).collect();
    let missing = places.iter().filter(|(_, point)| drawable(point).is_none());
    chart.draw_series(missing.map(|(x, _)| Rectangle::new([(x - 0.5, low), (x + 0.5, high)], BLANK.filled())))?;
    if plot.style == PlotStyle::Bars {
        let bars = places.iter().filter_map(|(x, point)| drawable(point).map(|value| (x, value)));
        chart.draw_series(bars.map(|(x, value)| Rectangle::new([(x - 0.3, 0.0), (x + 0.3, value)], BAR.filled())))?;
    }
    if let Some(target) = plot.target.as_ref().filter(|target| within(target.value)) {
        let line = [(0.0, target.value), (places.len() as f64, target.value)];
        chart.draw_series(DashedLineSeries::new(line, 8, 5, TARGET.stroke_width(2)))?;
    }
    if plot.style == PlotStyle::Line {
        for run in places.split(|(_, point)| drawable(point).is_none()) {
            let run = run.iter().filter_map(|(x, point)| drawable(point).map(|value| (*x, value)));
            chart.draw_series(LineSeries::new(run, LINE.stroke_width(2)))?;
        }
    }
    let few = places.len() <= MANY;
    let every = places.len().div_ceil(MANY).max(1);
    for (number, (x, point)) in places.iter().enumerate() {
        if number % every == 0 {
            let (x, y) = chart.backend_coord(&(*x, low));
            let (above, below) = point.period.split_once(' ').unwrap_or((&point.period, ""));
            area.draw_text(&short(above, 9), &text(14, HPos::Center, VPos::Top), (x, y + 8))?;
            area.draw_text(&short(below, 9), &text(14, HPos::Center, VPos::Top), (x, y + 24))?;
        }
        let at = chart.backend_coord(&(*x, drawable(point).unwrap_or(low)));
        match (drawable(point), plot.style) {
            (None, _) => area.draw_text("–", &text(14, HPos::Center, VPos::Bottom), (at.0, at.1 - 8))?,
            (Some(_), _) if point.missed => area.draw(&missed_mark(at))?,
            (Some(_), PlotStyle::Line) => area.draw(&met_mark(at))?,
            (Some(_), PlotStyle::Bars) => {}
        }
        if drawable(point).is_some() && (few || point.missed) {
            area.draw_text(&short(&point.text, 9), &text(13, HPos::Center, VPos::Bottom), (at.0, at.1 - 8))?;
        }
    }
    Ok(())
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
        area.draw(&DashedPathElement::new([(330, row), (366, row)], 8, 5, TARGET.stroke_width(2)))?;
        area.draw_text(&short(&format!("{}: {}", language.pick("Mål", "Target"), target.text), 32), &words, (374, row))?;
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
    let target = plot.target.as_ref().map(|target| target.value).filter(|value| within(*value));
    let (mut low, mut high) = shown
        .iter()
        .filter_map(drawable)
        .chain(target)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if plot.style == PlotStyle::Bars {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    let size = low.abs().max(high.abs());
    let room = if high - low > size * 1e-6 { (high - low) * 0.15 } else { (size * 0.05).max(0.5) };
    let stands = plot.style == PlotStyle::Bars;
    (
        if stands && low == 0.0 { 0.0 } else { low - room },
        if stands && high == 0.0 && low < 0.0 { 0.0 } else { high + room },
    )
}

/// As many decimals as tell six steps of the axis apart.
fn decimals(span: f64) -> usize {
    (0..6).find(|decimals| span / 6.0 * 10f64.powi(*decimals) >= 1.0).unwrap_or(6) as usize
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
    let sign = if value < 0.0 && digits.chars().any(|c| c != '0' && c != '.') { "−" } else { "" };
    let comma = if part.is_empty() { "" } else { language.pick(",", ".") };
    format!("{sign}{grouped}{comma}{part}")
}

/// The plot in a sentence, for those who do not see it.
pub fn summary(plot: &Plot, language: Language) -> String {
    let shown = shown(plot);
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
        return language.pick("Diagram utan perioder.", "Plot without periods.").to_owned();
    };
    let kind = match plot.style {
        PlotStyle::Line => language.pick("Linjediagram", "Line plot"),
        PlotStyle::Bars => language.pick("Stapeldiagram", "Bar plot"),
    };
    let mut said = format!("{kind}: {}, {} {} {}.", plot.series, first.period, language.pick("till", "to"), last.period);
    let mut values: Vec<_> = shown.iter().filter_map(|point| drawable(point).map(|value| (value, point))).collect();
    values.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    if let (Some((_, low)), Some((_, high))) = (values.first(), values.last()) {
        let (lowest, highest) = (language.pick("Lägst", "Lowest"), language.pick("högst", "highest"));
        said += &format!(" {lowest} {} ({}), {highest} {} ({}).", low.text, low.period, high.text, high.period);
    }
    if let Some(target) = &plot.target {
        let missed = shown.iter().filter(|point| point.missed).count();
        let (name, times) = (language.pick("Mål", "Target"), language.pick("perioder missade målet", "periods missed it"));
        said += &format!(" {name}: {}; {missed} {times}.", target.text);
    }
    let missing = shown.iter().filter(|point| point.value.is_none()).count();
    if missing > 0 {
        said += &format!(" {missing} {}.", language.pick("perioder utan värde", "periods without a value"));
    }
    said + language.pick(" Värdena står i tabellen efter.", " The values are in the table that follows.")
}

/// The plot as a table, every point of it.
pub fn table(plot: &Plot, language: Language) -> Table {
    let remarks = plot.points.iter().any(|point| !point.remark.is_empty());
    let column = |label: &str, numeric| Column { label: label.to_owned(), numeric };
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
    Table { caption: plot.title.clone(), columns, rows: plot.points.iter().map(row).collect() }
}
