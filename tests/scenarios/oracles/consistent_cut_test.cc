#include "scenarios/oracles/consistent_cut.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/files/registry.h"
#include "scenarios/stage/run.h"
#include "tests/support/fake_outside.h"
#include "tests/support/recording_builder.h"

namespace flinch::scenarios {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::FakeOutside;
using tests::RecordingBuilder;

// Two log partitions with a key each; windows of 10 ns. "a" comes at 1, 2 and 25; "b" at 3 and 40.
class ConsistentCutTest : public ::testing::Test {
 protected:
  ConsistentCutTest() {
    subject_.outside = &outside_;
    subject_.state_operator = "window";
    subject_.has_timers = true;
    for (const int64_t time : {1, 2, 25}) {
      Row(0, "a", time);
    }
    for (const int64_t time : {3, 40}) {
      Row(1, "b", time);
    }
  }

  void Row(uint32_t partition, std::string_view key, int64_t time) {
    const int64_t start = time / 10 * 10;
    subject_.rows.AddRow(partition, time);
    subject_.rows.Add(key, start, 1, start + 9);
  }

  // The checkpoint that is stored next.
  void Positions(uint64_t first, uint64_t second) {
    outside_.view.positions = {{.partition = 0, .next = first}, {.partition = 1, .next = second}};
  }

  void Entry(std::string key, int64_t slot, int64_t count) {
    const StatePlace place{.key = std::move(key), .slot = slot};
    outside_.view.entries.push_back({.place = place, .count = count});
    outside_.view.timers.push_back(place);
  }

  // A stored checkpoint with what Positions and Entry said.
  void Store() {
    if (!oracle_started_) {
      oracle_.OnSubject(subject_);
      oracle_started_ = true;
    }
    RecordingBuilder history;
    history.By("jm").Tell("checkpoint.stored", {{"id", ++id_}});
    history.ShowTo(oracle_);
    outside_.view = {};
  }

  std::string Breach() {
    const auto findings = oracle_.Judge({});
    return findings.size() == 1 ? findings[0].breach : "";
  }

  FakeOutside outside_;
  Subject subject_;
  ConsistentCut oracle_;
  bool oracle_started_ = false;
  int64_t id_ = 0;
};

TEST_F(ConsistentCutTest, PassesWhenTheStateIsWhatThePositionsMakeIt) {
  Positions(2, 1);
  Entry("a", 0, 2);
  Entry("b", 0, 1);
  Store();
  Positions(3, 2);  // both at their ends: everything may have fired
  Entry("a", 20, 1);
  Store();
  EXPECT_THAT(oracle_.Judge({}), IsEmpty());
  EXPECT_EQ(oracle_.seen(), 2U);
}

TEST_F(ConsistentCutTest, AWindowThatWasDueMayBeGone) {
  Row(0, "a", 60);
  Positions(3, 2);  // partition 0 has come to 25, partition 1 may have ended
  Entry("a", 20, 1);
  Entry("b", 40, 1);
  Store();
  EXPECT_THAT(oracle_.Judge({}), IsEmpty());
}

TEST_F(ConsistentCutTest, FailsWhenTheStateHasTooLittle) {
  Positions(2, 0);
  Entry("a", 0, 1);
  Store();
  const auto findings = oracle_.Judge({});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].witness,
              HasSubstr("Checkpoint 1 is no consistent cut: the state counts 1 for key \"a\", but "
                        "2 records before the source positions have it"));
  EXPECT_EQ(findings[0].breach, "lost");
  EXPECT_EQ(findings[0].role, "window");
}

TEST_F(ConsistentCutTest, FailsWhenAWindowThatIsNotDueIsGone) {
  Positions(2, 0);
  Store();
  EXPECT_EQ(Breach(), "lost");
}

TEST_F(ConsistentCutTest, FailsWhenTheStateHasTooMuch) {
  Positions(1, 0);
  Entry("a", 0, 2);
  Store();
  EXPECT_EQ(Breach(), "doubled");
}

TEST_F(ConsistentCutTest, FailsWhenTheStateHasWhatNoRecordHas) {
  Positions(1, 0);
  Entry("a", 0, 1);
  Entry("c", 0, 1);
  Store();
  EXPECT_EQ(Breach(), "foreign");
}

TEST_F(ConsistentCutTest, FailsWhenATimerIsMissing) {
  Positions(1, 0);
  Entry("a", 0, 1);
  outside_.view.timers.clear();
  Store();
  EXPECT_EQ(Breach(), "timer");
}

TEST_F(ConsistentCutTest, FailsWhenAPartitionHasTwoOwnersOrNone) {
  Positions(1, 0);
  Entry("a", 0, 1);
  outside_.view.positions.push_back({.partition = 0, .next = 1});
  Store();
  EXPECT_EQ(Breach(), "two_owners");
}

TEST_F(ConsistentCutTest, FailsWhenAPositionGoesBack) {
  Positions(2, 0);
  Entry("a", 0, 2);
  Store();
  Positions(1, 0);
  Entry("a", 0, 1);
  Store();
  EXPECT_EQ(Breach(), "position_back");
  EXPECT_EQ(oracle_.Judge({})[0].role, "source");
}

TEST_F(ConsistentCutTest, SaysNothingWhenFilesCannotBeRead) {
  outside_.view.troubles = {"the file x is damaged"};
  Store();
  EXPECT_THAT(oracle_.Judge({}), IsEmpty());
  EXPECT_EQ(oracle_.seen(), 0U);
}

// The oracle that sees it first, so that all runs with this cause have one signature.
TEST(ConsistentCutWitnessTest, SeesThePlantedDefectBeforeTheOutputIsWrong) {
  const Scenario* scenario = FindLibraryScenario("url_clicks");
  engine::Defects defects;
  defects.Plant(engine::Defect::kSourceAdvancesBeforeEmit);
  uint64_t failed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const sim::Result<Workload> workload = LoadWorkload(*scenario, seed, std::nullopt);
    ASSERT_TRUE(workload);
    const RunResult result = scenarios::Run(
        {.scenario = *scenario, .workload = *workload, .seed = seed, .defects = defects});
    if (result.summary.verdict == reports::Verdict::kFailed) {
      ++failed;
      EXPECT_EQ(result.summary.signature, "consistent_cut:state@window/store") << "seed " << seed;
    }
  }
  EXPECT_GT(failed, 0U);
}

}  // namespace

}  // namespace flinch::scenarios
