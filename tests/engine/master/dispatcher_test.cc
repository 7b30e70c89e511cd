#include "engine/master/dispatcher.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/number_job.h"

namespace flinch::engine {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using namespace std::chrono_literals;

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest()
      : cluster_({}, [this](StreamExecutionEnvironment& job) {
          job.FromSource<int64_t>("source", NumberSource::Make(1'000))
              .SinkTo("sink", NumberSink::Make(received_));
        }) {}

  sim::Result<ListJobs::Reply> Ask() {
    sim::Result<ListJobs::Reply> reply;
    cluster_.bench().Run("client", [&](sim::Environment& environment) {
      const auto rpc = RpcEndpoint::Open(environment, 0);
      const auto at = environment.network().Resolve("jm", kJobManagerPort);
      reply = (*rpc)->Call(*at, ListJobs(), 1s);
    });
    return reply;
  }

  std::vector<Received> received_;
  NumberCluster cluster_;
};

TEST_F(DispatcherTest, TellsOfItsJobFromItsStartToItsEnd) {
  cluster_.bench().RunFor(400ms);
  const sim::Result<ListJobs::Reply> running = Ask();
  ASSERT_TRUE(running);
  ASSERT_THAT(*running, SizeIs(1));
  EXPECT_EQ(running->front().id, JobIdOf(running->front().name));
  EXPECT_EQ(running->front().status, JobStatus::kRunning);
  cluster_.RunToEnd(60s);
  EXPECT_EQ(Ask()->front().status, JobStatus::kFinished);
}

TEST_F(DispatcherTest, ServesNobodyBeforeThePastWasRead) {
  cluster_.bench().world().SetSharedVolume({.outage = sim::Outage::kRefuses});
  cluster_.bench().RunFor(2s);
  EXPECT_EQ(Ask().error().code, sim::ErrorCode::kUnavailable);
  EXPECT_THAT(cluster_.bench().Events(events::kTaskManagerRegistered), IsEmpty());
  cluster_.bench().world().SetSharedVolume({});
  cluster_.RunToEnd(60s);
  EXPECT_EQ(cluster_.job_status(), "FINISHED");
}

}  // namespace
}  // namespace flinch::engine
