//! Which registry has which manners, and where each is documented or was reported.

use super::manners::Manner::{self, *};

/// A registry that people use.
pub(super) struct Profile {
    pub(super) name: &'static str,
    /// Each with its reference.
    pub(super) manners: &'static [(Manner, &'static str)],
    /// Verbs that cannot do all here, with why: the registry's doing.
    pub(super) degraded: &'static [(&'static str, &'static str)],
}

impl Profile {
    /// Lists the manners alone.
    pub(super) fn manners(&self) -> Vec<Manner> {
        self.manners.iter().map(|(manner, _)| *manner).collect()
    }
}

const NO_DELETE: (&str, &str) = ("delete", "the registry deletes nothing by this API");
const NO_CATALOG: (&str, &str) = ("catalog", "the registry has no list of its repositories by this API");
const HUB_CATALOG: &str = "https://github.com/docker/hub-feedback/issues/2094";
const MADE: (&str, &str) =
    ("push to a new repository", "the registry takes pushes only to repositories that somebody has made");

/// Where distribution's token protocol is described, with Docker Hub as the example.
const TOKENS: &str = "https://distribution.github.io/distribution/spec/auth/token/";
const ECR_LOGIN: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html";
const ECR_BUCKET: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html";
const ECR_PUSH: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-ecr-image.html";
/// The path of `registry.gitlab.com` to a list of referrers, in three requests.
const GITLAB: &str = "https://github.com/oras-project/oras-go/issues/1396";
const HARBOR: &str = "https://github.com/containers/image/issues/2203";
/// What distribution 3 answers, and what the versions before it do.
const TAG_DELETE: &str = "https://github.com/distribution/distribution/pull/3174";
const CRANE: &str = "https://github.com/google/go-containerregistry/blob/main/pkg/registry/blobs.go";
const CRANE_REFERRERS: &str = "https://github.com/google/go-containerregistry/blob/main/pkg/registry/registry.go";

/// Every profile. What is deployed differs by version and configuration; a profile has what its references say, and else follows the
/// specification.
pub(super) const PROFILES: &[Profile] = &[
    Profile {
        name: "Docker Hub",
        manners: &[
            (Tokens, TOKENS),
            (RedirectsBlobs, "https://docs.docker.com/desktop/setup/allow-list/"),
            (LimitsRate, "https://docs.docker.com/docker-hub/usage/pulls/"),
            (NoDelete, "https://github.com/docker/hub-feedback/issues/2360"),
            (NoCatalog, HUB_CATALOG),
        ],
        degraded: &[NO_DELETE, NO_CATALOG],
    },
    // Lists of referrers came in 2025: https://github.com/awslabs/soci-snapshotter/issues/1828
    Profile {
        name: "Docker Hub in 2024",
        manners: &[
            (Tokens, TOKENS),
            (RedirectsBlobs, "https://docs.docker.com/desktop/setup/allow-list/"),
            (LimitsRate, "https://docs.docker.com/docker-hub/usage/pulls/"),
            (NoReferrers, "https://github.com/docker/roadmap/issues/724"),
            (NoDelete, "https://github.com/docker/hub-feedback/issues/2360"),
            (NoCatalog, HUB_CATALOG),
        ],
        degraded: &[NO_DELETE, NO_CATALOG],
    },
    Profile {
        name: "GHCR",
        manners: &[
            (Tokens, "https://github.com/orgs/community/discussions/204710"),
            (ReferrersArePage, "https://github.com/artifacthub/hub/issues/4785"),
            (NoDelete, "https://github.com/podman-container-tools/skopeo/issues/1880"),
            (NoCatalog, "https://github.com/oras-project/oras-go/issues/621"),
        ],
        degraded: &[NO_DELETE, NO_CATALOG],
    },
    Profile {
        name: "GitLab",
        manners: &[
            (Tokens, GITLAB),
            (RedirectsBlobs, "https://docs.gitlab.com/administration/packages/container_registry/"),
            (NoReferrers, GITLAB),
            (DashIsColon, GITLAB),
        ],
        degraded: &[(
            "attach",
            "the tag that would list referrers cannot be used: the registry takes it for the subject's digest",
        )],
    },
    Profile {
        name: "Gitea, Forgejo",
        manners: &[(Tokens, "https://github.com/go-gitea/gitea/blob/main/routers/api/packages/container/container.go")],
        degraded: &[],
    },
    Profile {
        name: "Quay",
        manners: &[(Tokens, "https://github.com/opencontainers/distribution-spec/pull/563")],
        degraded: &[],
    },
    Profile {
        name: "Quay before 3.12",
        manners: &[
            (Tokens, "https://github.com/opencontainers/distribution-spec/pull/563"),
            (NoReferrers, "https://github.com/quay/quay/pull/2597"),
        ],
        degraded: &[],
    },
    Profile {
        name: "Harbor 2.5",
        manners: &[
            (Tokens, HARBOR),
            (OwnCodes, "https://github.com/goharbor/harbor/pull/16516"),
            (NoReferrers, "https://github.com/goharbor/harbor/releases/tag/v2.9.0"),
        ],
        degraded: &[],
    },
    Profile {
        name: "Harbor 2.12",
        manners: &[(Tokens, HARBOR), (OwnCodes, "https://github.com/goharbor/harbor/pull/23637")],
        degraded: &[],
    },
    Profile {
        name: "Artifactory",
        manners: &[(HidesFromStrangers, "https://github.com/gradle/gradle/issues/4740")],
        degraded: &[],
    },
    Profile {
        name: "Nexus",
        manners: &[
            (Basic, "https://help.sonatype.com/en/docker-authentication.html"),
            (HeadIsAbsent, "https://github.com/andrey-pohilko/registry-cli/issues/14"),
        ],
        degraded: &[],
    },
    Profile {
        name: "ECR",
        manners: &[(Basic, ECR_LOGIN), (RedirectsBlobs, ECR_BUCKET), (RepositoriesAreMade, ECR_PUSH)],
        degraded: &[MADE],
    },
    Profile {
        name: "ECR in 2024",
        manners: &[
            (Basic, ECR_LOGIN),
            (RedirectsBlobs, ECR_BUCKET),
            (RepositoriesAreMade, ECR_PUSH),
            (ClaimsReferrers, "https://github.com/sigstore/sigstore-js/pull/1183"),
        ],
        degraded: &[MADE],
    },
    Profile {
        name: "ECR in 2021",
        manners: &[
            (Basic, ECR_LOGIN),
            (RedirectsBlobs, ECR_BUCKET),
            (RepositoriesAreMade, ECR_PUSH),
            (DeleteIsAbsent, "https://github.com/aws/containers-roadmap/issues/1229"),
        ],
        degraded: &[MADE, NO_DELETE],
    },
    Profile {
        name: "ACR",
        manners: &[
            (Tokens, "https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md"),
            (RedirectsBlobs, "https://github.com/Azure/acr/issues/217"),
        ],
        degraded: &[],
    },
    Profile {
        name: "Google Artifact Registry",
        manners: &[(TagsFirst, "https://github.com/enix/kube-image-keeper/issues/636")],
        degraded: &[],
    },
    Profile {
        name: "Pulp in 2022",
        manners: &[(NoSinglePost, "https://github.com/pulp/pulp_container/pull/810")],
        degraded: &[],
    },
    Profile {
        name: "distribution 2.8",
        manners: &[
            (NoReferrers, "https://github.com/google/go-containerregistry/issues/1647"),
            (TagIsNoDigest, TAG_DELETE),
            (NoSinglePost, "https://github.com/distribution/distribution/issues/1170"),
        ],
        degraded: &[],
    },
    Profile {
        name: "distribution 3",
        manners: &[
            (NoTagsNoList, "https://github.com/distribution/distribution/issues/4324"),
            (NoTagDelete, TAG_DELETE),
            (MissingBlobIsAbsent, "https://github.com/distribution/distribution/blob/v3.0.0/registry/api/v2/errors.go"),
            (NoReferrers, "https://github.com/distribution/distribution/blob/v3.0.0/registry/api/v2/descriptors.go"),
        ],
        degraded: &[],
    },
    Profile {
        name: "zot",
        manners: &[(PagesTags, "https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags")],
        degraded: &[],
    },
    Profile { name: "olareg", manners: &[], degraded: &[] },
    Profile {
        name: "crane registry serve",
        manners: &[
            (NoReferrers, CRANE_REFERRERS),
            (NoOpenRanges, "https://github.com/anchore/stereoscope/pull/695"),
            (NoMounts, CRANE),
        ],
        degraded: &[],
    },
];
