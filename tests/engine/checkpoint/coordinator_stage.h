// A CheckpointCoordinator with a job that is an actor: it runs what the test tells it to, and notes
// what it is told.
//
//   CoordinatorStage stage;
//   stage.job.acknowledges_after = 50ms;
//   stage.Play([&] { stage.Sleep(10s); });
//   EXPECT_THAT(stage.job.heard, …);
//
// The script runs on a fiber of the coordinator's process; `Do` runs something on its main thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint/checkpoint_coordinator.h"
#include "engine/checkpoint/volume_services.h"
#include "tests/support/bench.h"
#include "tests/support/flaky_volume.h"

namespace flinch::engine {

inline ExecutionAttemptId SourceTask(uint32_t subtask) {
  return {VertexId(0), SubtaskIndex(subtask), AttemptNumber(1)};
}

inline ExecutionAttemptId SinkTask(uint32_t subtask) {
  return {VertexId(1), SubtaskIndex(subtask), AttemptNumber(1)};
}

inline SnapshotHandle SnapshotOf(const ExecutionAttemptId& task, std::string path = "/p") {
  return {.vertex = task.vertex, .subtask = task.subtask, .path = std::move(path), .size = 1};
}

// Two sources, one sink.
class ActingJob final : public CheckpointedJob {
 public:
  bool all_running = true;
  bool all_at_end = false;
  bool reachable = true;  // else triggers fail at once
  // When set, all tasks acknowledge a checkpoint this long after its trigger.
  std::optional<sim::Duration> acknowledges_after;
  // "trigger source[0] 3", "complete sink[0] 3", "complete sink[0] 3 final", "abort …", "fail …".
  std::vector<std::string> heard;
  std::function<void(CheckpointId)> on_complete;

  bool AllRunning() const override { return all_running; }

  bool AllAtEndOfInput() const override { return all_at_end; }

  std::vector<ExecutionAttemptId> Sources() const override {
    return {SourceTask(0), SourceTask(1)};
  }

  std::vector<ExecutionAttemptId> Tasks() const override {
    return {SourceTask(0), SourceTask(1), SinkTask(0)};
  }

  std::string NameOf(const ExecutionAttemptId& task) const override {
    return (task.vertex == VertexId(0) ? "source[" : "sink[") +
           std::to_string(task.subtask.value()) + "]";
  }

  void Trigger(const ExecutionAttemptId& task, const CheckpointMeta& meta) override {
    const CheckpointId id = meta.id;
    Hear("trigger", task, id, "");
    if (!reachable) {
      coordinator->OnTriggerFailed(id);
    } else if (acknowledges_after && task == Sources().back()) {
      main_thread->PostLater(*acknowledges_after, [this, id] { AcknowledgeAll(id); });
    }
  }

  void NotifyComplete(const ExecutionAttemptId& task, CheckpointId id, bool is_final) override {
    Hear("complete", task, id, is_final ? " final" : "");
    if (on_complete) {
      on_complete(id);
    }
  }

  void NotifyAborted(const ExecutionAttemptId& task, CheckpointId id) override {
    Hear("abort", task, id, "");
  }

  void OnTooManyFailures(const std::string& reason) override { heard.push_back("fail " + reason); }

  void AcknowledgeAll(CheckpointId id) {
    for (const ExecutionAttemptId& task : Tasks()) {
      coordinator->OnAcknowledge(task, id, SnapshotOf(task));
    }
  }

  CheckpointCoordinator* coordinator = nullptr;
  MainThread* main_thread = nullptr;

 private:
  void Hear(const char* what, const ExecutionAttemptId& task, CheckpointId id, const char* more) {
    heard.push_back(std::string(what) + " " + NameOf(task) + " " + std::to_string(id.value()) +
                    more);
  }
};

class CoordinatorStage {
 public:
  explicit CoordinatorStage(uint64_t seed = 1) : bench(seed) {}

  // Before Play.
  CheckpointOptions options{.interval = std::chrono::seconds(1),
                            .timeout = std::chrono::seconds(3),
                            .min_pause = sim::Duration(0),
                            .tolerable_failures = 1'000,
                            .retained = 1};
  Defects defects;
  ActingJob job;
  tests::Bench bench;

  // Recovers, runs `script` until it returns, and kills the process. Each call is a new master.
  void Play(const std::function<void()>& script) {
    bool ended = false;
    const sim::ProcessId process = bench.Start("jm", [&](sim::Environment& real) {
      tests::FlakyEnvironment flaky(real);
      MainThread main_thread(flaky);
      VolumeServices services(flaky, defects);
      CheckpointCoordinator coordinator(flaky, main_thread, job, services, "job",
                                        {.checkpoint = options, .defects = defects});
      sim::Check(coordinator.Recover().has_value(), "the coordinator does not recover");
      environment_ = &flaky;
      job.coordinator = &coordinator;
      job.main_thread = &main_thread;
      flaky.Spawn("script", [&] {
        script();
        ended = true;
      });
      main_thread.Run();
    });
    sim::Check(bench.RunUntil([&ended] { return ended; }), "the script never ends");
    bench.world().Crash(process);
    bench.RunFor(sim::Duration(1));
  }

  void Start() {
    Do([this] { job.coordinator->Start(); });
  }

  void Sleep(sim::Duration span) { environment_->Sleep(span); }

  // On the coordinator's main thread; returns when it is done.
  void Do(std::function<void()> act) {
    bool done = false;
    sim::Condition changed(*environment_);
    job.main_thread->Post([&] {
      act();
      done = true;
      changed.NotifyAll();
    });
    changed.WaitFor([&] { return done; });
  }

  // Waits until this event has been traced `times` times; false after a minute.
  bool Await(std::string_view kind, size_t times = 1) {
    for (int step = 0; step < 60'000; ++step) {
      if (bench.Events(kind).size() >= times) {
        return true;
      }
      Sleep(std::chrono::milliseconds(1));
    }
    return false;
  }

  tests::FlakyVolume& volume() { return environment_->volume(); }

  sim::SimTime Now() const { return environment_->Now(); }

  // The ids in events of this kind, in order.
  std::vector<int64_t> Ids(std::string_view kind) const {
    std::vector<int64_t> ids;
    for (const sim::RecordedEvent& event : bench.Events(kind)) {
      ids.push_back(*event.Number("id"));
    }
    return ids;
  }

  std::vector<sim::SimTime> Times(std::string_view kind) const {
    std::vector<sim::SimTime> times;
    for (const sim::RecordedEvent& event : bench.Events(kind)) {
      times.push_back(event.time);
    }
    return times;
  }

  // How often the job heard what starts so.
  size_t Heard(std::string_view prefix) const {
    return static_cast<size_t>(std::ranges::count_if(
        job.heard, [prefix](const std::string& line) { return line.starts_with(prefix); }));
  }

 private:
  tests::FlakyEnvironment* environment_ = nullptr;
};

}  // namespace flinch::engine
