//! The page on which a respondent answers: no script, nothing from outside, all questions in one form. What does not fit is
//! said at its field and at the top, and what was filled in stays.
use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::NaiveDate;
use documents::Language;
use domain::{
    Rule, RuleCode,
    surveys::{
        Anonymity, AnswerForm, Answered, SurveyAnswers, SurveyContent, SurveyQuestion, SurveyRound, WantedAnswer,
    },
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Words;

/// The same for every page, so that its digest can stand in the policy.
const STYLE: &str = include_str!("answering.css");
/// So many scores at most stand side by side to choose from; of more, one is written.
const MOST_CHOICES: i32 = 11;

/// Nothing but the one style, and forms to this service.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// What a respondent has filled in so far, and what was wrong with it.
#[derive(Default)]
pub struct Filled {
    pub answers: SurveyAnswers,
    pub faults: Vec<Rule>,
    /// Whether it was handed in before, and can still be changed.
    pub handed_in: bool,
}

impl Filled {
    /// What is wrong with the answer to a question.
    fn fault(&self, question: &SurveyQuestion) -> Option<&Rule> {
        let wanted = format!("/answers/{}", question.key);
        self.faults.iter().find(|rule| rule.pointer.as_ref() == Some(&wanted))
    }

    fn given(&self, question: &SurveyQuestion) -> Option<String> {
        match self.answers.get(question.key.as_str())? {
            Answered::Score(score) => Some(score.to_string()),
            Answered::Words(words) => Some(words.clone()),
        }
    }
}

/// The name of a question's field.
pub fn field(key: &str) -> String {
    format!("q.{key}")
}

/// A page of this service for respondents.
fn page(words: Words, title: &str, organisation: &str, body: Markup) -> String {
    let organisation = match organisation {
        "" => words.say("IT-organisationen", "The IT organisation"),
        name => name,
    };
    let other = words.say("en", "sv");
    let page = html! {
        (DOCTYPE)
        html lang=(words.say("sv", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " – " (organisation) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    nav aria-label=(words.say("Språk", "Language")) {
                        p.languages { a href={ "?lang=" (other) } lang=(other) hreflang=(other) { (words.say("In English", "På svenska")) } }
                    }
                    p.origin { (organisation) }
                }
                main { (body) }
            }
        }
    };
    page.into_string()
}

/// A date whose hyphens no line breaks at.
fn date(day: NaiveDate) -> Markup {
    html! { time datetime=(day) { (day.to_string().replace('-', "\u{2011}")) } }
}

/// A page that only says something.
fn saying(words: Words, organisation: &str, title: &str, body: Markup) -> String {
    page(words, title, organisation, html! { h1 { (title) } (body) })
}

/// The link is nobody's.
pub fn unknown(words: Words, organisation: &str) -> String {
    let title = words.say("Länken stämmer inte", "This link is not right");
    let help = words.say(
        "Kontrollera att hela länken kom med när du öppnade den. Den står i inbjudan.",
        "See that the whole link was there when you opened it. It stands in the invitation.",
    );
    saying(words, organisation, title, html! { p { (help) } })
}

/// Answers are taken in later.
pub fn not_yet(words: Words, organisation: &str, round: &SurveyRound) -> String {
    let title = words.say("Undersökningen har inte öppnat", "The survey is not open yet");
    let from = words.say("Du kan svara från och med", "You can answer from");
    saying(
        words,
        organisation,
        title,
        html! { p { (from) " " (date(round.first_day)) "." } },
    )
}

/// No more answers are taken in.
pub fn closed(words: Words, organisation: &str) -> String {
    let title = words.say("Undersökningen är stängd", "The survey is closed");
    let thanks = words.say("Tack för att du ville svara.", "Thank you for wanting to answer.");
    saying(words, organisation, title, html! { p { (thanks) } })
}

/// An anonymous answer was given.
pub fn answered(words: Words, organisation: &str) -> String {
    let title = words.say("Du har redan svarat", "You have answered already");
    let thanks = words.say(
        "Tack! Svaret är anonymt och kan därför inte visas eller ändras.",
        "Thank you! The answer is anonymous, and so can neither be shown nor changed.",
    );
    saying(words, organisation, title, html! { p { (thanks) } })
}

/// The answer was taken in.
pub fn thanks(words: Words, organisation: &str, round: &SurveyRound, handed_in: bool) -> String {
    let title = match handed_in {
        true => words.say("Tack för ditt svar", "Thank you for your answer"),
        false => words.say("Det du har fyllt i är sparat", "What you have filled in is saved"),
    };
    let change = match (round.anonymity, handed_in) {
        (Anonymity::Anonymous, _) => None,
        (_, true) => Some(words.say(
            "Du kan ändra svaret till och med",
            "You can change it up to and including",
        )),
        (_, false) => Some(words.say(
            "Svaret är inte lämnat än. Gör klart det senast",
            "It is not handed in yet. Complete it by",
        )),
    };
    let to_form = words.say("Till formuläret", "To the form");
    saying(
        words,
        organisation,
        title,
        html! {
            @match change {
                None => p { (words.say("Du kan stänga sidan nu.", "You can close this page now.")) }
                Some(change) => {
                    p { (change) " " (date(round.last_day)) "." }
                    p { a href={ "?lang=" (words.say("sv", "en")) } { (to_form) } }
                }
            }
        },
    )
}

/// The form.
pub fn form(words: Words, organisation: &str, round: &SurveyRound, content: &SurveyContent, filled: &Filled) -> String {
    let title = match words.0 {
        Language::Sv => &round.title.sv,
        Language::En => &round.title.en,
    };
    let promise = crate::rooms::surveys::inviting::promise(round.anonymity, words.language());
    let mark = if filled.faults.is_empty() {
        ""
    } else {
        words.say("Fel: ", "Error: ")
    };
    let body = html! {
        h1 { (title) }
        @if let Some(service) = &round.service {
            p { (words.say("Frågorna gäller", "The questions are about")) " " strong { (service.name) } "." }
        }
        @if let Some(introduction) = &content.introduction { p { (in_language(words, &introduction.sv, &introduction.en)) } }
        p.promise { (promise) }
        p { (words.say("Du kan svara till och med", "You can answer up to and including")) " " (date(round.last_day)) "." }
        @if filled.handed_in {
            p role="status" { (words.say("Ditt svar är lämnat. Du kan ändra det här.", "Your answer is handed in. You can change it here.")) }
        }
        @if !filled.faults.is_empty() { (summary(words, content, filled)) }
        form method="post" action={ "?lang=" (words.say("sv", "en")) } novalidate accept-charset="utf-8" {
            @for (n, question) in content.questions.iter().enumerate() { (asked(words, content, n, question, filled)) }
            div.buttons {
                button type="submit" name="act" value="hand_in" { (words.say("Lämna svaret", "Hand in the answer")) }
                @if round.anonymity != Anonymity::Anonymous {
                    button.second type="submit" name="act" value="save" {
                        (words.say("Spara och fortsätt senare", "Save and go on later"))
                    }
                }
            }
        }
    };
    page(words, &format!("{mark}{title}"), organisation, body)
}

fn in_language<'a, T: std::fmt::Display>(words: Words, sv: &'a T, en: &'a T) -> &'a T {
    match words.0 {
        Language::Sv => sv,
        Language::En => en,
    }
}

/// What does not fit, at the top, with links to the fields.
fn summary(words: Words, content: &SurveyContent, filled: &Filled) -> Markup {
    let title = words.say("Något behöver rättas", "Something needs to be put right");
    html! {
        div.summary role="alert" tabindex="-1" {
            h2 { (title) }
            ul {
                @for (n, question) in content.questions.iter().enumerate() {
                    @if let Some(fault) = filled.fault(question) {
                        li { a href={ "#q" (n + 1) } { (n + 1) ". " (said(words, question, fault)) } }
                    }
                }
            }
        }
    }
}

/// What is wrong, in the respondent's language.
fn said(words: Words, question: &SurveyQuestion, fault: &Rule) -> String {
    match (fault.code, &question.answer, question.scale()) {
        (RuleCode::Unanswered, ..) => words
            .say("Frågan måste besvaras.", "This question must be answered.")
            .into(),
        (_, AnswerForm::Text, _) => words
            .say("Skriv högst 2000 tecken.", "Write at most 2000 characters.")
            .into(),
        (_, _, Some(scale)) => format!(
            "{} {}–{}.",
            words.say("Svara med ett heltal", "Answer with a whole number"),
            scale.low(),
            scale.high()
        ),
        _ => words
            .say("Välj ett av alternativen.", "Choose one of the options.")
            .into(),
    }
}

/// When a question applies, for whoever reads all of them at once.
fn applies(words: Words, content: &SurveyContent, question: &SurveyQuestion) -> Option<String> {
    let condition = question.condition.as_ref()?;
    let place = content
        .questions
        .iter()
        .position(|other| other.key == condition.question)?;
    let on = content.questions.get(place)?;
    let answers = condition.answers.iter().map(|wanted| match wanted {
        WantedAnswer::Score(score) => score.0.to_string(),
        WantedAnswer::Choice(key) => {
            let option = on.options().iter().find(|option| option.key == *key);
            let label = option.map(|option| in_language(words, &option.label.sv, &option.label.en).to_string());
            format!("”{}”", label.unwrap_or_else(|| key.to_string()))
        }
    });
    let answers: Vec<String> = answers.collect();
    let (only, to) = (
        words.say("Bara om du svarade", "Only if you answered"),
        words.say("på fråga", "to question"),
    );
    Some(format!("{only} {} {to} {}.", words.any(&answers), place + 1))
}

/// What a scale's ends mean.
fn ends(words: Words, answer: &AnswerForm) -> Option<&'static str> {
    Some(match answer {
        AnswerForm::Csat => words.say(
            "1 är mycket missnöjd, 5 är mycket nöjd.",
            "1 is very dissatisfied, 5 is very satisfied.",
        ),
        AnswerForm::Nps => words.say(
            "0 är inte alls sannolikt, 10 är mycket sannolikt.",
            "0 is not at all likely, 10 is very likely.",
        ),
        AnswerForm::Ces => words.say(
            "1 är mycket svårt, 7 är mycket lätt.",
            "1 is very hard, 7 is very easy.",
        ),
        AnswerForm::Scale { .. } => words.say(
            "Lägst tal är sämst, högst tal är bäst.",
            "The lowest number is worst, the highest is best.",
        ),
        AnswerForm::Choice { .. } | AnswerForm::Text => return None,
    })
}

/// A question with its number, hints, fault, and field.
fn asked(words: Words, content: &SurveyContent, n: usize, question: &SurveyQuestion, filled: &Filled) -> Markup {
    let id = format!("q{}", n + 1);
    let fault = filled.fault(question).map(|fault| said(words, question, fault));
    let hints: Vec<String> = [
        applies(words, content, question),
        ends(words, &question.answer).map(Into::into),
    ]
    .into_iter()
    .flatten()
    .collect();
    let describes = [
        (!hints.is_empty()).then(|| format!("{id}-hint")),
        fault.as_ref().map(|_| format!("{id}-fault")),
    ];
    let described = describes.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let described = (!described.is_empty()).then_some(&described);
    let invalid = fault.as_ref().map(|_| "true");
    let name = field(question.key.as_str());
    let label = html! {
        (n + 1) ". " (in_language(words, &question.text.sv, &question.text.en))
        @if question.required { " (" (words.say("måste besvaras", "must be answered")) ")" }
    };
    let beside = html! {
        @if !hints.is_empty() { p.hint id={ (id) "-hint" } { (hints.join(" ")) } }
        @if let Some(fault) = &fault { p.fault id={ (id) "-fault" } { (words.say("Fel: ", "Error: ")) (fault) } }
    };
    let given = filled.given(question).unwrap_or_default();
    let class = if fault.is_some() { "question faulty" } else { "question" };
    match choices(words, question) {
        Some(choices) => html! {
            fieldset class=(class) id=(id) tabindex="-1" aria-describedby=[described] {
                legend { (label) }
                (beside)
                ul.choices {
                    @for (value, text) in choices {
                        li { label {
                            input type="radio" name=(name) value=(value) checked[value == given];
                            span { (text) }
                        } }
                    }
                }
            }
        },
        None => html! {
            div class=(class) {
                label for=(id) { (label) }
                (beside)
                @if let Some(scale) = question.scale() {
                    input type="number" inputmode="numeric" id=(id) name=(name) value=(given) min=(scale.low())
                        max=(scale.high()) aria-describedby=[described] aria-invalid=[invalid];
                } @else {
                    textarea id=(id) name=(name) rows="4" aria-describedby=[described] aria-invalid=[invalid] { (given) }
                }
            }
        },
    }
}

/// What there is to choose from: values and what they are called; none where the answer is written. Without an answer that
/// is required, whoever chose one by mistake can take it back.
fn choices(words: Words, question: &SurveyQuestion) -> Option<Vec<(String, String)>> {
    let mut choices: Vec<(String, String)> = match (&question.answer, question.scale()) {
        (AnswerForm::Text, _) => return None,
        (_, Some(scale)) if scale.high() - scale.low() >= MOST_CHOICES => return None,
        (_, Some(scale)) => (scale.low()..=scale.high())
            .map(|n| (n.to_string(), n.to_string()))
            .collect(),
        (_, None) => {
            let options = question.options().iter();
            let told =
                |sv: &domain::vocabulary::Name, en: &domain::vocabulary::Name| in_language(words, sv, en).to_string();
            options
                .map(|option| (option.key.to_string(), told(&option.label.sv, &option.label.en)))
                .collect()
        }
    };
    if !question.required {
        choices.push((String::new(), words.say("Inget svar", "No answer").into()));
    }
    Some(choices)
}
