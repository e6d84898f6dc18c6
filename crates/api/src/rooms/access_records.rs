//! Who read what is protected.
use actix_web::get;
use chrono::NaiveDate;
use domain::{access_records::AccessRecord, calendars::midnight, events::ActorKind};
use persistence::access_records as store;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(list_access_records);
}

/// Which records.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct AccessRecordQuery {
    /// Of reading this thing.
    #[param(min_length = 36, max_length = 36)]
    subject: Option<uuid::Uuid>,
    /// By callers of this kind.
    actor_kind: Option<ActorKind>,
    /// By this person, contact, client or administrator.
    #[param(min_length = 1, max_length = 255, pattern = r"^[!-~]+$")]
    actor: Option<String>,
    /// On this day or later.
    first_day: Option<NaiveDate>,
    /// On this day or earlier.
    last_day: Option<NaiveDate>,
}

/// List who read what is protected
///
/// Who read free text or named answers of surveys, made links, or exported a contact, each time; and in which hours somebody read
/// the audit trail or exported agreements or the backlog. It tells that it was read, and never what it says. Latest first.
#[utoipa::path(tag = "events", operation_id = "listAccessRecords", params(ListQuery, AccessRecordQuery),
    responses((status = 200, description = "A page of records.", body = Listing<AccessRecord>)))]
#[get("/access-records")]
async fn list_access_records(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<AccessRecordQuery>,
) -> Result<Reply, Problem> {
    let zone = call.local_time().zone;
    let AccessRecordQuery {
        subject,
        actor_kind,
        actor,
        first_day,
        last_day,
    } = filter.0;
    let filter = store::Filter {
        subject,
        actor_kind,
        actor,
        from: first_day.map(|day| midnight(zone, day)),
        before: last_day.and_then(|day| day.succ_opt()).map(|day| midnight(zone, day)),
    };
    call.listed(store::list(&call.reader(), &filter, &page.0.latest_first()).await?)
}
