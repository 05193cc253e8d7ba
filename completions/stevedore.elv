
use builtin;
use str;

set edit:completion:arg-completer[stevedore] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'stevedore'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'stevedore'= {
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand copy 'Copy an image between any two places'
            cand sync 'Copy the images that a file lists'
            cand inspect 'Show what an image is made of'
            cand digest 'Print the digest of an image''s manifest, by one HEAD at a registry'
            cand tags 'List the tags of a repository, a layout or an archive, in its own order'
            cand list-tags 'List the tags of a repository, a layout or an archive, in its own order'
            cand delete 'Remove a tag and leave its siblings alone, or remove a manifest by digest'
            cand gc 'Remove the blobs of a layout that no name needs, and what killed processes left'
            cand deploy 'Put images into a directory that any web server can serve as a registry'
            cand login 'Log in to a registry'
            cand logout 'Forget the login of a registry'
            cand auth 'Show how a registry is reached and which login is used'
            cand completions 'Print the completion script for a shell'
            cand man 'Write the manual pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stevedore;copy'= {
            cand --platform 'Copy this platform; several make an index with only these'
            cand -f 'Convert to these media types'
            cand --format 'Convert to these media types'
            cand --compress 'Recompress the layers'
            cand --compression-level 'The compressor''s level'
            cand --additional-tag 'Give the manifest this name at the destination too'
            cand --digestfile 'Write the digest into this file'
            cand --authfile 'Look for credentials in this file only, on both sides'
            cand -j 'Transfer so many blobs at a time'
            cand --jobs 'Transfer so many blobs at a time'
            cand --scratch 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]'
            cand --src-creds 'Log in with this name and password'
            cand --src-registry-token 'Send this bearer token as it is'
            cand --src-authfile 'Look for credentials in this file only'
            cand --src-tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --src-cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --dest-creds 'Log in with this name and password'
            cand --dest-registry-token 'Send this bearer token as it is'
            cand --dest-authfile 'Look for credentials in this file only'
            cand --dest-tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --dest-cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand -a 'Copy every platform, the index as it is'
            cand --all 'Copy every platform, the index as it is'
            cand --preserve-digests 'Fail rather than change a manifest'
            cand --check-tag 'Fail unless the tag beside the source''s digest names that very digest'
            cand --include-external 'Fetch nondistributable layers too, from their own URLs if need be'
            cand --referrers 'Copy signatures, attestations, SBOMs and whatever else refers to the image, too'
            cand -n 'Print what would be written, and write nothing'
            cand --dry-run 'Print what would be written, and write nothing'
            cand --no-resume 'Start over: use nothing that an interrupted run left, and remove it'
            cand --src-no-creds 'Use no credentials, whatever files hold'
            cand --dest-no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;sync'= {
            cand --authfile 'Look for credentials in this file only, on both sides'
            cand -j 'Transfer so many blobs at a time'
            cand --jobs 'Transfer so many blobs at a time'
            cand --scratch 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]'
            cand --src-creds 'Log in with this name and password'
            cand --src-registry-token 'Send this bearer token as it is'
            cand --src-authfile 'Look for credentials in this file only'
            cand --src-tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --src-cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --dest-creds 'Log in with this name and password'
            cand --dest-registry-token 'Send this bearer token as it is'
            cand --dest-authfile 'Look for credentials in this file only'
            cand --dest-tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --dest-cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --scoped 'Below DESTINATION, name images by the registry and whole path that they come from'
            cand --fail-fast 'Begin no more images after the first failure'
            cand --prune 'Remove tags that the repositories no longer have, for lines with every tag; tags of digests (sha256-…) stay'
            cand --referrers 'Take signatures, SBOMs and whatever else refers to the images along, for every line'
            cand -n 'Print what would be copied and removed, and write nothing'
            cand --dry-run 'Print what would be copied and removed, and write nothing'
            cand --no-resume 'Start over: use nothing that an interrupted run left, and remove it'
            cand --src-no-creds 'Use no credentials, whatever files hold'
            cand --dest-no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;inspect'= {
            cand --platform 'Look at the image for this platform'
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --raw 'Print the manifest, byte for byte'
            cand --config 'Print the config, byte for byte; of an index, that of --platform or of this host''s platform'
            cand --digest 'Print the digest, by one HEAD at a registry'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;digest'= {
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;tags'= {
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;list-tags'= {
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;delete'= {
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand -y 'Remove the manifest and the tags that name it'
            cand --yes 'Remove the manifest and the tags that name it'
            cand -n 'Tell what would be removed, and remove nothing'
            cand --dry-run 'Tell what would be removed, and remove nothing'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;gc'= {
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand -n 'Tell what would be removed, and remove nothing'
            cand --dry-run 'Tell what would be removed, and remove nothing'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;deploy'= {
            cand --name 'The repository in the tree, with a tag if there is one image [default: as the source says]'
            cand --server 'Make a configuration for this server'
            cand --config 'Write the configuration into this file'
            cand --addr 'Where the server listens'
            cand --tls-cert 'Have the server use https with this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand -j 'Transfer so many blobs at a time'
            cand --jobs 'Transfer so many blobs at a time'
            cand --scratch 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]'
            cand --src-creds 'Log in with this name and password'
            cand --src-registry-token 'Send this bearer token as it is'
            cand --src-authfile 'Look for credentials in this file only'
            cand --src-tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --src-cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: as in copy]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand -a 'Deploy every platform, the index as it is'
            cand --all 'Deploy every platform, the index as it is'
            cand --referrers 'Deploy what refers to the images, too: signatures, SBOMs'
            cand --prune 'Remove all other repositories and tags, and the manifests and blobs that nothing needs then'
            cand --no-resume 'Start over: use nothing that an interrupted run left, and remove it'
            cand --src-no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;login'= {
            cand -u 'The name; asked for if not given'
            cand --username 'The name; asked for if not given'
            cand -p 'The password; better read from standard input, where other users of the machine do not see it'
            cand --password 'The password; better read from standard input, where other users of the machine do not see it'
            cand --authfile 'Keep the login in this file'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --password-stdin 'Read the password from standard input'
            cand --get-login 'Print the name that is logged in, and ask nothing'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;logout'= {
            cand --authfile 'Take it out of this file [default: where login puts it]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;auth'= {
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand explain 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stevedore;auth;explain'= {
            cand --creds 'Log in with this name and password'
            cand --registry-token 'Send this bearer token as it is'
            cand --authfile 'Look for credentials in this file only'
            cand --tls-verify 'Whether TLS with a valid certificate is required; false allows plain http and any certificate'
            cand --cert-dir 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder'
            cand --tls-ca 'Trust the authorities in this PEM file, beside the system''s'
            cand --tls-cert 'Present this certificate (PEM)'
            cand --tls-key 'The certificate''s key (PEM)'
            cand --registries-conf 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]'
            cand --retry-times 'Send a request again this often after a failure that may pass [default: 4]'
            cand --read-timeout 'Give a connection up when it has been silent for so many seconds [default: 30]'
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --no-creds 'Use no credentials, whatever files hold'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;auth;help'= {
            cand explain 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stevedore;auth;help;explain'= {
        }
        &'stevedore;auth;help;help'= {
        }
        &'stevedore;completions'= {
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;man'= {
            cand --progress 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere'
            cand --json 'Print the result as JSON, and errors too'
            cand -q 'Print nothing but the result and errors'
            cand --quiet 'Print nothing but the result and errors'
            cand -v 'Tell of each blob how it got there'
            cand --verbose 'Tell of each blob how it got there'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'stevedore;help'= {
            cand copy 'Copy an image between any two places'
            cand sync 'Copy the images that a file lists'
            cand inspect 'Show what an image is made of'
            cand digest 'Print the digest of an image''s manifest, by one HEAD at a registry'
            cand tags 'List the tags of a repository, a layout or an archive, in its own order'
            cand delete 'Remove a tag and leave its siblings alone, or remove a manifest by digest'
            cand gc 'Remove the blobs of a layout that no name needs, and what killed processes left'
            cand deploy 'Put images into a directory that any web server can serve as a registry'
            cand login 'Log in to a registry'
            cand logout 'Forget the login of a registry'
            cand auth 'Show how a registry is reached and which login is used'
            cand completions 'Print the completion script for a shell'
            cand man 'Write the manual pages into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stevedore;help;copy'= {
        }
        &'stevedore;help;sync'= {
        }
        &'stevedore;help;inspect'= {
        }
        &'stevedore;help;digest'= {
        }
        &'stevedore;help;tags'= {
        }
        &'stevedore;help;delete'= {
        }
        &'stevedore;help;gc'= {
        }
        &'stevedore;help;deploy'= {
        }
        &'stevedore;help;login'= {
        }
        &'stevedore;help;logout'= {
        }
        &'stevedore;help;auth'= {
            cand explain 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry'
        }
        &'stevedore;help;auth;explain'= {
        }
        &'stevedore;help;completions'= {
        }
        &'stevedore;help;man'= {
        }
        &'stevedore;help;help'= {
        }
    ]
    $completions[$command]
}
