#include "scenarios/stage/calm_state.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/events.h"
#include "engine/graph/job_graph.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/oracles/job_finishes.h"
#include "scenarios/stage/boot.h"
#include "scenarios/stage/outside_view.h"
#include "scenarios/stage/pace.h"
#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace {

constexpr sim::Duration kBetweenSources = std::chrono::seconds(1);

// Beyond the difference of any two event times of a workload, and no sum overflows.
constexpr sim::Duration kNoTime = std::chrono::hours(24 * 365 * 40);

// However seldom the job takes checkpoints: here they are only looked at.
constexpr sim::Duration kOften = std::chrono::milliseconds(200);

// The first checkpoint at the positions may be older than the last watermark.
constexpr int kCheckpointsThere = 3;

// In simulated time. A run without faults needs a few checkpoints.
constexpr sim::Duration kPatience = std::chrono::minutes(2);

// Waits for checkpoints whose sources have read all rows.
class CutWatch final : public sim::TraceObserver {
 public:
  // `no_time`: a watermark from here on is one that should not come.
  CutWatch(const Outside& outside, const std::map<uint32_t, uint64_t>& positions, int64_t no_time)
      : outside_(outside), positions_(positions), no_time_(no_time) {}

  std::vector<std::string_view> wants() const override {
    return {engine::events::kCheckpointStored, engine::events::kSnapshotTaken};
  }

  void OnEvent(const sim::TraceEvent& event) override {
    if (event.kind == engine::events::kSnapshotTaken) {
      time_went_on_ |= event.Number("watermark").value_or(0) >= no_time_;
      return;
    }
    std::optional<KeyedStateView> state = outside_.ReadKeyedState(event.Number("id").value_or(0));
    if (state && IsThere(*state) && ++there_ == kCheckpointsThere) {
      state_ = std::move(state);
    }
  }

  bool is_done() const { return state_.has_value(); }

  bool time_went_on() const { return time_went_on_; }

  std::optional<KeyedStateView> Take() { return std::move(state_); }

 private:
  bool IsThere(const KeyedStateView& state) const {
    for (const auto& [partition, next] : positions_) {
      const auto found = state.positions.find(partition);
      if (next > 0 && (found == state.positions.end() || found->second != next)) {
        return false;
      }
    }
    return true;
  }

  const Outside& outside_;
  const std::map<uint32_t, uint64_t>& positions_;
  int64_t no_time_;
  int there_ = 0;
  bool time_went_on_ = false;
  std::optional<KeyedStateView> state_;
};

// Where no watermark comes that is so far behind the rows.
int64_t FarBefore(const std::vector<InputRow>& rows) {
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const InputRow& row : rows) {
    earliest = std::min(earliest, row.timestamp.nanos());
  }
  return earliest - (kNoTime / 2).count();
}

// What a run is watched by of which only the pace is asked.
constexpr std::string_view kCheapestOracle = JobFinishes::kName;

}  // namespace

RunRequest Calm(const RunRequest& request, const engine::EngineOptions& options) {
  RunRequest calm = request;
  calm.scenario.options = options;
  calm.scenario.oracles = {std::string(kCheapestOracle)};
  calm.plan = faults::FaultPlan();
  calm.keep = sim::Keep::kNothing;
  calm.lens = {};
  calm.play.reset();
  calm.records_tape = false;
  calm.keeps_snapshots = false;
  calm.tell = {};
  return calm;
}

Workload RowsBefore(const Workload& workload, const std::map<uint32_t, uint64_t>& positions) {
  Workload before = workload;
  before.rows.clear();
  std::map<uint32_t, uint64_t> seen;
  for (const InputRow& row : workload.rows) {
    const auto position = positions.find(row.partition);
    if (position != positions.end() && seen[row.partition]++ < position->second) {
      before.rows.push_back(row);
    }
  }
  return before;
}

std::vector<InputRow> PublishedAtOnce(const Workload& workload) {
  std::vector<InputRow> rows = workload.rows;
  for (InputRow& row : rows) {
    row.publish_after = sim::Duration(0);
  }
  return rows;
}

std::vector<InputRow> PublishedBySource(const JobCase& job, const Workload& workload,
                                        SourceOrder order) {
  const size_t sources = job.inputs.size() * workload.partitions;
  std::vector<std::vector<InputRow>> by_source(sources);
  for (const InputRow& row : workload.rows) {
    const size_t source = InputOf(job, row) * workload.partitions + row.partition;
    const size_t place = order == SourceOrder::kUp ? source : sources - 1 - source;
    by_source.at(place).push_back(row);
    by_source[place].back().publish_after = kBetweenSources * static_cast<int64_t>(place);
  }
  std::vector<InputRow> rows;
  for (std::vector<InputRow>& more : by_source) {
    std::ranges::move(more, std::back_inserter(rows));
  }
  return rows;
}

std::optional<KeyedStateView> CollectState(const RunRequest& request, const JobCase& job,
                                           const std::map<uint32_t, uint64_t>& positions,
                                           CalmRun run) {
  Scenario scenario = request.scenario;
  scenario.options = Generous(scenario.options);
  scenario.options.checkpoint.interval = kOften;
  scenario.options.checkpoint.min_pause = sim::Duration(0);
  scenario.cluster = {.task_managers = 1, .slots_each = 1};
  scenario.job.parallelism = 1;
  scenario.story.clear();
  Workload workload = RowsBefore(request.workload, positions);
  if (run == CalmRun::kUpWithoutTime) {
    scenario.job.out_of_orderness = kNoTime;
    workload.rows = PublishedBySource(job, workload, SourceOrder::kUp);
  } else {
    scenario.job.out_of_orderness =
        scenario.job.out_of_orderness.value_or(request.workload.out_of_orderness);
    workload.rows = PublishedBySource(job, workload, SourceOrder::kDown);
  }
  sim::World world({.seed = request.seed,
                    .limits = {.events_max = scenario.limits.events,
                               .time_max = sim::SimTime(scenario.limits.simulated_time)}});
  const OutsideView outside(world, scenario, job);
  CutWatch watch(outside, positions, FarBefore(workload.rows));
  world.Observe(watch);
  BootCluster(world, {.scenario = scenario,
                      .workload = workload,
                      .job = job,
                      .load = [&](const std::string&) { return BuildStream(scenario, workload); },
                      .seals = false});
  world.Run([&] { return watch.is_done() || world.Now() >= sim::SimTime(kPatience); });
  const bool has_time = run == CalmRun::kUpWithoutTime && watch.time_went_on();
  return has_time ? std::nullopt : watch.Take();
}

}  // namespace flinch::scenarios
