//! Earlier surveys, made elsewhere, taken over from a file.
use std::collections::BTreeMap;

use actix_web::post;
use domain::{Rule, RuleCode, surveys::*, vocabulary::*};
use persistence::{Error, UnitOfWork, customers, services, surveys as store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rounds::unknown_survey;
use crate::{
    http::{Body, Call, Problem, Query, Reply, Routes, call::Sent, input::LARGEST_FILE},
    rooms::exchange::sheet::{Faults, Table, wrong_count},
};

/// So many customers a round has at most.
const MOST_CUSTOMERS: usize = 50;

pub fn routes(routes: &mut Routes) {
    routes.service(create_survey_round_import);
}

/// How to import.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct RoundImportQuery {
    /// Whether to do everything and then take it back.
    dry_run: Option<bool>,
}

/// What became of an earlier survey, or would have.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SurveyRoundImport {
    /// Whether all of it was taken back.
    dry_run: bool,
    /// Whether it made a new round; not so, it was taken in before, and nothing was changed.
    created: bool,
    /// How many lines have no answer at all, and do not count.
    #[schema(minimum = 0, maximum = 10000)]
    unanswered: usize,
    /// The round.
    round: SurveyRound,
}

/// Import an earlier survey
///
/// A file with a line for each respondent, of at most 10 000 lines and 10 MiB: which column answers which question of a survey here, whose
/// the answers are and when they were given. It is taken in whole or not at all, and becomes a closed round that counts in the month of the
/// last day like any other (R19): a month whose figures are fixed is renewed where at least five answered. Scores stand as whole numbers,
/// choices as an option's key or name. Names, addresses and what was said in words are not taken in. The same again, under
/// the same reference, changes nothing. A 409 names each fault by its place in the file, `/line/column`.
#[utoipa::path(tag = "satisfaction", operation_id = "createSurveyRoundImport", params(RoundImportQuery),
    request_body = EarlierSurveyInput,
    responses((status = 200, description = "What was done, or would be.", body = SurveyRoundImport)))]
#[post("/survey-round-imports")]
async fn create_survey_round_import(
    call: Call,
    how: Query<RoundImportQuery>,
    body: Body<EarlierSurveyInput, LARGEST_FILE>,
) -> Result<Reply, Problem> {
    let table = Table::read(body.value.file.as_str())?;
    let dry_run = how.0.dry_run.unwrap_or_default();
    let work = async |unit: &mut UnitOfWork| {
        let told = take_in(&call, unit, (&body.value, body.digest()), &table).await?;
        Reply::plain(&SurveyRoundImport { dry_run, ..told })
    };
    match dry_run {
        true => call.rehearse(&body, work).await,
        false => call.write(&body, work).await,
    }
}

async fn take_in(
    call: &Call,
    unit: &mut UnitOfWork,
    (input, digest): (&EarlierSurveyInput, &str),
    table: &Table,
) -> Result<SurveyRoundImport, Problem> {
    let survey = store::hold(unit, input.survey).await.map_err(|e| match e {
        Error::NotFound => unknown_survey(),
        other => other.into(),
    })?;
    if let Some(known) = store::found_earlier(unit, input, digest).await? {
        return Ok(SurveyRoundImport {
            dry_run: false,
            created: false,
            unanswered: 0,
            round: store::get_round(unit, &call.scope, known, unit.today()).await?,
        });
    }
    let (read, unanswered) = read(input, &survey.content, table)?;
    let customers = customers_of(call, unit, input, &read).await?;
    let run = run(&read)?;
    let service = match &input.service {
        Some(key) => Some(services::named_active(unit, key, "/service").await?),
        None => None,
    };
    let named = NamedForRound {
        customers: customers.values().cloned().collect(),
        service,
    };
    let round = SurveyRound::take_over(unit.new_id(), (input, &survey), named, run, (unit.now(), unit.today()))?;
    let answers = read
        .into_iter()
        .filter_map(|(_, line)| Some((customers.get(&line.customer)?.id, line.figures)));
    let taken = store::TakenOver {
        answers: answers.collect(),
        digest: digest.to_owned(),
    };
    store::take_over(unit, &survey, &round, taken).await?;
    Ok(SurveyRoundImport {
        dry_run: false,
        created: true,
        unanswered,
        round,
    })
}

/// The respondents, each with the number of their line; and how many lines say nothing.
fn read(
    input: &EarlierSurveyInput,
    content: &SurveyContent,
    table: &Table,
) -> Result<(Vec<(usize, EarlierAnswer)>, usize), Problem> {
    let columns = input.columns(content, &table.header)?;
    let mut faults = Faults::default();
    let (mut read, mut unanswered) = (vec![], 0);
    for (number, cells) in &table.lines {
        if cells.len() != table.header.len() {
            faults.push(
                format!("/{number}"),
                "cells",
                wrong_count(cells.len(), table.header.len()),
            );
            continue;
        }
        match columns.read(cells) {
            Ok(line) if line.figures.0.is_empty() => unanswered += 1,
            Ok(line) => read.push((*number, line)),
            Err(wrong) => {
                for (column, rule) in wrong {
                    faults.push(place(*number, &column), rule.code.name(), rule.detail);
                }
            }
        }
    }
    faults.none()?;
    Ok((read, unanswered))
}

fn place(line: usize, column: &Name) -> String {
    format!("/{line}/{}", column.as_str().replace('~', "~0").replace('/', "~1"))
}

fn run(read: &[(usize, EarlierAnswer)]) -> Result<EarlierRun, Problem> {
    let days = || read.iter().map(|(_, line)| line.day);
    let (Some(first_day), Some(last_day)) = (days().min(), days().max()) else {
        return Err(Rule::new(RuleCode::State, "Nobody has answered anything.")
            .at("/file")
            .into());
    };
    Ok(EarlierRun {
        first_day,
        last_day,
        answered: u32::try_from(read.len()).unwrap_or(u32::MAX),
    })
}

/// The customers that the file names, by their codes. Each is looked for once.
async fn customers_of(
    call: &Call,
    unit: &UnitOfWork,
    input: &EarlierSurveyInput,
    read: &[(usize, EarlierAnswer)],
) -> Result<BTreeMap<Code, CustomerRef>, Problem> {
    let mut lines = BTreeMap::<&Code, usize>::new();
    for (number, line) in read {
        lines.entry(&line.customer).or_insert(*number);
    }
    if lines.len() > MOST_CUSTOMERS {
        let detail = format!("A round has at most {MOST_CUSTOMERS} customers; take it in in parts.");
        return Err(Rule::new(RuleCode::State, detail).at("/customer").into());
    }
    let mut faults = Faults::default();
    let mut customers = BTreeMap::new();
    for (code, line) in lines {
        match (customer(call, unit, code).await, &input.customer) {
            (Ok(customer), _) => {
                customers.insert(code.clone(), customer);
            }
            // What exists beyond the caller's customers is told no more of than what does not (R20).
            (Err(Problem::Rule(_) | Problem::NotPermitted), EarlierCustomer::Column { column }) => {
                let detail = "is no customer of which you may import".to_owned();
                faults.push(place(line, column), RuleCode::UnknownReference.name(), detail);
            }
            (Err(problem), _) => return Err(problem),
        }
    }
    faults.none()?;
    Ok(customers)
}

async fn customer(call: &Call, unit: &UnitOfWork, code: &Code) -> Result<CustomerRef, Problem> {
    let unknown = || Rule::new(RuleCode::UnknownReference, "There is no customer with this code.").at("/customer/code");
    let id = customers::id_of_code(unit, code.as_str()).await?.ok_or_else(unknown)?;
    let found = customers::get(unit, &call.scope, id, unit.today()).await;
    let customer = found.map_err(|e| match e {
        Error::NotFound => Problem::from(unknown()),
        other => other.into(),
    })?;
    Ok(customer.reference())
}
