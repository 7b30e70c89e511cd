#include "scenarios/jobs/job_case.h"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/committing_sink.h"
#include "engine/data_stream.h"
#include "scenarios/files/added_jobs.h"
#include "scenarios/files/registry.h"
#include "scenarios/jobs/job_parts.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/stage/run.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;

enum class CountBug : uint8_t { kNone, kForgetsAtRestart };

struct CountByState {
  using Context = engine::KeyedContext<std::string, LogRow>;

  CountBug bug = CountBug::kNone;
  engine::ValueState<int64_t> count{};
  std::map<std::string, int64_t> cache{};

  void Open(engine::RuntimeContext& context) { count = context.GetState<int64_t>({"count"}); }

  void ProcessElement(const LogRow& row, const Context& context) {
    int64_t& cached = cache[row.key];
    cached = (bug == CountBug::kNone ? count.Value().value_or(0) : cached) + 1;
    count.Update(cached);
    context.out.Collect(
        {.key = row.key, .value = std::to_string(cached), .timestamp = context.timestamp});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

engine::StreamGraph BuildCounts(const Scenario& scenario, const Workload& workload, CountBug bug) {
  engine::StreamExecutionEnvironment environment(scenario.job.name, OptionsOf(scenario));
  const engine::DataStream<LogRow> counts = ReadInput(environment, scenario, workload)
                                                .KeyBy([](const LogRow& row) { return row.key; })
                                                .Process<LogRow>("count", CountByState{.bug = bug});
  WriteOutput(counts, scenario, [](const LogRow& row) { return std::pair(row.key, row.value); });
  return environment.Build();
}

JobCase CountCase(std::string name, CountBug bug = CountBug::kNone) {
  return {.name = std::move(name),
          .what = "Counts rows per key.",
          .build = [bug](const Scenario& scenario, const Workload& workload) {
            return BuildCounts(scenario, workload, bug);
          }};
}

std::string Refusal(JobCase job) {
  const sim::Result<void> added = AddJobs({std::move(job)});
  return added ? "" : added.error().message;
}

struct Verdicts {
  int passed = 0;
  int failed = 0;
  std::string first_reason{};
};

Verdicts VerdictsOf(const std::string& name, uint64_t seeds) {
  Verdicts verdicts;
  Scenario scenario = *FindLibraryScenario(name);
  scenario.workload.records = 300;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult result = Run(scenario, seed);
    verdicts.passed += result.summary.verdict == reports::Verdict::kPassed ? 1 : 0;
    verdicts.failed += result.summary.verdict == reports::Verdict::kFailed ? 1 : 0;
    if (verdicts.first_reason.empty()) {
      verdicts.first_reason = result.summary.reason;
    }
  }
  return verdicts;
}

TEST(JobCaseTest, IsFoundWithAScenarioOfItsName) {
  ASSERT_EQ(Refusal(CountCase("found_counts")), "");
  ASSERT_NE(FindJob("found_counts"), nullptr);
  const Scenario* const scenario = FindLibraryScenario("found_counts");
  ASSERT_NE(scenario, nullptr);
  EXPECT_EQ(scenario->job.name, "found_counts");
  EXPECT_EQ(scenario->why, "Counts rows per key.");
}

TEST(JobCaseTest, WithoutAReferenceIsItsOwn) {
  ASSERT_EQ(Refusal(CountCase("good_counts")), "");
  ASSERT_EQ(Refusal(CountCase("bad_counts", CountBug::kForgetsAtRestart)), "");
  const Verdicts good = VerdictsOf("good_counts", 20);
  EXPECT_EQ(good.failed, 0);
  EXPECT_GT(good.passed, 10) << good.first_reason;
  EXPECT_GT(VerdictsOf("bad_counts", 20).failed, 0);
}

TEST(JobCaseTest, OneThatIsWrongIsRefusedInASentence) {
  EXPECT_THAT(Refusal(CountCase("two words")), HasSubstr("a name without blanks"));
  EXPECT_THAT(Refusal(CountCase("url_clicks")), HasSubstr("two jobs or scenarios called"));
  JobCase job = CountCase("refused");
  job.build = nullptr;
  EXPECT_THAT(Refusal(job), HasSubstr("nothing that builds it"));
  job.build = [](const Scenario&, const Workload&) -> engine::StreamGraph {
    throw std::runtime_error("no such table");
  };
  EXPECT_THAT(Refusal(job), HasSubstr("User code threw while it was built: no such table"));
  job = CountCase("refused");
  job.outputs.clear();
  EXPECT_THAT(Refusal(job), HasSubstr("has no output"));
  job.outputs = {{}, {}};
  EXPECT_THAT(Refusal(job), HasSubstr("a plain name of its own"));
  job = CountCase("refused");
  job.build = [](const Scenario&, const Workload&) -> engine::StreamGraph { throw 7; };
  EXPECT_THAT(Refusal(job), HasSubstr("something that is no std::exception"));
  job = CountCase("refused");
  job.inputs = {{.name = "input", .takes = [](const InputRow&) { return true; }}};
  EXPECT_THAT(Refusal(job), HasSubstr("takes the rows that the others leave"));
  job.inputs = {{}, {}};
  EXPECT_THAT(Refusal(job), HasSubstr("An input of the job \"refused\" is called \"input\""));
  job = CountCase("refused");
  job.outside = {{.name = "broker", .main = [](sim::Environment&) {}}};
  EXPECT_THAT(Refusal(job), HasSubstr("a plain name of its own"));
  job = CountCase("refused");
  job.scenario.emplace();
  job.scenario->job.parallelism = 100;
  EXPECT_THAT(Refusal(job), HasSubstr("The scenario of the job \"refused\" is wrong"));
  EXPECT_EQ(FindJob("refused"), nullptr);
}

TEST(JobCaseTest, OfTwoOfOneNameNoneIsAdded) {
  const sim::Result<void> added = AddJobs({CountCase("twins"), CountCase("twins")});
  ASSERT_FALSE(added.has_value());
  EXPECT_THAT(added.error().message, HasSubstr("two jobs or scenarios called \"twins\""));
  EXPECT_EQ(FindJob("twins"), nullptr);
}

TEST(JobCaseTest, AnExpectationOrALawThatFailsMakesTheRunInconclusive) {
  JobCase job = CountCase("no_expectation");
  job.outputs[0].expect = [](const Scenario&, const Workload&) -> std::vector<ExpectedRecord> {
    throw std::runtime_error("the table is gone");
  };
  job.outputs[0].law = Contains();
  ASSERT_EQ(Refusal(job), "");
  EXPECT_THAT(VerdictsOf("no_expectation", 1).first_reason,
              HasSubstr("while foretelling the output \"output\" of the job \"no_expectation\": "
                        "the table is gone"));
  job = CountCase("no_law");
  job.outputs[0].law.judge = [](const OutputView&) -> std::vector<OutputBreach> {
    throw std::runtime_error("division by zero");
  };
  ASSERT_EQ(Refusal(job), "");
  EXPECT_THAT(VerdictsOf("no_law", 1).first_reason, HasSubstr("while judging the output"));
}

TEST(JobCaseTest, ALawThatJudgedNothingIsNoPass) {
  JobCase job = CountCase("reads_nothing");
  job.outputs[0].law.needs_expectation = false;
  job.outputs[0].read = [](const sim::World&) { return std::vector<OutputRecord>(); };
  // Others would miss what the log's transactions brought.
  job.scenario = *FindLibraryScenario("small_job");
  job.scenario->oracles = {"exactly_once"};
  ASSERT_EQ(Refusal(job), "");
  EXPECT_THAT(VerdictsOf("reads_nothing", 1).first_reason, HasSubstr("Nothing was judged"));
}

// A system beside the engine, and a sink that writes to the shared volume.
struct VolumeSink final : engine::CommittingSink<LogRow> {
  sim::Result<void> Commit(sim::Environment& environment, const std::string& name,
                           const std::vector<LogRow>& rows) final {
    const sim::Result<bool> put =
        environment.shared().PutIfAbsent("/out/" + name, sim::Encode(rows));
    return put ? sim::Result<void>() : sim::Fail(put);
  }
};

std::vector<OutputRecord> ReadVolume(const sim::World& world) {
  std::vector<OutputRecord> records;
  for (const std::string& path : world.ListShared("/out")) {
    const auto rows = sim::Decode<std::vector<LogRow>>(*world.ReadSharedFile(path));
    for (const LogRow& row : *rows) {
      records.push_back(
          {.key = row.key, .value = row.value, .transaction = path, .offset = records.size()});
    }
  }
  return records;
}

TEST(JobCaseTest, HasASinkAndASystemOfItsOwn) {
  JobCase job{.name = "own_sink",
              .what = "Copies rows into files.",
              .build = [](const Scenario& scenario, const Workload& workload) {
                engine::StreamExecutionEnvironment environment("own_sink", OptionsOf(scenario));
                ReadInput(environment, scenario, workload).SinkTo("files", [] {
                  return std::make_unique<VolumeSink>();
                });
                return environment.Build();
              }};
  job.outputs = {{.law = SameMultiset(), .read = ReadVolume}};
  job.outside = {{.name = "witness", .main = [](sim::Environment& environment) {
                    environment.Trace("witness.here", {});
                  }}};
  ASSERT_EQ(Refusal(job), "");
  const Verdicts verdicts = VerdictsOf("own_sink", 20);
  EXPECT_EQ(verdicts.failed, 0);
  EXPECT_GT(verdicts.passed, 10) << verdicts.first_reason;
}

// ---- Bugs that nobody wrote a reference for

// Emits rows two by two; the first of a pair waits where no checkpoint sees it.
struct Pairs {
  using Context = engine::KeyedContext<std::string, LogRow>;

  std::map<std::string, LogRow> waiting{};

  void ProcessElement(const LogRow& row, const Context& context) {
    const auto [first, is_first] = waiting.try_emplace(row.key, row);
    if (!is_first) {
      context.out.Collect(first->second);
      context.out.Collect(row);
      waiting.erase(first);
    }
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

// Writes what has arrived when the snapshot is taken, before anybody knows that it will count.
class EarlySink final : public engine::StreamOperator {
 public:
  using In = LogRow;

  sim::Result<void> Open(engine::OperatorRuntime& runtime, const engine::OperatorState*) override {
    runtime_ = &runtime;
    return {};
  }

  sim::Result<void> ProcessElement(const engine::StreamRecord& record) override {
    rows_.push_back(*static_cast<const LogRow*>(record.value));
    return {};
  }

  sim::Result<void> ProcessWatermark(engine::EventTime) override { return {}; }

  sim::Result<engine::OperatorState> Snapshot(const engine::CheckpointMeta& checkpoint) override {
    const std::string path =
        fmt::format("/out/{}-{}", runtime_->subtask().Show(), checkpoint.id.value());
    const sim::Result<bool> put =
        runtime_->environment().shared().PutIfAbsent(path, sim::Encode(rows_));
    if (!put) {
      return sim::Fail(put);
    }
    rows_.clear();
    return engine::OperatorState();
  }

 private:
  engine::OperatorRuntime* runtime_ = nullptr;
  std::vector<LogRow> rows_;
};

JobCase PairsCase() {
  return {.name = "pairs",
          .what = "Rows two by two.",
          .build = [](const Scenario& scenario, const Workload& workload) {
            engine::StreamExecutionEnvironment job("pairs", OptionsOf(scenario));
            WriteOutput<LogRow>(ReadInput(job, scenario, workload)
                                    .KeyBy([](const LogRow& row) { return row.key; })
                                    .Process<LogRow>("pairs", Pairs()),
                                scenario,
                                [](const LogRow& row) { return std::pair(row.key, row.value); });
            return job.Build();
          }};
}

template <typename Sink>
JobCase SinkCase(std::string name) {
  return {.name = std::move(name),
          .what = "Copies rows into files.",
          .build =
              [](const Scenario& scenario, const Workload& workload) {
                engine::StreamExecutionEnvironment environment("files", OptionsOf(scenario));
                ReadInput(environment, scenario, workload).SinkTo("files", [] {
                  return std::make_unique<Sink>();
                });
                return environment.Build();
              },
          .outputs = {{.law = SameMultiset(), .read = ReadVolume}}};
}

// The first seed of the hundred that fails, 0 when none does; and what it says.
std::pair<uint64_t, std::string> FirstFailure(const std::string& name) {
  Scenario scenario = *FindLibraryScenario(name);
  scenario.workload.records = 300;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const RunResult result = Run(scenario, seed);
    if (result.summary.verdict == reports::Verdict::kFailed) {
      return {seed, result.summary.findings.front().witness};
    }
  }
  return {0, ""};
}

TEST(JobCaseTest, AWrongCountALostRecordAndAnEarlyCommitAreFoundWithoutAReference) {
  ASSERT_EQ(Refusal(CountCase("forgetful", CountBug::kForgetsAtRestart)), "");
  ASSERT_EQ(Refusal(PairsCase()), "");
  ASSERT_EQ(Refusal(SinkCase<EarlySink>("early")), "");
  for (const std::string name : {"forgetful", "pairs", "early"}) {
    const auto [seed, witness] = FirstFailure(name);
    EXPECT_NE(seed, 0U) << name;
    EXPECT_THAT(witness, HasSubstr("job_case_test.cc:")) << name;
  }
}

// Its output is not looked at: the state in a checkpoint is wrong by itself.
TEST(JobCaseTest, AWrongCountInACheckpointIsFoundWithoutAReference) {
  for (const CountBug bug : {CountBug::kNone, CountBug::kForgetsAtRestart}) {
    JobCase job = CountCase(bug == CountBug::kNone ? "good_state" : "bad_state", bug);
    job.scenario = *FindLibraryScenario("small_job");
    job.scenario->oracles = {"consistent_cut"};
    ASSERT_EQ(Refusal(job), "");
  }
  const Verdicts good = VerdictsOf("good_state", 20);
  EXPECT_EQ(good.failed, 0);
  EXPECT_GT(good.passed, 0) << good.first_reason;  // where a checkpoint came while rows came
  const auto [seed, witness] = FirstFailure("bad_state");
  EXPECT_NE(seed, 0U);
  EXPECT_THAT(witness, HasSubstr("is no consistent cut: the state count of count holds "));
}

// ---- What two inputs race for

// Each row tells the time of the row of its key before it.
struct Follow {
  using Context = engine::KeyedContext<std::string, LogRow>;

  bool caches = false;
  engine::ValueState<int64_t> state{};
  std::map<std::string, int64_t> cache{};

  void Open(engine::RuntimeContext& context) { state = context.GetState<int64_t>({"before"}); }

  void ProcessElement(const LogRow& row, const Context& context) {
    const int64_t before = caches ? cache[row.key] : state.Value().value_or(0);
    state.Update(cache[row.key] = row.timestamp.nanos());
    context.out.Collect({.key = row.key, .value = std::to_string(before)});
  }

  void OnTimer(engine::EventTime, const Context&) const {}
};

std::vector<std::string> FollowStep(std::string& state, const ReadRow& row) {
  std::vector<std::string> results = {state.empty() ? "0" : state};
  state = std::to_string(row.timestamp);
  return results;
}

// Of two topics, among which the rows are divided.
JobCase FollowCase(std::string name, const Law& law, bool caches = false) {
  return {.name = std::move(name),
          .what = "What was before.",
          .build =
              [caches](const Scenario& scenario, const Workload& workload) {
                engine::StreamExecutionEnvironment job("follow", OptionsOf(scenario));
                const auto even = ReadInput(job, scenario, workload, "even", "even rows");
                const auto odd = ReadInput(job, scenario, workload, "odd", "odd rows");
                WriteOutput<LogRow>(
                    even.Union(odd)
                        .KeyBy([](const LogRow& row) { return row.key; })
                        .Process<LogRow>("follow", Follow{.caches = caches}),
                    scenario, [](const LogRow& row) { return std::pair(row.key, row.value); });
                return job.Build();
              },
          .inputs = {{.name = "even",
                      .takes = [](const InputRow& row) { return row.timestamp.nanos() % 2 == 0; }},
                     {.name = "odd"}},
          .outputs = {{.law = law}}};
}

TEST(JobCaseTest, ALawOfOrderWhereTwoInputsRaceIsToldWithTheTwoOrders) {
  ASSERT_EQ(Refusal(FollowCase("race", PerKeyOrder())), "");
  const Verdicts verdicts = VerdictsOf("race", 5);
  EXPECT_EQ(verdicts.failed, 0);
  EXPECT_EQ(verdicts.passed, 0);
  EXPECT_THAT(verdicts.first_reason,
              HasSubstr("The law per_key_order does not fit the output \"output\" of the job "
                        "\"race\": even where nothing fails the results of key "));
  EXPECT_THAT(verdicts.first_reason, HasSubstr(", and both are right."));
}

TEST(JobCaseTest, WhatARaceMayGiveIsJudgedByAllOrders) {
  ASSERT_EQ(Refusal(FollowCase("follows", Linearizes(FollowStep))), "");
  ASSERT_EQ(Refusal(FollowCase("follows_cache", Linearizes(FollowStep), true)), "");
  const Verdicts good = VerdictsOf("follows", 20);
  EXPECT_EQ(good.failed, 0);
  EXPECT_GT(good.passed, 10) << good.first_reason;
  const auto [seed, witness] = FirstFailure("follows_cache");
  EXPECT_NE(seed, 0U);
  EXPECT_THAT(witness, HasSubstr("No order of the "));
}

}  // namespace

}  // namespace flinch::scenarios
