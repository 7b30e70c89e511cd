#include "engine/state/keyed_state_backend.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/serializer.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNull;
using testing::Pointee;

constexpr KeyGroupRange kAll{KeyGroup(0), KeyGroup(127)};

using Table = HeapTable<std::string, std::string>;

void Select(KeyedStateBackend& backend, std::string_view key) {
  backend.SetCurrentKey(key, JavaHash(key));
}

Table& Get(KeyedStateBackend& backend, const std::string& name = "state") {
  const auto table = backend.Register<std::string, std::string>(StateKind::kMap, name);
  sim::Check(table.has_value(), "the state {} is refused", name);
  return **table;
}

void Put(KeyedStateBackend& backend, std::string_view key, std::string_view value,
         const std::string& name = "state") {
  Select(backend, key);
  Get(backend, name).Mutable("").value = value;
}

TEST(KeyedStateBackendTest, KeepsKeysNamespacesAndStatesApart) {
  KeyedStateBackend backend(kAll, 128);
  Table& count = Get(backend, "count");
  Table& other = Get(backend, "other");
  Select(backend, "a");
  count.Mutable("w1").value = "1";
  count.Mutable("w2").value = "2";
  other.Mutable("w1").value = "3";
  Select(backend, "b");
  EXPECT_THAT(count.Find("w1"), IsNull());
  count.Mutable("w1").value = "4";
  Select(backend, "a");
  EXPECT_THAT(count.Find("w1"), Pointee(std::string("1")));
  EXPECT_THAT(count.Find("w2"), Pointee(std::string("2")));
  EXPECT_THAT(other.Find("w1"), Pointee(std::string("3")));
  EXPECT_EQ(backend.entries(), 4U);
}

TEST(KeyedStateBackendTest, AKeyThatIsEmptiedAndFilledAgainIsTheSame) {
  KeyedStateBackend backend(kAll, 128);
  Table& table = Get(backend);
  Put(backend, "hello", "1");
  Put(backend, "a", "2");
  EXPECT_TRUE(table.Remove(""));
  EXPECT_FALSE(table.Remove(""));
  EXPECT_EQ(backend.current_key(), "a");
  EXPECT_TRUE(table.Mutable("").is_new);
  table.RemoveAll();
  EXPECT_EQ(backend.entries(), 1U);
  Select(backend, "hello");
  EXPECT_THAT(table.Find(""), Pointee(std::string("1")));
}

TEST(KeyedStateBackendTest, AStateIsFoundAgainByNameKindAndType) {
  KeyedStateBackend backend(kAll, 128);
  Table& table = Get(backend, "s");
  EXPECT_EQ(&Get(backend, "s"), &table);
  const auto other = backend.Register<std::monostate, int64_t>(StateKind::kValue, "s");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, sim::ErrorCode::kInvalidArgument);
  EXPECT_THAT(other.error().message, HasSubstr("The state \"s\" is a value of i64 in this job"));
}

TEST(KeyedStateBackendTest, AnotherTypeUnderAnOldNameIsRefused) {
  KeyedStateBackend before(kAll, 128);
  Put(before, "a", "1", "s");
  KeyedStateBackend after(kAll, 128);
  ASSERT_TRUE(after.Restore(before.Snapshot(), Defects()));
  const auto state = after.Register<std::monostate, int64_t>(StateKind::kValue, "s");
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().message,
            "The state \"s\" is a value of i64 in this job and was in the restored checkpoint a "
            "map of text by text. Give the new state a name of its own.");
}

TEST(KeyedStateBackendTest, WhatNobodyRegistersIsInTheNextSnapshotAgain) {
  KeyedStateBackend before(kAll, 128);
  Put(before, "a", "1", "s");
  Put(before, "a", "1", "t");
  const auto snapshot = before.Snapshot();
  KeyedStateBackend after(kAll, 128);
  ASSERT_TRUE(after.Restore(snapshot, Defects()));
  EXPECT_EQ(after.entries(), 2U);
  EXPECT_EQ(after.Snapshot(), snapshot);
  (void)Get(after, "s");
  EXPECT_EQ(after.entries(), 2U);
  EXPECT_EQ(after.Snapshot(), snapshot);
}

TEST(KeyedStateBackendTest, AViewStaysAsItWasWhileItIsWritten) {
  KeyedStateBackend backend(kAll, 128);
  Table& table = Get(backend);
  for (const char* key : {"hello", "key1", "a"}) {  // groups 35, 41, 81
    Put(backend, key, "old");
  }
  const auto then = backend.Snapshot();
  const auto view = backend.Freeze();
  Put(backend, "hello", "new");
  std::map<KeyGroup, sim::Bytes> written;
  written.insert(*view->Next());
  Put(backend, "hello", "newer");  // is written already
  Put(backend, "key2", "new");     // group 27, was empty
  Select(backend, "key1");
  table.RemoveAll();
  Put(backend, "a", "new");
  Put(backend, "a", "newer");
  while (auto group = view->Next()) {
    written.insert(*std::move(group));
  }
  EXPECT_EQ(written, then);
}

TEST(KeyedStateBackendTest, AViewThatReadsLiveIsNone) {
  KeyedStateBackend backend(kAll, 128);
  Put(backend, "a", "old");
  const auto view = backend.Freeze(true);
  Put(backend, "a", "new");
  EXPECT_THAT(view->Next()->second, HasSubstr("new"));
}

TEST(KeyedStateBackendTest, LeavesOutGroupsOfOtherSubtasks) {
  KeyedStateBackend whole(kAll, 128);
  for (const char* key : {"hello", "key1", "a"}) {
    Put(whole, key, key);
  }
  KeyedStateBackend part({KeyGroup(35), KeyGroup(41)}, 128);
  ASSERT_TRUE(part.Restore(whole.Snapshot(), Defects()));
  EXPECT_EQ(part.entries(), 2U);
  Table& table = Get(part);
  Select(part, "key1");
  EXPECT_THAT(table.Find(""), Pointee(std::string("key1")));
}

TEST(KeyedStateBackendTest, APlantedDefectLosesTheLastGroup) {
  KeyedStateBackend whole(kAll, 128);
  for (const char* key : {"hello", "key1"}) {  // groups 35 and 41
    Put(whole, key, key);
  }
  Defects defects;
  defects.Plant(Defect::kKeyGroupRangeEndExclusive);
  KeyedStateBackend part({KeyGroup(35), KeyGroup(41)}, 128);
  ASSERT_TRUE(part.Restore(whole.Snapshot(), defects));
  Table& table = Get(part);
  Select(part, "hello");
  EXPECT_THAT(table.Find(""), Pointee(std::string("hello")));
  Select(part, "key1");
  EXPECT_THAT(table.Find(""), IsNull());
}

TEST(KeyedStateBackendTest, EverySnapshotCutShortIsCorruptAndAddsNothing) {
  KeyedStateBackend source(kAll, 128);
  for (const char* key : {"hello", "a"}) {
    Put(source, key, "value", "one");
    Put(source, key, "", "two");
  }
  const auto snapshot = source.Snapshot();
  const sim::Bytes bytes = snapshot.at(KeyGroup(81));
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto damaged = snapshot;
    damaged[KeyGroup(81)] = bytes.substr(0, size);
    KeyedStateBackend backend(kAll, 128);
    const sim::Result<void> restored = backend.Restore(damaged, Defects());
    ASSERT_FALSE(restored) << size;
    EXPECT_EQ(restored.error().code, sim::ErrorCode::kCorruption);
    EXPECT_EQ(backend.entries(), 0U);
  }
  auto longer = snapshot;
  longer[KeyGroup(81)] += '\0';
  EXPECT_FALSE(KeyedStateBackend(kAll, 128).Restore(longer, Defects()));
}

TEST(KeyedStateBackendTest, AGroupInTheWrongPlaceOrTwiceIsCorrupt) {
  KeyedStateBackend source(kAll, 128);
  Put(source, "a", "1");
  const auto snapshot = source.Snapshot();
  KeyedStateBackend backend(kAll, 128);
  EXPECT_FALSE(backend.Restore({{KeyGroup(80), snapshot.at(KeyGroup(81))}}, Defects()));
  ASSERT_TRUE(backend.Restore(snapshot, Defects()));
  const sim::Result<void> again = backend.Restore(snapshot, Defects());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, sim::ErrorCode::kCorruption);
  EXPECT_EQ(backend.entries(), 1U);
}

TEST(KeyedStateBackendTest, AnEntryTwiceInAGroupIsCorruptWhenItIsRead) {
  Encoder entries;
  for (int i = 0; i < 2; ++i) {
    WriteEntry(entries, "a", JavaHash("a"), std::string("w"), std::string("1"));
  }
  Encoder out;
  Write(out, uint32_t{1});
  Write(out, SchemaOf<std::string, std::string>(StateKind::kMap, "state").meta);
  Write(out, uint32_t{2});
  out.Text(entries.bytes());
  KeyedStateBackend backend(kAll, 128);
  ASSERT_TRUE(backend.Restore({{KeyGroup(81), out.Take()}}, Defects()));
  const auto table = backend.Register<std::string, std::string>(StateKind::kMap, "state");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, sim::ErrorCode::kCorruption);
}

TEST(KeyedStateBackendTest, StateWithoutAKeyBreaksAnInvariant) {
  KeyedStateBackend backend(kAll, 128);
  Table& table = Get(backend);
  EXPECT_THROW(table.Mutable(""), sim::Violation);
  EXPECT_THROW((void)table.Find(""), sim::Violation);
}

TEST(KeyedStateBackendTest, AKeyOfAnotherSubtaskBreaksAnInvariant) {
  KeyedStateBackend backend({KeyGroup(0), KeyGroup(34)}, 128);
  EXPECT_THROW(Select(backend, "hello"), sim::Violation);  // group 35
}

struct Numbered {
  std::string name;
  std::vector<uint32_t> numbers;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.name);
    visit(self.numbers);
  }
};

TEST(StateMetaTest, TellsATypeByHowItIsWritten) {
  EXPECT_EQ(ShapeOf<Numbered>(), "(text,[u32])");
  EXPECT_EQ((ShapeOf<std::map<std::string, std::optional<bool>>>()), "{text:bool?}");
  EXPECT_EQ(ShapeOf<EventTime>(), "time");
  EXPECT_EQ(ShapeOf<StateKind>(), "u8");
}

}  // namespace
}  // namespace flinch::engine
