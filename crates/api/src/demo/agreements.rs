//! Agreements of the demo: some in force, some being written, and one in each state that the document's examples act on.
use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::{
    access::{Caller, ClientScope, Scope},
    agreements::*,
    people::{Mandate, MandateKind},
    vocabulary::*,
};
use persistence::{
    UnitOfWork, agreements as store,
    clients::{self, Bearer},
};
use serde_json::{Value, json};

use super::{
    fill::{Registers, TRIAL, administrator, input, named, permitted, settle, unit_at},
    known,
    municipality::*,
};
use crate::{State, http::Problem, rooms};

/// How far an agreement has come.
#[derive(Clone, Copy, PartialEq)]
enum Reached {
    Draft,
    Proposed,
    Approved,
    /// Approved, and a second version is being written.
    Followed,
    /// Proposed, and the order to the signing service is open.
    Ordered,
    /// Signed at the signing service.
    Signed,
}
use Reached::*;

/// What it is about, by the service's code; how it renews; how many days from today it begins; how far it has come.
const AGREEMENTS: &[(&str, Renewal, i64, Reached)] = &[
    ("ESIGN", Renewal::Tacit, -300, Approved),
    ("WEBB", Renewal::Tacit, -240, Approved),
    ("ETJANST", Renewal::None, 40, Draft),
    ("DIARIUM", Renewal::Tacit, 50, Draft),
    ("EARKIV", Renewal::Tacit, 20, Proposed),
    ("EKONOMI", Renewal::Express, 30, Proposed),
    ("MOBIL", Renewal::Tacit, 25, Proposed),
    ("UTSKRIFT", Renewal::None, 60, Approved),
    ("EPOST", Renewal::Express, -200, Approved),
    ("NATVERK", Renewal::Tacit, -400, Approved),
    ("IDENTITET", Renewal::Tacit, -150, Approved),
    ("LON", Renewal::Tacit, 70, Ordered),
    ("GIS", Renewal::Tacit, 80, Ordered),
    ("LARM", Renewal::Tacit, -90, Signed),
    ("ARBPLATS", Renewal::Tacit, -310, Followed),
];

/// The templates' names.
const TEMPLATE: &str = "Överenskommelse med förvaltning";
const SPARE_TEMPLATE: &str = "Tidigare grundmall";

/// The two who agree, and who answers for the delivery.
pub struct Parties {
    pub provider: Caller,
    pub delivery_manager: Caller,
    pub customer: Caller,
    pub holder: CustomerId,
}

/// Makes the templates and the agreements of the first team's first customer.
/// They were written when the registers were filled, `at`, and begin around `now`.
pub async fn agree(state: &State, registers: &Registers, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Problem> {
    let template = unit_at(state, at, &administrator(), async |unit| templates(unit).await).await?;
    let parties = parties(state, registers, at).await?;
    let today = state.settings.local_date(now);
    for (n, (code, renewal, offset, reached)) in AGREEMENTS.iter().enumerate() {
        let at = at + Duration::hours(n as i64 + 1);
        let service = named(&registers.services, code)?;
        let told = begun(service, &parties, template, *renewal, today + Duration::days(*offset))?;
        let id = unit_at(state, at, &parties.provider, async |unit| {
            settle(unit, "agreement", code);
            let scope = permitted("createAgreement", &parties.provider)?;
            rooms::agreements::begin(&scope, unit, told.clone()).await
        })
        .await?
        .id;
        match reached {
            Ordered | Signed => sign(state, registers, &parties, id, (code, *reached), at).await?,
            _ => bring(state, &parties, id, *reached, (at, today)).await?,
        }
    }
    Ok(())
}

async fn templates(unit: &mut UnitOfWork) -> Result<AgreementTemplateId, Problem> {
    let mut made = None;
    for name in [TEMPLATE, SPARE_TEMPLATE] {
        settle(unit, "agreement template", name);
        let told = json!({"name": name, "kind": "sla", "default": name == TEMPLATE,
            "terms": {"initialTerm": "P12M", "renewal": "tacit", "renewalTerm": "P12M", "noticePeriod": "P3M"},
            "content": {"title": "Överenskommelse om {{services}}", "language": "sv", "reviewInterval": "P12M",
                "priorities": ["P1", "P2", "P3"], "sections": [
                {"key": "scope", "heading": "Omfattning",
                    "text": "Överenskommelsen gäller {{services}} för {{customer}} från och med {{firstDay}}."},
                {"key": "responsibilities", "heading": "Ansvar",
                    "text": "Kunden utser beställare. IT svarar för drift, support och uppföljning varje månad."}]}});
        let template = AgreementTemplate::register(unit.new_id(), input(told)?, unit.now())?;
        store::insert_template(unit, &template).await?;
        made.get_or_insert(template.id);
    }
    made.ok_or(Problem::NotFound)
}

pub async fn parties(state: &State, registers: &Registers, at: DateTime<Utc>) -> Result<Parties, Problem> {
    let reader = state.db.reader();
    let today = state.settings.local_date(at);
    let caller = async |bearer| clients::caller(&reader, &bearer, today).await?.ok_or(Problem::NotFound);
    let team = TEAMS.first().ok_or(Problem::NotFound)?;
    let code = team.customers.first().ok_or(Problem::NotFound)?;
    let person = |place: usize| registers.persons.get(place).map(|person| Bearer::Person(person.id));
    let manager = person(team.business_relationship_manager).ok_or(Problem::NotFound)?;
    let delivery_manager = person(team.delivery_manager).ok_or(Problem::NotFound)?;
    let decides = |c: &ContactSeed| c.customer == *code && c.mandate == MandateKind::Customer.to_string();
    let contact = CONTACTS
        .iter()
        .position(decides)
        .and_then(|place| registers.contacts.get(place));
    Ok(Parties {
        provider: caller(manager).await?,
        delivery_manager: caller(delivery_manager).await?,
        customer: caller(Bearer::Contact(*contact.ok_or(Problem::NotFound)?)).await?,
        holder: named(&registers.customers, code)?.id,
    })
}

fn begun(
    service: &ServiceRef,
    parties: &Parties,
    template: AgreementTemplateId,
    renewal: Renewal,
    first_day: NaiveDate,
) -> Result<AgreementInput, Problem> {
    let last_day = Span::Months(12).after(first_day, 1).and_then(|end| end.pred_opt());
    let mut terms = json!({"firstDay": first_day, "lastDay": last_day, "renewal": renewal, "noticePeriod": "P3M"});
    if renewal != Renewal::None {
        terms["renewalTerm"] = Value::from("P12M");
    }
    let mut draft = json!({"source": {"template": template}, "services": [service.id], "terms": terms});
    if service.code.as_str() == MEASURED {
        draft["content"] = measured()?;
    }
    input(json!({"kind": "sla", "customer": parties.holder, "evidence": "document", "draft": draft}))
}

/// The agreement whose promises are followed up month by month, by its service.
pub const MEASURED: &str = "ESIGN";

/// What it promises.
fn measured() -> Result<Value, Problem> {
    let calendar = known::id("calendar", "Kontorstid").ok_or(Problem::NotFound)?;
    Ok(
        json!({"title": "Överenskommelse om Digital underskrift", "language": "sv", "reviewInterval": "P12M",
        "priorities": ["1 - Critical", "2 - High", "3 - Moderate"], "objectionDays": 10,
        "preAgreedExclusions": ["planned_maintenance"],
        "price": {"amount": "12500.00", "currency": "SEK", "period": "month"},
        "sections": [
            {"key": "scope", "heading": "Omfattning", "text": "Överenskommelsen gäller **Digital underskrift** för alla förvaltningar."},
            {"key": "responsibilities", "heading": "Ansvar",
                "text": "Kunden utser beställare. IT svarar för drift, support och uppföljning varje månad."}],
        "workloadLimits": [{"key": "cases", "name": "Ärenden", "metric": "cases", "limit": "200", "period": "month"}],
        "targets": [
            {"key": "availability", "name": "Tillgänglighet", "indicator": {"kind": "availability"},
                "comparison": "at_least", "value": "99.5", "period": "month", "calendar": calendar,
                "consequence": {"kind": "price", "cap": "15", "steps": [
                    {"worseThan": "99.5", "percent": "5"}, {"worseThan": "99", "percent": "5"}]}},
            {"key": "resolution", "name": "Lösta inom åtta timmar", "comparison": "at_least", "value": "90", "period": "month",
                "calendar": calendar, "workloadLimit": "cases", "minimumObservations": 3,
                "indicator": {"kind": "timeliness", "measured": "resolution", "limit": "PT8H"}},
            {"key": "answers", "name": "Svarstid", "comparison": "at_most", "value": "0.8", "period": "month",
                "indicator": {"kind": "gauge", "metric": "svarstid", "unit": "s", "figure": {"percentile": "95"}}}]}),
    )
}

/// Brings an agreement as far as it has come.
async fn bring(
    state: &State,
    parties: &Parties,
    id: AgreementId,
    reached: Reached,
    (at, today): (DateTime<Utc>, NaiveDate),
) -> Result<(), Problem> {
    if reached == Draft {
        return Ok(());
    }
    let hour = |n: i64| at + Duration::minutes(20 * n);
    act(
        state,
        &parties.provider,
        "createProposal",
        id,
        hour(1),
        async |version, deed, _| Ok(("proposed", version.propose(deed, None)?)),
    )
    .await?;
    if reached == Proposed {
        return Ok(());
    }
    for (n, party) in [(2, &parties.provider), (3, &parties.customer)] {
        act(
            state,
            party,
            "createApproval",
            id,
            hour(n),
            async |version, deed, mandate| {
                let issuer = state.tokens.issuer().parse().map_err(Problem::internal)?;
                let approval = Approval {
                    deed,
                    signed_in: SignedIn { issuer, level: None },
                    mandate,
                    signed_elsewhere: None,
                    signing_order: None,
                    digest: version.digest.clone(),
                };
                let today = state.settings.local_date(at);
                Ok(("approved", version.approve(approval, today)?))
            },
        )
        .await?;
    }
    if reached == Followed {
        let first_day = today + Duration::days(120);
        unit_at(state, hour(4), &parties.provider, async |unit| {
            let scope = permitted("createAgreementVersion", &parties.provider)?;
            let told = input(json!({"firstDay": first_day}))?;
            rooms::agreements::versions::add(&scope, unit, id, told).await
        })
        .await?;
    }
    Ok(())
}

/// Demands a signature, proposes it with an order, and has it signed where it has come so far.
async fn sign(
    state: &State,
    registers: &Registers,
    parties: &Parties,
    id: AgreementId,
    (code, reached): (&str, Reached),
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let hour = |n: i64| at + Duration::minutes(20 * n);
    let order = known::id("signing order", code).map(SigningOrderId);
    let provider = &parties.provider;
    act(
        state,
        provider,
        "changeAgreementVersion",
        id,
        hour(1),
        async |version, _, _| {
            let mut agreed = version.agreed();
            agreed.content.signature = Some(SignatureForm::External);
            let with = version.with.clone();
            Ok(("changed", version.edit(with, agreed)?))
        },
    )
    .await?;
    act(
        state,
        provider,
        "createProposal",
        id,
        hour(2),
        async |version, deed, _| Ok(("proposed", version.propose(deed, order)?)),
    )
    .await?;
    let (Some(order), true) = (order, reached == Signed) else {
        return Ok(());
    };
    let (trial, _) = registers.clients.get(TRIAL).ok_or(Problem::NotFound)?;
    let bearer = Bearer::Client(*trial, vec![ClientScope::SignaturesWrite]);
    let teller = clients::caller(&state.db.reader(), &bearer, state.settings.local_date(at)).await?;
    let teller = teller.ok_or(Problem::NotFound)?;
    unit_at(state, hour(3), &teller, async |unit| {
        let scope = permitted("createSigningResult", &teller)?;
        let house = Scope::unlimited("demo");
        let digest = store::signing_order(unit, &house, order, unit.today()).await?.digest;
        let by = |who: &Caller| match who {
            Caller::Contact { contact, .. } => json!({"contact": contact.id}),
            other => json!({"person": other.actor().id}),
        };
        let signature =
            |who| json!({"by": by(who), "signedAt": hour(3), "issuer": "https://eid.example.se", "level": "loa3"});
        let result: SigningResult = input(json!({"digest": digest,
            "signatures": [signature(&parties.provider), signature(&parties.customer)],
            "document": {"mediaType": "application/json", "content": "eyJzaWduZWQiOnRydWV9"}}))?;
        let text = domain::clients::digest(code);
        rooms::agreements::signing::sign(&scope, Default::default(), unit, order, (&result, &text)).await
    })
    .await?;
    Ok(())
}

/// One act on an agreement's first version.
async fn act(
    state: &State,
    caller: &Caller,
    operation: &'static str,
    id: AgreementId,
    at: DateTime<Utc>,
    how: impl AsyncFn(AgreementVersion, Deed, Option<Mandate>) -> Result<(&'static str, AgreementVersion), Problem>,
) -> Result<(), Problem> {
    unit_at(state, at, caller, async |unit| {
        let scope = permitted(operation, caller)?;
        let agreement = store::load(unit, &scope, id).await?;
        let before = store::version(unit, &agreement, VersionNumber::FIRST, unit.today()).await?;
        let (deed, mandate) = rooms::agreements::acts::deed(&scope, unit).await?;
        let (act, after) = how(before.clone(), deed, mandate).await?;
        store::keep_version(unit, act, &agreement, &before, after).await?;
        Ok(())
    })
    .await
}
