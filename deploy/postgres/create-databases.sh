#!/bin/sh
# Run once by the PostgreSQL image on an empty data folder: a database and a role for each service, and nobody
# reaches another's. The passwords come from the environment (CQO_DB_PASSWORD_<SERVICE>).
set -eu

create() {
    psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v service="$1" -v password="$2" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
}

create registry "$CQO_DB_PASSWORD_REGISTRY"
create training "$CQO_DB_PASSWORD_TRAINING"
create notifications "$CQO_DB_PASSWORD_NOTIFICATIONS"
create reporting "$CQO_DB_PASSWORD_REPORTING"
