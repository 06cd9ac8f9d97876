#!/usr/bin/env bash
# Compiles src/ and tools/ to dist/, for the npm package and the image. Development needs no build:
# Node runs the TypeScript as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf dist
node_modules/.bin/node node_modules/typescript/bin/tsc --project tsconfig.build.json
