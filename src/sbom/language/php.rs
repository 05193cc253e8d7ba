//! PHP without composer: extensions of PECL, and plugins of WordPress.

use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

/// So much of a registration is read; it lists the files.
const MAX_REGISTRATION: u64 = 4 << 20;
/// WordPress itself reads so much of a plugin to find its header.
const MAX_HEADER: u64 = 8 * 1024;

/// Reads `.registry/**/*.reg`, which PEAR's installer leaves: an array in PHP's serialization.
pub(super) struct Pecl;

impl Cataloger for Pecl {
    fn name(&self) -> &'static str {
        "pecl-registry"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let (folder, name) = split(path);
        entry.is_file()
            && name.ends_with(b".reg")
            && folder.split(|byte| *byte == b'/').any(|part| part == b".registry")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let text = evidence.text(MAX_REGISTRATION)?;
        let version = after(&text, r#"s:7:"version";"#).and_then(|rest| {
            string(rest).or_else(|| string(after(rest.get(..200).unwrap_or(rest), r#"s:7:"release";"#)?))
        });
        let name = after(&text, r#"s:4:"name";"#).and_then(string);
        let (Some(name), Some(version)) = (name, version) else {
            return Err(Unreadable::new("says no name and version"));
        };
        let licenses = after(&text, r#"s:7:"license";"#).and_then(string).map(str::to_owned).into_iter().collect();
        found.push(Package { licenses, ..Package::new(Kind::Generic, name, version) });
        Ok(())
    }
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split_once(key).map(|(_, rest)| rest)
}

/// Reads `s:5:"6.0.2"`.
fn string(text: &str) -> Option<&str> {
    let (length, rest) = text.strip_prefix("s:")?.split_once(":\"")?;
    rest.get(..length.parse().ok()?).filter(|text| !text.is_empty() && text.len() <= 200)
}

/// Reads the header comment of `wp-content/plugins/*/*.php`.
///
/// <https://developer.wordpress.org/plugins/plugin-basics/header-requirements/>
pub(super) struct WordPress;

impl Cataloger for WordPress {
    fn name(&self) -> &'static str {
        "wordpress-plugin"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let (folder, name) = split(path);
        entry.is_file() && name.ends_with(b".php") && split(folder).0.ends_with(b"wp-content/plugins")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let text = evidence.text(MAX_HEADER)?;
        let field = |key: &str| {
            let line = text
                .lines()
                .find_map(|line| line.trim_start_matches([' ', '\t', '/', '*', '#', '@']).strip_prefix(key));
            Some(line?.strip_prefix(':')?.trim().to_owned()).filter(|value| !value.is_empty())
        };
        if let (Some(_), Some(version)) = (field("Plugin Name"), field("Version")) {
            // The folder is what WordPress's directory calls it.
            let name = String::from_utf8_lossy(split(split(evidence.path).0).1).into_owned();
            let licenses = field("License").into_iter().collect();
            found.push(Package { licenses, ..Package::new(Kind::Generic, name, version) });
        }
        Ok(())
    }
}
