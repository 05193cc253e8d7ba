//! What an answer says of the thing that was asked for: the registry has it, does not have it, or cannot tell.
//!
//! One table for manifests, tags, referrers and blobs. Absence is said only after a second look: HEAD is an economy that many registries
//! and proxies get wrong, so a GET decides, and it brings the registry's reason along.
//! distribution-spec, "Pulling manifests" and "Pulling blobs":
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull>.

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Manifest,
    Tags,
    Referrers,
    Blob,
}

/// What an answer says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// Nothing: the request was refused, failed, or was not understood.
    Nothing,
}

/// Returns what a status says to a request for the thing itself, made with the method that decides.
pub(super) fn says(status: u16) -> Says {
    match status {
        200 => Says::Present,
        // RFC 9110, section 15.5.11: what is gone is known to have been there, and is not there.
        404 | 410 => Says::Absent,
        _ => Says::Nothing,
    }
}

/// Returns what an answer says of a thing. An answer in the form of a web page comes from something in between, such as a page to sign in.
pub(super) fn answer(thing: Thing, method: &str, status: u16, content_type: Option<&str>) -> Says {
    match (thing, says(status)) {
        (Thing::Manifest | Thing::Tags | Thing::Referrers, Says::Present) if content_type.is_some_and(is_page) => {
            Says::Nothing
        }
        (_, Says::Present) => Says::Present,
        // The list is younger than most registries: this is how those say so that do not know the path, the method or its media type.
        (Thing::Referrers, _) if matches!(status, 400 | 405 | 406 | 501) => Says::Absent,
        // HEAD of a manifest is refused, forgotten or answered from a cache where GET works.
        (Thing::Manifest, _) if method == "HEAD" => Says::Nothing,
        (_, said) => said,
    }
}

/// Says whether a media type is a web page's.
pub(super) fn is_page(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use Says::{Absent, Nothing, Present};
        use Thing::{Blob, Manifest, Referrers, Tags};
        for thing in [Manifest, Tags, Referrers, Blob] {
            assert_eq!(answer(thing, "GET", 200, None), Present, "{thing:?}");
            for status in [404, 410] {
                assert_eq!(answer(thing, "GET", status, None), Absent, "{thing:?} {status}");
            }
            for status in [302, 401, 403, 408, 429, 500, 502, 503, 504] {
                assert_eq!(answer(thing, "GET", status, None), Nothing, "{thing:?} {status}");
            }
            let unknown = if thing == Referrers { Absent } else { Nothing };
            for status in [400, 405, 406, 501] {
                assert_eq!(answer(thing, "GET", status, None), unknown, "{thing:?} {status}");
            }
        }
        for status in [400, 401, 403, 404, 405, 410, 429, 500, 501, 502, 503] {
            assert_eq!(answer(Manifest, "HEAD", status, None), Nothing, "{status}");
        }
        assert_eq!(answer(Blob, "HEAD", 404, None), Absent);
        let page = Some("text/html; charset=utf-8");
        for (thing, wanted) in [(Manifest, Nothing), (Tags, Nothing), (Referrers, Nothing), (Blob, Present)] {
            assert_eq!(answer(thing, "GET", 200, page), wanted, "{thing:?}");
        }
    }
}
