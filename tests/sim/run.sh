#!/usr/bin/env bash
# Runs the simulator with the product's own crate optimised: it is what all the time is spent in.
# The rest of the build is that of the other tests, so nothing is compiled twice.
set -euo pipefail
exec cargo test --quiet \
  --config 'profile.dev.package.tidegate.opt-level=2' \
  --test sim "$@"
