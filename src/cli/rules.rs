//! The files with rules about registries: `registries.conf` and what lies beside it.

use std::fs;
use std::path::PathBuf;

use super::{Context, Result};
use stevedore::registry::Rule;

/// Reads the rules of all files; a later one about the same prefix replaces an earlier one.
///
/// # Errors
/// When one cannot be read, with its path.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        for rule in Rule::parse(&text, &path.display().to_string())? {
            rules.retain(|other| other.prefix != rule.prefix);
            rules.push(rule);
        }
    }
    Ok(rules)
}

/// Lets nothing be insecure: the command line said so.
pub(crate) fn require_tls(rules: &mut [Rule]) {
    for rule in rules {
        rule.insecure = false;
        for mirror in &mut rule.mirrors {
            mirror.insecure = false;
        }
    }
}
