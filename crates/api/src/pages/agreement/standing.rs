//! Where a version stands, what was done with it, and who approved it.
use chrono::{DateTime, Utc};
use documents::{Block, Fact, Tone};
use domain::{agreements::*, vocabulary::*};

use super::{Told, fact, heading};
use crate::pages::Words;

impl Told<'_> {
    /// Whether it binds anyone, and on which days.
    pub(super) fn standing(&self, words: Words) -> Vec<Block> {
        let v = self.version;
        let days = v.in_force().days();
        let begun = v.in_force().until != Some(v.terms.first_day);
        let (tone, title) = match v.status() {
            VersionStatus::Draft => (
                Tone::Warning,
                words.say("Utkast: inte avtalat", "Draft: not agreed on").to_owned(),
            ),
            VersionStatus::Proposed => (
                Tone::Warning,
                words
                    .say("Förslag: inte avtalat än", "Proposal: not agreed on yet")
                    .to_owned(),
            ),
            _ if !begun => (
                Tone::Bad,
                words.say("Börjar aldrig gälla", "Never comes into force").to_owned(),
            ),
            status => {
                let tone = if status == VersionStatus::Approved {
                    Tone::Good
                } else {
                    Tone::Neutral
                };
                let days = words.days(days.first_day, days.last_day);
                (tone, format!("{} {days}", words.say("Gäller", "In force")))
            }
        };
        vec![Block::Note {
            tone,
            title,
            text: self.history(words).join("\n"),
        }]
    }

    /// What was done with it, a line for each act that matters for its standing.
    fn history(&self, words: Words) -> Vec<String> {
        let v = self.version;
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone).date_naive();
        let mut lines = vec![];
        let mut tell = |sv: String, en: String| lines.push(words.say(&sv, &en).to_owned());
        match (v.status(), &v.proposal) {
            (VersionStatus::Draft, _) => tell(
                "Innehållet kan ändras och binder ingen.".into(),
                "The content may change and binds nobody.".into(),
            ),
            (VersionStatus::Proposed, Some(Proposal { deed, .. })) => tell(
                format!(
                    "Framlagt {} av {}. Gäller först när båda parter har godkänt.",
                    day(deed.at),
                    deed.by.name
                ),
                format!(
                    "Laid before the parties on {} by {}. It binds once both have approved.",
                    day(deed.at),
                    deed.by.name
                ),
            ),
            _ => {
                if let Some(last) = v.approvals.0.iter().map(|a| a.deed.at).max() {
                    let on = day(last);
                    tell(
                        format!("Godkänt av båda parter {on}."),
                        format!("Approved by both parties on {on}."),
                    );
                }
            }
        }
        for renewal in &v.renewals.0 {
            let (last, reference) = (renewal.last_day, &renewal.reference);
            tell(
                format!("Förlängt till och med {last} ({reference})."),
                format!("Renewed until {last} ({reference})."),
            );
        }
        if let Some(Notice {
            given_on,
            party,
            ends_on,
            receipt,
            ..
        }) = &v.notice
        {
            let by = self.party(*party, words);
            tell(
                format!("Uppsagt {given_on} av {by} ({receipt}); upphör efter {ends_on}."),
                format!("Notice was given on {given_on} by {by} ({receipt}); it ends after {ends_on}."),
            );
        }
        match &v.termination {
            Some(t) if v.revocations.0.len() == 2 => tell(
                format!("Återkallat av båda parter {}: {}", day(t.deed.at), t.reason),
                format!("Revoked by both parties on {}: {}", day(t.deed.at), t.reason),
            ),
            Some(t) => {
                let (last, reason) = (t.last_day, &t.reason);
                let reference = t.reference.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
                tell(
                    format!("Upphör i förtid efter {last}{reference}: {reason}"),
                    format!("Ends before its time after {last}{reference}: {reason}"),
                );
            }
            None => {}
        }
        if let Some(Superseded { by, first_day }) = &v.superseded {
            tell(
                format!("Ersätts av version {by} från och med {first_day}."),
                format!("Version {by} takes its place from {first_day}."),
            );
        }
        lines
    }

    /// Who approved, or has yet to; nothing of a draft.
    pub(super) fn approvals(&self, words: Words) -> Vec<Block> {
        let v = self.version;
        if v.status() == VersionStatus::Draft {
            return vec![];
        }
        let box_of = |party: Party| documents::Approval {
            party: self.party(party, words),
            given: v.approvals.of(party).is_some(),
            facts: match v.approvals.of(party) {
                Some(approval) => self.approval(approval, words),
                None => vec![fact(
                    words.say("Väntar på", "Awaits"),
                    words.say("Godkännande", "Approval"),
                )],
            },
        };
        let parties = [Party::Provider, v.agreement.kind.other_party()].map(box_of);
        vec![
            heading(2, words.say("Godkännanden", "Approvals")),
            Block::Approvals(parties.into()),
            Block::Text {
                markdown: words
                    .say(
                        "Godkännandena gäller det innehåll som kontrollsumman anger: SHA-256 av innehållet som JSON enligt RFC 8785.",
                        "The approvals are of the content that the digest names: SHA-256 of the content as JSON by RFC 8785.",
                    )
                    .to_owned(),
                language: None,
            },
        ]
    }

    fn approval(&self, approval: &Approval, words: Words) -> Vec<Fact> {
        let Deed { by, acting_for, at, .. } = &approval.deed;
        let mut facts = vec![
            fact(words.say("Av", "By"), by.name.to_string()),
            fact(words.say("Tid", "Time"), words.moment(*at, self.zone)),
        ];
        let mut tell =
            |sv: &str, en: &str, value: Option<String>| facts.extend(value.map(|value| fact(words.say(sv, en), value)));
        tell("I stället för", "In the stead of", acting_for.map(|id| id.to_string()));
        tell(
            "Mandat",
            "Mandate",
            approval.mandate.as_ref().map(|mandate| {
                let mut told = mandate
                    .basis
                    .as_ref()
                    .map(|basis| format!("{basis}\n"))
                    .unwrap_or_default();
                told += &words.days(mandate.first_day, mandate.last_day);
                if let Some(Money { amount, currency }) = &mandate.amount_per_year {
                    let most = words.say("högst", "at most");
                    told += &format!(
                        "\n{most} {} {}",
                        words.money(*amount, currency),
                        words.per(CalendarPeriod::Year)
                    );
                }
                told
            }),
        );
        tell(
            "Identitet",
            "Identity",
            Some({
                let SignedIn { issuer, level } = &approval.signed_in;
                let level = level.as_ref().map(|level| format!("\n{level}")).unwrap_or_default();
                format!("{issuer}{level}")
            }),
        );
        if let Some(SignedElsewhere {
            signed_by,
            signed_on,
            reference,
        }) = &approval.signed_elsewhere
        {
            tell(
                "Undertecknat av",
                "Signed by",
                Some(format!("{signed_by}, {signed_on}")),
            );
            tell("Återfinns", "Found at", Some(reference.to_string()));
        }
        facts
    }
}
