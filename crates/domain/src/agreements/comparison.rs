//! Two versions side by side, field by field (R7). Parts with a key are compared by it, so that an inserted target does
//! not move all others; a section's text is compared line by line.
use serde::Serialize;
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

use super::{AgreementVersion, VersionNumber};
use crate::vocabulary::{Purpose, to_json_for};

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineChange {
    /// It stands in both.
    Kept,
    /// It stands in the later one only.
    Added,
    /// It stands in the earlier one only.
    Removed,
}

/// A line of a compared text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedLine {
    /// What became of it.
    pub change: LineChange,
    /// The line.
    #[schema(max_length = 20000, pattern = r"^[^\x00]*$")]
    pub text: String,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Where it stands; parts of lists are named by their key: `/content/targets/uptime/value`.
    #[schema(
        max_length = 500,
        pattern = r"^(/[^\x00/]*)+$",
        example = "/content/targets/uptime/value"
    )]
    pub pointer: String,
    /// What it was; absent where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; absent where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// A text of several lines, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20000)]
    pub lines: Vec<ComparedLine>,
}

/// Two versions of one agreement side by side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VersionComparison {
    /// The number of the one that is compared from.
    pub from: VersionNumber,
    /// The number of the one that is compared to.
    pub to: VersionNumber,
    /// The fields that differ, in the order of the content.
    #[schema(max_items = 5000)]
    pub differences: Vec<Difference>,
}

impl VersionComparison {
    /// What differs between two versions in what is approved.
    pub fn of(from: &AgreementVersion, to: &AgreementVersion) -> Result<Self, serde_json::Error> {
        let agreed = |version: &AgreementVersion| to_json_for(Purpose::Reply, &version.approvable());
        let mut differences = vec![];
        let (before, after) = (agreed(from)?, agreed(to)?);
        for member in ["with", "services", "terms", "content"] {
            compare(
                &format!("/{member}"),
                before.get(member),
                after.get(member),
                &mut differences,
            );
        }
        Ok(Self {
            from: from.number,
            to: to.number,
            differences,
        })
    }
}

/// Lists whose parts have a key become objects by it.
fn by_key(list: &[Value]) -> Option<Map<String, Value>> {
    let key = |part: &Value| {
        let key = part.get("key").or(part.get("code"))?;
        Some(key.as_str()?.to_owned())
    };
    list.iter().map(|part| Some((key(part)?, part.clone()))).collect()
}

fn compare(pointer: &str, before: Option<&Value>, after: Option<&Value>, differences: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => compare_members(pointer, was, is, differences),
        (Some(Value::Array(was)), Some(Value::Array(is))) => match (by_key(was), by_key(is)) {
            (Some(was), Some(is)) => {
                let count = differences.len();
                compare_members(pointer, &was, &is, differences);
                if differences.len() == count {
                    // The same parts in another order.
                    differ(pointer, before, after, differences);
                }
            }
            _ => differ(pointer, before, after, differences),
        },
        _ => differ(pointer, before, after, differences),
    }
}

fn compare_members(pointer: &str, was: &Map<String, Value>, is: &Map<String, Value>, found: &mut Vec<Difference>) {
    let added = is.keys().filter(|name| !was.contains_key(*name));
    for name in was.keys().chain(added) {
        compare(&format!("{pointer}/{name}"), was.get(name), is.get(name), found);
    }
}

fn differ(pointer: &str, before: Option<&Value>, after: Option<&Value>, differences: &mut Vec<Difference>) {
    let lines = match (before, after) {
        (Some(Value::String(was)), Some(Value::String(is))) if was.contains('\n') || is.contains('\n') => {
            line_by_line(was, is)
        }
        _ => vec![],
    };
    differences.push(Difference {
        pointer: pointer.into(),
        before: before.cloned(),
        after: after.cloned(),
        lines,
    });
}

fn line_by_line(was: &str, is: &str) -> Vec<ComparedLine> {
    TextDiff::from_lines(was, is)
        .iter_all_changes()
        .map(|line| ComparedLine {
            change: match line.tag() {
                ChangeTag::Equal => LineChange::Kept,
                ChangeTag::Insert => LineChange::Added,
                ChangeTag::Delete => LineChange::Removed,
            },
            text: line.value().trim_end_matches(['\r', '\n']).to_owned(),
        })
        .collect()
}
