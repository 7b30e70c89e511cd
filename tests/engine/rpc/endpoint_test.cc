#include "engine/rpc/endpoint.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sync.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using namespace std::chrono_literals;

constexpr uint16_t kPort = 500;

enum class EchoMethod : uint16_t { kAsk = 7 };

constexpr std::string_view ServiceName(EchoMethod) { return "echo"; }

// A question and its answer.
struct Ask {
  static constexpr auto kMethod = EchoMethod::kAsk;
  using Reply = std::string;

  std::string text;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.text);
  }
};

std::unique_ptr<RpcEndpoint> Open(sim::Environment& environment, uint16_t port) {
  auto endpoint = RpcEndpoint::Open(environment, port);
  sim::Check(endpoint.has_value(), "port {} is in use", port);
  return *std::move(endpoint);
}

// A server that echoes what it is asked, on host "server", and clients on host "client".
class RpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.Host("client");
    server_ = bench_.Start("server", [this](sim::Environment& environment) {
      const std::unique_ptr<RpcEndpoint> endpoint = Open(environment, kPort);
      endpoint_ = endpoint.get();
      endpoint->Serve("echo", [this](const RpcRequest& request) { Answer(*endpoint_, request); });
      environment.Sleep(10h);
    });
  }

  void Answer(RpcEndpoint& endpoint, const RpcRequest& request) {
    const sim::Result<Ask> ask = request.As<Ask>();
    asked_.push_back(ask ? ask->text : "?" + request.body);
    requests_.push_back(request);
    if (holds_replies_) {
      return;
    }
    if (!ask) {
      endpoint.SendReply(request, sim::Fail(ask));
    } else if (ask->text == "fail") {
      endpoint.Reply<std::string>(request, sim::Fail(failure_, "as you asked"));
    } else {
      endpoint.Reply<std::string>(request, "re: " + ask->text);
    }
  }

  void RunClient(const std::function<void(sim::Environment&, RpcEndpoint&)>& body) {
    ASSERT_TRUE(bench_.Run("client", [&](sim::Environment& environment) {
      const std::unique_ptr<RpcEndpoint> client = Open(environment, 0);
      body(environment, *client);
    }));
  }

  sim::Address server() { return {bench_.Host("server"), kPort}; }

  std::vector<std::string> asked_;
  std::vector<RpcRequest> requests_;
  bool holds_replies_ = false;
  sim::ErrorCode failure_ = sim::ErrorCode::kFenced;
  RpcEndpoint* endpoint_ = nullptr;
  sim::ProcessId server_;
  tests::Bench bench_;
};

TEST_F(RpcTest, ACallGetsTheReplyToIt) {
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    const sim::SimTime start = environment.Now();
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).value(), "re: one");
    EXPECT_LT(environment.Now() - start, 2ms);
    EXPECT_EQ(client.Call(server(), Ask{"two"}, 1s).value(), "re: two");
  });
}

TEST_F(RpcTest, CallsAtTheSameTimeGetEachItsOwnReply) {
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    sim::FiberGroup fibers(environment);
    for (int i = 0; i < 50; ++i) {
      fibers.Spawn("caller", [&, i] {
        const std::string text = std::to_string(i);
        EXPECT_EQ(client.Call(server(), Ask{text}, 1s).value(), "re: " + text);
      });
    }
    fibers.WaitForAll();
  });
  EXPECT_THAT(asked_, SizeIs(50));
}

TEST_F(RpcTest, TellsAreNotAnswered) {
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    client.Tell(server(), Ask{"by the way"});
    environment.Sleep(1s);
  });
  ASSERT_THAT(asked_, ElementsAre("by the way"));
  EXPECT_EQ(requests_[0].call, 0U);
}

TEST_F(RpcTest, ALostRequestTimesOut) {
  bench_.world().SetLink(bench_.Host("client"), bench_.Host("server"), {.cut = true});
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    const sim::SimTime start = environment.Now();
    const auto reply = client.Call(server(), Ask{"one"}, 700ms);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, sim::ErrorCode::kTimeout);
    EXPECT_EQ(environment.Now() - start, 700ms);
  });
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RpcTest, ALostReplyTimesOutThoughTheRequestWasCarriedOut) {
  bench_.world().SetLink(bench_.Host("server"), bench_.Host("client"), {.cut = true});
  RunClient([&](sim::Environment&, RpcEndpoint& client) {
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).error().code, sim::ErrorCode::kTimeout);
  });
  EXPECT_THAT(asked_, ElementsAre("one"));
}

TEST_F(RpcTest, AReplyThatComesTooLateIsDropped) {
  bench_.world().SetLink(bench_.Host("server"), bench_.Host("client"), {.delay = 3s});
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    EXPECT_FALSE(client.Call(server(), Ask{"late"}, 1s));
    bench_.world().SetLink(bench_.Host("server"), bench_.Host("client"), {});
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).value(), "re: one");
    environment.Sleep(5s);
    EXPECT_EQ(client.Call(server(), Ask{"two"}, 1s).value(), "re: two");
  });
}

TEST_F(RpcTest, AReplyThatComesTwiceCountsOnce) {
  RunClient([&](sim::Environment&, RpcEndpoint& client) {
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).value(), "re: one");
    endpoint_->Reply<std::string>(requests_.front(), "again");
    EXPECT_EQ(client.Call(server(), Ask{"two"}, 1s).value(), "re: two");
  });
}

TEST_F(RpcTest, AnErrorTravelsWithItsCodeAndItsSentence) {
  for (const sim::ErrorCode code :
       {sim::ErrorCode::kInvalidArgument, sim::ErrorCode::kNotFound, sim::ErrorCode::kUnavailable,
        sim::ErrorCode::kTimeout, sim::ErrorCode::kFenced, sim::ErrorCode::kIo,
        sim::ErrorCode::kCorruption, sim::ErrorCode::kCancelled, sim::ErrorCode::kNoSpace,
        sim::ErrorCode::kExists}) {
    failure_ = code;
    RunClient([&](sim::Environment&, RpcEndpoint& client) {
      const auto reply = client.Call(server(), Ask{"fail"}, 1s);
      ASSERT_FALSE(reply);
      EXPECT_EQ(reply.error().code, code);
      EXPECT_EQ(reply.error().message, "as you asked");
    });
  }
}

TEST_F(RpcTest, AReplyOfAnotherTypeIsCorruption) {
  holds_replies_ = true;
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    environment.Spawn("server-side", [&] {
      environment.Sleep(100ms);
      endpoint_->SendReply(requests_.front(), sim::Result<Bytes>("no text"));
    });
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).error().code, sim::ErrorCode::kCorruption);
  });
}

TEST_F(RpcTest, ARequestOfAnotherTypeIsAnsweredWithCorruption) {
  RunClient([&](sim::Environment&, RpcEndpoint& client) {
    const auto reply = client.CallBytes({server(), "echo"}, 7, "nonsense", 1s);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, sim::ErrorCode::kCorruption);
  });
}

TEST_F(RpcTest, AServiceThatIsNotThereIsUnavailable) {
  RunClient([&](sim::Environment&, RpcEndpoint& client) {
    EXPECT_EQ(client.Call(client.address(), Ask{"anybody"}, 1s).error().code,
              sim::ErrorCode::kUnavailable);
    EXPECT_EQ(client.Call({server(), "door"}, Ask{"anybody"}, 1s).error().code,
              sim::ErrorCode::kUnavailable);
  });
}

TEST_F(RpcTest, OnePortServesManyServicesUntilTheyStop) {
  RunClient([&](sim::Environment&, RpcEndpoint& client) {
    std::vector<std::string> door;
    endpoint_->Serve("door", [&](const RpcRequest& request) {
      door.push_back(request.As<Ask>()->text);
      endpoint_->Reply<std::string>(request, "knock");
    });
    EXPECT_EQ(client.Call({server(), "door"}, Ask{"a"}, 1s).value(), "knock");
    EXPECT_EQ(client.Call(server(), Ask{"b"}, 1s).value(), "re: b");
    endpoint_->StopServing("door");
    EXPECT_FALSE(client.Call({server(), "door"}, Ask{"c"}, 1s));
    EXPECT_THAT(door, ElementsAre("a"));
  });
}

TEST_F(RpcTest, ContinuationsRunInTheMainThreadAndNeedNoFiberOfTheCaller) {
  std::vector<std::string> ran;
  bench_.Start("client", [&](sim::Environment& environment) {
    MainThread main_thread(environment);
    const std::unique_ptr<RpcEndpoint> client = Open(environment, 0);
    const auto note = [&](const sim::Result<std::string>& reply) {
      ran.push_back(reply ? *reply : std::string(sim::Name(reply.error().code)));
    };
    main_thread.Post([&] {
      client->Ask(main_thread, server(), Ask{"one"}, 1s, note);
      client->Ask(main_thread, {server(), "door"}, Ask{"two"}, 1s, note);
      ran.emplace_back("goes on");
    });
    main_thread.PostLater(2s, [&] {
      EXPECT_EQ(main_thread.timers(), 1U) << "a reply takes its time-out with it";
      holds_replies_ = true;
      client->Ask(main_thread, server(), Ask{"three"}, 700ms, note);
    });
    main_thread.PostLater(4s, [&] {
      client->Ask(main_thread, server(), Ask{"four"}, 10s, note);
      client->Cancel();
      client->Ask(main_thread, server(), Ask{"five"}, 10s, note);
    });
    main_thread.Run();
  });
  bench_.RunFor(5s);
  EXPECT_THAT(ran, UnorderedElementsAre("goes on", "re: one", "unavailable", "timeout", "cancelled",
                                        "cancelled"));
}

TEST_F(RpcTest, APortIsTakenOnce) {
  ASSERT_TRUE(bench_.Run("server", [](sim::Environment& environment) {
    const auto second = RpcEndpoint::Open(environment, kPort);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, sim::ErrorCode::kInvalidArgument);
  }));
}

// Every message a socket gets: random bytes, and all prefixes and single-byte changes of real ones.
TEST_F(RpcTest, DatagramsThatNobodySentAreIgnored) {
  ASSERT_TRUE(bench_.Run("client", [&](sim::Environment& environment) {
    sim::Result<std::unique_ptr<sim::Socket>> raw = environment.network().Bind(0);
    ASSERT_TRUE(raw);
    sim::Random random = environment.RandomStream("noise");
    for (int i = 0; i < 2'000; ++i) {
      const uint64_t size = random.Below(40);
      Bytes noise;
      for (uint64_t byte = 0; byte < size; ++byte) {
        noise.push_back(static_cast<char>(random.Below(256)));
      }
      (*raw)->Send(server(), noise);
    }
    environment.Sleep(1s);
    const std::unique_ptr<RpcEndpoint> client = Open(environment, 0);
    EXPECT_EQ(client->Call(server(), Ask{"still there"}, 1s).value(), "re: still there");
  }));
  EXPECT_EQ(asked_.back(), "still there");
}

// As the wire has it: is it a reply, the call, the method or error code + 1, service, body.
Bytes FrameOf(bool is_reply, uint64_t call, uint16_t method, const std::string& body) {
  Encoder out;
  Write(out, is_reply);
  Write(out, call);
  Write(out, method);
  Write(out, std::string());  // the service; replies name none
  Write(out, body);
  return out.Take();
}

TEST_F(RpcTest, AReplyWithAnErrorCodeThatDoesNotExistIsIgnored) {
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    holds_replies_ = true;
    environment.Spawn("forger", [&] {
      environment.Sleep(100ms);
      auto raw = environment.network().Bind(0);
      ASSERT_TRUE(raw);
      const RpcRequest& request = requests_.at(0);
      for (const uint16_t code : {uint16_t{11}, uint16_t{400}, uint16_t{65535}}) {
        (*raw)->Send(request.from, FrameOf(true, request.call, code, "no such error"));
      }
      environment.Sleep(100ms);
      endpoint_->Reply<std::string>(request, "the real one");
    });
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 1s).value(), "the real one");
  });
}

TEST_F(RpcTest, AnEndpointDoesNotGetTheReplyToAnEarlierOneOnItsPort) {
  RunClient([&](sim::Environment& environment, RpcEndpoint&) {
    holds_replies_ = true;
    {
      const std::unique_ptr<RpcEndpoint> first = Open(environment, kPort);
      EXPECT_FALSE(first->Call(server(), Ask{"one"}, 100ms).has_value());
    }
    const std::unique_ptr<RpcEndpoint> second = Open(environment, kPort);
    environment.Spawn("replies", [&] {
      environment.Sleep(50ms);
      endpoint_->Reply<std::string>(requests_.at(0), "to the first");
      environment.Sleep(50ms);
      endpoint_->Reply<std::string>(requests_.at(1), "to the second");
    });
    EXPECT_EQ(second->Call(server(), Ask{"two"}, 1s).value(), "to the second");
  });
}

TEST_F(RpcTest, ARestartedCallerDoesNotGetTheReplyOfItsFormerLife) {
  holds_replies_ = true;
  std::vector<std::string> replies;
  const sim::ProcessId caller = bench_.Start("client", [&](sim::Environment& environment) {
    const std::unique_ptr<RpcEndpoint> client = Open(environment, kPort);
    const std::string text = "life " + std::to_string(environment.incarnation());
    const auto reply = client->Call(server(), Ask{text}, 10s);
    ASSERT_TRUE(reply);
    replies.push_back(*reply);
  });
  ASSERT_TRUE(bench_.RunUntil([&] { return asked_.size() == 1; }));
  bench_.world().Crash(caller);
  bench_.world().Restart(caller);
  ASSERT_TRUE(bench_.RunUntil([&] { return asked_.size() == 2; }));
  ASSERT_EQ(requests_[0].from, requests_[1].from) << "the same port of the same host";
  EXPECT_NE(requests_[0].call, requests_[1].call);
  endpoint_->Reply<std::string>(requests_[0], "to the dead");
  bench_.RunFor(1s);
  EXPECT_THAT(replies, IsEmpty());
  endpoint_->Reply<std::string>(requests_[1], "to the living");
  bench_.RunFor(1s);
  EXPECT_THAT(replies, ElementsAre("to the living"));
}

TEST_F(RpcTest, CancelEndsWaitingCallsAndAllLaterOnes) {
  holds_replies_ = true;
  RunClient([&](sim::Environment& environment, RpcEndpoint& client) {
    environment.Spawn("canceller", [&] {
      environment.Sleep(100ms);
      client.Cancel();
    });
    const sim::SimTime start = environment.Now();
    EXPECT_EQ(client.Call(server(), Ask{"one"}, 10s).error().code, sim::ErrorCode::kCancelled);
    EXPECT_EQ(environment.Now() - start, 100ms);
    EXPECT_EQ(client.Call(server(), Ask{"two"}, 10s).error().code, sim::ErrorCode::kCancelled);
    EXPECT_EQ(environment.Now() - start, 100ms) << "at once";
  });
  EXPECT_THAT(asked_, ElementsAre("one"));
}

}  // namespace
}  // namespace flinch::engine
