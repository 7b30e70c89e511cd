// The back end against a map that knows nothing of key groups.
#include "engine/state/hashmap_backend.h"

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

constexpr uint32_t kGroups = 16;

struct Change {
  Place place;
  bool puts = true;
  std::string value;
};

std::vector<Change> AnyChanges() {
  const auto name = [](const char* prefix) {
    return std::string(prefix) + std::to_string(*rc::gen::inRange(0, 5));
  };
  const int count = *rc::gen::inRange(0, 60);
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    const std::string state = name("state");
    const std::string key = name("key");
    const std::string space = name("");
    const bool puts = *rc::gen::weightedElement<bool>({{3, true}, {1, false}});
    changes.push_back(
        {.place = {state, key, space}, .puts = puts, .value = *rc::gen::arbitrary<std::string>()});
  }
  return changes;
}

void Apply(const std::vector<Change>& changes, KeyedStateBackend& backend, Model& model) {
  for (const Change& change : changes) {
    const auto& [state, key, space] = change.place;
    backend.SetCurrentKey(key, JavaHash(key));
    if (change.puts) {
      backend.Put(state, space, change.value);
      model[change.place] = change.value;
    } else {
      backend.Remove(state, space);
      model.erase(change.place);
    }
  }
}

Model Content(const std::vector<std::unique_ptr<KeyedStateBackend>>& parts) {
  Model content;
  for (const auto& part : parts) {
    for (int i = 0; i < 5; ++i) {
      const std::string state = "state" + std::to_string(i);
      part->ForEach(
          state, [&](std::string_view key, std::string_view space, std::string_view value) {
            const bool fresh =
                content.emplace(Place(state, std::string(key), std::string(space)), value).second;
            RC_ASSERT(fresh);
          });
    }
  }
  return content;
}

std::unique_ptr<KeyedStateBackend> Whole() {
  return MakeHashMapBackend({KeyGroup(0), KeyGroup(kGroups - 1)}, kGroups);
}

RC_GTEST_PROP(HashMapBackendPropertyTest, HoldsWhatAMapHolds, ()) {
  std::vector<std::unique_ptr<KeyedStateBackend>> backend;
  backend.push_back(Whole());
  Model model;
  Apply(AnyChanges(), *backend[0], model);
  RC_ASSERT(Content(backend) == model);
  RC_ASSERT(backend[0]->entries() == model.size());
  for (const auto& [place, value] : model) {
    const auto& [state, key, space] = place;
    backend[0]->SetCurrentKey(key, JavaHash(key));
    RC_ASSERT(backend[0]->Get(state, space) == std::optional<std::string_view>(value));
  }
}

RC_GTEST_PROP(HashMapBackendPropertyTest, ASnapshotDoesNotSeeWhatComesLater, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  const Model then = model;
  const auto snapshot = backend->Snapshot();
  Apply(AnyChanges(), *backend, model);
  std::vector<std::unique_ptr<KeyedStateBackend>> restored;
  restored.push_back(Whole());
  RC_ASSERT(restored[0]->Restore(snapshot, Defects()).has_value());
  RC_ASSERT(Content(restored) == then);
  RC_ASSERT((restored[0]->Snapshot() == snapshot));
}

RC_GTEST_PROP(HashMapBackendPropertyTest, RescalingTwiceKeepsEveryEntryOnce, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  std::vector<std::map<KeyGroup, sim::Bytes>> snapshots{backend->Snapshot()};
  std::vector<std::unique_ptr<KeyedStateBackend>> parts;
  for (int round = 0; round < 2; ++round) {
    const auto parallelism = *rc::gen::inRange<uint32_t>(1, kGroups + 1);
    parts.clear();
    for (uint32_t i = 0; i < parallelism; ++i) {
      parts.push_back(MakeHashMapBackend(RangeOf(SubtaskIndex(i), kGroups, parallelism), kGroups));
      for (const auto& snapshot : snapshots) {
        RC_ASSERT(parts.back()->Restore(snapshot, Defects()).has_value());
      }
    }
    RC_ASSERT(Content(parts) == model);
    snapshots.clear();
    for (const auto& part : parts) {
      snapshots.push_back(part->Snapshot());
    }
  }
}

RC_GTEST_PROP(HashMapBackendPropertyTest, AnyBytesAreRestoredOrRefused, (std::string bytes)) {
  const auto backend = Whole();
  const sim::Result<void> restored = backend->Restore({{KeyGroup(3), bytes}}, Defects());
  if (!restored) {
    RC_ASSERT(restored.error().code == sim::ErrorCode::kCorruption);
    RC_ASSERT(backend->entries() == 0U);
  } else {
    RC_ASSERT((backend->Snapshot() == std::map<KeyGroup, sim::Bytes>{{KeyGroup(3), bytes}}));
  }
}

RC_GTEST_PROP(HashMapBackendPropertyTest, AChangedByteIsRefusedOrChangesOneValueOrName, ()) {
  const auto backend = Whole();
  Model model;
  Apply(AnyChanges(), *backend, model);
  auto snapshot = backend->Snapshot();
  RC_PRE(!snapshot.empty());
  sim::Bytes& bytes = snapshot.begin()->second;
  const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  const auto restored = Whole();
  const sim::Result<void> result = restored->Restore(snapshot, Defects());
  if (result) {
    RC_ASSERT(restored->entries() == model.size());
  } else {
    RC_ASSERT(result.error().code == sim::ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace flinch::engine
