#!/bin/sh
# Prints the folder of the control plane's binaries, and builds them first if
# this version of the sources has not been built yet:
#
#   build.sh [--with-metrics-server] [--where]
#
# They are kept in ${XDG_CACHE_HOME:-~/.cache}/tidegate/controlplane/<hash>, so
# that a fresh clone of the same sources builds nothing. `--where` prints the
# folder without building. Words go to stderr, the folder alone to stdout.
set -eu
cd "$(dirname "$0")"

metrics=no
where=no
for argument; do
	case $argument in
	--with-metrics-server) metrics=yes ;;
	--where) where=yes ;;
	*) echo "usage: build.sh [--with-metrics-server] [--where]" >&2; exit 2 ;;
	esac
done

hash=$(cat build.sh ./*.go go.mod go.sum stages/*.yaml tools/go.mod tools/go.sum | sha256sum | cut -c1-16)
root=${XDG_CACHE_HOME:-$HOME/.cache}/tidegate/controlplane
out=$root/$hash

built() {
	[ -x "$out/controlplane" ] && [ -x "$out/kwok" ] &&
		{ [ $metrics = no ] || [ -x "$out/metrics-server" ]; }
}

if [ $where = yes ] || built; then
	[ ! -d "$out" ] || touch "$out"
	echo "$out"
	exit
fi

# One build at a time; who waited finds the other's result.
mkdir -p "$out"
exec 9>"$root/lock"
if ! flock -n 9; then
	echo "waiting for another build of the test control plane" >&2
	flock 9
fi
if built; then
	echo "$out"
	exit
fi

export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=
need=1.26.4
get="curl -fsSL https://go.dev/dl/go1.26.8.linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/').tar.gz | sudo tar -C /usr/local -xz && export PATH=/usr/local/go/bin:\$PATH"
if ! command -v go >/dev/null; then
	echo "Go $need or newer is needed to build the test control plane. Install it with: $get" >&2
	exit 1
fi
have=$(go env GOVERSION)
if [ "$(printf '%s\n' "$need" "${have#go}" | sort -V | head -n 1)" != "$need" ]; then
	echo "Go $need or newer is needed to build the test control plane, $have is installed. Install it with: sudo rm -rf /usr/local/go; $get" >&2
	exit 1
fi

# build FILE PACKAGE LDFLAGS: builds beside the file, then renames. The flags
# are part of the compiler's cache key: keep them as they are.
build() {
	echo "building $1" >&2
	{ go build -v -trimpath -buildvcs=false -ldflags "$3" -o "$out/.$1" "$2" 2>&1 || echo "failed: go build"; } |
		awk '/^failed: go build$/ { exit 1 }
		     /^[^ ]+$/ { if (++n % 200 == 0) { print "  " n " packages compiled"; fflush() } next }
		     { print }' >&2
	mv "$out/.$1" "$out/$1"
}

echo "building the test control plane, once: about 10 minutes on 2 cores with nothing cached" >&2
# The version must be stamped: without it the server calls itself
# v0.0.0-master+$Format:%H$, and kubectl and other clients fail to parse that.
v=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
major=${v#v}
major=${major%%.*}
minor=${v#*.}
minor=${minor%%.*}
stamp='-s -w'
for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamp="$stamp -X $p.gitVersion=$v -X $p.gitMajor=$major -X $p.gitMinor=$minor -X $p.gitTreeState=clean -X $p.buildDate=2026-01-01T00:00:00Z"
done
[ -x "$out/controlplane" ] || build controlplane . "$stamp"
cd tools
[ -x "$out/kwok" ] || build kwok sigs.k8s.io/kwok/cmd/kwok '-s -w'
[ $metrics = no ] || [ -x "$out/metrics-server" ] || build metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server '-s -w'
# What has not been used for a month is not worth its 200 MB.
find "$root" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +
echo "$out"
