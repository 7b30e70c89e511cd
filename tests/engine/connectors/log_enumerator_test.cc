#include "engine/connectors/log_enumerator.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/connectors/log_world.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// One reader, which is registered when it says so; what runs later runs on a fiber.
class WorldContext final : public SplitEnumeratorContext {
 public:
  explicit WorldContext(sim::Environment& world) : world_(world) {}

  sim::Environment& environment() override { return world_; }

  uint32_t parallelism() const override { return 1; }

  bool IsRegistered(SubtaskIndex) const override { return is_registered; }

  void OnDiscovered(const SourceSplit& split) override { discovered.push_back(split.id); }

  sim::Result<void> AssignSplits(SubtaskIndex, std::vector<SourceSplit> splits) override {
    std::ranges::copy(splits, std::back_inserter(assigned));
    return {};
  }

  sim::Result<void> SignalNoMoreSplits(SubtaskIndex) override {
    is_complete = true;
    return {};
  }

  void CallAsync(std::string_view name, std::move_only_function<Mail()> work) override {
    world_.Spawn(name, [work = std::move(work)]() mutable { work()(); });
  }

  void CallLater(sim::Duration delay, Mail mail) override {
    world_.Spawn("later", [this, delay, mail = std::move(mail)]() mutable {
      world_.Sleep(delay);
      mail();
    });
  }

  void FailJob(const std::string& reason) override { failure = reason; }

  bool is_registered = true;
  bool is_complete = false;
  std::vector<std::string> discovered;
  std::vector<SourceSplit> assigned;
  std::string failure;

 private:
  sim::Environment& world_;
};

LogSourceOptions TopicT(sim::Duration interval = 100ms) {
  LogSourceOptions options;
  options.topic = "t";
  options.discovery_interval = interval;
  options.client.retry.deadline = 2s;
  return options;
}

std::vector<std::string> Ids(const std::vector<SourceSplit>& splits) {
  std::vector<std::string> ids;
  for (const SourceSplit& split : splits) {
    ids.push_back(split.id);
  }
  return ids;
}

TEST(LogEnumeratorTest, FindsPartitionsThatComeWhileItRunsUntilTheTopicIsSealed) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    WorldContext context(environment);
    LogEnumerator enumerator(context, TopicT());
    ASSERT_TRUE(enumerator.Start(nullptr).has_value());
    environment.Sleep(200ms);
    EXPECT_THAT(context.discovered, IsEmpty()) << "there is no topic yet";
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    environment.Sleep(300ms);
    EXPECT_THAT(Ids(context.assigned), ElementsAre("t-0"));
    ASSERT_TRUE(client.Call(CreatePartitionsRequest{.topic = "t", .partitions = 3}).has_value());
    environment.Sleep(300ms);
    EXPECT_THAT(Ids(context.assigned), ElementsAre("t-0", "t-1", "t-2"));
    EXPECT_FALSE(context.is_complete);
    ASSERT_TRUE(client.Call(SealTopicRequest{.topic = "t"}).has_value());
    environment.Sleep(300ms);
    EXPECT_TRUE(context.is_complete);
  }));
}

TEST(LogEnumeratorTest, WithoutAnIntervalItLooksOnce) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 1}).has_value());
    WorldContext context(environment);
    LogEnumerator enumerator(context, TopicT(0ms));
    ASSERT_TRUE(enumerator.Start(nullptr).has_value());
    environment.Sleep(100ms);
    EXPECT_TRUE(context.is_complete);
    ASSERT_TRUE(client.Call(CreatePartitionsRequest{.topic = "t", .partitions = 2}).has_value());
    environment.Sleep(1s);
    EXPECT_THAT(Ids(context.assigned), ElementsAre("t-0"));
  }));
}

TEST(LogEnumeratorTest, GivesOutWhatItsStateSaysIsNotGivenOut) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient& client) {
    ASSERT_TRUE(client.Call(CreateTopicRequest{.topic = "t", .partitions = 4}).has_value());
    WorldContext context(environment);
    LogEnumerator enumerator(context, TopicT());
    const Bytes state = Encode(
        LogEnumeratorState{.assigned = {0, 2}, .waiting = {{.partition = 1, .next_offset = 7}}});
    ASSERT_TRUE(enumerator.Start(&state).has_value());
    EXPECT_EQ(enumerator.SnapshotState(CheckpointId(1)), state) << "before the broker has answered";
    environment.Sleep(100ms);
    EXPECT_THAT(context.assigned, ElementsAre(LogSplit("t", {.partition = 1, .next_offset = 7}),
                                              LogSplit("t", {.partition = 3, .next_offset = 0})));
    EXPECT_THAT(context.discovered, ElementsAre("t-3"));
    const Bytes damaged = "x";
    EXPECT_FALSE(enumerator.Start(&damaged).has_value());
  }));
}

TEST(LogEnumeratorTest, ATopicThatDoesNotComeFailsTheJob) {
  LogWorld world;
  world.StartBroker();
  ASSERT_TRUE(world.RunClient([](sim::Environment& environment, LogClient&) {
    WorldContext context(environment);
    LogEnumerator enumerator(context, TopicT());
    ASSERT_TRUE(enumerator.Start(nullptr).has_value());
    environment.Sleep(1s);
    EXPECT_EQ(context.failure, "");
    environment.Sleep(2s);
    EXPECT_THAT(context.failure, HasSubstr("There is no topic \"t\""));
  }));
}

}  // namespace
}  // namespace flinch::engine
