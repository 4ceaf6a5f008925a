#!/bin/sh
# Files in /etc/nginx/templates that end with .template are written to /etc/nginx/conf.d with the variables of the environment in place.
set -e

from="${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}"
suffix="${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}"
to="${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}"
[ -d "$from" ] || exit 0

# Only names that are set are replaced: nginx has variables of its own.
names=$(awk -v filter="${NGINX_ENVSUBST_FILTER:-}" 'BEGIN { for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ && name ~ filter) printf "${%s} ", name }')

find "$from" -follow -type f -name "*$suffix" | while read -r template; do
    file="${template#"$from"/}"
    file="$to/${file%"$suffix"}"
    mkdir -p "$(dirname "$file")"
    envsubst "$names" <"$template" >"$file"
done
