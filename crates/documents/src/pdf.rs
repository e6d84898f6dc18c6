//! The document as PDF/A-2a and PDF/UA-1, set by typst. The template is ours and constant; the document reaches it as
//! data in a virtual file, so that no text of it is ever read as typst markup. The world that typst sees has these two
//! files and the embedded fonts, no clock, no packages and no other file.

use std::sync::LazyLock;

use chrono::Datelike;
use serde_json::{Value, json};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Features, Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::parts::{clean, formless, parts, title};
use crate::{Block, Document, Language};

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document is beyond what one call may cost.
    #[error("the document has {found} {what}, more than the {most} that a PDF may have")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The year cannot be written into a PDF.
    #[error("the year of the document's date is not between 1 and 9999")]
    Date,
    /// Setting or writing failed; a fault of this crate.
    #[error("the PDF could not be made: {0}")]
    Setting(String),
}

/// A document may have so many blocks …
pub const MOST_BLOCKS: usize = 2_000;
/// … so many cells in its tables, plots included …
pub const MOST_CELLS: usize = 10_000;
/// … and so many bytes of text in all.
pub const MOST_BYTES: usize = 300_000;

/// The PDF. The same document gives the same bytes. It takes the processor for a while: call it where blocking is
/// allowed.
pub fn to_pdf(document: &Document) -> Result<Vec<u8>, Error> {
    affordable(document)?;
    let data = data(document);
    let made = set(document, legible(&data, |c| HOUSE.covers(c)))
        // A mark on a letter that no one font has together: only what the main font has, then.
        .or_else(|_| set(document, legible(&data, |c| HOUSE.main_covers(c))));
    // typst remembers what it computed, across calls; a server would grow by each document.
    comemo::evict(0);
    made
}

fn affordable(document: &Document) -> Result<(), Error> {
    let limit = |what, found, most| {
        if found > most {
            Err(Error::TooLarge { what, found, most })
        } else {
            Ok(())
        }
    };
    let cells = |block: &Block| match block {
        Block::Table(table) => (table.rows.len() + 1) * table.columns.len(),
        Block::Plot(plot) => (plot.points.len() + 1) * 4,
        Block::Multiples(all) => (all.plots.len() + 1) * (all.periods.len() + 1),
        Block::Scatter(all) => (all.points.len() + 1) * 4,
        Block::Schedule(all) => (all.spans.len() + 1) * 4,
        Block::Facts(facts) => facts.len() * 2,
        Block::Approvals(approvals) => approvals.iter().map(|one| one.facts.len() * 2 + 1).sum(),
        Block::Heading { .. } | Block::Text { .. } | Block::Note { .. } => 0,
    };
    limit("blocks", document.blocks.len(), MOST_BLOCKS)?;
    limit("table cells", document.blocks.iter().map(cells).sum(), MOST_CELLS)?;
    limit("bytes of text", document.bytes(), MOST_BYTES)?;
    if (1..=9999).contains(&document.date.year()) {
        Ok(())
    } else {
        Err(Error::Date)
    }
}

/// What the template reads.
fn data(document: &Document) -> Value {
    let language = document.language;
    json!({
        "language": language,
        "region": match language { Language::Sv => "SE", Language::En => "GB" },
        "title": title(document),
        "subtitle": document.subtitle.as_deref().map(clean),
        "author": clean(&document.author),
        "date": { "year": document.date.year(), "month": document.date.month(), "day": document.date.day() },
        "day": document.date.to_string(),
        "identifier": clean(&document.identifier),
        "version": document.version.as_deref().map(clean),
        "keywords": document.keywords.iter().map(|word| clean(word)).collect::<Vec<_>>(),
        "digest": document.digest.as_deref().map(clean),
        "page": language.pick("Sida", "Page"),
        "of": language.pick("av", "of"),
        "digested": language.pick("Kontrollsumma", "Digest"),
        "parts": parts(document),
    })
}

/// Texts as our fonts can show them: any other character stands as its code point, such as `[U+1F600]`, since an
/// archived page must not have blanks where its content had characters.
fn legible(value: &Value, shown: impl Fn(char) -> bool + Copy) -> Value {
    match value {
        Value::String(text) => {
            let mut legible = String::with_capacity(text.len());
            for c in text.chars() {
                match c {
                    '\n' | '\t' | ' ' => legible.push(c),
                    c if formless(c) => {}
                    c if shown(c) && !matches!(c, '\u{e000}'..='\u{f8ff}') => legible.push(c),
                    c => legible += &format!("[U+{:04X}]", c as u32),
                }
            }
            Value::String(legible)
        }
        Value::Array(values) => values.iter().map(|value| legible(value, shown)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), legible(value, shown)))
            .collect(),
        other => other.clone(),
    }
}

fn set(document: &Document, data: Value) -> Result<Vec<u8>, Error> {
    let desk = Desk {
        data: Bytes::from_string(data.to_string()),
    };
    let pages = typst::compile::<PagedDocument>(&desk)
        .output
        .map_err(|faults| failed(&faults))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|fault| Error::Setting(fault.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!(
            "{} {} {}",
            document.identifier,
            document.version.as_deref().unwrap_or_default(),
            document.language.tag()
        )),
        creator: Smart::Custom(Some("Kundansvar".to_owned())),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options).map_err(|faults| failed(&faults))
}

fn failed(faults: &[SourceDiagnostic]) -> Error {
    Error::Setting(
        faults
            .iter()
            .map(|fault| fault.message.as_str())
            .collect::<Vec<_>>()
            .join("; "),
    )
}

/// What every document is set with.
struct House {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .collect();
    // Row headings in tagged tables.
    let features: Features = [Feature::A11yExtras].into_iter().collect();
    House {
        library: LazyHash::new(Library::builder().with_features(features).build()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::detached(include_str!("template.typ")),
    }
});

impl House {
    fn covers(&self, c: char) -> bool {
        self.fonts.iter().any(|font| font.info().coverage.contains(c as u32))
    }

    /// The first font is the template's main one.
    fn main_covers(&self, c: char) -> bool {
        self.fonts
            .first()
            .is_some_and(|font| font.info().coverage.contains(c as u32))
    }
}

/// The world as typst sees it for one document.
struct Desk {
    data: Bytes,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &HOUSE.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &HOUSE.book
    }

    fn main(&self) -> FileId {
        HOUSE.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == HOUSE.template.id() {
            Ok(HOUSE.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id.vpath().get_with_slash() {
            "/document.json" => Ok(self.data.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        HOUSE.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
