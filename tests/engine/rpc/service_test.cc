#include "engine/rpc/service.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ids.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;

enum class DoorMethod : uint16_t { kRing = 1, kOpen = 2, kLock = 3 };

constexpr std::string_view ServiceName(DoorMethod) { return "door"; }

struct Ring {
  static constexpr auto kMethod = DoorMethod::kRing;
  using Reply = Nothing;

  FencingToken token;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.token);
  }
};

struct Opening {
  static constexpr auto kMethod = DoorMethod::kOpen;
  using Reply = std::string;

  std::string key;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.key);
  }
};

struct Door {
  void OnRing(const Ring&) { heard.emplace_back("ring"); }

  sim::Result<std::string> OnOpen(const Opening& opening, sim::Address from) {
    heard.push_back("open " + opening.key);
    caller = from;
    if (opening.key.empty()) {
      return sim::Fail(sim::ErrorCode::kNotFound, "no key");
    }
    return "come in";
  }

  template <typename Message>
  bool Accepts(const Message& message) const {
    return message.token == FencingToken(7);
  }

  std::vector<std::string> heard;
  sim::Address caller;
};

constexpr auto kDoorService = std::to_array<ServiceMethod<Door>>({
    Handle<&Door::OnRing, Fencing::kToken>(),
    Handle<&Door::OnOpen, Fencing::kNone>(),
});
static_assert(HasEachMethodOnce(kDoorService));
static_assert(!HasEachMethodOnce(std::to_array<ServiceMethod<Door>>(
    {Handle<&Door::OnRing, Fencing::kToken>(), Handle<&Door::OnRing, Fencing::kNone>()})));

sim::ErrorCode CodeOf(Door& door, DoorMethod method, const Bytes& body) {
  const auto reply =
      ServeRequest(kDoorService, door,
                   {.from = {}, .call = 1, .method = std::to_underlying(method), .body = body});
  return reply.error().code;
}

TEST(ServiceTest, DecodingFencingAndUnknownMethodsAreAnsweredByTheTable) {
  Door door;
  EXPECT_EQ(CodeOf(door, DoorMethod::kRing, "what?"), sim::ErrorCode::kCorruption);
  EXPECT_EQ(CodeOf(door, DoorMethod::kRing, Encode(Ring{FencingToken(6)})),
            sim::ErrorCode::kFenced);
  EXPECT_EQ(CodeOf(door, DoorMethod::kOpen, "x"), sim::ErrorCode::kCorruption);
  EXPECT_EQ(CodeOf(door, DoorMethod::kLock, ""), sim::ErrorCode::kInvalidArgument);
  EXPECT_TRUE(door.heard.empty());
  EXPECT_EQ(CodeOf(door, DoorMethod::kOpen, Encode(Opening())), sim::ErrorCode::kNotFound);
}

TEST(ServiceTest, RequestsAreHandledInTheMainThread) {
  tests::Bench bench;
  Door door;
  bench.Start("door", [&](sim::Environment& environment) {
    MainThread main_thread(environment);
    auto rpc = RpcEndpoint::Open(environment, 9);
    Offer(**rpc, "door", main_thread, door, kDoorService);
    main_thread.Run();
  });
  const sim::Address at{bench.Host("door"), 9};
  ASSERT_TRUE(bench.Run("visitor", [&](sim::Environment& environment) {
    auto rpc = RpcEndpoint::Open(environment, 0);
    using namespace std::chrono_literals;
    EXPECT_TRUE((*rpc)->Call(at, Ring{FencingToken(7)}, 1s));
    EXPECT_EQ((*rpc)->Call(at, Opening{"k"}, 1s).value(), "come in");
    EXPECT_EQ(door.caller, (*rpc)->address());
    EXPECT_EQ((*rpc)->Call(at, Ring{FencingToken(8)}, 1s).error().code, sim::ErrorCode::kFenced);
  }));
  EXPECT_THAT(door.heard, ElementsAre("ring", "open k"));
}

}  // namespace
}  // namespace flinch::engine
