use super::*;

const SERVERS: [Server; 3] = [Server::Nginx, Server::Caddy, Server::Apache];

fn site(root: &str) -> Site {
    Site { root: root.into(), address: "127.0.0.1:5000".parse().expect("an address"), tls: None }
}

#[test]
fn nothing_is_left_of_the_template() {
    for server in SERVERS {
        for tls in [None, Some(Tls { certificate: "/c/%ROOT%.pem".into(), key: "/c/k.pem".into() })] {
            let text = server.configuration(&Site { tls, ..site("/srv/%NAME%") }).expect("a configuration");
            let text = text.replace("/srv/%NAME%", "").replace("/c/%ROOT%.pem", "");
            for word in ["ROOT%", "LISTEN%", "BIND%", "TLS%", "MODULES%", "NAME%", "TAG%", "DIGEST%"] {
                assert!(!text.contains(&format!("%{word}")), "{server:?}: {word}");
            }
        }
    }
}

#[test]
fn addresses() {
    let lines = |server: Server, address: &str, tls: bool| {
        let tls = tls.then(|| Tls { certificate: "/c".into(), key: "/k".into() });
        let site = Site { address: address.parse().expect("an address"), tls, ..site("/t") };
        server.configuration(&site).expect("a configuration")
    };
    for (server, address, tls, line) in [
        (Server::Nginx, "[::1]:80", false, "\n  listen [::1]:80;\n"),
        (Server::Nginx, "0.0.0.0:443", true, "\n  listen 0.0.0.0:443 ssl;\n  ssl_certificate \"/c\";\n"),
        (Server::Caddy, "[::1]:80", false, "\nhttp://:80 {\n  bind ::1\n  root"),
        (Server::Caddy, "0.0.0.0:443", true, "\nhttps://:443 {\n  bind 0.0.0.0\n  tls \"/c\" \"/k\"\n"),
        (Server::Apache, "[::1]:80", false, "\nListen [::1]:80\n<VirtualHost [::1]:80>\n  DocumentRoot"),
        (Server::Apache, "0.0.0.0:443", true, "\n  SSLEngine On\n  SSLCertificateFile \"/c\"\n"),
    ] {
        let text = lines(server, address, tls);
        assert!(text.contains(line), "{server:?} {line:?}: {text}");
    }
}

#[test]
fn paths_cannot_break_out() {
    let refused = [
        "relative",
        "/a\nb",
        "/a\tb",
        "/a\u{7f}",
        "/a\"; } evil { \"",
        "/a\\",
        "/$document_root",
        "/{env.HOME}",
        "/a`b",
        "/a*",
        "/a?b",
        "/[a]",
        "/<a>",
        "/a|b",
        "/a^b",
    ];
    for server in SERVERS {
        for path in refused {
            assert!(server.configuration(&site(path)).is_err(), "{server:?} {path:?}");
            for (certificate, key) in [(path, "/k"), ("/c", path)] {
                let tls = Some(Tls { certificate: certificate.into(), key: key.into() });
                assert!(server.configuration(&Site { tls, ..site("/t") }).is_err(), "{server:?} {path:?}");
            }
        }
        let odd = "/srv/t ree#;'%h&(~ü@";
        assert!(server.configuration(&site(odd)).expect("a configuration").contains(&format!("\"{odd}")));
    }
}
