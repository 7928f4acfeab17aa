#!/bin/sh
# Prints the folder of the Gateway API's definitions, standard channel, in the
# version of go.mod. They come from the Go module, whose sum is in go.sum, and
# are kept in ${XDG_CACHE_HOME:-~/.cache}/tidegate/gateway-api/<version>.
set -eu
cd "$(dirname "$0")"

module=sigs.k8s.io/gateway-api
version=$(awk -v module=$module '$1 == "require" && $2 == module { print $3 }' go.mod)
out=${XDG_CACHE_HOME:-$HOME/.cache}/tidegate/gateway-api/$version

if [ ! -d "$out" ]; then
	if ! command -v go >/dev/null; then
		echo "Go is needed to fetch the Gateway API; see ../build.sh" >&2
		exit 1
	fi
	export GOTOOLCHAIN=local GOFLAGS=
	go mod download $module >&2
	from=$(go list -m -f '{{.Dir}}' $module)/config/crd/standard
	mkdir -p "$(dirname "$out")"
	new=$(mktemp -d "$out.XXXXXX")
	cp "$from"/*.yaml "$new"
	chmod -R u+w,go+rX "$new"
	# Who was first has the same.
	mv -T "$new" "$out" 2>/dev/null || rm -rf "$new"
fi
echo "$out"
