// Random jobs on random clusters under random faults: each run is right, and what may not matter
// does not.
#include "scenarios/jobs/algebra.h"

#include <map>

#include "scenarios/files/registry.h"
#include "scenarios/testing/gtest.h"

namespace flinch::scenarios {
namespace {

using namespace std::chrono_literals;

rc::Gen<Step> AnyStep(std::vector<StepKind> kinds) {
  return rc::gen::exec([kinds = std::move(kinds)] {
    const StepKind kind = *rc::gen::elementOf(kinds);
    const StepInfo& info = AlgebraSteps()[static_cast<size_t>(kind)];
    return Step{.kind = kind, .n = *rc::gen::inRange(info.min, info.max + 1)};
  });
}

// Timed steps, then those that are not, then one that is keyed: valid by construction, and so is
// what shrinking leaves of it.
std::vector<std::string> AnySteps() {
  const std::vector<StepKind> loose = {StepKind::kMap, StepKind::kFilter, StepKind::kFlatMap,
                                       StepKind::kKey, StepKind::kRebalance};
  std::vector<StepKind> timed = loose;
  timed.insert(timed.end(), {StepKind::kWindowCount, StepKind::kWindowSum, StepKind::kWindowMax});
  std::vector<StepKind> untimed = loose;
  untimed.insert(untimed.end(), {StepKind::kCount, StepKind::kDistinct});
  std::vector<std::string> steps;
  const auto append = [&steps](const std::vector<StepKind>& kinds, int most) {
    const int count = *rc::gen::inRange(0, most + 1);
    for (int i = 0; i < count; ++i) {
      steps.push_back(Show(*AnyStep(kinds)));
    }
  };
  append(timed, 3);
  append(untimed, 2);
  steps.push_back(Show(*AnyStep({StepKind::kCount, StepKind::kDistinct})));
  append({StepKind::kMap, StepKind::kFilter}, 1);
  return steps;
}

// In batch with so little memory that what is sorted goes to the disk, or with enough.
engine::ExecutionOptions AnyMode() {
  return {.mode = *rc::gen::elementOf(
              std::vector{engine::RuntimeMode::kStreaming, engine::RuntimeMode::kBatch}),
          .sort_bytes = *rc::gen::elementOf(std::vector<uint32_t>{1, 2000, 1'000'000})};
}

// Job, workload, cluster, options, plan.
Scenario AnyScenario() {
  Scenario scenario = *FindLibraryScenario("small_job");
  scenario.name = "any";
  scenario.job = {.name = "algebra",
                  .parallelism = *rc::gen::inRange<uint32_t>(1, 5),
                  .window = std::chrono::milliseconds(*rc::gen::inRange(50, 1000)),
                  .chaining = *rc::gen::arbitrary<bool>(),
                  .steps = AnySteps()};
  scenario.workload.records = *rc::gen::inRange<uint64_t>(1, 200);
  scenario.workload.keys = *rc::gen::inRange<uint32_t>(1, 20);
  scenario.workload.partitions = *rc::gen::inRange<uint32_t>(1, 5);
  const engine::EngineOptions usual = scenario.options;
  scenario = *AnyVariationOf(scenario);
  scenario.options.execution = AnyMode();
  // What is drawn of these may be less than the faults of a plan take: then no run owes an output.
  scenario.options.sink.transaction_timeout = usual.sink.transaction_timeout;
  scenario.options.restart.attempts = usual.restart.attempts;
  scenario.faults.plan = *AnyPlanOf(scenario);
  scenario.faults.source = FaultSource::kPlan;
  return scenario;
}

uint64_t AnySeed() { return *rc::gen::noShrink(rc::gen::arbitrary<uint64_t>()); }

// Per key in the order of commits: what readers of the log may rely on.
using Outcome = std::map<std::string, std::vector<std::string>>;

Outcome OutcomeOf(const Scenario& scenario, uint64_t seed) {
  const RunResult result = Run(scenario, seed);
  if (result.summary.verdict == reports::Verdict::kInconclusive) {
    RC_DISCARD(result.summary.reason);  // as when a disk has destroyed what was durable
  }
  if (result.summary.verdict != reports::Verdict::kPassed) {
    RC_FAIL(reports::ShowText(result.summary, reports::ReplayLine::kAlways));
  }
  Outcome outcome;
  for (const OutputRecord& record : result.output) {
    outcome[record.key].push_back(record.value);
  }
  return outcome;
}

RC_GTEST_PROP(AlgebraPropertyTest, ARandomJobHoldsAllPropertiesUnderRandomFaults, ()) {
  OutcomeOf(AnyScenario(), AnySeed());
}

RC_GTEST_PROP(AlgebraPropertyTest, TheOutputDoesNotDependOnHowTheJobRuns, ()) {
  const Scenario scenario = AnyScenario();
  const uint64_t seed = AnySeed();
  Scenario other = scenario;
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      other.faults = {};
      break;
    case 1:
      other.options.max_parallelism = 0;
      other.job.parallelism = *rc::gen::inRange<uint32_t>(
          1, scenario.cluster.task_managers * scenario.cluster.slots_each + 1);
      break;
    case 2:
      other.job.chaining = !scenario.job.chaining;
      break;
    case 3:
      other.options.network.buffers_per_channel = *rc::gen::inRange<uint32_t>(1, 3);
      other.options.network.floating_buffers = *rc::gen::inRange<uint32_t>(0, 4);
      other.options.network.debloat.enabled = *rc::gen::arbitrary<bool>();
      break;
    case 4:
      other.options.execution.mode = scenario.options.execution.is_batch()
                                         ? engine::RuntimeMode::kStreaming
                                         : engine::RuntimeMode::kBatch;
      break;
    default:
      other.options.checkpoint.interval = std::chrono::milliseconds(*rc::gen::inRange(50, 2000));
      break;
  }
  RC_ASSERT(OutcomeOf(scenario, seed) == OutcomeOf(other, seed));
}

// Aligned, overtaking, or overtaking when they have waited for a while: the same, also where slow
// tasks and small buffers leave much in flight.
RC_GTEST_PROP(AlgebraPropertyTest, TheOutputDoesNotDependOnHowBarriersTravel, ()) {
  Scenario aligned = AnyScenario();
  engine::CheckpointOptions& checkpoint = aligned.options.checkpoint;
  checkpoint.mode = engine::CheckpointingMode::kExactlyOnce;
  checkpoint.max_concurrent = 1;
  checkpoint.unaligned = false;
  checkpoint.aligned_timeout = 0s;
  aligned.options.task.record_time = std::chrono::microseconds(*rc::gen::inRange(0, 3000));
  aligned.options.network.buffer_bytes = *rc::gen::inRange<uint32_t>(1, 100);
  aligned.options.network.buffers_per_subpartition = *rc::gen::inRange<uint32_t>(1, 4);
  const uint64_t seed = AnySeed();
  Scenario overtaking = aligned;
  overtaking.options.checkpoint.unaligned = true;
  Scenario timed_out = overtaking;
  timed_out.options.checkpoint.aligned_timeout =
      std::chrono::milliseconds(*rc::gen::inRange(1, 100));
  const Outcome outcome = OutcomeOf(aligned, seed);
  RC_ASSERT(OutcomeOf(overtaking, seed) == outcome);
  RC_ASSERT(OutcomeOf(timed_out, seed) == outcome);
}

}  // namespace
}  // namespace flinch::scenarios
