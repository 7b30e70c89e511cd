# Sourced by the tests of campaigns.
# shellcheck shell=bash
set -euo pipefail

fail() {
  echo "$*" >&2
  exit 1
}

# need <command> <package>
need() {
  if ! command -v "$1" >/dev/null; then
    echo "skipped: $1 is not installed (Debian's $2)"
    exit 0
  fi
}

# wait_for <seconds> <what> <command>...
wait_for() {
  local patience=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@"; do
    ((SECONDS < end)) || fail "no $what within $patience s"
    sleep 0.2
  done
}

# free_ports <first variable>...: ports of loopback that nobody listens on.
free_port() {
  local port
  for ((port = 20000 + RANDOM % 20000; ; ++port)); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

units_in() { cat "$1"/*.jsonl 2>/dev/null | grep -c '^{"unit"' || true; }

# check_whole <results> <units>: each unit was done, and none twice.
check_whole() {
  local lines distinct
  lines=$(units_in "$1")
  distinct=$(cat "$1"/*.jsonl | grep -o '^{"unit":[0-9]*' | sort -u | wc -l)
  ((lines == $2 && distinct == $2)) || fail "$lines results of $distinct units, not $2"
}
