#include "engine/checkpoint/uploaded_files.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using testing::ElementsAre;

class UploadedFilesTest : public testing::Test {
 protected:
  // The snapshot of a checkpoint with these tables; what is new is uploaded at once. "a@1" is the
  // table a that checkpoint 1 has brought.
  std::vector<std::string> Take(uint64_t id, const std::vector<std::string>& names,
                                bool uploads = true) {
    const std::vector<PlannedTable> tables =
        files_.Plan(CheckpointId(id), names,
                    [id](const std::string& name) { return fmt::format("{}@{}", name, id); });
    std::vector<std::string> paths;
    std::vector<SharedFile> uploaded;
    for (const PlannedTable& table : tables) {
      EXPECT_EQ(table.known.has_value(), table.known && table.known->path == table.path);
      paths.push_back(table.path);
      uploaded.push_back({.name = table.name, .path = table.path, .size = 1});
    }
    if (uploads) {
      files_.Uploaded(uploaded);
    }
    return paths;
  }

  UploadedFiles files_;
};

TEST_F(UploadedFilesTest, WhatAConfirmedCheckpointHasIsNamedAgain) {
  EXPECT_THAT(Take(1, {"a", "b"}), ElementsAre("a@1", "b@1"));
  files_.Confirm(CheckpointId(1));
  EXPECT_THAT(Take(2, {"a", "c"}), ElementsAre("a@1", "c@2"));
  files_.Confirm(CheckpointId(2));
  EXPECT_THAT(Take(3, {"a", "c"}), ElementsAre("a@1", "c@2"));
}

TEST_F(UploadedFilesTest, WhatNoCheckpointIsKnownToHaveIsUploadedAgain) {
  EXPECT_THAT(Take(1, {"a"}), ElementsAre("a@1"));
  EXPECT_THAT(Take(2, {"a"}), ElementsAre("a@2"));
  files_.Abort(CheckpointId(2));
  EXPECT_THAT(Take(3, {"a"}), ElementsAre("a@3"));
}

// Else checkpoint 3 would name a file that goes when checkpoint 2 is complete and 1 is forgotten.
TEST_F(UploadedFilesTest, AFileThatALaterCheckpointDoesNotNameIsNotNamedAgain) {
  EXPECT_THAT(Take(1, {"a"}), ElementsAre("a@1"));
  EXPECT_THAT(Take(2, {"a"}), ElementsAre("a@2"));
  files_.Confirm(CheckpointId(1));
  EXPECT_THAT(Take(3, {"a"}), ElementsAre("a@3"));
  files_.Confirm(CheckpointId(2));
  EXPECT_THAT(Take(4, {"a"}), ElementsAre("a@4"));
  files_.Confirm(CheckpointId(4));
  EXPECT_THAT(Take(5, {"a"}), ElementsAre("a@4"));
}

TEST_F(UploadedFilesTest, ALaterConfirmationStandsForTheFileToo) {
  (void)Take(1, {"a"});
  files_.Confirm(CheckpointId(1));
  (void)Take(2, {"a"});
  (void)Take(3, {"a", "b"});
  files_.Confirm(CheckpointId(3));
  files_.Confirm(CheckpointId(2));  // late
  EXPECT_THAT(Take(4, {"a", "b"}), ElementsAre("a@1", "b@3"));
}

TEST_F(UploadedFilesTest, WhatATaskIsRestoredFromIsNamedAgain) {
  files_.Restore({{.name = "a", .path = "a@9"}});
  EXPECT_THAT(Take(10, {"a", "b"}), ElementsAre("a@9", "b@10"));
}

TEST_F(UploadedFilesTest, WhatIsStillOnItsWayIsNotNamedAgain) {
  EXPECT_THAT(Take(1, {"a"}, false), ElementsAre("a@1"));
  files_.Confirm(CheckpointId(1));
  EXPECT_THAT(Take(2, {"a"}), ElementsAre("a@2"));
}

}  // namespace
}  // namespace flinch::engine
