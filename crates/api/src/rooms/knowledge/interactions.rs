//! The log of communication with a customer.
use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use domain::{access::Scope, knowledge::*, vocabulary::*};
use persistence::{UnitOfWork, customers, knowledge as store, people};
use serde::Deserialize;
use utoipa::IntoParams;

use super::related;
use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_interactions)
        .service(create_interaction)
        .service(get_interaction)
        .service(change_interaction);
}

/// Which interactions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct InteractionQuery {
    /// With this customer.
    customer: Option<CustomerId>,
    /// By this way.
    channel: Option<InteractionChannel>,
    /// In which this person took part.
    person: Option<PersonId>,
    /// In which this contact took part.
    contact: Option<ContactId>,
    /// On this day or later.
    day_from: Option<NaiveDate>,
    /// Before this day.
    day_before: Option<NaiveDate>,
}

/// List interactions
///
/// How we were in touch with customers that you may see, the latest first. Filters combine.
#[utoipa::path(tag = "knowledge", operation_id = "listInteractions", params(ListQuery, InteractionQuery),
    responses((status = 200, description = "A page of interactions.", body = Listing<Interaction>)))]
#[get("/interactions")]
async fn list_interactions(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<InteractionQuery>,
) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::InteractionFilter {
        customer: q.customer,
        channel: q.channel,
        person: q.person,
        contact: q.contact,
        from: q.day_from,
        before: q.day_before,
    };
    let page = page.0.latest_first();
    call.listed(store::interactions(&call.reader(), &call.scope, &filter, &page, call.today()).await?)
}

/// Enter an interaction
///
/// That we were in touch with a customer: by which way, who took part, what was said, and which of its matters it was
/// about. Files are linked to, not kept. The team reads it; contacts do not.
#[utoipa::path(tag = "knowledge", operation_id = "createInteraction", request_body = InteractionInput,
    responses((status = 201, description = "The new interaction.", body = Interaction)))]
#[post("/interactions")]
async fn create_interaction(call: Call, body: Body<InteractionInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let interaction = record(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/interactions/{}", interaction.id), &interaction, call.today())
    })
    .await
}

/// Enters an interaction.
pub async fn record(scope: &Scope, unit: &mut UnitOfWork, input: InteractionInput) -> Result<Interaction, Problem> {
    let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
    let named = named(scope, unit, &input, customer.reference(), None).await?;
    let by = scope.caller.raiser().ok_or(Problem::Forbidden)?;
    let times = (unit.now(), unit.today());
    let interaction = Interaction::record(unit.new_id(), input, named, by, times)?;
    store::insert_interaction(unit, &interaction).await?;
    Ok(interaction)
}

/// The things that an input names. Who took part `before` may have left since.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &InteractionInput,
    customer: CustomerRef,
    before: Option<&Interaction>,
) -> Result<NamedForInteraction, Problem> {
    let mut persons: Vec<PersonRef> = vec![];
    for (n, id) in input.persons.iter().enumerate() {
        let known = before.and_then(|before| before.persons.iter().find(|person| person.id == *id));
        let person = match known {
            Some(person) => person.clone(),
            None => people::named(unit, *id, Days::on(input.day), &format!("/persons/{n}")).await?,
        };
        if !persons.contains(&person) {
            persons.push(person);
        }
    }
    let mut contacts: Vec<ContactRef> = vec![];
    for (n, key) in input.contacts.iter().enumerate() {
        let known = before.and_then(|before| before.contacts.iter().find(|contact| *key == Key::Id(contact.id)));
        let contact = match known {
            Some(contact) => contact.clone(),
            None => people::named_contact(unit, key, &customer, &format!("/contacts/{n}"), input.day).await?,
        };
        if !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    let found = related::found(scope, unit, &input.about, "/about").await?;
    let about = Found::all_of(&customer, found, "/about")?;
    Ok(NamedForInteraction {
        customer,
        persons,
        contacts,
        about,
    })
}

/// Show an interaction
///
/// One entry of the log of communication.
#[utoipa::path(tag = "knowledge", operation_id = "getInteraction", responses(
    (status = 200, description = "The interaction.", body = Interaction),
    (status = 304, description = "You have it already.")))]
#[get("/interactions/{interactionId}")]
async fn get_interaction(call: Call, id: web::Path<InteractionId>) -> Result<Reply, Problem> {
    call.found(&store::interaction(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Correct an interaction
///
/// Whoever entered it corrects it; what it said before stands in the events. Members that are absent stay as they are; the
/// customer always does.
#[utoipa::path(tag = "knowledge", operation_id = "changeInteraction", request_body = PatchOf<InteractionInput>,
    params(IfMatch), responses((status = 200, description = "The interaction as it is now.", body = Interaction)))]
#[patch("/interactions/{interactionId}")]
async fn change_interaction(call: Call, id: web::Path<InteractionId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_interaction(unit, &call.scope, *id).await?)?;
        let input: InteractionInput = patch.onto(&before)?;
        let customer = match &input.customer {
            Key::Id(id) if *id == before.customer.id => before.customer.clone(),
            key => {
                let seen = call.scope.within(call.scope.visible.clone());
                customers::named(unit, &seen, key, "/customer", call.today())
                    .await?
                    .reference()
            }
        };
        let named = named(&call.scope, unit, &input, customer, Some(&before)).await?;
        let after = before.clone().correct(input, named, (call.now(), call.today()))?;
        store::update_interaction(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
