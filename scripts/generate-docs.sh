#!/usr/bin/env bash
# Writes what the schema of the configuration says of itself: docs/config.schema.json and the table in README.md.
# A unit test fails while they are not current.
set -euo pipefail
cd "$(dirname "$0")/.."

baton() {
  node_modules/.bin/node src/cli/main.ts "$@"
}

baton config --schema >docs/config.schema.json
table=$(mktemp)
trap 'rm -f "$table"' EXIT
baton config --markdown-table >"$table"
sed -i.bak -e '/<!-- config:begin -->/,/<!-- config:end -->/{//!d}' \
  -e "/<!-- config:begin -->/r $table" README.md
rm README.md.bak
