#include "scenarios/files/scenario_problems.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "engine/graph/iterations.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/files/story_problems.h"
#include "scenarios/input/sql_input.h"
#include "scenarios/jobs/algebra.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/jobs/sql_programs.h"
#include "scenarios/model/delivery.h"
#include "scenarios/model/scenario_fields.h"
#include "scenarios/model/timestamp.h"
#include "scenarios/oracles/catalogue.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using text::Quote;

// Reports print it on a line of its own, and beside others.
constexpr size_t kNameSizeMax = 200;
constexpr size_t kWhySizeMax = 2'000;
// Its square is the number of channels between two operators: a million of them take some gigabytes
// (`flinch bench engine`).
constexpr uint64_t kParallelismMax = 1'000;

class ProblemFinder {
 public:
  explicit ProblemFinder(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<ScenarioProblem> Find() && {
    CheckTexts();
    CheckNames();
    CheckPlan();
    CheckSteps();
    CheckSql();
    CheckDelivery();
    CheckMode();
    CheckCluster();
    for (StoryProblem& problem : FindStoryProblems(scenario_)) {
      Add(std::move(problem.path), std::move(problem.sentence), {"story"});
    }
    CheckWorkload();
    if (scenario_.workload.source == WorkloadSource::kFile) {
      CheckFile(scenario_.workload.file);
    }
    CheckSwarmNumbers();
    CheckOptions();
    return std::move(problems_);
  }

 private:
  void Add(std::string path, std::string sentence, std::vector<std::string> others = {}) {
    problems_.push_back(
        {.path = std::move(path), .sentence = std::move(sentence), .others = std::move(others)});
  }

  void CheckTexts() {
    const std::string& name = scenario_.name;
    if (name.empty()) {
      Add("name", "A scenario needs a name.");
    } else if (!text::IsPrintable(name) || name.size() > kNameSizeMax) {
      Add("name", fmt::format("The name {} is not one line of at most {} printable bytes.",
                              Quote(name), kNameSizeMax));
    }
    const std::string& why = scenario_.why;
    std::string in_one_line = why;
    std::ranges::replace(in_one_line, '\n', ' ');
    if (why.empty()) {
      Add("why", "A scenario says why it exists.");
    } else if (!text::IsPrintable(in_one_line) || why.contains("\n\n") ||
               why.size() > kWhySizeMax) {
      Add("why", fmt::format("Why it exists, {}, is not one paragraph of at most {} printable "
                             "bytes.",
                             Quote(why), kWhySizeMax));
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
    for (size_t index = 0; index < scenario_.oracles.size(); ++index) {
      const std::string& name = scenario_.oracles[index];
      const auto here = scenario_.oracles.begin() + static_cast<std::ptrdiff_t>(index);
      if (FindOracle(name) == nullptr) {
        Add("oracles",
            fmt::format("There is no oracle {}.{}", Quote(name),
                        text::DidYouMean(name, std::span<const std::string_view>(oracles))));
        problems_.back().item = index;
      } else if (std::find(scenario_.oracles.begin(), here, name) != here) {
        Add("oracles", fmt::format("The oracle {} is named twice.", Quote(name)));
        problems_.back().item = index;
      } else if (FindOracle(name)->needs_channels && !scenario_.limits.channel_events) {
        Add("oracles",
            fmt::format("The oracle {} judges what arrives on each channel, which "
                        "limits.channel_events = false leaves out.",
                        Quote(name)),
            {"limits"});
        problems_.back().item = index;
      } else if (FindOracle(name)->needs_alignment && !CountsOnce(scenario_)) {
        Add("oracles",
            fmt::format(
                "The oracle {} judges what only execution.checkpointing.mode = EXACTLY_ONCE "
                "and scan.startup.mode = earliest-offset promise.",
                Quote(name)),
            {"options"});
        problems_.back().item = index;
      } else if (FindOracle(name)->needs_stream && scenario_.options.execution.is_batch()) {
        Add("oracles",
            fmt::format("The oracle {} judges checkpoints, which a batch job does not take: leave "
                        "it out, or run the job in streaming mode.",
                        Quote(name)),
            {"options", "job.mode"});
        problems_.back().item = index;
      } else if (FindOracle(name)->needs_rest && scenario_.options.checkpoint.overtakes()) {
        Add("oracles",
            fmt::format("The oracle {} judges state alone, and with "
                        "execution.checkpointing.unaligned.enabled = true checkpoints hold records "
                        "in flight, too.",
                        Quote(name)),
            {"options"});
        problems_.back().item = index;
      }
    }
    if (!scenario_.job.name.empty() && FindJob(scenario_.job.name) == nullptr) {
      std::vector<std::string_view> jobs;
      for (const JobCase* const job : JobCases()) {
        jobs.push_back(job->name);
      }
      Add("job.name",
          fmt::format(
              "There is no job {}; `flinch list jobs` shows them.{}", Quote(scenario_.job.name),
              text::DidYouMean(scenario_.job.name, std::span<const std::string_view>(jobs))));
    }
  }

  void CheckSql() {
    if (scenario_.job.name != kSqlJob) {
      if (scenario_.workload.source == WorkloadSource::kTables) {
        Add("workload.source", "The rows of tables are for the job \"sql\" alone.", {"job.name"});
      }
      return;
    }
    if (scenario_.workload.source != WorkloadSource::kTables) {
      Add("workload.source",
          "The rows of the job \"sql\" are those of its tables: write "
          "\"tables\", or leave it out.",
          {"job.name"});
    }
    const sim::Result<const sql::Script*> script = ScriptOf(scenario_);
    if (!script) {
      Add("job.sql", script.error().message, {"job.sql_file"});
    } else if (!scenario_.job.program.empty()) {
      if (std::string wrong = WhatIsWrongWithProgram(scenario_.job.program, **script);
          !wrong.empty()) {
        Add("job.program", std::move(wrong), {"job.sql"});
      }
    }
  }

  void CheckSteps() {
    const std::vector<std::string>& steps = scenario_.job.steps;
    if (scenario_.job.name == "algebra") {
      if (const sim::Result<std::vector<Step>> parsed = ParseSteps(steps); !parsed) {
        Add("job.steps", parsed.error().message, {"job.name"});
      }
    } else if (!steps.empty()) {
      Add("job.steps",
          fmt::format("Only the job \"algebra\" has steps, not {}.", Quote(scenario_.job.name)),
          {"job.name"});
    }
  }

  // Somebody must say what is right of an output in which rows may come again, or be missing.
  void CheckDelivery() {
    const JobCase* const job = JobOf(scenario_);
    const std::optional<Delivery> delivery = DeliveryOf(scenario_);
    if (job == nullptr || delivery == Delivery::kExactlyOnce) {
      return;
    }
    if (!delivery) {
      return Add(
          "options.sink.delivery-guarantee",
          "With these options rows may be lost and others doubled, so nothing can be judged. "
          "At most once: scan.startup.mode = \"latest-offset\" and an "
          "execution.checkpointing.interval above limits.simulated_time.",
          {"options.scan.startup.mode", "options.execution.checkpointing.interval"});
    }
    const bool is_least = delivery == Delivery::kAtLeastOnce;
    for (const OutputSpec& output : job->outputs) {
      if (output.FindLaw(delivery) == nullptr) {
        Add(is_least ? "options.execution.checkpointing.mode" : "options.scan.startup.mode",
            fmt::format("Nobody says what the output {} of the job {} must be at {} once: its "
                        "OutputSpec::at_{}_once is empty. The job \"spread_rows\" has one.",
                        Quote(output.name), Quote(job->name), is_least ? "least" : "most",
                        is_least ? "least" : "most"),
            {"job.name"});
      }
    }
  }

  void CheckMode() {
    if (!scenario_.options.execution.is_batch()) {
      return;
    }
    if (OperatorNames(scenario_) && engine::HasIterations(BuildStream(scenario_, {}))) {
      Add("options.execution.runtime-mode",
          "What goes round in an iteration has no end that a batch job could wait for: run it in "
          "streaming mode.",
          {"job.mode", "job.name"});
    }
    if (!scenario_.story.empty()) {
      Add("options.execution.runtime-mode",
          "A story stops and resumes a job by savepoints, which a batch job does not take: leave "
          "out its [[story]] steps, or run it in streaming mode.",
          {"job.mode", "story"});
    }
  }

  void CheckCluster() {
    const ClusterSpec& cluster = scenario_.cluster;
    const uint64_t parallelism = scenario_.job.parallelism;
    const uint64_t slots = uint64_t{cluster.task_managers} * cluster.slots_each;
    if (parallelism > slots && !scenario_.options.scheduler.is_adaptive()) {
      Add("job.parallelism",
          fmt::format("A parallelism of {} needs as many slots, but {} TaskManager{} with {} "
                      "slot{} each have {}.",
                      parallelism, cluster.task_managers, cluster.task_managers == 1 ? "" : "s",
                      cluster.slots_each, cluster.slots_each == 1 ? "" : "s", slots),
          {"cluster.task_managers", "cluster.slots_each"});
    }
    if (parallelism > kParallelismMax) {
      Add("job.parallelism",
          fmt::format("A parallelism of {0} makes {0} times {0} channels between two operators, "
                      "more than one process can simulate; {1} is the most.",
                      parallelism, kParallelismMax));
    }
    const uint32_t max_parallelism = scenario_.options.max_parallelism;
    if (max_parallelism != 0 && max_parallelism < parallelism) {
      Add("job.parallelism",
          fmt::format("The parallelism is {}, above pipeline.max-parallelism {}.", parallelism,
                      max_parallelism),
          {"options.pipeline.max-parallelism"});
    }
    if (scenario_.limits.heal_after >= scenario_.limits.simulated_time) {
      Add("limits.heal_after",
          fmt::format("A run is healed after {}, but ends after {}; give it time in between.",
                      sim::Show(scenario_.limits.heal_after),
                      sim::Show(scenario_.limits.simulated_time)),
          {"limits.simulated_time"});
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
          "smaller workload.event_step.",
          {"workload"});
    }
    if (workload.key_prefix.find_first_of(" \t\r\n") != std::string::npos) {
      Add("workload.key_prefix", "A key holds no blanks, which stand between keys.",
          {"workload.source"});
    }
  }

  void CheckFile(const FileSpec& file) {
    if (file.delimiter.size() != 1 || file.delimiter.find_first_of("\"\r\n") != std::string::npos) {
      Add("workload.file.delimiter",
          fmt::format("The delimiter is {}, but must be one character.", Quote(file.delimiter)),
          {"workload.source"});
    }
    if (file.header && file.format != FileFormat::kCsv) {
      Add("workload.file.header", "Only a CSV file has a header.", {"workload.file.format"});
    }
    if (file.timestamp_fields.empty()) {
      Add("workload.file.timestamp_fields",
          "Name the field of the timestamp, or the fields that form it.", {"workload.source"});
    }
    for (const std::string& field : file.timestamp_fields) {
      CheckField("workload.file.timestamp_fields", file, field);
    }
    if (file.key_field.empty()) {
      Add("workload.file.key_field", "Name the field that is the key.", {"workload.source"});
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
                      Quote(field)),
          {"workload.file.format", "workload.file.header"});
    }
  }

  void CheckSwarmNumbers() {
    if (scenario_.faults.source == FaultSource::kSwarm) {
      if (const sim::Result<void> valid = CheckSwarm(scenario_); !valid) {
        Add("faults.source", valid.error().message, {"faults", "cluster", "job", "limits"});
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
                        Quote(aim), text::DidYouMean(aim, std::span<const std::string>(cells))),
            {"faults.source"});
      }
    }
  }

  // The engine tells one mistake at a time, and its sentences begin with the option's name: with
  // the usual value in the place of each that was told, all are found.
  void CheckOptions() {
    engine::EngineOptions options = scenario_.options;
    const engine::EngineOptions usual;
    std::vector<std::string> told;
    for (;;) {
      const sim::Result<void> valid = options.Validate();
      const std::string sentence = valid ? "" : valid.error().message;
      const std::string name = sentence.substr(0, sentence.find(' '));
      if (valid || std::ranges::find(told, name) != told.end()) {
        return;
      }
      told.push_back(name);
      Add(std::string(kOptionsPrefix) + name, sentence,
          name == "heartbeat.timeout" ? std::vector<std::string>{"options.heartbeat.interval"}
                                      : std::vector<std::string>());
      Reset(name, usual, options);
      if (name == "heartbeat.timeout") {
        Reset("heartbeat.interval", usual, options);
      }
    }
  }

  static void Reset(std::string_view name, const engine::EngineOptions& usual,
                    engine::EngineOptions& options) {
    engine::Visit(options, [&](std::string_view changed, auto& field) {
      engine::Visit(usual, [&](std::string_view read, const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>,
                                     std::decay_t<decltype(value)>>) {
          if (changed == name && read == name) {
            field = value;
          }
        }
      });
    });
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
