//! Figures of satisfaction of very many ratings beside those of few.
use std::time::Instant;

use api::Running;
use chrono::Datelike;
use clap::Args;
use sea_orm::sqlx::{self, Connection as _, Executor, PgConnection};
use serde_json::json;

use crate::{
    At, Failure, operations,
    seed::Caller,
    statements::{Asked, beside},
};

/// How much there shall be.
#[derive(Args, Clone, Copy)]
pub struct Size {
    /// How many ratings in the large database.
    #[arg(long, default_value_t = 10_000_000)]
    ratings: i64,
    /// How many in the small one.
    #[arg(long, default_value_t = 100_000)]
    few: i64,
    /// Of how many customers.
    #[arg(long, default_value_t = 60)]
    customers: i64,
    /// About how many services.
    #[arg(long, default_value_t = 8)]
    services: i64,
}

/// What dashboards ask for.
const QUESTIONS: [(&str, &str); 5] = [
    ("a page of 20", ""),
    ("a page of 200, from the end", "?limit=200&sort=descending"),
    ("what changed, with its count", "?changed=true&method=csat&count=true"),
    (
        "a service's months",
        "?dimension=service&periodKind=month&method=mean&limit=200",
    ),
    ("all customers as a table", "?format=csv&dimension=customer&method=csat"),
];

/// Fills what is empty, draws the figures, and asks both in turn.
pub async fn measure(at: &At, small: &At, size: Size) -> Result<(), Failure> {
    let large = filled(at, size.ratings, size).await?;
    let small = filled(small, size.few, size).await?;
    let (large, small) = tokio::task::spawn_blocking(move || -> Result<_, Failure> {
        for (what, path) in QUESTIONS {
            let path = format!("/satisfaction/metrics{path}");
            let asked = |running: &Running, what| -> Result<Asked, Failure> {
                let caller = Caller::administrator(running.address, &running.state)?;
                Ok(Asked::by(caller, what, &path))
            };
            beside(asked(&large, what)?, asked(&small, "of few ratings")?, 1.5)?;
        }
        Ok((large, small))
    })
    .await??;
    operations::stop(large).await?;
    operations::stop(small).await
}

async fn filled(at: &At, ratings: i64, size: Size) -> Result<Running, Failure> {
    let url = at.postgres.clone().ok_or("ratings are seeded on PostgreSQL")?;
    let running = api::start(at.settings()).await?;
    let mut connection = PgConnection::connect(&url).await?;
    let (there,): (i64,) = sqlx::query_as("select count(*) from customer")
        .fetch_one(&mut connection)
        .await?;
    if there == 0 {
        let (address, state) = (running.address, running.state.clone());
        tokio::task::spawn_blocking(move || -> Result<(), Failure> {
            let mut admin = Caller::administrator(address, &state)?;
            for n in 0..size.services {
                admin.post(
                    "/services",
                    &json!({"code": format!("TJ{n}"), "name": format!("Tjänst {n}")}),
                )?;
            }
            for n in 0..size.customers {
                let body = json!({"code": format!("K{n}"), "name": format!("Förvaltning {n}"),
                    "legalEntity": {"name": "Kommunen"}});
                admin.post("/customers", &body)?;
            }
            Ok(())
        })
        .await??;
        let today = running.state.settings.local_date(running.state.clock.now());
        let month = today.with_day(1).ok_or("no month")?;
        // References are right by the way they are made.
        connection.execute("set session_replication_role = replica").await?;
        sqlx::query(include_str!("evidence/ratings.sql"))
            .bind(ratings)
            .bind(month)
            .bind(size.customers)
            .bind(size.services)
            .execute(&mut connection)
            .await?;
        connection
            .execute(
                "insert into rating_count select month, customer_id, service_id, low, high, top_boxes, score, count(*), 0 \
                 from rating group by 1, 2, 3, 4, 5, 6, 7",
            )
            .await?;
        connection.execute("vacuum analyze").await?;
    }
    let began = Instant::now();
    api::server::keep_figures(&running.state).await?;
    let figures: (i64, i64) =
        sqlx::query_as("select count(*), count(*) filter (where withheld) from satisfaction_figure")
            .fetch_one(&mut connection)
            .await?;
    let took = began.elapsed().as_secs_f64();
    println!(
        "{ratings} ratings: {} figures, {} withheld, drawn in {took:.1} s",
        figures.0, figures.1
    );
    connection.execute("vacuum analyze satisfaction_figure").await?;
    connection.close().await?;
    Ok(running)
}
