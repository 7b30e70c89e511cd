// Whatever comes, and in whatever order, every split is in one place: in each checkpoint that
// completes, and in the job when it has come to rest.
#include "engine/master/source_coordinator_core.h"

#include <array>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

namespace effect = source_effect;
namespace input = source_input;

using Splits = std::set<std::string>;

// An enumerator that gives out at once what it has, two readers, and the network between.
class SourceWorld {
 public:
  static constexpr int kActs = 12;

  SourceWorld() : core_(kReaders) { RestartAll(); }

  void Act(int act, uint32_t number) {
    const uint32_t reader = number % kReaders;
    switch (act) {
      case 0:
        return Discover(reader);
      case 1:
      case 2:
        return Deliver(number, false);
      case 3:
        return Deliver(number, true);
      case 4:
      case 5:
        return Acknowledge(number);
      case 6:
        return Lose(number);
      case 7:
        return BeginCheckpoint();
      case 8:
        return TakeTrigger(reader);
      case 9:
        return ReplyToTrigger(number);
      case 10:
        return number % 4 == 0 ? Abort() : Complete();
      default:
        return number % 5 == 0 ? RestartFromState() : (number % 2 == 0 ? Fail(reader) : Restart());
    }
  }

  // No message is under way any more, and no reader down.
  void ComeToRest() {
    while (!pending_.empty()) {
      Abort();
    }
    Restart();
    while (!events_.empty() || !replies_.empty()) {
      if (!events_.empty()) {
        Deliver(0, false);
      } else {
        Acknowledge(0);
      }
    }
    std::vector<Splits> all = {Waiting()};
    for (const Reader& each : readers_) {
      all.push_back(each.splits);
    }
    ExpectEachOnce(all, known_, "at rest");
  }

 private:
  static constexpr uint32_t kReaders = 2;

  struct Reader {
    AttemptNumber attempt;
    bool runs = false;
    uint64_t heard = 0;
    Splits splits;
  };

  struct Message {
    uint32_t reader = 0;
    AttemptNumber attempt;
    uint64_t sequence = 0;
    SourceEvent event;
  };

  struct Pending {
    Splits waiting;  // at the enumerator
    Splits known;
    bool ready = false;
    std::map<uint32_t, Splits> snapshots;
    std::map<uint32_t, AttemptNumber> attempts;
  };

  void Step(const SourceInput& input) {
    const std::span<const SourceEffect> effects = core_.Step(input);
    const std::vector<SourceEffect> all(effects.begin(), effects.end());
    for (const SourceEffect& each : all) {
      std::visit([this](const auto& what) { Perform(what); }, each);
    }
  }

  void Perform(const effect::AddReader& add) { GiveOut(add.reader.value()); }

  void Perform(const effect::AddSplitsBack& back) {
    for (const SourceSplit& split : back.splits) {
      const bool is_new = waiting_[back.reader.value()].insert(split.id).second;
      sim::Check(is_new, "split {} comes back and was never gone", split.id);
    }
  }

  void Perform(const effect::SnapshotEnumerator& snapshot) {
    pending_[snapshot.id].waiting = Waiting();
    pending_[snapshot.id].known = known_;
  }

  void Perform(const effect::SnapshotReady& ready) {
    if (const auto found = pending_.find(ready.id); found != pending_.end()) {
      found->second.ready = true;
    }
  }

  void Perform(const effect::SnapshotFailed& failed) { declined_.push_back(failed.id); }

  void Perform(const effect::NotifyComplete&) {}

  void Perform(const effect::Send& send) {
    events_.push_back({send.reader.value(), send.attempt, send.sequence, send.event});
  }

  void Perform(const effect::FailReader& fail) { down_.insert(fail.reader.value()); }

  Splits Waiting() const {
    Splits all;
    for (const auto& [reader, splits] : waiting_) {
      all.insert(splits.begin(), splits.end());
    }
    return all;
  }

  void Discover(uint32_t reader) {
    const std::string split = fmt::format("s{}", known_.size());
    known_.insert(split);
    waiting_[reader].insert(split);
    GiveOut(reader);
  }

  void GiveOut(uint32_t reader) {
    if (!core_.IsRegistered(SubtaskIndex(reader)) || waiting_[reader].empty()) {
      return;
    }
    input::Assign assign{.reader = SubtaskIndex(reader), .splits = {}};
    for (const std::string& split : std::exchange(waiting_[reader], {})) {
      assign.splits.push_back({.id = split, .state = {}});
    }
    wishes_.push_back(assign);
    // A wish that comes out of a step is the next step, as in the coordinator's mailbox.
    if (!std::exchange(wishing_, true)) {
      while (!wishes_.empty()) {
        const input::Assign next = wishes_.front();
        wishes_.pop_front();
        Step(next);
      }
      wishing_ = false;
    }
  }

  void Deliver(uint32_t number, bool doubled) {
    if (events_.empty()) {
      return;
    }
    const auto at = events_.begin() + static_cast<ptrdiff_t>(number % events_.size());
    const Message message = *at;
    if (!doubled) {
      events_.erase(at);
    }
    Reader& reader = readers_[message.reader];
    if (reader.runs && reader.attempt == message.attempt && message.sequence == reader.heard + 1) {
      reader.heard = message.sequence;
      if (const auto* const add = std::get_if<AddSplitsEvent>(&message.event)) {
        for (const SourceSplit& split : add->splits) {
          const bool is_new = reader.splits.insert(split.id).second;
          sim::Check(is_new, "reader {} is given {} twice", message.reader, split.id);
        }
      }
    }
    replies_.push_back(message);
  }

  void Acknowledge(uint32_t number) {
    if (replies_.empty()) {
      return;
    }
    const auto at = replies_.begin() + static_cast<ptrdiff_t>(number % replies_.size());
    const Message message = *at;
    replies_.erase(at);
    Step(input::EventAcknowledged{.reader = SubtaskIndex(message.reader),
                                  .attempt = message.attempt,
                                  .sequence = message.sequence});
  }

  // The message or its reply: who sent it cannot tell.
  void Lose(uint32_t number) {
    std::deque<Message>& from = number % 2 == 0 && !replies_.empty() ? replies_ : events_;
    if (from.empty()) {
      return;
    }
    const Message message = from.front();
    from.pop_front();
    Step(input::EventLost{.reader = SubtaskIndex(message.reader),
                          .attempt = message.attempt,
                          .sequence = message.sequence,
                          .reason = "lost"});
    for (const CheckpointId id : std::exchange(declined_, {})) {
      pending_.erase(id);
      Step(input::CheckpointAborted{.id = id});
    }
    FailWhatIsDown();
  }

  void BeginCheckpoint() {
    if (!down_.empty() || pending_.size() >= 2) {
      return;
    }
    Pending& pending = pending_[CheckpointId(++last_checkpoint_)];
    for (uint32_t reader = 0; reader < kReaders; ++reader) {
      pending.attempts[reader] = readers_[reader].attempt;
    }
    Step(input::Checkpoint{.id = CheckpointId(last_checkpoint_)});
  }

  // The oldest whose trigger the reader has not taken.
  void TakeTrigger(uint32_t reader) {
    for (auto& [id, pending] : pending_) {
      if (pending.ready && !pending.snapshots.contains(reader) && !down_.contains(reader)) {
        pending.snapshots[reader] = readers_[reader].splits;
        triggered_.emplace_back(id, reader);
        return;
      }
    }
  }

  void ReplyToTrigger(uint32_t number) {
    if (!triggered_.empty()) {
      const auto at = triggered_.begin() + static_cast<ptrdiff_t>(number % triggered_.size());
      const auto [id, reader] = *at;
      triggered_.erase(at);
      Step(input::BarrierInjected{.reader = SubtaskIndex(reader), .id = id});
    }
  }

  void Abort() {
    if (!pending_.empty()) {
      const CheckpointId id = pending_.rbegin()->first;
      pending_.erase(id);
      Step(input::CheckpointAborted{.id = id});
    }
  }

  void Complete() {
    if (!pending_.empty() && pending_.begin()->second.snapshots.size() == kReaders) {
      const auto [id, pending] = *pending_.begin();
      ExpectEachOnce({pending.waiting, pending.snapshots.at(0), pending.snapshots.at(1)},
                     pending.known, fmt::format("in checkpoint {}", id.value()));
      complete_ = pending;
      complete_id_ = id;
      pending_.erase(id);
      Step(input::CheckpointComplete{.id = id});
    }
  }

  void Fail(uint32_t reader) {
    down_.insert(reader);
    FailWhatIsDown();
  }

  void FailWhatIsDown() {
    for (const uint32_t reader : down_) {
      readers_[reader].runs = false;
      Step(input::ReaderEnded{.reader = SubtaskIndex(reader), .attempt = readers_[reader].attempt});
    }
    // What all have acknowledged may still complete; nothing else.
    for (auto each = pending_.begin(); each != pending_.end();) {
      const CheckpointId id = each->first;
      const bool may_complete = each->second.snapshots.size() == kReaders;
      ++each;
      if (!may_complete) {
        pending_.erase(id);
        Step(input::CheckpointAborted{.id = id});
      }
    }
  }

  // Those that are down start from the latest checkpoint.
  void Restart() {
    if (down_.empty()) {
      return;
    }
    while (!pending_.empty()) {
      Complete();  // a restart waits for what is being stored
    }
    for (const uint32_t reader : std::exchange(down_, {})) {
      Step(input::ReaderReset{.reader = SubtaskIndex(reader), .restored = complete_id_});
      Begin(reader);
    }
  }

  void RestartAll() {
    down_ = {0, 1};
    Restart();
  }

  // The whole job, and its enumerator too.
  void RestartFromState() {
    down_ = {0, 1};
    FailWhatIsDown();
    while (!pending_.empty()) {
      Complete();
    }
    Step(input::Reset{.parallelism = core_.parallelism()});
    waiting_.clear();
    known_ = complete_.known;
    for (const std::string& split : complete_.waiting) {
      waiting_[0].insert(split);
    }
    for (const uint32_t reader : std::exchange(down_, {})) {
      Begin(reader);
    }
  }

  void Begin(uint32_t reader) {
    readers_[reader] = {.attempt = AttemptNumber(++last_attempt_),
                        .runs = true,
                        .heard = 0,
                        .splits = complete_.snapshots[reader]};
    Step(input::ReaderRegistered{.reader = SubtaskIndex(reader),
                                 .attempt = readers_[reader].attempt});
  }

  static void ExpectEachOnce(const std::vector<Splits>& places, const Splits& known,
                             const std::string& when) {
    size_t count = 0;
    Splits all;
    for (const Splits& place : places) {
      count += place.size();
      all.insert(place.begin(), place.end());
    }
    sim::Check(count == all.size(), "{} splits are in {} places {}", all.size(), count, when);
    sim::Check(all == known, "{} of {} splits are somewhere {}", all.size(), known.size(), when);
  }

  SourceCoordinatorCore core_;
  std::array<Reader, kReaders> readers_{};
  std::map<uint32_t, Splits> waiting_;  // by the reader that shall get them
  std::deque<input::Assign> wishes_;
  bool wishing_ = false;
  Splits known_;
  std::deque<Message> events_;
  std::deque<Message> replies_;
  std::set<uint32_t> down_;
  std::vector<CheckpointId> declined_;
  std::map<CheckpointId, Pending> pending_;
  std::vector<std::pair<CheckpointId, uint32_t>> triggered_;
  Pending complete_;
  CheckpointId complete_id_;
  uint64_t last_checkpoint_ = 0;
  uint32_t last_attempt_ = 0;
};

RC_GTEST_PROP(SourceCoordinatorCorePropertyTest, EverySplitIsInOnePlace, ()) {
  const auto acts = *rc::gen::container<std::vector<std::pair<int, uint32_t>>>(
      rc::gen::pair(rc::gen::inRange(0, SourceWorld::kActs), rc::gen::inRange(0U, 64U)));
  SourceWorld world;
  for (const auto& [act, number] : acts) {
    world.Act(act, number);
  }
  world.ComeToRest();
}

}  // namespace
}  // namespace flinch::engine
