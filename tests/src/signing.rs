//! A signing service to test with: it takes orders on a port of its own, and keeps them for the test to look at.
use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, web};
use serde_json::Value;

/// An order as it came.
#[derive(Debug, Clone)]
pub struct Sent {
    pub body: Value,
    pub authorization: String,
    pub key: String,
}

pub struct SigningService {
    pub url: String,
    orders: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<AtomicU16>,
    handle: ServerHandle,
}

impl SigningService {
    /// On a free port; it takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let orders = Arc::new(Mutex::new(vec![]));
        let answers = Arc::new(AtomicU16::new(202));
        let (kept, status) = (orders.clone(), answers.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::from(kept.clone()))
                .app_data(web::Data::from(status.clone()))
                .route("/orders", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("a listener")
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url: format!("http://{address}/orders"),
            orders,
            answers,
            handle,
        }
    }

    /// From now on every order is kept and answered like this.
    pub fn answer(&self, status: u16) {
        self.answers.store(status, Ordering::SeqCst);
    }

    pub fn orders(&self) -> Vec<Sent> {
        self.orders.lock().expect("the orders").clone()
    }

    /// The orders, once there are so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Sent> {
        for _ in 0..200 {
            let orders = self.orders();
            if orders.len() >= count {
                return orders;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} orders came, not {count}", self.orders().len());
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn take(
    orders: web::Data<Mutex<Vec<Sent>>>,
    answers: web::Data<AtomicU16>,
    request: HttpRequest,
    body: web::Json<Value>,
) -> HttpResponse {
    let header = |name: &str| {
        let sent = request.headers().get(name).and_then(|v| v.to_str().ok());
        sent.unwrap_or_default().to_owned()
    };
    orders.lock().expect("the orders").push(Sent {
        body: body.into_inner(),
        authorization: header("authorization"),
        key: header("idempotency-key"),
    });
    let status = StatusCode::from_u16(answers.load(Ordering::SeqCst)).expect("a status");
    let mut reply = HttpResponse::build(status);
    if status.is_redirection() {
        reply.insert_header(("location", request.uri().to_string()));
    }
    reply.finish()
}
