#include "engine/master/resource_manager.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/events.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using namespace std::chrono_literals;

struct Listener final : TaskManagerListener {
  void OnTaskManagerRegistered(const std::string& name) override { heard.push_back("+" + name); }

  void OnTaskManagerLost(const std::string& name, const std::string& reason) override {
    heard.push_back("-" + name + " " + reason);
  }

  std::vector<std::string> heard;
};

RegisterTaskManager Registration(const std::string& name, uint32_t incarnation = 1,
                                 uint64_t session = 1, uint32_t slots = 2) {
  return {.name = name, .incarnation = incarnation, .session = session, .slots = slots};
}

// The manager in a process of its own; its TaskManagers are sockets that note the heartbeats.
class ResourceManagerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.Start("jm", [this](sim::Environment& environment) {
      MainThread main_thread(environment);
      auto rpc = RpcEndpoint::Open(environment, kJobManagerPort);
      ASSERT_TRUE(rpc);
      ResourceManager manager(
          environment, main_thread, **rpc,
          {.heartbeat = {.interval = 1s, .timeout = 5s}, .token = FencingToken(9)});
      manager.Listen(listener_);
      manager_ = &manager;
      main_thread_ = &main_thread;
      manager.Start();
      main_thread.Run();
    });
    bench_.Start("tm", [this](sim::Environment& environment) {
      auto rpc = RpcEndpoint::Open(environment, kTaskManagerPort);
      ASSERT_TRUE(rpc);
      (*rpc)->Serve(ServiceName(TaskExecutorMethod()), [this](const RpcRequest& request) {
        const sim::Result<Heartbeat> heartbeat = request.As<Heartbeat>();
        ASSERT_TRUE(heartbeat);
        EXPECT_EQ(heartbeat->token, FencingToken(9));
        sessions_.push_back(heartbeat->session);
        leaders_ = heartbeat->jobs;
      });
      environment.Sleep(10h);
    });
    bench_.RunFor(1ms);
  }

  sim::Address address() { return {bench_.Host("tm"), kTaskManagerPort}; }

  void Register(const RegisterTaskManager& request) {
    main_thread_->Post([this, request] { manager_->OnRegister(request, address()); });
    bench_.RunFor(sim::Duration(1));
  }

  void Beat(const std::string& name, uint64_t session = 1) {
    manager_->OnHeartbeatReply({.token = FencingToken(9), .name = name, .session = session});
  }

  Listener listener_;
  ResourceManager* manager_ = nullptr;
  MainThread* main_thread_ = nullptr;
  std::vector<uint64_t> sessions_;
  std::vector<JobLeader> leaders_;
  tests::Bench bench_;
};

TEST_F(ResourceManagerTest, KnowsWhoRegistered) {
  EXPECT_EQ(manager_->Find("tm-1"), nullptr);
  Register(Registration("tm-1"));
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1"));
  const ResourceManager::TaskManager* found = manager_->Find("tm-1");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->rpc, address());
  EXPECT_EQ(found->data, (sim::Address{address().host, kDataPort}));
  EXPECT_EQ(found->slots, 2U);
  EXPECT_THAT(bench_.Traced(events::kTaskManagerRegistered),
              ElementsAre("taskmanager.registered name=tm-1 incarnation=1"));
}

TEST_F(ResourceManagerTest, ARepeatedRegistrationChangesNothing) {
  Register(Registration("tm-1"));
  Register(Registration("tm-1"));
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1"));
}

TEST_F(ResourceManagerTest, ANewSessionLosesTheOldOne) {
  Register(Registration("tm-1", 1, 1));
  Register(Registration("tm-1", 1, 2));
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1", "-tm-1 started anew", "+tm-1"));
  EXPECT_EQ(manager_->Find("tm-1")->session, 2U);
}

TEST_F(ResourceManagerTest, ANewIncarnationLosesTheOldOneThoughItsSessionsStartAgain) {
  Register(Registration("tm-1", 1, 7));
  Register(Registration("tm-1", 2, 1));
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1", "-tm-1 started anew", "+tm-1"));
  EXPECT_EQ(manager_->Find("tm-1")->incarnation, 2U);
}

TEST_F(ResourceManagerTest, ARegistrationFromBeforeIsIgnored) {
  Register(Registration("tm-1", 2, 3));
  Register(Registration("tm-1", 1, 9));
  Register(Registration("tm-1", 2, 2));
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1"));
  EXPECT_EQ(manager_->Find("tm-1")->session, 3U);
}

TEST_F(ResourceManagerTest, SendsHeartbeatsToWhomItKnows) {
  bench_.RunFor(3s);
  EXPECT_THAT(sessions_, IsEmpty());
  Register(Registration("tm-1", 1, 4));
  bench_.RunFor(3s);
  EXPECT_THAT(sessions_, ElementsAre(4, 4, 4));
}

TEST_F(ResourceManagerTest, TellsWhoLeadsAJob) {
  Register(Registration("tm-1"));
  manager_->Announce({.job = JobId(5), .token = FencingToken(1)});
  manager_->Announce({.job = JobId(6), .token = FencingToken(2)});
  manager_->Announce({.job = JobId(5), .token = FencingToken(3)});
  bench_.RunFor(1100ms);
  const std::vector<JobLeader> expected = {{.job = JobId(6), .token = FencingToken(2)},
                                           {.job = JobId(5), .token = FencingToken(3)}};
  EXPECT_EQ(leaders_, expected);
  EXPECT_EQ(manager_->OnRegister(Registration("tm-1"), address()).jobs, expected);
}

TEST_F(ResourceManagerTest, LosesWhoIsSilentForTheTimeout) {
  Register(Registration("tm-1"));
  Register(Registration("tm-2"));
  for (int second = 0; second < 20; ++second) {
    bench_.RunFor(1s);
    Beat("tm-2");
    EXPECT_EQ(manager_->Find("tm-1") != nullptr, second < 5) << second;
  }
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1", "+tm-2", "-tm-1 heartbeat timeout"));
  Beat("tm-1");
  EXPECT_EQ(manager_->Find("tm-1"), nullptr) << "too late: it has to register anew";
  Register(Registration("tm-1", 1, 2));
  EXPECT_NE(manager_->Find("tm-1"), nullptr);
}

TEST_F(ResourceManagerTest, ARepeatedRegistrationIsASignOfLife) {
  for (int second = 0; second < 20; ++second) {
    Register(Registration("tm-1"));
    bench_.RunFor(1s);
  }
  EXPECT_THAT(listener_.heard, ElementsAre("+tm-1"));
}

TEST_F(ResourceManagerTest, ASignOfLifeOfAnotherSessionIsNone) {
  Register(Registration("tm-1", 1, 2));
  for (int second = 0; second < 6; ++second) {
    bench_.RunFor(1s);
    Beat("tm-1", 1);
    Beat("tm-1", 3);
    Beat("tm-9", 2);
  }
  EXPECT_EQ(manager_->Find("tm-1"), nullptr);
}

TEST_F(ResourceManagerTest, SlotsGoRoundTheTaskManagers) {
  EXPECT_THAT(manager_->Slots(), IsEmpty());
  Register(Registration("b", 1, 1, 1));
  Register(Registration("a", 1, 1, 3));
  Register(Registration("c", 1, 1, 2));
  EXPECT_THAT(manager_->Slots(), ElementsAre("a", "b", "c", "a", "c", "a"));
}

}  // namespace
}  // namespace flinch::engine
