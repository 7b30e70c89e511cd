// The program as the machine starts it; what its commands do is tested beside them.
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/fresh_process.h"
#include "scenarios/lab/version.h"
#include "tests/paths.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Ended Shell(const std::string& script) {
  sim::Result<FreshProcess> process =
      FreshProcess::Start({"/bin/sh", "-c", script}, PlainSurroundings());
  EXPECT_TRUE(process.has_value());
  return process->Await();
}

// The address sanitizer needs more addresses than there are bytes.
#if !defined(__SANITIZE_ADDRESS__)
TEST(ProgramTest, CallsALackOfMemoryByItsName) {
  const Ended ended = Shell(fmt::format(
      "ulimit -v 600000; exec {} run url_clicks --set workload.records=10000000", FLINCH_PROGRAM));
  EXPECT_EQ(ended.exit_code, kExitTryAgain) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("flinch: Out of memory: "));
  EXPECT_THAT(ended.err, Not(HasSubstr("bug of flinch")));
}
#endif

TEST(ProgramTest, SaysThatAFileMayNotGrow) {
  const std::string folder = ::testing::TempDir() + "/flinch_program_test";
  std::filesystem::create_directories(folder);
  const Ended ended = Shell(
      fmt::format("ulimit -f 1; exec {} run url_clicks --set workload.records=50 --output {}/x",
                  FLINCH_PROGRAM, folder));
  EXPECT_EQ(ended.exit_code, kExitOutput) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("File too large"));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

}  // namespace

}  // namespace flinch::scenarios
