// Hunts the bug of the commit service: many seeds, each a world with faults of its own.
//
//   commit_service --seeds 1..2000          every seed once; exit code 1 when one of them fails
//   commit_service --seed 7                 one of them, as a timeline
//   commit_service --seeds 1..2000 --fixed  the same faults, the bug mended; exit code 0
#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "scenarios/examples/commit_service/service.h"
#include "sim/world/world.h"

namespace commit_service {
namespace {

using namespace std::chrono_literals;
using namespace flinch::sim;

constexpr SimTime kHealed(500ms);  // from here on nothing fails any more
constexpr SimTime kJudged(2s);     // and by then everything must be decided

// Draws lossy links to and from the coordinator, crashes and restarts, all before kHealed.
void PlanFaults(World& world, Random random) {
  const ProcessId coordinator = *world.FindProcess(kCoordinator);
  const HostId centre = world.HostOf(coordinator);
  std::vector<ProcessId> mortals{coordinator};
  for (const std::string_view participant : kParticipants) {
    mortals.push_back(*world.FindProcess(participant));
    const HostId host = world.HostOf(mortals.back());
    const LinkCondition lossy{.loss = {static_cast<uint32_t>(random.Below(40)), 100}};
    world.SetLink(centre, host, lossy);
    world.SetLink(host, centre, lossy);
    world.At(kHealed, [&world, centre, host] {
      world.SetLink(centre, host, {});
      world.SetLink(host, centre, {});
    });
  }
  for (int crash = 0; crash < 4; ++crash) {
    const ProcessId victim = mortals[random.Below(mortals.size())];
    const Duration down = random.Between(Duration(1ms), Duration(100ms));
    const SimTime time = kEpoch + random.Between(Duration(0), kHealed - kEpoch - down);
    world.At(time, [&world, victim] { world.Crash(victim); });
    world.At(time + down, [&world, victim] { world.Restart(victim); });
  }
}

// What the disk of a participant says in the end, and how to say that.
std::string WordOf(const World& world, std::string_view participant, int transaction) {
  const HostId host = world.HostOf(*world.FindProcess(participant));
  return world.ReadFile(host, PathOf(transaction)).value_or("");
}

std::string_view InPlainWords(std::string_view word) {
  return word == "commit"  ? "committed it"
         : word == "abort" ? "aborted it"
         : word == "yes"   ? "is in doubt"
                           : "knows nothing";
}

// The last crash of the coordinator before it decided the transaction for the last time.
std::string BlameCrash(const Recording& recording, int transaction) {
  std::string latest = "none of the coordinator's";
  std::string blamed = latest;
  for (const RecordedEvent& event : recording.events) {
    if (event.kind == "fault.crash" && event.Text("process") == kCoordinator) {
      latest =
          fmt::format("the coordinator's at {} (event {})", Show(event.time), event.id.value());
    } else if (event.kind == "decided" && event.Number("transaction") == transaction) {
      blamed = latest;
    }
  }
  return blamed;
}

// The oracle: what is wrong, in words, or nothing.
std::optional<std::string> Judge(const World& world) {
  for (int transaction = 1; transaction <= kTransactions; ++transaction) {
    std::string words;
    bool committed = false;
    bool aborted = false;
    bool in_doubt = false;
    for (const std::string_view participant : kParticipants) {
      const std::string word = WordOf(world, participant, transaction);
      committed |= word == "commit";
      aborted |= word == "abort";
      in_doubt |= word == "yes";
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", participant, InPlainWords(word));
    }
    if (committed && aborted) {
      return fmt::format("transaction {} is torn: {}\n  the crash that did it: {}", transaction,
                         words, BlameCrash(world.recording(), transaction));
    }
    if (in_doubt || (!committed && !aborted)) {
      return fmt::format("transaction {} is undecided {} after the last fault: {}", transaction,
                         Show(kJudged - kHealed), words);
    }
  }
  return std::nullopt;
}

struct Run {
  std::optional<std::string> failure;
  Recording recording;
};

Run RunSeed(uint64_t seed, Tell tell) {
  World world({.seed = seed, .keep = Keep::kTrace});
  const auto add = [&world](std::string_view name, Program program) {
    const HostId host = world.AddHost(std::string(name));
    world.AddProcess(host, std::string(name), std::move(program));
  };
  add(kCoordinator, [tell](Environment& env) { RunCoordinator(env, tell); });
  for (const std::string_view participant : kParticipants) {
    add(participant, RunParticipant);
  }
  add(kClient, RunClient);
  PlanFaults(world, Random(seed).Split("faults"));
  const Outcome outcome = world.Run([&world] { return world.Now() >= kJudged; });
  if (outcome.violation) {
    return {.failure = outcome.violation->what, .recording = world.recording()};
  }
  return {.failure = Judge(world), .recording = world.recording()};
}

struct Seeds {
  uint64_t first = 1;
  uint64_t last = 2000;
};

bool ReadNumber(std::string_view text, uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

// "1..2000"
std::optional<Seeds> ReadSeeds(std::string_view text) {
  const size_t dots = std::min(text.find(".."), text.size());
  Seeds seeds;
  const bool is_range = ReadNumber(text.substr(0, dots), seeds.first) &&
                        ReadNumber(text.substr(std::min(dots + 2, text.size())), seeds.last);
  return is_range && seeds.first <= seeds.last ? std::optional(seeds) : std::nullopt;
}

int ShowOne(uint64_t seed, Tell tell) {
  const Run run = RunSeed(seed, tell);
  for (const RecordedEvent& event : run.recording.events) {
    fmt::print("{}\n", Show(event));
  }
  fmt::print("seed {}: {}\n", seed, run.failure.value_or("passed"));
  return run.failure ? 1 : 0;
}

int Hunt(std::string_view program, const Seeds& seeds, Tell tell) {
  uint64_t failures = 0;
  for (uint64_t seed = seeds.first;; ++seed) {
    const Run run = RunSeed(seed, tell);
    if (run.failure && ++failures == 1) {
      fmt::print("seed {}: {}\n  replay: {} --seed {}{}\n", seed, *run.failure, program, seed,
                 tell == Tell::kWhenDurable ? " --fixed" : "");
    }
    if (seed == seeds.last) {
      break;
    }
  }
  const uint64_t count = seeds.last - seeds.first + 1;
  fmt::print("{} failure{} in {} seeds", failures, failures == 1 ? "" : "s", count);
  if (failures == 0) {  // the rule of three
    fmt::print(": at most {:.2f} % per run at 95 %",
               std::min(100.0, 300.0 / static_cast<double>(count)));
  }
  fmt::print("\n");
  return failures == 0 ? 0 : 1;
}

int Main(std::string_view program, std::span<const std::string_view> words) {
  Seeds seeds;
  std::optional<uint64_t> one;
  Tell tell = Tell::kAtOnce;
  bool understood = true;
  for (size_t at = 0; at < words.size() && understood; ++at) {
    const std::string_view value = at + 1 < words.size() ? words[at + 1] : "";
    if (words[at] == "--fixed") {
      tell = Tell::kWhenDurable;
    } else if (words[at] == "--seed") {
      understood = ReadNumber(value, one.emplace());
      ++at;
    } else if (words[at] == "--seeds") {
      const std::optional<Seeds> given = ReadSeeds(value);
      understood = given.has_value();
      seeds = given.value_or(seeds);
      ++at;
    } else {
      understood = false;
    }
  }
  const bool asks = words.size() == 1 && (words[0] == "--help" || words[0] == "-h");
  if (!understood) {
    fmt::print(asks ? stdout : stderr, "usage: {} [--seeds A..B | --seed N] [--fixed]\n", program);
    return asks ? 0 : 2;
  }
  return one ? ShowOne(*one, tell) : Hunt(program, seeds, tell);
}

}  // namespace
}  // namespace commit_service

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  return commit_service::Main(words.front(), std::span(words).subspan(1));
}
