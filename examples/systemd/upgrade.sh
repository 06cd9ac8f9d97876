#!/usr/bin/env bash
# A rolling upgrade, or rollback, of Baton on plain hosts that run baton.service: one host after the
# other.
#
#   upgrade.sh RELEASE GENERATION HOST...
#   upgrade.sh 0.3.0 7 sched-1 sched-2 sched-3
#
# RELEASE is installed in /opt/baton/RELEASE on every host already (baton.service shows how).
# GENERATION orders releases: for an upgrade it is higher than the running one; for a rollback give
# the release and the generation of before. On each host `systemctl restart` drains the old process
# (it finishes accepted requests, up to TimeoutStopSec) and returns when the new one is ready. The
# script stops at the first host where that fails; the other hosts are unchanged.
#
#   SSH              how to reach a host (default: ssh -o BatchMode=yes)
#   SETTLE_SECONDS   pause after each host (default: 3)
set -euo pipefail

[ $# -ge 3 ] || {
  sed -n '2,15s/^# \{0,1\}//p' "$0" >&2
  exit 64
}
release=$1
generation=$2
shift 2
[[ $release =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || { echo "not the name of a release: $release" >&2; exit 64; }
[[ $generation =~ ^[0-9]+$ ]] || { echo "not a generation: $generation" >&2; exit 64; }
read -ra ssh <<<"${SSH:-ssh -o BatchMode=yes}"

on() {
  "${ssh[@]}" "$@"
}

# Check all hosts before changing the first.
for host in "$@"; do
  on "$host" "test -x /opt/baton/$release/bin/baton && systemctl is-active --quiet baton" || {
    echo "$host: /opt/baton/$release is missing, or baton does not run; nothing was changed" >&2
    exit 1
  }
done

done_hosts=()
for host in "$@"; do
  echo "$host: to $release, generation $generation"
  on "$host" "set -e
printf 'BATON_INSTANCE_RELEASE=%s\nBATON_INSTANCE_GENERATION=%s\n' $release $generation > /etc/baton/release.env
ln -sfn /opt/baton/$release /opt/baton/current
systemctl restart baton" || {
    echo "$host: did not become ready as $release; stopped here. On the new release: ${done_hosts[*]:-none}" >&2
    exit 1
  }
  done_hosts+=("$host")
  # Envoy checks health once a second. It has to see the new instance before the next one drains.
  sleep "${SETTLE_SECONDS:-3}"
done
echo "all hosts run $release"
