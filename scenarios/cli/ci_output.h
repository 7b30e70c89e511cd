// Where a command's verdict goes for a CI, and its report for people meanwhile.
//
// Shape:   opened before anything runs, so that what cannot be written is found then. The report
//          for people goes to `text()`; Finish writes the rest.
// GitHub:  runs commands that it finds in what a program prints. The report may quote what a user
//          wrote, so it is held back and printed where commands are switched off.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/ci_report.h"
#include "reports/run_summary.h"
#include "scenarios/cli/ci_arguments.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/seed_runner.h"
#include "scenarios/lab/hunt_text.h"
#include "sim/result.h"

namespace flinch::scenarios {

class CiOutput {
 public:
  // The streams outlive it. Errors as of OutputFile::Open.
  static sim::Result<CiOutput> Open(const CiArguments& arguments,
                                    std::span<const std::string> read_files, std::ostream& out,
                                    std::ostream& err);

  std::ostream& text() const { return held_back_ ? *held_back_ : told_to(); }

  // kIo where a file, or the summary of the step, cannot be written.
  sim::Result<void> Finish(const reports::CiReport& report);

 private:
  using Show = std::string (*)(const reports::CiReport&);

  CiOutput(const CiArguments& arguments, std::ostream& out, std::ostream& err)
      : arguments_(arguments), out_(&out), err_(&err) {}

  std::ostream& told_to() const { return arguments_.tap == "-" ? *err_ : *out_; }

  sim::Result<void> TellGithub(const reports::CiReport& report);

  CiArguments arguments_;
  std::ostream* out_;
  std::ostream* err_;
  std::unique_ptr<std::ostringstream> held_back_{};
  std::vector<std::pair<OutputFile, Show>> files_{};
};

// Where a scenario is written down: its path in the repository, or the library's in flinch's own.
std::string FileOfScenario(const std::string& scenario);

// A case per oracle that judged the run; more where something else is broken, or nothing decided.
// `scenario`: how it was called.
reports::CiReport CiReportOf(const reports::RunSummary& summary, const std::string& scenario);

// A case per oracle, and per way in which a process may end. Scenarios that are hunted together are
// one suite, since groups of failures are.
reports::CiReport CiReportOf(const HuntReport& report, const std::vector<HuntTarget>& targets);

}  // namespace flinch::scenarios
