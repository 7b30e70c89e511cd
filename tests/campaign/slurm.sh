#!/usr/bin/env bash
# slurm.sh <flinch> <work>: a campaign on a Slurm of two virtual nodes on this machine.
source "$(dirname "$0")/common.sh"
flinch=$1 work=$2
need slurmctld slurm-wlm
need slurmd slurm-wlm
need munged munge
if ((EUID != 0)); then
  echo "skipped: only root can start the daemons of Slurm here"
  exit 0
fi
rm -rf "$work"
mkdir -p "$work"/{state,spool.n1,spool.n2}
chmod 755 "$work"
cd "$work"
export SLURM_CONF=$work/slurm.conf
seeds=240
shards=4

stop() {
  local pid
  for pid in "$work"/*.pid; do
    [[ ! -s $pid ]] || kill "$(<"$pid")" 2>/dev/null || true
  done
}
trap stop EXIT

host=$(hostname)
cat >slurm.conf <<END
ClusterName=flinch
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
AuthInfo=socket=$work/munge.sock,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool.%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
KillWait=5
SlurmdTimeout=10
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES State=UP
END
head -c 1024 /dev/urandom >munge.key
chmod 600 munge.key
munged --force --key-file="$work/munge.key" --socket="$work/munge.sock" \
  --pid-file="$work/munged.pid" --log-file="$work/munged.log" --seed-file="$work/munge.seed"
slurmctld -c
slurmd -N n1
slurmd -N n2
idle() { [[ $(sinfo -h -N -o %T 2>/dev/null | sort -u) == idle ]]; }
wait_for 30 "idle nodes; $(tail -n 3 "$work"/slurm*.log 2>/dev/null)" idle

"$flinch" campaign emit --engine slurm small_job --seeds "1..$seeds" --shards "$shards" -j 1 |
  FLINCH=$flinch sbatch --parsable >job
job=$(<job)
results=$work/flinch-campaign
begun() { (($(units_in "$results") >= $1)); }
wait_for 60 "first results" begun 8

# One task is requeued, as by a preemption.
task=$(squeue -h -t R -w n1 -o %i | head -n 1)
[[ -n $task ]] || fail "no task runs on n1"
scontrol requeue "$task"
# One node dies with all that runs there, and comes back.
slurmd=$(<slurmd-n2.pid)
pkill -KILL -P "$slurmd" || true
kill -KILL "$slurmd"
steps=$(pgrep -f "slurmstepd: \[$job" || true)
for step in $steps; do
  [[ $(tr '\0' '\n' <"/proc/$step/environ" 2>/dev/null) == *"$work"* ]] || continue
  pkill -KILL -P "$step" || true
  kill -KILL "$step" 2>/dev/null || true
done
scontrol update nodename=n2 state=down reason=died
sleep 1
slurmd -N n2
scontrol update nodename=n2 state=resume 2>/dev/null || true

over() { [[ -z $(squeue -h) ]]; }
wait_for 300 "end of the jobs: $(squeue)" over
[[ -s flinch-campaign/merge.txt ]] || fail "nobody merged: $(tail -n 5 flinch-*.log)"
cat flinch-campaign/merge.txt
check_whole "$results" "$seeds"
# Both the requeued task and the one of the dead node went on where they had been.
(($(grep -l 'of them done before' flinch-"$job"_*.log | wc -l) >= 2)) ||
  fail "nobody went on: $(tail -n 20 flinch-*.log)"
"$flinch" merge "$results" >merged.txt || fail "the merge says $?: $(<merged.txt)"
cmp merged.txt flinch-campaign/merge.txt || fail "the merge of Slurm's own job is another one"

# The same array once more has nothing to do, and a shard that is lost is named.
rm "$results"/shard-2-of-*.jsonl
status=0
"$flinch" merge "$results" >merged.txt || status=$?
((status == 75)) || fail "a lost shard gives $status"
grep "missing: .* of shard 2/$shards" merged.txt
