// The scripts that `campaign emit` fills in. "@HUNT@" are the words of the hunt for a shell,
// "@HUNT_JSON@" the same as members of a list, "@SHARDS@" how many, "@LAST@" the last of them from
// 0, "@NUMBERS@" all of them from 1, "@FLINCH@" the program, "@RESULTS@" the folder; "@AGAIN@" what
// the script does with a hunt that was ended before its end.
#pragma once

#include <string_view>

namespace flinch::scenarios {

inline constexpr std::string_view kSlurmScript =
    R"text(#!/usr/bin/env bash
# A hunt of flinch on Slurm: one task per shard, then the merge. It is yours to change.
#
#   sbatch FILE           from a folder that all nodes share
#
# The verdict comes to @RESULTS@/merge.txt, and as the exit code of the job flinch-merge.
#
# A task that is requeued, or an array that is submitted again, does only what is missing.
#SBATCH --job-name=flinch
#SBATCH --array=0-@LAST@
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=flinch-%A_%a.log
# A minute before its time is over a hunt is told to end; it keeps what it has.
#SBATCH --signal=B:TERM@60
set -u
flinch=${FLINCH:-@FLINCH@}
results=@RESULTS@
mkdir -p "$results" || exit 74

# The first task to come here submits the merge, which waits for all of them. It is no pass where a
# task could not even begin: the folder may hold the results of another hunt.
refused=$results/.refused-$SLURM_ARRAY_JOB_ID
merge=$(printf '%q merge %q && { test ! -e %q || exit 2; }' "$flinch" "$results" "$refused")
if mkdir "$results/.merge-$SLURM_ARRAY_JOB_ID" 2>/dev/null; then
  sbatch --job-name=flinch-merge --dependency="afterany:$SLURM_ARRAY_JOB_ID" \
    --output="$results/merge.txt" --wrap="$merge" ||
    rmdir "$results/.merge-$SLURM_ARRAY_JOB_ID"
fi

# What is found is told by the merge: here, only a hunt that did not come to its end fails.
"$flinch" hunt @HUNT@ \
  --shard auto --out "$results" --exit-zero-on-findings &
hunt=$!
trap 'kill -TERM "$hunt"' TERM
wait "$hunt"
status=$?
if ((status > 128)); then # the signal ended the wait, not the hunt
  wait "$hunt"
  status=$?
fi
((status != 2)) || touch "$refused"
@AGAIN@exit "$status"
)text";

inline constexpr std::string_view kSlurmAgain =
    R"text(if ((status == 75 && ${SLURM_RESTART_COUNT:-0} < 20)); then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
)text";

inline constexpr std::string_view kParallelScript = R"text(#!/usr/bin/env bash
# A hunt of flinch by GNU parallel: one job per shard, then the merge. It is yours to change.
#
#   bash FILE                             here
#   FLINCH_HOSTS=node1,node2 bash FILE    over ssh, from a folder that all of them share
#
# Run it again after a failure: shards that came to their end are left alone, of the others only
# what is missing is done. The exit code is the verdict over all shards.
set -u
flinch=${FLINCH:-@FLINCH@}
results=@RESULTS@

if [[ ${1:-} == shard ]]; then
  # What is found is told by the merge: here, only a hunt that did not come to its end fails.
  exec "$flinch" hunt @HUNT@ \
    --shard "$2/@SHARDS@" --out "$results" --exit-zero-on-findings
fi

mkdir -p "$results" || exit 74
script=$(readlink -f "$0")
# What is done is done for this very script.
jobs=$results/jobs-$(cksum <"$script" | cut -d ' ' -f 1).txt
failed=0
# One hunt at a time on each host, for a hunt uses all processors.
parallel --sshlogin "${FLINCH_HOSTS:-:}" --workdir "$PWD" --jobs 1 \
  --joblog "$jobs" --resume-failed --retries 3 \
  env FLINCH="$flinch" bash "$script" shard {} ::: {1..@SHARDS@} || failed=$?
"$flinch" merge "$results"
status=$?
if ((status == 0 && failed)); then
  echo "$failed shards did not end well: this is no pass" >&2
  status=75
fi
exit "$status"
)text";

inline constexpr std::string_view kKubernetesManifest =
    R"text(# A hunt of flinch on Kubernetes: an indexed job, one pod per shard, and one to merge.
# They are yours to change: the image, which holds flinch and the scenarios, and the claim, a volume
# that many pods can write. A pod that comes again does only what is missing.
apiVersion: batch/v1
kind: Job
metadata:
  name: flinch-hunt
spec:
  completionMode: Indexed
  completions: @SHARDS@
  parallelism: @SHARDS@
  backoffLimitPerIndex: 5
  podFailurePolicy:
    rules:
      # A mistake in the command is the same in each pod.
      - action: FailJob
        onExitCodes:
          containerName: hunt
          operator: In
          values: [2]
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: hunt
          image: flinch:latest
          command: ["flinch"]
          # What is found is told by the merge: only a hunt that did not come to its end fails.
          args: ["hunt", @HUNT_JSON@,
                 "--shard", "auto", "--out", "/results", "--exit-zero-on-findings"]
          env:
            - name: FLINCH_SHARDS
              value: "@SHARDS@"
          volumeMounts:
            - name: results
              mountPath: /results
      volumes:
        - name: results
          persistentVolumeClaim:
            claimName: flinch-results
---
apiVersion: batch/v1
kind: Job
metadata:
  name: flinch-merge
spec:
  # The verdict is the exit code of its pod, which is not tried again.
  backoffLimit: 0
  activeDeadlineSeconds: 86400
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: merge
          image: flinch:latest
          command: ["sh", "-c"]
          # As long as something is missing, 75.
          args:
            - |
              while [ -z "$(ls /results)" ];
do {
  sleep 30;
}
done while flinch merge / results;
status = $ ? ;
["$status" - eq 75];
do {
  sleep 30;
} done
              exit "$status"
          volumeMounts:
            - name: results
              mountPath: /results
      volumes:
        - name: results
          persistentVolumeClaim:
            claimName: flinch-results
)text";

inline constexpr std::string_view kGithubWorkflow =
    R"text(# A hunt of flinch on GitHub Actions: a job per shard, then
# the merge. It is yours to change.
name: flinch campaign
on:
  workflow_dispatch:
permissions:
  contents: read
jobs:
  hunt:
    runs-on: ubuntu-latest
    container: debian:12
    strategy:
      fail-fast: false
      matrix:
        shard: [@NUMBERS@]
    steps:
      - uses: actions/checkout@v4
      # What is found is told by the merge: here, only a hunt that did not come to its end fails.
      - name: Hunt
        run: |
          ./flinch hunt @HUNT@ \
            --shard ${{ matrix.shard }}/@SHARDS@ --out @RESULTS@ --exit-zero-on-findings
      - name: Keep the results
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: results-${{ matrix.shard }}
          path: @RESULTS@
  merge:
    needs: hunt
    if: always()
    runs-on: ubuntu-latest
    container: debian:12
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          path: @RESULTS@
          merge-multiple: true
      - name: All shards as one
        run: |
          ./flinch merge @RESULTS@
)text";

inline constexpr std::string_view kGitlabPipeline =
    R"text(# A hunt of flinch on GitLab: one job per shard, then the merge. It is yours to change.
stages: [hunt, merge]

default:
  image: debian:12

# GitLab says by its variables which shard a job is.
hunt:
  stage: hunt
  parallel: @SHARDS@
  script:
    # What is found is told by the merge: here, only a hunt that did not come to its end fails.
    - |
      ./flinch hunt @HUNT@ \
        --shard auto --out @RESULTS@ --exit-zero-on-findings
  artifacts:
    when: always
    paths: [@RESULTS@]

verdict:
  stage: merge
  rules:
    - when: always
  script:
    - |
      ./flinch merge @RESULTS@
)text";

}  // namespace flinch::scenarios
