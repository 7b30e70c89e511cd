#include "scenarios/bench/state_workloads.h"

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include "engine/serializer.h"
#include "engine/state.h"
#include "engine/state/key_groups.h"
#include "engine/state/leveldb_restore.h"
#include "scenarios/bench/kernel_workloads.h"
#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

using engine::KeyedStateBackend;
using engine::KeyGroup;
using Groups = std::map<KeyGroup, sim::Bytes>;

constexpr engine::KeyGroupRange kAllGroups{KeyGroup(0), KeyGroup(127)};
constexpr uint32_t kGroups = 128;
constexpr uint64_t kStride = 7'919;  // a prime: a walk over all keys in no order
constexpr uint64_t kRounds = 10;     // over all keys; snapshots; restores
constexpr uint64_t kChangedShare = 100;

enum class StateVerb : uint8_t { kGet, kPut, kSnapshot, kRestore };

std::string BenchKey(uint64_t number) { return fmt::format("key-{:07}", number); }

std::vector<std::string> KeysOf(uint64_t keys) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < keys; ++i) {
    names.push_back(BenchKey(i * kStride % keys));
  }
  return names;
}

Work WorkOf(uint64_t units) { return {.units = units, .operations = units}; }

// A back end with one value per key.
class FilledState {
 public:
  explicit FilledState(std::unique_ptr<KeyedStateBackend> backend)
      : backend_(std::move(backend)), context_(*backend_) {
    value_ = context_.GetState<int64_t>({"value"});
  }

  void Put(const std::string& key, int64_t value) {
    backend_->SetCurrentKey(key, engine::JavaHash(key));
    value_.Update(value);
  }

  int64_t Get(const std::string& key) {
    backend_->SetCurrentKey(key, engine::JavaHash(key));
    const int64_t* const found = value_.Find();
    return found == nullptr ? 0 : *found;
  }

  Groups Take() { return backend_->Snapshot(); }

  KeyedStateBackend& backend() { return *backend_; }

 private:
  std::unique_ptr<KeyedStateBackend> backend_;
  engine::RuntimeContext context_;
  engine::ValueState<int64_t> value_;
};

using Maker = std::function<std::unique_ptr<KeyedStateBackend>()>;

Work Exercise(const Maker& make, StateVerb verb, uint64_t keys) {
  const std::vector<std::string> names = KeysOf(keys);
  FilledState state(make());
  for (const std::string& name : names) {
    state.Put(name, 1);
  }
  int64_t sum = 0;
  Groups snapshot = verb == StateVerb::kRestore ? state.Take() : Groups();
  for (uint64_t round = 0; round < kRounds; ++round) {
    switch (verb) {
      case StateVerb::kGet:
        for (const std::string& name : names) {
          sum += state.Get(name);
        }
        break;
      case StateVerb::kPut:
        for (const std::string& name : names) {
          state.Put(name, static_cast<int64_t>(round));
        }
        break;
      case StateVerb::kSnapshot:
        snapshot = state.Take();
        break;
      case StateVerb::kRestore: {
        auto fresh = make();
        sim::Check(fresh->Restore(snapshot, {}).has_value(), "a snapshot is refused");
        FilledState restored(std::move(fresh));
        sum += restored.Get(names.front());
        break;
      }
    }
  }
  sim::Check(verb != StateVerb::kGet || sum == static_cast<int64_t>(keys * kRounds),
             "a value was not what was written");
  return WorkOf(keys * kRounds);
}

Work OnHeap(StateVerb verb, uint64_t keys) {
  return Exercise([] { return std::make_unique<KeyedStateBackend>(kAllGroups, kGroups); }, verb,
                  keys);
}

// In a process of a small world, which has a disk.
Work InWorld(const std::function<Work(sim::Environment&)>& body) {
  Work work;
  bool done = false;
  sim::World world({.seed = 1});
  world.AddProcess(world.AddHost("tm"), "tm", [&](sim::Environment& environment) {
    work = body(environment);
    done = true;
  });
  const sim::Outcome outcome = world.Run([&done] { return done; });
  sim::Check(outcome.ending == sim::Ending::kGoal, "the bench's world stopped: {}",
             sim::Show(outcome));
  work.events = world.events();
  return work;
}

class BenchDatabases {
 public:
  explicit BenchDatabases(sim::Environment& environment) : environment_(environment) {}

  std::unique_ptr<KeyedStateBackend> Make(const std::vector<engine::DatabaseCopy>& copies = {}) {
    auto backend = std::make_unique<KeyedStateBackend>(kAllGroups, kGroups);
    const auto opened =
        OpenOnDisk(environment_, *backend, Next(), {.write_buffer_bytes = 1024 * 1024}, copies);
    sim::Check(opened.has_value(), "a database does not open");
    return backend;
  }

  // Copies of the files that are not in `known` by now; returns all of them.
  engine::DatabaseCopy Copy(KeyedStateBackend& backend, std::map<std::string, sim::Bytes>& known,
                            bool writes) {
    const auto view = backend.FreezeFiles();
    const engine::DatabaseFiles& files = *view->files();
    engine::DatabaseCopy copy{.directory = fmt::format("/state/tm/{}/copy", made_ + 1),
                              .content = *engine::Decode<engine::DatabaseContent>(files.content)};
    for (const std::string& name : files.names) {
      sim::Bytes& bytes = known[name];
      if (bytes.empty()) {
        bytes = *environment_.disk().Read(files.directory + "/" + name);
      }
      if (writes) {
        sim::Check(
            sim::WriteDurably(environment_.disk(), copy.directory + "/" + name, bytes).has_value(),
            "a copy is not written");
      }
    }
    return copy;
  }

 private:
  std::string Next() { return fmt::format("/state/tm/{}", ++made_); }

  sim::Environment& environment_;
  int made_ = 0;
};

Work OnDisk(StateVerb verb, uint64_t keys) {
  return InWorld([verb, keys](sim::Environment& environment) {
    BenchDatabases databases(environment);
    return Exercise([&databases] { return databases.Make(); }, verb, keys);
  });
}

// By the files of the database: a hundredth of the keys changes before each snapshot.
Work ByFiles(StateVerb verb, uint64_t keys) {
  return InWorld([verb, keys](sim::Environment& environment) {
    BenchDatabases databases(environment);
    const std::vector<std::string> names = KeysOf(keys);
    FilledState state(databases.Make());
    for (const std::string& name : names) {
      state.Put(name, 1);
    }
    std::map<std::string, sim::Bytes> known;
    for (uint64_t round = 0; round < kRounds; ++round) {
      if (verb == StateVerb::kRestore) {
        const engine::DatabaseCopy copy = databases.Copy(state.backend(), known, true);
        FilledState restored(databases.Make({copy}));
        sim::Check(restored.Get(names.front()) == 1, "a value is lost");
        continue;
      }
      for (uint64_t i = 0; i < keys / kChangedShare; ++i) {
        state.Put(names[(round * keys / kChangedShare + i) % keys], 2);
      }
      (void)databases.Copy(state.backend(), known, false);
    }
    return WorkOf(keys * kRounds);
  });
}

Work InAMap(StateVerb verb, uint64_t keys) {
  const std::vector<std::string> names = KeysOf(keys);
  std::unordered_map<std::string, int64_t> map;
  for (const std::string& name : names) {
    map[name] = 1;
  }
  int64_t sum = 0;
  const std::vector<std::pair<std::string, int64_t>> list(map.begin(), map.end());
  for (uint64_t round = 0; round < kRounds; ++round) {
    switch (verb) {
      case StateVerb::kGet:
        for (const std::string& name : names) {
          sum += map.find(name)->second;
        }
        break;
      case StateVerb::kPut:
        for (const std::string& name : names) {
          map[name] = static_cast<int64_t>(round);
        }
        break;
      case StateVerb::kSnapshot:
        sum += static_cast<int64_t>(std::unordered_map(map).size());
        break;
      case StateVerb::kRestore:
        sum += static_cast<int64_t>(
            std::unordered_map<std::string, int64_t>(list.begin(), list.end()).size());
        break;
    }
  }
  sim::Check(verb != StateVerb::kGet || sum == static_cast<int64_t>(keys * kRounds),
             "a value was not what was written");
  return WorkOf(keys * kRounds);
}

// LevelDB as it is, in a folder of this machine.
class LevelDbAlone {
 public:
  explicit LevelDbAlone(int number)
      : folder_((std::filesystem::temp_directory_path() /
                 fmt::format("flinch-bench-{}-{}", getpid(), number))
                    .string()) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = 1024 * 1024;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* db = nullptr;
    sim::Check(leveldb::DB::Open(options, folder_, &db).ok(), "no LevelDB opens in {}", folder_);
    db_.reset(db);
  }

  ~LevelDbAlone() {
    db_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  LevelDbAlone(const LevelDbAlone&) = delete;
  LevelDbAlone& operator=(const LevelDbAlone&) = delete;

  leveldb::DB& db() { return *db_; }

 private:
  std::string folder_;
  std::unique_ptr<leveldb::DB> db_;
};

void PutAlone(leveldb::DB& db, const std::string& key, const std::string& value) {
  sim::Check(db.Put({}, key, value).ok(), "LevelDB does not write");
}

Work InLevelDbAlone(StateVerb verb, uint64_t keys) {
  const std::vector<std::string> names = KeysOf(keys);
  LevelDbAlone alone(0);
  const std::string value(8, 'x');
  for (const std::string& name : names) {
    PutAlone(alone.db(), name, value);
  }
  std::string got;
  std::vector<std::pair<std::string, std::string>> all;
  for (uint64_t round = 0; round < kRounds; ++round) {
    if (verb == StateVerb::kGet) {
      for (const std::string& name : names) {
        sim::Check(alone.db().Get({}, name, &got).ok(), "LevelDB does not read");
      }
    } else if (verb == StateVerb::kPut) {
      for (const std::string& name : names) {
        PutAlone(alone.db(), name, value);
      }
    } else if (verb == StateVerb::kSnapshot || all.empty()) {
      all.clear();
      const std::unique_ptr<leveldb::Iterator> at(alone.db().NewIterator({}));
      for (at->SeekToFirst(); at->Valid(); at->Next()) {
        all.emplace_back(at->key().ToString(), at->value().ToString());
      }
    }
    if (verb == StateVerb::kRestore) {
      LevelDbAlone restored(static_cast<int>(round) + 1);
      for (const auto& [key, content] : all) {
        PutAlone(restored.db(), key, content);
      }
    }
  }
  return WorkOf(keys * kRounds);
}

constexpr uint64_t kFew = 1'000;
constexpr uint64_t kMany = 100'000;

template <Work (*kRun)(StateVerb, uint64_t), StateVerb kVerb, uint64_t kKeys>
Work RunState() {
  return kRun(kVerb, kKeys);
}

template <Work (*kRun)(StateVerb, uint64_t), StateVerb kVerb, uint64_t kKeys>
constexpr BenchWorkload StateRow(std::string_view name, std::string_view what,
                                 std::optional<uint64_t> must = {},
                                 std::optional<uint64_t> goal = {}) {
  return {.name = name,
          .what = what,
          .unit = kVerb == StateVerb::kGet || kVerb == StateVerb::kPut ? "accesses/s" : "entries/s",
          .must = must,
          .goal = goal,
          .run = &RunState<kRun, kVerb, kKeys>};
}

constexpr auto kStateWorkloads = std::to_array<BenchWorkload>({
    {.name = kBareWorkload,
     .what = "a heap of 1,000 timers, 1,000,000 pops",
     .unit = "timers/s",
     .run = [] { return RunBare(1'000'000); }},
    StateRow<InAMap, StateVerb::kGet, kFew>("get/map/1000", "std::unordered_map, 1,000 keys"),
    StateRow<OnHeap, StateVerb::kGet, kFew>("get/hashmap/1000", "the hash-map back end"),
    StateRow<InLevelDbAlone, StateVerb::kGet, kFew>("get/alone/1000", "LevelDB alone"),
    StateRow<OnDisk, StateVerb::kGet, kFew>("get/leveldb/1000", "the LevelDB back end"),
    StateRow<InAMap, StateVerb::kGet, kMany>("get/map/100000", "the same, 100,000 keys"),
    StateRow<OnHeap, StateVerb::kGet, kMany>("get/hashmap/100000", "", 8'000'000, 14'000'000),
    StateRow<InLevelDbAlone, StateVerb::kGet, kMany>("get/alone/100000", ""),
    StateRow<OnDisk, StateVerb::kGet, kMany>("get/leveldb/100000", "", 300'000, 1'000'000),
    StateRow<InAMap, StateVerb::kPut, kFew>("put/map/1000", "written over, 1,000 keys"),
    StateRow<OnHeap, StateVerb::kPut, kFew>("put/hashmap/1000", ""),
    StateRow<InLevelDbAlone, StateVerb::kPut, kFew>("put/alone/1000", ""),
    StateRow<OnDisk, StateVerb::kPut, kFew>("put/leveldb/1000", ""),
    StateRow<InAMap, StateVerb::kPut, kMany>("put/map/100000", "the same, 100,000 keys"),
    StateRow<OnHeap, StateVerb::kPut, kMany>("put/hashmap/100000", "", 8'000'000, 12'000'000),
    StateRow<InLevelDbAlone, StateVerb::kPut, kMany>("put/alone/100000", ""),
    StateRow<OnDisk, StateVerb::kPut, kMany>("put/leveldb/100000", "", 150'000, 500'000),
    StateRow<InAMap, StateVerb::kSnapshot, kMany>("snapshot/map/100000", "a copy of the map"),
    StateRow<OnHeap, StateVerb::kSnapshot, kMany>(
        "snapshot/hashmap/100000", "in full, encoded by key group", 5'000'000, 10'000'000),
    StateRow<InLevelDbAlone, StateVerb::kSnapshot, kMany>("snapshot/alone/100000",
                                                          "a walk over all keys"),
    StateRow<OnDisk, StateVerb::kSnapshot, kMany>("snapshot/leveldb/100000",
                                                  "in full, by key group", 1'200'000, 5'000'000),
    StateRow<ByFiles, StateVerb::kSnapshot, kMany>("snapshot/files/100000",
                                                   "incremental, 1 % of the keys changed"),
    StateRow<InAMap, StateVerb::kRestore, kMany>("restore/map/100000", "a map out of a list"),
    StateRow<OnHeap, StateVerb::kRestore, kMany>("restore/hashmap/100000", "of key groups",
                                                 2'400'000, 5'000'000),
    StateRow<InLevelDbAlone, StateVerb::kRestore, kMany>("restore/alone/100000", "put by put"),
    StateRow<OnDisk, StateVerb::kRestore, kMany>("restore/leveldb/100000", "of key groups", 600'000,
                                                 1'200'000),
    StateRow<ByFiles, StateVerb::kRestore, kMany>("restore/files/100000", "of copied files",
                                                  2'000'000, 4'000'000),
});

}  // namespace

std::span<const BenchWorkload> StateWorkloads() { return kStateWorkloads; }

}  // namespace flinch::scenarios
