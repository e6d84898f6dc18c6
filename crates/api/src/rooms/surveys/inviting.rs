//! Invitations: who is asked, the links by which they answer, and whether those arrived.
use actix_web::{HttpResponse, get, http::header, post, web};
use domain::{agreements::Language, clients::digest, surveys::*, vocabulary::*};
use persistence::{UnitOfWork, access_records, surveys as store};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::{
    State,
    http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes, table::harmless},
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_invitations)
        .service(create_invitation_links)
        .service(create_invitation_outcomes);
}

/// List a round's invitations
///
/// Who is asked, and whether the invitation arrived; never whether it was answered.
#[utoipa::path(tag = "satisfaction", operation_id = "listInvitations", params(ListQuery),
    responses((status = 200, description = "A page of invitations.", body = Listing<Invitation>)))]
#[get("/survey-rounds/{surveyRoundId}/invitations")]
async fn list_invitations(call: Call, id: web::Path<SurveyRoundId>, page: Query<ListQuery>) -> Result<Reply, Problem> {
    let round = store::get_round(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(store::invitations(&call.reader(), &round, &page.0.into()).await?)
}

/// An invitation as it is sent: the link, and the words around it.
pub struct Letter {
    /// The address at which it is answered.
    pub link: String,
    /// The digest of its secret, by which it is known again.
    pub digest: String,
    /// In one line.
    pub subject: String,
    /// The whole of it, as plain text.
    pub body: String,
}

/// Writes an invitation, or a reminder: 0 is the first that is sent. What is promised stands in it.
pub fn letter(
    state: &State,
    round: &SurveyRound,
    invitation: &Invitation,
    reminder: u32,
    language: Language,
) -> Letter {
    let secret = state.links.secret(invitation.id, reminder);
    let link = format!("{}/svara/{secret}", state.settings.public_origin());
    let swedish = language == Language::Sv;
    let say = |sv: &str, en: &str| if swedish { sv.to_owned() } else { en.to_owned() };
    let title = if swedish { &round.title.sv } else { &round.title.en };
    let subject = match reminder {
        0 => title.to_string(),
        _ => format!("{}: {title}", say("Påminnelse", "Reminder")),
    };
    let service = round.service.as_ref().map(|service| {
        let about = say("Frågorna gäller", "The questions are about");
        format!("{about} {}. ", service.name)
    });
    let organisation = match state.settings.organisation.as_str() {
        "" => say("IT-organisationen", "The IT organisation"),
        name => name.to_owned(),
    };
    let asks = say("ber om ditt svar för", "asks for your answer on behalf of");
    let until = say("Du kan svara till och med", "You can answer up to and including");
    let own = say(
        "Länken är din egen; skicka den inte vidare.",
        "The link is your own; do not pass it on.",
    );
    let body = format!(
        "{organisation} {asks} {}. {}{until} {}.\n\n{link}\n\n{}\n{own}\n",
        invitation.customer.name,
        service.unwrap_or_default(),
        round.last_day,
        promise(round.anonymity, language),
    );
    Letter {
        digest: digest(&secret),
        link,
        subject,
        body,
    }
}

/// What respondents are promised, as they read it.
pub fn promise(anonymity: Anonymity, language: Language) -> &'static str {
    match (anonymity, language) {
        (Anonymity::Anonymous, Language::Sv) => {
            "Svaret är anonymt: det sparas utan koppling till dig, kan inte ändras efteråt, och redovisas bara när tillräckligt många har svarat."
        }
        (Anonymity::Anonymous, Language::En) => {
            "Your answer is anonymous: it is kept without any link to you, cannot be changed afterwards, and is told only where enough people have answered."
        }
        (Anonymity::Confidential, Language::Sv) => {
            "Svaret är konfidentiellt: ingen får veta vem som svarat vad, och det redovisas bara när tillräckligt många har svarat. Du kan ändra det tills undersökningen stänger."
        }
        (Anonymity::Confidential, Language::En) => {
            "Your answer is confidential: nobody is told who answered what, and it is told only where enough people have answered. You can change it until the survey closes."
        }
        (Anonymity::Named, Language::Sv) => {
            "Svaret är inte anonymt: kundteamet läser vem som svarat vad. Du kan ändra det tills undersökningen stänger."
        }
        (Anonymity::Named, Language::En) => {
            "Your answer is not anonymous: the customer team reads who answered what. You can change it until the survey closes."
        }
    }
}

/// Which links to make.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationLinksInput {
    /// The first ones (0), or those of a reminder (1, 2, 3 …). Each has links of its own, and all of them work.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 5, example = 0)]
    pub reminder: u32,
}

/// A line of the table.
#[derive(Serialize)]
struct Line {
    invitation: InvitationId,
    customer: String,
    name: String,
    email: String,
    link: String,
    subject_sv: String,
    text_sv: String,
    subject_en: String,
    text_en: String,
}

/// A table of links.
struct LinksCsv;

impl PartialSchema for LinksCsv {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(16_000_000))
            .pattern(Some(r"^[^\x00]*$"))
            .description(Some("Links as CSV, UTF-8, with a header line."))
            .examples([serde_json::Value::from(
                "invitation,customer,name,email,link,subject_sv,text_sv,subject_en,text_en\n",
            )])
            .into()
    }
}

impl ToSchema for LinksCsv {}

/// Make a round's links
///
/// A table of the invitations with their links and words in both languages, for a mailing of your own. Asked again, it tells
/// the same links. From here on they count as delivered, until somebody says that one did not arrive. All who were invited are in
/// it, whether they answered or not, unless the round is `named`: then those who did are left out. Those whose invitation did
/// not arrive are not in it. A link is a secret: whoever has it can answer. Each making is put on record.
#[utoipa::path(tag = "satisfaction", operation_id = "createInvitationLinks", request_body = InvitationLinksInput,
    responses((status = 200, description = "The links.", body = LinksCsv, content_type = "text/csv")))]
#[post("/survey-rounds/{surveyRoundId}/links")]
async fn create_invitation_links(
    call: Call,
    id: web::Path<SurveyRoundId>,
    body: Body<InvitationLinksInput>,
) -> Result<HttpResponse, Problem> {
    let reminder = body.value.reminder;
    let lines = call
        .write_part(async |unit| hand_out(&call, unit, *id, reminder).await)
        .await?;
    let mut table = csv::Writer::from_writer(vec![]);
    for line in lines {
        table.serialize(line).map_err(Problem::internal)?;
    }
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"links.csv\""))
        .body(table.into_inner().map_err(Problem::internal)?))
}

async fn hand_out(call: &Call, unit: &mut UnitOfWork, id: SurveyRoundId, reminder: u32) -> Result<Vec<Line>, Problem> {
    let before = store::load_round(unit, &call.scope, id).await?;
    let after = before.clone().hand_out_links(unit.now())?;
    let mut links = vec![];
    let mut lines = vec![];
    for invitation in store::written_to(unit, &after).await? {
        let [sv, en] = [Language::Sv, Language::En].map(|l| letter(&call.state, &after, &invitation, reminder, l));
        links.push((invitation.id, sv.digest));
        lines.push(Line {
            invitation: invitation.id,
            customer: harmless(&invitation.customer.code),
            name: harmless(&invitation.contact.name),
            email: invitation.email.as_ref().map(harmless).unwrap_or_default(),
            link: sv.link,
            subject_sv: harmless(sv.subject),
            text_sv: harmless(sv.body),
            subject_en: harmless(en.subject),
            text_en: harmless(en.body),
        });
    }
    store::hand_out(unit, &links).await?;
    access_records::note(
        unit,
        "createInvitationLinks",
        domain::events::SubjectKind::SurveyRound,
        id,
    )
    .await?;
    store::update_round(unit, "links_handed_out", &before, &after).await?;
    Ok(lines)
}

/// Tell whether invitations arrived
///
/// Of a mailing of your own: the response rate is of those whose invitation arrived.
#[utoipa::path(tag = "satisfaction", operation_id = "createInvitationOutcomes", request_body = InvitationOutcomesInput,
    responses((status = 200, description = "The round as it is now.", body = SurveyRound)))]
#[post("/survey-rounds/{surveyRoundId}/invitation-outcomes")]
async fn create_invitation_outcomes(
    call: Call,
    id: web::Path<SurveyRoundId>,
    body: Body<InvitationOutcomesInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = store::load_round(unit, &call.scope, *id).await?;
        before.must_run()?;
        let bounced = store::tell_outcomes(unit, &before, &body.value.outcomes).await?;
        let after = before.clone().count_bounced(bounced)?;
        store::update_round(unit, "outcomes_told", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
