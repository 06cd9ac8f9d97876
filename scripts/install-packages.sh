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
  fail 'npm is missing; it installs everything else, including Node 24.' \
    'Get it (Debian, Ubuntu: apt-get install npm), or Node 20 or newer from nodejs.org.'

npm ci --no-audit --no-fund ||
  fail 'npm ci failed (its output is above). It needs a package registry: see "npm config get registry".'

# An install script of the package `node` installs the binary.
if ! node_modules/.bin/node --eval '' 2>/dev/null; then
  # Without this file make runs npm ci again.
  rm -f node_modules/.package-lock.json
  fail 'npm installed no working Node into node_modules/.bin.' \
    'Are install scripts switched off? "npm config get ignore-scripts" has to say false.'
fi
