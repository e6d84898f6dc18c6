//! Who calls: tokens and keys, the token endpoint for programs, and how soon someone who is gone may nothing more.
mod clients;
mod tokens;

use end_to_end::Service;
use serde_json::Value;

/// A document outside the operations.
async fn outside(service: &Service, path: &str) -> Value {
    let reply = service
        .http
        .get(format!("http://{}{path}", service.running.address))
        .send()
        .await
        .expect("an answer");
    assert_eq!(reply.status(), 200, "{path}");
    reply.json().await.expect("JSON")
}
