// What goes wrong and when, as data.
//
// A plan is a list of faults in the order of the file; each has a trigger and an action. Names of
// processes, hosts and event kinds are text: this room knows no engine. A plan is checked against a
// cast of processes and event kinds before a world starts (`CheckAgainst`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faults/actions.h"
#include "faults/fault_catalogue.h"
#include "faults/triggers.h"
#include "sim/result.h"

namespace flinch::faults {

struct Fault {
  Trigger when;
  Action what;

  friend bool operator==(const Fault&, const Fault&) = default;
};

struct FaultPlan {
  std::vector<Fault> faults;

  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

// What a plan may name.
struct Cast {
  std::vector<std::string> processes;  // also the names of their hosts
  // The kinds of events, and the fields that each has.
  std::map<std::string, std::vector<std::string>, std::less<>> events;
  // The cells of a protocol that a fault may wait for.
  std::vector<std::string> cells{};
  // The operators of the job, whose code may fail. Nothing: nobody knows; any name will do.
  std::optional<std::vector<std::string>> operators{};
  // The subtasks that events name, "sink[0]". Nothing: nobody knows.
  std::optional<std::vector<std::string>> subtasks{};
  // From when on no fault fires. Nothing: nobody knows.
  std::optional<sim::SimTime> healed{};
  // Where all that is: the end of "There is no process \"x\" …".
  std::string scope = "in this scenario";
};

// What one fault of a plan has against it, and at which of its keys.
struct PlanProblem {
  size_t fault = 0;              // index in the plan
  std::string table;             // "when" or "do"
  std::string key;               // "event", "process", "where", "crash", "cut" …
  std::optional<size_t> host{};  // of a list of hosts, the one that is meant
  std::string field{};           // of `where` or `counts`, the one that is meant
  std::string sentence;          // whole

  friend bool operator==(const PlanProblem&, const PlanProblem&) = default;
};

// Unknown names (with a suggestion), triggers that do not point back, nth 0, amounts of nothing or
// too large: in the order of the plan.
std::vector<PlanProblem> CheckAgainst(const FaultPlan& plan, const Cast& cast);

// "fault[0]: " and the sentence, where there is no file to point at.
std::string Show(const PlanProblem& problem);

}  // namespace flinch::faults
