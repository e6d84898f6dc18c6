//! What customers will need, and the digest of it for strategy.
use actix_web::{Either, HttpResponse, get, patch, post, web};
use chrono::{Months, NaiveDate};
use domain::{
    access::Scope,
    agreements::Language,
    knowledge::*,
    meetings::{LinkedKind, Matter},
    vocabulary::*,
};
use persistence::{UnitOfWork, customers, knowledge as store, meetings};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::related;
use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, table::harmless};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};
use crate::rooms::{
    IfMatch,
    agreements::acts::deed,
    satisfaction::metrics::{MetricsFormat, file, written},
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_business_needs)
        .service(create_business_need)
        .service(get_needs_digest)
        .service(get_needs_digest_document)
        .service(get_business_need)
        .service(change_business_need)
        .service(create_need_closing);
}

/// Which needs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NeedQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// About this, however it is spelled in large and small letters.
    theme: Option<Word>,
    /// That will be felt then.
    horizon: Option<NeedHorizon>,
    /// That strong.
    strength: Option<NeedStrength>,
    /// Every one of these words, in any of its forms.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f]+$")]
    words: Option<String>,
}

impl NeedQuery {
    fn filter(self, open: Option<bool>) -> store::NeedFilter {
        store::NeedFilter {
            customer: self.customer,
            theme: self.theme,
            horizon: self.horizon,
            strength: self.strength,
            open,
            words: self.words,
        }
    }
}

/// In which state.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OpenQuery {
    /// That are needs still (or no more).
    open: Option<bool>,
}

/// List business needs
///
/// The needs of customers that you may see, by when they were entered. Filters combine; `words` finds Swedish and English
/// forms in statement, description and theme.
#[utoipa::path(tag = "knowledge", operation_id = "listBusinessNeeds", params(ListQuery, NeedQuery, OpenQuery),
    responses((status = 200, description = "A page of needs.", body = Listing<BusinessNeed>)))]
#[get("/business-needs")]
async fn list_business_needs(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<NeedQuery>,
    state: Query<OpenQuery>,
) -> Result<Reply, Problem> {
    let filter = filter.0.filter(state.0.open);
    call.listed(store::needs(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// State a business need
///
/// What a customer of your teams will need, in one line, under a theme that others use too; with matters of the customer
/// that show it.
#[utoipa::path(tag = "knowledge", operation_id = "createBusinessNeed", request_body = BusinessNeedInput,
    responses((status = 201, description = "The new need.", body = BusinessNeed)))]
#[post("/business-needs")]
async fn create_business_need(call: Call, body: Body<BusinessNeedInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let need = state(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/business-needs/{}", need.id), &need, call.today())
    })
    .await
}

/// States a need.
pub async fn state(scope: &Scope, unit: &mut UnitOfWork, input: BusinessNeedInput) -> Result<BusinessNeed, Problem> {
    let (customer, evidence) = named(scope, unit, &input).await?;
    let times = (unit.now(), unit.today());
    let need = BusinessNeed::state(unit.new_id(), input, customer, evidence, times);
    store::insert_need(unit, &need).await?;
    if let Some(meeting) = need.meeting {
        let made = meetings::made(Matter::of(LinkedKind::BusinessNeed), need.id);
        meetings::record(unit, scope, meeting, made, &[need.customer.id], "/meeting").await?;
    }
    Ok(need)
}

async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &BusinessNeedInput,
) -> Result<(CustomerRef, RelatedThings), Problem> {
    let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
    let found = related::found(scope, unit, &input.evidence, "/evidence").await?;
    let evidence = Found::all_of(&customer.reference(), found, "/evidence")?;
    Ok((customer.reference(), evidence))
}

/// Show a business need
///
/// What is needed, when, how strongly, and what shows it.
#[utoipa::path(tag = "knowledge", operation_id = "getBusinessNeed", responses(
    (status = 200, description = "The need.", body = BusinessNeed),
    (status = 304, description = "You have it already.")))]
#[get("/business-needs/{businessNeedId}")]
async fn get_business_need(call: Call, id: web::Path<BusinessNeedId>) -> Result<Reply, Problem> {
    call.found(&store::need(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change a business need
///
/// Members that are absent stay as they are; the customer always does. A closed need is changed no more.
#[utoipa::path(tag = "knowledge", operation_id = "changeBusinessNeed", request_body = PatchOf<BusinessNeedInput>,
    params(IfMatch), responses((status = 200, description = "The need as it is now.", body = BusinessNeed)))]
#[patch("/business-needs/{businessNeedId}")]
async fn change_business_need(call: Call, id: web::Path<BusinessNeedId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_need(unit, &call.scope, *id).await?)?;
        let input: BusinessNeedInput = patch.onto(&before)?;
        let (customer, evidence) = named(&call.scope, unit, &input).await?;
        let after = before.clone().change(input, &customer, evidence, call.now())?;
        store::update_need(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Close a business need
///
/// The business relationship manager says that it is a need no more, and why. It stays to be read, and the digest tells
/// that it went.
#[utoipa::path(tag = "knowledge", operation_id = "createNeedClosing", request_body = NeedClosingInput,
    params(IfMatch), responses((status = 200, description = "The need as it is now.", body = BusinessNeed)))]
#[post("/business-needs/{businessNeedId}/closing")]
async fn create_need_closing(
    call: Call,
    id: web::Path<BusinessNeedId>,
    body: Body<NeedClosingInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load_need(unit, &call.scope, *id).await?)?;
        let (deed, _) = deed(&call.scope, unit).await?;
        let after = before.clone().close(body.value.clone(), deed, call.today())?;
        store::update_need(unit, "closed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Since when changes are told.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SinceQuery {
    /// Needs came and went since this day; three months ago unless told.
    since: Option<NaiveDate>,
}

/// As what it is handed out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DigestFormat {
    /// By theme or as a table; unless told what `Accept` prefers, else by theme.
    #[param(inline)]
    format: Option<MetricsFormat>,
}

async fn digest(call: &Call, of: NeedQuery, since: SinceQuery) -> Result<NeedsDigest, Problem> {
    let ago = call.today().checked_sub_months(Months::new(3)).unwrap_or(call.today());
    let since = since.since.unwrap_or(ago);
    let filter = of.filter(None);
    Ok(store::digest(&call.reader(), &call.scope, &filter, since, call.today()).await?)
}

/// Digest business needs
///
/// For strategy: what the customers that you see need, by theme, with the customers behind each, its strengths and
/// horizons, and what came and went since a day. Themes that most customers share come first. As CSV a line for each need.
#[utoipa::path(tag = "knowledge", operation_id = "getNeedsDigest", params(NeedQuery, SinceQuery, DigestFormat), responses(
    (status = 200, description = "The needs by theme.", content(
        (NeedsDigest = "application/json"), (DigestCsv = "text/csv"))),
    (status = 409, description = "There are too many needs for one digest.")))]
#[get("/business-needs/digest")]
async fn get_needs_digest(
    call: Call,
    of: Query<NeedQuery>,
    since: Query<SinceQuery>,
    how: Query<DigestFormat>,
) -> Result<Either<Reply, HttpResponse>, Problem> {
    let told = digest(&call, of.0, since.0).await?;
    Ok(match MetricsFormat::preferred(how.0.format, &call) {
        MetricsFormat::Json => Either::Left(Reply::plain(&told)?),
        MetricsFormat::Csv => Either::Right(table(&told)?),
    })
}

/// Digest business needs as a document
///
/// The same as a page to read and print, or PDF/A.
#[utoipa::path(tag = "knowledge", operation_id = "getNeedsDigestDocument", params(NeedQuery, SinceQuery, PaperQuery),
    responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "There are too many needs for one digest, or it is too long for a PDF.")))]
#[get("/business-needs/digest/document")]
async fn get_needs_digest_document(
    call: Call,
    of: Query<NeedQuery>,
    since: Query<SinceQuery>,
    paper: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let told = digest(&call, of.0, since.0).await?;
    let words = paper.0.words(&call, Language::Sv);
    let document = pages::needs::digest(&told, &call.state.settings.organisation, words);
    Paper::of(document, &call, &paper.0)
        .answer(&call, async |_| Ok(()))
        .await
}

/// A CSV file, as the document describes it.
struct DigestCsv;

impl PartialSchema for DigestCsv {
    fn schema() -> RefOr<Schema> {
        let example = "theme,customer,customerName,statement,horizon,…\nmobilitet,KLK,…,Arbeta från alla möteslokaler,within_a_year,…";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^theme,customer,"))
            .examples([serde_json::Value::from(example)])
            .description(Some("A line for each need."))
            .into()
    }
}
impl ToSchema for DigestCsv {}

/// What the columns are called, and what stands in them.
type Column = (&'static str, fn(&DigestedNeed) -> String);

const COLUMNS: &[Column] = &[
    ("customer", |n| n.customer.code.to_string()),
    ("customerName", |n| harmless(&n.customer.name)),
    ("statement", |n| harmless(&n.statement)),
    ("horizon", |n| n.horizon.to_string()),
    ("strength", |n| n.strength.to_string()),
    ("statedOn", |n| n.stated_on.to_string()),
    ("change", |n| n.change.to_string()),
    ("outcome", |n| written(n.outcome)),
];

fn table(told: &NeedsDigest) -> Result<HttpResponse, Problem> {
    let head = std::iter::once("theme").chain(COLUMNS.iter().map(|(name, _)| *name));
    let lines = told.themes.iter().flat_map(|theme| {
        theme.needs.iter().map(|need| {
            let cells = COLUMNS.iter().map(|(_, cell)| cell(need));
            std::iter::once(harmless(&theme.theme)).chain(cells).collect()
        })
    });
    let name = format!("business-needs-{}", told.day);
    file(&name, head.map(ToOwned::to_owned).collect(), lines)
}
