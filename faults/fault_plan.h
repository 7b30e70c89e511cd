// What goes wrong and when, as data.
//
// A plan is a list of faults in the order of the file; each has a trigger and an action. Names of
// processes, hosts and event kinds are text: this room knows no engine. A plan is checked against a
// cast of processes and event kinds before a world starts (`CheckAgainst`).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::faults {

// When.
struct AtTime {
  sim::SimTime time;

  friend bool operator==(const AtTime&, const AtTime&) = default;
};

// At the n-th event (from 1) of this kind whose fields have these values (numbers are written in
// decimal). `process` empty: any.
struct AtEvent {
  std::string kind;
  uint64_t nth = 1;
  std::string process{};
  std::vector<std::pair<std::string, std::string>> where{};

  friend bool operator==(const AtEvent&, const AtEvent&) = default;
};

// A delay after another fault of the plan (by index, an earlier one) took effect.
struct AfterFault {
  size_t fault = 0;
  sim::Duration delay{0};

  friend bool operator==(const AfterFault&, const AfterFault&) = default;
};

using Trigger = std::variant<AtTime, AtEvent, AfterFault>;

// What. Links are named by the two hosts; `to_only` restricts it to the direction from → to.
struct Crash {
  std::string process;
  // Boots it again after this time. Nothing: it stays down until the run is healed.
  std::optional<sim::Duration> restart_after{};

  friend bool operator==(const Crash&, const Crash&) = default;
};

struct Restart {
  std::string process;

  friend bool operator==(const Restart&, const Restart&) = default;
};

struct DropMessages {  // one-way messages are lost with this probability
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Ratio ratio = sim::Percent(100);
  sim::Duration duration{0};

  friend bool operator==(const DropMessages&, const DropMessages&) = default;
};

struct DelayMessages {
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Duration by{0};
  sim::Duration duration{0};

  friend bool operator==(const DelayMessages&, const DelayMessages&) = default;
};

struct CutLink {
  std::string from;
  std::string to;
  bool to_only = false;
  sim::Duration duration{0};

  friend bool operator==(const CutLink&, const CutLink&) = default;
};

using Action = std::variant<Crash, Restart, DropMessages, DelayMessages, CutLink>;

struct Fault {
  Trigger when;
  Action what;

  friend bool operator==(const Fault&, const Fault&) = default;
};

struct FaultPlan {
  std::vector<Fault> faults;

  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

// The word that stands for an action in files and reports: "crash", "restart", "drop", "delay",
// "cut".
std::string_view KindOf(const Action& action);

// What it acts on: "tm-2", "jm/tm-1", or "jm>tm-1" for one direction.
std::string TargetOf(const Action& action);

// For `flinch list faults`: every action and what it means to who suffers it. A test decodes each
// example.
struct FaultInfo {
  std::string_view kind;
  std::string_view example;  // of `do`, in TOML
  std::string_view what;
  std::string_view layer;     // where it acts
  std::string_view observed;  // by the peers
};

inline constexpr auto kFaultCatalogue = std::to_array<FaultInfo>({
    {.kind = "crash",
     .example = R"({ crash = "tm-1", restart_after = "300ms" })",
     .what = "the process dies; memory and unsynced writes are gone",
     .layer = "process, disk",
     .observed = "connections break, messages to it vanish"},
    {.kind = "restart",
     .example = R"({ restart = "tm-1" })",
     .what = "a dead process boots with what its disks kept",
     .layer = "process",
     .observed = "a new incarnation under the old name"},
    {.kind = "drop",
     .example = R"({ drop = ["jm", "tm-1"], ratio = "50%", for = "2s", one_way = true })",
     .what = "one-way messages are lost with this probability, connections get slow",
     .layer = "link",
     .observed = "silence, retries, late frames"},
    {.kind = "delay",
     .example = R"({ delay = ["jm", "tm-1"], by = "200ms", for = "1s" })",
     .what = "everything sent arrives later by this much",
     .layer = "link",
     .observed = "late answers, time-outs"},
    {.kind = "cut",
     .example = R"({ cut = ["jm", "tm-1"], for = "2s" })",
     .what = "nothing gets through; connections stay open and silent",
     .layer = "link",
     .observed = "silence, heartbeat time-outs, half-open connections"},
});

// What a plan may name.
struct Cast {
  std::vector<std::string> processes;  // also the names of their hosts
  // The kinds of events, and the fields that each has.
  std::map<std::string, std::vector<std::string>, std::less<>> events;
  // Where all that is: the end of "There is no process \"x\" …".
  std::string scope = "in this scenario";
};

// What one fault of a plan has against it, and at which of its keys.
struct PlanProblem {
  size_t fault = 0;              // index in the plan
  std::string table;             // "when" or "do"
  std::string key;               // "event", "process", "where", "crash", "cut" …
  std::optional<size_t> host{};  // of a link's two, the one that is meant
  std::string field{};           // of `where`, the one that is meant
  std::string sentence;          // whole

  friend bool operator==(const PlanProblem&, const PlanProblem&) = default;
};

// Unknown names (with a suggestion), AfterFault that does not point back, nth 0, durations of 0: in
// the order of the plan.
std::vector<PlanProblem> CheckAgainst(const FaultPlan& plan, const Cast& cast);

// "fault[0]: " and the sentence, where there is no file to point at.
std::string Show(const PlanProblem& problem);

}  // namespace flinch::faults
