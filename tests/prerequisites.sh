#!/bin/sh
# Names what the tests need and this machine lacks, with the command that installs it. With
# `--demo`, what the demo needs, which is less.
set -eu

missing=
need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}
need cc build-essential
need make make
need git git
need pkg-config pkg-config
if [ "${1:-}" != --demo ]; then
  need curl curl
  need jq jq
  need sshd openssh-server
  need prometheus prometheus
  need python3 python3
fi
if [ "${1:-}" != --demo ] && command -v python3 >/dev/null 2>&1; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
fi
pkg-config --exists openssl 2>/dev/null || missing="$missing libssl-dev"
if [ -n "$missing" ]; then
  echo "missing:$missing" >&2
  echo "install: sudo apt-get install -y --no-install-recommends$missing" >&2
  exit 2
fi

if ! command -v cargo >/dev/null 2>&1; then
  echo 'missing: Rust 1.95 or newer (install: https://rustup.rs)' >&2
  exit 2
fi

go_version=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || go_version=
oldest=$(printf '%s\n1.26.4\n' "${go_version:-0}" | sort -V | head -n 1)
if [ "$oldest" != 1.26.4 ]; then
  echo "missing: Go 1.26.4 or newer${go_version:+, this is $go_version} (install: https://go.dev/doc/install)" >&2
  exit 2
fi
