#include "engine/state_processor.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/state/keyed_state_backend.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Sum {
  int64_t operator()(const int64_t& a, const int64_t& b) const { return a + b; }
};

const ValueStateDescriptor<int64_t> kCount{"count", {}};
const ListStateDescriptor<std::string> kNames{"names", {}};
const MapStateDescriptor<int64_t, std::string> kPlaces{"places", {}};
const ReducingStateDescriptor<int64_t, Sum> kSum{"sum", {}, {}};
const ValueStateDescriptor<int64_t> kShort{"short", {.ttl = std::chrono::milliseconds(100)}};

using Counts = std::map<std::string, int64_t>;

void InProcess(const std::function<void(sim::FileSystem&)>& body) {
  tests::Bench bench;
  ASSERT_TRUE(bench.Run("tm", [&body](sim::Environment& env) { body(env.shared()); }));
}

SavepointWriter Filled() {
  SavepointWriter writer;
  writer.SetNow(1000);
  writer.Put("count", kCount, Counts{{"a", 1}, {"b", 2}});
  writer.Put("count", kNames, std::map<std::string, std::vector<std::string>>{{"a", {"x", "y"}}});
  writer.Put("count", kPlaces,
             std::map<std::string, std::map<int64_t, std::string>>{{"b", {{7, "p"}, {8, "q"}}}});
  writer.Put("sums", kSum, std::map<int64_t, int64_t>{{1, 10}, {2, 20}});
  writer.Put("count", kShort, Counts{{"a", 5}});
  writer.PutOperatorList<int64_t>("source", "offsets", ListMode::kUnion, {3, 4});
  writer.PutOperatorList<std::pair<std::string, int64_t>>("rules", "limits", ListMode::kBroadcast,
                                                          {{"max", 9}});
  return writer;
}

TEST(StateProcessorTest, WhatIsWrittenIsReadInAllKinds) {
  InProcess([](sim::FileSystem& volume) {
    const auto path = Filled().Write(volume, "job", CheckpointId(4));
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_EQ(*path, "/savepoints/job/savepoint-4");
    const auto reader = SavepointReader::Open(volume, *path);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->id(), CheckpointId(4));
    EXPECT_THAT(reader->Operators(), ElementsAre("count", "rules", "source", "sums"));
    EXPECT_EQ(reader->KeyedStates("count").size(), 4U);
    EXPECT_THAT((*reader->Values<std::string>("count", kCount)),
                ElementsAre(Pair("a", 1), Pair("b", 2)));
    EXPECT_THAT((*reader->Lists<std::string>("count", kNames)),
                ElementsAre(Pair("a", ElementsAre("x", "y"))));
    EXPECT_THAT((*reader->Maps<std::string>("count", kPlaces)),
                ElementsAre(Pair("b", ElementsAre(Pair(7, "p"), Pair(8, "q")))));
    EXPECT_THAT((*reader->Reduced<int64_t>("sums", kSum)), ElementsAre(Pair(1, 10), Pair(2, 20)));
    EXPECT_THAT((*reader->Values<std::string>("count", kShort)), ElementsAre(Pair("a", 5)));
    EXPECT_THAT((*reader->OperatorList<int64_t>("source", "offsets")), ElementsAre(3, 4));
    EXPECT_THAT((*reader->Broadcast<std::string, int64_t>("rules", "limits")),
                ElementsAre(Pair("max", 9)));
  });
}

TEST(StateProcessorTest, WhatIsNotThereOrOfAnotherTypeIsRefusedByName) {
  InProcess([](sim::FileSystem& volume) {
    const auto path = Filled().Write(volume, "job", CheckpointId(4));
    const auto reader = SavepointReader::Open(volume, *path);
    const auto refused = [](const auto& result) { return result ? "" : result.error().message; };
    EXPECT_THAT(refused(reader->Values<std::string>("cuont", kCount)),
                HasSubstr("no operator 'cuont'; it has count, rules, source, sums."));
    EXPECT_THAT(
        refused(reader->Values<std::string>("count", ValueStateDescriptor<int64_t>{"c", {}})),
        HasSubstr("no keyed state \"c\""));
    EXPECT_THAT(
        refused(reader->Values<std::string>("count", ValueStateDescriptor<double>{"count", {}})),
        HasSubstr("is a value of i64 in the snapshot and is read as a value of f64"));
    EXPECT_THAT(refused(reader->Values<int64_t>("count", kCount)),
                HasSubstr("an entry whose key or value is none of the types"));
    EXPECT_THAT(refused(reader->OperatorList<int64_t>("source", "offset")),
                HasSubstr("no operator state \"offset\""));
    EXPECT_EQ(Filled().Write(volume, "job", CheckpointId(4)).error().code, sim::ErrorCode::kExists);
    EXPECT_EQ(SavepointReader::Open(volume, "/savepoints/job/savepoint-5").error().code,
              sim::ErrorCode::kNotFound);
  });
}

// What two subtasks of a job have written.
std::vector<SnapshotHandle> WriteOfTwo(sim::FileSystem& volume) {
  std::vector<SnapshotHandle> handles;
  for (const uint32_t subtask : {0U, 1U}) {
    KeyedStateBackend backend(RangeOf(SubtaskIndex(subtask), 128, 2), 128);
    RuntimeContext context(backend);
    auto count = context.GetState(kCount);
    for (const std::string key : {"a", "b", "c", "d"}) {
      if (backend.range().Contains(KeyGroupFor(HashOfKey(key), 128))) {
        backend.SetCurrentKey(Encode(key), HashOfKey(key));
        count.Update(key[0]);
      }
    }
    FrozenTask task;
    task["count"].keyed = backend.Freeze();
    task["sink"].state["open"] = {Encode(int64_t{subtask})};
    const ExecutionAttemptId id{
        .vertex = VertexId(3), .subtask = SubtaskIndex(subtask), .attempt = AttemptNumber(6)};
    handles.push_back(*WriteSnapshot(volume, "job", CheckpointId(9), id, task));
  }
  return handles;
}

TEST(StateProcessorTest, WhatNobodyTouchesStaysWithItsSubtask) {
  InProcess([](sim::FileSystem& volume) {
    const CompletedCheckpoint taken{.id = CheckpointId(9), .snapshots = WriteOfTwo(volume)};
    ASSERT_TRUE(WriteMetadata(volume, "job", taken));
    const auto old = SavepointReader::Open(volume, CheckpointDirectory("job", CheckpointId(9)));
    ASSERT_TRUE(old) << old.error().message;
    Counts counts = *old->Values<std::string>("count", kCount);
    ASSERT_EQ(counts.size(), 4U);
    counts["b"] = -1;
    counts.erase("c");
    SavepointWriter writer(*old);
    writer.Put("count", kCount, counts);
    writer.Put("new", kCount, Counts{{"z", 1}});
    const auto path = writer.Write(volume, "job", CheckpointId(10));
    ASSERT_TRUE(path) << path.error().message;
    const auto loaded = LoadCheckpoint(volume, *path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(LastAttemptOf(*loaded), 6U);
    std::set<std::pair<uint32_t, std::string>> parts;
    for (const SnapshotHandle& handle : loaded->snapshots) {
      for (const auto& [name, handles] : handle.operators) {
        parts.emplace(handle.subtask.value(), name);
        const KeyGroupRange range = RangeOf(handle.subtask, 128, name == "count" ? 2 : 1);
        for (const auto& [group, offset] : handles.keyed.groups) {
          EXPECT_TRUE(range.Contains(group)) << name;
        }
      }
    }
    EXPECT_THAT(parts, ElementsAre(Pair(0, "count"), Pair(0, "new"), Pair(0, "sink"),
                                   Pair(1, "count"), Pair(1, "sink")));
    const auto again = SavepointReader::Open(volume, *path);
    EXPECT_EQ((*again->Values<std::string>("count", kCount)), counts);
    EXPECT_THAT((*again->OperatorList<int64_t>("sink", "open")), ElementsAre(0, 1));
    writer.RemoveOperator("new");
    writer.RemoveState("count", "count");
    const auto less = SavepointReader::Open(volume, *writer.Write(volume, "job", CheckpointId(11)));
    EXPECT_THAT(less->Operators(), ElementsAre("sink"));
  });
}

TEST(StateProcessorTest, ABackEndIsRestoredFromWhatWasWritten) {
  InProcess([](sim::FileSystem& volume) {
    const auto path = Filled().Write(volume, "job", CheckpointId(4));
    const auto loaded = LoadCheckpoint(volume, *path);
    KeyedStateBackend backend({KeyGroup(0), KeyGroup(127)}, 128);
    for (const SnapshotHandle& handle : loaded->snapshots) {
      const auto snapshot = ReadSnapshot(volume, handle);
      if (const auto part = snapshot->find("count"); part != snapshot->end()) {
        ASSERT_TRUE(backend.Restore(part->second.keyed, {}));
      }
    }
    RuntimeContext context(backend, [] { return int64_t{1099}; });
    auto count = context.GetState(kCount);
    auto places = context.GetMapState(kPlaces);
    auto soon_over = context.GetState(kShort);
    ASSERT_TRUE(context.result()) << context.result().error().message;
    backend.SetCurrentKey(Encode(std::string("b")), JavaHash("b"));
    EXPECT_EQ(count.Value(), 2);
    EXPECT_EQ(places.Get(8), "q");
    backend.SetCurrentKey(Encode(std::string("a")), JavaHash("a"));
    EXPECT_EQ(soon_over.Value(), 5);
  });
}

}  // namespace
}  // namespace flinch::engine
