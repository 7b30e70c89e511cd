#!/usr/bin/env bash
# gdb_test.sh <flinch> <work>: a replay in gdb stops at the event, and knows the fibers.
set -euo pipefail
flinch=$1 work=$2

if ! command -v gdb >/dev/null; then
  echo "skipped: gdb is not installed"
  exit 0
fi
rm -rf "$work"
mkdir -p "$work"
cd "$work"
export HOME=$work TMPDIR=$work LC_ALL=C  # nobody's settings, and nothing is left behind

fail() {
  echo "$1"
  cat gdb.txt
  exit 1
}

for seed in $(seq 1 40); do
  token=$("$flinch" run small_job --seed "$seed" --defect sink_commits_at_snapshot --json |
    grep -o 'fl1~[^"]*failed[^"]*' || true)
  [[ -z $token ]] || break
done
[[ -n $token ]] || { echo "no seed fails"; exit 1; }

# At the event of the first finding, then on to the end: the same run, for all that was asked.
printf '%s\n' "info fibers" "bt" "fiber all bt" "fiber 99999 bt" "bt 1" "delete" "continue" |
  "$flinch" replay "$token" --gdb >gdb.txt 2>&1 || true
if grep -qiE "ptrace: |could not trace the inferior|cannot PTRACE" gdb.txt; then
  echo "skipped: this machine lets nobody debug"
  exit 0
fi
grep -q "Breakpoint 1, .*flinch_at_event" gdb.txt || fail "it does not stop at the event"
grep -qE "^ +[0-9]+  tm-[0-9]+/task window\[[0-9]\] +(waits for|sleeps)" gdb.txt || fail "it does not list the tasks"
[[ $(grep -cE "^\* *[0-9]+  .*  runs$" gdb.txt) == 1 ]] || fail "one fiber runs"
grep -q "in flinch::engine::StreamTask::Loop" gdb.txt || fail "no stack leads to the operator"
stacks=$(grep -c "in flinch::sim::FiberContext::Main" gdb.txt)
fibers=$(grep -cE "^fiber [0-9]+ .*: " gdb.txt)
((stacks >= fibers / 2 && fibers > 20)) || fail "$stacks stacks of $fibers fibers"
grep -q "fiber NUMBER COMMAND" gdb.txt || fail "a fiber that is not there is not refused"
grep -q "The run is identical to the recorded one" gdb.txt || fail "the run was another"
compgen -G "flinch-*.py" >/dev/null && fail "gdb's commands were left behind"
echo "stopped, $fibers fibers"
