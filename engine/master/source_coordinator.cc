#include "engine/master/source_coordinator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "sim/check.h"

namespace flinch::engine {

SourceCoordinator::SourceCoordinator(sim::Environment& environment, MainThread& main_thread,
                                     SourceHost& host, SourceSnapshots& snapshots,
                                     const OperatorSpec& source, VertexId vertex,
                                     const Defects& defects)
    : environment_(environment),
      main_thread_(main_thread),
      host_(host),
      snapshots_(snapshots),
      source_(source.state_name()),
      name_(source.name),
      vertex_(vertex),
      core_(source.parallelism, defects),
      enumerator_(source.make_enumerator(*this)) {}

void SourceCoordinator::Start(const Bytes* restored, uint32_t parallelism) {
  Feed(source_input::Reset{.parallelism = parallelism});
  states_.clear();
  if (const sim::Result<void> started = enumerator_->Start(restored); !started) {
    FailJob(started.error().message);
  }
}

void SourceCoordinator::Feed(SourceInput input) {
  inputs_.push_back(std::move(input));
  if (std::exchange(stepping_, true)) {
    return;  // an effect has brought it: it comes when all effects of this step are out
  }
  while (!inputs_.empty()) {
    const SourceInput next = std::move(inputs_.front());
    inputs_.pop_front();
    for (const SourceEffect& effect : core_.Step(next)) {
      std::visit([this](const auto& each) { Perform(each); }, effect);
    }
  }
  stepping_ = false;
}

void SourceCoordinator::OnDiscovered(const SourceSplit& split) {
  events::Trace(environment_, events::SplitDiscovered{.source = name_, .split = split.id});
}

sim::Result<void> SourceCoordinator::CheckRegistered(SubtaskIndex reader) const {
  if (core_.IsRegistered(reader)) {
    return {};
  }
  return sim::Fail(
      sim::ErrorCode::kInvalidArgument,
      fmt::format("Reader {} of source {} is not registered; ask IsRegistered, or wait "
                  "for AddReader.",
                  reader.value(), name_));
}

sim::Result<void> SourceCoordinator::AssignSplits(SubtaskIndex reader,
                                                  std::vector<SourceSplit> splits) {
  const sim::Result<void> known = CheckRegistered(reader);
  if (known && !splits.empty()) {
    Feed(source_input::Assign{.reader = reader, .splits = std::move(splits)});
  }
  return known;
}

sim::Result<void> SourceCoordinator::SignalNoMoreSplits(SubtaskIndex reader) {
  const sim::Result<void> known = CheckRegistered(reader);
  if (known) {
    Feed(source_input::SignalNoMoreSplits{.reader = reader});
  }
  return known;
}

void SourceCoordinator::CallAsync(std::string_view name, std::move_only_function<Mail()> work) {
  main_thread_.Async(name, std::move(work), [](Mail mail) { mail(); });
}

void SourceCoordinator::CallLater(sim::Duration delay, Mail mail) {
  main_thread_.PostLater(delay, std::move(mail));
}

void SourceCoordinator::FailJob(const std::string& reason) {
  host_.FailJobOfSource(fmt::format("the enumerator of source {} failed: {}", name_, reason));
}

void SourceCoordinator::Perform(const source_effect::AddReader& add) {
  events::Trace(environment_,
                events::ReaderRegistered{.subtask = host_.NameOf(TaskOf(add.reader, add.attempt)),
                                         .attempt = add.attempt});
  enumerator_->AddReader(add.reader);
}

void SourceCoordinator::Perform(const source_effect::AddSplitsBack& back) {
  for (const SourceSplit& split : back.splits) {
    events::Trace(environment_,
                  events::SplitReturned{.subtask = host_.NameOf(TaskOf(back.reader, {})),
                                        .checkpoint = back.restored,
                                        .split = split.id});
  }
  enumerator_->AddSplitsBack(back.reader, back.splits);
}

void SourceCoordinator::Perform(const source_effect::SnapshotEnumerator& snapshot) {
  states_[snapshot.id] = enumerator_->SnapshotState(snapshot.id);
  events::Trace(environment_, events::SourceSnapshot{.id = snapshot.id, .source = name_});
}

void SourceCoordinator::Perform(const source_effect::SnapshotReady& ready) {
  const auto found = states_.find(ready.id);
  sim::Check(found != states_.end(), "checkpoint {} is ready without a state", ready.id.value());
  Bytes state = std::move(found->second);
  states_.erase(states_.begin(), states_.upper_bound(ready.id));
  snapshots_.OnReady(ready.id, source_, std::move(state));
}

void SourceCoordinator::Perform(const source_effect::SnapshotFailed& failed) {
  states_.erase(failed.id);
  snapshots_.OnFailed(failed.id);
}

void SourceCoordinator::Perform(const source_effect::NotifyComplete& notify) {
  enumerator_->NotifyCheckpointComplete(notify.id);
}

void SourceCoordinator::Perform(const source_effect::Send& send) {
  const ExecutionAttemptId task = TaskOf(send.reader, send.attempt);
  if (const auto* const add = std::get_if<AddSplitsEvent>(&send.event)) {
    for (const SourceSplit& split : add->splits) {
      events::Trace(environment_,
                    events::SplitAssigned{
                        .subtask = host_.NameOf(task), .attempt = send.attempt, .split = split.id});
    }
  }
  host_.SendToReader(task, send.sequence, send.event,
                     [this, reader = send.reader, attempt = send.attempt,
                      sequence = send.sequence](const sim::Result<void>& heard) {
                       if (heard) {
                         Feed(source_input::EventAcknowledged{
                             .reader = reader, .attempt = attempt, .sequence = sequence});
                       } else {
                         Feed(source_input::EventLost{.reader = reader,
                                                      .attempt = attempt,
                                                      .sequence = sequence,
                                                      .reason = heard.error().message});
                       }
                     });
}

void SourceCoordinator::Perform(const source_effect::FailReader& fail) {
  const ExecutionAttemptId task = TaskOf(fail.reader, fail.attempt);
  events::Trace(environment_,
                events::SourceEventLost{
                    .subtask = host_.NameOf(task), .attempt = fail.attempt, .reason = fail.reason});
  host_.FailReader(task, fmt::format("An event from the coordinator of source {} to it was lost; "
                                     "it fails so that both agree again. {}",
                                     name_, fail.reason));
}

SourceCoordinators::SourceCoordinators(sim::Environment& environment, MainThread& main_thread,
                                       SourceHost& host, const JobGraph& graph,
                                       const Defects& defects)
    : host_(host) {
  for (const JobVertex& vertex : graph.vertices) {
    for (const size_t node : vertex.operators) {
      const OperatorSpec& spec = graph.stream.nodes.at(node);
      if (spec.make_enumerator != nullptr) {
        sim::Check(spec.is_source, "{} has an enumerator and is no source", spec.name);
        coordinators_.push_back(std::make_unique<SourceCoordinator>(
            environment, main_thread, host_, *this, spec, vertex.id, defects));
      }
    }
  }
}

void SourceCoordinators::Start(const CompletedCheckpoint* latest, const JobGraph& graph) {
  parts_.clear();
  for (const auto& coordinator : coordinators_) {
    const Bytes* restored = nullptr;
    if (latest != nullptr) {
      const auto found = latest->coordinators.find(coordinator->source());
      restored = found == latest->coordinators.end() ? nullptr : &found->second;
    }
    coordinator->Start(restored, graph.vertex(coordinator->vertex()).parallelism);
  }
}

SourceCoordinator* SourceCoordinators::Find(VertexId vertex) {
  for (const auto& coordinator : coordinators_) {
    if (coordinator->vertex() == vertex) {
      return coordinator.get();
    }
  }
  return nullptr;
}

void SourceCoordinators::FeedAll(const SourceInput& input) {
  for (const auto& coordinator : coordinators_) {
    coordinator->Feed(input);
  }
}

void SourceCoordinators::OnRunning(const ExecutionAttemptId& task) {
  if (SourceCoordinator* const coordinator = Find(task.vertex)) {
    coordinator->Feed(
        source_input::ReaderRegistered{.reader = task.subtask, .attempt = task.attempt});
  }
}

void SourceCoordinators::OnEnded(const ExecutionAttemptId& task) {
  if (SourceCoordinator* const coordinator = Find(task.vertex)) {
    coordinator->Feed(source_input::ReaderEnded{.reader = task.subtask, .attempt = task.attempt});
  }
}

void SourceCoordinators::OnReset(const ExecutionAttemptId& task, CheckpointId restored) {
  if (SourceCoordinator* const coordinator = Find(task.vertex)) {
    coordinator->Feed(source_input::ReaderReset{.reader = task.subtask, .restored = restored});
  }
}

void SourceCoordinators::Checkpoint(CheckpointId id) {
  parts_.try_emplace(id);
  FeedAll(source_input::Checkpoint{.id = id});
}

void SourceCoordinators::OnBarrier(const ExecutionAttemptId& task, CheckpointId id) {
  if (SourceCoordinator* const coordinator = Find(task.vertex)) {
    coordinator->Feed(source_input::BarrierInjected{.reader = task.subtask, .id = id});
  }
}

void SourceCoordinators::OnAborted(CheckpointId id) {
  parts_.erase(id);
  FeedAll(source_input::CheckpointAborted{.id = id});
}

void SourceCoordinators::OnComplete(CheckpointId id) {
  FeedAll(source_input::CheckpointComplete{.id = id});
}

void SourceCoordinators::OnReady(CheckpointId id, const std::string& source, Bytes state) {
  const auto parts = parts_.find(id);
  if (parts == parts_.end()) {
    return;  // it was given up
  }
  parts->second[source] = std::move(state);
  if (parts->second.size() == coordinators_.size()) {
    const CoordinatorStates states = std::move(parts->second);
    parts_.erase(parts);
    host_.OnCoordinatorsReady(id, states);
  }
}

void SourceCoordinators::OnFailed(CheckpointId id) {
  parts_.erase(id);
  host_.OnCoordinatorsFailed(id);
}

}  // namespace flinch::engine
