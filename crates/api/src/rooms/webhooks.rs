//! Webhooks: who is told of events, where, and what became of every delivery.
use actix_web::{delete, get, patch, post, web};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Duration, Utc};
use domain::{Rule, RuleCode, access::Caller, vocabulary::*, webhooks::*};
use persistence::{UnitOfWork, customers, events, webhooks as store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_webhook_subscriptions)
        .service(create_webhook_subscription)
        .service(get_webhook_subscription)
        .service(change_webhook_subscription)
        .service(delete_webhook_subscription)
        .service(create_webhook_secret)
        .service(create_webhook_pause)
        .service(create_webhook_resumption)
        .service(create_webhook_test)
        .service(create_webhook_replay)
        .service(list_deliveries)
        .service(get_delivery)
        .service(create_delivery_replay);
}

/// How many subscriptions a client may have.
const MOST: u64 = 500;

/// A subscription with a secret that is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the document's description of what Reply::with_secret makes")]
struct WebhookSubscriptionWithSecret {
    #[serde(flatten)]
    subscription: WebhookSubscription,
    /// The secret that signs deliveries; told once and never again, not even in a repeat under the same Idempotency-Key.
    #[schema(
        min_length = 50,
        max_length = 50,
        pattern = "^whsec_[A-Za-z0-9+/]{43}=$",
        example = "whsec_Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHNlY3I="
    )]
    secret: Option<String>,
}

/// A new secret, as Standard Webhooks writes it.
pub fn new_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// Which subscriptions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WebhookQuery {
    /// In this state.
    state: Option<WebhookState>,
}

/// List webhook subscriptions
///
/// A system's own, by name; administrators and auditors see those of all systems.
#[utoipa::path(tag = "events", operation_id = "listWebhookSubscriptions", params(ListQuery, WebhookQuery),
    responses((status = 200, description = "A page of subscriptions.", body = Listing<WebhookSubscription>)))]
#[get("/webhook-subscriptions")]
async fn list_webhook_subscriptions(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<WebhookQuery>,
) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), &call.scope, filter.0.state, &page.0.into()).await?)
}

/// Subscribe to events
///
/// What happens from now on is sent to the destination as CloudEvents, signed by Standard Webhooks: of the chosen types and
/// customers, as far as the system may see them. The reply holds the secret, this once. A destination is public and speaks
/// https, unless the operator allows its network.
#[utoipa::path(tag = "events", operation_id = "createWebhookSubscription", request_body = WebhookSubscriptionInput,
    responses((status = 201, description = "The subscription and its secret.", body = WebhookSubscriptionWithSecret)))]
#[post("/webhook-subscriptions")]
async fn create_webhook_subscription(call: Call, body: Body<WebhookSubscriptionInput>) -> Result<Reply, Problem> {
    let Caller::Client { id: client, .. } = call.scope.caller else {
        return Err(Problem::Forbidden);
    };
    let secret = new_secret();
    let begins = events::end(call.db()).await?;
    call.write(&body, async |unit| {
        must_be_possible(&call, unit, &body.value).await?;
        if store::count_of(unit, client).await? >= MOST {
            let detail = format!("A system has at most {MOST} subscriptions.");
            return Err(Rule::new(RuleCode::State, detail).into());
        }
        let input = body.value.clone();
        let new = WebhookSubscription::begin(unit.new_id(), client, input, secret.clone(), unit.now());
        store::insert(unit, &new, begins).await?;
        Reply::created(format!("/webhook-subscriptions/{}", new.id), &new, call.today())?.with_secret("secret", &secret)
    })
    .await
}

/// Refuses a destination that nothing may be sent to, and customers that are not there.
async fn must_be_possible(call: &Call, unit: &UnitOfWork, input: &WebhookSubscriptionInput) -> Result<(), Problem> {
    if let Err(e) = call.state.settings.networks().check(input.destination.as_str()) {
        return Err(
            Rule::new(RuleCode::Destination, format!("Events cannot be sent there: {e}."))
                .at("/destination")
                .into(),
        );
    }
    for (i, id) in input.customers.iter().enumerate() {
        let pointer = format!("/customers/{i}");
        customers::named(unit, &call.scope, &Key::Id(*id), &pointer, unit.today()).await?;
    }
    Ok(())
}

/// Show a webhook subscription
///
/// Where events are sent, which, and whether they are; never its secret.
#[utoipa::path(tag = "events", operation_id = "getWebhookSubscription", responses(
    (status = 200, description = "The subscription.", body = WebhookSubscription),
    (status = 304, description = "You have it already.")))]
#[get("/webhook-subscriptions/{webhookSubscriptionId}")]
async fn get_webhook_subscription(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id).await?)
}

/// Change a webhook subscription
///
/// Members that are absent stay as they are. What is on its way goes to the new destination; a disabled subscription with a new
/// destination is active again.
#[utoipa::path(tag = "events", operation_id = "changeWebhookSubscription",
    request_body = PatchOf<WebhookSubscriptionInput>, params(IfMatch),
    responses((status = 200, description = "The subscription as it is now.", body = WebhookSubscription)))]
#[patch("/webhook-subscriptions/{webhookSubscriptionId}")]
async fn change_webhook_subscription(
    call: Call,
    id: web::Path<WebhookSubscriptionId>,
    patch: Patch,
) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let input = patch.onto(&before)?;
        must_be_possible(&call, unit, &input).await?;
        let after = before.clone().change(input);
        store::update(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a webhook subscription
///
/// Nothing more is sent, and its deliveries are forgotten.
#[utoipa::path(tag = "events", operation_id = "deleteWebhookSubscription", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/webhook-subscriptions/{webhookSubscriptionId}")]
async fn delete_webhook_subscription(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        store::delete(unit, &before).await?;
        Ok(Reply::gone())
    })
    .await
}

/// Does something with a subscription as the caller saw it.
async fn act(
    call: &Call,
    unit: &mut UnitOfWork,
    id: WebhookSubscriptionId,
    name: &str,
    deed: impl FnOnce(WebhookSubscription) -> Result<WebhookSubscription, Rule>,
) -> Result<Reply, Problem> {
    let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
    let after = deed(before.clone())?;
    store::update(unit, name, &before, &after).await?;
    Reply::ok(&after, call.today())
}

/// Rotate a webhook's secret
///
/// The reply holds the new secret, this once. The one before signs along for the configured overlap, so that no delivery is
/// refused while the receiver changes over.
#[utoipa::path(tag = "events", operation_id = "createWebhookSecret", params(IfMatch), responses((status = 200,
    description = "The subscription and its new secret.", body = WebhookSubscriptionWithSecret)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/secret")]
async fn create_webhook_secret(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    let secret = new_secret();
    let overlap = Duration::hours(call.state.settings.secret_overlap_hours.into());
    call.write(&NoBody, async |unit| {
        let rotate = |one: WebhookSubscription| Ok(one.rotate(secret.clone(), overlap, call.now()));
        act(&call, unit, *id, "secret_rotated", rotate)
            .await?
            .with_secret("secret", &secret)
    })
    .await
}

/// Pause a webhook
///
/// Nothing is sent until it is resumed; what happens is kept for it, for 30 days.
#[utoipa::path(tag = "events", operation_id = "createWebhookPause", params(IfMatch),
    responses((status = 200, description = "The subscription as it is now.", body = WebhookSubscription)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/pause")]
async fn create_webhook_pause(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        act(&call, unit, *id, "paused", |one| one.pause(None)).await
    })
    .await
}

/// Resume a webhook
///
/// What was kept is sent, in its order, and then what happens.
#[utoipa::path(tag = "events", operation_id = "createWebhookResumption", params(IfMatch),
    responses((status = 200, description = "The subscription as it is now.", body = WebhookSubscription)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/resumption")]
async fn create_webhook_resumption(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        act(&call, unit, *id, "resumed", WebhookSubscription::resume).await
    })
    .await
}

/// Send a test event
///
/// An event about the subscription itself, `kundansvar.webhook_subscription.tested.v1`, which goes the whole way and shows among
/// the deliveries.
#[utoipa::path(tag = "events", operation_id = "createWebhookTest", params(IfMatch),
    responses((status = 200, description = "The subscription as it is now.", body = WebhookSubscription)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/test-event")]
async fn create_webhook_test(call: Call, id: web::Path<WebhookSubscriptionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        act(&call, unit, *id, "tested", WebhookSubscription::test).await
    })
    .await
}

/// Send many deliveries once more
///
/// Those of a time, or of these the ones alone that were given up. The destination must be ready to get what it had already.
#[utoipa::path(tag = "events", operation_id = "createWebhookReplay", request_body = ReplayInput,
    responses((status = 200, description = "How many are sent.", body = Replay)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/replay")]
async fn create_webhook_replay(
    call: Call,
    id: web::Path<WebhookSubscriptionId>,
    body: Body<ReplayInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let subscription = store::load(unit, &call.scope, *id).await?;
        Reply::plain(&store::replay(unit, &subscription, &body.value).await?)
    })
    .await
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct DeliveryQuery {
    /// That stand so.
    state: Option<DeliveryState>,
    /// Of events of this time or later.
    occurred_from: Option<DateTime<Utc>>,
    /// Of events before this time.
    occurred_before: Option<DateTime<Utc>>,
}

/// List a webhook's deliveries
///
/// Every event that was or is to be sent, with every try and what was answered; kept for 30 days.
#[utoipa::path(tag = "events", operation_id = "listDeliveries", params(ListQuery, DeliveryQuery),
    responses((status = 200, description = "A page of deliveries.", body = Listing<Delivery>)))]
#[get("/webhook-subscriptions/{webhookSubscriptionId}/deliveries")]
async fn list_deliveries(
    call: Call,
    id: web::Path<WebhookSubscriptionId>,
    page: Query<ListQuery>,
    filter: Query<DeliveryQuery>,
) -> Result<Reply, Problem> {
    let subscription = store::get(&call.reader(), &call.scope, *id).await?;
    let filter = store::DeliveryFilter {
        state: filter.0.state,
        from: filter.0.occurred_from,
        before: filter.0.occurred_before,
    };
    call.listed(store::list_deliveries(&call.reader(), subscription.id, &filter, &page.0.into()).await?)
}

/// Show a delivery
///
/// One event on its way, with every try.
#[utoipa::path(tag = "events", operation_id = "getDelivery",
    responses((status = 200, description = "The delivery.", body = Delivery)))]
#[get("/webhook-subscriptions/{webhookSubscriptionId}/deliveries/{deliveryId}")]
async fn get_delivery(call: Call, ids: web::Path<(WebhookSubscriptionId, DeliveryId)>) -> Result<Reply, Problem> {
    let (subscription, delivery) = ids.into_inner();
    let subscription = store::get(&call.reader(), &call.scope, subscription).await?;
    Reply::plain(&store::delivery(&call.reader(), subscription.id, delivery).await?)
}

/// Send a delivery once more
///
/// Its tries begin anew, whatever became of it.
#[utoipa::path(tag = "events", operation_id = "createDeliveryReplay",
    responses((status = 200, description = "The delivery as it is now.", body = Delivery)))]
#[post("/webhook-subscriptions/{webhookSubscriptionId}/deliveries/{deliveryId}/replay")]
async fn create_delivery_replay(
    call: Call,
    ids: web::Path<(WebhookSubscriptionId, DeliveryId)>,
) -> Result<Reply, Problem> {
    let (subscription, delivery) = ids.into_inner();
    call.write(&NoBody, async |unit| {
        let subscription = store::load(unit, &call.scope, subscription).await?;
        Reply::plain(&store::replay_one(unit, &subscription, delivery).await?)
    })
    .await
}
