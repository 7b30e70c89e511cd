#include "scenarios/lab/portable_path.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

// A repository with a folder in it, and a folder outside.
class PortablePathTest : public testing::Test {
 protected:
  PortablePathTest()
      : base_(fs::canonical(testing::TempDir()) /
              ("portable_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))),
        former_(fs::current_path()) {
    fs::remove_all(base_);
    fs::create_directories(base_ / "repo/.git");
    fs::create_directories(base_ / "repo/ci/deep");
    fs::create_directories(base_ / "elsewhere");
    std::ofstream(base_ / "repo/ci/mine.toml") << "x";
    std::ofstream(base_ / "elsewhere/other.toml") << "x";
  }

  ~PortablePathTest() override {
    fs::current_path(former_);
    fs::remove_all(base_);
  }

  fs::path base_;
  fs::path former_;
};

TEST_F(PortablePathTest, IsRelativeToTheRepository) {
  fs::current_path(base_ / "repo/ci/deep");
  for (const std::string& path :
       {std::string("../mine.toml"), (base_ / "repo/ci/mine.toml").string()}) {
    EXPECT_EQ(PortablePath(path), "ci/mine.toml");
  }
  EXPECT_EQ(FindPortable("ci/mine.toml"), (base_ / "repo/ci/mine.toml").string());
  fs::current_path(base_ / "repo");
  EXPECT_EQ(FindPortable("ci/mine.toml"), (base_ / "repo/ci/mine.toml").string());
  EXPECT_EQ(FindPortable("ci/none.toml"), std::nullopt);
}

TEST_F(PortablePathTest, IsRelativeToTheWorkingFolderOutsideOfAny) {
  fs::current_path(base_ / "elsewhere");
  EXPECT_EQ(PortablePath("other.toml"), "other.toml");
  EXPECT_EQ(FindPortable("other.toml"), (base_ / "elsewhere/other.toml").string());
}

TEST_F(PortablePathTest, IsAbsoluteOutsideOfBoth) {
  fs::current_path(base_ / "repo");
  EXPECT_EQ(PortablePath("../elsewhere/other.toml"), (base_ / "elsewhere/other.toml").string());
  EXPECT_EQ(FindPortable((base_ / "elsewhere/other.toml").string()),
            (base_ / "elsewhere/other.toml").string());
}

TEST_F(PortablePathTest, AShellNamesWhatLiesInTheSameRepository) {
  fs::current_path(base_ / "repo/ci");
  EXPECT_EQ(PathFromHere("deep/../mine.toml"), "mine.toml");
  EXPECT_EQ(PathFromHere((base_ / "repo/flinch").string()), "../flinch");
  EXPECT_EQ(PathFromHere((base_ / "elsewhere/other.toml").string()), std::nullopt);
}

}  // namespace

}  // namespace flinch::scenarios
