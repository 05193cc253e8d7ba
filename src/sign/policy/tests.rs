use super::*;
use crate::class::Classified;

const KEY: &str = "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg==";

fn parse(text: &str) -> Result<Policy, ParseError> {
    Policy::parse(text.as_bytes())
}

/// A policy with this requirement by default.
fn with(requirement: &str) -> String {
    format!(r#"{{"default":[{requirement}]}}"#)
}

/// A policy that asks for a signature like this.
fn signed(members: &str) -> String {
    with(&format!(r#"{{"type":"sigstoreSigned",{members}}}"#))
}

#[test]
fn policies_that_are_read() {
    let identity = |identity: &str| signed(&format!(r#""keyPath":"/k","signedIdentity":{identity}"#));
    let good = [
        with(r#"{"type":"reject"}"#),
        format!("\n{} \n", with(r#"{"type":"insecureAcceptAnything"}"#)),
        r#"{"transports":{},"default":[{"type":"reject"}]}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{}}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"whatever":{"x":[{"type":"reject"}]}}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"static":{"/www:a":[{"type":"reject"}]}}}"#.into(),
        signed(r#""keyPath":"/k""#),
        signed(r#""keyPaths":["/k","/l"]"#),
        signed(&format!(r#""keyData":"{KEY}""#)),
        signed(r#""keyData":"""#),
        signed(&format!(r#""keyDatas":["{KEY}","LS0t\nLS0t"]"#)),
        signed(r#""keyPath":"/k","rekorPublicKeyPath":"/r""#),
        signed(r#""fulcio":{"caPath":"/c","oidcIssuer":"https://x","subjectEmail":"a@b"},"rekorPublicKeyData":"LS0t""#),
        signed(r#""pki":{"caRootsData":"LS0t","caIntermediatesPath":"/i","subjectHostname":"h"}"#),
        identity(r#"{"type":"matchExact"}"#),
        identity(r#"{"type":"matchRepoDigestOrExact"}"#),
        identity(r#"{"type":"matchRepository"}"#),
        identity(r#"{"type":"exactReference","dockerReference":"ex.com/a:v1"}"#),
        identity(r#"{"type":"exactRepository","dockerRepository":"ex.com/a"}"#),
        identity(r#"{"type":"remapIdentity","prefix":"localhost:5000","signedPrefix":"ex.com/ns"}"#),
        with(r#"{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k","signedIdentity":{"type":"matchExact"}}"#),
        with(r#"{"type":"signedBaseLayer","baseLayerIdentity":{"type":"matchRepository"}}"#),
    ];
    for text in good {
        parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn policies_that_are_refused() {
    let key = r#""keyPath":"/k""#;
    let identity = |identity: &str| signed(&format!(r#"{key},"signedIdentity":{identity}"#));
    let scope = |transport: &str, scope: &str| {
        format!(
            r#"{{"default":[{{"type":"reject"}}],"transports":{{"{transport}":{{"{scope}":[{{"type":"reject"}}]}}}}}}"#
        )
    };
    let bad = [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "default: reject".into(),
        r#"{"default":null}"#.into(),
        r#"{"default":[]}"#.into(),
        r#"{"default":{"type":"reject"}}"#.into(),
        r#"{"default":["reject"]}"#.into(),
        r#"{"default":[null]}"#.into(),
        r#"{"Default":[{"type":"reject"}]}"#.into(),
        r#"{"default":[{"type":"reject"}]}{}"#.into(),
        r#"{"default":[{"type":"reject"}],"default":[{"type":"reject"}]}"#.into(),
        r#"{"default":[{"type":"reject"}],"comment":"x"}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":null}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":[]}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":null}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{"":[]}}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{"":null}}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{},"docker":{}}}"#.into(),
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{"a":[{"type":"reject"}],"a":[{"type":"reject"}]}}}"#
            .into(),
        format!("\u{feff}{}", with(r#"{"type":"reject"}"#)),
        scope("oci", "relative"),
        scope("dir", "/"),
        scope("docker-archive", "/x"),
        with("{}"),
        with(r#"{"type":null}"#),
        with(r#"{"type":1}"#),
        with(r#"{"type":"Reject"}"#),
        with(r#"{"Type":"reject"}"#),
        with(r#"{"type":"acceptSometimes"}"#),
        with(r#"{"type":"reject","comment":"x"}"#),
        with(r#"{"type":"reject","type":"reject"}"#),
        with(r#"{"type":"insecureAcceptAnything","keyPath":"/k"}"#),
        signed(r#""signedIdentity":{"type":"matchExact"}"#),
        signed(r#""keyPath":"/k","keyData":"""#),
        signed(r#""keyPath":"/k","keyPaths":["/l"]"#),
        signed(r#""keyPath":"""#),
        signed(r#""keyPath":null"#),
        signed(r#""keyPath":["/k"]"#),
        signed(r#""keyPaths":"/k""#),
        signed(r#""keyPaths":[]"#),
        signed(r#""keyDatas":[]"#),
        signed(r#""keyData":null"#),
        signed(r#""keyData":"***""#),
        signed(r#""keypath":"/k""#),
        signed(&format!(r#"{key},"keyType":"GPGKeys""#)),
        signed(&format!(r#"{key},"rekorPublicKeyPath":"/r","rekorPublicKeyData":"LS0t""#)),
        signed(&format!(r#"{key},"fulcio":{{"caPath":"/c","oidcIssuer":"x","subjectEmail":"y"}}"#)),
        signed(r#""fulcio":{"caPath":"/c","oidcIssuer":"x","subjectEmail":"y"}"#),
        signed(r#""fulcio":{"caPath":"/c","oidcIssuer":"x"},"rekorPublicKeyPath":"/r""#),
        signed(
            r#""fulcio":{"caPath":"/c","caData":"LS0t","oidcIssuer":"x","subjectEmail":"y"},"rekorPublicKeyPath":"/r""#,
        ),
        signed(r#""fulcio":{"caPath":"/c","oidcIssuer":"x","subjectEmail":"y","z":1},"rekorPublicKeyPath":"/r""#),
        signed(r#""fulcio":null,"keyPath":"/k""#),
        signed(r#""pki":{"subjectEmail":"y"}"#),
        signed(r#""pki":{"caRootsPath":"/c","subjectEmail":"y"},"rekorPublicKeyPath":"/r""#),
        signed(r#""pki":{"caRootsPath":"/c"}"#),
        signed(r#""pki":{"caRootsPath":"/c","subjectEmail":""}"#),
        identity("null"),
        identity("{}"),
        identity(r#""matchExact""#),
        identity(r#"{"type":"matchSomething"}"#),
        identity(r#"{"type":"matchExact","x":1}"#),
        identity(r#"{"type":"exactReference"}"#),
        identity(r#"{"type":"exactReference","dockerReference":"ex.com/a"}"#),
        identity(r#"{"type":"exactReference","dockerReference":"EX/A:v1"}"#),
        identity(r#"{"type":"exactReference","dockerReference":"ex.com/a:v1","dockerRepository":"ex.com/a"}"#),
        identity(r#"{"type":"exactRepository","dockerReference":"ex.com/a"}"#),
        identity(r#"{"type":"exactRepository","dockerRepository":""}"#),
        identity(r#"{"type":"remapIdentity","prefix":"ex.com"}"#),
        identity(r#"{"type":"remapIdentity","prefix":"","signedPrefix":"ex.com"}"#),
        identity(r#"{"type":"remapIdentity","prefix":"ex.com/a:v1","signedPrefix":"ex.com"}"#),
        identity(r#"{"type":"remapIdentity","prefix":"ex.com/","signedPrefix":"ex.com"}"#),
        with(r#"{"type":"signedBy","keyPath":"/k"}"#),
        with(r#"{"type":"signedBy","keyType":"PGP","keyPath":"/k"}"#),
        with(r#"{"type":"signedBy","keyType":"GPGKeys"}"#),
        with(r#"{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k","keyDatas":["x"]}"#),
        with(r#"{"type":"signedBaseLayer"}"#),
    ];
    for text in bad {
        assert!(parse(&text).is_err(), "{text}");
    }
    let large = format!("{}{}", with(r#"{"type":"reject"}"#), " ".repeat(4 << 20));
    assert_eq!(parse(&large).expect_err("too large").to_string(), "it is larger than 4 MiB");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, wanted) in [
        (r#"{"default":[]}"#, "default: the list of requirements is empty"),
        (
            r#"{"default":[{"type":"reject"}],"transports":{"docker":{"ex.com":[{"type":"x"}]}}}"#,
            r#"transports."docker"."ex.com": the requirement "x" is unknown"#,
        ),
        (
            r#"{"default":[{"type":"reject"}],"transports":{"oci":{"x":[{"type":"reject"}]}}}"#,
            r#"transports."oci"."x": there can be no such scope"#,
        ),
        (r#"{"default":[{"type":"reject"}],"x":1}"#, r#"it has an unknown member "x""#),
    ] {
        assert_eq!(parse(text).expect_err(text).to_string(), wanted);
    }
}

/// Only the most specific scope counts, and a scope is no string's beginning.
#[test]
fn the_most_specific_scope_alone() {
    let accept = r#"[{"type":"insecureAcceptAnything"}]"#;
    let reject = r#"[{"type":"reject"}]"#;
    let text = format!(
        r#"{{"default":{reject},"transports":{{
            "docker":{{"ex.com":{accept},"ex.com/ns":{reject},"ex.com/ns/a:v1":{accept},"*.ex.org":{accept},"x.ex.org":{reject}}},
            "oci":{{"":{reject},"/no/such":{accept}}},
            "static":{{"/no/www:a":{accept}}}
        }}}}"#
    );
    let policy = parse(&text).expect("a policy");
    for (location, accepted) in [
        ("docker://ex.com/a:v1", true),
        ("docker://ex.com:5000/a:v1", false),
        ("docker://ex.com/ns/a:v1", true),
        ("docker://ex.com/ns/a:v2", false),
        ("docker://ex.com/nsa/a:v2", true),
        ("docker://ex.com.evil.com/a:v1", false),
        ("docker://y.ex.org/a:v1", true),
        ("docker://y.ex.org:5000/a:v1", true),
        ("docker://z.y.ex.org/a:v1", true),
        ("docker://ex.org/a:v1", false),
        ("docker://x.ex.org/a:v1", false),
        ("docker://z.x.ex.org/a:v1", true),
        ("oci:/no/such/layout:v1", true),
        ("oci:/no/suchlike:v1", false),
        ("dir:/no/such", false),
        ("static:/no/www:a:v1", true),
        ("static:/no/www:b:v1", false),
    ] {
        let requirements = policy.requirements(&location.parse().expect("a location"));
        assert_eq!(matches!(requirements, [Requirement::AcceptAnything]), accepted, "{location}");
    }
}

/// What is not supported is known, and never counts as held; nobody is asked before that is said.
#[test]
fn what_is_not_supported_denies() {
    let location: Location = "docker://ex.com/a:v1".parse().expect("a location");
    for (text, wanted) in [
        (with(r#"{"type":"reject"}"#), "it rejects it"),
        #[cfg(not(feature = "openpgp"))]
        (with(r#"{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k"}"#), "the feature \"openpgp\""),
        (with(r#"{"type":"signedBy","keyType":"X509Certificates","keyPath":"/k"}"#), "keyType"),
        (with(r#"{"type":"signedBaseLayer","baseLayerIdentity":{"type":"matchExact"}}"#), "signedBaseLayer"),
        (r#"{"default":[{"type":"insecureAcceptAnything"},{"type":"reject"}]}"#.into(), "it rejects it"),
    ] {
        let policy = parse(&text).expect("a policy");
        let denied = policy.refuse(&location, &Names::of(&location)).expect_err(&text);
        assert!(matches!(&denied, Error::Denied { reason, .. } if reason.contains(wanted)), "{text}: {denied}");
        assert_eq!(denied.class(), crate::class::Class::Verification);
    }
}

#[test]
fn keys_that_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let pem = || super::super::PrivateKey::generate().expect("a key").public_key().to_pem();
    let two = folder.path().join("two.pub");
    std::fs::write(&two, format!("{}{}", pem(), pem())).expect("written");
    let one = folder.path().join("one.pub");
    std::fs::write(&one, pem()).expect("written");
    assert!(KeySource::File(one).read().is_ok() && KeySource::Data(pem().into_bytes()).read().is_ok());
    let missing = KeySource::File(folder.path().join("missing.pub")).read();
    assert!(matches!(missing, Err(Error::KeyFile { .. })));
    for source in [KeySource::File(two), KeySource::Data(b"garbage".to_vec()), KeySource::Data(Vec::new())] {
        assert!(matches!(source.read(), Err(Error::Key { .. })), "{source:?}");
    }
}
