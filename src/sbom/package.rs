//! A package, as its evidence describes it.

use std::collections::BTreeMap;

/// A kind of package. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Debian's dpkg.
    Deb,
    /// Alpine's apk.
    Apk,
    /// RPM.
    Rpm,
    /// Python distributions.
    Python,
    /// npm packages.
    Npm,
    /// Go modules.
    Go,
    /// Java archives.
    Java,
    /// Rust crates.
    Cargo,
    /// Ruby gems.
    Gem,
    /// PHP packages of composer.
    Composer,
    /// .NET packages.
    Nuget,
    /// Arch Linux's pacman.
    Alpm,
    /// Components of Bitnami.
    Bitnami,
    /// conda packages.
    Conda,
    /// R packages.
    Cran,
    /// Programs that no package manager has installed.
    Generic,
}

impl Kind {
    /// Returns what package URLs call it.
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Python => "pypi",
            Self::Npm => "npm",
            Self::Go => "golang",
            Self::Java => "maven",
            Self::Cargo => "cargo",
            Self::Gem => "gem",
            Self::Composer => "composer",
            Self::Nuget => "nuget",
            Self::Alpm => "alpm",
            Self::Bitnami => "bitnami",
            Self::Conda => "conda",
            Self::Cran => "cran",
            Self::Generic => "generic",
        }
    }

    /// Says whether these are packages of an operating system, which belong to a distribution.
    pub fn is_system(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm | Self::Alpm)
    }

    /// Returns the kind that package URLs call so.
    pub(super) fn of_purl_type(text: &str) -> Option<Self> {
        const ALL: [Kind; 16] = [
            Kind::Deb,
            Kind::Apk,
            Kind::Rpm,
            Kind::Python,
            Kind::Npm,
            Kind::Go,
            Kind::Java,
            Kind::Cargo,
            Kind::Gem,
            Kind::Composer,
            Kind::Nuget,
            Kind::Alpm,
            Kind::Bitnami,
            Kind::Conda,
            Kind::Cran,
            Kind::Generic,
        ];
        ALL.into_iter().find(|kind| kind.purl_type() == text)
    }
}

/// A package that a piece of evidence declares to be installed. Text from the evidence is kept as it is, but for surrounding white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The kind.
    pub kind: Kind,
    /// What stands before the name in a package URL, unescaped: a Maven group, an npm scope with its `@`, composer's vendor. Nothing where the
    /// distribution takes that place.
    pub namespace: Option<String>,
    /// The name without the namespace.
    pub name: String,
    /// The version, whole: epoch and release included where the kind has them.
    pub version: String,
    /// The licenses as the evidence has them: SPDX expressions, names, or anything else.
    pub licenses: Vec<String>,
    /// What the package URL says besides, such as `arch` and `upstream`, unescaped.
    pub qualifiers: BTreeMap<String, String>,
    /// The archive that declares it, when that lies in the evidence: `WEB-INF/lib/a.jar!lib/b.jar`.
    pub inside: Option<String>,
    /// What of it no evidence says and is only likely; none where all of it is declared.
    pub guess: Option<Guess>,
    /// Who distributes it: a person or an organization, as the evidence has it.
    pub supplier: Option<String>,
    /// Its names in the Common Platform Enumeration 2.3, where it is a well-known program.
    pub cpes: Vec<String>,
}

/// What of a package is a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Guess {
    /// The namespace.
    Group,
}

impl Guess {
    /// Returns what documents call it: `group`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
        }
    }
}

impl Package {
    /// Makes a package of a name and a version.
    pub fn new(kind: Kind, name: impl Into<String>, version: impl Into<String>) -> Self {
        let (name, version) = (name.into(), version.into());
        Self {
            kind,
            namespace: None,
            name,
            version,
            licenses: Vec::new(),
            qualifiers: BTreeMap::new(),
            inside: None,
            guess: None,
            supplier: None,
            cpes: Vec::new(),
        }
    }

    /// Returns the name with its namespace, as the kind's own tools write it.
    pub fn full_name(&self) -> String {
        match &self.namespace {
            None => self.name.clone(),
            Some(group) if self.kind == Kind::Java => format!("{group}:{}", self.name),
            Some(namespace) => format!("{namespace}/{}", self.name),
        }
    }
}
