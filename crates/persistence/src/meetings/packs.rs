//! What meetings with the customer are held on, put together of what other rooms tell; a review's is kept when its minutes are
//! published.
use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::{
    Rule, RuleCode,
    access::Scope,
    agreements::CalendarPeriod,
    announcements::AnnouncementKind,
    meetings::*,
    requests::{Request, RequestKind},
    satisfaction::ReportState,
    service_levels::{StatementPeriod, StatementState},
    vocabulary::*,
};
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult};

use crate::{
    Error, Page, Paging, announcements, improvements, knowledge, planned_activities, requests, satisfaction,
    service_levels,
    store::{self, Source, UnitOfWork},
};

mod kept {
    use domain::{meetings::ReviewPack, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_pack")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub meeting_id: MeetingId,
        #[sea_orm(column_type = "JsonBinary")]
        pub content: ReviewPack,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the local days begin and end of which a pack tells.
#[derive(Debug, Clone, Copy)]
pub struct LooksBack {
    /// The first day.
    pub first_day: NaiveDate,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When the meeting's day ends.
    pub before: DateTime<Utc>,
}

/// How many days ahead announced changes are told of.
const AHEAD: i64 = 90;

const ALL: Paging = Paging::first(PACKED as u64);

/// All of a list, which a pack must hold whole.
fn whole<T>(page: Page<T>, what: &str) -> Result<Vec<T>, Error> {
    match page.next {
        None => Ok(page.items),
        Some(_) => {
            let detail = format!("There are more than {PACKED} {what}: too many for one pack.");
            Err(Rule::new(RuleCode::State, detail).into())
        }
    }
}

/// The day of the last review before the meeting that was held.
pub async fn review_before(source: &impl Source, meeting: &Meeting) -> Result<Option<NaiveDate>, Error> {
    #[derive(FromQueryResult)]
    struct Last {
        day: Option<NaiveDate>,
    }
    let sql = "select max(day) as day from meeting where customer_id = ? and kind = 'review' \
               and status in ('held', 'published') and day < ?";
    let values = vec![meeting.customer.id.0.into(), meeting.day.into()];
    let last: Vec<Last> = store::rows(source.connection(), sql, values).await?;
    Ok(last.into_iter().find_map(|last| last.day))
}

/// The pack that was published with a review's minutes.
pub async fn kept_pack(source: &impl Source, id: MeetingId) -> Result<Option<ReviewPack>, Error> {
    let row = kept::Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.map(|row| row.content))
}

/// Keeps the pack of a review whose minutes are published.
pub async fn keep_pack(unit: &UnitOfWork, id: MeetingId, content: ReviewPack) -> Result<(), Error> {
    let row = kept::ActiveModel {
        meeting_id: Set(id),
        content: Set(content),
    };
    kept::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// What the review is held on, as the caller sees it.
pub async fn review_pack(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    back: LooksBack,
    today: NaiveDate,
) -> Result<ReviewPack, Error> {
    let seen = &scope.within(scope.visible.clone());
    let customer = Some(meeting.customer.id);
    let lies_in = |period: StatementPeriod| period.period().since <= meeting.day && period.until() > back.first_day;
    let reports = satisfaction::ReportFilter {
        customer,
        period: None,
        state: Some(ReportState::Published),
    };
    let reports = satisfaction::list_reports(source, seen, &reports, &ALL, today).await?;
    let reports = whole(reports, "reports of satisfaction")?;
    let told = satisfaction::Filter {
        customer,
        period_kind: Some(CalendarPeriod::Month),
        from: Some(back.first_day),
        before: Some(meeting.day),
        ..satisfaction::Filter::default()
    };
    let told = satisfaction::metrics(source, seen, &told, &ALL, today).await?;
    Ok(ReviewPack {
        customer: meeting.customer.clone(),
        first_day: back.first_day,
        last_day: meeting.day,
        statements: statements(source, seen, meeting, back, today).await?,
        reports: reports
            .iter()
            .filter(|report| lies_in(report.period))
            .map(PackedReport::of)
            .collect(),
        satisfaction: whole(told, "figures of satisfaction")?,
        complaints: complaints(source, seen, meeting, back, today).await?,
        improvements: left_or_verified(source, seen, meeting, back, today).await?,
        changes: announced(source, seen, meeting, back, today).await?,
    })
}

/// The statements, with the figures of those that do not move any more.
async fn statements(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    back: LooksBack,
    today: NaiveDate,
) -> Result<Vec<PackedStatement>, Error> {
    let days = (back.first_day, meeting.day);
    let told = service_levels::of_customer(source, scope, meeting.customer.id, days, PACKED as u64 + 1, today).await?;
    if told.len() > PACKED {
        let detail = format!("There are more than {PACKED} statements: too many for one pack.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    let packed = told.into_iter().map(|mut statement| {
        if statement.state == StatementState::Open {
            statement.figures = None;
        }
        PackedStatement::of(&statement)
    });
    Ok(packed.collect())
}

/// Complaints that came in within the days, and those that are open, the oldest first.
async fn complaints(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    back: LooksBack,
    today: NaiveDate,
) -> Result<Vec<PackedRequest>, Error> {
    let complaints = requests::Filter {
        customer: Some(meeting.customer.id),
        kind: Some(RequestKind::Complaint),
        ..requests::Filter::default()
    };
    let received = requests::Filter {
        received_from: Some(back.from),
        received_before: Some(back.before),
        ..complaints.clone()
    };
    let open = requests::Filter {
        open: Some(true),
        ..complaints
    };
    let mut all = vec![];
    for filter in [received, open] {
        let page = requests::list(source, scope, &filter, &ALL, today).await?;
        all.extend(whole(page, "complaints")?);
    }
    all.sort_by_key(|request| request.id);
    all.dedup_by_key(|request| request.id);
    Ok(all.iter().map(PackedRequest::of).collect())
}

/// Improvements that are left to do, and those that were verified within the days.
async fn left_or_verified(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    back: LooksBack,
    today: NaiveDate,
) -> Result<Vec<PackedImprovement>, Error> {
    let of_customer = improvements::Filter {
        customer: Some(meeting.customer.id),
        ..improvements::Filter::default()
    };
    let open = improvements::Filter {
        open: Some(true),
        ..of_customer.clone()
    };
    let verified = improvements::Filter {
        verified: Some((back.first_day, meeting.day)),
        ..of_customer
    };
    let (mut known, mut all) = (HashSet::new(), vec![]);
    for filter in [open, verified] {
        let page = improvements::list(source, scope, &filter, &ALL, today).await?;
        let found = whole(page, "improvements")?;
        all.extend(found.iter().filter(|i| known.insert(i.id)).map(PackedImprovement::of));
    }
    Ok(all)
}

/// Changes that the customer is told of, from the review's day on.
async fn announced(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    back: LooksBack,
    today: NaiveDate,
) -> Result<Vec<PackedChange>, Error> {
    let ahead = (back.before - Duration::days(1), back.before + Duration::days(AHEAD));
    let told = announcements::of_customer(source, scope, meeting.customer.id, ahead, PACKED as u64, today).await?;
    let mut changes: Vec<PackedChange> = told
        .iter()
        .filter(|announcement| announcement.kind == AnnouncementKind::PlannedChange)
        .map(PackedChange::of)
        .collect();
    changes.sort_by_key(|change| (change.begins_at, change.id));
    Ok(changes)
}

/// What the dialogue is held on: what is open of what the customer wants.
pub async fn dialogue_pack(
    source: &impl Source,
    scope: &Scope,
    meeting: &Meeting,
    today: NaiveDate,
) -> Result<DialoguePack, Error> {
    let seen = scope.within(scope.visible.clone());
    let of_kind = async |kind: RequestKind| {
        let filter = requests::Filter {
            customer: Some(meeting.customer.id),
            kind: Some(kind),
            open: Some(true),
            ..requests::Filter::default()
        };
        whole(
            requests::list(source, &seen, &filter, &ALL, today).await?,
            "open requests",
        )
    };
    let packed = |all: &[Request]| all.iter().map(PackedRequest::of).collect::<Vec<_>>();
    let mut wanted = of_kind(RequestKind::Wish).await?;
    wanted.extend(of_kind(RequestKind::Requirement).await?);
    wanted.sort_by_key(|request| request.id);
    let stated = knowledge::NeedFilter {
        customer: Some(meeting.customer.id),
        open: Some(true),
        ..Default::default()
    };
    let needs = knowledge::needs(source, &seen, &stated, &ALL, today).await?;
    let planned = planned_activities::Filter {
        customer: Some(meeting.customer.id),
        ahead: Some(true),
        ..Default::default()
    };
    let plans = planned_activities::list(source, &seen, &planned, &ALL, today).await?;
    Ok(DialoguePack {
        needs: whole(needs, "needs")?.iter().map(PackedNeed::of).collect(),
        plans: whole(plans, "planned activities")?.iter().map(PackedPlan::of).collect(),
        customer: meeting.customer.clone(),
        ideas: packed(&of_kind(RequestKind::ImprovementSuggestion).await?),
        requests: packed(&wanted),
    })
}
