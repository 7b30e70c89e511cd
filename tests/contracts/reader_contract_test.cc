#include <string>

#include <gmock/gmock.h>

#include "engine/connectors/log_source.h"
#include "tests/contracts/contract.h"
#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

sim::Result<std::string> Text(const LogRecord& record) { return std::string(record.value); }

LogSourceOptions OfSplits() {
  LogSourceOptions options;
  options.topic = "t";
  options.assignment = SplitAssignment::kEnumerator;
  options.client.retry.deadline = 1s;
  return options;
}

// Polls until there is nothing more for a second.
sim::Result<InputStatus> PollWhatThereIs(sim::Environment& environment,
                                         LogSource<std::string>& source) {
  sim::Result<InputStatus> status = InputStatus::kMoreAvailable;
  for (int pauses = 0; pauses < 2;) {
    status = source.EmitNext();
    if (!status || *status == InputStatus::kEndOfInput) {
      break;
    }
    if (*status == InputStatus::kNothingAvailable) {
      ++pauses;
      environment.Sleep(1s);
    }
  }
  return status;
}

FLINK_CONTRACT(SourceReaderBaseTest, testMultipleSplitsWithDifferentFinishingMoments) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 2}).has_value());
    ASSERT_TRUE(Publish(client, "t", 0, 0, "a").has_value());
    for (uint64_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(Publish(client, "t", 1, i, "b").has_value());
    }
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    OperatorSetting setting;
    LogSource<std::string> source(OfSplits(), Text);
    ASSERT_TRUE(source.Open(setting.Runtime(environment), nullptr).has_value());
    source.OnAvailable([] {});
    ASSERT_TRUE(source.AddSplits({LogSplit("t", {.partition = 0})}).has_value());
    EXPECT_EQ(*PollWhatThereIs(environment, source), InputStatus::kNothingAvailable);
    EXPECT_THAT(setting.output.values, ElementsAre("a"));
    ASSERT_TRUE(source.AddSplits({LogSplit("t", {.partition = 1})}).has_value());
    source.NoMoreSplits();
    EXPECT_EQ(*PollWhatThereIs(environment, source), InputStatus::kEndOfInput);
    EXPECT_THAT(setting.output.values, ElementsAre("a", "b", "b", "b"));
    source.Close();
  }));
}

FLINK_CONTRACT(SourceReaderBaseTest, testExceptionInSplitReader) {
  LogWorld world;  // without a broker
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient&) {
    OperatorSetting setting;
    LogSource<std::string> source(OfSplits(), Text);
    ASSERT_TRUE(source.Open(setting.Runtime(environment), nullptr).has_value());
    source.OnAvailable([] {});
    ASSERT_TRUE(source.AddSplits({LogSplit("t", {.partition = 0})}).has_value());
    environment.Sleep(20s);
    EXPECT_FALSE(source.EmitNext().has_value());
    source.Close();
  }));
}

}  // namespace
}  // namespace flinch::engine
