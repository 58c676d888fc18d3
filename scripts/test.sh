#!/usr/bin/env bash
# Every check and every test, from a clean clone on a Debian machine with nothing but Node and npm.
#   ./scripts/test.sh          what has to pass before a change goes in
#   ./scripts/test.sh --long   the same, with the long suites: fuzzing, faults, mutations
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  echo "usage: ./scripts/test.sh [--long]"
}

for argument in "$@"; do
  case "$argument" in
    --long) export POSTERN_TEST_LONG=1 ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

export PATH="$PATH:/usr/sbin:/sbin"

# Runs a command under a heading, and says how long it took.
phase() {
  local heading=$1 started=$SECONDS
  shift
  echo "== $heading"
  if ! "$@"; then
    echo "== failed after $((SECONDS - started)) s: $heading" >&2
    exit 1
  fi
  echo "== done in $((SECONDS - started)) s"
}

# Names the Debian packages whose programs this machine lacks.
missing_packages() {
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql
  command -v redis-server >/dev/null || echo redis-server
  command -v nginx >/dev/null || echo nginx
  command -v caddy >/dev/null || echo caddy
  command -v haproxy >/dev/null || echo haproxy
  command -v apache2 >/dev/null || echo apache2-bin
  compgen -G '/usr/share/lua/*/socket.lua' >/dev/null || echo lua-socket
  command -v chromium >/dev/null || echo chromium
  command -v openssl >/dev/null || echo openssl
  command -v promtool >/dev/null || echo prometheus
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "nothing is missing"
  elif [ "$(id -u)" -eq 0 ]; then
    install_as_root "${missing[@]}"
  elif command -v sudo >/dev/null; then
    sudo bash -c "$(declare -f install_as_root); install_as_root \"\$@\"" install "${missing[@]}"
  else
    echo "skipped: ${missing[*]} can only be installed by root, and there is no sudo. Tests that need them will fail."
    echo "As root: apt-get install --no-install-recommends ${missing[*]}"
  fi
}

# Installs without starting a service or making a database cluster: the tests start their own, in temporary folders.
# A subshell, so that its trap works whatever the script does next.
install_as_root() (
  policy=/usr/sbin/policy-rc.d
  cluster=/etc/postgresql-common/createcluster.conf
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" || exit 1
  fi
  if [[ " $* " == *" postgresql "* && ! -e "$cluster" ]]; then
    mkdir -p "$(dirname "$cluster")" && echo 'create_main_cluster = false' >"$cluster" || exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q &&
    apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
)

has_dead_code_check() {
  compgen -G 'knip.*' >/dev/null || compgen -G '.knip.*' >/dev/null || grep -q '"knip": {' package.json
}

phase "Debian packages: PostgreSQL, Redis, nginx, Caddy, HAProxy, Apache, Chromium, OpenSSL, Prometheus" install_packages
# No package of ours needs its install script, and one that ran anyway would only hide a broken binary.
phase "npm ci: the packages of package-lock.json, Node among them" npm ci --ignore-scripts --no-audit --no-fund
phase "format" npm run --silent format:check
phase "lint" npm run --silent lint
phase "types" npm run --silent typecheck
if has_dead_code_check; then phase "dead code" npm run --silent deadcode; fi

# The suites that start the program, with the ordinary HTTP server alone on the verify listener.
without_lane() {
  POSTERN_TEST_EXPRESS_LANE=off node_modules/.bin/node --disable-warning=ExperimentalWarning \
    --test --test-concurrency=2 --test-global-setup=test/support/global-setup.ts \
    'test/e2e/*.test.ts' 'test/proxies/*.test.ts' 'test/faults/*.test.ts'
}
if [ -n "${POSTERN_TEST_LONG:-}" ]; then phase "end to end and faults without the express lane" without_lane; fi

echo "== tests${POSTERN_TEST_LONG:+, the long suites too}"
# In place of this shell, so that the runner's summary is the last that is said.
exec npm test --silent
