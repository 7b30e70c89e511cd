#include "engine/state/operator_state.h"

#include <fmt/format.h>

namespace flinch::engine {
namespace {

std::string_view NameOf(ListMode mode) {
  switch (mode) {
    case ListMode::kSplit:
      return "list";
    case ListMode::kUnion:
      return "union list";
    case ListMode::kBroadcast:
      return "broadcast state";
  }
  return "state of an unknown mode";  // of a snapshot that a later version wrote
}

}  // namespace

OperatorState OperatorStateStore::Snapshot() const {
  OperatorState state = restored_;
  for (const auto& [name, slot] : slots_) {
    state[name] = slot->Entries();
  }
  return state;
}

ListMode OperatorStateStore::ModeOf(std::string_view name) const {
  const auto found = slots_.find(name);
  return found == slots_.end() ? ListMode::kSplit : found->second->mode;
}

std::vector<sim::Bytes> OperatorStateStore::Take(const std::string& name) {
  auto found = restored_.extract(name);
  return found.empty() ? std::vector<sim::Bytes>() : std::move(found.mapped());
}

void OperatorStateStore::Refuse(std::string_view name, const Slot& known, ListMode mode,
                                std::string_view shape) {
  if (result_ && (known.mode != mode || known.shape != shape)) {
    result_ = sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("The operator state \"{}\" is a {} of {} and also a {} of {}. Give each a name "
                    "of its own.",
                    name, NameOf(known.mode), known.shape, NameOf(mode), shape));
  }
}

void OperatorStateStore::Damaged(std::string_view name, std::string_view shape) {
  if (result_) {
    result_ = sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("The operator state \"{}\" was restored with an entry that is no {}. Give the "
                    "new state a name of its own, or restore from another checkpoint.",
                    name, shape));
  }
}

}  // namespace flinch::engine
