#!/bin/sh
# Options or a configuration file alone belong to redis-server, which runs as the user redis and owns what is in /data.
set -e

case "$1" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis:redis {} +
        exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
    fi
    umask 0077
    # In a container the network is what protects: other containers reach the server unless the caller says otherwise.
    case " $* " in
    *protected-mode*) ;;
    *) if [ ! -f "$2" ] || ! grep -q '^[[:space:]]*protected-mode' "$2"; then set -- "$@" --protected-mode no; fi ;;
    esac
fi

exec "$@"
