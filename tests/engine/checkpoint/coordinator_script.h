// A CoordinatorCore that is played by text: commands in, its effects out, a line each.
//
//   new [stored ID…]           options NAME=VALUE… (before new: interval, timeout, pause,
//                              tolerable, concurrent, unaligned, defect)
//   start SPAN · stop · recovered · end-of-input
//   running yes|no · end yes|no             what holds from now on
//   pass SPAN                               time passes, and due timers run
//   id · id refused                         the oldest id that is asked for is drawn, or not
//   coordinators                            from now on the job has coordinators of sources
//   coordinators-ready ID                   they have taken their part
//   savepoint REQUEST [suspend|terminate|held]   one is asked for; held: the job is to end with it
//   ack TASK ID · ack all ID · decline ID · leftovers ID · trigger-failed ID
//   store done|fails · clean [ID…]|fails    the volume answers
//
// Tasks are source[0], source[1] and sink[0], each in the attempt of the last `new` or `attempt N`.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "engine/checkpoint/coordinator_core.h"
#include "sim/check.h"
#include "tests/support/core_script.h"

namespace flinch::engine {

class CoordinatorScript : private tests::CommandScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    CommandScript::Begin(command);
    const std::string verb = Word(0);
    if (verb == "options") {
      SetOptions();
    } else if (verb == "new") {
      MakeCore();
    } else if (verb == "attempt") {
      attempt_ = static_cast<uint32_t>(Number(1));
    } else if (verb == "running") {
      moment_.all_running = Word(1) == "yes";
    } else if (verb == "coordinators") {
      has_coordinators_ = true;
    } else if (verb == "end") {
      moment_.all_at_end = Word(1) == "yes";
    } else if (verb == "pass") {
      Pass(tests::SpanOf(Word(1)));
    } else {
      FeedWords(verb);
    }
    return told();
  }

 private:
  CheckpointId Id(size_t word) const { return CheckpointId(Number(word)); }

  std::vector<ExecutionAttemptId> Tasks(bool sources_only) const {
    std::vector<ExecutionAttemptId> tasks;
    for (const uint32_t subtask : {0U, 1U}) {
      tasks.push_back({VertexId(0), SubtaskIndex(subtask), AttemptNumber(attempt_)});
    }
    if (!sources_only) {
      tasks.push_back({VertexId(1), SubtaskIndex(0), AttemptNumber(attempt_)});
    }
    return tasks;
  }

  static std::string Show(const ExecutionAttemptId& task) {
    return fmt::format("{}[{}]#{}", task.vertex == VertexId(0) ? "source" : "sink",
                       task.subtask.value(), task.attempt.value());
  }

  static std::string Show(const std::vector<ExecutionAttemptId>& tasks) {
    std::string text;
    for (const ExecutionAttemptId& task : tasks) {
      text += " " + Show(task);
    }
    return text;
  }

  static std::string Show(const CoordinatorTimer& timer) {
    return timer.id == CheckpointId() ? std::string(Name(timer.kind))
                                      : fmt::format("{} {}", Name(timer.kind), timer.id.value());
  }

  ExecutionAttemptId Task(const std::string& word) const {
    for (const ExecutionAttemptId& task : Tasks(false)) {
      if (Show(task).starts_with(word)) {
        return task;
      }
    }
    sim::Check(false, "there is no task {}", word);
    return {};
  }

  void SetOptions() {
    ForEachOption([this](const std::string& name, const std::string& value) {
      if (name == "interval") {
        options_.checkpoint.interval = tests::SpanOf(value);
      } else if (name == "timeout") {
        options_.checkpoint.timeout = tests::SpanOf(value);
      } else if (name == "pause") {
        options_.checkpoint.min_pause = tests::SpanOf(value);
      } else if (name == "tolerable") {
        options_.checkpoint.tolerable_failures = static_cast<uint32_t>(std::stoul(value));
      } else if (name == "unaligned") {
        options_.checkpoint.unaligned = value == "yes";
      } else if (name == "concurrent") {
        options_.checkpoint.max_concurrent = static_cast<uint32_t>(std::stoul(value));
      } else {
        sim::Check(name == "defect", "there is no option {}", name);
        options_.defects.Plant(*FindDefect(value));
      }
    });
  }

  void MakeCore() {
    std::vector<CompletedCheckpoint> stored;
    for (size_t i = 2; i < words(); ++i) {
      stored.push_back({.id = Id(i), .is_final = false, .snapshots = {}});
      last_id_ = Number(i);
    }
    timers_.Clear();
    tickets_.clear();
    stores_.clear();
    core_.emplace(options_, stored);
  }

  void FeedWords(const std::string& verb) {
    namespace input = coordinator_input;
    const std::string second = Word(1);
    if (verb == "start") {
      Feed(input::Start{.first_delay = tests::SpanOf(second)});
    } else if (verb == "stop") {
      Feed(input::Stop());
    } else if (verb == "recovered") {
      Feed(input::Recovered());
    } else if (verb == "end-of-input") {
      Feed(input::EndOfInput());
    } else if (verb == "id") {
      DrawId(second != "refused");
    } else if (verb == "savepoint") {
      AskForSavepoint();
    } else if (verb == "ack" && second == "all") {
      for (const ExecutionAttemptId& task : Tasks(false)) {
        Acknowledge(task, Id(2));
      }
    } else if (verb == "ack") {
      Acknowledge(Task(second), Id(2));
    } else if (verb == "coordinators-ready") {
      Feed(input::CoordinatorsReady{.id = Id(1), .states = {{"source", "state"}}});
    } else if (verb == "decline") {
      Feed(input::Decline{.id = Id(1)});
    } else if (verb == "leftovers") {
      Feed(input::Leftovers{.id = Id(1)});
    } else if (verb == "trigger-failed") {
      Feed(input::TriggerFailed{.id = Id(1)});
    } else if (verb == "store") {
      const CheckpointId id = stores_.front();
      stores_.pop_front();
      Feed(input::StoreEnded{.id = id, .stored = second == "done"});
    } else {
      sim::Check(verb == "clean", "there is no command {}", verb);
      input::CleanedUp cleaned{.subsumed = {}, .all = second != "fails"};
      for (size_t i = 1; i < words() && cleaned.all; ++i) {
        cleaned.subsumed.push_back(Id(i));
      }
      Feed(cleaned);
    }
  }

  void DrawId(bool drawn) {
    const uint64_t ticket = tickets_.front();
    tickets_.pop_front();
    Feed(coordinator_input::IdDrawn{.ticket = ticket,
                                    .id = ++last_id_,
                                    .drawn = drawn,
                                    .plan = {.triggered = Tasks(true),
                                             .acknowledging = Tasks(false),
                                             .has_coordinators = has_coordinators_}});
  }

  void AskForSavepoint() {
    const std::string how = words() > 2 ? Word(2) : "";
    const CheckpointKind kind = how == "suspend"     ? CheckpointKind::kSavepointSuspend
                                : how == "terminate" ? CheckpointKind::kSavepointTerminate
                                                     : CheckpointKind::kSavepoint;
    Feed(coordinator_input::RequestSavepoint{
        .request = Number(1), .kind = kind, .holds = !how.empty()});
  }

  static std::string Type(CheckpointKind kind) {
    return IsSavepoint(kind) ? fmt::format(" ({})", Name(kind)) : "";
  }

  void Acknowledge(const ExecutionAttemptId& task, CheckpointId id) {
    Feed(coordinator_input::Acknowledge{
        .task = task,
        .id = id,
        .snapshot = {.vertex = task.vertex, .subtask = task.subtask, .path = "/p", .size = 1}});
  }

  void Pass(sim::Duration span) {
    const sim::SimTime until = sim::Later(moment_.now, span);
    timers_.RunUntil(until, [this](const CoordinatorTimer& timer, sim::SimTime at) {
      SetNow(at);
      SayLine(fmt::format("{}: {}", sim::Show(at), Show(timer)));
      Feed(coordinator_input::TimerFired{.timer = timer});
    });
    SetNow(until);
  }

  void SetNow(sim::SimTime now) {
    moment_.wall += now - moment_.now;
    moment_.now = now;
  }

  void Feed(const CoordinatorInput& input) {
    for (const CoordinatorEffect& effect : core_->Step(input, moment_)) {
      std::visit([this](const auto& each) { Tell(each); }, effect);
    }
  }

  void Tell(const coordinator_effect::DrawId& draw) {
    tickets_.push_back(draw.ticket);
    Say("draw an id{}", draw.after_restore ? ", the first after a restore" : "");
  }

  void Tell(const coordinator_effect::SnapshotCoordinators& snapshot) {
    Say("take the coordinators' part of {}", snapshot.id.value());
  }

  void Tell(const coordinator_effect::Trigger& trigger) {
    Say("trigger {}{}:{}", trigger.id.value(), Type(trigger.kind), Show(trigger.tasks));
  }

  void Tell(const coordinator_effect::Count& count) {
    Say("count {} {}", count.id.value(), Show(count.task));
  }

  void Tell(const coordinator_effect::Complete& complete) {
    Say("complete {}", complete.id.value());
  }

  void Tell(const coordinator_effect::Store& store) {
    stores_.push_back(store.checkpoint.id);
    Say("store {}{}{} of {} snapshots{}", store.checkpoint.id.value(), Type(store.checkpoint.kind),
        store.checkpoint.is_final ? ", final," : "", store.checkpoint.snapshots.size(),
        store.checkpoint.coordinators.empty() ? "" : " and the coordinators' part");
  }

  void Tell(const coordinator_effect::Stored& stored) {
    Say("stored {}{}", stored.id.value(),
        stored.after_restore ? ", the first after a restore" : "");
  }

  void Tell(const coordinator_effect::NotifyComplete& notify) {
    Say("notify {} complete{}{}:{}", notify.id.value(), notify.is_final ? ", final" : "",
        notify.is_repeated ? ", again" : "", Show(notify.tasks));
  }

  void Tell(const coordinator_effect::SavepointEnded& ended) {
    if (ended.failure) {
      Say("request {} fails: {}", ended.request, *ended.failure);
    } else {
      Say("request {} is done: savepoint {}", ended.request, ended.id.value());
    }
  }

  void Tell(const coordinator_effect::Abort& abort) {
    Say("abort {}: {}", abort.id.value(), abort.reason);
  }

  void Tell(const coordinator_effect::NotifyAborted& notify) {
    Say("notify {} aborted:{}", notify.id.value(), Show(notify.tasks));
  }

  void Tell(const coordinator_effect::CleanUp& clean_up) {
    std::string what;
    for (const CheckpointId id : clean_up.checkpoints) {
      what += fmt::format(" {}", id.value());
    }
    for (const auto& [id, task] : clean_up.snapshots) {
      what += fmt::format(" {}/{}", id.value(), Show(task));
    }
    for (const CheckpointId id : clean_up.savepoints) {
      what += fmt::format(" savepoint {}", id.value());
    }
    Say("clean up{}{}", what.empty() ? "" : ", also", what);
  }

  void Tell(const coordinator_effect::FailJob& fail) { Say("fail the job: {}", fail.reason); }

  void Tell(const coordinator_effect::StartTimer& start) {
    timers_.Start(start.timer, sim::Later(moment_.now, start.after));
    Say("timer {} in {}", Show(start.timer), sim::Show(start.after));
  }

  void Tell(const coordinator_effect::CancelTimer& cancel) {
    if (timers_.Cancel(cancel.timer)) {
      Say("no timer {}", Show(cancel.timer));
    }
  }

  CoordinatorCore::Options options_;
  std::optional<CoordinatorCore> core_;
  CoordinatorCore::Moment moment_{
      .now = sim::kEpoch, .wall = {}, .all_running = true, .all_at_end = false};
  bool has_coordinators_ = false;
  uint32_t attempt_ = 1;
  uint64_t last_id_ = 0;
  std::deque<uint64_t> tickets_;
  std::deque<CheckpointId> stores_;
  tests::ScriptTimers<CoordinatorTimer> timers_;
};

}  // namespace flinch::engine
