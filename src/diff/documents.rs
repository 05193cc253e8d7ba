//! What configs and manifests say, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::image::Image;
use crate::manifest::Manifest;

/// Which fields are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// What makes a difference to whoever runs the image: no times, no history, no names, no digests of layers.
    Semantic,
    /// All of the config, and of the manifest what is about the image: annotations, artifact type, subject.
    Config,
    /// All fields, descriptors and media types too.
    All,
}

/// Members whose own are named by whoever made the image: sets, whose members are empty objects, and texts by their names.
const NAMED: [&str; 4] = ["ExposedPorts", "Volumes", "Labels", "annotations"];

/// A document of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Document {
    /// The config.
    Config,
    /// The manifest.
    Manifest,
    /// The index that the reference names.
    Index,
}

/// A field that is not the same in two documents.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// Which document.
    pub document: Document,
    /// The way to it: `config.Env.PATH`, `history[2].created_by`.
    pub name: String,
    /// What the first one says.
    pub before: Option<Value>,
    /// What the second one says.
    pub after: Option<Value>,
}

/// Members of configs that are of no account for a container; those of Docker among them.
const UNSEMANTIC: [&str; 9] =
    ["created", "author", "history", "rootfs", "container", "container_config", "docker_version", "id", "parent"];
/// Annotations that name the image or tell when it was made.
const UNSEMANTIC_ANNOTATIONS: [&str; 3] =
    ["org.opencontainers.image.ref.name", "org.opencontainers.image.created", "io.containerd.image.name"];
/// Members of manifests that are about bytes and not about the image.
const OF_BYTES: [&str; 6] = ["schemaVersion", "mediaType", "config", "layers", "blobs", "fsLayers"];

/// Compares the configs and the manifests of two images.
pub fn documents(before: &Image, after: &Image, scope: Scope) -> Vec<Field> {
    let mut fields = Vec::new();
    let config = |image: &Image| image.config().map_or(Value::Null, |config| object(config.raw()));
    let (mut old, mut new) = (config(before), config(after));
    if scope == Scope::Semantic {
        [&mut old, &mut new].into_iter().for_each(|value| remove(value, &UNSEMANTIC));
    }
    compare(Document::Config, "", Some(&old), Some(&new), &mut fields);
    let manifest = |image: &Image| object(image.manifest().raw());
    let (mut old, mut new) = (manifest(before), manifest(after));
    if scope != Scope::All {
        [&mut old, &mut new].into_iter().for_each(|value| remove(value, &OF_BYTES));
    }
    compare_manifests(Document::Manifest, old, new, scope, &mut fields);
    fields
}

/// Compares what two references name, of which one is an index: its own fields, and with [`Scope::All`] its descriptors and platforms, too.
pub fn indexes(before: &Manifest, after: &Manifest, scope: Scope) -> Vec<Field> {
    let mut fields = Vec::new();
    if before.digest() != after.digest() {
        let [old, new] = [before, after].map(|manifest| {
            let mut value = object(manifest.raw());
            if scope != Scope::All {
                remove(&mut value, &OF_BYTES);
                remove(&mut value, &["manifests"]);
            }
            value
        });
        compare_manifests(Document::Index, old, new, scope, &mut fields);
    }
    fields
}

fn compare_manifests(document: Document, mut before: Value, mut after: Value, scope: Scope, fields: &mut Vec<Field>) {
    for value in [&mut before, &mut after] {
        if scope == Scope::Semantic
            && let Some(annotations) = value.get_mut("annotations")
        {
            remove(annotations, &UNSEMANTIC_ANNOTATIONS);
        }
    }
    compare(document, "", Some(&before), Some(&after), fields);
}

/// Decodes what was decoded when the image was found.
fn object(raw: &[u8]) -> Value {
    serde_json::from_slice(raw).unwrap_or_default()
}

fn remove(value: &mut Value, members: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !members.contains(&name.as_str()));
    }
}

fn compare(document: Document, name: &str, before: Option<&Value>, after: Option<&Value>, fields: &mut Vec<Field>) {
    let (before, after) = (before.filter(|value| !is_nothing(value)), after.filter(|value| !is_nothing(value)));
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let has_names = NAMED.iter().any(|member| name.rsplit('.').next() == Some(member));
            compare_objects(document, name, has_names, old, new, fields);
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if name.ends_with("config.Env") => {
            compare_variables(document, name, &variables(old), &variables(new), fields);
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if is_list_of_objects(old) && is_list_of_objects(new) => {
            for number in 0..old.len().max(new.len()) {
                compare(document, &format!("{name}[{number}]"), old.get(number), new.get(number), fields);
            }
        }
        _ => fields.push(Field { document, name: name.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// Compares members; of an object that has names as its keys, a member that is there and empty is not an absent one.
fn compare_objects(
    document: Document,
    name: &str,
    has_names: bool,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    fields: &mut Vec<Field>,
) {
    let mut keys: Vec<&String> = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    keys.sort();
    for key in keys {
        let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        let (before, after) = (before.get(key), after.get(key));
        if !has_names {
            compare(document, &name, before, after, fields);
        } else if before != after {
            fields.push(Field { document, name, before: before.cloned(), after: after.cloned() });
        }
    }
}

/// Says whether a value says no more than its absence: writers differ in which they choose.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) => false,
    }
}

fn is_list_of_objects(list: &[Value]) -> bool {
    list.iter().all(Value::is_object)
}

/// Takes an environment by the variables' names. Their order means nothing; of one that stands twice the last counts.
fn variables(list: &[Value]) -> BTreeMap<&str, &str> {
    let text = list.iter().filter_map(Value::as_str);
    text.map(|variable| variable.split_once('=').unwrap_or((variable, ""))).collect()
}

/// Compares environments, in which an empty variable is not an absent one.
fn compare_variables(
    document: Document,
    name: &str,
    before: &BTreeMap<&str, &str>,
    after: &BTreeMap<&str, &str>,
    fields: &mut Vec<Field>,
) {
    let keys: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for key in keys.into_iter().filter(|key| before.get(key) != after.get(key)) {
        let value = |variables: &BTreeMap<&str, &str>| variables.get(key).map(|value| Value::from(*value));
        fields.push(Field { document, name: format!("{name}.{key}"), before: value(before), after: value(after) });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(before: &Value, after: &Value) -> Vec<String> {
        let mut fields = Vec::new();
        compare(Document::Config, "", Some(before), Some(after), &mut fields);
        let text = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        fields.into_iter().map(|field| format!("{} {} {}", field.name, text(field.before), text(field.after))).collect()
    }

    #[test]
    fn fields() {
        let before = json!({"os": "linux", "config": {"Env": ["A=1", "PATH=/bin"], "Cmd": ["a", "b"], "User": "", "Labels": null},
            "history": [{"created_by": "x"}, {"created_by": "y"}]});
        let after = json!({"config": {"Env": ["PATH=/bin:/sbin", "A=1", "B=2"], "Cmd": ["b", "a"], "Volumes": {}},
            "history": [{"created_by": "x", "empty_layer": false}], "new": 1});
        let wanted = [
            r#"config.Cmd ["a","b"] ["b","a"]"#,
            r#"config.Env.B - "2""#,
            r#"config.Env.PATH "/bin" "/bin:/sbin""#,
            r#"history[1] {"created_by":"y"} -"#,
            "new - 1",
            r#"os "linux" -"#,
        ];
        assert_eq!(compared(&before, &after), wanted);
        assert_eq!(compared(&before, &before), [""; 0]);
        let before =
            json!({"config": {"ExposedPorts": {"80/tcp": {}}, "Volumes": {"/a": {}}, "Labels": {"a": "", "b": "1"}}});
        let after =
            json!({"config": {"ExposedPorts": {"81/tcp": {}}, "Volumes": {"/a": {}, "/b": {}}, "Labels": {"b": ""}}});
        let wanted = [
            "config.ExposedPorts.80/tcp {} -",
            "config.ExposedPorts.81/tcp - {}",
            r#"config.Labels.a "" -"#,
            r#"config.Labels.b "1" """#,
            "config.Volumes./b - {}",
        ];
        assert_eq!(compared(&before, &after), wanted);
        let (none, empty) = (
            json!({"config": {"User": "1"}}),
            json!({"config": {"User": "1", "ExposedPorts": {}, "Volumes": null, "Labels": {}}}),
        );
        assert_eq!(compared(&none, &empty), [""; 0]);
        let (empty, absent) = (json!({"config": {"Env": ["A="]}}), json!({"config": {"Env": ["B=1"]}}));
        assert_eq!(compared(&empty, &absent), [r#"config.Env.A "" -"#, r#"config.Env.B - "1""#]);
    }
}
