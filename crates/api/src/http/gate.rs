//! In front of every handler: which operation, who calls, may this kind of caller ever, and how often.
//! A handler that is reached has its right already; an operation that is not in the matrix is denied.
use std::{rc::Rc, sync::Arc};

use super::{
    call::Pass,
    frame::{CallerName, RequestId},
    looks::Look,
    operations::{Operation, Route},
    problem::Problem,
};
use crate::State;
use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
    web,
};

/// Lets through what may go through.
pub async fn gate<B: MessageBody + 'static>(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let admitted = admit(&state, &request).await;
    let limit = state.limits.take(&whom(&request));
    let admitted = match limit.exceeded {
        Some(seconds) => Err(Problem::TooMany { seconds }),
        None => admitted,
    };
    let mut reply = match admitted {
        Ok(pass) => {
            let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
            let look = pass
                .as_ref()
                .and_then(|pass| Look::of(&state, pass, request.path(), id.unwrap_or_default()));
            if let Some(pass) = pass {
                request.extensions_mut().insert(Rc::new(pass));
            }
            let running = next.call(request);
            let reply = running.await?;
            if let Some(look) = look.filter(|_| reply.status().is_success()) {
                state.looks.note(&state, look).await;
            }
            reply.map_into_left_body()
        }
        Err(problem) => request.error_response(problem).map_into_right_body(),
    };
    for (name, value) in [("ratelimit", limit.left), ("ratelimit-policy", limit.policy)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            reply.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(reply)
}

/// Whose limit a request counts against: the caller's, with whichever of their tokens, or the address's.
fn whom(request: &ServiceRequest) -> String {
    match request.extensions().get::<CallerName>() {
        Some(caller) => caller.0.clone(),
        None => request.peer_addr().map(|a| a.ip().to_string()).unwrap_or_default(),
    }
}

/// None for what lies outside the document: the default service answers that.
async fn admit(state: &State, request: &ServiceRequest) -> Result<Option<Pass>, Problem> {
    let route = request.extensions().get::<Arc<Route>>().cloned();
    let Some(operation) = route.as_ref().and_then(|route| route.operation(request.method())) else {
        return Ok(None);
    };
    if operation.public {
        accepts_answer(request, operation)?;
        operation.check_headers(request.headers())?;
        operation.read_query(request.query_string())?;
        return Ok(None);
    }
    let (caller, signed_in) = state.identify(request.headers()).await?;
    request.extensions_mut().insert(CallerName(caller.actor().id));
    let permission = operation.permission.ok_or(Problem::Forbidden)?;
    let scope = permission.scope(&caller, state.settings.other_customers)?;
    accepts_answer(request, operation)?;
    operation.check_headers(request.headers())?;
    Ok(Some(Pass {
        operation: operation.clone(),
        scope,
        signed_in,
    }))
}

/// Whether the caller takes what the operation answers in, or says nothing about it.
fn accepts_answer(request: &ServiceRequest, operation: &Operation) -> Result<(), Problem> {
    let Some(sent) = request.headers().get(header::ACCEPT) else {
        return Ok(());
    };
    let sent = sent.to_str().map_err(|_| Problem::NotAcceptable)?;
    let fits = |range: &str| {
        let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
        let refused = parameters
            .split(';')
            .any(|p| matches!(p.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let range = range.trim().to_ascii_lowercase();
        !refused && operation.answers_in(&range)
    };
    if sent.trim().is_empty() || sent.split(',').any(fits) {
        Ok(())
    } else {
        Err(Problem::NotAcceptable)
    }
}
