// Schedules and tapes, as a person uses them. The rest of these commands: commands_test.cc.
#include "scenarios/cli/run_commands.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "scenarios/cli/commands.h"
#include "scenarios/lab/version.h"

namespace flinch::scenarios {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TapeCommandsTest : public ::testing::Test {
 protected:
  TapeCommandsTest()
      : tape_(::testing::TempDir() +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".tape") {}

  ~TapeCommandsTest() override { std::filesystem::remove(tape_); }

  int Flinch(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    return RunProgram("/opt/flinch", words, out_, err_);
  }

  // Small, with a crash.
  int Run(std::vector<std::string> more) {
    std::vector<std::string> words = {"run", "url_clicks", "--seed",
                                      "7",   "--set",      "workload.records=300"};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  json Object() const { return json::parse(out_.str()); }

  std::string ReadTape() const {
    std::ifstream in(tape_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void WriteTape(const std::string& text) { std::ofstream(tape_, std::ios::binary) << text; }

  std::string tape_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(TapeCommandsTest, EveryStrategyPassesAndRunsOtherwise) {
  ASSERT_EQ(Run({"--json"}), kExitPassed);
  const json plain = Object();
  for (const std::string strategy : {"fifo", "pct:3", "pos", "round-robin"}) {
    ASSERT_EQ(Run({"--json", "--strategy", strategy}), kExitPassed) << out_.str() << err_.str();
    const json other = Object();
    EXPECT_NE(other["digest"], plain["digest"]) << strategy;
    // The token says it, so the replay is the same run.
    ASSERT_EQ(Flinch({"replay", "--json", other["replay"].get<std::string>()}), kExitPassed);
    EXPECT_EQ(Object()["identical"], true) << strategy;
  }
  ASSERT_EQ(Run({"--json", "--strategy", "random"}), kExitPassed);
  EXPECT_EQ(Object()["digest"], plain["digest"]);
}

TEST_F(TapeCommandsTest, AStrategyThatThereIsNotIsRefused) {
  EXPECT_EQ(Run({"--strategy", "pct:0"}), kExitUsage);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("--strategy"), HasSubstr("round-robin")));
}

TEST_F(TapeCommandsTest, ATapeIsReplayedAsItWasRecorded) {
  ASSERT_EQ(Run({"--strategy", "pos", "--tape", tape_}), kExitPassed) << err_.str();
  ASSERT_EQ(Flinch({"replay", tape_}), kExitPassed) << out_.str() << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("choices were played as recorded."),
                                HasSubstr("The run is identical to the recorded one.")));
}

TEST_F(TapeCommandsTest, AnEditedTapeIsPlayedAsFarAsItGoesAndToldOf) {
  ASSERT_EQ(Run({"--tape", tape_}), kExitPassed);
  std::string text = ReadTape();
  // Somebody removes all choices of a process.
  const size_t begin = text.find("\nscheduler ") + 1;
  text.erase(begin, text.find('\n', begin) + 1 - begin);
  WriteTape(text);
  EXPECT_EQ(Flinch({"replay", tape_}), kExitPassed) << out_.str() << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("took the default"), HasSubstr("the first at "),
                                HasSubstr("the tape has been edited")));
  // The line it prints is the same run again, tape and all.
  ASSERT_EQ(Flinch({"replay", "--json", tape_}), kExitPassed);
  const json first = Object();
  EXPECT_EQ(first["tape_changed"], true);
  EXPECT_GT(first["choices_defaulted"].get<int64_t>(), 0);
  EXPECT_EQ(first["replay"].get<std::string>(), "/opt/flinch replay " + tape_);
  ASSERT_EQ(Flinch({"replay", "--json", tape_}), kExitPassed);
  EXPECT_EQ(Object()["digest"], first["digest"]);
}

TEST_F(TapeCommandsTest, ATapeThatWasCutOffOrIsOfAnotherSeedIsRefused) {
  ASSERT_EQ(Run({"--tape", tape_}), kExitPassed);
  const std::string text = ReadTape();
  WriteTape(text.substr(0, text.find("flinch-tape")));
  EXPECT_EQ(Flinch({"replay", tape_}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("this is no tape"));
  std::string other = text;
  other.replace(other.find("seed 7"), 6, "seed 8");
  WriteTape(other);
  EXPECT_EQ(Flinch({"replay", tape_}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("of seed 8"));
}

TEST_F(TapeCommandsTest, AFileThatThereIsNotIsToldOf) {
  EXPECT_EQ(Flinch({"replay", "/tmp/there/is/none.tape"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("There is no file"));
}

TEST_F(TapeCommandsTest, OutputAndTapeAreTwoFiles) {
  EXPECT_EQ(Run({"--tape", tape_, "--output", tape_}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("the same file"));
  EXPECT_FALSE(std::filesystem::exists(tape_));
}

TEST_F(TapeCommandsTest, ATapeThatIsNoneIsRefusedWithItsLine) {
  ASSERT_EQ(Run({"--tape", tape_}), kExitPassed);
  WriteTape(ReadTape() + "nonsense\n");
  EXPECT_EQ(Flinch({"replay", tape_}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("of the tape is no track"));
}

TEST_F(TapeCommandsTest, ATapeIsNotWrittenWhereItCannotBe) {
  EXPECT_EQ(Run({"--tape", "/nowhere/at/all.tape"}), kExitOutput);
  EXPECT_EQ(Run({"--twice", "--tape", tape_}), kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(tape_));
  EXPECT_THAT(err_.str(), Not(HasSubstr("identical")));
}

}  // namespace
}  // namespace flinch::scenarios
