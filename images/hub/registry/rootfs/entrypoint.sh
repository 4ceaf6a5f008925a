#!/bin/sh
# A configuration file alone means: serve with it; a command of the registry needs no program's name.
set -e

case "$1" in
*.yaml | *.yml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac

exec "$@"
