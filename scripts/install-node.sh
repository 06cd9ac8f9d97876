#!/usr/bin/env bash
# Installs a Node of a given version into .tools/node-VERSION of this checkout, from the npm package
# `node`, and prints the folder of its binary. The test of the packed package runs on the oldest
# supported one.
#
#   scripts/install-node.sh 22.18.0
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -eq 1 ] || {
  echo "usage: $0 VERSION" >&2
  exit 64
}
version=$1
prefix=$PWD/.tools/node-$version
binary=$prefix/node_modules/node/bin/node

mkdir -p .tools
# Two runs at once would install into the same folder.
if command -v flock >/dev/null 2>&1; then
  exec 9>".tools/node-$version.lock"
  flock 9
fi
if [ "$("$binary" --version 2>/dev/null)" != "v$version" ]; then
  echo "node: installing node@$version into $prefix" >&2
  rm -rf "$prefix"
  mkdir -p "$prefix"
  npm install --prefix "$prefix" --no-audit --no-fund --loglevel=error "node@$version" >&2
  if [ "$("$binary" --version 2>/dev/null)" != "v$version" ]; then
    echo "node: node@$version brought no working binary." >&2
    echo 'Its binary comes by an install script: "npm config get ignore-scripts" has to print false.' >&2
    exit 1
  fi
fi
dirname "$binary"
