//! Tables that are taken away.

/// A text as a table for spreadsheets may hold it: one that begins so would be taken for a formula, and what somebody
/// wrote would be run.
pub fn harmless(text: impl ToString) -> String {
    let text = text.to_string();
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text,
    }
}
