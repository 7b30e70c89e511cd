#include "scenarios/stage/outside_view.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/connectors/log_source.h"
#include "engine/functions.h"
#include "engine/runtime/timer_service.h"
#include "engine/state/key_groups.h"
#include "engine/state/keyed_state_backend.h"
#include "scenarios/files/registry.h"
#include "tests/support/frozen.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr engine::EventTime kStart{20};
constexpr engine::EventTime kEnd{30};

// One position and one window with 3 in it.
engine::TaskSnapshot OneOfEach() {
  engine::TaskSnapshot snapshot;
  snapshot["source"].state[std::string(engine::kSourceOffsetsState)] = {
      engine::Encode(engine::SourceOffset{.partition = 2, .next_offset = 5})};
  engine::KeyedStateBackend backend({.first = engine::KeyGroup(0), .last = engine::KeyGroup(127)},
                                    128);
  backend.SetCurrentKey(engine::Encode(std::string("/a")), engine::JavaHash("/a"));
  const engine::TimeWindow window{.start = kStart, .end = kEnd};
  (*backend.Register<engine::TimeWindow, int64_t>(engine::StateKind::kAggregating, "window"))
      ->Mutable(window)
      .value = 3;
  engine::TimerService<engine::TimeWindow> timers("window");
  sim::Check(timers.Open(backend).has_value(), "there are no timers");
  timers.Register(engine::EventTime(29), window);
  snapshot["window"].keyed = backend.Snapshot();
  return snapshot;
}

class OutsideViewTest : public ::testing::Test {
 protected:
  // A world whose JobManager has stored checkpoint 4 and then did `after`.
  void Store(std::function<void(sim::Environment&, const engine::SnapshotHandle&)> after) {
    world_.AddProcess(world_.AddHost("jm"), "jm", [after](sim::Environment& environment) {
      const engine::CheckpointId id(4);
      const auto handle =
          tests::WriteFrozen(environment.shared(), id, {}, OneOfEach(), "url_clicks");
      ASSERT_TRUE(handle);
      engine::CompletedCheckpointStore store(environment, "url_clicks", 1, engine::Defects());
      ASSERT_TRUE(store.Add({.id = id, .is_final = false, .snapshots = {*handle}}));
      after(environment, *handle);
    });
    world_.Run([] { return false; });
  }

  sim::World world_{{.seed = 1}};
  const Scenario& scenario_ = *FindLibraryScenario("url_clicks");
  OutsideView view_{world_, scenario_, *FindJob("url_clicks")};
};

TEST_F(OutsideViewTest, DecodesWhatACheckpointHolds) {
  Store([](sim::Environment&, const engine::SnapshotHandle&) {});
  EXPECT_THAT(view_.Retained(), ElementsAre(4));
  EXPECT_THAT(view_.WithFiles(), ElementsAre(4));
  EXPECT_THAT(view_.CheckFiles(4), IsEmpty());
  const CheckpointView view = view_.ReadCheckpoint(4);
  EXPECT_THAT(view.troubles, IsEmpty());
  EXPECT_THAT(view.positions, ElementsAre(CheckpointView::Position{.partition = 2, .next = 5}));
  ASSERT_THAT(view.entries, SizeIs(1));
  EXPECT_EQ(view.entries[0].place, (StatePlace{.key = "/a", .slot = 20}));
  EXPECT_EQ(view.entries[0].count, 3);
  EXPECT_THAT(view.timers, ElementsAre(StatePlace{.key = "/a", .slot = 20}));
}

TEST_F(OutsideViewTest, TellsOfAFileThatIsGone) {
  Store([](sim::Environment& environment, const engine::SnapshotHandle& handle) {
    ASSERT_TRUE(environment.shared().Remove(handle.path));
  });
  EXPECT_THAT(view_.CheckFiles(4), ElementsAre(HasSubstr("does not exist")));
  EXPECT_THAT(view_.ReadCheckpoint(4).troubles, SizeIs(1));
}

TEST_F(OutsideViewTest, TellsOfAFileThatIsCutOrDamaged) {
  Store([](sim::Environment& environment, const engine::SnapshotHandle& handle) {
    ASSERT_TRUE(sim::WriteDurably(environment.shared(), handle.path, "short"));
  });
  EXPECT_THAT(view_.CheckFiles(4), ElementsAre(HasSubstr("has 5 bytes instead of")));
}

TEST_F(OutsideViewTest, TellsOfADamagedFileOfTheRightSize) {
  Store([](sim::Environment& environment, const engine::SnapshotHandle& handle) {
    ASSERT_TRUE(
        sim::WriteDurably(environment.shared(), handle.path, std::string(handle.size, 'x')));
  });
  EXPECT_THAT(view_.CheckFiles(4), ElementsAre(HasSubstr("is damaged")));
}

TEST_F(OutsideViewTest, ACheckpointThatIsNotThereHasNoMetadata) {
  EXPECT_THAT(view_.Retained(), IsEmpty());
  EXPECT_THAT(view_.CheckFiles(9), ElementsAre(HasSubstr("chk-9/_metadata does not exist")));
}

TEST(DescribeSubjectTest, PatienceIsNeverShorterThanAnOption) {
  const Workload workload;
  const JobCase& job = *FindJob("url_clicks");
  // A year is the longest that an option may say.
  for (const sim::Duration interval :
       {sim::Duration(10ms), sim::Duration(1h), sim::Duration(8760h)}) {
    Scenario scenario = *FindLibraryScenario("url_clicks");
    scenario.options.checkpoint.interval = interval;
    scenario.options.checkpoint.timeout = interval;
    EXPECT_GE(DescribeSubject(scenario, workload, job, nullptr).patience, interval);
  }
}

TEST(DescribeSubjectTest, TellsWhatEachRowAddsTo) {
  const Scenario* scenario = FindLibraryScenario("url_clicks");
  const sim::Result<Workload> workload = LoadWorkload(*scenario, 7, std::nullopt);
  ASSERT_TRUE(workload);
  const JobCase& job = *FindJob("url_clicks");
  sim::World world({.seed = 1});
  const OutsideView outside(world, *scenario, job);
  const Subject subject = DescribeSubject(*scenario, *workload, job, &outside);
  ASSERT_EQ(subject.rows.rows().size(), workload->rows.size());
  const auto additions = subject.rows.AdditionsOf(subject.rows.rows()[0]);
  ASSERT_THAT(additions, SizeIs(1));
  EXPECT_EQ(subject.rows.places().at(additions[0].place).key, workload->rows[0].key);
  EXPECT_EQ(subject.state_operator, "window");
  EXPECT_GT(subject.patience, scenario->options.checkpoint.timeout);
  // Nobody could compare it with anything.
  EXPECT_THAT(DescribeSubject(*scenario, *workload, job, nullptr).rows.rows(), IsEmpty());
}

}  // namespace

}  // namespace flinch::scenarios
