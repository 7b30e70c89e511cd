// A cluster without a log around it: jobs that count, for tests of the engine's runtime.
//
// The source gives 0, 1, 2, … (each subtask every parallelism-th), keeps its position in the
// checkpoint and ends; the sink notes what it gets in the test's own memory. How fast a job is, is
// `engine.task.record_time`.
//
//   NumberCluster cluster({}, [&](StreamExecutionEnvironment& job) {
//     job.FromSource<int64_t>("source", NumberSource::Make(100))
//         .Rebalance()
//         .SinkTo("sink", NumberSink::Make(received));
//   });
//   cluster.RunToEnd(60s);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/config.h"
#include "engine/data_stream.h"
#include "engine/defects.h"
#include "engine/graph/job_graph.h"
#include "engine/stream_operator.h"
#include "tests/support/bench.h"

namespace flinch::engine {

class NumberSource final : public SourceOperator {
 public:
  using Out = int64_t;

  // `count` numbers in all.
  static auto Make(int64_t count) {
    return [count] { return std::make_unique<NumberSource>(count); };
  }

  explicit NumberSource(int64_t count) : count_(count) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override;
  void OnAvailable(std::function<void()> wake) override;
  sim::Result<InputStatus> EmitNext() override;
  sim::Result<OperatorState> Snapshot(const CheckpointMeta& meta) override;

 private:
  int64_t count_;
  int64_t next_ = 0;
  int64_t step_ = 1;
  Output* output_ = nullptr;
};

struct Received {
  int64_t number = 0;
  uint32_t subtask = 0;
  uint32_t attempt = 0;

  friend bool operator==(const Received&, const Received&) = default;
};

class NumberSink final : public StreamOperator {
 public:
  using In = int64_t;

  static auto Make(std::vector<Received>& received) {
    return [&received] { return std::make_unique<NumberSink>(received); };
  }

  explicit NumberSink(std::vector<Received>& received) : received_(received) {}

  sim::Result<void> Open(OperatorRuntime& runtime, const OperatorState* restored) override;
  sim::Result<void> ProcessElement(const StreamRecord& record) override;
  sim::Result<void> ProcessWatermark(EventTime watermark) override;

 private:
  std::vector<Received>& received_;
  uint32_t subtask_ = 0;
  uint32_t attempt_ = 0;
};

// Short time-outs, and 5 ms for a record.
EngineOptions QuickEngineOptions();

struct NumberClusterOptions {
  uint64_t seed = 1;
  uint32_t task_managers = 2;
  uint32_t slots = 2;
  uint32_t parallelism = 2;
  EngineOptions engine = QuickEngineOptions();
};

class NumberCluster {
 public:
  NumberCluster(const NumberClusterOptions& options,
                const std::function<void(StreamExecutionEnvironment&)>& describe);

  tests::Bench& bench() { return bench_; }

  const JobGraph& graph() const { return graph_; }

  sim::ProcessId process(const std::string& name) { return *bench_.world().FindProcess(name); }

  // "jm".
  void StartJobManager();
  // "tm-1", "tm-2", …
  void StartTaskManager();

  // Until the job has ended one way or the other, or a span has passed.
  void RunToEnd(sim::Duration span);

  // As the JobManager said last; "" before its first word.
  std::string job_status() const;

  // "subtask attempt" of the events of this kind.
  std::vector<std::string> Tasks(std::string_view kind) const;

 private:
  NumberClusterOptions options_;
  JobGraph graph_;
  uint32_t task_managers_ = 0;
  tests::Bench bench_;
};

// The numbers, sorted.
std::vector<int64_t> Numbers(const std::vector<Received>& received);
// 0, 1, …, count - 1.
std::vector<int64_t> FirstNumbers(int64_t count);
// How many each subtask got.
std::map<uint32_t, size_t> CountBySubtask(const std::vector<Received>& received);

}  // namespace flinch::engine
