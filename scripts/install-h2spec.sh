#!/usr/bin/env bash
# Builds h2spec, the conformance test of HTTP/2, into .tools/bin. Needs Go. Nothing of Baton needs h2spec to run;
# it is asked about the native transport by `make h2spec`.
#
#   H2SPEC_BIN   use this binary instead; then nothing is built
set -euo pipefail
cd "$(dirname "$0")/.."

version=v2.2.1+incompatible

if [ -n "${H2SPEC_BIN:-}" ] || [ -x .tools/bin/h2spec ]; then exit; fi
if ! command -v go >/dev/null; then
  echo 'h2spec: it is built from source and there is no Go here: https://go.dev/dl' >&2
  exit 1
fi
mkdir -p .tools/bin
GOBIN="$(cd .tools/bin && pwd)" go install "github.com/summerwind/h2spec/cmd/h2spec@$version"
