// A source and a sink for benchmarks: records out of nothing, into nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/serializer.h"
#include "engine/stream_operator.h"

namespace flinch::scenarios {

// A click on a page.
struct Click {
  std::string page;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.page);
  }
};

struct GeneratorOptions {
  uint64_t records = 0;
  uint32_t keys = 1;
  sim::Duration event_step{10'000};  // from one record to the next
  uint64_t watermark_every = 992;    // records, a multiple of 16
};

// Pages come in a scrambled order, all equally often; the position is the state.
class ClickGenerator final : public engine::SourceOperator {
 public:
  using Out = Click;

  explicit ClickGenerator(const GeneratorOptions& options);

  sim::Result<void> Open(engine::OperatorRuntime& runtime,
                         const engine::OperatorState* restored) override;
  void OnAvailable(std::function<void()> wake) override;
  sim::Result<engine::InputStatus> EmitNext() override;
  sim::Result<engine::OperatorState> Snapshot(const engine::CheckpointMeta& meta) override;

 private:
  GeneratorOptions options_;
  std::vector<Click> clicks_;  // one per page
  engine::Output* output_ = nullptr;
  uint64_t next_ = 0;
};

// Counts what comes into `*count`, which must outlive the job.
template <typename T>
class CountingSink final : public engine::StreamOperator {
 public:
  using In = T;

  explicit CountingSink(uint64_t* count) : count_(count) {}

  sim::Result<void> Open(engine::OperatorRuntime&, const engine::OperatorState*) override {
    return {};
  }

  sim::Result<void> ProcessElement(const engine::StreamRecord&) override {
    ++*count_;
    return {};
  }

  sim::Result<void> ProcessWatermark(engine::EventTime) override { return {}; }

 private:
  uint64_t* count_;
};

}  // namespace flinch::scenarios
