// What people's files hold, and what flinch counts in them.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/reports_from_outside/reported.h"

namespace flinch::scenarios {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class InputReportsTest : public ::testing::Test {
 protected:
  // `flinch run SCENARIO --input FILE`, and what it wrote: "KEY COUNT in START".
  tests::Outcome RunFile(const std::string& scenario, const std::string& input,
                         const std::vector<std::string>& settings = {}) {
    const std::string output =
        fmt::format("{}/flinch_reported_{}.jsonl", ::testing::TempDir(), getpid());
    std::filesystem::remove(output);
    std::vector<std::string> words = {"run",     PathOfReported(scenario), "--seed",   "1",
                                      "--input", PathOfReported(input),    "--output", output};
    for (const std::string& setting : settings) {
      words.insert(words.end(), {"--set", setting});
    }
    const tests::Outcome outcome = tests::Flinch(words);
    std::ifstream in(output, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      const auto row = nlohmann::json::parse(line);
      const uint64_t count = row.at("count").get<uint64_t>();
      counted_ += count;
      rows_.push_back(fmt::format("{} {} in {}", row.at("key").get<std::string>(), count,
                                  row.at("window_start").get<std::string>()));
    }
    return outcome;
  }

  std::vector<std::string> rows_;
  uint64_t counted_ = 0;
};

TEST_F(InputReportsTest, HalfASecondBefore1970LiesInTheSecondBeforeIt) {
  const tests::Outcome ran = RunFile("negative-epoch.toml", "negative-epoch.jsonl");
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(rows_, ElementsAre("ntp 1 in 1969-12-31T23:59:59Z"));
}

TEST_F(InputReportsTest, MembersThatNobodyWantsMayStandTwiceOrBeNoNumber) {
  const tests::Outcome ran = RunFile(
      "file-base.toml", "dup-members.jsonl",
      {"workload.file.format=jsonl", "workload.file.header=false", "workload.file.key_field=k"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(rows_, ElementsAre("a 4 in 2024-01-01T00:00:00Z"));
}

// Seconds with a fraction, without one, with an exponent, and out of all time.
TEST_F(InputReportsTest, AFractionMayBeMissingInSomeRows) {
  const tests::Outcome ran =
      RunFile("file-base.toml", "zeek.jsonl",
              {"workload.file.format=jsonl", "workload.file.header=false",
               "workload.file.key_field=proto", "workload.file.timestamp_fields=ts",
               "workload.file.timestamp_format=%s.%f", "workload.file.on_bad_row=skip"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(rows_, UnorderedElementsAre("tcp 1 in 2024-09-24T23:00:00Z",
                                          "udp 2 in 2024-09-24T23:00:00Z"));
  EXPECT_THAT(ran.out, HasSubstr("2 malformed rows skipped"));
}

TEST_F(InputReportsTest, TheLastNanosecondOfAWindowBelongsToIt) {
  const tests::Outcome ran =
      RunFile("file-base.toml", "watermark-edge.csv",
              {"workload.file.timestamp_fields=time",
               "workload.file.timestamp_format=%Y-%m-%dT%H:%M:%S.%f%z", "job.window=1s"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(counted_, 40U);
}

}  // namespace

}  // namespace flinch::scenarios
