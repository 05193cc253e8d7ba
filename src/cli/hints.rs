//! What to type after a failure.

use stevedore::class::Class;
use stevedore::transport::{Location, Place};
use stevedore::{artifact, copy, filesystem, image, mutate, registry, sign, sync, transport};

use super::failure::Usage;

/// Finds the hints for an error about `reference`, the most certain first.
pub(crate) fn find(error: &anyhow::Error, class: Class, reference: Option<&str>) -> Vec<String> {
    let mut hints: Vec<String> = error.chain().filter_map(cure).collect();
    hints.dedup();
    let is_rule = |error| matches!(registry_error(error), Some(registry::Error::Rule { .. }));
    if class == Class::Denied
        && !error.chain().any(is_rule)
        && let Some(host) = reference.and_then(host)
    {
        hints.push(format!("stevedore login {host}"));
    }
    if hints.is_empty() && error.chain().filter_map(registry_error).any(registry::Error::is_unreachable) {
        hints.push("nothing listens there: check the host and the port, and that the registry runs".into());
    }
    hints
}

/// Returns what the error itself knows.
fn cure(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(usage) = error.downcast_ref::<Usage>() {
        return usage.cure.clone();
    }
    if let Some(error) = error.downcast_ref::<sync::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<copy::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<mutate::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<image::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<filesystem::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<sign::Error>() {
        return error.cure().map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<artifact::Error>() {
        return error.cure().map(str::to_owned);
    }
    error.downcast_ref::<transport::Error>()?.cure().map(str::to_owned)
}

/// Finds the registry's own error behind an error of the chain.
pub(crate) fn registry_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a registry::Error> {
    if let Some(error) = error.downcast_ref::<registry::Error>() {
        return Some(error);
    }
    // The chain goes on with the box, which is no place's error itself.
    if let Some(copy::Error::Place { source, .. }) = error.downcast_ref() {
        return registry_error(&**source);
    }
    if let Some(mutate::Error::Place(error) | mutate::Error::Image(image::Error::Place(error))) = error.downcast_ref() {
        return registry_error(error);
    }
    if let Some(image::Error::Place(error)) = error.downcast_ref() {
        return registry_error(error);
    }
    if let Some(filesystem::Error::Place(error)) = error.downcast_ref() {
        return registry_error(error);
    }
    if let Some(artifact::Error::Place(error)) = error.downcast_ref() {
        return registry_error(error);
    }
    // This one stands for the place's error in the chain.
    match error.downcast_ref() {
        Some(sign::Error::Place(error) | sign::Error::Image(error)) => return registry_error(error),
        Some(sign::Error::Unknown { source, .. }) => return registry_error(&**source),
        _ => {}
    }
    match error.downcast_ref::<transport::Error>() {
        Some(transport::Error::Registry(error)) => Some(error),
        Some(_) => None,
        None => registry_error(error.downcast_ref::<std::io::Error>()?.get_ref()?),
    }
}

fn host(reference: &str) -> Option<String> {
    match reference.parse::<Location>().ok()?.place {
        Place::Registry(repository) => Some(repository.host().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cure_is_told_once() {
        let inner = transport::Error::unsupported("x", "dir:d", "do y");
        let error: anyhow::Error = copy::Error::at(copy::Side::Source, "dir:d")(inner).into();
        assert_eq!(find(&error, Class::Failed, None), ["do y"]);
    }

    #[test]
    fn who_is_denied_may_log_in() {
        let error = anyhow::anyhow!("denied");
        let table = [
            ("docker://ex.com:5000/a", Some("stevedore login ex.com:5000")),
            ("docker://alpine", Some("stevedore login docker.io")),
            ("oci:d", None),
        ];
        for (reference, hint) in table {
            assert_eq!(find(&error, Class::Denied, Some(reference)).first().map(String::as_str), hint);
        }
    }
}
