//! What services cost, how customers weigh them, and value against cost.
mod analysis;
mod assessments;
mod costs;

use crate::http::Routes;

pub use assessments::give;
pub use costs::{revise, tell};

pub fn routes(routes: &mut Routes) {
    routes
        .configure(costs::routes)
        .configure(assessments::routes)
        .configure(analysis::routes);
}
