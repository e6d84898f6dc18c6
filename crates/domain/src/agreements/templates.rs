//! Templates that agreements start from: the same content with places to fill in, and how long terms are.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;

/// How long the terms of what starts from a template are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermLengths {
    /// How long the initial term is.
    pub initial_term: Span,
    /// What happens at the end of a term.
    pub renewal: Renewal,
    /// How long each further term is; needed unless the renewal is `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_term: Option<Span>,
    /// How long before the end of a term notice must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_period: Option<Span>,
}

impl TermLengths {
    /// The terms that begin on a day.
    pub fn from_day(&self, first_day: NaiveDate) -> Result<Terms, Rule> {
        let end = self.initial_term.after(first_day, 1).and_then(|end| end.pred_opt());
        Ok(Terms {
            first_day,
            last_day: end.ok_or_else(|| Rule::new(RuleCode::DateOrder, "The calendar ends before that term does."))?,
            renewal: self.renewal,
            renewal_term: self.renewal_term,
            notice_period: self.notice_period,
        })
    }
}

/// What is told of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementTemplateInput {
    /// Unique name.
    pub name: Name,
    /// The kind of agreement that it is for.
    pub kind: AgreementKind,
    /// How long the terms are.
    pub terms: TermLengths,
    /// What is agreed. Title and texts may hold `{{customer}}`, `{{legalEntity}}`, `{{services}}`, `{{firstDay}}` and
    /// `{{lastDay}}`, which are filled in when a draft begins.
    pub content: Content,
    /// Whether its content holds for a used service until an agreement of its own is made; one template at most.
    #[serde(default)]
    pub default: bool,
}

/// A template that agreements start from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementTemplate {
    /// Its id.
    pub id: AgreementTemplateId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique name.
    pub name: Name,
    /// The kind of agreement that it is for.
    pub kind: AgreementKind,
    /// How long the terms are.
    pub terms: TermLengths,
    /// What is agreed, with places to fill in.
    pub content: Content,
    /// Whether its content holds for a used service until an agreement of its own is made.
    pub default: bool,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for AgreementTemplate {
    const KIND: SubjectKind = SubjectKind::AgreementTemplate;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// The places that a template's texts may hold.
const PLACES: [&str; 5] = ["customer", "legalEntity", "services", "firstDay", "lastDay"];

impl AgreementTemplate {
    /// A new template.
    pub fn register(id: AgreementTemplateId, input: AgreementTemplateInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        let template = Self {
            id,
            version: 1,
            name: input.name,
            kind: input.kind,
            terms: input.terms,
            content: input.content,
            default: input.default,
            created_at: now,
        };
        template.check()?;
        Ok(template)
    }

    /// The template as told anew.
    pub fn change(self, input: AgreementTemplateInput) -> Result<Self, Rule> {
        Ok(Self {
            version: self.version + 1,
            ..Self::register(self.id, input, self.created_at)?
        })
    }

    fn check(&self) -> Result<(), Rule> {
        // Any day shows whether the lengths fit each other.
        self.terms.from_day(NaiveDate::default())?.check("/terms")?;
        if self.default && self.kind != AgreementKind::Sla {
            let detail = "Only the template of a service level agreement can hold by default.";
            return Err(Rule::new(RuleCode::State, detail).at("/default"));
        }
        if let Some(i) = self
            .content
            .targets
            .iter()
            .position(|target| !target.services.is_empty())
        {
            let detail = "A template's targets are about all services of what starts from it.";
            return Err(Rule::new(RuleCode::State, detail).at(format!("/content/targets/{i}/services")));
        }
        self.content.check(&[])?;
        let sections = self.content.sections.iter().enumerate();
        let sections = sections.map(|(i, section)| (format!("/content/sections/{i}/text"), section.text.as_str()));
        let title = ("/content/title".to_owned(), self.content.title.as_str());
        for (pointer, text) in sections.chain([title]) {
            if let Some(place) = places(text).find(|place| !PLACES.contains(place)) {
                let detail = format!(
                    "{{{{{place}}}}} is no place to fill in; those are {}.",
                    PLACES.join(", ")
                );
                return Err(Rule::new(RuleCode::State, detail).at(pointer));
            }
        }
        Ok(())
    }

    /// Its content with the places filled in.
    pub fn filled(&self, with: &OtherParty, services: &CoveredServices, terms: &Terms) -> Result<Content, Rule> {
        let names: Vec<&str> = services.0.iter().map(|service| service.name.as_str()).collect();
        let value = |place: &str| match place {
            "customer" => with.name.to_string(),
            "legalEntity" => with.legal_entity.as_ref().unwrap_or(&with.name).to_string(),
            "services" => names.join(", "),
            "firstDay" => terms.first_day.to_string(),
            _ => terms.last_day.to_string(),
        };
        let fill = |text: &str| {
            let fill_one = |text: String, place: &&str| text.replace(&format!("{{{{{place}}}}}"), &value(place));
            PLACES.iter().fold(text.to_owned(), fill_one)
        };
        let too_long = |what: &str, pointer: String| {
            let detail = format!("Filled in, {what} is longer than it may be.");
            Rule::new(RuleCode::State, detail).at(pointer)
        };
        let mut content = self.content.clone();
        let title = fill(content.title.as_str()).parse();
        content.title = title.map_err(|_| too_long("the title", "/content/title".into()))?;
        for (i, section) in content.sections.iter_mut().enumerate() {
            let text = fill(section.text.as_str()).parse();
            let pointer = format!("/content/sections/{i}/text");
            section.text = text.map_err(|_| too_long(&format!("the section {}", section.key), pointer))?;
        }
        Ok(content)
    }
}

/// The names between double braces.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}").map(|(place, _)| place))
}
