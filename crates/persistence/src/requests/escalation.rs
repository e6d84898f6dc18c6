//! Complaints whose due day has passed: told once for each due day, however many programs look for them.
use domain::{access::Scope, vocabulary::RequestId};
use sea_orm::{
    FromQueryResult, Order,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{load, update};
use crate::{
    Db, Error,
    store::{self, Origin, Source},
};

impl Db {
    /// Escalates what is overdue (R15).
    pub async fn escalate_overdue_complaints(&self, origin: &Origin) -> Result<(), Error> {
        #[derive(FromQueryResult)]
        struct Overdue {
            id: RequestId,
        }
        let query = Query::select()
            .column("id")
            .from("request")
            .and_where(Expr::cust("unanswered"))
            .and_where(Expr::col("due_day").lt(origin.today))
            .and_where(Expr::cust("(escalated_for is null or escalated_for <> due_day)"))
            .order_by("due_day", Order::Asc)
            .limit(1000)
            .to_owned();
        let overdue = store::all::<Overdue>(self.reader().connection(), &query).await?;
        let scope = Scope::unlimited("escalation");
        for Overdue { id } in overdue {
            let mut unit = self.open(origin).await?;
            // Held now: another program may have told of it since.
            let before = load(&unit, &scope, id).await?;
            if let Some(after) = before.clone().escalate(origin.today, origin.now) {
                update(&mut unit, "escalated", &before, &after).await?;
                unit.commit().await?;
            }
        }
        Ok(())
    }
}
