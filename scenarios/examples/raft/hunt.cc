// Hunts the bug of the small Raft: many seeds, each a world with faults of its own.
//
//   raft --seeds 1..2000          every seed once; exit code 1 when one of them fails
//   raft --seed 7                 one of them, as a timeline
//   raft --seeds 1..2000 --fixed  the same faults, the bug mended; exit code 0
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/examples/raft/raft.h"
#include "sim/world/world.h"

namespace raft {
namespace {

using namespace std::chrono_literals;
using namespace flinch::sim;

constexpr SimTime kHealed(2s);  // from here on nothing fails any more
constexpr SimTime kJudged(6s);  // and by then every command is applied

// Links lose, delay and reorder for a while, a server is cut off now and then; and leaders crash at
// the very moment at which they have applied something.
class Faults : public TraceObserver {
 public:
  Faults(World& world, const Random& random) : world_(world), random_(random.Split("crashes")) {
    world.Observe(*this);
    Random links = random.Split("links");
    for (int fault = 0; fault < 10; ++fault) {
      const HostId from = HostOf(links.Below(kServers.size()));
      const HostId to = HostOf(links.Below(kServers.size()));
      const SimTime time = kEpoch + links.Between(Duration(0), kHealed - kEpoch);
      const Duration span = links.Between(Duration(10ms), Duration(400ms));
      const LinkCondition condition{
          .loss = {static_cast<uint32_t>(links.Below(60)), 100},
          .delay = links.Between(Duration(0), Duration(20ms)),
          .reorder = {static_cast<uint32_t>(links.Below(100)), 100},
          .reorder_delay = links.Between(Duration(1ms), Duration(150ms)),
      };
      const bool cuts = links.Chance(Percent(30));
      world.At(time,
               [this, from, to, span, condition, cuts] { Ail(from, to, span, condition, cuts); });
    }
    world.At(kHealed, [this] {
      crashes_left_ = 0;
      world_.HealEverything();
    });
  }

  void OnEvent(const TraceEvent& event) override {
    if (event.kind == "committed") {
      leader_ = event.process;
    }
    const bool is_leaders = event.kind == "applied" && event.process == leader_;
    if (crashes_left_ == 0 || !is_leaders || !random_.Chance(Percent(15))) {
      return;
    }
    --crashes_left_;
    world_.Crash(event.process);
    world_.At(world_.Now() + random_.Between(Duration(20ms), Duration(600ms)),
              [this, process = event.process] { world_.Restart(process); });
  }

 private:
  HostId HostOf(uint64_t server) const {
    return world_.HostOf(*world_.FindProcess(kServers[server]));
  }

  void Ail(HostId from, HostId to, Duration span, const LinkCondition& condition, bool cuts) {
    if (from == to || world_.Now() >= kHealed) {
      return;
    }
    std::vector<HostId> others;
    for (size_t server = 0; server < kServers.size(); ++server) {
      if (HostOf(server) != to) {
        others.push_back(HostOf(server));
      }
    }
    const TroubleId trouble =
        cuts ? world_.Partition(std::array{to}, others) : world_.Impair(from, to, condition);
    world_.At(world_.Now() + span, [this, trouble] { world_.EndTrouble(trouble); });
  }

  World& world_;
  Random random_;
  ProcessId leader_;  // who committed last
  int crashes_left_ = 4;
};

// The oracle: what is wrong, in words, or nothing.
std::optional<std::string> Judge(const Recording& recording) {
  std::map<int64_t, std::string> leaders;                               // by term
  std::map<int64_t, std::pair<int64_t, const RecordedEvent*>> applied;  // by index
  std::map<int64_t, bool> heard;
  for (const RecordedEvent& event : recording.events) {
    if (event.kind == "elected") {
      const auto [known, is_new] = leaders.emplace(*event.Number("term"), event.process);
      if (!is_new) {
        return fmt::format("term {} has two leaders, {} and {} (event {})", known->first,
                           known->second, event.process, event.id.value());
      }
    } else if (event.kind == "applied") {
      const int64_t command = *event.Number("command");
      const auto [known, is_new] =
          applied.emplace(*event.Number("index"), std::pair(command, &event));
      if (!is_new && known->second.first != command) {
        const RecordedEvent& first = *known->second.second;
        return fmt::format(
            "the logs part at index {}: {} applied command {} at {} (event {}), {} applied command "
            "{} at {} (event {})",
            known->first, first.process, known->second.first, Show(first.time), first.id.value(),
            event.process, command, Show(event.time), event.id.value());
      }
    } else if (event.kind == "heard") {
      heard[*event.Number("command")] = true;
    }
  }
  if (heard.size() < kCommands) {
    return fmt::format("{} of {} commands are applied {} after the last fault", heard.size(),
                       kCommands, Show(kJudged - kHealed));
  }
  return std::nullopt;
}

struct Run {
  std::optional<std::string> failure;
  Recording recording;
};

Run RunSeed(uint64_t seed, Cut cut) {
  World world({.seed = seed, .keep = Keep::kTrace});
  for (const std::string_view server : kServers) {
    world.AddProcess(world.AddHost(std::string(server)), std::string(server),
                     [cut](Environment& env) { RunServer(env, cut); });
  }
  const ProcessId client =
      world.AddProcess(world.AddHost(std::string(kClient)), std::string(kClient), RunClient);
  const Faults faults(world, Random(seed).Split("faults"));
  const Outcome outcome = world.Run([&world, client] {
    return world.Now() >= kJudged || (world.Now() >= kHealed && !world.IsAlive(client));
  });
  if (outcome.violation) {
    return {.failure = outcome.violation->what, .recording = world.recording()};
  }
  return {.failure = Judge(world.recording()), .recording = world.recording()};
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

int ShowOne(uint64_t seed, Cut cut) {
  const Run run = RunSeed(seed, cut);
  for (const RecordedEvent& event : run.recording.events) {
    fmt::print("{}\n", Show(event));
  }
  fmt::print("seed {}: {}\n", seed, run.failure.value_or("passed"));
  return run.failure ? 1 : 0;
}

int Hunt(std::string_view program, const Seeds& seeds, Cut cut) {
  uint64_t failures = 0;
  for (uint64_t seed = seeds.first;; ++seed) {
    const Run run = RunSeed(seed, cut);
    if (run.failure && ++failures == 1) {
      fmt::print("seed {}: {}\n  replay: {} --seed {}{}\n", seed, *run.failure, program, seed,
                 cut == Cut::kAtConflict ? " --fixed" : "");
    }
    if (seed == seeds.last) {
      break;
    }
  }
  fmt::print("{} failure{} in {} seeds\n", failures, failures == 1 ? "" : "s",
             seeds.last - seeds.first + 1);
  return failures == 0 ? 0 : 1;
}

int Main(std::string_view program, std::span<const std::string_view> words) {
  Seeds seeds;
  std::optional<uint64_t> one;
  Cut cut = Cut::kAlways;
  bool understood = true;
  for (size_t at = 0; at < words.size() && understood; ++at) {
    const std::string_view value = at + 1 < words.size() ? words[at + 1] : "";
    if (words[at] == "--fixed") {
      cut = Cut::kAtConflict;
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
  return one ? ShowOne(*one, cut) : Hunt(program, seeds, cut);
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  return raft::Main(words.front(), std::span(words).subspan(1));
}
