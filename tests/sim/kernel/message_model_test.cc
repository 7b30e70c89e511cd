#include "sim/kernel/message_model.h"

#include <array>
#include <bit>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/world/world.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kPort = 7;

// Each of n hosts sends a message to every other, each 10 ms; who heard whom how often.
class MessageModelTest : public testing::Test {
 protected:
  void Boot(int hosts, Bytes payload = "x") {
    world_.emplace(WorldOptions{.seed = 3, .keep = Keep::kEverything});
    for (int i = 0; i < hosts; ++i) {
      const std::string name = "h" + std::to_string(i);
      hosts_.push_back(world_->AddHost(name));
      world_->AddProcess(hosts_.back(), name, [this, payload](Environment& env) {
        const auto socket = *env.network().Bind(kPort);
        env.Spawn("sender", [this, payload, &env, raw = socket.get()] {
          for (;; env.Sleep(10ms)) {
            for (const HostId host : hosts_) {
              if (host != raw->address().host) {
                raw->Send({host, kPort}, payload);
              }
            }
          }
        });
        while (const Result<Message> message = socket->Receive()) {
          heard_[message->from.host.value()][HostOf(*socket)] += 1;
          payloads_.push_back(message->payload);
        }
      });
    }
  }

  static uint32_t HostOf(const Socket& socket) { return socket.address().host.value(); }

  void RunFor(Duration span) {
    heard_.clear();
    payloads_.clear();
    bool over = false;
    world_->At(Later(world_->Now(), span), [&] { over = true; });
    world_->Run([&] { return over; });
  }

  int Steps(std::string_view kind) const {
    return static_cast<int>(
        std::ranges::count(world_->recording().events, kind, &RecordedEvent::kind));
  }

  std::optional<World> world_;
  std::vector<HostId> hosts_;
  std::map<uint32_t, std::map<uint32_t, int>> heard_;  // [from][to]
  std::vector<Bytes> payloads_;
};

TEST_F(MessageModelTest, DetectedCorruptionIsDroppedAndUndetectedReachesTheReceiver) {
  Boot(2, "0000");
  world_->SetLink(hosts_[0], hosts_[1], {.corrupt = {1, 1}});
  RunFor(100ms);
  EXPECT_TRUE(heard_[0].empty());
  EXPECT_GT(Steps("sim.discard"), 5);
  world_->SetLink(hosts_[0], hosts_[1], {.corrupt = {1, 1}, .corruption = Corruption::kUndetected});
  world_->SetLink(hosts_[1], hosts_[0], {.cut = true});
  RunFor(10ms);
  RunFor(100ms);
  ASSERT_GT(payloads_.size(), 5U);
  for (const Bytes& payload : payloads_) {
    ASSERT_EQ(payload.size(), 4U);
    int flipped = 0;
    for (const char byte : payload) {
      flipped += std::popcount(static_cast<unsigned char>(byte ^ '0'));
    }
    EXPECT_EQ(flipped, 1);
  }
}

TEST_F(MessageModelTest, APartitionSeparatesGroupsAndAOneWayOneOneDirection) {
  Boot(4);
  const std::array left = {hosts_[0], hosts_[1]};
  const std::array right = {hosts_[2], hosts_[3]};
  world_->Partition(left, right);
  RunFor(100ms);
  EXPECT_GT(heard_[0][1], 0);
  EXPECT_GT(heard_[3][2], 0);
  EXPECT_EQ(heard_[0][2] + heard_[1][3] + heard_[2][0] + heard_[3][1], 0);
  world_->SetLinks(right, left, {});
  RunFor(100ms);
  EXPECT_EQ(heard_[0][2] + heard_[1][3], 0);
  EXPECT_GT(heard_[2][0], 0);
  world_->Heal();
  RunFor(100ms);
  EXPECT_GT(heard_[0][2], 0);
}

TEST_F(MessageModelTest, AHostIsCutOffInTheDirectionThatWasAsked) {
  Boot(3);
  world_->SetHost(hosts_[1], Direction::kFrom, {.cut = true});
  RunFor(100ms);
  EXPECT_EQ(heard_[1].size(), 0U);
  EXPECT_GT(heard_[0][1], 0);
  world_->Heal();
  world_->SetHost(hosts_[1], Direction::kTo, {.cut = true});
  RunFor(5ms);  // what is on its way arrives
  RunFor(100ms);
  EXPECT_GT(heard_[1][0], 0);
  EXPECT_EQ(heard_[0][1] + heard_[2][1], 0);
  EXPECT_GT(heard_[0][2], 0);
}

TEST_F(MessageModelTest, AClogHoldsEverythingAndLosesNothing) {
  Boot(2);
  RunFor(10ms);
  world_->SetLink(hosts_[0], hosts_[1], {.clog = true});
  RunFor(95ms);
  EXPECT_TRUE(heard_[0].empty());
  world_->SetLink(hosts_[0], hosts_[1], {});
  RunFor(5ms);
  EXPECT_GE(heard_[0][1], 9);
}

TEST_F(MessageModelTest, ASwizzleImpairsAllHostsOfAGroupAndEndsWhole) {
  Boot(5);
  const std::vector<HostId> group(hosts_.begin(), hosts_.begin() + 4);
  world_->StartSwizzle(group, {.span = 700ms, .condition = {.cut = true}});
  RunFor(305ms);  // four steps of 100 ms: all are down
  RunFor(80ms);
  EXPECT_TRUE(heard_.empty());
  RunFor(100ms);
  RunFor(90ms);  // two are up again
  size_t talking = 0;
  for (const auto& [from, to] : heard_) {
    talking += to.size();
  }
  EXPECT_EQ(talking, 6U) << "two of the group, and the one outside";
  RunFor(300ms);
  RunFor(100ms);
  for (uint32_t from = 0; from < 5; ++from) {
    EXPECT_EQ(heard_[from].size(), 4U);
  }
}

TEST_F(MessageModelTest, HealingEndsASwizzleUnderWay) {
  Boot(4);
  world_->StartSwizzle(hosts_, {.span = 700ms, .condition = {.cut = true}});
  RunFor(150ms);
  world_->Heal();
  RunFor(10ms);
  RunFor(100ms);
  for (uint32_t from = 0; from < 4; ++from) {
    EXPECT_EQ(heard_[from].size(), 3U);
  }
  const int lost = Steps("sim.lose");
  RunFor(800ms);
  EXPECT_EQ(Steps("sim.lose"), lost);
}

}  // namespace
}  // namespace flinch::sim
