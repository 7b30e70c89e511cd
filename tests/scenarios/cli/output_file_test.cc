#include "scenarios/cli/output_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "scenarios/job_output.h"

namespace flinch::scenarios {

namespace {

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(OutputFileTest, WritesOneLinePerRecordAndReplacesWhatWasThere) {
  const std::string path = ::testing::TempDir() + "/flinch_output.jsonl";
  std::ofstream(path) << "old\n";
  const std::string value = engine::Encode(RunningCount{.count = 1});
  ASSERT_TRUE(WriteOutput(path, *FindJob("word_count"),
                          {{.key = "a", .value = value}, {.key = "b", .value = value}})
                  .has_value());
  EXPECT_EQ(Read(path), "{\"key\":\"a\",\"count\":1}\n{\"key\":\"b\",\"count\":1}\n");
  std::filesystem::remove(path);
}

TEST(OutputFileTest, LeavesAFolderAloneAndNothingBehind) {
  const std::string folder = ::testing::TempDir() + "/flinch_output_folder";
  std::filesystem::create_directories(folder + "/inside");
  EXPECT_FALSE(WriteOutput(folder, *FindJob("word_count"), {}).has_value());
  EXPECT_TRUE(std::filesystem::exists(folder + "/inside"));
  EXPECT_FALSE(std::filesystem::exists(folder + ".part"));
  std::filesystem::remove_all(folder);
}

}  // namespace

}  // namespace flinch::scenarios
