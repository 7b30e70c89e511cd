// What one run came to: the numbers, the verdict, and how to print them.
//
// A plain value, filled by whoever ran the world; printing needs nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/checkpoint_row.h"
#include "sim/recording/recording.h"
#include "sim/time.h"

namespace flinch::reports {

// A lattice: several judgements merge to the greatest.
enum class Verdict : uint8_t { kPassed, kInconclusive, kFailed };

std::string_view Name(Verdict verdict);  // "passed" …

struct FiredFault {
  std::string kind;    // "crash", "restart", "drop", …
  std::string target;  // "tm-2", "jm/tm-1"
  sim::SimTime at;
  size_t fault = 0;  // index in the plan
};

// One broken promise, with its witness.
struct Finding {
  std::string oracle;                // "exactly_once"
  std::string witness;               // one sentence: which record, checkpoint, transaction
  std::vector<std::string> details;  // more of the same, for people; at most a dozen lines
  // What failures of one cause have in common; they make the run's signature.
  std::string breach{};  // how, in one word: "lost", "doubled", "early"; may be empty
  std::string role{};    // who, without numbers: "sink", "jm"; may be empty
  // At which it became certain. Nothing: only the end of the run told.
  std::optional<sim::EventId> event{};
  std::string event_kind{};  // "checkpoint.stored"
};

// Why a checkpoint failed.
struct CheckpointFailure {
  int64_t id = 0;
  sim::SimTime at;
  std::string reason;                // "CHECKPOINT_EXPIRED"
  std::vector<std::string> missing;  // who had not acknowledged: "sink[1] uploaded"
};

// Why the job was started again.
struct Restart {
  sim::SimTime at;    // when it failed
  std::string cause;  // the first one: "tm-2 is lost: no heartbeat for 1s"; "" where none was told
  int64_t checkpoint = 0;  // from which it went on; 0: from nothing
  uint64_t subtasks = 0;   // so many of them; 0: the whole job
};

// Who led, in a cluster with several JobManagers.
struct Leader {
  int64_t term = 0;
  std::string process;
  sim::SimTime from;                    // when it learned of it
  std::optional<sim::SimTime> until{};  // nothing: it led to the end
  std::string end{};                    // why it ended: "crashed"
};

// How much an oracle had to go by. Of 0 events its silence proves nothing.
struct Judged {
  std::string oracle;
  uint64_t events = 0;
};

struct RunSummary {
  std::string scenario;
  std::string why;
  uint64_t seed = 0;
  Verdict verdict = Verdict::kPassed;
  std::string reason;  // of an inconclusive verdict: what is missing
  sim::Digest digest;
  uint64_t events = 0;
  uint64_t records_in = 0;
  uint64_t records_out = 0;
  std::string expected{};           // "449 records, by SQLite"; "" where nobody says it
  uint64_t rows_skipped = 0;        // malformed input rows under on_bad_row = "skip"
  std::vector<std::string> late{};  // rows that come behind their time: whole sentences
  uint64_t checkpoints_completed = 0;
  uint64_t checkpoints_failed = 0;
  uint64_t restarts = 0;
  std::vector<CheckpointRow> checkpoints{};              // the first thousand
  std::vector<CheckpointFailure> checkpoint_failures{};  // the first hundred
  std::vector<Restart> restart_causes{};                 // the first hundred
  std::vector<Leader> leaders{};  // the first hundred; none where nobody is elected
  std::string job_end{};          // of a job that FAILED: when and why, in a sentence
  std::vector<FiredFault> faults;
  // Of a plan that somebody wrote: how many faults it has, and which never fired ("plan[0] crash
  // tm-1"). 0 and none of a plan that was drawn.
  uint64_t faults_planned = 0;
  std::vector<std::string> faults_missed{};
  std::vector<Finding> findings;  // what became certain first comes first
  std::string signature{};        // what failures of one cause have in common; "" of none
  std::vector<Judged> judged{};   // one per oracle
  // Of a run that ended idle, at a limit or without progress: who waits for what, and what came
  // last, in many lines. Not for comparison: it tells as much as was recorded.
  std::string stuck{};
  std::string replay;  // the command to paste, "/opt/flinch replay …"; for every run
  sim::SimTime sim_time;
  int64_t wall_ns = 0;  // real time, from the caller; never part of the digest
};

// Whether the last line is the command that runs the same again, bare, to be pasted.
enum class ReplayLine : uint8_t { kUnlessPassed, kAlways };

enum class CheckpointTable : uint8_t { kWhereSomeFailed, kAllWithSubtasks };

// For people: aligned, about twenty lines, no escape codes. What is broken comes before the
// numbers. At most a dozen faults, then how many more; the first two dozen lines of `stuck`. Where
// checkpoints failed by themselves, not by a restart, or where their durations are worth telling
// (TellsDurations), a table of at most a dozen. Ends with a line break.
std::string ShowText(const RunSummary& summary, ReplayLine replay = ReplayLine::kUnlessPassed,
                     CheckpointTable table = CheckpointTable::kWhereSomeFailed);

// For programs: one object on one line, with a line break at its end. The keys, always and in this
// order: scenario seed verdict digest events records_in records_out rows_skipped
// checkpoints_completed checkpoints_failed restarts faults ({kind, target, at_ns}) sim_ns wall_ns
// replay. Where there were any: expected, late (sentences), checkpoint_failures ({id, at_ns,
// reason, missing}), restart_causes ({at_ns, cause, checkpoint, and subtasks where not all}),
// leaders ({term, process, from_ns, until_ns, end}), job_end. Seed and digest are strings: no JSON
// number holds them. Of a written plan: also faults_planned and faults_missed. Inconclusive: also
// `reason`.
// Failed: also `signature`, oracle, witness and details of the first finding, and all `findings`
// (with breach, role and the number of the event, as far as they are known). Of a run that got
// stuck: also `stuck`, lines. Bytes that are no UTF-8 become U+FFFD.
std::string ShowJson(const RunSummary& summary);

}  // namespace flinch::reports
