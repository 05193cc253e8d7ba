//! Java archives, and archives in archives: what Maven has left in them, or else their manifest, or else their name.
//!
//! What is read of an archive is bounded: how deep, how many entries, how many bytes inflated and held. An archive in an archive that is not
//! compressed is read where it lies.

mod archive;
mod budget;
mod groups;
mod manifest;
mod name;
mod properties;

use std::io::Read;

use rawzip::ReaderAt;

use super::{Cataloger, Evidence, Package, Unreadable};
use crate::filesystem::Entry;
use archive::{Archive, Contained, Member, Shared};
use budget::Budget;
use manifest::Manifest;

/// So deep do archives lie in each other.
const MAX_DEPTH: usize = 8;
/// A `pom.properties` has three lines; a manifest can list many packages.
const MAX_DOCUMENT: u64 = 1 << 20;

const EXTENSIONS: [&[u8]; 13] =
    [b"jar", b"war", b"ear", b"jpi", b"hpi", b"par", b"sar", b"nar", b"kar", b"far", b"lpkg", b"rar", b"aar"];

/// Looking for the directory of an archive in an archive costs as much as inflating so many bytes.
const OPENING: u64 = 64 << 10;
/// Archives that contain what they were made of have hundreds.
const MAX_POMS: usize = 4096;

/// Reads `*.jar`, `*.war` and the like.
pub(super) struct Java;

impl Cataloger for Java {
    fn name(&self) -> &'static str {
        "java-archive"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && is_archive(path)
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        if evidence.path.ends_with(b".rar") && !starts_like_zip(evidence)? {
            // A resource adapter has its extension from another kind of archive.
            return Ok(());
        }
        let mut walk = Walk { budget: Budget::default(), found, problems: Vec::new(), unread: 0 };
        let content = Shared::new(&mut *evidence.content);
        walk.archive(&content, evidence.size, evidence.path, None, 0);
        walk.finish()
    }
}

fn is_archive(path: &[u8]) -> bool {
    let Some(at) = path.iter().rposition(|byte| *byte == b'.') else {
        return false;
    };
    let extension = path[at + 1..].to_ascii_lowercase();
    at > 0 && path[at - 1] != b'/' && EXTENSIONS.contains(&&extension[..])
}

fn starts_like_zip(evidence: &mut Evidence<'_>) -> std::io::Result<bool> {
    let mut start = Vec::new();
    (&mut *evidence.content).take(2).read_to_end(&mut start)?;
    Ok(start == b"PK")
}

/// A walk through one file and the archives in it.
struct Walk<'a> {
    budget: Budget,
    found: &'a mut Vec<Package>,
    /// The first problem.
    problems: Vec<String>,
    /// How many more there were.
    unread: usize,
}

/// What an archive says of itself.
#[derive(Default)]
struct Declared {
    poms: Vec<Package>,
    /// The licenses of each `pom.xml`, by group and artifact.
    licenses: Vec<(String, Vec<String>)>,
    manifest: Manifest,
}

impl Walk<'_> {
    /// Reads an archive; `inside` is the way to it from the file.
    fn archive(&mut self, content: &dyn ReaderAt, size: u64, path: &[u8], inside: Option<&str>, depth: usize) {
        let mut declared = Declared::default();
        let mut is_whole = true;
        if let Err(problem) = self.members(content, size, inside, depth, &mut declared) {
            is_whole = false;
            self.tell(inside, &problem);
            // Half an archive may lack what it says of itself: nothing is guessed of it.
            if declared.poms.is_empty() {
                return;
            }
        }
        let is_own = |package: &Package| declared.manifest.names(package, path, declared.poms.len() == 1);
        let has_own = declared.poms.iter().any(is_own);
        for package in &mut declared.poms {
            if let Some(position) = declared.licenses.iter().position(|(folder, _)| *folder == coordinates(package)) {
                package.licenses = declared.licenses.swap_remove(position).1;
            } else if declared.manifest.names(package, path, true) {
                package.licenses.extend(declared.manifest.license());
            }
        }
        // What it carries says nothing of what it is: who has no files of Maven of its own is known by its manifest and its name.
        if is_whole && !has_own {
            declared.poms.extend(declared.manifest.into_package(path));
        }
        for mut package in declared.poms {
            package.inside = inside.map(str::to_owned);
            if !self.budget.hold(&package) {
                return self.tell(inside, "declares too many packages");
            }
            self.found.push(package);
        }
    }

    fn members(
        &mut self,
        content: &dyn ReaderAt,
        size: u64,
        inside: Option<&str>,
        depth: usize,
        declared: &mut Declared,
    ) -> Result<(), String> {
        let archive = Archive::open(content, size)?;
        let mut buffer = archive::buffer();
        let mut members = archive.members(&mut buffer);
        while let Some(member) = members.next()? {
            if !self.budget.enter() {
                return Err("has too many entries".to_owned());
            }
            let result = match member.name.as_slice() {
                b"META-INF/MANIFEST.MF" => self.document(&archive, &member).map(|text| {
                    declared.manifest = Manifest::parse(&text);
                }),
                name if properties::is_pom(name) && declared.poms.len() == MAX_POMS => {
                    Err("is left out, for the archive declares too many packages".to_owned())
                }
                name if properties::is_pom(name) => self.document(&archive, &member).map(|text| {
                    let package = properties::package(&text);
                    declared.poms.extend(package.filter(|package| !declared.poms.contains(package)));
                }),
                name if properties::pom_xml(name).is_some() && declared.licenses.len() < MAX_POMS => {
                    self.document(&archive, &member).map(|text| {
                        let licenses = properties::licenses(&text);
                        let folder = properties::pom_xml(name).filter(|_| !licenses.is_empty());
                        declared.licenses.extend(folder.map(|folder| (folder, licenses)));
                    })
                }
                name if is_archive(name) => {
                    let way = join(inside, &member.name);
                    if depth == MAX_DEPTH {
                        self.tell(Some(&way), "lies too deep in other archives");
                        continue;
                    }
                    self.nested(&archive, &member, &way, depth + 1)
                }
                _ => continue,
            };
            if let Err(problem) = result {
                self.tell(Some(&join(inside, &member.name)), &problem);
            }
        }
        Ok(())
    }

    fn document(&mut self, archive: &Archive<'_>, member: &Member) -> Result<String, String> {
        let mut content = Vec::new();
        archive.open_member(member)?.read(&mut self.budget, MAX_DOCUMENT, &mut content)?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    fn nested(&mut self, archive: &Archive<'_>, member: &Member, way: &str, depth: usize) -> Result<(), String> {
        let opened = archive.open_member(member)?;
        if self.budget.inflated() < OPENING {
            return Err("is left out, for so much was read before it".to_owned());
        }
        self.budget.inflate(OPENING);
        match opened.in_place() {
            Some(part) => self.archive(&part, part.len(), &member.name, Some(way), depth),
            None => {
                let limit = self.budget.memory();
                let mut content = Vec::new();
                opened.read(&mut self.budget, limit, &mut content)?;
                let size = content.len() as u64;
                self.budget.take_memory(size);
                self.archive(&Contained::new(content), size, &member.name, Some(way), depth);
                self.budget.return_memory(size);
            }
        }
        Ok(())
    }

    fn tell(&mut self, inside: Option<&str>, problem: &str) {
        if self.problems.is_empty() {
            self.problems.push(inside.map_or_else(|| problem.to_owned(), |inside| format!("{inside} {problem}")));
        } else {
            self.unread += 1;
        }
    }

    fn finish(self) -> Result<(), Unreadable> {
        match (self.problems.first(), self.unread) {
            (None, _) => Ok(()),
            (Some(problem), 0) => Err(Unreadable::new(problem)),
            (Some(problem), more) => Err(Unreadable::new(format!("{problem}, and {more} more problems in it"))),
        }
    }
}

/// Returns `GROUP/ARTIFACT`.
fn coordinates(package: &Package) -> String {
    format!("{}/{}", package.namespace.as_deref().unwrap_or_default(), package.name)
}

fn join(inside: Option<&str>, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    inside.map_or_else(|| name.to_string(), |inside| format!("{inside}!{name}"))
}

#[cfg(test)]
mod tests;
