// Every planted leak is caught and named, and nothing is where none is planted.

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/cli/fresh_process.h"
#include "scenarios/cli/trail_text.h"
#include "sim/recording/divergence.h"

namespace flinch::leak_drill {
namespace {

using scenarios::Ended;
using scenarios::FreshProcess;
using scenarios::Surroundings;
using ::testing::Contains;
using ::testing::HasSubstr;

// How a leak is brought to light.
enum class Way {
  kRefused,        // the call itself is
  kSurroundings,   // two fresh processes that see different machines
  kBatch,          // the third run of a process, and a fresh one
  kOtherCompiler,  // two builds of leaks.cc, which the standard allows to differ
  kContraction,
  kOtherSort,
};

struct Drill {
  std::string_view leak;
  Way way;
  std::string_view function;  // must stand in the stack
  std::string_view named;     // part of the message or of the event
};

constexpr std::string_view kWorker = LEAK_DRILL_WORKER;

std::string BinaryOf(Way way) {
  return std::string(kWorker) + (way == Way::kOtherCompiler ? "_other_compiler"
                                 : way == Way::kContraction ? "_contraction"
                                 : way == Way::kOtherSort   ? "_other_sort"
                                                            : "");
}

struct Side {
  std::string binary;
  int runs;
  Surroundings surroundings;
};

Side FirstSide() {
  return {
      .binary = std::string(kWorker), .runs = 1, .surroundings = scenarios::PlainSurroundings()};
}

Side SecondSide(Way way) {
  return {.binary = BinaryOf(way),
          .runs = way == Way::kBatch ? 3 : 1,
          .surroundings = way == Way::kSurroundings ? scenarios::HostileSurroundings()
                                                    : scenarios::PlainSurroundings()};
}

Ended RunWorker(Side side, std::string_view leak, std::string_view planted, const sim::Lens& lens) {
  side.surroundings.environment.push_back("LOCPATH=" LEAK_DRILL_LOCALES);
  sim::Result<FreshProcess> process =
      FreshProcess::Start({side.binary, std::string(leak), std::string(planted),
                           std::to_string(side.runs), scenarios::ShowLens(lens)},
                          side.surroundings);
  return process ? process->Await() : Ended{.exit_code = -1, .err = process.error().message};
}

sim::Experiment Experiment(const Side& side, std::string_view leak, std::string_view planted) {
  return [side, leak, planted](const sim::Lens& lens) {
    const Ended ended = RunWorker(side, leak, planted, lens);
    const sim::Result<sim::Trail> trail = scenarios::ParseTrail(ended.out);
    EXPECT_TRUE(trail.has_value()) << side.binary << " " << leak << ": " << ended.err;
    return trail.value_or(sim::Trail{});
  };
}

class LeakDrill : public ::testing::TestWithParam<Drill> {};

void ExpectRefused(const Drill& drill) {
  const Ended ended = RunWorker(FirstSide(), drill.leak, "on", sim::Lens::Nothing());
  EXPECT_EQ(ended.exit_code, 128 + SIGABRT);
  EXPECT_THAT(ended.err, HasSubstr("nondeterminism: " + std::string(drill.named)));
  EXPECT_THAT(ended.err, HasSubstr("by fiber main of clerk at 0.300s"));
  EXPECT_THAT(ended.err, HasSubstr(std::string(drill.function)));
  std::fputs(ended.err.c_str(), stdout);
}

void ExpectDivergence(const Drill& drill) {
  const std::optional<sim::Divergence> divergence =
      sim::FindDivergence(Experiment(FirstSide(), drill.leak, "on"),
                          Experiment(SecondSide(drill.way), drill.leak, "on"));
  ASSERT_TRUE(divergence.has_value()) << "nothing was noticed";
  for (const sim::Divergence::Side& side : {divergence->first, divergence->second}) {
    EXPECT_THAT(side.event, HasSubstr("clerk " + std::string(drill.named)));
    EXPECT_EQ(side.actor, "fiber main of clerk");
    EXPECT_THAT(side.stack, Contains(HasSubstr(std::string(drill.function))));
  }
  EXPECT_NE(divergence->first.event, divergence->second.event);
  std::fputs(sim::Show(*divergence, "one side", "other side").c_str(), stdout);
}

TEST_P(LeakDrill, IsCaughtAndNamed) {
  const Drill& drill = GetParam();
  EXPECT_FALSE(sim::FindDivergence(Experiment(FirstSide(), drill.leak, "off"),
                                   Experiment(SecondSide(drill.way), drill.leak, "off"))
                   .has_value())
      << "the two sides differ although nothing is planted";
  if (drill.way == Way::kRefused) {
    ExpectRefused(drill);
  } else {
    ExpectDivergence(drill);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Planted, LeakDrill,
    ::testing::Values(
        Drill{"wall_clock", Way::kRefused, "LeakWallClock", "clock_gettime"},
        Drill{"random_device", Way::kRefused, "LeakRandomDevice", "std::random_device"},
        Drill{"pointer_order", Way::kSurroundings, "LeakPointerOrder", "picked order="},
        Drill{"disk_bytes", Way::kSurroundings, "LeakDiskBytes", "sim.disk "},
        Drill{"unordered_iteration", Way::kSurroundings, "LeakUnorderedIteration", "picked order="},
        Drill{"uninitialised_read", Way::kSurroundings, "LeakUninitialisedRead", "picked byte="},
        Drill{"static_counter", Way::kBatch, "LeakStaticCounter", "picked count="},
        Drill{"thread", Way::kRefused, "LeakThread", "pthread_create"},
        Drill{"locale", Way::kSurroundings, "LeakLocale", "picked text="},
        Drill{"multiply_add", Way::kContraction, "LeakMultiplyAdd", "picked is_zero="},
        Drill{"sort_ties", Way::kOtherSort, "LeakSortTies", "picked first="},
        Drill{"argument_order", Way::kOtherCompiler, "LeakArgumentOrder", "picked left="},
        Drill{"directory_order", Way::kRefused, "LeakDirectoryOrder", "fdopendir"}),
    [](const auto& drill) { return std::string(drill.param.leak); });

}  // namespace
}  // namespace flinch::leak_drill
