#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/master/resource_manager.h"
#include "tests/contracts/contract.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr FencingToken kToken{9};

// A ResourceManager that asks each second and takes who is silent for five seconds for lost, and
// a host that counts what it is asked.
class Heartbeats : private TaskManagerListener {
 public:
  Heartbeats() {
    bench_.Start("jm", [this](sim::Environment& environment) {
      MainThread main_thread(environment);
      auto rpc = RpcEndpoint::Open(environment, kJobManagerPort);
      ASSERT_TRUE(rpc);
      ResourceManager manager(environment, main_thread, **rpc,
                              {.heartbeat = {.interval = 1s, .timeout = 5s}, .token = kToken});
      manager.Listen(*this);
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
        asked_.push_back(heartbeat->session);
      });
      environment.Sleep(10h);
    });
    bench_.RunFor(1ms);
  }

  void Register(const std::string& name, uint64_t session = 1) {
    main_thread_->Post([this, name, session] {
      manager_->OnRegister({.name = name, .incarnation = 1, .session = session, .slots = 1},
                           {bench_.Host("tm"), kTaskManagerPort});
    });
    bench_.RunFor(sim::Duration(1));
  }

  void Answer(const std::string& name) {
    manager_->OnHeartbeatReply({.token = kToken, .name = name, .session = 1});
  }

  void Pass(Duration span) { bench_.RunFor(span); }

  // Seconds since `name` was heard; none for one that is not known.
  std::vector<Duration> SinceHeard(const std::string& name) {
    const ResourceManager::TaskManager* const found = manager_->Find(name);
    return found == nullptr ? std::vector<Duration>()
                            : std::vector{bench_.world().Now() - found->last_heard};
  }

  const std::vector<uint64_t>& asked() const { return asked_; }

  const std::vector<std::string>& lost() const { return lost_; }

  std::vector<std::string> slots() const { return manager_->Slots(); }

 private:
  void OnTaskManagerRegistered(const std::string&) override {}

  void OnTaskManagerLost(const std::string& name, const std::string&) override {
    lost_.push_back(name);
  }

  tests::Bench bench_;
  ResourceManager* manager_ = nullptr;
  MainThread* main_thread_ = nullptr;
  std::vector<uint64_t> asked_;
  std::vector<std::string> lost_;
};

FLINK_CONTRACT(HeartbeatManagerTest, testRegularHeartbeat) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1", 7);
  heartbeats.Pass(3s);
  EXPECT_THAT(heartbeats.asked(), ElementsAre(7, 7, 7)) << "once a second";
}

FLINK_CONTRACT(HeartbeatManagerTest, testHeartbeatMonitorUpdate) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1");
  heartbeats.Pass(4s);
  heartbeats.Answer("tm-1");
  heartbeats.Pass(4s);
  EXPECT_THAT(heartbeats.lost(), IsEmpty()) << "each answer makes the time-out begin anew";
  heartbeats.Pass(2s);
  EXPECT_THAT(heartbeats.lost(), ElementsAre("tm-1"));
}

FLINK_CONTRACT(HeartbeatManagerTest, testHeartbeatTimeout) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1");
  heartbeats.Register("tm-2");
  for (int second = 0; second < 20; ++second) {
    heartbeats.Pass(1s);
    heartbeats.Answer("tm-1");
  }
  EXPECT_THAT(heartbeats.lost(), ElementsAre("tm-2")) << "once, and who answers never";
}

FLINK_CONTRACT(HeartbeatManagerTest, testTargetUnmonitoring) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1", 1);
  heartbeats.Register("tm-1", 2);
  EXPECT_THAT(heartbeats.lost(), ElementsAre("tm-1")) << "it has started anew";
  heartbeats.Pass(4s);
  EXPECT_THAT(heartbeats.lost(), SizeIs(1)) << "nobody waits for the one before";
}

FLINK_CONTRACT(HeartbeatManagerTest, testLastHeartbeatFromUnregisteredTarget) {
  Heartbeats heartbeats;
  heartbeats.Answer("tm-1");
  EXPECT_THAT(heartbeats.SinceHeard("tm-1"), IsEmpty()) << "an answer is no registration";
}

FLINK_CONTRACT(HeartbeatManagerTest, testLastHeartbeatFrom) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1");
  heartbeats.Pass(3s);
  ASSERT_THAT(heartbeats.SinceHeard("tm-1"), SizeIs(1));
  EXPECT_GE(heartbeats.SinceHeard("tm-1").front(), 3s) << "since its registration";
  heartbeats.Answer("tm-1");
  EXPECT_EQ(heartbeats.SinceHeard("tm-1").front(), 0s);
}

FLINK_CONTRACT(JobMasterTest, testHeartbeatTimeoutWithTaskManager) {
  Heartbeats heartbeats;
  heartbeats.Register("tm-1");
  EXPECT_THAT(heartbeats.slots(), ElementsAre("tm-1"));
  heartbeats.Pass(7s);
  EXPECT_THAT(heartbeats.lost(), ElementsAre("tm-1"));
  EXPECT_THAT(heartbeats.slots(), IsEmpty()) << "its slots are gone with it";
}

}  // namespace
}  // namespace flinch::engine
