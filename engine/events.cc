#include "engine/events.h"

#include <array>
#include <cstddef>

namespace flinch::engine::events {

namespace {

template <typename Event>
consteval auto JoinFieldNames() {
  constexpr size_t kSize = Event::Fields(
      [](const auto&... field) { return (field.name.size() + ...) + sizeof...(field) - 1; });
  std::array<char, kSize> text{};
  size_t end = 0;
  const auto append = [&](std::string_view name) {
    if (end > 0) {
      text.at(end++) = ' ';
    }
    for (const char letter : name) {
      text.at(end++) = letter;
    }
  };
  Event::Fields([&](const auto&... field) { (append(field.name), ...); });
  return text;
}

template <typename Event>
constexpr auto kFieldNames = JoinFieldNames<Event>();

template <typename Event>
constexpr EventInfo InfoOf() {
  return {.kind = Event::kKind,
          .fields = {kFieldNames<Event>.data(), kFieldNames<Event>.size()},
          .what = Event::kWhat,
          .level = Event::kLevel};
}

constexpr auto kAll = std::to_array<EventInfo>({
    InfoOf<JobStatusChanged>(),
    InfoOf<JobUnrecoverable>(),
    InfoOf<JobRestored>(),
    InfoOf<JobParallelism>(),
    InfoOf<TaskManagerRegistered>(),
    InfoOf<TaskManagerLost>(),
    InfoOf<TaskManagerFatal>(),
    InfoOf<ExecutionStateChanged>(),
    InfoOf<CheckpointDue>(),
    InfoOf<CheckpointTriggered>(),
    InfoOf<CheckpointAckReceived>(),
    InfoOf<CheckpointCompleted>(),
    InfoOf<CheckpointStored>(),
    InfoOf<CheckpointNotified>(),
    InfoOf<CheckpointSubsumed>(),
    InfoOf<CheckpointDeleted>(),
    InfoOf<CheckpointAborted>(),
    InfoOf<BarrierSent>(),
    InfoOf<BarrierReceived>(),
    InfoOf<BarrierAligned>(),
    InfoOf<SnapshotTaken>(),
    InfoOf<ChannelPersisted>(),
    InfoOf<InFlightPersisted>(),
    InfoOf<TablesUploaded>(),
    InfoOf<SnapshotUploaded>(),
    InfoOf<SharedFileDeleted>(),
    InfoOf<CheckpointAcknowledged>(),
    InfoOf<SavepointTriggered>(),
    InfoOf<SavepointStored>(),
    InfoOf<SavepointFailed>(),
    InfoOf<JobSubmitted>(),
    InfoOf<JobRefused>(),
    InfoOf<OperationBegun>(),
    InfoOf<OperationEnded>(),
    InfoOf<TaskRestoring>(),
    InfoOf<TaskStarted>(),
    InfoOf<TaskEndOfInput>(),
    InfoOf<TaskFinished>(),
    InfoOf<TaskFailed>(),
    InfoOf<TaskCanceled>(),
    InfoOf<FirstRecord>(),
    InfoOf<InputSorted>(),
    InfoOf<ResultKept>(),
    InfoOf<ResultLost>(),
    InfoOf<WindowLateRecord>(),
    InfoOf<SplitDiscovered>(),
    InfoOf<ReaderRegistered>(),
    InfoOf<SplitAssigned>(),
    InfoOf<SplitTaken>(),
    InfoOf<SplitReturned>(),
    InfoOf<SourceEventLost>(),
    InfoOf<SourceSnapshot>(),
    InfoOf<SinkPreCommitted>(),
    InfoOf<SinkCommitting>(),
    InfoOf<SinkCommitted>(),
    InfoOf<SinkAborted>(),
    InfoOf<BrokerStarted>(),
    InfoOf<TransactionBegun>(),
    InfoOf<TransactionCommitted>(),
    InfoOf<TransactionAborted>(),
    InfoOf<ProducerFenced>(),
    InfoOf<TopicSealed>(),
    InfoOf<LeaderGranted>(),
    InfoOf<LeaderRevoked>(),
    InfoOf<CoordinationStarted>(),
    InfoOf<SessionOpened>(),
    InfoOf<SessionEnded>(),
    InfoOf<NodeChanged>(),
});

}  // namespace

std::span<const EventInfo> All() { return kAll; }

}  // namespace flinch::engine::events
