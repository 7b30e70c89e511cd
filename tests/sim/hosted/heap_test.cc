#include "sim/hosted/heap.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/kernel/stack_pool.h"
#include "tests/sim/hosted/hosted_run.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;

// Out of the optimiser's sight.
void* Allocate(size_t bytes) {
  void* volatile block = std::malloc(bytes);
  return block;
}

class HostedHeapTest : public ::testing::Test {
 protected:
  ~HostedHeapTest() override { HostedHeap::Leave(); }

  std::unique_ptr<HostedHeap> heap_ = HostedHeap::Make();
};

TEST_F(HostedHeapTest, CountsWhatIsAllocatedWhileItIsEntered) {
  void* const before = Allocate(10);
  heap_->Enter();
  void* const inside = Allocate(10);
  auto* const number = new int(7);
  EXPECT_EQ(heap_->blocks(), 2U);
  std::free(before);
  delete number;
  EXPECT_EQ(heap_->blocks(), 1U);
  HostedHeap::Leave();
  void* const after = Allocate(10);
  EXPECT_EQ(heap_->blocks(), 1U);
  std::free(inside);
  std::free(after);
  EXPECT_EQ(heap_->blocks(), 0U);
}

TEST_F(HostedHeapTest, BlocksOfAllSizesHoldWhatIsWritten) {
  heap_->Enter();
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t bytes = 1; bytes < 5'000'000; bytes += bytes / 3 + 1) {
    auto* const block = static_cast<unsigned char*>(Allocate(bytes));
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0U);
    ASSERT_GE(malloc_usable_size(block), bytes);
    std::memset(block, static_cast<int>(bytes % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (auto& [block, bytes] : blocks) {
    ASSERT_EQ(block[0], bytes % 251);
    ASSERT_EQ(block[bytes - 1], bytes % 251);
    block = static_cast<unsigned char*>(std::realloc(block, bytes * 2 + 1));
    ASSERT_EQ(block[bytes - 1], bytes % 251);
  }
  for (const auto& [block, bytes] : blocks) {
    std::free(block);
  }
  auto* const zeroes = static_cast<char*>(std::calloc(1000, 3));
  EXPECT_THAT(std::vector<char>(zeroes, zeroes + 3000), Each(0));
  std::free(zeroes);
}

TEST_F(HostedHeapTest, AlignedBlocksAreAligned) {
  heap_->Enter();
  for (size_t alignment = 16; alignment <= 65536; alignment *= 2) {
    void* const block = std::aligned_alloc(alignment, 3 * alignment);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0U);
    std::memset(block, 1, 3 * alignment);
    std::free(block);

    struct alignas(256) Wide {
      char byte = 0;
    };

    EXPECT_EQ(reinterpret_cast<uintptr_t>(std::make_unique<Wide>().get()) % 256, 0U);
  }
}

TEST_F(HostedHeapTest, TextsThatTheLibraryCopiesAreTheProcesss) {
  heap_->Enter();
  const size_t before = heap_->blocks();
  char* const copy = strdup("hello");
  EXPECT_EQ(heap_->blocks(), before + 1);
  EXPECT_STREQ(copy, "hello");
  std::free(copy);
}

#ifndef FLINCH_ASAN
TEST_F(HostedHeapTest, ItsAddressesAreThoseOfTheLastOne) {
  heap_->Enter();
  const void* const first = Allocate(100);
  HostedHeap::Leave();
  heap_ = nullptr;
  heap_ = HostedHeap::Make();
  heap_->Enter();
  EXPECT_EQ(Allocate(100), first);
}

TEST_F(HostedHeapTest, WhatLayInAHeapThatIsGoneMayBeFreed) {
  heap_->Enter();
  void* const block = Allocate(100);
  HostedHeap::Leave();
  heap_ = nullptr;
  std::free(block);
}

TEST_F(HostedHeapTest, MoreThanThereIsIsRefused) {
  heap_->Enter();
  EXPECT_EQ(Allocate(size_t{3} << 30), nullptr);
}
#endif

// The memory that this machine's process has got, in KiB.
size_t MemoryOfTheMachine() {
  const struct mallinfo2 info = mallinfo2();
  return (info.uordblks + info.hblkhd) / 1024;
}

TEST(HostedMemoryTest, AProcessThatCrashesGivesBackWhatItHad) {
  int lives = 0;
  size_t after_some = 0;
  World world({.seed = 1});
  const auto program = [&lives](Environment& env) {
    ++lives;
    auto* const file = env.disk().OpenForAppend("/log")->release();
    for (int turn = 0; turn < 50; ++turn) {
      std::memset(new char[100'000], turn, 100'000);
      EXPECT_TRUE(file->Append(std::string(100, 'x')));
      EXPECT_TRUE(env.disk().Read("/log"));
    }
    env.Sleep(1h);
  };
  const ProcessId process = world.AddProcess(world.AddHost("a"), "db",
                                             Hosted(program, {.memory = HostedMemory::kGivenBack}));
  for (int second = 1; second <= 40; ++second) {
    world.At(SimTime(std::chrono::seconds(second)), [&] {
      world.Crash(process);
      world.Restart(process);
      after_some = after_some == 0 && lives > 5 ? MemoryOfTheMachine() : after_some;
    });
  }
  world.Run([&] { return world.Now() > SimTime(41s); });
  EXPECT_EQ(lives, 41);
  EXPECT_LT(MemoryOfTheMachine(), after_some + 4000);  // 35 lives had 5 MB each
}

TEST(HostedMemoryTest, WhatTheExperimenterKeepsIsHis) {
  std::vector<std::string> kept;
  World world({.seed = 1});
  world.AddProcess(world.AddHost("a"), "db",
                   Hosted(
                       [&kept](Environment&) {
                         const OutsideHosted outside;
                         kept.push_back("a text that is too long to lie in its own place");
                       },
                       {.memory = HostedMemory::kGivenBack}));
  world.Run([] { return false; });
  kept.push_back("another text that is too long to lie in its own place");
  EXPECT_EQ(kept.front(), "a text that is too long to lie in its own place");
}

}  // namespace
}  // namespace flinch::sim
