// The same promises of both back ends, alone and one after the other.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/state.h"
#include "engine/state/key_groups_writer.h"
#include "engine/state/keyed_state_backend.h"
#include "engine/state/leveldb_reader.h"
#include "engine/state/leveldb_restore.h"
#include "sim/random.h"
#include "tests/support/bench.h"

namespace flinch::engine {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::Pair;

enum class Place { kHeap, kDisk };

constexpr KeyGroupRange kAll{KeyGroup(0), KeyGroup(127)};

// Back ends in a process of their own.
class Stage {
 public:
  explicit Stage(sim::Environment& environment) : environment_(environment) {}

  std::unique_ptr<KeyedStateBackend> Make(Place place, KeyGroupRange range = kAll) {
    auto backend = std::make_unique<KeyedStateBackend>(range, 128);
    if (place == Place::kDisk) {
      const auto opened = OpenOnDisk(environment_, *backend, NewDirectory(), kOptions, {});
      EXPECT_TRUE(opened) << opened.error().message;
    }
    return backend;
  }

  // Out of the files of others.
  std::unique_ptr<KeyedStateBackend> MakeOf(const std::vector<KeyedStateBackend*>& others,
                                            KeyGroupRange range) {
    auto backend = std::make_unique<KeyedStateBackend>(range, 128);
    std::vector<DatabaseCopy> copies;
    const std::string directory = NewDirectory();
    std::map<KeyGroup, sim::Bytes> groups;
    for (KeyedStateBackend* const other : others) {
      const auto view = other->FreezeFiles();
      const DatabaseFiles& files = *view->files();
      const std::string copy = fmt::format("{}/{}", directory, copies.size());
      for (const std::string& name : files.names) {
        const auto bytes = environment_.disk().Read(files.directory + "/" + name);
        EXPECT_TRUE(sim::WriteDurably(environment_.disk(), copy + "/" + name, *bytes));
      }
      copies.push_back({.directory = copy, .content = *Decode<DatabaseContent>(files.content)});
      while (auto group = view->Next()) {
        groups.insert(*std::move(group));
      }
    }
    const auto opened = OpenOnDisk(environment_, *backend, directory, kOptions, copies);
    EXPECT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(backend->Restore(groups, {}));
    return backend;
  }

  std::string NewDirectory() { return fmt::format("/state/test/{}", ++made_); }

 private:
  static constexpr LevelDbOptions kOptions{.write_buffer_bytes = 64 * 1024};

  sim::Environment& environment_;
  int made_ = 0;
};

void Select(KeyedStateBackend& backend, std::string_view key) {
  backend.SetCurrentKey(key, JavaHash(key));
}

using Content = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

Content ContentOf(const std::map<KeyGroup, sim::Bytes>& snapshot) {
  Content content;
  for (const auto& [group, bytes] : snapshot) {
    EXPECT_TRUE(ReadKeyGroup(group, bytes, [&](const StateMeta& meta, const EncodedEntry& entry) {
      const bool is_new =
          content
              .emplace(std::tuple(meta.name, std::string(entry.key), std::string(entry.space)),
                       entry.value)
              .second;
      EXPECT_TRUE(is_new) << meta.name;
    }));
  }
  return content;
}

class StateBackEndsTest : public testing::TestWithParam<Place> {
 protected:
  static void InProcess(const std::function<void(Stage&)>& body) {
    tests::Bench bench;
    ASSERT_TRUE(bench.Run("tm", [&body](sim::Environment& environment) {
      Stage stage(environment);
      body(stage);
    }));
  }
};

struct Latest {
  int64_t operator()(const int64_t&, const int64_t& now) const { return now; }
};

TEST_P(StateBackEndsTest, EveryKindKeepsItsPromise) {
  InProcess([](Stage& stage) {
    const auto backend = stage.Make(GetParam());
    Select(*backend, "a");
    RuntimeContext context(*backend);
    auto value = context.GetState<std::string>({"value"});
    auto list = context.GetListState<int64_t>({"list"});
    auto map = context.GetMapState<int64_t, std::string>({"map"});
    auto latest = context.GetReducingState<int64_t, Latest>({"latest", {}});
    value.Update("x");
    list.AddAll({1, 2});
    map.Put(-1, "minus");
    map.Put(256, "many");
    map.Put(7, "gone");
    latest.Add(4);
    latest.Add(5);
    map.Remove(7);
    Select(*backend, "b");
    EXPECT_EQ(value.Value(), std::nullopt);
    EXPECT_TRUE(map.IsEmpty());
    value.Update("y");
    value.Update(std::nullopt);
    map.Put(1, "other");
    map.Clear();
    Select(*backend, "a");
    EXPECT_THAT(value.Value(), Optional(std::string("x")));
    list.Add(3);
    EXPECT_THAT(list.Get(), ElementsAre(1, 2, 3));
    EXPECT_THAT(map.Entries(), ElementsAre(Pair(-1, "minus"), Pair(256, "many")));
    EXPECT_FALSE(map.Contains(7));
    EXPECT_THAT(latest.Get(), Optional(5));
    EXPECT_EQ(backend->entries(), 5U);
    Select(*backend, "b");
    EXPECT_EQ(backend->entries(), 5U);
    EXPECT_TRUE(map.IsEmpty());
  });
}

TEST_P(StateBackEndsTest, AViewStaysAsItWasWhileItIsWritten) {
  InProcess([](Stage& stage) {
    const auto backend = stage.Make(GetParam());
    auto table = *backend->State<int64_t, std::string>(StateKind::kMap, "s");
    for (int64_t i = 0; i < 200; ++i) {
      Select(*backend, std::to_string(i));
      table.Mutable(i).value = "before";
    }
    const Content before = ContentOf(backend->Snapshot());
    const auto view = backend->Freeze();
    std::map<KeyGroup, sim::Bytes> written;
    for (int64_t i = 0; i < 200; ++i) {
      Select(*backend, std::to_string(i));
      if (i % 3 == 0) {
        table.Remove(i);
      } else {
        table.Mutable(i).value = std::string(2'000, 'x');
        table.Mutable(i + 1).value = "new";
      }
      if (i % 5 == 0) {
        if (auto group = view->Next()) {
          written.insert(*std::move(group));
        }
      }
    }
    while (auto group = view->Next()) {
      written.insert(*std::move(group));
    }
    EXPECT_TRUE(view->result());
    EXPECT_EQ(ContentOf(written), before);
  });
}

TEST_P(StateBackEndsTest, AnotherTypeUnderAnOldNameIsRefused) {
  InProcess([](Stage& stage) {
    const auto before = stage.Make(GetParam());
    const auto table = *before->State<std::monostate, int64_t>(StateKind::kValue, "s");
    Select(*before, "a");
    table.Mutable({}).value = 1;
    EXPECT_FALSE((before->State<std::monostate, std::string>(StateKind::kValue, "s")));
    EXPECT_FALSE((before->State<std::monostate, int64_t>(StateKind::kReducing, "s")));
    for (const Place place : {Place::kHeap, Place::kDisk}) {
      const auto after = stage.Make(place);
      ASSERT_TRUE(after->Restore(before->Snapshot(), {}));
      const auto refused = after->State<std::monostate, std::string>(StateKind::kValue, "s");
      ASSERT_FALSE(refused);
      EXPECT_THAT(refused.error().message, testing::HasSubstr("\"s\" is a value of text"));
      EXPECT_TRUE((after->State<std::monostate, int64_t>(StateKind::kValue, "s")));
    }
  });
}

// Random changes, against a map; snapshots that either back end restores, under any parallelism.
void RunRandomly(Stage& stage, Place place, uint64_t seed) {
  sim::Random random(seed);
  Content model;
  const auto any = [&random](uint64_t below) { return static_cast<uint32_t>(random.Below(below)); };
  std::vector<std::unique_ptr<KeyedStateBackend>> parts;
  parts.push_back(stage.Make(place));
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 400; ++i) {
      const std::string key = fmt::format("key{}", any(40));
      const std::string state = fmt::format("s{}", any(3));
      const auto space = static_cast<int64_t>(any(5));
      const auto group = KeyGroupFor(JavaHash(key), 128);
      for (const auto& part : parts) {
        if (!part->range().Contains(group)) {
          continue;
        }
        Select(*part, key);
        const auto table = *part->State<int64_t, std::string>(StateKind::kMap, state);
        const std::tuple at{state, key, Encode(space)};
        if (any(4) == 0) {
          EXPECT_EQ(table.Remove(space), model.erase(at) == 1);
        } else {
          const std::string value = std::string(any(600), static_cast<char>('a' + any(26)));
          table.Mutable(space).value = value;
          model[at] = Encode(value);
        }
      }
    }
    std::map<KeyGroup, sim::Bytes> snapshot;
    size_t entries = 0;
    for (const auto& part : parts) {
      snapshot.merge(part->Snapshot());
      entries += part->entries();
    }
    ASSERT_EQ(ContentOf(snapshot), model) << "round " << round;
    ASSERT_EQ(entries, model.size());
    const bool are_files = place == Place::kDisk && any(2) == 0;
    const auto parallelism = 1 + any(5);
    place = any(2) == 0 ? Place::kHeap : Place::kDisk;
    std::vector<std::unique_ptr<KeyedStateBackend>> next;
    for (uint32_t i = 0; i < parallelism; ++i) {
      const KeyGroupRange range = RangeOf(SubtaskIndex(i), 128, parallelism);
      if (are_files) {
        std::vector<KeyedStateBackend*> others;
        for (const auto& part : parts) {
          others.push_back(part.get());
        }
        next.push_back(stage.MakeOf(others, range));
      } else {
        next.push_back(stage.Make(place, range));
        ASSERT_TRUE(next.back()->Restore(snapshot, {}));
      }
    }
    place = are_files ? Place::kDisk : place;
    parts = std::move(next);
  }
}

TEST_P(StateBackEndsTest, HoldsWhatAMapHoldsOverSnapshotsFilesAndParallelisms) {
  InProcess([](Stage& stage) {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
      RunRandomly(stage, GetParam(), seed);
    }
  });
}

// Restored, not registered, and written again; and nothing of it lost.
TEST_P(StateBackEndsTest, WhatNobodyRegistersIsInTheNextSnapshotAgain) {
  InProcess([](Stage& stage) {
    const auto before = stage.Make(Place::kHeap);
    const auto table = *before->State<std::monostate, int64_t>(StateKind::kValue, "s");
    for (const char* const key : {"a", "b", "key1"}) {
      Select(*before, key);
      table.Mutable({}).value = 5;
    }
    const auto after = stage.Make(GetParam());
    ASSERT_TRUE(after->Restore(before->Snapshot(), {}));
    EXPECT_EQ(ContentOf(after->Snapshot()), ContentOf(before->Snapshot()));
    EXPECT_EQ(after->entries(), 3U);
  });
}

// Of who has no database: in the world, and outside of it.
TEST(LevelDbReaderTest, ReadsWhatTheFilesOfADatabaseHold) {
  tests::Bench bench;
  DatabaseContent content;
  std::vector<NamedBytes> tables;
  Content expected;
  const auto read = [&] {
    KeyGroupsWriter groups;
    EXPECT_TRUE(ReadDatabase(content, tables,
                             [&](KeyGroup group, const StateMeta& meta, const EncodedEntry& entry) {
                               groups.Add(group, meta, entry);
                             }));
    EXPECT_EQ(ContentOf(groups.Take()), expected);
  };
  ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
    Stage stage(environment);
    const auto backend = stage.Make(Place::kDisk);
    const auto table = *backend->State<int64_t, std::string>(StateKind::kMap, "s");
    for (int64_t i = 0; i < 300; ++i) {
      Select(*backend, std::to_string(i % 40));
      table.Mutable(i).value = std::string(500, 'x');
    }
    expected = ContentOf(backend->Snapshot());
    const auto view = backend->FreezeFiles();
    content = *Decode<DatabaseContent>(view->files()->content);
    for (const std::string& name : view->files()->names) {
      tables.push_back(
          {.name = name, .bytes = *environment.disk().Read(view->files()->directory + "/" + name)});
    }
    read();
  }));
  EXPECT_EQ(expected.size(), 300U);
  read();
  tables.back().bytes[100] = static_cast<char>(tables.back().bytes[100] ^ 1);
  EXPECT_FALSE(
      ReadDatabase(content, tables, [](KeyGroup, const StateMeta&, const EncodedEntry&) {}));
}

// Of an incremental checkpoint: what changed since the last one becomes a table. In one of a few
// rounds nothing is merged.
TEST(LevelDbStatesTest, TheSynchronousPartWritesWhatHasChangedHoweverManyKeysThereAre) {
  std::map<int, uint64_t> writes;  // the fewest, by keys
  for (const int keys : {1'000, 40'000}) {
    tests::Bench bench;
    const sim::HostId host = bench.Host("tm");
    ASSERT_TRUE(bench.Run("tm", [&](sim::Environment& environment) {
      Stage stage(environment);
      const auto backend = stage.Make(Place::kDisk);
      const auto table = *backend->State<std::monostate, int64_t>(StateKind::kValue, "s");
      const auto touch = [&](int key) {
        Select(*backend, std::to_string(key));
        ++table.Mutable({}).value;
      };
      for (int key = 0; key < keys; ++key) {
        touch(key);
      }
      (void)backend->FreezeFiles();
      for (int round = 0; round < 4; ++round) {
        for (int key = 0; key < 100; ++key) {
          touch(key);
        }
        backend->disk()->store().Settle();
        const uint64_t before = bench.world().WritesOf(host);
        (void)backend->FreezeFiles();
        const uint64_t written = bench.world().WritesOf(host) - before;
        const auto [fewest, is_first] = writes.emplace(keys, written);
        fewest->second = std::min(fewest->second, written);
      }
      EXPECT_EQ(backend->entries(), static_cast<size_t>(keys));
    }));
  }
  EXPECT_EQ(writes.at(1'000), writes.at(40'000));
  EXPECT_GT(writes.at(1'000), 0U);
}

INSTANTIATE_TEST_SUITE_P(BackEnds, StateBackEndsTest, testing::Values(Place::kHeap, Place::kDisk),
                         [](const auto& each) {
                           return each.param == Place::kHeap ? "hashmap" : "leveldb";
                         });

}  // namespace
}  // namespace flinch::engine
