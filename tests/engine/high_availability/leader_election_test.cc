#include "engine/high_availability/leader_election.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/high_availability/coordination_services.h"
#include "engine/high_availability/leader_retrieval.h"
#include "engine/outside/coordination_service.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What follows in the table, input by input.
std::string Follow(const std::vector<ElectionInput>& inputs) {
  auto phase = ElectionPhase::kNoSession;
  std::string text;
  for (const ElectionInput input : inputs) {
    const auto& row = Step(kElectionTransitions, phase, input);
    text += fmt::format("{}: {} -> {}\n", Name(input), Name(row.action), Name(row.to));
    phase = row.to;
  }
  return text;
}

TEST(ElectionTableTest, ACandidateThatIsFirstLeadsUntilItsSessionEnds) {
  using enum ElectionInput;
  EXPECT_EQ(Follow({kSessionOpened, kNobodyLeads, kWeLead, kSessionEnded, kSessionOpened}),
            "session opened: look -> looking\n"
            "nobody leads: contend -> contending\n"
            "we lead: lead -> leading\n"
            "session ended: step down -> sessionless\n"
            "session opened: look -> looking\n");
}

TEST(ElectionTableTest, WhoeverDoesNotKnowWhatBecameOfItsWriteLooksAgain) {
  using enum ElectionInput;
  EXPECT_EQ(Follow({kSessionOpened, kNobodyLeads, kUnknown, kWeLead}),
            "session opened: look -> looking\n"
            "nobody leads: contend -> contending\n"
            "unknown: look -> looking\n"
            "we lead: lead -> leading\n");
}

TEST(ElectionTableTest, AStandbyWatchesUntilSomethingHasChanged) {
  using enum ElectionInput;
  EXPECT_EQ(Follow({kSessionOpened, kAnotherLeads, kUnknown, kChanged, kNobodyLeads, kUnknown,
                    kAnotherLeads, kSessionEnded}),
            "session opened: look -> looking\n"
            "another leads: watch -> standby\n"
            "unknown: watch -> standby\n"
            "changed: look -> looking\n"
            "nobody leads: contend -> contending\n"
            "unknown: look -> looking\n"
            "another leads: watch -> standby\n"
            "session ended: open a session -> sessionless\n");
}

// Candidates that lead for as long as they may, and note it.
class Election {
 public:
  explicit Election(uint64_t seed = 1) : bench(seed) {
    service = bench.Start(std::string(kCoordinationHost), [](sim::Environment& environment) {
      RunCoordinationService(environment, {});
    });
  }

  sim::ProcessId AddCandidate(const std::string& name) {
    return bench.Start(name, [this](sim::Environment& environment) {
      CoordinationClient client(environment, {.ask_timeout = 200ms});
      LeaderElection election(environment, client, {.session_timeout = 1s});
      std::vector<Leadership> over;
      for (;;) {
        over.push_back(election.Campaign());
        Lead(environment, client, over.back());
      }
    });
  }

  // Until its session is over, writing all the time.
  void Lead(sim::Environment& environment, CoordinationClient& client,
            const Leadership& leadership) {
    const std::string name(environment.process_name());
    story.push_back(fmt::format("{} leads in term {}", name, leadership.term.value()));
    CoordinationServices services(client, leadership, {});
    const std::unique_ptr<IdCounter> ids = services.CheckpointIds("job");
    (void)ids->Recover();
    while (!leadership.session->is_over()) {
      if (const sim::Result<uint64_t> id = ids->Next()) {
        given.push_back(*id);
      }
      environment.Sleep(100ms);
    }
    story.push_back(name + " steps down: " + leadership.session->reason());
  }

  tests::Bench bench;
  sim::ProcessId service;
  std::vector<std::string> story;
  std::vector<uint64_t> given;
};

TEST(LeaderElectionTest, OneLeadsAndAnotherTakesOverWhenItDies) {
  Election election;
  const sim::ProcessId first = election.AddCandidate("jm");
  election.bench.RunFor(1s);
  election.AddCandidate("jm-2");
  election.bench.RunFor(5s);
  EXPECT_THAT(election.story, ElementsAre("jm leads in term 1"));
  election.bench.world().Crash(first);
  election.bench.RunFor(5s);
  EXPECT_THAT(election.story, ElementsAre("jm leads in term 1", "jm-2 leads in term 2"));
}

TEST(LeaderElectionTest, AZombieStepsDownAndItsWritesAreRefused) {
  Election election;
  const sim::ProcessId first = election.AddCandidate("jm");
  election.bench.RunFor(1s);
  election.AddCandidate("jm-2");
  election.bench.RunFor(1s);
  election.bench.world().Pause(first, sim::PausedTimers::kRunning);
  election.bench.RunFor(5s);
  election.bench.world().Resume(first);
  election.bench.RunFor(5s);
  EXPECT_THAT(election.story,
              ElementsAre("jm leads in term 1", "jm-2 leads in term 2",
                          "jm steps down: the coordination service was silent for 1s"));
  std::vector<uint64_t> sorted = election.given;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, election.given) << "ids only grow, over both";
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << "and none comes twice";
}

TEST(LeaderElectionTest, WhoeverLeadsGoesOnWhenTheServiceIsAwayForLessThanASession) {
  Election election;
  election.AddCandidate("jm");
  election.AddCandidate("jm-2");
  election.bench.RunFor(2s);
  const std::vector<std::string> story = election.story;
  for (int times = 0; times < 3; ++times) {
    election.bench.world().Crash(election.service);
    election.bench.RunFor(300ms);
    election.bench.world().Restart(election.service);
    election.bench.RunFor(2s);
  }
  EXPECT_EQ(election.story, story);
}

// Whatever is lost, late or doubled.
TEST(LeaderElectionTest, TermsAndIdsGrowOverBadLinks) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Election election(seed);
    std::vector<sim::ProcessId> candidates;
    for (const char* const name : {"jm", "jm-2", "jm-3"}) {
      candidates.push_back(election.AddCandidate(name));
      election.bench.SetLinks(name, std::string(kCoordinationHost),
                              {.loss = sim::Percent(30), .duplicate = sim::Percent(30)});
    }
    for (size_t turn = 0; turn < 12; ++turn) {
      election.bench.RunFor(700ms);
      const sim::ProcessId process = candidates[turn % candidates.size()];
      election.bench.world().Pause(process, sim::PausedTimers::kRunning);
      election.bench.RunFor(1500ms);
      election.bench.world().Resume(process);
    }
    std::vector<uint64_t> sorted = election.given;
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, election.given) << "seed " << seed;
    EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << "seed " << seed;
    EXPECT_GT(sorted.size(), 10) << "seed " << seed;
  }
}

TEST(LeaderRetrievalTest, TellsOfEachLeader) {
  Election election;
  std::vector<std::string> told;
  election.bench.Start("tm", [&](sim::Environment& environment) {
    CoordinationClient client(environment, {.ask_timeout = 200ms});
    MainThread main_thread(environment);
    const LeaderRetrieval retrieval(
        environment, client, main_thread, [&told](const LeaderInformation& leader) {
          told.push_back(fmt::format("{} in term {}", leader.host, leader.term.value()));
        });
    main_thread.Run();
  });
  election.bench.RunFor(1s);
  EXPECT_THAT(told, IsEmpty());
  const sim::ProcessId first = election.AddCandidate("jm");
  election.bench.RunFor(1s);
  election.AddCandidate("jm-2");
  election.bench.world().Crash(first);
  election.bench.RunFor(4s);
  EXPECT_THAT(told, ElementsAre("jm in term 1", "jm-2 in term 2"));
}

}  // namespace
}  // namespace flinch::engine
