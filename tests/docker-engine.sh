#!/usr/bin/env bash
# A Docker Engine of its own for the end-to-end tests, apart from one that the machine may have: Debian's docker.io, as root.
#
# It has no network of its own and changes no firewall rules: containers run with `--network none`, and registries on 127.0.0.0/8
# may speak plain http.
#
# Usage: docker-engine.sh start DIR      (DIR is short: it holds a unix socket) installs the package where it is missing
#        docker-engine.sh stop DIR       ends the engine and removes DIR
# Then:  export STEVEDORE_DOCKER_HOST=unix://DIR/docker.sock
set -euo pipefail

usage() { echo "usage: docker-engine.sh start|stop DIR" >&2; exit 2; }
[[ $# == 2 ]] || usage
action=$1 dir=$(realpath -m "$2")

answers() { docker -H "unix://$dir/docker.sock" version >/dev/null 2>&1; }

install_engine() {
  command -v dockerd >/dev/null && command -v docker >/dev/null && return
  apt-get update -qq
  local packages=(docker.io containerd runc)
  # Newer releases of Debian have the client in a package of its own.
  [[ -z $(apt-cache madison docker-cli) ]] || packages+=(docker-cli)
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

case $action in
start)
  install_engine
  mkdir -p "$dir"
  setsid dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --insecure-registry 127.0.0.0/8 \
    --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" -H "unix://$dir/docker.sock" >"$dir/log" 2>&1 </dev/null &
  engine=$!
  for _ in $(seq 300); do
    answers && exit 0
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.1
  done
  echo "docker-engine.sh: the engine did not start:" >&2
  tail -n 5 "$dir/log" >&2
  kill "$engine" 2>/dev/null || true
  exit 1
  ;;
stop)
  if [[ -f $dir/pid ]]; then
    kill "$(cat "$dir/pid")"
    for _ in $(seq 300); do
      [[ -f $dir/pid ]] || break
      sleep 0.1
    done
  fi
  rm -rf "$dir"
  ;;
*) usage ;;
esac
