use super::*;

const CONFIG: &str = r#"{"mediaType":"application/vnd.oci.image.config.v1+json","size":3,"digest":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}"#;

fn parse(text: &str, content_type: Option<&MediaType>) -> Result<Manifest, ParseError> {
    Manifest::parse(text.as_bytes(), content_type)
}

#[test]
fn kinds_follow_from_type_then_body_then_shape() {
    let image = format!(r#"{{"schemaVersion":2,"config":{CONFIG},"layers":[]}}"#);
    let docker = MediaType::DOCKER_MANIFEST;
    assert_eq!(*parse(&image, None).expect("shape").media_type(), MediaType::OCI_MANIFEST);
    assert_eq!(*parse(&image, Some(&docker)).expect("header").media_type(), docker);
    let named = format!(r#"{{"schemaVersion":2,"mediaType":"{docker}","config":{CONFIG},"layers":null}}"#);
    let text = MediaType::new("text/plain; charset=utf-8");
    assert_eq!(*parse(&named, Some(&text)).expect("body").media_type(), docker);
    for empty in [r#"{"schemaVersion":2,"manifests":[]}"#, r#"{"schemaVersion":2,"manifests":null}"#] {
        assert_eq!(*parse(empty, None).expect("empty").media_type(), MediaType::OCI_INDEX);
    }
    let schema1 = r#"{"schemaVersion":1,"fsLayers":[],"architecture":"amd64"}"#;
    assert_eq!(*parse(schema1, None).expect("schema 1").media_type(), MediaType::DOCKER_SCHEMA1);
}

#[test]
fn refusals() {
    let image = format!(r#""config":{CONFIG},"layers":[]"#);
    let index = MediaType::OCI_INDEX;
    let table: &[(String, Option<&MediaType>, &str)] = &[
        ("[]".into(), None, "the manifest is not valid JSON of its kind"),
        ("{}".into(), None, "the document has no manifests, layers or fsLayers: it is no manifest"),
        (format!(r#"{{{image},"manifests":[]}}"#), None, "the manifest is both an index and an image"),
        (
            format!(r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json",{image}}}"#),
            Some(&index),
            "the manifest says it is application/vnd.oci.image.manifest.v1+json but came as application/vnd.oci.image.index.v1+json",
        ),
        (
            format!("{{{image}}}"),
            Some(&index),
            "the manifest is called application/vnd.oci.image.index.v1+json but looks like application/vnd.oci.image.manifest.v1+json",
        ),
        (format!(r#"{{{image},"layers":[]}}"#), None, "the manifest is not valid JSON of its kind"),
        (
            format!(r#"{{{image},"Manifests":[]}}"#),
            None,
            "the manifest has a member \"Manifests\" that some readers take for \"manifests\"",
        ),
        (r#"{"layers":[]}"#.into(), None, "the manifest has no config"),
        (format!(r#"{{"mediaType":"text/html",{image}}}"#), None, "text/html is no manifest type that is supported"),
    ];
    for (text, content_type, wanted) in table {
        assert_eq!(parse(text, *content_type).expect_err(text).to_string(), *wanted, "{text}");
    }
    let huge = vec![b' '; usize::try_from(MAX_SIZE).expect("fits") + 1];
    assert!(matches!(Manifest::parse(huge, None), Err(ParseError::TooLarge)));
}

#[test]
fn a_digest_lets_the_type_beside_it_be_wrong_about_the_format_only() {
    let docker = MediaType::DOCKER_MANIFEST;
    let text = format!(r#"{{"mediaType":"{docker}","config":{CONFIG},"layers":[]}}"#);
    let verified =
        |word: &MediaType| Manifest::parse_verified(text.as_bytes(), Some(word), &Digest::of(text.as_bytes()));
    assert_eq!(*verified(&MediaType::OCI_MANIFEST).expect("the same kind").media_type(), docker);
    for kind in [MediaType::OCI_INDEX, MediaType::DOCKER_SCHEMA1, MediaType::OCI_ARTIFACT] {
        assert!(verified(&kind).is_err(), "{kind}");
    }
    assert!(parse(&text, Some(&MediaType::OCI_MANIFEST)).is_err());
}

#[test]
fn digests_are_over_the_raw_bytes() {
    let text = format!(r#"{{ "layers" : [ ], "config":{CONFIG}, "later": 1.0 }}"#);
    let manifest = parse(&text, None).expect("parses");
    assert_eq!(*manifest.digest(), Digest::of(text.as_bytes()));
    assert_eq!(manifest.raw(), text.as_bytes());
    let long = crate::digest::Algorithm::Sha512.digest(text.as_bytes());
    let again = Manifest::parse_verified(text.as_bytes(), None, &long).expect("verified");
    assert_eq!(*again.digest(), long);
    let other = Digest::of(b"other");
    assert!(Manifest::parse_verified(text.as_bytes(), None, &other).expect_err("mismatch").is_mismatch());
}

#[test]
fn signed_schema1_has_the_digest_of_its_payload() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let payload = "{\n   \"schemaVersion\": 1,\n   \"architecture\": \"amd64\",\n   \"fsLayers\": []\n}";
    let head = payload.len() - 2;
    let protected = BASE64.encode(format!(r#"{{"formatLength":{head},"formatTail":"{}"}}"#, BASE64.encode("\n}")));
    let signed = format!("{},\n   \"signatures\": [{{\"protected\":\"{protected}\"}}]\n}}", &payload[..head]);
    let digest = Digest::of(payload.as_bytes());
    let manifest = Manifest::parse_verified(signed.as_bytes(), None, &digest).expect("verified");
    assert_eq!(*manifest.media_type(), MediaType::DOCKER_SCHEMA1_SIGNED);
    assert_eq!(manifest.raw(), signed.as_bytes());
    let far = signed.replace(&protected, &BASE64.encode(r#"{"formatLength":99999,"formatTail":"fQ"}"#));
    assert!(parse(&far, None).is_err());
}

#[test]
fn filtering_keeps_the_text_of_what_stays() {
    let entry = |letter: &str| {
        format!(r#"{{"mediaType":"{letter}/x", "size":1, "digest":"{}", "odd":1.50}}"#, Digest::of(letter.as_bytes()))
    };
    let text = format!(r#"{{"x":[1 ],"manifests":[{},{}],"schemaVersion":2}}"#, entry("a"), entry("b"));
    let index = parse(&text, None).expect("parses");
    let same = index.filter_index(|_| true).expect("filters").expect("an index");
    assert_eq!(same.digest(), index.digest());
    let less = index.filter_index(|each| each.media_type.as_str() == "b/x").expect("filters").expect("an index");
    let wanted = format!(r#"{{"x":[1 ],"manifests":[{}],"schemaVersion":2}}"#, entry("b"));
    assert_eq!(std::str::from_utf8(less.raw()).expect("text"), wanted);
}

#[test]
fn encoding_has_the_members_in_the_usual_order() {
    let config = Descriptor::of(MediaType::DOCKER_CONFIG, b"abc");
    let layer = Descriptor::of(MediaType::DOCKER_LAYER_GZIP, b"");
    let image =
        Image { config, layers: vec![layer], subject: None, annotations: Annotations::new(), artifact_type: None };
    let manifest = Manifest::image(Format::Docker, &image).expect("encodes");
    let wanted = r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":3,"digest":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":0,"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#;
    assert_eq!(std::str::from_utf8(manifest.raw()).expect("text"), wanted);
    assert_eq!(manifest.as_image(), Some(&image));
    assert_eq!(manifest.blobs().len(), 2);
}
