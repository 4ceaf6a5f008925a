#!/bin/sh
# Starts mongod under the variables that the official image knows: a first user, the scripts of an empty data directory,
# and every address unless one is asked for. Whatever else is to be run is just run.
set -eu

# NAME_FILE names a file with the value of NAME.
from_file() {
    eval "file=\${${1}_FILE:-} value=\${$1:-}"
    if [ -n "$file" ] && [ -n "$value" ]; then
        echo >&2 "error: both $1 and ${1}_FILE are set (but are exclusive)"
        exit 1
    fi
    if [ -n "$file" ]; then value=$(cat "$file"); fi
    if [ -n "$value" ]; then export "$1=$value"; fi
    unset "${1}_FILE"
}

run_scripts() {
    mongod --quiet --bind_ip 127.0.0.1 --dbpath "$1" &
    server=$!
    until mongosh --quiet --eval 'db.runCommand({ping: 1})' >/dev/null 2>&1; do
        kill -0 "$server" 2>/dev/null || exit 1
        sleep 0.1
    done
    for script in /docker-entrypoint-initdb.d/*; do
        case "$script" in
        *.sh) echo "$0: running $script" && . "$script" ;;
        *.js) echo "$0: running $script" && mongosh --quiet "${MONGO_INITDB_DATABASE:-test}" "$script" ;;
        *) echo "$0: ignoring $script" ;;
        esac
    done
    kill "$server"
    wait "$server"
}

case "${1:-mongod}" in
-*) set -- mongod "$@" ;;
esac

if [ "${1:-mongod}" = mongod ]; then
    if [ $# -gt 0 ]; then shift; fi
    from_file MONGO_INITDB_ROOT_USERNAME
    from_file MONGO_INITDB_ROOT_PASSWORD
    user=${MONGO_INITDB_ROOT_USERNAME:-} password=${MONGO_INITDB_ROOT_PASSWORD:-}
    if { [ -n "$user" ] && [ -z "$password" ]; } || { [ -z "$user" ] && [ -n "$password" ]; }; then
        echo >&2 "error: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'"
        echo >&2 "       both must be specified for a user to be created"
        exit 1
    fi
    data=/data/db before=
    for word in "$@"; do
        case "$word" in --dbpath=*) data=${word#--dbpath=} ;; esac
        if [ "$before" = --dbpath ]; then data=$word; fi
        before=$word
    done
    if [ ! -s "$data/drydock.journal" ] && [ -n "$(ls /docker-entrypoint-initdb.d 2>/dev/null)" ]; then run_scripts "$data"; fi
    if [ -n "$user" ]; then set -- --auth "$@"; fi
    case " $* " in
    *" --bind_ip"*) ;;
    *) set -- --bind_ip_all "$@" ;;
    esac
    exec mongod "$@"
fi

exec "$@"
