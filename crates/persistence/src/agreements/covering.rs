//! What holds for the services that a customer uses on a day: its own agreement, its nearest ancestor's, or what holds
//! by default (R8).
use chrono::NaiveDate;
use domain::{access::Scope, agreements::*, vocabulary::*};
use sea_orm::{
    FromQueryResult, Value,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::default_template;
use crate::{
    Error, customers,
    store::{self, Source},
};

/// What holds for a used service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoveredUsage {
    /// The service.
    pub service: ServiceRef,
    /// The agreement in force; absent where nothing was agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementRef>,
    /// The number of its version in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionNumber>,
    /// Whose agreement it is: the customer's own, or that of a customer above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<CustomerRef>,
    /// The template that holds by default where nothing was agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_default: Option<AgreementTemplateId>,
}

/// What holds for the services that a customer uses on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCoverage {
    /// The customer.
    pub customer: CustomerRef,
    /// The day.
    pub day: NaiveDate,
    /// Each service that is used, by code.
    #[schema(max_items = 1000)]
    pub services: Vec<CoveredUsage>,
}

#[derive(FromQueryResult)]
struct UsedRow {
    service_id: ServiceId,
    service_code: Code,
    service_name: Name,
    agreement_id: Option<AgreementId>,
    agreement_number: Option<String>,
    version: Option<VersionNumber>,
    holder_id: Option<CustomerId>,
    holder_code: Option<Code>,
    holder_name: Option<Name>,
}

/// The version that covers `u.service_id` for `u.customer_id` on a day, which is asked for four times: that of the nearest
/// holder of the day.
pub(crate) const COVERING: &str = "select v.id from customer_ancestry y \
    join agreement_holder o on o.customer_id = y.ancestor_id and o.since <= ? and (o.until is null or o.until > ?) \
    join agreement_version v on v.agreement_id = o.agreement_id and v.status in ('approved', 'terminated') \
        and v.since <= ? and (v.until is null or v.until > ?) \
    join agreement_service s on s.version_id = v.id and s.service_id = u.service_id \
    where y.customer_id = u.customer_id and (y.depth = 0 or not v.this_only) \
    order by y.depth limit 1";

/// What holds for the services that the customer uses on the day.
pub async fn service_coverage(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<ServiceCoverage, Error> {
    let customer = customers::get(source, scope, customer, today).await?;
    let by_default = default_template(source).await?;
    let covering = format!("v.id = ({COVERING})");
    let mut query = sea_orm::sea_query::Query::select();
    use sea_orm::JoinType::{InnerJoin, LeftJoin};
    query
        .distinct()
        .from_as("service_usage", "u")
        .join_as(InnerJoin, "service", "s", Expr::cust("s.id = u.service_id"))
        .join_as(
            LeftJoin,
            "agreement_version",
            "v",
            store::expr(source.backend(), covering, [day; 4]),
        )
        .join_as(LeftJoin, "agreement", "a", Expr::cust("a.id = v.agreement_id"))
        .join_as(
            LeftJoin,
            "agreement_holder",
            "o",
            store::expr(
                source.backend(),
                "o.agreement_id = a.id and o.since <= ? and (o.until is null or o.until > ?)",
                [day; 2],
            ),
        )
        .join_as(LeftJoin, "customer", "h", Expr::cust("h.id = o.customer_id"))
        .and_where(Expr::col(("u", "customer_id")).eq(customer.id))
        .and_where(store::expr(
            source.backend(),
            "u.since <= ? and (u.until is null or u.until > ?)",
            [Value::from(day), day.into()],
        ));
    for (expression, name) in [
        ("s.id", "service_id"),
        ("s.code", "service_code"),
        ("s.name", "service_name"),
        ("a.id", "agreement_id"),
        ("a.number", "agreement_number"),
        ("v.number", "version"),
        ("h.id", "holder_id"),
        ("h.code", "holder_code"),
        ("h.name", "holder_name"),
    ] {
        query.expr_as(Expr::cust(expression), name);
    }
    query.order_by("service_code", sea_orm::Order::Asc).limit(1000);
    let rows = store::all::<UsedRow>(source.connection(), &query).await?;
    let usage = |row: UsedRow| {
        let agreement = row
            .agreement_id
            .zip(row.agreement_number)
            .map(|(id, number)| AgreementRef {
                id,
                number,
                kind: AgreementKind::Sla,
            });
        let held_by = match (row.holder_id, row.holder_code, row.holder_name) {
            (Some(id), Some(code), Some(name)) => Some(CustomerRef { id, code, name }),
            _ => None,
        };
        CoveredUsage {
            service: ServiceRef {
                id: row.service_id,
                code: row.service_code,
                name: row.service_name,
            },
            by_default: by_default
                .as_ref()
                .filter(|_| agreement.is_none())
                .map(|template| template.id),
            agreement,
            version: row.version,
            held_by,
        }
    };
    Ok(ServiceCoverage {
        customer: customer.reference(),
        day,
        services: rows.into_iter().map(usage).collect(),
    })
}
