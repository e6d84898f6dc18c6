//! Offers of what helped one customer to those whose requests seem to say the same.
use chrono::NaiveDate;
use domain::{access::Scope, improvements::*, requests::SAME_NEED, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    Error, Page, Paging, access, requests,
    store::{self, Cursor, Source, UnitOfWork},
};

mod offer {
    use domain::{improvements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_offer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ImprovementOfferId,
        pub version: i64,
        pub improvement_id: ImprovementId,
        pub request_id: RequestId,
        pub likeness: i32,
        pub outcome: ImprovementOutcome,
        pub state: OfferState,
        pub offered_at: DateTimeUtc,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub decision: Option<OfferDecision>,
        pub taken_as_id: Option<ImprovementId>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use offer::{ActiveModel, Column, Entity};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    offer: offer::Model,
    improvement_number: String,
    improvement_title: Title,
    improvement_is_seen: i32,
    request_number: String,
    request_title: Title,
    customer_id: CustomerId,
    customer_code: Code,
    customer_name: Name,
    taken_as_number: Option<String>,
    taken_as_title: Option<Title>,
    permitted: access::Leave,
}

impl Row {
    fn offer(self) -> (ImprovementOffer, access::Leave) {
        let offer = self.offer;
        let improvement = ImprovementRef {
            id: offer.improvement_id,
            number: self.improvement_number,
            title: self.improvement_title,
        };
        let taken_as = Option::zip(self.taken_as_number, self.taken_as_title);
        let offer = ImprovementOffer {
            id: offer.id,
            version: offer.version,
            state: offer.state,
            improvement: Some(improvement).filter(|_| self.improvement_is_seen == 1),
            outcome: offer.outcome,
            request: RequestRef {
                id: offer.request_id,
                number: self.request_number,
                title: self.request_title,
            },
            customer: CustomerRef {
                id: self.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            likeness: offer.likeness,
            offered_at: offer.offered_at,
            decision: offer.decision,
            taken_as: Option::zip(offer.taken_as_id, taken_as).map(|(id, (number, title))| ImprovementRef {
                id,
                number,
                title,
            }),
        };
        (offer, self.permitted)
    }
}

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let seen = access::of_improvement(&scope.visible, today, backend);
    let mut query = sea_orm::QueryTrait::into_query(Entity::find());
    query
        .inner_join(
            "improvement",
            Expr::cust("improvement.id = improvement_offer.improvement_id"),
        )
        .inner_join("request", Expr::cust("request.id = improvement_offer.request_id"))
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .expr_as(Expr::col(("improvement", "number")), "improvement_number")
        .expr_as(Expr::col(("improvement", "title")), "improvement_title")
        .expr_as(
            Expr::case(seen, Expr::cust("1")).finally(Expr::cust("0")),
            "improvement_is_seen",
        )
        .expr_as(Expr::col(("request", "number")), "request_number")
        .expr_as(Expr::col(("request", "title")), "request_title")
        .expr_as(Expr::col(("customer", "id")), "customer_id")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    for (column, name) in [("number", "taken_as_number"), ("title", "taken_as_title")] {
        let of = format!("(select t.{column} from improvement t where t.id = improvement_offer.taken_as_id)");
        query.expr_as(Expr::cust(of), name);
    }
    access::guard(&mut query, scope, "request.customer_id", (today, backend), |reach| {
        access::of_customers(&reach.customers, "request.customer_id", today, backend)
    });
    query
}

/// Which offers.
#[derive(Debug, Clone, Default)]
pub struct OfferFilter {
    /// Of this improvement, where the caller may see it.
    pub improvement: Option<ImprovementId>,
    /// For this request.
    pub request: Option<RequestId>,
    /// That stand so.
    pub state: Option<OfferState>,
}

/// A page of offers for requests that the caller may see, the first one first.
pub async fn list_offers(
    source: &impl Source,
    scope: &Scope,
    filter: &OfferFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<ImprovementOffer>, Error> {
    let backend = source.backend();
    let mut query = select(scope, backend, today);
    let wanted = [
        // By what is out of sight nothing is found.
        filter.improvement.map(|id| {
            Column::ImprovementId
                .eq(id)
                .and(access::of_improvement(&scope.visible, today, backend))
        }),
        filter.request.map(|id| Column::RequestId.eq(id)),
        filter.state.map(|state| Column::State.eq(state)),
    ];
    for condition in wanted.into_iter().flatten() {
        query.and_where(condition);
    }
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("improvement_offer", "id"))
        .await?;
    let offers = rows.into_iter().map(|row| row.offer().0).collect();
    Ok(paging.cut(offers, total, |o: &ImprovementOffer| Cursor::after(vec![], o.id)))
}

/// The offer, if the caller may see it (404) and do this with it (403).
pub async fn get_offer(
    source: &impl Source,
    scope: &Scope,
    id: ImprovementOfferId,
    today: NaiveDate,
) -> Result<ImprovementOffer, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Column::Id.eq(id));
    one(source, &query).await
}

/// The same, held until the unit of work ends.
pub async fn load_offer(unit: &UnitOfWork, scope: &Scope, id: ImprovementOfferId) -> Result<ImprovementOffer, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "improvement_offer");
    one(unit, &query).await
}

async fn one(source: &impl Source, query: &SelectStatement) -> Result<ImprovementOffer, Error> {
    let row = store::one::<Row>(source.connection(), query).await?;
    access::admit(source, row.map(Row::offer))
}

/// Offers what was verified to help to those other customers whose open requests seem to say the same.
pub async fn offer(unit: &mut UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    let Some(outcome) = improvement.worth_offering() else {
        return Ok(());
    };
    let description = improvement.description.as_ref().map_or("", |d| d.as_str());
    let words = (improvement.title.as_str(), description);
    let alike = requests::alike(unit, words).await?;
    let alike: Vec<(RequestId, i32)> = alike.into_iter().filter(|(_, score)| *score >= SAME_NEED).collect();
    let mut waiting = waiting(unit, improvement, &alike).await?;
    for (request, likeness) in alike {
        let Some(at) = waiting.iter().position(|w| w.id == request) else {
            continue;
        };
        let of = waiting.swap_remove(at);
        let offer = ImprovementOffer {
            id: unit.new_id(),
            version: 1,
            state: OfferState::Offered,
            improvement: Some(improvement.reference()),
            outcome,
            request: RequestRef {
                id: request,
                number: of.number,
                title: of.title,
            },
            customer: CustomerRef {
                id: of.customer_id,
                code: of.customer_code,
                name: of.customer_name,
            },
            likeness,
            offered_at: unit.now(),
            decision: None,
            taken_as: None,
        };
        insert_offer(unit, improvement.id, &offer).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Waiting {
    id: RequestId,
    number: String,
    title: Title,
    customer_id: CustomerId,
    customer_code: Code,
    customer_name: Name,
}

/// Those of the requests that an improvement may help: of other customers, and not the register's already. A complaint
/// wants an answer.
async fn waiting(
    unit: &UnitOfWork,
    improvement: &Improvement,
    alike: &[(RequestId, i32)],
) -> Result<Vec<Waiting>, Error> {
    if alike.is_empty() {
        return Ok(vec![]);
    }
    let its_own = improvement.customers.iter().map(|c| c.id);
    let its_own: Vec<CustomerId> = its_own.chain(improvement.unseen_customers.iter().copied()).collect();
    let query = Query::select()
        .columns(["id", "number", "title"].map(|name| ("request", name)))
        .expr_as(Expr::col(("customer", "id")), "customer_id")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .left_join("hand_over", Expr::cust("hand_over.id = request.hand_over_id"))
        .and_where(Expr::col(("request", "id")).is_in(alike.iter().map(|(id, _)| *id)))
        .and_where(Expr::col(("request", "customer_id")).is_not_in(its_own))
        .and_where(Expr::cust(
            "request.kind <> 'complaint' and (request.status in ('received', 'investigating', 'declined') \
             or (request.status = 'routed' and hand_over.destination <> 'improvement'))",
        ))
        .order_by(("request", "id"), sea_orm::Order::Asc)
        .to_owned();
    store::all::<Waiting>(unit.connection(), &query).await
}

/// Stores a new offer of an improvement.
pub async fn insert_offer(
    unit: &mut UnitOfWork,
    improvement: ImprovementId,
    offer: &ImprovementOffer,
) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(offer.id),
        version: Set(offer.version),
        improvement_id: Set(improvement),
        request_id: Set(offer.request.id),
        likeness: Set(offer.likeness),
        outcome: Set(offer.outcome),
        state: Set(offer.state),
        offered_at: Set(offer.offered_at),
        decision: Set(None),
        taken_as_id: Set(None),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    unit.record("made", None, Some(offer))
}

/// Stores what was decided on an offer.
pub async fn decide_offer(
    unit: &mut UnitOfWork,
    before: &ImprovementOffer,
    after: &ImprovementOffer,
) -> Result<(), Error> {
    let change = ActiveModel {
        version: Set(after.version),
        state: Set(after.state),
        decision: Set(after.decision.clone()),
        taken_as_id: Set(after.taken_as.as_ref().map(|entry| entry.id)),
        ..Default::default()
    };
    let done = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(&after.state.to_string(), Some(before), Some(after))
}
