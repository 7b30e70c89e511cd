// A SchedulerCore that is played by text: commands in, its effects out, a line each.
//
//   options NAME=VALUE…                             before new: strategy, attempts, delay,
//                                                   failures, interval, initial, jitter, failover,
//                                                   adaptive, defect
//   new NAME:PARALLELISM[=]…                        vertices in a row, a source first; with = what
//   is
//                                                   before it is joined subtask by subtask
//   start · has-ended STATUS · unreadable
//   number N                                        answers a draw
//   slots [NAME…] · lost NAME
//   accepted TASK · refused TASK                    the answer to a submission
//   report TASK STATE [end] · listed NAME TASK…
//   report all STATE [end]                          of every task, in its latest attempt
//   checkpoints-failed · source-failed · settled · written · cancel · hold-size · free-size
//   pass SPAN                                       time passes, and due timers run
//
// A task is NAME[SUBTASK]#ATTEMPT.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "engine/master/scheduler_core.h"
#include "sim/check.h"
#include "tests/support/core_script.h"
#include "tests/support/job_graphs.h"

namespace flinch::engine {

class SchedulerScript : private tests::CommandScript {
 public:
  // What the command brings.
  std::string Run(std::string_view command) {
    CommandScript::Begin(command);
    const std::string verb = Word(0);
    if (verb == "options") {
      SetOptions();
    } else if (verb == "new") {
      MakeCore();
    } else if (verb == "pass") {
      Pass(tests::SpanOf(Word(1)));
    } else {
      FeedWords(verb);
    }
    return told();
  }

 private:
  void SetOptions() {
    ForEachOption([this](const std::string& name, const std::string& value) {
      RestartOptions& restart = options_.restart;
      if (name == "attempts") {
        restart.attempts = static_cast<uint32_t>(std::stoul(value));
        restart.exponential.attempts = restart.attempts;
      } else if (name == "delay") {
        restart.delay = tests::SpanOf(value);
        restart.failure_rate.delay = restart.delay;
      } else if (name == "strategy") {
        restart.type = Strategy(value);
      } else if (name == "failures") {
        restart.failure_rate.max_failures = static_cast<uint32_t>(std::stoul(value));
      } else if (name == "interval") {
        restart.failure_rate.interval = tests::SpanOf(value);
      } else if (name == "initial") {
        restart.exponential.initial = tests::SpanOf(value);
      } else if (name == "jitter") {
        restart.exponential.jitter = {static_cast<uint32_t>(std::stoul(value))};
      } else if (name == "failover") {
        options_.failover = value == "full" ? FailoverStrategy::kFull : FailoverStrategy::kRegion;
      } else if (name == "adaptive") {
        options_.scheduler.type = SchedulerType::kAdaptive;
        options_.scheduler.mode =
            value == "reactive" ? SchedulerMode::kReactive : SchedulerMode::kNone;
      } else {
        sim::Check(name == "defect", "there is no option {}", name);
        options_.defects.Plant(*FindDefect(value));
      }
    });
  }

  static RestartStrategyType Strategy(std::string_view word) {
    constexpr std::array<std::string_view, 4> kWords = {"none", "fixed-delay", "failure-rate",
                                                        "exponential-delay"};
    const auto found = std::ranges::find(kWords, word);
    sim::Check(found != kWords.end(), "there is no strategy {}", word);
    return static_cast<RestartStrategyType>(found - kWords.begin());
  }

  void MakeCore() {
    graph_ = JobGraph();
    for (const std::string& word : WordsFrom(1)) {
      const auto id = static_cast<uint32_t>(graph_.vertices.size());
      JobVertex& vertex = graph_.vertices.emplace_back();
      vertex.id = VertexId(id);
      vertex.name = word.substr(0, word.find(':'));
      vertex.parallelism = static_cast<uint32_t>(std::stoul(word.substr(vertex.name.size() + 1)));
      if (id > 0) {
        tests::Join(graph_, id - 1, id,
                    word.ends_with('=') ? Partitioning::kForward : Partitioning::kHash);
      }
    }
    timers_.Clear();
    core_.emplace(graph_, options_);
  }

  std::string Show(const ExecutionAttemptId& task) const {
    return fmt::format("{}#{}", SubtaskName(graph_.vertex(task.vertex), task.subtask),
                       task.attempt.value());
  }

  ExecutionAttemptId Task(const std::string& word) const {
    const size_t bracket = word.find('[');
    const size_t hash = word.find('#');
    for (const JobVertex& vertex : graph_.vertices) {
      if (vertex.name == word.substr(0, bracket)) {
        return {vertex.id,
                SubtaskIndex(static_cast<uint32_t>(std::stoul(word.substr(bracket + 1)))),
                AttemptNumber(static_cast<uint32_t>(std::stoul(word.substr(hash + 1))))};
      }
    }
    sim::Check(false, "there is no task {}", word);
    return {};
  }

  static ExecutionState State(std::string_view word) {
    for (int state = 0; state <= static_cast<int>(ExecutionState::kFailed); ++state) {
      if (Name(static_cast<ExecutionState>(state)) == word) {
        return static_cast<ExecutionState>(state);
      }
    }
    sim::Check(false, "there is no state {}", word);
    return {};
  }

  void Report(const ExecutionAttemptId& task) {
    Feed(scheduler_input::TaskReported{.task = task,
                                       .state = State(Word(2)),
                                       .end_of_input = Word(3) == "end",
                                       .reason = "broken"});
  }

  void FeedWords(const std::string& verb) {
    namespace input = scheduler_input;
    const std::string second = Word(1);
    if (verb == "start") {
      Feed(input::Start());
    } else if (verb == "has-ended") {
      Feed(input::HasEnded{second == "FINISHED" ? JobStatus::kFinished : JobStatus::kFailed});
    } else if (verb == "unreadable") {
      Feed(input::Unreadable{"damaged"});
    } else if (verb == "number") {
      Feed(input::NumberDrawn{AttemptNumber(static_cast<uint32_t>(std::stoul(second)))});
    } else if (verb == "slots") {
      Feed(input::SlotsChanged{WordsFrom(1)});
    } else if (verb == "lost") {
      Feed(input::TaskManagerLost{.name = second, .reason = "heartbeat timeout"});
    } else if (verb == "accepted") {
      Feed(input::Submitted{.task = Task(second), .failure = std::nullopt});
    } else if (verb == "refused") {
      Feed(input::Submitted{.task = Task(second), .failure = "full"});
    } else if (verb == "report" && second == "all") {
      std::vector<ExecutionAttemptId> tasks;
      for (const Execution& execution : core_->graph().executions()) {
        tasks.push_back(execution.id);
      }
      for (const ExecutionAttemptId& task : tasks) {
        Report(task);
      }
    } else if (verb == "report") {
      Report(Task(second));
    } else if (verb == "listed") {
      input::TasksListed listed{.task_manager = second, .tasks = {}};
      for (const std::string& task : WordsFrom(2)) {
        listed.tasks.push_back(Task(task));
      }
      Feed(listed);
    } else if (verb == "checkpoints-failed") {
      Feed(input::CheckpointsFailed{"too many"});
    } else if (verb == "source-failed") {
      Feed(input::SourceFailed{"an event was lost"});
    } else if (verb == "hold-size" || verb == "free-size") {
      Feed(input::HoldSize{verb == "hold-size"});
    } else if (verb == "cancel") {
      Feed(input::Cancel());
    } else if (verb == "settled") {
      Feed(input::CheckpointsSettled());
    } else {
      sim::Check(verb == "written", "there is no command {}", verb);
      Feed(input::ResultWritten());
    }
  }

  void Pass(sim::Duration span) {
    const sim::SimTime until = sim::Later(now_, span);
    timers_.RunUntil(until, [this](SchedulerTimer timer, sim::SimTime at) {
      now_ = at;
      SayLine(fmt::format("{}: {}", sim::Show(at), Name(timer)));
      Feed(scheduler_input::TimerFired{.timer = timer});
    });
    now_ = until;
  }

  void Feed(const SchedulerInput& input) {
    for (const SchedulerEffect& effect : core_->Step(input, now_)) {
      std::visit([this](const auto& each) { Tell(each); }, effect);
    }
  }

  void Tell(const scheduler_effect::TellStatus& told) {
    Say("job {} -> {}{}{}", Name(told.from), Name(told.to), told.reason.empty() ? "" : ": ",
        told.reason);
  }

  void Tell(const scheduler_effect::TellState& told) {
    Say("{} {} -> {}", Show(told.task), Name(told.from), Name(told.to));
  }

  void Tell(const scheduler_effect::DrawNumber&) { Say("draw a number"); }

  void Tell(const scheduler_effect::TellResultLost& told) {
    Say("result of {} is lost{}", Show(told.task), told.is_needed ? ", and needed" : "");
  }

  void Tell(const scheduler_effect::TellParallelism& told) {
    Say("parallelism {}", told.parallelism);
  }

  void Tell(const scheduler_effect::Restore& restore) {
    Say("restore{}, attempt {}", restore.all ? "" : fmt::format(" {} subtasks", restore.subtasks),
        restore.number.value());
  }

  void Tell(const scheduler_effect::Deploy& deploy) {
    std::string tasks;
    for (const ExecutionAttemptId& task : deploy.tasks) {
      tasks += " " + Show(task) + "@" + core_->graph().Find(task)->task_manager;
    }
    Say("deploy{}", tasks);
  }

  void Tell(const scheduler_effect::Cancel& cancel) {
    Say("cancel {}@{}", Show(cancel.task), cancel.task_manager);
  }

  void Tell(const scheduler_effect::StartCheckpoints&) { Say("start checkpoints"); }

  void Tell(const scheduler_effect::StopCheckpoints&) { Say("stop checkpoints"); }

  void Tell(const scheduler_effect::TellEndOfInput&) { Say("end of input"); }

  void Tell(const scheduler_effect::SettleCheckpoints&) { Say("settle checkpoints"); }

  void Tell(const scheduler_effect::WriteResult& write) { Say("write {}", Name(write.status)); }

  void Tell(const scheduler_effect::StartTimer& start) {
    timers_.Start(start.timer, sim::Later(now_, start.after));
    Say("timer {} in {}", Name(start.timer), sim::Show(start.after));
  }

  SchedulerCore::Options options_;
  JobGraph graph_;
  std::optional<SchedulerCore> core_;
  sim::SimTime now_{};
  tests::ScriptTimers<SchedulerTimer> timers_;
};

}  // namespace flinch::engine
