#include "scenarios/jobs/broadcast_rows.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/data_stream.h"
#include "engine/graph/key_codec.h"
#include "engine/state/key_groups.h"
#include "scenarios/jobs/job_parts.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

using engine::OperatorRuntime;
using engine::Output;
using engine::StreamRecord;
using BroadcastRow = std::pair<std::string, std::string>;

constexpr std::string_view kKeeper = "keep";

// Stands before an operator, and lets through what belongs to its subtask.
class OwnKeys final : public Output {
 public:
  OwnKeys(OperatorRuntime& runtime, Output& inner) : subtask_(runtime.subtask()), inner_(inner) {}

  sim::Result<void> Emit(const StreamRecord& record) override {
    const int32_t hash = engine::HashOfKey(static_cast<const BroadcastRow*>(record.value)->first);
    const engine::KeyGroup group = engine::KeyGroupFor(hash, subtask_.max_parallelism);
    const bool is_mine =
        engine::OwnerOf(group, subtask_.max_parallelism, subtask_.parallelism) == subtask_.index;
    return is_mine ? inner_.Emit(record) : sim::Result<void>();
  }

  sim::Result<void> EmitWatermark(engine::EventTime watermark) override {
    return inner_.EmitWatermark(watermark);
  }

 private:
  const engine::SubtaskInfo& subtask_;
  Output& inner_;
};

engine::StreamGraph BuildBroadcastRows(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::DataStream<BroadcastRow> kept =
      ReadInput(environment, scenario, workload)
          .Rescale()
          .Map("copy", [](const LogRow& row) { return BroadcastRow(row.key, row.value); })
          .Broadcast()
          .Map(std::string(kKeeper), [](const BroadcastRow& row) { return row; });
  WriteOutput(kept.Global(), scenario, [](const BroadcastRow& row) { return row; });
  engine::StreamGraph graph = environment.Build();
  const auto keeper = std::ranges::find(graph.nodes, kKeeper, &engine::OperatorSpec::name);
  sim::Check(keeper != graph.nodes.end(), "who keeps rows is not there");
  keeper->decorate = [](OperatorRuntime& runtime, Output& inner) {
    return std::make_unique<OwnKeys>(runtime, inner);
  };
  return graph;
}

std::vector<ExpectedRecord> ExpectBroadcastRows(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    expected.push_back({.key = row.key, .value = row.value});
  }
  return expected;
}

}  // namespace

JobCase BroadcastRows() {
  return {.name = "broadcast_rows",
          .what = "rows as they are, sent to all subtasks, of which the key's owner passes it on",
          .build = BuildBroadcastRows,
          .outputs = {{.law = SameMultiset(std::source_location()), .expect = ExpectBroadcastRows}},
          .where = {}};
}

}  // namespace flinch::scenarios
