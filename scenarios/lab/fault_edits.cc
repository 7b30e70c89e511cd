#include "scenarios/lab/fault_edits.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "faults/fault_plan_toml.h"
#include "scenarios/lab/quote_toml.h"
#include "sim/text/text.h"
#include "sim/text/toml_tree.h"
#include "sim/time.h"

namespace flinch::scenarios {

namespace {

using text::TomlKind;
using text::TomlNode;

// Without these a fault is shorter to write, but does more: a process stays down, both directions
// are struck.
constexpr auto kSofteningKeys = std::to_array<std::string_view>({"restart_after", "one_way"});

std::string ShowNode(const TomlNode& node) {
  std::string items;
  switch (node.kind) {
    case TomlKind::kTable:
      for (const TomlNode& child : node.children) {
        items +=
            fmt::format("{}{}={}", items.empty() ? "" : ",", QuoteToml(child.key), ShowNode(child));
      }
      return "{" + items + "}";
    case TomlKind::kArray:
      for (const TomlNode& child : node.children) {
        items += (items.empty() ? "" : ",") + ShowNode(child);
      }
      return "[" + items + "]";
    case TomlKind::kInteger:
      return fmt::format("{}", node.integer);
    case TomlKind::kBool:
      return node.boolean ? "true" : "false";
    default:  // no fault holds a date or a number with a point
      return QuoteToml(node.text);
  }
}

// Tries edits of every node of a fault; `fault` is whole again after each.
class Editor {
 public:
  explicit Editor(TomlNode& fault) : fault_(fault) {}

  std::vector<std::string> Edits() {
    LeaveOut(fault_);
    MakeSmaller(fault_);
    MakeRounder(fault_);
    return std::move(edits_);
  }

 private:
  void Note() { edits_.push_back(ShowNode(fault_)); }

  void LeaveOut(TomlNode& table) {
    for (size_t index = 0; index < table.children.size(); ++index) {
      const auto place = table.children.begin() + static_cast<std::ptrdiff_t>(index);
      if (place->kind == TomlKind::kTable) {
        LeaveOut(*place);
      }
      if (std::ranges::find(kSofteningKeys, place->key) != kSofteningKeys.end()) {
        continue;
      }
      TomlNode left_out = std::move(*place);
      table.children.erase(place);
      Note();
      table.children.insert(table.children.begin() + static_cast<std::ptrdiff_t>(index),
                            std::move(left_out));
    }
  }

  void MakeSmaller(TomlNode& node) {
    for (TomlNode& child : node.children) {
      MakeSmaller(child);
    }
    if (node.kind != TomlKind::kInteger) {
      return;
    }
    const int64_t value = node.integer;
    for (const int64_t smaller : {int64_t{1}, value / 2, value - 1}) {
      if (smaller >= 1 && smaller < value) {
        node.integer = smaller;
        Note();
      }
    }
    node.integer = value;
  }

  void MakeRounder(TomlNode& node) {
    for (TomlNode& child : node.children) {
      MakeRounder(child);
    }
    if (node.kind != TomlKind::kString) {
      return;
    }
    const std::string text = node.text;
    for (std::string& rounder : RounderDurations(text)) {
      node.text = std::move(rounder);
      Note();
    }
    node.text = text;
  }

  TomlNode& fault_;
  std::vector<std::string> edits_;
};

std::vector<std::string> Inline(const faults::FaultPlan& plan) {
  std::vector<std::string> texts;
  for (const faults::Fault& fault : plan.faults) {
    texts.push_back(faults::ShowInline(fault));
  }
  return texts;
}

std::optional<TomlNode> TreeOf(const std::string& fault) {
  std::expected<TomlNode, text::TomlProblem> tree =
      text::ParseToml(fmt::format("fault = {}\n", fault));
  if (!tree || tree->children.empty()) {
    return std::nullopt;
  }
  return std::move(tree->children.front());
}

TomlNode* FindChild(TomlNode& table, std::string_view key) {
  const auto found = std::ranges::find(table.children, key, &TomlNode::key);
  return found == table.children.end() ? nullptr : &*found;
}

// "jm/tm-1", whether both directions are struck or one ("jm>tm-1").
std::string BothWays(const faults::Action& action) {
  std::string target = faults::TargetOf(action);
  std::ranges::replace(target, '>', '/');
  return target;
}

// How long the fault lasts, where it says so.
TomlNode* FindSpan(TomlNode& fault) {
  TomlNode* const action = FindChild(fault, "do");
  return action == nullptr ? nullptr : FindChild(*action, "for");
}

std::optional<sim::SimTime> TimeOf(std::span<const reports::FiredFault> fired, size_t fault) {
  const auto came = std::ranges::find(fired, fault, &reports::FiredFault::fault);
  return came == fired.end() ? std::nullopt : std::optional(came->at);
}

// `fault` with the trigger of `first` and this span; "" when it has none.
std::string Prolonged(std::string_view fault, std::string_view first, sim::Duration span) {
  std::optional<TomlNode> tree = TreeOf(std::string(fault));
  std::optional<TomlNode> other = TreeOf(std::string(first));
  TomlNode* const lasts = tree ? FindSpan(*tree) : nullptr;
  TomlNode* const when = tree ? FindChild(*tree, "when") : nullptr;
  TomlNode* const begins = other ? FindChild(*other, "when") : nullptr;
  if (lasts == nullptr || when == nullptr || begins == nullptr) {
    return "";
  }
  lasts->text = sim::Show(span);
  when->children = begins->children;
  return ShowNode(*tree);
}

std::vector<uint64_t> AllBut(size_t count, size_t without) {
  std::vector<uint64_t> kept;
  for (size_t index = 0; index < count; ++index) {
    if (index != without) {
      kept.push_back(index);
    }
  }
  return kept;
}

// From the one's beginning to the other's end; nothing when either never came or has no end.
std::optional<sim::Duration> SpanOfBoth(sim::SimTime from, const std::string& later,
                                        sim::SimTime at) {
  std::optional<TomlNode> tree = TreeOf(later);
  TomlNode* const lasts = tree ? FindSpan(*tree) : nullptr;
  const sim::Result<sim::Duration> span = lasts == nullptr
                                              ? sim::Result<sim::Duration>(sim::Duration(0))
                                              : text::ParseDuration(lasts->text);
  return lasts == nullptr || !span ? std::nullopt : std::optional(at - from + *span);
}

}  // namespace

uint64_t CountFaults(const faults::FaultPlan& plan) {
  return static_cast<uint64_t>(std::ranges::count_if(plan.faults, [](const faults::Fault& fault) {
    return !std::holds_alternative<faults::Restart>(fault.what);
  }));
}

faults::FaultPlan KeepFaults(const faults::FaultPlan& plan, std::span<const uint64_t> kept,
                             std::span<const reports::FiredFault> fired) {
  faults::FaultPlan subset;
  std::vector<uint64_t> places;  // what index in the plan each had
  for (const uint64_t index : kept) {
    faults::Fault fault = plan.faults.at(index);
    if (auto* const after = std::get_if<faults::AfterFault>(&fault.when)) {
      const auto place = std::ranges::find(places, after->fault);
      const auto came = std::ranges::find(fired, index, &reports::FiredFault::fault);
      if (place != places.end()) {
        after->fault = static_cast<size_t>(place - places.begin());
      } else if (came != fired.end()) {
        fault.when = faults::AtTime{came->at};
      } else {
        continue;
      }
    }
    places.push_back(index);
    subset.faults.push_back(std::move(fault));
  }
  return subset;
}

std::vector<faults::FaultPlan> MergedFaults(const faults::FaultPlan& plan,
                                            std::span<const reports::FiredFault> fired,
                                            const faults::Cast& cast) {
  std::vector<faults::FaultPlan> merged;
  const std::vector<std::string> texts = Inline(plan);
  for (size_t first = 0; first < texts.size(); ++first) {
    for (size_t second = 0; second < texts.size(); ++second) {
      const faults::Action& one = plan.faults[first].what;
      const faults::Action& other = plan.faults[second].what;
      const std::optional<sim::SimTime> from = TimeOf(fired, first);
      const std::optional<sim::SimTime> at = TimeOf(fired, second);
      if (first == second || !from || !at || *from > *at ||
          faults::KindOf(one) != faults::KindOf(other) || BothWays(one) != BothWays(other)) {
        continue;
      }
      const std::optional<sim::Duration> span = SpanOfBoth(*from, texts[second], *at);
      for (const size_t like : {first, second}) {
        std::vector<std::string> longer = texts;
        longer[first] = span ? Prolonged(texts[like], texts[first], *span) : "";
        if (const sim::Result<faults::FaultPlan> read = faults::ParseInlineFaults(longer, cast)) {
          merged.push_back(KeepFaults(*read, AllBut(texts.size(), second), fired));
        }
      }
    }
  }
  return merged;
}

std::vector<faults::FaultPlan> SimplerFaults(const faults::FaultPlan& plan, size_t fault,
                                             const faults::Cast& cast) {
  std::vector<faults::FaultPlan> simpler;
  std::vector<std::string> texts = Inline(plan);
  std::optional<TomlNode> tree = TreeOf(texts.at(fault));
  if (!tree) {
    return simpler;
  }
  for (std::string& edit : Editor(*tree).Edits()) {
    texts[fault] = std::move(edit);
    sim::Result<faults::FaultPlan> read = faults::ParseInlineFaults(texts, cast);
    // Leaving out what is the default anyway is no change.
    if (read && *read != plan) {
      simpler.push_back(*std::move(read));
    }
  }
  return simpler;
}

faults::FaultPlan SwapProcesses(const faults::FaultPlan& plan, std::string_view one,
                                std::string_view other, const faults::Cast& cast) {
  std::vector<std::string> texts = Inline(plan);
  const std::string first = QuoteToml(one);
  const std::string second = QuoteToml(other);
  for (std::string& text : texts) {
    std::string swapped;
    for (size_t at = 0; at < text.size();) {
      const std::string_view rest = std::string_view(text).substr(at);
      const bool is_first = rest.starts_with(first);
      const bool is_second = !is_first && rest.starts_with(second);
      swapped += is_first ? second : is_second ? first : std::string(1, text[at]);
      at += is_first ? first.size() : is_second ? second.size() : 1;
    }
    text = std::move(swapped);
  }
  sim::Result<faults::FaultPlan> read = faults::ParseInlineFaults(texts, cast);
  return read ? *std::move(read) : plan;
}

std::vector<std::string> RounderDurations(std::string_view text) {
  std::vector<std::string> rounder;
  const sim::Result<sim::Duration> span = text::ParseDuration(text);
  if (!span || span->count() <= 0) {
    return rounder;
  }
  const int64_t value = span->count();
  int64_t unit = 1;  // of the first digit
  while (value / unit >= 10) {
    unit *= 10;
  }
  // One digit, rounded down and up, then two digits. What is as round already stays.
  for (const int64_t place : {unit, std::max<int64_t>(unit / 10, 1)}) {
    if (value % place == 0) {
      break;
    }
    const int64_t below = value / place * place;
    rounder.push_back(sim::Show(sim::Duration(below)));
    rounder.push_back(sim::Show(sim::Duration(below + place)));
  }
  return rounder;
}

}  // namespace flinch::scenarios
