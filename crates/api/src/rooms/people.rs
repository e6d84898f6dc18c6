//! Persons of the IT organisation, and contacts of customers.
use actix_web::{delete, get, patch, post, web};
use domain::{
    access::{Caller, Scope},
    customers::End,
    events::{Aggregate, SubjectKind},
    people::*,
    vocabulary::*,
};
use persistence::{
    UnitOfWork, access_records, customers, people as store,
    references::{self, Told},
    teams,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_persons)
        .service(create_person)
        .service(get_person)
        .service(change_person)
        .service(depart_person)
        .service(delete_person)
        .service(list_contacts)
        .service(create_contact)
        .service(get_contact)
        .service(change_contact)
        .service(end_contact)
        .service(get_contact_export)
        .service(create_contact_erasure)
        .service(delete_contact);
}

/// Which persons.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PersonQuery {
    /// With this e-mail address.
    email: Option<EmailAddress>,
}

/// List persons
///
/// The persons of the IT organisation, by name in Swedish order.
#[utoipa::path(tag = "people", operation_id = "listPersons", params(ListQuery, PersonQuery),
    responses((status = 200, description = "A page of persons.", body = Listing<Person>)))]
#[get("/persons")]
async fn list_persons(call: Call, page: Query<ListQuery>, filter: Query<PersonQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), filter.0.email.as_ref(), &page.0.into()).await?)
}

/// Enter a person
///
/// Someone of the IT organisation, who can then have roles in teams. An identity lets them sign in as themselves.
#[utoipa::path(tag = "people", operation_id = "createPerson", request_body = PersonInput,
    responses((status = 201, description = "The new person.", body = Person)))]
#[post("/persons")]
async fn create_person(call: Call, body: Body<PersonInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let person = Person::register(unit.new_id(), body.value.clone(), unit.now());
        store::insert(unit, &person).await?;
        Reply::created(format!("/persons/{}", person.id), &person, call.today())
    })
    .await
}

/// Show a person
///
/// One person of the IT organisation.
#[utoipa::path(tag = "people", operation_id = "getPerson", responses(
    (status = 200, description = "The person.", body = Person),
    (status = 304, description = "You have it already.")))]
#[get("/persons/{personId}")]
async fn get_person(call: Call, id: web::Path<PersonId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Change a person
///
/// Members that are absent stay as they are.
#[utoipa::path(tag = "people", operation_id = "changePerson", request_body = PatchOf<PersonInput>, params(IfMatch),
    responses((status = 200, description = "The person as they are now.", body = Person)))]
#[patch("/persons/{personId}")]
async fn change_person(call: Call, id: web::Path<PersonId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?);
        store::update(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Record that a person leaves
///
/// Every role ends with the last day. Never refused: a team that is left short becomes `forming`, keeps its customers,
/// and the coverage report lists it.
#[utoipa::path(tag = "people", operation_id = "departPerson", request_body = End, params(IfMatch),
    responses((status = 200, description = "The person as they are now.", body = Person)))]
#[post("/persons/{personId}/departure")]
async fn depart_person(call: Call, id: web::Path<PersonId>, body: Body<End>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let last_day = body.value.last_day;
        for team in teams::load_with_person(unit, before.id, last_day).await? {
            let left = team.clone().lose(before.id, last_day, call.today());
            teams::update(unit, "left", &team, &left).await?;
        }
        let after = before.clone().depart(last_day);
        store::update(unit, "departed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a person
///
/// Only while nothing refers to them; someone who has had a role or raised a request departs instead.
#[utoipa::path(tag = "people", operation_id = "deletePerson", params(IfMatch),
    responses((status = 204, description = "They are gone.")))]
#[delete("/persons/{personId}")]
async fn delete_person(call: Call, id: web::Path<PersonId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let person = call.unchanged(store::load(unit, *id).await?)?;
        store::delete(unit, &person).await?;
        Ok(Reply::gone())
    })
    .await
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContactQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// With this e-mail address.
    email: Option<EmailAddress>,
}

/// List contacts
///
/// The persons at customers that you may see, by name in Swedish order.
#[utoipa::path(tag = "people", operation_id = "listContacts", params(ListQuery, ContactQuery, ReferenceQuery),
    responses((status = 200, description = "A page of contacts.", body = Listing<Contact>)))]
#[get("/contacts")]
async fn list_contacts(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<ContactQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let Query(ContactQuery { customer, email }) = filter;
    let filter = store::ContactFilter {
        customer,
        email,
        reference: reference.0.key(),
    };
    call.listed(store::list_contacts(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Enter a contact
///
/// Someone at a customer, with the mandates they hold: on which decision, up to which amount, and in whose stead. A
/// deputy's mandate (`deputyFor`) holds only while the principal's own does. A known external reference makes it an
/// upsert.
#[utoipa::path(tag = "people", operation_id = "createContact", request_body = ContactInput, responses(
    (status = 201, description = "The new contact.", body = Contact),
    (status = 200, description = "The contact that has the reference already.", body = Contact)))]
#[post("/contacts")]
async fn create_contact(call: Call, body: Body<ContactInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (contact, new) = tell(&call.scope, unit, body.value.clone()).await?;
        Reply::told(new, format!("/contacts/{}", contact.id), &contact, call.today())
    })
    .await
}

/// Makes a contact, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(scope: &Scope, unit: &mut UnitOfWork, input: ContactInput) -> Result<(Contact, bool), Problem> {
    match references::told(unit, Contact::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load_contact(unit, scope, id.into())
                .await
                .map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load_contact(unit, scope, id.into())
                .await
                .map_err(references::taken)?;
            Ok((revise(scope, unit, before, input, Some(&digest)).await?, false))
        }
        Told::New { digest } => {
            scope.caller.may_refer(&[], &input.references)?;
            let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
            customer.must_be_active()?;
            let principals = store::principals(unit, customer.id, &input.mandates).await?;
            let contact = Contact::register(unit.new_id(), input, customer.reference(), &principals, unit.now())?;
            store::insert_contact(unit, &contact, Some(&digest)).await?;
            Ok((contact, true))
        }
    }
}

/// The contact as told anew. `digest` is of the document that its source sent.
pub async fn revise(
    scope: &Scope,
    unit: &mut UnitOfWork,
    before: Contact,
    input: ContactInput,
    digest: Option<&str>,
) -> Result<Contact, Problem> {
    scope.caller.may_refer(&before.references, &input.references)?;
    let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
    let principals = store::principals(unit, customer.id, &input.mandates).await?;
    let after = before.clone().change(input, customer.reference(), &principals)?;
    store::update_contact(unit, "changed", &before, &after, digest).await?;
    Ok(after)
}

/// Show a contact
///
/// One person at a customer, with mandates.
#[utoipa::path(tag = "people", operation_id = "getContact", responses(
    (status = 200, description = "The contact.", body = Contact),
    (status = 304, description = "You have it already.")))]
#[get("/contacts/{contactId}")]
async fn get_contact(call: Call, id: web::Path<ContactId>) -> Result<Reply, Problem> {
    call.found(&store::get_contact(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change a contact
///
/// Members that are absent stay as they are. A contact stays with its customer.
#[utoipa::path(tag = "people", operation_id = "changeContact", request_body = PatchOf<ContactInput>, params(IfMatch),
    responses((status = 200, description = "The contact as they are now.", body = Contact)))]
#[patch("/contacts/{contactId}")]
async fn change_contact(call: Call, id: web::Path<ContactId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_contact(unit, &call.scope, *id).await?)?;
        let input = patch.onto(&before)?;
        let after = revise(&call.scope, unit, before, input, None).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// End a contact
///
/// They speak for the customer up to and including the last day; what they said stays.
#[utoipa::path(tag = "people", operation_id = "endContact", request_body = End, params(IfMatch),
    responses((status = 200, description = "The contact as they are now.", body = Contact)))]
#[post("/contacts/{contactId}/end")]
async fn end_contact(call: Call, id: web::Path<ContactId>, body: Body<End>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load_contact(unit, &call.scope, *id).await?)?;
        let after = before.clone().end(body.value.last_day);
        store::update_contact(unit, "ended", &before, &after, None).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Export a contact
///
/// All that is kept of somebody at a customer, as one document: who they are, their mandates, what they raised and wrote, which
/// surveys they were asked to answer, what they answered, what was sent to them, and what they did. For the contact, of
/// themselves; and for the managers of the customer's team, without what respondents were promised that nobody is told. Each
/// export is put on record.
#[utoipa::path(tag = "people", operation_id = "getContactExport", responses(
    (status = 200, description = "The document.", body = store::ContactExport)))]
#[get("/contacts/{contactId}/export")]
async fn get_contact_export(call: Call, id: web::Path<ContactId>) -> Result<Reply, Problem> {
    let export = call
        .write_part(async |unit| {
            let contact = store::load_contact(unit, &call.scope, *id).await?;
            let reading = match &call.scope.caller {
                Caller::Contact { contact: own, .. } if own.id == contact.id => store::Reading::Own,
                Caller::Contact { .. } => return Err(Problem::NotPermitted),
                _ => store::Reading::Team,
            };
            access_records::note(unit, "getContactExport", SubjectKind::Contact, *id).await?;
            call.db().order_events().await?;
            Ok(store::export(unit, &call.scope, contact, reading).await?)
        })
        .await?;
    Reply::plain(&export)
}

/// Erase a contact
///
/// For good, on a decision: their name, addresses, references and words are removed, from the event log too, which goes on
/// verifying. They speak for the customer no more, and invitations of open surveys end. What they answered in surveys counts as
/// before, and leads to nobody. The answer says what was done, what stays, and why. Done again, it takes away what was left.
#[utoipa::path(tag = "people", operation_id = "createContactErasure", request_body = ErasureInput, params(IfMatch),
    responses((status = 200, description = "What was done.", body = ErasureReport)))]
#[post("/contacts/{contactId}/erasure")]
async fn create_contact_erasure(
    call: Call,
    id: web::Path<ContactId>,
    body: Body<ErasureInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load_contact(unit, &call.scope, *id).await?)?;
        // Nobody changes them while they are held: all of their events are in order after this.
        call.db().order_events().await?;
        let erasure = Erasure {
            day: unit.today(),
            basis: body.value.basis.clone(),
        };
        let (contact, erased) = store::erase(unit, &before, erasure).await?;
        let kept = kept().map_err(Problem::internal)?;
        Reply::plain(&ErasureReport { contact, erased, kept })
    })
    .await
}

/// Remove a contact
///
/// Only while nothing refers to them; someone who has raised or endorsed a request is ended instead.
#[utoipa::path(tag = "people", operation_id = "deleteContact", params(IfMatch),
    responses((status = 204, description = "They are gone.")))]
#[delete("/contacts/{contactId}")]
async fn delete_contact(call: Call, id: web::Path<ContactId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let contact = call.unchanged(store::load_contact(unit, &call.scope, *id).await?)?;
        store::delete_contact(unit, &contact).await?;
        Ok(Reply::gone())
    })
    .await
}
