// Counts clicks per page into files, by a law of its own. The planted bug: a cache that does not
// survive a restart. "mended" is the same job without it.
#include "engine/committing_sink.h"
#include "scenarios/cli/program.h"
#include "scenarios/jobs/job_parts.h"

using namespace flinch;
using namespace flinch::scenarios;

struct Count {
  bool caches = true;
  engine::ValueState<int64_t> state{};
  std::map<std::string, int64_t> cache{};

  void Open(engine::RuntimeContext& task) { state = task.GetState<int64_t>({"count"}); }

  void ProcessElement(const LogRow& click, const engine::KeyedContext<std::string, LogRow>& to) {
    int64_t& count = cache[click.key];
    state.Update(count = (caches ? count : state.Value().value_or(0)) + 1);
    to.out.Collect({click.key, std::to_string(count), to.timestamp});
  }

  void OnTimer(engine::EventTime, const engine::KeyedContext<std::string, LogRow>&) {}
};

struct FileSink final : engine::CommittingSink<LogRow> {
  sim::Result<void> Commit(sim::Environment& env, const std::string& name,
                           const std::vector<LogRow>& counts) final {
    const sim::Result<bool> put = env.shared().PutIfAbsent("/out/" + name, sim::Encode(counts));
    return put ? sim::Result<void>() : sim::Fail(put);
  }
};

std::vector<OutputRecord> ReadFiles(const sim::World& world) {
  std::vector<OutputRecord> records;
  for (const std::string& path : world.ListShared("/out")) {
    const auto rows = sim::Decode<std::vector<LogRow>>(*world.ReadSharedFile(path));
    for (const LogRow& row : *rows) {
      records.push_back({.key = row.key, .value = row.value, .transaction = path});
    }
  }
  return records;
}

std::vector<OutputBreach> CountUp(const OutputView& output) {
  std::vector<OutputBreach> breaches;
  std::map<std::string, int64_t> counts;
  for (const OutputRecord* record : output.found) {
    if (record->value != std::to_string(++counts[record->key])) {
      breaches.push_back({.kind = "jump", .copies = {record}, .sentence = record->key + " jumps."});
    }
  }
  return breaches;
}

JobCase Case(const std::string& name, bool caches, const Law& law = PerKeyOrder()) {
  const auto build = [caches](const Scenario& scenario, const Workload& workload) {
    engine::StreamExecutionEnvironment job("clicks", OptionsOf(scenario));
    ReadInput(job, scenario, workload)
        .KeyBy([](const LogRow& click) { return click.key; })
        .Process<LogRow>("count", Count{caches})
        .SinkTo("files", [] { return std::make_unique<FileSink>(); });
    return job.Build();
  };
  return {.name = name, .what = "", .build = build, .outputs = {{.law = law, .read = ReadFiles}}};
}

int main(int argc, char** argv) {
  const Law law = {"counts_up", "Each page counts up from 1.", CountUp, false};
  return Main(argc, argv,
              {Case("clicks", true, law), Case("mended", false, law), Case("by_itself", true)});
}
