#include "engine/connectors/log_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::HasSubstr;

TEST(LogClientTest, SaysThatThereIsNoSuchHost) {
  LogWorld world;
  ASSERT_TRUE(world.Run(world.client_host(), [](sim::Environment& environment) {
    const auto client = LogClient::Open(
        environment, {.host = "brokr", .port = kLogBrokerPort, .retry = RetryOptions()});
    ASSERT_FALSE(client.has_value());
    EXPECT_EQ(client.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(client.error().message, HasSubstr("\"brokr\""));
  }));
}

TEST(LogClientTest, WaitsForABrokerThatStartsLater) {
  LogWorld world;
  world.world().At(sim::SimTime(5s), [&world] { world.StartBroker(); });
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    EXPECT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    EXPECT_GE(environment.Now(), sim::SimTime(5s));
    EXPECT_LT(environment.Now(), sim::SimTime(12s));
  }));
}

TEST(LogClientTest, GivesUpAtItsDeadlineAndSaysWhatItTried) {
  LogWorld world;
  ASSERT_TRUE(world.Run(world.client_host(), [](sim::Environment& environment) {
    const auto client = LogWorld::OpenClient(environment, {.attempt_timeout = 1s,
                                                           .attempt_timeout_max = 1s,
                                                           .backoff = 500ms,
                                                           .backoff_max = 500ms,
                                                           .deadline = 4s});
    const auto info = client->Call(TopicInfoRequest{.topic = "t"});
    ASSERT_FALSE(info.has_value());
    EXPECT_EQ(info.error().code, ErrorCode::kTimeout);
    EXPECT_THAT(info.error().message,
                HasSubstr("The log broker on \"broker\" did not do it in 3 attempts within 4s"));
    EXPECT_EQ(environment.Now(), sim::SimTime(4s));
  }));
}

TEST(LogClientTest, ReachesABrokerBehindALinkThatIsSlowerThanItsFirstWait) {
  LogWorld world;
  world.StartBroker();
  world.SetLinks({.cut = false, .loss = {}, .delay = 1500ms});
  ASSERT_TRUE(world.RunClient([](sim::Environment&, LogClient& client) {
    EXPECT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
  }));
}

TEST(LogClientTest, DoesNotRetryWhatCannotSucceed) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    const sim::SimTime before = environment.Now();
    EXPECT_EQ(client.Call(TopicInfoRequest{.topic = "u"}).error().code, ErrorCode::kNotFound);
    EXPECT_LT(environment.Now() - before, 100ms);
  }));
}

TEST(LogClientTest, CancelEndsACallThatWaitsAndEveryLaterOne) {
  LogWorld world;
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    bool ended = false;
    environment.Spawn("caller", [&] {
      EXPECT_EQ(client.Call(TopicInfoRequest{.topic = "t"}).error().code, ErrorCode::kCancelled);
      ended = true;
    });
    environment.Sleep(300ms);
    EXPECT_FALSE(ended);
    client.Cancel();
    environment.Sleep(1ms);
    EXPECT_TRUE(ended);
    EXPECT_EQ(client.Call(TopicInfoRequest{.topic = "t"}).error().code, ErrorCode::kCancelled);
  }));
}

}  // namespace
}  // namespace flinch::engine
