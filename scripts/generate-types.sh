#!/usr/bin/env bash
# Generates src/proto/generated from proto/. With --check it changes nothing and fails when the
# committed files are not what generation gives.
#
# The options must be those of src/proto/loadProto.ts: they decide what messages look like at run
# time.
set -euo pipefail
cd "$(dirname "$0")/.."

target=src/proto/generated
generate=node_modules/.bin/proto-loader-gen-types

# generate_into DIR: both families of types, each with the options its messages are loaded with
generate_into() {
  local shared=(--keepCase --longs=Number --enums=String --includeDirs=proto
    --targetFileExtension=.ts --importFileExtension=.ts)
  "$generate" "${shared[@]}" --oneofs --grpcLib=@grpc/grpc-js --outDir="$1/edge" \
    envoy/service/ext_proc/v3/external_processor.proto grpc/health/v1/health.proto \
    envoy/service/endpoint/v3/eds.proto envoy/service/discovery/v3/ads.proto
  "$generate" "${shared[@]}" --defaults --outDir="$1/state" \
    baton/state/v1/state.proto
}

case "${1:-}" in
  '')
    rm -rf "$target"
    generate_into "$target"
    ;;
  --check)
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    generate_into "$fresh"
    if ! diff -r -u "$target" "$fresh"; then
      echo "$target is not what proto/ generates (differences above). Run: npm run generate" >&2
      exit 1
    fi
    ;;
  *)
    echo "usage: $0 [--check]" >&2
    exit 64
    ;;
esac
