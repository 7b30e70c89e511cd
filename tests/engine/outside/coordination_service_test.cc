#include "engine/outside/coordination_service.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/high_availability/coordination_client.h"
#include "engine/outside/coordination_journal.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

sim::ProcessId StartService(tests::Bench& bench) {
  return bench.Start(std::string(kCoordinationHost), [](sim::Environment& environment) {
    RunCoordinationService(environment, {});
  });
}

NodeWrite Put(std::string path, Bytes data) {
  return {.change = NodeChange::kPut, .path = std::move(path), .data = std::move(data)};
}

// A session that is opened.
struct Client {
  explicit Client(sim::Environment& environment, std::string name, sim::Duration timeout = 1s)
      : client(environment, {.ask_timeout = 200ms}),
        session(environment, client, {.name = std::move(name), .timeout = timeout}) {
    session.Open();
  }

  // Before it goes.
  void Close(sim::Environment& environment) {
    session.End("the test is over");
    while (session.works()) {
      environment.Sleep(10ms);
    }
  }

  CoordinationClient client;
  CoordinationSession session;
};

TEST(CoordinationServiceTest, KeepsWhatItAcknowledgedThroughItsCrashesAndALossyLink) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    tests::Bench bench(seed);
    const sim::ProcessId service = StartService(bench);
    bench.SetLinks("jm", std::string(kCoordinationHost),
                   {.cut = false, .loss = sim::Percent(10), .delay = 0ms});
    for (int crash = 1; crash < 5; ++crash) {
      bench.CrashAt(sim::SimTime(crash * 300ms), service, 100ms);
    }
    ASSERT_TRUE(bench.Run("jm",
                          [](sim::Environment& environment) {
                            Client client(environment, "jm", 1min);
                            uint64_t last = 0;
                            for (uint64_t i = 1; i <= 30; ++i) {
                              sim::Result<CommitRequest::Reply> reply;
                              do {  // an outcome that nobody knows is no outcome
                                reply = client.session.Commit({}, {Put("/x", std::to_string(i))});
                                environment.Sleep(20ms);
                              } while (!reply);
                              EXPECT_TRUE(reply->applied);
                              EXPECT_GT(reply->revision, last);
                              last = reply->revision;
                              const auto node = client.client.Call(ReadNodeRequest{.path = "/x"});
                              EXPECT_TRUE(!node || node->data == std::to_string(i));
                            }
                            client.Close(environment);
                          }))
        << "seed " << seed;
    const auto journal = bench.world().ReadFile(bench.Host(std::string(kCoordinationHost)),
                                                CoordinationServiceOptions().journal);
    const auto state = ReadCoordinationJournal(journal.value_or(""));
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(state->nodes().at("/x").data, "30");
  }
}

TEST(CoordinationServiceTest, ASessionOfWhichNothingIsHeardEndsWithItsNodes) {
  tests::Bench bench;
  StartService(bench);
  const sim::ProcessId dies = bench.Start("jm", [](sim::Environment& environment) {
    Client client(environment, "dies");
    ASSERT_TRUE(client.session.Commit(
        {}, {{.change = NodeChange::kPutEphemeral, .path = "/leader", .data = "dies"}}));
    environment.Sleep(1h);
  });
  ASSERT_TRUE(bench.Run("watch", [&](sim::Environment& environment) {
    Client client(environment, "lives");
    const auto made =
        client.client.Call(ReadNodeRequest{.path = "/leader", .known = 0, .wait = 5s}, 5s);
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->data, "dies");
    environment.Sleep(5s);
    EXPECT_EQ(client.client.Call(ReadNodeRequest{.path = "/leader"})->revision, made->revision)
        << "it is kept alive";
    const sim::SimTime asked = environment.Now();
    bench.CrashAt(sim::Later(bench.world().Now(), 1s), dies, 1h);
    const auto gone = client.client.Call(
        ReadNodeRequest{.path = "/leader", .known = made->revision, .wait = 10s}, 10s);
    ASSERT_TRUE(gone.has_value());
    EXPECT_EQ(gone->revision, 0);
    EXPECT_GT(environment.Now() - asked, 1500ms);
    EXPECT_LT(environment.Now() - asked, 2500ms);
    EXPECT_FALSE(client.session.is_over());
    client.Close(environment);
  }));
  EXPECT_THAT(bench.Traced("session.ended"), SizeIs(1));
}

TEST(CoordinationServiceTest, AServiceThatStartsGivesEverySessionItsTimeAgain) {
  tests::Bench bench;
  const sim::ProcessId service = StartService(bench);
  bench.CrashAt(sim::SimTime(2s), service, 300ms);
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    Client client(environment, "jm", 1s);
    environment.Sleep(10s);
    EXPECT_FALSE(client.session.is_over()) << client.session.reason();
    client.Close(environment);
  }));
  EXPECT_THAT(bench.Traced("session.ended"), IsEmpty());
}

TEST(CoordinationServiceTest, AClientThatIsNotHeardGivesItsSessionUpBeforeTheServiceDoes) {
  tests::Bench bench;
  StartService(bench);
  sim::Duration gave_up{};
  ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& environment) {
    Client client(environment, "jm", 1s);
    environment.Sleep(2s);
    bench.SetLinks("jm", std::string(kCoordinationHost), {.cut = true});
    client.session.OnEnd([&] { gave_up = environment.Now() - sim::kEpoch; });
    environment.Sleep(5s);
    EXPECT_TRUE(client.session.is_over());
    EXPECT_THAT(client.session.reason(), HasSubstr("silent for 1s"));
    EXPECT_EQ(client.session.Commit({}, {Put("/x", "1")}).error().code, ErrorCode::kFenced);
    client.Close(environment);
  }));
  const std::vector<sim::RecordedEvent> ended = bench.Events("session.ended");
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_LE(gave_up, ended[0].time - sim::kEpoch);
}

TEST(CoordinationServiceTest, AnInterruptionThatIsShorterThanTheSessionIsNothing) {
  tests::Bench bench;
  StartService(bench);
  ASSERT_TRUE(bench.Run("jm", [&](sim::Environment& environment) {
    Client client(environment, "jm", 1s);
    for (int times = 0; times < 5; ++times) {
      bench.SetLinks("jm", std::string(kCoordinationHost), {.cut = true});
      environment.Sleep(400ms);
      bench.SetLinks("jm", std::string(kCoordinationHost), {.cut = false});
      environment.Sleep(600ms);
    }
    EXPECT_FALSE(client.session.is_over()) << client.session.reason();
    client.Close(environment);
  }));
}

TEST(CoordinationServiceTest, DoesNotServeADamagedJournal) {
  tests::Bench bench;
  const sim::ProcessId service = StartService(bench);
  ASSERT_TRUE(bench.Run("jm", [](sim::Environment& environment) {
    Client client(environment, "jm");
    ASSERT_TRUE(client.session.Commit({}, {Put("/x", "1")}));
    ASSERT_TRUE(client.session.Commit({}, {Put("/x", "2")}));
    client.Close(environment);
  }));
  bench.world().Crash(service);
  const sim::HostId host = bench.Host(std::string(kCoordinationHost));
  Bytes journal = *bench.world().ReadFile(host, CoordinationServiceOptions().journal);
  journal[30] = static_cast<char>(journal[30] ^ 1);
  EXPECT_THAT(ReadCoordinationJournal(journal).error().message,
              HasSubstr("The journal of the coordination service is damaged at byte"));
}

}  // namespace
}  // namespace flinch::engine
