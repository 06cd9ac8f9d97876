#!/bin/sh
# Gives an etcd that knows no users the users instance, operator and reader, each with the least
# rights for one pool (docs/etcd.md), and root; and requires a user from then on.
#
#   export ETCDCTL_ENDPOINTS=http://10.0.0.5:2379
#   ROOT_PASSWORD=... INSTANCE_PASSWORD=... OPERATOR_PASSWORD=... READER_PASSWORD=... \
#     sh examples/etcd/requireUsers.sh
#
# Needs baton and etcdctl on the PATH. POOL is the pool's name, "default" without it.
set -eu

pool=${POOL:-default}

# add_user NAME ROLE PASSWORD: the password goes by standard input, so that no list of processes
# shows it.
add_user() {
  printf '%s\n' "$3" | etcdctl user add "$1" --interactive=false
  etcdctl user grant-role "$1" "$2"
}

baton etcd-roles --apply --etcd "$ETCDCTL_ENDPOINTS" --set "pool.name=$pool"
add_user instance "baton-v1-$pool-instance" "$INSTANCE_PASSWORD"
add_user operator "baton-v1-$pool-operator" "$OPERATOR_PASSWORD"
add_user reader "baton-v1-$pool-reader" "$READER_PASSWORD"
etcdctl role add root
add_user root root "$ROOT_PASSWORD"
etcdctl auth enable
