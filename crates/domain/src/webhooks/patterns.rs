//! Which types of events: a type, or a type with `*` for some of its parts.
use std::{borrow::Cow, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// How a pattern looks.
const FORM: &str = r"^kundansvar\.(\*|[a-z_]{1,40}\.\*|(\*|[a-z_]{1,40})\.(\*|[a-z_]{1,40})\.(\*|v[0-9]{1,3}))$";

/// A type of events, or with `*` several: a last `*` stands for all that follows, another for one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EventPattern(String);

/// The text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a type of events, in which `*` may stand for a part: kundansvar.request.routed.v1, kundansvar.request.*"
)]
pub struct NotAPattern;

impl EventPattern {
    /// Whether a type of events is among those that it stands for.
    pub fn matches(&self, kind: &str) -> bool {
        let mut parts = kind.split('.');
        let mut wanted = self.0.split('.').peekable();
        while let Some(want) = wanted.next() {
            let last = wanted.peek().is_none();
            match (want, parts.next()) {
                ("*", Some(_)) if last => return true,
                ("*", Some(_)) => {}
                (want, Some(part)) if want == part => {}
                _ => return false,
            }
        }
        parts.next().is_none()
    }
}

impl FromStr for EventPattern {
    type Err = NotAPattern;
    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for EventPattern {
    type Error = NotAPattern;
    fn try_from(text: String) -> Result<Self, NotAPattern> {
        static REGEX: std::sync::LazyLock<Result<regex::Regex, regex::Error>> =
            std::sync::LazyLock::new(|| regex::Regex::new(FORM));
        match &*REGEX {
            Ok(form) if form.is_match(&text) => Ok(Self(text)),
            _ => Err(NotAPattern),
        }
    }
}

impl PartialSchema for EventPattern {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(12))
            .max_length(Some(100))
            .pattern(Some(FORM))
            .examples([serde_json::Value::from("kundansvar.request.*")])
            .description(Some(
                "A type of events, or with `*` several: a last `*` stands for all that follows, another for one part.",
            ))
            .into()
    }
}

impl ToSchema for EventPattern {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EventPattern")
    }
}
