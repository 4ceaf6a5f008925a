#!/bin/bash
# Starts PostgreSQL as the user postgres. On the first start the data directory is set up as the environment says:
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS (the first three also as
# …_FILE: read from a file), and the scripts in /docker-entrypoint-initdb.d run.
set -eo pipefail

# An empty cluster made when the image was built: the same that initdb makes, without its time.
prepared=/usr/share/postgresql/15/cluster
# In a prepared cluster nobody has set up yet.
marker="$PGDATA/.not-set-up"

fail() {
    printf 'postgres: %s\n' "$@" >&2
    exit 1
}

# NAME from NAME_FILE, or the default.
from_file() {
    local name=$1 file="${1}_FILE"
    if [ -n "${!name}" ] && [ -n "${!file}" ]; then fail "$name and $file are both set; one of them is enough"; fi
    if [ -n "${!file}" ]; then export "$name=$(<"${!file}")"; else export "$name=${!name:-$2}"; fi
    unset "$file"
}

read_environment() {
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=scram-sha-256}"
}

require_password() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
        fail 'the new database has no password for its superuser.' \
            'Give one: docker run -e POSTGRES_PASSWORD=... postgres' \
            'or let everyone in without: -e POSTGRES_HOST_AUTH_METHOD=trust'
    fi
    if [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then
        echo 'postgres: POSTGRES_HOST_AUTH_METHOD=trust: whoever reaches port 5432 has every right, without a password' >&2
    fi
}

make_cluster() {
    if [ -z "$POSTGRES_INITDB_ARGS$POSTGRES_INITDB_WALDIR" ]; then
        [ -s "$PGDATA/PG_VERSION" ] || cp -r --no-preserve=timestamps,links --preserve=mode "$prepared/." "$PGDATA"
        return
    fi
    find "$PGDATA" -mindepth 1 -delete
    # shellcheck disable=SC2086 # several arguments in one variable
    initdb --username=postgres --no-sync --auth=trust \
        ${POSTGRES_INITDB_WALDIR:+--waldir="$POSTGRES_INITDB_WALDIR"} $POSTGRES_INITDB_ARGS -D "$PGDATA"
}

# Runs SQL without a server; statements end with a semicolon and an empty line.
single() {
    postgres --single -D "$PGDATA" -j postgres >/dev/null
}

set_up_roles() {
    local user=${POSTGRES_USER//\"/\"\"} database=${POSTGRES_DB//\"/\"\"}
    {
        if [ "$POSTGRES_USER" != postgres ]; then
            # The first superuser is renamed in place: nobody can rename who runs the statement.
            printf "UPDATE pg_authid SET rolname = '%s' WHERE oid = 10;\n\n" "${POSTGRES_USER//\'/\'\'}"
        fi
        if [ -n "$POSTGRES_PASSWORD" ]; then
            printf "ALTER ROLE \"%s\" PASSWORD '%s';\n\n" "$user" "${POSTGRES_PASSWORD//\'/\'\'}"
        fi
        if [ "$POSTGRES_DB" != postgres ]; then printf 'CREATE DATABASE "%s";\n\n' "$database"; fi
    } >"$PGDATA/.set-up.sql"
    if [ -s "$PGDATA/.set-up.sql" ]; then single <"$PGDATA/.set-up.sql"; fi
    rm "$PGDATA/.set-up.sql"
    printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"
}

sql() {
    PGHOST= PGHOSTADDR= psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

# Scripts see a server that only this container reaches.
run_scripts() {
    local script scripts=(/docker-entrypoint-initdb.d/*)
    [ -e "${scripts[0]}" ] || return 0
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -s -w start
    for script in "${scripts[@]}"; do
        echo "postgres: running $script"
        case "$script" in
        *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
        *.sql) sql -f "$script" ;;
        *.sql.gz) gunzip -c "$script" | sql ;;
        *) echo "postgres: $script is neither .sh, .sql nor .sql.gz, left out" >&2 ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -s -w stop
}

set_up() {
    read_environment
    require_password
    make_cluster
    set_up_roles
    run_scripts
    rm -f "$marker"
    unset POSTGRES_PASSWORD
    echo 'postgres: the data directory is set up'
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi

if [ "$1" = postgres ] && [[ " $* " != *' --help '* && " $* " != *' --version '* && " $* " != *' -V '* && " $* " != *' -C '* ]]; then
    if [ "$(id -u)" = 0 ]; then
        mkdir -p "$PGDATA" /run/postgresql
        chmod 700 "$PGDATA"
        find "$PGDATA" /run/postgresql \! -user postgres -exec chown postgres:postgres {} +
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ] || [ -e "$marker" ]; then set_up; fi
fi

exec "$@"
