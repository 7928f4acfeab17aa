#!/usr/bin/env bash
# Runs the simulator, built for speed: see the profile `sim` in Cargo.toml.
set -euo pipefail
exec cargo test --quiet --profile sim --test sim "$@"
