#include "scenarios/cli/keep_commands.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::Flinch;
using tests::Outcome;

class KeepCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/flinch_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }

  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  std::string Read(const std::string& name) const {
    std::ifstream in(PathOf(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(PathOf(name), std::ios::binary) << text;
  }

  std::string folder_;
};

// A failure without chance or faults: the sink commits too early in every run.
std::string FailureLine() {
  return Flinch({"run", "url_clicks", "--set", "workload.records=60", "--set", "faults.source=none",
                 "--defect", "notifies_before_stored"})
      .out;
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}

TEST_F(KeepCommandsTest, ATapeIsKeptWithItsRun) {
  const Outcome run =
      Flinch({"run", "url_clicks", "--set", "workload.records=60", "--set", "faults.source=none",
              "--defect", "notifies_before_stored", "--tape", PathOf("run.tape")});
  ASSERT_EQ(run.exit_code, kExitViolation);
  const Outcome kept = Flinch({"keep", PathOf("run.tape"), "--name", PathOf("taped.toml")});
  ASSERT_EQ(kept.exit_code, kExitPassed) << kept.err;
  EXPECT_THAT(Read("taped.toml"), HasSubstr("tape = [\n  \"delivery world chosen "));
  const Outcome again = Flinch({"regress", PathOf("taped.toml")});
  EXPECT_EQ(again.exit_code, kExitPassed) << again.err;
  EXPECT_THAT(again.out, StartsWith("as kept"));
}

TEST_F(KeepCommandsTest, WhatIsKeptRunsAgainFromAnyFolder) {
  const Outcome kept = Flinch({"keep", FailureLine(), "--name", PathOf("early.toml")});
  ASSERT_EQ(kept.exit_code, kExitPassed) << kept.err;
  EXPECT_THAT(kept.out, AllOf(HasSubstr("must be failed"), HasSubstr("regress")));
  EXPECT_THAT(Read("early.toml"),
              AllOf(StartsWith("# "), HasSubstr("scenario = \"url_clicks\""),
                    HasSubstr("defects = [\"notifies_before_stored\"]"), HasSubstr("[expect]")));
  const Outcome again = Flinch({"regress", PathOf("early.toml")});
  EXPECT_EQ(again.exit_code, kExitPassed) << again.out << again.err;
  EXPECT_THAT(again.out, AllOf(StartsWith("as kept"), HasSubstr("1 kept: 1 good")));
  const Outcome object = Flinch({"regress", PathOf("early.toml"), "--json"});
  EXPECT_EQ(json::parse(object.out)["files"][0]["standing"], "as kept");
}

TEST_F(KeepCommandsTest, TheFirstOneMakesTheFolder) {
  const std::string line = FailureLine();
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const Outcome kept = Flinch({"keep", line});
  const bool is_there = std::filesystem::is_directory("scenarios/regressions");
  std::filesystem::current_path(before);
  EXPECT_EQ(kept.exit_code, kExitPassed) << kept.err;
  EXPECT_TRUE(is_there);
}

TEST_F(KeepCommandsTest, WhatIsKeptIsNotReplaced) {
  ASSERT_EQ(Flinch({"keep", FailureLine(), "--name", PathOf("a.toml")}).exit_code, kExitPassed);
  const std::string before = Read("a.toml");
  const Outcome again = Flinch({"keep", FailureLine(), "--name", PathOf("a.toml")});
  EXPECT_EQ(again.exit_code, kExitUsage);
  EXPECT_THAT(again.err, HasSubstr("is not replaced"));
  EXPECT_EQ(Read("a.toml"), before);
}

TEST_F(KeepCommandsTest, OnlyFailuresAreKept) {
  const json run =
      json::parse(Flinch({"run", "url_clicks", "--set", "workload.records=60", "--json"}).out);
  const Outcome kept =
      Flinch({"keep", run["replay"].get<std::string>(), "--name", PathOf("b.toml")});
  EXPECT_EQ(kept.exit_code, kExitUsage);
  EXPECT_THAT(kept.err, HasSubstr("only failures are kept"));
  EXPECT_FALSE(std::filesystem::exists(PathOf("b.toml")));
}

TEST_F(KeepCommandsTest, RegressTellsStaleFromBrokenFromUnreadable) {
  ASSERT_EQ(Flinch({"keep", FailureLine(), "--name", PathOf("a.toml")}).exit_code, kExitPassed);
  const std::string text = Read("a.toml");

  Write("gone.toml", Replaced(text, "\"workload.records=60\"", "\"workload.recods=60\""));
  const Outcome gone = Flinch({"regress", PathOf("gone.toml")});
  EXPECT_EQ(gone.exit_code, kExitInconclusive);
  EXPECT_THAT(gone.out, AllOf(StartsWith("stale"), HasSubstr("Did you mean")));

  Write("mended.toml", Replaced(text, "verdict = \"failed\"", "verdict = \"passed\""));
  const Outcome mended = Flinch({"regress", PathOf("mended.toml")});
  EXPECT_EQ(mended.exit_code, kExitViolation);
  EXPECT_THAT(mended.out, StartsWith("BROKEN"));

  // The defect is not planted any more: nothing finds it.
  Write("lost.toml", Replaced(text, "\"notifies_before_stored\"", ""));
  EXPECT_EQ(Flinch({"regress", PathOf("lost.toml")}).exit_code, kExitViolation);

  Write("bad.toml", "version = 2\n");
  const Outcome bad = Flinch({"regress", PathOf("bad.toml")});
  EXPECT_EQ(bad.exit_code, kExitUsage);
  EXPECT_THAT(bad.out, StartsWith("unreadable"));

  // The worst of several counts.
  EXPECT_EQ(Flinch({"regress", PathOf("a.toml"), PathOf("gone.toml")}).exit_code,
            kExitInconclusive);
  EXPECT_EQ(
      Flinch({"regress", PathOf("gone.toml"), PathOf("bad.toml"), PathOf("mended.toml")}).exit_code,
      kExitViolation);
}

}  // namespace

}  // namespace flinch::scenarios
