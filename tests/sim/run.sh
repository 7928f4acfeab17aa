#!/usr/bin/env bash
# Runs the simulator, built for speed (see the profile `sim` in Cargo.toml), and of the crate only what
# it is about: the rooms that do IO are left out.
set -euo pipefail
exec cargo test --quiet --profile sim --no-default-features --test sim "$@"
