//! One customer at a glance as a page: what is amiss first, then each part of the relation in a table of its own.
use documents::{Block, Document, Multiple, Multiples, Table, Tone};
use domain::{
    agreements::VersionState,
    customers::{ChannelInForce, ChannelPurpose, EscalationTarget},
    meetings::{MeetingKind, PackedChange, PackedPlan},
    people::MandateKind,
    relation::RelationStanding,
    requests::{DecisionOutcome, Destination, RequestKind, RequestStatus},
    satisfaction::SatisfactionTrend,
    service_levels::{StatementState, Verdicts},
    teams::{Membership, Role},
    value::Sum,
};
use persistence::{
    overviews::{CustomerOverview, MeetingLine, RequestLine, Shortlist},
    service_levels::LocalTime,
};

use super::{Words, column, fact, heading, satisfaction::point};

/// The document.
pub fn overview(told: &CustomerOverview, provider: &str, words: Words, time: LocalTime) -> Document {
    let title = words.say("Så står det till med", "How we stand with");
    let mut blocks: Vec<Block> = told.standing.iter().map(|standing| amiss(standing, words)).collect();
    blocks.push(who(told, words));
    blocks.extend(turned_to(told, words));
    blocks.extend(agreed(told, words));
    blocks.extend(delivered(told, words));
    blocks.extend(satisfied(told, words));
    blocks.extend(asked(told, words));
    blocks.extend(ahead(told, words, time));
    blocks.extend(weighed(told, words));
    Document {
        blocks,
        subtitle: Some(words.moment(time.now, time.zone)),
        ..empty(
            format!("{title} {}", told.customer.name),
            told.customer.code.as_str(),
            provider,
            words,
            time,
        )
    }
}

/// What a link shows that opens nothing, or no longer.
pub fn closed(provider: &str, words: Words, time: LocalTime) -> Document {
    let title = words.say("Länken gäller inte", "The link does not hold");
    let text = words.say(
        "En länk öppnar en enda sida i tio minuter. Be om en ny där du fick den.",
        "A link opens one page for ten minutes. Ask for a new one where you got it.",
    );
    Document {
        blocks: vec![Block::Note {
            tone: Tone::Warning,
            title: title.to_owned(),
            text: text.to_owned(),
        }],
        ..empty(title.to_owned(), "", provider, words, time)
    }
}

fn empty(title: String, identifier: &str, provider: &str, words: Words, time: LocalTime) -> Document {
    Document {
        language: words.0,
        title,
        subtitle: None,
        author: words.provider(provider),
        date: time.today(),
        identifier: identifier.to_owned(),
        version: None,
        keywords: vec![],
        digest: None,
        blocks: vec![],
    }
}

fn amiss(standing: &RelationStanding, words: Words) -> Block {
    let reasons = standing.reasons.iter();
    let reasons: Vec<&str> = reasons
        .map(|reason| words.say(&reason.text.sv, &reason.text.en))
        .collect();
    match reasons.is_empty() {
        true => Block::Note {
            tone: Tone::Good,
            title: words.say("Inget talar emot", "Nothing is amiss").to_owned(),
            text: words
                .say(
                    "Team, överenskommelser, löften, klagomål, möten och nöjdhet är som de ska.",
                    "Team, agreements, promises, complaints, meetings and satisfaction are as they should be.",
                )
                .to_owned(),
        },
        false => Block::Note {
            tone: Tone::Warning,
            title: words
                .say("Det här behöver göras något åt", "This needs doing something about")
                .to_owned(),
            text: reasons.join(" "),
        },
    }
}

fn who(told: &CustomerOverview, words: Words) -> Block {
    let holders = |role: Role| {
        let of_role = told.responsible.members.iter().filter(|member| member.role == role);
        let names: Vec<String> = of_role.map(name).collect();
        match names.is_empty() {
            true => words.say("ingen", "nobody").to_owned(),
            false => words.all(&names),
        }
    };
    let mut facts = vec![fact(
        words.say("Kundteam", "Customer team"),
        match &told.responsible.team {
            Some(team) => team.name.to_string(),
            None => words.say("inget", "none").to_owned(),
        },
    )];
    if told.responsible.team.is_some() {
        facts.extend([
            fact(
                words.say("Kundansvarig", "Business relationship manager"),
                holders(Role::BusinessRelationshipManager),
            ),
            fact(
                words.say("Leveransansvarig", "Delivery manager"),
                holders(Role::DeliveryManager),
            ),
            fact(words.say("Tjänsteägare", "Service owners"), holders(Role::ServiceOwner)),
        ]);
    }
    let contacts: Vec<String> = told
        .contacts
        .items
        .iter()
        .map(|contact| {
            let mandates: Vec<&str> = contact.mandates.iter().map(|kind| words.mandate(*kind)).collect();
            format!("{} ({})", contact.contact.name, words.all(&mandates))
        })
        .collect();
    if !contacts.is_empty() {
        facts.push(fact(words.say("Hos kunden", "At the customer"), contacts.join("\n")));
    }
    let used: Vec<String> = told
        .usages
        .items
        .iter()
        .map(|usage| usage.service.name.to_string())
        .collect();
    if !used.is_empty() {
        facts.push(fact(words.say("Tjänster", "Services"), words.all(&used)));
    }
    Block::Facts(facts)
}

/// Where the customer turns, and whom a matter goes to that nobody takes up.
fn turned_to(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let nobody = || words.say("ingen", "nobody").to_owned();
    let reached = |ways: [Option<String>; 3]| -> Option<String> {
        let ways: Vec<String> = ways.into_iter().flatten().collect();
        (!ways.is_empty()).then(|| ways.join("\n"))
    };
    let channel = |of: &ChannelInForce| {
        let channel = &of.channel;
        let ways = [
            channel.phone.as_ref().map(ToString::to_string),
            channel.email.as_ref().map(ToString::to_string),
            channel.address.as_ref().map(ToString::to_string),
        ];
        vec![
            words.channel_purpose(channel.purpose).to_owned(),
            channel.name.to_string(),
            reached(ways).unwrap_or_default(),
            channel.answered.as_ref().map(ToString::to_string).unwrap_or_default(),
            of.through.name.to_string(),
        ]
    };
    let target = |target: &EscalationTarget| {
        let people: Vec<&str> = target.people.iter().map(|person| person.name.as_str()).collect();
        let ways = [
            (!people.is_empty()).then(|| people.join(", ")),
            target.step.phone.as_ref().map(ToString::to_string),
            target.step.email.as_ref().map(ToString::to_string),
        ];
        vec![
            match target.step.after_minutes {
                0 => words.say("genast", "at once").to_owned(),
                minutes => words.lasting(u64::from(minutes) * 60),
            },
            target.step.name.to_string(),
            reached(ways).unwrap_or_else(nobody),
        ]
    };
    let whose = told.turns_to.ladder_through.as_ref().map(|through| {
        (
            format!("Enligt {}, räknat från att ärendet eskalerades", through.name),
            format!("By {}, counted from when the matter was escalated", through.name),
        )
    });
    let (sv, en) = whose.unwrap_or_default();
    [
        section(
            words,
            [
                ("Hit vänder sig kunden", "Where the customer turns"),
                ("Förstahandsvalet först", "The first choice first"),
            ],
            &[
                ("Gäller", "For"),
                ("Till", "Whom"),
                ("Nås", "Reached at"),
                ("Svarar", "Answers"),
                ("Enligt", "By"),
            ],
            told.turns_to.channels.iter().map(channel).collect(),
        ),
        section(
            words,
            [("Eskaleringstrappa", "Escalation ladder"), (&sv, &en)],
            &[("Efter", "After"), ("Till", "Whom"), ("Nås", "Reached at")],
            told.turns_to.escalation_ladder.iter().map(target).collect(),
        ),
    ]
    .concat()
}

fn name(member: &Membership) -> String {
    member.person.name.to_string()
}

/// A table under its heading, with what its rows are, or nothing where there are no rows.
fn section(
    words: Words,
    [title, rows_are]: [(&str, &str); 2],
    columns: &[(&str, &str)],
    rows: Vec<Vec<String>>,
) -> Vec<Block> {
    if rows.is_empty() {
        return vec![];
    }
    let title = words.say(title.0, title.1);
    vec![
        heading(2, title),
        Block::Table(Table {
            caption: words.say(rows_are.0, rows_are.1).to_owned(),
            columns: columns
                .iter()
                .map(|(sv, en)| column(words.say(sv, en), false))
                .collect(),
            rows,
        }),
    ]
}

fn agreed(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let row = |line: &persistence::overviews::AgreementLine| {
        vec![
            line.agreement.number.clone(),
            line.current.title.to_string(),
            words.version_state(line.current.state).to_owned(),
            words.days(line.current.first_day, line.current.last_day),
        ]
    };
    section(
        words,
        [
            ("Överenskommelser", "Agreements"),
            ("De senaste först", "The latest first"),
        ],
        &[
            ("Nummer", "Number"),
            ("Om", "About"),
            ("Läge", "State"),
            ("Gäller", "In force"),
        ],
        told.agreements.items.iter().map(row).collect(),
    )
}

fn delivered(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let row = |line: &persistence::overviews::StatementLine| {
        vec![
            format!("{} {}", line.agreement.number, words.period(line.period)),
            words.statement_state(line.state).to_owned(),
            line.verdicts
                .map_or_else(|| "–".to_owned(), |verdicts| words.verdicts(verdicts)),
        ]
    };
    section(
        words,
        [
            ("Leveransen", "The delivery"),
            ("De senaste redovisningarna", "The latest statements"),
        ],
        &[("Redovisning", "Statement"), ("Läge", "State"), ("Löften", "Promises")],
        told.statements.items.iter().map(row).collect(),
    )
}

/// Each question's figure over the quarters, on a scale of its own.
fn satisfied(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let plot = |trend: &SatisfactionTrend| {
        let points = trend.points.iter().map(|at| {
            let mut point = point(at, trend.method, words);
            point.missed = at.fell;
            point
        });
        Block::Multiples(Multiples {
            title: words.asked(trend.survey_kind, trend.question.as_ref(), trend.scale),
            series: words.method_of_figure(trend.method).to_owned(),
            of: words.say("Kund", "Customer").to_owned(),
            mark: words
                .say("sämre än kvartalet före", "worse than the quarter before")
                .to_owned(),
            periods: trend.points.iter().map(|at| at.period.to_string()).collect(),
            plots: vec![Multiple {
                name: told.customer.name.to_string(),
                points: points.collect(),
            }],
        })
    };
    let known = |trend: &&SatisfactionTrend| trend.points.iter().any(|at| at.value.is_some());
    let plots: Vec<Block> = told
        .satisfaction
        .iter()
        .filter(known)
        .take(MOST_PLOTS)
        .map(plot)
        .collect();
    match plots.is_empty() {
        true => vec![],
        false => [vec![heading(2, words.say("Nöjdheten", "Satisfaction"))], plots].concat(),
    }
}

/// So many figures have plots of their own; all of them stand in the JSON.
const MOST_PLOTS: usize = 4;

fn asked(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let row = |line: &RequestLine| {
        vec![
            line.request.number.clone(),
            line.request.title.to_string(),
            words.request_kind(line.kind).to_owned(),
            words.request_status(line.status).to_owned(),
            line.due_day.map(|day| day.to_string()).unwrap_or_default(),
        ]
    };
    let columns = [
        ("Nummer", "Number"),
        ("Om", "About"),
        ("Slag", "Kind"),
        ("Läge", "State"),
        ("Senast", "Due"),
    ];
    let rows = |list: &Shortlist<RequestLine>| list.items.iter().map(row).collect::<Vec<_>>();
    let decided = told.decisions.items.iter().map(|line| {
        vec![
            line.request.number.clone(),
            line.request.title.to_string(),
            words.destination(line.destination).to_owned(),
            match line.outcome {
                DecisionOutcome::Accepted => words.say("ja", "yes").to_owned(),
                DecisionOutcome::Declined => words.say("nej", "no").to_owned(),
            },
            line.planned_day.map(|day| day.to_string()).unwrap_or_default(),
        ]
    });
    let overdue = ("Klagomål som borde ha besvarats", "Complaints that are overdue");
    let decisions = [
        ("Nummer", "Number"),
        ("Om", "About"),
        ("Av", "By"),
        ("Beslut", "Decision"),
        ("Planerad", "Planned"),
    ];
    [
        section(
            words,
            [overdue, ("Äldst först", "The oldest first")],
            &columns,
            rows(&told.overdue_complaints),
        ),
        section(
            words,
            [("Öppna ärenden", "Open requests"), ("Nyast först", "The newest first")],
            &columns,
            rows(&told.open_requests),
        ),
        section(
            words,
            [
                ("Senast beslutat", "Decided last"),
                ("Beslut av mottagarna", "What destinations decided"),
            ],
            &decisions,
            decided.collect(),
        ),
        vec![Block::Text {
            markdown: words.count(
                told.open_improvements,
                ("förbättring pågår", "improvement has something left to do"),
                ("förbättringar pågår", "improvements have something left to do"),
            ),
            language: None,
        }],
    ]
    .concat()
}

/// What comes: meetings, what the customer plans, what it is told of.
fn ahead(told: &CustomerOverview, words: Words, time: LocalTime) -> Vec<Block> {
    let meeting = |line: &MeetingLine| {
        vec![
            words.moment(line.starts_at, time.zone),
            words.meeting_kind(line.kind).to_owned(),
            line.title.as_ref().map(ToString::to_string).unwrap_or_default(),
        ]
    };
    let plan = |plan: &PackedPlan| {
        let days = plan.period.map(|period| words.days(period.first_day, period.last_day));
        vec![plan.title.to_string(), days.unwrap_or_default()]
    };
    let change = |change: &PackedChange| {
        let english = change
            .title
            .en
            .as_ref()
            .map_or(change.title.sv.as_str(), |en| en.as_str());
        vec![
            words.say(change.title.sv.as_str(), english).to_owned(),
            words.moment(change.begins_at, time.zone),
        ]
    };
    let planned = ("Vad kunden planerar", "What the customer plans");
    [
        section(
            words,
            [("Kommande möten", "Next meetings"), ("I tidsordning", "As they come")],
            &[("När", "When"), ("Slag", "Kind"), ("Om", "About")],
            told.next_meetings.iter().map(meeting).collect(),
        ),
        section(
            words,
            [planned, ("Det närmaste halvåret", "The next half year")],
            &[("Vad", "What"), ("När", "When")],
            told.planned_activities.iter().map(plan).collect(),
        ),
        section(
            words,
            [
                ("Aviserat", "Announced"),
                ("Vad kunden har fått veta", "What the customer was told"),
            ],
            &[("Vad", "What"), ("Börjar", "Begins")],
            told.announcements.iter().map(change).collect(),
        ),
    ]
    .concat()
}

/// Needs, and value against cost.
fn weighed(told: &CustomerOverview, words: Words) -> Vec<Block> {
    let mut facts = vec![];
    if let Some(needs) = told.open_needs {
        let counted = words.count(needs, ("behov", "need"), ("behov", "needs"));
        facts.push(fact(words.say("Verksamheten behöver", "The business needs"), counted));
    }
    if let Some(value) = &told.value {
        let totals = &value.totals;
        let sums = |sums: &[Sum]| match sums {
            [] => "–".to_owned(),
            sums => sums.iter().map(|sum| words.sum(sum)).collect::<Vec<_>>().join(", "),
        };
        facts.push(fact(
            words.say("Kostnad förra året", "Cost last year"),
            sums(&totals.costs),
        ));
        facts.push(fact(
            words.say("Nytta enligt kunden", "Benefit by the customer"),
            sums(&totals.benefits),
        ));
    }
    match facts.is_empty() {
        true => vec![],
        false => vec![
            heading(2, words.say("Behov och värde", "Needs and value")),
            Block::Facts(facts),
        ],
    }
}

impl Words {
    fn channel_purpose(self, purpose: ChannelPurpose) -> &'static str {
        match purpose {
            ChannelPurpose::Order => self.say("beställning", "orders"),
            ChannelPurpose::Escalate => self.say("eskalering", "escalation"),
            ChannelPurpose::Complain => self.say("klagomål", "complaints"),
            ChannelPurpose::Emergency => self.say("akut", "emergencies"),
        }
    }

    fn meeting_kind(self, kind: MeetingKind) -> &'static str {
        match kind {
            MeetingKind::Team => self.say("teammöte", "team meeting"),
            MeetingKind::Dialogue => self.say("dialog", "dialogue"),
            MeetingKind::Review => self.say("uppföljning", "review"),
        }
    }

    fn mandate(self, kind: MandateKind) -> &'static str {
        match kind {
            MandateKind::Customer => self.say("beslutar", "decides"),
            MandateKind::Purchaser => self.say("beställer", "orders"),
            MandateKind::KeyUser => self.say("nyckelanvändare", "key user"),
        }
    }

    fn version_state(self, state: VersionState) -> &'static str {
        match state {
            VersionState::Draft => self.say("utkast", "draft"),
            VersionState::Proposed => self.say("förslag", "proposed"),
            VersionState::Upcoming => self.say("kommande", "upcoming"),
            VersionState::Active => self.say("gäller", "active"),
            VersionState::Superseded => self.say("ersatt", "superseded"),
            VersionState::Expired => self.say("upphört", "expired"),
            VersionState::Terminated => self.say("avslutat", "terminated"),
        }
    }

    fn statement_state(self, state: StatementState) -> &'static str {
        match state {
            StatementState::Open => self.say("öppen", "open"),
            StatementState::Proposed => self.say("föreslagen", "proposed"),
            StatementState::Closed => self.say("stängd", "closed"),
        }
    }

    fn verdicts(self, verdicts: Verdicts) -> String {
        let told = [
            (verdicts.met, self.say("hölls", "kept")),
            (verdicts.missed, self.say("hölls inte", "not kept")),
            (
                verdicts.insufficient_data,
                self.say("kunde inte bedömas", "could not be judged"),
            ),
        ];
        let told = told
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"));
        let told: Vec<String> = told.collect();
        match told.is_empty() {
            true => "–".to_owned(),
            false => told.join(", "),
        }
    }

    fn request_kind(self, kind: RequestKind) -> &'static str {
        match kind {
            RequestKind::Wish => self.say("önskemål", "wish"),
            RequestKind::Requirement => self.say("krav", "requirement"),
            RequestKind::ImprovementSuggestion => self.say("förbättringsförslag", "suggestion"),
            RequestKind::Complaint => self.say("klagomål", "complaint"),
        }
    }

    fn request_status(self, status: RequestStatus) -> &'static str {
        match status {
            RequestStatus::Received => self.say("inkommet", "received"),
            RequestStatus::Investigating => self.say("utreds", "looked into"),
            RequestStatus::Routed => self.say("överlämnat", "handed over"),
            RequestStatus::Accepted => self.say("antaget", "accepted"),
            RequestStatus::Declined => self.say("avslaget", "declined"),
            RequestStatus::Fulfilled => self.say("utfört", "done"),
            RequestStatus::Dismissed => self.say("avskrivet", "dismissed"),
            RequestStatus::Withdrawn => self.say("återtaget", "withdrawn"),
            RequestStatus::Merged => self.say("sammanslaget", "merged"),
            RequestStatus::Answered => self.say("besvarat", "answered"),
            RequestStatus::Closed => self.say("avslutat", "closed"),
        }
    }

    fn destination(self, destination: Destination) -> &'static str {
        match destination {
            Destination::ServicePortfolio => self.say("tjänsteportföljen", "the service portfolio"),
            Destination::Delivery => self.say("leveransen", "delivery"),
            Destination::Strategy => self.say("strategin", "strategy"),
            Destination::Improvement => self.say("förbättringsregistret", "the improvement register"),
        }
    }
}
