#include "reports/trace_export.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/paths.h"
#include "tests/support/recording_builder.h"

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using tests::RecordingBuilder;

const std::string kHostile = "</script><b> \x1b[0m \xff \u202e \"x\"\n{\"a\":1}";

RecordingBuilder Small() {
  RecordingBuilder history;
  history.At(1ms).By("jm").Tell("sim.run", {{"fiber", 1}, {"woken_by", 0}});
  history.Tell("checkpoint.triggered", {{"id", 1}});
  const auto sent = history.Tell("sim.send", {{"to", 7}, {"payload", INT64_MAX}});
  const auto delivered = history.At(2'000'001ns)
                             .By("tm-1")
                             .Tell("sim.deliver", {{"sent", static_cast<int64_t>(sent.value())}});
  history.Tell("sim.run", {{"fiber", 2}, {"woken_by", static_cast<int64_t>(delivered.value())}});
  history.CausedBy(delivered).Tell("task.failed", {{"reason", kHostile}});
  history.At(3ms).By("world").Tell("fault.crash", {{"process", "tm-1"}});
  return history;
}

TraceHeader Header() {
  return {.scenario = kHostile, .seed = UINT64_MAX, .verdict = "failed", .digest = {.high = 1}};
}

std::string Export(TraceFormat format, const std::vector<CheckpointRow>& checkpoints = {}) {
  const RecordingBuilder history = Small();
  return ExportTrace(history.recording(), format, Header(), checkpoints);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::vector<json> OfPhase(const json& trace, std::string_view phase) {
  std::vector<json> events;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == phase) {
      events.push_back(event);
    }
  }
  return events;
}

TEST(TraceExportTest, ChromeHasANamedLanePerProcess) {
  const json trace = json::parse(Export(TraceFormat::kChrome));
  std::map<int, std::string> lanes;
  for (const json& event : OfPhase(trace, "M")) {
    if (event.at("name") == "thread_name") {
      lanes[event.at("tid")] = event.at("args").at("name");
    }
  }
  EXPECT_THAT(lanes, ElementsAre(std::pair(1, "world"), std::pair(2, "jm"), std::pair(3, "tm-1")));
}

TEST(TraceExportTest, ChromeCountsMicrosecondsWithTheNanosecondsBehindThePoint) {
  EXPECT_THAT(Export(TraceFormat::kChrome), HasSubstr("\"ts\":2000.001,"));
}

TEST(TraceExportTest, ChromeJoinsTheEndsOfAMessageByAFlow) {
  const json trace = json::parse(Export(TraceFormat::kChrome));
  const std::vector<json> begins = OfPhase(trace, "s");
  const std::vector<json> ends = OfPhase(trace, "f");
  ASSERT_THAT(begins, SizeIs(1));
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(begins[0].at("id"), ends[0].at("id"));
  EXPECT_EQ(begins[0].at("tid"), 2);
  EXPECT_EQ(ends[0].at("tid"), 3);
}

TEST(TraceExportTest, ChromeHasCheckpointsAsAsynchronousSpansThatEndAsTheyBegin) {
  const CheckpointRow stored{.id = 1,
                             .triggered = sim::kEpoch + 1ms,
                             .completed = sim::kEpoch + 2ms,
                             .stored = sim::kEpoch + 3ms,
                             .notified = sim::kEpoch + 4ms};
  const CheckpointRow aborted{
      .id = 2, .triggered = sim::kEpoch + 2ms, .aborted = sim::kEpoch + 3ms, .reason = kHostile};
  const json trace = json::parse(Export(TraceFormat::kChrome, {stored, aborted}));
  std::multiset<std::string> begun;
  std::multiset<std::string> ended;
  for (const json& event : OfPhase(trace, "b")) {
    begun.insert(event.at("id").get<std::string>() + event.at("name").get<std::string>());
  }
  for (const json& event : OfPhase(trace, "e")) {
    ended.insert(event.at("id").get<std::string>() + event.at("name").get<std::string>());
  }
  EXPECT_EQ(begun, ended);
  EXPECT_THAT(begun, SizeIs(5));  // the checkpoint, its three phases, and the one that failed
}

TEST(TraceExportTest, ShivizHasAClockPerEventThatHoldsItsCause) {
  const std::vector<std::string> lines = LinesOf(Export(TraceFormat::kShiviz));
  ASSERT_THAT(lines, SizeIs(2 + 2 * 3));
  EXPECT_EQ(lines[0], "(?<event>.*)\\n(?<host>\\S+) (?<clock>\\{.*\\})");
  EXPECT_EQ(lines[1], "");
  EXPECT_EQ(lines[3], "jm {\"jm\":1}");
  EXPECT_EQ(lines[5], "tm-1 {\"jm\":1,\"tm-1\":1}");
  EXPECT_EQ(lines[7], "world {\"world\":1}");
}

// As far as the schema goes: the type of each member that it names, and those that must be there.
void ExpectFits(const json& schema, const json& object) {
  for (const json& name : schema.at("required")) {
    EXPECT_TRUE(object.contains(name)) << name << " in " << object;
  }
  for (const auto& [name, value] : object.items()) {
    ASSERT_TRUE(schema.at("properties").contains(name)) << name;
    const json& rule = schema.at("properties").at(name);
    if (rule.contains("type")) {
      const std::string type = rule.at("type");
      EXPECT_TRUE(type == "string"    ? value.is_string()
                  : type == "integer" ? value.is_number_integer()
                                      : value.is_object())
          << name << " is " << value;
    }
    if (rule.contains("additionalProperties")) {
      for (const auto& [field, each] : value.items()) {
        EXPECT_TRUE(each.is_string() || each.is_number_integer()) << field;
      }
    }
  }
}

TEST(TraceExportTest, JsonLinesFitTheirSchema) {
  std::ifstream file(FLINCH_SOURCE_DIR "/reports/trace.schema.json");
  const json schema = json::parse(file);
  const std::vector<std::string> lines = LinesOf(Export(TraceFormat::kJsonl));
  ASSERT_THAT(lines, SizeIs(8));
  ExpectFits(schema.at("definitions").at("header"), json::parse(lines[0]));
  for (size_t index = 1; index < lines.size(); ++index) {
    ExpectFits(schema.at("definitions").at("event"), json::parse(lines[index]));
  }
  EXPECT_EQ(json::parse(lines[0]).at("seed"), "18446744073709551615");
  EXPECT_EQ(json::parse(lines[3]).at("fields").at("payload"), "9223372036854775807");
}

TEST(TraceExportTest, WhatAUserWroteStaysInItsPlace) {
  for (const TraceFormat format :
       {TraceFormat::kChrome, TraceFormat::kShiviz, TraceFormat::kJsonl}) {
    const std::string text = Export(format);
    for (const char* const tricky : {"\x1b", "\xff", "\u202e"}) {
      EXPECT_THAT(text, Not(HasSubstr(tricky)));
    }
  }
}

}  // namespace

}  // namespace flinch::reports
