//! Answers by whoever holds an invitation's link: the link is all that they show, and all that is known of them.
use chrono::NaiveDate;
use domain::{Rule, RuleCode, access::Scope, surveys::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    get_round,
    invitations::{invitation, link},
    load_round,
};
use crate::{
    Error,
    store::{Source, UnitOfWork},
};

pub(super) mod stored {
    use domain::{surveys::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_answer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SurveyAnswerId,
        pub round_id: SurveyRoundId,
        pub invitation_id: Option<InvitationId>,
        pub contact_id: Option<ContactId>,
        pub told_of: Option<CustomerId>,
        pub whole: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub figures: Figures,
        #[sea_orm(column_type = "JsonBinary")]
        pub texts: Texts,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// What the holder of a link is asked.
pub struct Asked {
    /// In which round.
    pub round: SurveyRound,
    /// What.
    pub content: SurveyContent,
    /// What they have answered so far, where that can still be changed, and whether it was handed in.
    pub before: Option<(Accepted, bool)>,
    /// Whether the invitation was used, and no more can be said.
    pub is_used: bool,
    invitation: invitation::Model,
}

async fn found(
    source: &impl Source,
    digest: &str,
    round: impl AsyncFnOnce(SurveyRoundId) -> Result<SurveyRound, Error>,
) -> Result<Option<Asked>, Error> {
    let Some(link) = link::Entity::find_by_id(digest.to_owned())
        .one(source.connection())
        .await?
    else {
        return Ok(None);
    };
    // Whoever was erased is asked no more, with whatever link.
    let erased = "exists (select 1 from contact c where c.id = survey_invitation.contact_id and c.erasure is not null)";
    let of_link = || invitation::Entity::find_by_id(link.invitation_id).filter(Expr::cust(erased).not());
    let Some(row) = of_link().one(source.connection()).await? else {
        return Ok(None);
    };
    let round = round(row.round_id).await?;
    // Read once more: the round is held by now, and another answer with it.
    let Some(invitation) = of_link().one(source.connection()).await? else {
        return Ok(None);
    };
    let content = super::edition(source, round.survey, round.edition.unwrap_or_default()).await?;
    let kept = stored::Entity::find()
        .filter(stored::Column::InvitationId.eq(invitation.id))
        .one(source.connection())
        .await?;
    let is_used = round.anonymity == Anonymity::Anonymous && invitation.used;
    Ok(Some(Asked {
        round,
        content,
        before: kept.map(|kept| {
            let (figures, texts) = (kept.figures, kept.texts);
            (Accepted { figures, texts }, kept.whole)
        }),
        is_used,
        invitation,
    }))
}

/// What the holder of the link with this digest is asked; none where nobody has such a link. Looking changes nothing.
pub async fn asked(source: &impl Source, digest: &str, today: NaiveDate) -> Result<Option<Asked>, Error> {
    let everywhere = Scope::unlimited("respondent");
    found(source, digest, async |id| {
        get_round(source, &everywhere, id, today).await
    })
    .await
}

/// The same, with the round held until the unit of work ends.
pub async fn hold_asked(unit: &UnitOfWork, digest: &str) -> Result<Option<Asked>, Error> {
    let everywhere = Scope::unlimited("respondent");
    found(unit, digest, async |id| load_round(unit, &everywhere, id).await).await
}

/// Keeps what was answered. An anonymous answer is kept without anything that leads to its invitation, which is only
/// known to be used; in the other rounds it replaces what was answered before.
pub async fn answer(unit: &UnitOfWork, asked: &Asked, accepted: Accepted, whole: bool) -> Result<(), Error> {
    let invitation = &asked.invitation;
    let anonymous = asked.round.anonymity == Anonymity::Anonymous;
    let mut row = stored::ActiveModel {
        id: Set(Uuid::new_v4().into()),
        round_id: Set(asked.round.id),
        invitation_id: Set((!anonymous).then_some(invitation.id)),
        contact_id: Set((!anonymous).then_some(invitation.contact_id)),
        told_of: Set(invitation.told_of),
        whole: Set(whole),
        figures: Set(accepted.figures),
        texts: Set(accepted.texts),
    };
    let mut mark = invitation::Entity::update_many()
        .col_expr(invitation::Column::Used, Expr::val(whole || invitation.used))
        .filter(invitation::Column::Id.eq(invitation.id));
    if anonymous {
        mark = mark.filter(invitation::Column::Used.eq(false));
    }
    if mark.exec(unit.connection()).await?.rows_affected == 0 {
        return Err(Rule::new(RuleCode::State, "This invitation was answered already.").into());
    }
    if asked.before.is_none() {
        stored::Entity::insert(row)
            .exec_without_returning(unit.connection())
            .await?;
        return Ok(());
    }
    row.id = sea_orm::ActiveValue::NotSet;
    stored::Entity::update_many()
        .set(row)
        .filter(stored::Column::InvitationId.eq(invitation.id))
        .exec(unit.connection())
        .await?;
    Ok(())
}
