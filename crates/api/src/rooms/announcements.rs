//! What customers are told of a failed installation, a disturbance or a planned change.
use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use domain::{access::Scope, announcements::*, events::Aggregate, vocabulary::*};
use persistence::{
    UnitOfWork, access, announcements as store, customers,
    references::{self, Told},
    services,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, call::Sent, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_announcements)
        .service(create_announcement)
        .service(get_announcement)
        .service(change_announcement)
        .service(create_announcement_withdrawal);
}

/// Which announcements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct AnnouncementQuery {
    /// Of this kind.
    kind: Option<AnnouncementKind>,
    /// That this customer is told.
    customer: Option<CustomerId>,
    /// About this service.
    service: Option<ServiceId>,
    /// Withdrawn (or not).
    withdrawn: Option<bool>,
    /// That last until after this time, or have no end yet.
    from: Option<DateTime<Utc>>,
    /// That begin before this time.
    before: Option<DateTime<Utc>>,
}

/// List announcements
///
/// What the customers that you may see are told, by when it begins. What is going on now has `from` and `before` at this
/// moment. Filters combine.
#[utoipa::path(tag = "announcements", operation_id = "listAnnouncements",
    params(ListQuery, AnnouncementQuery, ReferenceQuery),
    responses((status = 200, description = "A page of announcements.", body = Listing<Announcement>)))]
#[get("/announcements")]
async fn list_announcements(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<AnnouncementQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let asked = filter.0;
    let filter = store::Filter {
        kind: asked.kind,
        customer: asked.customer,
        service: asked.service,
        withdrawn: asked.withdrawn,
        from: asked.from,
        before: asked.before,
        reference: reference.0.key(),
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Announce something to customers
///
/// By anybody of a customer team, or the service desk's tool: what happens to services bears on all that use them. Name
/// customers, and they and their parts are told; name none, and all are that use one of the services. A known external
/// reference makes it an upsert, until it is withdrawn.
#[utoipa::path(tag = "announcements", operation_id = "createAnnouncement", request_body = AnnouncementInput, responses(
    (status = 201, description = "The new announcement.", body = Announcement),
    (status = 200, description = "The announcement that has the reference already.", body = Announcement)))]
#[post("/announcements")]
async fn create_announcement(call: Call, body: Body<AnnouncementInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (announcement, new) = tell(&call.scope, unit, body.value.clone()).await?;
        let path = format!("/announcements/{}", announcement.id);
        Reply::told(new, path, &announcement, call.today())
    })
    .await
}

/// Announces something, or changes what its source tells of again; with whether it is new.
pub async fn tell(
    scope: &Scope,
    unit: &mut UnitOfWork,
    input: AnnouncementInput,
) -> Result<(Announcement, bool), Problem> {
    access::admit_to_provider(unit, scope).await?;
    match references::told(unit, Announcement::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load(unit, scope, id.into()).await.map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load(unit, scope, id.into()).await.map_err(references::taken)?;
            scope.caller.may_refer(&before.references, &input.references)?;
            let named = named(scope, unit, &input).await?;
            let after = before.clone().change_by_source(input, named, unit.now())?;
            store::update(unit, "changed", &before, &after).await?;
            store::refer(unit, &after, Some(&digest)).await?;
            Ok((after, false))
        }
        Told::New { digest } => {
            scope.caller.may_refer(&[], &input.references)?;
            let named = named(scope, unit, &input).await?;
            let announcement = Announcement::publish(unit.new_id(), input, named, unit.now())?;
            store::insert(unit, &announcement, Some(&digest)).await?;
            Ok((announcement, true))
        }
    }
}

/// The things that an input names, among the customers that the caller sees.
async fn named(scope: &Scope, unit: &UnitOfWork, input: &AnnouncementInput) -> Result<NamedForAnnouncement, Problem> {
    let seen = scope.within(scope.visible.clone());
    let mut found = vec![];
    for (n, key) in input.customers.iter().enumerate() {
        let customer = customers::named(unit, &seen, key, &format!("/customers/{n}"), unit.today()).await?;
        found.push(customer.reference());
    }
    Ok(NamedForAnnouncement {
        services: services::named(unit, &input.services, "/services").await?,
        customers: found,
    })
}

/// Show an announcement
///
/// What is told, of which services, to whom, and when it is. A contact reads those for their own customer.
#[utoipa::path(tag = "announcements", operation_id = "getAnnouncement", responses(
    (status = 200, description = "The announcement.", body = Announcement),
    (status = 304, description = "You have it already.")))]
#[get("/announcements/{announcementId}")]
async fn get_announcement(call: Call, id: web::Path<AnnouncementId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Loads the announcement as the caller saw it, does the act, stores it.
async fn act(
    call: &Call,
    id: AnnouncementId,
    name: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, Announcement) -> Result<Announcement, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, name, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Change an announcement
///
/// Members that are absent stay as they are. That it is over is told by `endsAt`.
#[utoipa::path(tag = "announcements", operation_id = "changeAnnouncement", request_body = PatchOf<AnnouncementInput>,
    params(IfMatch), responses((status = 200, description = "The announcement as it is now.", body = Announcement)))]
#[patch("/announcements/{announcementId}")]
async fn change_announcement(call: Call, id: web::Path<AnnouncementId>, patch: Patch) -> Result<Reply, Problem> {
    act(&call, *id, "changed", &patch, async |unit, announcement| {
        let input: AnnouncementInput = patch.onto(&announcement)?;
        let references = announcement.references.clone();
        call.scope.caller.may_refer(&references, &input.references)?;
        let named = named(&call.scope, unit, &input).await?;
        let after = announcement.change(input, named, unit.now())?;
        if references != after.references {
            store::refer(unit, &after, None).await?;
        }
        Ok(after)
    })
    .await
}

/// Withdraw an announcement
///
/// It holds no longer, and customers are told why; a planned change stands in no wished freeze's way any more.
#[utoipa::path(tag = "announcements", operation_id = "createAnnouncementWithdrawal",
    request_body = AnnouncementWithdrawalInput, params(IfMatch),
    responses((status = 200, description = "The announcement as it is now.", body = Announcement)))]
#[post("/announcements/{announcementId}/withdrawal")]
async fn create_announcement_withdrawal(
    call: Call,
    id: web::Path<AnnouncementId>,
    body: Body<AnnouncementWithdrawalInput>,
) -> Result<Reply, Problem> {
    act(&call, *id, "withdrawn", &body, async |unit, announcement| {
        Ok(announcement.withdraw(body.value.clone(), unit.now())?)
    })
    .await
}
