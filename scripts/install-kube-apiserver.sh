#!/usr/bin/env bash
# Builds the API server of Kubernetes into .tools/bin, from its Go modules. Needs Go, a gigabyte of
# disk and some minutes. Nothing of Baton needs it, and its tests are skipped where it is missing.
#
#   scripts/install-kube-apiserver.sh
#   KUBE_APISERVER_BIN   use this binary; nothing is built
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.36.3
stamp=.tools/kube-apiserver.stamp
if [ -n "${KUBE_APISERVER_BIN:-}" ]; then exit 0; fi
if [ -x .tools/bin/kube-apiserver ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version" ]; then exit 0; fi
if ! command -v go >/dev/null; then
  echo "kube-apiserver: it is built from source, and Go is missing: https://go.dev/dl" >&2
  exit 1
fi

echo "kube-apiserver: building version $version" >&2
mkdir -p .tools/bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
out="$PWD/.tools/bin/kube-apiserver"
cp scripts/kubeApiServer/main.go "$folder"
cd "$folder"
export GOFLAGS=-mod=mod
go mod init kube-apiserver 2>/dev/null
go mod edit -require="k8s.io/kubernetes@v$version"
# Its parts are modules of their own, which it requires without a version.
parts=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
for part in $(awk '$2 == "v0.0.0" { print $1 }' "$parts" | sort -u); do
  go mod edit -replace="$part=$part@v0.${version#1.}"
done
go mod tidy
name=k8s.io/component-base/version
go build -trimpath -ldflags "-s -w -X $name.gitVersion=v$version -X $name.gitMajor=1 -X $name.gitMinor=36" -o "$out" .
cd - >/dev/null
echo "$version" >"$stamp"
