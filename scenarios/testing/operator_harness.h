// One operator of a job without a cluster: fed by hand, its outputs kept, its clock yours, and
// restarted from its snapshots, as another number of subtasks, too.
//
//   OperatorHarness count(BuildJob(), "count");
//   EXPECT_TRUE(count.Process(Click{"a"}, EventTime(5)));
//   EXPECT_TRUE(count.Watermark(EventTime(59)));
//   EXPECT_TRUE(count.AdvanceTime(50ms));
//   EXPECT_THAT(*count.Take<Counted>(), ElementsAre(Emitted<Counted>{{"a", 1}, EventTime(59)}));
//   const auto snapshot = count.Snapshot();
//   OperatorHarness second(BuildJob(), "count", {.subtask = 1, .parallelism = 2}, {*snapshot});
//
// What runs is what a task runs: the operator as the job's graph has it, with its keys, types and
// side outputs, in a chain of its own, in a process of a small world. So it may wait, spawn fibers,
// use its disk and the shared volume; the world stands still between two calls.
//
// Time:   processing time is the process's clock. It begins at 0 and moves by AdvanceTime, and by
//         what a call of the operator itself waits. Event time moves by Watermark alone.
// Rescale: a new harness takes the snapshots of all subtasks of the old one. Keyed state goes by
//         key groups; entries of lists go back to their subtask, or are dealt out in turn where the
//         number of subtasks is another, as a JobMaster does it.
// Errors: results, in whole sentences. kInvalidArgument: there is no such operator, it is a source,
//         a record or an output of another type, a key of another subtask, what the operator threw,
//         an invariant it broke. kTimeout: it waits for what never comes. After an error of the
//         operator every call gives that error: its task would have failed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/checkpoint/checkpoint_storage.h"
#include "engine/graph/stream_graph.h"
#include "engine/side_output.h"
#include "sim/result.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

struct HarnessOptions {
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  uint32_t attempt = 1;
  uint64_t seed = 1;  // of what the operator draws
};

// What one subtask has left of an operator.
struct HarnessSnapshot {
  engine::CheckpointId checkpoint;
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  engine::OperatorSnapshot state;
};

// A result, and its event time.
template <typename T>
struct Emitted {
  T value{};
  engine::EventTime timestamp{};

  friend bool operator==(const Emitted&, const Emitted&) = default;
};

class OperatorHarness {
 public:
  // Opens the operator; see `opened`.
  OperatorHarness(const engine::StreamGraph& graph, const std::string& name,
                  const HarnessOptions& options = {},
                  const std::vector<HarnessSnapshot>& restored = {});
  ~OperatorHarness();
  OperatorHarness(const OperatorHarness&) = delete;
  OperatorHarness& operator=(const OperatorHarness&) = delete;

  // What its making and opening came to.
  const sim::Result<void>& opened() const;

  template <typename T>
  sim::Result<void> Process(const T& value, engine::EventTime timestamp, uint32_t input = 0) {
    return ProcessRecord(engine::TypeOf<T>(), {.value = &value, .timestamp = timestamp}, input);
  }

  // Watermarks of an input never decrease; the operator's own is the least of its inputs'.
  sim::Result<void> Watermark(engine::EventTime watermark, uint32_t input = 0);

  // Lets so much processing time pass: timers fire, and what the operator's own fibers wait for
  // comes.
  sim::Result<void> AdvanceTime(sim::Duration span);
  sim::SimTime Now() const;

  // A checkpoint: what is emitted before the barrier, then the state. Ids count from 1.
  sim::Result<HarnessSnapshot> Snapshot();
  sim::Result<void> NotifyComplete(engine::CheckpointId checkpoint);
  sim::Result<void> NotifyAborted(engine::CheckpointId checkpoint);

  // All inputs end, and the operator with them.
  sim::Result<void> Finish();

  // The results since the last Take, in order; of the main output, and of a side output.
  template <typename T>
  sim::Result<std::vector<Emitted<T>>> Take() {
    return TakeFrom<T>(engine::kMainOutput);
  }

  template <typename T>
  sim::Result<std::vector<Emitted<T>>> Take(const engine::SideOutput<T>& side) {
    return TakeFrom<T>(side.tag());
  }

  // What the operator has told those behind it.
  const std::vector<engine::EventTime>& watermarks() const;

  // For what its calls left on disks, and for faults.
  sim::World& world();

 private:
  struct Parts;
  using Raw = std::vector<std::pair<sim::Bytes, engine::EventTime>>;

  sim::Result<void> ProcessRecord(const engine::ElementType& type,
                                  const engine::StreamRecord& record, uint32_t input);
  sim::Result<Raw> TakeRaw(engine::OutputTag tag, const engine::ElementType& type);

  template <typename T>
  sim::Result<std::vector<Emitted<T>>> TakeFrom(engine::OutputTag tag) {
    const sim::Result<Raw> raw = TakeRaw(tag, engine::TypeOf<T>());
    if (!raw) {
      return sim::Fail(raw);
    }
    std::vector<Emitted<T>> results;
    for (const auto& [bytes, timestamp] : *raw) {
      sim::Result<T> value = engine::Decode<T>(bytes);
      if (!value) {  // as it would be lost between two tasks
        return sim::Fail(value);
      }
      results.push_back({.value = *std::move(value), .timestamp = timestamp});
    }
    return results;
  }

  std::unique_ptr<Parts> parts_;
};

}  // namespace flinch::scenarios
