#include "scenarios/jobs/job_case.h"

#include <memory>
#include <stdexcept>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/committing_sink.h"
#include "engine/data_stream.h"
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
  EXPECT_THAT(Refusal(job), HasSubstr("its builder threw \"no such table\""));
  job = CountCase("refused");
  job.outputs.clear();
  EXPECT_THAT(Refusal(job), HasSubstr("has no output"));
  job.outputs = {{}, {}};
  EXPECT_THAT(Refusal(job), HasSubstr("a plain name of its own"));
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

}  // namespace

}  // namespace flinch::scenarios
