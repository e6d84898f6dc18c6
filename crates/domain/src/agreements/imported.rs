//! What another installation's file becomes here: the same content, about the things of here.
use std::collections::HashMap;

use super::*;
use crate::{Rule, RuleCode, calendars::PinnedCalendar};

/// What the things of a file are called here.
#[derive(Debug, Clone, Default)]
pub struct Translation {
    /// Services by their ids there.
    pub services: HashMap<ServiceId, CoveredService>,
    /// Pinned calendars by their ids and versions there.
    pub calendars: HashMap<(CalendarId, i64), PinnedCalendar>,
    /// Agreements that others rest on, by their ids there.
    pub agreements: HashMap<AgreementId, AgreementId>,
}

impl Translation {
    /// What was agreed there, with what it names called as here; `pointer` is where it stands in the file.
    fn agreed(&self, there: &Approvable, pointer: &str) -> Result<Agreed, Rule> {
        let unknown = |what: &str, member: String| {
            Rule::new(RuleCode::UnknownReference, format!("There is no such {what} here."))
                .at(format!("{pointer}/{member}"))
        };
        let services = there.services.0.iter().enumerate().map(|(i, service)| {
            let here = self.services.get(&service.id).cloned();
            here.ok_or_else(|| unknown("service", format!("services/{i}/code")))
        });
        let calendars = there.calendars.0.iter().enumerate().map(|(i, pin)| {
            let here = self.calendars.get(&(pin.id, pin.version)).cloned();
            here.ok_or_else(|| unknown("service calendar", format!("calendars/{i}")))
        });
        let services = CoveredServices(services.collect::<Result<_, _>>()?);
        let calendars = PinnedCalendars(calendars.collect::<Result<_, _>>()?);
        let mut content = there.content.clone();
        for (i, target) in content.targets.iter_mut().enumerate() {
            for id in &mut target.services {
                // The content's own check saw to it that it is covered.
                *id = self.services.get(id).map_or(*id, |service| service.id);
            }
            let pinned = there.calendars.0.iter().find(|pin| Some(pin.id) == target.calendar);
            let pinned = pinned.and_then(|pin| self.calendars.get(&(pin.id, pin.version)));
            if target.calendar.is_some() && pinned.is_none() {
                return Err(unknown("service calendar", format!("content/targets/{i}/calendar")));
            }
            target.calendar = pinned.map(|pin| pin.id);
            for (j, rests_on) in target.rests_on.iter_mut().enumerate() {
                let here = self.agreements.get(&rests_on.agreement);
                let member = || format!("content/targets/{i}/restsOn/{j}/agreement");
                rests_on.agreement = *here.ok_or_else(|| unknown("agreement", member()))?;
            }
        }
        Ok(Agreed {
            services,
            calendars,
            terms: there.terms.clone(),
            content,
        })
    }
}

impl AgreementVersion {
    /// A version from a file that was checked, as it is here: with what was done there, and what was approved there.
    pub fn imported(
        (id, agreement, customer): (AgreementVersionId, AgreementRef, Option<CustomerId>),
        file: &AgreementFile,
        i: usize,
        translation: &Translation,
    ) -> Result<Self, Rule> {
        let pointer = format!("/versions/{i}");
        let filed = file.versions.get(i).cloned();
        let filed = filed.ok_or_else(|| Rule::new(RuleCode::State, "There is no such version.").at(pointer.clone()))?;
        let agreed = translation.agreed(&filed.agreed, &format!("{pointer}/agreed"))?;
        let parties = (filed.agreed.with.clone(), customer);
        let draft = Self::draft(id, (agreement, filed.agreed.version), parties, agreed, filed.created_at)
            .map_err(|rule| rule.under(&format!("{pointer}/agreed")))?;
        Ok(Self {
            digest: filed.digest,
            proposal: filed.proposal,
            rejection: filed.rejection,
            approvals: filed.approvals,
            revocations: filed.revocations,
            renewals: filed.renewals,
            notice: filed.notice,
            termination: filed.termination,
            superseded: filed.superseded,
            imported: Some(Imported {
                from: file.exported.clone(),
                agreed: filed.agreed,
            }),
            ..draft
        })
    }
}
