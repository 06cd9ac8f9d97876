#!/usr/bin/env bash
# A rolling upgrade, or rollback, of Baton on plain hosts that run baton.service: one host after the other.
#
#   upgrade.sh RELEASE GENERATION HOST...
#   upgrade.sh 1.5.0 7 sched-1 sched-2 sched-3
#
# RELEASE lies in /opt/baton/RELEASE on every host already. GENERATION orders releases: a higher one than the
# running one's for an upgrade; for a rollback the release and the generation of before. On each host `systemctl
# restart` drains the old process (it finishes what it accepted, up to TimeoutStopSec) and comes back when the new
# one is ready. At the first host where that fails it stops: the others go on as they are.
#
#   SSH   how to reach a host (default: ssh -o BatchMode=yes)
set -euo pipefail

[ $# -ge 3 ] || {
  sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
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

# All hosts before the first one changes: an upgrade that could not be finished is not begun.
for host in "$@"; do
  on "$host" "test -f /opt/baton/$release/src/cli/main.ts && systemctl is-active --quiet baton" || {
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
  # Envoy asks for health once a second; it has to take the new one before the next one leaves.
  sleep "${SETTLE_SECONDS:-3}"
done
echo "all on $release"
