//! Which events there are: the acts upon each kind of thing, and what their data holds. An act that is not here is not
//! recorded; a new one is one line.
use strum::IntoEnumIterator;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use super::{Aggregate, SubjectKind};
use crate::{
    agreements::*,
    announcements::Announcement,
    calendars::ServiceCalendar,
    clients::Client,
    connections::Connection,
    customers::{Customer, ServiceUsage, Succession},
    date_feeds::CalendarSubscription,
    improvements::{Improvement, ImprovementOffer, Reading},
    knowledge::{BusinessNeed, Interaction, Lesson},
    measurements::{Batch, Matched},
    meetings::{Meeting, MeetingSeries},
    people::{Contact, Person},
    planned_activities::PlannedActivity,
    requests::{Comment, HandOver, Request, RequestScore, ScoringScheme},
    satisfaction::SatisfactionReport,
    service_levels::{Exclusion, MissedTarget, ServiceLevelStatement, StatementRun},
    services::Service,
    surveys::{Survey, SurveyRound},
    teams::{CustomerTeam, TeamAssignments},
    value::{ServiceCost, ValueAssessment},
    vocabulary::{Purpose, Rendering},
    webhooks::{Replayed, WebhookSubscription},
};

/// What is done to a thing: the last word of its event's type, and what that means.
pub type Act = (&'static str, &'static str);

/// Acts whose events carry the members of the same thing.
pub struct Form {
    /// What is done.
    pub acts: &'static [Act],
    schema: fn() -> RefOr<Schema>,
    schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Form {
    /// The schema of the thing as the log tells it, and those that it refers to.
    pub fn schemas(&self) -> (RefOr<Schema>, Vec<(String, RefOr<Schema>)>) {
        Rendering::for_purpose(Purpose::Log, || {
            let mut parts = vec![];
            (self.schemas)(&mut parts);
            ((self.schema)(), parts)
        })
    }
}

const fn of<A: Aggregate + ToSchema>(acts: &'static [Act]) -> Form {
    Form {
        acts,
        schema: A::schema,
        schemas: A::schemas,
    }
}

/// Nothing is recorded of such a thing.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue has no event {0}")]
pub struct UnknownAct(String);

/// The type of the event that tells of this act upon such a thing.
pub fn event_type(kind: SubjectKind, act: &str) -> Result<String, UnknownAct> {
    let told = name(kind, act);
    match forms(kind)
        .iter()
        .flat_map(|form| form.acts)
        .any(|(known, _)| *known == act)
    {
        true => Ok(told),
        false => Err(UnknownAct(told)),
    }
}

/// As [`event_type`], for acts that come from the catalogue.
pub fn name(kind: SubjectKind, act: &str) -> String {
    format!("kundansvar.{kind}.{act}.v1")
}

/// Every act upon things of this kind.
pub fn forms(kind: SubjectKind) -> &'static [Form] {
    match kind {
        SubjectKind::Customer => {
            const {
                &[
                    of::<Customer>(&[
                        ("created", "A customer was entered."),
                        ("changed", "What is known of a customer changed."),
                        ("channels_told", "Where a customer turns changed."),
                        ("deleted", "A customer that nothing depended on was removed."),
                        ("succeeded", "A customer ends, and others go on in its stead."),
                    ]),
                    of::<TeamAssignments>(&[
                        ("team_assigned", "A team takes a customer on."),
                        ("team_ended", "A team's responsibility for a customer has an end."),
                    ]),
                ]
            }
        }
        SubjectKind::Contact => {
            const {
                &[of::<Contact>(&[
                    ("created", "A contact of a customer was entered."),
                    ("changed", "What is known of a contact, or their mandates, changed."),
                    ("ended", "A contact speaks for the customer no longer."),
                    ("passed_on", "A contact speaks for their customer's successor."),
                    ("erased", "A contact's name, addresses and words were removed for good."),
                    ("deleted", "A contact that nothing depended on was removed."),
                ])]
            }
        }
        SubjectKind::Person => {
            const {
                &[of::<Person>(&[
                    ("created", "A person of the IT organisation was entered."),
                    ("changed", "What is known of a person changed."),
                    ("departed", "A person leaves the IT organisation."),
                    ("deleted", "A person that nothing depended on was removed."),
                ])]
            }
        }
        SubjectKind::Service => {
            const {
                &[of::<Service>(&[
                    ("created", "A service was entered."),
                    ("changed", "What is known of a service changed."),
                    ("deleted", "A service that nothing depended on was removed."),
                ])]
            }
        }
        SubjectKind::ServiceUsage => {
            const {
                &[of::<ServiceUsage>(&[
                    ("created", "A customer begins to use a service."),
                    ("ended", "A customer's use of a service has an end."),
                    ("passed_on", "A use that had not begun is the successor's."),
                ])]
            }
        }
        SubjectKind::CustomerTeam => {
            const {
                &[of::<CustomerTeam>(&[
                    ("created", "A customer team was entered."),
                    ("changed", "What is known of a team changed."),
                    ("joined", "Somebody joins a team in a role."),
                    ("left", "Somebody leaves a team, or their role in it."),
                    (
                        "excepted",
                        "Leave for one person to hold both managers' roles was given or taken back.",
                    ),
                    ("deputy_named", "A member has a deputy over a period."),
                    ("deputy_ended", "A deputy's period ends before its time."),
                    ("deleted", "A team that nobody ever was in was removed."),
                ])]
            }
        }
        SubjectKind::Request => {
            const {
                &[of::<Request>(&[
                    ("received", "A request came in."),
                    ("changed", "What is told of a request changed."),
                    ("investigated", "The team looks into a request."),
                    ("endorsed", "A contact endorsed a request as it reads."),
                    (
                        "routed",
                        "A request was handed over to a destination, or taken back for another.",
                    ),
                    ("acknowledged", "The destination has seen a request."),
                    ("accepted", "The destination will do it."),
                    ("declined", "The destination will not do it."),
                    ("fulfilled", "The destination has done it."),
                    ("dismissed", "The team goes no further with a request."),
                    ("withdrawn", "A request is wanted no more."),
                    ("answered", "A complaint or question was answered."),
                    ("reopened", "What was answered is taken up again."),
                    ("merged", "A request goes on in another."),
                    ("absorbed", "A request goes on for another, too."),
                    (
                        "led_on",
                        "What a merged request was merged into goes on in yet another.",
                    ),
                    ("scored", "What those who scored a request gave it on average changed."),
                    ("escalated", "A complaint is overdue."),
                    ("passed_on", "A request goes on under its customer's successor."),
                ])]
            }
        }
        SubjectKind::HandOver => {
            const {
                &[of::<HandOver>(&[
                    ("routed", "A request is new at a destination."),
                    ("changed", "A request that a destination holds reads otherwise."),
                    ("withdrawn", "A request is no longer meant for the destination."),
                    ("acknowledged", "The destination has seen it."),
                    ("accepted", "The destination will do it."),
                    ("declined", "The destination will not do it."),
                    ("fulfilled", "The destination has done it."),
                ])]
            }
        }
        SubjectKind::Comment => {
            const {
                &[of::<Comment>(&[
                    ("written_for_team", "A comment that only the provider's own read."),
                    ("written_for_customer", "A comment that contacts read, too."),
                ])]
            }
        }
        SubjectKind::ScoringScheme => {
            const {
                &[of::<ScoringScheme>(&[
                    ("created", "Requests are weighed in a new way."),
                    ("retired", "A way of weighing gave way to a later one."),
                ])]
            }
        }
        SubjectKind::RequestScore => {
            const {
                &[of::<RequestScore>(&[
                    ("given", "Somebody scored a request."),
                    ("changed", "Somebody scored a request anew."),
                ])]
            }
        }
        SubjectKind::Client => {
            const {
                &[of::<Client>(&[
                    ("created", "Another system got credentials."),
                    ("secret_rotated", "Another system got a new secret."),
                    ("revoked", "Another system's credentials hold no longer."),
                ])]
            }
        }
        SubjectKind::Agreement => {
            const {
                &[of::<Agreement>(&[
                    ("created", "An agreement was begun."),
                    ("imported", "An agreement was taken in from an export."),
                    ("changed", "What is known of an agreement changed."),
                    ("reviewed", "An agreement was looked over."),
                    ("passed_on", "An agreement is held by its customer's successor."),
                    (
                        "version_created",
                        "An agreement reads otherwise, for a further version was begun.",
                    ),
                    ("version_changed", "An agreement reads otherwise, for a draft changed."),
                    (
                        "version_discarded",
                        "An agreement reads otherwise, for a draft was thrown away.",
                    ),
                    (
                        "version_proposed",
                        "An agreement reads otherwise, for a version was proposed.",
                    ),
                    (
                        "version_proposal_withdrawn",
                        "An agreement reads otherwise, for a proposal was taken back.",
                    ),
                    (
                        "version_approved",
                        "An agreement reads otherwise, for a version was approved.",
                    ),
                    (
                        "version_rejected",
                        "An agreement reads otherwise, for a version was returned to draft.",
                    ),
                    (
                        "version_revoked",
                        "An agreement reads otherwise, for a version was revoked before it began.",
                    ),
                    (
                        "version_renewed",
                        "An agreement reads otherwise, for a version was renewed.",
                    ),
                    (
                        "version_notice_given",
                        "An agreement reads otherwise, for notice was given.",
                    ),
                    (
                        "version_terminated",
                        "An agreement reads otherwise, for a version ends before its time.",
                    ),
                ])]
            }
        }
        SubjectKind::AgreementVersion => {
            const {
                &[of::<AgreementVersion>(&[
                    ("created", "A version of an agreement was begun."),
                    ("imported", "A version was taken in from an export, with its approvals."),
                    ("changed", "A draft changed."),
                    ("discarded", "A draft was thrown away."),
                    ("proposed", "A version was laid before the parties."),
                    ("proposal_withdrawn", "A proposal was taken back."),
                    ("approved", "A party approved a version."),
                    ("rejected", "A party returned a version to draft."),
                    ("revoked", "A party revokes an approved version before it begins."),
                    ("renewed", "A version goes on for another term, by express word."),
                    ("notice_given", "A party gave notice."),
                    ("terminated", "A version ends before its time."),
                    ("superseded", "A later version takes the place of this one."),
                ])]
            }
        }
        SubjectKind::AgreementTemplate => {
            const {
                &[of::<AgreementTemplate>(&[
                    ("created", "A template was entered."),
                    ("changed", "A template changed."),
                    ("deleted", "A template was removed."),
                ])]
            }
        }
        SubjectKind::SigningOrder => {
            const {
                &[of::<SigningOrder>(&[
                    ("made", "A version is to be signed by both parties."),
                    ("sent", "The signing service took an order."),
                    ("signed", "Both parties signed."),
                    ("refused", "A party would not sign, or the time for it ran out."),
                    ("withdrawn", "An order is its proposal's own no more."),
                ])]
            }
        }
        SubjectKind::ServiceCalendar => {
            const {
                &[of::<ServiceCalendar>(&[
                    ("created", "A service calendar was entered."),
                    ("changed", "A service calendar has a new version."),
                    (
                        "deleted",
                        "A service calendar that nothing was counted with was removed.",
                    ),
                ])]
            }
        }
        // Told by its batch: evidence comes by the million.
        SubjectKind::Measurement => &[],
        SubjectKind::MeasurementBatch => {
            const {
                &[
                    of::<Batch>(&[("received", "Evidence came in together.")]),
                    of::<Matched>(&[("matched", "Evidence left quarantine, since what it names became known.")]),
                ]
            }
        }
        SubjectKind::ServiceLevelStatement => {
            const {
                &[of::<ServiceLevelStatement>(&[
                    ("opened", "A period of an agreement has a statement."),
                    ("proposed", "A statement's figures were laid before the customer."),
                    ("accepted", "The customer accepted a statement's figures."),
                    ("objected", "The customer objected to figures."),
                    ("objection_answered", "An objection was answered."),
                    ("closed", "A statement's figures stand."),
                    ("restated", "A revision takes the place of a closed statement."),
                ])]
            }
        }
        SubjectKind::MissedTarget => {
            const {
                &[of::<MissedTarget>(&[(
                    "found",
                    "A target was missed in a closed period.",
                )])]
            }
        }
        SubjectKind::Exclusion => {
            const {
                &[of::<Exclusion>(&[
                    ("proposed", "An interval is asked to be left out of the agreed figures."),
                    ("consented", "An interval is left out, by consent."),
                    ("refused", "An interval is not left out."),
                ])]
            }
        }
        SubjectKind::StatementRun => {
            const {
                &[of::<StatementRun>(&[(
                    "begun",
                    "Many statements are opened, proposed or closed in one go.",
                )])]
            }
        }
        SubjectKind::Improvement => {
            const {
                &[of::<Improvement>(&[
                    ("identified", "An improvement was entered."),
                    ("changed", "What is told of an improvement changed."),
                    ("approved", "An improvement will be done."),
                    ("rejected", "An improvement will not be done."),
                    ("started", "Somebody works on an improvement."),
                    ("implemented", "An improvement is in effect."),
                    ("verified", "What an improvement came to was judged."),
                    ("closed", "Nothing is left to do for an improvement."),
                    ("passed_on", "An improvement is for its customer's successor."),
                    ("activity_planned", "Something is to be done for an improvement."),
                    ("activity_changed", "What is to be done for an improvement changed."),
                    ("activity_completed", "Something was done for an improvement."),
                    (
                        "request_taken_back",
                        "The request behind an improvement was taken back from the register.",
                    ),
                ])]
            }
        }
        SubjectKind::ImprovementReading => {
            const { &[of::<Reading>(&[("recorded", "An improvement's measure was read.")])] }
        }
        SubjectKind::ImprovementOffer => {
            const {
                &[of::<ImprovementOffer>(&[
                    (
                        "made",
                        "What helped one customer is offered to another with the same need.",
                    ),
                    (
                        "taken",
                        "An offered improvement is entered for the other customer, too.",
                    ),
                    ("declined", "An offered improvement does not help the other customer."),
                ])]
            }
        }
        SubjectKind::PlannedActivity => {
            const {
                &[of::<PlannedActivity>(&[
                    ("entered", "Something that a customer plans was entered."),
                    ("changed", "What is told of a planned activity changed."),
                    ("phase_changed", "A planned activity came into another phase."),
                ])]
            }
        }
        SubjectKind::Announcement => {
            const {
                &[of::<Announcement>(&[
                    ("published", "Customers are told of a disturbance or a change."),
                    (
                        "changed",
                        "What customers are told of a disturbance or a change changed.",
                    ),
                    ("withdrawn", "What customers were told holds no longer."),
                ])]
            }
        }
        SubjectKind::CalendarSubscription => {
            const {
                &[of::<CalendarSubscription>(&[
                    ("created", "Somebody reads dates in a calendar of their own."),
                    ("revoked", "A calendar's address leads nowhere any more."),
                ])]
            }
        }
        SubjectKind::WebhookSubscription => {
            const {
                &[
                    of::<Replayed>(&[("replayed", "Deliveries are sent once more, by wish.")]),
                    of::<WebhookSubscription>(&[
                        ("created", "A system wants to be told of events."),
                        ("changed", "What a system wants to be told, or where, changed."),
                        ("secret_rotated", "Deliveries are signed with a new secret, too."),
                        ("paused", "Deliveries wait: by wish, or since the destination is dead."),
                        ("resumed", "Deliveries go on."),
                        ("disabled", "The destination said that it is gone."),
                        ("tested", "A system wanted an event to try its way."),
                        ("deleted", "A system wants to be told no more."),
                    ]),
                ]
            }
        }
        SubjectKind::Connection => {
            const {
                &[of::<Connection>(&[
                    ("created", "Another product may send its own documents."),
                    ("changed", "Who may send, or how it is mapped, changed."),
                    ("secret_rotated", "A connection has a new secret."),
                    ("deleted", "A connection was removed."),
                ])]
            }
        }
        SubjectKind::Survey => {
            const {
                &[of::<Survey>(&[
                    ("created", "A survey was entered."),
                    ("changed", "A survey reads otherwise."),
                    ("sealed", "A survey's edition is sent, and stays as it reads."),
                ])]
            }
        }
        SubjectKind::Succession => const { &[of::<Succession>(&[("recorded", "Customers went on as others.")])] },
        SubjectKind::SatisfactionReport => {
            const {
                &[of::<SatisfactionReport>(&[
                    ("created", "A report of satisfaction was begun."),
                    ("changed", "The words of a report of satisfaction changed."),
                    ("deleted", "A draft of a report of satisfaction was removed."),
                    ("published", "A report of satisfaction stands."),
                ])]
            }
        }
        SubjectKind::Meeting => {
            const {
                &[of::<Meeting>(&[
                    ("planned", "A meeting was planned."),
                    ("passed_on", "A planned meeting is about its customer's successor."),
                    ("changed", "When, where or with whom a meeting is held changed."),
                    (
                        "removed",
                        "A meeting that nobody had touched was taken out of its series.",
                    ),
                    ("item_added", "A meeting is to take something up."),
                    ("item_changed", "What a meeting is to take up changed."),
                    ("item_removed", "A meeting is not to take something up any more."),
                    (
                        "item_overridden",
                        "A meeting takes up what belongs to another kind, for a reason.",
                    ),
                    ("item_transferred", "What a meeting was to take up went to another."),
                    (
                        "item_taken_over",
                        "A meeting is to take up what another was to take up before.",
                    ),
                    ("outcome_recorded", "Something was recorded at a meeting."),
                    ("held", "A meeting was held."),
                    (
                        "minutes_changed",
                        "What was said and decided at a meeting was written down.",
                    ),
                    ("action_completed", "What somebody was to do after a meeting was done."),
                    ("published", "The minutes of a meeting stand."),
                    ("corrected", "The minutes of a meeting got an addendum."),
                    ("cancelled", "A meeting is not held."),
                ])]
            }
        }
        SubjectKind::MeetingSeries => {
            const {
                &[of::<MeetingSeries>(&[
                    ("created", "Meetings recur from now on."),
                    ("changed", "When or how meetings recur changed."),
                    ("ended", "Meetings recur no longer than to a day."),
                    ("passed_on", "Meetings that recur are about their customer's successor."),
                ])]
            }
        }
        // Told by its round: no answer has an event, so that none tells when somebody answered.
        SubjectKind::SurveyRound => {
            const {
                &[of::<SurveyRound>(&[
                    ("created", "A round of a survey was entered."),
                    ("changed", "What is told of a round changed."),
                    ("opened", "A round's respondents were chosen."),
                    ("links_handed_out", "The links of a round were handed out."),
                    (
                        "mailed",
                        "Invitations of a round, or a reminder, are in line to be sent by mail.",
                    ),
                    (
                        "outcomes_told",
                        "It is known of invitations of a round whether they arrived.",
                    ),
                    (
                        "taken_over",
                        "An earlier survey was taken in as a round that is closed.",
                    ),
                    ("closed", "A round takes in no more answers."),
                    (
                        "comments_redacted",
                        "Passages were left out of what was said in a round in words.",
                    ),
                    ("published", "What was said in a round in words is told."),
                    ("comments_themed", "The team said what comments of a round are about."),
                    (
                        "comments_removed",
                        "What was said in a round in words was kept for long enough.",
                    ),
                ])]
            }
        }
        SubjectKind::ServiceCost => {
            const {
                &[of::<ServiceCost>(&[
                    ("entered", "What a service costs a customer over a period was entered."),
                    ("changed", "What a service costs a customer was told anew."),
                ])]
            }
        }
        SubjectKind::ValueAssessment => {
            const {
                &[of::<ValueAssessment>(&[
                    ("given", "A customer weighed a service for a year."),
                    ("revised", "A customer weighed a service anew."),
                ])]
            }
        }
        SubjectKind::BusinessNeed => {
            const {
                &[of::<BusinessNeed>(&[
                    ("stated", "A need of a customer was entered."),
                    ("changed", "What is told of a need changed."),
                    ("closed", "A need is one no more."),
                    ("passed_on", "A need is its customer's successor's."),
                ])]
            }
        }
        SubjectKind::Lesson => {
            const {
                &[of::<Lesson>(&[
                    ("written", "Somebody wrote what was learned."),
                    ("changed", "What is told of a lesson changed."),
                    ("read", "Somebody has read a lesson."),
                ])]
            }
        }
        SubjectKind::Interaction => {
            const {
                &[of::<Interaction>(&[
                    ("recorded", "That we were in touch with a customer was entered."),
                    ("corrected", "Whoever entered it corrected it."),
                ])]
            }
        }
    }
}

/// How much of what is done to a thing its customer's contacts are told.
enum Told {
    Everything,
    But(&'static [&'static str]),
    Only(&'static [&'static str]),
    Nothing,
}

/// What contacts may read of a kind of thing, they may read in the timeline; of a new kind it must be said here.
fn told_to_contacts(kind: SubjectKind) -> Told {
    match kind {
        SubjectKind::Customer
        | SubjectKind::Contact
        | SubjectKind::ServiceUsage
        | SubjectKind::HandOver
        | SubjectKind::ServiceLevelStatement
        | SubjectKind::MissedTarget
        | SubjectKind::Exclusion
        | SubjectKind::ImprovementReading
        | SubjectKind::ServiceCost
        | SubjectKind::ValueAssessment => Told::Everything,
        SubjectKind::Request => Told::But(&["scored", "escalated"]),
        SubjectKind::Comment => Told::Only(&["written_for_customer"]),
        SubjectKind::Agreement => Told::Only(&["reviewed"]),
        // What is only being written is the team's own.
        SubjectKind::AgreementVersion => Told::But(&["created", "changed", "discarded"]),
        SubjectKind::Improvement => Told::But(&["activity_planned", "activity_changed", "activity_completed"]),
        SubjectKind::SatisfactionReport => Told::Only(&["published"]),
        SubjectKind::PlannedActivity => Told::Everything,
        // Meetings inside the team are among them.
        SubjectKind::Meeting | SubjectKind::MeetingSeries => Told::Nothing,
        SubjectKind::Person
        | SubjectKind::Service
        | SubjectKind::CustomerTeam
        | SubjectKind::ScoringScheme
        | SubjectKind::RequestScore
        | SubjectKind::Client
        | SubjectKind::AgreementTemplate
        | SubjectKind::SigningOrder
        | SubjectKind::ServiceCalendar
        | SubjectKind::Measurement
        | SubjectKind::MeasurementBatch
        | SubjectKind::StatementRun
        | SubjectKind::ImprovementOffer
        | SubjectKind::WebhookSubscription
        | SubjectKind::Connection
        | SubjectKind::Survey
        | SubjectKind::SurveyRound
        | SubjectKind::Announcement
        | SubjectKind::CalendarSubscription
        | SubjectKind::Succession
        | SubjectKind::BusinessNeed
        | SubjectKind::Lesson
        | SubjectKind::Interaction => Told::Nothing,
    }
}

/// The types of the events that a customer's contacts are told of.
pub fn types_for_contacts() -> Vec<String> {
    let told = |kind: SubjectKind, act: &str| match told_to_contacts(kind) {
        Told::Everything => true,
        Told::But(hidden) => !hidden.contains(&act),
        Told::Only(shown) => shown.contains(&act),
        Told::Nothing => false,
    };
    SubjectKind::iter()
        .flat_map(|kind| {
            forms(kind)
                .iter()
                .flat_map(move |form| form.acts)
                .map(move |(act, _)| (kind, *act))
        })
        .filter(|(kind, act)| told(*kind, act))
        .map(|(kind, act)| name(kind, act))
        .collect()
}

/// What the event's type means; none where the catalogue does not have it.
pub fn meaning(kind: SubjectKind, event_type: &str) -> Option<&'static str> {
    let act = event_type.split('.').nth(2)?;
    let acts = forms(kind).iter().flat_map(|form| form.acts);
    acts.into_iter()
        .find(|(known, _)| *known == act)
        .map(|(_, means)| *means)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_act_has_one_line_of_its_own() {
        for kind in SubjectKind::iter() {
            let acts: Vec<&Act> = forms(kind).iter().flat_map(|form| form.acts).collect();
            let names: HashSet<&str> = acts.iter().map(|(name, _)| *name).collect();
            assert_eq!(names.len(), acts.len(), "{kind}");
            for (name, told) in acts {
                assert!(told.ends_with('.') && !told.contains('\n'), "{kind} {name}");
                assert_eq!(event_type(kind, name).unwrap(), format!("kundansvar.{kind}.{name}.v1"));
            }
        }
    }

    #[test]
    fn an_act_that_is_not_listed_has_no_event() {
        let told = event_type(SubjectKind::Request, "rooted").unwrap_err().to_string();
        assert!(told.contains("kundansvar.request.rooted.v1"), "{told}");
        assert!(event_type(SubjectKind::Measurement, "received").is_err());
    }

    #[test]
    fn a_form_reads_as_the_log_writes_it() {
        let [form] = forms(SubjectKind::Request) else { panic!() };
        let (_, parts) = form.schemas();
        let part = |name: &str| serde_json::to_value(&parts.iter().find(|(n, _)| n == name).unwrap().1).unwrap();
        assert_eq!(part("CustomerRef")["format"], "uuid");
        assert_eq!(part("Title")["required"], serde_json::json!(["digest"]));
        assert_eq!(part("Title")["properties"]["value"]["maxLength"], 200);
    }

    #[test]
    fn contacts_are_told_what_exists_and_nothing_of_the_teams_own() {
        for kind in SubjectKind::iter() {
            let known: Vec<&str> = forms(kind)
                .iter()
                .flat_map(|form| form.acts)
                .map(|(act, _)| *act)
                .collect();
            let (Told::But(named) | Told::Only(named)) = told_to_contacts(kind) else {
                continue;
            };
            assert!(named.iter().all(|act| known.contains(act)), "{kind}: {named:?}");
        }
        let told = types_for_contacts();
        for (act, is_told) in [
            ("comment.written_for_customer", true),
            ("comment.written_for_team", false),
            ("agreement_version.created", false),
            ("agreement_version.approved", true),
            ("satisfaction_report.changed", false),
            ("interaction.recorded", false),
        ] {
            assert_eq!(told.contains(&format!("kundansvar.{act}.v1")), is_told, "{act}");
        }
        assert_eq!(
            meaning(SubjectKind::Request, "kundansvar.request.received.v1"),
            Some("A request came in.")
        );
    }
}
