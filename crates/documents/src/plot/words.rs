//! A plot in words: as a sentence for those who do not see it, and as the table that follows it.

use super::axis::{drawable, shown};
use crate::{Column, Language, Plot, PlotStyle, Point, Table};

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
    let missed = language.pick("målet missat", "target missed");
    // What the drawing tells by its mark, the table tells in words.
    let remark = |point: &Point| match (point.missed, point.remark.as_str()) {
        (true, "") => missed.to_owned(),
        (true, remark) => format!("{missed}, {remark}"),
        (false, remark) => remark.to_owned(),
    };
    let remarks = plot.points.iter().any(|point| !remark(point).is_empty());
    let column = |label: &str, numeric| Column {
        label: label.to_owned(),
        numeric,
    };
    let mut columns = vec![column(&plot.of, false), column(&plot.series, true)];
    if plot.target.is_some() {
        columns.push(column(language.pick("Mål", "Target"), true));
    }
    if remarks {
        columns.push(column(language.pick("Anmärkning", "Remark"), false));
    }
    let row = |point: &Point| {
        let mut row = vec![point.period.clone(), point.text.clone()];
        row.extend(plot.target.as_ref().map(|target| target.text.clone()));
        row.extend(remarks.then(|| remark(point)));
        row
    };
    let values = language.pick("värden", "values");
    Table {
        caption: format!("{}, {values}", plot.title),
        columns,
        rows: plot.points.iter().map(row).collect(),
    }
}
