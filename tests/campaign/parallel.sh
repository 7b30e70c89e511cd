#!/usr/bin/env bash
# parallel.sh <flinch> <work>: a campaign by GNU parallel over two hosts that are this one.
source "$(dirname "$0")/common.sh"
flinch=$1 work=$2
need parallel parallel
need ssh openssh-client
sshd=$(PATH=$PATH:/usr/sbin command -v sshd || true)
if [[ -z $sshd ]]; then
  echo "skipped: sshd is not installed (Debian's openssh-server)"
  exit 0
fi
rm -rf "$work"
mkdir -p "$work"
chmod 700 "$work"
cd "$work"
if ((EUID == 0)); then
  mkdir -p /run/sshd # where Debian's sshd separates its privileges
fi
seeds=60
shards=6

stop() {
  local pid
  for pid in "$work"/node*.pid; do
    [[ ! -s $pid ]] || kill "$(<"$pid")" 2>/dev/null || true
  done
}
trap stop EXIT

ssh-keygen -q -t ed25519 -N '' -f host_key
ssh-keygen -q -t ed25519 -N '' -f key
cp key.pub authorized_keys
: >ssh_config
for node in node1 node2; do
  port=$(free_port)
  cat >$node.conf <<END
Port $port
ListenAddress 127.0.0.1
HostKey $work/host_key
PidFile $work/$node.pid
AuthorizedKeysFile $work/authorized_keys
PasswordAuthentication no
StrictModes no
UsePAM no
PermitRootLogin yes
MaxStartups 100
END
  cat >>ssh_config <<END
Host $node
  HostName 127.0.0.1
  Port $port
  IdentityFile $work/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile $work/known_hosts
  LogLevel ERROR
END
  "$sshd" -f "$work/$node.conf" -E "$work/$node.log"
done
export PARALLEL_SSH="ssh -F $work/ssh_config"
answers() { $PARALLEL_SSH "$1" true 2>ssh.log; }
wait_for 20 "answer of node1: $(cat node1.log ssh.log 2>/dev/null)" answers node1
wait_for 20 "answer of node2" answers node2

# Notes each call; the third shard cannot be run as long as there is a file "broken".
cat >noting_flinch <<END
#!/usr/bin/env bash
echo "\$*" >>"$work/calls"
[[ \$1 == merge || ! -e $work/broken || "\$*" != *"--shard 3/"* ]] || exit 75
exec "$flinch" "\$@"
END
chmod +x noting_flinch
export FLINCH=$work/noting_flinch FLINCH_HOSTS=node1,node2
# A word that a shell, and parallel, would like to read.
"$flinch" campaign emit --engine parallel small_job --seeds "1..$seeds" --shards "$shards" -j 1 \
  --set 'workload.key_prefix="{}$HOME;"' >campaign.sh

touch broken
status=0
bash campaign.sh >first.txt 2>first.log || status=$?
((status == 75)) || fail "with a lost shard it ends with $status: $(cat first.txt first.log)"
grep "missing: .* of shard 3/$shards" first.txt
for node in node1 node2; do
  grep -q "$node" flinch-campaign/jobs-*.txt || fail "$node had nothing to do"
done

rm broken calls
bash campaign.sh >second.txt 2>second.log || fail "it ends with $?: $(cat second.txt second.log)"
[[ $(grep -c '^hunt' calls) == 1 && $(grep '^hunt' calls) == *"--shard 3/$shards"* ]] ||
  fail "the second call did more than the one shard: $(<calls)"
check_whole flinch-campaign "$seeds"
# Another campaign in the same folder is refused, and is no pass.
sed "s/1\.\.$seeds/1..3/" campaign.sh >other.sh
status=0
bash other.sh >other.txt 2>other.log || status=$?
((status == 75)) || fail "another campaign in the same folder gives $status: $(cat other.txt other.log)"

"$flinch" hunt small_job --seeds "1..$seeds" -j 1 --set 'workload.key_prefix="{}$HOME;"' \
  --out whole --no-shrink --json >whole.json || fail "the hunt in one says $?"
"$flinch" merge flinch-campaign --json >merged.json || fail "the merge says $?"
# But for how long it took and where it lies, the union is the whole.
same='s/"\(seeds_per_second\|runs_now\|results\|wall_us\)":[^,}]*//g'
cmp <(sed "$same" whole.json) <(sed "$same" merged.json) || fail "the union is not the whole"
