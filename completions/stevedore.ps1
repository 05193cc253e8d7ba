
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'stevedore' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'stevedore'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'stevedore' {
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image between any two places')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Copy the images that a file lists')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what an image is made of')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image''s manifest, by one HEAD at a registry')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, a layout or an archive, in its own order')
            [CompletionResult]::new('list-tags', 'list-tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, a layout or an archive, in its own order')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build an image from files')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List what is in an image')
            [CompletionResult]::new('cat', 'cat', [CompletionResultType]::ParameterValue, 'Print files of an image')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the filesystem of an image as a tar, or as files')
            [CompletionResult]::new('mutate', 'mutate', [CompletionResultType]::ParameterValue, 'Change an image: its config, annotations, layers, base, or the entries of an index')
            [CompletionResult]::new('sbom', 'sbom', [CompletionResultType]::ParameterValue, 'List the packages in an image')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what is different between two images')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Remove a tag and leave its siblings alone, or remove a manifest by digest')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove the blobs that no name needs, and what killed processes left')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Put images into a directory that any web server can serve as a registry')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a pair of keys for signing images')
            [CompletionResult]::new('generate-key-pair', 'generate-key-pair', [CompletionResultType]::ParameterValue, 'Make a pair of keys for signing images')
            [CompletionResult]::new('public-key', 'public-key', [CompletionResultType]::ParameterValue, 'Print the public key that belongs to a private key')
            [CompletionResult]::new('sign', 'sign', [CompletionResultType]::ParameterValue, 'Sign an image with a key')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify that an image is signed, with a key or by an identity')
            [CompletionResult]::new('verify-blob', 'verify-blob', [CompletionResultType]::ParameterValue, 'Verify that a file is signed, by the bundle beside it')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a registry on a directory')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of a registry')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Show how a registry is reached and which login is used')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stevedore;copy' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Copy this platform; several make an index with only these')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Convert to these media types')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Convert to these media types')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'Recompress the layers')
            [CompletionResult]::new('--compression-level', '--compression-level', [CompletionResultType]::ParameterName, 'The compressor''s level')
            [CompletionResult]::new('--additional-tag', '--additional-tag', [CompletionResultType]::ParameterName, 'Give the manifest this name at the destination too')
            [CompletionResult]::new('--digestfile', '--digestfile', [CompletionResultType]::ParameterName, 'Write the digest into this file')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only, on both sides')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--src-creds', '--src-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--src-registry-token', '--src-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--src-authfile', '--src-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--src-tls-verify', '--src-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--src-cert-dir', '--src-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--dest-creds', '--dest-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--dest-registry-token', '--dest-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--dest-authfile', '--dest-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--dest-tls-verify', '--dest-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--dest-cert-dir', '--dest-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Copy every platform, the index as it is')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Copy every platform, the index as it is')
            [CompletionResult]::new('--preserve-digests', '--preserve-digests', [CompletionResultType]::ParameterName, 'Fail rather than change a manifest')
            [CompletionResult]::new('--check-tag', '--check-tag', [CompletionResultType]::ParameterName, 'Fail unless the tag beside the source''s digest names that very digest')
            [CompletionResult]::new('--include-external', '--include-external', [CompletionResultType]::ParameterName, 'Fetch nondistributable layers too, from their own URLs if need be')
            [CompletionResult]::new('--referrers', '--referrers', [CompletionResultType]::ParameterName, 'Copy signatures, attestations, SBOMs and whatever else refers to the image, too')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print what would be written, and write nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be written, and write nothing')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Start over: use nothing that an interrupted run left, and remove it')
            [CompletionResult]::new('--src-no-creds', '--src-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--dest-no-creds', '--dest-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;sync' {
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only, on both sides')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--src-creds', '--src-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--src-registry-token', '--src-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--src-authfile', '--src-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--src-tls-verify', '--src-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--src-cert-dir', '--src-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--dest-creds', '--dest-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--dest-registry-token', '--dest-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--dest-authfile', '--dest-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--dest-tls-verify', '--dest-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--dest-cert-dir', '--dest-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--scoped', '--scoped', [CompletionResultType]::ParameterName, 'Below DESTINATION, name images by the registry and whole path that they come from')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin no more images after the first failure')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Remove tags that the repositories no longer have, for lines with every tag; tags of digests (sha256-…) stay')
            [CompletionResult]::new('--referrers', '--referrers', [CompletionResultType]::ParameterName, 'Take signatures, SBOMs and whatever else refers to the images along, for every line')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print what would be copied and removed, and write nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print what would be copied and removed, and write nothing')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Start over: use nothing that an interrupted run left, and remove it')
            [CompletionResult]::new('--src-no-creds', '--src-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--dest-no-creds', '--dest-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;inspect' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look at the image for this platform')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the manifest, byte for byte')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Print the config, byte for byte; of an index, that of --platform or of this host''s platform')
            [CompletionResult]::new('--digest', '--digest', [CompletionResultType]::ParameterName, 'Print the digest, by one HEAD at a registry')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;digest' {
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;tags' {
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;list-tags' {
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;build' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where the image goes')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where the image goes')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Build on top of this image')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Lay the contents of a directory over everything, as they are')
            [CompletionResult]::new('--add', '--add', [CompletionResultType]::ParameterName, 'Add a file, or the contents of a directory, at a path in the image; with a slash behind it, a file goes into it. Links of the base on the way there are followed')
            [CompletionResult]::new('--layer', '--layer', [CompletionResultType]::ParameterName, 'Add a tar as a layer of its own, bit by bit as it is: plain, gzip or zstd')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove a path of the base')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Leave out what matches this pattern, as in .dockerignore')
            [CompletionResult]::new('--exclude-from', '--exclude-from', [CompletionResultType]::ParameterName, 'Leave out what matches the patterns in this file, as in .dockerignore')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Build for this platform [default: this host''s]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Lay the members of an image config in a JSON file over the base''s')
            [CompletionResult]::new('--entrypoint', '--entrypoint', [CompletionResultType]::ParameterName, 'Set the entrypoint, an argument each time, or all as a JSON array; [] removes it. Without --cmd the base''s command goes')
            [CompletionResult]::new('--cmd', '--cmd', [CompletionResultType]::ParameterName, 'Set the command, in the same way')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Set a variable of the environment')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Set a variable of the environment')
            [CompletionResult]::new('--unset-env', '--unset-env', [CompletionResultType]::ParameterName, 'Remove a variable of the environment')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Set the user, as NAME or UID, with a group behind a colon if need be')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Set the user, as NAME or UID, with a group behind a colon if need be')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Set the working directory')
            [CompletionResult]::new('--workdir', '--workdir', [CompletionResultType]::ParameterName, 'Set the working directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Set a label')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Set a label')
            [CompletionResult]::new('--unset-label', '--unset-label', [CompletionResultType]::ParameterName, 'Remove a label')
            [CompletionResult]::new('--expose', '--expose', [CompletionResultType]::ParameterName, 'Say that the image listens on a port')
            [CompletionResult]::new('--volume', '--volume', [CompletionResultType]::ParameterName, 'Say that a path holds data')
            [CompletionResult]::new('--stop-signal', '--stop-signal', [CompletionResultType]::ParameterName, 'Set the signal that ends the container')
            [CompletionResult]::new('--healthcheck', '--healthcheck', [CompletionResultType]::ParameterName, 'Set the health check: a line for the shell, or a command as a JSON array; none switches the base''s off')
            [CompletionResult]::new('--health-interval', '--health-interval', [CompletionResultType]::ParameterName, 'The time between two health checks, as in 30s, 2m or 500ms')
            [CompletionResult]::new('--health-timeout', '--health-timeout', [CompletionResultType]::ParameterName, 'The longest that a health check may take')
            [CompletionResult]::new('--health-start-period', '--health-start-period', [CompletionResultType]::ParameterName, 'The time at the start in which failed health checks do not count')
            [CompletionResult]::new('--health-retries', '--health-retries', [CompletionResultType]::ParameterName, 'How many failed health checks in a row make a container unhealthy')
            [CompletionResult]::new('--author', '--author', [CompletionResultType]::ParameterName, 'Set the author')
            [CompletionResult]::new('--created', '--created', [CompletionResultType]::ParameterName, 'Set when the image was made, as in 2026-01-31T12:00:00Z')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Annotate the manifest, and the index where there is one')
            [CompletionResult]::new('--annotation', '--annotation', [CompletionResultType]::ParameterName, 'Annotate the manifest, and the index where there is one')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Write these media types [default: oci]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Write these media types [default: oci]')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'Compress new layers: gzip, zstd or none [default: gzip]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--src-creds', '--src-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--src-registry-token', '--src-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--src-authfile', '--src-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--src-tls-verify', '--src-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--src-cert-dir', '--src-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--dest-creds', '--dest-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--dest-registry-token', '--dest-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--dest-authfile', '--dest-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--dest-tls-verify', '--dest-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--dest-cert-dir', '--dest-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--keep-owner', '--keep-owner', [CompletionResultType]::ParameterName, 'Keep the owners that files have here')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Start over: use nothing that an interrupted run left, and remove it')
            [CompletionResult]::new('--src-no-creds', '--src-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--dest-no-creds', '--dest-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;ls' {
            [CompletionResult]::new('--depth', '--depth', [CompletionResultType]::ParameterName, 'Show no more than so many levels')
            [CompletionResult]::new('--layer', '--layer', [CompletionResultType]::ParameterName, 'List the entries of this layer alone, whiteouts included, as its tar has them; the lowest is 0')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look into the image for this platform [default: this host''s]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Keep the layers of a registry''s image in this folder, an OCI layout, and take them from there the next time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Show type, mode, owner, size, time, and the number of the layer that has it')
            [CompletionResult]::new('--long', '--long', [CompletionResultType]::ParameterName, 'Show type, mode, owner, size, time, and the number of the layer that has it')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Print the paths as they are, each with a NUL behind it')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Print the paths as they are, each with a NUL behind it')
            [CompletionResult]::new('--tree', '--tree', [CompletionResultType]::ParameterName, 'Show directories with the size of all that is in them')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show the digest of each file''s content')
            [CompletionResult]::new('--xattrs', '--xattrs', [CompletionResultType]::ParameterName, 'Show extended attributes')
            [CompletionResult]::new('--layers', '--layers', [CompletionResultType]::ParameterName, 'List the layers instead: sizes, hidden bytes, whiteouts, and what made them')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;cat' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look into the image for this platform [default: this host''s]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Keep the layers of a registry''s image in this folder, an OCI layout, and take them from there the next time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;export' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file, or, when it ends with a slash or is a folder, unpack into this new or empty folder; - is standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file, or, when it ends with a slash or is a folder, unpack into this new or empty folder; - is standard output')
            [CompletionResult]::new('--layer', '--layer', [CompletionResultType]::ParameterName, 'Write the tar of this layer alone, as it is, whiteouts included; the lowest is 0')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look into the image for this platform [default: this host''s]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Keep the layers of a registry''s image in this folder, an OCI layout, and take them from there the next time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;mutate' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Give the new image this name [default: the image''s own]')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Give the new image this name [default: the image''s own]')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Give the new image this name [default: the image''s own]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an index, change only the images for this platform')
            [CompletionResult]::new('--entrypoint', '--entrypoint', [CompletionResultType]::ParameterName, 'Set the entrypoint, an argument each time, or all as a JSON array; [] removes it. Without --cmd the base''s command goes')
            [CompletionResult]::new('--cmd', '--cmd', [CompletionResultType]::ParameterName, 'Set the command, in the same way')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Set a variable of the environment')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Set a variable of the environment')
            [CompletionResult]::new('--unset-env', '--unset-env', [CompletionResultType]::ParameterName, 'Remove a variable of the environment')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Set the user, as NAME or UID, with a group behind a colon if need be')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Set the user, as NAME or UID, with a group behind a colon if need be')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Set the working directory')
            [CompletionResult]::new('--workdir', '--workdir', [CompletionResultType]::ParameterName, 'Set the working directory')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Set a label')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Set a label')
            [CompletionResult]::new('--unset-label', '--unset-label', [CompletionResultType]::ParameterName, 'Remove a label')
            [CompletionResult]::new('--expose', '--expose', [CompletionResultType]::ParameterName, 'Say that the image listens on a port')
            [CompletionResult]::new('--volume', '--volume', [CompletionResultType]::ParameterName, 'Say that a path holds data')
            [CompletionResult]::new('--stop-signal', '--stop-signal', [CompletionResultType]::ParameterName, 'Set the signal that ends the container')
            [CompletionResult]::new('--healthcheck', '--healthcheck', [CompletionResultType]::ParameterName, 'Set the health check: a line for the shell, or a command as a JSON array; none switches the base''s off')
            [CompletionResult]::new('--health-interval', '--health-interval', [CompletionResultType]::ParameterName, 'The time between two health checks, as in 30s, 2m or 500ms')
            [CompletionResult]::new('--health-timeout', '--health-timeout', [CompletionResultType]::ParameterName, 'The longest that a health check may take')
            [CompletionResult]::new('--health-start-period', '--health-start-period', [CompletionResultType]::ParameterName, 'The time at the start in which failed health checks do not count')
            [CompletionResult]::new('--health-retries', '--health-retries', [CompletionResultType]::ParameterName, 'How many failed health checks in a row make a container unhealthy')
            [CompletionResult]::new('--author', '--author', [CompletionResultType]::ParameterName, 'Set the author')
            [CompletionResult]::new('--created', '--created', [CompletionResultType]::ParameterName, 'Set when the image was made, as in 2026-01-31T12:00:00Z')
            [CompletionResult]::new('--set-platform', '--set-platform', [CompletionResultType]::ParameterName, 'Say what the image runs on')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Annotate the manifests of the images')
            [CompletionResult]::new('--annotation', '--annotation', [CompletionResultType]::ParameterName, 'Annotate the manifests of the images')
            [CompletionResult]::new('--unset-annotation', '--unset-annotation', [CompletionResultType]::ParameterName, 'Remove an annotation from the manifests of the images')
            [CompletionResult]::new('--edit', '--edit', [CompletionResultType]::ParameterName, 'Open the config or the manifest in $VISUAL or $EDITOR')
            [CompletionResult]::new('--rebase', '--rebase', [CompletionResultType]::ParameterName, 'Put the image, which stands upon OLD, upon NEW; without OLD, its annotations say what it stands upon')
            [CompletionResult]::new('--remove-layer', '--remove-layer', [CompletionResultType]::ParameterName, 'Remove a layer; the lowest is 0')
            [CompletionResult]::new('--strip', '--strip', [CompletionResultType]::ParameterName, 'Remove the files that match from the layers, directories with all that is in them; layers without any stay as they are')
            [CompletionResult]::new('--set-time', '--set-time', [CompletionResultType]::ParameterName, 'Set the time of the last change of all files, in seconds since 1970')
            [CompletionResult]::new('--append', '--append', [CompletionResultType]::ParameterName, 'Add a tar file as a layer, bit by bit as it is: gzip, zstd or plain')
            [CompletionResult]::new('--squash-last', '--squash-last', [CompletionResultType]::ParameterName, 'Make one layer of the N at the top')
            [CompletionResult]::new('--compress', '--compress', [CompletionResultType]::ParameterName, 'Recompress the layers that are compressed otherwise')
            [CompletionResult]::new('--compression-level', '--compression-level', [CompletionResultType]::ParameterName, 'The compressor''s level; layers are recompressed whatever they are')
            [CompletionResult]::new('--index-annotation', '--index-annotation', [CompletionResultType]::ParameterName, 'Annotate the index')
            [CompletionResult]::new('--unset-index-annotation', '--unset-index-annotation', [CompletionResultType]::ParameterName, 'Remove an annotation from the index')
            [CompletionResult]::new('--index-add', '--index-add', [CompletionResultType]::ParameterName, 'Add an image to the index, or all images of another index; an image becomes an index')
            [CompletionResult]::new('--index-remove', '--index-remove', [CompletionResultType]::ParameterName, 'Remove entries from the index')
            [CompletionResult]::new('--index-filter', '--index-filter', [CompletionResultType]::ParameterName, 'Keep only these platforms in the index')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print the digest of what would be written, and write nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the digest of what would be written, and write nothing')
            [CompletionResult]::new('--flatten', '--flatten', [CompletionResultType]::ParameterName, 'Make one layer of all')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Start over: use nothing that an interrupted run left, and remove it')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;sbom' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How the list is written [default: table, with --json json]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look into the image for this platform [default: this host''s]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Keep the layers of a registry''s image in this folder, an OCI layout, and take them from there the next time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--attached', '--attached', [CompletionResultType]::ParameterName, 'Print the document that travels with the image instead: an attestation of BuildKit or a referrer; with --format of that family')
            [CompletionResult]::new('--first-layer', '--first-layer', [CompletionResultType]::ParameterName, 'Show in the table, too, which layer had each package first')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;diff' {
            [CompletionResult]::new('--other-platform', '--other-platform', [CompletionResultType]::ParameterName, 'Take the second image for this platform [default: as the first]')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Look into the image for this platform [default: this host''s]')
            [CompletionResult]::new('--cache', '--cache', [CompletionResultType]::ParameterName, 'Keep the layers of a registry''s image in this folder, an OCI layout, and take them from there the next time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--semantic', '--semantic', [CompletionResultType]::ParameterName, 'Pass over times, history, and names: what makes no difference to a running container')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Compare what the configs say, and the manifests'' annotations, too')
            [CompletionResult]::new('--packages', '--packages', [CompletionResultType]::ParameterName, 'Compare the packages, too, as sbom lists them: which were added, removed, and have other versions')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Compare everything: descriptors and media types, too')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;delete' {
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Remove the manifest and the tags that name it')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Remove the manifest and the tags that name it')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Tell what would be removed, and remove nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Tell what would be removed, and remove nothing')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;gc' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Collect in this directory of serve or registry:2 instead')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Keep blobs of a registry for so long that no manifest needs yet: a push brings them first')
            [CompletionResult]::new('--upload-age', '--upload-age', [CompletionResultType]::ParameterName, 'Remove uploads to a registry that nobody continued for so long')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--untagged', '--untagged', [CompletionResultType]::ParameterName, 'Remove manifests of a registry too that have no tag, are in no index that stays and refer to nothing that stays')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Tell what would be removed, and remove nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Tell what would be removed, and remove nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;deploy' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The repository in the tree, with a tag if there is one image [default: as the source says]')
            [CompletionResult]::new('--from-spec', '--from-spec', [CompletionResultType]::ParameterName, 'Deploy the images that this file lists, in lines as sync has them, whose destinations are names in the tree; - is standard input')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Make a configuration for this server')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Write the configuration into this file')
            [CompletionResult]::new('--addr', '--addr', [CompletionResultType]::ParameterName, 'Where the server listens')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Have the server use https with this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Transfer so many blobs at a time')
            [CompletionResult]::new('--scratch', '--scratch', [CompletionResultType]::ParameterName, 'Keep temporary files in this folder [default: $TMPDIR, else /tmp]')
            [CompletionResult]::new('--src-creds', '--src-creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--src-registry-token', '--src-registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--src-authfile', '--src-authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--src-tls-verify', '--src-tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--src-cert-dir', '--src-cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: as in copy]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Deploy every platform, the index as it is')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Deploy every platform, the index as it is')
            [CompletionResult]::new('--referrers', '--referrers', [CompletionResultType]::ParameterName, 'Deploy what refers to the images, too: signatures, SBOMs')
            [CompletionResult]::new('--prune', '--prune', [CompletionResultType]::ParameterName, 'Remove all other repositories and tags, and the manifests and blobs that nothing needs then')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Start over: use nothing that an interrupted run left, and remove it')
            [CompletionResult]::new('--src-no-creds', '--src-no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;keygen' {
            [CompletionResult]::new('--output-key-prefix', '--output-key-prefix', [CompletionResultType]::ParameterName, 'What the names of both files begin with')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the key''s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace files that exist: what was signed with the old key can then not be signed again')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace files that exist: what was signed with the old key can then not be signed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;generate-key-pair' {
            [CompletionResult]::new('--output-key-prefix', '--output-key-prefix', [CompletionResultType]::ParameterName, 'What the names of both files begin with')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the key''s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace files that exist: what was signed with the old key can then not be signed again')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace files that exist: what was signed with the old key can then not be signed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;public-key' {
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'The private key: a file, or env://NAME for a variable that holds it')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key: a file, or env://NAME for a variable that holds it')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the key''s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;sign' {
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'The private key: a file, or env://NAME for a variable that holds it')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'The private key: a file, or env://NAME for a variable that holds it')
            [CompletionResult]::new('--password-file', '--password-file', [CompletionResultType]::ParameterName, 'Read the key''s password from the first line of this file [default: $COSIGN_PASSWORD, also when it is empty; else a question]')
            [CompletionResult]::new('--signature-format', '--signature-format', [CompletionResultType]::ParameterName, 'Write the signature in this form')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Sign this as well; `verify -a` can ask for it')
            [CompletionResult]::new('--annotations', '--annotations', [CompletionResultType]::ParameterName, 'Sign this as well; `verify -a` can ask for it')
            [CompletionResult]::new('--identity', '--identity', [CompletionResultType]::ParameterName, 'Sign the image under this name [default: HOST/REPOSITORY, with the tag if that is what it was named by]')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'Say in the bundle when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]')
            [CompletionResult]::new('--tlog-upload', '--tlog-upload', [CompletionResultType]::ParameterName, 'Taken with the value false: there is no transparency log')
            [CompletionResult]::new('--use-signing-config', '--use-signing-config', [CompletionResultType]::ParameterName, 'Taken with the value false, for the same reason')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Sign every image of an index, too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Sign every image of an index, too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Taken, for nothing is asked')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Taken, for nothing is asked')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;verify' {
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them')
            [CompletionResult]::new('--certificate-identity', '--certificate-identity', [CompletionResultType]::ParameterName, 'Who must have signed: the address, URI or name in the certificate')
            [CompletionResult]::new('--certificate-identity-regexp', '--certificate-identity-regexp', [CompletionResultType]::ParameterName, 'The same, as a regular expression, which may match a part unless it says ^ and $')
            [CompletionResult]::new('--certificate-oidc-issuer', '--certificate-oidc-issuer', [CompletionResultType]::ParameterName, 'Who must vouch for that identity, as in https://token.actions.githubusercontent.com')
            [CompletionResult]::new('--certificate-oidc-issuer-regexp', '--certificate-oidc-issuer-regexp', [CompletionResultType]::ParameterName, 'The same, as a regular expression, which may match a part unless it says ^ and $')
            [CompletionResult]::new('--trusted-root', '--trusted-root', [CompletionResultType]::ParameterName, 'Whom to trust: sigstore''s trusted_root.json, which is never fetched')
            [CompletionResult]::new('--require', '--require', [CompletionResultType]::ParameterName, 'How many of the keys must have signed')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'What must have been signed as well')
            [CompletionResult]::new('--annotations', '--annotations', [CompletionResultType]::ParameterName, 'What must have been signed as well')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the payloads as cosign does, or a report; --json prints the report as JSON')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the payloads as cosign does, or a report; --json prints the report as JSON')
            [CompletionResult]::new('--insecure-ignore-tlog', '--insecure-ignore-tlog', [CompletionResultType]::ParameterName, 'Taken, for no log is asked')
            [CompletionResult]::new('--insecure-ignore-sct', '--insecure-ignore-sct', [CompletionResultType]::ParameterName, 'Taken, for no log is asked')
            [CompletionResult]::new('--private-infrastructure', '--private-infrastructure', [CompletionResultType]::ParameterName, 'Taken, for no log is asked')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Taken, for no log is asked')
            [CompletionResult]::new('--experimental-oci11', '--experimental-oci11', [CompletionResultType]::ParameterName, 'Taken, for every place is looked at')
            [CompletionResult]::new('--new-bundle-format', '--new-bundle-format', [CompletionResultType]::ParameterName, 'Taken, for every form is read')
            [CompletionResult]::new('--check-claims', '--check-claims', [CompletionResultType]::ParameterName, 'Taken with the value true: a signature of nothing in particular is none')
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;verify-blob' {
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'The bundle')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Who may have signed: a file with public keys, or env://NAME for a variable that holds them')
            [CompletionResult]::new('--certificate-identity', '--certificate-identity', [CompletionResultType]::ParameterName, 'Who must have signed: the address, URI or name in the certificate')
            [CompletionResult]::new('--certificate-identity-regexp', '--certificate-identity-regexp', [CompletionResultType]::ParameterName, 'The same, as a regular expression, which may match a part unless it says ^ and $')
            [CompletionResult]::new('--certificate-oidc-issuer', '--certificate-oidc-issuer', [CompletionResultType]::ParameterName, 'Who must vouch for that identity, as in https://token.actions.githubusercontent.com')
            [CompletionResult]::new('--certificate-oidc-issuer-regexp', '--certificate-oidc-issuer-regexp', [CompletionResultType]::ParameterName, 'The same, as a regular expression, which may match a part unless it says ^ and $')
            [CompletionResult]::new('--trusted-root', '--trusted-root', [CompletionResultType]::ParameterName, 'Whom to trust: sigstore''s trusted_root.json, which is never fetched')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;serve' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Serve this directory, new or of registry:2')
            [CompletionResult]::new('--static', '--static', [CompletionResultType]::ParameterName, 'Serve this tree of static:, as deploy makes it, read-only')
            [CompletionResult]::new('--addr', '--addr', [CompletionResultType]::ParameterName, 'Where to listen; port 0 is any that is free')
            [CompletionResult]::new('--base-path', '--base-path', [CompletionResultType]::ParameterName, 'Serve below this path, as in /registry, as well')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Take as many connections at the same time; each has a thread')
            [CompletionResult]::new('--access-log', '--access-log', [CompletionResultType]::ParameterName, 'How to tell of each request on standard error')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Use https with this certificate, those that lead to an authority behind it (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--tls-client-ca', '--tls-client-ca', [CompletionResultType]::ParameterName, 'Let only clients in that have a certificate of these authorities (PEM)')
            [CompletionResult]::new('--htpasswd', '--htpasswd', [CompletionResultType]::ParameterName, 'Take names and passwords from this file with bcrypt hashes (htpasswd -B); who logs in may push and delete')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Take from this file who may do what, instead of what the other flags say; docs/SERVE.md has its form')
            [CompletionResult]::new('--token-key', '--token-key', [CompletionResultType]::ParameterName, 'Sign tokens with the key in this file, which is made if it is not there [default: token.key in the store]')
            [CompletionResult]::new('--token-lifetime', '--token-lifetime', [CompletionResultType]::ParameterName, 'How long a token holds')
            [CompletionResult]::new('--token-realm', '--token-realm', [CompletionResultType]::ParameterName, 'The URL of the token endpoint, if clients cannot reach it as they reach the registry')
            [CompletionResult]::new('--token-issuer', '--token-issuer', [CompletionResultType]::ParameterName, 'Take the tokens of this issuer (iss) instead of making them')
            [CompletionResult]::new('--token-audience', '--token-audience', [CompletionResultType]::ParameterName, 'The name of this registry in the issuer''s tokens (aud)')
            [CompletionResult]::new('--token-keys', '--token-keys', [CompletionResultType]::ParameterName, 'The issuer''s public keys: a JWK set, or keys or certificates in PEM')
            [CompletionResult]::new('--gc-interval', '--gc-interval', [CompletionResultType]::ParameterName, 'Free what no manifest needs each time so much has passed; never is possible, too')
            [CompletionResult]::new('--gc-grace', '--gc-grace', [CompletionResultType]::ParameterName, 'Keep blobs for so long that no manifest needs yet: a push brings them first')
            [CompletionResult]::new('--upload-age', '--upload-age', [CompletionResultType]::ParameterName, 'Remove uploads that nobody continued for so long')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--read-only', '--read-only', [CompletionResultType]::ParameterName, 'Refuse all that writes')
            [CompletionResult]::new('--allow-sparse', '--allow-sparse', [CompletionResultType]::ParameterName, 'Take manifests whose blobs and children are not there')
            [CompletionResult]::new('--anonymous-push', '--anonymous-push', [CompletionResultType]::ParameterName, 'Let everyone push and delete')
            [CompletionResult]::new('--no-tokens', '--no-tokens', [CompletionResultType]::ParameterName, 'Ask for name and password only; Docker then pulls nothing without them')
            [CompletionResult]::new('--behind-proxy', '--behind-proxy', [CompletionResultType]::ParameterName, 'Believe X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For; only behind a proxy that sets them')
            [CompletionResult]::new('--gc-untagged', '--gc-untagged', [CompletionResultType]::ParameterName, 'Remove manifests too that have no tag, are in no index that stays and refer to nothing that stays')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;login' {
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'The name; asked for if not given')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'The name; asked for if not given')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The password; better read from standard input, where other users of the machine do not see it')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'The password; better read from standard input, where other users of the machine do not see it')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Keep the login in this file')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password from standard input')
            [CompletionResult]::new('--get-login', '--get-login', [CompletionResultType]::ParameterName, 'Print the name that is logged in, and ask nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;logout' {
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Take it out of this file [default: where login puts it]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;auth' {
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stevedore;auth;explain' {
            [CompletionResult]::new('--creds', '--creds', [CompletionResultType]::ParameterName, 'Log in with this name and password')
            [CompletionResult]::new('--registry-token', '--registry-token', [CompletionResultType]::ParameterName, 'Send this bearer token as it is')
            [CompletionResult]::new('--authfile', '--authfile', [CompletionResultType]::ParameterName, 'Look for credentials in this file only')
            [CompletionResult]::new('--tls-verify', '--tls-verify', [CompletionResultType]::ParameterName, 'Whether TLS with a valid certificate is required; false allows plain http and any certificate')
            [CompletionResult]::new('--cert-dir', '--cert-dir', [CompletionResultType]::ParameterName, 'Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder')
            [CompletionResult]::new('--tls-ca', '--tls-ca', [CompletionResultType]::ParameterName, 'Trust the authorities in this PEM file, beside the system''s')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Present this certificate (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s key (PEM)')
            [CompletionResult]::new('--registries-conf', '--registries-conf', [CompletionResultType]::ParameterName, 'Read mirrors, other locations, insecure and blocked registries from this file [default: $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and registries.conf.d/*.conf there]')
            [CompletionResult]::new('--retry-times', '--retry-times', [CompletionResultType]::ParameterName, 'Send a request again this often after a failure that may pass [default: 4]')
            [CompletionResult]::new('--read-timeout', '--read-timeout', [CompletionResultType]::ParameterName, 'Give a connection up when it has been silent for so many seconds [default: 30]')
            [CompletionResult]::new('--requests-per-second', '--requests-per-second', [CompletionResultType]::ParameterName, 'Send each host no more requests a second than this [default: no limit]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--no-creds', '--no-creds', [CompletionResultType]::ParameterName, 'Use no credentials, whatever files hold')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;auth;help' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stevedore;auth;help;explain' {
            break
        }
        'stevedore;auth;help;help' {
            break
        }
        'stevedore;completions' {
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;man' {
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the result as JSON, and errors too')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing but the result and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell of each blob how it got there')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'stevedore;help' {
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image between any two places')
            [CompletionResult]::new('sync', 'sync', [CompletionResultType]::ParameterValue, 'Copy the images that a file lists')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show what an image is made of')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Print the digest of an image''s manifest, by one HEAD at a registry')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository, a layout or an archive, in its own order')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build an image from files')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List what is in an image')
            [CompletionResult]::new('cat', 'cat', [CompletionResultType]::ParameterValue, 'Print files of an image')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write the filesystem of an image as a tar, or as files')
            [CompletionResult]::new('mutate', 'mutate', [CompletionResultType]::ParameterValue, 'Change an image: its config, annotations, layers, base, or the entries of an index')
            [CompletionResult]::new('sbom', 'sbom', [CompletionResultType]::ParameterValue, 'List the packages in an image')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what is different between two images')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Remove a tag and leave its siblings alone, or remove a manifest by digest')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove the blobs that no name needs, and what killed processes left')
            [CompletionResult]::new('deploy', 'deploy', [CompletionResultType]::ParameterValue, 'Put images into a directory that any web server can serve as a registry')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a pair of keys for signing images')
            [CompletionResult]::new('public-key', 'public-key', [CompletionResultType]::ParameterValue, 'Print the public key that belongs to a private key')
            [CompletionResult]::new('sign', 'sign', [CompletionResultType]::ParameterValue, 'Sign an image with a key')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Verify that an image is signed, with a key or by an identity')
            [CompletionResult]::new('verify-blob', 'verify-blob', [CompletionResultType]::ParameterValue, 'Verify that a file is signed, by the bundle beside it')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a registry on a directory')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the login of a registry')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'Show how a registry is reached and which login is used')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stevedore;help;copy' {
            break
        }
        'stevedore;help;sync' {
            break
        }
        'stevedore;help;inspect' {
            break
        }
        'stevedore;help;digest' {
            break
        }
        'stevedore;help;tags' {
            break
        }
        'stevedore;help;build' {
            break
        }
        'stevedore;help;ls' {
            break
        }
        'stevedore;help;cat' {
            break
        }
        'stevedore;help;export' {
            break
        }
        'stevedore;help;mutate' {
            break
        }
        'stevedore;help;sbom' {
            break
        }
        'stevedore;help;diff' {
            break
        }
        'stevedore;help;delete' {
            break
        }
        'stevedore;help;gc' {
            break
        }
        'stevedore;help;deploy' {
            break
        }
        'stevedore;help;keygen' {
            break
        }
        'stevedore;help;public-key' {
            break
        }
        'stevedore;help;sign' {
            break
        }
        'stevedore;help;verify' {
            break
        }
        'stevedore;help;verify-blob' {
            break
        }
        'stevedore;help;serve' {
            break
        }
        'stevedore;help;login' {
            break
        }
        'stevedore;help;logout' {
            break
        }
        'stevedore;help;auth' {
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry')
            break
        }
        'stevedore;help;auth;explain' {
            break
        }
        'stevedore;help;completions' {
            break
        }
        'stevedore;help;man' {
            break
        }
        'stevedore;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
