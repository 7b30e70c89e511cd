// A CoordinatorCore that is played by text: commands in, its effects out, a line each.
//
//   new [stored ID…]           options NAME=VALUE… (before new: interval, timeout, pause,
//                              tolerable, concurrent, defect)
//   start SPAN · stop · recovered · end-of-input
//   running yes|no · end yes|no             what holds from now on
//   pass SPAN                               time passes, and due timers run
//   id · id refused                         the oldest id that is asked for is drawn, or not
//   ack TASK ID · ack all ID · decline ID · leftovers ID · trigger-failed ID
//   store done|fails · clean [ID…]|fails    the volume answers
//
// Tasks are source[0], source[1] and sink[0], each in the attempt of the last `new` or `attempt N`.
#pragma once

#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "engine/checkpoint/coordinator_core.h"
#include "sim/check.h"
#include "tests/support/interaction.h"

namespace flinch::engine {

class CoordinatorScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    told_.clear();
    words_ = tests::WordsOf(command);
    const std::string verb = words_.at(0);
    if (verb == "options") {
      SetOptions();
    } else if (verb == "new") {
      Begin();
    } else if (verb == "attempt") {
      attempt_ = static_cast<uint32_t>(Number(1));
    } else if (verb == "running") {
      moment_.all_running = words_.at(1) == "yes";
    } else if (verb == "end") {
      moment_.all_at_end = words_.at(1) == "yes";
    } else if (verb == "pass") {
      Pass(Span(words_.at(1)));
    } else {
      FeedWords(verb);
    }
    return told_;
  }

 private:
  static sim::Duration Span(std::string_view word) {
    int64_t number = 0;
    const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const std::string_view unit(rest, word.data() + word.size());
    sim::Check(error == std::errc() && (unit == "ms" || unit == "s"), "{} is no span", word);
    return unit == "s" ? sim::Duration(std::chrono::seconds(number))
                       : sim::Duration(std::chrono::milliseconds(number));
  }

  uint64_t Number(size_t word) const { return std::stoull(words_.at(word)); }

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
    for (size_t i = 1; i < words_.size(); ++i) {
      const std::string name = words_[i].substr(0, words_[i].find('='));
      const std::string value = words_[i].substr(name.size() + 1);
      if (name == "interval") {
        options_.checkpoint.interval = Span(value);
      } else if (name == "timeout") {
        options_.checkpoint.timeout = Span(value);
      } else if (name == "pause") {
        options_.checkpoint.min_pause = Span(value);
      } else if (name == "tolerable") {
        options_.checkpoint.tolerable_failures = static_cast<uint32_t>(std::stoul(value));
      } else if (name == "concurrent") {
        options_.concurrent = static_cast<uint32_t>(std::stoul(value));
      } else {
        sim::Check(name == "defect", "there is no option {}", name);
        options_.defects.Plant(*FindDefect(value));
      }
    }
  }

  void Begin() {
    std::vector<CompletedCheckpoint> stored;
    for (size_t i = 2; i < words_.size(); ++i) {
      stored.push_back({.id = Id(i), .is_final = false, .snapshots = {}});
      last_id_ = Number(i);
    }
    timers_.clear();
    tickets_.clear();
    stores_.clear();
    core_.emplace(options_, stored);
  }

  void FeedWords(const std::string& verb) {
    namespace input = coordinator_input;
    const std::string second = words_.size() > 1 ? words_[1] : "";
    if (verb == "start") {
      Feed(input::Start{.first_delay = Span(second)});
    } else if (verb == "stop") {
      Feed(input::Stop());
    } else if (verb == "recovered") {
      Feed(input::Recovered());
    } else if (verb == "end-of-input") {
      Feed(input::EndOfInput());
    } else if (verb == "id") {
      DrawId(second != "refused");
    } else if (verb == "ack" && second == "all") {
      for (const ExecutionAttemptId& task : Tasks(false)) {
        Acknowledge(task, Id(2));
      }
    } else if (verb == "ack") {
      Acknowledge(Task(second), Id(2));
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
      for (size_t i = 1; i < words_.size() && cleaned.all; ++i) {
        cleaned.subsumed.push_back(Id(i));
      }
      Feed(cleaned);
    }
  }

  void DrawId(bool drawn) {
    const uint64_t ticket = tickets_.front();
    tickets_.pop_front();
    Feed(coordinator_input::IdDrawn{
        .ticket = ticket,
        .id = ++last_id_,
        .drawn = drawn,
        .plan = {.triggered = Tasks(true), .acknowledging = Tasks(false)}});
  }

  void Acknowledge(const ExecutionAttemptId& task, CheckpointId id) {
    Feed(coordinator_input::Acknowledge{
        .task = task,
        .id = id,
        .snapshot = {.vertex = task.vertex, .subtask = task.subtask, .path = "/p", .size = 1}});
  }

  void Pass(sim::Duration span) {
    const sim::SimTime until = sim::Later(moment_.now, span);
    for (;;) {
      auto next = timers_.end();
      for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
        if (timer->second <= until && (next == timers_.end() || timer->second < next->second)) {
          next = timer;
        }
      }
      if (next == timers_.end()) {
        break;
      }
      SetNow(next->second);
      const CoordinatorTimer timer = next->first;
      timers_.erase(next);
      told_ += fmt::format("{}: {}\n", sim::Show(moment_.now), Show(timer));
      Feed(coordinator_input::TimerFired{.timer = timer});
    }
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

  template <typename... Parts>
  void Say(fmt::format_string<Parts...> format, Parts&&... parts) {
    told_ += "  " + fmt::format(format, std::forward<Parts>(parts)...) + "\n";
  }

  void Tell(const coordinator_effect::DrawId& draw) {
    tickets_.push_back(draw.ticket);
    Say("draw an id{}", draw.after_restore ? ", the first after a restore" : "");
  }

  void Tell(const coordinator_effect::Trigger& trigger) {
    Say("trigger {}:{}", trigger.id.value(), Show(trigger.tasks));
  }

  void Tell(const coordinator_effect::Count& count) {
    Say("count {} {}", count.id.value(), Show(count.task));
  }

  void Tell(const coordinator_effect::Complete& complete) {
    Say("complete {}", complete.id.value());
  }

  void Tell(const coordinator_effect::Store& store) {
    stores_.push_back(store.checkpoint.id);
    Say("store {}{} of {} snapshots", store.checkpoint.id.value(),
        store.checkpoint.is_final ? ", final," : "", store.checkpoint.snapshots.size());
  }

  void Tell(const coordinator_effect::Stored& stored) {
    Say("stored {}{}", stored.id.value(),
        stored.after_restore ? ", the first after a restore" : "");
  }

  void Tell(const coordinator_effect::NotifyComplete& notify) {
    Say("notify {} complete{}{}:{}", notify.id.value(), notify.is_final ? ", final" : "",
        notify.is_repeated ? ", again" : "", Show(notify.tasks));
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
    Say("clean up{}{}", what.empty() ? "" : ", also", what);
  }

  void Tell(const coordinator_effect::FailJob& fail) { Say("fail the job: {}", fail.reason); }

  void Tell(const coordinator_effect::StartTimer& start) {
    timers_[start.timer] = sim::Later(moment_.now, start.after);
    Say("timer {} in {}", Show(start.timer), sim::Show(start.after));
  }

  void Tell(const coordinator_effect::CancelTimer& cancel) {
    if (timers_.erase(cancel.timer) == 1) {
      Say("no timer {}", Show(cancel.timer));
    }
  }

  CoordinatorCore::Options options_;
  std::optional<CoordinatorCore> core_;
  CoordinatorCore::Moment moment_{
      .now = sim::kEpoch, .wall = {}, .all_running = true, .all_at_end = false};
  uint32_t attempt_ = 1;
  uint64_t last_id_ = 0;
  std::vector<std::string> words_;
  std::string told_;
  std::deque<uint64_t> tickets_;
  std::deque<CheckpointId> stores_;
  std::map<CoordinatorTimer, sim::SimTime> timers_;
};

}  // namespace flinch::engine
