#include "faults/fault_plan_toml.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace flinch::faults {

namespace {

// What is awkward in TOML: quotes, escapes, control characters, points, other scripts, numbers in
// clothes.
rc::Gen<std::string> AnyName() {
  static constexpr auto kPieces = std::to_array<std::string_view>(
      {"a",    "tm-1", "0", "-", "7", "\"", "\\", "'", "\n",  "\t", "\r",
       "\x1b", "\x7f", ".", "#", "ä", "€",  "😀", "=", "[1]", " "});
  return rc::gen::map(
      rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, kPieces.size())),
      [](const std::vector<size_t>& pieces) {
        std::string name;
        for (const size_t piece : pieces) {
          name += kPieces[piece];
        }
        return name;
      });
}

sim::Duration AnyDuration() {
  // Full range and round ones alike.
  static constexpr auto kUnits =
      std::to_array<int64_t>({1, 1'000, 1'000'000, 1'000'000'000, 3'600'000'000'000});
  const int64_t unit = kUnits[*rc::gen::inRange<size_t>(0, kUnits.size())];
  return sim::Duration(*rc::gen::inRange<int64_t>(0, INT64_MAX / unit) * unit);
}

sim::Duration PositiveDuration() { return std::max(AnyDuration(), sim::Duration(1)); }

sim::Ratio AnyRatio() {
  const auto denominator = *rc::gen::inRange<uint32_t>(1, 1000);
  const auto numerator = *rc::gen::inRange<uint32_t>(1, denominator + 1);
  return {numerator, denominator};
}

std::optional<size_t> AnySince(size_t index) {
  return index > 0 && *rc::gen::arbitrary<bool>()
             ? std::optional(*rc::gen::inRange<size_t>(0, index))
             : std::nullopt;
}

AtEvent AnyEvent(size_t index) {
  AtEvent when{.kind = *AnyName()};
  when.nth = *rc::gen::inRange<uint64_t>(1, INT64_MAX);
  when.process = *AnyName();
  for (const std::string& field : *rc::gen::unique<std::vector<std::string>>(AnyName())) {
    when.where.emplace_back(field, *AnyName());
  }
  when.delay = *rc::gen::arbitrary<bool>() ? AnyDuration() : sim::Duration(0);
  when.since = AnySince(index);
  return when;
}

Trigger AnyTrigger(size_t index) {
  switch (*rc::gen::inRange(0, index == 0 ? 5 : 6)) {
    case 0:
      return AtTime{sim::kEpoch + AnyDuration()};
    case 1:
      return AnyEvent(index);
    case 2:
      return AtRate{PositiveDuration()};
    case 3: {
      AtCounts when{.at_least = {{"a", 1}}, .unless = *AnyName()};
      for (const std::string& kind : *rc::gen::unique<std::vector<std::string>>(AnyName())) {
        if (kind != "a") {
          when.at_least.emplace_back(kind, *rc::gen::inRange<uint64_t>(1, INT64_MAX));
        }
      }
      return when;
    }
    case 4:
      return AtCell{.cell = *AnyName(),
                    .nth = *rc::gen::inRange<uint64_t>(1, INT64_MAX),
                    .since = AnySince(index)};
    default:
      return AfterFault{.fault = *rc::gen::inRange<size_t>(0, index), .delay = AnyDuration()};
  }
}

struct AnyParameter {
  void operator()(std::string_view, sim::Ratio& ratio) const { ratio = AnyRatio(); }

  void operator()(std::string_view, sim::Duration& span) const { span = PositiveDuration(); }

  void operator()(std::string_view, std::optional<sim::Duration>& span) const {
    span = *rc::gen::arbitrary<bool>() ? std::optional(AnyDuration()) : std::nullopt;
  }

  void operator()(std::string_view, uint64_t& number) const {
    number = *rc::gen::inRange<uint64_t>(1, UINT32_MAX);
  }

  void operator()(std::string_view, std::string& text) const { text = *AnyName(); }

  void operator()(std::string_view, bool& flag) const { flag = *rc::gen::arbitrary<bool>(); }

  void operator()(std::string_view, sim::CrashStyle& style) const {
    style = *rc::gen::element(sim::CrashStyle::kProcess, sim::CrashStyle::kSilent);
  }

  void operator()(std::string_view, sim::PausedTimers& timers) const {
    timers = *rc::gen::element(sim::PausedTimers::kRunning, sim::PausedTimers::kFrozen);
  }
};

Action AnyAction() {
  const auto kind = *rc::gen::inRange<size_t>(0, kFaultCatalogue.size());
  Action action = *ActionOfKind(kFaultCatalogue.at(kind).kind);
  std::visit(
      [](auto& what) {
        if constexpr (requires { what.process; }) {
          what.process = *AnyName();
        } else if constexpr (requires { what.from; }) {
          what.from = *AnyName();
          what.to = what.from + "x";
        } else if constexpr (requires { what.group; }) {
          what.group = {*AnyName()};
          what.others = {*AnyName(), *AnyName()};
        } else if constexpr (requires { what.hosts; }) {
          what.hosts = {*AnyName(), *AnyName()};
        } else if constexpr (requires { what.disk; }) {
          what.disk = *AnyName();
        } else if constexpr (requires { what.host; }) {
          what.host = *AnyName();
        } else if constexpr (requires { what.operator_name; }) {
          what.operator_name = *AnyName();
        }
        VisitParameters(what, AnyParameter());
      },
      action);
  return action;
}

RC_GTEST_PROP(FaultPlanTomlPropertyTest, ReadsBackEveryPlanThatItWrote, ()) {
  FaultPlan plan;
  const auto count = *rc::gen::inRange<size_t>(0, 6);
  for (size_t index = 0; index < count; ++index) {
    const Trigger when = AnyTrigger(index);
    const Action what = AnyAction();
    plan.faults.push_back({when, what});
  }
  const std::string text = ShowToml(plan);
  const sim::Result<FaultPlan> read = ParseFaultPlan("plan.toml", text);
  if (!read) {
    RC_FAIL(read.error().message);
  }
  RC_ASSERT(*read == plan);
  RC_ASSERT(ShowToml(*read) == text);
  std::string inlined = "version = 1\nfault = [\n";
  for (const Fault& fault : plan.faults) {
    inlined += ShowInline(fault) + ",\n";
  }
  const sim::Result<FaultPlan> again = ParseFaultPlan("plan.toml", inlined + "]\n");
  if (!again) {
    RC_FAIL(again.error().message);
  }
  RC_ASSERT(*again == plan);
}

// Bad input never crashes: a plan with a piece cut out, doubled or replaced is read or refused with
// a place.
RC_GTEST_PROP(FaultPlanTomlPropertyTest, SurvivesAnyDamageToAFile, ()) {
  std::string text =
      ShowToml({.faults = {{AnyTrigger(0), AnyAction()}, {AnyTrigger(1), AnyAction()}}});
  const auto begin = *rc::gen::inRange<size_t>(0, text.size());
  const auto length = *rc::gen::inRange<size_t>(0, 20);
  const auto junk = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  text.replace(begin, length, junk);
  const sim::Result<FaultPlan> read = ParseFaultPlan("plan.toml", text);
  if (!read) {
    RC_ASSERT(read.error().message.starts_with("plan.toml:"));
    RC_ASSERT(read.error().message.find(" error: ") != std::string::npos);
  }
}

}  // namespace

}  // namespace flinch::faults
