#include "faults/injector.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/check.h"

namespace flinch::faults {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr uint16_t kPort = 7;

const Cast& ThreeHosts() {
  static const Cast kCast = {.processes = {"a", "b", "c"}, .events = {{"tick", {"number"}}}};
  return kCast;
}

// Sends, writes and looks at its clock, so that what befalls it has something to befall.
void Live(sim::Environment& environment) {
  const sim::Result<std::unique_ptr<sim::Socket>> socket = environment.network().Bind(kPort);
  for (int64_t number = 1;; ++number) {
    environment.Sleep(milliseconds(5));
    environment.Trace("tick", {{"number", number}});
    const auto peer = environment.network().Resolve("b", kPort);
    if (socket && peer) {
      (*socket)->Send(*peer, sim::Bytes(16, 'x'));
      const sim::SimTime soon = sim::Later(environment.Now(), milliseconds(1));
      static_cast<void>((*socket)->Receive(soon));
    }
    static_cast<void>(environment.WallNow());
    for (sim::FileSystem* const disk : {&environment.disk(), &environment.shared()}) {
      const sim::Result<std::unique_ptr<sim::File>> file =
          disk->OpenForAppend(std::string(environment.process_name()));
      if (file && (*file)->Append("row")) {
        static_cast<void>((*file)->Sync());
      }
    }
  }
}

// Mostly what lies at an edge.
sim::Duration AnySpan() {
  constexpr sim::Duration kLongest(std::numeric_limits<int64_t>::max());
  return *rc::gen::element(sim::Duration(-1), sim::Duration(0), sim::Duration(1),
                           sim::Duration(milliseconds(20)), sim::Duration(hours(24 * 36'525)),
                           sim::Duration(hours(24 * 36'525)) + sim::Duration(1),
                           sim::Duration(hours(2'562'047)), kLongest);
}

struct AnyParameter {
  void operator()(std::string_view, sim::Ratio& ratio) const {
    ratio =
        *rc::gen::element(sim::Ratio{0, 1}, sim::Ratio{1, 1}, sim::Ratio{1, UINT32_MAX},
                          sim::Ratio{UINT32_MAX, UINT32_MAX}, sim::Ratio{3, 2}, sim::Ratio{1, 0});
  }

  void operator()(std::string_view, sim::Duration& span) const { span = AnySpan(); }

  void operator()(std::string_view, std::optional<sim::Duration>& span) const {
    span = *rc::gen::arbitrary<bool>() ? std::optional(AnySpan()) : std::nullopt;
  }

  void operator()(std::string_view, uint64_t& number) const {
    number =
        *rc::gen::element<uint64_t>(0, 1, 500'000, 500'001, UINT32_MAX, uint64_t{UINT32_MAX} + 1,
                                    uint64_t{INT64_MAX} + 1, UINT64_MAX);
  }

  void operator()(std::string_view, std::string& text) const {
    text = *rc::gen::element<std::string>("", "a", "/nope");
  }

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
          what.process = *rc::gen::element<std::string>("a", "b");
        } else if constexpr (requires { what.from; }) {
          what.from = "a";
          what.to = "b";
        } else if constexpr (requires { what.group; }) {
          what.group = {"a"};
          what.others = {"b", "c"};
        } else if constexpr (requires { what.hosts; }) {
          what.hosts = {"a", "b"};
        } else if constexpr (requires { what.disk; }) {
          what.disk = *rc::gen::element(std::string("a"), std::string(kSharedVolume));
        } else if constexpr (requires { what.host; }) {
          what.host = *rc::gen::element<std::string>("a", "b");
        } else if constexpr (requires { what.operator_name; }) {
          what.operator_name = "map";
        }
        VisitParameters(what, AnyParameter());
      },
      action);
  return action;
}

// A value that the plan's own check lets pass is a value that the world takes: a user's number must
// never look like a bug of ours.
RC_GTEST_PROP(InjectorPropertyTest, WhatIsAcceptedNeverBreaksAnInvariantOfTheWorld, ()) {
  FaultPlan plan;
  const auto count = *rc::gen::inRange<int64_t>(1, 4);
  for (int64_t index = 0; index < count; ++index) {
    Fault fault{.when = AtTime{sim::kEpoch + milliseconds(10 * index)}, .what = AnyAction()};
    if (CheckAgainst({.faults = {fault}}, ThreeHosts()).empty()) {
      plan.faults.push_back(std::move(fault));
    }
  }
  try {
    sim::World world(
        sim::WorldOptions{.seed = 1, .keep = {}, .link = {}, .disk = {}, .limits = {}});
    for (const char* const name : {"a", "b", "c"}) {
      world.AddProcess(world.AddHost(name), name, Live);
    }
    Injector injector(world, plan);
    const sim::SimTime healed = sim::kEpoch + milliseconds(100);
    world.At(healed, [&injector] { injector.Heal(); });
    const sim::SimTime end = sim::kEpoch + milliseconds(150);
    world.At(end, [] {});
    world.Run([&world, end] { return world.Now() >= end; });
  } catch (const sim::Violation& violation) {
    RC_FAIL(violation.where + ": " + violation.what);
  }
}

}  // namespace

}  // namespace flinch::faults
