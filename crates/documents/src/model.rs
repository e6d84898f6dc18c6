//! What a document is made of. Every text is plain text that is shown as it stands, except where it is called
//! Markdown.

use chrono::NaiveDate;

/// A whole document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The language of the document's own words and of its texts, unless a text says otherwise.
    pub language: Language,
    /// The one heading of the first level.
    pub title: String,
    /// A line below the title.
    pub subtitle: Option<String>,
    /// Who answers for the document.
    pub author: String,
    /// The day of its content. It is the PDF's date too, since nothing here reads a clock.
    pub date: NaiveDate,
    /// What the document is called in its system, such as a number; stands on every page.
    pub identifier: String,
    /// Which version of it this is; stands on every page.
    pub version: Option<String>,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// The digest of the content that the document shows; stands on every page.
    pub digest: Option<String>,
    /// What it says, in order.
    pub blocks: Vec<Block>,
}

/// A language that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Swedish.
    Sv,
    /// English.
    En,
}

/// One piece of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading, from level 2; a level that was left out is closed up.
    Heading {
        /// 2 to 6; 1 is the title.
        level: u8,
        /// Its words.
        text: String,
    },
    /// Running text. Its headings sort below the heading that it stands under.
    Text {
        /// CommonMark with tables. HTML in it is shown as text; links lead to http, https and mailto only.
        markdown: String,
        /// Where it is not the document's.
        language: Option<Language>,
    },
    /// Labels with their values.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// A remark that stands out, such as a verdict.
    Note {
        /// What kind of news it is. The title says it too: never told by colour alone.
        tone: Tone,
        /// The verdict itself.
        title: String,
        /// What it rests on.
        text: String,
    },
    /// A plot, with its table after it.
    Plot(Plot),
    /// Small plots side by side on one scale, with one table after them.
    Multiples(Multiples),
    /// Things by two measures, with their table after it.
    Scatter(Scatter),
    /// Bars over time, with one table after them.
    Schedule(Schedule),
    /// Who has approved what the document says, or has yet to.
    Approvals(Vec<Approval>),
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Fact {
    /// What is told.
    pub label: String,
    /// What holds; line breaks are kept.
    pub value: String,
}

/// A table whose first column heads its rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Its columns; the first holds the row headings.
    pub columns: Vec<Column>,
    /// Its rows; one cell for each column (missing ones are empty, surplus ones are left out).
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Column {
    /// Its heading.
    pub label: String,
    /// Numbers are set to the right.
    pub numeric: bool,
}

/// What kind of news a note brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Neither good nor bad.
    Neutral,
    /// Something holds.
    Good,
    /// Something is about to fail.
    Warning,
    /// Something has failed.
    Bad,
}

/// A series over periods, at most [`Plot::MOST_POINTS`] of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// What the plot shows; the caption of plot and table.
    pub title: String,
    /// What the values are, with their unit: the axis and the table's column are called so.
    pub series: String,
    /// What the points are, such as "Period"; the first column of the table is called so.
    pub of: String,
    /// Line for a level, bars for amounts.
    pub style: PlotStyle,
    /// The periods in order.
    pub points: Vec<Point>,
    /// What was promised.
    pub target: Option<Target>,
}

impl Plot {
    /// More would not be readable; the drawing shows the latest.
    pub const MOST_POINTS: usize = 36;
}

/// Several series over the same periods, to be compared: at most [`Multiples::MOST`] are drawn, the first of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiples {
    /// What they show; the caption of drawing and table.
    pub title: String,
    /// What the values are, with their unit.
    pub series: String,
    /// What the table's first column holds, such as "Customer".
    pub of: String,
    /// What a marked point tells, such as that the value fell.
    pub mark: String,
    /// The periods in order, as many as each series has points.
    pub periods: Vec<String>,
    /// Each with its name.
    pub plots: Vec<Multiple>,
}

impl Multiples {
    /// More would not be found again.
    pub const MOST: usize = 24;
}

/// One of several small plots.
#[derive(Debug, Clone, PartialEq)]
pub struct Multiple {
    /// Whose series it is.
    pub name: String,
    /// Its point in each period.
    pub points: Vec<Point>,
}

/// Things by two measures: at most [`Scatter::MOST`] are drawn, the first of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What it shows; the caption of drawing and table.
    pub title: String,
    /// What the points are, such as "Service"; the first column of the table is called so.
    pub of: String,
    /// What the values across are, with their unit.
    pub across: String,
    /// What the values upwards are.
    pub up: String,
    /// What the last column of the table tells.
    pub remark: String,
    /// The points.
    pub points: Vec<ScatterPoint>,
    /// A line upwards, at a value across.
    pub upright: Option<Target>,
    /// A line across, at a value upwards.
    pub level: Option<Target>,
}

impl Scatter {
    /// More would not be told apart.
    pub const MOST: usize = 40;
}

/// One thing by two measures.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterPoint {
    /// What it is called.
    pub name: String,
    /// Where it lies across.
    pub across: f64,
    /// Where it lies upwards.
    pub up: f64,
    /// The value across in words.
    pub across_text: String,
    /// The value upwards in words.
    pub up_text: String,
    /// What else the table says of it.
    pub remark: String,
}

/// Bars over time, one below the other; at most [`Schedule::MOST`] are drawn, the first of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// What it shows; the caption of drawing and table.
    pub title: String,
    /// What the table's first column holds, such as "Activity".
    pub of: String,
    /// What a filled bar is, such as "planned".
    pub firm: String,
    /// What a hollow bar is, such as "an idea".
    pub loose: String,
    /// What a marked bar tells, such as a conflict.
    pub mark: String,
    /// Where the axis begins.
    pub first_day: NaiveDate,
    /// Where it ends.
    pub last_day: NaiveDate,
    /// Each with its days.
    pub spans: Vec<Span>,
}

impl Schedule {
    /// More would fill more than a page.
    pub const MOST: usize = 24;
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What it is of.
    pub name: String,
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day; none while nobody knows: it runs out of the drawing.
    pub last_day: Option<NaiveDate>,
    /// Whether it is drawn filled rather than hollow.
    pub firm: bool,
    /// Whether it has the mark.
    pub marked: bool,
    /// What else the table says of it.
    pub remark: String,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotStyle {
    /// A line that breaks where a period is missing.
    Line,
    /// Bars from zero.
    Bars,
}

/// The series in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The period's name.
    pub period: String,
    /// Where it lies; none where nothing was measured.
    pub value: Option<f64>,
    /// How far it may lie off, such as the limits of a confidence interval; drawn as a whisker.
    pub limits: Option<(f64, f64)>,
    /// The value, or why there is none, in words for the table and above the point.
    pub text: String,
    /// Whether the target was missed, or what else [`Multiples::mark`] tells; drawn with another mark.
    pub missed: bool,
    /// What else the table says of the period.
    pub remark: String,
}

/// A promised level.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where its line lies.
    pub value: f64,
    /// The same in words, such as "minst 99,5 %".
    pub text: String,
}

/// One party's approval.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Approval {
    /// Whose it is.
    pub party: String,
    /// Whether it has been given.
    pub given: bool,
    /// Who, when, by which mandate; or who is to.
    pub facts: Vec<Fact>,
}

impl Language {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::En => "en",
        }
    }

    /// The Swedish or the English wording.
    pub(crate) fn pick<'a>(self, sv: &'a str, en: &'a str) -> &'a str {
        match self {
            Language::Sv => sv,
            Language::En => en,
        }
    }
}

impl Document {
    /// How much text the document has, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let facts = |facts: &[Fact]| {
            facts
                .iter()
                .map(|fact| fact.label.len() + fact.value.len())
                .sum::<usize>()
        };
        let block = |block: &Block| match block {
            Block::Heading { text, .. } => text.len(),
            Block::Text { markdown, .. } => markdown.len(),
            Block::Facts(list) => facts(list),
            Block::Table(table) => {
                table.caption.len()
                    + table.columns.iter().map(|column| column.label.len()).sum::<usize>()
                    + table.rows.iter().flatten().map(String::len).sum::<usize>()
            }
            Block::Note { title, text, .. } => title.len() + text.len(),
            Block::Plot(plot) => {
                let target = plot.target.as_ref().map_or(0, |target| target.text.len());
                // The target stands in each of the table's rows.
                let point = |point: &Point| point.period.len() + point.text.len() + point.remark.len() + target;
                plot.title.len() * 3
                    + plot.series.len() * 2
                    + plot.of.len()
                    + plot.points.iter().map(point).sum::<usize>()
            }
            Block::Multiples(all) => {
                let point = |point: &Point| point.text.len() + point.remark.len();
                let one = |one: &Multiple| one.name.len() * 2 + one.points.iter().map(point).sum::<usize>();
                all.title.len() * 3 + all.series.len() + all.plots.iter().map(one).sum::<usize>()
            }
            Block::Scatter(all) => {
                let point = |point: &ScatterPoint| {
                    point.name.len() + point.across_text.len() + point.up_text.len() + point.remark.len()
                };
                all.title.len() * 3
                    + all.across.len() * 2
                    + all.up.len() * 2
                    + all.points.iter().map(point).sum::<usize>()
            }
            Block::Schedule(all) => {
                let looks = all.mark.len() + all.firm.len().max(all.loose.len());
                let span = |span: &Span| span.name.len() * 2 + span.remark.len() + looks;
                all.title.len() * 3 + all.of.len() + all.spans.iter().map(span).sum::<usize>()
            }
            Block::Approvals(list) => list.iter().map(|one| one.party.len() + facts(&one.facts)).sum(),
        };
        let frame = [&self.title, &self.author, &self.identifier]
            .map(String::len)
            .iter()
            .sum::<usize>()
            + [&self.subtitle, &self.version, &self.digest]
                .iter()
                .filter_map(|text| text.as_ref())
                .map(String::len)
                .sum::<usize>()
            + self.keywords.iter().map(String::len).sum::<usize>();
        frame + self.blocks.iter().map(block).sum::<usize>()
    }
}
