//! A meeting as a document: who took part, what was taken up, said, decided and agreed to be done.
mod pack;

use chrono_tz::Tz;
use documents::{Block, Document, Fact, Table, Tone};
use domain::meetings::*;

use super::{Words, column, fact, heading};

pub use pack::review_pack;

/// The document: an agenda until there are minutes.
pub fn minutes(meeting: &Meeting, provider: &str, zone: Tz, words: Words) -> Document {
    let title = match meeting.minutes {
        Some(_) => words.say("Protokoll", "Minutes"),
        None => words.say("Dagordning", "Agenda"),
    };
    let kind = words.meeting(meeting.kind);
    let mut blocks = standing(meeting, words);
    blocks.push(Block::Facts(facts(meeting, zone, words)));
    blocks.extend(agenda(meeting, words));
    if let Some(minutes) = &meeting.minutes {
        blocks.extend(said(minutes, words));
    }
    blocks.extend(corrections(meeting, zone, words));
    Document {
        language: words.0,
        title: match &meeting.title {
            Some(own) => format!("{title}: {own}"),
            None => format!("{title}: {kind} {}", meeting.day),
        },
        subtitle: Some(format!("{}, {}", meeting.customer.name, kind)),
        author: words.provider(provider),
        date: meeting.day,
        identifier: format!("MEETING-{}-{}", meeting.customer.code, meeting.day),
        version: None,
        keywords: vec![title.to_owned(), kind.to_owned(), meeting.customer.name.to_string()],
        digest: meeting.digest.as_ref().map(ToString::to_string),
        blocks,
    }
}

/// That the minutes do not stand yet, that it was cancelled, or that it takes up what belongs elsewhere.
fn standing(meeting: &Meeting, words: Words) -> Vec<Block> {
    let mut notes = vec![];
    if let Some(cancelled) = &meeting.cancellation {
        notes.push(Block::Note {
            tone: Tone::Bad,
            title: words.say("Mötet är inställt", "The meeting is cancelled").to_owned(),
            text: cancelled.reason.to_string(),
        });
    }
    if meeting.status == MeetingStatus::Held {
        notes.push(Block::Note {
            tone: Tone::Warning,
            title: words.say("Utkast", "Draft").to_owned(),
            text: words
                .say(
                    "Protokollet är inte publicerat än.",
                    "The minutes are not published yet.",
                )
                .to_owned(),
        });
    }
    notes
}

fn facts(meeting: &Meeting, zone: Tz, words: Words) -> Vec<Fact> {
    let mut facts = vec![
        fact(
            words.say("Tid", "Time"),
            format!(
                "{} – {}",
                words.moment(meeting.starts_at, zone),
                words.moment(meeting.ends_at, zone)
            ),
        ),
        fact(
            words.say("Kund", "Customer"),
            format!("{} {}", meeting.customer.code, meeting.customer.name),
        ),
    ];
    if let Some(place) = &meeting.place {
        facts.push(fact(words.say("Plats", "Place"), place.to_string()));
    }
    let role = match meeting.led_by {
        MeetingLead::BusinessRelationshipManager => words.say("kundansvarig", "business relationship manager"),
        MeetingLead::DeliveryManager => words.say("leveransansvarig", "delivery manager"),
    };
    let leader = match &meeting.leader {
        None => role.to_owned(),
        Some(MeetingLeader {
            person,
            deputy_for: None,
        }) => format!("{}, {role}", person.name),
        Some(MeetingLeader {
            person,
            deputy_for: Some(holder),
        }) => format!(
            "{}, {} {} ({role})",
            person.name,
            words.say("ersättare för", "deputy for"),
            holder.name
        ),
    };
    facts.push(fact(words.say("Leds av", "Led by"), leader));
    let persons: Vec<&str> = meeting.persons.iter().map(|person| person.name.as_str()).collect();
    let contacts: Vec<&str> = meeting.contacts.iter().map(|contact| contact.name.as_str()).collect();
    if !persons.is_empty() {
        facts.push(fact(
            words.say("Från IT-organisationen", "From the IT organisation"),
            words.all(&persons),
        ));
    }
    if !contacts.is_empty() {
        facts.push(fact(
            words.say("Från kunden", "From the customer"),
            words.all(&contacts),
        ));
    }
    facts
}

fn agenda(meeting: &Meeting, words: Words) -> Vec<Block> {
    let mut blocks = vec![heading(2, words.say("Dagordning", "Agenda"))];
    if meeting.agenda.is_empty() {
        blocks.push(text(words.say("Inga punkter.", "No items.")));
    }
    for (n, item) in (1..).zip(&meeting.agenda) {
        blocks.push(heading(3, &format!("{n}. {} ({})", item.title, words.item(item.about))));
        if let Some(words) = &item.text {
            blocks.push(text(words.as_str()));
        }
        if let Some(overriding) = &item.overriding {
            let title = words.say(
                "Hör till en annan mötestyp, och togs upp ändå",
                "Belongs to another kind of meeting, and was taken up all the same",
            );
            blocks.push(Block::Note {
                tone: Tone::Warning,
                title: title.to_owned(),
                text: format!("{} ({})", overriding.reason, overriding.deed.by.name),
            });
        }
    }
    blocks
}

fn said(minutes: &Minutes, words: Words) -> Vec<Block> {
    let mut blocks = vec![];
    if let Some(notes) = &minutes.notes {
        blocks.push(heading(2, words.say("Anteckningar", "Notes")));
        blocks.push(text(notes.as_str()));
    }
    if !minutes.decisions.is_empty() {
        blocks.push(heading(2, words.say("Beslut", "Decisions")));
        let decided = (1..).zip(&minutes.decisions).map(|(n, decision)| Fact {
            label: n.to_string(),
            value: decision.to_string(),
        });
        blocks.push(Block::Facts(decided.collect()));
    }
    if !minutes.action_items.is_empty() {
        blocks.push(heading(2, words.say("Att göra", "To be done")));
        let rows = minutes.action_items.iter().map(|item| {
            let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            vec![
                item.text.to_string(),
                item.owner.name.to_string(),
                day(item.due_day),
                day(item.done_on),
            ]
        });
        blocks.push(Block::Table(Table {
            caption: words.say("Vem gör vad, och när", "Who does what, by when").to_owned(),
            columns: vec![
                column(words.say("Vad", "What"), false),
                column(words.say("Vem", "Who"), false),
                column(words.say("Senast", "Due"), false),
                column(words.say("Klart", "Done"), false),
            ],
            rows: rows.collect(),
        }));
    }
    blocks
}

fn corrections(meeting: &Meeting, zone: Tz, words: Words) -> Vec<Block> {
    let mut blocks = vec![];
    for (n, addendum) in (1..).zip(&meeting.addenda) {
        blocks.push(heading(
            2,
            &format!(
                "{} {n}: {}, {}",
                words.say("Tillägg", "Addendum"),
                addendum.deed.by.name,
                words.moment(addendum.deed.at, zone)
            ),
        ));
        blocks.push(text(addendum.text.as_str()));
    }
    if let Some(published) = &meeting.publication {
        blocks.push(Block::Facts(vec![fact(
            words.say("Publicerat av", "Published by"),
            format!("{}, {}", published.by.name, words.moment(published.at, zone)),
        )]));
    }
    blocks
}

fn text(markdown: &str) -> Block {
    Block::Text {
        markdown: markdown.to_owned(),
        language: None,
    }
}

impl Words {
    fn meeting(self, kind: MeetingKind) -> &'static str {
        match kind {
            MeetingKind::Team => self.say("teammöte", "meeting of the team"),
            MeetingKind::Dialogue => self.say("dialogmöte", "dialogue"),
            MeetingKind::Review => self.say("uppföljningsmöte", "review"),
        }
    }

    fn item(self, about: AgendaItemType) -> &'static str {
        match about {
            AgendaItemType::Need => self.say("behov", "need"),
            AgendaItemType::Idea => self.say("idé", "idea"),
            AgendaItemType::PlannedActivity => self.say("planerad aktivitet", "planned activity"),
            AgendaItemType::Statement => self.say("uppföljning", "statement"),
            AgendaItemType::Satisfaction => self.say("nöjdhet", "satisfaction"),
            AgendaItemType::Complaint => self.say("klagomål", "complaint"),
            AgendaItemType::Improvement => self.say("förbättring", "improvement"),
            AgendaItemType::Workload => self.say("volym", "workload"),
            AgendaItemType::Information => self.say("information", "information"),
        }
    }
}
