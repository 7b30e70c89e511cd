// Hunts the bug of the small Raft: many seeds, each a world with faults of its own.
//
//   raft hunt raft --seeds 1..400     every seed once; exit code 1 when one of them fails
//   raft run raft --seed 7 --timeline
//   raft hunt mended --seeds 1..400   the same faults, the bug mended; exit code 0
//
// `raft --help` has more: what the hunt prints can be replayed, shrunk and kept.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/examples/raft/raft.h"
#include "scenarios/lab/lab.h"
#include "sim/world/world.h"

namespace raft {
namespace {

using namespace std::chrono_literals;
using namespace flinch;
using namespace flinch::sim;

constexpr Duration kHealed(2s);  // from here on nothing fails any more
constexpr Duration kJudged(6s);  // and by then every command is applied

// The oracle: what is wrong, in words, or nothing.
std::optional<lab::Failure> Judge(const Recording& recording, uint64_t commands) {
  std::map<int64_t, std::string> leaders;                               // by term
  std::map<int64_t, std::pair<int64_t, const RecordedEvent*>> applied;  // by index
  std::map<int64_t, bool> heard;
  for (const RecordedEvent& event : recording.events) {
    if (event.kind == "elected") {
      const auto [known, is_new] = leaders.emplace(*event.Number("term"), event.process);
      if (!is_new) {
        return lab::Failure{
            "two_leaders",
            fmt::format("term {} has two leaders, {} and {} (event {})", known->first,
                        known->second, event.process, event.id.value())};
      }
    } else if (event.kind == "applied") {
      const int64_t command = *event.Number("command");
      const auto [known, is_new] =
          applied.emplace(*event.Number("index"), std::pair(command, &event));
      if (!is_new && known->second.first != command) {
        const RecordedEvent& first = *known->second.second;
        return lab::Failure{"logs_part",
                            fmt::format("the logs part at index {}: {} applied command {} at {} "
                                        "(event {}), {} applied command "
                                        "{} at {} (event {})",
                                        known->first, first.process, known->second.first,
                                        Show(first.time), first.id.value(), event.process, command,
                                        Show(event.time), event.id.value())};
      }
    } else if (event.kind == "heard") {
      heard[*event.Number("command")] = true;
    }
  }
  if (heard.size() < commands) {
    return lab::Failure{
        "stuck", fmt::format("{} of {} commands are applied {} after the last fault", heard.size(),
                             commands, Show(kJudged - kHealed))};
  }
  return std::nullopt;
}

lab::Judgement RunRaft(const lab::Attempt& attempt, Cut cut) {
  WorldOptions options = attempt.world;
  options.keep = Keep::kTrace;  // which the judge reads
  World world(options);
  const uint64_t commands = attempt.Knob("commands");
  for (const std::string_view server : kServers) {
    world.AddProcess(world.AddHost(std::string(server)), std::string(server),
                     [cut](Environment& env) { RunServer(env, cut); });
  }
  const ProcessId client =
      world.AddProcess(world.AddHost(std::string(kClient)), std::string(kClient),
                       [commands](Environment& env) { RunClient(env, commands); });
  const faults::Injector injector(world, attempt.plan, attempt.heal_at);
  const Outcome outcome = world.Run([&world, &attempt, client] {
    return world.Now() >= SimTime(kJudged) ||
           (world.Now() >= attempt.heal_at && !world.IsAlive(client));
  });
  return lab::JudgementOf(attempt, world, injector, outcome, Judge(world.recording(), commands));
}

// Links lose, delay and reorder for a while, a server is cut off now and then; and servers crash at
// the very moment at which they have applied something.
faults::FaultPlan DrawFaults(const Random& random) {
  faults::FaultPlan plan;
  const auto name = [](uint64_t server) { return std::string(kServers[server]); };
  Random links = random.Split("links");
  for (int fault = 0; fault < 10; ++fault) {
    const uint64_t from = links.Below(kServers.size());
    const uint64_t to = (from + 1 + links.Below(kServers.size() - 1)) % kServers.size();
    const faults::AtTime when{kEpoch + links.Between(Duration(0), kHealed)};
    const Duration span = links.Between(Duration(10ms), Duration(400ms));
    const Ratio loss{static_cast<uint32_t>(links.Below(60)) + 1, 100};
    const Ratio reorder{static_cast<uint32_t>(links.Below(100)) + 1, 100};
    const Duration by = links.Between(Duration(1ms), Duration(150ms));
    if (links.Chance(Percent(30))) {
      plan.faults.push_back(
          {when, faults::CutLink{.from = name(from), .to = name(to), .duration = span}});
      continue;
    }
    plan.faults.push_back({when, faults::DropMessages{.from = name(from),
                                                      .to = name(to),
                                                      .to_only = true,
                                                      .ratio = loss,
                                                      .duration = span}});
    plan.faults.push_back({when, faults::ImpairLink{.trouble = faults::LinkTrouble::kReorder,
                                                    .from = name(from),
                                                    .to = name(to),
                                                    .to_only = true,
                                                    .ratio = reorder,
                                                    .by = by,
                                                    .duration = span}});
  }
  Random crashes = random.Split("crashes");
  for (int crash = 0; crash < 8; ++crash) {
    const uint64_t server = crashes.Below(kServers.size());
    const uint64_t nth = crashes.Below(kCommands) + 1;
    plan.faults.push_back(
        {faults::AtEvent{.kind = "applied", .nth = nth, .process = name(server)},
         faults::Crash{.process = name(server),
                       .restart_after = crashes.Between(Duration(20ms), Duration(600ms))}});
  }
  return plan;
}

lab::Subject SubjectOf(std::string name, Cut cut) {
  lab::Subject subject{.name = std::move(name),
                       .what = "Three servers agree on a log of commands.",
                       .knobs = {{.name = "commands", .usual = kCommands, .least = 1}},
                       .draw = DrawFaults,
                       .run = [cut](const lab::Attempt& attempt) { return RunRaft(attempt, cut); }};
  subject.faults.horizon = kHealed;
  for (const std::string_view server : kServers) {
    subject.faults.hosts.emplace_back(server);
  }
  return subject;
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  return flinch::lab::Main(argc, argv,
                           {raft::SubjectOf("raft", raft::Cut::kAlways),
                            raft::SubjectOf("mended", raft::Cut::kAtConflict)});
}
