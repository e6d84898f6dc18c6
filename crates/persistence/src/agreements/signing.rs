//! Orders to the signing service: made and ended with the proposals that they belong to, sent until they are taken, and
//! kept with the document that came back.
use chrono::{DateTime, Utc};
use domain::{access::Scope, agreements::*, events::Aggregate, people::Contact, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::version;
use crate::{
    Db, Error, access, people,
    store::{self, Origin, Reader, Source, UnitOfWork},
};

mod order {
    use domain::{agreements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_order")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SigningOrderId,
        pub version: i64,
        pub version_id: AgreementVersionId,
        pub digest: Digest,
        pub state: SigningState,
        pub attempts: i32,
        pub due_at: Option<DateTimeUtc>,
        pub sent_at: Option<DateTimeUtc>,
        pub ended_at: Option<DateTimeUtc>,
        pub reason: Option<Reason>,
        pub told_digest: Option<Digest>,
        pub document_digest: Option<Digest>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use order::{ActiveModel, Column, Entity};

mod document {
    use domain::{agreements::SignedMedia, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signed_document")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: SigningOrderId,
        pub media_type: SignedMedia,
        pub content: Vec<u8>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// How many orders are sent in one round.
const AT_ONCE: u64 = 20;

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    order: order::Model,
    agreement_id: AgreementId,
    agreement_number: String,
    agreement_kind: AgreementKind,
    customer_id: Option<CustomerId>,
    version_number: VersionNumber,
    permitted: access::Leave,
}

impl Row {
    fn order(self) -> (SigningOrder, access::Leave) {
        let row = self.order;
        let order = SigningOrder {
            id: row.id,
            version: row.version,
            agreement: AgreementRef {
                id: self.agreement_id,
                number: self.agreement_number,
                kind: self.agreement_kind,
            },
            version_number: self.version_number,
            digest: row.digest,
            state: row.state,
            sent_at: row.sent_at,
            ended_at: row.ended_at,
            reason: row.reason,
            document_digest: row.document_digest,
            told_digest: row.told_digest,
            customer: self.customer_id,
            created_at: row.created_at,
        };
        (order, self.permitted)
    }
}

fn select(source: &impl Source, scope: &Scope, today: chrono::NaiveDate) -> SelectStatement {
    let backend = source.backend();
    let mut query = Entity::find().into_query();
    query
        .inner_join(
            "agreement_version",
            Expr::cust("agreement_version.id = signing_order.version_id"),
        )
        .inner_join("agreement", Expr::cust("agreement.id = agreement_version.agreement_id"));
    for (table, column, name) in [
        ("agreement", "id", "agreement_id"),
        ("agreement", "number", "agreement_number"),
        ("agreement", "kind", "agreement_kind"),
        ("agreement", "customer_id", "customer_id"),
        ("agreement_version", "number", "version_number"),
    ] {
        query.expr_as(Expr::col((table, column)), name);
    }
    access::guard(&mut query, scope, "agreement.customer_id", (today, backend), |reach| {
        access::of_agreement(reach, today, backend)
    });
    query
}

/// The order, if the caller may see it (404) and do this there (403).
pub async fn signing_order(
    source: &impl Source,
    scope: &Scope,
    id: SigningOrderId,
    today: chrono::NaiveDate,
) -> Result<SigningOrder, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Expr::col(("signing_order", "id")).eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::order))
}

/// The same with its agreement, which is held until the unit of work ends: whatever moves the order's version holds it too.
pub async fn load_signing_order(
    unit: &UnitOfWork,
    scope: &Scope,
    id: SigningOrderId,
) -> Result<(SigningOrder, Agreement), Error> {
    let seen = signing_order(unit, scope, id, unit.today()).await?;
    let agreement = super::load(unit, &Scope::unlimited("signing"), seen.agreement.id).await?;
    Ok((signing_order(unit, scope, id, unit.today()).await?, agreement))
}

/// The document that the parties signed; not found where the version was not signed outside.
pub async fn signed_document(source: &impl Source, version: &AgreementVersion) -> Result<SignedDocument, Error> {
    let of_version = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::VersionId.eq(version.id))
        .filter(Column::State.eq(SigningState::Signed))
        .into_query();
    let row = document::Entity::find()
        .filter(document::Column::OrderId.in_subquery(of_version))
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?;
    SignedDocument::of(row.media_type, &row.content).map_err(|e| Error::Database(sea_orm::DbErr::Custom(e.to_string())))
}

/// What a version's change means for its order: a proposal may bring one, a return to draft ends it.
pub(super) async fn follow(
    unit: &mut UnitOfWork,
    before: &AgreementVersion,
    after: &AgreementVersion,
) -> Result<(), Error> {
    match (before.signing_order(), after.signing_order()) {
        (None, Some(_)) => match SigningOrder::of(after, unit.now()) {
            Some(order) => insert(unit, after.id, &order).await,
            None => Ok(()),
        },
        (Some(id), None) => {
            let order = signing_order(unit, &Scope::unlimited("signing"), id, unit.today()).await?;
            if !order.is_open() {
                return Ok(());
            }
            let now = unit.now();
            update_signing_order(unit, "withdrawn", &order, &order.clone().withdrawn(now)).await
        }
        _ => Ok(()),
    }
}

async fn insert(unit: &mut UnitOfWork, version: AgreementVersionId, order: &SigningOrder) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(order.id),
        version_id: Set(version),
        digest: Set(order.digest.clone()),
        attempts: Set(0),
        created_at: Set(order.created_at),
        ..row(order)
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    unit.record("made", None, Some(order))
}

/// What changes of an order. One that does not wait is not sent again.
fn row(order: &SigningOrder) -> ActiveModel {
    let waits = order.state == SigningState::Waiting;
    ActiveModel {
        version: Set(order.version),
        state: Set(order.state),
        due_at: Set(waits.then_some(order.created_at)),
        sent_at: Set(order.sent_at),
        ended_at: Set(order.ended_at),
        reason: Set(order.reason.clone()),
        told_digest: Set(order.told_digest.clone()),
        document_digest: Set(order.document_digest.clone()),
        ..Default::default()
    }
}

/// Stores a changed order; `act` is what happened to it.
pub async fn update_signing_order(
    unit: &mut UnitOfWork,
    act: &str,
    before: &SigningOrder,
    after: &SigningOrder,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// Keeps the document that came back.
pub async fn keep_signed_document(
    unit: &UnitOfWork,
    order: SigningOrderId,
    media_type: SignedMedia,
    content: Vec<u8>,
) -> Result<(), Error> {
    let row = document::ActiveModel {
        order_id: Set(order),
        media_type: Set(media_type),
        content: Set(content),
    };
    document::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// What is sent of an order: what is to be signed, and who may sign for the customer.
pub struct Errand {
    /// The order.
    pub order: SigningOrder,
    /// The version that is to be signed.
    pub version: AgreementVersion,
    /// The contacts of the customer who decide today.
    pub deciders: Vec<Contact>,
    /// The address of the person who proposed it.
    pub proposer_email: Option<EmailAddress>,
}

impl Db {
    /// The orders that are due, each taken by this instance: it is due again, for whoever looks then, after a wait that
    /// grows with the attempts. So one that dies over an order leaves it to another.
    pub async fn take_due_signing_orders(&self, now: DateTime<Utc>) -> Result<Vec<SigningOrderId>, Error> {
        let due = Entity::find()
            .filter(Column::DueAt.lte(now))
            .order_by_asc(Column::DueAt)
            .limit(AT_ONCE)
            .all(self.reader().connection())
            .await?;
        let mut taken = vec![];
        for order in due {
            let attempts = order.attempts.saturating_add(1);
            let again = now + wait_after(attempts.unsigned_abs());
            let done = Entity::update_many()
                .col_expr(Column::Attempts, Expr::val(attempts))
                .col_expr(Column::DueAt, Expr::val(again))
                .filter(Column::Id.eq(order.id))
                .filter(Column::Attempts.eq(order.attempts))
                .filter(Column::DueAt.is_not_null())
                .exec(self.writer())
                .await?;
            if done.rows_affected == 1 {
                taken.push(order.id);
            }
        }
        Ok(taken)
    }

    /// The signing service took the order.
    pub async fn signing_order_was_taken(&self, origin: &Origin, id: SigningOrderId) -> Result<(), Error> {
        let mut unit = self.open(origin).await?;
        let (order, _) = load_signing_order(&unit, &Scope::unlimited("signing"), id).await?;
        if let Some(taken) = order.taken(unit.now()) {
            update_signing_order(&mut unit, "sent", &order, &taken).await?;
        }
        unit.commit().await
    }
}

/// What is to be sent of an order; nothing where it waits no more.
pub async fn errand(
    reader: &Reader<'_>,
    id: SigningOrderId,
    today: chrono::NaiveDate,
) -> Result<Option<Errand>, Error> {
    let house = Scope::unlimited("signing");
    let order = signing_order(reader, &house, id, today).await?;
    let agreement = super::get(reader, &house, order.agreement.id, today).await?;
    let version = version(reader, &agreement, order.version_number, today).await?;
    if order.state != SigningState::Waiting || version.signing_order() != Some(id) {
        return Ok(None);
    }
    let deciders = match Aggregate::customer(&agreement) {
        Some(customer) => people::deciders(reader, customer, today).await?,
        None => vec![],
    };
    let proposer = version.proposal.as_ref().map(|proposal| PersonId(proposal.deed.by.id));
    let proposer_email = match proposer {
        Some(person) => people::get(reader, person).await?.email,
        None => None,
    };
    Ok(Some(Errand {
        order,
        version,
        deciders,
        proposer_email,
    }))
}
