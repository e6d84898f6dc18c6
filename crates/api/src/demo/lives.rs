//! What happens to each request of the demo, and when: twelve months of acts, always the same.
use chrono::{DateTime, Datelike, Days, Duration, NaiveTime, Utc};
use domain::requests::Destination;

use super::municipality::{CUSTOMERS, REQUESTS, RequestSeed};

/// What somebody does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Receive,
    Investigate,
    TeamComment,
    CustomerComment,
    Endorse,
    Route(Destination),
    Acknowledge,
    Accept,
    Decline,
    Fulfil,
    Dismiss,
    Withdraw,
    Answer,
    Reopen,
}

use Deed::*;
use Destination::{Delivery, ServicePortfolio, Strategy};

/// What happens to a request after it was received.
type Life = &'static [Deed];

/// Received more than ten weeks ago: mostly settled.
static OLD: &[Life] = &[
    &[
        Investigate,
        CustomerComment,
        Endorse,
        Route(ServicePortfolio),
        Acknowledge,
        Accept,
        Fulfil,
    ],
    &[Investigate, Route(Delivery), Acknowledge, Accept, Fulfil],
    &[
        Investigate,
        TeamComment,
        Endorse,
        Route(ServicePortfolio),
        Acknowledge,
        Accept,
    ],
    &[Investigate, Dismiss],
    &[
        Investigate,
        TeamComment,
        Route(Delivery),
        Acknowledge,
        Accept,
        TeamComment,
        Fulfil,
    ],
    &[
        Investigate,
        Endorse,
        Route(ServicePortfolio),
        Acknowledge,
        Decline,
        Dismiss,
    ],
    &[Investigate, Route(Strategy), Acknowledge, Accept],
    &[Withdraw],
    &[
        Investigate,
        Route(Delivery),
        Acknowledge,
        Decline,
        Endorse,
        Route(ServicePortfolio),
        Acknowledge,
        Accept,
        Fulfil,
    ],
    &[Investigate, Endorse, Route(ServicePortfolio), Acknowledge, Withdraw],
    &[
        Endorse,
        Investigate,
        Route(ServicePortfolio),
        Acknowledge,
        Decline,
        CustomerComment,
    ],
    &[Investigate, TeamComment, Route(Strategy), Acknowledge, Accept, Fulfil],
    &[
        Investigate,
        Route(Strategy),
        Endorse,
        Route(ServicePortfolio),
        Acknowledge,
        Accept,
        Fulfil,
    ],
];
/// Received three to ten weeks ago: on their way.
static RECENT: &[Life] = &[
    &[Investigate, Endorse, Route(ServicePortfolio)],
    &[Investigate, Route(Delivery), Acknowledge],
    &[Investigate, TeamComment],
    &[
        Endorse,
        Investigate,
        Route(ServicePortfolio),
        Acknowledge,
        CustomerComment,
    ],
    &[Investigate, Route(Strategy)],
    &[Investigate, Route(Delivery), Acknowledge, Accept],
    &[Investigate, Endorse],
    &[Investigate, Route(Delivery)],
    &[Investigate, Route(Strategy), Acknowledge],
    &[Investigate, Endorse, Route(ServicePortfolio), Acknowledge, Accept],
    &[Investigate, Route(Delivery), Acknowledge, Decline],
];
/// Received in the last three weeks.
static NEW: &[Life] = &[&[], &[Investigate], &[CustomerComment], &[Investigate, Route(Delivery)]];
/// Complaints of long ago: answered, and closed by now; one was never answered.
static OLD_COMPLAINTS: &[Life] = &[
    &[Investigate, Answer],
    &[Investigate, TeamComment, Answer],
    &[Investigate, Route(Delivery), Acknowledge, Accept, Fulfil],
    &[Investigate, Answer, Reopen, Answer],
    &[Investigate, Dismiss],
    &[Investigate, TeamComment],
];
/// Complaints of late, most of them overdue.
static NEW_COMPLAINTS: &[Life] = &[&[Investigate], &[]];
/// The one customer without a team.
static WITHOUT_TEAM: &[Life] = &[&[], &[CustomerComment], &[Withdraw]];

/// Requests that the document's examples act on: how many days ago they came in, and how far they are.
const TOLD: &[(&str, u64, Life)] = &[
    (
        "Justera protokoll digitalt samma kväll som sammanträdet",
        96,
        &[
            Investigate,
            CustomerComment,
            TeamComment,
            Endorse,
            Route(ServicePortfolio),
            Acknowledge,
            Accept,
        ],
    ),
    (
        "Skärmar utanför sammanträdesrummen som visar bokningen",
        19,
        &[Investigate],
    ),
    ("Sökningen på intranätet visar nedlagda blanketter först", 3, &[]),
    (
        "Läsplattor för förtroendevalda med handlingarna nedladdade",
        25,
        &[Investigate, Endorse],
    ),
    (
        "Se över licenser för konton där ingen har loggat in på ett halvår",
        17,
        &[Investigate],
    ),
    (
        "Beställt, attesterat och betalt per investeringsprojekt",
        12,
        &[Investigate],
    ),
    (
        "Skrivarna på plan tre tappar kön flera gånger i veckan",
        9,
        &[Investigate],
    ),
    (
        "Diariet låg nere hela förmiddagen före nämndutskicket",
        11,
        &[Investigate, Answer],
    ),
    (
        "Krisledningens telefoner ska fungera under ett dygns strömavbrott",
        33,
        &[Investigate, Route(Delivery)],
    ),
    (
        "Gallring av inkommen post enligt den nya informationshanteringsplanen",
        41,
        &[Investigate, Route(Delivery), Acknowledge],
    ),
];

/// One act: when, on which request, what.
pub struct Step {
    pub at: DateTime<Utc>,
    pub request: usize,
    pub deed: Deed,
}

/// Every act on every request up to now, in the order of time.
pub fn all(now: DateTime<Utc>) -> Vec<Step> {
    let mut dealt = std::collections::HashMap::<*const Life, usize>::new();
    let mut steps = vec![];
    for (request, seed) in REQUESTS.iter().enumerate() {
        let (days_ago, life) = match TOLD.iter().find(|(title, ..)| *title == seed.title) {
            Some((_, days_ago, life)) => (*days_ago, *life),
            None => {
                let days_ago = age(request, seed);
                let lives = lives(seed, days_ago);
                let turn = dealt.entry(lives.as_ptr()).or_default();
                *turn += 1;
                (days_ago, lives[(*turn - 1) % lives.len()])
            }
        };
        lead(&mut steps, now, request, days_ago, life);
    }
    steps.sort_by_key(|step| step.at);
    steps
}

/// How many days ago the request came in: they come evenly over the year, those of the newest customer only of late.
fn age(request: usize, seed: &RequestSeed) -> u64 {
    let (number, all) = (request as u64, REQUESTS.len() as u64);
    match has_team(seed) {
        true => 362 - number * 360 / all,
        false => 40 - number * 36 / all,
    }
}

/// Whether some team is responsible for the request's customer.
fn has_team(seed: &RequestSeed) -> bool {
    CUSTOMERS.last().is_none_or(|newest| newest.code != seed.customer)
}

fn lives(seed: &RequestSeed, days_ago: u64) -> &'static [Life] {
    match (has_team(seed), seed.kind, days_ago) {
        (false, ..) => WITHOUT_TEAM,
        (_, "complaint", 30..) => OLD_COMPLAINTS,
        (_, "complaint", _) => NEW_COMPLAINTS,
        (.., 70..) => OLD,
        (.., 21..) => RECENT,
        _ => NEW,
    }
}

/// The steps of one life. Where the time since then is too short, everything went faster.
fn lead(steps: &mut Vec<Step>, now: DateTime<Utc>, request: usize, days_ago: u64, life: Life) {
    let began = now.date_naive() - Days::new(days_ago);
    let whole: u64 = life.iter().map(|deed| deed.days()).sum();
    let room = days_ago.saturating_sub(1);
    let mut days = 0;
    for (k, deed) in [Receive].iter().chain(life).enumerate() {
        days += deed.days();
        let after = if whole > room { days * room / whole } else { days };
        let mut day = began + Days::new(after);
        // Nobody works at the weekend; what would fall there was done on Friday.
        day = day - Days::new(u64::from(day.weekday().num_days_from_monday()).saturating_sub(4));
        let minutes = (request * 53 % 200 + k * 30) as i64;
        let at = day.and_time(NaiveTime::MIN).and_utc() + Duration::minutes(7 * 60 + minutes);
        steps.push(Step {
            at,
            request,
            deed: *deed,
        });
    }
}

impl Deed {
    /// How many days usually pass before it.
    fn days(self) -> u64 {
        match self {
            Receive => 0,
            Investigate | TeamComment | CustomerComment | Route(_) | Acknowledge => 1,
            Endorse | Dismiss | Reopen => 2,
            Withdraw => 4,
            Answer => 5,
            Accept | Decline => 9,
            Fulfil => 35,
        }
    }

    /// The operation whose permission it needs.
    pub fn operation(self) -> &'static str {
        match self {
            Receive => "createRequest",
            Investigate => "createInvestigation",
            TeamComment | CustomerComment => "createComment",
            Endorse => "createEndorsement",
            Route(_) => "createRouting",
            Acknowledge => "createAcknowledgement",
            Accept | Decline => "createDecision",
            Fulfil => "createFulfilment",
            Dismiss => "createDismissal",
            Withdraw => "createWithdrawal",
            Answer => "createAnswer",
            Reopen => "createReopening",
        }
    }

    /// As the event names it.
    pub fn event(self) -> &'static str {
        match self {
            Receive | TeamComment | CustomerComment => "created",
            Investigate => "investigated",
            Endorse => "endorsed",
            Route(_) => "routed",
            Acknowledge => "acknowledged",
            Accept => "accepted",
            Decline => "declined",
            Fulfil => "fulfilled",
            Dismiss => "dismissed",
            Withdraw => "withdrawn",
            Answer => "answered",
            Reopen => "reopened",
        }
    }
}
