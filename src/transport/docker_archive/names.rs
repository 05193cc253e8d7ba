//! Names of images in an archive: `a:1` and `docker.io/library/a:1` are one.

use crate::descriptor::{Annotations, Descriptor};
use crate::reference::Reference;
use crate::transport::archive::{IMAGE_NAME, REF_NAME};

/// Returns the complete name, or nothing for what is no name with a tag.
pub(in crate::transport) fn complete(name: &str) -> Option<String> {
    let reference = name.parse::<Reference>().ok()?.or_latest();
    reference.digest.is_none().then(|| reference.to_string())
}

/// Returns the name under which an image is known here: complete, or as it is where it cannot be completed.
pub(super) fn known(name: &str) -> String {
    complete(name).unwrap_or_else(|| name.into())
}

/// Returns the name that an entry of `index.json` has. A tag alone, as a plain layout has it, belongs to no repository and stays alone.
pub(super) fn of_entry(entry: &Descriptor) -> Option<String> {
    let name = |key| entry.annotations.get(key).filter(|name| !name.is_empty());
    if let Some(name) = name(IMAGE_NAME) {
        return Some(known(name));
    }
    let name = name(REF_NAME)?;
    Some(if name.contains(['/', ':']) { known(name) } else { name.clone() })
}

/// Gives an entry its name in the form that the layout goes by: whole, in one annotation.
pub(super) fn set_known(annotations: &mut Annotations, name: Option<&str>) {
    annotations.remove(IMAGE_NAME);
    match name {
        Some(name) => annotations.insert(REF_NAME.into(), name.into()),
        None => annotations.remove(REF_NAME),
    };
}

/// Gives an entry its name in the form that Docker writes: whole, and the tag beside it.
pub(super) fn set_docker(annotations: &mut Annotations, known: &str) {
    match tag_of(known) {
        Some(tag) => {
            annotations.insert(IMAGE_NAME.into(), known.into());
            annotations.insert(REF_NAME.into(), tag.into());
        }
        None => set_known(annotations, Some(known)),
    }
}

/// Returns the tag of a complete name; nothing for other names.
pub(super) fn tag_of(known: &str) -> Option<&str> {
    if !known.contains('/') || complete(known).as_deref() != Some(known) {
        return None;
    }
    known.rsplit_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_type::MediaType;

    #[test]
    fn completion() {
        let table = [
            ("a:1", Some("docker.io/library/a:1")),
            ("a", Some("docker.io/library/a:latest")),
            ("foo/bar:v3", Some("docker.io/foo/bar:v3")),
            ("docker.io/library/a:1", Some("docker.io/library/a:1")),
            ("ex.com/a:1", Some("ex.com/a:1")),
            ("localhost:5000/a", Some("localhost:5000/a:latest")),
            ("A:1", None),
            ("", None),
            ("a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", None),
        ];
        for (name, wanted) in table {
            assert_eq!(complete(name).as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn entries() {
        // image name, ref name, known as
        let table = [
            (Some("docker.io/foo/bar:v3"), Some("v3"), Some("docker.io/foo/bar:v3")),
            (None, Some("v3"), Some("v3")),
            (None, Some("ex.com/a:1"), Some("ex.com/a:1")),
            (Some(""), Some("a:1"), Some("docker.io/library/a:1")),
            (None, None, None),
        ];
        for (image, reference, wanted) in table {
            let mut entry = Descriptor::of(MediaType::OCI_MANIFEST, b"{}");
            let mut set = |key: &str, value: Option<&str>| {
                value.map(|value| entry.annotations.insert(key.into(), value.into()));
            };
            set(IMAGE_NAME, image);
            set(REF_NAME, reference);
            assert_eq!(of_entry(&entry).as_deref(), wanted);
        }
    }

    #[test]
    fn written_forms() {
        let mut annotations = Annotations::new();
        set_docker(&mut annotations, "ex.com:5000/a:1");
        assert_eq!(annotations[IMAGE_NAME], "ex.com:5000/a:1");
        assert_eq!(annotations[REF_NAME], "1");
        set_known(&mut annotations, Some("v1"));
        set_docker(&mut annotations, "v1");
        assert_eq!(annotations.len(), 1);
        assert_eq!(annotations[REF_NAME], "v1");
        set_known(&mut annotations, None);
        assert!(annotations.is_empty());
    }
}
