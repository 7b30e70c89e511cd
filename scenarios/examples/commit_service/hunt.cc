// Hunts the bug of the commit service: many seeds, each a world with faults of its own.
//
//   commit_service hunt commit_service --seeds 1..400   every seed once; 1 when one of them fails
//   commit_service run commit_service --seed 7 --timeline
//   commit_service hunt mended --seeds 1..400           the same faults, the bug mended; 0
//
// `commit_service --help` has more: what the hunt prints can be replayed, shrunk and kept.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scenarios/examples/commit_service/service.h"
#include "scenarios/lab/lab.h"
#include "sim/world/world.h"

namespace commit_service {
namespace {

using namespace std::chrono_literals;
using namespace flinch;
using namespace flinch::sim;

constexpr Duration kHealed(500ms);  // from here on nothing fails any more
constexpr Duration kJudged(2s);     // and by then everything must be decided

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
std::optional<lab::Failure> Judge(const World& world, int transactions) {
  for (int transaction = 1; transaction <= transactions; ++transaction) {
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
      return lab::Failure{
          "torn", fmt::format("transaction {} is torn: {}; the crash that did it: {}", transaction,
                              words, BlameCrash(world.recording(), transaction))};
    }
    if (in_doubt || (!committed && !aborted)) {
      return lab::Failure{"undecided",
                          fmt::format("transaction {} is undecided {} after the last fault: {}",
                                      transaction, Show(kJudged - kHealed), words)};
    }
  }
  return std::nullopt;
}

lab::Judgement RunService(const lab::Attempt& attempt, Tell tell) {
  WorldOptions options = attempt.world;
  options.keep = Keep::kTrace;  // the judge blames a crash in it
  World world(options);
  const auto transactions = static_cast<int>(attempt.Knob("transactions"));
  const auto add = [&world](std::string_view name, Program program) {
    const HostId host = world.AddHost(std::string(name));
    world.AddProcess(host, std::string(name), std::move(program));
  };
  add(kCoordinator, [tell](Environment& env) { RunCoordinator(env, tell); });
  for (const std::string_view participant : kParticipants) {
    add(participant, RunParticipant);
  }
  add(kClient, [transactions](Environment& env) { RunClient(env, transactions); });
  const faults::Injector injector(world, attempt.plan, attempt.heal_at);
  const Outcome outcome = world.Run([&world] { return world.Now() >= SimTime(kJudged); });
  return lab::JudgementOf(attempt, world, injector, outcome, Judge(world, transactions));
}

// Lossy links to and from the coordinator, and crashes at any time; half of them soon after it has
// decided something.
faults::FaultPlan DrawFaults(const Random& random) {
  faults::FaultPlan plan;
  Random links = random.Split("links");
  for (const std::string_view participant : kParticipants) {
    plan.faults.push_back(
        {.when = faults::AtTime{kEpoch},
         .what = faults::DropMessages{.from = std::string(kCoordinator),
                                      .to = std::string(participant),
                                      .ratio = {static_cast<uint32_t>(links.Below(40)) + 1, 100},
                                      .duration = kHealed}});
  }
  Random crashes = random.Split("crashes");
  for (int crash = 0; crash < 4; ++crash) {
    const uint64_t victim = crashes.Below(kParticipants.size() + 1);
    const Duration down = crashes.Between(Duration(1ms), Duration(100ms));
    const SimTime time = kEpoch + crashes.Between(Duration(0), kHealed - down);
    const uint64_t decision = crashes.Below(kTransactions) + 1;
    const Duration later = crashes.Between(Duration(0), Duration(5ms));
    const bool is_coordinator = victim == kParticipants.size();
    faults::Trigger when = faults::AtTime{time};
    if (is_coordinator) {
      when = faults::AtEvent{.kind = "decided", .nth = decision, .delay = later};
    }
    plan.faults.push_back(
        {.when = std::move(when),
         .what = faults::Crash{
             .process = std::string(is_coordinator ? kCoordinator : kParticipants[victim]),
             .restart_after = down}});
  }
  return plan;
}

lab::Subject SubjectOf(std::string name, Tell tell) {
  lab::Subject subject{
      .name = std::move(name),
      .what = "Three participants commit a transaction together, or none does.",
      .knobs = {{.name = "transactions", .usual = kTransactions, .least = 1}},
      .draw = DrawFaults,
      .run = [tell](const lab::Attempt& attempt) { return RunService(attempt, tell); }};
  subject.faults.horizon = kHealed;
  subject.faults.hosts.emplace_back(kCoordinator);
  for (const std::string_view participant : kParticipants) {
    subject.faults.hosts.emplace_back(participant);
  }
  return subject;
}

}  // namespace
}  // namespace commit_service

int main(int argc, char** argv) {
  return flinch::lab::Main(
      argc, argv,
      {commit_service::SubjectOf("commit_service", commit_service::Tell::kAtOnce),
       commit_service::SubjectOf("mended", commit_service::Tell::kWhenDurable)});
}
