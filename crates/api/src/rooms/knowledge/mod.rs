//! What the business needs, what was learned, and how we talk with a customer.
mod interactions;
mod lessons;
mod needs;
mod related;

use crate::http::Routes;

pub use interactions::record;
pub use lessons::write;
pub use needs::state;

pub fn routes(routes: &mut Routes) {
    routes
        .configure(needs::routes)
        .configure(lessons::routes)
        .configure(interactions::routes);
}
