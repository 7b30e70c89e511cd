#include "scenarios/scenario.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "faults/text.h"
#include "scenarios/algebra.h"
#include "scenarios/cast.h"
#include "scenarios/cells.h"
#include "scenarios/jobs.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/timestamp.h"

namespace flinch::scenarios {

namespace {

using faults::Quote;

class ProblemFinder {
 public:
  explicit ProblemFinder(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<ScenarioProblem> FindNames() && {
    CheckNames();
    return std::move(problems_);
  }

  std::vector<ScenarioProblem> Find() && {
    CheckTexts();
    CheckNames();
    CheckPlan();
    CheckSteps();
    CheckCluster();
    CheckWorkload();
    if (scenario_.workload.source == WorkloadSource::kFile) {
      CheckFile(scenario_.workload.file);
    }
    CheckSwarmNumbers();
    if (const sim::Result<void> valid = scenario_.options.Validate(); !valid) {
      Add("options", valid.error().message);
    }
    return std::move(problems_);
  }

 private:
  void Add(std::string path, std::string sentence) {
    problems_.push_back({.path = std::move(path), .sentence = std::move(sentence)});
  }

  void CheckTexts() {
    if (scenario_.name.empty()) {
      Add("name", "A scenario needs a name.");
    }
    if (scenario_.why.empty()) {
      Add("why", "A scenario says why it exists.");
    }
    if (scenario_.job.name.empty()) {
      Add("job.name", "A scenario needs a job; `flinch list jobs` shows them.");
    }
  }

  void CheckNames() {
    std::vector<std::string_view> oracles;
    for (const OracleInfo& oracle : OracleCatalogue()) {
      oracles.push_back(oracle.name);
    }
    for (const std::string& name : scenario_.oracles) {
      if (FindOracle(name) == nullptr) {
        Add("oracles",
            fmt::format("There is no oracle {}.{}", Quote(name),
                        faults::DidYouMean(name, std::span<const std::string_view>(oracles))));
      }
    }
    if (!scenario_.job.name.empty() && FindJob(scenario_.job.name) == nullptr) {
      std::vector<std::string_view> jobs;
      for (const RegisteredJob& job : JobRegistry()) {
        jobs.push_back(job.name);
      }
      Add("job.name",
          fmt::format(
              "There is no job {}; `flinch list jobs` shows them.{}", Quote(scenario_.job.name),
              faults::DidYouMean(scenario_.job.name, std::span<const std::string_view>(jobs))));
    }
  }

  void CheckSteps() {
    const std::vector<std::string>& steps = scenario_.job.steps;
    if (scenario_.job.name == "algebra") {
      if (const sim::Result<std::vector<Step>> parsed = ParseSteps(steps); !parsed) {
        Add("job.steps", parsed.error().message);
      }
    } else if (!steps.empty()) {
      Add("job.steps",
          fmt::format("Only the job \"algebra\" has steps, not {}.", Quote(scenario_.job.name)));
    }
  }

  void CheckCluster() {
    const uint64_t slots = uint64_t{scenario_.cluster.task_managers} * scenario_.cluster.slots_each;
    if (scenario_.job.parallelism > slots) {
      Add("job.parallelism",
          fmt::format("A parallelism of {} needs as many slots, but {} TaskManagers with {} slots "
                      "each have {}.",
                      scenario_.job.parallelism, scenario_.cluster.task_managers,
                      scenario_.cluster.slots_each, slots));
    }
    const uint32_t max_parallelism = scenario_.options.max_parallelism;
    if (max_parallelism != 0 && max_parallelism < scenario_.job.parallelism) {
      Add("job.parallelism",
          fmt::format("The parallelism is {}, above pipeline.max-parallelism {}.",
                      scenario_.job.parallelism, max_parallelism));
    }
    if (scenario_.limits.heal_after >= scenario_.limits.simulated_time) {
      Add("limits.heal_after",
          fmt::format("A run is healed after {}, but ends after {}; give it time in between.",
                      sim::Show(scenario_.limits.heal_after),
                      sim::Show(scenario_.limits.simulated_time)));
    }
  }

  void CheckWorkload() {
    const WorkloadSpec& workload = scenario_.workload;
    if (workload.source != WorkloadSource::kGenerated) {
      return;
    }
    int64_t last = 0;
    const bool overflows = __builtin_mul_overflow(workload.event_step.count(),
                                                  static_cast<int64_t>(workload.records), &last) ||
                           __builtin_add_overflow(last, workload.start.nanos(), &last);
    if (overflows || last > kLastTime.nanos() ||
        workload.start.nanos() - kFirstTime.nanos() < workload.out_of_order.count()) {
      Add("workload.start",
          "The events lie outside the years 1900 to 2149; choose another workload.start or a "
          "smaller workload.event_step.");
    }
    if (workload.key_prefix.find_first_of(" \t\r\n") != std::string::npos) {
      Add("workload.key_prefix", "A key holds no blanks, which stand between keys.");
    }
  }

  void CheckFile(const FileSpec& file) {
    if (file.delimiter.size() != 1 || file.delimiter.find_first_of("\"\r\n") != std::string::npos) {
      Add("workload.file.delimiter",
          fmt::format("The delimiter is {}, but must be one character.", Quote(file.delimiter)));
    }
    if (file.header && file.format != FileFormat::kCsv) {
      Add("workload.file.header", "Only a CSV file has a header.");
    }
    if (file.timestamp_fields.empty()) {
      Add("workload.file.timestamp_fields",
          "Name the field of the timestamp, or the fields that form it.");
    }
    for (const std::string& field : file.timestamp_fields) {
      CheckField("workload.file.timestamp_fields", file, field);
    }
    if (file.key_field.empty()) {
      Add("workload.file.key_field", "Name the field that is the key.");
    } else {
      CheckField("workload.file.key_field", file, file.key_field);
    }
    if (!file.value_field.empty()) {
      CheckField("workload.file.value_field", file, file.value_field);
    }
    if (const sim::Result<void> valid = CheckTimestampFormat(file.timestamp_format); !valid) {
      Add("workload.file.timestamp_format", valid.error().message);
    }
  }

  // Names are known only where something names them.
  void CheckField(std::string path, const FileSpec& file, const std::string& field) {
    const bool is_number = !field.empty() && field.size() < 6 && field.front() != '0' &&
                           std::ranges::all_of(field, [](char c) { return c >= '0' && c <= '9'; });
    const bool has_names =
        file.format == FileFormat::kJsonLines || (file.format == FileFormat::kCsv && file.header);
    if (!is_number && !has_names) {
      Add(std::move(path),
          fmt::format("The field {} is no number of a column, and the columns of such a file have "
                      "no names; count from \"1\".",
                      Quote(field)));
    }
  }

  void CheckSwarmNumbers() {
    if (scenario_.faults.source == FaultSource::kSwarm) {
      if (const sim::Result<void> valid = CheckSwarm(scenario_); !valid) {
        Add("faults.source", valid.error().message);
      }
      const std::string& aim = scenario_.faults.swarm.aim;
      if (!aim.empty() && !FindCell(aim)) {
        std::vector<std::string> cells;
        for (uint32_t cell = 0; cell < CellCount(); ++cell) {
          cells.push_back(CellName(cell));
        }
        Add("faults.aim",
            fmt::format("There is no cell {}; a cell is such as "
                        "\"ack_sent/sink/crash/before\".{}",
                        Quote(aim), faults::DidYouMean(aim, std::span<const std::string>(cells))));
      }
    }
  }

  void CheckPlan() {
    if (scenario_.faults.source == FaultSource::kPlan) {
      for (const faults::PlanProblem& problem :
           faults::CheckAgainst(scenario_.faults.plan, CastOf(scenario_))) {
        Add(fmt::format("{}[{}].{}.{}", kFaultPath, problem.fault, problem.table, problem.key),
            problem.sentence);
      }
    }
  }

  const Scenario& scenario_;
  std::vector<ScenarioProblem> problems_;
};

}  // namespace

std::vector<ScenarioProblem> FindNameProblems(const Scenario& scenario) {
  return ProblemFinder(scenario).FindNames();
}

std::vector<ScenarioProblem> FindProblems(const Scenario& scenario) {
  return ProblemFinder(scenario).Find();
}

sim::Result<void> Validate(const Scenario& scenario) {
  std::string message;
  for (const ScenarioProblem& problem : FindProblems(scenario)) {
    message += fmt::format("{}{}: {}", message.empty() ? "" : "\n", problem.path, problem.sentence);
  }
  if (!message.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, std::move(message));
  }
  return {};
}

}  // namespace flinch::scenarios
