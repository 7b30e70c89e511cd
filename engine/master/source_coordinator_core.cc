#include "engine/master/source_coordinator_core.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::engine {
std::string_view Name(GatewayPhase phase) {
  static constexpr std::array<std::string_view, 4> kNames = {"unregistered", "open", "sending",
                                                             "closed"};
  return kNames.at(static_cast<size_t>(phase));
}

std::string_view Name(GatewayInput input) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "registered", "event", "checkpoint", "acknowledged", "lost", "barrier", "ended"};
  return kNames.at(static_cast<size_t>(input));
}

std::string_view Name(GatewayAction action) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "add reader", "send", "report", "go on", "fail reader", "discard", "ignore"};
  return kNames.at(static_cast<size_t>(action));
}

SourceCoordinatorCore::SourceCoordinatorCore(uint32_t parallelism, const Defects& defects)
    : defects_(defects) {
  sim::Check(parallelism > 0, "a source has no reader");
  for (uint32_t reader = 0; reader < parallelism; ++reader) {
    gateways_.emplace_back().reader = SubtaskIndex(reader);
  }
}

std::span<const SourceEffect> SourceCoordinatorCore::Step(const SourceInput& input) {
  effects_.clear();
  std::visit([this](const auto& each) { On(each); }, input);
  Verify();
  return effects_;
}

void SourceCoordinatorCore::Verify() const {
  for (const Gateway& gateway : gateways_) {
    const uint32_t reader = gateway.reader.value();
    const bool is_idle =
        gateway.phase == GatewayPhase::kUnregistered || gateway.phase == GatewayPhase::kOpen;
    sim::Check(is_idle == gateway.items.empty(), "the gateway of reader {} is {} with {} items",
               reader, Name(gateway.phase), gateway.items.size());
    if (gateway.phase == GatewayPhase::kSending) {
      sim::Check(std::holds_alternative<SourceEvent>(gateway.items.front()),
                 "what is under way to reader {} is no event", reader);
    } else if (gateway.phase == GatewayPhase::kClosed) {
      sim::Check(std::holds_alternative<CheckpointId>(gateway.items.front()),
                 "an event closes the gateway of reader {}", reader);
    }
  }
  for (const auto& [id, readers] : waiting_) {
    sim::Check(!readers.empty(), "checkpoint {} waits for nobody", id.value());
  }
}

std::string SourceCoordinatorCore::Show() const {
  std::string text = assignments_.Show();
  for (const Gateway& gateway : gateways_) {
    text += fmt::format(" | {}#{} {} {}:", gateway.reader.value(), gateway.attempt.value(),
                        Name(gateway.phase), gateway.sequence);
    for (const Item& item : gateway.items) {
      const auto* const id = std::get_if<CheckpointId>(&item);
      text += id == nullptr ? " event" : fmt::format(" chk-{}", id->value());
    }
  }
  for (const auto& [id, readers] : waiting_) {
    text += fmt::format(" | chk-{} waits for {}", id.value(), readers.size());
  }
  return text;
}

SourceCoordinatorCore::Gateway& SourceCoordinatorCore::At(SubtaskIndex reader) {
  sim::Check(reader.value() < gateways_.size(), "a source has no reader {}", reader.value());
  return gateways_[reader.value()];
}

SourceCoordinatorCore::Gateway* SourceCoordinatorCore::Find(SubtaskIndex reader) {
  return reader.value() < gateways_.size() ? &gateways_[reader.value()] : nullptr;
}

bool SourceCoordinatorCore::IsRegistered(SubtaskIndex reader) const {
  return reader.value() < gateways_.size() &&
         gateways_[reader.value()].phase != GatewayPhase::kUnregistered;
}

bool SourceCoordinatorCore::IsUnderWay(const Gateway& gateway, AttemptNumber attempt,
                                       uint64_t sequence) {
  return gateway.phase == GatewayPhase::kSending && gateway.attempt == attempt &&
         gateway.sequence == sequence;
}

void SourceCoordinatorCore::Feed(Gateway& gateway, GatewayInput input, const std::string& reason) {
  const auto& row = engine::Step(kGatewayTransitions, gateway.phase, input);
  gateway.phase = row.to;
  switch (row.action) {
    case GatewayAction::kAddReader:
      Emit(source_effect::AddReader{.reader = gateway.reader, .attempt = gateway.attempt});
      break;
    case GatewayAction::kSend:
      Emit(source_effect::Send{.reader = gateway.reader,
                               .attempt = gateway.attempt,
                               .sequence = ++gateway.sequence,
                               .event = std::get<SourceEvent>(gateway.items.front())});
      break;
    case GatewayAction::kReport:
      Report(std::get<CheckpointId>(gateway.items.front()), gateway.reader);
      break;
    case GatewayAction::kGoOn:
      gateway.items.pop_front();
      break;
    case GatewayAction::kFailReader:
      Discard(gateway, true);
      Emit(source_effect::FailReader{
          .reader = gateway.reader, .attempt = gateway.attempt, .reason = reason});
      break;
    case GatewayAction::kDiscard:
      Discard(gateway, false);
      break;
    case GatewayAction::kIgnore:
      break;
  }
}

void SourceCoordinatorCore::Pump(Gateway& gateway) {
  while (gateway.phase == GatewayPhase::kOpen && !gateway.items.empty()) {
    const bool is_event = std::holds_alternative<SourceEvent>(gateway.items.front());
    Feed(gateway, is_event ? GatewayInput::kEvent : GatewayInput::kCheckpoint);
  }
}

void SourceCoordinatorCore::Discard(Gateway& gateway, bool failed) {
  for (const Item& item : std::exchange(gateway.items, {})) {
    const auto* const id = std::get_if<CheckpointId>(&item);
    if (id != nullptr && waiting_.erase(*id) == 1 && failed) {
      Emit(source_effect::SnapshotFailed{.id = *id});
    }
  }
}

void SourceCoordinatorCore::Report(CheckpointId id, SubtaskIndex reader) {
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end() || waiting->second.erase(reader) == 0) {
    return;  // it was given up, or has heard of the reader
  }
  if (waiting->second.empty()) {
    waiting_.erase(waiting);
    Emit(source_effect::SnapshotReady{.id = id});
  }
}

void SourceCoordinatorCore::On(const source_input::ReaderRegistered& registered) {
  Gateway& gateway = At(registered.reader);
  if (registered.attempt <= gateway.attempt) {
    return;  // repeated, or of an attempt that is over
  }
  if (gateway.phase != GatewayPhase::kUnregistered) {
    Feed(gateway, GatewayInput::kEnded);  // nobody has told of it
  }
  gateway.attempt = registered.attempt;
  gateway.sequence = 0;
  Feed(gateway, GatewayInput::kRegistered);
}

void SourceCoordinatorCore::On(const source_input::ReaderEnded& ended) {
  Gateway& gateway = At(ended.reader);
  if (ended.attempt < gateway.attempt) {
    return;
  }
  // It may have ended before it ever ran; then it shall never register.
  gateway.attempt = ended.attempt;
  Feed(gateway, GatewayInput::kEnded);
  if (defects_.Has(Defect::kSplitsComeBackAtTheFailure)) {
    GiveBack(ended.reader, last_complete_);
  }
}

void SourceCoordinatorCore::On(const source_input::ReaderReset& reset) {
  Gateway& gateway = At(reset.reader);
  if (gateway.phase != GatewayPhase::kUnregistered) {
    Feed(gateway, GatewayInput::kEnded);
  }
  GiveBack(reset.reader, reset.restored);
}

void SourceCoordinatorCore::GiveBack(SubtaskIndex reader, CheckpointId restored) {
  std::vector<SourceSplit> back = assignments_.TakeBack(reader, restored);
  if (!back.empty()) {
    Emit(source_effect::AddSplitsBack{
        .reader = reader, .restored = restored, .splits = std::move(back)});
  }
}

void SourceCoordinatorCore::On(const source_input::Reset& reset) {
  sim::Check(reset.parallelism > 0, "a source has no reader");
  for (Gateway& gateway : gateways_) {
    Feed(gateway, GatewayInput::kEnded);
  }
  while (gateways_.size() > reset.parallelism) {
    gateways_.pop_back();
  }
  while (gateways_.size() < reset.parallelism) {
    const SubtaskIndex next(static_cast<uint32_t>(gateways_.size()));
    gateways_.emplace_back().reader = next;
  }
  assignments_.Clear();
}

void SourceCoordinatorCore::On(const source_input::Assign& assign) {
  sim::Check(!assign.splits.empty(), "reader {} is assigned nothing", assign.reader.value());
  Gateway& gateway = At(assign.reader);
  if (gateway.phase == GatewayPhase::kUnregistered) {
    // It ended while the wish was on its way.
    return Emit(source_effect::AddSplitsBack{
        .reader = assign.reader, .restored = CheckpointId(), .splits = assign.splits});
  }
  assignments_.Record(assign.reader, assign.splits);
  gateway.items.emplace_back(SourceEvent(AddSplitsEvent{assign.splits}));
  Pump(gateway);
}

void SourceCoordinatorCore::On(const source_input::SignalNoMoreSplits& signal) {
  Gateway& gateway = At(signal.reader);
  if (gateway.phase != GatewayPhase::kUnregistered) {  // else it is told when it registers
    gateway.items.emplace_back(SourceEvent(NoMoreSplitsEvent()));
    Pump(gateway);
  }
}

void SourceCoordinatorCore::On(const source_input::EventAcknowledged& acknowledged) {
  Gateway* const gateway = Find(acknowledged.reader);
  if (gateway != nullptr && IsUnderWay(*gateway, acknowledged.attempt, acknowledged.sequence)) {
    Feed(*gateway, GatewayInput::kAcknowledged);
    Pump(*gateway);
  }
}

void SourceCoordinatorCore::On(const source_input::EventLost& lost) {
  Gateway* const gateway = Find(lost.reader);
  if (gateway == nullptr || !IsUnderWay(*gateway, lost.attempt, lost.sequence)) {
    return;
  }
  if (defects_.Has(Defect::kLostEventCountsAsHeard)) {
    Feed(*gateway, GatewayInput::kAcknowledged);
    return Pump(*gateway);
  }
  Feed(*gateway, GatewayInput::kLost, lost.reason);
}

void SourceCoordinatorCore::On(const source_input::Checkpoint& checkpoint) {
  Emit(source_effect::SnapshotEnumerator{.id = checkpoint.id});
  assignments_.OnCheckpoint(checkpoint.id);
  std::set<SubtaskIndex> readers;
  for (Gateway& gateway : gateways_) {
    if (gateway.phase != GatewayPhase::kUnregistered) {
      gateway.items.emplace_back(checkpoint.id);
      readers.insert(gateway.reader);
    }
  }
  if (readers.empty()) {
    return Emit(source_effect::SnapshotReady{.id = checkpoint.id});
  }
  waiting_[checkpoint.id] = readers;
  for (const SubtaskIndex reader : readers) {
    Pump(At(reader));
  }
}

void SourceCoordinatorCore::OpenFor(Gateway& gateway, CheckpointId id) {
  const auto cut = std::ranges::find(gateway.items, Item(id));
  if (cut == gateway.items.end()) {
    return;  // opened before, or it has a new attempt
  }
  if (cut != gateway.items.begin()) {
    gateway.items.erase(cut);
  } else {
    Feed(gateway, GatewayInput::kBarrier);
  }
  Pump(gateway);
}

void SourceCoordinatorCore::On(const source_input::BarrierInjected& barrier) {
  if (Gateway* const gateway = Find(barrier.reader)) {
    OpenFor(*gateway, barrier.id);
  }
}

void SourceCoordinatorCore::On(const source_input::CheckpointAborted& aborted) {
  waiting_.erase(aborted.id);
  for (Gateway& gateway : gateways_) {
    OpenFor(gateway, aborted.id);
  }
}

void SourceCoordinatorCore::On(const source_input::CheckpointComplete& complete) {
  last_complete_ = std::max(last_complete_, complete.id);
  assignments_.OnCheckpointComplete(complete.id);
  Emit(source_effect::NotifyComplete{.id = complete.id});
  for (Gateway& gateway : gateways_) {
    OpenFor(gateway, complete.id);  // all have had its barrier; who said so may not have been heard
  }
}

}  // namespace flinch::engine
