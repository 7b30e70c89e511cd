// A protocol in one place: phases, inputs and what follows, as a table that the compiler checks.
//
// Shape:  one row per (phase, input) that the protocol knows. The first row starts in the initial
//         phase. The owner of the phase asks `Step` for the row, stores `to` and executes `action`,
//         and changes the phase nowhere else.
// Errors: a pair without a row is our own bug: `Step` fails a check that names both. What may
//         arrive and shall change nothing is a row too, with an action such as kIgnore and a
//         comment with the reason. Use:
//   inline constexpr auto kDoorTransitions = std::to_array<Transition<DoorPhase, DoorInput,
//   DoorAction>>({
//       {DoorPhase::kClosed, DoorInput::kPush, DoorPhase::kOpen, DoorAction::kRing}, …});
//   static_assert(IsDeterministic(kDoorTransitions) && EveryPhaseReachable(kDoorTransitions));
//   const auto& row = Step(kDoorTransitions, phase_, DoorInput::kPush);
// Names:  with `std::string_view Name(X)` beside each enumeration X, failures and diagrams speak
//         them instead of numbers.
#pragma once

#include <array>
#include <cstddef>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {

template <typename Phase, typename Input, typename Action>
struct Transition {
  Phase from;
  Input input;
  Phase to;
  Action action;
};

template <typename Phase, typename Input, typename Action, size_t kRows>
using TransitionTable = std::array<Transition<Phase, Input, Action>, kRows>;

// The row for what arrives in a phase; null when the protocol does not know the pair.
template <typename Phase, typename Input, typename Action, size_t kRows>
constexpr const Transition<Phase, Input, Action>* Find(
    const TransitionTable<Phase, Input, Action, kRows>& table, std::type_identity_t<Phase> phase,
    std::type_identity_t<Input> input) {
  for (const Transition<Phase, Input, Action>& row : table) {
    if (row.from == phase && row.input == input) {
      return &row;
    }
  }
  return nullptr;
}

// No pair of phase and input has two rows.
template <typename Phase, typename Input, typename Action, size_t kRows>
constexpr bool IsDeterministic(const TransitionTable<Phase, Input, Action, kRows>& table) {
  for (const Transition<Phase, Input, Action>& row : table) {
    if (Find(table, row.from, row.input) != &row) {
      return false;
    }
  }
  return true;
}

// Every phase that the table names can be reached from the first row's.
template <typename Phase, typename Input, typename Action, size_t kRows>
constexpr bool EveryPhaseReachable(const TransitionTable<Phase, Input, Action, kRows>& table) {
  static_assert(kRows > 0, "a protocol has an initial phase");
  std::array<bool, kRows> reached{};
  for (bool grows = true; grows;) {
    grows = false;
    for (size_t row = 0; row < kRows; ++row) {
      if (reached[row]) {
        continue;
      }
      bool is_reached = table[row].from == table[0].from;
      for (size_t before = 0; !is_reached && before < kRows; ++before) {
        is_reached = reached[before] && table[before].to == table[row].from;
      }
      reached[row] = is_reached;
      grows = grows || is_reached;
    }
  }
  for (const bool row : reached) {
    if (!row) {
      return false;
    }
  }
  return true;
}

// The name of an enumerator where its enumeration has a `Name`, else its number.
template <typename Enumeration>
std::string ShowEnumerator(Enumeration value) {
  if constexpr (requires { std::string_view(Name(value)); }) {
    return std::string(Name(value));
  } else {
    return fmt::format("{}", std::to_underlying(value));
  }
}

// The row for what arrives in a phase, which the table must have.
template <typename Phase, typename Input, typename Action, size_t kRows>
const Transition<Phase, Input, Action>& Step(
    const TransitionTable<Phase, Input, Action, kRows>& table, std::type_identity_t<Phase> phase,
    std::type_identity_t<Input> input,
    const std::source_location& where = std::source_location::current()) {
  const Transition<Phase, Input, Action>* row = Find(table, phase, input);
  if (row == nullptr) [[unlikely]] {
    sim::FailCheck(fmt::format("the protocol has no transition from phase {} on input {}",
                               ShowEnumerator(phase), ShowEnumerator(input)),
                   where);
  }
  return *row;
}

// The table as a Mermaid state diagram, one line per row.
template <typename Phase, typename Input, typename Action, size_t kRows>
std::string RenderMermaid(const TransitionTable<Phase, Input, Action, kRows>& table) {
  std::string text =
      fmt::format("stateDiagram-v2\n    [*] --> {}\n", ShowEnumerator(table.front().from));
  for (const Transition<Phase, Input, Action>& row : table) {
    text +=
        fmt::format("    {} --> {}: {} / {}\n", ShowEnumerator(row.from), ShowEnumerator(row.to),
                    ShowEnumerator(row.input), ShowEnumerator(row.action));
  }
  return text;
}

}  // namespace flinch::engine
