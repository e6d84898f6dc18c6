//! The one error of this floor.
use domain::{Rule, RuleCode};
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not for this caller to see (R20).
    #[error("not found")]
    NotFound,
    /// There and visible, but the caller lacks the role.
    #[error("not permitted")]
    NotPermitted,
    /// Somebody else changed it since it was loaded.
    #[error("changed since it was loaded")]
    Stale,
    /// A rule of the domain.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// A cursor that points beyond, or beside, the log as it is now.
    #[error("the cursor does not belong to this log")]
    CursorGone,
    /// The same idempotency key was used for another body.
    #[error("the idempotency key was used for another body")]
    KeyReused,
    /// The twin of this request is still running.
    #[error("the same request is still running")]
    TwinRunning,
    /// The database does not answer in time; later it may.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The database was made by a newer program.
    #[error("the database has the schema step {0}, which this program does not know; use a newer program")]
    NewerSchema(String),
    /// A value could not be written as JSON, or stored JSON could not be read.
    #[error("stored or to be stored JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An act was to be recorded that the catalogue of events does not have.
    #[error(transparent)]
    UnknownAct(#[from] domain::events::UnknownAct),
    /// Anything else from the database.
    #[error(transparent)]
    Database(DbErr),
}

/// Unique and foreign keys, and the rule that each of them guards: the name as PostgreSQL reports it, the columns as
/// SQLite does.
const GUARDS: &[(&str, &str, RuleCode, &str, &str)] = &[
    (
        "ux_customer_code",
        "customer.code",
        RuleCode::NotUnique,
        "/code",
        "Another customer has this code.",
    ),
    (
        "ux_service_code",
        "service.code",
        RuleCode::NotUnique,
        "/code",
        "Another service has this code.",
    ),
    (
        "ux_statement_period",
        "statement.agreement_id, statement.period",
        RuleCode::NotUnique,
        "/period",
        "The agreement has a statement of this period.",
    ),
    (
        "ux_satisfaction_report",
        "satisfaction_report.customer_id",
        RuleCode::NotUnique,
        "/period",
        "Another report of this customer and period is being written; change or publish that one.",
    ),
    (
        "ux_service_calendar_name",
        "service_calendar.name",
        RuleCode::NotUnique,
        "/name",
        "Another service calendar has this name.",
    ),
    (
        "ux_team_name",
        "customer_team.name",
        RuleCode::NotUnique,
        "/name",
        "Another customer team has this name.",
    ),
    (
        "ux_client_name",
        "client.name",
        RuleCode::NotUnique,
        "/name",
        "Another client has this name.",
    ),
    (
        "ux_connection_name",
        "connection.name",
        RuleCode::NotUnique,
        "/name",
        "Another connection has this name.",
    ),
    (
        "ux_person_identity",
        "person.issuer",
        RuleCode::NotUnique,
        "/identity",
        "Another person has this identity.",
    ),
    (
        "ux_contact_identity",
        "contact.issuer",
        RuleCode::NotUnique,
        "/identity",
        "Another contact has this identity.",
    ),
    (
        "ux_external_reference",
        "external_reference.kind",
        RuleCode::NotUnique,
        "/references",
        "Another thing of this kind has one of these references.",
    ),
    (
        "ux_version_open",
        "agreement_version.agreement_id",
        RuleCode::State,
        "",
        "Another version is being written or waits for approval; finish or discard it first.",
    ),
    (
        "ux_agreement_template_name",
        "agreement_template.name",
        RuleCode::NotUnique,
        "/name",
        "Another template has this name.",
    ),
    (
        "ux_agreement_template_default",
        "agreement_template.is_default",
        RuleCode::NotUnique,
        "/default",
        "Another template holds by default.",
    ),
    (
        "ux_scoring_scheme",
        "scoring_scheme.",
        RuleCode::NotUnique,
        "",
        "Another version was entered at the same time.",
    ),
    (
        "ux_reading_replaces",
        "improvement_reading.replaces_id",
        RuleCode::State,
        "/replaces",
        "It was replaced already.",
    ),
    (
        "ux_value_assessment",
        "value_assessment.customer_id",
        RuleCode::NotUnique,
        "/year",
        "The service was assessed for this year already; revise that assessment.",
    ),
    (
        "ux_hand_over_live",
        "hand_over.request_id",
        RuleCode::OneDestination,
        "",
        "It is handed over already.",
    ),
];

impl Error {
    fn rule(reported: &str) -> Option<Self> {
        let (.., code, pointer, detail) = GUARDS
            .iter()
            .find(|(name, column, ..)| reported.contains(name) || reported.contains(column))?;
        Some(
            Rule {
                code: *code,
                detail: (*detail).into(),
                pointer: (!pointer.is_empty()).then(|| (*pointer).into()),
            }
            .into(),
        )
    }

    /// Whether the database chose this unit of work as the victim of a deadlock.
    pub(crate) fn is_deadlock(&self) -> bool {
        matches!(self, Self::Database(e) if matches!(sqlstate(e).as_deref(), Some("40001" | "40P01")))
    }

    /// Waiting for what another unit of work holds has taken too long.
    pub(crate) fn of_waiting(e: &DbErr) -> bool {
        sqlstate(e).as_deref() == Some("55P03")
    }
}

fn sqlx_error(e: &DbErr) -> Option<&sqlx::Error> {
    match e {
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => Some(e),
        _ => None,
    }
}

fn sqlstate(e: &DbErr) -> Option<String> {
    sqlx_error(e)?.as_database_error()?.code().map(Into::into)
}

/// The database is gone, going, or too busy: the caller may try again.
fn is_unavailable(e: &DbErr) -> bool {
    if matches!(e, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match sqlx_error(e) {
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) => {
            true
        }
        // Shutting down, cannot connect now, too many connections, lock or statement time-out; on SQLite busy.
        Some(sqlx::Error::Database(e)) => matches!(
            e.code().as_deref(),
            Some(
                "57P01"
                    | "57P02"
                    | "57P03"
                    | "08006"
                    | "08003"
                    | "08001"
                    | "53300"
                    | "55P03"
                    | "57014"
                    | "25P03"
                    | "5"
                    | "6"
            )
        ),
        Some(sqlx::Error::Protocol(_)) => true,
        _ => false,
    }
}

impl From<DbErr> for Error {
    fn from(e: DbErr) -> Self {
        let guarded = match e.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(reported)) => Self::rule(&reported),
            _ => None,
        };
        match guarded {
            Some(rule) => rule,
            None if is_unavailable(&e) => Self::Unavailable(e.to_string()),
            None => Self::Database(e),
        }
    }
}

/// A foreign key that refused a deletion means: it is in use.
pub fn guarding<T>(what: &str, done: Result<T, DbErr>) -> Result<T, Error> {
    done.map_err(|e| match e.sql_err() {
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => Rule::new(
            RuleCode::InUse,
            format!("This {what} is in use: end it instead of deleting it."),
        )
        .into(),
        _ => e.into(),
    })
}
