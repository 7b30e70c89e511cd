#include "engine/connectors/direct_log_writer.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LogSinkOptions Options(DeliveryGuarantee guarantee) {
  LogSinkOptions options;
  options.topic = "out";
  options.batch_records_max = 2;
  options.guarantee = guarantee;
  return options;
}

void RunWithLog(LogWorld& world, const std::function<void(sim::Environment&)>& body) {
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([&](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "out", .partitions = 1}).has_value());
    body(environment);
  }));
}

std::unique_ptr<LogWriter> Open(sim::Environment& environment, OperatorSetting& setting,
                                DeliveryGuarantee guarantee) {
  sim::Result<std::unique_ptr<LogWriter>> writer =
      OpenLogWriter(setting.Runtime(environment), Options(guarantee), nullptr);
  EXPECT_TRUE(writer.has_value());
  return writer ? *std::move(writer) : nullptr;
}

TEST(DirectLogWriterTest, ASnapshotWaitsForWhatIsBuffered) {
  LogWorld world;
  RunWithLog(world, [&world](sim::Environment& environment) {
    OperatorSetting setting;
    const auto writer = Open(environment, setting, DeliveryGuarantee::kAtLeastOnce);
    for (const std::string value : {"a", "b", "c"}) {
      ASSERT_TRUE(writer->Write("k", value, EventTime(1)).has_value());
    }
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b")) << "a batch is full with two";
    const auto state = writer->Snapshot(CheckpointId(1));
    ASSERT_TRUE(state.has_value());
    EXPECT_THAT(*state, IsEmpty());
    EXPECT_THAT(world.Committed("out"), ElementsAre("a", "b", "c"));
    writer->Close();
  });
}

TEST(DirectLogWriterTest, WithoutAGuaranteeNothingIsWaitedFor) {
  LogWorld world;
  RunWithLog(world, [&world](sim::Environment& environment) {
    OperatorSetting setting;
    const auto writer = Open(environment, setting, DeliveryGuarantee::kNone);
    const sim::SimTime before = environment.Now();
    ASSERT_TRUE(writer->Write("k", "a", EventTime(1)).has_value());
    ASSERT_TRUE(writer->EndInput().has_value());
    EXPECT_EQ(environment.Now(), before);
    environment.Sleep(std::chrono::seconds(1));
    EXPECT_THAT(world.Committed("out"), ElementsAre("a"));
    writer->Close();
  });
}

}  // namespace
}  // namespace flinch::engine
