//! Erasing a contact, wherever the store tells of them (R22).
use domain::people::{Contact, Erased, Erasure};

use super::update_contact;
use crate::{Error, date_feeds, events, notifications, requests, store::UnitOfWork, surveys, value};

/// Erases a loaded contact; once more, it takes away what was left. The log must be in order, so that all of their events
/// are found.
pub async fn erase(unit: &mut UnitOfWork, before: &Contact, erasure: Erasure) -> Result<(Contact, Erased), Error> {
    let names = names(before);
    let of_surveys = surveys::forget(unit, before.id).await?;
    date_feeds::forget(unit, before.id).await?;
    let mut erased = Erased {
        answers: of_surveys.answers,
        survey_comments: of_surveys.comments,
        request_comments: requests::forget_words(unit, before.id).await?,
        assessment_comments: value::forget_words(unit, before.id).await?,
        mails: notifications::forget(unit, before.id).await?,
        kept_replies: unit.forget_answers_of(before.id).await?,
        ..Erased::default()
    };
    if before.erasure.is_some() {
        erased.log_values = events::forget(unit, before.id, &[]).await?;
        return Ok((before.clone(), erased));
    }
    erased.invitations = of_surveys.invitations;
    erased.log_values = events::forget(unit, before.id, &names).await?;
    let after = before.clone().erase(erasure)?;
    // The event tells that they were erased, and not once more what was.
    update_contact(unit, "erased", &before.clone().unnamed()?, &after, None).await?;
    Ok((after, erased))
}

/// What they are called, and where they are reached.
fn names(contact: &Contact) -> Vec<String> {
    let all = [
        Some(contact.name.to_string()),
        contact.email.as_ref().map(ToString::to_string),
        contact.phone.as_ref().map(ToString::to_string),
        contact.identity.as_ref().map(|identity| identity.subject.to_string()),
    ];
    all.into_iter().flatten().collect()
}
