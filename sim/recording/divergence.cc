#include "sim/recording/divergence.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

// How often a difference that moves is looked for anew.
constexpr int kAttemptsMax = 4;

constexpr std::string_view kEnded = "(the run had ended)";

std::string ShowSide(const Divergence::Side& side, std::string_view name) {
  std::string text = fmt::format("  {}: {}\n", name, side.event.empty() ? kEnded : side.event);
  if (!side.actor.empty()) {
    text += fmt::format("    by {}\n", side.actor);
  }
  for (const std::string& function : side.stack) {
    text += fmt::format("      at {}\n", function);
  }
  return text;
}

// Index of the first kept event that differs; the length of both when none does.
size_t FirstDifferentLine(const Trail& first, const Trail& second) {
  const auto [at, other] = std::ranges::mismatch(first.kept, second.kept);
  return static_cast<size_t>(at - first.kept.begin());
}

std::string LineAt(const Trail& trail, size_t index) {
  return index < trail.kept.size() ? trail.kept[index] : std::string();
}

Divergence DifferentJudgements(const Trail& first, const Trail& second) {
  return {.event = EventId(),
          .first = {.event = first.judgement, .actor = {}, .stack = {}},
          .second = {.event = second.judgement, .actor = {}, .stack = {}}};
}

}  // namespace

Trail MakeTrail(const Digest& digest, uint64_t events, const Ladder& ladder,
                const Recording& recording) {
  Trail trail{.digest = digest, .events = events, .ladder = ladder, .kept = {}};
  for (const RecordedEvent& event : recording.events) {
    trail.kept.push_back(Show(event));
  }
  trail.actor = recording.actor;
  trail.stack = recording.stack;
  return trail;
}

bool Trail::SameRunAs(const Trail& other) const {
  return digest == other.digest && events == other.events && judgement == other.judgement;
}

std::string Show(const Divergence& divergence, std::string_view first, std::string_view second) {
  const std::string title =
      divergence.event == EventId()
          ? "Every event is equal, but not what came of them:"
          : fmt::format("The first event that differs is #{}:", divergence.event.value());
  Divergence::Side other = divergence.second;
  if (other.actor == divergence.first.actor && other.stack == divergence.first.stack) {
    other.actor = other.actor.empty() ? "" : "the same, from the same place";
    other.stack.clear();
  }
  return fmt::format("{}\n{}{}", title, ShowSide(divergence.first, first), ShowSide(other, second));
}

Lens WindowOfDifference(const Trail& first, const Trail& second) {
  const auto [at, other] = std::ranges::mismatch(first.ladder, second.ladder);
  const auto rung = static_cast<uint64_t>(at - first.ladder.begin());
  return {.from = rung * kEventsPerRung + 1, .to = (rung + 1) * kEventsPerRung};
}

std::optional<Divergence> FindDivergence(const Experiment& first, const Experiment& second) {
  Trail left = first(Lens::Nothing());
  Trail right = second(Lens::Nothing());
  if (left.SameRunAs(right)) {
    return std::nullopt;
  }
  if (left.digest == right.digest && left.events == right.events) {
    return DifferentJudgements(left, right);
  }
  Lens window;
  size_t index = 0;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    window = WindowOfDifference(left, right);
    left = first(window);
    right = second(window);
    index = FirstDifferentLine(left, right);
    const bool was_before = WindowOfDifference(left, right).from < window.from;
    if (!was_before && (index < left.kept.size() || index < right.kept.size())) {
      break;
    }
  }
  Divergence divergence{.event = EventId(window.from + index), .first = {}, .second = {}};
  divergence.first.event = LineAt(left, index);
  divergence.second.event = LineAt(right, index);
  const uint64_t event = divergence.event.value();
  const auto look = [event](const Experiment& side, Divergence::Side& into) {
    if (!into.event.empty()) {
      Trail trail = side({.from = event, .to = event, .stack_at = event});
      into.actor = std::move(trail.actor);
      into.stack = std::move(trail.stack);
    }
  };
  look(first, divergence.first);
  look(second, divergence.second);
  return divergence;
}

}  // namespace flinch::sim
