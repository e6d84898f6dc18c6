//! Merging: what was told of a duplicate stays with it and is read where it goes on.
use chrono::NaiveDate;
use domain::{Rule, RuleCode, access::Scope, requests::*, vocabulary::*};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{Row, load, reading::select_all, update};
use crate::{
    Error, access,
    store::{self, Source, UnitOfWork},
};

/// Two requests, held in one order whoever asks, so that two merges that cross each other do not wait for each other.
/// What the second was merged into stands in its place.
pub async fn load_two(
    unit: &UnitOfWork,
    scope: &Scope,
    id: RequestId,
    into: RequestId,
) -> Result<(Request, Request), Error> {
    // A name in a body is refused alike, whether it is out of sight or nowhere.
    let named = |found: Result<Request, Error>| match found {
        Err(Error::NotFound) => {
            let detail = "There is no such request that you may see.";
            Err(Rule::new(RuleCode::UnknownReference, detail).at("/into").into())
        }
        found => found,
    };
    let (one, other) = if id <= into {
        let one = load(unit, scope, id).await?;
        (one, named(load(unit, scope, into).await)?)
    } else {
        let other = load(unit, scope, into).await;
        let one = load(unit, scope, id).await?;
        (one, named(other)?)
    };
    match &other.merged_into {
        None => Ok((one, other)),
        Some(end) => Ok((one, named(load(unit, scope, end.id).await)?)),
    }
}

/// Stores what became of the two. What was merged into the one that ends leads on, so no way is longer than a step.
pub async fn merge(
    unit: &mut UnitOfWork,
    (duplicate, merged): (&Request, &Request),
    (former, survivor): (&Request, &Request),
) -> Result<(), Error> {
    update(unit, "merged", duplicate, merged).await?;
    update(unit, "absorbed", former, survivor).await?;
    let mut query = select_all(unit.backend());
    query
        .expr_as(access::own_right(), "permitted")
        .and_where(Expr::col(("request", "merged_into_id")).eq(duplicate.id));
    store::lock(&mut query, unit.backend(), "request");
    for row in store::all::<Row>(unit.connection(), &query).await? {
        let after = row.request.clone().lead_on(survivor, unit.now());
        update(unit, "led_on", &row.request, &after).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Id {
    id: RequestId,
}

/// The request and those that were merged into it, as far as the caller may see them.
pub(super) async fn with_merged(
    source: &impl Source,
    scope: &Scope,
    request: &Request,
    today: NaiveDate,
) -> Result<Vec<RequestId>, Error> {
    let backend = source.backend();
    let query = Query::select()
        .column(("request", "id"))
        .from("request")
        .and_where(Expr::col(("request", "merged_into_id")).eq(request.id))
        .and_where(access::of_request(&scope.visible, today, backend))
        .to_owned();
    let merged = store::all::<Id>(source.connection(), &query).await?;
    Ok([request.id]
        .into_iter()
        .chain(merged.into_iter().map(|row| row.id))
        .collect())
}

/// The customers behind requests by those that were merged into them, as far as the caller may see them, by code.
pub async fn customers_behind(
    source: &impl Source,
    scope: &Scope,
    requests: Vec<RequestId>,
    today: NaiveDate,
) -> Result<Vec<(RequestId, CustomerRef)>, Error> {
    #[derive(FromQueryResult)]
    struct Behind {
        survivor: RequestId,
        id: CustomerId,
        code: Code,
        name: Name,
    }
    if requests.is_empty() {
        return Ok(vec![]);
    }
    let backend = source.backend();
    let query = Query::select()
        .distinct()
        .expr_as(Expr::col(("request", "merged_into_id")), "survivor")
        .columns(["id", "code", "name"].map(|name| ("customer", name)))
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .and_where(Expr::col(("request", "merged_into_id")).is_in(requests))
        .and_where(access::of_customers(
            &scope.visible.customers,
            "request.customer_id",
            today,
            backend,
        ))
        .order_by(("customer", "code"), sea_orm::Order::Asc)
        .to_owned();
    let rows = store::all::<Behind>(source.connection(), &query).await?;
    let told = |row: Behind| {
        let customer = CustomerRef {
            id: row.id,
            code: row.code,
            name: row.name,
        };
        (row.survivor, customer)
    };
    Ok(rows.into_iter().map(told).collect())
}
