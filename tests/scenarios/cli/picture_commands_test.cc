#include "scenarios/cli/picture_commands.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

json PageData(const std::string& page) {
  const std::string_view begin = "<script type=\"application/json\" id=\"run\">";
  const size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

// Of a small run that fails.
std::string FailingToken() {
  return json::parse(Flinch({"run", "small_job", "--set", "workload.records=100", "--defect",
                             "sink_commits_at_snapshot", "--json"})
                         .out)
      .at("replay");
}

class PictureCommandsTest : public testing::Test {
 protected:
  PictureCommandsTest()
      : file_(testing::TempDir() + "/picture_" +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove(file_);
  }

  ~PictureCommandsTest() override { std::filesystem::remove(file_); }

  std::string file_;
};

// Windows are slow where most records are, and the sources have no room before them.
TEST_F(PictureCommandsTest, APageTellsWhoIsBusyAndWhomThatHoldsUp) {
  const std::string scenario = file_ + ".toml";
  std::ofstream(scenario) << R"(version = 1
name = "slow"
why = "Back-pressure."
[job]
name = "url_clicks"
parallelism = 2
[workload]
records = 5000
rows_per_second = 20000
[options]
"task.record-time" = "2ms"
"taskmanager.network.memory.max-buffers-per-channel" = 2
)";
  const Outcome report = Flinch({"report", scenario, "--seed", "3", "-o", file_});
  std::filesystem::remove(scenario);
  ASSERT_EQ(report.exit_code, kExitPassed) << report.err;
  const json data = PageData(FileText(file_));
  EXPECT_THAT(data.at("times"), SizeIs(6));
  std::map<std::string, int64_t> pressed;
  for (const json& each : data.at("times")) {
    const std::string subtask = each.at(0);
    pressed[subtask.substr(0, subtask.find('['))] += each.at(2).get<int64_t>();
    EXPECT_GT(each.at(3).get<int64_t>(), 0) << each;
    EXPECT_LT(each.at(2).get<int64_t>() + each.at(3).get<int64_t>(), each.at(1).get<int64_t>())
        << each;
  }
  EXPECT_GT(pressed.at("source->parse"), 0);
  EXPECT_EQ(pressed.at("sink"), 0);
}

TEST_F(PictureCommandsTest, TimesOfATaskAreThoseOfAllItsProcesses) {
  const std::vector<reports::TaskTime> times = TaskTimesOf({
      {.process = "tm-1", .fiber = "data", .lived = 5s},
      {.process = "tm-1",
       .fiber = "task map[0]",
       .lived = 5s,
       .waited = {{"input", 1s}, {"room in an output", 2s}, {"snapshots", 1s}}},
      {.process = "tm-2",
       .fiber = "task map[0]",
       .lived = 7s,
       .waited = {{"input", 3s}, {"the final checkpoint", 1s}}},
  });
  ASSERT_THAT(times, SizeIs(1));
  EXPECT_EQ(times[0].subtask, "map[0]");
  EXPECT_EQ(times[0].lived, 12s);
  EXPECT_EQ(times[0].back_pressured, 2s);
  EXPECT_EQ(times[0].idle, 5s);
}

TEST_F(PictureCommandsTest, APageOfAFailureShowsWhereItBecameCertain) {
  const std::string line = FailingToken();
  const Outcome report = Flinch({"report", line, "-o", file_});
  ASSERT_EQ(report.exit_code, kExitPassed) << report.err;
  EXPECT_THAT(report.out, StartsWith("small_job  seed 1  failed\n"));
  const std::string page = FileText(file_);
  EXPECT_LT(page.size(), 5'000'000U);
  const json data = PageData(page);
  EXPECT_EQ(data.at("summary").at("replay"), line);
  const json& events = data.at("events");
  size_t led_to = 0;  // findings that something led to
  for (const json& finding : data.at("summary").at("findings")) {
    const auto at = std::ranges::find(events, finding.value("event", json()),
                                      [](const json& each) { return each.at(0); });
    led_to += at != events.end() && at->at(5) != 0 ? 1U : 0U;
  }
  EXPECT_GT(led_to, 0U);
  EXPECT_FALSE(data.at("messages").empty());
  EXPECT_FALSE(data.at("checkpoints").empty());
}

TEST_F(PictureCommandsTest, AScenarioIsRunWithItsSeed) {
  ASSERT_EQ(Flinch({"report", "small_job", "--seed", "3", "-o", file_}).exit_code, kExitPassed);
  EXPECT_EQ(PageData(FileText(file_)).at("summary").at("seed"), "3");
}

TEST_F(PictureCommandsTest, ExportsOneRunForThreeViewers) {
  const std::string token = FailingToken();
  const json chrome = json::parse(Flinch({"trace", "export", token}).out);
  size_t spans = 0;
  size_t flows = 0;
  for (const json& event : chrome.at("traceEvents")) {
    spans += event.at("ph") == "b" ? 1U : 0U;
    flows += event.at("ph") == "f" ? 1U : 0U;
  }
  EXPECT_GT(spans, 0U);
  EXPECT_GT(flows, 0U);
  const Outcome lines = Flinch({"trace", "export", token, "--format", "jsonl", "-o", file_});
  EXPECT_EQ(lines.exit_code, kExitPassed) << lines.err;
  EXPECT_EQ(lines.out, "");
  std::ifstream file(file_);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(json::parse(line).at("replay"), token);
  int64_t number = 0;
  while (std::getline(file, line)) {
    EXPECT_EQ(json::parse(line).at("id"), ++number);
  }
  EXPECT_GT(number, 1'000);
  EXPECT_THAT(Flinch({"trace", "export", token, "--format", "shiviz"}).out,
              StartsWith("(?<event>.*)"));
}

TEST_F(PictureCommandsTest, WhatMakesNoSenseIsSaid) {
  EXPECT_THAT(Flinch({"trace", "import", "x"}).err, HasSubstr("flinch trace export TOKEN"));
  EXPECT_THAT(Flinch({"trace", "export", "small_job", "--format", "chrom"}).err,
              HasSubstr("Did you mean \"chrome\"?"));
  EXPECT_THAT(Flinch({"report", "smal_job"}).err, HasSubstr("small_job"));
  EXPECT_THAT(Flinch({"report"}).err, HasSubstr("needs a TOKEN"));
  const Outcome both = Flinch({"report", FailingToken(), "--seed", "3", "-o", file_});
  EXPECT_EQ(both.exit_code, kExitUsage);
  EXPECT_THAT(both.err, HasSubstr("leave --seed out"));
  EXPECT_EQ(Flinch({"report", "small_job", "-o", "/no/such/folder/x.html"}).exit_code, kExitOutput);
}

TEST(CheckpointRowsTest, EachCheckpointHasItsStepsAndItsSubtasks) {
  tests::RecordingBuilder history;
  history.At(1ms).By("jm").Tell("checkpoint.triggered", {{"id", 1}});
  history.At(2ms).By("tm-1");
  history.Tell("checkpoint.barrier_received", {{"id", 1}, {"subtask", "sink[0]"}});
  history.At(3ms).Tell("checkpoint.barrier_received", {{"id", 1}, {"subtask", "sink[0]"}});
  history.Tell("checkpoint.aligned", {{"id", 1}, {"subtask", "sink[0]"}});
  history.At(4ms).Tell("checkpoint.snapshot", {{"id", 1}, {"subtask", "sink[0]"}});
  history.At(5ms).Tell("checkpoint.uploaded", {{"id", 1}, {"subtask", "sink[0]"}});
  history.At(6ms).Tell("checkpoint.acknowledged", {{"id", 1}, {"subtask", "sink[0]"}});
  history.At(7ms).By("jm").Tell("checkpoint.completed", {{"id", 1}});
  history.At(8ms).Tell("checkpoint.stored", {{"id", 1}});
  history.At(9ms).Tell("checkpoint.triggered", {{"id", 2}});
  history.At(10ms).Tell("checkpoint.aborted", {{"id", 2}, {"reason", "JOB_FAILOVER"}});
  const std::vector<reports::CheckpointRow> rows = CheckpointRowsOf(history.recording());
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].completed, sim::kEpoch + 7ms);
  EXPECT_EQ(rows[0].stored, sim::kEpoch + 8ms);
  EXPECT_FALSE(rows[0].aborted.has_value());
  ASSERT_THAT(rows[0].subtasks, SizeIs(1));
  const reports::SubtaskCheckpoint& sink = rows[0].subtasks[0];
  EXPECT_EQ(sink.subtask, "sink[0]");
  EXPECT_EQ(sink.first_barrier, sim::kEpoch + 2ms);
  EXPECT_EQ(sink.aligned, sim::kEpoch + 3ms);
  EXPECT_EQ(sink.snapshot, sim::kEpoch + 4ms);
  EXPECT_EQ(sink.uploaded, sim::kEpoch + 5ms);
  EXPECT_EQ(sink.acknowledged, sim::kEpoch + 6ms);
  EXPECT_EQ(rows[1].aborted, sim::kEpoch + 10ms);
  EXPECT_EQ(rows[1].reason, "JOB_FAILOVER");
}

}  // namespace

}  // namespace flinch::scenarios
