//! Examples on every body and reply, from one believable story.
use serde_json::{Map, Value, json};

pub(super) fn give_example(media: &mut Value, schemas: &Value, story: &Map<String, Value>) {
    if media.get("example").is_none() && media.get("examples").is_none() {
        let example = example(&media["schema"], schemas, story, 0);
        media["example"] = example;
    }
}

/// The story's example of a schema, or one made of its parts'.
fn example(schema: &Value, schemas: &Value, story: &Map<String, Value>, depth: usize) -> Value {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/components/schemas/"))
    {
        return match story.get(name) {
            Some(told) => told.clone(),
            None if depth > 40 => Value::Null,
            None => example(&schemas[name], schemas, story, depth + 1),
        };
    }
    for known in [
        &schema["example"],
        &schema["examples"][0],
        &schema["default"],
        &schema["enum"][0],
        &schema["const"],
    ] {
        if !known.is_null() {
            return known.clone();
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| example(part, schemas, story, depth + 1));
        return parts
            .filter_map(|part| part.as_object().cloned())
            .flatten()
            .collect::<Map<_, _>>()
            .into();
    }
    for branches in ["oneOf", "anyOf"] {
        if let Some(branch) = schema[branches]
            .as_array()
            .and_then(|b| b.iter().find(|b| b["type"] != "null"))
        {
            return example(branch, schemas, story, depth + 1);
        }
    }
    let kind = schema["type"]
        .as_str()
        .or(schema["type"][0].as_str())
        .unwrap_or("object");
    match kind {
        "array" => json!([example(&schema["items"], schemas, story, depth + 1)]),
        "integer" => schema["minimum"].as_i64().unwrap_or_default().max(1).into(),
        "boolean" => false.into(),
        "string" if schema["format"] == "uuid" => "019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27".into(),
        "string" => "text".into(),
        _ => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            properties
                .iter()
                .map(|(name, p)| (name.clone(), example(p, schemas, story, depth + 1)))
                .collect()
        }
    }
}
