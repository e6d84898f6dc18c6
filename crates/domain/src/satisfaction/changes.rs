//! What changed since the previous period: a difference is called a change only when its interval leaves out 0.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Distribution, FigureMethod, Scale,
    estimates::{self, Estimate},
    figures::{rounded, rounded_if_any},
};

/// The current figure less the previous one. It is told only where neither base is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionChange {
    /// How both figures were made.
    pub method: FigureMethod,
    /// The difference in the figure's own unit, rounded to six decimals when it is written.
    #[serde(serialize_with = "rounded")]
    pub value: f64,
    /// The lower limit of the 95 % interval: Newcombe's of shares, adjusted Wald of NPS, Welch's t of means; absent where
    /// one answer tells no spread.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper limit of the 95 % interval.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Whether the interval leaves out 0; without one nothing is said to have changed.
    pub changed: bool,
}

impl Distribution {
    /// What changed since the previous answers; none where either has no such figure, or the scales differ.
    pub fn change_since(&self, previous: &Self, method: FigureMethod) -> Option<SatisfactionChange> {
        if self.scale() != previous.scale() {
            return None;
        }
        let difference = match method {
            FigureMethod::Csat => {
                let of = |answers: &Self| Some((answers.satisfied()?, answers.n()));
                estimates::share_difference(of(self)?, of(previous)?)?.scaled(100.0, 0.0)
            }
            FigureMethod::Nps => estimates::net_difference(self.votes()?, previous.votes()?)?.scaled(100.0, 0.0),
            FigureMethod::Ces if self.scale() != Scale::CES => return None,
            FigureMethod::Ces | FigureMethod::Mean => estimates::mean_difference(self, previous)?,
            FigureMethod::Index0To100 => estimates::mean_difference(self, previous)?.scaled(self.step(), 0.0),
        };
        let Estimate { value, limits } = difference;
        Some(SatisfactionChange {
            method,
            value,
            low: limits.map(|(low, _)| low),
            high: limits.map(|(_, high)| high),
            changed: limits.is_some_and(|(low, high)| low > 0.0 || high < 0.0),
        })
    }
}
