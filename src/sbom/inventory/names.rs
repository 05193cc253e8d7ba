//! What a package is called everywhere, which for those of a system depends on the distribution.

use crate::sbom::system::OsRelease;
use crate::sbom::{Kind, Package, Purl};

/// Distributions whose RPMs have another namespace in package URLs than `ID` in os-release: what their own advisories say.
const RPM_NAMESPACES: [(&str, &str); 1] = [("rhel", "redhat")];

/// Makes the package URL of a package; those of a system's packages name the distribution.
pub(super) fn purl(package: &Package, os: Option<&OsRelease>) -> Option<Purl> {
    let Package { kind, namespace, name, version, qualifiers, .. } = package;
    let mut qualifiers = qualifiers.clone();
    let (mut namespace, mut name, mut version) = (namespace.clone(), name.as_str(), version.as_str());
    let id = os.map(|os| os.id.as_str()).filter(|id| *id != "linux");
    match kind {
        // Where nothing says which distribution it is, none is claimed.
        Kind::Deb => namespace = id.map(str::to_owned),
        // Derived images keep Alpine's packages.
        Kind::Apk => {
            let id = id.filter(|id| matches!(*id, "alpine" | "chainguard" | "openwrt" | "postmarketos" | "wolfi"));
            namespace = os.map(|_| id.unwrap_or("alpine").to_owned());
        }
        Kind::Alpm => namespace = id.map(|id| if id == "archarm" { "arch" } else { id }.to_owned()),
        Kind::Rpm => {
            namespace =
                id.map(|id| RPM_NAMESPACES.iter().find(|(own, _)| *own == id).map_or(id, |found| found.1).to_owned());
            // The epoch is a qualifier.
            version = version.split_once(':').map_or(version, |(_, rest)| rest);
        }
        Kind::Go if namespace.is_none() => {
            if let Some((path, last)) = name.rsplit_once('/') {
                (namespace, name) = (Some(path.to_owned()), last);
            }
        }
        _ => {}
    }
    if kind.is_system()
        && let Some(os) = os
    {
        qualifiers.insert("distro".to_owned(), os.distro());
    }
    // What the main module of a Go program is built from has no version.
    let version = Some(version).filter(|version| !(*kind == Kind::Go && *version == "(devel)"));
    Purl::build(kind.purl_type(), namespace.as_deref(), name, version, qualifiers, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions() {
        let table = [
            (Kind::Deb, "ID=debian\nVERSION_ID=12", "pkg:deb/debian/a@1?distro=debian-12"),
            (Kind::Deb, "", "pkg:deb/a@1"),
            (Kind::Apk, "ID=alpine\nVERSION_ID=3.20.0", "pkg:apk/alpine/a@1?distro=alpine-3.20.0"),
            (Kind::Apk, "ID=own", "pkg:apk/alpine/a@1?distro=own"),
            (Kind::Apk, "", "pkg:apk/a@1"),
            (Kind::Rpm, "ID=rhel\nVERSION_ID=8.9", "pkg:rpm/redhat/a@1?distro=rhel-8.9"),
            (Kind::Rpm, "ID=rocky\nVERSION_ID=9.3", "pkg:rpm/rocky/a@1?distro=rocky-9.3"),
            (Kind::Rpm, "", "pkg:rpm/a@1"),
            (Kind::Alpm, "ID=arch", "pkg:alpm/arch/a@1?distro=arch"),
        ];
        for (kind, os, wanted) in table {
            let os = (!os.is_empty()).then(|| OsRelease::parse(os));
            let found = purl(&Package::new(kind, "a", "1"), os.as_ref()).map(|purl| purl.to_string());
            assert_eq!(found.as_deref(), Some(wanted), "{kind:?}");
        }
    }
}
