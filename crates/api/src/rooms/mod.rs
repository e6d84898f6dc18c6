//! The operations, a file a room. Each handler stands with its documentation; its right was checked in front of it.
pub mod about;
pub mod access_records;
pub mod agreements;
pub mod announcements;
pub mod backlog;
pub mod calendars;
pub mod clients;
pub mod connections;
pub mod customers;
pub mod date_feeds;
pub mod deputies;
pub mod events;
pub mod exchange;
pub mod feeds;
pub mod improvements;
pub mod knowledge;
pub mod measurements;
pub mod meetings;
pub mod overviews;
pub mod people;
pub mod planned_activities;
pub mod requests;
pub mod satisfaction;
pub mod service_levels;
pub mod services;
pub mod succession;
pub mod surveys;
pub mod teams;
pub mod value;
pub mod webhooks;
pub mod weighing;

use utoipa::IntoParams;

use crate::http::Routes;

/// Every operation; routes and document are made of this one list. What other systems ask for most often comes first:
/// routes are tried one after the other.
pub fn all(routes: &mut Routes) {
    routes
        .configure(requests::routes)
        .configure(feeds::routes)
        .configure(backlog::routes)
        .configure(about::routes)
        .configure(customers::routes)
        .configure(succession::routes)
        .configure(people::routes)
        .configure(services::routes)
        .configure(teams::routes)
        .configure(agreements::routes)
        .configure(deputies::routes)
        .configure(calendars::routes)
        .configure(weighing::routes)
        .configure(overviews::routes)
        .configure(measurements::routes)
        .configure(service_levels::routes)
        .configure(satisfaction::routes)
        .configure(surveys::routes)
        .configure(improvements::routes)
        .configure(value::routes)
        .configure(knowledge::routes)
        .configure(planned_activities::routes)
        .configure(announcements::routes)
        .configure(date_feeds::routes)
        .configure(meetings::routes)
        .configure(events::routes)
        .configure(access_records::routes)
        .configure(webhooks::routes)
        .configure(exchange::routes)
        .configure(clients::routes)
        .configure(connections::routes);
}

/// The version that the caller saw.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "the document's description of a header that `Call` reads")]
pub struct IfMatch {
    /// The ETag that you last saw of the thing; without it 428, with an old one 412. `*` stands for whatever it is now:
    /// for trying out, since another's change may be lost by it.
    #[param(
        rename = "If-Match",
        min_length = 1,
        max_length = 512,
        pattern = "^[!-~]([ -~]*[!-~])?$",
        example = "*"
    )]
    if_match: String,
}
