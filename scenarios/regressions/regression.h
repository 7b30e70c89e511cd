// A failure that was kept: how to run it, and what must come of it.
//
//   version = 1
//   scenario = "url_clicks"       # of the library; without it, `set` starts from the defaults
//   seed = "7"
//   strategy = "fifo"
//   defects = ["sink_commits_at_snapshot"]
//   set = ["workload.records=3"]
//   tape = ["scheduler tm-1 chosen 0{12}1"]   # tracks of sim/world/tape.h: what was chosen
//   [[fault]]                     # as in a fault plan; none: the scenario's own
//   when = { event = "checkpoint.acknowledged" }
//   do = { crash = "tm-1" }
//   [expect]
//   verdict = "failed"            # of a planted defect; what was mended must be "passed"
//   signature = "…"               # of the failure (scenarios/stage/signature.h)
//   fired = 1                     # how many faults did
//   digest = "0123456789abcdef"   # of the run that was kept
//   build = "89abcdef"
//
// Errors:  all problems of a file at once, with their places; names that exist no longer are found
//          by whoever makes a run of it.
// Promise: from 1.0 on a file of version 1 can be read for ever; what ShowToml writes reads back as
//          the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faults/fault_plan.h"
#include "reports/run_summary.h"
#include "scenarios/files/scenario_toml.h"
#include "sim/result.h"
#include "sim/world/tape.h"

namespace flinch::scenarios {

inline constexpr int64_t kRegressionVersion = 1;

struct Expectation {
  reports::Verdict verdict = reports::Verdict::kPassed;
  std::string signature{};
  uint64_t fired = 0;
  std::string digest{};  // 16 hexadecimal digits
  std::string build{};
};

struct Regression {
  std::string scenario{};  // of the library; "": the defaults of scenarios/model/scenario.h
  uint64_t seed = 1;
  std::string strategy{};  // "": random
  std::vector<std::string> defects{};
  std::vector<Setting> settings{};
  faults::FaultPlan plan{};
  std::optional<sim::Tape> tape{};
  Expectation expect{};
};

sim::Result<Regression> ReadRegression(const std::string& file);

// `file` names the text in messages.
sim::Result<Regression> ParseRegression(std::string file, std::string text);

// With `comment` on top, for people.
std::string ShowToml(const Regression& regression, std::string_view comment);

enum class Standing : uint8_t {
  kAsKept,  // the very run, with the verdict that must be
  kMoved,   // another run, with the verdict that must be, and as good a witness
  kStale,   // proves nothing any more: keep it anew
  kBroken,  // the verdict that must not be
};

std::string_view Name(Standing standing);  // "as kept", "moved", "stale", "BROKEN"

struct Review {
  Standing standing = Standing::kAsKept;
  std::string sentence{};
};

// What the run that `regression` is today says about it.
Review Judge(const Regression& regression, const reports::RunSummary& summary);

}  // namespace flinch::scenarios
