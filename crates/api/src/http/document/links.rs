//! Links from a reply to what can be done next; they guide people and stateful tests alike.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::operations::names_in;

/// Which path parameter names the id of which schema.
const KEYS: &[(&str, &str)] = &[
    ("/Customer", "customerId"),
    ("/Contact", "contactId"),
    ("/Person", "personId"),
    ("/Service", "serviceId"),
    ("/ServiceCalendar", "calendarId"),
    ("/CustomerTeam", "teamId"),
    ("/Request", "requestId"),
    ("/ReceivedRequest", "requestId"),
    ("/ScoringScheme", "scoringSchemeId"),
    ("/HandOver", "handOverId"),
    ("/Client", "clientId"),
    ("/Measurement", "measurementId"),
    ("/Agreement", "agreementId"),
    ("/SigningOrder", "signingOrderId"),
    ("/AgreementTemplate", "agreementTemplateId"),
    ("/ServiceLevelStatement", "statementId"),
    ("/Exclusion", "exclusionId"),
    ("/StatementRun", "statementRunId"),
    ("/Improvement", "improvementId"),
    ("/ImprovementOffer", "improvementOfferId"),
    ("/PlannedActivityWithConflicts", "plannedActivityId"),
    ("/Announcement", "announcementId"),
    ("/CalendarSubscription", "calendarSubscriptionId"),
    ("/CalendarSubscriptionWithAddress", "calendarSubscriptionId"),
    ("/WebhookSubscription", "webhookSubscriptionId"),
    ("/WebhookSubscriptionWithSecret", "webhookSubscriptionId"),
    ("/Connection", "connectionId"),
    ("/Survey", "surveyId"),
    ("/SurveyRound", "surveyRoundId"),
    ("/SatisfactionReport", "satisfactionReportId"),
    ("/Succession", "successionId"),
    ("/ServiceCost", "serviceCostId"),
    ("/ValueAssessment", "valueAssessmentId"),
    ("/BusinessNeed", "businessNeedId"),
    ("/Lesson", "lessonId"),
    ("/Interaction", "interactionId"),
    ("/Meeting", "meetingId"),
    ("/MeetingSeries", "meetingSeriesId"),
];

/// Operations that need one id and nothing else in their path, with whether they want If-Match.
pub(super) fn operations_by_parameter(document: &Value) -> BTreeMap<String, Vec<(String, bool)>> {
    let mut by_parameter: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let names: Vec<&str> = names_in(path).collect();
        let [name] = names[..] else { continue };
        for operation in item.as_object().into_iter().flatten().map(|(_, o)| o) {
            let wants_match = operation["parameters"]
                .as_array()
                .is_some_and(|all| all.iter().any(|p| p["name"] == "If-Match"));
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            by_parameter.entry(name.into()).or_default().push((id, wants_match));
        }
    }
    by_parameter
}

/// From what was made or read to what can be done with it next.
pub(super) fn link(operation: &mut Value, method: &str, by_parameter: &BTreeMap<String, Vec<(String, bool)>>) {
    if method != "post" && method != "get" {
        return;
    }
    for status in ["200", "201"] {
        let response = &mut operation["responses"][status];
        let Some(schema) = response["content"]["application/json"]["schema"]["$ref"].as_str() else {
            continue;
        };
        let Some((_, key)) = KEYS.iter().find(|(name, _)| schema.ends_with(name)) else {
            continue;
        };
        let links: Map<String, Value> = by_parameter
            .get(*key)
            .into_iter()
            .flatten()
            .map(|(id, wants_match)| {
                let mut parameters = json!({*key: "$response.body#/id"});
                if *wants_match {
                    parameters["header.If-Match"] = json!("$response.header.ETag");
                }
                (
                    id.clone(),
                    json!({"operationId": id, "parameters": parameters, "description": "What can be done next."}),
                )
            })
            .collect();
        response["links"] = links.into();
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.retain(|_, response| !response.is_null());
    }
}
