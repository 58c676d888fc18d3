#!/bin/sh
# Makes what compose.yaml wants as files: keys, passwords, and a certificate for app.localhost that nobody vouches for.
#   make-secrets.sh [FOLDER]      by default secrets/ beside this script
# Keep a copy of secret-key: without it the database is of no use.
set -eu
folder=${1:-$(dirname -- "$0")/secrets}
if [ -e "$folder" ]; then
  echo "$folder is there already, and the database knows its keys. Nothing was changed." >&2
  exit 1
fi
umask 077
mkdir -p "$folder"
cd "$folder"

secret() { openssl rand -hex 32; }

secret >secret-key
secret >proxy-secret
secret >postgres-password
redis=$(secret)
printf 'proxy_set_header X-Postern-Secret "%s";\n' "$(cat proxy-secret)" >proxy-secret.conf
printf 'postgres://postern:%s@postgres/postern?sslmode=disable\n' "$(cat postgres-password)" >database-url
printf 'requirepass %s\nsave ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy volatile-ttl\n' "$redis" >redis.conf
printf 'redis://:%s@redis:6379/0\n' "$redis" >redis-url
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 \
  -subj /CN=app.localhost -addext subjectAltName=DNS:app.localhost -keyout tls.key -out tls.crt 2>openssl.log || {
  cat openssl.log >&2
  exit 1
}
rm openssl.log
# In a container each file is read by a user of its own. On this machine only who made the folder gets into it.
chmod 444 ./*
echo "The secrets are in $folder."
