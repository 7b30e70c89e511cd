// The back end against a map that knows nothing of key groups.
#include "engine/state/keyed_state_backend.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::engine {
namespace {

using Place = std::tuple<std::string, std::string, std::string>;  // state, key, namespace
using Model = std::map<Place, std::string>;
using Table = HeapTable<std::string, std::string>;

constexpr uint32_t kGroups = 16;
constexpr int kStates = 3;

struct Change {
  Place place;
  bool puts = true;
  std::string value;
};

std::vector<Change> AnyChanges() {
  const auto name = [](const char* prefix, int count) {
    return std::string(prefix) + std::to_string(*rc::gen::inRange(0, count));
  };
  const int count = *rc::gen::inRange(0, 120);
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    const std::string state = name("state", kStates);
    const std::string key = name("key", 6);
    const std::string space = name("", 30);
    const bool puts = *rc::gen::weightedElement<bool>({{3, true}, {1, false}});
    changes.push_back(
        {.place = {state, key, space}, .puts = puts, .value = *rc::gen::arbitrary<std::string>()});
  }
  return changes;
}

std::unique_ptr<KeyedStateBackend> Part(KeyGroupRange range) {
  return std::make_unique<KeyedStateBackend>(range, kGroups);
}

std::unique_ptr<KeyedStateBackend> Whole() { return Part({KeyGroup(0), KeyGroup(kGroups - 1)}); }

Table& TableOf(KeyedStateBackend& backend, const std::string& state) {
  const auto table = backend.Register<std::string, std::string>(StateKind::kMap, state);
  RC_ASSERT(table.has_value());
  return **table;
}

void Apply(const Change& change, KeyedStateBackend& backend, Model& model) {
  const auto& [state, key, space] = change.place;
  backend.SetCurrentKey(key, JavaHash(key));
  if (change.puts) {
    TableOf(backend, state).Mutable(space).value = change.value;
    model[change.place] = change.value;
  } else {
    RC_ASSERT(TableOf(backend, state).Remove(space) == (model.erase(change.place) == 1));
  }
}

void Apply(const std::vector<Change>& changes, KeyedStateBackend& backend, Model& model) {
  for (int i = 0; i < kStates; ++i) {
    (void)TableOf(backend, "state" + std::to_string(i));
  }
  for (const Change& change : changes) {
    Apply(change, backend, model);
  }
}

void AddContent(const std::map<KeyGroup, sim::Bytes>& snapshot, Model& content) {
  for (const auto& [group, bytes] : snapshot) {
    const auto add = [&](const StateMeta& meta, const EncodedEntry& entry) {
      const auto fresh = content.emplace(
          Place(meta.name, std::string(entry.key), *Decode<std::string>(entry.space)),
          *Decode<std::string>(entry.value));
      RC_ASSERT(fresh.second);
    };
    RC_ASSERT(ReadKeyGroup(group, bytes, add).has_value());
  }
}

Model ContentOf(const std::map<KeyGroup, sim::Bytes>& snapshot) {
  Model content;
  AddContent(snapshot, content);
  return content;
}

RC_GTEST_PROP(KeyedStateBackendPropertyTest, HoldsWhatAMapHolds, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  RC_ASSERT(ContentOf(backend->Snapshot()) == model);
  RC_ASSERT(backend->entries() == model.size());
  for (const auto& [place, value] : model) {
    const auto& [state, key, space] = place;
    backend->SetCurrentKey(key, JavaHash(key));
    const std::string* const found = TableOf(*backend, state).Find(space);
    RC_ASSERT(found != nullptr);
    RC_ASSERT(*found == value);
  }
}

// Two views at once, written piece by piece between changes.
RC_GTEST_PROP(KeyedStateBackendPropertyTest, AViewDoesNotSeeWhatComesLater, ()) {
  const auto backend = Whole();
  Model model;

  struct Taken {
    std::unique_ptr<KeyedStateBackend::View> view;
    Model then;
    std::map<KeyGroup, sim::Bytes> written{};
  };

  std::vector<Taken> taken;
  Apply(AnyChanges(), *backend, model);
  for (int i = 0; i < 2; ++i) {
    taken.push_back({.view = backend->Freeze(), .then = model});
    for (const Change& change : AnyChanges()) {
      Apply(change, *backend, model);
      Taken& one = taken[*rc::gen::inRange<size_t>(0, taken.size())];
      auto group = *rc::gen::inRange(0, 8) == 0 ? one.view->Next() : std::nullopt;
      if (group) {
        one.written.insert(*std::move(group));
      }
    }
  }
  for (Taken& one : taken) {
    while (auto group = one.view->Next()) {
      one.written.insert(*std::move(group));
    }
    one.view.reset();
    RC_ASSERT(ContentOf(one.written) == one.then);
  }
  RC_ASSERT(ContentOf(backend->Snapshot()) == model);
}

RC_GTEST_PROP(KeyedStateBackendPropertyTest, ARestoredStateIsWrittenAsItWas, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  const auto snapshot = backend->Snapshot();
  const auto restored = Whole();
  RC_ASSERT(restored->Restore(snapshot, Defects()).has_value());
  const auto registered = *rc::gen::inRange(0, kStates + 1);
  for (int i = 0; i < registered; ++i) {
    (void)TableOf(*restored, "state" + std::to_string(i));
  }
  RC_ASSERT(ContentOf(restored->Snapshot()) == model);
  RC_ASSERT(restored->entries() == model.size());
}

RC_GTEST_PROP(KeyedStateBackendPropertyTest, RescalingTwiceKeepsEveryEntryOnce, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  std::vector<std::map<KeyGroup, sim::Bytes>> snapshots{backend->Snapshot()};
  for (int round = 0; round < 2; ++round) {
    const auto parallelism = *rc::gen::inRange<uint32_t>(1, kGroups + 1);
    std::vector<std::map<KeyGroup, sim::Bytes>> next;
    Model content;
    for (uint32_t i = 0; i < parallelism; ++i) {
      const auto part = Part(RangeOf(SubtaskIndex(i), kGroups, parallelism));
      for (const auto& snapshot : snapshots) {
        RC_ASSERT(part->Restore(snapshot, Defects()).has_value());
      }
      next.push_back(part->Snapshot());
      AddContent(next.back(), content);
    }
    RC_ASSERT(content == model);
    snapshots = std::move(next);
  }
}

RC_GTEST_PROP(KeyedStateBackendPropertyTest, AnyBytesAreRestoredOrRefused, (std::string bytes)) {
  const auto backend = Whole();
  const sim::Result<void> restored = backend->Restore({{KeyGroup(3), bytes}}, Defects());
  RC_ASSERT(!restored);
  RC_ASSERT(restored.error().code == sim::ErrorCode::kCorruption);
  RC_ASSERT(backend->entries() == 0U);
}

RC_GTEST_PROP(KeyedStateBackendPropertyTest, AChangedByteNeverDoesHarm, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  auto snapshot = backend->Snapshot();
  RC_PRE(!snapshot.empty());
  sim::Bytes& bytes = snapshot.begin()->second;
  const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  const auto restored = Whole();
  if (restored->Restore(snapshot, Defects())) {
    RC_ASSERT(restored->entries() == model.size());
    for (int i = 0; i < kStates; ++i) {
      (void)restored->Register<std::string, std::string>(StateKind::kMap,
                                                         "state" + std::to_string(i));
    }
  }
}

RC_GTEST_PROP(KeyDirectoryPropertyTest, FindsWhatIsThereAndNothingElse, ()) {
  KeyDirectory keys(4);
  std::map<std::string, KeyNumber> model;
  const int steps = *rc::gen::inRange(0, 200);
  for (int i = 0; i < steps; ++i) {
    const int drawn = *rc::gen::inRange(0, 40);
    const std::string key = std::to_string(drawn);
    const int32_t hash = drawn % 7;  // many share one
    const auto known = model.find(key);
    RC_ASSERT(keys.Find(key, hash) == (known == model.end() ? kNoKey : known->second));
    if (known == model.end()) {
      const KeyNumber number = keys.Add(key, hash, static_cast<uint32_t>(drawn % 4));
      keys.Use(number);
      model.emplace(key, number);
    } else {
      RC_ASSERT(keys.Leave(known->second));
      model.erase(known);
    }
  }
  RC_ASSERT(keys.size() == model.size());
  size_t listed = 0;
  for (uint32_t group = 0; group < keys.groups(); ++group) {
    for (const KeyNumber number : keys.InGroup(group)) {
      RC_ASSERT(model.at(std::string(keys.bytes(number))) == number);
      ++listed;
    }
  }
  RC_ASSERT(listed == model.size());
}

}  // namespace
}  // namespace flinch::engine
