#include <functional>

#include <gmock/gmock.h>

#include "tests/contracts/contract.h"
#include "tests/contracts/coordinator.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Aborted = Coordinator::Aborted;
using Kind = CoordinatorTimer::Kind;

CheckpointOptions Tolerating(uint32_t failures, uint32_t concurrent = 1) {
  return {.interval = 1s,
          .timeout = 1h,
          .max_concurrent = concurrent,
          .tolerable_failures = failures,
          .retained = 1};
}

FLINK_CONTRACT(CheckpointCoordinatorTriggeringTest, testPeriodicTriggering) {
  Coordinator coordinator(Tolerating(0));
  coordinator.Start();
  for (uint64_t id = 1; id <= 5; ++id) {
    ASSERT_THAT(coordinator.triggered(), SizeIs(id));
    EXPECT_EQ(coordinator.triggered().back(), id);
    coordinator.AcknowledgeAll(id);
    coordinator.Pass(1s);
  }
  coordinator.Stop();
  coordinator.Pass(5s);
  EXPECT_THAT(coordinator.triggered(), SizeIs(6)) << "none after the stop";
  coordinator.Start();
  coordinator.AcknowledgeAll(7);
  coordinator.Pass(1s);
  EXPECT_THAT(coordinator.triggered(), SizeIs(8));
  EXPECT_EQ(coordinator.triggered().back(), 8U) << "ids go on";
}

FLINK_CONTRACT(CheckpointCoordinatorTriggeringTest, testStopPeriodicScheduler) {
  Coordinator coordinator(Tolerating(0));
  coordinator.Start();
  coordinator.Stop();
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "JOB_FAILOVER"}));
  EXPECT_THAT(coordinator.job_failures(), IsEmpty());
  EXPECT_FALSE(coordinator.HasTimer(Kind::kInterval));
  EXPECT_FALSE(coordinator.HasTimer(Kind::kExpiry, 1));
  coordinator.Pass(10s);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
}

FLINK_CONTRACT(CheckpointCoordinatorTriggeringTest,
               testTriggerCheckpointBeforePreviousOneCompleted) {
  Coordinator coordinator(Tolerating(0, 2));
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.Pass(1s);
  EXPECT_EQ(coordinator.ids_asked(), 1U) << "one trigger at a time";
  coordinator.AnswerId();
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
  ASSERT_EQ(coordinator.ids_asked(), 1U) << "and then the one that waited";
  coordinator.AnswerId();
  EXPECT_THAT(coordinator.pending(), ElementsAre(1, 2));
}

FLINK_CONTRACT(CheckpointCoordinatorTriggeringTest, testTriggerCheckpointRequestQueuedWithFailure) {
  Coordinator coordinator(Tolerating(5));
  coordinator.HoldIds();
  coordinator.Start();
  coordinator.Pass(1s);
  coordinator.AnswerId(false);
  EXPECT_THAT(coordinator.aborted(), ElementsAre(Aborted{1, "IO_EXCEPTION"}));
  ASSERT_EQ(coordinator.ids_asked(), 1U);
  coordinator.AnswerId();
  EXPECT_THAT(coordinator.triggered(), ElementsAre(2));
}

FLINK_CONTRACT(CheckpointCoordinatorTriggeringTest, testMinTimeBetweenCheckpointsInterval) {
  CheckpointOptions options = Tolerating(0);
  options.interval = 10ms;
  options.min_pause = 50ms;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Pass(20ms);
  coordinator.AcknowledgeAll(1);
  coordinator.Pass(49ms);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1));
  coordinator.Pass(1ms);
  EXPECT_THAT(coordinator.triggered(), ElementsAre(1, 2)) << "counted from the completion";
}

FLINK_CONTRACT(CheckpointFailureManagerTest, testIgnoresPastCheckpoints) {
  Coordinator coordinator(Tolerating(0, 2));
  coordinator.Start();
  coordinator.Pass(1s);
  coordinator.AcknowledgeAll(2);
  coordinator.Decline(1);
  coordinator.Decline(2);
  EXPECT_THAT(coordinator.job_failures(), IsEmpty());
}

FLINK_CONTRACT(CheckpointFailureManagerTest, testContinuousFailure) {
  Coordinator coordinator(Tolerating(2));
  coordinator.Start();
  coordinator.Decline(1);
  coordinator.Pass(1s);
  coordinator.Decline(2);
  coordinator.Pass(1s);
  coordinator.FailTrigger(3);
  EXPECT_THAT(coordinator.job_failures(), IsEmpty()) << "such a reason does not count";
  coordinator.Pass(1s);
  coordinator.Decline(4);
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1));
}

FLINK_CONTRACT(CheckpointFailureManagerTest, testBreakContinuousFailure) {
  Coordinator coordinator(Tolerating(2));
  coordinator.Start();
  uint64_t id = 1;
  const auto decline = [&] {
    coordinator.Decline(id++);
    coordinator.Pass(1s);
  };
  decline();
  decline();
  coordinator.AcknowledgeAll(id++);
  coordinator.Pass(1s);
  decline();
  decline();
  EXPECT_THAT(coordinator.job_failures(), IsEmpty()) << "counted anew since the success";
  decline();
  EXPECT_THAT(coordinator.job_failures(), SizeIs(1));
}

// Whether one failure of this kind fails a job that tolerates none.
bool FailsJob(const std::function<void(Coordinator&)>& fail) {
  CheckpointOptions options = Tolerating(0, 2);
  options.timeout = 10s;
  Coordinator coordinator(options);
  coordinator.Start();
  coordinator.Pass(1s);
  fail(coordinator);
  EXPECT_THAT(coordinator.aborted(), ::testing::Not(IsEmpty()));
  return !coordinator.job_failures().empty();
}

FLINK_CONTRACT(CheckpointFailureManagerTest, testTotalCountValue) {
  EXPECT_TRUE(FailsJob([](Coordinator& each) { each.Decline(1); }));
  EXPECT_TRUE(FailsJob([](Coordinator& each) { each.Pass(10s); })) << "expired";
  EXPECT_TRUE(FailsJob([](Coordinator& each) {
    each.HoldIds();
    each.AcknowledgeAll(1);
    each.Pass(1s);
    each.AnswerId(false);
  }));
  EXPECT_FALSE(FailsJob([](Coordinator& each) { each.FailTrigger(1); }));
  EXPECT_FALSE(FailsJob([](Coordinator& each) { each.AcknowledgeAll(2); })) << "subsumed";
  EXPECT_FALSE(FailsJob([](Coordinator& each) { each.Stop(); }));
}

FLINK_CONTRACT(CheckpointFailureManagerTest, testIgnoreOneCheckpointRepeatedlyCountMultiTimes) {
  Coordinator coordinator(Tolerating(1));
  coordinator.Start();
  for (int time = 0; time < 5; ++time) {
    coordinator.Decline(1);
  }
  EXPECT_THAT(coordinator.aborted(), SizeIs(1));
  EXPECT_THAT(coordinator.job_failures(), IsEmpty());
}

}  // namespace
}  // namespace flinch::engine
