//! Closed sets of words: snake_case in JSON, in the database and in messages.

/// Declares an enumeration that is written the same everywhere.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, strum::Display, strum::EnumString, strum::EnumIter, sea_orm::DeriveValueType,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        #[sea_orm(value_type = "String")]
        pub enum $name { $($(#[$variant_doc])* $variant),* }
    };
}
pub(crate) use word;
