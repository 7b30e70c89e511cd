#include "scenarios/files/registry.h"

#include <algorithm>

#include <fmt/format.h>

#include "scenarios/files/scenario_toml.h"
#include "scenarios/jobs/jobs.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using namespace std::chrono_literals;

// Short intervals and time-outs, so that ten simulated seconds hold a whole story: six in which
// things break, and four in which the healed job has to get on.
engine::EngineOptions QuickOptions() {
  return {.checkpoint = {.interval = 500ms, .timeout = 10s, .tolerable_failures = 3},
          .restart = {.delay = 200ms},
          .heartbeat = {.interval = 200ms, .timeout = 1s},
          .network = {.buffer_timeout = 20ms},
          .task = {.record_time = 2ms},
          .source = {.fetch_records_min = 20, .fetch_wait = 100ms, .watermark_interval = 100ms},
          .rpc = {.ask_timeout = 500ms},
          .sink = {.transaction_timeout = 1min}};
}

Scenario UrlClicks() {
  return {.name = "url_clicks",
          .why = "Counts clicks per URL and minute exactly once, whatever crashes in mid-stream.",
          .cluster = {.task_managers = 3, .slots_each = 2},
          .job = {.name = "url_clicks", .parallelism = 4, .window = 1min},
          .workload = {.partitions = 4,
                       .rows_per_second = 200,
                       .records = 2000,
                       .keys = 100,
                       .key_prefix = "/page/",
                       .zipf_exponent = {110},
                       .event_step = 300ms,
                       .out_of_order = 10s},
          .faults = {.source = FaultSource::kSwarm},
          .limits = {},
          .vary = {.healing = true},
          .options = QuickOptions()};
}

Scenario WordCount() {
  return {.name = "word_count",
          .why =
              "Running counts in keyed state: one lost or doubled record shows in every count "
              "behind it.",
          .cluster = {.task_managers = 3, .slots_each = 2},
          .job = {.name = "word_count", .parallelism = 3},
          .workload = {.partitions = 3,
                       .rows_per_second = 80,
                       .records = 800,
                       .keys = 200,
                       .keys_per_record = 5,
                       .key_prefix = "word-",
                       .zipf_exponent = {100},
                       .event_step = 1s,
                       .out_of_order = 0s},
          .faults = {.source = FaultSource::kSwarm},
          .limits = {},
          .vary = {.healing = true},
          .options = QuickOptions()};
}

Scenario PackageLog() {
  return {.name = "package_log",
          .why = "Actions per package action and hour from a real dpkg.log; awk can check it.",
          .cluster = {.task_managers = 3, .slots_each = 2},
          .job = {.name = "package_log", .parallelism = 2, .window = 1h},
          .workload = {.source = WorkloadSource::kFile,
                       .partitions = 2,
                       .rows_per_second = 200,
                       .file = {.format = FileFormat::kBlank,
                                .timestamp_fields = {"1", "2"},
                                .timestamp_format = "%Y-%m-%d %H:%M:%S",
                                .key_field = "3"}},
          .faults = {.source = FaultSource::kSwarm},
          .limits = {},
          .vary = {.healing = true},
          .options = QuickOptions()};
}

// The standard small job that speed is measured with.
Scenario SmallJob() {
  Scenario scenario{.name = "small_job",
                    .why = "The standard small job: what one seed costs, with everything on.",
                    .cluster = {.task_managers = 4, .slots_each = 1},
                    .job = {.name = "url_clicks", .parallelism = 4, .window = 200ms},
                    .workload = {.partitions = 4,
                                 .rows_per_second = 400,
                                 .records = 2000,
                                 .keys = 20,
                                 .event_step = 2500us,
                                 .out_of_order = 100ms},
                    .faults = {.source = FaultSource::kSwarm},
                    .limits = {},
                    .vary = {.healing = true},
                    .options = QuickOptions()};
  scenario.options.checkpoint.interval = 200ms;
  scenario.options.network.buffer_timeout = 100ms;  // Flink's
  // The input lasts five seconds. In half of the seeds it outlasts the healing, and progress is
  // owed from there on; in the others its end has faults, too. A sink writes in every checkpoint.
  scenario.limits.heal_after = 3600ms;
  scenario.faults.swarm.restart_max = 600ms;
  scenario.faults.swarm.link_max = 1800ms;
  return scenario;
}

}  // namespace

std::span<const Scenario> LibraryScenarios() {
  static const std::vector<Scenario> kScenarios = {UrlClicks(), WordCount(), PackageLog(),
                                                   SmallJob()};
  return kScenarios;
}

std::vector<std::string_view> LibraryNames() {
  std::vector<std::string_view> names;
  for (const Scenario& scenario : LibraryScenarios()) {
    names.emplace_back(scenario.name);
  }
  for (const JobCase* const job : AddedJobs()) {
    names.emplace_back(job->name);
  }
  return names;
}

const Scenario* FindLibraryScenario(std::string_view name) {
  const std::span<const Scenario> scenarios = LibraryScenarios();
  if (const auto found = std::ranges::find(scenarios, name, &Scenario::name);
      found != scenarios.end()) {
    return &*found;
  }
  const std::vector<const JobCase*> added = AddedJobs();
  const auto job = std::ranges::find(added, name, &JobCase::name);
  return job == added.end() ? nullptr : &*(*job)->scenario;
}

bool IsScenarioPath(std::string_view name_or_path) {
  return name_or_path.contains('/') || name_or_path.ends_with(".toml");
}

sim::Result<Scenario> LoadScenario(const std::string& name_or_path) {
  if (IsScenarioPath(name_or_path)) {
    return ReadScenario(name_or_path);
  }
  if (const Scenario* const scenario = FindLibraryScenario(name_or_path)) {
    return *scenario;
  }
  const std::vector<std::string_view> names = LibraryNames();
  return sim::Fail(
      sim::ErrorCode::kNotFound,
      fmt::format(
          "There is no scenario {}; `flinch list scenarios` shows them, and a file is named "
          "by a path that ends in .toml.{}",
          text::Quote(name_or_path),
          text::DidYouMean(name_or_path, std::span<const std::string_view>(names))));
}

}  // namespace flinch::scenarios
