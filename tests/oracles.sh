#!/usr/bin/env bash
# Installs the independent tools that the end-to-end tests compare against, on a Debian machine, as root.
#
# From the machine's own release, into the system: skopeo, umoci, docker-registry, buildah, nginx, caddy, apache2, bsdtar, SoftHSM
# with OpenSC's pkcs11-tool, and small tools.
# From Debian 13, unpacked as below: cosign 2 as cosign2.
# From the unstable suite, unpacked into DIR and never into the system: crane, oras, cosign, and a current skopeo and umoci
# as skopeo-new and umoci-new.
# From PyPI, into DIR/sbom-venv: the validators of SPDX and CycloneDX, which validate-sbom runs.
#
# Usage: oracles.sh [DIR]                 (default: /opt/oracles)
# Then:  export PATH=DIR/bin:$PATH        (or STEVEDORE_ORACLES=DIR/bin)
#
# DIR/complete marks a whole installation: a second run prints it and does nothing, or adds what an older installation lacks.
set -euo pipefail

dir=$(realpath -m "${1:-/opt/oracles}")
marker=$dir/complete
here=$(realpath "$(dirname "$0")")

validators() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv strace sqlite3 openssl gpg >/dev/null
  python3 -m venv "$dir/sbom-venv"
  "$dir/sbom-venv/bin/pip" install -q --disable-pip-version-check spdx-tools 'cyclonedx-python-lib[json-validation]' >&2
  install -m 755 "$here/validate-sbom" "$dir/validate-sbom.new"
  sed -i "1s|.*|#!$dir/sbom-venv/bin/python3|" "$dir/validate-sbom.new"
  mv "$dir/validate-sbom.new" "$dir/bin/validate-sbom"
  echo "validate-sbom: $("$dir/sbom-venv/bin/pip" list --format freeze 2>/dev/null |
    grep -E '^(spdx-tools|cyclonedx-python-lib)==' | tr '\n' ' ')"
}

bsdtar_too() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libarchive-tools >/dev/null
  bsdtar --version | sed 's/ - .*//'
}

shells() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends zsh fish man-db >/dev/null
  echo "shells: $(zsh --version), $(fish --version)"
}

counter() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends valgrind >/dev/null
  valgrind --version
}

checker() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends spin >/dev/null
  spin -V
}

tokens() { # prints what it has installed
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends softhsm2 opensc >/dev/null
  echo "SoftHSM $(softhsm2-util --version), $(dpkg-query -W -f='opensc ${Version}' opensc)"
}

if [[ -e $marker ]]; then
  if ! grep -q '^SoftHSM' "$marker"; then
    lines=$(tokens)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  if ! grep -q '^Spin' "$marker"; then
    lines=$(checker)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  if ! grep -q '^valgrind' "$marker"; then
    lines=$(counter)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  if ! grep -q '^shells' "$marker"; then
    lines=$(shells)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  if ! grep -q '^bsdtar' "$marker"; then
    lines=$(bsdtar_too)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  if ! grep -q '^validate-sbom' "$marker"; then
    lines=$(validators)
    { cat "$marker"; echo "$lines"; } >"$marker.new"
    mv "$marker.new" "$marker"
  fi
  cat "$marker"
  exit 0
fi
rm -rf "$dir/root" "$dir/root2" "$dir/runtime" "$dir/debs" # what an interrupted run left
mkdir -p "$dir"/{bin,debs,root,runtime,apt/lists/partial,apt/cache/archives/partial}

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  skopeo umoci docker-registry buildah nginx-light caddy apache2 apache2-utils jq zstd time strace sqlite3 openssl gpg >/dev/null

# The mirror this machine already uses serves the other suite too.
mirror() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -e $file ]] && awk '/^URIs:/ {print $2; found = 1; exit} END {exit !found}' "$file" && return
  done
  awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; found = 1; exit}} END {exit !found}' /etc/apt/sources.list
}
uri=$(mirror) || { echo "oracles.sh: found no package mirror in the apt sources of this machine" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri sid main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri trixie main" >"$dir/apt/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update

unpack() { # unpack INTO PACKAGE...: downloads without installing
  local into=$1 deb
  shift
  rm -f "$dir"/debs/*.deb
  (cd "$dir/debs" && "${apt[@]}" download "$@")
  for deb in "$dir"/debs/*.deb; do dpkg -x "$deb" "$into"; done
}
unpack "$dir/root" crane/sid oras/sid cosign/sid skopeo/sid umoci/sid
unpack "$dir/root2" cosign/trixie
# Programs of the newer suite want its C library, which the release does not have: they run on a private copy.
unpack "$dir/runtime" libc6/sid libgpgme45/sid libassuan9/sid libgpg-error0/sid libsqlite3-0/sid

loader=$(find "$dir/runtime" -name 'ld-linux-*.so.*' -print -quit)
libraries=$(dirname "$(find "$dir/runtime" -name libc.so.6 -print -quit)")
wrap() { # wrap NAME PROGRAM [ROOT]
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$dir/${3:-root}/usr/bin/$2" >"$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}
wrap crane crane
wrap oras oras
wrap cosign cosign
wrap cosign2 cosign root2
wrap skopeo-new skopeo
wrap umoci-new umoci
rm -rf "$dir/debs" "$dir/apt"

# Each tool runs once, so that a broken installation shows here and not as a failing test.
{
  echo "in $dir/bin:"
  "$dir/bin/crane" version >/dev/null 2>&1
  echo "crane" # Debian's build does not know its own version
  "$dir/bin/oras" version | sed -n 's/^Version: */oras /p'
  "$dir/bin/cosign" version >/dev/null 2>&1
  echo "cosign"
  "$dir/bin/cosign2" version >/dev/null 2>&1
  echo "cosign2"
  "$dir/bin/skopeo-new" --version
  "$dir/bin/umoci-new" --version | sed -n 1p
  echo "in the system:"
  skopeo --version
  umoci --version | sed -n 1p
  docker-registry --version
  buildah --version
  echo "caddy $(caddy version)"
  nginx -v 2>&1
  apache2 -v | sed -n 's/^Server version: //p'
  bsdtar_too
  shells
  validators
  counter
  checker
  tokens
} >"$marker.new"
mv "$marker.new" "$marker"
cat "$marker"
