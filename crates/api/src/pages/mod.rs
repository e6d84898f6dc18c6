//! What is read and kept on paper: a thing of the domain told as a document, in Swedish or English, handed out as an
//! accessible page or as PDF/A. A file for each kind of document; `words` and `targets` hold what they say alike.
pub mod agreement;
pub mod answering;
pub mod improvements;
pub mod meetings;
pub mod needs;
pub mod overview;
pub mod paper;
pub mod planned_activities;
pub mod satisfaction;
pub mod statement;
mod targets;
pub mod value;
pub mod words;

use documents::{Block, Column, Fact};

pub use paper::{Format, Page, Paper, PaperQuery, Pdf};
pub use words::Words;

fn heading(level: u8, text: &str) -> Block {
    let text = text.to_owned();
    Block::Heading { level, text }
}

fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.into(),
    }
}

fn column(label: &str, numeric: bool) -> Column {
    let label = label.to_owned();
    Column { label, numeric }
}
