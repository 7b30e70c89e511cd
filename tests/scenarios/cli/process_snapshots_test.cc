#include "scenarios/cli/process_snapshots.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/state_processor.h"
#include "scenarios/lab/version.h"
#include "tests/support/program_call.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using tests::Flinch;
using tests::Outcome;

using Counts = std::map<std::string, int64_t>;

const engine::ValueStateDescriptor<int64_t> kSeen{"seen", {}};

// The record of the job "visits" as whoever has not its source would write it down.
struct Visited {
  int64_t count = 0;
  int64_t last = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.count);
    visit(self.last);
  }
};

const engine::ValueStateDescriptor<Visited> kVisits{"visits", {}};

class ProcessSnapshotsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/flinch_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
  }

  void TearDown() override { fs::remove_all(folder_); }

  static Outcome Run(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"run",   "stop_and_resume",      "--seed", "1",
                                      "--set", "workload.records=600", "--set",  "job.name=visits"};
    words.insert(words.end(), more.begin(), more.end());
    return Flinch(words);
  }

  std::string folder_;
};

TEST_F(ProcessSnapshotsTest, AJobResumesFromStateThatWasTakenOutAndPutBack) {
  ASSERT_EQ(Run({"--keep-snapshots", folder_}).exit_code, kExitPassed);
  std::string name;
  for (const auto& entry : fs::directory_iterator(folder_ + "/savepoints/visits")) {
    name = entry.path().filename().string();
  }
  std::string same;
  std::string changed;
  const sim::Result<void> processed =
      ProcessSnapshots(folder_, [&](sim::FileSystem& volume) -> sim::Result<void> {
        const std::string from = "/savepoints/visits/" + name;
        const auto old = engine::SavepointReader::Open(volume, from);
        if (!old) {
          return sim::Fail(old);
        }
        auto visits = *old->Values<std::string>("count", kVisits);
        EXPECT_FALSE(visits.empty());
        engine::SavepointWriter next(*old);
        next.RemoveState("count", "visits");
        next.Put("count", kVisits, visits);
        same = *next.Write(volume, "visits", engine::CheckpointId(901));
        visits["/page/1"].count += 1'000'000;
        next.Put("count", kVisits, visits);
        changed = *next.Write(volume, "visits", engine::CheckpointId(902));
        const sim::Result<void> kept = KeepLog(volume, from, same);
        return kept ? KeepLog(volume, from, changed) : kept;
      });
  ASSERT_TRUE(processed) << processed.error().message;
  const Outcome again = Run({"--from", folder_ + same, "--set", "job.parallelism=3"});
  EXPECT_EQ(again.exit_code, kExitPassed) << again.out << again.err;
  const Outcome other = Run({"--from", folder_ + changed});
  EXPECT_EQ(other.exit_code, kExitViolation);
  EXPECT_THAT(other.out, HasSubstr("The record with key \"/page/1\" and value 1000"));
}

TEST_F(ProcessSnapshotsTest, AJobStartsFromStateThatNoJobHasMade) {
  std::string path;
  const sim::Result<void> processed =
      ProcessSnapshots(folder_, [&](sim::FileSystem& volume) -> sim::Result<void> {
        engine::SavepointWriter made;
        made.Put("count", kSeen, Counts{{"/page/1", 0}});
        made.Put("count", kVisits, std::map<std::string, Visited>{{"/page/1", {.count = 500'000}}});
        path = *made.Write(volume, "visits", engine::CheckpointId(1));
        return {};
      });
  ASSERT_TRUE(processed) << processed.error().message;
  const Outcome run = Run({"--from", folder_ + path});
  EXPECT_EQ(run.exit_code, kExitViolation) << run.err;  // all but this key is as it is to be
  EXPECT_THAT(run.out, HasSubstr("The record with key \"/page/1\" and value 500001 so far"));
  EXPECT_THAT(run.out, HasSubstr("600 in, 600 out"));
}

}  // namespace

}  // namespace flinch::scenarios
