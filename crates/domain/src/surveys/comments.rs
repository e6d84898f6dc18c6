//! What was said in words: looked through and redacted before it is published, sorted by themes, and told where there is
//! enough of it (R19 e).
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Anonymity, RoundStatus, SurveyRound};
use crate::{Rule, RuleCode, vocabulary::*};

/// What stands where a passage was left out.
pub const LEFT_OUT: &str = "[…]";

/// Something that was said in words.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurveyComment {
    /// Its id; it tells nothing.
    pub id: SurveyCommentId,
    /// To which question.
    pub question: Slug,
    /// What was said; `[…]` stands where a passage was left out.
    pub text: Reason,
    /// Whether passages were left out, for they named or gave away somebody.
    pub redacted: bool,
    /// What the team says it is about, in order.
    #[schema(max_items = 10)]
    pub themes: Vec<Word>,
    /// Who said it, in a round where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactRef>,
}

impl SurveyComment {
    /// The comment without the passages, each wherever it stands.
    pub fn redact(self, passages: &[Reason]) -> Result<Self, Rule> {
        let whole = self.text.as_str();
        let mut cut = vec![false; whole.len()];
        for (n, passage) in passages.iter().enumerate() {
            let mut places = whole.match_indices(passage.as_str()).peekable();
            if places.peek().is_none() {
                let detail = "The comment has no such passage; it is told letter by letter.";
                return Err(Rule::new(RuleCode::UnknownReference, detail).at(format!("/passages/{n}")));
            }
            for (at, found) in places {
                cut[at..at + found.len()].fill(true);
            }
        }
        let (mut left, mut in_gap) = (String::new(), false);
        for (at, letter) in whole.char_indices() {
            match (cut[at], in_gap) {
                (true, false) => left.push_str(LEFT_OUT),
                (true, true) => {}
                (false, _) => left.push(letter),
            }
            in_gap = cut[at];
        }
        let text = left.parse().map_err(|_| {
            let detail = "With so many gaps the comment becomes too long; leave longer passages out.";
            Rule::new(RuleCode::State, detail).at("/passages")
        })?;
        Ok(Self {
            text,
            redacted: true,
            ..self
        })
    }
}

/// What is left out of a comment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redaction {
    /// Of which comment.
    pub comment: SurveyCommentId,
    /// The passages, letter by letter; each goes wherever it stands in the comment.
    #[schema(min_items = 1, max_items = 20)]
    pub passages: Vec<Reason>,
}

/// What is left out of a round's comments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedactionsInput {
    /// Each comment for itself.
    #[schema(min_items = 1, max_items = 100)]
    pub redactions: Vec<Redaction>,
}

/// What the team says that a comment is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThemedComment {
    /// Which comment.
    pub comment: SurveyCommentId,
    /// Its themes from now on, in words of your own that name nobody; none takes them away. They are kept in small letters.
    #[schema(max_items = 10)]
    pub themes: Vec<Word>,
}

impl ThemedComment {
    /// The themes as they are kept: in small letters, in order, none twice.
    pub fn kept(&self) -> BTreeSet<Word> {
        self.themes.iter().map(small).collect()
    }
}

/// What comments of a round are about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommentThemesInput {
    /// Each comment for itself.
    #[schema(min_items = 1, max_items = 100)]
    pub comments: Vec<ThemedComment>,
}

/// A theme as it is kept and looked for: in small letters.
pub fn small(theme: &Word) -> Word {
    theme.as_str().to_lowercase().parse().unwrap_or_else(|_| theme.clone())
}

/// How many comments are about something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThemeCount {
    /// What.
    pub theme: Word,
    /// How many.
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 12)]
    pub comments: i64,
}

impl SurveyRound {
    /// Refuses until what was said in words may be read.
    pub fn must_be_published(&self) -> Result<(), Rule> {
        match self.status {
            RoundStatus::Published => Ok(()),
            _ => withheld("What was said is told when the round is published."),
        }
    }

    /// Refuses until the round's answers are counted, and told apart from whoever gave them.
    pub fn must_be_settled(&self) -> Result<(), Rule> {
        match self.closed_on {
            Some(_) => Ok(()),
            None => withheld("Nothing is told until the round is closed."),
        }
    }

    /// Refuses unless the team was to read who answered what, and nobody can change it any more.
    pub fn must_name_respondents(&self) -> Result<(), Rule> {
        match self.anonymity {
            Anonymity::Named => self.must_be_settled(),
            _ => withheld("Respondents were promised that nobody reads who answered what."),
        }
    }

    /// Refuses where so few said something that none of it is told.
    pub fn must_have_enough(&self, comments: u64) -> Result<(), Rule> {
        match comments >= self.fewest_comments() {
            true => Ok(()),
            false => withheld("So few comments are told of nobody."),
        }
    }

    /// The round once something was done with what was said in words.
    pub fn handle_comments(self) -> Self {
        Self {
            version: self.version + 1,
            ..self
        }
    }
}

fn withheld(detail: &str) -> Result<(), Rule> {
    Err(Rule::new(RuleCode::Respondents, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> SurveyComment {
        SurveyComment {
            id: uuid::Uuid::nil().into(),
            question: "words".parse().unwrap(),
            text: text.parse().unwrap(),
            redacted: false,
            themes: vec![],
            contact: None,
        }
    }

    fn redacted(text: &str, passages: &[&str]) -> String {
        let passages: Vec<Reason> = passages.iter().map(|p| p.parse().unwrap()).collect();
        said(text).redact(&passages).unwrap().text.to_string()
    }

    #[test]
    fn passages_go_wherever_they_stand_and_leave_one_mark_each() {
        assert_eq!(
            redacted("Åsa på HR är bra. Fråga Åsa!", &["Åsa"]),
            "[…] på HR är bra. Fråga […]!"
        );
        // One within another, and one next to another, are one gap.
        assert_eq!(
            redacted("Eva Berg hjälpte oss.", &["Eva", "Eva Berg"]),
            "[…] hjälpte oss."
        );
        assert_eq!(redacted("Eva Berg hjälpte.", &["Eva ", "Berg"]), "[…] hjälpte.");
        assert_eq!(redacted("Allt.", &["Allt."]), "[…]");
    }

    #[test]
    fn what_is_not_there_cannot_be_left_out() {
        let passages = ["Åsa".parse().unwrap(), "Eva".parse().unwrap()];
        let refused = said("Åsa är bra.").redact(&passages).unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/passages/1"));
        let many = "ab".repeat(1000);
        let refused = said(&many).redact(&["a".parse().unwrap()]).unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/passages"));
    }

    #[test]
    fn themes_differ_by_more_than_capitals() {
        let themes = ["Ärenden", "ärenden", "Faktura"].map(|t| t.parse().unwrap()).to_vec();
        let comment = uuid::Uuid::nil().into();
        let kept = ThemedComment { comment, themes }.kept();
        assert_eq!(
            kept.iter().map(Word::as_str).collect::<Vec<_>>(),
            ["faktura", "ärenden"]
        );
    }
}
