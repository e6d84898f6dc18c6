//! Deputies' mandates: what they are worth depends on the contact in whose stead they are held.
use chrono::NaiveDate;
use domain::{
    access::Scope,
    people::{Contact, MandateKind, Mandates},
    vocabulary::*,
};
use sea_orm::{
    DbBackend, Value,
    sea_query::{Expr, ExprTrait, Order},
};

use super::{ContactRow, select_contacts};
use crate::{
    Error,
    store::{self, Source},
};

/// Those of the customer's contacts in whose stead some of the mandates are held.
pub async fn principals(
    source: &impl Source,
    customer: CustomerId,
    mandates: &Mandates,
) -> Result<Vec<Contact>, Error> {
    let named = mandates.principals();
    if named.is_empty() {
        return Ok(vec![]);
    }
    // The day plays no part where everything is visible.
    let everywhere = Scope::unlimited("mandates");
    let query = select_contacts(source.backend(), &everywhere, NaiveDate::default())
        .and_where(Expr::col(("contact", "id")).is_in(named))
        .and_where(Expr::col(("contact", "customer_id")).eq(customer))
        .to_owned();
    let rows = store::all::<ContactRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(|row| row.contact().0).collect())
}

/// The contact with the mandates as they are in force, for whoever judges what the contact may do.
pub async fn in_force(source: &impl Source, contact: Contact) -> Result<Contact, Error> {
    let principals = principals(source, contact.customer.id, &contact.mandates).await?;
    Ok(Contact {
        mandates: contact.mandates.in_force(&principals),
        ..contact
    })
}

/// The customer's contacts with mandate `customer` today, a deputy's included; the first ones by name.
pub async fn deciders(source: &impl Source, customer: CustomerId, today: NaiveDate) -> Result<Vec<Contact>, Error> {
    const MOST: u64 = 50;
    let everywhere = Scope::unlimited("mandates");
    let query = select_contacts(source.backend(), &everywhere, today)
        .and_where(Expr::col(("contact", "customer_id")).eq(customer))
        .and_where(Expr::cust("contact.last_day is null").or(Expr::col(("contact", "last_day")).gte(today)))
        .and_where(decides_or_orders(source.backend(), today))
        .order_by(("contact", "sort_key"), Order::Asc)
        .limit(MOST)
        .to_owned();
    let rows = store::all::<ContactRow>(source.connection(), &query).await?;
    let contacts: Vec<Contact> = rows.into_iter().map(|row| row.contact().0).collect();
    let all = Mandates(contacts.iter().flat_map(|c| c.mandates.0.clone()).collect());
    let principals = principals(source, customer, &all).await?;
    let decides = |c: &Contact| c.mandates.in_force(&principals).hold(MandateKind::Customer, today);
    Ok(contacts.into_iter().filter(decides).collect())
}

/// Whether the row of `contact` has a mandate today to decide or to order, a deputy's included.
pub(crate) fn decides_or_orders(backend: DbBackend, today: NaiveDate) -> Expr {
    let mandates = store::json_items(backend, "contact.mandates", "m");
    let principals = store::json_items(backend, "p.mandates", "o");
    let is_principal = store::is_id(backend, "p.id", "m.value ->> 'deputyFor'");
    let holds =
        |m: &str| format!("{m}.value ->> 'firstDay' <= ? and coalesce({m}.value ->> 'lastDay', '9999-12-31') >= ?");
    let sql = format!(
        "exists (select 1 from {mandates} where m.value ->> 'kind' in ('customer', 'purchaser') and {} \
         and (m.value ->> 'deputyFor' is null or exists (select 1 from contact p, {principals} \
         where {is_principal} and p.customer_id = contact.customer_id and (p.last_day is null or p.last_day >= ?) \
         and o.value ->> 'deputyFor' is null and o.value ->> 'kind' = m.value ->> 'kind' and {})))",
        holds("m"),
        holds("o"),
    );
    let text = || Value::from(today.to_string());
    store::expr(backend, sql, [text(), text(), today.into(), text(), text()])
}

/// Whether another contact of the customer stands in, or ever did, for this one.
pub(super) fn has_deputies(backend: DbBackend, principal: ContactId) -> Expr {
    let mandates = store::json_items(backend, "contact.mandates", "m");
    let sql = format!("exists (select 1 from {mandates} where m.value ->> 'deputyFor' = ?)");
    store::expr(backend, sql, [principal.to_string()])
}
