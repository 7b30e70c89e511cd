// Whatever comes, and in whatever order: a model of the world around a scheduler keeps the books of
// its promises.
#include "engine/master/scheduler_core.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/support/exploration.h"
#include "tests/support/job_graphs.h"

namespace flinch::engine {
namespace {

namespace input = scheduler_input;
namespace effect = scheduler_effect;

// Whether its vertices exchange records; else each subtask is a region of its own.
enum class Regions : uint8_t { kOne, kMany };

JobGraph MakeVertices(uint32_t parallelism, Regions regions) {
  JobGraph graph;
  for (const uint32_t vertex : {0U, 1U}) {
    graph.vertices.push_back({.id = VertexId(vertex), .name = "v", .parallelism = parallelism});
  }
  if (regions == Regions::kOne) {
    tests::Join(graph, 0, 1);
  }
  return graph;
}

// It outlives all copies of what is scheduled.
const JobGraph& TwoVertices(uint32_t parallelism, Regions regions) {
  static const std::array kGraphs = {MakeVertices(1, Regions::kOne), MakeVertices(2, Regions::kOne),
                                     MakeVertices(1, Regions::kMany),
                                     MakeVertices(2, Regions::kMany)};
  return kGraphs.at(parallelism - 1 + (regions == Regions::kMany ? 2 : 0));
}

// Copied along with its scheduler where all continuations are tried.
class Surroundings {
 public:
  static constexpr int kActs = 15;

  Surroundings(uint32_t parallelism, Regions regions,
               SchedulerType scheduler = SchedulerType::kDefault)
      : parallelism_(parallelism),
        core_(TwoVertices(parallelism, regions),
              {.restart = {.attempts = 3, .delay = sim::Duration(1'000)},
               .scheduler = {.type = scheduler}}) {
    Step(input::Start());
  }

  // Does something that may happen now.
  void Act(int act, uint64_t number) {
    const ExecutionAttemptId task{VertexId(number % 2),
                                  SubtaskIndex(static_cast<uint32_t>(number / 2 % parallelism_)),
                                  AttemptNumber(last_number_ - (number % 7 == 0 ? 1 : 0))};
    switch (act) {
      case 0:
        return DrawNumber();
      case 1:
        return GiveSlots({"a", "b"});
      case 2:
        return GiveSlots({"a"});
      case 3:
        return Step(input::TaskManagerLost{.name = number % 2 == 0 ? "a" : "b", .reason = "r"});
      case 4:
        return Submit(number % 5 == 0);
      case 5:
      case 6:
      case 7:
        return Step(input::TaskReported{.task = task,
                                        .state = ExecutionState::kRunning,
                                        .end_of_input = number % 3 == 0,
                                        .reason = {}});
      case 8:
        return Report(task, number);
      case 9:
        return Step(input::TasksListed{.task_manager = "a", .tasks = {task}});
      case 10:
        return checkpointing_ && number % 4 == 0 ? Step(input::CheckpointsFailed{"r"}) : void();
      case 11:
        return settling_ ? Settle() : void();
      case 12:
        return result_ ? Write() : void();
      case 13:
        return number % 8 == 0 ? Step(input::Cancel()) : void();
      default:
        return FireTimer(number);
    }
  }

  const std::string& trouble() const { return trouble_; }

  // Where two texts are equal the same can follow, but for what only a long history tells apart.
  std::string Show() const {
    std::string text =
        fmt::format("{} {} {} {} {} last {} slots {} failures {} {}", Name(core_.status()),
                    drawing_, checkpointing_, settling_, result_, last_number_, slots_.size(),
                    failures_, std::min(now_ - failed_at_, sim::Duration(1'000)).count());
    for (const Execution& execution : core_.graph().executions()) {
      text += fmt::format(" {}{}@{}{}{}", execution.id.vertex.value(), Name(execution.state),
                          execution.task_manager, execution.end_of_input, execution.restarts);
    }
    for (const ExecutionAttemptId& task : submitted_) {
      text += fmt::format(" {}#{}", task.vertex.value(), task.attempt.value());
    }
    for (const auto& [timer, at] : timers_) {
      text += fmt::format(" {} {}", Name(timer), (at - now_).count());
    }
    return text;
  }

 private:
  void Expect(bool holds, const char* what) {
    if (!holds && trouble_.empty()) {
      trouble_ = what;
    }
  }

  void Step(const SchedulerInput& what) {
    for (const SchedulerEffect& each : core_.Step(what, now_)) {
      std::visit([this](const auto& one) { See(one); }, each);
    }
  }

  void GiveSlots(std::vector<std::string> slots) {
    slots_ = std::move(slots);
    Step(input::SlotsChanged{slots_});
  }

  void DrawNumber() {
    if (std::exchange(drawing_, false)) {
      Step(input::NumberDrawn{AttemptNumber(++last_number_)});
    }
  }

  void Submit(bool fails) {
    if (!submitted_.empty()) {
      const ExecutionAttemptId task = *submitted_.begin();
      submitted_.erase(submitted_.begin());
      Step(input::Submitted{.task = task,
                            .failure = fails ? std::optional<std::string>("r") : std::nullopt});
    }
  }

  // The end of a task, as only one that was deployed can tell.
  void Report(const ExecutionAttemptId& task, uint64_t number) {
    constexpr ExecutionState kEnds[] = {ExecutionState::kFinished, ExecutionState::kCanceled,
                                        ExecutionState::kFailed};
    const auto place = states_.find(task);
    const bool runs = place != states_.end() && place->second == ExecutionState::kRunning;
    const ExecutionState end = kEnds[number / 4 % 3];
    if (end != ExecutionState::kFinished || runs) {
      Step(input::TaskReported{.task = task, .state = end, .end_of_input = false, .reason = "r"});
    }
  }

  void Settle() {
    settling_ = false;
    Step(input::CheckpointsSettled());
  }

  void Write() {
    result_ = false;
    Step(input::ResultWritten());
  }

  void FireTimer(uint64_t number) {
    if (!timers_.empty()) {
      const auto timer = std::next(timers_.begin(), static_cast<long>(number % timers_.size()));
      const auto [fired, at] = *timer;
      timers_.erase(timer);
      now_ = std::max(now_, at);
      Step(input::TimerFired{.timer = fired});
    }
  }

  void See(const effect::TellStatus& told) {
    Expect(told.from == status_, "a status changes that was another");
    status_ = told.to;
    if (status_ == JobStatus::kRestarting || status_ == JobStatus::kFailing) {
      ++failures_;
      failed_at_ = now_;
    }
    if (status_ == JobStatus::kFinished) {
      Expect(core_.graph().AllIn(ExecutionState::kFinished), "finished, and a task is not");
    }
  }

  void See(const effect::TellState& told) {
    const auto known = states_.try_emplace(told.task, ExecutionState::kCreated).first;
    Expect(known->second == told.from, "a state changes that was another");
    Expect(core_.graph().Find(told.task) != nullptr, "an old attempt changes its state");
    known->second = told.to;
  }

  void See(const effect::DrawNumber&) {
    Expect(!drawing_, "two numbers are drawn at once");
    Expect(status_ != JobStatus::kCancelling, "a job that is cancelled starts an attempt");
    drawing_ = true;
  }

  void See(const effect::TellResultLost&) { Expect(false, "a streaming job has lost a result"); }

  void See(const effect::TellParallelism& told) {
    Expect(
        told.parallelism >= 1 && told.parallelism <= std::min<size_t>(parallelism_, slots_.size()),
        "a job is larger than its slots");
  }

  void See(const effect::Restore& restore) {
    Expect(restore.number.value() == last_number_, "another number than the one drawn");
    for (const auto& [task, state] : states_) {
      Expect(IsTerminal(state) || core_.graph().Find(task) != nullptr,
             "a new attempt starts while an old one lives");
    }
  }

  void See(const effect::Deploy& deploy) {
    Expect(status_ == JobStatus::kRunning, "deployed though the job does not run");
    Expect(!deploy.tasks.empty() && !core_.graph().AnyIn(ExecutionState::kScheduled),
           "not all are deployed");
    submitted_.insert(deploy.tasks.begin(), deploy.tasks.end());
  }

  void See(const effect::Cancel& cancel) {
    const auto known = states_.find(cancel.task);
    Expect(known == states_.end() || known->second == ExecutionState::kCanceling ||
               IsTerminal(known->second) || core_.graph().Find(cancel.task) == nullptr ||
               core_.graph().Find(cancel.task)->task_manager != cancel.task_manager,
           "a task is cancelled that is wanted");
  }

  void See(const effect::StartCheckpoints&) {
    Expect(!checkpointing_ && status_ == JobStatus::kRunning, "checkpoints start out of turn");
    checkpointing_ = true;
  }

  void See(const effect::StopCheckpoints&) { checkpointing_ = false; }

  void See(const effect::TellEndOfInput&) {}

  void See(const effect::SettleCheckpoints&) {
    const bool is_asked_again = status_ == JobStatus::kCancelling;
    Expect(!checkpointing_ && (!settling_ || is_asked_again), "checkpoints settle out of turn");
    settling_ = true;
  }

  void See(const effect::WriteResult&) {
    Expect(!result_, "two results");
    result_ = true;
  }

  void See(const effect::StartTimer& start) {
    timers_[start.timer] = sim::Later(now_, start.after);
  }

  uint32_t parallelism_;
  SchedulerCore core_;
  sim::SimTime now_{};
  std::vector<std::string> slots_;
  int failures_ = 0;
  sim::SimTime failed_at_{};
  JobStatus status_ = JobStatus::kCreated;
  uint32_t last_number_ = 0;
  bool drawing_ = false;
  bool checkpointing_ = false;
  bool settling_ = false;
  bool result_ = false;
  std::map<ExecutionAttemptId, ExecutionState> states_;
  std::set<ExecutionAttemptId> submitted_;
  std::map<SchedulerTimer, sim::SimTime> timers_;
  std::string trouble_;
};

RC_GTEST_PROP(SchedulerCorePropertyTest, KeepsItsPromisesWhateverComes,
              (const std::vector<std::pair<uint8_t, uint8_t>>& acts, bool many)) {
  Surroundings surroundings(2, many ? Regions::kMany : Regions::kOne);
  for (const auto& [act, number] : acts) {
    surroundings.Act(act % Surroundings::kActs, number);
    RC_ASSERT(surroundings.trouble() == "");
  }
}

RC_GTEST_PROP(SchedulerCorePropertyTest, KeepsItsPromisesForLong, (uint64_t seed, bool many)) {
  Surroundings surroundings(2, many ? Regions::kMany : Regions::kOne);
  for (int step = 0; step < 2'000; ++step) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    surroundings.Act(static_cast<int>((seed >> 33) % Surroundings::kActs), seed >> 40);
    RC_ASSERT(surroundings.trouble() == "");
  }
}

RC_GTEST_PROP(SchedulerCorePropertyTest, KeepsItsPromisesInAnySize, (uint64_t seed)) {
  Surroundings surroundings(2, Regions::kOne, SchedulerType::kAdaptive);
  for (int step = 0; step < 2'000; ++step) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    surroundings.Act(static_cast<int>((seed >> 33) % Surroundings::kActs), seed >> 40);
    RC_ASSERT(surroundings.trouble() == "");
  }
}

// How often an act is tried with another number: for tasks, attempts, states and timers.
constexpr std::array<uint64_t, Surroundings::kActs> kNumbers = {1,  1, 1, 2, 2, 8, 0, 0,
                                                                12, 4, 1, 1, 1, 1, 3};

// Of two tasks, from the moment where they are deployed: every order of reports, losses, timers and
// answers.
TEST(SchedulerCorePropertyTest, KeepsItsPromisesInAllContinuationsOfEightSteps) {
  constexpr int kDraw = 0;
  constexpr int kSlots = 1;
  constexpr int kTimer = 14;
  for (const Regions regions : {Regions::kOne, Regions::kMany}) {
    Surroundings surroundings(1, regions);
    for (const int act : {kDraw, kSlots, kTimer}) {
      surroundings.Act(act, 0);
    }
    EXPECT_GT(tests::TryAll(surroundings, kNumbers, 8), 1'000U);
  }
}

// From the start: slots that come and go in every order, among numbers, reports, losses and timers.
TEST(SchedulerCorePropertyTest, KeepsItsPromisesInAnySizeInAllContinuationsOfEightSteps) {
  Surroundings surroundings(2, Regions::kOne, SchedulerType::kAdaptive);
  EXPECT_GT(tests::TryAll(surroundings, kNumbers, 8), 1'000U);
}

}  // namespace
}  // namespace flinch::engine
