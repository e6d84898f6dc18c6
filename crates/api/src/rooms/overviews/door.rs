//! Where the overview is read as a page, outside the document: whoever has a link that was signed for it sees it as the one
//! who asked for the link does, for ten minutes.
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::Duration;
use domain::{access::Permission, agreements::Language, vocabulary::CustomerId};
use persistence::{overviews::customer_overview, service_levels::LocalTime};

use crate::{
    State,
    http::{Problem, frame::language_of_page},
    pages::{self, Words, paper},
};

/// How long a link opens the page.
pub const LIFETIME: Duration = Duration::minutes(10);

/// The routes outside the document.
pub fn route(config: &mut web::ServiceConfig) {
    config.route("/pages/customers/{customerId}/overview", web::get().to(show));
}

/// Where the customer's page is.
pub fn path(customer: CustomerId) -> String {
    format!("/pages/customers/{customer}/overview")
}

async fn show(
    state: web::Data<State>,
    request: HttpRequest,
    customer: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut members = form_urlencoded::parse(request.query_string().as_bytes());
    let link = members.find(|(name, _)| name == "link");
    let link = link.map(|(_, token)| token).unwrap_or_default();
    let words = Words::of(language_of_page(&request).unwrap_or(Language::Sv));
    let (provider, time) = (&state.settings.organisation, state.local_time());
    Ok(match overview(&state, &customer, &link, time).await? {
        Some(overview) => paper::page(
            StatusCode::OK,
            &pages::overview::overview(&overview, provider, words, time),
        ),
        None => paper::page(StatusCode::NOT_FOUND, &pages::overview::closed(provider, words, time)),
    })
}

/// The overview as the one sees it who asked for the link; none where the link does not open it, or no longer.
async fn overview(
    state: &State,
    customer: &str,
    link: &str,
    time: LocalTime,
) -> Result<Option<persistence::overviews::CustomerOverview>, Problem> {
    let Ok(customer) = customer.parse::<CustomerId>() else {
        return Ok(None);
    };
    let (page, today) = (path(customer), time.today());
    let Some(caller) = state
        .tokens
        .page_caller(link, &page, &state.db, time.now, today)
        .await?
    else {
        return Ok(None);
    };
    let permission = Permission::of("getCustomerOverview").ok_or(Problem::Forbidden)?;
    let Ok(scope) = permission.scope(&caller, state.settings.other_customers) else {
        return Ok(None);
    };
    let weights = &state.settings.relation_weights;
    match customer_overview(&state.db.reader(), &scope, customer, weights, time).await {
        Ok(overview) => Ok(Some(overview)),
        Err(persistence::Error::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
