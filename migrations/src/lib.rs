//! How the store grows: one file a step, named by what it adds, the same for SQLite and PostgreSQL, never edited once
//! released. Foreign keys and checks come with the table, since SQLite cannot add them later.
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

mod m0001_events;
mod m0002_register;
mod m0003_requests;
mod m0004_calendars;
mod m0005_agreements;
mod m0006_measurements;
mod m0007_deputies;
mod m0008_statements;
mod m0009_handed_out;
mod m0010_agreement_imports;
mod m0011_signing;
mod m0012_webhooks;
mod m0013_weighing;
mod m0014_improvements;
mod m0015_metrics;
mod m0016_connections;
mod m0017_outlets;
mod m0018_ratings;
mod m0019_surveys;
mod m0020_deliveries;
mod m0021_forwarding;
mod m0022_figures;
mod m0023_notifications;
mod m0024_privacy;
mod m0025_earlier;
mod m0026_satisfaction_reports;
mod m0027_groups;
mod m0028_meetings;
mod m0029_planned_activities;
mod m0030_value_and_knowledge;
mod m0031_succession;
mod m0032_standing;
mod m0033_channels;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_events::Migration),
            Box::new(m0002_register::Migration),
            Box::new(m0003_requests::Migration),
            Box::new(m0004_calendars::Migration),
            Box::new(m0005_agreements::Migration),
            Box::new(m0006_measurements::Migration),
            Box::new(m0007_deputies::Migration),
            Box::new(m0008_statements::Migration),
            Box::new(m0009_handed_out::Migration),
            Box::new(m0010_agreement_imports::Migration),
            Box::new(m0011_signing::Migration),
            Box::new(m0012_webhooks::Migration),
            Box::new(m0013_weighing::Migration),
            Box::new(m0014_improvements::Migration),
            Box::new(m0015_metrics::Migration),
            Box::new(m0016_connections::Migration),
            Box::new(m0017_outlets::Migration),
            Box::new(m0018_ratings::Migration),
            Box::new(m0019_surveys::Migration),
            Box::new(m0020_deliveries::Migration),
            Box::new(m0021_forwarding::Migration),
            Box::new(m0022_figures::Migration),
            Box::new(m0023_notifications::Migration),
            Box::new(m0024_privacy::Migration),
            Box::new(m0025_earlier::Migration),
            Box::new(m0026_satisfaction_reports::Migration),
            Box::new(m0027_groups::Migration),
            Box::new(m0028_meetings::Migration),
            Box::new(m0029_planned_activities::Migration),
            Box::new(m0030_value_and_knowledge::Migration),
            Box::new(m0031_succession::Migration),
            Box::new(m0032_standing::Migration),
            Box::new(m0033_channels::Migration),
        ]
    }
}

/// Runs statements written once for both databases: the column types that differ are named in braces, and a line that
/// begins with `sqlite:` or `postgres:` is for that database alone.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let sqlite = manager.get_database_backend() == DbBackend::Sqlite;
    let (mine, other) = if sqlite {
        ("sqlite:", "postgres:")
    } else {
        ("postgres:", "sqlite:")
    };
    let types: [(&str, &str, &str); 5] = [
        ("{uuid}", "blob", "uuid"),
        ("{time}", "text", "timestamptz"),
        ("{date}", "text", "date"),
        ("{json}", "text", "jsonb"),
        ("{bytes}", "blob", "bytea"),
    ];
    let mut text: String = sql
        .lines()
        .filter(|line| !line.trim_start().starts_with(other))
        .map(|line| line.replacen(mine, "", 1) + "\n")
        .collect();
    for (name, on_sqlite, on_postgres) in types {
        text = text.replace(name, if sqlite { on_sqlite } else { on_postgres });
    }
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}
