//! Comments on a request: for the team, or for the customer too.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

word! {
    /// Who may read a comment.
    Visibility {
        /// The IT organisation.
        Team,
        /// The customer's contacts too.
        Customer,
    }
}

/// What is told of a comment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommentInput {
    /// The comment.
    pub text: Markdown,
    /// Who may read it; `team` unless told, and always `customer` for a contact's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
}

/// A comment on a request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The request.
    #[serde(skip)]
    pub request: RequestId,
    /// The request's customer.
    #[serde(skip)]
    pub customer: CustomerId,
    /// Who wrote it.
    pub author: Raiser,
    /// Who may read it.
    pub visibility: Visibility,
    /// The comment.
    pub text: Markdown,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

impl Aggregate for Comment {
    const KIND: SubjectKind = SubjectKind::Comment;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        1
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer)
    }
    fn matter(&self) -> Uuid {
        self.request.0
    }
}

impl Comment {
    /// A new comment by `author` on the request.
    pub fn write(
        id: CommentId,
        request: &Request,
        input: CommentInput,
        author: Raiser,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        if let Some(into) = &request.merged_into {
            let detail = format!("{} was merged; {} goes on for it.", request.number, into.number);
            return Err(Rule::new(RuleCode::State, detail));
        }
        let by_contact = author.kind == ActorKind::Contact;
        if by_contact && input.visibility == Some(Visibility::Team) {
            return Err(
                Rule::new(RuleCode::State, "A contact's comment is visible to the customer.").at("/visibility"),
            );
        }
        let visibility = input.visibility.unwrap_or(if by_contact {
            Visibility::Customer
        } else {
            Visibility::Team
        });
        let (request, customer) = (request.id, request.customer.id);
        Ok(Self {
            id,
            request,
            customer,
            author,
            visibility,
            text: input.text,
            written_at: now,
        })
    }
}
