#!/usr/bin/env bash
# Compiles src/ and tools/ to dist/, for the npm package and the image. Development needs no build:
# Node runs the TypeScript as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf dist
node_modules/.bin/node node_modules/typescript/bin/tsc --project tsconfig.build.json
# The dashboard's page runs in a browser as it is.
page=src/admin/dashboard/page
mkdir -p "dist/$page"
cp "$page"/*.{html,css,js,svg} "dist/$page"
