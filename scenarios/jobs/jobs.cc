#include "scenarios/jobs/jobs.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/data_stream.h"
#include "engine/state.h"
#include "scenarios/jobs/algebra.h"
#include "scenarios/jobs/async_lookup.h"
#include "scenarios/jobs/big_state.h"
#include "scenarios/jobs/broadcast_rows.h"
#include "scenarios/jobs/cycle.h"
#include "scenarios/jobs/database_rows.h"
#include "scenarios/jobs/file_rows.h"
#include "scenarios/jobs/job_arguments.h"
#include "scenarios/jobs/job_output.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/jobs/job_references.h"
#include "scenarios/jobs/late_law.h"
#include "scenarios/jobs/slow_counts.h"
#include "scenarios/jobs/sql_job.h"
#include "scenarios/jobs/test_jobs.h"
#include "scenarios/jobs/visits.h"
#include "sim/check.h"

namespace flinch::scenarios {

namespace {

constexpr std::string_view kAlgebra = "algebra";

// A word and how often it has come so far.
struct CountedWord {
  std::string word;
  int64_t count = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.word);
    visit(self.count);
  }
};

// ---- url_clicks, package_log

struct CountRows {
  using Accumulator = int64_t;
  using Output = int64_t;

  int64_t Create() const { return 0; }

  void Add(const std::string&, int64_t& sum) const { ++sum; }

  void Merge(int64_t& into, const int64_t& from) const { into += from; }

  int64_t Result(const int64_t& sum) const { return sum; }
};

// `key_of` is user code: it takes a row.
template <typename KeyOf>
engine::StreamGraph BuildCountPerWindowOf(const Scenario& scenario, const Workload& workload,
                                          const engine::WindowAssigner& windows, KeyOf key_of) {
  using Counted = engine::WindowResult<std::string, int64_t>;
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<Counted> counts = ReadInput(environment, scenario, workload)
                                           .Map("parse", key_of)
                                           .KeyBy([](const std::string& key) { return key; })
                                           .Window(windows)
                                           .Aggregate("window", CountRows());
  WriteOutput(counts, scenario, [](const Counted& counted) {
    const WindowCount value{.window_start = counted.window.start, .count = counted.value};
    return std::pair(counted.key, engine::Encode(value));
  });
  return environment.Build();
}

engine::StreamGraph BuildCountPerWindow(const Scenario& scenario, const Workload& workload) {
  return BuildCountPerWindowOf(scenario, workload,
                               engine::TumblingWindows{.size = scenario.job.window},
                               [](const LogRow& row) { return row.key; });
}

engine::StreamGraph BuildCountPerSession(const Scenario& scenario, const Workload& workload) {
  return BuildCountPerWindowOf(scenario, workload,
                               engine::SessionWindows{.gap = scenario.job.window},
                               [](const LogRow& row) { return row.key; });
}

std::vector<ExpectedRecord> ReferenceCountPerSession(const Scenario& scenario,
                                                     const Workload& workload) {
  return CountPerSession(workload.rows, scenario.job.window);
}

// Passes each row on and counts it: an operator with state of its own.
struct Audit {
  using Context = engine::KeyedContext<std::string, std::string>;

  engine::ValueState<int64_t> seen{};

  void Open(engine::RuntimeContext& context) { seen = context.GetState<int64_t>({"seen"}); }

  void ProcessElement(const std::string& key, const Context& context) {
    seen.Update(seen.Value().value_or(0) + 1);
    context.out.Collect(key);
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

// The same operators, and one more between them: what a new version of a job may be.
engine::StreamGraph BuildAuditedCounts(const Scenario& scenario, const Workload& workload) {
  using Counted = engine::WindowResult<std::string, int64_t>;
  const auto by_itself = [](const std::string& key) { return key; };
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<Counted> counts = ReadInput(environment, scenario, workload)
                                           .Map("parse", [](const LogRow& row) { return row.key; })
                                           .KeyBy(by_itself)
                                           .Process<std::string>("audit", Audit())
                                           .KeyBy(by_itself)
                                           .Window(scenario.job.window)
                                           .Aggregate("window", CountRows());
  WriteOutput(counts, scenario, [](const Counted& counted) {
    const WindowCount value{.window_start = counted.window.start, .count = counted.value};
    return std::pair(counted.key, engine::Encode(value));
  });
  return environment.Build();
}

template <void (*kMisbehave)()>
engine::StreamGraph BuildMisbehaving(const Scenario& scenario, const Workload& workload) {
  const engine::TumblingWindows windows{.size = scenario.job.window};
  return BuildCountPerWindowOf(scenario, workload, windows, [](const LogRow& row) {
    if (row.key.ends_with("-13")) {
      kMisbehave();
    }
    return row.key;
  });
}

std::vector<ExpectedRecord> ReferenceCountPerWindow(const Scenario& scenario,
                                                    const Workload& workload) {
  return CountPerWindow(workload.rows, scenario.job.window);
}

// ---- word_count

// Words stand between blanks, tabs and line breaks.
void SplitWords(const LogRow& row, engine::Collector<std::string>& out) {
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  std::string_view rest = row.value;
  for (size_t first = rest.find_first_not_of(kBlanks); first != std::string_view::npos;
       first = rest.find_first_not_of(kBlanks)) {
    rest.remove_prefix(first);
    const size_t end = std::min(rest.find_first_of(kBlanks), rest.size());
    out.Collect(std::string(rest.substr(0, end)));
    rest.remove_prefix(end);
  }
}

struct CountWord {
  using Context = engine::KeyedContext<std::string, CountedWord>;

  engine::ValueState<int64_t> count{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const std::string& word, const Context& context) {
    const int64_t so_far = count.Value().value_or(0) + 1;
    count.Update(so_far);
    context.out.Collect({.word = word, .count = so_far});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

engine::StreamGraph BuildWordCount(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CountedWord> counts = ReadInput(environment, scenario, workload)
                                               .FlatMap<std::string>("parse", SplitWords)
                                               .KeyBy([](const std::string& word) { return word; })
                                               .Process<CountedWord>("count", CountWord());
  WriteOutput(counts, scenario, [](const CountedWord& counted) {
    return std::pair(counted.word, engine::Encode(RunningCount{.count = counted.count}));
  });
  return environment.Build();
}

std::vector<ExpectedRecord> ReferenceWordCount(const Scenario&, const Workload& workload) {
  return CountWords(workload.rows);
}

CountedState WindowCounts(const Scenario& scenario) {
  return {.operator_name = "window",
          .state = "window",
          .has_timers = true,
          .add = [window = scenario.job.window](const InputRow& row, SubjectRows& rows) {
            AddToWindow(row, window, rows);
          }};
}

CountedState WordCounts(const Scenario&) {
  return {.operator_name = "count", .state = "count", .add = AddWords};
}

// ---- copy_rows

using CopiedRow = std::pair<std::string, std::string>;

CopiedRow CopyRow(const LogRow& row) { return {row.key, row.value}; }

// No subtask sends another one anything: each is a region of its own.
engine::StreamGraph BuildCopyRows(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CopiedRow> rows =
      ReadInput(environment, scenario, workload).Map("copy", CopyRow);
  WriteOutput(rows, scenario, [](const CopiedRow& row) { return row; });
  return environment.Build();
}

engine::StreamGraph BuildSpreadRows(const Scenario& scenario, const Workload& workload) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  engine::DataStream<CopiedRow> rows =
      ReadInput(environment, scenario, workload).Rebalance().Map("copy", CopyRow);
  WriteOutput(rows, scenario, [](const CopiedRow& row) { return row; });
  return environment.Build();
}

std::vector<ExpectedRecord> ReferenceCopyRows(const Scenario&, const Workload& workload) {
  std::vector<ExpectedRecord> expected;
  for (const InputRow& row : workload.rows) {
    expected.push_back({.key = row.key, .value = row.value});
  }
  return expected;
}

// An output in the log that plain code foretells.
OutputSpec Foretold(
    std::function<std::vector<ExpectedRecord>(const Scenario&, const Workload&)> expect,
    std::function<std::string(std::string_view, std::string_view)> show_json,
    std::function<std::string(std::string_view)> show_value) {
  return {.expect = std::move(expect),
          .show_json = std::move(show_json),
          .show_value = std::move(show_value)};
}

OutputSpec CopiedRows() {
  return {.law = SameMultiset(std::source_location()),
          .at_least_once = Contains(std::source_location()),
          .at_most_once = ContainedIn(std::source_location()),
          .expect = ReferenceCopyRows};
}

OutputSpec CountsPerWindow() {
  OutputSpec counts = Foretold(ReferenceCountPerWindow, ShowWindowCountJson, ShowWindowCount);
  counts.late = [](const Scenario& scenario) {
    return CountsLessDropped(scenario.job.window, std::source_location());
  };
  return counts;
}

// Where they stand in flinch is nothing that a user wants to read.
std::span<const JobCase> LibraryJobs() {
  static const std::vector<JobCase> kJobs = {
      {.name = "url_clicks",
       .what = "rows per key (a URL) in tumbling windows of job.window",
       .build = BuildCountPerWindow,
       .outputs = {CountsPerWindow()},
       .counted = WindowCounts,
       .where = {}},
      {.name = "user_sessions",
       .what = "rows per key (a user) in sessions, which end with a gap of job.window",
       .build = BuildCountPerSession,
       .outputs = {Foretold(ReferenceCountPerSession, ShowWindowCountJson, ShowWindowCount)},
       .where = {}},
      {.name = "word_count",
       .what = "words of each row's value, with a running count per word; one result per word",
       .build = BuildWordCount,
       .outputs = {Foretold(ReferenceWordCount, ShowRunningCountJson, ShowRunningCount)},
       .counted = WordCounts,
       .where = {}},
      {.name = "package_log",
       .what = "rows per key (a package action) in tumbling windows of job.window",
       .build = BuildCountPerWindow,
       .outputs = {CountsPerWindow()},
       .counted = WindowCounts,
       .where = {}},
      {.name = "url_clicks_audited",
       .what = "as url_clicks, by one operator more, which has state: a later version of it",
       .build = BuildAuditedCounts,
       .outputs = {CountsPerWindow()},
       .counted = WindowCounts,
       .where = {}},
      {.name = "copy_rows",
       .what = "rows as they are; no subtask needs another one",
       .build = BuildCopyRows,
       .outputs = {CopiedRows()},
       .where = {}},
      {.name = "spread_rows",
       .what = "rows as they are, by way of all subtasks in turn",
       .build = BuildSpreadRows,
       .outputs = {CopiedRows()},
       .where = {}},
      SlowCounts(),
      BigState(),
      Cycle(),
      BroadcastRows(),
      AsyncLookup(),
      AsyncLookupOrdered(),
      Visits(),
      VisitsReordered(),
      VisitsWithGaps(),
      FileRows(),
      DatabaseRows(),
      {.name = std::string(kAlgebra),
       .what = "the operators of job.steps, one after the other, over a number per row",
       .build = BuildAlgebra,
       .outputs = {Foretold(ReferenceAlgebra, ShowAlgebraJson, ShowAlgebra)},
       .counted = StateOfAlgebra,
       .where = {}},
      {.name = std::string(kSqlJob),
       .what = "the queries of job.sql, in Flink's dialect, over rows of files or made ones",
       .build = BuildSqlJob,
       .outputs = {{.law = SameMultiset(std::source_location())}},
       .where = {}}};
  return kJobs;
}

template <void (*kMisbehave)()>
JobCase Misbehaving(std::string name) {
  return {.name = std::move(name),
          .what = "counts as url_clicks does, and misbehaves at a row whose key ends in -13",
          .build = BuildMisbehaving<kMisbehave>,
          .outputs = {CountsPerWindow()},
          .where = {}};
}

std::span<const JobCase> MisbehavingJobs() {
  static const std::vector<JobCase> kJobs = {Misbehaving<EndTheProcess>("misbehaves_segfault"),
                                             Misbehaving<NeverReturn>("misbehaves_loop"),
                                             Misbehaving<AllocateWithoutEnd>("misbehaves_memory")};
  return kJobs;
}

}  // namespace

std::vector<const JobCase*> JobCases() {
  std::vector<const JobCase*> jobs;
  for (const JobCase& job : LibraryJobs()) {
    jobs.push_back(&job);
  }
  for (const JobCase& job : AddedJobs()) {
    jobs.push_back(&job);
  }
  return jobs;
}

const JobCase* JobOf(const Scenario& scenario) {
  return scenario.job.name == kSqlJob ? SqlJobOf(scenario) : FindJob(scenario.job.name);
}

const JobCase* FindJob(std::string_view name) {
  std::vector<const JobCase*> jobs = JobCases();
  for (const JobCase& job : MisbehavingJobs()) {
    jobs.push_back(&job);
  }
  const auto found = std::ranges::find(jobs, name, &JobCase::name);
  return found == jobs.end() ? nullptr : *found;
}

engine::StreamGraph BuildStream(const Scenario& scenario, const Workload& workload) {
  const JobCase* const job = JobOf(scenario);
  sim::Check(job != nullptr, "there is no job {}", scenario.job.name);
  engine::StreamGraph stream = job->build(scenario, workload);
  stream.job_name = scenario.job.name;  // which its checkpoints are found by
  if (!scenario.job.chaining) {
    for (engine::OperatorSpec& node : stream.nodes) {
      node.chaining = engine::ChainStrategy::kNever;
    }
  }
  return stream;
}

engine::JobGraph BuildGraph(const Scenario& scenario) {
  sim::Result<engine::JobGraph> graph = engine::BuildJobGraph(BuildStream(scenario, {}));
  sim::Check(graph.has_value(), "the job {} of a valid scenario is wrong", scenario.job.name);
  return *std::move(graph);
}

std::optional<std::vector<std::string>> OperatorNames(const Scenario& scenario) {
  const JobCase* const job = JobOf(scenario);
  if (job == nullptr || (job->name == kAlgebra && !ParseSteps(scenario.job.steps))) {
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (engine::OperatorSpec& node : BuildStream(scenario, {}).nodes) {
    names.push_back(std::move(node.name));
  }
  return names;
}

uint32_t OutputPartitions(const Scenario& scenario) { return WidestParallelism(scenario); }

}  // namespace flinch::scenarios
