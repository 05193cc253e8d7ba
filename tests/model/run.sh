#!/usr/bin/env bash
# Checks the models of the collector and of uploads with spin: the protocol as it is loses nothing, and each rule that is left out is missed.
#
# Usage: run.sh [PATTERN]   (runs whose name matches; needs spin and a C compiler; TRAILS=DIR keeps counterexamples)
# LONG=1 adds the runs of several minutes. Each line: name, what is expected, what was found, states, seconds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
pattern=${1:-.}
work=${TRAILS:-$(mktemp -d)}
mkdir -p "$work"
[[ -n ${TRAILS:-} ]] || trap 'rm -rf "$work"' EXIT
# A model that outgrows the machine is an error, not a busy afternoon.
ulimit -v $((5 * 1024 * 1024))
lines=$work/lines
: >"$lines"

run() { # MODEL NAME EXPECTED(sound|flawed) FLAG...
  local model=$1 name=$2 expected=$3 found=sound begin=$SECONDS
  shift 3
  [[ $name =~ $pattern ]] || return 0
  local folder=$work/$name flags=(-O2 -DSAFETY -DCOLLAPSE -DMEMLIM=4000 -w)
  # Breadth first finds the shortest counterexample.
  [[ $expected == flawed ]] && flags+=(-DBFS)
  mkdir -p "$folder"
  cd "$folder"
  if ! { spin "$@" -a "$here/$model.pml" && gcc "${flags[@]}" -o pan pan.c; } >build.txt 2>&1; then
    found=broken
  else
    timeout 900 ./pan -E -m1000000 >out.txt 2>&1 || found=stopped
    # pan ends well when it has found something, too.
    grep -q 'errors: 0' out.txt || found=${found/sound/flawed}
    if grep -qiE 'out of memory|search depth too small|MEMLIM' out.txt; then found=stopped; fi
  fi
  local states
  states=$(awk '/states, stored/ {print $1; exit}' out.txt 2>/dev/null || true)
  local mark=
  [[ $found == "$expected" ]] || mark='   <-- not as expected'
  printf '%-26s %-7s %-7s %10s %4s s%s\n' "$name" "$expected" "$found" "${states:-0}" $((SECONDS - begin)) "$mark"
  if [[ $found == flawed && -n ${TRAILS:-} ]]; then
    spin "$@" -k "$model.pml.trail" -t -p "$here/$model.pml" >trail.txt 2>&1 || true
  fi
  rm -f pan pan.[bchmpt]
}
# As many at a time as there are processors.
start() {
  while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || true; done
  run "$@" | tee -a "$lines" &
}
collector() { start collector "$@"; }
upload() { start upload "$@"; }

# Two writers of one request; one writer of three.
two=(-DOPS=1 -DTMAX=2)
one=(-DONE_WRITER -DOPS=3 -DTMAX=2)

collector two-writers sound "${two[@]}" -DNO_MOUNT
collector one-writer sound "${one[@]}"
collector two-collectors sound -DONE_WRITER -DOPS=1 -DTWO_COLLECTORS -DTMAX=2
collector gate sound -DONE_WRITER -DOPS=2 -DGATE -DTMAX=2
collector untagged sound -DONE_WRITER -DOPS=2 -DUNTAGGED -DTMAX=2
collector index sound -DONE_WRITER -DOPS=2 -DINDEX -DUNTAGGED -DTMAX=2
collector clock-back sound -DONE_WRITER -DOPS=2 -DSTEP=1 -DSTAYS_BACK -DTMAX=2 -DCRASHES=0
# A limit that docs/GC.md names: set back while a batch is deleted, or back and forth within one collection, it goes unnoticed.
collector clock-back-and-forth flawed -DONE_WRITER -DOPS=2 -DSTEP=1 -DTMAX=2 -DCRASHES=0
if [[ -n ${LONG:-} ]]; then
  collector two-writers-mount sound -DOPS=1
  collector two-writers-untagged sound "${two[@]}" -DUNTAGGED
  collector two-requests sound -DOPS=2 -DCRASHES=0 -DTMAX=2 -DNO_MOUNT
  collector two-crashes sound "${two[@]}" -DCRASHES=2 -DNO_MOUNT
  collector grace sound -DOPS=1 -DGRACE=1 -DTMAX=4 -DNO_MOUNT
  collector index-two-writers sound "${two[@]}" -DINDEX -DUNTAGGED -DNO_MOUNT
  collector index-two-collectors sound -DONE_WRITER -DOPS=1 -DINDEX -DUNTAGGED -DTWO_COLLECTORS -DTMAX=2
  # Two rules that safety does not need.
  collector child-no-touch sound -DONE_WRITER -DOPS=2 -DINDEX -DUNTAGGED -DTMAX=2 -DBROKEN_CHILD_NO_TOUCH
  collector data-first sound "${two[@]}" -DBROKEN_DATA_FIRST -DNO_MOUNT
fi

# What must be possible: a model in which nothing is ever deleted would be sound too.
collector reach-pushed-again flawed "${one[@]}" -DREACH=1
collector reach-after-crash flawed -DONE_WRITER -DOPS=2 -DTMAX=2 -DREACH=2 -DNO_MOUNT
collector reach-spared flawed "${two[@]}" -DREACH=3 -DNO_MOUNT
collector reach-ghost flawed "${two[@]}" -DREACH=4 -DNO_MOUNT -DONE_WRITER

# Each rule left out, in the smallest run that misses it.
broken() { local name=$1 flag=$2; shift 2; collector "$name" flawed "-DBROKEN_$flag" -DTMAX=2 "$@"; }
solo=(-DONE_WRITER -DOPS=1)
broken begin-no-lock BEGIN_NO_LOCK "${solo[@]}" -DCRASHES=0
broken rename-first RENAME_FIRST -DOPS=1 -DNO_MOUNT -DNO_DELETE
broken no-renew NO_RENEW -DOPS=1 -DNO_MOUNT -DNO_DELETE -DCRASHES=0
broken use-no-touch USE_NO_TOUCH "${solo[@]}" -DCRASHES=0
broken use-no-data USE_NO_DATA "${solo[@]}" -DBROKEN_DATA_FIRST
broken no-look NO_LOOK "${solo[@]}" -DCRASHES=0
broken same-tick SAME_TICK "${solo[@]}" -DCRASHES=0
broken put-no-lock PUT_NO_LOCK "${solo[@]}" -DCRASHES=0
broken look-before-lock LOOK_BEFORE_LOCK "${solo[@]}" -DCRASHES=0
broken no-lock NO_LOCK "${solo[@]}" -DCRASHES=0
broken no-turn NO_TURN -DOPS=1 -DNO_MOUNT -DCRASHES=0
broken delete-in-use DELETE_IN_USE "${solo[@]}" -DCRASHES=0
broken raw-no-touch RAW_NO_TOUCH -DONE_WRITER -DOPS=2 -DCRASHES=0
broken untagged-no-look UNTAGGED_NO_LOOK "${solo[@]}" -DUNTAGGED -DCRASHES=0
broken ghost-no-lock GHOST_NO_LOCK "${solo[@]}" -DCRASHES=0
broken ghost-no-look GHOST_NO_LOOK "${solo[@]}" -DCRASHES=0
broken clock CLOCK "${solo[@]}" -DSTEP=1 -DSTAYS_BACK -DCRASHES=0

upload upload-two-servers sound -DREQS=6
upload upload-one-server sound -DREQS=6 -DSERVERS=1
upload upload-create-two flawed -DREQS=5 -DBROKEN_CREATE
upload upload-create-one flawed -DREQS=5 -DSERVERS=1 -DBROKEN_CREATE

wait
runs=$(wc -l <"$lines") failures=$(grep -c 'not as expected' "$lines" || true)
echo "$runs runs, $failures not as expected"
((failures == 0 && runs > 0))
