//! `META-INF/MANIFEST.MF`: what an archive without Maven's files says of itself.
//!
//! JAR file specification, "Main attributes": <https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#main-attributes>. The
//! bundle headers are OSGi's.

use super::properties::is_coordinate;
use super::{groups, name};
use crate::sbom::{Guess, Kind, Package};

/// The main attributes that tell what an archive is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    symbolic_name: Option<String>,
    title: Option<String>,
    short_name: Option<String>,
    vendor_id: Option<String>,
    group_id: Option<String>,
    plugin_version: Option<String>,
    implementation_version: Option<String>,
    bundle_version: Option<String>,
    license: Option<String>,
}

impl Manifest {
    /// Reads the main section.
    pub(super) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut attribute = String::new();
        for line in text.lines() {
            // A line has 72 bytes; longer ones go on behind a space.
            if let Some(rest) = line.strip_prefix(' ') {
                attribute.push_str(rest);
                continue;
            }
            manifest.take(&attribute);
            attribute.clear();
            if line.is_empty() {
                return manifest;
            }
            attribute.push_str(line);
        }
        manifest.take(&attribute);
        manifest
    }

    fn take(&mut self, attribute: &str) {
        let Some((key, value)) = attribute.split_once(':') else {
            return;
        };
        let field = match key.to_ascii_lowercase().as_str() {
            "bundle-symbolicname" => &mut self.symbolic_name,
            "implementation-title" => &mut self.title,
            "short-name" => &mut self.short_name,
            "implementation-vendor-id" => &mut self.vendor_id,
            "group-id" => &mut self.group_id,
            "plugin-version" => &mut self.plugin_version,
            "implementation-version" => &mut self.implementation_version,
            "bundle-version" => &mut self.bundle_version,
            "bundle-license" => &mut self.license,
            _ => return,
        };
        // Directives of a bundle's name follow a semicolon.
        let value = if key.eq_ignore_ascii_case("bundle-symbolicname") { value.split(';').next() } else { Some(value) };
        *field = value.map(str::trim).filter(|value| is_coordinate(value)).map(str::to_owned);
    }

    /// Says whether coordinates are those of the archive itself, and not of something in it: the artifact is called like the file, or as the
    /// manifest says. The only ones there are its own when the version is the same.
    pub(super) fn names(&self, package: &Package, path: &[u8], is_only: bool) -> bool {
        let stem = name::stem(path);
        let (stem_name, stem_version) = name::split(&stem);
        let is_same = |text: &str| text.eq_ignore_ascii_case(&package.name);
        let with_version = format!("{}-{}", package.name, package.version);
        let after_dot = |text: &str| text.rsplit('.').next().is_some_and(is_same);
        let full = format!("{}.{}", package.namespace.as_deref().unwrap_or_default(), package.name);
        let is_symbolic = |text: &str| is_same(text) || after_dot(text) || text.eq_ignore_ascii_case(&full);
        let versions =
            [self.plugin_version.as_deref(), self.implementation_version.as_deref(), self.bundle_version.as_deref()];
        let version = versions.into_iter().flatten().next().or(stem_version);
        is_same(stem_name)
            || is_same(&stem)
            || stem.starts_with(&with_version)
            || self.title.as_deref().is_some_and(is_same)
            || self.short_name.as_deref().is_some_and(is_same)
            || self.symbolic_name.as_deref().is_some_and(is_symbolic)
            || is_only && version == Some(package.version.as_str())
    }

    /// Returns the license.
    pub(super) fn license(&self) -> Option<String> {
        self.license.clone()
    }

    /// Makes a package of it and of the archive's path; none without a version.
    pub(super) fn into_package(self, path: &[u8]) -> Option<Package> {
        let stem = name::stem(path);
        let (stem_name, stem_version) = name::split(&stem);
        let version = self.plugin_version.or(self.implementation_version).or(self.bundle_version);
        let version = version.or_else(|| stem_version.map(str::to_owned)).filter(|version| is_coordinate(version))?;
        let symbolic = self.symbolic_name;
        // A file that is named as Maven names it tells the artifact better than titles do, which are for people.
        let named = stem_version.map(|_| stem_name.to_owned());
        let title = self.short_name.or_else(|| symbolic.clone()).or(self.title.filter(|title| !title.contains(' ')));
        let name = named.or(title).unwrap_or_else(|| stem_name.to_owned());
        if !is_coordinate(&name) {
            return None;
        }
        let licenses = self.license.into_iter().collect();
        let known = self.group_id.or_else(|| groups::of(&name).map(str::to_owned));
        // A package URL must have a group. Vendors and symbolic names are often like it, and artifacts older than groups are their own.
        let guess = known.is_none().then_some(Guess::Group);
        let before_dot = |symbolic: &str| symbolic.rsplit_once('.').map(|(group, _)| group.to_owned());
        let group = known.or(self.vendor_id).or_else(|| symbolic.as_deref().and_then(before_dot));
        let group = group.unwrap_or_else(|| name.clone());
        Some(Package { namespace: Some(group), licenses, guess, ..Package::new(Kind::Java, name, version) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(manifest: &str, path: &str) -> Option<String> {
        let package = Manifest::parse(manifest).into_package(path.as_bytes())?;
        Some(format!("{}:{}:{}", package.namespace.expect("a group"), package.name, package.version))
    }

    #[test]
    fn groups_are_facts_or_guesses() {
        let table = [
            ("Implementation-Title: spring-core", "spring-core-5.3.20.jar", "org.springframework", false),
            ("", "spring-boot-3.2.2.jar", "org.springframework.boot", false),
            ("", "spring-security-core-5.7.2.jar", "org.springframework.security", false),
            ("", "spring-data-jpa-3.2.0.jar", "org.springframework.data", false),
            (
                "Bundle-SymbolicName: org.apache.tomcat-embed-core",
                "tomcat-embed-core-9.0.63.jar",
                "org.apache.tomcat.embed",
                false,
            ),
            ("", "jetty-server-11.0.18.jar", "org.eclipse.jetty", false),
            ("Bundle-SymbolicName: com.h2database", "h2-1.4.200.jar", "com.h2database", false),
            ("Implementation-Vendor-Id: org.apache", "commons-collections-3.2.1.jar", "commons-collections", false),
            ("Bundle-SymbolicName: com.google.inject", "guice-5.1.0.jar", "com.google.inject", false),
            (
                "Bundle-SymbolicName: com.google.inject.servlet",
                "guice-servlet-5.1.0.jar",
                "com.google.inject.extensions",
                false,
            ),
            ("Group-Id: org.jenkins", "tool-1.0.jpi", "org.jenkins", false),
            ("Implementation-Vendor-Id: com.acme", "acme-tool-1.0.jar", "com.acme", true),
            ("Bundle-SymbolicName: com.acme.tool", "acme-tool-1.0.jar", "com.acme", true),
            ("", "acme-tool-1.0.jar", "acme-tool", true),
        ];
        for (manifest, path, group, is_guess) in table {
            let package = Manifest::parse(manifest).into_package(path.as_bytes()).expect("a package");
            let found = (package.namespace.as_deref(), package.guess.is_some());
            assert_eq!(found, (Some(group), is_guess), "{path} {manifest}");
        }
    }

    #[test]
    fn packages() {
        let bundle = "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.apache.commons.la\r\n ng3;singleton:=true\r\nBundle-Version: 3.12.0\r\n\r\nName: x\r\nBundle-Version: 9\r\n";
        let table = [
            (bundle, "a/commons-lang3-3.12.jar", Some("org.apache.commons:commons-lang3:3.12.0")),
            (bundle, "a/lang.jar", Some("org.apache.commons:org.apache.commons.lang3:3.12.0")),
            (
                "Implementation-Title: Two Words\nImplementation-Version: 2\nImplementation-Vendor-Id: v",
                "x.jar",
                Some("v:x:2"),
            ),
            ("Implementation-Version: ${version}\n", "x-1.jar", Some("x:x:1")),
            ("Short-Name: git\nPlugin-Version: 5\nGroup-Id: org.jenkins", "git.jpi", Some("org.jenkins:git:5")),
            ("", "commons-nothing-3.12.0.jar", Some("commons-nothing:commons-nothing:3.12.0")),
            ("", "web.war", None),
            ("garbage\n continued\n: :\n", "web.war", None),
        ];
        for (manifest, path, wanted) in table {
            assert_eq!(name(manifest, path).as_deref(), wanted, "{path} {manifest}");
        }
    }
}
