//! Figures drawn from a distribution: each with its method, its n and its 95 % interval.
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::{
    Distribution, Scale,
    estimates::{self, Estimate, Votes},
};
use crate::vocabulary::word;

word! {
    /// How a figure of satisfaction is made.
    FigureMethod {
        /// The share of the top boxes, in per cent; Wilson's interval.
        Csat,
        /// The share of 9–10 less the share of 0–6, in per cent, on 0–10 only; adjusted Wald interval.
        Nps,
        /// The mean on 1–7; t interval.
        Ces,
        /// The mean on the scale; t interval, not clipped to the scale.
        Mean,
        /// 100 × (mean − lowest) ÷ (highest − lowest); t interval.
        #[serde(rename = "index_0_100")]
        #[strum(serialize = "index_0_100")]
        Index0To100,
    }
}

impl FigureMethod {
    /// Those that go with a scale.
    pub fn of(scale: Scale) -> Vec<Self> {
        let mut methods = vec![];
        methods.extend(scale.top_boxes().map(|_| Self::Csat));
        methods.extend((scale == Scale::NPS).then_some(Self::Nps));
        methods.extend((scale == Scale::CES).then_some(Self::Ces));
        methods.extend([Self::Mean, Self::Index0To100]);
        methods
    }
}

/// A figure and what it rests on. It is told only where its base is not withheld.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionFigure {
    /// How it was made.
    pub method: FigureMethod,
    /// How many answered.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: u64,
    /// The figure, rounded to six decimals when it is written.
    #[serde(serialize_with = "rounded")]
    pub value: f64,
    /// The lower limit of the 95 % interval; absent where one answer tells no spread.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper limit of the 95 % interval.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl Distribution {
    /// The figure by the method; none without answers, and none where the method does not go with the scale: CSAT needs
    /// top boxes, NPS 0–10, CES 1–7.
    pub fn figure(&self, method: FigureMethod) -> Option<SatisfactionFigure> {
        let Estimate { value, limits } = match method {
            FigureMethod::Csat => estimates::share(self.satisfied()?, self.n())?.scaled(100.0, 0.0),
            FigureMethod::Nps => estimates::net(self.votes()?)?.scaled(100.0, 0.0),
            FigureMethod::Ces if self.scale() != Scale::CES => return None,
            FigureMethod::Ces | FigureMethod::Mean => estimates::mean(self)?,
            FigureMethod::Index0To100 => {
                let step = self.step();
                estimates::mean(self)?.scaled(step, -step * f64::from(self.scale().low()))
            }
        };
        Some(SatisfactionFigure {
            method,
            n: self.n(),
            value,
            low: limits.map(|(low, _)| low),
            high: limits.map(|(_, high)| high),
        })
    }

    /// How many gave a top box; none where the scale has no top boxes.
    pub fn satisfied(&self) -> Option<u64> {
        let scale = self.scale();
        let lowest = scale.high() + 1 - scale.top_boxes()?;
        Some(self.within(lowest..=scale.high()))
    }

    /// Promoters and detractors; none on another scale than 0–10.
    pub(super) fn votes(&self) -> Option<Votes> {
        (self.scale() == Scale::NPS).then(|| Votes {
            promoters: self.within(9..=10),
            detractors: self.within(0..=6),
            n: self.n(),
        })
    }

    /// What one step on the scale is on 0–100.
    pub(super) fn step(&self) -> f64 {
        100.0 / f64::from(self.scale().high() - self.scale().low())
    }
}

/// Six decimals, as figures have elsewhere; and no minus before zero.
pub(crate) fn rounded<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e6).round() / 1e6 + 0.0)
}

#[allow(clippy::ref_option, reason = "serde asks so")]
pub(crate) fn rounded_if_any<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => rounded(value, serializer),
        None => serializer.serialize_none(),
    }
}
