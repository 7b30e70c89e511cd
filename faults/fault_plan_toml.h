// The text form of a fault plan.
//
//   version = 1
//   [[fault]]
//   when = { event = "checkpoint.acknowledged", nth = 3, where = { subtask = "sink[1]" } }
//   do = { crash = "tm-2", restart_after = "300ms" }
//
// Shape:   a `[[fault]]` has `when` (one of event, at, after) and `do` (one of crash, restart,
//          drop, delay, cut); see faults/README.md for all keys. The same `[[fault]]` may stand in
//          a scenario file.
// Errors:  all problems of a file at once, each with its place; see sim/text/toml_document.h.
// Promise: from 1.0 on a file of version 1 can be read for ever; what `ShowToml` writes reads back
//          as the same plan.
#pragma once

#include <set>
#include <span>
#include <string>

#include "faults/fault_plan.h"
#include "sim/result.h"
#include "sim/text/toml_document.h"

namespace flinch::faults {

inline constexpr int64_t kFaultPlanVersion = 1;

// From a file of its own, or from the text of one; `file` names it in messages.
sim::Result<FaultPlan> ReadFaultPlan(const std::string& file);
sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text);

// The same, and what CheckAgainst finds, each problem at its place in the file.
sim::Result<FaultPlan> ReadFaultPlan(const std::string& file, const Cast& cast);
sim::Result<FaultPlan> ParseFaultPlan(std::string file, std::string text, const Cast& cast);

// Faults as the command line and replay tokens hold them, each an inline table:
//   {when={at="1s"},do={crash="tm-2"}}
// Of what `ShowInline` writes, it gives the same faults back.
sim::Result<FaultPlan> ParseInlineFaults(std::span<const std::string> faults, const Cast& cast);
std::string ShowInline(const Fault& fault);

// The `[[fault]]` tables of a larger file; none is an empty plan. Problems go to the document,
// whose `Finish` tells them: a plan with problems is not to be used, but what could be read of it
// can be judged. All faults keep their numbers.
struct DecodedPlan {
  FaultPlan plan;
  std::set<size_t> broken;  // could not be read as a whole; by index
};

DecodedPlan DecodeFaultPlan(text::TomlTable& table);

// What CheckAgainst finds in what could be read of the faults, told to the document at its places.
void ComplainAboutFaults(text::TomlTable& table, const DecodedPlan& decoded, const Cast& cast);

// Names of processes, hosts and fields are valid UTF-8 (as all that was read from a file is).
std::string ShowToml(const FaultPlan& plan);

}  // namespace flinch::faults
