#include "engine/outside/coordination_state.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinch::engine {
namespace {

using namespace std::chrono_literals;
using sim::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A state that is spoken to in short, and answers in words.
struct Service {
  CoordinationState state;
  std::vector<std::string> events;

  uint64_t Open(const std::string& name, sim::Duration timeout = 1s) {
    CoordinationEffects effects;
    const auto reply = state.Apply(OpenSessionRequest{.name = name, .timeout = timeout}, effects);
    Keep(effects);
    return reply ? reply->session : 0;
  }

  // "applied 3", "not applied", or the error's name.
  std::string Commit(uint64_t session, uint64_t number, std::vector<NodeGuard> guards,
                     std::vector<NodeWrite> writes) {
    CoordinationEffects effects;
    const auto reply = state.Apply(CommitRequest{.session = session,
                                                 .number = number,
                                                 .guards = std::move(guards),
                                                 .writes = std::move(writes)},
                                   effects);
    Keep(effects);
    if (!reply) {
      EXPECT_FALSE(effects.changed);
      return std::string(sim::Name(reply.error().code));
    }
    return reply->applied ? fmt::format("applied {}", reply->revision) : "not applied";
  }

  std::string Put(uint64_t session, uint64_t number, const std::string& path, const Bytes& data) {
    return Commit(session, number, {}, {{.change = NodeChange::kPut, .path = path, .data = data}});
  }

  void Keep(const CoordinationEffects& effects) {
    for (const CoordinationEvent& event : effects.events) {
      events.push_back(fmt::format("{} {} {}", event.subject, event.how, event.session));
    }
  }

  // "/a=x@1": path, data and revision.
  std::vector<std::string> Nodes() const {
    std::vector<std::string> nodes;
    for (const auto& [path, node] : state.nodes()) {
      nodes.push_back(fmt::format("{}={}@{}", path, node.data, node.revision));
    }
    return nodes;
  }
};

TEST(CoordinationStateTest, AWriteChangesTheRevisionOfWhatItWrites) {
  Service service;
  const uint64_t session = service.Open("a");
  EXPECT_EQ(service.Put(session, 1, "/x", "1"), "applied 1");
  EXPECT_EQ(service.Put(session, 2, "/y", "1"), "applied 2");
  EXPECT_EQ(service.Put(session, 3, "/x", "2"), "applied 3");
  EXPECT_THAT(service.Nodes(), ElementsAre("/x=2@3", "/y=1@2"));
}

TEST(CoordinationStateTest, ANodeThatIsMadeAnewIsAnotherOne) {
  Service service;
  const uint64_t session = service.Open("a");
  service.Put(session, 1, "/x", "1");
  service.Commit(session, 2, {}, {{.change = NodeChange::kRemove, .path = "/x", .data = {}}});
  service.Put(session, 3, "/x", "1");
  EXPECT_EQ(service.Commit(session, 4, {{.path = "/x", .revision = 1}}, {}), "not applied");
  EXPECT_EQ(service.Commit(session, 5, {{.path = "/x", .revision = 3}}, {}), "applied 4");
}

TEST(CoordinationStateTest, WritesAllOrNothing) {
  Service service;
  const uint64_t session = service.Open("a");
  const std::vector<NodeWrite> writes = {{.change = NodeChange::kPut, .path = "/x", .data = "1"},
                                         {.change = NodeChange::kPut, .path = "/y", .data = "1"}};
  EXPECT_EQ(service.Commit(session, 1,
                           {{.path = "/x", .revision = 0}, {.path = "/y", .revision = 7}}, writes),
            "not applied");
  EXPECT_THAT(service.Nodes(), IsEmpty());
  EXPECT_EQ(service.Commit(session, 2, {{.path = "/x", .revision = 0}}, writes), "applied 1");
  EXPECT_THAT(service.Nodes(), ElementsAre("/x=1@1", "/y=1@1"));
}

TEST(CoordinationStateTest, ARepeatedRequestIsAnsweredAgainAndAnOldOneRefused) {
  Service service;
  const uint64_t session = service.Open("a");
  EXPECT_EQ(service.Put(session, 1, "/x", "1"), "applied 1");
  EXPECT_EQ(service.Put(session, 1, "/x", "1"), "applied 1") << "the same answer";
  EXPECT_EQ(service.Put(session, 2, "/x", "2"), "applied 2");
  EXPECT_EQ(service.Put(session, 1, "/x", "1"), "invalid argument") << "late";
  EXPECT_THAT(service.Nodes(), ElementsAre("/x=2@2"));
  EXPECT_EQ(service.Open("a"), session) << "the same session";
}

TEST(CoordinationStateTest, WhatIsEphemeralEndsWithItsSession) {
  Service service;
  const uint64_t one = service.Open("one");
  const uint64_t two = service.Open("two");
  service.Commit(one, 1, {},
                 {{.change = NodeChange::kPutEphemeral, .path = "/leader", .data = "one"},
                  {.change = NodeChange::kPut, .path = "/term", .data = "1"}});
  service.Commit(two, 1, {}, {{.change = NodeChange::kPutEphemeral, .path = "/two", .data = {}}});
  CoordinationEffects effects;
  ASSERT_TRUE(service.state.Apply(ExpireSessionsRequest{.sessions = {one, 99}}, effects));
  EXPECT_THAT(service.Nodes(), ElementsAre("/term=1@1", "/two=@2"));
  EXPECT_EQ(service.Put(one, 2, "/x", "1"), "fenced");
  EXPECT_NE(service.Open("one"), one) << "a session that is over does not come back";
}

TEST(CoordinationStateTest, AnotherOwnerTakesAnEphemeralNodeOver) {
  Service service;
  const uint64_t one = service.Open("one");
  const uint64_t two = service.Open("two");
  service.Commit(one, 1, {}, {{.change = NodeChange::kPutEphemeral, .path = "/x", .data = "1"}});
  service.Commit(two, 1, {}, {{.change = NodeChange::kPutEphemeral, .path = "/x", .data = "2"}});
  CoordinationEffects effects;
  ASSERT_TRUE(service.state.Apply(CloseSessionRequest{.session = one}, effects));
  EXPECT_THAT(service.Nodes(), ElementsAre("/x=2@2"));
  ASSERT_TRUE(service.state.Apply(CloseSessionRequest{.session = one}, effects)) << "again";
}

struct Refusal {
  std::string_view name;
  uint64_t session = 1;
  std::vector<NodeWrite> writes;
};

class CoordinationRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(CoordinationRefusalTest, ARequestThatCannotSucceedChangesNothing) {
  Service service;
  ASSERT_EQ(service.Open("a"), 1);
  EXPECT_EQ(service.Commit(GetParam().session, 1, {}, GetParam().writes), "invalid argument");
  EXPECT_THAT(service.Nodes(), IsEmpty());
  EXPECT_EQ(service.state.revision(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, CoordinationRefusalTest,
    ::testing::Values(
        Refusal{.name = "NoPath",
                .writes = {{.change = NodeChange::kPut, .path = "x", .data = {}}}},
        Refusal{.name = "TheRoot",
                .writes = {{.change = NodeChange::kPut, .path = "/", .data = {}}}},
        Refusal{.name = "AnEmptyPart",
                .writes = {{.change = NodeChange::kPut, .path = "/a//b", .data = {}}}},
        Refusal{.name = "AnOpenEnd",
                .writes = {{.change = NodeChange::kRemove, .path = "/a/", .data = {}}}},
        Refusal{.name = "OnePathTwice",
                .writes = {{.change = NodeChange::kPut, .path = "/a", .data = {}},
                           {.change = NodeChange::kRemove, .path = "/a", .data = {}}}},
        Refusal{.name = "EphemeralWithoutASession",
                .session = 0,
                .writes = {{.change = NodeChange::kPutEphemeral, .path = "/a", .data = {}}}},
        Refusal{.name = "NoSuchChange",
                .writes = {{.change = NodeChange(7), .path = "/a", .data = {}}}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(CoordinationStateTest, ASessionNeedsATimeout) {
  Service service;
  EXPECT_EQ(service.Open("a", 0s), 0);
  EXPECT_THAT(service.events, IsEmpty());
}

TEST(CoordinationStateTest, ListsWhatLiesBelowAPath) {
  Service service;
  const uint64_t session = service.Open("a");
  for (uint64_t number = 1;
       const char* path : {"/jobs/b/x", "/jobs/b", "/jobs/b/a/z", "/jobs/bc"}) {
    service.Put(session, number++, path, "");
  }
  EXPECT_THAT(service.state.Query(ListNodesRequest{.path = "/jobs/b"}),
              ElementsAre("/jobs/b/a/z", "/jobs/b/x"));
  EXPECT_EQ(service.state.Query(ReadNodeRequest{.path = "/jobs/b"}).revision, 2);
  EXPECT_EQ(service.state.Query(ReadNodeRequest{.path = "/jobs"}).revision, 0);
}

TEST(CoordinationStateTest, LeasesAreCountedFromTheLastWord) {
  Service service;
  const uint64_t brief = service.Open("brief", 1s);
  const uint64_t patient = service.Open("patient", 3s);
  service.state.RenewAll(sim::SimTime(10s));
  EXPECT_EQ(service.state.NextExpiry(), sim::SimTime(11s));
  ASSERT_TRUE(service.state.Touch(brief, sim::SimTime(12s)));
  EXPECT_THAT(service.state.Overdue(sim::SimTime(12s)), IsEmpty());
  EXPECT_THAT(service.state.Overdue(sim::SimTime(13s)), ElementsAre(brief, patient));
  EXPECT_EQ(service.state.Touch(99, sim::SimTime(12s)).error().code, ErrorCode::kFenced);
}

TEST(CoordinationStateTest, TellsWhatHappened) {
  Service service;
  const uint64_t session = service.Open("one");
  service.Commit(session, 1, {},
                 {{.change = NodeChange::kPutEphemeral, .path = "/leader", .data = {}}});
  service.Commit(session, 2, {}, {{.change = NodeChange::kRemove, .path = "/none", .data = {}}});
  CoordinationEffects effects;
  ASSERT_TRUE(service.state.Apply(ExpireSessionsRequest{.sessions = {session}}, effects));
  service.Keep(effects);
  EXPECT_THAT(service.events, ElementsAre("one opened 1", "/leader written 1", "one expired 1",
                                          "/leader removed 1"));
}

}  // namespace
}  // namespace flinch::engine
