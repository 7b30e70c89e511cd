#include "sim/kernel/stack_trace.h"

#include <functional>

#include <gtest/gtest.h>

namespace flinch::sim {
namespace {

[[gnu::noinline]] std::vector<std::string> Innermost(size_t skip) {
  std::vector<std::string> names = StackNow(skip);
  names.push_back("end");  // no tail call
  return names;
}

TEST(StackTraceTest, NamesLocalFunctionsInnermostFirstAndNoAddresses) {
  const std::vector<std::string> names = Innermost(0);
  ASSERT_GT(names.size(), 3U);
  EXPECT_NE(names[0].find("Innermost"), std::string::npos) << names[0];
  EXPECT_NE(names[1].find("StackTraceTest_Names"), std::string::npos) << names[1];
  EXPECT_LE(names.size(), kStackDepthMax + 1);
  for (const std::string& name : names) {
    EXPECT_EQ(name.find("0x"), std::string::npos) << name;
  }
}

TEST(StackTraceTest, SkipsWhatTheCallerDoesNotWantToSee) {
  const std::vector<std::string> all = Innermost(0);
  const std::vector<std::string> fewer = Innermost(1);
  EXPECT_EQ(fewer.front(), all[1]);
}

TEST(StackTraceTest, ALambdaInAFunctionIsCalledByItsOwnName) {
  const std::function<std::vector<std::string>()> lambda = [] { return Innermost(0); };
  const std::vector<std::string> names = lambda();
  EXPECT_TRUE(names[1].starts_with("flinch::sim::")) << names[1];
  EXPECT_NE(names[1].find("ALambdaInAFunction"), std::string::npos) << names[1];
}

}  // namespace
}  // namespace flinch::sim
