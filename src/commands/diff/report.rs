//! What `diff` found, as JSON and for people.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::Value;
use stevedore::descriptor::Descriptor;
use stevedore::diff::{Attribute, Basis, Change, Document, Field, Filesystems, Operation};
use stevedore::digest::Digest;
use stevedore::filesystem::{Entry, escape};
use stevedore::image::Image;
use stevedore::transport::Location;

use crate::cli::Result;
use crate::cli::entries::{Heading, Row, raw, type_name};
use crate::cli::report::{Report, printable};

/// Longer values of fields are cut in text.
const MAX_VALUE: usize = 200;

/// What came of two images.
pub(super) struct Comparison {
    pub(super) files: Filesystems,
    pub(super) fields: Option<Vec<Field>>,
    pub(super) packages: Option<Vec<Versions>>,
}

/// What came of one platform.
pub(super) struct Platform {
    pub(super) name: Option<String>,
    pub(super) before: Option<Descriptor>,
    pub(super) after: Option<Descriptor>,
    /// Nothing where the images are one, or one is missing.
    pub(super) comparison: Option<Comparison>,
}

/// Everything that is different. The member names are those of docs/JSON.md.
#[derive(Serialize)]
pub(super) struct Differences<'a> {
    before: Compared,
    after: Compared,
    identical: bool,
    #[serde(flatten)]
    found: Found<'a>,
}

/// What is different between two images.
#[derive(Serialize)]
struct Found<'a> {
    filesystem: Files<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Line<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<&'a [Versions]>,
}

/// Everything that is different between two indexes, or an index and an image.
#[derive(Serialize)]
pub(super) struct Indexes<'a> {
    before: Named,
    after: Named,
    identical: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Line<'a>>>,
    platforms: Vec<OfPlatform<'a>>,
}

/// What a reference names.
#[derive(Serialize)]
struct Named {
    reference: String,
    digest: Digest,
}

/// What is different for one platform.
#[derive(Serialize)]
struct OfPlatform<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Digest>,
    identical: bool,
    #[serde(flatten)]
    found: Option<Found<'a>>,
}

/// Which image was compared.
#[derive(Serialize)]
pub(super) struct Compared {
    #[serde(flatten)]
    heading: Heading,
    #[serde(skip)]
    layers: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Files<'a> {
    identical: bool,
    compared_by: &'static str,
    changes: Vec<Path<'a>>,
}

/// A path that is different.
struct Path<'a>(&'a Change);

/// A package that is different.
#[derive(Serialize)]
pub(super) struct Versions {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
}

#[cfg(feature = "sbom")]
impl From<stevedore::diff::PackageChange> for Versions {
    fn from(package: stevedore::diff::PackageChange) -> Self {
        let (before, after) = (package.before, package.after);
        let change = match (before.is_empty(), after.is_empty()) {
            (true, _) => "added",
            (_, true) => "removed",
            _ => "changed",
        };
        Self { kind: package.kind.purl_type(), name: package.name, change, before, after }
    }
}

/// A field that is different.
struct Line<'a>(&'a Field);

impl Compared {
    pub(super) fn new(reference: &Location, image: &Image) -> Self {
        Self { heading: Heading::new(reference, image), layers: image.layers().len() }
    }
}

impl<'a> Found<'a> {
    fn new(Comparison { files, fields, packages }: &'a Comparison) -> Self {
        let compared_by = if files.basis == Basis::Layers { "layers" } else { "content" };
        let changes: Vec<Path<'_>> = files.changes.iter().map(Path).collect();
        let filesystem = Files { identical: changes.is_empty(), compared_by, changes };
        let fields = fields.as_ref().map(|fields| fields.iter().map(Line).collect());
        Self { filesystem, fields, packages: packages.as_deref() }
    }

    fn is_empty(&self) -> bool {
        let same_fields = self.fields.as_ref().is_none_or(Vec::is_empty);
        self.filesystem.identical && same_fields && self.packages.is_none_or(<[_]>::is_empty)
    }

    fn write(&self, text: &mut String) {
        for Path(change) in &self.filesystem.changes {
            write_change(text, change);
        }
        write_fields(text, self.fields.as_deref());
        for Versions { kind, name, before, after, .. } in self.packages.iter().copied().flatten() {
            let (name, before, after) = (printable(name), versions(before), versions(after));
            // A string takes everything.
            let _ = writeln!(text, "package {kind} {name}: {before} > {after}");
        }
    }
}

impl<'a> Differences<'a> {
    pub(super) fn new([before, after]: [Compared; 2], comparison: &'a Comparison) -> Self {
        let found = Found::new(comparison);
        Self { before, after, identical: found.is_empty(), found }
    }

    /// Says whether there is no difference.
    pub(super) fn is_empty(&self) -> bool {
        self.identical
    }

    /// Returns the sentence about equal filesystems.
    pub(super) fn summary(&self) -> String {
        match (self.found.filesystem.compared_by, self.before.layers) {
            ("layers", 1) => "filesystem identical: the same layer".to_owned(),
            ("layers", count) => format!("filesystem identical: the same {count} layers"),
            _ => "filesystem identical".to_owned(),
        }
    }
}

impl Report for Differences<'_> {
    fn text(&self) -> String {
        let mut text = String::new();
        self.found.write(&mut text);
        text
    }
}

impl<'a> OfPlatform<'a> {
    fn new(Platform { name, before, after, comparison }: &'a Platform) -> Self {
        let found = comparison.as_ref().map(Found::new);
        let identical = before.is_some() && after.is_some() && found.as_ref().is_none_or(Found::is_empty);
        let [before, after] = [before, after].map(|image| image.as_ref().map(|image| &image.digest));
        Self { platform: name.as_deref(), before, after, identical, found }
    }

    /// Says whether the files are the same, as far as one platform has any.
    fn has_same_files(&self) -> bool {
        let is_in_both = self.before.is_some() && self.after.is_some();
        is_in_both && self.found.as_ref().is_none_or(|found| found.filesystem.identical)
    }

    fn name(&self) -> String {
        self.platform.map_or_else(|| "none".to_owned(), printable)
    }
}

impl<'a> Indexes<'a> {
    pub(super) fn new(
        [before, after]: [(String, Digest); 2],
        fields: Option<&'a [Field]>,
        platforms: &'a [Platform],
    ) -> Self {
        let named = |(reference, digest)| Named { reference, digest };
        let platforms: Vec<OfPlatform<'_>> = platforms.iter().map(OfPlatform::new).collect();
        let identical = fields.is_none_or(<[_]>::is_empty) && platforms.iter().all(|platform| platform.identical);
        let fields = fields.map(|fields| fields.iter().map(Line).collect());
        Self { before: named(before), after: named(after), identical, fields, platforms }
    }

    /// Says whether there is no difference.
    pub(super) fn is_empty(&self) -> bool {
        self.identical
    }

    /// Returns the sentence about equal filesystems, if all are.
    pub(super) fn summary(&self) -> Option<String> {
        let names: Vec<String> = self.platforms.iter().map(OfPlatform::name).collect();
        let all = self.platforms.iter().all(OfPlatform::has_same_files);
        all.then(|| format!("filesystem identical for each platform: {}", names.join(", ")))
    }
}

impl Report for Indexes<'_> {
    fn text(&self) -> String {
        let mut text = String::new();
        write_fields(&mut text, self.fields.as_deref());
        for platform in self.platforms.iter().filter(|platform| !platform.identical) {
            let digest = |digest: Option<&Digest>| digest.map_or_else(|| "-".to_owned(), Digest::to_string);
            let (before, after) = (digest(platform.before), digest(platform.after));
            // A string takes everything.
            let _ = writeln!(text, "platform {}: {before} > {after}", platform.name());
            if let Some(found) = &platform.found {
                found.write(&mut text);
            }
        }
        text
    }
}

fn write_fields(text: &mut String, fields: Option<&[Line<'_>]>) {
    for Line(field) in fields.unwrap_or_default() {
        let (document, name) = (document(field.document), printable(&field.name));
        // A string takes everything.
        let _ = writeln!(text, "{document} {name}: {} > {}", value(field.before.as_ref()), value(field.after.as_ref()));
    }
}

fn versions(versions: &[String]) -> String {
    if versions.is_empty() { "-".to_owned() } else { printable(&versions.join(", ")) }
}

fn write_change(text: &mut String, change: &Change) {
    let path = escape(&change.path);
    // A string takes everything.
    let _ = match &change.operation {
        Operation::Added => writeln!(text, "A {path}"),
        Operation::Deleted => writeln!(text, "D {path}"),
        Operation::Retyped => {
            let name = |entry: &Option<Entry>| entry.as_ref().map_or("nothing", |entry| type_name(entry.kind));
            writeln!(text, "T {path} ({} > {})", name(&change.before), name(&change.after))
        }
        Operation::Modified(attributes) => writeln!(text, "M {path} ({})", names(attributes).join(", ")),
        _ => writeln!(text, "M {path}"),
    };
}

fn names(attributes: &[Attribute]) -> Vec<&'static str> {
    attributes.iter().map(|attribute| attribute.name()).collect()
}

fn document(document: Document) -> &'static str {
    match document {
        Document::Config => "config",
        Document::Index => "index",
        _ => "manifest",
    }
}

/// Shows a value in one short line.
fn value(value: Option<&Value>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let text = printable(&value.to_string());
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Serialize for Path<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Members<'a> {
            path: std::borrow::Cow<'a, str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            raw_path: Option<String>,
            change: &'static str,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            attributes: Vec<&'static str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<Row<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            after: Option<Row<'a>>,
        }
        let Self(Change { path, operation, before, after, .. }) = self;
        let (change, attributes) = match operation {
            Operation::Added => ("added", Vec::new()),
            Operation::Deleted => ("deleted", Vec::new()),
            Operation::Retyped => ("type", Vec::new()),
            Operation::Modified(attributes) => ("modified", names(attributes)),
            _ => ("other", Vec::new()),
        };
        let (shown, raw_path) = raw(path);
        let row = |entry| Row::new((&path[..], entry));
        let (before, after) = (before.as_ref().map(row), after.as_ref().map(row));
        Members { path: shown, raw_path, change, attributes, before, after }.serialize(serializer)
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'a> {
            document: &'static str,
            field: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<&'a Value>,
            #[serde(skip_serializing_if = "Option::is_none")]
            after: Option<&'a Value>,
        }
        let Self(Field { document: which, name, before, after, .. }) = self;
        let (before, after) = (before.as_ref(), after.as_ref());
        Members { document: document(*which), field: name, before, after }.serialize(serializer)
    }
}
