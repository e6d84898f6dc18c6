//! Documents that people read: one neutral model, shown as an accessible page ([`to_html`]) and as an archival,
//! tagged PDF ([`to_pdf`]). It knows nothing of what the documents are about; numbers and dates arrive as texts,
//! already in the reader's language. Nothing is read from the machine, and the same document gives the same bytes.

mod html;
mod markdown;
mod model;
mod parts;
mod pdf;
mod plot;

pub use html::{STYLE, to_html};
pub use model::*;
pub use pdf::{Error, MOST_BLOCKS, MOST_BYTES, MOST_CELLS, to_pdf};
