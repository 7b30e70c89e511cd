// Whatever comes, and in whatever order: a model of the world around a coordinator keeps its
// promises' books.
#include "engine/checkpoint/coordinator_core.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/support/exploration.h"

namespace flinch::engine {
namespace {

namespace input = coordinator_input;
namespace effect = coordinator_effect;

constexpr ExecutionAttemptId kTasks[] = {
    {VertexId(0), SubtaskIndex(0), AttemptNumber(1)},
    {VertexId(1), SubtaskIndex(0), AttemptNumber(1)},
};

// Copied along with its coordinator where all continuations are tried.
class Surroundings {
 public:
  static constexpr int kActs = 13;

  explicit Surroundings(uint32_t concurrent)
      : core_({.checkpoint = {.interval = sim::Duration(1'000),
                              .timeout = sim::Duration(3'000),
                              .max_concurrent = concurrent,
                              .tolerable_failures = 1,
                              .retained = 1}},
              {}) {}

  // Does something that may happen now; false when it cannot.
  bool Act(int act, uint64_t number) {
    const CheckpointId id(1 + number % (last_id_ + 1));
    const ExecutionAttemptId& task = kTasks[number % 2];
    switch (act) {
      case 0:
        return !running_ && core_.settled() && Step(input::Start{.first_delay = {}});
      case 1:
        running_ = false;
        return Step(input::Stop());
      case 2:
        return FireTimer(number);
      case 3:
        return DrawId(number % 4 != 0);
      case 4:
      case 5:
        return Step(input::Acknowledge{.task = task, .id = id, .snapshot = {}});
      case 6:
        return Step(input::Decline{.id = id});
      case 7:
        return storing_ > 0 &&
               Step(input::StoreEnded{.id = CheckpointId(storing_), .stored = number % 2 == 0});
      case 8:
        return CleanedUp(number % 2 == 0);
      case 9:
        moment_.all_at_end = true;
        return Step(input::EndOfInput());
      case 10:
        moment_.all_running = !moment_.all_running;
        return true;
      case 11:
        return Step(input::TriggerFailed{.id = id});
      default:
        return AskForSavepoint(number);
    }
  }

  // Nothing of what was promised is broken so far.
  const std::string& trouble() const { return trouble_; }

  // The same text, the same continuations: ids and tickets are numbered in the order of their use,
  // and no pause depends on the time.
  std::string Show() const {
    std::string text = fmt::format(
        "{} | {} {} {} last {} {} storing {} {} cleaning {} tickets {} open {} stored {} {}",
        core_.Show(), running_, moment_.all_running, moment_.all_at_end, last_id_, last_triggered_,
        storing_, retrying_, cleaning_, fmt::join(tickets_, ","), fmt::join(open_, ","),
        fmt::join(stored_, ","), fmt::join(ever_stored_, ","));
    for (const auto& [request, kind] : asked_) {
      text += fmt::format(" {} {}", request, Name(kind));
    }
    for (const uint64_t id : savepoints_) {
      text += fmt::format(" +{}", id);
    }
    for (const CoordinatorTimer& timer : timers_) {
      text += fmt::format(" {} {}", Name(timer.kind), timer.id.value());
    }
    return text;
  }

 private:
  void Expect(bool holds, const char* what) {
    if (!holds && trouble_.empty()) {
      trouble_ = what;
    }
  }

  bool Step(const CoordinatorInput& what) {
    if (std::holds_alternative<input::Start>(what)) {
      running_ = true;
      ends_ = false;
    }
    if (const auto* ended = std::get_if<input::StoreEnded>(&what)) {
      storing_ = 0;
      retrying_ = ended->stored ? 0 : ended->id.value();
    }
    for (const CoordinatorEffect& each : core_.Step(what, moment_)) {
      std::visit([this](const auto& one) { See(one); }, each);
    }
    return true;
  }

  bool FireTimer(uint64_t number) {
    if (timers_.empty()) {
      return false;
    }
    const auto timer = std::next(timers_.begin(), static_cast<long>(number % timers_.size()));
    const CoordinatorTimer fired = *timer;
    timers_.erase(timer);
    moment_.now = sim::Later(moment_.now, sim::Duration(1));
    return Step(input::TimerFired{.timer = fired});
  }

  bool DrawId(bool drawn) {
    if (tickets_.empty()) {
      return false;
    }
    const uint64_t ticket = tickets_.front();
    tickets_.erase(tickets_.begin());
    return Step(input::IdDrawn{
        .ticket = ticket,
        .id = ++last_id_,
        .drawn = drawn,
        .plan = {.triggered = {kTasks[0]}, .acknowledging = {kTasks[0], kTasks[1]}}});
  }

  bool AskForSavepoint(uint64_t number) {
    const auto kind = std::array{CheckpointKind::kSavepoint, CheckpointKind::kSavepointSuspend,
                                 CheckpointKind::kSavepointTerminate, CheckpointKind::kSavepoint}
                          .at(number % 4);
    const uint64_t request = ++last_request_;
    asked_[request] = kind;
    return Step(input::RequestSavepoint{
        .request = request, .kind = kind, .holds = IsSynchronous(kind) || number % 4 == 3});
  }

  bool CleanedUp(bool all) {
    if (cleaning_ == 0) {
      return false;
    }
    --cleaning_;
    input::CleanedUp cleaned{.subsumed = {}, .all = all};
    while (all && stored_.size() > 1) {
      cleaned.subsumed.push_back(CheckpointId(*stored_.begin()));
      stored_.erase(stored_.begin());
    }
    return Step(cleaned);
  }

  void See(const effect::DrawId& draw) {
    Expect(running_ && moment_.all_running, "an id is drawn though not all tasks run");
    tickets_.push_back(draw.ticket);
  }

  void See(const effect::SnapshotCoordinators&) { Expect(false, "nobody has coordinators"); }

  void See(const effect::Trigger& trigger) {
    Expect(running_ && moment_.all_running, "tasks are triggered though not all run");
    Expect(trigger.id.value() > last_triggered_, "ids do not grow");
    last_triggered_ = trigger.id.value();
    open_.insert(trigger.id.value());
    if (IsSavepoint(trigger.kind)) {
      kinds_[trigger.id.value()] = trigger.kind;
    } else {
      Expect(!ends_, "a checkpoint follows what the job ends with");
    }
  }

  void See(const effect::Count&) {}

  void See(const effect::Complete& complete) {
    Expect(open_.contains(complete.id.value()), "what is complete was not pending");
  }

  void See(const effect::Store& store) {
    Expect(storing_ == 0, "two are stored at the same time");
    Expect(retrying_ == 0 || retrying_ == store.checkpoint.id.value(), "one overtakes another");
    const bool is_beside = store.checkpoint.kind == CheckpointKind::kSavepoint;
    Expect(is_beside || stored_.empty() || *stored_.rbegin() < store.checkpoint.id.value(),
           "out of order");
    Expect(store.checkpoint.snapshots.size() == 2, "a snapshot is missing");
    storing_ = store.checkpoint.id.value();
  }

  void See(const effect::Stored& stored) {
    Expect(open_.erase(stored.id.value()) == 1, "stored and not pending");
    stored_.insert(stored.id.value());
    ever_stored_.insert(stored.id.value());
  }

  void See(const effect::SavepointEnded& ended) {
    Expect(asked_.erase(ended.request) == 1, "an answer to what nobody asked, or the second one");
    if (ended.failure) {
      return;
    }
    const uint64_t id = ended.id.value();
    Expect(kinds_.contains(id), "a savepoint that was never triggered is complete");
    ends_ = ends_ || IsSynchronous(kinds_[id]);
    savepoints_.insert(id);
    open_.erase(id);
  }

  void See(const effect::NotifyComplete& notify) {
    const auto kind = kinds_.find(notify.id.value());
    Expect(kind == kinds_.end() || IsSynchronous(kind->second),
           "tasks hear of a savepoint after which they go on");
    Expect(ever_stored_.contains(notify.id.value()), "announced and not stored");
    Expect(!notify.is_repeated || running_, "announced again after the stop");
  }

  void See(const effect::Abort& abort) {
    const bool was_pending = open_.erase(abort.id.value()) == 1;
    Expect(was_pending || abort.reason == kIoException, "given up and not pending");
    Expect(!ever_stored_.contains(abort.id.value()), "given up though it is stored");
  }

  void See(const effect::NotifyAborted& notify) {
    Expect(!ever_stored_.contains(notify.id.value()), "its abort is announced, and it is stored");
  }

  void See(const effect::CleanUp& clean_up) {
    Expect(++cleaning_ == 1, "two clean-ups at the same time");
    for (const CheckpointId id : clean_up.checkpoints) {
      Expect(!stored_.contains(id.value()) && !open_.contains(id.value()), "files that are needed");
    }
    for (const auto& [id, task] : clean_up.snapshots) {
      Expect(!stored_.contains(id.value()), "a snapshot that is needed");
    }
    for (const CheckpointId id : clean_up.savepoints) {
      Expect(!savepoints_.contains(id.value()) && !open_.contains(id.value()),
             "a savepoint that is the user's");
    }
  }

  void See(const effect::FailJob&) { Expect(running_, "a job that is stopped fails"); }

  void See(const effect::StartTimer& start) { timers_.insert(start.timer); }

  void See(const effect::CancelTimer& cancel) { timers_.erase(cancel.timer); }

  CoordinatorCore core_;
  CoordinatorCore::Moment moment_{
      .now = sim::kEpoch, .wall = {}, .all_running = true, .all_at_end = false};
  bool running_ = false;
  uint64_t last_id_ = 0;
  uint64_t last_triggered_ = 0;
  uint64_t storing_ = 0;
  uint64_t retrying_ = 0;
  int cleaning_ = 0;
  std::vector<uint64_t> tickets_;
  std::set<uint64_t> open_;
  std::set<uint64_t> stored_;
  std::set<uint64_t> ever_stored_;
  std::set<CoordinatorTimer> timers_;
  uint64_t last_request_ = 0;
  std::map<uint64_t, CheckpointKind> asked_;  // and not answered
  std::map<uint64_t, CheckpointKind> kinds_;  // of savepoints that were triggered
  std::set<uint64_t> savepoints_;             // that are complete
  bool ends_ = false;                         // with one that stops the job, since the last start
  std::string trouble_;
};

RC_GTEST_PROP(CoordinatorCorePropertyTest, KeepsItsPromisesWhateverComes,
              (const std::vector<std::pair<uint8_t, uint8_t>>& acts, bool many)) {
  Surroundings surroundings(many ? 3 : 1);
  for (const auto& [act, number] : acts) {
    surroundings.Act(act % Surroundings::kActs, number);
    RC_ASSERT(surroundings.trouble() == "");
  }
}

// Long runs, in which checkpoints complete.
RC_GTEST_PROP(CoordinatorCorePropertyTest, KeepsItsPromisesForLong, (uint64_t seed, bool many)) {
  Surroundings surroundings(many ? 3 : 1);
  for (int step = 0; step < 2'000; ++step) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    surroundings.Act(static_cast<int>((seed >> 33) % Surroundings::kActs), seed >> 40);
    RC_ASSERT(surroundings.trouble() == "");
  }
}

// How often an act is tried with another number: for ids and tasks, timers, and answers.
constexpr std::array<uint64_t, Surroundings::kActs> kNumbers = {1, 1, 6, 2, 6, 0, 3,
                                                                2, 2, 1, 1, 3, 0};

// From the moment where the first of two checkpoints is pending: every order of acknowledgements,
// declines, timers, answers of the volume and failures.
TEST(CoordinatorCorePropertyTest, KeepsItsPromisesInAllContinuationsOfEightSteps) {
  Surroundings surroundings(2);
  for (const int act : {0, 2, 3}) {
    ASSERT_TRUE(surroundings.Act(act, 1));
  }
  EXPECT_GT(tests::TryAll(surroundings, kNumbers, 8), 10'000U);
}

// The same with every kind of savepoint asked for at any moment.
TEST(CoordinatorCorePropertyTest, KeepsItsPromisesWhereverASavepointComes) {
  std::array<uint64_t, Surroundings::kActs> numbers = kNumbers;
  numbers.back() = 4;
  Surroundings surroundings(1);
  for (const int act : {0, 2, 3}) {
    ASSERT_TRUE(surroundings.Act(act, 1));
  }
  EXPECT_GT(tests::TryAll(surroundings, numbers, 6), 10'000U);
}

}  // namespace
}  // namespace flinch::engine
