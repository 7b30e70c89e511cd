#include "engine/checkpoint/checkpoint_stream.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

constexpr std::string_view kFile = "/checkpoints/job/chk-1/file";

// Blocks of growing size, with a chunk of 100 bytes.
std::vector<Bytes> Blocks(size_t count) {
  std::vector<Bytes> blocks;
  for (size_t i = 0; i < count; ++i) {
    blocks.emplace_back(7 * i, static_cast<char>('a' + i));
  }
  return blocks;
}

// Returns the offsets.
std::vector<uint64_t> WriteAll(sim::FileSystem& volume, const std::vector<Bytes>& blocks) {
  CheckpointStream stream(volume, std::string(kFile), 100);
  std::vector<uint64_t> offsets;
  for (const Bytes& block : blocks) {
    const sim::Result<uint64_t> offset = stream.Write(block);
    EXPECT_TRUE(offset);
    offsets.push_back(offset.value_or(0));
  }
  const sim::Result<uint64_t> size = stream.Close();
  EXPECT_TRUE(size);
  EXPECT_EQ(volume.Read(kFile)->size(), size.value_or(0));
  return offsets;
}

TEST(CheckpointStreamTest, BlocksAreFoundByTheirOffsetsHoweverManyChunksThereWere) {
  for (const size_t count : {0U, 1U, 3U, 20U}) {
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("tm", [count](sim::Environment& environment) {
      const std::vector<Bytes> blocks = Blocks(count);
      const std::vector<uint64_t> offsets = WriteAll(environment.shared(), blocks);
      const Bytes file = *environment.shared().Read(kFile);
      for (size_t i = 0; i < count; ++i) {
        EXPECT_EQ(BlockAt(file, offsets[i], kFile).value_or("none"), blocks[i]);
      }
      EXPECT_TRUE(CheckBlocks(file, kFile));
    }));
  }
}

TEST(CheckpointStreamTest, WhatIsClosedSurvivesTheCrashOfItsWriter) {
  for (const size_t count : {1U, 20U}) {
    tests::Bench bench;
    const sim::ProcessId writer = bench.Start("tm", [count](sim::Environment& environment) {
      (void)WriteAll(environment.shared(), Blocks(count));
      environment.Trace("test.written");
      environment.Sleep(std::chrono::hours(1));
    });
    ASSERT_TRUE(bench.RunUntil([&] { return !bench.Events("test.written").empty(); }));
    bench.world().Crash(writer);
    ASSERT_TRUE(bench.Run("reader", [](sim::Environment& environment) {
      EXPECT_TRUE(CheckBlocks(*environment.shared().Read(kFile), kFile));
    }));
  }
}

TEST(CheckpointStreamTest, DamageAndForeignOffsetsAreCorruption) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [](sim::Environment& environment) {
    (void)WriteAll(environment.shared(), Blocks(5));
    const Bytes file = *environment.shared().Read(kFile);
    for (size_t at = 0; at < file.size(); ++at) {
      Bytes damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      EXPECT_FALSE(CheckBlocks(damaged, kFile)) << at;
    }
    for (const uint64_t offset : {uint64_t{1}, file.size() - 1, file.size(), ~uint64_t{0}}) {
      const sim::Result<std::string_view> block = BlockAt(file, offset, kFile);
      ASSERT_FALSE(block);
      EXPECT_EQ(block.error().code, sim::ErrorCode::kCorruption);
    }
  }));
}

}  // namespace
}  // namespace flinch::engine
