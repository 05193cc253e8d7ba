//! A real web server: nginx with the configuration that makes a tree of files a registry.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::Client;
use super::oracle::oracle;

/// The response header by which this server is told from another one that took its port.
const MARK: &str = "X-Started-By";

/// A running nginx, killed when dropped.
pub(crate) struct Nginx {
    child: Child,
    port: u16,
    _dir: TempDir,
}

impl Nginx {
    /// Serves a tree; `None` when nginx is not installed.
    pub(crate) fn start(tree: &Path) -> Option<Nginx> {
        let tool = oracle("nginx")?;
        let dir = TempDir::new().expect("making a temporary directory");
        let config = dir.path().join("nginx.conf");
        // A port that was free may be taken before nginx binds it: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            fs::write(&config, configuration(port, dir.path(), tree)).expect("writing into a fresh directory");
            let mut command = tool.command(&["-c", &config.display().to_string(), "-e", "stderr"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("starting nginx");
            if wait_until_up(&mut child, port, &dir.path().display().to_string()) {
                return Some(Nginx { child, port, _dir: dir });
            }
            // It may have ended already, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("nginx did not start");
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have crashed, which a test has noticed by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binding port 0 of 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Polls until this very server answers; whether it does so within 10 s and before it ends.
fn wait_until_up(child: &mut Child, port: u16, mark: &str) -> bool {
    let client = Client::new(&format!("127.0.0.1:{port}")).timeout(Duration::from_secs(1));
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if child.try_wait().expect("asking for the state of a child").is_some() {
            return false;
        }
        if client.try_send("GET", "/v2/", &[]).is_ok_and(|response| response.header(MARK) == Some(mark)) {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Returns a configuration that does not know the images: links say which digest a tag has, and file names which type a manifest.
fn configuration(port: u16, dir: &Path, tree: &Path) -> String {
    CONFIGURATION
        .replace("@PORT@", &port.to_string())
        .replace("@DIR@", &dir.display().to_string())
        .replace("@TREE@", &tree.display().to_string())
}

// One process, so that killing it leaves none behind.
const CONFIGURATION: &str = r#"
daemon off;
master_process off;
pid @DIR@/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy; fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
  map $realpath_root $digest { default ""; "~/(?<d>sha(256:[a-f0-9]{64}|512:[a-f0-9]{128}))$" $d; }
  server {
    listen 127.0.0.1:@PORT@;
    root @TREE@;
    location = /v2/ {
      types {} default_type application/json;
      add_header X-Started-By "@DIR@" always;
      return 200 "{}";
    }
    location ~ "^/v2/(?<name>[a-z0-9._/-]+)/manifests/(?<ref>[A-Za-z0-9_.:-]+)$" {
      root @TREE@/m/$name/$ref;
      try_files /m.oci-index /m.oci-image /m.docker-list /m.docker-image =404;
      types {
        application/vnd.oci.image.index.v1+json oci-index;
        application/vnd.oci.image.manifest.v1+json oci-image;
        application/vnd.docker.distribution.manifest.list.v2+json docker-list;
        application/vnd.docker.distribution.manifest.v2+json docker-image;
      }
      add_header Docker-Content-Digest $digest;
    }
    location ~ "^/v2/[a-z0-9._/-]+/blobs/sha(256:[a-f0-9]{64}|512:[a-f0-9]{128})$" {
      types {} default_type application/octet-stream;
    }
    location ~ "^/v2/[a-z0-9._/-]+/tags/list$" { types {} default_type application/json; }
    location ~ "^/v2/[a-z0-9._/-]+/referrers/sha(256:[a-f0-9]{64}|512:[a-f0-9]{128})$" {
      types {} default_type application/vnd.oci.image.index.v1+json;
      try_files $uri /_empty-referrers;
    }
    location = /_empty-referrers { internal; types {} default_type application/vnd.oci.image.index.v1+json; }
    location / { return 404; }
  }
}
"#;
