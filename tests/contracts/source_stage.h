// A SourceCoordinatorCore whose readers and enumerator only keep what they are told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "engine/master/source_coordinator_core.h"

namespace flinch::engine {

class SourceStage {
 public:
  using Names = std::vector<std::string>;

  explicit SourceStage(uint32_t readers = 3) : core_(readers) {}

  void Register(uint32_t reader, uint32_t attempt = 1) {
    Feed(source_input::ReaderRegistered{SubtaskIndex(reader), AttemptNumber(attempt)});
  }

  void Fail(uint32_t reader, uint32_t attempt = 1) {
    Feed(source_input::ReaderEnded{SubtaskIndex(reader), AttemptNumber(attempt)});
  }

  void Reset(uint32_t reader, uint64_t restored) {
    Feed(source_input::ReaderReset{SubtaskIndex(reader), CheckpointId(restored)});
  }

  void ResetAll() { Feed(source_input::Reset{.parallelism = core_.parallelism()}); }

  void Assign(uint32_t reader, const Names& splits) {
    source_input::Assign assign{.reader = SubtaskIndex(reader), .splits = {}};
    for (const std::string& id : splits) {
      assign.splits.push_back({.id = id, .state = {}});
    }
    Feed(assign);
  }

  // The reader has the last event that was sent to it.
  void Acknowledge(uint32_t reader, uint32_t attempt = 1) {
    Feed(source_input::EventAcknowledged{.reader = SubtaskIndex(reader),
                                         .attempt = AttemptNumber(attempt),
                                         .sequence = sequences_[reader]});
  }

  void Lose(uint32_t reader, uint32_t attempt = 1) {
    Feed(source_input::EventLost{.reader = SubtaskIndex(reader),
                                 .attempt = AttemptNumber(attempt),
                                 .sequence = sequences_[reader],
                                 .reason = "test"});
  }

  // All of them take theirs at once.
  void AssignAndAcknowledge(uint32_t reader, const Names& splits) {
    Assign(reader, splits);
    Acknowledge(reader);
  }

  void Checkpoint(uint64_t id) { Feed(source_input::Checkpoint{CheckpointId(id)}); }

  void Barrier(uint32_t reader, uint64_t id) {
    Feed(source_input::BarrierInjected{SubtaskIndex(reader), CheckpointId(id)});
  }

  void Abort(uint64_t id) { Feed(source_input::CheckpointAborted{CheckpointId(id)}); }

  void Complete(uint64_t id) { Feed(source_input::CheckpointComplete{CheckpointId(id)}); }

  bool IsRegistered(uint32_t reader) const { return core_.IsRegistered(SubtaskIndex(reader)); }

  // What this reader was sent, split by split.
  Names sent(uint32_t reader) { return sent_[reader]; }

  const std::vector<uint64_t>& ready() const { return ready_; }

  const std::vector<uint64_t>& failed() const { return failed_; }

  const std::vector<uint64_t>& completed() const { return completed_; }

  const std::vector<uint32_t>& failed_readers() const { return failed_readers_; }

  // What came back to the enumerator.
  const Names& back() const { return back_; }

  std::string Show() const { return core_.Show(); }

 private:
  void Feed(const SourceInput& input) {
    for (const SourceEffect& effect : core_.Step(input)) {
      std::visit([this](const auto& each) { Perform(each); }, effect);
    }
  }

  void Perform(const source_effect::AddReader&) {}

  void Perform(const source_effect::AddSplitsBack& back) {
    for (const SourceSplit& split : back.splits) {
      back_.push_back(split.id);
    }
  }

  void Perform(const source_effect::SnapshotEnumerator&) {}

  void Perform(const source_effect::SnapshotReady& ready) { ready_.push_back(ready.id.value()); }

  void Perform(const source_effect::SnapshotFailed& failed) {
    failed_.push_back(failed.id.value());
  }

  void Perform(const source_effect::NotifyComplete& notify) {
    completed_.push_back(notify.id.value());
  }

  void Perform(const source_effect::Send& send) {
    sequences_[send.reader.value()] = send.sequence;
    if (const auto* const add = std::get_if<AddSplitsEvent>(&send.event)) {
      for (const SourceSplit& split : add->splits) {
        sent_[send.reader.value()].push_back(split.id);
      }
    }
  }

  void Perform(const source_effect::FailReader& fail) {
    failed_readers_.push_back(fail.reader.value());
  }

  SourceCoordinatorCore core_;
  std::map<uint32_t, uint64_t> sequences_;
  std::map<uint32_t, Names> sent_;
  std::vector<uint64_t> ready_;
  std::vector<uint64_t> failed_;
  std::vector<uint64_t> completed_;
  std::vector<uint32_t> failed_readers_;
  Names back_;
};

}  // namespace flinch::engine
