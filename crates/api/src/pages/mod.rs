//! What is read and kept on paper: a thing of the domain told as a document, in Swedish or English, handed out as an
//! accessible page or as PDF/A. A file for each kind of document; `words` and `targets` hold what they say alike.
pub mod agreement;
pub mod answering;
pub mod improvements;
mod paper;
pub mod statement;
mod targets;
pub mod words;

pub use paper::{Format, Page, Paper, PaperQuery, Pdf};
pub use words::Words;
