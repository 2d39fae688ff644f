#!/usr/bin/env bash
# Makes what infra/compose.yaml takes from infra/secrets/, once; what is there stays. Nobody but you can look into the
# folder; the files in it can be read by the users that containers run as.
#
#   secrets.sh [FOLDER]   where to make secrets/; beside this file if it is not given
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")}"
umask 022
mkdir -p secrets
chmod 700 secrets
cd secrets

random() { head -c "$1" /dev/urandom | base64 --wrap=0 | tr '+/' '-_'; }
make() {
    if [[ -s $1 ]]; then return; fi
    if [[ -e $1 ]]; then
        echo "secrets: $1 is empty: fill it, or remove secrets/ if nothing runs with it yet, and run this again." >&2
        exit 1
    fi
    "${@:2}" >"$1.new"
    mv "$1.new" "$1"
    echo "secrets: made $1"
}

make postgres-password random 24
make database printf 'postgresql+psycopg2://airflow:%s@postgres/airflow' "$(<postgres-password)"
make fernet-key random 32
make api-secret-key random 48
make jwt-secret random 48
key=$(random 15)
secret=$(random 30)
make aws-credentials printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$key" "$secret"
key=$(sed -n 's/^aws_access_key_id = //p' aws-credentials)
secret=$(sed -n 's/^aws_secret_access_key = //p' aws-credentials)
make s3-identities printf '{"identities": [{"name": "nightreel", "credentials": [{"accessKey": "%s", "secretKey": "%s"}],
    "actions": ["Read:nightreel", "Write:nightreel", "List:nightreel"]}]}\n' "$key" "$secret"
