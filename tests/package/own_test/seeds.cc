// Somebody's own operator, the job around it, the law that it is judged by, and many seeds.
#include "scenarios/files/added_jobs.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/testing/gtest.h"

using namespace flinch;
using namespace flinch::scenarios;

// The planted bug: a cache that does not survive a restart.
struct Count {
  bool caches = false;
  engine::ValueState<int64_t> state{};
  std::map<std::string, int64_t> cache{};

  void Open(engine::RuntimeContext& task) { state = task.GetState<int64_t>({"count"}); }

  void ProcessElement(const LogRow& click, const engine::KeyedContext<std::string, LogRow>& to) {
    int64_t& count = cache[click.key];
    state.Update(count = (caches ? count : state.Value().value_or(0)) + 1);
    to.RegisterTimer(engine::kMaxEventTime);  // when there is no more
  }

  void OnTimer(engine::EventTime, const engine::KeyedContext<std::string, LogRow>& to) {
    to.out.Collect({to.key, std::to_string(state.Value().value_or(0))});
  }
};

std::vector<OutputBreach> EveryClickCounts(const OutputView& output) {
  int64_t missing = 0;
  for (const ExpectedRecord* count : output.expected) {
    missing += std::stoll(count->value);
  }
  for (const OutputRecord* count : output.found) {
    missing -= std::stoll(count->value);
  }
  return missing == 0 || !output.complete
             ? std::vector<OutputBreach>()
             : std::vector<OutputBreach>{
                   {.kind = "lost",
                    .sentence = std::to_string(missing) + " clicks are in no count."}};
}

JobCase Clicks(const std::string& name, bool caches) {
  const auto build = [caches](const Scenario& scenario, const Workload& workload) {
    engine::StreamExecutionEnvironment job("clicks", OptionsOf(scenario));
    WriteOutput<LogRow>(ReadInput(job, scenario, workload)
                            .KeyBy([](const LogRow& click) { return click.key; })
                            .Process<LogRow>("count", Count{caches}),
                        scenario, [](const LogRow& row) { return std::pair(row.key, row.value); });
    return job.Build();
  };
  const Law law = {"every_click_counts", "Every click is in a count.", EveryClickCounts};
  return {.name = name, .what = "Clicks per page.", .build = build, .outputs = {{.law = law}}};
}

const Scenario& Small(const std::string& name, bool caches) {
  static std::map<std::string, Scenario> known;
  if (!known.contains(name)) {
    EXPECT_TRUE(AddJobs({Clicks(name, caches)}));
    known[name] = *FindLibraryScenario(name);
    known[name].workload.records = 200;
  }
  return known[name];
}

FLINCH_SEEDS(Clicks, AreCounted, Small("good", false), 1, 20)
FLINCH_SEEDS(Clicks, AreForgotten, Small("bad", true), 1, 20)
FLINCH_PROP(ClicksProperty, SurvivesAnything, Small("anything", false))
