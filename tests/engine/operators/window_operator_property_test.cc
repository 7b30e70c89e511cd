// Windows over any order of input, any restarts and any rescaling, against a plain count.
#include "engine/operators/window_operator.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/graph/key_codec.h"
#include "tests/support/operator_harness.h"

namespace flinch::engine {
namespace {

using tests::OperatorHarness;
using tests::OperatorHarnessOptions;
using tests::OperatorSnapshot;

struct Count {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const int64_t&, int64_t& count) const { ++count; }

  int64_t Result(const int64_t& count) const { return count; }
};

using Counted = WindowResult<int64_t, int64_t>;
// (key, window start) → count.
using Counts = std::map<std::pair<int64_t, int64_t>, int64_t>;

constexpr uint32_t kGroups = 8;
constexpr int64_t kSize = 7;

int64_t KeyOf(int64_t number) { return number; }

// All subtasks of one window operator.
class Subtasks {
 public:
  Subtasks(uint32_t parallelism, const std::vector<OperatorSnapshot>* snapshots) {
    OperatorSnapshot merged;
    if (snapshots != nullptr) {
      for (const OperatorSnapshot& snapshot : *snapshots) {
        merged.keyed.insert(snapshot.keyed.begin(), snapshot.keyed.end());
      }
    }
    for (uint32_t i = 0; i < parallelism; ++i) {
      parts_.push_back(std::make_unique<OperatorHarness>(
          OperatorHarnessOptions{
              .make =
                  [] {
                    return std::make_unique<WindowOperator<int64_t, int64_t, Count>>(
                        sim::Duration(kSize), Count());
                  },
              .key = MakeKeyCodec<int64_t>(KeyOf),
              .output = TypeOf<Counted>(),
              .max_parallelism = kGroups,
              .parallelism = parallelism,
              .subtask = SubtaskIndex(i)},
          &merged));
      RC_ASSERT(parts_.back()->opened().has_value());
    }
  }

  OperatorHarness& OwnerOfKey(int64_t key) {
    const KeyGroup group = KeyGroupFor(JavaHash(key), kGroups);
    return *parts_[OwnerOf(group, kGroups, static_cast<uint32_t>(parts_.size())).value()];
  }

  void Advance(int64_t watermark) {
    for (const auto& part : parts_) {
      RC_ASSERT(part->Watermark(EventTime(watermark)).has_value());
    }
  }

  std::vector<OperatorSnapshot> Snapshot() {
    std::vector<OperatorSnapshot> snapshots;
    for (const auto& part : parts_) {
      snapshots.push_back(part->Snapshot());
    }
    return snapshots;
  }

  // Adds what was emitted; a window must not come out twice.
  void TakeInto(Counts& counts) {
    for (const auto& part : parts_) {
      for (const auto& [result, timestamp] : part->Take<Counted>()) {
        RC_ASSERT(timestamp == result.window.max_timestamp());
        RC_ASSERT((counts.emplace(std::pair(result.key, result.window.start.nanos()), result.value)
                       .second));
      }
    }
  }

 private:
  std::vector<std::unique_ptr<OperatorHarness>> parts_;
};

// The start of the window by search, not by arithmetic.
int64_t StartOf(int64_t time) {
  int64_t start = -100 * kSize;
  while (start + kSize <= time) {
    start += kSize;
  }
  return start;
}

// Drawn ahead: how a run goes. The watermark trails the highest time by kDisorder, so that a
// record that is at most that much out of order is never late.
struct Step {
  int64_t key = 0;
  int64_t time = 0;
  bool watermark_follows = false;
  uint32_t restart_with = 0;  // this parallelism, after the step; 0: no restart
};

constexpr int64_t kDisorder = 10;

std::vector<Step> AnySteps() {
  const int count = *rc::gen::inRange(0, 80);
  std::vector<Step> steps;
  int64_t front = *rc::gen::inRange<int64_t>(-60, 60);
  for (int i = 0; i < count; ++i) {
    front += *rc::gen::inRange<int64_t>(0, 5);
    const int64_t behind = *rc::gen::inRange<int64_t>(0, kDisorder);
    const int64_t key = *rc::gen::inRange<int64_t>(-3, 4);
    const bool watermark_follows = *rc::gen::arbitrary<bool>();
    const auto restart = *rc::gen::weightedOneOf<uint32_t>(
        {{9, rc::gen::just<uint32_t>(0)}, {1, rc::gen::inRange<uint32_t>(1, kGroups + 1)}});
    steps.push_back({.key = key,
                     .time = front - behind,
                     .watermark_follows = watermark_follows,
                     .restart_with = restart});
  }
  return steps;
}

RC_GTEST_PROP(WindowOperatorPropertyTest, CountsLikeAPlainMapThroughRestartsAndRescaling, ()) {
  const std::vector<Step> steps = AnySteps();
  Counts expected;
  for (const Step& step : steps) {
    ++expected[{step.key, StartOf(step.time)}];
  }
  auto subtasks = std::make_unique<Subtasks>(*rc::gen::inRange<uint32_t>(1, kGroups + 1), nullptr);
  Counts counts;
  int64_t highest = -1000;
  for (const Step& step : steps) {
    RC_ASSERT(subtasks->OwnerOfKey(step.key).Process(step.key, EventTime(step.time)).has_value());
    highest = std::max(highest, step.time);
    if (step.watermark_follows) {
      subtasks->Advance(highest - kDisorder - 1);
    }
    if (step.restart_with != 0) {
      subtasks->TakeInto(counts);
      const std::vector<OperatorSnapshot> snapshots = subtasks->Snapshot();
      subtasks = std::make_unique<Subtasks>(step.restart_with, &snapshots);
    }
  }
  subtasks->Advance(kMaxEventTime.nanos());
  subtasks->TakeInto(counts);
  RC_ASSERT(counts == expected);
}

// A failure throws away everything since the snapshot; the source plays it again.
RC_GTEST_PROP(WindowOperatorPropertyTest, ReplayingFromASnapshotGivesTheSameResults, ()) {
  const std::vector<Step> steps = AnySteps();
  const auto run = [&steps](size_t snapshot_at, size_t fail_at) {
    auto subtasks = std::make_unique<Subtasks>(2, nullptr);
    Counts committed;
    std::vector<OperatorSnapshot> snapshots;
    int64_t highest = -1000;
    int64_t highest_then = highest;
    bool failed = false;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (i == snapshot_at && !failed) {
        subtasks->TakeInto(committed);
        snapshots = subtasks->Snapshot();
        highest_then = highest;
      }
      if (i == fail_at && !failed) {
        failed = true;
        subtasks = std::make_unique<Subtasks>(3, &snapshots);
        highest = highest_then;
        i = snapshot_at;
      }
      RC_ASSERT(subtasks->OwnerOfKey(steps[i].key)
                    .Process(steps[i].key, EventTime(steps[i].time))
                    .has_value());
      highest = std::max(highest, steps[i].time);
      if (steps[i].watermark_follows) {
        subtasks->Advance(highest - kDisorder - 1);
      }
    }
    subtasks->Advance(kMaxEventTime.nanos());
    subtasks->TakeInto(committed);
    return committed;
  };
  RC_PRE(!steps.empty());
  const auto snapshot_at = *rc::gen::inRange<size_t>(0, steps.size());
  const auto fail_at = *rc::gen::inRange<size_t>(snapshot_at, steps.size());
  RC_ASSERT((run(snapshot_at, fail_at) == run(steps.size(), steps.size())));
}

// Any input, late or not: every record is either in a result or told as late.
RC_GTEST_PROP(WindowOperatorPropertyTest, EveryRecordIsCountedOrReportedAsLate,
              (std::vector<int16_t> times)) {
  Subtasks subtasks(1, nullptr);
  int64_t watermark = -100000;
  for (size_t i = 0; i < times.size(); ++i) {
    RC_ASSERT(subtasks.OwnerOfKey(1).Process(int64_t{1}, EventTime(times[i])).has_value());
    if (i % 3 == 0) {
      watermark = std::max<int64_t>(watermark, times[i]);
      subtasks.Advance(watermark);
    }
  }
  subtasks.Advance(kMaxEventTime.nanos());
  Counts counts;
  subtasks.TakeInto(counts);
  size_t counted = 0;
  for (const auto& [window, count] : counts) {
    counted += static_cast<size_t>(count);
  }
  RC_ASSERT(counted + subtasks.OwnerOfKey(1).events().size() == times.size());
}

}  // namespace
}  // namespace flinch::engine
