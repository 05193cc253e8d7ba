//! The files of `registries.d`, which together say where signatures are. What is said of other things is passed over.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Error;

/// The largest of these files, in bytes.
const MAX_FILE: u64 = 1 << 20;
const DEFAULT: &str = "default-docker";

/// What all files say.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    default: Option<Said>,
    named: BTreeMap<String, Said>,
}

/// Where signatures are, and which file says so.
#[derive(Debug)]
struct Said {
    url: Option<String>,
    file: PathBuf,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    default_docker: Option<Namespace>,
    docker: Option<BTreeMap<String, Option<Namespace>>>,
}

#[derive(Default, Deserialize)]
struct Namespace {
    lookaside: Option<String>,
    /// What it was called before.
    sigstore: Option<String>,
}

impl Configuration {
    /// Reads the files of a folder, which need not exist. What two of them say of one name is an error.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let mut all = Self::default();
        for path in files(folder)? {
            let Some(text) = content(&path)? else { continue };
            let document = parse(&text).map_err(|reason| Error::Configuration { path: path.clone(), reason })?;
            if let Some(namespace) = document.default_docker {
                let before = all.default.replace(Said::new(namespace, &path));
                once(DEFAULT, before, &path)?;
            }
            for (name, namespace) in document.docker.unwrap_or_default() {
                let said = Said::new(namespace.unwrap_or_default(), &path);
                let before = all.named.insert(name.clone(), said);
                once(&name, before, &path)?;
            }
        }
        Ok(all)
    }

    /// Finds what is said of the first of these scopes that anything is said of, or of all.
    pub(super) fn find(&self, scopes: &[String]) -> Option<&str> {
        let named = scopes.iter().filter_map(|scope| self.named.get(scope));
        named.chain(&self.default).find_map(|said| said.url.as_deref())
    }
}

impl Said {
    fn new(namespace: Namespace, file: &Path) -> Self {
        let given = |url: Option<String>| url.filter(|url| !url.is_empty());
        let url = given(namespace.lookaside).or_else(|| given(namespace.sigstore));
        Self { url, file: file.to_owned() }
    }
}

fn once(name: &str, before: Option<Said>, path: &Path) -> Result<(), Error> {
    match before {
        Some(before) => Err(Error::Twice { name: name.to_owned(), first: before.file, second: path.to_owned() }),
        None => Ok(()),
    }
}

fn parse(text: &str) -> Result<Document, String> {
    let document: Option<Document> = serde_saphyr::from_str(text).map_err(|error| {
        let text = error.without_snippet().to_string();
        text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })?;
    Ok(document.unwrap_or_default())
}

/// Lists the `*.yaml` of a folder that may not exist, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Ok(files)
}

/// Reads a file; nothing when it was removed meanwhile.
fn content(path: &Path) -> Result<Option<String>, Error> {
    let mut text = String::new();
    match File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text)) {
        Ok(_) if text.len() as u64 > MAX_FILE => {
            Err(Error::Configuration { path: path.to_owned(), reason: "it has more than 1 MiB".into() })
        }
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}
