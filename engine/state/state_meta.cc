#include "engine/state/state_meta.h"

#include <fmt/format.h>

namespace flinch::engine {

std::string_view StateKindName(StateKind kind) {
  switch (kind) {
    case StateKind::kValue:
      return "value";
    case StateKind::kList:
      return "list";
    case StateKind::kMap:
      return "map";
    case StateKind::kReducing:
      return "reducing state";
    case StateKind::kAggregating:
      return "aggregating state";
    case StateKind::kTimers:
      return "timers";
    case StateKind::kFolding:
      return "folding state";
  }
  return "state of an unknown kind";  // of a snapshot that a later version wrote
}

std::string DescribeState(const StateMeta& meta) {
  const std::string from = meta.kind == StateKind::kMap || meta.spaces != "none"
                               ? fmt::format(" by {}", meta.spaces)
                               : std::string();
  const std::string version =
      meta.version == 0 ? std::string() : fmt::format(", version {}", meta.version);
  return fmt::format("{} of {}{}{}", StateKindName(meta.kind), meta.shape, from, version);
}

}  // namespace flinch::engine
