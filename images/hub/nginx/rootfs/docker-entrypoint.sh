#!/bin/sh
# Before nginx starts, the scripts in /docker-entrypoint.d run in the order of their names; then the command itself.
set -e

case "$1" in
nginx | nginx-debug)
    for script in /docker-entrypoint.d/*; do
        case "$script" in
        *.envsh) if [ -x "$script" ]; then . "$script"; else echo "$0: $script is not executable, left out" >&2; fi ;;
        *.sh) if [ -x "$script" ]; then "$script"; else echo "$0: $script is not executable, left out" >&2; fi ;;
        esac
    done
    ;;
esac

exec "$@"
