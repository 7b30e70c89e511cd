#include "scenarios/cli/keep_commands.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/fresh_process.h"
#include "scenarios/lab/version.h"
#include "tests/paths.h"
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
  const Outcome kept = Flinch({"keep", PathOf("run.tape"), "--out", folder_, "--name", "taped"});
  ASSERT_EQ(kept.exit_code, kExitPassed) << kept.err;
  EXPECT_THAT(Read("taped.toml"), HasSubstr("tape = [\n  \"delivery world chosen "));
  const Outcome again = Flinch({"regress", PathOf("taped.toml")});
  EXPECT_EQ(again.exit_code, kExitPassed) << again.err;
  EXPECT_THAT(again.out, StartsWith("as kept"));
}

TEST_F(KeepCommandsTest, WhatIsKeptRunsAgainFromAnyFolder) {
  const Outcome kept = Flinch({"keep", FailureLine(), "--out", folder_, "--name", "early"});
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
  ASSERT_EQ(Flinch({"keep", FailureLine(), "--out", folder_, "--name", "a"}).exit_code,
            kExitPassed);
  const std::string before = Read("a.toml");
  const Outcome again = Flinch({"keep", FailureLine(), "--out", folder_, "--name", "a"});
  EXPECT_EQ(again.exit_code, kExitUsage);
  EXPECT_THAT(again.err, HasSubstr("is not replaced. What was kept stays"));
  EXPECT_EQ(Read("a.toml"), before);
}

TEST_F(KeepCommandsTest, ANameStaysInItsFolder) {
  const std::string line = FailureLine();
  for (const char* const name :
       {"../escaped", "a/b", "..", ".hidden", "-x", "", "a b", "a\nb", "/tmp/x", "\xff"}) {
    const Outcome kept = Flinch({"keep", line, "--out", folder_, "--name", name});
    EXPECT_EQ(kept.exit_code, kExitUsage) << name;
    EXPECT_THAT(kept.err, HasSubstr("--name: ")) << name;
  }
  EXPECT_EQ(Flinch({"keep", line, "--out", folder_, "--name", std::string(200, 'x')}).exit_code,
            kExitUsage);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  std::filesystem::create_symlink(PathOf("nowhere"), PathOf("link.toml"));
  EXPECT_EQ(Flinch({"keep", line, "--out", folder_, "--name", "link.toml"}).exit_code, kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(PathOf("nowhere")));
}

// What was kept is no source.
TEST_F(KeepCommandsTest, WhatIsKeptDoesNotBuildTheProgramAnew) {
  namespace fs = std::filesystem;
  for (const char* const folder : {"sim", "engine", "faults", "scenarios/regressions", "reports",
                                   "tests", "build/release/scenarios"}) {
    fs::create_directories(PathOf(folder));
  }
  for (const char* const file : {"tests/CMakeLists.txt", "CMakeLists.txt", "CMakePresets.json"}) {
    Write(file, "");
  }
  fs::copy_file(FLINCH_SOURCE_DIR "/flinch", PathOf("flinch"));
  Write("build/release/scenarios/flinch", "#!/bin/sh\necho \"ran $1\"\n");
  fs::permissions(PathOf("build/release/scenarios/flinch"), fs::perms::owner_all);
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    fs::last_write_time(entry.path(), now - std::chrono::hours(1));
  }
  Write("build/release/flinch.stamp", "");
  fs::last_write_time(PathOf("build/release/flinch.stamp"), now - std::chrono::minutes(30));
  const auto run = [this] {
    return FreshProcess::Start({"/bin/bash", PathOf("flinch"), "regress"}, PlainSurroundings())
        ->Await();
  };
  EXPECT_EQ(run().out, "ran regress\n");
  Write("scenarios/regressions/kept.toml", "");
  const Ended kept = run();
  EXPECT_EQ(kept.out, "ran regress\n") << kept.err;
  EXPECT_EQ(kept.err, "");
  Write("scenarios/regressions/regression.cc", "");
  EXPECT_NE(run().exit_code, 0);  // it tries to build
}

TEST_F(KeepCommandsTest, TwoOfOneNameAreToldApartAndOneFileCountsOnce) {
  std::filesystem::create_directories(PathOf("b"));
  ASSERT_EQ(Flinch({"keep", FailureLine(), "--out", folder_, "--name", "x"}).exit_code,
            kExitPassed);
  std::filesystem::copy_file(PathOf("x.toml"), PathOf("b/x.toml"));
  const Outcome both = Flinch({"regress", PathOf("x.toml"), PathOf("b/x.toml")});
  EXPECT_THAT(both.out, AllOf(HasSubstr(PathOf("x.toml")), HasSubstr(PathOf("b/x.toml"))));
  const Outcome twice = Flinch({"regress", PathOf("x.toml"), PathOf("b/../x.toml")});
  EXPECT_THAT(twice.out, HasSubstr("1 kept: 1 good"));
}

TEST_F(KeepCommandsTest, OnlyFailuresAreKept) {
  const json run =
      json::parse(Flinch({"run", "url_clicks", "--set", "workload.records=60", "--json"}).out);
  const Outcome kept =
      Flinch({"keep", run["replay"].get<std::string>(), "--out", folder_, "--name", "b"});
  EXPECT_EQ(kept.exit_code, kExitUsage);
  EXPECT_THAT(kept.err, HasSubstr("only failures are kept"));
  EXPECT_FALSE(std::filesystem::exists(PathOf("b.toml")));
}

TEST_F(KeepCommandsTest, RegressTellsStaleFromBrokenFromUnreadable) {
  ASSERT_EQ(Flinch({"keep", FailureLine(), "--out", folder_, "--name", "a"}).exit_code,
            kExitPassed);
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
