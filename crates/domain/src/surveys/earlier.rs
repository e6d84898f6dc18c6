//! Earlier surveys, made elsewhere: who answered what is read from a file, and becomes a round that is closed.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::RuleCode;

/// Whose a line's answers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EarlierCustomer {
    /// All are of one customer.
    Fixed {
        /// The customer's code.
        code: Code,
    },
    /// A column has the customer's code.
    Column {
        /// The column's name.
        column: Name,
    },
}

/// When a line's answers were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum EarlierDay {
    /// The survey was closed on this day; nothing more is known.
    Fixed {
        /// The day.
        day: NaiveDate,
    },
    /// A column has the day, as `2025-05-31`. The last of them closes the round.
    Column {
        /// The column's name.
        column: Name,
    },
}

/// A column that holds the answers to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierColumn {
    /// The column's name.
    pub column: Name,
    /// The question's key.
    pub question: Slug,
}

/// An earlier survey: which one, what of it means what here, and its answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EarlierSurveyInput {
    /// What it is called where it was made; taken in once under it.
    pub reference: SystemKey,
    /// The survey here that asks the same.
    pub survey: SurveyId,
    /// What the round is called.
    pub title: SurveyTitle,
    /// The service that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Key<ServiceId>>,
    /// What respondents were promised: not `named`, for names are not taken in.
    pub anonymity: Anonymity,
    /// How many had been asked.
    #[schema(minimum = 1, maximum = 1_000_000, example = 120)]
    pub invited: u32,
    /// Whose the answers are.
    pub customer: EarlierCustomer,
    /// When they were given.
    pub day: EarlierDay,
    /// Which column answers which question. Other columns are not looked at.
    #[schema(min_items = 1, max_items = 50)]
    pub columns: Vec<EarlierColumn>,
    /// Cells that mean "no answer", beside the empty ones.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub missing: Vec<Label>,
    /// The file: CSV with a header line, and a line for each respondent.
    pub file: TableText,
}

/// A respondent of an earlier survey.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierAnswer {
    /// Of which customer.
    pub customer: Code,
    /// On which day.
    pub day: NaiveDate,
    /// What they answered; nothing where every cell is missing.
    pub figures: Figures,
}

/// Where what stands in the lines of a file.
#[derive(Debug)]
pub struct EarlierColumns<'a> {
    input: &'a EarlierSurveyInput,
    content: &'a SurveyContent,
    customer: Option<usize>,
    day: Option<usize>,
    questions: Vec<(usize, &'a SurveyQuestion)>,
}

/// A file's cell that cannot be taken in: which column, and why.
pub type EarlierFault = (Name, Rule);

impl EarlierSurveyInput {
    /// Finds the columns in the header line. Of what is asked in words nothing is taken in.
    pub fn columns<'a>(&'a self, content: &'a SurveyContent, header: &[String]) -> Result<EarlierColumns<'a>, Rule> {
        let find = |column: &Name, pointer: String| {
            let mut places = header
                .iter()
                .enumerate()
                .filter(|(_, name)| name.as_str() == column.as_str());
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                (None, _) => Err(unknown("The file has no column of this name.", pointer)),
                _ => Err(Rule::new(RuleCode::NotUnique, "The file has two columns of this name.").at(pointer)),
            }
        };
        let customer = match &self.customer {
            EarlierCustomer::Fixed { .. } => None,
            EarlierCustomer::Column { column } => Some(find(column, "/customer/column".into())?),
        };
        let day = match &self.day {
            EarlierDay::Fixed { .. } => None,
            EarlierDay::Column { column } => Some(find(column, "/day/column".into())?),
        };
        let mut questions: Vec<(usize, &SurveyQuestion)> = vec![];
        for (n, mapped) in self.columns.iter().enumerate() {
            let at = |member: &str| format!("/columns/{n}/{member}");
            let place = find(&mapped.column, at("column"))?;
            let mut asked = content
                .questions
                .iter()
                .filter(|question| question.key == mapped.question);
            let question = asked
                .next()
                .ok_or_else(|| unknown("There is no such question.", at("question")))?;
            if question.answer == AnswerForm::Text {
                let detail = "What was said in words is not taken in.";
                return Err(Rule::new(RuleCode::OffScale, detail).at(at("question")));
            }
            if questions.iter().any(|(_, other)| other.key == question.key) {
                let detail = "Another column answers this question.";
                return Err(Rule::new(RuleCode::NotUnique, detail).at(at("question")));
            }
            questions.push((place, question));
        }
        Ok(EarlierColumns {
            input: self,
            content,
            customer,
            day,
            questions,
        })
    }
}

fn unknown(detail: &str, pointer: String) -> Rule {
    Rule::new(RuleCode::UnknownReference, detail).at(pointer)
}

impl EarlierColumns<'_> {
    /// What a line tells, or every fault of it.
    pub fn read(&self, cells: &[String]) -> Result<EarlierAnswer, Vec<EarlierFault>> {
        let cell = |place: usize| cells.get(place).map(String::as_str).unwrap_or_default();
        let mut faults = vec![];
        let customer = match (&self.input.customer, self.customer) {
            (EarlierCustomer::Fixed { code }, _) => Some(code.clone()),
            (EarlierCustomer::Column { column }, place) => {
                let code = place.map(cell).unwrap_or_default().parse();
                let rule = |_| Rule::new(RuleCode::UnknownReference, "This is no customer's code.");
                code.map_err(|e| faults.push((column.clone(), rule(e)))).ok()
            }
        };
        let day = match (&self.input.day, self.day) {
            (EarlierDay::Fixed { day }, _) => Some(*day),
            (EarlierDay::Column { column }, place) => {
                let day = place.map(cell).unwrap_or_default().parse();
                let rule = |_| Rule::new(RuleCode::DateOrder, "A day is written as 2025-05-31.");
                day.map_err(|e| faults.push((column.clone(), rule(e)))).ok()
            }
        };
        let given = self.questions.iter().map(|(place, question)| (*question, cell(*place)));
        let given = given.filter(|(_, cell)| !self.is_missing(cell));
        let answers = given.map(|(question, cell)| (question.key.to_string(), question.written(cell)));
        // Nobody is asked again: what is missing stays missing.
        let accepted = self.content.accept(&answers.collect(), false);
        let accepted = accepted
            .map_err(|rules| faults.extend(rules.into_iter().map(|rule| self.of_column(rule))))
            .ok();
        match (customer, day, accepted) {
            (Some(customer), Some(day), Some(accepted)) if faults.is_empty() => Ok(EarlierAnswer {
                customer,
                day,
                figures: accepted.figures,
            }),
            _ => Err(faults),
        }
    }

    fn is_missing(&self, cell: &str) -> bool {
        cell.is_empty() || self.input.missing.iter().any(|word| word.as_str() == cell)
    }

    /// What is wrong with an answer is told of its column.
    fn of_column(&self, rule: Rule) -> EarlierFault {
        let key = rule.pointer.as_deref().and_then(|pointer| pointer.rsplit('/').next());
        let mapped = self
            .input
            .columns
            .iter()
            .find(|mapped| Some(mapped.question.as_str()) == key);
        let column = mapped
            .or(self.input.columns.first())
            .map(|mapped| mapped.column.clone());
        (column.unwrap_or_else(|| self.input.title.en.clone()), rule)
    }
}

impl SurveyQuestion {
    /// An answer as it stands in a cell: a score, an option's key or what people call it.
    fn written(&self, cell: &str) -> Answered {
        let is_called =
            |option: &&ChoiceOption| [&option.label.sv, &option.label.en].iter().any(|l| l.as_str() == cell);
        match self.options().iter().find(is_called) {
            Some(option) => Answered::Words(option.key.to_string()),
            None => cell
                .parse()
                .map_or_else(|_| Answered::Words(cell.to_owned()), Answered::Score),
        }
    }
}

/// How an earlier survey went, as its file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierRun {
    /// The first day on which anybody answered.
    pub first_day: NaiveDate,
    /// The last.
    pub last_day: NaiveDate,
    /// How many answered.
    pub answered: u32,
}

impl SurveyRound {
    /// An earlier survey as a round that is closed.
    pub fn take_over(
        id: SurveyRoundId,
        (input, survey): (&EarlierSurveyInput, &Survey),
        named: NamedForRound,
        run: EarlierRun,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        if run.last_day > today {
            return Err(Rule::new(RuleCode::DateOrder, "An earlier survey lies before today.").at("/day"));
        }
        if input.anonymity == Anonymity::Named {
            let detail = "Names are not taken in, so nobody is told by name; say anonymous or confidential.";
            return Err(Rule::new(RuleCode::Respondents, detail).at("/anonymity"));
        }
        if input.invited < run.answered {
            let detail = format!("{} answered; at least as many were asked.", run.answered);
            return Err(Rule::new(RuleCode::State, detail).at("/invited"));
        }
        let sent = SurveyRoundInput {
            survey: input.survey,
            title: input.title.clone(),
            service: None,
            anonymity: input.anonymity,
            customers: vec![],
            mandates: vec![],
            sample: SampleRule::All,
            rest_days: 0,
            first_day: run.first_day,
            last_day: run.last_day,
            reminders: vec![],
        };
        let drawn = DrawnSample {
            day: run.first_day,
            seed: None,
            frame: input.invited,
            own_left_out: 0,
            rested_left_out: 0,
            invited: input.invited,
        };
        let turnout = Turnout {
            delivered: input.invited,
            answered: run.answered,
        };
        let round = Self::prepare(id, sent, named, (now, run.last_day))?;
        let opened = Self {
            drawn: Some(drawn),
            edition: Some(survey.edition),
            ..round
        };
        let closed = opened.close(run.last_day, turnout, survey.free_text_months)?;
        Ok(Self {
            version: 1,
            earlier: Some(input.reference.clone()),
            // There are none.
            comments_until: None,
            ..closed
        })
    }
}
