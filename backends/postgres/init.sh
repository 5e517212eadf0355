#!/bin/sh
# Run by the postgres image the first time it starts, with an empty data volume.
set -eu
APP_PASSWORD=$(cat /run/secrets/database_password)
READER_PASSWORD=$(cat /run/secrets/reader_password)
export APP_PASSWORD READER_PASSWORD
psql --username "$POSTGRES_USER" --no-psqlrc --quiet --file /etc/jobscope/roles.sql
