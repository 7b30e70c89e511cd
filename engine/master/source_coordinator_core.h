// Decides which reader of a source hears what and when, and what comes back to its enumerator.
// Pure: an input in, effects out, no world.
//
// Shape:    one per source, at the master. The owner (SourceCoordinator) asks the enumerator,
//           turns its wishes and the job's news into inputs, and carries out the effects in their
//           order. A gateway per reader holds what is still to be told it.
// Order:    one event to a reader at a time; the next follows its acknowledgement. So events of
//           one reader keep their order over messages that do not.
// Cut:      the coordinator's part of a checkpoint is taken first. What was sent before it must be
//           heard before the readers' barriers: the checkpoint waits for that (SnapshotReady).
//           What is sent after it must be heard behind them: the gateway is closed until the
//           reader's barrier is in its mailbox, or the checkpoint is given up.
// Loss:     an event that is not acknowledged may have been heard or not. Its reader fails, with
//           the checkpoints that wait for it, and starts from one that knows of neither.
// Add-back: when a reader starts from a checkpoint, what it was given later comes back
//           (split_assignment_tracker.h). Not when it fails: until then nobody knows from where it
//           will start.
// Attempts: an event is for one attempt of a reader. Whatever carries another one is stale.
// Survives: inputs that are late, repeated or of another attempt: they change nothing.
// Source:   Flink's SourceCoordinator, OperatorCoordinatorHolder and SubtaskGatewayImpl.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/defects.h"
#include "engine/ids.h"
#include "engine/master/split_assignment_tracker.h"
#include "engine/source.h"
#include "engine/transition_table.h"

namespace flinch::engine {

enum class GatewayPhase : uint8_t {
  kUnregistered,  // its reader does not run
  kOpen,          // nothing is under way
  kSending,       // an event is, and waits for its acknowledgement
  kClosed,        // until the barrier of a checkpoint is with the reader
};

enum class GatewayInput : uint8_t {
  kRegistered,
  kEvent,         // is the next to be sent
  kCheckpoint,    // all that was to be sent before it has been heard
  kAcknowledged,  // the event is in the reader's mailbox
  kLost,
  kBarrier,  // the checkpoint's is in the reader's mailbox, or will never come
  kEnded,    // the attempt of the reader
};

enum class GatewayAction : uint8_t {
  kAddReader,
  kSend,
  kReport,
  kGoOn,
  kFailReader,
  kDiscard,
  kIgnore
};

std::string_view Name(GatewayPhase phase);
std::string_view Name(GatewayInput input);
std::string_view Name(GatewayAction action);

inline constexpr auto kGatewayTransitions = [] {
  using Phase = GatewayPhase;
  using Input = GatewayInput;
  using Action = GatewayAction;
  return std::to_array<Transition<Phase, Input, Action>>({
      {Phase::kUnregistered, Input::kRegistered, Phase::kOpen, Action::kAddReader},
      // It never ran, or an event to it was lost before.
      {Phase::kUnregistered, Input::kEnded, Phase::kUnregistered, Action::kIgnore},
      {Phase::kOpen, Input::kEvent, Phase::kSending, Action::kSend},
      {Phase::kOpen, Input::kCheckpoint, Phase::kClosed, Action::kReport},
      {Phase::kOpen, Input::kEnded, Phase::kUnregistered, Action::kDiscard},
      {Phase::kSending, Input::kAcknowledged, Phase::kOpen, Action::kGoOn},
      {Phase::kSending, Input::kLost, Phase::kUnregistered, Action::kFailReader},
      {Phase::kSending, Input::kEnded, Phase::kUnregistered, Action::kDiscard},
      {Phase::kClosed, Input::kBarrier, Phase::kOpen, Action::kGoOn},
      {Phase::kClosed, Input::kEnded, Phase::kUnregistered, Action::kDiscard},
  });
}();
static_assert(IsDeterministic(kGatewayTransitions) && EveryPhaseReachable(kGatewayTransitions));

// What happens to a coordinator of a source.
namespace source_input {

// The attempt runs.
struct ReaderRegistered {
  SubtaskIndex reader;
  AttemptNumber attempt;
};

// The attempt has failed, is being cancelled or has ended.
struct ReaderEnded {
  SubtaskIndex reader;
  AttemptNumber attempt;
};

// The reader's next attempt starts from this checkpoint; 0: from nothing.
struct ReaderReset {
  SubtaskIndex reader;
  CheckpointId restored;
};

// The whole job starts anew, with so many readers, and the enumerator with it: what was given out
// counts no more.
struct Reset {
  uint32_t parallelism = 1;
};

// Wishes of the enumerator. What a reader that is not registered was to get comes back.
struct Assign {
  SubtaskIndex reader;
  std::vector<SourceSplit> splits;
};

struct SignalNoMoreSplits {
  SubtaskIndex reader;
};

struct EventAcknowledged {
  SubtaskIndex reader;
  AttemptNumber attempt;
  uint64_t sequence = 0;
};

struct EventLost {
  SubtaskIndex reader;
  AttemptNumber attempt;
  uint64_t sequence = 0;
  std::string reason;
};

// A checkpoint begins.
struct Checkpoint {
  CheckpointId id;
};

// The reader's task has the checkpoint's trigger in its mailbox.
struct BarrierInjected {
  SubtaskIndex reader;
  CheckpointId id;
};

struct CheckpointAborted {
  CheckpointId id;
};

struct CheckpointComplete {
  CheckpointId id;
};

}  // namespace source_input

using SourceInput =
    std::variant<source_input::ReaderRegistered, source_input::ReaderEnded,
                 source_input::ReaderReset, source_input::Reset, source_input::Assign,
                 source_input::SignalNoMoreSplits, source_input::EventAcknowledged,
                 source_input::EventLost, source_input::Checkpoint, source_input::BarrierInjected,
                 source_input::CheckpointAborted, source_input::CheckpointComplete>;

// What a coordinator wants done.
namespace source_effect {

// Tells the enumerator.
struct AddReader {
  SubtaskIndex reader;
  AttemptNumber attempt;
};

struct AddSplitsBack {
  SubtaskIndex reader;
  CheckpointId restored;
  std::vector<SourceSplit> splits;
};

// Takes the enumerator's state, now.
struct SnapshotEnumerator {
  CheckpointId id;
};

// The enumerator's state may go into the checkpoint, and its barriers leave.
struct SnapshotReady {
  CheckpointId id;
};

// The checkpoint cannot be: an event that it covers was lost.
struct SnapshotFailed {
  CheckpointId id;
};

struct NotifyComplete {
  CheckpointId id;
};

// Answered by EventAcknowledged or EventLost.
struct Send {
  SubtaskIndex reader;
  AttemptNumber attempt;
  uint64_t sequence = 0;  // from 1, by attempt
  SourceEvent event;
};

struct FailReader {
  SubtaskIndex reader;
  AttemptNumber attempt;
  std::string reason;
};

}  // namespace source_effect

using SourceEffect = std::variant<source_effect::AddReader, source_effect::AddSplitsBack,
                                  source_effect::SnapshotEnumerator, source_effect::SnapshotReady,
                                  source_effect::SnapshotFailed, source_effect::NotifyComplete,
                                  source_effect::Send, source_effect::FailReader>;

class SourceCoordinatorCore {
 public:
  explicit SourceCoordinatorCore(uint32_t parallelism, const Defects& defects = {});

  // Returns what is to be done, in this order; valid until the next step.
  std::span<const SourceEffect> Step(const SourceInput& input);

  uint32_t parallelism() const { return static_cast<uint32_t>(gateways_.size()); }

  bool IsRegistered(SubtaskIndex reader) const;

  // Fails a check when the state contradicts itself.
  void Verify() const;

  // The whole state: where two texts are equal, what may follow is equal, too.
  std::string Show() const;

 private:
  // An event to be sent, or where a checkpoint cuts.
  using Item = std::variant<SourceEvent, CheckpointId>;

  struct Gateway {
    SubtaskIndex reader;
    GatewayPhase phase = GatewayPhase::kUnregistered;
    AttemptNumber attempt;   // registered last
    uint64_t sequence = 0;   // sent last
    std::deque<Item> items;  // the first is under way (kSending), or closes it (kClosed)
  };

  void On(const source_input::ReaderRegistered& registered);
  void On(const source_input::ReaderEnded& ended);
  void On(const source_input::ReaderReset& reset);
  void On(const source_input::Reset& reset);
  void On(const source_input::Assign& assign);
  void On(const source_input::SignalNoMoreSplits& signal);
  void On(const source_input::EventAcknowledged& acknowledged);
  void On(const source_input::EventLost& lost);
  void On(const source_input::Checkpoint& checkpoint);
  void On(const source_input::BarrierInjected& barrier);
  void On(const source_input::CheckpointAborted& aborted);
  void On(const source_input::CheckpointComplete& complete);

  Gateway& At(SubtaskIndex reader);
  // Null for a reader that a smaller job has not: what was sent to it is answered late.
  Gateway* Find(SubtaskIndex reader);
  // Whether this is the event that is under way.
  static bool IsUnderWay(const Gateway& gateway, AttemptNumber attempt, uint64_t sequence);
  void Feed(Gateway& gateway, GatewayInput input, const std::string& reason = {});
  // Sends or closes, as long as something can be done.
  void Pump(Gateway& gateway);
  // What was not heard never will be. The checkpoints that wait for it cannot be; with `failed`
  // nobody else will end them.
  void Discard(Gateway& gateway, bool failed);
  void Report(CheckpointId id, SubtaskIndex reader);
  void OpenFor(Gateway& gateway, CheckpointId id);
  void GiveBack(SubtaskIndex reader, CheckpointId restored);

  template <typename Effect>
  void Emit(Effect effect) {
    effects_.emplace_back(std::move(effect));
  }

  Defects defects_;
  std::vector<SourceEffect> effects_;
  std::vector<Gateway> gateways_;  // by reader
  SplitAssignmentTracker assignments_;
  // Of the checkpoints that have begun: whose events they still wait for.
  std::map<CheckpointId, std::set<SubtaskIndex>> waiting_;
  CheckpointId last_complete_;
};

}  // namespace flinch::engine
