//! The callers, and for each operation a fresh thing in a state in which the operation can be done.
use api::identity::Kind;
use end_to_end::{Answer, Caller, Service, World, world::measured};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    bodies::*,
    table::{NOBODY, Row},
};

/// An operation, as far as a caller must know it.
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub wants_match: bool,
}

/// Whose the thing is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// KLK-HR's.
    Home,
    /// BUN's.
    Away,
    /// Nobody's: it does not exist.
    Unknown,
}

/// An operation, ready to be done.
pub struct Case {
    pub path: String,
    pub etag: String,
    pub body: Value,
    /// The customer whose thing it is, or who is named.
    customer: String,
}

/// The thing that a path names: its ids, its ETag, and the customer whose it is where that is not the branch's own.
#[derive(Default)]
struct Thing {
    ids: Vec<(&'static str, String)>,
    etag: String,
    customer: Option<String>,
    /// What is sent to it, where that depends on it.
    body: Option<Value>,
}

impl Thing {
    fn new(name: &'static str, answer: &Answer) -> Self {
        Self {
            ids: vec![(name, answer.id())],
            etag: answer.etag(),
            ..Self::default()
        }
    }

    fn and(mut self, name: &'static str, id: String) -> Self {
        self.ids.push((name, id));
        self
    }
}

/// One side of the world, and who acts there.
struct Branch {
    customer: String,
    team: String,
    brm: Caller,
    dm: Caller,
    decider: Caller,
    decider_id: String,
    raiser: Caller,
}

/// The world with a service owner of its own and two systems: one without limit, and any that is limited.
pub struct Stage {
    pub service: Service,
    pub world: World,
    admin: Caller,
    home: Branch,
    away: Branch,
    service_owner: Caller,
    system: String,
    system_elsewhere: String,
    delivery: tokio::sync::OnceCell<(String, String)>,
}

/// A subscription with a delivery, whatever became of it.
async fn delivered(system: &Caller) -> (String, String) {
    let made = made(system, "/webhook-subscriptions", webhook()).await;
    let path = format!("/webhook-subscriptions/{}", made.id());
    system
        .act(&format!("{path}/test-event"), &made.etag(), Value::Null)
        .await
        .expect(200);
    for _ in 0..200 {
        let seen = system.get(&format!("{path}/deliveries")).await.expect(200);
        if let Some(delivery) = seen.items().first() {
            return (made.id(), delivery["id"].as_str().expect("an id").to_owned());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing is delivered");
}

impl Stage {
    pub async fn set(service: Service) -> Self {
        let world = World::build(&service).await;
        let admin = service.administrator();
        // The world's own service owner is in both teams.
        let printing = made(
            &admin,
            "/services",
            json!({"code": "PRINT", "name": "Utskrift", "metrics": measured()}),
        )
        .await
        .id();
        let owner = made(&admin, "/persons", json!({"name": "Sven Tjanst"})).await.id();
        join(&admin, &world.team, &owner, "service_owner", &[&printing]).await;
        let system = made(&admin, "/clients", client(None)).await.id();
        let system_elsewhere = made(&admin, "/clients", client(Some(&world.bun))).await.id();
        Self {
            home: Branch {
                customer: world.klk_hr.clone(),
                team: world.team.clone(),
                brm: world.brm.clone(),
                dm: world.dm.clone(),
                decider: world.decider.clone(),
                decider_id: world.decider_id.clone(),
                raiser: world.purchaser.clone(),
            },
            away: Branch {
                customer: world.bun.clone(),
                team: world.other_team.clone(),
                brm: world.other_brm.clone(),
                dm: world.other_dm.clone(),
                decider: world.stranger.clone(),
                decider_id: world.stranger_id.clone(),
                raiser: world.stranger.clone(),
            },
            service_owner: service.caller(Kind::Person, &owner),
            service,
            world,
            admin,
            system,
            system_elsewhere,
            delivery: tokio::sync::OnceCell::new(),
        }
    }

    /// A caller of the kind that a column names.
    pub async fn caller(&self, kind: &str, row: &Row, case: &Case) -> Caller {
        let scope = if row.scope.is_empty() {
            scopes_without("")
        } else {
            row.scope.clone()
        };
        let system = |id: &str, scope: &str| self.service.caller_with(Kind::Client, id, scope);
        match kind {
            "administrator" => self.admin.clone(),
            "auditor" => self.service.auditor(),
            "brm" => self.world.brm.clone(),
            "dm" => self.world.dm.clone(),
            "service_owner" => self.service_owner.clone(),
            "other_team" => self.world.other_brm.clone(),
            "no_team" => self.world.loner.clone(),
            "decider" => self.world.decider.clone(),
            "purchaser" => self.world.purchaser.clone(),
            "key_user" => self.world.key_user.clone(),
            "parent_decider" => self.world.chief.clone(),
            "stranger" => self.world.stranger.clone(),
            "client" => system(&self.system, &scope),
            "client_without" => system(&self.system, &scopes_without(&row.scope)),
            "client_elsewhere" => system(&self.limited_to(case).await, &scope),
            NOBODY => self.service.nobody(),
            other => panic!("{other} is no kind of caller"),
        }
    }

    /// A system that is limited to away, or to the part of away that was made for the case.
    async fn limited_to(&self, case: &Case) -> String {
        let own = [&self.home.customer, &self.away.customer];
        let parent = match own.contains(&&case.customer) {
            true => return self.system_elsewhere.clone(),
            false => self.admin.get(&format!("/customers/{}", case.customer)).await,
        };
        match parent.body["parent"]["id"] == *self.away.customer {
            true => made(&self.admin, "/clients", client(Some(&case.customer))).await.id(),
            false => self.system_elsewhere.clone(),
        }
    }

    /// A fresh thing for the operation, in a state in which it can be done.
    pub async fn case(&self, operation: &Operation, place: Place) -> Case {
        let branch = if place == Place::Away { &self.away } else { &self.home };
        let nothing = Uuid::now_v7().to_string();
        let thing = match place {
            Place::Unknown => Thing {
                etag: "\"1\"".into(),
                ..Thing::default()
            },
            _ => self.thing(operation, branch).await,
        };
        let named = if place == Place::Unknown {
            &nothing
        } else {
            &branch.customer
        };
        let mut path = operation.path.clone();
        for (name, id) in &thing.ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        while let Some((before, (name, after))) = path
            .split_once('{')
            .and_then(|(b, rest)| Some((b, rest.split_once('}')?)))
        {
            let name = if name.ends_with("Number") { "1" } else { &nothing };
            path = format!("{before}{name}{after}");
        }
        match operation.id.as_str() {
            "createImport" => path.push_str("?kind=services"),
            "createMeasurements" => path.push_str("?batch=tried"),
            "createRatings" => path.push_str("?batch=rated"),
            "getEventStream" => path.push_str("?seconds=1"),
            "listSimilarRequests" => path.push_str("?title=Skanning"),
            "listSurveyComments" | "listCommentsToRedact" | "listCommentThemes" => path.push_str("?question=words"),
            _ => {}
        }
        Case {
            path,
            etag: thing.etag,
            body: match thing.body {
                Some(body) => body,
                None => self.body(&operation.id, branch, named).await,
            },
            customer: thing.customer.unwrap_or_else(|| branch.customer.clone()),
        }
    }

    /// What the path of an operation names.
    async fn thing(&self, operation: &Operation, branch: &Branch) -> Thing {
        let first = operation.path.split(['{', '}']).nth(1).unwrap_or_default();
        match (first, operation.id.as_str()) {
            ("", _) => Thing::default(),
            ("customerId", id) => self.customer(id, branch).await,
            ("contactId", _) => Thing::new(
                "contactId",
                &made(&self.admin, "/contacts", contact(&branch.customer)).await,
            ),
            ("successionId", _) => {
                let told = self.succession_told().await;
                Thing::new("successionId", &made(&self.admin, "/successions", told).await)
            }
            ("personId", _) => Thing::new("personId", &self.person().await),
            ("serviceId", _) => Thing::new("serviceId", &self.service_made().await),
            ("teamId", id) => self.team(id).await,
            ("calendarId", _) => {
                let made = made(&self.admin, "/service-calendars", calendar()).await;
                Thing::new("calendarId", &made).and("version", "1".into())
            }
            ("clientId", _) => Thing::new("clientId", &made(&self.admin, "/clients", client(None)).await),
            ("surveyId", _) => {
                let survey = made(&self.admin, "/surveys", survey()).await;
                Thing::new("surveyId", &survey).and("version", "1".into())
            }
            ("surveyRoundId", id) => self.survey_round(id, branch).await,
            ("satisfactionReportId", id) => self.satisfaction_report(id, branch).await,
            ("scoringSchemeId", _) => Thing::new(
                "scoringSchemeId",
                &made(&self.admin, "/scoring-schemes", scheme()).await,
            ),
            ("requestId", "createScore") => {
                made(&self.admin, "/scoring-schemes", scheme()).await;
                self.request("createScore", branch).await
            }
            ("requestId", "createMerge") => {
                let into = self.request("createMerge", branch).await.ids.remove(0).1;
                Thing {
                    body: Some(json!({"into": into})),
                    ..self.request("createMerge", branch).await
                }
            }
            ("connectionId", id) => self.connection(id).await,
            ("requestId", id) => self.request(id, branch).await,
            ("handOverId", id) => self.hand_over(id, branch).await,
            ("agreementId", "getSignedDocument") => self.signed(branch).await,
            ("signingOrderId", "createSigningRefusal") => Thing {
                body: None,
                ..self.ordered(branch).await.0
            },
            ("signingOrderId", _) => self.ordered(branch).await.0,
            ("agreementId", id) => self.agreement(id, branch).await,
            ("agreementTemplateId", _) => Thing::new(
                "agreementTemplateId",
                &made(&self.admin, "/agreement-templates", template()).await,
            ),
            ("measurementId", _) => self.measurement(branch).await,
            ("statementId", id) => self.statement(id, branch).await,
            ("exclusionId", _) => Thing::new("exclusionId", &self.exclusion(branch).await),
            ("improvementId", id) => self.improvement(id, branch).await,
            ("plannedActivityId", _) => Thing::new(
                "plannedActivityId",
                &made(&branch.dm, "/planned-activities", planned_activity(&branch.customer)).await,
            ),
            ("announcementId", _) => {
                let body = announcement(&self.world.mail, &branch.customer);
                Thing::new("announcementId", &made(&branch.dm, "/announcements", body).await)
            }
            ("calendarSubscriptionId", _) => Thing::new(
                "calendarSubscriptionId",
                &made(&self.world.brm, "/calendar-subscriptions", calendar_subscription()).await,
            ),
            ("meetingId", id) => self.meeting(id, branch).await,
            ("meetingSeriesId", _) => {
                let series = made(&branch.dm, "/meeting-series", meeting_series(&branch.customer)).await;
                Thing::new("meetingSeriesId", &series)
            }
            ("improvementOfferId", _) => self.offered(branch).await,
            ("serviceCostId", _) => {
                let body = cost(&branch.customer, &self.service_made().await.id());
                Thing::new("serviceCostId", &made(&branch.dm, "/service-costs", body).await)
            }
            ("valueAssessmentId", _) => {
                let body = assessment(&self.service_made().await.id());
                let given = made(&branch.decider, "/value-assessments", body).await;
                Thing::new("valueAssessmentId", &given)
            }
            ("businessNeedId", _) => {
                let stated = made(&branch.brm, "/business-needs", need(&branch.customer)).await;
                Thing::new("businessNeedId", &stated)
            }
            ("lessonId", _) => Thing::new("lessonId", &made(&branch.brm, "/lessons", lesson()).await),
            ("interactionId", _) => {
                let entered = made(&branch.brm, "/interactions", interaction(&branch.customer)).await;
                Thing::new("interactionId", &entered)
            }
            ("statementRunId", _) => {
                let run = made(&branch.dm, "/statement-runs", run()).await;
                Thing::new("statementRunId", &run)
            }
            ("webhookSubscriptionId", id) => self.webhook(id).await,
            ("destination", _) => Thing::default().and("destination", "service_portfolio".into()),
            (other, id) => panic!("{id}: nobody makes a {other} here"),
        }
    }

    /// An agreement about a service of its own, in a state in which the operation can be done.
    async fn agreement(&self, operation: &str, branch: &Branch) -> Thing {
        let renewal = match operation {
            "createRenewal" => "express",
            "createNotice" => "tacit",
            _ => "none",
        };
        let first_day = if operation == "createRevocation" {
            "2080-01-01"
        } else {
            "2020-01-01"
        };
        let service = self.service_made().await.id();
        let body = json!({"kind": "sla", "customer": branch.customer, "evidence": "document",
            "draft": agreed(&service, first_day, renewal)});
        let agreement = made(&branch.brm, "/agreements", body).await;
        let path = format!("/agreements/{}", agreement.id());
        let mut number = 1;
        let written = ["changeAgreementVersion", "createProposal", "createOpenSlo"].contains(&operation);
        if !written {
            self.lay_before(branch, &path).await;
        }
        let laid = ["deleteProposal", "createApproval", "createRejection"].contains(&operation);
        let read = operation.starts_with("get") || operation.starts_with("list");
        if !written && !laid && !read {
            for party in [&branch.brm, &branch.decider] {
                let seen = party.get(&format!("{path}/versions/1")).await.expect(200);
                let body = json!({"digest": seen.text("digest")});
                let approvals = format!("{path}/versions/1/approvals");
                party.act(&approvals, &seen.etag(), body).await.expect(200);
            }
        }
        if operation == "deleteAgreementVersion" {
            let draft = json!({"firstDay": "2080-01-01"});
            made(&branch.brm, &format!("{path}/versions"), draft).await;
            number = 2;
        }
        let of_agreement = ["changeAgreement", "createAgreementReview"].contains(&operation);
        let version = format!("{path}/versions/{number}");
        let seen = branch
            .brm
            .get(if of_agreement { &path } else { &version })
            .await
            .expect(200);
        let digest = (operation == "createApproval").then(|| json!({"digest": seen.text("digest")}));
        Thing {
            etag: seen.etag(),
            body: digest,
            ..Thing::default()
        }
        .and("agreementId", agreement.id())
        .and("versionNumber", number.to_string())
    }

    /// The id of an agreement of the branch that is in force.
    async fn in_force(&self, branch: &Branch) -> String {
        let made = self.agreement("", branch).await;
        let ids = made.ids.into_iter();
        ids.filter(|(name, _)| *name == "agreementId")
            .map(|(_, id)| id)
            .next()
            .expect("an agreement")
    }

    /// A statement, in a state in which the operation can be done.
    async fn statement(&self, operation: &str, branch: &Branch) -> Thing {
        let body = statement(&self.in_force(branch).await);
        let mut seen = made(&branch.dm, "/service-level-statements", body).await;
        let path = format!("/service-level-statements/{}", seen.id());
        let steps: &[&str] = match operation {
            "createStatementAcceptance" | "createObjection" => &["proposal"],
            "createObjectionAnswer" => &["proposal", "objections"],
            "createStatementClosing" => &["proposal", "acceptance"],
            "createRestatement" => &["proposal", "acceptance", "closing"],
            _ => &[],
        };
        for step in steps {
            let (who, body) = match *step {
                "acceptance" => (&branch.decider, Some(digest_of(&seen))),
                "objections" => (&branch.decider, Some(objection())),
                _ => (&branch.dm, None),
            };
            let (path, etag) = (format!("{path}/{step}"), seen.etag());
            let headers = [("if-match", etag.as_str())];
            seen = who.send(Method::POST, &path, &headers, body).await.expect(200);
        }
        let body = (operation == "createStatementAcceptance").then(|| digest_of(&seen));
        Thing {
            body,
            ..Thing::new("statementId", &seen)
        }
        .and("revisionNumber", "1".into())
        .and("objectionNumber", "1".into())
    }

    async fn exclusion(&self, branch: &Branch) -> Answer {
        let body = exclusion(&self.in_force(branch).await);
        made(&branch.dm, "/exclusions", body).await
    }

    /// An improvement, in a state in which the operation can be done.
    async fn improvement(&self, operation: &str, branch: &Branch) -> Thing {
        let body = improvement(&branch.customer, &self.world.owner_id);
        let entered = made(&branch.dm, "/improvements", body).await;
        let path = format!("/improvements/{}", entered.id());
        let activity = activity(&self.world.owner_id);
        let mut seen = branch
            .dm
            .post(&format!("{path}/activities"), activity)
            .await
            .expect(200);
        let planned = seen.body["activities"][0]["id"].as_str().expect("an id").to_owned();
        let steps: &[&str] = match operation {
            "createImprovementStart" => &["approval"],
            "createImplementation" => &["approval", "start"],
            "createImprovementVerification" => &["approval", "start", "implementation"],
            "createImprovementClosing" => &["approval", "start", "implementation", "verification"],
            _ => &[],
        };
        if let Some(last) = self.bring(branch, &seen, steps).await {
            seen = last;
        }
        Thing::new("improvementId", &seen).and("improvementActivityId", planned)
    }

    /// A meeting, in a state in which the operation can be done; one that contacts may read where they can.
    async fn meeting(&self, operation: &str, branch: &Branch) -> Thing {
        let kind = match operation {
            "getReviewPack" | "getReviewPackDocument" => "review",
            "getMeeting" | "getMeetingDocument" | "getDialoguePack" => "dialogue",
            _ => "team",
        };
        let planned = made(&branch.brm, "/meetings", meeting(&branch.customer, kind)).await;
        let path = format!("/meetings/{}", planned.id());
        if operation.contains("AgendaItem") {
            let items = format!("{path}/agenda-items");
            let seen = branch.brm.post(&items, agenda_item()).await.expect(200);
            let item = seen.body["agenda"][0]["id"].as_str().expect("an id").to_owned();
            let other = made(&branch.brm, "/meetings", meeting(&branch.customer, kind))
                .await
                .id();
            let body = (operation == "createAgendaItemTransfer").then(|| json!({"meeting": other}));
            return Thing {
                body,
                ..Thing::new("meetingId", &seen).and("agendaItemId", item)
            };
        }
        let steps = match operation {
            "setMinutes" => 1,
            "createMeetingPublication" | "createActionItemCompletion" => 2,
            "createAddendum" => 3,
            _ => 0,
        };
        let mut seen = planned;
        for step in ["holding", "minutes", "publication"].iter().take(steps) {
            let (method, body) = match *step {
                "minutes" => (Method::PUT, Some(minutes(&self.world.owner_id))),
                _ => (Method::POST, None),
            };
            let etag = seen.etag();
            let headers = [("if-match", etag.as_str())];
            let path = format!("{path}/{step}");
            seen = branch.brm.send(method, &path, &headers, body).await.expect(200);
        }
        let action = seen.body["minutes"]["actionItems"][0]["id"].as_str();
        let action = action.unwrap_or_default().to_owned();
        match action.is_empty() {
            true => Thing::new("meetingId", &seen),
            false => Thing::new("meetingId", &seen).and("actionItemId", action),
        }
    }

    /// A report of satisfaction: a draft where it is changed, else published, for contacts to read.
    async fn satisfaction_report(&self, operation: &str, branch: &Branch) -> Thing {
        let draft = made(&branch.dm, "/satisfaction-reports", report(&branch.customer)).await;
        if operation.starts_with("get") {
            let path = format!("/satisfaction-reports/{}/publication", draft.id());
            let published = branch.dm.act(&path, &draft.etag(), Value::Null).await.expect(200);
            return Thing::new("satisfactionReportId", &published);
        }
        Thing::new("satisfactionReportId", &draft)
    }

    /// A round of a survey, in a state in which the operation can be done. Its answers are read by the team.
    async fn survey_round(&self, operation: &str, branch: &Branch) -> Thing {
        let survey = made(&self.admin, "/surveys", survey()).await.id();
        let draft = made(&branch.dm, "/survey-rounds", round(&survey, &branch.customer, "named")).await;
        let path = format!("/survey-rounds/{}", draft.id());
        let steps: &[&str] = match operation {
            "createRoundOpening" | "changeSurveyRound" => &[],
            "createRoundPublication" | "getRoundTurnout" => &["opening", "closing"],
            "listCommentsToRedact" | "createRedactions" | "listNamedAnswers" => &["opening", "links", "closing"],
            "listSurveyComments" | "listCommentThemes" | "setCommentThemes" => {
                &["opening", "links", "closing", "publication"]
            }
            _ => &["opening"],
        };
        let mut seen = draft;
        for step in steps {
            let path = format!("{path}/{step}");
            if *step == "links" {
                let links = branch.dm.post(&path, json!({})).await.expect(200);
                self.answer_one(links.body.as_str().expect("a table")).await;
                seen = branch
                    .dm
                    .get(&format!("/survey-rounds/{}", seen.id()))
                    .await
                    .expect(200);
                continue;
            }
            seen = branch.dm.act(&path, &seen.etag(), Value::Null).await.expect(200);
        }
        let mut thing = Thing::new("surveyRoundId", &seen);
        if operation == "createInvitationOutcomes" {
            let all = branch.dm.get(&format!("{path}/invitations")).await.expect(200);
            let outcome = json!({"invitation": all.items()[0]["id"], "arrived": false});
            thing.body = Some(json!({"outcomes": [outcome]}));
        }
        if ["createRedactions", "setCommentThemes"].contains(&operation) {
            let said = branch
                .dm
                .get(&format!("{path}/comments-to-redact?question=words"))
                .await
                .expect(200);
            let (comment, text) = (&said.items()[0]["id"], &said.items()[0]["text"]);
            thing.body = Some(match operation {
                "createRedactions" => json!({"redactions": [{"comment": comment, "passages": [text]}]}),
                _ => json!({"comments": [{"comment": comment, "themes": ["fakturor"]}]}),
            });
        }
        thing
    }

    /// Whoever has the first of the links answers.
    async fn answer_one(&self, links: &str) {
        let mut table = csv::Reader::from_reader(links.as_bytes());
        let first = table.records().next().expect("a line").expect("a line");
        let answers = json!({"answers": {"how": 4, "words": "Bra."}});
        let sent = self.service.http.post(&first[4]).json(&answers);
        Answer::to("POST /svara", sent).await.expect(200);
    }

    /// The improvement after these steps; none where there are none.
    async fn bring(&self, branch: &Branch, seen: &Answer, steps: &[&str]) -> Option<Answer> {
        let path = format!("/improvements/{}", seen.id());
        let mut last: Option<Answer> = None;
        for step in steps {
            let body = match *step {
                "implementation" => Some(json!({"day": "2026-01-20"})),
                "verification" => Some(verified_effect()),
                _ => None,
            };
            let etag = last.as_ref().unwrap_or(seen).etag();
            let headers = [("if-match", etag.as_str())];
            let path_of_step = format!("{path}/{step}");
            last = Some(
                branch
                    .dm
                    .send(Method::POST, &path_of_step, &headers, body)
                    .await
                    .expect(200),
            );
            if *step == "implementation" {
                made(&branch.dm, &format!("{path}/readings"), reading()).await;
            }
        }
        last
    }

    /// What helped the other branch, offered to this one.
    async fn offered(&self, branch: &Branch) -> Thing {
        let other = match branch.customer == self.home.customer {
            true => &self.away,
            false => &self.home,
        };
        let mut body = improvement(&other.customer, &self.world.owner_id);
        let wish = json!({"customer": branch.customer, "kind": "wish", "title": fresh("Erbjudande om")});
        body["title"] = wish["title"].clone();
        let wish = made(&branch.dm, "/requests", wish).await;
        let entered = made(&other.dm, "/improvements", body).await;
        let path = format!("/improvements/{}", entered.id());
        self.bring(
            other,
            &entered,
            &["approval", "start", "implementation", "verification"],
        )
        .await;
        let offers = self
            .service
            .auditor()
            .get(&format!("/improvement-offers?request={}", wish.id()))
            .await
            .expect(200);
        let offer = offers
            .items()
            .first()
            .cloned()
            .unwrap_or_else(|| panic!("{path} is offered to nobody"));
        Thing::default().and("improvementOfferId", offer["id"].as_str().expect("an id").to_owned())
    }

    /// An order to the signing service, and the agreement that it belongs to.
    async fn ordered(&self, branch: &Branch) -> (Thing, Thing) {
        let mut draft = agreed(&self.service_made().await.id(), "2020-01-01", "none");
        draft["content"]["signature"] = json!("external");
        let body = json!({"kind": "sla", "customer": branch.customer, "evidence": "document", "draft": draft});
        let agreement = made(&branch.brm, "/agreements", body).await.id();
        self.lay_before(branch, &format!("/agreements/{agreement}")).await;
        let version = format!("/agreements/{agreement}/versions/1");
        let proposed = branch.brm.get(&version).await.expect(200);
        let order = proposed.body["proposal"]["signingOrder"].as_str().expect("an order");
        let signer = |key: &str, id: &str| {
            let now = self.service.state().clock.now();
            json!({"by": {key: id}, "signedAt": now, "issuer": "https://eid.example.se"})
        };
        let signatures = [
            signer(
                "person",
                proposed.body["proposal"]["by"]["id"].as_str().expect("the manager"),
            ),
            signer("contact", &branch.decider_id),
        ];
        let document = json!({"mediaType": "application/pdf", "content": "JVBERi0xLjcK"});
        let result = json!({"digest": proposed.text("digest"), "signatures": signatures, "document": document});
        let order = Thing {
            body: Some(result),
            ..Thing::default().and("signingOrderId", order.to_owned())
        };
        (
            order,
            Thing::default()
                .and("agreementId", agreement)
                .and("versionNumber", "1".into()),
        )
    }

    /// An agreement that was signed at the signing service.
    async fn signed(&self, branch: &Branch) -> Thing {
        let (order, agreement) = self.ordered(branch).await;
        let system = self.service.caller_with(Kind::Client, &self.system, "signatures.write");
        let path = format!("/signing-orders/{}/result", order.ids[0].1);
        system.post(&path, order.body.unwrap_or_default()).await.expect(200);
        agreement
    }

    async fn lay_before(&self, branch: &Branch, agreement: &str) {
        let version = format!("{agreement}/versions/1");
        let etag = branch.brm.get(&version).await.expect(200).etag();
        let headers = [("if-match", etag.as_str())];
        let path = format!("{version}/proposal");
        branch.brm.send(Method::POST, &path, &headers, None).await.expect(200);
    }

    fn today(&self) -> String {
        let state = self.service.state();
        state.settings.local_date(state.clock.now()).to_string()
    }

    async fn person(&self) -> Answer {
        made(&self.admin, "/persons", json!({"name": fresh("Person")})).await
    }

    async fn deputy(&self) -> Value {
        json!({"person": self.person().await.id(), "firstDay": "2026-01-01"})
    }

    async fn service_made(&self) -> Answer {
        made(
            &self.admin,
            "/services",
            json!({"code": code(), "name": fresh("Tjänst"), "metrics": measured()}),
        )
        .await
    }

    async fn customer(&self, operation: &str, branch: &Branch) -> Thing {
        match operation {
            "deleteCustomer" | "createTeamAssignment" => self.part(branch).await,
            "endTeamAssignment" => {
                let part = self.part(branch).await;
                let path = format!("/customers/{}/team-assignments", part.ids[0].1);
                let all = self
                    .admin
                    .act(&path, &part.etag, assignment(&branch.team))
                    .await
                    .expect(200);
                let id = all.body["teamAssignments"][0]["id"].as_str().expect("an id").to_owned();
                Thing {
                    etag: all.etag(),
                    ..part
                }
                .and("assignmentId", id)
            }
            "endServiceUsage" => {
                let path = format!("/customers/{}/service-usages", branch.customer);
                let body = json!({"service": self.service_made().await.id(), "firstDay": "2020-01-01"});
                let usage = made(&self.admin, &path, body).await;
                Thing::new("usageId", &usage).and("customerId", branch.customer.clone())
            }
            _ => Thing::new(
                "customerId",
                &self
                    .admin
                    .get(&format!("/customers/{}", branch.customer))
                    .await
                    .expect(200),
            ),
        }
    }

    /// What would end a new customer for another.
    async fn succession_told(&self) -> Value {
        let (ends, goes_on) = (self.part(&self.home).await, self.part(&self.home).await);
        json!({"predecessors": [ends.ids[0].1], "successors": [goes_on.ids[0].1], "firstDay": chrono::Utc::now().date_naive(),
            "reason": "Ny organisation."})
    }

    /// A new part of the branch's customer.
    async fn part(&self, branch: &Branch) -> Thing {
        let part = made(&self.admin, "/customers", customer(&branch.customer)).await;
        Thing {
            customer: Some(part.id()),
            ..Thing::new("customerId", &part)
        }
    }

    async fn team(&self, operation: &str) -> Thing {
        let team = made(&self.admin, "/customer-teams", json!({"name": fresh("Team")})).await;
        let path = format!("/customer-teams/{}", team.id());
        match operation {
            "endMembership" | "createDeputy" | "endDeputy" => {
                let person = self.person().await.id();
                let mut team = join(&self.admin, &team.id(), &person, "delivery_manager", &[]).await;
                let member = team.body["members"][0]["id"].as_str().expect("an id").to_owned();
                let mut deputy = String::new();
                if operation == "endDeputy" {
                    let path = format!("{path}/members/{member}/deputies");
                    team = self
                        .admin
                        .act(&path, &team.etag(), self.deputy().await)
                        .await
                        .expect(200);
                    let stored = &team.body["members"][0]["deputies"][0]["id"];
                    deputy = stored.as_str().expect("an id").to_owned();
                }
                Thing::new("teamId", &team)
                    .and("membershipId", member)
                    .and("deputyId", deputy)
            }
            "deleteSamePersonException" => {
                let (path, seen) = (format!("{path}/same-person-exception"), team.etag());
                let seen = [("if-match", seen.as_str())];
                let put = self.admin.send(Method::PUT, &path, &seen, Some(exception())).await;
                Thing::new("teamId", &put.expect(200))
            }
            _ => Thing::new("teamId", &team),
        }
    }

    async fn request(&self, operation: &str, branch: &Branch) -> Thing {
        let kind = match operation {
            "createAnswer" | "createReopening" => "complaint",
            _ => "wish",
        };
        let raised = made(&branch.raiser, "/requests", self.matter(kind, &branch.customer)).await;
        if operation != "createReopening" {
            return Thing::new("requestId", &raised);
        }
        let path = format!("/requests/{}/answer", raised.id());
        let answered = branch
            .brm
            .act(&path, &raised.etag(), json!({"text": "Vi ser över det."}))
            .await;
        Thing::new("requestId", &answered.expect(200))
    }

    async fn hand_over(&self, operation: &str, branch: &Branch) -> Thing {
        let raised = made(&branch.raiser, "/requests", self.matter("wish", &branch.customer)).await;
        let path = format!("/requests/{}", raised.id());
        let endorsed = branch
            .decider
            .send(Method::POST, &format!("{path}/endorsements"), &[], None)
            .await
            .expect(200);
        let body = json!({"destination": "service_portfolio"});
        let routed = branch
            .brm
            .act(&format!("{path}/routing"), &endorsed.etag(), body)
            .await
            .expect(200);
        let id = routed.body["handOver"]["id"].as_str().expect("a hand-over").to_owned();
        if operation == "createFulfilment" {
            let path = format!("/hand-overs/{id}/decision");
            self.world.portfolio.post(&path, accepted()).await.expect(200);
        }
        Thing::default().and("handOverId", id)
    }

    /// A subscription of the system; its deliveries are tried on one.
    async fn webhook(&self, operation: &str) -> Thing {
        let system = self
            .service
            .caller_with(Kind::Client, &self.system, "webhooks.read webhooks.write");
        if operation.contains("Deliver") {
            let (subscription, delivery) = self.delivery.get_or_init(|| delivered(&system)).await.clone();
            return Thing::default()
                .and("webhookSubscriptionId", subscription)
                .and("deliveryId", delivery);
        }
        let made = made(&system, "/webhook-subscriptions", webhook()).await;
        if operation != "createWebhookResumption" {
            return Thing::new("webhookSubscriptionId", &made);
        }
        let path = format!("/webhook-subscriptions/{}/pause", made.id());
        let paused = system.act(&path, &made.etag(), Value::Null).await.expect(200);
        Thing::new("webhookSubscriptionId", &paused)
    }

    /// A connection, with a document that it received where the operation is about one.
    async fn connection(&self, operation: &str) -> Thing {
        let made = made(&self.admin, "/connections", connection(&self.system)).await;
        let thing = Thing::new("connectionId", &made);
        if !["getReceivedDocument", "createDocumentReplay"].contains(&operation) {
            return thing;
        }
        let door = format!("http://{}{}", self.service.running.address, made.text("address"));
        let sent = self.service.http.post(door).bearer_auth(made.text("secret")).body("{}");
        thing.and("documentId", Answer::to("POST /inbound", sent).await.expect(202).id())
    }

    async fn measurement(&self, branch: &Branch) -> Thing {
        let scopes = "measurements.read measurements.write";
        let system = self.service.caller_with(Kind::Client, &self.system, scopes);
        let outage = outage(&self.world.mail, &branch.customer);
        let headers = [("content-type", "application/x-ndjson")];
        let lines = outage.to_string().into_bytes();
        let sent = system.send_bytes(Method::POST, "/measurements?batch=made", &headers, lines);
        sent.await.expect(200);
        let id = outage["sourceId"].as_str().expect("an id").replace(' ', "%20");
        let found = system.get(&format!("/measurements?source=monitor&sourceId={id}")).await;
        let id = found.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
        Thing::default().and("measurementId", id)
    }

    fn matter(&self, kind: &str, customer: &str) -> Value {
        json!({"customer": customer, "kind": kind, "title": fresh("Ärende"), "services": [self.world.mail]})
    }

    /// What is sent with an operation; `named` is the customer that it names.
    async fn body(&self, operation: &str, branch: &Branch, named: &str) -> Value {
        let ends = json!({"lastDay": "2099-12-31"});
        match operation {
            "createCustomer" => customer(named),
            "createSuccessionPreview" | "createSuccession" => self.succession_told().await,
            "createContact" => contact(named),
            "createRequest" => self.matter("wish", named),
            "createPerson" => json!({"name": fresh("Person")}),
            "createService" => json!({"code": code(), "name": fresh("Tjänst"), "metrics": measured()}),
            "createServiceCalendar" => calendar(),
            "createCustomerTeam" => json!({"name": fresh("Team")}),
            "createClient" => client(None),
            "createConnection" => connection(&self.system),
            "changeConnection" => json!({"name": fresh("Koppling")}),
            "createConnectionSecret" => json!({}),
            "createConnectionTest" => json!({"content": "{}"}),
            "createImport" => json!(format!("code,name\n{},Tjänst\n", code())),
            "createRatings" => json!(rating(&self.world.mail, &self.away.customer).to_string()),
            "createMeasurements" => json!(outage(&self.world.mail, &self.away.customer).to_string()),
            "createSurvey" => survey(),
            "changeSurvey" => json!({"freeTextMonths": 6}),
            "createSurveyRound" => {
                let survey = made(&self.admin, "/surveys", survey()).await.id();
                round(&survey, named, "confidential")
            }
            "createSurveyRoundImport" => {
                let survey = made(&self.admin, "/surveys", survey()).await.id();
                let of = self.admin.get(&format!("/customers/{named}")).await;
                // A refusal has a code, too.
                let code = of.body.get("name").and(of.body["code"].as_str());
                earlier(&survey, code.unwrap_or("NOPE"))
            }
            "createRedactions" => json!({"redactions": [{"comment": Uuid::now_v7(), "passages": ["Åsa"]}]}),
            "setCommentThemes" => json!({"comments": [{"comment": Uuid::now_v7(), "themes": []}]}),
            "createContactErasure" => json!({"basis": "KS 2026-114 § 12"}),
            "changeSurveyRound" => json!({"lastDay": "2090-02-02"}),
            "createSatisfactionReport" => report(named),
            "changeSatisfactionReport" => json!({"summary": fresh("Nöjdare.")}),
            "createInvitationLinks" | "createRoundMailing" => json!({"reminder": 0}),
            "createInvitationOutcomes" => json!({"outcomes": [{"invitation": Uuid::now_v7(), "arrived": true}]}),
            "changeRequest" => json!({"title": fresh("Ärende")}),
            "changeCustomer"
            | "changeContact"
            | "changePerson"
            | "changeService"
            | "changeCustomerTeam"
            | "changeServiceCalendar" => {
                json!({"name": fresh("Namn")})
            }
            "setCustomerChannels" => {
                json!({"channels": [{"purpose": "order", "name": fresh("Desken"), "phone": "0999-1"}], "escalationLadder": []})
            }
            "endServiceUsage" | "endTeamAssignment" | "endContact" | "departPerson" | "endMembership" | "endDeputy" => {
                ends
            }
            "createServiceUsage" => json!({"service": self.service_made().await.id(), "firstDay": "2020-01-01"}),
            "createTeamAssignment" => assignment(&branch.team),
            "createMembership" => {
                json!({"person": self.person().await.id(), "role": "delivery_manager", "firstDay": "2020-01-01"})
            }
            "createDeputy" => self.deputy().await,
            "setSamePersonException" => exception(),
            "createAgreement" => json!({"kind": "sla", "customer": named, "evidence": "document",
                "draft": agreed(&self.service_made().await.id(), "2020-01-01", "none")}),
            "changeAgreement" => json!({"evidence": "minutes"}),
            "createAgreementReview" => json!({"day": self.today(), "outcome": "Inga ändringar."}),
            "createAgreementVersion" => json!({"firstDay": "2080-01-01"}),
            "changeAgreementVersion" => json!({"content": {"title": fresh("Avtal")}}),
            "createApproval" => json!({"digest": "0".repeat(64)}),
            "createOpenSlo" => {
                json!([{"kind": "Service", "apiVersion": "openslo/v1", "metadata": {"name": "x"}, "spec": {}}])
            }
            "createRejection" | "createRevocation" => json!({"reason": "Inte så."}),
            "createSigningResult" => json!({"digest": "0".repeat(64),
                "signatures": [{"by": {"person": Uuid::now_v7()}, "signedAt": "2026-01-01T00:00:00Z", "issuer": "x"}],
                "document": {"mediaType": "application/pdf", "content": "JVBERi0xLjcK"}}),
            "createSigningRefusal" => json!({"reason": "Ingen skrev under."}),
            "createRenewal" => json!({"reference": "Protokoll 7"}),
            "createNotice" => json!({"givenOn": self.today(), "party": "customer", "receipt": "Brev 3"}),
            "createTermination" => {
                json!({"lastDay": self.today(), "reason": "Läggs ned.", "reference": "Protokoll 8"})
            }
            "createWebhookSubscription" => webhook(),
            "changeWebhookSubscription" => json!({"name": fresh("Krok")}),
            "createWebhookReplay" => json!({"from": "2026-01-01T00:00:00Z"}),
            "createScoringScheme" => scheme(),
            "createScore" => json!({"values": [{"criterion": "benefit", "value": 4}]}),
            "createMerge" => json!({"into": Uuid::now_v7()}),
            "createAgreementTemplate" => template(),
            "changeAgreementTemplate" => json!({"name": fresh("Mall")}),
            "createStatement" | "createExclusion" => {
                let exists = named == branch.customer;
                let nothing = Uuid::now_v7().to_string();
                let agreement = if exists { self.in_force(branch).await } else { nothing };
                match operation {
                    "createStatement" => statement(&agreement),
                    _ => exclusion(&agreement),
                }
            }
            "createStatementAcceptance" => json!({"digest": "0".repeat(64)}),
            "createObjection" => objection(),
            "createObjectionAnswer" => json!({"answer": "Mätvärdena stämmer."}),
            "createRestatement" => json!({"reason": "Sena mätvärden."}),
            "createExclusionRefusal" => json!({"reason": "Inte aviserat."}),
            "createStatementRun" => run(),
            "createServiceCost" => cost(named, &self.service_made().await.id()),
            "changeServiceCost" => json!({"note": fresh("Licenser")}),
            "createValueAssessment" => assessment(&self.service_made().await.id()),
            "changeValueAssessment" => json!({"comment": fresh("Bättre")}),
            "createBusinessNeed" => need(named),
            "changeBusinessNeed" => json!({"statement": fresh("Behov")}),
            "createNeedClosing" => json!({"outcome": "met"}),
            "createLesson" => lesson(),
            "changeLesson" => json!({"title": fresh("Lärdom")}),
            "createInteraction" => interaction(named),
            "changeInteraction" => json!({"summary": fresh("Samtal")}),
            "createImprovement" => improvement(named, &self.world.owner_id),
            "changeImprovement" => json!({"title": fresh("Förbättring")}),
            "createPlannedActivity" => planned_activity(named),
            "changePlannedActivity" => json!({"title": fresh("Plan")}),
            "createPlannedPhase" => json!({"phase": "cancelled"}),
            "createAnnouncement" => announcement(&self.world.mail, named),
            "changeAnnouncement" => json!({"title": {"sv": fresh("Störning")}}),
            "createAnnouncementWithdrawal" => json!({"reason": {"sv": "Det gick över."}}),
            "createCalendarSubscription" => calendar_subscription(),
            "createReading" => reading(),
            "createActivity" => activity(&self.world.owner_id),
            "changeActivity" => json!({"what": fresh("Åtgärd")}),
            "createImplementation" => json!({}),
            "createImprovementVerification" => verified_effect(),
            "createImprovementRejection" => json!({"reason": "För dyrt."}),
            "createOfferDecision" => json!({"outcome": "declined", "reason": "Hjälper inte här."}),
            "createMeeting" => meeting(named, "team"),
            "changeMeeting" => json!({"place": fresh("Rum")}),
            "createMeetingCancellation" => json!({"reason": "Förhinder."}),
            "createAgendaItem" => agenda_item(),
            "changeAgendaItem" => json!({"title": fresh("Punkt")}),
            "createAgendaItemTransfer" => json!({"meeting": Uuid::now_v7()}),
            "setMinutes" => minutes(&self.world.owner_id),
            "createAddendum" => json!({"text": "Det var tvärtom."}),
            "createMeetingSeries" => meeting_series(named),
            "changeMeetingSeries" => json!({"minutes": 30}),
            "endMeetingSeries" => json!({"lastDay": "2090-01-01"}),
            "createAgreementImport" => {
                let code = match named {
                    home if home == self.home.customer => "KLK-HR",
                    away if away == self.away.customer => "BUN",
                    _ => "NOBODY",
                };
                filed(code, &self.service_made().await.body)
            }
            "createVerification" => json!({"number": "AGR-2026-0001"}),
            "createComment" => json!({"text": "Ett ord till."}),
            "createRouting" => json!({"destination": "delivery"}),
            "createDismissal" => json!({"ground": "out_of_scope", "reason": "Hör inte hit."}),
            "createWithdrawal" => json!({"reason": "Behövs inte längre."}),
            "createAnswer" => json!({"text": "Vi ser över det."}),
            "createAcknowledgement" => json!({"reference": "PF-1"}),
            "createDecision" => accepted(),
            "createFulfilment" => json!({"reference": "L-1"}),
            _ => Value::Null,
        }
    }
}

fn digest_of(statement: &Answer) -> Value {
    json!({"digest": statement.body["figures"]["digest"]})
}

async fn made(caller: &Caller, path: &str, body: Value) -> Answer {
    caller.post(path, body).await.expect(201)
}

/// A person takes a role in a team.
async fn join(admin: &Caller, team: &str, person: &str, role: &str, services: &[&str]) -> Answer {
    let path = format!("/customer-teams/{team}");
    let seen = admin.get(&path).await.etag();
    let body = json!({"person": person, "role": role, "services": services, "firstDay": "2020-01-01"});
    admin.act(&format!("{path}/members"), &seen, body).await.expect(200)
}
