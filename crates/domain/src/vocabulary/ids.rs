//! One newtype per kind of thing. A UUIDv7, so ids sort by creation.
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every id type can do.
pub trait Id: Copy + From<Uuid> + Into<Uuid> + std::fmt::Display {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, DeriveValueType)]
        #[schema(value_type = Uuid, min_length = 36, max_length = 36, example = "019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27")]
        #[serde(transparent)]
        pub struct $name(pub Uuid);
        impl Id for $name {}
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self { id.0 }
        }
        // Asked of every key type; only integer keys can come from a database counter.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { text.parse().map(Self) }
        }
    )*};
}

ids! {
    /// A customer.
    CustomerId;
    /// A contact: a person at a customer.
    ContactId;
    /// A person of the IT organisation.
    PersonId;
    /// An IT service.
    ServiceId;
    /// A customer's use of a service over a period.
    UsageId;
    /// A customer team.
    TeamId;
    /// A person's role in a team over a period.
    MembershipId;
    /// A deputy of a member over a period.
    DeputyId;
    /// A team's responsibility for a customer over a period.
    AssignmentId;
    /// A request.
    RequestId;
    /// A request handed over to a destination.
    HandOverId;
    /// Customers that went on as others.
    SuccessionId;
    /// A version of the way of weighing requests.
    ScoringSchemeId;
    /// What a person gave a request.
    RequestScoreId;
    /// A comment on a request.
    CommentId;
    /// Another system with credentials of its own.
    ClientId;
    /// An agreement.
    AgreementId;
    /// A version of an agreement.
    AgreementVersionId;
    /// An order to the signing service.
    SigningOrderId;
    /// A template that agreements start from.
    AgreementTemplateId;
    /// A service calendar.
    CalendarId;
    /// A measurement: a piece of evidence from another system.
    MeasurementId;
    /// A batch of measurements.
    BatchId;
    /// A score on a finished case.
    RatingId;
    /// A survey.
    SurveyId;
    /// A survey sent to chosen contacts.
    SurveyRoundId;
    /// An invitation to answer in a round.
    InvitationId;
    /// A mail to somebody.
    NotificationId;
    /// What a respondent answered.
    SurveyAnswerId;
    /// Something that was said in words.
    SurveyCommentId;
    /// A report of a customer's satisfaction in a period.
    SatisfactionReportId;
    /// A statement of what was delivered in a period.
    StatementId;
    /// An interval that is left out of what is judged.
    ExclusionId;
    /// One act on the statements of many agreements.
    StatementRunId;
    /// A promise that was not kept in a period.
    MissedTargetId;
    /// An entry of the improvement register.
    ImprovementId;
    /// Something that is done for an improvement.
    ImprovementActivityId;
    /// An improvement that is offered to a request.
    ImprovementOfferId;
    /// A meeting.
    MeetingId;
    /// Meetings that recur.
    MeetingSeriesId;
    /// Something that a meeting is to take up.
    AgendaItemId;
    /// Something that somebody is to do after a meeting.
    ActionItemId;
    /// What was measured of an improvement's measure.
    ReadingId;
    /// What a service costs a customer over a period.
    ServiceCostId;
    /// How a customer weighs a service in a year.
    ValueAssessmentId;
    /// What a customer will need.
    BusinessNeedId;
    /// What was learned.
    LessonId;
    /// That we were in touch with a customer.
    InteractionId;
    /// What a customer itself is about to do.
    PlannedActivityId;
    /// What customers are told of a disturbance or a change.
    AnnouncementId;
    /// Somebody's wish to read dates in a calendar.
    CalendarSubscriptionId;
    /// A system's wish to be told of events.
    WebhookSubscriptionId;
    /// An event on its way to a destination.
    DeliveryId;
    /// An inbound connection.
    ConnectionId;
    /// A document that a connection received.
    DocumentId;
    /// A record of who read something that is protected.
    AccessRecordId;
    /// An entry of the event log.
    EventId;
}
