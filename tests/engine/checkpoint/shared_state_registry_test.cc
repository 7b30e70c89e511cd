#include "engine/checkpoint/shared_state_registry.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CompletedCheckpoint Checkpoint(uint64_t id, const std::vector<std::string>& paths) {
  OperatorHandles handles{.database = DatabaseHandle()};
  for (const std::string& path : paths) {
    handles.database->files.push_back({.name = path, .path = path});
  }
  return {.id = CheckpointId(id), .snapshots = {{.path = "own", .operators = {{"op", handles}}}}};
}

TEST(SharedStateRegistryTest, AFileGoesWithTheLastCheckpointThatHoldsIt) {
  const CompletedCheckpoint first = Checkpoint(1, {"a", "b"});
  const CompletedCheckpoint second = Checkpoint(2, {"b", "c"});
  const CompletedCheckpoint third = Checkpoint(3, {"c"});
  SharedStateRegistry registry;
  registry.Register(first);
  registry.Register(second);
  EXPECT_THAT(registry.Unregister(std::vector{first, second}), IsEmpty());
  EXPECT_THAT(registry.Unregister(std::vector{second}), ElementsAre("a"));
  EXPECT_FALSE(registry.Has("a"));
  EXPECT_TRUE(registry.Has("b"));
  registry.Register(third);
  EXPECT_THAT(registry.Unregister(std::vector{third}), ElementsAre("b"));
  EXPECT_THAT(registry.Unregister({}), ElementsAre("c"));
  EXPECT_TRUE(registry.empty());
}

// FLINK-26985: they were removed with the first checkpoint that followed.
TEST(SharedStateRegistryTest, WhatIsNotOursIsForgottenAndNotRemoved) {
  CompletedCheckpoint other = Checkpoint(1, {"a", "b"});
  other.is_unclaimed = true;
  SharedStateRegistry registry;
  registry.Register(Checkpoint(9, {"a"}));
  registry.Register(other);
  registry.Register(Checkpoint(10, {"a"}));
  EXPECT_THAT(registry.Unregister({}), IsEmpty());
  EXPECT_TRUE(registry.empty());
}

TEST(SharedStateRegistryTest, RegisteringTwiceIsRegisteringOnce) {
  SharedStateRegistry registry;
  registry.Register(Checkpoint(1, {"a"}));
  registry.Register(Checkpoint(1, {"a"}));
  EXPECT_THAT(registry.Unregister({}), ElementsAre("a"));
  EXPECT_THAT(registry.Unregister({}), IsEmpty());
}

}  // namespace
}  // namespace flinch::engine
