//! The operations as the OpenAPI document declares them, found by a request's method and route: their ids for the
//! permission matrix, and their schemas as checks of what is sent. What the document says is what is enforced.
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use actix_web::http::{Method, header::HeaderMap};
use domain::access::Permission;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};

use super::problem::{Fault, Problem};

/// Under this prefix stand the paths of the document.
pub const BASE: &str = "/kundansvar/v1";

/// One operation.
pub struct Operation {
    /// Its id, as document and matrix call it.
    pub id: String,
    /// Its row of the matrix. None means denied, unless it is public.
    pub permission: Option<&'static Permission>,
    /// Whether anybody may, without a token.
    pub public: bool,
    /// Whether a program must send an Idempotency-Key.
    pub wants_key: bool,
    /// Whether the request must carry If-Match.
    pub wants_match: bool,
    headers: Vec<String>,
    parameters: BTreeMap<String, Value>,
    required: Vec<String>,
    body: Option<Value>,
    /// Where a member of the body tells which schema it must fit: the member, and the schemas by its values.
    told_by: Option<(String, BTreeMap<String, Branch>)>,
    /// The media types of its answers.
    media: Vec<String>,
    components: Arc<Value>,
    query_check: OnceLock<Option<Validator>>,
    body_check: OnceLock<Option<Validator>>,
}

/// One of several schemas of a body.
struct Branch {
    schema: Value,
    check: OnceLock<Option<Validator>>,
}

/// A path of the document.
pub struct Route {
    /// Its template.
    pub template: String,
    /// The methods that are offered, as `Allow` says it.
    pub allow: String,
    by_method: Vec<(Method, Arc<Operation>)>,
}

impl Route {
    /// The operation behind a method.
    pub fn operation(&self, method: &Method) -> Option<&Arc<Operation>> {
        let found = self.by_method.iter().find(|(offered, _)| offered == method);
        found.map(|(_, operation)| operation)
    }
}

/// All operations.
pub struct Operations {
    by_id: HashMap<String, Arc<Operation>>,
    routes: matchit::Router<Arc<Route>>,
}

impl Operations {
    /// Reads them from the document.
    pub fn of(document: &Value) -> Result<Self, matchit::InsertError> {
        let components = Arc::new(json!({"schemas": document["components"]["schemas"]}));
        let mut by_id = HashMap::new();
        let mut routes = matchit::Router::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            let template = format!("{BASE}{path}");
            let mut by_method = vec![];
            let mut allowed = vec!["OPTIONS".to_owned()];
            for (method, operation) in item.as_object().into_iter().flatten() {
                let Ok(verb) = method.to_uppercase().parse::<Method>() else {
                    continue;
                };
                allowed.push(verb.to_string());
                if verb == Method::GET {
                    allowed.push("HEAD".into());
                }
                let operation = Arc::new(Operation::of(operation, &components));
                by_id.insert(operation.id.clone(), operation.clone());
                by_method.push((verb, operation));
            }
            allowed.sort();
            let route = Route {
                template: template.clone(),
                allow: allowed.join(", "),
                by_method,
            };
            routes.insert(template, Arc::new(route))?;
        }
        Ok(Self { by_id, routes })
    }

    /// What is offered at a path; none where the document does not know it.
    pub fn at(&self, path: &str) -> Option<&Arc<Route>> {
        self.routes.at(path).ok().map(|found| found.value)
    }

    /// The operation with this id.
    pub fn named(&self, id: &str) -> Option<&Arc<Operation>> {
        self.by_id.get(id)
    }
}

impl Operation {
    fn of(operation: &Value, components: &Arc<Value>) -> Self {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let is = |p: &Value, place: &str, name: &str| p["in"] == place && p["name"] == name;
        let content = &operation["requestBody"]["content"];
        let id = operation["operationId"].as_str().unwrap_or_default();
        // Where there are several media types, they have one schema; or what is not JSON is no text to check.
        let body = content.as_object().and_then(|media| {
            let checked = media.get("application/json").or_else(|| media.values().next())?;
            Some(checked["schema"].clone())
        });
        let answers = operation["responses"]["200"]["content"].as_object();
        let media = answers.map(|media| media.keys().cloned().collect());
        Self {
            id: id.into(),
            permission: Permission::of(id),
            public: operation["security"] == json!([{}]),
            wants_key: parameters.iter().any(|p| is(p, "header", "Idempotency-Key")),
            wants_match: parameters.iter().any(|p| is(p, "header", "If-Match")),
            headers: parameters
                .iter()
                .filter(|p| p["in"] == "header")
                .filter_map(|p| p["name"].as_str())
                .map(ToOwned::to_owned)
                .collect(),
            parameters: parameters
                .iter()
                .filter(|p| p["in"] == "query")
                .map(|p| (p["name"].as_str().unwrap_or_default().to_owned(), p["schema"].clone()))
                .collect(),
            required: parameters
                .iter()
                .filter(|p| p["in"] == "query" && p["required"] == true)
                .filter_map(|p| p["name"].as_str().map(Into::into))
                .collect(),
            told_by: body.as_ref().and_then(|schema| branches(resolved(schema, components))),
            media: media.unwrap_or_else(|| vec!["application/json".into()]),
            body,
            components: components.clone(),
            query_check: OnceLock::new(),
            body_check: OnceLock::new(),
        }
    }

    /// Declared headers are visible ASCII of at most 512 characters; beyond that none is refused for its look.
    pub fn check_headers(&self, sent: &HeaderMap) -> Result<(), Problem> {
        for name in &self.headers {
            let faulty = |value: &[u8]| value.len() > 512 || !value.iter().all(|b| matches!(b, b' '..=b'~'));
            if sent.get_all(name.as_str()).any(|value| faulty(value.as_bytes())) {
                return Err(Problem::Malformed(format!(
                    "{name} must be at most 512 visible ASCII characters."
                )));
            }
        }
        Ok(())
    }

    /// Whether a body is sent.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// The query as the JSON object that the declared parameters make of it; every fault is named.
    pub fn read_query(&self, query: &str) -> Result<Value, Problem> {
        let mut object = Map::new();
        if query.is_empty() && self.required.is_empty() {
            return Ok(object.into());
        }
        let mut faults = vec![];
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let fault = |code: &str, detail: String| Fault {
                pointer: None,
                parameter: Some(printable(&name)),
                code: code.into(),
                detail,
            };
            let Some(schema) = self.parameters.get(name.as_ref()) else {
                let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
                let known = if known.is_empty() {
                    "none".into()
                } else {
                    known.join(", ")
                };
                faults.push(fault(
                    "unknown",
                    format!("is not a parameter of this operation; known are: {known}"),
                ));
                continue;
            };
            if object.contains_key(name.as_ref()) {
                faults.push(fault("repeated", "stands here more than once".into()));
                continue;
            }
            match self.typed(schema, &text) {
                Some(value) => {
                    object.insert(name.into_owned(), value);
                }
                None => faults.push(fault("type", "is not a number or truth value as declared".into())),
            }
        }
        if !faults.is_empty() {
            return Err(Problem::Query(faults));
        }
        let value = Value::Object(object);
        let check = self.query_check.get_or_init(|| {
            let properties: Map<String, Value> = self.parameters.clone().into_iter().collect();
            validator(
                &json!({"type": "object", "properties": properties, "required": self.required}),
                &self.components,
            )
        });
        let faults: Vec<Fault> = faults_of(check.as_ref(), &value)
            .into_iter()
            .map(|f| Fault {
                parameter: f.pointer.map(|p| p.trim_start_matches('/').into()),
                pointer: None,
                ..f
            })
            .collect();
        if faults.is_empty() {
            Ok(value)
        } else {
            Err(Problem::Query(faults))
        }
    }

    /// Checks a body against its schema; every fault is named.
    pub fn check_body(&self, body: &Value) -> Result<(), Problem> {
        let whole = || {
            self.body_check
                .get_or_init(|| validator(self.body.as_ref()?, &self.components))
        };
        let told = self.told_by.as_ref().filter(|_| body.is_object());
        let check = match told {
            None => whole(),
            Some((member, branches)) => {
                let branch = body[member].as_str().and_then(|told| branches.get(told));
                let branch = branch.ok_or_else(|| Problem::Invalid(vec![untold(body, member, branches)]))?;
                branch.check.get_or_init(|| validator(&branch.schema, &self.components))
            }
        };
        let faults = faults_of(check.as_ref(), body);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::Invalid(faults))
        }
    }

    /// Of a thing's document, what a body of this operation would say.
    pub fn as_sent(&self, mut document: Value) -> Value {
        let schema = self.body.as_ref().map(|schema| self.resolved(schema));
        let properties = schema.and_then(|s| s["properties"].as_object());
        if let (Some(members), Some(known)) = (document.as_object_mut(), properties) {
            members.retain(|name, value| known.contains_key(name) && !value.is_null());
        }
        document
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        resolved(schema, &self.components)
    }

    /// Whether answers can be had in a media type of this range; a refusal is JSON always.
    pub fn answers_in(&self, range: &str) -> bool {
        let fits = |offered: &str| match range.strip_suffix("/*") {
            Some(kind) => offered.split('/').next() == Some(kind),
            None => offered == range,
        };
        range == "*/*" || range == "application/problem+json" || self.media.iter().any(|offered| fits(offered))
    }

    /// A parameter's text as the type that its schema declares; numbers in their one canonical form.
    fn typed(&self, schema: &Value, text: &str) -> Option<Value> {
        match self.resolved(schema)["type"].as_str() {
            Some("integer") => {
                let number: i64 = text.parse().ok()?;
                (number.to_string() == text).then(|| number.into())
            }
            Some("boolean") => text.parse::<bool>().ok().map(Value::from),
            _ => Some(text.into()),
        }
    }
}

fn resolved<'a>(schema: &'a Value, components: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/")) {
        Some(path) => components.pointer(&format!("/{path}")).unwrap_or(schema),
        None => schema,
    }
}

/// The schemas that a discriminator leads to.
fn branches(schema: &Value) -> Option<(String, BTreeMap<String, Branch>)> {
    let member = schema["discriminator"]["propertyName"].as_str()?;
    let mapping = schema["discriminator"]["mapping"].as_object()?;
    let branch = |to: &Value| Branch {
        schema: json!({"$ref": to}),
        check: OnceLock::new(),
    };
    let branches = mapping.iter().map(|(value, to)| (value.clone(), branch(to)));
    Some((member.into(), branches.collect()))
}

/// The fault of a body that does not tell which schema it must fit.
fn untold(body: &Value, member: &str, branches: &BTreeMap<String, Branch>) -> Fault {
    let (code, detail) = match &body[member] {
        Value::Null if body.get(member).is_none() => ("required", "is required".to_owned()),
        Value::String(_) => {
            let known: Vec<&str> = branches.keys().map(String::as_str).collect();
            ("unknown_value", format!("is none of {}", known.join(", ")))
        }
        _ => ("type", "has another type than is allowed here".to_owned()),
    };
    Fault {
        pointer: Some(format!("/{member}")),
        parameter: None,
        code: code.into(),
        detail,
    }
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The schemas that a schema refers to, and those that they refer to.
fn referred<'a>(schema: &'a Value, components: &'a Value, found: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let named = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = named.and_then(|r| r.strip_prefix("#/components/schemas/"))
                && !found.contains_key(name)
            {
                let target = &components["schemas"][name];
                found.insert(name.to_owned(), target.clone());
                referred(target, components, found);
            }
            members.values().for_each(|member| referred(member, components, found));
        }
        Value::Array(items) => items.iter().for_each(|item| referred(item, components, found)),
        _ => {}
    }
}

fn validator(schema: &Value, components: &Value) -> Option<Validator> {
    // What is compiled is kept; the whole document would be kept once an operation.
    let mut schemas = Map::new();
    referred(schema, components, &mut schemas);
    let mut schema = schema.clone();
    schema["components"] = json!({"schemas": schemas});
    let built = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema);
    // The document's schemas are ours; a test compiles each of them.
    built
        .inspect_err(|e| tracing::error!(error = %e, "a schema of the document does not compile"))
        .ok()
}

fn faults_of(check: Option<&Validator>, value: &Value) -> Vec<Fault> {
    let Some(check) = check else { return vec![] };
    let mut faults: Vec<Fault> = check.iter_errors(value).flat_map(|e| told(&e)).collect();
    faults.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    faults.dedup();
    faults.truncate(1000);
    faults
}

/// A fault in words that say what would be right, and never repeat what was sent.
fn told(error: &ValidationError<'_>) -> Vec<Fault> {
    use ValidationErrorKind as Kind;
    let at = error.instance_path().to_string();
    let fault = |pointer: String, code: &str, detail: String| {
        vec![Fault {
            pointer: Some(pointer),
            parameter: None,
            code: code.into(),
            detail,
        }]
    };
    let child = |name: &str| format!("{at}/{}", printable(&name.replace('~', "~0").replace('/', "~1")));
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .flat_map(|name| fault(child(name), "unknown", "is not a member here".into()))
            .collect(),
        Kind::Required { property } => fault(
            child(property.as_str().unwrap_or_default()),
            "required",
            "is required".into(),
        ),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
            // A nullable member: what is wrong is what is wrong with the value, not that it isn't null.
            let useful = |branch: &&Vec<ValidationError<'static>>| {
                branch
                    .iter()
                    .all(|e| !matches!(e.kind(), Kind::Type { .. }) || e.instance_path() != error.instance_path())
            };
            // Of several kinds, the one that it says it is.
            let another_kind = |branch: &&Vec<ValidationError<'static>>| {
                branch
                    .iter()
                    .any(|e| matches!(e.kind(), Kind::Enum { .. }) && e.instance_path().as_str().ends_with("/kind"))
            };
            let of_its_kind = context.iter().find(|branch| useful(branch) && !another_kind(branch));
            if of_its_kind.is_none() && context.iter().any(|branch| another_kind(&branch)) {
                let detail = "is none of the kinds that are allowed here";
                return fault(child("kind"), "unknown_value", detail.into());
            }
            match of_its_kind {
                Some(branch) => branch.iter().flat_map(|e| told_inside(&at, e)).collect(),
                None => fault(at, "type", "has none of the forms that are allowed here".into()),
            }
        }
        kind => {
            let (code, detail) = match kind {
                Kind::Type { .. } => ("type", "has another type than is allowed here".to_owned()),
                Kind::Enum { options } => ("unknown_value", format!("is none of {options}")),
                Kind::MinLength { limit } => ("min_length", format!("has at least {limit} characters")),
                Kind::MaxLength { limit } => ("max_length", format!("has at most {limit} characters")),
                Kind::MinItems { limit } => ("min_items", format!("has at least {limit} items")),
                Kind::MaxItems { limit } => ("max_items", format!("has at most {limit} items")),
                Kind::Minimum { limit } => ("minimum", format!("is at least {limit}")),
                Kind::Maximum { limit } => ("maximum", format!("is at most {limit}")),
                Kind::Pattern { pattern } => ("pattern", format!("matches {}", printable(pattern))),
                Kind::Format { format } => ("format", format!("has the form of a {format}")),
                Kind::UniqueItems => ("repeated", "has no item twice".into()),
                other => ("invalid", format!("does not satisfy {}", other.keyword())),
            };
            fault(at, code, detail)
        }
    }
}

/// A fault found inside a branch: its path begins where the branch was tried.
fn told_inside(at: &str, error: &ValidationError<'_>) -> Vec<Fault> {
    let inside = |pointer: String| {
        if pointer.starts_with(at) {
            pointer
        } else {
            format!("{at}{pointer}")
        }
    };
    told(error)
        .into_iter()
        .map(|f| Fault {
            pointer: f.pointer.map(inside),
            ..f
        })
        .collect()
}
