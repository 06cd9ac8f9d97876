#!/usr/bin/env bash
# Builds programs that test Baton from outside into .tools/bin, from Go modules. Needs Go. Nothing
# of Baton needs them to run, and their tests are skipped where they are missing.
#
#   scripts/install-go-tools.sh NAME…       of the list below
#   H2SPEC_BIN, GRPCURL_BIN, GRPC_HEALTH_PROBE_BIN   use this binary; nothing is built for it
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A modules=(
  [h2spec]=github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible
  [grpcurl]=github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
  [grpc-health-probe]=github.com/grpc-ecosystem/grpc-health-probe@v0.4.61
)

for name in "$@"; do
  module=${modules[$name]}
  own=${name^^}
  own=${own//-/_}_BIN
  stamp=.tools/$name.stamp
  if [ -n "${!own:-}" ]; then continue; fi
  if [ -x ".tools/bin/$name" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$module" ]; then continue; fi
  if ! command -v go >/dev/null; then
    echo "$name: it is built from source, and Go is missing: https://go.dev/dl" >&2
    exit 1
  fi
  echo "$name: building $module" >&2
  mkdir -p .tools/bin
  GOBIN="$(cd .tools/bin && pwd)" go install "$module"
  echo "$module" >"$stamp"
done
