#include "engine/checkpoint/assignment.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "engine/state/key_groups.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

const OperatorTopology& OldOf(const Topology& old, const std::string& name) {
  const auto found = old.find(name);
  sim::Check(found != old.end(), "a snapshot holds state of {}, which the old job did not have",
             name);
  return found->second;
}

KeyGroupsHandle GroupsIn(const KeyGroupsHandle& keyed, KeyGroupRange range) {
  KeyGroupsHandle mine;
  std::ranges::copy_if(keyed.groups, std::back_inserter(mine.groups),
                       [range](const auto& group) { return range.Contains(group.first); });
  return mine;
}

// One list of an operator, as far as a snapshot has it.
struct ListPart {
  size_t snapshot = 0;  // its index
  uint32_t writer = 0;
  const ListHandle* list = nullptr;
};

// By name, in the order of their writers.
using Lists = std::map<std::string, std::vector<ListPart>>;

Lists ListsOf(const std::vector<SnapshotHandle>& snapshots, const std::string& name) {
  Lists lists;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    const auto found = snapshots[i].operators.find(name);
    if (found != snapshots[i].operators.end()) {
      for (const ListHandle& list : found->second.lists) {
        lists[list.name].push_back({i, snapshots[i].subtask.value(), &list});
      }
    }
  }
  return lists;
}

// Gives the lists of an operator to one of its subtasks.
class ListReader {
 public:
  ListReader(uint32_t reader, uint32_t readers, bool is_rescaled)
      : reader_(reader), readers_(readers), is_rescaled_(is_rescaled) {}

  // Which entries of each part the reader gets, part by part.
  std::vector<std::vector<uint64_t>> Take(const std::vector<ListPart>& parts, bool is_shared) {
    if (is_rescaled_ && is_shared) {
      return TakeIf(parts, [](const ListPart&) { return true; });
    }
    switch (parts.front().list->mode) {
      case ListMode::kUnion:
        return TakeIf(parts, [](const ListPart&) { return true; });
      case ListMode::kBroadcast: {
        // One's own, or that of one who has the list.
        const auto own = std::ranges::find(parts, reader_, &ListPart::writer);
        const uint32_t writer =
            is_rescaled_ || own == parts.end() ? parts[reader_ % parts.size()].writer : reader_;
        return TakeIf(parts, [writer](const ListPart& part) { return part.writer == writer; });
      }
      case ListMode::kSplit:
        return is_rescaled_
                   ? TakeRun(parts)
                   : TakeIf(parts, [this](const ListPart& part) { return part.writer == reader_; });
    }
    sim::Unreachable("a list has a mode that nobody knows");
  }

 private:
  template <typename IsMine>
  static std::vector<std::vector<uint64_t>> TakeIf(const std::vector<ListPart>& parts,
                                                   const IsMine& is_mine) {
    std::vector<std::vector<uint64_t>> taken;
    for (const ListPart& part : parts) {
      taken.push_back(is_mine(part) ? part.list->entries : std::vector<uint64_t>());
    }
    return taken;
  }

  // Entries that follow each other, counted through all parts. Some readers get one entry more than
  // the others; the next list goes on behind them, so that short lists do not all lie with the
  // first subtasks.
  std::vector<std::vector<uint64_t>> TakeRun(const std::vector<ListPart>& parts) {
    size_t entries = 0;
    for (const ListPart& part : parts) {
      entries += part.list->entries.size();
    }
    const size_t place = (reader_ + readers_ - first_) % readers_;
    const size_t each = entries / readers_;
    const size_t longer = entries % readers_;
    const size_t begin = place * each + std::min(place, longer);
    const size_t end = begin + each + (place < longer ? 1 : 0);
    first_ = (first_ + longer) % readers_;
    std::vector<std::vector<uint64_t>> taken;
    size_t before = 0;  // entries of earlier parts
    for (const ListPart& part : parts) {
      std::vector<uint64_t>& mine = taken.emplace_back();
      for (size_t i = 0; i < part.list->entries.size(); ++i) {
        if (before + i >= begin && before + i < end) {
          mine.push_back(part.list->entries[i]);
        }
      }
      before += part.list->entries.size();
    }
    return taken;
  }

  uint32_t reader_;
  uint32_t readers_;
  bool is_rescaled_;
  size_t first_ = 0;  // the subtask that begins with the next split list
};

// What of each snapshot's lists of the operator subtask `reader` gets.
std::vector<std::vector<ListHandle>> ListsFor(const std::vector<SnapshotHandle>& snapshots,
                                              const std::string& name, SubtaskIndex reader,
                                              const Topology& old, const OperatorTopology& now) {
  std::vector<std::vector<ListHandle>> mine(snapshots.size());
  const Lists lists = ListsOf(snapshots, name);
  if (lists.empty()) {
    return mine;
  }
  ListReader take(reader.value(), now.parallelism, OldOf(old, name).parallelism != now.parallelism);
  for (const auto& [list, parts] : lists) {
    const bool is_shared = std::ranges::find(now.shared_lists, list) != now.shared_lists.end();
    std::vector<std::vector<uint64_t>> entries = take.Take(parts, is_shared);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!entries[i].empty()) {
        mine[parts[i].snapshot].push_back(
            {.name = list, .mode = parts[i].list->mode, .entries = std::move(entries[i])});
      }
    }
  }
  return mine;
}

}  // namespace

sim::Result<void> CheckAssignable(const std::vector<SnapshotHandle>& snapshots, const Topology& old,
                                  const Topology& now) {
  for (const SnapshotHandle& snapshot : snapshots) {
    for (const auto& [name, handles] : snapshot.operators) {
      const auto then = old.find(name);
      const auto next = now.find(name);
      if (!handles.has_keyed_state() || next == now.end() || then == old.end() ||
          next->second.max_parallelism == then->second.max_parallelism) {
        continue;
      }
      return sim::Fail(
          sim::ErrorCode::kInvalidArgument,
          fmt::format("The keyed state of operator '{}' is divided into {} key groups, and the job "
                      "now has a maximum parallelism of {}. Set it to {}.",
                      name, then->second.max_parallelism, next->second.max_parallelism,
                      then->second.max_parallelism));
    }
  }
  return {};
}

std::vector<SnapshotHandle> Assign(const std::vector<SnapshotHandle>& snapshots,
                                   const Topology& old, const Topology& now,
                                   const std::vector<std::string>& operators,
                                   SubtaskIndex subtask) {
  std::vector<SnapshotHandle> parts;
  for (const SnapshotHandle& snapshot : snapshots) {
    parts.push_back({.vertex = snapshot.vertex,
                     .subtask = snapshot.subtask,
                     .path = snapshot.path,
                     .size = snapshot.size,
                     .content = snapshot.content});
  }
  for (const std::string& name : operators) {
    const auto next = now.find(name);
    sim::Check(next != now.end(), "the job has no operator {}", name);
    sim::Check(subtask.value() < next->second.parallelism, "{} has no subtask {}", name,
               subtask.value());
    const KeyGroupRange range =
        RangeOf(subtask, next->second.max_parallelism, next->second.parallelism);
    std::vector<std::vector<ListHandle>> lists =
        ListsFor(snapshots, name, subtask, old, next->second);
    for (size_t i = 0; i < snapshots.size(); ++i) {
      const auto found = snapshots[i].operators.find(name);
      if (found == snapshots[i].operators.end()) {
        continue;
      }
      OperatorHandles mine{.lists = std::move(lists[i]),
                           .keyed = GroupsIn(found->second.keyed, range)};
      if (const auto& database = found->second.database;
          database && database->first <= range.last && range.first <= database->last) {
        mine.database = database;
      }
      const bool is_own = snapshots[i].subtask == subtask;
      if (is_own || !mine.lists.empty() || mine.has_keyed_state()) {
        parts[i].operators.emplace(name, std::move(mine));
      }
    }
  }
  std::erase_if(parts, [](const SnapshotHandle& part) { return part.operators.empty(); });
  return parts;
}

void ForbidReuse(std::vector<SnapshotHandle>& snapshots) {
  for (SnapshotHandle& snapshot : snapshots) {
    for (auto& [name, handles] : snapshot.operators) {
      if (handles.database) {
        handles.database->is_reusable = false;
      }
    }
  }
}

}  // namespace flinch::engine
