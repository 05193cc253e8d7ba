#!/usr/bin/env bash
# The read-only part of the distribution-spec's conformance suite against a tree of `deploy` on nginx, Caddy and Apache httpd, and against
# `serve --static`. Files cannot honor the parameters `last` and `n`: on the first three, the listing of tags is the one failure; serve has none.
#
# Usage: conformance-static.sh CONFORMANCE SOURCE [STEVEDORE]
#   CONFORMANCE  the suite's program (distribution-spec, conformance/, by Go)
#   SOURCE       an image with a referrer, as in docker://host/app:v1 or oci:DIR:v1
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n '2,7p' "$0" >&2; exit 2; }
conformance=$(realpath "$1") source=$2 stevedore=$(realpath "${3:-target/release/stevedore}")
work=$(mktemp -d)
chmod 755 "$work"
cd "$work"
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start() { # start NAME PORT
  mkdir "$1"
  if [[ $1 != serve ]]; then
    "$stevedore" -q deploy "$source" tree --name conf/one:v1 --all --referrers >/dev/null
    # Two tags, for `last` to leave one out.
    "$stevedore" -q deploy "$source" tree --name conf/one:v2 --all --referrers --server "$1" --config "$1.part" --addr "127.0.0.1:$2" >/dev/null
  fi
  case $1 in
  serve) "$stevedore" serve --static tree --addr "127.0.0.1:$2" >/dev/null 2>&1 & ;;
  nginx)
    {
      echo "daemon off; master_process off; pid $work/nginx/pid; events {} http { access_log off;"
      for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $work/nginx/$kind;"; done
      echo "include $work/nginx.part; }"
    } >nginx.main
    nginx -c "$work/nginx.main" -e stderr 2>/dev/null &
    ;;
  caddy)
    printf '{\n\tadmin off\n}\nimport %s\n' "$work/caddy.part" >caddy.main
    HOME=$work caddy run --adapter caddyfile --config caddy.main 2>/dev/null &
    ;;
  apache)
    {
      for module in mpm_event authz_core rewrite headers ssl; do echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"; done
      printf 'ServerRoot %s\nServerName localhost\nPidFile %s/apache/pid\nMutex pthread\nErrorLog %s/apache/log\n' "$work" "$work" "$work"
      printf 'User www-data\nGroup www-data\nInclude %s\n' "$work/apache.part"
    } >apache.main
    apache2 -X -f "$work/apache.main" &
    ;;
  esac
  server=$!
  for _ in $(seq 100); do
    curl -fs -o /dev/null "http://127.0.0.1:$2/v2/" && return
    sleep 0.1
  done
  echo "$1 did not start" >&2
  exit 1
}

failed=0
for name in nginx caddy apache serve; do
  port=$(free_port)
  start "$name" "$port"
  at=http://127.0.0.1:$port/v2/conf/one
  index=$("$stevedore" digest "static:tree:conf/one:v1")
  manifests=$(curl -fs "$at/manifests/$index" | jq -r '.manifests[]?.digest' | xargs)
  blobs=$(for each in $index $manifests; do curl -fs "$at/manifests/$each" | jq -r '.config?, .layers[]? | .digest // empty'; done | xargs)
  (
    cd "$name"
    # The program's exit code is 2 in this mode, whatever it found: its own counts say how it went.
    OCI_REGISTRY=127.0.0.1:$port OCI_TLS=disabled OCI_VERSION=1.1 OCI_REPO1=conf/one OCI_REPO2=conf/two OCI_RESULTS_DIR=$PWD \
      OCI_API_PUSH=false OCI_API_BLOBS_DELETE=false OCI_API_MANIFESTS_DELETE=false OCI_API_TAGS_DELETE=false \
      OCI_RO_DATA_TAGS="v1 v2" OCI_RO_DATA_MANIFESTS="$index${manifests:+ $manifests}" OCI_RO_DATA_BLOBS=$blobs OCI_RO_DATA_REFERRERS=$index \
      "$conformance" >log 2>&1 || true
  )
  pass=$(sed -n "s/^ *Pass\.\.*: *//p" "$name/log" | tail -n 1)
  fail=$(sed -n 's/^ *FAIL\.*: *\([0-9]*\)$/\1/p' "$name/log" | head -n 1)
  echo "$name: $pass pass, $fail fail"
  expected=1
  [[ $name != serve ]] || expected=0
  if [[ $fail != "$expected" ]] || { [[ $fail == 1 ]] && ! grep -q 'read-only/tag-list: FAIL' "$name/log"; }; then
    failed=1
    grep -e 'FAIL$' -e 'failed to run' "$name/log" | sort -u || true
  fi
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
done
exit "$failed"
