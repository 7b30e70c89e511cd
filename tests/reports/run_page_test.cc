#include "reports/run_page.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/recording_builder.h"

namespace flinch::reports {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::RecordingBuilder;

const std::string kHostile =
    "</script><script>alert(1)</script><!-- @script@ & \x1b[0m \xff \u202e \u2028 '\"";

RunSummary Failed() {
  return {.scenario = kHostile,
          .why = kHostile,
          .seed = 7,
          .verdict = Verdict::kFailed,
          .findings = {{.oracle = "exactly_once",
                        .witness = kHostile,
                        .details = {kHostile},
                        .event = sim::EventId(1)}},
          .replay = "./flinch replay fl1~x"};
}

// The data between its tags.
json DataOf(const std::string& page) {
  const std::string_view begin = "<script type=\"application/json\" id=\"run\">";
  const size_t from = page.find(begin) + begin.size();
  return json::parse(page.substr(from, page.find("</script>", from) - from));
}

size_t CountOf(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(RunPageTest, AsksNobodyForAnything) {
  RecordingBuilder history;
  history.By("jm").Tell("a");
  const std::string page = ShowRunPage(Failed(), history.recording(), {});
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; script-src 'unsafe-inline'; "
                              "style-src 'unsafe-inline'\""));
  for (const char* const asks : {"http:", "https:", " src=", "@import", "url(", "<link", "fetch(",
                                 "XMLHttpRequest", "innerHTML", "eval(", "document.write"}) {
    EXPECT_THAT(page, Not(HasSubstr(asks)));
  }
}

TEST(RunPageTest, HoldsWhereTheTimeOfTasksWent) {
  RecordingBuilder history;
  history.By("jm").Tell("a");
  const json data =
      DataOf(ShowRunPage(Failed(), history.recording(), {},
                         {{.subtask = "map[0]", .lived = 9s, .back_pressured = 2s, .idle = 3s}}));
  EXPECT_EQ(data.at("times"),
            json::array({json::array({"map[0]", 9'000'000'000, 2'000'000'000, 3'000'000'000})}));
}

TEST(RunPageTest, WhatAUserWroteIsDataAndNothingElse) {
  RecordingBuilder history;
  history.By("jm").Tell("task.failed", {{"reason", kHostile}});
  const CheckpointRow row{.id = 1, .aborted = sim::kEpoch, .reason = kHostile};
  const std::string page = ShowRunPage(Failed(), history.recording(), {row});
  EXPECT_EQ(CountOf(page, "<script"), 2U);
  EXPECT_EQ(CountOf(page, "</script>"), 2U);
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
  for (const char* const tricky : {"\x1b", "\xff", "\u202e", "\u2028"}) {
    EXPECT_THAT(page, Not(HasSubstr(tricky)));
  }
  const json data = DataOf(page);
  EXPECT_THAT(data.at("summary").at("findings").at(0).at("witness").get<std::string>(),
              HasSubstr("<script>alert(1)</script>"));
  EXPECT_EQ(data.at("summary").at("replay"), "./flinch replay fl1~x");
  EXPECT_THAT(data.at("checkpoints"), SizeIs(1));
  EXPECT_THAT(data.at("events").at(0).at(4).get<std::string>(), HasSubstr("alert(1)"));
}

TEST(RunPageTest, HoweverLongTheRunThePageStaysBelowFiveMegabytes) {
  RecordingBuilder history;
  history.By("jm").Tell("sim.run", {{"fiber", 1}, {"woken_by", 0}});
  history.Tell("job.status");
  for (int64_t index = 0; index < 20'000; ++index) {
    const sim::EventId sent = history.By("jm").Tell("sim.send", {{"to", 1}, {"payload", 1}});
    history.By("tm-1").Tell("sim.deliver", {{"sent", static_cast<int64_t>(sent.value())}});
    history.Tell("task.failed", {{"reason", std::string(200, 'x')}});
  }
  RunSummary summary = Failed();
  summary.findings.assign(200, {.oracle = "o",
                                .witness = std::string(3'000, 'w'),
                                .details = std::vector<std::string>(12, std::string(5'000, 'd'))});
  summary.faults.assign(2'000, {.kind = "crash", .target = "tm-1", .at = {}});
  std::vector<CheckpointRow> rows(2'000, {.id = 1, .reason = std::string(5'000, 'r')});
  const std::string page = ShowRunPage(summary, history.recording(), rows);
  EXPECT_LT(page.size(), 5'000'000U);
  const json data = DataOf(page);
  const size_t shown = data.at("events").size();
  EXPECT_GT(shown, 1'000U);
  EXPECT_EQ(shown + data.at("eventsLeftOut").get<size_t>(), 20'001U);
  EXPECT_EQ(data.at("messages").size() + data.at("messagesLeftOut").get<size_t>(), 20'000U);
}

TEST(RunPageTest, ARunWithoutEventsHasAPage) {
  const json data = DataOf(ShowRunPage(RunSummary{.scenario = "s"}, {}, {}));
  EXPECT_THAT(data.at("events"), IsEmpty());
  EXPECT_EQ(data.at("lanes"), json::array({"world"}));
}

TEST(OutagesTest, CrashesPausesAndCutLinksLastUntilTheyAreMended) {
  RecordingBuilder history;
  history.At(1s).Tell("fault.crash", {{"process", "tm-1"}});
  history.At(2s).Tell("fault.pause", {{"process", "tm-2"}});
  history.At(3s).Tell("fault.links",
                      {{"from", "tm-3"}, {"to", "jm broker tm-1"}, {"condition", "clog"}});
  history.At(4s).Tell("fault.restart", {{"process", "tm-1"}});
  history.At(5s).Tell("fault.resume", {{"process", "tm-2"}});
  history.At(6s).Tell("fault.links",
                      {{"from", "jm broker tm-1"}, {"to", "tm-3"}, {"condition", "whole"}});
  history.Tell("fault.link",
               {{"from", "jm"}, {"to", "broker"}, {"cut", 1}, {"loss", "0/1"}, {"delay_ns", 0}});
  history.At(6500ms).Tell(
      "fault.link",
      {{"from", "jm"}, {"to", "broker"}, {"cut", 0}, {"loss", "0/1"}, {"delay_ns", 0}});
  history.At(7s).Tell("fault.crash", {{"process", "jm"}});
  history.At(8s).By("tm-1").Tell("task.started");
  const std::vector<Outage> outages = OutagesOf(history.recording());
  ASSERT_THAT(outages, SizeIs(5));
  EXPECT_EQ(outages[0].process, "tm-1");
  EXPECT_EQ(outages[0].end, sim::kEpoch + 4s);
  EXPECT_EQ(outages[1].what, "paused");
  EXPECT_EQ(outages[1].end, sim::kEpoch + 5s);
  EXPECT_EQ(outages[2].process, "tm-3");
  EXPECT_EQ(outages[2].what, "clog");
  EXPECT_EQ(outages[2].end, sim::kEpoch + 6s);
  EXPECT_EQ(outages[3].what, "cut");
  EXPECT_EQ(outages[3].end, sim::kEpoch + 6500ms);
  EXPECT_EQ(outages[4].process, "jm");
  EXPECT_EQ(outages[4].end, sim::kEpoch + 8s);
}

}  // namespace

}  // namespace flinch::reports
