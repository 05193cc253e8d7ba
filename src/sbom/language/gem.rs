//! Ruby: the specifications of installed gems. They are Ruby programs, of which the assignments of text are read and nothing is run.
//!
//! <https://guides.rubygems.org/specification-reference/>

use std::sync::LazyLock;

use regex::Regex;

use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const MAX_SIZE: u64 = 1 << 20;

/// Reads `specifications/**/*.gemspec`.
pub(super) struct Gem;

impl Cataloger for Gem {
    fn name(&self) -> &'static str {
        "gem-specification"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let (directory, name) = split(path);
        entry.is_file()
            && name.ends_with(b".gemspec")
            && directory.split(|byte| *byte == b'/').any(|part| part == b"specifications")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        if evidence.size > MAX_SIZE {
            return Err(Unreadable::new("is larger than 1 MiB"));
        }
        let package = parse(&evidence.text(MAX_SIZE)?)
            .ok_or_else(|| Unreadable::new("says no name and version as plain text"))?;
        found.push(package);
        Ok(())
    }
}

/// `s.name = "rack".freeze`, `s.version = Gem::Version.new("1.0")`, `s.licenses = ["MIT".freeze]`; old versions wrote `%q{rack}`.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?m)^[ \t]*[A-Za-z_][A-Za-z0-9_]*\.(name|version|platform|licenses?)[ \t]*=[ \t]*([^\r\n]*)";
    Regex::new(pattern).expect("a sound pattern")
});

static TEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""([^"]*)"|'([^']*)'|%q\{([^}]*)\}"#).expect("a sound pattern"));

fn parse(text: &str) -> Option<Package> {
    // The line that RubyGems puts on top for its own quick reading.
    let stub = text.lines().take(10).find_map(|line| line.strip_prefix("# stub: ")).map(str::split_whitespace);
    let mut stub = stub.into_iter().flatten();
    let (mut name, mut version, mut platform) = (None, None, None);
    let mut licenses = Vec::new();
    for assignment in ASSIGNMENT.captures_iter(text) {
        let (_, [field, value]) = assignment.extract();
        let field = match field {
            "name" => &mut name,
            "version" => &mut version,
            "platform" => &mut platform,
            _ => {
                licenses.extend(texts(value).filter(|license| !license.is_empty()));
                continue;
            }
        };
        if field.is_none() {
            *field = texts(value).next().filter(|text| is_plain(text));
        }
    }
    let (stub_name, stub_version, stub_platform) = (stub.next(), stub.next(), stub.next());
    let name = name.or(stub_name)?;
    let version = version.or(stub_version)?;
    let mut package = Package {
        licenses: licenses.into_iter().map(str::to_owned).collect(),
        ..Package::new(Kind::Gem, name, version)
    };
    if let Some(platform) = platform.or(stub_platform).filter(|platform| *platform != "ruby") {
        package.qualifiers.insert("platform".to_owned(), platform.to_owned());
    }
    Some(package)
}

fn texts(value: &str) -> impl Iterator<Item = &str> {
    let literal =
        |captures: regex::Captures<'_>| (1..=3).find_map(|group| captures.get(group).map(|found| found.range()));
    TEXT.captures_iter(value).filter_map(literal).map(move |range| &value[range])
}

/// Says whether text stands for itself, without what Ruby would put in its place.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains("#{")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, read};
    use super::*;

    #[test]
    fn specifications() {
        let path = "var/lib/gems/specifications/x.gemspec";
        let text = b"# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.15.0 x86_64-linux lib\n\nGem::Specification.new do |s|\n  s.name = \"nokogiri\".freeze\n  s.version = \"1.15.0\"\n  s.platform = \"x86_64-linux\".freeze\n  s.licenses = [\"MIT\".freeze, 'Ruby']\nend\n";
        let (found, problem) = read(&Gem, path, text);
        assert_eq!(problem, None);
        assert_eq!(found[0].licenses, ["MIT", "Ruby"]);
        assert_eq!(found[0].qualifiers["platform"], "x86_64-linux");
        let table: &[(&str, &str)] = &[
            ("spec.name = 'rack'\nspec.version = Gem::Version.new(\"2.2.4\")", "rack@2.2.4"),
            ("s.name = %q{old}\n  s.version = '1'\n", "old@1"),
            ("# stub: computed 3.1 ruby lib\ns.name = NAME\ns.version = \"#{V}\"", "computed@3.1"),
            ("s.name = 'a'\ns.version = '1'\ns.name = 'b'", "a@1"),
            ("s.name = \"a\u{fffd}\"\ns.version = '1'", "a\u{fffd}@1"),
        ];
        for (text, wanted) in table {
            assert_eq!(names(&Gem, path, text.as_bytes()), [*wanted], "{text}");
        }
    }

    #[test]
    fn broken() {
        for text in [
            "",
            "s.name = 'a'",
            "s.version = '1'",
            "s.name = name\ns.version = '1'",
            "# stub: a",
            "name = 'a'\nversion = '1'",
        ] {
            let (found, problem) = read(&Gem, "specifications/x.gemspec", text.as_bytes());
            assert!(found.is_empty() && problem.is_some(), "{text}");
        }
        assert!(read(&Gem, "specifications/x.gemspec", &b"x".repeat((1 << 20) + 1)).1.is_some());
    }
}
