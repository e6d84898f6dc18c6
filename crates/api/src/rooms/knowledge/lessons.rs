//! What was learned, for every team to read.
use actix_web::{get, patch, post, web};
use domain::{
    access::{Caller, Scope},
    knowledge::*,
    vocabulary::*,
};
use persistence::{UnitOfWork, access, knowledge as store, requests, services};
use serde::Deserialize;
use utoipa::IntoParams;

use super::related;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_lessons)
        .service(create_lesson)
        .service(get_lesson)
        .service(change_lesson)
        .service(create_lesson_reader);
}

/// Which lessons.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LessonQuery {
    /// For this service.
    service: Option<ServiceId>,
    /// That fit this request: for one of its services, or about the same.
    request: Option<RequestId>,
    /// Learned at this customer.
    customer: Option<CustomerId>,
    /// That you have not read yet.
    unread: Option<bool>,
    /// Every one of these words, in any of its forms.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f]+$")]
    words: Option<String>,
}

/// List lessons
///
/// What was learned in any team, by when it was written. Filters combine; `words` finds Swedish and English forms, and
/// `request` what fits a request: lessons for one of its services, and those that share what it says. Customers and
/// matters that you may not see are left out of a lesson.
#[utoipa::path(tag = "knowledge", operation_id = "listLessons", params(ListQuery, LessonQuery),
    responses((status = 200, description = "A page of lessons.", body = Listing<Lesson>)))]
#[get("/lessons")]
async fn list_lessons(call: Call, page: Query<ListQuery>, filter: Query<LessonQuery>) -> Result<Reply, Problem> {
    let (asked, reader) = (filter.0, call.reader());
    let seen = call.scope.within(call.scope.visible.clone());
    let fitting = match asked.request {
        None => None,
        Some(id) => match requests::get(&reader, &seen, id, call.today()).await {
            Ok(request) => Some(store::Fitting::of(&reader, &request).await?),
            // By what may not be seen, nothing is found (R20).
            Err(persistence::Error::NotFound) => Some(store::Fitting::default()),
            Err(other) => return Err(other.into()),
        },
    };
    let filter = store::LessonFilter {
        service: asked.service,
        fitting,
        customer: asked.customer,
        unread_by: match (&call.scope.caller, asked.unread) {
            (Caller::Person { person, .. }, Some(unread)) => Some((person.id, unread)),
            _ => None,
        },
        words: asked.words,
    };
    call.listed(store::lessons(&reader, &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Write a lesson
///
/// What happened and what was learned, for which services; from a request, an agreement or an improvement that you see.
/// Anybody who has a role in a team writes. Name no customer in its words: every team reads them.
#[utoipa::path(tag = "knowledge", operation_id = "createLesson", request_body = LessonInput,
    responses((status = 201, description = "The new lesson.", body = Lesson)))]
#[post("/lessons")]
async fn create_lesson(call: Call, body: Body<LessonInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let lesson = write(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/lessons/{}", lesson.id), &lesson.shown(), call.today())
    })
    .await
}

/// Writes a lesson.
pub async fn write(scope: &Scope, unit: &mut UnitOfWork, input: LessonInput) -> Result<Lesson, Problem> {
    access::admit_to_provider(unit, scope).await?;
    let Caller::Person { person, .. } = &scope.caller else {
        return Err(Problem::Forbidden);
    };
    let services = services::named(unit, &input.services, "/services").await?;
    let origin = match &input.origin {
        Some(told) => Some(related::found_one(scope, unit, told, "/origin/id").await?),
        None => None,
    };
    let lesson = Lesson::write(unit.new_id(), input, services, origin, person.clone(), unit.now());
    store::insert_lesson(unit, &lesson).await?;
    Ok(lesson)
}

/// Show a lesson
///
/// What happened, what was learned, and who has read it.
#[utoipa::path(tag = "knowledge", operation_id = "getLesson", responses(
    (status = 200, description = "The lesson.", body = Lesson),
    (status = 304, description = "You have it already.")))]
#[get("/lessons/{lessonId}")]
async fn get_lesson(call: Call, id: web::Path<LessonId>) -> Result<Reply, Problem> {
    let lesson = store::lesson(&call.reader(), &call.scope, *id, call.today()).await?;
    call.found(&lesson.shown())
}

/// Change a lesson
///
/// Members that are absent stay as they are, also what it was learned from where you do not see it.
#[utoipa::path(tag = "knowledge", operation_id = "changeLesson", request_body = PatchOf<LessonInput>,
    params(IfMatch), responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
#[patch("/lessons/{lessonId}")]
async fn change_lesson(call: Call, id: web::Path<LessonId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = store::load_lesson(unit, &call.scope, *id).await?;
        access::admit_to_provider(unit, &call.scope).await?;
        let before = call.unchanged(before)?;
        let input: LessonInput = patch.onto(&before)?;
        let services = services::named(unit, &input.services, "/services").await?;
        let known = before.origin.as_ref().map(|origin| (origin.kind, origin.id));
        let origin = match &input.origin {
            told if told.as_ref().map(|told| (told.kind, told.id)) == known => None,
            Some(told) => Some(Some(related::found_one(&call.scope, unit, told, "/origin/id").await?)),
            None => Some(None),
        };
        let after = before.clone().change(input, services, origin, call.now());
        store::update_lesson(unit, &before, &after).await?;
        Reply::ok(&after.shown(), call.today())
    })
    .await
}

/// Say that you have read a lesson
///
/// The lesson shows who has read it, and when. Once more, it changes nothing.
#[utoipa::path(tag = "knowledge", operation_id = "createLessonReader",
    responses((status = 200, description = "The lesson as it is now.", body = Lesson)))]
#[post("/lessons/{lessonId}/readers")]
async fn create_lesson_reader(call: Call, id: web::Path<LessonId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let Caller::Person { person, .. } = &call.scope.caller else {
            return Err(Problem::Forbidden);
        };
        let before = store::load_lesson(unit, &call.scope, *id).await?;
        let already = store::has_read(unit, before.id, person.id).await?;
        let Some(after) = before.clone().read(person.clone(), already, call.now()) else {
            return Reply::ok(&before.shown(), call.today());
        };
        store::insert_reader(unit, &before, &after).await?;
        Reply::ok(&after.shown(), call.today())
    })
    .await
}
