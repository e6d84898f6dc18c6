//! What a review is held on as a document: a table for each part of it.
use documents::{Block, Column, Document, Table};
use domain::{
    improvements::{ImprovementOutcome, ImprovementStatus},
    meetings::*,
    requests::RequestStatus,
    satisfaction::SatisfactionMetric,
    service_levels::{StatementState, judging::Comparison},
};

use super::super::{Words, column, fact, heading};
use super::text;

/// The document.
pub fn review_pack(pack: &ReviewPack, provider: &str, words: Words) -> Document {
    let title = words.say("Underlag för uppföljning", "Review pack");
    let mut blocks = vec![Block::Facts(vec![
        fact(
            words.say("Kund", "Customer"),
            format!("{} {}", pack.customer.code, pack.customer.name),
        ),
        fact(
            words.say("Period", "Period"),
            words.days(pack.first_day, Some(pack.last_day)),
        ),
    ])];
    let parts = [
        (words.say("Servicenivåer", "Service levels"), targets(pack, words)),
        (
            words.say("Volym mot gränser", "Workload against limits"),
            workload(pack, words),
        ),
        (words.say("Nöjdhet", "Satisfaction"), satisfaction(pack, words)),
        (words.say("Klagomål", "Complaints"), complaints(pack, words)),
        (words.say("Förbättringar", "Improvements"), improvements(pack, words)),
        (
            words.say("Kommande ändringar", "Upcoming changes"),
            changes(pack, words),
        ),
    ];
    for (name, table) in parts {
        blocks.push(heading(2, name));
        blocks.push(match table.rows.is_empty() {
            true => text(words.say("Inget i perioden.", "Nothing in the period.")),
            false => Block::Table(table),
        });
    }
    Document {
        language: words.0,
        title: format!("{title} {}", pack.last_day),
        subtitle: Some(pack.customer.name.to_string()),
        author: words.provider(provider),
        date: pack.last_day,
        identifier: format!("REVIEW-{}-{}", pack.customer.code, pack.last_day),
        version: None,
        keywords: vec![title.to_owned(), pack.customer.name.to_string()],
        digest: pack.digest().ok().flatten().map(|digest| digest.to_string()),
        blocks,
    }
}

fn changes(pack: &ReviewPack, words: Words) -> Table {
    let row = |change: &PackedChange| {
        let english = change
            .title
            .en
            .as_ref()
            .map_or(change.title.sv.as_str(), |en| en.as_str());
        vec![
            words.say(change.title.sv.as_str(), english).to_owned(),
            change.begins_at.date_naive().to_string(),
            change
                .ends_at
                .map(|ends| ends.date_naive().to_string())
                .unwrap_or_default(),
        ]
    };
    let columns = vec![
        column(words.say("Ändring", "Change"), false),
        column(words.say("Börjar", "Begins"), false),
        column(words.say("Slutar", "Ends"), false),
    ];
    let caption = words.say("Vad som är aviserat", "What is announced");
    table(caption, columns, pack.changes.iter().map(row).collect())
}

fn table(caption: &str, columns: Vec<Column>, rows: Vec<Vec<String>>) -> Table {
    let caption = caption.to_owned();
    Table { caption, columns, rows }
}

fn targets(pack: &ReviewPack, words: Words) -> Table {
    let mut rows = vec![];
    for statement in &pack.statements {
        let of = format!("{} {}", statement.agreement, words.period(statement.period));
        if statement.state == StatementState::Open {
            let open = words.say("Öppen: siffrorna rör sig än", "Open: the figures still move");
            rows.push(vec![of, open.to_owned()]);
            continue;
        }
        rows.extend(statement.targets.iter().map(|target| {
            let sign = match target.comparison {
                Comparison::AtLeast => "≥",
                Comparison::AtMost => "≤",
                Comparison::Above => ">",
                Comparison::Below => "<",
            };
            vec![
                of.clone(),
                target.name.to_string(),
                format!("{sign} {}", words.number(target.value)),
                target.figure.map(|figure| words.number(figure)).unwrap_or_default(),
                words.verdict(target.verdict).to_owned(),
            ]
        }));
    }
    let columns = vec![
        column(words.say("Avtal och period", "Agreement and period"), false),
        column(words.say("Mål", "Target"), false),
        column(words.say("Lovat", "Promised"), true),
        column(words.say("Utfall", "Figure"), true),
        column(words.say("Bedömning", "Verdict"), false),
    ];
    table(
        words.say("Vad målen kom till", "What the targets came to"),
        columns,
        rows,
    )
}

fn workload(pack: &ReviewPack, words: Words) -> Table {
    let rows = pack.statements.iter().flat_map(|statement| {
        let of = format!("{} {}", statement.agreement, words.period(statement.period));
        statement.workload.iter().map(move |volume| {
            vec![
                of.clone(),
                volume.name.to_string(),
                words.number(volume.most),
                volume.actual.map(|actual| words.number(actual)).unwrap_or_default(),
                match volume.beyond {
                    true => words.say("Över gränsen", "Beyond the limit"),
                    false => words.say("Inom gränsen", "Within the limit"),
                }
                .to_owned(),
            ]
        })
    });
    let columns = vec![
        column(words.say("Avtal och period", "Agreement and period"), false),
        column(words.say("Volym", "Volume"), false),
        column(words.say("Gräns", "Limit"), true),
        column(words.say("Utfall", "Actual"), true),
        column(words.say("Bedömning", "Verdict"), false),
    ];
    let caption = words.say(
        "Volymer mot det som nivåerna lovas för",
        "Volumes against what is promised for",
    );
    table(caption, columns, rows.collect())
}

fn satisfaction(pack: &ReviewPack, words: Words) -> Table {
    let report = pack.reports.iter().map(|report| {
        vec![
            words.period(report.period),
            format!(
                "{} {} {}",
                words.say("Rapport, utgåva", "Report, edition"),
                report.edition,
                report.id
            ),
        ]
    });
    let figure = pack.satisfaction.iter().map(|figure: &SatisfactionMetric| {
        let of = figure.service.as_ref().map_or_else(
            || words.say("Alla tjänster", "All services").to_owned(),
            |service| service.name.to_string(),
        );
        vec![
            words.period(figure.period),
            format!("{of}, {}", figure.method),
            match figure.value {
                Some(value) => words.rounded(value, 1),
                None => words.say("Hålls inne", "Withheld").to_owned(),
            },
            figure.n.map(|n| n.to_string()).unwrap_or_default(),
        ]
    });
    let columns = vec![
        column(words.say("Period", "Period"), false),
        column(words.say("Vad", "What"), false),
        column(words.say("Värde", "Value"), true),
        column("n", true),
    ];
    let caption = words.say("Rapporter och redovisade siffror", "Reports and told figures");
    table(caption, columns, report.chain(figure).collect())
}

fn complaints(pack: &ReviewPack, words: Words) -> Table {
    let rows = pack.complaints.iter().map(|told| {
        vec![
            told.request.number.clone(),
            told.request.title.to_string(),
            words.request(told.status).to_owned(),
            told.due_day.map(|day| day.to_string()).unwrap_or_default(),
        ]
    });
    let columns = vec![
        column(words.say("Nummer", "Number"), false),
        column(words.say("Vad", "What"), false),
        column(words.say("Läge", "Status"), false),
        column(words.say("Svar senast", "Answer by"), false),
    ];
    let caption = words.say("Inkomna och öppna klagomål", "Complaints that came in or are open");
    table(caption, columns, rows.collect())
}

fn improvements(pack: &ReviewPack, words: Words) -> Table {
    let rows = pack.improvements.iter().map(|told| {
        vec![
            told.improvement.number.clone(),
            told.improvement.title.to_string(),
            words.improvement(told.status).to_owned(),
            told.outcome
                .map(|outcome| words.came_to(outcome))
                .unwrap_or_default()
                .to_owned(),
        ]
    });
    let columns = vec![
        column(words.say("Nummer", "Number"), false),
        column(words.say("Vad", "What"), false),
        column(words.say("Läge", "Status"), false),
        column(words.say("Effekt", "Effect"), false),
    ];
    let caption = words.say(
        "Pågående och uppmätta förbättringar",
        "Improvements under way, and measured",
    );
    table(caption, columns, rows.collect())
}

impl Words {
    fn request(self, status: RequestStatus) -> &'static str {
        match status {
            RequestStatus::Received => self.say("Mottaget", "Received"),
            RequestStatus::Investigating => self.say("Utreds", "Investigating"),
            RequestStatus::Routed => self.say("Överlämnat", "Routed"),
            RequestStatus::Accepted => self.say("Antaget", "Accepted"),
            RequestStatus::Declined => self.say("Avböjt", "Declined"),
            RequestStatus::Fulfilled => self.say("Uppfyllt", "Fulfilled"),
            RequestStatus::Answered => self.say("Besvarat", "Answered"),
            RequestStatus::Closed => self.say("Stängt", "Closed"),
            RequestStatus::Dismissed => self.say("Avslutat", "Dismissed"),
            RequestStatus::Withdrawn => self.say("Återtaget", "Withdrawn"),
            RequestStatus::Merged => self.say("Sammanslaget", "Merged"),
        }
    }

    fn improvement(self, status: ImprovementStatus) -> &'static str {
        match status {
            ImprovementStatus::Identified => self.say("Identifierad", "Identified"),
            ImprovementStatus::Approved => self.say("Godkänd", "Approved"),
            ImprovementStatus::InProgress => self.say("Pågår", "In progress"),
            ImprovementStatus::Implemented => self.say("Införd", "Implemented"),
            ImprovementStatus::Verified => self.say("Uppmätt", "Verified"),
            ImprovementStatus::Closed => self.say("Stängd", "Closed"),
            ImprovementStatus::Rejected => self.say("Avvisad", "Rejected"),
        }
    }

    fn came_to(self, outcome: ImprovementOutcome) -> &'static str {
        match outcome {
            ImprovementOutcome::Achieved => self.say("Målet nått", "Target reached"),
            ImprovementOutcome::Partly => self.say("Delvis", "Partly"),
            ImprovementOutcome::NotAchieved => self.say("Ingen förbättring", "No improvement"),
        }
    }
}
