#include "engine/state/hashmap_backend.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr KeyGroupRange kAll{KeyGroup(0), KeyGroup(127)};

std::unique_ptr<KeyedStateBackend> Backend(KeyGroupRange range = kAll) {
  return MakeHashMapBackend(range, 128);
}

void Select(KeyedStateBackend& backend, std::string_view key) {
  backend.SetCurrentKey(key, JavaHash(key));
}

TEST(HashMapBackendTest, KeepsKeysNamespacesAndStatesApart) {
  const auto backend = Backend();
  Select(*backend, "a");
  backend->Put("count", "w1", "1");
  backend->Put("count", "w2", "2");
  backend->Put("other", "w1", "3");
  Select(*backend, "b");
  EXPECT_EQ(backend->Get("count", "w1"), std::nullopt);
  backend->Put("count", "w1", "4");
  Select(*backend, "a");
  EXPECT_THAT(backend->Get("count", "w1"), Optional(std::string_view("1")));
  EXPECT_THAT(backend->Get("count", "w2"), Optional(std::string_view("2")));
  EXPECT_THAT(backend->Get("other", "w1"), Optional(std::string_view("3")));
  EXPECT_EQ(backend->entries(), 4U);
}

TEST(HashMapBackendTest, RemovesOnlyWhatItIsTold) {
  const auto backend = Backend();
  Select(*backend, "a");
  backend->Put("count", "", "1");
  backend->Remove("count", "other");
  backend->Remove("other", "");
  EXPECT_EQ(backend->entries(), 1U);
  backend->Remove("count", "");
  EXPECT_EQ(backend->Get("count", ""), std::nullopt);
  EXPECT_EQ(backend->entries(), 0U);
  EXPECT_TRUE(backend->Snapshot().empty());
}

TEST(HashMapBackendTest, AValueOfItselfCanBePut) {
  const auto backend = Backend();
  Select(*backend, "a");
  backend->Put("s", "", "a text that is too long for the small-string room");
  backend->Put("s", "", backend->Get("s", "")->substr(2));
  EXPECT_THAT(backend->Get("s", ""),
              Optional(std::string_view("text that is too long for the small-string room")));
}

TEST(HashMapBackendTest, VisitsTheNamespacesOfTheCurrentKeyWithAPrefixInOrder) {
  const auto backend = Backend();
  Select(*backend, "b");
  backend->Put("s", "x1", "other key");
  Select(*backend, "a");
  for (const char* space : {"x2", "y", "x", "x1", "w"}) {
    backend->Put("s", space, "");
  }
  std::vector<std::string> seen;
  backend->ForEachOfCurrentKey(
      "s", "x", [&](std::string_view space, std::string_view) { seen.emplace_back(space); });
  EXPECT_THAT(seen, ElementsAre("x", "x1", "x2"));
}

TEST(HashMapBackendTest, LeavesOutGroupsThatAreNotItsOwn) {
  const auto whole = Backend();
  for (const char* key : {"a", "hello", "key1", "key2"}) {  // groups 81, 35, 41, 27
    Select(*whole, key);
    whole->Put("s", "", key);
  }
  const auto part = Backend({KeyGroup(35), KeyGroup(41)});
  ASSERT_TRUE(part->Restore(whole->Snapshot(), Defects()));
  std::vector<std::string> keys;
  part->ForEach("s", [&](std::string_view key, std::string_view, std::string_view) {
    keys.emplace_back(key);
  });
  EXPECT_THAT(keys, ElementsAre("hello", "key1"));
  EXPECT_EQ(part->entries(), 2U);
}

TEST(HashMapBackendTest, ThePlantedDefectLosesTheLastGroupOfTheRange) {
  const auto whole = Backend();
  for (const char* key : {"hello", "key1"}) {
    Select(*whole, key);
    whole->Put("s", "", key);
  }
  Defects defects;
  defects.Plant(Defect::kKeyGroupRangeEndExclusive);
  const auto part = Backend({KeyGroup(35), KeyGroup(41)});
  ASSERT_TRUE(part->Restore(whole->Snapshot(), defects));
  Select(*part, "hello");
  EXPECT_THAT(part->Get("s", ""), Optional(std::string_view("hello")));
  Select(*part, "key1");
  EXPECT_EQ(part->Get("s", ""), std::nullopt);
}

TEST(HashMapBackendTest, EverySnapshotCutShortIsCorruptAndAddsNothing) {
  const auto source = Backend();
  for (const char* key : {"hello", "a"}) {
    Select(*source, key);
    source->Put("one", "w", "value");
    source->Put("two", "", "");
  }
  const auto snapshot = source->Snapshot();
  const sim::Bytes bytes = snapshot.at(KeyGroup(81));
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto damaged = snapshot;
    damaged[KeyGroup(81)] = bytes.substr(0, size);
    const auto backend = Backend();
    const sim::Result<void> restored = backend->Restore(damaged, Defects());
    ASSERT_FALSE(restored) << size;
    EXPECT_EQ(restored.error().code, sim::ErrorCode::kCorruption);
    EXPECT_EQ(backend->entries(), 0U);
  }
}

TEST(HashMapBackendTest, BytesAfterTheEndAreCorrupt) {
  const auto source = Backend();
  Select(*source, "a");
  source->Put("s", "", "1");
  auto snapshot = source->Snapshot();
  snapshot[KeyGroup(81)] += '\0';
  EXPECT_FALSE(Backend()->Restore(snapshot, Defects()));
}

TEST(HashMapBackendTest, NamespacesOutOfOrderOrTwiceInASnapshotAreCorrupt) {
  const auto bytes_with = [](std::string_view first, std::string_view second) {
    Encoder out;
    Write(out, uint32_t{1});
    out.Text("state");
    Write(out, uint32_t{1});
    out.Text("a");
    Write(out, uint32_t{2});
    for (const std::string_view space : {first, second}) {
      out.Text(space);
      out.Text("value");
    }
    return std::map<KeyGroup, sim::Bytes>{{KeyGroup(81), out.Take()}};
  };
  EXPECT_TRUE(Backend()->Restore(bytes_with("w1", "w2"), Defects()));
  EXPECT_FALSE(Backend()->Restore(bytes_with("w2", "w1"), Defects()));
  EXPECT_FALSE(Backend()->Restore(bytes_with("w1", "w1"), Defects()));
}

TEST(HashMapBackendTest, TheSameEntryTwiceIsCorrupt) {
  const auto source = Backend();
  Select(*source, "a");
  source->Put("s", "", "1");
  const auto backend = Backend();
  ASSERT_TRUE(backend->Restore(source->Snapshot(), Defects()));
  const sim::Result<void> again = backend->Restore(source->Snapshot(), Defects());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, sim::ErrorCode::kCorruption);
  EXPECT_EQ(backend->entries(), 1U);
}

TEST(HashMapBackendTest, StateWithoutAKeyBreaksAnInvariant) {
  const auto backend = Backend();
  EXPECT_THROW(backend->Put("s", "", "1"), sim::Violation);
  EXPECT_THROW(backend->Get("s", ""), sim::Violation);
}

TEST(HashMapBackendTest, AKeyOfAnotherSubtaskBreaksAnInvariant) {
  const auto backend = Backend({KeyGroup(0), KeyGroup(34)});
  EXPECT_THROW(Select(*backend, "hello"), sim::Violation);  // group 35
}

}  // namespace
}  // namespace flinch::engine
