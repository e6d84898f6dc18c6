//! Operations: parameters, headers and refusals that all of them have, and what each enforces.
use domain::access::{ClientGrant, ClientScope, Permission};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use super::examples::give_example;
use super::schemas::{limit, without_example, without_null};
use super::shared::shared_headers;

pub(super) fn complete_operation(
    operation: &mut Value,
    method: &str,
    path: &str,
    schemas: &Value,
    story: &Map<String, Value>,
) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let public = operation["security"] == json!([{}]);
    let has_body = operation.get("requestBody").is_some();
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut parameters {
        without_null(&mut parameter["schema"]);
        if parameter["in"] == "query" {
            without_example(&mut parameter["schema"], schemas);
        }
        limit(&mut parameter["schema"]);
    }
    parameters.retain(|parameter| parameter["in"] != "path");
    parameters.extend(names_in(path).map(|name| path_parameter(name, &id, story)));
    let wants_match = parameters.iter().any(|p| p["name"] == "If-Match");
    for parameter in parameters.iter_mut().filter(|p| p["name"] == "If-Match") {
        parameter["required"] = true.into();
    }
    // Lines are taken in one by one; what they name and the key of their batch make a repeat harmless.
    let of_lines = operation["requestBody"]["content"]["application/x-ndjson"].is_object();
    // Who asks changes nothing; links that are made again are the same, and are secrets that no kept answer may hold.
    let only_asks = ["createVerification", "createConnectionTest", "createInvitationLinks"].contains(&id.as_str());
    if method == "post" && !of_lines && !only_asks {
        parameters.push(header_parameter(
            "Idempotency-Key",
            "A fresh UUID. The same request with the same key happens once and gets the same answer for 7 days. \
             Required for clients, optional for people.",
            "uuid",
        ));
    }
    if method == "get" && operation["responses"]["304"].is_object() {
        parameters.push(header_parameter(
            "If-None-Match",
            "The ETag that you have; 304 if it still holds.",
            "",
        ));
    }
    parameters.push(header_parameter(
        "traceparent",
        "W3C Trace Context of the caller; a new one begins where none is sent.",
        "",
    ));
    operation["parameters"] = parameters.clone().into();

    if has_body {
        operation["requestBody"]["required"] = true.into();
        let json = operation["requestBody"]["content"]["application/json"].clone();
        if method == "patch" {
            operation["requestBody"]["content"]["application/merge-patch+json"] = json;
        }
        for (_, media) in operation["requestBody"]["content"]
            .as_object_mut()
            .into_iter()
            .flatten()
        {
            give_example(media, schemas, story);
        }
    }

    let mut refused = vec!["400", "401", "406", "429", "500", "503"];
    if !public {
        refused.push("403");
    }
    if path.contains('{') {
        refused.push("404");
    }
    if method != "get" || operation["responses"]["409"].is_object() {
        refused.extend(["409"]);
    }
    if has_body {
        refused.extend(["408", "413", "415", "422"]);
    }
    if wants_match {
        refused.extend(["412", "428"]);
    }
    let answers = &operation["responses"]["200"]["content"];
    let of_the_log = answers["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|r| r.contains("/Log_"));
    if of_the_log || answers["text/event-stream"].is_object() {
        refused.push("410");
    }
    let responses = &mut operation["responses"];
    let conditional = responses["304"].is_object();
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        let mut headers = shared_headers();
        if let (true, Some(schema)) = (
            status.starts_with('2'),
            response["content"]["application/json"]["schema"]["$ref"].as_str(),
        ) {
            if !schema.contains("/Listing_")
                && !schema.contains("/Log_")
                && VERSIONED.iter().any(|v| schema.ends_with(v))
            {
                headers.insert("ETag".into(), json!({"$ref": "#/components/headers/ETag"}));
            }
            if schema.contains("/Listing_") || schema.contains("/Log_") {
                headers.insert("Link".into(), json!({"$ref": "#/components/headers/Link"}));
            }
        }
        if status == "200" && conditional {
            headers.insert("ETag".into(), json!({"$ref": "#/components/headers/ETag"}));
        }
        if status == "201" {
            headers.insert("Location".into(), json!({"$ref": "#/components/headers/Location"}));
        }
        response["headers"] = headers.into();
        for (_, media) in response
            .get_mut("content")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            give_example(media, schemas, story);
        }
    }
    for status in refused {
        responses[status] = json!({"$ref": format!("#/components/responses/{status}")});
    }
    if !public {
        operation["security"] = security(&id);
    }
    if let Some((_, rules)) = RULES.iter().find(|(operation, _)| *operation == id) {
        operation["x-rules"] = json!(rules);
    }
}

/// The schemas that carry a version.
const VERSIONED: &[&str] = &[
    "/Customer",
    "/ServiceUsage",
    "/Contact",
    "/Person",
    "/Service",
    "/ServiceCalendar",
    "/CustomerTeam",
    "/Request",
    "/Client",
    "/Measurement",
    "/Agreement",
    "/AgreementVersion",
    "/AgreementTemplate",
    "/ServiceLevelStatement",
    "/Exclusion",
    "/StatementRun",
    "/Improvement",
    "/ImprovementOffer",
    "/PlannedActivityWithConflicts",
    "/Announcement",
    "/CalendarSubscription",
    "/CalendarSubscriptionWithAddress",
    "/WebhookSubscription",
    "/WebhookSubscriptionWithSecret",
    "/SigningOrder",
    "/ReceivedRequest",
    "/RequestScore",
    "/ScoringScheme",
    "/Connection",
    "/ConnectionWithSecret",
    "/Survey",
    "/SurveyRound",
    "/SatisfactionReport",
    "/Succession",
    "/ServiceCost",
    "/ValueAssessment",
    "/BusinessNeed",
    "/Lesson",
    "/Interaction",
    "/Meeting",
    "/MeetingSeries",
];

/// Which numbered rules an operation enforces.
const RULES: &[(&str, &[&str])] = &[
    ("createMembership", &["R1", "R2"]),
    ("endMembership", &["R1", "R2", "R3"]),
    ("departPerson", &["R1", "R3"]),
    ("setSamePersonException", &["R2"]),
    ("deleteSamePersonException", &["R2"]),
    ("createSuccessionPreview", &["R3", "R8", "R25"]),
    ("createSuccession", &["R3", "R8", "R25"]),
    ("createTeamAssignment", &["R3"]),
    ("endTeamAssignment", &["R3"]),
    ("createAgreement", &["R5"]),
    ("createAgreementVersion", &["R5", "R7"]),
    ("changeAgreementVersion", &["R5", "R7"]),
    ("deleteAgreementVersion", &["R5", "R7"]),
    ("createProposal", &["R5", "R7"]),
    ("deleteProposal", &["R6"]),
    ("createApproval", &["R6", "R8"]),
    ("createRejection", &["R6"]),
    ("createOpenSlo", &["R5", "R7"]),
    ("createSigningResult", &["R6", "R8"]),
    ("createSigningRefusal", &["R6"]),
    ("createRevocation", &["R6", "R8", "R9"]),
    ("createRenewal", &["R8", "R9"]),
    ("createNotice", &["R9"]),
    ("createTermination", &["R9"]),
    ("getServiceCoverage", &["R8"]),
    ("createRequest", &["R15", "R17"]),
    ("changeRequest", &["R14", "R15"]),
    ("createEndorsement", &["R14"]),
    ("createRouting", &["R13", "R14"]),
    ("createDecision", &["R13", "R14"]),
    ("createDismissal", &["R15"]),
    ("createAnswer", &["R15"]),
    ("createReopening", &["R15"]),
    ("createMerge", &["R13", "R14", "R15"]),
    ("listSimilarRequests", &["R20"]),
    ("changeImprovement", &["R16"]),
    ("createImplementation", &["R16"]),
    ("createImprovementVerification", &["R16"]),
    ("createImprovementClosing", &["R16"]),
    ("getImprovementEffects", &["R16", "R20"]),
    ("listImprovements", &["R20"]),
    ("listImprovementOffers", &["R20"]),
    ("createOfferDecision", &["R13", "R16"]),
    ("getImprovement", &["R20"]),
    ("createStatement", &["R10"]),
    ("getStatement", &["R10"]),
    ("createStatementProposal", &["R10", "R24"]),
    ("createStatementAcceptance", &["R24"]),
    ("createObjection", &["R24"]),
    ("createObjectionAnswer", &["R24"]),
    ("createStatementClosing", &["R10", "R23", "R24"]),
    ("createRestatement", &["R10"]),
    ("createExclusion", &["R23"]),
    ("createExclusionConsent", &["R23"]),
    ("createExclusionRefusal", &["R23"]),
    ("createStatementRun", &["R10", "R24"]),
    ("createMeasurements", &["R20", "R21"]),
    ("createRatings", &["R20", "R21"]),
    ("listSurveyRounds", &["R20"]),
    ("getSurveyRound", &["R19", "R20"]),
    ("getRoundTurnout", &["R19", "R20"]),
    ("createSurveyRoundImport", &["R19", "R20"]),
    ("createRoundOpening", &["R19"]),
    ("createInvitationLinks", &["R19"]),
    ("createRoundMailing", &["R19"]),
    ("createRoundClosing", &["R19"]),
    ("createRoundPublication", &["R19"]),
    ("listCommentsToRedact", &["R19", "R20", "R22"]),
    ("createRedactions", &["R19", "R20", "R22"]),
    ("listSurveyComments", &["R19", "R20", "R22"]),
    ("listCommentThemes", &["R19", "R20"]),
    ("setCommentThemes", &["R19", "R20"]),
    ("listNamedAnswers", &["R19", "R20", "R22"]),
    ("getContactExport", &["R19", "R20", "R22"]),
    ("createContactErasure", &["R21", "R22"]),
    ("listAccessRecords", &["R22"]),
    ("listSatisfactionMetrics", &["R19", "R20"]),
    ("getSatisfactionIndex", &["R19", "R20"]),
    ("getSatisfactionOverview", &["R19", "R20"]),
    ("getSatisfactionOverviewDocument", &["R19", "R20"]),
    ("listSatisfactionReports", &["R20"]),
    ("getSatisfactionReport", &["R19", "R20"]),
    ("getSatisfactionReportDocument", &["R19", "R20"]),
    ("getSatisfactionReportFigures", &["R19", "R20"]),
    ("createReportPublication", &["R19"]),
    ("getCustomerTimeline", &["R20", "R21"]),
    ("getValueAnalysis", &["R20"]),
    ("getValueAnalysisDocument", &["R20"]),
    ("getNeedsDigest", &["R20"]),
    ("getNeedsDigestDocument", &["R20"]),
    ("listLessons", &["R20"]),
    ("getLesson", &["R20"]),
    ("listPlannedActivities", &["R20"]),
    ("getPlannedActivity", &["R20"]),
    ("getPlannedOutlook", &["R20"]),
    ("getPlannedOutlookDocument", &["R20"]),
    ("listAnnouncements", &["R20"]),
    ("getAnnouncement", &["R20"]),
    ("createCalendarSubscription", &["R20"]),
    ("listMeetings", &["R20"]),
    ("createMeeting", &["R18"]),
    ("getMeeting", &["R18", "R20"]),
    ("changeMeeting", &["R18"]),
    ("createHolding", &["R18"]),
    ("createMeetingPublication", &["R18"]),
    ("createAgendaItem", &["R17"]),
    ("changeAgendaItem", &["R17"]),
    ("createAgendaItemTransfer", &["R17"]),
    ("createMeetingSeries", &["R17", "R18"]),
    ("changeMeetingSeries", &["R17", "R18"]),
    ("createImprovement", &["R17"]),
    ("getReviewPack", &["R17", "R19", "R20"]),
    ("getReviewPackDocument", &["R17", "R19", "R20"]),
    ("getDialoguePack", &["R17", "R20"]),
    ("listOverdueMeetings", &["R20"]),
    ("createConnectionTest", &["R20"]),
    ("createDocumentReplay", &["R20", "R21"]),
    ("createConnectionReplay", &["R20", "R21"]),
    ("listMeasurements", &["R20"]),
    ("getMeasurement", &["R20"]),
    ("listEvents", &["R20", "R21"]),
    ("getEventStream", &["R20", "R21"]),
    ("createWebhookSubscription", &["R20"]),
    ("getWebhookSubscription", &["R20"]),
    ("listWebhookSubscriptions", &["R20"]),
];

fn header_parameter(name: &str, description: &str, format: &str) -> Value {
    let mut schema = json!({"type": "string", "maxLength": 512, "pattern": "^[ -~]*$"});
    if format == "uuid" {
        schema = json!({"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36});
    }
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// The names between the braces of a path.
pub(super) fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split(['{', '}']).skip(1).step_by(2)
}

/// A path parameter is of the type that its name says: `customerId` is a `CustomerId`.
/// The story tells which thing to try the operation on, or else any operation.
fn path_parameter(name: &str, operation: &str, story: &Map<String, Value>) -> Value {
    let schema = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let mut parameter = json!({"name": name, "in": "path", "required": true, "description": spoken_parameter(name),
        "schema": {"$ref": format!("#/components/schemas/{schema}")}});
    let told = story.get("parameters");
    let own = told.and_then(|told| told.get(format!("{operation}.{name}")));
    if let Some(example) = own.or_else(|| told?.get(name)) {
        parameter["example"] = example.clone();
    }
    parameter
}

fn spoken_parameter(name: &str) -> String {
    let thing: String = name
        .trim_end_matches("Id")
        .chars()
        .flat_map(|c| {
            if c.is_uppercase() {
                vec![' ', c.to_ascii_lowercase()]
            } else {
                vec![c]
            }
        })
        .collect();
    if name.ends_with("Id") {
        format!("Id of the {thing}.")
    } else {
        format!("The {thing}.")
    }
}

pub(super) fn security(id: &str) -> Value {
    let scope = |scope: ClientScope| json!({"oauth": [scope.to_string()]});
    let mut ways = vec![json!({"bearer": []})];
    match Permission::of(id).map(|row| row.client) {
        Some(ClientGrant::With(s) | ClientGrant::UnlimitedWith(s) | ClientGrant::RaiserWith(s)) => ways.push(scope(s)),
        Some(ClientGrant::AnyFeed) => ways.extend(ClientScope::iter().filter(|s| s.destination().is_some()).map(scope)),
        Some(ClientGrant::No) | None => {}
    }
    ways.into()
}
