//! A line as the act of the API that it stands for: take on what is new, change what is known and told differently.
use std::{collections::HashSet, sync::Arc};

use domain::{
    Rule, RuleCode,
    access::Scope,
    customers::ServiceUsageInput,
    events::SubjectKind,
    planned_activities::PlannedActivity,
    vocabulary::{CustomerId, Purpose, to_json_for},
};
use persistence::{
    Error, UnitOfWork, customers as customer_store, people as contact_store, planned_activities as activity_store,
    references, services as service_store, value as value_store,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ImportKind, Outcome,
    sheet::{Line, Sheet},
};
use crate::{
    http::{Call, Problem, input::unfit, operations::Operation},
    rooms::{customers, people, planned_activities, services, value},
};

/// Takes in the lines of a sheet, one after the other.
pub struct Importer<'a> {
    scope: &'a Scope,
    sheet: &'a Sheet,
    operation: Arc<Operation>,
    failed: HashSet<String>,
}

impl<'a> Importer<'a> {
    /// For the lines of this sheet, which must be what the operation of their kind takes.
    pub fn new(call: &'a Call, sheet: &'a Sheet) -> Result<Self, Problem> {
        let operation = match sheet.kind {
            ImportKind::Customers => "createCustomer",
            ImportKind::Contacts => "createContact",
            ImportKind::Services => "createService",
            ImportKind::Usages => "createServiceUsage",
            ImportKind::ServiceCosts => "createServiceCost",
            ImportKind::PlannedActivities => "createPlannedActivity",
        };
        let operation = call.state.contract.operations.named(operation);
        Ok(Self {
            scope: &call.scope,
            sheet,
            operation: operation.cloned().ok_or(Problem::Forbidden)?,
            failed: HashSet::new(),
        })
    }

    /// Remembers that a line was refused: what refers to it is not at fault for that.
    pub fn failed(&mut self, line: &Line) {
        self.failed.insert(line.cell("code").to_owned());
    }

    /// Does what the line tells.
    pub async fn take_in(&self, unit: &mut UnitOfWork, line: &Line) -> Result<Outcome, Problem> {
        let told = self.sheet.document(line)?;
        match self.sheet.kind {
            ImportKind::Customers => self.customer(unit, line, told).await,
            ImportKind::Contacts => self.contact(unit, line, told).await,
            ImportKind::Services => self.service(unit, line, told).await,
            ImportKind::Usages => self.usage(unit, line, told).await,
            ImportKind::ServiceCosts => self.cost(unit, line, told).await,
            ImportKind::PlannedActivities => self.planned_activity(unit, line, told).await,
        }
    }

    async fn customer(&self, unit: &mut UnitOfWork, line: &Line, mut told: Value) -> Result<Outcome, Problem> {
        if !line.cell("parent").is_empty() {
            match customer_store::id_of_code(unit, line.cell("parent")).await? {
                Some(parent) => told["parent"] = json!(parent),
                None if self.failed.contains(line.cell("parent")) => return Err(Problem::Invalid(vec![])),
                None => return Err(unknown("customer", "/parent")),
            }
        }
        let id = match customer_store::id_of_code(unit, line.cell("code")).await? {
            None => self.referred(unit, SubjectKind::Customer, line).await?.map(CustomerId),
            known => known,
        };
        let before = match id {
            Some(id) => Some(customer_store::load(unit, self.scope, id).await?),
            None => None,
        };
        match (self.merged(before.as_ref(), told)?, before) {
            (None, _) => Ok(Outcome::Unchanged),
            (Some(input), Some(before)) => {
                customers::revise(self.scope, unit, before, input, None).await?;
                Ok(Outcome::Changed)
            }
            (Some(input), None) => customers::tell(self.scope, unit, input).await.map(|_| Outcome::Created),
        }
    }

    async fn contact(&self, unit: &mut UnitOfWork, line: &Line, mut told: Value) -> Result<Outcome, Problem> {
        let customer = customer_coded(unit, line).await?;
        told["customer"] = json!(customer);
        let id = match self.referred(unit, SubjectKind::Contact, line).await? {
            None if line.cell("email").is_empty() => None,
            None => contact_store::id_of_address(unit, customer, line.cell("email")).await?,
            known => known.map(Into::into),
        };
        let before = match id {
            Some(id) => Some(contact_store::load_contact(unit, self.scope, id).await?),
            None => None,
        };
        match (self.merged(before.as_ref(), told)?, before) {
            (None, _) => Ok(Outcome::Unchanged),
            (Some(input), Some(before)) => {
                people::revise(self.scope, unit, before, input, None).await?;
                Ok(Outcome::Changed)
            }
            (Some(input), None) => people::tell(self.scope, unit, input).await.map(|_| Outcome::Created),
        }
    }

    async fn service(&self, unit: &mut UnitOfWork, line: &Line, told: Value) -> Result<Outcome, Problem> {
        let id = match service_store::id_of_code(unit, line.cell("code")).await? {
            None => self.referred(unit, SubjectKind::Service, line).await?.map(Into::into),
            known => known,
        };
        let before = match id {
            Some(id) => Some(service_store::load(unit, id).await?),
            None => None,
        };
        let caller = &self.scope.caller;
        match (self.merged(before.as_ref(), told)?, before) {
            (None, _) => Ok(Outcome::Unchanged),
            (Some(input), Some(before)) => {
                services::revise(caller, unit, before, input, None).await?;
                Ok(Outcome::Changed)
            }
            (Some(input), None) => services::tell(caller, unit, input).await.map(|_| Outcome::Created),
        }
    }

    /// A usage is known again by its first day; told to end on another day, it does.
    async fn usage(&self, unit: &mut UnitOfWork, line: &Line, mut told: Value) -> Result<Outcome, Problem> {
        let id = customer_coded(unit, line).await?;
        let customer = customer_store::load(unit, self.scope, id).await.map_err(|e| match e {
            Error::NotFound => unknown("customer", "/customer"),
            other => other.into(),
        })?;
        let service = service_store::id_of_code(unit, line.cell("service")).await?;
        let service = service.ok_or_else(|| unknown("service", "/service"))?;
        told["service"] = json!(service);
        if let Value::Object(members) = &mut told {
            members.remove("customer");
        }
        let Some(input) = self.merged::<(), ServiceUsageInput>(None, told)? else {
            return Ok(Outcome::Unchanged);
        };
        let others = customer_store::usages_of(unit, self.scope, customer.id, service).await?;
        let known = others.iter().find(|usage| usage.first_day == input.first_day);
        match (known, input.last_day) {
            (Some(before), last_day) if before.last_day == last_day => Ok(Outcome::Unchanged),
            (Some(before), Some(last_day)) => {
                let after = before.clone().end(last_day, &others)?;
                customer_store::update_usage(unit, "ended", before, &after).await?;
                Ok(Outcome::Changed)
            }
            _ => {
                customers::use_service(self.scope, unit, &customer, input).await?;
                Ok(Outcome::Created)
            }
        }
    }

    /// A cost is known again by its first day; told otherwise, it is changed.
    async fn cost(&self, unit: &mut UnitOfWork, line: &Line, mut told: Value) -> Result<Outcome, Problem> {
        let customer = customer_coded(unit, line).await?;
        let service = service_store::id_of_code(unit, line.cell("service")).await?;
        let service = service.ok_or_else(|| unknown("service", "/service"))?;
        told["customer"] = json!(customer);
        told["service"] = json!(service);
        let known = match line.cell("firstDay").parse() {
            Ok(day) => value_store::cost_from(unit, self.scope, (customer, service), day).await?,
            Err(_) => None,
        };
        match (self.merged(known.as_ref(), told)?, known) {
            (None, _) => Ok(Outcome::Unchanged),
            (Some(input), Some(before)) => {
                value::revise(self.scope, unit, before, input).await?;
                Ok(Outcome::Changed)
            }
            (Some(input), None) => value::tell(self.scope, unit, input).await.map(|_| Outcome::Created),
        }
    }

    async fn planned_activity(&self, unit: &mut UnitOfWork, line: &Line, mut told: Value) -> Result<Outcome, Problem> {
        let customer = customer_coded(unit, line).await?;
        told["customer"] = json!(customer);
        let mut services = vec![];
        for code in line.cell("services").split_whitespace() {
            let service = service_store::id_of_code(unit, code).await?;
            services.push(service.ok_or_else(|| unknown("service", "/services"))?);
        }
        if told.get("services").is_some() {
            told["services"] = json!(services);
        }
        if !line.cell("contactEmail").is_empty() {
            let contact = contact_store::id_of_address(unit, customer, line.cell("contactEmail")).await?;
            let contact = contact.ok_or_else(|| {
                let detail = "The customer has no contact with this address.";
                Rule::new(RuleCode::UnknownReference, detail).at("/contact")
            })?;
            told["contact"] = json!(contact);
        }
        drop_empty(&mut told, &["period", "freeze"]);
        let before = match self.referred(unit, SubjectKind::PlannedActivity, line).await? {
            Some(id) => Some(activity_store::load(unit, self.scope, id.into()).await?),
            None => None,
        };
        match (self.merged(before.as_ref(), told)?, before) {
            (None, _) => Ok(Outcome::Unchanged),
            (Some(input), Some(before)) => {
                let now = unit.now();
                let change = |before: PlannedActivity, input, named| before.change_by_source(input, named, now);
                planned_activities::revise(self.scope, unit, before, input, change).await?;
                Ok(Outcome::Changed)
            }
            (Some(input), None) => planned_activities::tell(self.scope, unit, input)
                .await
                .map(|_| Outcome::Created),
        }
    }

    /// What the line's reference is known to name.
    async fn referred(&self, unit: &UnitOfWork, kind: SubjectKind, line: &Line) -> Result<Option<Uuid>, Problem> {
        let (system, id) = (line.cell("referenceSystem"), line.cell("referenceId"));
        if id.is_empty() {
            return Ok(None);
        }
        Ok(references::id_of_reference(unit, kind, system, id).await?)
    }

    /// What a caller would send for the thing as it is, with what the line tells; none where that is the same. It is
    /// checked against the schema of the operation that the line stands for.
    fn merged<T: Serialize, I: DeserializeOwned + PartialEq>(
        &self,
        before: Option<&T>,
        mut told: Value,
    ) -> Result<Option<I>, Problem> {
        let current = match before {
            Some(thing) => Some(self.operation.as_sent(to_json_for(Purpose::Input, thing)?)),
            None => None,
        };
        let mut document = current.clone().unwrap_or(json!({}));
        join(&document, &mut told, "references", |one, other| {
            one["system"] == other["system"]
        });
        join(&document, &mut told, "mandates", |one, other| {
            ["kind", "firstDay", "deputyFor"]
                .iter()
                .all(|member| one[member] == other[member])
        });
        json_patch::merge(&mut document, &told);
        self.operation.check_body(&document)?;
        let input: I = serde_json::from_value(document).map_err(unfit)?;
        let same = match current {
            Some(current) => serde_json::from_value::<I>(current).map_err(unfit)? == input,
            None => false,
        };
        Ok((!same).then_some(input))
    }
}

/// A part of which a line tells nothing at all is not there.
fn drop_empty(told: &mut Value, parts: &[&str]) {
    for part in parts {
        let empty = told[part]
            .as_object()
            .is_some_and(|members| members.values().all(Value::is_null));
        if empty {
            told[part] = Value::Null;
        }
    }
}

/// A line tells of one item of a list, which replaces the same one, or joins those that there are.
fn join(current: &Value, told: &mut Value, list: &str, same: impl Fn(&Value, &Value) -> bool) {
    let Some(Value::Object(mut item)) = told.as_object_mut().and_then(|members| members.remove(list)) else {
        return;
    };
    item.retain(|_, value| !value.is_null());
    if item.is_empty() {
        return;
    }
    let item = Value::Object(item);
    let mut items = current[list].as_array().cloned().unwrap_or_default();
    match items.iter_mut().find(|known| same(known, &item)) {
        // What the file has no column for stays as it is.
        Some(known) => json_patch::merge(known, &item),
        None => items.push(item),
    }
    told[list] = items.into();
}

/// The customer that the line names by its code; whether it is in scope shows when it is written to.
async fn customer_coded(unit: &UnitOfWork, line: &Line) -> Result<CustomerId, Problem> {
    let id = customer_store::id_of_code(unit, line.cell("customer")).await?;
    id.ok_or_else(|| unknown("customer", "/customer"))
}

fn unknown(what: &str, pointer: &str) -> Problem {
    let detail = format!("There is no {what} with this code.");
    Rule::new(RuleCode::UnknownReference, detail).at(pointer).into()
}
