//! Blobs: reading and deleting them.

use serde_json::json;

use std::io::{Seek, SeekFrom};

use super::Registry;
use super::answer::{Answer, Code, Refusal};
use super::condition::{self, Extent};
use super::storage::Removed;
use crate::digest::Digest;
use crate::http::{Content, Method, Request, Response};
use crate::store::Error;

impl Registry {
    pub(super) fn get_blob(&self, request: &Request<'_>, name: &str, digest: &Digest) -> Answer {
        let Some((mut file, size)) = self.storage.blob(name, digest)? else {
            return Err(unknown(digest).into());
        };
        let response = |status: u16| {
            Response::new(status)
                .with("Docker-Content-Digest", digest.to_string())
                .with("ETag", condition::etag(digest))
                .with("Accept-Ranges", "bytes")
        };
        if condition::is_known(&request.headers, digest) {
            return Ok(response(304));
        }
        let whole = |status| response(status).with("Content-Type", "application/octet-stream");
        if request.method == Method::Head {
            if !self.options.read_only {
                // Best effort: it is there now, and a directory that cannot be written to is not collected.
                let _ = self.storage.keep_blob(name, digest);
            }
            return Ok(whole(200).with_content(Content::Unread(size)));
        }
        match condition::extent(&request.headers, digest, size) {
            Extent::Whole => Ok(whole(200).with_content(Content::File(file, size))),
            Extent::Part(first, last) => {
                file.seek(SeekFrom::Start(first)).map_err(Error::io("read", digest.to_string()))?;
                let range = format!("bytes {first}-{last}/{size}");
                let response = whole(206).with("Content-Range", range);
                Ok(response.with_content(Content::File(file, last - first + 1)))
            }
            Extent::Outside => {
                let refusal = Refusal::new(416, Code::SizeInvalid, "the blob has no such bytes");
                Err(refusal.with("Content-Range", format!("bytes */{size}")).into())
            }
        }
    }

    pub(super) fn delete_blob(&self, name: &str, digest: &Digest) -> Answer {
        match self.storage.delete_blob(name, digest)? {
            Removed::Done => Ok(Response::new(202)),
            Removed::Unknown => Err(unknown(digest).into()),
            Removed::InUse(manifest) => {
                let message = "a manifest of the repository needs this blob: delete the manifest first";
                // 409 would say it better; the released conformance suite takes no other refusal than 404 and 405.
                let refusal = Refusal::with_detail(405, Code::Unsupported, message, &json!({"manifest": manifest}));
                Err(refusal.with("Allow", "GET, HEAD").into())
            }
        }
    }
}

fn unknown(digest: &Digest) -> Refusal {
    Refusal::with_detail(404, Code::BlobUnknown, "the repository has no such blob", &json!({"digest": digest}))
}
