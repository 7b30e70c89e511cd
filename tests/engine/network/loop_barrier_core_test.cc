// The head of an iteration, by hand and by random interleavings: what is fed back between the
// checkpoint and its barrier's return is kept, nothing else, and nobody is blocked for ever.
#include "engine/network/loop_barrier_core.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/network/iteration_rounds.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Show(const barrier_effect::Block& each) {
  return fmt::format("block {}", each.channel);
}

std::string Show(const barrier_effect::Resume& each) {
  return fmt::format("resume {}", each.channel);
}

std::string Show(const barrier_effect::Trigger& each) {
  return fmt::format("trigger {}", each.meta.id.value());
}

std::string Show(const barrier_effect::GiveUp& each) {
  return fmt::format("give up {}", each.id.value());
}

std::string Show(const barrier_effect::Persist& each) {
  return fmt::format("persist {}", each.id.value());
}

std::string Show(const barrier_effect::Persisted& each) {
  return fmt::format("persisted {}", each.id.value());
}

std::string Show(const barrier_effect::Overtake&) { return "overtake"; }

std::string Show(const barrier_effect::StartClock&) { return "clock"; }

// Channels 0 and 1 bring new records, 2 feedback.
class LoopBarrierCoreTest : public ::testing::Test {
 protected:
  std::vector<std::string> Feed(const BarrierInput& input) {
    std::vector<std::string> shown;
    for (const BarrierEffect& effect : core_.Step(input)) {
      shown.push_back(std::visit([](const auto& each) { return Show(each); }, effect));
    }
    return shown;
  }

  std::vector<std::string> Barrier(size_t channel, uint64_t id,
                                   CheckpointKind kind = CheckpointKind::kAligned) {
    return Feed(barrier_input::Barrier{
        .channel = channel, .meta = {.id = CheckpointId(id), .options = {.kind = kind}}});
  }

  LoopBarrierCore core_{{false, false, true}};
};

TEST_F(LoopBarrierCoreTest, TakesTheCheckpointWithoutItsFeedbackAndKeepsThatUntilItIsRound) {
  EXPECT_THAT(Barrier(0, 1), ElementsAre("block 0"));
  EXPECT_THAT(Barrier(1, 1), ElementsAre("persist 1", "trigger 1", "resume 0"));
  EXPECT_EQ(core_.phase(), LoopPhase::kLogging);
  EXPECT_EQ(core_.PlaceOf(2, CheckpointId(1)), "last");
  EXPECT_THAT(Barrier(2, 1), ElementsAre("persisted 1"));
  EXPECT_EQ(core_.phase(), LoopPhase::kIdle);
}

TEST_F(LoopBarrierCoreTest, ANewerBarrierWaitsUntilTheOlderOneIsRound) {
  Barrier(0, 1);
  Barrier(1, 1);
  EXPECT_THAT(Barrier(0, 2), ElementsAre("block 0"));
  EXPECT_THAT(Barrier(1, 2), ElementsAre("block 1"));
  EXPECT_THAT(Barrier(2, 1), ElementsAre("persisted 1", "resume 0", "block 0", "resume 1",
                                         "persist 2", "trigger 2", "resume 0"));
  EXPECT_THAT(Barrier(2, 2), ElementsAre("persisted 2"));
}

TEST_F(LoopBarrierCoreTest, WhatIsGivenUpGoesRoundInVain) {
  Barrier(0, 1);
  Barrier(1, 1);
  Barrier(0, 2);
  EXPECT_THAT(Feed(barrier_input::Aborted{.id = CheckpointId(1)}),
              ElementsAre("give up 1", "resume 0", "block 0"));
  EXPECT_THAT(Barrier(2, 1), IsEmpty());
  EXPECT_THAT(Barrier(1, 2), ElementsAre("persist 2", "trigger 2", "resume 0"));
  EXPECT_THAT(Feed(barrier_input::CancelMarker{.channel = 2, .id = CheckpointId(2)}),
              ElementsAre("give up 2"));
  EXPECT_THAT(Feed(barrier_input::CancelMarker{.channel = 2, .id = CheckpointId(2)}), IsEmpty());
}

TEST_F(LoopBarrierCoreTest, BehindAStopNewInputWaitsUntilTheBarrierIsRound) {
  Barrier(0, 1, CheckpointKind::kSavepointSuspend);
  EXPECT_THAT(Barrier(1, 1, CheckpointKind::kSavepointSuspend),
              ElementsAre("persist 1", "trigger 1", "block 1"));
  EXPECT_THAT(Barrier(2, 1), ElementsAre("persisted 1", "resume 0", "resume 1"));
}

// ---- Against a model ----------------------------------------------------------------------------

// A loop in miniature: inputs bring records and barriers, what the head passes on comes back in a
// queue, each record so many times as it says. The model knows for each checkpoint which records
// were taken in, and which had left.
class Miniature {
 public:
  Miniature(size_t inputs, size_t loops) : inputs_(inputs), loops_(loops), core_(Kinds()) {
    inputs_queues_.resize(inputs);
    loop_queues_.resize(loops);
    brought_.resize(inputs);
  }

  void Bring(size_t input, bool is_barrier) {
    auto& queue = inputs_queues_[input % inputs_];
    if (is_barrier) {
      // Checkpoints come in the same order to all inputs; one may fall behind.
      queue.push_back({.barrier = ++brought_[input % inputs_]});
    } else {
      queue.push_back({.record = ++last_record_, .rounds = 1 + last_record_ % 3});
    }
  }

  bool Deliver(size_t which) {
    const size_t channel = which % (inputs_ + loops_);
    auto& queue = channel < inputs_ ? inputs_queues_[channel] : loop_queues_[channel - inputs_];
    if (queue.empty() || blocked_.contains(channel)) {
      return false;
    }
    const Item item = queue.front();
    queue.pop_front();
    if (item.barrier > 0) {
      Feed(barrier_input::Barrier{.channel = channel, .meta = {.id = CheckpointId(item.barrier)}});
      return true;
    }
    if (logging_ && channel >= inputs_ && !returned_.contains(channel)) {
      log_[*logging_].insert({item.record, item.rounds});
    }
    // Processed: it leaves the loop, or goes round once more.
    taken_in_.insert(item.record);
    under_way_.erase(item.record);
    if (item.rounds > 0) {
      under_way_[item.record] = item.rounds - 1;
      loop_queues_[item.record % loops_].push_back(
          {.record = item.record, .rounds = item.rounds - 1});
    }
    return true;
  }

  void Abort() {
    if (logging_) {
      Feed(barrier_input::Aborted{.id = CheckpointId(*logging_)});
    }
  }

  // All inputs bring the newest barrier, and all is delivered.
  void Drain() {
    const uint64_t newest = *std::ranges::max_element(brought_);
    for (size_t input = 0; input < inputs_; ++input) {
      while (brought_[input] < newest) {
        Bring(input, true);
      }
    }
    for (bool progress = true; progress;) {
      progress = false;
      for (size_t channel = 0; channel < inputs_ + loops_; ++channel) {
        progress = Deliver(channel) || progress;
      }
    }
    RC_ASSERT(blocked_.empty());
    RC_ASSERT(core_.phase() == LoopPhase::kIdle);
  }

  size_t whole() const { return whole_; }

 private:
  struct Item {
    uint64_t barrier = 0;
    uint64_t record = 0;
    uint64_t rounds = 0;
  };

  std::vector<bool> Kinds() const {
    std::vector<bool> kinds(inputs_, false);
    kinds.insert(kinds.end(), loops_, true);
    return kinds;
  }

  void Feed(const BarrierInput& input) {
    if (const auto* barrier = std::get_if<barrier_input::Barrier>(&input);
        barrier != nullptr && barrier->channel >= inputs_ && logging_ == barrier->meta.id.value()) {
      returned_.insert(barrier->channel);
    }
    const auto effects = core_.Step(input);
    for (const BarrierEffect& effect : std::vector(effects.begin(), effects.end())) {
      std::visit([this](const auto& each) { See(each); }, effect);
    }
  }

  void See(const barrier_effect::Block& block) {
    RC_ASSERT(block.channel < inputs_);  // feedback never waits
    blocked_.insert(block.channel);
  }

  void See(const barrier_effect::Resume& resume) {
    RC_ASSERT(blocked_.erase(resume.channel) == 1U);
  }

  void See(const barrier_effect::Persist& persist) {
    logging_ = persist.id.value();
    log_[*logging_].clear();
    returned_.clear();
  }

  void See(const barrier_effect::Trigger& trigger) {
    RC_ASSERT(logging_ == trigger.meta.id.value());
    cut_ = under_way_;
    for (auto& queue : loop_queues_) {
      queue.push_back({.barrier = trigger.meta.id.value()});
    }
  }

  // The law: what is kept is exactly what was under way when the checkpoint was taken.
  void See(const barrier_effect::Persisted& persisted) {
    std::map<uint64_t, uint64_t> kept(log_[persisted.id.value()].begin(),
                                      log_[persisted.id.value()].end());
    RC_ASSERT(kept == cut_);
    RC_ASSERT(kept.size() == log_[persisted.id.value()].size());
    logging_.reset();
    ++whole_;
  }

  void See(const barrier_effect::GiveUp&) { logging_.reset(); }

  void See(const barrier_effect::Overtake&) { RC_FAIL("nothing overtakes here"); }

  void See(const barrier_effect::StartClock&) { RC_FAIL("nothing has a clock here"); }

  size_t inputs_;
  size_t loops_;
  LoopBarrierCore core_;
  std::vector<std::deque<Item>> inputs_queues_;
  std::vector<std::deque<Item>> loop_queues_;
  std::vector<uint64_t> brought_;  // barriers, by input
  uint64_t last_record_ = 0;
  std::set<uint64_t> taken_in_;
  std::map<uint64_t, uint64_t> under_way_;  // records in the loop's queues, with rounds left
  std::map<uint64_t, uint64_t> cut_;        // the same when the last checkpoint was taken
  std::map<uint64_t, std::set<std::pair<uint64_t, uint64_t>>> log_;
  std::set<size_t> returned_;  // channels in which the barrier is round
  std::optional<uint64_t> logging_;
  std::set<size_t> blocked_;
  size_t whole_ = 0;
};

RC_GTEST_PROP(LoopBarrierCorePropertyTest, KeepsExactlyWhatGoesRound,
              (const std::vector<uint16_t>& acts)) {
  Miniature loop(*rc::gen::inRange<size_t>(1, 4), *rc::gen::inRange<size_t>(1, 4));
  for (const uint16_t act : acts) {
    switch (act % 8) {
      case 0:
        loop.Bring(act / 8, true);
        break;
      case 1:
      case 2:
        loop.Bring(act / 8, false);
        break;
      case 3:
        if (act % 64 == 3) {
          loop.Abort();
        }
        break;
      default:
        loop.Deliver(act / 8);
    }
  }
  loop.Drain();
}

TEST(LoopBarrierCorePropertyTest, ChecksCheckpointsAtAll) {
  Miniature loop(2, 2);
  for (size_t i = 0; i < 40; ++i) {
    loop.Bring(i, i / 2 % 5 == 4);
    loop.Deliver(i);
  }
  loop.Drain();
  EXPECT_EQ(loop.whole(), 4U);
}

// ---- The end of an iteration --------------------------------------------------------------------

// Heads and a body that joins them all; records are tokens of their own kind in the same queues.
class Ring {
 public:
  explicit Ring(size_t heads) : body_(false, heads) {
    for (size_t head = 0; head < heads; ++head) {
      heads_.emplace_back(true, 1);
    }
    to_body_.resize(heads);
    to_heads_.resize(heads);
    fed_.resize(heads);
  }

  void Emit(size_t head, uint32_t rounds) { to_body_[head % heads_.size()].push_back({rounds}); }

  void EndInput() {
    for (size_t head = 0; head < heads_.size(); ++head) {
      Advance(head);
    }
  }

  bool Step(size_t act) {
    const size_t queue = act % (2 * heads_.size());
    const size_t head = queue % heads_.size();
    auto& from = queue < heads_.size() ? to_body_[head] : to_heads_[head];
    if (from.empty()) {
      return false;
    }
    const Item item = from.front();
    from.pop_front();
    if (queue < heads_.size()) {
      AtBody(item);
    } else {
      AtHead(head, item);
    }
    return true;
  }

  void JudgeEnd() const {
    for (const IterationRounds& head : heads_) {
      RC_ASSERT(head.is_over());
    }
  }

 private:
  struct Item {
    uint32_t rounds = 0;
    std::optional<IterationRounds::Token> token{};
  };

  void AtBody(const Item& item) {
    if (!item.token) {
      if (item.rounds > 0) {
        to_heads_[next_++ % heads_.size()].push_back({item.rounds - 1});
      }
      return;
    }
    body_.OnToken(*item.token);
    while (const auto token = body_.Next(true, 0)) {
      for (auto& queue : to_heads_) {
        queue.push_back({0, token});
      }
    }
  }

  void AtHead(size_t head, const Item& item) {
    if (!item.token) {
      RC_ASSERT(!heads_[head].is_over());  // else it was lost
      ++fed_[head];
      to_body_[head].push_back({item.rounds});
      return;
    }
    heads_[head].OnToken(*item.token);
    Advance(head);
  }

  void Advance(size_t head) {
    while (const auto token = heads_[head].Next(true, fed_[head])) {
      to_body_[head].push_back({0, token});
    }
  }

  std::vector<IterationRounds> heads_;
  IterationRounds body_;
  std::vector<std::deque<Item>> to_body_;
  std::vector<std::deque<Item>> to_heads_;
  std::vector<uint64_t> fed_;
  size_t next_ = 0;
};

RC_GTEST_PROP(IterationRoundsPropertyTest, NoHeadEndsWhileRecordsGoRoundAndAllEnd,
              (const std::vector<uint8_t>& acts)) {
  Ring ring(*rc::gen::inRange<size_t>(1, 4));
  for (const uint8_t act : acts) {
    if (act % 3 == 0) {
      ring.Emit(act / 3, act % 7);
    } else {
      ring.Step(act);
    }
  }
  ring.EndInput();
  for (const uint8_t act : acts) {
    ring.Step(act);
  }
  for (bool progress = true; progress;) {
    progress = false;
    for (size_t queue = 0; queue < 6; ++queue) {
      progress = ring.Step(queue) || progress;
    }
  }
  ring.JudgeEnd();
}

}  // namespace
}  // namespace flinch::engine
