#!/usr/bin/env bash
# Prints the section of CHANGELOG.md of a version. Fails unless package.json has that version, so
# that a tag cannot publish something else.
#
#   scripts/release-notes.sh 0.2.0
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -eq 1 ] || {
  echo "usage: $0 VERSION" >&2
  exit 64
}
version=$1
packaged=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
[ "$packaged" = "$version" ] || {
  echo "package.json has version $packaged, not $version" >&2
  exit 1
}
notes=$(awk -v heading="## [$version]" '
  /^## / { printing = index($0, heading) == 1; next }
  printing' CHANGELOG.md)
[ -n "$notes" ] || {
  echo "CHANGELOG.md has no section [$version]" >&2
  exit 1
}
printf '%s\n' "$notes"
