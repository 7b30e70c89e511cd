#include "engine/state/leveldb_restore.h"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

uint32_t Overlap(KeyGroupRange one, KeyGroupRange other) {
  const uint32_t first = std::max(one.first, other.first).value();
  const uint32_t last = std::min(one.last, other.last).value();
  return first > last ? 0 : last - first + 1;
}

// Opens the copy where it lies.
sim::Result<std::unique_ptr<LevelDbStore>> Open(sim::Environment& environment,
                                                const DatabaseCopy& copy,
                                                const LevelDbOptions& options) {
  for (const NamedBytes& head : copy.content.heads) {
    const std::string path = copy.directory + "/" + head.name;
    if (sim::Result<void> written = sim::WriteDurably(environment.disk(), path, head.bytes);
        !written) {
      return sim::Fail(written);
    }
  }
  return LevelDbStore::Open(environment, copy.directory, options);
}

sim::Result<void> CheckCopies(const KeyedStateBackend& backend,
                              const std::vector<DatabaseCopy>& copies) {
  std::set<KeyGroup> seen;
  for (const DatabaseCopy& copy : copies) {
    for (uint32_t group = copy.content.first.value(); group <= copy.content.last.value(); ++group) {
      if (backend.range().Contains(KeyGroup(group)) && !seen.insert(KeyGroup(group)).second) {
        return sim::Fail(sim::ErrorCode::kCorruption,
                         fmt::format("Key group {} has been restored before: two snapshots of one "
                                     "checkpoint overlap.",
                                     group));
      }
    }
    for (const DatabaseContent::State& state : copy.content.states) {
      for (const DatabaseContent::State& other : copies.front().content.states) {
        if (state.meta.name == other.meta.name && state.meta != other.meta) {
          return sim::Fail(
              sim::ErrorCode::kCorruption,
              fmt::format("The state \"{}\" is a {} in one snapshot of a checkpoint "
                          "and a {} in another.",
                          state.meta.name, DescribeState(state.meta), DescribeState(other.meta)));
        }
      }
    }
  }
  return {};
}

}  // namespace

sim::Result<size_t> OpenOnDisk(sim::Environment& environment, KeyedStateBackend& backend,
                               const std::string& directory, const LevelDbOptions& options,
                               const std::vector<DatabaseCopy>& copies) {
  if (copies.empty()) {
    sim::Result<std::unique_ptr<LevelDbStore>> store =
        LevelDbStore::Open(environment, directory, options);
    if (!store) {
      return sim::Fail(store);
    }
    backend.KeepOnDisk(*std::move(store));
    return copies.size();
  }
  if (sim::Result<void> good = CheckCopies(backend, copies); !good) {
    return sim::Fail(good);
  }
  const auto base = std::ranges::max_element(copies, {}, [&backend](const DatabaseCopy& copy) {
    return Overlap(copy.content.range(), backend.range());
  });
  sim::Result<std::unique_ptr<LevelDbStore>> store = Open(environment, *base, options);
  if (!store) {
    return sim::Fail(store);
  }
  backend.KeepOnDisk(*std::move(store), &base->content);
  if (options.clips_copies) {
    if (sim::Result<void> clipped = backend.disk()->Clip(base->content.range()); !clipped) {
      return sim::Fail(clipped);
    }
  }
  for (const DatabaseCopy& copy : copies) {
    if (&copy == &*base || Overlap(copy.content.range(), backend.range()) == 0) {
      continue;
    }
    const sim::Result<std::unique_ptr<LevelDbStore>> other = Open(environment, copy, options);
    if (!other) {
      return sim::Fail(other);
    }
    sim::Result<void> merged = backend.disk()->Merge(**other, copy.content);
    (*other)->Settle();
    if (!merged) {
      return sim::Fail(merged);
    }
  }
  if (sim::Result<void> known = backend.CheckKeysOnDisk(); !known) {
    return sim::Fail(known);
  }
  return static_cast<size_t>(base - copies.begin());
}

}  // namespace flinch::engine
