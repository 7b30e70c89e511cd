// One leak in a tiny world, in a process of its own: worker LEAK on|off RUNS FROM:TO:STACK
//
// Runs the world RUNS times and prints the trail of the last run.

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "scenarios/cli/trail_text.h"
#include "sim/world/world.h"
#include "tests/leak_drill/leaks.h"

namespace flinch::leak_drill {
namespace {

// Enough for the leak to lie beyond the first rungs of the ladder.
constexpr int kInnocentRounds = 300;

sim::Trail Run(const Leak& leak, Planted planted, const sim::Lens& lens) {
  sim::World world({.seed = 7, .keep = sim::Keep::kEverything, .lens = lens});
  world.AddProcess(world.AddHost("a"), "clerk", [&](sim::Environment& env) {
    for (int round = 0; round < kInnocentRounds; ++round) {
      env.Sleep(std::chrono::milliseconds(1));
      env.Trace("innocent", {{"round", round}});
    }
    leak.body(env, planted);
    env.Trace("done");
  });
  world.Run([] { return false; });
  return world.trail();
}

}  // namespace
}  // namespace flinch::leak_drill

int main(int argc, char** argv) {
  namespace drill = flinch::leak_drill;
  constexpr int kBadArguments = 2;
  if (argc != 5) {
    std::cerr << "usage: worker LEAK on|off RUNS FROM:TO:STACK\n";
    return kBadArguments;
  }
  std::setlocale(LC_ALL, "");  // as a program for people does
  const auto leak =
      std::ranges::find(drill::Leaks(), std::string_view(argv[1]), &drill::Leak::name);
  const auto lens = flinch::scenarios::ParseLens(argv[4]);
  if (leak == drill::Leaks().end() || !lens) {
    std::cerr << "there is no such leak, or this is no lens\n";
    return kBadArguments;
  }
  const drill::Planted planted =
      std::string_view(argv[2]) == "on" ? drill::Planted::kYes : drill::Planted::kNo;
  flinch::sim::Trail trail;
  for (int run = std::atoi(argv[3]); run > 0; --run) {
    trail = drill::Run(*leak, planted, *lens);
  }
  std::cout << flinch::scenarios::ShowTrail(trail);
}
