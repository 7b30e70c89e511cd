#include "sim/kernel/message_model.h"

#include <map>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/world/world.h"
#include "tests/support/link_conditions.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;
constexpr int kBeforeHealing = 60;
constexpr int kAfterHealing = 20;

// Message i leaves a for b at i milliseconds; what b gets is counted.
struct Post {
  explicit Post(World& world) {
    a = world.AddHost("a");
    b = world.AddHost("b");
    world.AddProcess(a, "a", [](Environment& env) {
      const auto socket = *env.network().Bind(0);
      for (int i = 0; i < kBeforeHealing + kAfterHealing; ++i) {
        socket->Send(*env.network().Resolve("b", kPort), std::to_string(i));
        env.Sleep(1ms);
      }
    });
    world.AddProcess(b, "b", [this](Environment& env) {
      const auto socket = *env.network().Bind(kPort);
      while (const Result<Message> message = socket->Receive()) {
        received[message->payload] += 1;
        arrivals[message->payload] = Nanos(env.Now()) / 1'000;
      }
    });
  }

  HostId a;
  HostId b;
  std::map<std::string, int> received;
  std::map<std::string, int64_t> arrivals;  // microseconds
};

RC_GTEST_PROP(MessageModelPropertyTest, NothingIsInventedAndAHealedLinkLosesNothing, ()) {
  World world({.seed = *rc::gen::arbitrary<uint64_t>(), .keep = Keep::kEverything});
  Post post(world);
  bool doubles = false;
  const int acts = *rc::gen::inRange(1, 8);
  for (int i = 0; i < acts; ++i) {
    const LinkCondition condition = tests::AnyCondition();
    doubles = doubles || condition.duplicate.numerator > 0;
    const int when = *rc::gen::inRange(0, kBeforeHealing);
    world.At(SimTime(when * 1ms),
             [&world, &post, condition] { world.SetLink(post.a, post.b, condition); });
  }
  world.At(SimTime(kBeforeHealing * 1ms - 1us), [&world] { world.Heal(); });
  world.Run([] { return false; });
  for (const auto& [payload, times] : post.received) {
    const int number = std::stoi(payload);
    RC_ASSERT(number >= 0 && number < kBeforeHealing + kAfterHealing);
    RC_ASSERT(times <= (doubles ? 2 : 1));
  }
  for (int i = kBeforeHealing; i < kBeforeHealing + kAfterHealing; ++i) {
    RC_ASSERT(post.received[std::to_string(i)] == 1);
  }
}

// The reference: one link with a latency of 2.5 ms that is only ever cut or clogged. Times in
// microseconds.
class Line {
 public:
  void Send(int message, int64_t now) {
    Pass(now);
    if (!condition_.cut) {
      moving_[message] = {.due = condition_.clog ? 0 : now + kLatency, .held = condition_.clog};
    }
  }

  void Act(const LinkCondition& condition, int64_t now) {
    Pass(now);
    condition_ = condition;
    if (condition.cut && condition.in_flight == InFlight::kDrop) {
      moving_.clear();
    }
    for (auto& [message, moving] : moving_) {
      if (condition.clog || (condition.cut && condition.in_flight == InFlight::kHold)) {
        moving.held = true;
      } else if (!condition.cut && moving.held) {
        moving.held = false;
        moving.due = moving.due <= now ? now + kLatency : moving.due;
      }
    }
  }

  // When each has arrived.
  std::map<std::string, int64_t> Arrivals() {
    Pass(INT64_MAX);
    return arrivals_;
  }

 private:
  static constexpr int64_t kLatency = 2'500;

  struct Moving {
    int64_t due = 0;
    bool held = false;
  };

  void Pass(int64_t now) {
    std::erase_if(moving_, [&](const auto& entry) {
      const bool arrives = !entry.second.held && entry.second.due <= now;
      if (arrives) {
        arrivals_[std::to_string(entry.first)] = entry.second.due;
      }
      return arrives;
    });
  }

  LinkCondition condition_;
  std::map<int, Moving> moving_;
  std::map<std::string, int64_t> arrivals_;
};

RC_GTEST_PROP(MessageModelPropertyTest, CutsAndClogsDoWhatTheReferenceDoes, ()) {
  World world({.seed = *rc::gen::arbitrary<uint64_t>(),
               .link = {.latency_min = 2500us, .latency_max = 2500us}});
  Post post(world);
  Line line;
  for (int i = 0; i < kBeforeHealing + kAfterHealing; ++i) {
    line.Send(i, i * 1'000);
    const bool heals = i == kBeforeHealing;
    if (!heals && *rc::gen::inRange(0, 4) != 0) {
      continue;
    }
    LinkCondition condition;
    if (!heals) {
      condition.cut = *rc::gen::arbitrary<bool>();
      condition.clog = *rc::gen::arbitrary<bool>() && !condition.cut;
      condition.in_flight = static_cast<InFlight>(*rc::gen::inRange(0, 3));
    }
    line.Act(condition, i * 1'000 + 600);
    world.At(SimTime(i * 1ms + 600us),
             [&world, &post, condition] { world.SetLink(post.a, post.b, condition); });
    if (heals) {
      break;
    }
  }
  for (int i = kBeforeHealing + 1; i < kBeforeHealing + kAfterHealing; ++i) {
    line.Send(i, i * 1'000);
  }
  world.Run([] { return false; });
  RC_ASSERT(post.arrivals == line.Arrivals());
}

}  // namespace
}  // namespace flinch::sim
