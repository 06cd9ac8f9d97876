#!/usr/bin/env bash
# npm ci, and whether it gave the Node on which everything runs. The machine's own Node only has to
# run npm.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

command -v npm >/dev/null 2>&1 ||
  fail 'npm is missing; it fetches everything else, also the Node that is used.' \
    'Get it (Debian, Ubuntu: apt-get install npm), or Node 20 or newer from nodejs.org.'

npm ci --no-audit --no-fund ||
  fail 'npm ci failed (its own words are above). It needs a package registry: see "npm config get registry".'

# The package `node` brings its binary by an install script.
if ! node_modules/.bin/node --eval '' 2>/dev/null; then
  # Without this file make does not take the packages for installed.
  rm -f node_modules/.package-lock.json
  fail 'npm installed no working Node into node_modules/.bin.' \
    'Are install scripts switched off? "npm config get ignore-scripts" has to say false.'
fi
