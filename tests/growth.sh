#!/usr/bin/env bash
# Growth of the whole program: instructions (valgrind's callgrind) over what a stranger can make long, at n and at 4n. Fails where 4n takes more
# than five times the instructions of n, and where more than half of those of n are the same for any n, so that growth would not show.
#   tests/growth.sh [PROGRAM [ROW…]]    PROGRAM is target/debug/stevedore unless named, and target/release/stevedore in .ci/run; ROW is a part of
#                                       the names of the rows to run
set -euo pipefail
here=$(dirname "$(realpath "$0")")
program=$(realpath "${1:-$here/../target/debug/stevedore}")
[[ -x $program ]] || { echo "growth.sh: there is no $program: cargo build" >&2; exit 1; }
command -v valgrind >/dev/null || { echo "growth.sh: valgrind is missing: apt-get install valgrind" >&2; exit 1; }
exec python3 "$here/growth.py" "$program" "${@:2}"
