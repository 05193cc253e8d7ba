//! What registries do otherwise.

/// One thing that a registry does in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manner {
    /// Tokens by Bearer, for reading without a login too.
    Tokens,
    /// Basic for everything.
    Basic,
    /// Strangers are told 404, and the method at `/v2/` alone.
    HidesFromStrangers,
    /// Downloads lead to another host, which takes no login.
    RedirectsBlobs,
    /// The first request for each manifest is too many.
    LimitsRate,
    /// HEAD of a manifest is 404.
    HeadIsAbsent,
    /// The list of tags comes by pages.
    PagesTags,
    /// A repository without tags has no list of tags.
    NoTagsNoList,
    /// No list of referrers: 404.
    NoReferrers,
    /// A request for referrers leads to a page for people.
    ReferrersArePage,
    /// Pushes are answered with `OCI-Subject`, but there is no list of referrers.
    ClaimsReferrers,
    /// `sha256-HEX` as a tag is `sha256:HEX` itself.
    DashIsColon,
    /// Nothing is deleted: 405.
    NoDelete,
    /// Nothing is deleted: 404 for what is there.
    DeleteIsAbsent,
    /// Deleting by tag is 405.
    NoTagDelete,
    /// A manifest that has tags is not deleted by its digest.
    TagsFirst,
    /// A push makes no repository.
    RepositoriesAreMade,
    /// A manifest whose blobs are missing is 404.
    MissingBlobIsAbsent,
    /// Ranges without an end are 416.
    NoOpenRanges,
    /// No blob is mounted: an upload is begun.
    NoMounts,
    /// One POST with a blob begins an upload.
    NoSinglePost,
    /// What is absent has a code of its own.
    OwnCodes,
}

use Manner::*;

impl Manner {
    /// Every manner.
    pub(super) const ALL: [Manner; 22] = [
        Tokens,
        Basic,
        HidesFromStrangers,
        RedirectsBlobs,
        LimitsRate,
        HeadIsAbsent,
        PagesTags,
        NoTagsNoList,
        NoReferrers,
        ReferrersArePage,
        ClaimsReferrers,
        DashIsColon,
        NoDelete,
        DeleteIsAbsent,
        NoTagDelete,
        TagsFirst,
        RepositoriesAreMade,
        MissingBlobIsAbsent,
        NoOpenRanges,
        NoMounts,
        NoSinglePost,
        OwnCodes,
    ];

    /// Says what it is, for a table.
    pub(super) fn described(self) -> &'static str {
        match self {
            Tokens => "wants a token for everything, and gives one for reading to everybody",
            Basic => "wants a login by Basic for everything",
            HidesFromStrangers => "answers strangers with 404; only `/v2/` says that a login helps",
            RedirectsBlobs => "sends downloads to another host, which refuses requests with a login",
            LimitsRate => "answers 429 with `Retry-After` when it is asked too often",
            HeadIsAbsent => "answers HEAD of a manifest with 404 where GET gives it",
            PagesTags => "lists tags by pages, with a `Link` to the next",
            NoTagsNoList => "has no list of tags for a repository without tags: 404",
            NoReferrers => "has no list of referrers: 404",
            ReferrersArePage => "leads from the list of referrers to a page for people",
            ClaimsReferrers => "answers a push with `OCI-Subject` and has no list of referrers",
            DashIsColon => "takes the tag `sha256-HEX` for the digest",
            NoDelete => "deletes nothing by this API: 405",
            DeleteIsAbsent => "deletes nothing by this API: 404 for what is there",
            NoTagDelete => "deletes by digest only: 405 for a tag",
            TagsFirst => "deletes no manifest that has tags: 400",
            RepositoriesAreMade => "takes pushes only to repositories that somebody has made: 404",
            MissingBlobIsAbsent => "answers 404 to a manifest whose blobs are missing",
            NoOpenRanges => "answers 416 to a range without an end",
            NoMounts => "mounts no blobs and begins an upload instead: 202",
            NoSinglePost => "takes no blob in the body of one POST and begins an upload instead: 202",
            OwnCodes => "has codes of its own (`NOT_FOUND`) for what is absent",
        }
    }
}
