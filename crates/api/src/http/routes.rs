//! The one list of operations, read in two ways: once for the document, and by each worker for its routes. A worker that
//! also made the document would keep megabytes of what nobody reads.
use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::{OpenApiFactory, service_config::ServiceConfig};

/// Whom the operations are told.
pub enum Routes<'a, 's> {
    /// A worker, which answers them.
    Served(&'a mut web::ServiceConfig),
    /// The document, which describes them.
    Described(&'a mut ServiceConfig<'s>),
}

impl Routes<'_, '_> {
    /// Tells of one operation.
    pub fn service(&mut self, operation: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        match self {
            Self::Served(config) => {
                config.service(operation);
            }
            Self::Described(config) => {
                config.service(operation);
            }
        }
        self
    }

    /// Tells of a room's operations.
    pub fn configure(&mut self, room: impl FnOnce(&mut Self)) -> &mut Self {
        room(self);
        self
    }
}
