#!/usr/bin/env bash
# Runs the judges of the OpenAPI and AsyncAPI documents, of the service that they promise, and of the documents that people read.
#
#   judges/run.sh                       all judges
#   judges/run.sh spectral redocly      only these: spectral asyncapi redocly pages typescript python webhooks schemathesis
#
# Their tools are pinned in this folder and installed below target/judges/ on first use. The service is
# taken from KUNDANSVAR_BIN, else the newer of target/release/kundansvar and target/debug/kundansvar.
# JUDGES_SAMPLES is the built example `samples` of the crate documents; without it cargo builds it.
# PostgreSQL: the server on 127.0.0.1:5432 (user postgres, trust) when there is one, else a private
# cluster from installed binaries. Reports and logs stay in target/judges/reports/.
set -euo pipefail

# What may differ from run to run.
TOKEN_COMMAND=(token all)                          # prints a bearer token of each kind of caller, as JSON
read -r -a SEEDS <<<"${JUDGES_SEEDS:-1 20260131}"  # schemathesis runs once with each, on each database
SECONDS_PER_RUN=${JUDGES_SECONDS:-1500}            # the longest that one such run may take; the examples are what bounds it
EXAMPLES=${JUDGES_EXAMPLES:-8}                     # examples an operation
WORKERS=${JUDGES_WORKERS:-1}                       # with more, a seed means less, and Python 3.11 now and then fails

judges=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$judges")
target=${CARGO_TARGET_DIR:-$root/target}
tools=$target/judges
reports=$tools/reports
document=${JUDGES_DOCUMENT:-$root/openapi/kundansvar.json}
npm_home=$tools/npm
python=$tools/venv/bin/python

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_UPDATE_NOTIFIER=1
# The service is on this machine, whatever proxy leads elsewhere.
export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"
export no_proxy=$NO_PROXY

say() { printf '\n--- %s\n' "$*"; }
fail() { printf 'judges: %s\n' "$*" >&2; exit 1; }

# ------------------------------------------------------------------------------------------ tools

apt_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || apt_install nodejs npm \
    || fail "node and npm are needed (node 20.19 or later)"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
    || fail "node 20.19 or later is needed, this is $(node --version)"
  mkdir -p "$npm_home"
  cp "$judges/.npmrc" "$judges/package.json" "$judges/.spectral.yaml" "$judges/.spectral-events.yaml" "$npm_home/"
  if ! cmp -s "$judges/package-lock.json" "$npm_home/installed-lock.json"; then
    say "installing the npm tools"
    cp "$judges/package-lock.json" "$npm_home/"
    (cd "$npm_home" && npm ci --ignore-scripts --no-audit --no-fund)
    cp "$judges/package-lock.json" "$npm_home/installed-lock.json"
  fi
}

need_python() {
  command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv \
    || fail "python3 with venv is needed (3.10 or later)"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
    || fail "python 3.10 or later is needed, this is $(python3 --version)"
  if ! cmp -s "$judges/requirements.txt" "$tools/venv/installed.txt"; then
    say "installing the python tools"
    python3 -m venv --clear "$tools/venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$judges/requirements.txt"
    cp "$judges/requirements.txt" "$tools/venv/installed.txt"
  fi
}

# --------------------------------------------------------------------------------------- services

work=
service_pids=()
database=
cluster=

# Ends what this script started, and nothing else.
clean_up() {
  local status=$? pid
  trap - EXIT INT TERM
  for pid in "${service_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${service_pids[@]}"; do
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  if [ -n "$database" ]; then
    run_sql "drop database if exists \"$database\" with (force)" \
      || printf 'judges: the database %s could not be dropped\n' "$database" >&2
  fi
  if [ -n "$cluster" ]; then as_postgres "$postgres_bin/pg_ctl" -D "$cluster/data" -m fast -w stop >/dev/null || true; fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$cluster" ]; then rm -rf "$cluster"; fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

answers() {
  python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "$1" 2>/dev/null
}

# Becomes the service's program, with only the settings given here: NAME=VALUE... -- ARGUMENT...
# (for subshells only: the service refuses to start on a setting that it does not know, so none leaks in.)
become_kundansvar() {
  local settings=() name
  while [ "$1" != -- ]; do settings+=("$1"); shift; done
  shift
  for name in "${!KUNDANSVAR_@}"; do unset "$name"; done
  exec env "${settings[@]}" "$binary" "$@"
}

# start_service NAME [SETTING=VALUE...]: leaves base_url and tokens, one of each kind of caller.
start_service() {
  local name=$1 port log=$reports/service-$1.log pid settings
  shift
  port=$(free_port)
  settings=("KUNDANSVAR_DATA_FOLDER=$work/data-$name" "KUNDANSVAR_LISTEN=127.0.0.1:$port"
    "KUNDANSVAR_RATE_LIMIT_PER_MINUTE=1000000" 'KUNDANSVAR_WEBHOOK_ALLOWED_NETWORKS=["127.0.0.0/8"]' "$@")
  mkdir -p "$work/data-$name"
  become_kundansvar "${settings[@]}" -- serve --demo >"$log" 2>&1 &
  pid=$!
  service_pids+=("$pid")
  for _ in $(seq 600); do
    if ! kill -0 "$pid" 2>/dev/null; then tail -n 40 "$log" >&2; fail "the service on $name ended at once"; fi
    if answers "http://127.0.0.1:$port/health/ready"; then
      base_url=http://127.0.0.1:$port/kundansvar/v1
      tokens=$(become_kundansvar "${settings[@]}" -- "${TOKEN_COMMAND[@]}" 2>>"$log") \
        || { tail -n 40 "$log" >&2; fail "'kundansvar ${TOKEN_COMMAND[*]}' gave no tokens"; }
      printf 'the service on %s answers at %s\n' "$name" "$base_url"
      return
    fi
    sleep 0.2
  done
  tail -n 40 "$log" >&2
  fail "the service on $name was not ready within two minutes"
}

# token_of CALLER TOKENS
token_of() {
  python3 -c 'import json, sys; print(json.loads(sys.argv[2])[sys.argv[1]])' "$@"
}

start_on_sqlite() {
  [ -n "${sqlite_url:-}" ] && return
  start_service sqlite
  sqlite_url=$base_url sqlite_tokens=$tokens
}

run_sql() {
  psql -X -w -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$postgres_port" -U postgres -d postgres -c "$1" >/dev/null
}

as_postgres() {
  # PostgreSQL's own programs refuse root.
  if [ "$(id -u)" = 0 ]; then runuser -u "$(id -un postgres 2>/dev/null || echo nobody)" -- "$@"; else "$@"; fi
}

find_postgres() {
  postgres_port=5432
  if run_sql 'select 1' 2>/dev/null; then return; fi
  local initdb
  initdb=$(command -v initdb || find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$initdb" ] && command -v psql >/dev/null || return 1
  postgres_bin=$(dirname "$(readlink -f "$initdb")")
  postgres_port=$(free_port)
  cluster=$(mktemp -d)
  chmod 755 "$cluster"
  mkdir "$cluster/data"
  if [ "$(id -u)" = 0 ]; then chown -R "$(id -un postgres 2>/dev/null || echo nobody)" "$cluster"; fi
  as_postgres "$postgres_bin/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --locale=C >"$reports/postgres.log" 2>&1 \
    || { cat "$reports/postgres.log" >&2; fail "initdb failed"; }
  as_postgres "$postgres_bin/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w start \
    -o "-c listen_addresses=127.0.0.1 -p $postgres_port -k $cluster -c fsync=off" >>"$reports/postgres.log" 2>&1 \
    || { cat "$reports/postgres.log" >&2; fail "the private PostgreSQL cluster did not start"; }
}

start_on_postgres() {
  if ! find_postgres; then
    [ -z "${CI:-}" ] || fail "PostgreSQL is needed: no server on 127.0.0.1:5432 and no initdb"
    printf '\n*** PostgreSQL WAS NOT COVERED: no server on 127.0.0.1:5432 and no initdb ***\n' >&2
    return 1
  fi
  local name=kundansvar_judges_$$
  run_sql "create database \"$name\" template template0 encoding 'UTF8'" || fail "the database $name could not be made"
  database=$name
  start_service postgres "KUNDANSVAR_DATABASE_URL=postgres://postgres@127.0.0.1:$postgres_port/$name"
}

need_binary() {
  local candidate
  binary=${KUNDANSVAR_BIN:-}
  for candidate in "$target/release/kundansvar" "$target/debug/kundansvar"; do
    if [ -z "${KUNDANSVAR_BIN:-}" ] && [ -x "$candidate" ] && { [ -z "$binary" ] || [ "$candidate" -nt "$binary" ]; }; then
      binary=$candidate
    fi
  done
  if [ ! -x "$binary" ]; then fail "no program to judge: build it ('cargo build') or set KUNDANSVAR_BIN"; fi
  binary=$(readlink -f "$binary")
}

# ----------------------------------------------------------------------------------------- judges

judge_spectral() {
  say "spectral: spectral:oas (all) and OWASP"
  need_node
  (cd "$npm_home" && node_modules/.bin/spectral lint --ruleset .spectral.yaml --fail-severity hint "$document")
}

judge_asyncapi() {
  say "the events: spectral:asyncapi (all), which holds AsyncAPI's own JSON Schema"
  need_node
  (cd "$npm_home" && node_modules/.bin/spectral lint --ruleset .spectral-events.yaml --fail-severity hint "$root/openapi/asyncapi.json")
}

judge_redocly() {
  say "redocly: recommended-strict"
  need_node
  (cd "$npm_home" && node_modules/.bin/redocly lint --extends recommended-strict "$document")
}

# fetch URL CALLER FILE: what the service on sqlite answers to that caller.
fetch() {
  python3 -c 'import sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]})
open(sys.argv[3], "wb").write(urllib.request.urlopen(request, timeout=60).read())' \
    "$1" "$(token_of "$2" "$sqlite_tokens")" "$3"
}

# The page on which respondents answer, as it is asked for, with faults, and as it says that there is nothing to answer; the
# link stays in `link`.
answering_pages() {
  local language
  link=$(curl -sSf -X POST "$sqlite_url/survey-rounds/$2/links" -H "Authorization: Bearer $(token_of brm "$sqlite_tokens")" \
    -H 'Content-Type: application/json' -d '{}' | grep -o 'http://[^,]*/svara/[A-Za-z0-9_-]*' | head -n 1)
  for language in sv en; do
    curl -sSf -H 'Accept: text/html' "$link?lang=$language" >"$1/answering-$language.html"
    curl -sS -d 'q.recommend=11' "$link?lang=$language" >"$1/answering-faults-$language.html"
    curl -sS -H 'Accept: text/html' "${link}x?lang=$language" >"$1/answering-unknown-$language.html"
  done
}

# How we stand with a customer, by a link as the auditor sees it, and what a link shows that opens nothing.
overview_pages() {
  local address language
  address=$(curl -sSf -X POST "$sqlite_url/customers/$2/overview-links" -H "Authorization: Bearer $(token_of auditor "$sqlite_tokens")" \
    | grep -o 'http://[^"]*')
  for language in sv en; do
    curl -sSf "$address&lang=$language" >"$1/overview-$language.html"
    curl -sS "${address}x&lang=$language" >"$1/overview-closed-$language.html"
  done
}

judge_pages() {
  say "documents, samples and served ones: axe-core on the pages, poppler and qpdf on the PDFs"
  need_node
  need_binary
  start_on_sqlite
  local tool pages=$work/pages pdf language thing
  local known=019a0000-0000-7000-8000-00000000
  # An agreement, the running statement, one with an objection, a report of satisfaction, all customers' satisfaction, the minutes of
  # a dialogue, the pack of a review, what customers plan, what they need, and value against cost.
  local things=(agreements/${known}0c01/versions/1 service-level-statements/${known}1101
    service-level-statements/${known}1105 satisfaction-reports/${known}2002 satisfaction/overview
    meetings/${known}2108 meetings/${known}2109/review-pack planned-activities/outlook business-needs/digest value-analysis)
  for tool in chromium:chromium pdfinfo:poppler-utils qpdf:qpdf; do
    command -v "${tool%%:*}" >/dev/null || apt_install "${tool##*:}" || fail "${tool%%:*} is needed"
  done
  mkdir "$pages"
  if [ -n "${JUDGES_SAMPLES:-}" ]; then "$JUDGES_SAMPLES" "$pages"; else
    (cd "$root" && cargo run --quiet --package documents --example samples -- "$pages")
  fi
  for language in sv en; do
    for thing in "${things[@]}"; do
      fetch "$sqlite_url/$thing/document?format=html&language=$language" auditor "$pages/served-${thing//\//-}-$language.html"
      fetch "$sqlite_url/$thing/document?format=pdf&language=$language" auditor "$pages/served-${thing//\//-}-$language.pdf"
    done
  done
  answering_pages "$pages" "${known}1a11"
  overview_pages "$pages" "${known}0101"
  cp "$judges/pages.mjs" "$judges/answering.mjs" "$npm_home/"
  (cd "$npm_home" && CHROMIUM=$(command -v chromium) node pages.mjs "$pages")
  (cd "$npm_home" && CHROMIUM=$(command -v chromium) node answering.mjs "$link")
  for pdf in "$pages"/*.pdf; do
    qpdf --check "$pdf" >/dev/null
    pdfinfo "$pdf" 2>/dev/null | grep -q '^Tagged: *yes$' || fail "$pdf is not tagged"
    pdfinfo -meta "$pdf" 2>/dev/null | grep -q '<pdfaid:part>2</pdfaid:part>' || fail "$pdf is not PDF/A-2"
    pdffonts "$pdf" 2>/dev/null | awk 'NR > 2 && $(NF - 4) != "yes" { print; bad = 1 } END { exit bad }' || fail "$pdf has a font that is not embedded"
    # Read to its end: a program that may not finish what it says has failed.
    pdftotext "$pdf" - 2>/dev/null | grep '1 \(av\|of\) ' >/dev/null || fail "$pdf has no page numbers to read"
  done
}

judge_typescript() {
  say "a TypeScript client: generated, compiled, calling"
  need_node
  need_binary
  start_on_sqlite
  local client=$npm_home/client
  rm -rf "$client"
  cp -r "$judges/clients" "$client"
  (
    cd "$npm_home"
    node_modules/.bin/openapi-typescript "$document" --output client/schema.d.ts
    node_modules/.bin/tsc --project client/tsconfig.json
    JUDGES_BASE_URL=$sqlite_url JUDGES_TOKEN=$(token_of administrator "$sqlite_tokens") node client/out/client.js
  )
}

judge_python() {
  say "a Python client: generated, compiled, calling"
  need_python
  need_binary
  start_on_sqlite
  local package=$tools/generated/kundansvar_client
  rm -rf "$tools/generated"
  mkdir -p "$tools/generated"
  (
    cd "$tools/generated"
    # The generator tidies its result with ruff, which stands beside it.
    PATH=$tools/venv/bin:$PATH "$tools/venv/bin/openapi-python-client" generate \
      --path "$document" --output-path "$package" --meta none --overwrite
    "$python" -m compileall -q "$package"
    JUDGES_BASE_URL=$sqlite_url JUDGES_TOKEN=$(token_of administrator "$sqlite_tokens") "$python" "$judges/clients/client.py" "$package" "$document"
  )
}

judge_webhooks() {
  say "a delivery: its signature and its envelope, by the official libraries"
  need_node
  need_python
  need_binary
  start_on_sqlite
  JUDGES_BASE_URL=$sqlite_url JUDGES_TOKEN=$(token_of trial "$sqlite_tokens") "$python" "$judges/webhooks.py" "$work/delivery.json"
  cp "$judges/webhooks.mjs" "$npm_home/"
  (cd "$npm_home" && node webhooks.mjs "$work/delivery.json")
  say "all deliveries of a replay whose service is killed: signatures by the official library, and order"
  env -u KUNDANSVAR_BIN "$python" "$root/examples/replay.py" --connection --kill --receive --seed 1 "$binary" "$root/examples/helpdesk_excerpt.csv"
}

# run_schemathesis DATABASE BASE-URL TOKENS: every seed, then the count over all of them.
run_schemathesis() {
  local name=$1 url=$2 callers=$3 seed report phases=examples,coverage,fuzzing,stateful counted=()
  for seed in "${SEEDS[@]}"; do
    say "schemathesis on $name, seed $seed, at most $SECONDS_PER_RUN s"
    report=$reports/schemathesis-$name-$seed.ndjson
    (
      cd "$work"
      # The number of examples bounds the run, so that a seed means the same on every machine; the time is a last resort.
      JUDGES_TOKENS=$callers SCHEMATHESIS_HOOKS=$judges/hooks.py PYTHONDONTWRITEBYTECODE=1 \
        timeout --kill-after=10 "$SECONDS_PER_RUN" \
        "$tools/venv/bin/schemathesis" --config-file "$judges/schemathesis.toml" run "$document" --url "$url" \
        --checks all --phases "$phases" --mode all --continue-on-failure \
        --seed "$seed" --max-examples "$EXAMPLES" --workers "$WORKERS" \
        --request-timeout 20 --report ndjson --report-ndjson-path "$report" --no-color
    )
    counted+=("$report")
    # Examples and coverage are the same whatever the seed.
    phases=fuzzing,stateful
  done
  say "what schemathesis reached on $name"
  "$python" "$judges/coverage.py" "$document" "${counted[@]}"
}

# Both databases at once: a run waits now for the service and now for schemathesis, and leaves a core to the other.
judge_schemathesis() {
  need_python
  need_binary
  start_on_sqlite
  local name failed= runs=()
  run_schemathesis sqlite "$sqlite_url" "$sqlite_tokens" >"$reports/schemathesis-sqlite.log" 2>&1 &
  runs+=("sqlite:$!")
  if start_on_postgres; then
    run_schemathesis postgres "$base_url" "$tokens" >"$reports/schemathesis-postgres.log" 2>&1 &
    runs+=("postgres:$!")
  fi
  for name in "${runs[@]}"; do
    wait "${name#*:}" || failed+=" ${name%:*}"
    cat "$reports/schemathesis-${name%:*}.log"
  done
  [ -z "$failed" ] || fail "schemathesis is not satisfied on$failed"
}

# ------------------------------------------------------------------------------------------- main

[ -r "$document" ] || fail "no document at $document"
document=$(readlink -f "$document")
mkdir -p "$reports"
work=$(mktemp -d)
chosen=("$@")
[ $# -gt 0 ] || chosen=(spectral asyncapi redocly pages typescript python webhooks schemathesis)
for judge in "${chosen[@]}"; do
  declare -F "judge_$judge" >/dev/null || fail "there is no judge '$judge'"
done
for judge in "${chosen[@]}"; do "judge_$judge"; done
say "the judges are satisfied: ${chosen[*]}"
