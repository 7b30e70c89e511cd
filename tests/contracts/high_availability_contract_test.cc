#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/checkpoint/completed_checkpoint_store.h"
#include "engine/high_availability/coordination_services.h"
#include "engine/high_availability/leader_election.h"
#include "engine/high_availability/leader_retrieval.h"
#include "engine/outside/coordination_service.h"
#include "tests/contracts/contract.h"
#include "tests/contracts/coordinator.h"
#include "tests/support/bench.h"
#include "tests/support/frozen.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr sim::Duration kSession = 1s;

// A coordination service, and candidates that note what they are told.
class Cluster {
 public:
  Cluster() {
    service = bench.Start(std::string(kCoordinationHost), [](sim::Environment& environment) {
      RunCoordinationService(environment, {});
    });
  }

  // Leads whenever it may, until its session is over.
  sim::ProcessId AddContender(const std::string& name) {
    return bench.Start(name, [this](sim::Environment& environment) {
      CoordinationClient client(environment, {.ask_timeout = 200ms});
      LeaderElection election(environment, client, {.session_timeout = kSession});
      std::vector<Leadership> over;
      for (;;) {
        over.push_back(election.Campaign());
        granted.push_back(fmt::format("{} {}", environment.host_name(), over.back().term.value()));
        while (!over.back().session->is_over()) {
          environment.Sleep(50ms);
        }
        revoked.emplace_back(environment.host_name());
      }
    });
  }

  // A process that retrieves.
  void AddListener() {
    bench.Start("tm", [this](sim::Environment& environment) {
      CoordinationClient client(environment, {.ask_timeout = 200ms});
      MainThread main_thread(environment);
      const LeaderRetrieval retrieval(
          environment, client, main_thread, [this](const LeaderInformation& leader) {
            retrieved.push_back(fmt::format("{} {}", leader.host, leader.term.value()));
          });
      main_thread.Run();
    });
  }

  void CutService(bool cut) { bench.SetLinks("jm", std::string(kCoordinationHost), {.cut = cut}); }

  // Elected, runs `body` as the leader, and dies.
  void Lead(const std::function<void(sim::Environment&, CoordinationServices&)>& body) {
    bool done = false;
    const sim::ProcessId leader = bench.Start("jm", [&done, &body](sim::Environment& environment) {
      CoordinationClient client(environment, {.ask_timeout = 200ms});
      LeaderElection election(environment, client, {.session_timeout = kSession});
      const Leadership leadership = election.Campaign();
      CoordinationServices services(client, leadership, {});
      body(environment, services);
      done = true;
      environment.Sleep(1h);
    });
    ASSERT_TRUE(bench.RunUntil([&done] { return done; }));
    bench.world().Crash(leader);
    bench.RunFor(1ms);
  }

  tests::Bench bench;
  sim::ProcessId service;
  std::vector<std::string> granted;
  std::vector<std::string> revoked;
  std::vector<std::string> retrieved;
};

FLINK_CONTRACT(ZooKeeperLeaderElectionTest, testZooKeeperLeaderElectionRetrieval) {
  Cluster cluster;
  cluster.AddListener();
  cluster.AddContender("jm");
  cluster.bench.RunFor(2s);
  EXPECT_THAT(cluster.granted, ElementsAre("jm 1"));
  EXPECT_EQ(cluster.retrieved, cluster.granted);
}

FLINK_CONTRACT(ZooKeeperLeaderElectionTest, testZooKeeperReelection) {
  Cluster cluster;
  std::map<std::string, sim::ProcessId> contenders;
  for (int number = 0; number < 10; ++number) {
    const std::string name = fmt::format("jm-{}", number);
    contenders[name] = cluster.AddContender(name);
  }
  for (uint64_t term = 1; term <= 10; ++term) {
    cluster.bench.RunFor(3s);
    ASSERT_EQ(cluster.granted.size(), term);
    const std::string leader = cluster.granted.back().substr(0, cluster.granted.back().find(' '));
    EXPECT_EQ(cluster.granted.back(), fmt::format("{} {}", leader, term));
    ASSERT_EQ(contenders.count(leader), 1) << "each leads once";
    cluster.bench.world().Crash(contenders.at(leader));
    contenders.erase(leader);
  }
  EXPECT_THAT(contenders, IsEmpty());
}

FLINK_CONTRACT(ZooKeeperLeaderElectionTest, testZooKeeperReelectionWithReplacement) {
  Cluster cluster;
  std::map<std::string, sim::ProcessId> contenders;
  for (const char* const name : {"jm", "jm-2", "jm-3"}) {
    contenders[name] = cluster.AddContender(name);
  }
  std::set<std::string> leaders;
  for (uint64_t term = 1; term <= 12; ++term) {
    cluster.bench.RunFor(3s);
    ASSERT_EQ(cluster.granted.size(), term);
    const std::string leader = cluster.granted.back().substr(0, cluster.granted.back().find(' '));
    leaders.insert(leader);
    cluster.bench.world().Crash(contenders.at(leader));
    cluster.bench.world().Restart(contenders.at(leader));  // takes part again
  }
  EXPECT_GT(leaders.size(), 1);
}

FLINK_CONTRACT(ZooKeeperLeaderElectionConnectionHandlingTest,
               testKeepLeadershipOnSuspendedConnectionIfTolerateSuspendedConnectionsIsEnabled) {
  Cluster cluster;
  cluster.AddContender("jm");
  cluster.bench.RunFor(2s);
  cluster.CutService(true);
  cluster.bench.RunFor(kSession / 2);
  cluster.CutService(false);
  cluster.bench.RunFor(5s);
  EXPECT_THAT(cluster.granted, ElementsAre("jm 1"));
  EXPECT_THAT(cluster.revoked, IsEmpty());
}

FLINK_CONTRACT(ZooKeeperLeaderElectionConnectionHandlingTest,
               testLoseLeadershipOnLostConnectionIfTolerateSuspendedConnectionsIsEnabled) {
  Cluster cluster;
  cluster.AddContender("jm");
  cluster.bench.RunFor(2s);
  cluster.bench.world().Crash(cluster.service);
  cluster.bench.RunFor(3 * kSession);
  EXPECT_THAT(cluster.revoked, ElementsAre("jm"));
}

FLINK_CONTRACT(ZooKeeperLeaderElectionConnectionHandlingTest,
               testNewLeaderAfterReconnectTriggersListenerNotification) {
  Cluster cluster;
  cluster.AddListener();
  const sim::ProcessId first = cluster.AddContender("jm");
  cluster.bench.RunFor(2s);
  cluster.bench.SetLinks("tm", std::string(kCoordinationHost), {.cut = true});
  cluster.bench.world().Crash(first);
  cluster.AddContender("jm-2");
  cluster.bench.RunFor(5s);
  EXPECT_THAT(cluster.retrieved, ElementsAre("jm 1"));
  cluster.bench.SetLinks("tm", std::string(kCoordinationHost), {.cut = false});
  cluster.bench.RunFor(5s);
  EXPECT_THAT(cluster.retrieved, ElementsAre("jm 1", "jm-2 2"));
}

FLINK_CONTRACT(ZooKeeperCheckpointIDCounterITCase, testSuspendKeepsState) {
  Cluster cluster;
  for (uint64_t master = 0; master < 3; ++master) {
    cluster.Lead([master](sim::Environment&, CoordinationServices& services) {
      const std::unique_ptr<IdCounter> ids = services.CheckpointIds("job");
      ASSERT_TRUE(ids->Recover());
      EXPECT_EQ(ids->last(), 2 * master);
      EXPECT_EQ(ids->Next().value_or(0), 2 * master + 1);
      EXPECT_EQ(ids->Next().value_or(0), 2 * master + 2);
    });
  }
}

FLINK_CONTRACT(ZooKeeperCheckpointIDCounterITCase, testConcurrentGetAndIncrement) {
  Cluster cluster;
  cluster.Lead([](sim::Environment&, CoordinationServices& services) {
    const std::unique_ptr<IdCounter> one = services.CheckpointIds("job");
    const std::unique_ptr<IdCounter> other = services.CheckpointIds("job");
    std::vector<uint64_t> given;
    for (int turn = 0; turn < 20; ++turn) {
      IdCounter& asked = turn % 3 == 0 ? *one : *other;
      sim::Result<uint64_t> id = asked.Next();
      while (!id) {  // the other one was faster
        id = asked.Next();
      }
      given.push_back(*id);
    }
    EXPECT_TRUE(std::ranges::is_sorted(given));
    EXPECT_EQ(std::ranges::adjacent_find(given), given.end()) << "none comes twice";
  });
}

CompletedCheckpoint MakeStored(sim::Environment& environment, uint64_t id) {
  TaskSnapshot snapshot;
  snapshot["source"].state["id"] = {std::to_string(id)};
  const sim::Result<SnapshotHandle> handle =
      tests::WriteFrozen(environment.shared(), CheckpointId(id), kSource, snapshot);
  sim::Check(handle.has_value(), "the snapshot of checkpoint {} was not written", id);
  return {.id = CheckpointId(id), .is_final = false, .snapshots = {*handle}};
}

FLINK_CONTRACT(ZooKeeperCompletedCheckpointStoreITCase, testRecover) {
  Cluster cluster;
  cluster.Lead([](sim::Environment& environment, CoordinationServices& services) {
    CompletedCheckpointStore store(environment, "job", 3, services.CompletedCheckpoints("job"));
    for (const uint64_t id : {3U, 5U, 9U, 11U}) {
      ASSERT_TRUE(store.Add(MakeStored(environment, id)));
      store.Subsume();
    }
  });
  cluster.Lead([](sim::Environment& environment, CoordinationServices& services) {
    CompletedCheckpointStore store(environment, "job", 3, services.CompletedCheckpoints("job"));
    ASSERT_TRUE(store.Recover());
    std::vector<uint64_t> ids;
    for (const CompletedCheckpoint& checkpoint : store.checkpoints()) {
      ids.push_back(checkpoint.id.value());
      EXPECT_TRUE(ReadSnapshot(environment.shared(), checkpoint.snapshots.at(0)));
    }
    EXPECT_THAT(ids, ElementsAre(5, 9, 11));
  });
}

FLINK_CONTRACT(ZooKeeperCompletedCheckpointStoreITCase, testSuspendKeepsCheckpoints) {
  Cluster cluster;
  cluster.Lead([](sim::Environment& environment, CoordinationServices& services) {
    CompletedCheckpointStore store(environment, "job", 1, services.CompletedCheckpoints("job"));
    ASSERT_TRUE(store.Add(MakeStored(environment, 4)));
  });
  cluster.bench.RunFor(10s);
  cluster.Lead([](sim::Environment& environment, CoordinationServices& services) {
    CompletedCheckpointStore store(environment, "job", 1, services.CompletedCheckpoints("job"));
    ASSERT_TRUE(store.Recover());
    ASSERT_NE(store.latest(), nullptr) << "a leadership that ends takes nothing with it";
    EXPECT_EQ(store.latest()->id, CheckpointId(4));
  });
}

FLINK_CONTRACT(JobResultStoreContractTest, testHasJobResultEntryWithDirtyEntry) {
  Cluster cluster;
  cluster.Lead([](sim::Environment&, CoordinationServices& services) {
    const std::unique_ptr<JobResultStore> results = services.JobResults("job");
    EXPECT_EQ(results->Find().value_or("?"), std::nullopt);
    ASSERT_TRUE(results->Write("FINISHED"));
  });
  cluster.Lead([](sim::Environment&, CoordinationServices& services) {
    EXPECT_EQ(services.JobResults("job")->Find().value_or(""), "FINISHED");
    EXPECT_EQ(services.JobResults("other")->Find().value_or("?"), std::nullopt);
  });
}

}  // namespace
}  // namespace flinch::engine
