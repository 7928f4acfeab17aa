#!/usr/bin/env bash
# Breaks the product in one small way at a time, and shows that the simulator notices.
#
# Every patch here says in its first lines what it breaks and which invariants may tell of it. It is
# applied to a copy of the tree, which is built and run for so many scripts at most. A mutation that
# nothing notices, or that something else notices, is a failure.
#
# tests/sim/mutations/run.sh [PATCH...]
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/sim/mutations
budget=${SIM_SCRIPTS:-20000}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
tree=$CARGO_TARGET_DIR/mutations/tree
# The copy is no part of this repository, wherever it lies.
export GIT_CEILING_DIRECTORIES=$CARGO_TARGET_DIR/mutations

# Only what differs is copied, so that what was built of the copy before is built no more.
mkdir -p "$tree"
listed=$CARGO_TARGET_DIR/mutations/listed
(cd "$root" && git ls-files -z --cached --others --exclude-standard -- \
  Cargo.toml Cargo.lock clippy.toml README.md src tests/sim tests/it/main.rs benches deploy schemas) |
  tr '\0' '\n' | sort >"$listed"
while IFS= read -r file; do
  cmp -s "$root/$file" "$tree/$file" || (cd "$root" && cp --parents "$file" "$tree")
done <"$listed"
(cd "$tree" && find . -type f -printf '%P\n' | sort) | comm -13 "$listed" - |
  while IFS= read -r file; do rm "$tree/$file"; done

# Runs the simulator on the copy; prints the invariant that did not hold, if one did not.
simulate() {
  local log=$CARGO_TARGET_DIR/mutations/log
  if (cd "$tree" && SIM_SCRIPTS=$budget "$root/tests/sim/run.sh" whatever_happens) >"$log" 2>&1; then
    return 0
  fi
  if ! sed -n 's/^seed \([0-9]*\): \([A-Za-z]*\):.*/\2 (seed \1)/p' "$log" | grep -m1 .; then
    tail -n 30 "$log" >&2
    return 1
  fi
}

found=$(simulate) || exit 1
if [ -n "$found" ]; then
  echo "the tree as it is already breaks $found" >&2
  exit 1
fi
mapfile -t patches < <([ $# -eq 0 ] || realpath "$@")
[ ${#patches[@]} -gt 0 ] || patches=("$here"/*.patch)
missed=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  expected=$(sed -n 's/^Caught-by: //p' "$patch")
  (cd "$tree" && git apply "$patch")
  found=$(simulate) || found='no build'
  (cd "$tree" && git apply -R "$patch")
  if [ -n "$found" ] && [[ " $expected " == *" ${found%% *} "* ]]; then
    printf '%-40s caught by %s\n' "$name" "$found"
  else
    printf '%-40s NOT CAUGHT: expected %s, got %s\n' "$name" "$expected" "${found:-nothing}"
    missed=1
  fi
done
exit "$missed"
