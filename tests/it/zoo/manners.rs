//! What registries do otherwise.

/// Makes the manners, each with what it is, for a table.
macro_rules! manners {
    ($($name:ident = $described:literal;)*) => {
        /// One thing that a registry does in its own way.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Manner {
            $($name,)*
        }

        impl Manner {
            /// Every manner.
            pub(super) const ALL: &'static [Manner] = &[$(Manner::$name,)*];

            /// Says what it is.
            pub(super) fn described(self) -> &'static str {
                match self {
                    $(Manner::$name => $described,)*
                }
            }
        }
    };
}

manners! {
    Tokens = "wants a token for everything, and gives one for reading to everybody";
    Basic = "wants a login by Basic for everything";
    HidesFromStrangers = "answers strangers with 404; only `/v2/` says that a login helps";
    RedirectsBlobs = "sends downloads to another host, which refuses requests with a login";
    LimitsRate = "answers 429 with `Retry-After` when it is asked too often";
    HeadIsAbsent = "answers HEAD of a manifest with 404 where GET gives it";
    PagesTags = "lists tags by pages, with a `Link` to the next";
    NoTagsNoList = "has no list of tags for a repository without tags: 404";
    NoReferrers = "has no list of referrers: 404";
    ReferrersArePage = "leads from the list of referrers to a page for people";
    ClaimsReferrers = "answers a push with `OCI-Subject` and has no list of referrers";
    DashIsColon = "takes the tag `sha256-HEX` for the digest";
    NoDelete = "deletes nothing by this API: 405";
    DeleteIsAbsent = "deletes nothing by this API: 404 for what is there";
    NoTagDelete = "deletes by digest only: 405 for a tag";
    TagIsNoDigest = "deletes by digest only: 400 for a tag, with `DIGEST_INVALID`";
    TagsFirst = "deletes no manifest that has tags: 400";
    RepositoriesAreMade = "takes pushes only to repositories that somebody has made: 404";
    MissingBlobIsAbsent = "answers 404 to a manifest whose blobs are missing";
    NoOpenRanges = "answers 416 to a range without an end";
    NoMounts = "mounts no blobs and begins an upload instead: 202";
    NoSinglePost = "takes no blob in the body of one POST and begins an upload instead: 202";
    NoCatalog = "has no list of its repositories: 401, whoever asks";
    OwnCodes = "has codes of its own (`NOT_FOUND`) for what is absent";
}
