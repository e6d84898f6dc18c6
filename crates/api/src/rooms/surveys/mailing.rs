//! Invitations and reminders by mail: put in line here, sent by `mailing`.
use actix_web::{get, post, web};
use domain::{Rule, RuleCode, notifications::*, vocabulary::*};
use persistence::{notifications as outbox, surveys as store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(create_round_mailing).service(list_notifications);
}

/// What to send.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailingInput {
    /// The invitation (0), or which reminder.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 5, example = 0)]
    pub reminder: u32,
}

/// Send a round's invitations by mail
///
/// They are put in line and sent by the organisation's mail server as fast as it takes them; what it does not take is tried for two
/// days. On the days of its reminders the round then reminds by itself. Asked again, only those are put in line who are not in it:
/// nobody is told the same twice. All who were invited are reminded, whether they answered or not, unless the round is `named`: who
/// is spared a reminder has answered, and no trace of that may be left. Those without an address are counted; make their links with
/// `createInvitationLinks`.
#[utoipa::path(tag = "satisfaction", operation_id = "createRoundMailing", request_body = MailingInput,
    responses((status = 200, description = "What was put in line.", body = Queued)))]
#[post("/survey-rounds/{surveyRoundId}/mailing")]
async fn create_round_mailing(
    call: Call,
    id: web::Path<SurveyRoundId>,
    body: Body<MailingInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let round = store::load_round(unit, &call.scope, *id).await?;
        if call.state.settings.mail_server().is_none() {
            let detail = "No mail server is set up (mail_server_url); make the links, and send them yourself.";
            return Err(Rule::new(RuleCode::State, detail).into());
        }
        Reply::plain(&outbox::queue(unit, &round, body.value.reminder).await?)
    })
    .await
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct NotificationQuery {
    /// That stand so.
    state: Option<NotificationState>,
}

/// List a round's mails
///
/// Every invitation and reminder that was or is to be sent by mail: where it stands, and why it was not taken. For the customers'
/// team alone: in a named round, who was spared a reminder has answered.
#[utoipa::path(tag = "satisfaction", operation_id = "listNotifications", params(ListQuery, NotificationQuery),
    responses((status = 200, description = "A page of mails.", body = Listing<Notification>)))]
#[get("/survey-rounds/{surveyRoundId}/notifications")]
async fn list_notifications(
    call: Call,
    id: web::Path<SurveyRoundId>,
    page: Query<ListQuery>,
    filter: Query<NotificationQuery>,
) -> Result<Reply, Problem> {
    let round = store::get_round(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(outbox::list(&call.reader(), &round, filter.0.state, &page.0.into()).await?)
}
