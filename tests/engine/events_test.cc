#include "engine/events.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/recording/recording.h"
#include "tests/paths.h"
#include "tests/support/click_cluster.h"

namespace flinch::engine {
namespace {

using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

std::vector<std::string> Words(std::string_view text) {
  std::istringstream in{std::string(text)};
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(EventsTest, KindsAreUniqueDottedAndLowerCase) {
  std::set<std::string_view> kinds;
  for (const events::EventInfo& info : events::All()) {
    kinds.insert(info.kind);
    EXPECT_THAT(std::string(info.kind), MatchesRegex("[a-z]+(\\.[a-z]+(_[a-z]+)*)+"));
    EXPECT_FALSE(info.what.empty()) << info.kind;
    EXPECT_FALSE(info.fields.empty()) << info.kind;
  }
  EXPECT_THAT(kinds, SizeIs(events::All().size()));
}

TEST(EventsTest, FieldsAreUniqueAndLowerCase) {
  for (const events::EventInfo& info : events::All()) {
    const std::vector<std::string> fields = Words(info.fields);
    for (const std::string& field : fields) {
      EXPECT_THAT(field, MatchesRegex("[a-z]+(_[a-z]+)*")) << info.kind;
    }
    EXPECT_THAT(std::set<std::string>(fields.begin(), fields.end()), SizeIs(fields.size()))
        << info.kind;
  }
}

// The headers declare events one by one; the catalogue beside them could miss one.
TEST(EventsTest, EveryEventOfTheHeadersIsInTheCatalogue) {
  const std::regex declaration(R"re(inline constexpr std::string_view k\w+\s*=\s*"([^"]+)")re");
  std::vector<std::string> declared;
  for (const char* protocol :
       {"job", "checkpoint", "task", "source", "transaction", "leadership", "savepoint"}) {
    std::ifstream in(std::string(FLINCH_SOURCE_DIR) + "/engine/events/" + protocol + ".h");
    const std::string header(std::istreambuf_iterator<char>(in), {});
    for (std::sregex_iterator match(header.begin(), header.end(), declaration), end; match != end;
         ++match) {
      declared.push_back((*match)[1]);
    }
  }
  std::vector<std::string> listed;
  for (const events::EventInfo& info : events::All()) {
    listed.emplace_back(info.kind);
  }
  EXPECT_THAT(listed, UnorderedElementsAreArray(declared));
}

TEST(EventsTest, WhatIsTracedIsReadBack) {
  const std::vector<sim::Field> fields = {
      {"id", 3},          {"subtask", "sink[1]"}, {"channel", 2}, {"attempt", 4},
      {"place", "first"}, {"from", "map[0]"},     {"records", 17}};
  sim::TraceEvent event{.id = sim::EventId(1),
                        .cause = {},
                        .time = {},
                        .process = {},
                        .process_name = "tm-1",
                        .kind = events::kBarrierReceived,
                        .fields = fields};
  const auto read = events::Read<events::BarrierReceived>(event);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, CheckpointId(3));
  EXPECT_EQ(read->subtask, "sink[1]");
  EXPECT_EQ(read->attempt, AttemptNumber(4));
  EXPECT_EQ(read->from, "map[0]");
  EXPECT_EQ(read->records, 17U);
  EXPECT_FALSE(events::Read<events::BarrierSent>(event).has_value());

  std::vector<sim::Field> turned(fields.rbegin(), fields.rend());
  event.fields = turned;
  EXPECT_EQ(events::Read<events::BarrierReceived>(event)->records, 17U);
  turned.back() = {"id", "three"};
  EXPECT_FALSE(events::Read<events::BarrierReceived>(event).has_value());
  event.fields = std::span(fields).first(6);
  EXPECT_FALSE(events::Read<events::BarrierReceived>(event).has_value());
}

// What a cluster in trouble says, against what the catalogue promises.
TEST(EventsTest, WhatTheEngineTracesHasTheFieldsThatTheCatalogueNames) {
  ClickClusterOptions options{.seed = 3, .keep = sim::Keep::kTrace};
  options.engine.checkpoint.interval = 200ms;
  options.engine.heartbeat = {.interval = 100ms, .timeout = 500ms};
  options.engine.restart.delay = 100ms;
  ClickCluster cluster(options);
  sim::World& world = cluster.world();
  world.At(sim::SimTime(900ms), [&] { world.Crash(cluster.process("tm-1")); });
  world.At(sim::SimTime(1100ms), [&] { world.Restart(cluster.process("tm-1")); });
  cluster.RunToEnd(sim::SimTime(60s));
  ASSERT_EQ(cluster.job_status(), "FINISHED");
  std::map<std::string, std::vector<std::string>> promised;
  for (const events::EventInfo& info : events::All()) {
    promised[std::string(info.kind)] = Words(info.fields);
  }
  std::set<std::string> seen;
  std::set<std::string> wrong;
  for (const sim::RecordedEvent& event : world.recording().events) {
    if (event.kind.starts_with("fault.")) {
      continue;
    }
    seen.insert(event.kind);
    if (!promised.contains(event.kind)) {
      wrong.insert(event.kind + " is not in the catalogue");
    }
    for (const std::string& field : promised[event.kind]) {
      const bool has =
          std::ranges::find(event.fields, field, &sim::RecordedEvent::OwnedField::name) !=
          event.fields.end();
      if (!has) {
        wrong.insert(event.kind + " has no " + field);
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
  EXPECT_GE(seen.size(), 33U) << "others are of parts that this job lacks";
}

}  // namespace
}  // namespace flinch::engine
