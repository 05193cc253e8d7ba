# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_stevedore_global_optspecs
    string join \n json q/quiet v/verbose trace= progress= h/help V/version
end

function __fish_stevedore_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_stevedore_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_stevedore_using_subcommand
    set -l cmd (__fish_stevedore_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c stevedore -n "__fish_stevedore_needs_command" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_needs_command" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_needs_command" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_needs_command" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_needs_command" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_needs_command" -s V -l version -d 'Print version'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "copy" -d 'Copy an image between any two places'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "sync" -d 'Copy the images that a file lists'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "inspect" -d 'Show what an image is made of'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "digest" -d 'Print the digest of an image\'s manifest, by one HEAD at a registry'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "tags" -d 'List the tags of a repository, a layout or an archive, in its own order'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "list-tags" -d 'List the tags of a repository, a layout or an archive, in its own order'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "tag" -d 'Give an image further tags in its repository, without moving a blob'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "validate" -d 'Read and check everything that an image needs, anywhere'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "index" -d 'Make an index of images'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "blob" -d 'Get, put or ask after a single blob'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "manifest" -d 'Get or put a single manifest'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "catalog" -d 'List the repositories of a registry, as far as it shows them'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "build" -d 'Build an image from files'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "ls" -d 'List what is in an image'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "cat" -d 'Print files of an image'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "export" -d 'Write the filesystem of an image as a tar, or as files'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "mutate" -d 'Change an image: its config, annotations, layers, base, or the entries of an index'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "sbom" -d 'List the packages in an image'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "diff" -d 'Show what is different between two images'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "push" -d 'Keep files where images are, as an OCI artifact'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "pull" -d 'Fetch the files of an artifact'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "attach" -d 'Attach files to an image: an SBOM, a report, a licence'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "referrers" -d 'List what refers to an image: signatures, attestations, SBOMs and other artifacts'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "delete" -d 'Remove a tag and leave its siblings alone, or remove a manifest by digest'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "gc" -d 'Remove the blobs that no name needs, and what killed processes left'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "deploy" -d 'Put images into a directory that any web server can serve as a registry'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "keygen" -d 'Make a pair of keys for signing images'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "generate-key-pair" -d 'Make a pair of keys for signing images'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "import-key-pair" -d 'Put a private key of another tool into cosign\'s files'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "public-key" -d 'Print the public key that belongs to a private key'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "sign" -d 'Sign an image, with a key or an identity'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "sign-blob" -d 'Sign a file, with a key or an identity'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "verify" -d 'Verify that an image is signed, with a key or by an identity'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "verify-blob" -d 'Verify that a file is signed, by the bundle beside it'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "attest" -d 'Attest something of an image, with a key or an identity'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "attest-blob" -d 'Attest something of a file, with a key or an identity'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "verify-attestation" -d 'Verify what is attested of an image'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "serve" -d 'Run a registry on a directory'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "login" -d 'Log in to a registry'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "logout" -d 'Forget the login of a registry'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "auth" -d 'Show how a registry is reached and which login is used, or get a token'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "ping" -d 'Show how a registry is reached and what it can do'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "man" -d 'Write the manual pages into a folder'
complete -c stevedore -n "__fish_stevedore_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l platform -d 'Copy this platform; several make an index with only these' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s f -l format -d 'Convert to these media types' -r -f -a "oci\t'OCI image-spec'
docker\t'Docker image manifest version 2, schema 2'"
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l compress -d 'Recompress the layers' -r -f -a "gzip\t'gzip (RFC 1952)'
zstd\t'zstd (RFC 8878)'
none\t'Plain tar'"
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l compression-level -d 'The compressor\'s level' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l additional-tag -d 'Give the manifest this name at the destination too' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l digestfile -d 'Write the digest into this file' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l authfile -d 'Look for credentials in this file only, on both sides' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s a -l all -d 'Copy every platform, the index as it is'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l no-attestations -d 'With --all, leave attestations out; the index of the rest has another digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l force -d 'Look for every part at the destination, though the name is right already, and send what is missing; in files, check the bytes too'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l no-clobber -d 'Fail rather than replace what another image has as its name at the destination; looked at before anything is sent, and again when the name is written'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l preserve-digests -d 'Fail rather than change a manifest'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l check-tag -d 'Fail unless the tag beside the source\'s digest names that very digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l include-external -d 'Fetch nondistributable layers too, from their own URLs if need be'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l referrers -d 'Copy signatures, attestations, SBOMs and whatever else refers to the image, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s n -l dry-run -d 'Print what would be written, and write nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l src-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -l dest-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l authfile -d 'Look for credentials in this file only, on both sides' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l scoped -d 'Below DESTINATION, name images by the registry and whole path that they come from'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l fail-fast -d 'Begin no more images after the first failure'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l no-attestations -d 'Leave attestations out of whole indexes; the index of the rest has another digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l force -d 'Look for every part of each image at the destinations, though the names are right already, and send what is missing; in files, check the bytes too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l no-clobber -d 'Skip images whose names at the destinations other images have'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l prune -d 'Remove tags that the repositories no longer have, for lines with every tag; tags of digests (sha256-…) stay'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l referrers -d 'Take signatures, SBOMs and whatever else refers to the images along, for every line'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -s n -l dry-run -d 'Print what would be copied and removed, and write nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l src-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -l dest-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l platform -d 'Look at the image for this platform' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l raw -d 'Print the manifest, byte for byte'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l config -d 'Print the config, byte for byte; of an index, that of --platform or of this host\'s platform'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l digest -d 'Print the digest, by one HEAD at a registry; with --platform, that of the image for it'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l platform -d 'Take the image for this platform' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand digest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l match -d 'List names that match: a glob (3.*), a regular expression (/^v[0-9]/) or a version requirement (semver:>=1.2,<2); several times for any of them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l exclude -d 'Leave out names that match, whatever --match says' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l sort -d 'Sort by name, natural (v2 before v10) or semver; with a dash before it, from the end, as in -semver for the newest version first [default: as the place has them]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l limit -d 'List no more than the first N of what is left' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l no-digest-tags -d 'Leave out tags that belong to a digest: sha256-… with or without .sig, .att or .sbom'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand tags" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l match -d 'List names that match: a glob (3.*), a regular expression (/^v[0-9]/) or a version requirement (semver:>=1.2,<2); several times for any of them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l exclude -d 'Leave out names that match, whatever --match says' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l sort -d 'Sort by name, natural (v2 before v10) or semver; with a dash before it, from the end, as in -semver for the newest version first [default: as the place has them]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l limit -d 'List no more than the first N of what is left' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l no-digest-tags -d 'Leave out tags that belong to a digest: sha256-… with or without .sig, .att or .sbom'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand list-tags" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand tag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l platform -d 'Check the image for this platform, several times for several [default: all of an index]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l fast -d 'Ask only whether blobs are there and how large they are, and read manifests alone'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -f -a "create" -d 'Make an index of images from any places, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and not __fish_seen_subcommand_from create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s a -l annotation -d 'Annotate the index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l artifact-type -d 'Say that it is an artifact of this type' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l subject -d 'Refer to this manifest, in the same place' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s n -l dry-run -d 'Print the digest of what would be written, and write nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make an index of images from any places, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -f -a "get" -d 'Fetch a blob and check it on the way'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -f -a "put" -d 'Put a file as a blob, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -f -a "head" -d 'Ask whether a blob is there, and print its size'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and not __fish_seen_subcommand_from get put head help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -s o -l output -d 'Write it to this file [default: standard output]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from put" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from help" -f -a "get" -d 'Fetch a blob and check it on the way'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from help" -f -a "put" -d 'Put a file as a blob, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from help" -f -a "head" -d 'Ask whether a blob is there, and print its size'
complete -c stevedore -n "__fish_stevedore_using_subcommand blob; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -f -a "get" -d 'Fetch a manifest, byte for byte, as `inspect --raw` does'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -f -a "put" -d 'Put a manifest as it is, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and not __fish_seen_subcommand_from get put help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l platform -d 'Of an index, take the manifest for this platform' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -s o -l output -d 'Write it to this file [default: standard output]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l media-type -l content-type -d 'Its media type, which a manifest that names one must name too [default: as it says, or as its form is]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from put" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "get" -d 'Fetch a manifest, byte for byte, as `inspect --raw` does'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "put" -d 'Put a manifest as it is, and print its digest'
complete -c stevedore -n "__fish_stevedore_using_subcommand manifest; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l match -d 'List names that match: a glob (3.*), a regular expression (/^v[0-9]/) or a version requirement (semver:>=1.2,<2); several times for any of them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l exclude -d 'Leave out names that match, whatever --match says' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l sort -d 'Sort by name, natural (v2 before v10) or semver; with a dash before it, from the end, as in -semver for the newest version first [default: as the place has them]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l limit -d 'List no more than the first N of what is left' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand catalog" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s o -l output -d 'Where the image goes' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l from -d 'Build on top of this image' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dir -d 'Lay the contents of a directory over everything, as they are' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l add -d 'Add a file, or the contents of a directory, at a path in the image; with a slash behind it, a file goes into it. Links of the base on the way there are followed' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l layer -d 'Add a tar as a layer of its own, bit by bit as it is: plain, gzip or zstd' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l remove -d 'Remove a path of the base' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l exclude -d 'Leave out what matches this pattern, as in .dockerignore' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l exclude-from -d 'Leave out what matches the patterns in this file, as in .dockerignore' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l platform -d 'Build for these platforms, or for "all" that the base has [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l config -d 'Lay the members of an image config in a JSON file over the base\'s' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l entrypoint -d 'Set the entrypoint, an argument each time, or all as a JSON array; [] removes it. Without --cmd the base\'s command goes' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l cmd -d 'Set the command, in the same way' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s e -l env -d 'Set a variable of the environment' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l unset-env -d 'Remove a variable of the environment' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s u -l user -d 'Set the user, as NAME or UID, with a group behind a colon if need be' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s w -l workdir -d 'Set the working directory' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s l -l label -d 'Set a label' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l unset-label -d 'Remove a label' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l expose -d 'Say that the image listens on a port' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l volume -d 'Say that a path holds data' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l stop-signal -d 'Set the signal that ends the container' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l healthcheck -d 'Set the health check: a line for the shell, or a command as a JSON array; none switches the base\'s off' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l health-interval -d 'The time between two health checks, as in 30s, 2m or 500ms' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l health-timeout -d 'The longest that a health check may take' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l health-start-period -d 'The time at the start in which failed health checks do not count' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l health-retries -d 'How many failed health checks in a row make a container unhealthy' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l author -d 'Set the author' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l created -d 'Set when the image was made, as in 2026-01-31T12:00:00Z' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s a -l annotation -d 'Annotate the manifest, and the index where there is one' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s f -l format -d 'Write these media types [default: oci]' -r -f -a "oci\t'OCI image-spec'
docker\t'Docker image manifest version 2, schema 2'"
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l compress -d 'Compress new layers: gzip, zstd or none [default: gzip]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l authfile -d 'Look for credentials in this file only, on both sides' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l keep-owner -d 'Keep the owners that files have here'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l src-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -l dest-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l depth -d 'Show no more than so many levels' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l layer -d 'List the entries of this layer alone, whiteouts included, as its tar has them; the lowest is 0' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l platform -d 'Look into the image for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l cache -d 'Keep the layers of a registry\'s image in this folder, an OCI layout, and take them from there the next time' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -s l -l long -d 'Show type, mode, owner, size, time, and the number of the layer that has it'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -s 0 -l null -d 'Print the paths as they are, each with a NUL behind it'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l tree -d 'Show directories with the size of all that is in them'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l digests -d 'Show the digest of each file\'s content'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l xattrs -d 'Show extended attributes'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l layers -d 'List the layers instead: sizes, hidden bytes, whiteouts, and what made them'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l platform -d 'Look into the image for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l cache -d 'Keep the layers of a registry\'s image in this folder, an OCI layout, and take them from there the next time' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand cat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -s o -l output -d 'Write to this file, or, when it ends with a slash or is a folder, unpack into this new or empty folder; - is standard output' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l layer -d 'Write the tar of this layer alone, as it is, whiteouts included; the lowest is 0' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l platform -d 'Look into the image for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l cache -d 'Keep the layers of a registry\'s image in this folder, an OCI layout, and take them from there the next time' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s t -l to -l tag -d 'Give the new image this name [default: the image\'s own]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l platform -d 'Of an index, change only the images for this platform' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l entrypoint -d 'Set the entrypoint, an argument each time, or all as a JSON array; [] removes it. Without --cmd the base\'s command goes' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l cmd -d 'Set the command, in the same way' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s e -l env -d 'Set a variable of the environment' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l unset-env -d 'Remove a variable of the environment' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s u -l user -d 'Set the user, as NAME or UID, with a group behind a colon if need be' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s w -l workdir -d 'Set the working directory' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s l -l label -d 'Set a label' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l unset-label -d 'Remove a label' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l expose -d 'Say that the image listens on a port' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l volume -d 'Say that a path holds data' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l stop-signal -d 'Set the signal that ends the container' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l healthcheck -d 'Set the health check: a line for the shell, or a command as a JSON array; none switches the base\'s off' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l health-interval -d 'The time between two health checks, as in 30s, 2m or 500ms' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l health-timeout -d 'The longest that a health check may take' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l health-start-period -d 'The time at the start in which failed health checks do not count' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l health-retries -d 'How many failed health checks in a row make a container unhealthy' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l author -d 'Set the author' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l created -d 'Set when the image was made, as in 2026-01-31T12:00:00Z' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l set-platform -d 'Say what the image runs on' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s a -l annotation -d 'Annotate the manifests of the images' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l unset-annotation -d 'Remove an annotation from the manifests of the images' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l edit -d 'Open the config or the manifest in $VISUAL or $EDITOR' -r -f -a "config\t'The config of the image'
manifest\t'The manifest, or the index'"
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l rebase -d 'Put the image, which stands upon OLD, upon NEW; without OLD, its annotations say what it stands upon' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l remove-layer -d 'Remove a layer; the lowest is 0' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l strip -d 'Remove the files that match from the layers, directories with all that is in them; layers without any stay as they are' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l set-time -d 'Set the time of the last change of all files, in seconds since 1970' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l append -d 'Add a tar file as a layer, bit by bit as it is: gzip, zstd or plain; - is standard input' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l squash-last -d 'Make one layer of the N at the top' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l compress -d 'Recompress the layers that are compressed otherwise' -r -f -a "gzip\t'gzip (RFC 1952)'
zstd\t'zstd (RFC 8878)'
none\t'Plain tar'"
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l compression-level -d 'The compressor\'s level; layers are recompressed whatever they are' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l index-annotation -d 'Annotate the index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l unset-index-annotation -d 'Remove an annotation from the index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l index-add -d 'Add an image to the index, or all images of another index; an image becomes an index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l index-remove -d 'Remove entries from the index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l index-filter -d 'Keep only these platforms in the index' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s n -l dry-run -d 'Print the digest of what would be written, and write nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l flatten -d 'Make one layer of all'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand mutate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l format -d 'How the list is written [default: table, with --json json]' -r -f -a "table\t'A line for each package'
json\t'All that is known, as stevedore\'s own JSON'
spdx-json\t'SPDX 2.3'
cyclonedx-json\t'CycloneDX 1.6'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -s o -l output -d 'Write to this file instead of standard output' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l platform -d 'Look into the image for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l cache -d 'Keep the layers of a registry\'s image in this folder, an OCI layout, and take them from there the next time' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l attached -d 'Print the document that travels with the image, or with the index that has it, instead: an attestation or a referrer; with --format of that family'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l first-layer -d 'Show in the table, too, which layer had each package first'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand sbom" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l other-platform -d 'Take the second image for this platform [default: as the first]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l platform -d 'Look into the image for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l cache -d 'Keep the layers of a registry\'s image in this folder, an OCI layout, and take them from there the next time' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l semantic -d 'Pass over times, history, and names: what makes no difference to a running container'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l config -d 'Compare what the configs say, and the manifests\' annotations, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l packages -d 'Compare the packages, too, as sbom lists them: which were added, removed, and have other versions'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l strict -d 'Compare everything: descriptors and media types, and the indexes themselves, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -s a -l annotation -d 'Add this annotation to the manifest' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l annotation-file -d 'Add the annotations in this JSON file: an object for each file by its name, for $manifest and for $config' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l media-type -d 'Give files this media type unless they have one of their own [default: application/vnd.oci.image.layer.v1.tar]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l config -d 'Take this file for the config [default: the empty one]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l timestamp -d 'Say when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l artifact-type -d 'Say what the artifact is: a media type [default: application/vnd.unknown.artifact.v1, or the config\'s type]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s o -l output -d 'Write into this folder; - writes one file to standard output, a folder as it is packed' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l platform -d 'Of an index, pull the artifact for this platform [default: this host\'s]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s k -l keep-old-files -d 'Fail rather than replace a file'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -s a -l annotation -d 'Add this annotation to the manifest' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l annotation-file -d 'Add the annotations in this JSON file: an object for each file by its name, for $manifest and for $config' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l media-type -d 'Give files this media type unless they have one of their own [default: application/vnd.oci.image.layer.v1.tar]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l config -d 'Take this file for the config [default: the empty one]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l timestamp -d 'Say when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l artifact-type -d 'Say what is attached: a media type' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l platform -d 'Attach to the image for this platform [default: to the index, where there is one]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand attach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l artifact-type -d 'Show only what is of this type, with all that refers to it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l depth -d 'Show no more than so many levels [default: all]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l platform -d 'Show what refers to the image for this platform [default: to the index, where there is one]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand referrers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -s y -l yes -d 'Remove the manifest and the tags that name it'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -s n -l dry-run -d 'Tell what would be removed, and remove nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l store -d 'Collect in this directory of serve or registry:2 instead' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l grace -d 'Keep blobs of a registry for so long that no manifest needs yet: a push brings them first' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l upload-age -d 'Remove uploads to a registry that nobody continued for so long' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l follow-links -d 'Follow symbolic links to folders of repositories that lead below this directory (repeatable)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l untagged -d 'Remove manifests of a registry too that have no tag, are in no index that stays and refer to nothing that stays'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l verify -d 'Read all content of a registry again instead, and set aside what has not its digest any more, so that clients push it again'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l allow-empty -d 'Free blobs of a registry that has no repository at all, which is otherwise taken for a volume that is not mounted, or of a layout without index.json'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -l allow-missing -d 'Take manifests that an index of a layout names and that are not there for left out on purpose'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -s n -l dry-run -d 'List what would be removed, and remove nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l name -d 'The repository in the tree, with a tag if there is one image [default: as the source says]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l from-spec -d 'Deploy the images that this file lists, in lines as sync has them, whose destinations are names in the tree; - is standard input' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l server -d 'Make a configuration for this server' -r -f -a "nginx\t'nginx'
caddy\t'Caddy'
apache\t'Apache httpd'
none\t'No configuration'"
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l config -d 'Write the configuration into this file' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l addr -d 'Where the server listens' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l tls-cert -d 'Have the server use https with this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l policy -d 'Use only what this policy accepts, a containers-policy.json; "default" is the one that podman and skopeo read' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -s j -l jobs -d 'Transfer so many blobs at a time' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l scratch -d 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -s a -l all -d 'Deploy every platform, the index as it is'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l referrers -d 'Deploy what refers to the images, too: signatures, SBOMs'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l prune -d 'Remove all other repositories and tags, and the manifests and blobs that nothing needs then'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l no-resume -d 'Start over: use nothing that an interrupted run left, and remove it'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -l src-no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand deploy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -l output-key-prefix -d 'What the names of both files begin with' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -s f -l force -d 'Replace files that exist: what was signed with the old key can then not be signed again'
complete -c stevedore -n "__fish_stevedore_using_subcommand keygen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -l output-key-prefix -d 'What the names of both files begin with' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -s f -l force -d 'Replace files that exist: what was signed with the old key can then not be signed again'
complete -c stevedore -n "__fish_stevedore_using_subcommand generate-key-pair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s k -l key -d 'The private key: a file, or env://NAME for a variable that holds it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s o -l output-key-prefix -d 'What the names of both files begin with' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s f -l force -d 'Replace files that exist'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s y -l yes -d 'Taken, for nothing is asked'
complete -c stevedore -n "__fish_stevedore_using_subcommand import-key-pair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -s k -l key -d 'The private key: a file, or env://NAME for a variable that holds it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand public-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s k -l key -d 'The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l certificate -d 'The key\'s certificate by an authority of one\'s own, in PEM, which goes with the signature' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l certificate-chain -d 'Who issued it, in PEM: from its issuer to the root' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l signature-format -d 'Write in this form [default: both with a key, bundle with an identity]' -r -f -a "classic\t'Under the tag sha256-….sig'
bundle\t'Among the referrers'
both\t'Both'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l timestamp -d 'Say when it was made, in seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l signature-repository -d 'Keep signatures in this repository, and look for them there alone [default: $COSIGN_REPOSITORY, else beside the image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l trusted-root -d 'Sign with an identity in place of a key: what this file says must hold of all that the services answer (sigstore\'s trusted_root.json)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l signing-config -d 'Ask the services that this file names, as cosign does' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l fulcio-url -d 'Ask this authority (Fulcio) for the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l rekor-url -d 'Record the signature in this log (Rekor, first generation; a signing config names those of the second)' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l timestamp-server-url -d 'Have the signature stamped there as well (RFC 3161); the whole URL' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l identity-token -d 'The identity token, or a file that holds it [default: $SIGSTORE_ID_TOKEN, else that of a job of GitHub\'s, else one that you confirm in a browser]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l oidc-issuer -d 'Who issues tokens to people, for one that you confirm in a browser' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l oidc-client-id -d 'For whom tokens are issued' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l fulcio-auth-flow -d 'How to get a token: from where one is, or by a code that you confirm in a browser [default: the first, else the second at a terminal]' -r -f -a "token\t'From where one is'
device\t'By a code'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l tlog-upload -d 'Taken with the value false, with a key: there is no transparency log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l use-signing-config -d 'Taken with the value false, for none is fetched' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l new-bundle-format -d 'Taken with the value true: a bundle is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-referrers-mode -d 'Refused: --signature-format' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l upload -d 'Taken with the value true: what is signed is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l allow-insecure-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l allow-http-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-username -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-password -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-cacert -d 'Refused: --tls-ca' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-client-cert -d 'Refused: --tls-cert' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-client-key -d 'Refused: --tls-key' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-server-name -d 'Refused: the name of the host counts' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l k8s-keychain -d 'Refused: credential helpers' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l attachment-tag-prefix -d 'Refused: tags have no prefix' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l sk -d 'Refused: --key exec:PROGRAM' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s a -l annotations -d 'Sign this as well; `verify -a` can ask for it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l identity -d 'Sign the image under this name [default: HOST/REPOSITORY, with the tag if that is what it was named by]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s r -l recursive -d 'Do the same with every image of an index'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s y -l yes -d 'Taken, for nothing is asked'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l attestations -d 'With -r, sign BuildKit\'s attestations in the index, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -s k -l key -d 'The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l bundle -d 'Write the bundle into this file, or - for standard output' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l trusted-root -d 'Sign with an identity in place of a key: what this file says must hold of all that the services answer (sigstore\'s trusted_root.json)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l signing-config -d 'Ask the services that this file names, as cosign does' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l fulcio-url -d 'Ask this authority (Fulcio) for the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l rekor-url -d 'Record the signature in this log (Rekor, first generation; a signing config names those of the second)' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l timestamp-server-url -d 'Have the signature stamped there as well (RFC 3161); the whole URL' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l identity-token -d 'The identity token, or a file that holds it [default: $SIGSTORE_ID_TOKEN, else that of a job of GitHub\'s, else one that you confirm in a browser]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l oidc-issuer -d 'Who issues tokens to people, for one that you confirm in a browser' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l oidc-client-id -d 'For whom tokens are issued' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l fulcio-auth-flow -d 'How to get a token: from where one is, or by a code that you confirm in a browser [default: the first, else the second at a terminal]' -r -f -a "token\t'From where one is'
device\t'By a code'"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l tlog-upload -d 'Taken with the value false, with a key: there is no transparency log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l use-signing-config -d 'Taken with the value false, for none is fetched' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l new-bundle-format -d 'Taken with the value true: a bundle is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l output-signature -d 'Refused: --bundle' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l output-certificate -d 'Refused: --bundle' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -s y -l yes -d 'Taken, for nothing is asked'
complete -c stevedore -n "__fish_stevedore_using_subcommand sign-blob" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s k -l key -d 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-identity -d 'Who must have signed: the address, URI or name in the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-identity-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-oidc-issuer -d 'Who must vouch for that identity, as in https://token.actions.githubusercontent.com' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-oidc-issuer-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-github-workflow-repository -d 'Which repository\'s workflow must have signed, as in OWNER/NAME: who calls a shared workflow signs by that one\'s name' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-github-workflow-ref -d 'Which branch or tag it must have run for, as in refs/heads/main' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-github-workflow-sha -d 'Which commit it must have run for' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-github-workflow-name -d 'What the workflow must be called' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-github-workflow-trigger -d 'Which event must have started it, as in push' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l trusted-root -d 'Whom to trust: sigstore\'s trusted_root.json, which is never fetched' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate -d 'The certificate that must have signed, in PEM; a signature that comes without one may be of it, too' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l certificate-chain -d 'Who issues the certificates, in PEM: from the signer\'s issuer to the root, which is trusted' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l ca-roots -d 'Roots that are trusted to issue the certificates, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l ca-intermediates -d 'What may stand between a root and a signer, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l require -d 'How many of the keys must have signed' -r -f -a "any\t'One of them'
all\t'Each of them'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s o -l output -d 'Print what cosign prints, or a report; --json prints the report as JSON' -r -f -a "json\t'cosign\'s array of payloads, or its envelopes'
report\t'Who signed what and where it was found'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l platform -d 'Verify the image for this platform [default: what the name stands for, an index or an image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l signature-repository -d 'Keep signatures in this repository, and look for them there alone [default: $COSIGN_REPOSITORY, else beside the image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l insecure-ignore-tlog -d 'Ask for no entry of a log, which signatures with certificates of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l insecure-ignore-sct -d 'Ask for no timestamp of a log of certificates, which those of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l private-infrastructure -d 'The same as --insecure-ignore-tlog' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l offline -d 'Taken, for no log is asked' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l experimental-oci11 -d 'Taken, for every place is looked at' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l new-bundle-format -d 'Taken, for every form is read' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l check-claims -d 'Taken with the value true: a signature of nothing in particular is none' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l max-workers -d 'Taken: how much is done at once is not for a flag' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l use-signed-timestamps -d 'Refused: a time stamp beside a signature is verified, and none takes the place of the log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l local-image -d 'Refused: oci:DIR' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l signature -d 'Refused: verify-blob --signature' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l rekor-url -d 'Refused: nothing is asked of a log' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l allow-insecure-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l allow-http-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-username -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-password -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-cacert -d 'Refused: --tls-ca' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-client-cert -d 'Refused: --tls-cert' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-client-key -d 'Refused: --tls-key' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-server-name -d 'Refused: the name of the host counts' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l k8s-keychain -d 'Refused: credential helpers' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l attachment-tag-prefix -d 'Refused: tags have no prefix' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l sk -d 'Refused: --key exec:PROGRAM' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l policy -d 'Ask this file, a containers-policy.json, what must be signed by whom and under which name; "default" is podman\'s and skopeo\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s a -l annotations -d 'What must have been signed as well' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s r -l recursive -d 'Verify every image of an index, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l bundle -d 'The bundle, or several, one on each line' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l signature -d 'A signature that stands alone, in base64 or as it is, in place of the bundle; for --key or --certificate' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l type -d 'What must be stated of the file: the short names of verify-attestation, or a URI' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -s k -l key -d 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-identity -d 'Who must have signed: the address, URI or name in the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-identity-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-oidc-issuer -d 'Who must vouch for that identity, as in https://token.actions.githubusercontent.com' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-oidc-issuer-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-github-workflow-repository -d 'Which repository\'s workflow must have signed, as in OWNER/NAME: who calls a shared workflow signs by that one\'s name' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-github-workflow-ref -d 'Which branch or tag it must have run for, as in refs/heads/main' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-github-workflow-sha -d 'Which commit it must have run for' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-github-workflow-name -d 'What the workflow must be called' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-github-workflow-trigger -d 'Which event must have started it, as in push' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l trusted-root -d 'Whom to trust: sigstore\'s trusted_root.json, which is never fetched' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate -d 'The certificate that must have signed, in PEM; a signature that comes without one may be of it, too' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l certificate-chain -d 'Who issues the certificates, in PEM: from the signer\'s issuer to the root, which is trusted' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l ca-roots -d 'Roots that are trusted to issue the certificates, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l ca-intermediates -d 'What may stand between a root and a signer, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l insecure-ignore-tlog -d 'Ask for no entry of a log, which signatures with certificates of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l insecure-ignore-sct -d 'Ask for no timestamp of a log of certificates, which those of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l private-infrastructure -d 'The same as --insecure-ignore-tlog' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-blob" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s k -l key -d 'The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l certificate -d 'The key\'s certificate by an authority of one\'s own, in PEM, which goes with the signature' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l certificate-chain -d 'Who issued it, in PEM: from its issuer to the root' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l signature-format -d 'Write in this form [default: both with a key, bundle with an identity]' -r -f -a "classic\t'Under the tag sha256-….sig'
bundle\t'Among the referrers'
both\t'Both'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l timestamp -d 'Say when it was made, in seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l signature-repository -d 'Keep signatures in this repository, and look for them there alone [default: $COSIGN_REPOSITORY, else beside the image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l trusted-root -d 'Sign with an identity in place of a key: what this file says must hold of all that the services answer (sigstore\'s trusted_root.json)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l signing-config -d 'Ask the services that this file names, as cosign does' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l fulcio-url -d 'Ask this authority (Fulcio) for the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l rekor-url -d 'Record the signature in this log (Rekor, first generation; a signing config names those of the second)' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l timestamp-server-url -d 'Have the signature stamped there as well (RFC 3161); the whole URL' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l identity-token -d 'The identity token, or a file that holds it [default: $SIGSTORE_ID_TOKEN, else that of a job of GitHub\'s, else one that you confirm in a browser]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l oidc-issuer -d 'Who issues tokens to people, for one that you confirm in a browser' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l oidc-client-id -d 'For whom tokens are issued' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l fulcio-auth-flow -d 'How to get a token: from where one is, or by a code that you confirm in a browser [default: the first, else the second at a terminal]' -r -f -a "token\t'From where one is'
device\t'By a code'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l tlog-upload -d 'Taken with the value false, with a key: there is no transparency log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l use-signing-config -d 'Taken with the value false, for none is fetched' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l new-bundle-format -d 'Taken with the value true: a bundle is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-referrers-mode -d 'Refused: --signature-format' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l upload -d 'Taken with the value true: what is signed is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l allow-insecure-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l allow-http-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-username -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-password -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-cacert -d 'Refused: --tls-ca' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-client-cert -d 'Refused: --tls-cert' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-client-key -d 'Refused: --tls-key' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-server-name -d 'Refused: the name of the host counts' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l k8s-keychain -d 'Refused: credential helpers' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l attachment-tag-prefix -d 'Refused: tags have no prefix' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l sk -d 'Refused: --key exec:PROGRAM' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l predicate -d 'What is stated: a file, or - for standard input' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l type -d 'The type of what is stated' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l identity -d 'Attest it of an image with this name [default: HOST/REPOSITORY]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l replace -d 'Refused: what was attested stays' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s r -l recursive -d 'Do the same with every image of an index'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s y -l yes -d 'Taken, for nothing is asked'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l predicate -d 'What is stated: a file' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l type -d 'The type of what is stated' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -s k -l key -d 'The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l password-file -d 'Read the key\'s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l bundle -d 'Write the bundle into this file, or - for standard output' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l trusted-root -d 'Sign with an identity in place of a key: what this file says must hold of all that the services answer (sigstore\'s trusted_root.json)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l signing-config -d 'Ask the services that this file names, as cosign does' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l fulcio-url -d 'Ask this authority (Fulcio) for the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l rekor-url -d 'Record the signature in this log (Rekor, first generation; a signing config names those of the second)' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l timestamp-server-url -d 'Have the signature stamped there as well (RFC 3161); the whole URL' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l identity-token -d 'The identity token, or a file that holds it [default: $SIGSTORE_ID_TOKEN, else that of a job of GitHub\'s, else one that you confirm in a browser]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l oidc-issuer -d 'Who issues tokens to people, for one that you confirm in a browser' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l oidc-client-id -d 'For whom tokens are issued' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l fulcio-auth-flow -d 'How to get a token: from where one is, or by a code that you confirm in a browser [default: the first, else the second at a terminal]' -r -f -a "token\t'From where one is'
device\t'By a code'"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l tlog-upload -d 'Taken with the value false, with a key: there is no transparency log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l use-signing-config -d 'Taken with the value false, for none is fetched' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l new-bundle-format -d 'Taken with the value true: a bundle is written' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l output-signature -d 'Refused: --bundle' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l output-certificate -d 'Refused: --bundle' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -s y -l yes -d 'Taken, for nothing is asked'
complete -c stevedore -n "__fish_stevedore_using_subcommand attest-blob" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s k -l key -d 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-identity -d 'Who must have signed: the address, URI or name in the certificate' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-identity-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-oidc-issuer -d 'Who must vouch for that identity, as in https://token.actions.githubusercontent.com' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-oidc-issuer-regexp -d 'The same, as a regular expression, which may match a part unless it says ^ and $' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-github-workflow-repository -d 'Which repository\'s workflow must have signed, as in OWNER/NAME: who calls a shared workflow signs by that one\'s name' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-github-workflow-ref -d 'Which branch or tag it must have run for, as in refs/heads/main' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-github-workflow-sha -d 'Which commit it must have run for' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-github-workflow-name -d 'What the workflow must be called' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-github-workflow-trigger -d 'Which event must have started it, as in push' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l trusted-root -d 'Whom to trust: sigstore\'s trusted_root.json, which is never fetched' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate -d 'The certificate that must have signed, in PEM; a signature that comes without one may be of it, too' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l certificate-chain -d 'Who issues the certificates, in PEM: from the signer\'s issuer to the root, which is trusted' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l ca-roots -d 'Roots that are trusted to issue the certificates, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l ca-intermediates -d 'What may stand between a root and a signer, in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l require -d 'How many of the keys must have signed' -r -f -a "any\t'One of them'
all\t'Each of them'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s o -l output -d 'Print what cosign prints, or a report; --json prints the report as JSON' -r -f -a "json\t'cosign\'s array of payloads, or its envelopes'
report\t'Who signed what and where it was found'"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l platform -d 'Verify the image for this platform [default: what the name stands for, an index or an image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l signature-repository -d 'Keep signatures in this repository, and look for them there alone [default: $COSIGN_REPOSITORY, else beside the image]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l insecure-ignore-tlog -d 'Ask for no entry of a log, which signatures with certificates of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l insecure-ignore-sct -d 'Ask for no timestamp of a log of certificates, which those of an own authority do not have' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l private-infrastructure -d 'The same as --insecure-ignore-tlog' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l offline -d 'Taken, for no log is asked' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l experimental-oci11 -d 'Taken, for every place is looked at' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l new-bundle-format -d 'Taken, for every form is read' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l check-claims -d 'Taken with the value true: a signature of nothing in particular is none' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l max-workers -d 'Taken: how much is done at once is not for a flag' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l use-signed-timestamps -d 'Refused: a time stamp beside a signature is verified, and none takes the place of the log' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l local-image -d 'Refused: oci:DIR' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l signature -d 'Refused: verify-blob --signature' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l rekor-url -d 'Refused: nothing is asked of a log' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l allow-insecure-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l allow-http-registry -d 'Refused: --tls-verify=false' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-username -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-password -d 'Refused: --creds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-cacert -d 'Refused: --tls-ca' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-client-cert -d 'Refused: --tls-cert' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-client-key -d 'Refused: --tls-key' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-server-name -d 'Refused: the name of the host counts' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l k8s-keychain -d 'Refused: credential helpers' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l attachment-tag-prefix -d 'Refused: tags have no prefix' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l sk -d 'Refused: --key exec:PROGRAM' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l type -d 'The type of what is stated: custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, spdxjson, cyclonedx, vuln, openvex or a URI' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l policy -d 'Refused: policies in CUE or Rego are not supported' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s r -l recursive -d 'Verify every image of an index, too'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand verify-attestation" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l store -d 'Serve this directory, new or of registry:2' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l static -d 'Serve this tree of static:, as deploy makes it, read-only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l addr -d 'Where to listen: IP:PORT, NAME:PORT, :PORT for all addresses, or unix:PATH; port 0 is any that is free (repeatable) [default: the sockets of systemd, or 127.0.0.1:5000]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l metrics-addr -d 'Answer /metrics, and /healthz and /readyz too, on an address of their own, by plain http; /metrics nowhere else' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l base-path -d 'Serve below this path, as in /registry, as well' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l max-connections -d 'Take as many connections at the same time; each has a thread [default: (limit of open files - 128) / 2, from 512 to 4096]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l max-connections-per-address -d 'Take as many connections of one address at the same time; with --behind-proxy, as many requests of one client' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l max-blob-size -d 'Take no blob that is larger, as in 20GB [default: any that fits]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l max-manifest-size -d 'Take no manifest that is larger; at most 64MiB' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l follow-links -d 'Follow symbolic links to folders of repositories that lead below this directory, too (repeatable)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l access-log -d 'How to tell of each request on standard error' -r -f -a "plain\t'A line for people'
json\t'A JSON object a line'
none\t'Not at all'"
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l audit-log -d 'Append a JSON object for each request that writes, or tried to, to this file; it may be renamed meanwhile' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l tls-cert -d 'Use https with this certificate, those that lead to an authority behind it (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l tls-client-ca -d 'Let only clients in that have a certificate of these authorities (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l htpasswd -d 'Take names and passwords from this file with bcrypt hashes (htpasswd -B); who logs in may push and delete' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l policy -d 'Take from this file who may do what, instead of what the other flags say; docs/SERVE.md has its form' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-key -d 'Sign tokens with the key in this file, which is made if it is not there [default: token.key in the store]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-lifetime -d 'How long a token holds' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-realm -d 'The URL of the token endpoint, if clients cannot reach it as they reach the registry' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-issuer -d 'Take the tokens of this issuer (iss) instead of making them' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-audience -d 'The name of this registry in the issuer\'s tokens (aud)' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l token-keys -d 'The issuer\'s public keys: a JWK set, or keys or certificates in PEM' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l gc-interval -d 'Free what no manifest needs each time so much has passed; never is possible, too' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l gc-grace -d 'Keep blobs for so long that no manifest needs yet: a push brings them first' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l upload-age -d 'Remove uploads that nobody continued for so long' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l scrub-interval -d 'Read all content again, slowly, when the last time is so long ago, and set aside what has not its digest any more; never is possible, too' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l read-only -d 'Refuse all that writes'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l allow-sparse -d 'Take manifests whose blobs and children are not there'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l anonymous-push -d 'Let everyone push and delete'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l no-tokens -d 'Ask for name and password only; Docker then pulls nothing without them'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l behind-proxy -d 'Believe X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For; only behind a proxy that sets them'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -l gc-untagged -d 'Remove manifests too that have no tag, are in no index that stays and refer to nothing that stays'
complete -c stevedore -n "__fish_stevedore_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -s u -l username -d 'The name; asked for if not given' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -s p -l password -d 'The password; better read from standard input, where other users of the machine do not see it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l authfile -d 'Keep the login in this file' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l password-stdin -d 'Read the password from standard input'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -l get-login -d 'Print the name that is logged in, and ask nothing'
complete -c stevedore -n "__fish_stevedore_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -l authfile -d 'Take it out of this file [default: where login puts it]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -f -a "explain" -d 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -f -a "token" -d 'Print a bearer token for a repository'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and not __fish_seen_subcommand_from explain token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -s m -l mount -d 'Allow to read from this repository of the same registry as well, to mount blobs from it' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l push -d 'Allow to push and to pull'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -s H -l header -d 'Print a header, Authorization: Bearer TOKEN'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "token" -d 'Print a bearer token for a repository'
complete -c stevedore -n "__fish_stevedore_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l write-test -d 'Push a small image to this repository of the registry, under a name that nobody has, and remove it again; what cannot be removed is told' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l creds -d 'Log in with this name and password' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l registry-token -d 'Send this bearer token as it is' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l authfile -d 'Look for credentials in this file only' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l tls-verify -d 'Whether TLS with a valid certificate is required; false allows plain http and any certificate' -r -f -a "true\t''
false\t''"
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l cert-dir -d 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l tls-ca -d 'Trust the authorities in this PEM file, beside the system\'s' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l registries-conf -d 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l retry-times -d 'Send a request again this often after a failure that may pass [default: 4]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l read-timeout -d 'Give a connection up when it has been silent for so many seconds [default: 30]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l limit-rate -d 'Send and receive no more bytes a second than this, over all transfers together: 500kB, 2MiB [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l tls-cert -d 'Present this certificate (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l tls-key -d 'The certificate\'s key (PEM)' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l requests-per-second -d 'Send each host no more requests a second than this [default: no limit]' -r
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -l no-creds -d 'Use no credentials, whatever files hold'
complete -c stevedore -n "__fish_stevedore_using_subcommand ping" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -l trace -d 'Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it' -r -F
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -l progress -d 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars'
plain\t'A line every ten seconds'
json\t'A JSON object a line'
none\t'Nothing'"
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -l json -d 'Print the result as JSON, and errors too'
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -s q -l quiet -d 'Print nothing but the result and errors'
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -s v -l verbose -d 'Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers'
complete -c stevedore -n "__fish_stevedore_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "copy"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "sync"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "inspect"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "digest"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "tags"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "tag"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "validate"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "index"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "blob"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "manifest"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "catalog"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "build"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "ls"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "cat"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "export"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "mutate"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "sbom"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "diff"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "push"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "pull"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "attach"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "referrers"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "delete"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "gc"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "deploy"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "keygen"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "import-key-pair"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "public-key"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "sign"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "sign-blob"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "verify"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "verify-blob"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "attest"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "attest-blob"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "verify-attestation"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "serve"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "login"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "logout"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "auth"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "ping"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "completions"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "man"
complete -c stevedore -n "__fish_stevedore_using_subcommand help; and not __fish_seen_subcommand_from copy sync inspect digest tags tag validate index blob manifest catalog build ls cat export mutate sbom diff push pull attach referrers delete gc deploy keygen import-key-pair public-key sign sign-blob verify verify-blob attest attest-blob verify-attestation serve login logout auth ping completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
