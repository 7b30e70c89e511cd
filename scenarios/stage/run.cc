#include "scenarios/stage/run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "engine/graph/job_graph.h"
#include "engine/graph/stream_graph.h"
#include "faults/injector.h"
#include "scenarios/aim/cast.h"
#include "scenarios/aim/cells.h"
#include "scenarios/files/scenario_problems.h"
#include "scenarios/files/scenario_toml.h"
#include "scenarios/input/lateness.h"
#include "scenarios/jobs/faulty_operator.h"
#include "scenarios/jobs/job_arguments.h"
#include "scenarios/jobs/jobs.h"
#include "scenarios/model/delivery.h"
#include "scenarios/model/vary.h"
#include "scenarios/oracles/catalogue.h"
#include "scenarios/oracles/exactly_once.h"
#include "scenarios/oracles/one_leader.h"
#include "scenarios/stage/boot.h"
#include "scenarios/stage/budget.h"
#include "scenarios/stage/calm_state.h"
#include "scenarios/stage/course.h"
#include "scenarios/stage/job_code.h"
#include "scenarios/stage/job_outputs.h"
#include "scenarios/stage/judging.h"
#include "scenarios/stage/leader_view.h"
#include "scenarios/stage/outside_view.h"
#include "scenarios/stage/run_counts.h"
#include "scenarios/stage/story_premise.h"
#include "scenarios/stage/supervisor.h"
#include "scenarios/stage/wait_circle.h"
#include "sim/check.h"
#include "sim/world/world.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// How long after the job has finished an abort may be under way to the broker.
constexpr sim::Duration kGrace = std::chrono::seconds(10);

// So many simulated instants pass between two questions whether to stop, and two words of how far
// it is.
constexpr uint64_t kInstantsUnasked = 64;

// Between two looks at what is still open.
constexpr sim::Duration kQuietStep = std::chrono::milliseconds(500);

// The world of one run, with everything that lives in it and watches it.
class Stage {
 public:
  Stage(const RunRequest& request, const JobCase& job)
      : request_(request),
        job_(job),
        roles_(RolesOf(LoadGraph(request.scenario, request.workload))),
        cells_(roles_),
        budget_(request.scenario),
        pace_(sim::SimTime(request.plan && request.plan->faults.empty()
                               ? sim::Duration(0)
                               : request.scenario.limits.heal_after)),
        world_({.seed = request.seed,
                .scheduling = request.scheduling,
                .play = request.play,
                .records_tape = request.records_tape,
                .keep = request.keep,
                .measure_times = request.keep == sim::Keep::kEverything,
                .lens = request.lens,
                .untraced = UntracedOf(request.scenario.limits),
                .limits = {.events_max = request.scenario.limits.events,
                           .time_max = sim::SimTime(request.scenario.limits.simulated_time)}}),
        outside_(world_, request.scenario, job),
        subject_(DescribeSubject(request.scenario, request.workload, job, &outside_)) {
    subject_.has_past = request.from.has_value();
    if (!job.counted && job.inputs.size() == 1 && subject_.late.empty()) {
      subject_.calm = [this](const std::map<uint32_t, uint64_t>& positions, CalmRun run) {
        return CollectState(request_, job_, positions, run);
      };
    }
    sim::Result<std::vector<std::unique_ptr<Oracle>>> oracles =
        MakeOracles(request.scenario.oracles, JudgedRunOf(request.scenario));
    sim::Check(oracles.has_value(), "a valid scenario names an unknown oracle");
    oracles_ = *std::move(oracles);
    ObserveAll();
    faults::FaultPlan plan =
        request.plan ? *request.plan : PlanOf(request.scenario, request.workload, request.seed);
    budget_.OnPromise(PromiseOf(request.scenario, plan));
    plan = ResolveCells(std::move(plan), roles_);
    ailing_ = AilingOperators(plan);
    tally_.story_over = request.scenario.story.empty();
    BootCluster(world_, {.scenario = request.scenario,
                         .workload = request.workload,
                         .job = job,
                         .load = [this](const std::string& given) { return LoadCode(given); },
                         .defects = request.defects,
                         .from = request.from ? &*request.from : nullptr});
    injector_.emplace(world_, std::move(plan), sim::SimTime(request.scenario.limits.heal_after),
                      sim::Random(request.seed).Split("injector"));
    world_.Observe(supervisor_);
    injector_->OnFired([this](const faults::FiredFault& fired, const faults::Action& what) {
      cells_.OnFired(fired, what);
      budget_.OnFired(fired, what);
    });
  }

  RunResult Perform() {
    sim::Outcome outcome = RunToTheEnd();
    if (stopped_) {
      return GivenUp();
    }
    if (tally_.job_finished()) {
      injector_->Heal();
      outcome = AwaitQuiet(outcome);
    }
    RunResult result = Judge(outcome);
    // Who judges may have to look at another run, for which there was no time left.
    return stopped_ ? GivenUp() : result;
  }

  bool stopped() const { return stopped_; }

  Pace Measure() {  // without judging: how the job got on
    RunToTheEnd();
    return pace_.PaceAt(world_.Now(), world_.events());
  }

  // Without judging: what the job wrote. An error when it did not finish.
  sim::Result<std::vector<OutputRecord>> Collect() {
    RunToTheEnd();
    if (!tally_.job_finished()) {
      return sim::Fail(
          sim::ErrorCode::kUnavailable,
          fmt::format("Nothing says what the job's output should be: even where nothing fails, {} "
                      "does not finish.",
                      job_.name));
    }
    const sim::Result<engine::LogContents> log = ReadLogOf(world_);
    return log ? ReadOutputs(job_, world_, *log) : sim::Fail(log);
  }

 private:
  // Judges first: an injector may kill the process at the very event that they must see.
  void ObserveAll() {
    const bool is_elected = IsHighlyAvailable(request_.scenario);
    if (!is_elected && request_.scenario.oracles.empty()) {
      std::erase_if(oracles_, [](const auto& each) { return each->name() == OneLeader::kName; });
    }
    const auto observe = [&](sim::TraceObserver& observer) {
      world_.Observe(is_elected ? *views_.emplace_back(std::make_unique<LeaderView>(observer))
                                : observer);
    };
    if (request_.keeps_snapshots) {
      observe(keeper_.emplace(world_, request_.scenario.job.name));
    }
    observe(tally_);
    observe(course_);
    world_.Observe(cells_);
    observe(budget_);
    observe(pace_);
    for (const std::unique_ptr<Oracle>& oracle : oracles_) {
      oracle->OnSubject(subject_);
      if (oracle->name() == OneLeader::kName) {
        world_.Observe(*oracle);
      } else {
        observe(*oracle);
      }
    }
  }

  bool IsToStop() {
    if (++instants_ % kInstantsUnasked == 0) {
      if (request_.tell) {
        request_.tell(world_.Now());
      }
      stopped_ = stopped_ || (request_.stop && request_.stop());
    }
    return stopped_;
  }

  // Nothing is judged: what is there depends on when it was stopped.
  RunResult GivenUp() const {
    RunResult result;
    result.stopped = true;
    FillNumbers(result.summary);
    result.summary.verdict = reports::Verdict::kInconclusive;
    result.summary.reason = "The run was given up before its end: its time was over.";
    return result;
  }

  sim::Outcome RunToTheEnd() {
    return world_.Run([this] { return tally_.job_ended() || budget_.exhausted() || IsToStop(); });
  }

  sim::Result<engine::StreamGraph> LoadCode(const std::string& arguments) const {
    sim::Result<engine::StreamGraph> stream =
        LoadStream(request_.scenario, request_.workload, arguments);
    if (stream) {
      WrapCode(*stream, ailing_, ask_fate_);
    }
    return stream;
  }

  sim::Outcome AwaitQuiet(sim::Outcome outcome);
  const Pace& FaultFree();
  Circumstances DescribeCircumstances(const sim::Outcome& outcome, bool log_lacks);
  sim::Duration InputSpan() const;
  void FillNumbers(reports::RunSummary& summary) const;
  void FillOutput(const engine::LogContents& log, FinalState& state,
                  std::vector<OutputRecord>& uncommitted, reports::RunSummary& summary);
  std::vector<ExpectedRecord> Expect();
  Workload WorkloadOfOutput() const;
  FinalState Describe(const sim::Outcome& outcome, reports::RunSummary& summary);
  // How much longer than its time-outs this run may have stood still.
  sim::Duration Slack();
  // Whether the log lacks input that was written to it, or output that it had committed.
  bool LogLacks(const FinalState& state, const reports::RunSummary& summary) const;
  // Why the output's being right says nothing, or "".
  std::string WhyNoLawHolds(const FinalState& state) const;

  // One more sentence on why nobody can say whether the output is right; "": none.
  void Doubt(const std::string& why) {
    failure_ += (failure_.empty() || why.empty() ? "" : " ") + why;
  }

  void ForgiveMisfits(const FinalState& state, reports::RunSummary& summary);
  void Decide(const sim::Outcome& outcome, const FinalState& state, reports::RunSummary& summary);
  RunResult Judge(const sim::Outcome& outcome);

  const RunRequest& request_;
  const JobCase& job_;
  std::set<std::string> ailing_;  // operators whose code the faults strike
  const AskFate ask_fate_ = [this](std::string_view name) { return injector_->OnRecord(name); };
  RunCounts tally_;
  Course course_;
  VertexRoles roles_;
  CellCounter cells_;
  Budget budget_;
  PaceWatch pace_;                  // from the healing on; of a run without faults, from the start
  std::optional<Pace> fault_free_;  // asked for only where something stood still
  std::vector<std::unique_ptr<Oracle>> oracles_;
  std::vector<std::unique_ptr<sim::TraceObserver>> views_;  // of several JobManagers
  sim::World world_;
  std::optional<SnapshotKeeper> keeper_;
  Supervisor supervisor_{world_};
  OutsideView outside_;
  Subject subject_;
  std::optional<faults::Injector> injector_;
  uint64_t instants_ = 0;
  bool stopped_ = false;
  std::optional<sim::Result<engine::LogContents>> last_log_;  // read when the world had ended
  std::string failure_;                 // why nobody can say whether the output is right, or ""
  std::vector<std::string> left_open_;  // when the job had finished, until the broker gave them up
};

// The job is over. What it left open is told by what the broker holds now: an abort may still be
// under way, but a transaction that only its time-out ends was left.
sim::Outcome Stage::AwaitQuiet(sim::Outcome outcome) {
  const sim::SimTime deadline = sim::Later(world_.Now(), kGrace);
  tally_.expired.clear();
  const sim::Result<engine::LogContents> at_the_end = ReadLogOf(world_);
  while (outcome.ending == sim::Ending::kGoal) {
    sim::Result<engine::LogContents> log = ReadLogOf(world_);
    if (!log || log->open_transactions.empty() || world_.Now() >= deadline) {
      last_log_ = std::move(log);
      break;
    }
    const sim::SimTime next = sim::Later(world_.Now(), kQuietStep);
    outcome = world_.Run([this, next] { return world_.Now() >= next; });
  }
  for (const std::string& transaction :
       at_the_end ? at_the_end->open_transactions : std::vector<std::string>()) {
    if (tally_.expired.contains(transaction)) {
      left_open_.push_back(transaction);
    }
  }
  return outcome;
}

Pace MeasureWithoutFaults(const RunRequest& request, const JobCase& job,
                          const engine::EngineOptions& options, bool& stopped) {
  const RunRequest calm = Calm(request, options);
  Stage stage(calm, job);
  const Pace pace = stage.Measure();
  stopped = stopped || stage.stopped();
  return pace;
}

// In which order a run without faults gets its rows.
enum class RowOrder : uint8_t { kAtOnce, kBySource };

// What the job writes where nothing fails and nothing is planted: one subtask of each operator.
sim::Result<std::vector<OutputRecord>> CollectUndisturbed(const RunRequest& request,
                                                          const JobCase& job, RowOrder order,
                                                          bool& stopped) {
  RunRequest calm = Calm(request, Generous(request.scenario.options));
  calm.defects = {};
  calm.scenario.cluster = {.task_managers = 1, .slots_each = 1};
  calm.scenario.job.parallelism = 1;
  calm.scenario.story.clear();
  if (std::optional<sim::Duration>& bound = calm.scenario.job.out_of_orderness) {
    bound = std::max(*bound, request.workload.out_of_orderness);  // nothing is late
  }
  calm.scenario.options.restore = {};
  calm.scenario.options.execution = {};  // what a stream gives is what is right in either mode
  calm.from.reset();
  calm.workload.rows = order == RowOrder::kAtOnce
                           ? PublishedAtOnce(calm.workload)
                           : PublishedBySource(job, calm.workload, SourceOrder::kDown);
  Stage stage(calm, job);
  sim::Result<std::vector<OutputRecord>> output = stage.Collect();
  stopped = stopped || stage.stopped();
  return output;
}

// A job that was drained has read no further than its savepoint says.
Workload Stage::WorkloadOfOutput() const {
  if (tally_.drained == 0) {
    return request_.workload;
  }
  std::map<uint32_t, uint64_t> positions;
  for (const CheckpointView::Position& position :
       outside_.ReadCheckpoint(tally_.drained).positions) {
    positions[position.partition] = position.next;
  }
  return RowsBefore(request_.workload, positions);
}

std::vector<ExpectedRecord> Stage::Expect() {
  sim::Result<std::vector<ExpectedRecord>> expected = ExpectOutputs(
      job_, request_.scenario, WorkloadOfOutput(),
      [this] { return CollectUndisturbed(request_, job_, RowOrder::kAtOnce, stopped_); });
  if (!expected) {
    failure_ = expected.error().message;
    return {};
  }
  return *std::move(expected);
}

const Pace& Stage::FaultFree() {
  if (!fault_free_) {
    fault_free_ = MeasureWithoutFaults(request_, job_, request_.scenario.options, stopped_);
  }
  return *fault_free_;
}

sim::Duration Stage::InputSpan() const {
  const std::vector<InputRow>& rows = request_.workload.rows;
  return rows.empty() ? sim::Duration(0) : rows.back().publish_after;
}

Circumstances Stage::DescribeCircumstances(const sim::Outcome& outcome, bool log_lacks) {
  return {.outcome = outcome,
          .rows = request_.workload.rows.size(),
          .input_span = InputSpan(),
          .log_lacks = log_lacks,
          .fault_free = [this] { return FaultFree(); },
          .generous =
              [this] {
                return MeasureWithoutFaults(request_, job_, Generous(request_.scenario.options),
                                            stopped_);
              }};
}

void Stage::FillNumbers(reports::RunSummary& summary) const {
  summary.scenario = request_.scenario.name;
  summary.why = request_.scenario.why;
  summary.seed = request_.seed;
  summary.digest = world_.digest();
  summary.events = world_.events();
  summary.rows_skipped = request_.workload.rows_skipped;
  summary.late = TellLateness(request_.scenario, request_.workload, tally_.dropped);
  summary.checkpoints_completed = tally_.completed;
  summary.checkpoints_failed = tally_.failed;
  const uint64_t starts = 1 + tally_.resumptions;
  summary.restarts = tally_.attempts > starts ? tally_.attempts - starts : 0;
  summary.sim_time = world_.Now();
  course_.Fill(summary);
  for (const faults::FiredFault& fault : injector_->fired()) {
    summary.faults.push_back(
        {.kind = fault.kind, .target = fault.target, .at = fault.at, .fault = fault.fault});
  }
}

void Stage::FillOutput(const engine::LogContents& log, FinalState& state,
                       std::vector<OutputRecord>& uncommitted, reports::RunSummary& summary) {
  state.open_transactions = log.open_transactions;
  state.open_transactions.insert(state.open_transactions.end(), left_open_.begin(),
                                 left_open_.end());
  for (const InputSpec& input : job_.inputs) {
    if (const auto topic = log.topics.find(input.name); topic != log.topics.end()) {
      summary.records_in += topic->second.record_count;
    }
  }
  if (request_.keep != sim::Keep::kNothing) {
    uncommitted = ReadUncommitted(job_, log);
  }
  if (sim::Result<std::vector<OutputRecord>> output = ReadOutputs(job_, world_, log)) {
    state.output = *std::move(output);
  } else {
    failure_ = output.error().message;
  }
}

FinalState Stage::Describe(const sim::Outcome& outcome, reports::RunSummary& summary) {
  FinalState state{.job_finished = tally_.job_finished(),
                   .job_status = tally_.job_status,
                   .expected = Expect(),
                   .output = {},
                   .open_transactions = {},
                   .end = world_.Now(),
                   .ending = std::string(EndingName(outcome.ending)),
                   .stuck = {},
                   .outputs = JudgesOf(job_, DeliveryOf(request_.scenario),
                                       subject_.late.empty() ? nullptr : &request_.scenario,
                                       [this](std::string why) { failure_ = why; }),
                   .rows = RowsFor(job_, request_.workload, !subject_.late.empty()),
                   .dropped = tally_.dropped,
                   .out_of_orderness = subject_.out_of_orderness};
  summary.expected = ShowExpectation(job_, state.expected.size());
  const bool is_stuck =
      outcome.ending == sim::Ending::kIdle || outcome.ending == sim::Ending::kLimit;
  if (is_stuck || budget_.exhausted()) {
    const sim::StuckReport report = world_.Explain();
    state.ending = is_stuck ? state.ending : "no progress";
    state.stuck = is_stuck ? sim::Head(report) : budget_.ShowProgress();
    state.circle = Show(FindWaitCircle(report));
    summary.stuck = ShowWaitCircle(report) + sim::Show(report);
  }
  return state;
}

sim::Duration Stage::Slack() {
  const Pace healed = pace_.PaceAt(world_.Now(), world_.events());
  if (healed.longest_gap <= TimeoutsOf(request_.scenario.options)) {
    return sim::Duration(0);  // nobody will ask
  }
  const size_t rows = request_.workload.rows.size();
  return budget_.SlackOf(budget_.Owed(FaultFree(), rows, InputSpan()), rows);
}

bool Stage::LogLacks(const FinalState& state, const reports::RunSummary& summary) const {
  std::set<std::string> kept;
  for (const OutputRecord& record : state.output) {
    kept.insert(record.transaction);
  }
  return summary.records_in < request_.workload.rows.size() ||
         !std::ranges::includes(kept, budget_.committed());
}

std::string Stage::WhyNoLawHolds(const FinalState& state) const {
  if (!failure_.empty()) {
    return failure_;
  }
  return state.output.empty() && state.expected.empty()
             ? "Nothing was judged: nothing was expected of the output, and nothing is there."
             : "";
}

// What breaks a law that another run without faults breaks, too, is no breach: nobody can say.
void Stage::ForgiveMisfits(const FinalState& state, reports::RunSummary& summary) {
  const auto is_own = [](const OutputSpec& output) {
    return !output.expect && output.law.needs_expectation;
  };
  const auto is_of_output = [](const reports::Finding& finding) {
    return finding.oracle == ExactlyOnce::kName;
  };
  if (std::ranges::none_of(summary.findings, is_of_output) ||
      std::ranges::none_of(job_.outputs, is_own) || !failure_.empty()) {
    return;
  }
  const sim::Result<std::vector<OutputRecord>> other =
      CollectUndisturbed(request_, job_, RowOrder::kBySource, stopped_);
  failure_ = other ? WhyLawsDoNotFit(job_, state.expected, *other) : "";
  if (!failure_.empty()) {
    std::erase_if(summary.findings, is_of_output);
  }
}

void Stage::Decide(const sim::Outcome& outcome, const FinalState& state,
                   reports::RunSummary& summary) {
  for (const std::unique_ptr<Oracle>& oracle : oracles_) {
    for (reports::Finding& finding : oracle->Judge(state)) {
      summary.findings.push_back(std::move(finding));
    }
    summary.judged.push_back({.oracle = std::string(oracle->name()), .events = oracle->seen()});
  }
  ForgiveMisfits(state, summary);
  std::optional<std::string> excuse;
  if (!summary.findings.empty()) {
    excuse = ExcuseFor(
        summary.findings,
        budget_.ExcusesIn(world_, DescribeCircumstances(outcome, LogLacks(state, summary))));
  }
  Conclude(std::move(excuse), summary);
  const bool judges_output = std::ranges::find(summary.judged, ExactlyOnce::kName,
                                               &reports::Judged::oracle) != summary.judged.end();
  if (std::string why = WhyNoLawHolds(state);
      summary.verdict == reports::Verdict::kPassed && judges_output && !why.empty()) {
    summary.verdict = reports::Verdict::kInconclusive;
    summary.reason = std::move(why);
  }
}

RunResult Stage::Judge(const sim::Outcome& outcome) {
  RunResult result;
  reports::RunSummary& summary = result.summary;
  FillNumbers(summary);
  FinalState state = Describe(outcome, summary);
  Doubt(SilenceWhereLate(job_, request_.scenario, request_.workload, state.outputs));
  state.slack = Slack();
  Doubt(TakeOutUnfounded(request_.scenario.story, outside_, std::bind_front(&Stage::LoadCode, this),
                         tally_.story_breaches));
  AddWhatNoOracleFinds(outcome, tally_.story_breaches, summary);
  if (const sim::Result<engine::LogContents> log =
          last_log_ ? *std::move(last_log_) : ReadLogOf(world_)) {
    FillOutput(*log, state, result.uncommitted, summary);
  } else {
    summary.findings.push_back(
        {.oracle = "log_readable", .witness = log.error().message, .details = {}});
  }
  summary.records_out = state.output.size();
  Decide(outcome, state, summary);
  result.output = std::move(state.output);
  result.promise = budget_.promise();
  result.cells = cells_.hit();
  result.why_not = injector_->WhyNot();
  result.recording = world_.recording();
  result.ladder = world_.ladder();
  result.fiber_times = world_.FiberTimes();
  result.kept = keeper_ ? std::move(*keeper_).Take() : KeptSnapshots();
  if (request_.play || request_.records_tape) {
    result.tape = world_.tape();
    result.tape_report = world_.tape_report();
  }
  return result;
}

RunResult Inconclusive(const Scenario& scenario, uint64_t seed, std::string reason) {
  RunResult result;
  result.summary.scenario = scenario.name;
  result.summary.seed = seed;
  result.summary.verdict = reports::Verdict::kInconclusive;
  result.summary.reason = std::move(reason);
  return result;
}

}  // namespace

RunResult Run(const RunRequest& request) {
  if (request.scenario.vary != VarySpec{}) {
    RunRequest varied = request;
    varied.scenario = Vary(std::move(varied.scenario), request.seed);
    return Run(varied);
  }
  if (const WorkloadSpec& spec = request.scenario.workload;
      request.workload.rows.empty() && spec.source != WorkloadSource::kFile && spec.records > 0 &&
      (spec.rows.all() || !spec.rows.numbers().empty())) {
    sim::Result<Workload> loaded = LoadWorkload(request.scenario, request.seed, std::nullopt);
    if (!loaded) {
      return Inconclusive(request.scenario, request.seed, loaded.error().message);
    }
    RunRequest whole = request;
    whole.workload = *std::move(loaded);
    return Run(whole);
  }
  const JobCase* job = JobOf(request.scenario);
  sim::Check(job != nullptr, "there is no job {}", request.scenario.job.name);
  Stage stage(request, *job);
  return stage.Perform();
}

RunResult Run(const Scenario& scenario, uint64_t seed) {
  const sim::Result<void> valid = Validate(scenario);
  sim::Result<Workload> workload =
      valid ? LoadWorkload(scenario, seed, std::nullopt) : sim::Fail(valid);
  RunResult result =
      workload ? Run({.scenario = scenario, .workload = *std::move(workload), .seed = seed})
               : Inconclusive(scenario, seed, workload.error().message);
  result.summary.replay =
      fmt::format("cat >failed.toml <<'END'\n{}END\nflinch run failed.toml --seed {}",
                  ShowToml(scenario), seed);
  return result;
}

}  // namespace flinch::scenarios
