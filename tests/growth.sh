#!/usr/bin/env bash
# Growth of the whole program: instructions (valgrind's callgrind) over what a stranger can make long, at n and at 4n. Fails where 4n takes more
# than five times the instructions of n, and where more than half of those of n are the same for any n, so that growth would not show.
#   tests/growth.sh PROGRAM [ROW…]    PROGRAM may be a debug build; ROW is a part of the names of the rows to run
set -euo pipefail
program=$(realpath "${1:?the program to count, such as target/debug/stevedore}")
command -v valgrind >/dev/null || { echo "growth.sh: valgrind is not installed" >&2; exit 1; }
exec python3 "$(dirname "$0")/growth.py" "$program" "${@:2}"
