//! A client that asks once, believes the first answer and knows no second way, and what each manner makes of it.

use serde_json::Value;

use super::fake::Zoo;
use super::manners::Manner::{self, *};
use crate::support::fixture;
use crate::support::http::{Client, Response};
use crate::support::scene::Folder;

/// Asks a registry that has `app` with three tags, the image `digest`, and a referrer to it.
struct Naive {
    client: Client,
    digest: String,
    layer: String,
}

impl Naive {
    fn is_ok(&self, response: &Response) -> bool {
        (200..300).contains(&response.status)
    }

    /// Finds the digest with one HEAD.
    fn digest(&self) -> bool {
        let response = self.client.head("/v2/app/manifests/v1");
        response.status == 200 && response.header("docker-content-digest") == Some(&self.digest)
    }

    /// Downloads a blob, with its login for whoever is asked.
    fn blob(&self, range: Option<&str>) -> bool {
        let client = range.map_or(self.client.clone(), |range| self.client.clone().with("Range", range));
        let response = client.get(&format!("/v2/app/blobs/{}", self.layer));
        match response.header("location").and_then(|location| location.split_once("/cdn/")) {
            Some((_, rest)) => self.is_ok(&client.basic("me", "secret").get(&format!("/cdn/{rest}"))),
            None => self.is_ok(&response),
        }
    }

    /// Takes the first page for the list.
    fn tags(&self) -> bool {
        let response = self.client.get("/v2/app/tags/list");
        response.status == 200 && response.json()["tags"].as_array().is_some_and(|tags| tags.len() == 3)
    }

    /// Asks for the list of tags before it works in a repository of digests.
    fn works_without_tags(&self) -> bool {
        self.is_ok(&self.client.get("/v2/untagged/tags/list"))
    }

    /// Believes the list of referrers, else the index under the tag, whatever it is.
    fn referrers(&self) -> bool {
        let is_list = |response: &Response, wanted: usize| {
            let value: Option<Value> = serde_json::from_slice(&response.body).ok();
            value.is_some_and(|value| value["manifests"].as_array().is_some_and(|entries| entries.len() == wanted))
        };
        let response = self.client.get(&format!("/v2/app/referrers/{}", self.digest));
        is_list(&response, 0)
    }

    /// Takes whatever the tag of referrers names for their list.
    fn referrers_by_tag(&self) -> bool {
        self.client.get(&format!("/v2/app/manifests/{}", self.digest.replace(':', "-"))).status == 404
    }

    /// Believes `OCI-Subject`: what is attached is then listed.
    fn attaches(&self) -> bool {
        let blob = b"{}";
        let empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        self.push_blob("app", empty, blob);
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let config = serde_json::json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2});
        let subject = serde_json::json!({"mediaType": kind, "digest": self.digest, "size": 1});
        let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": kind, "artifactType": "application/x", "config": config, "layers": [config], "subject": subject});
        let bytes = manifest.to_string();
        let pushed = self.client.put(
            &format!("/v2/app/manifests/{}", crate::support::layout::sha256(bytes.as_bytes())),
            kind,
            bytes.as_bytes(),
        );
        let listed = self.client.get(&format!("/v2/app/referrers/{}", self.digest));
        pushed.header("oci-subject").is_none() || listed.status == 200
    }

    fn push_blob(&self, repository: &str, digest: &str, bytes: &[u8]) -> bool {
        let begun = self.client.post(&format!("/v2/{repository}/blobs/uploads/"), &[]);
        let Some(location) = begun.header("location") else {
            return false;
        };
        self.is_ok(&self.client.put(&format!("{location}?digest={digest}"), "application/octet-stream", bytes))
    }

    fn pushes_to_a_new_repository(&self) -> bool {
        self.push_blob("new", &crate::support::layout::sha256(b"x"), b"x")
    }

    /// Says "not found" of whatever is 404, in a push too.
    fn tells_a_failed_push(&self) -> bool {
        let manifest = serde_json::json!({"config": {"digest": "sha256:00"}}).to_string();
        self.client
            .put("/v2/app/manifests/v9", "application/vnd.oci.image.manifest.v1+json", manifest.as_bytes())
            .status
            != 404
    }

    /// Mounts, and takes any success for a mount.
    fn mounts(&self) -> bool {
        self.client.post(&format!("/v2/other/blobs/uploads/?mount={}&from=app", self.layer), &[]);
        self.is_ok(&self.client.head(&format!("/v2/other/blobs/{}", self.layer)))
    }

    /// Sends a blob with the POST and takes any success for it.
    fn posts(&self) -> bool {
        let digest = crate::support::layout::sha256(b"x");
        let sent = self.client.post(&format!("/v2/app/blobs/uploads/?digest={digest}"), b"x");
        self.is_ok(&sent) && self.is_ok(&self.client.head(&format!("/v2/app/blobs/{digest}")))
    }

    fn deletes(&self, reference: &str) -> bool {
        self.is_ok(&self.client.delete(&format!("/v2/app/manifests/{reference}")))
    }

    /// Knows a missing manifest by the specification's code.
    fn knows_absence(&self) -> bool {
        let response = self.client.get("/v2/app/manifests/v9");
        response.json()["errors"][0]["code"] == "MANIFEST_UNKNOWN"
    }

    /// Does what a manner is about.
    fn copes(&self, manner: Manner) -> bool {
        match manner {
            Tokens | Basic | HidesFromStrangers | LimitsRate | HeadIsAbsent => self.digest(),
            RedirectsBlobs => self.blob(None),
            NoOpenRanges => self.blob(Some("bytes=3-")),
            PagesTags => self.tags(),
            NoTagsNoList => self.works_without_tags(),
            NoReferrers | ReferrersArePage => self.referrers(),
            ClaimsReferrers => self.attaches(),
            DashIsColon => self.referrers_by_tag(),
            NoDelete | DeleteIsAbsent | NoTagDelete | TagIsNoDigest => self.deletes("v1"),
            TagsFirst => self.deletes(&self.digest),
            RepositoriesAreMade => self.pushes_to_a_new_repository(),
            MissingBlobIsAbsent => self.tells_a_failed_push(),
            NoMounts => self.mounts(),
            NoSinglePost => self.posts(),
            NoCatalog => self.is_ok(&self.client.get("/v2/_catalog")),
            OwnCodes => self.knows_absence(),
        }
    }
}

/// A manner that a naive client copes with is none that this zoo should show; without the manner the same client does all of it.
#[test]
fn a_naive_client_fails_on_each_manner() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    image.tag_parts();
    let copes = |manners: &[Manner], with: Manner| {
        let zoo = Zoo::start(manners);
        zoo.seed(&image.dir, "app");
        zoo.tag_again("app", "v1", "v2");
        zoo.seed(&image.dir, "untagged");
        zoo.untag("untagged");
        let client = Client::new(&zoo.host());
        let naive = Naive { client, digest: image.digest.clone(), layer: image.parts[0].layers[0].clone() };
        naive.copes(with)
    };
    for &manner in Manner::ALL {
        assert!(copes(&[], manner), "{manner:?}: the plain registry");
        assert!(!copes(&[manner], manner), "{manner:?}: the naive client copes with it");
    }
}
