#!/usr/bin/env bash
# Installs Chromium for the tests of the dashboard where that is possible: as root, from Debian's
# packages. Where there is one already (CHROMIUM_BIN, or on the PATH) it does nothing.
set -euo pipefail

for name in "${CHROMIUM_BIN:-}" chromium chromium-browser google-chrome google-chrome-stable chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "no Chromium: install one, or name it in CHROMIUM_BIN" >&2
  exit 1
fi
apt-get update --quiet=2
DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium >/dev/null
