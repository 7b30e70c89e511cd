#include "sim/kernel/connection_model.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/world/world.h"
#include "tests/support/link_conditions.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;
constexpr uint32_t kWindow = 4'096;
constexpr uint32_t kFrameMax = 2'000;
constexpr Duration kFaultyTime = 300ms;

// The reference: what went in at one end of a connection, and how much of it came out at the other.
// Frames carry the number of their connection and their own, then filling.
struct Account {
  std::vector<Bytes> sent;
  size_t received = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
};

struct Numbers {
  uint32_t connection = 0;
  uint32_t frame = 0;
};

Bytes FrameOf(Numbers numbers, uint64_t filling) {
  return std::to_string(numbers.connection) + "/" + std::to_string(numbers.frame) + "/" +
         Bytes(filling, 'x');
}

struct Ledger {
  std::map<uint32_t, Account> accounts;
  bool receiver_crashed = false;
  bool any_broken = false;  // by a crash or a reset, so that frames may be lost
  std::string broken_law;

  void Expect(bool holds, const std::string& law) {
    broken_law = broken_law.empty() && !holds ? law : broken_law;
  }

  void Sent(uint32_t connection, const Bytes& frame) {
    Account& account = accounts[connection];
    account.sent.push_back(frame);
    account.bytes_sent += frame.size();
    // A host swallows what comes for a process that has died, until its peer knows.
    Expect(
        receiver_crashed || account.bytes_sent - account.bytes_received < kWindow + kFrameMax + 30,
        "the window was exceeded");
  }

  void Received(const Bytes& frame) {
    const auto connection = static_cast<uint32_t>(std::stoul(frame));
    Account& account = accounts[connection];
    // In the order of sending, without a gap, nothing changed or invented.
    Expect(account.received < account.sent.size() && account.sent[account.received] == frame,
           "a frame out of order, or another one");
    account.received += 1;
    account.bytes_received += frame.size();
  }
};

// Connects again and again, and sends on each connection until it breaks; once the world is healed,
// 20 frames on a new one.
Program Sender(Ledger& ledger, const bool& healed) {
  return [&ledger, &healed](Environment& env) {
    Random random = env.RandomStream("frames");
    for (uint32_t connection = env.incarnation() * 1'000;; ++connection) {
      auto made = env.network().Connect(*env.network().Resolve("b", kPort), 50ms);
      if (!made) {
        env.Sleep(5ms);
        continue;
      }
      const bool whole = healed;
      for (uint32_t frame = 0; !healed || (whole && frame < 20); ++frame) {
        const uint64_t filling = random.Below(kFrameMax);
        const Bytes bytes = FrameOf({connection, frame}, filling);
        if (!(*made)->Send(bytes)) {
          break;
        }
        ledger.Sent(connection, bytes);
        env.Sleep(Duration(static_cast<int64_t>(random.Below(5'000'000))));
      }
      if (whole) {
        env.Sleep(5s);
        return;
      }
    }
  };
}

Program Receiver(Ledger& ledger) {
  return [&ledger](Environment& env) {
    const auto listener = *env.network().Listen(kPort);
    std::vector<std::unique_ptr<Connection>> connections;
    for (;;) {
      connections.push_back(*listener->Accept());
      env.Spawn("reader", [&ledger, &env, connection = connections.back().get()] {
        Random random = env.RandomStream("reader");
        while (const Result<Bytes> frame = connection->Receive()) {
          ledger.Received(*frame);
          env.Sleep(Duration(static_cast<int64_t>(random.Below(3'000'000))));
        }
      });
    }
  };
}

RC_GTEST_PROP(ConnectionModelPropertyTest, DeliversAPrefixAndAfterHealingAll, ()) {
  Ledger ledger;
  bool healed = false;
  World world({.seed = *rc::gen::arbitrary<uint64_t>(), .link = {.window_bytes = kWindow}});
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  world.AddProcess(a, "a", Sender(ledger, healed));
  const ProcessId right = world.AddProcess(b, "b", Receiver(ledger));
  const int acts = *rc::gen::inRange(1, 8);
  for (int i = 0; i < acts; ++i) {
    const SimTime when(*rc::gen::inRange<int64_t>(0, 300) * 1ms);
    const int kind = *rc::gen::inRange(0, 8);
    const bool forth = *rc::gen::arbitrary<bool>();
    ledger.any_broken = ledger.any_broken || kind <= 2;
    const LinkCondition condition = tests::AnyCondition();
    world.At(when, [&world, &ledger, a, b, right, kind, forth, condition] {
      if (kind == 0) {
        world.ResetConnections(forth ? a : b, forth ? b : a, ResetEnds::kFirst);
      } else if (kind == 1) {
        world.ResetConnections(a, b);
      } else if (kind == 2) {
        ledger.receiver_crashed = true;
        world.Crash(right, forth ? CrashStyle::kProcess : CrashStyle::kSilent);
      } else if (kind == 3) {
        world.Restart(right);
      } else {
        world.SetLink(forth ? a : b, forth ? b : a, condition);
      }
    });
  }
  world.At(SimTime(kFaultyTime), [&] {
    world.Heal();
    world.Restart(right);
    healed = true;
  });
  // Whoever is blocked for ever in an old, half-open connection is set free.
  world.At(SimTime(kFaultyTime + 3s), [&] { world.ResetConnections(a, b); });
  world.Run([&] { return world.Now() >= SimTime(kFaultyTime + 20s); });
  RC_ASSERT(ledger.broken_law == "");
  const auto& [last, account] = *ledger.accounts.rbegin();
  for (const auto& [connection, any] : ledger.accounts) {
    RC_ASSERT(any.received <= any.sent.size());
    // Whatever its links did, what was closed in good order arrived whole.
    RC_ASSERT((ledger.any_broken || any.received == any.sent.size()));
  }
  RC_ASSERT(account.sent.size() == 20U);
  RC_ASSERT(account.received == 20U);
}

}  // namespace
}  // namespace flinch::sim
