#include "engine/network/barrier_handler.h"

#include <algorithm>

namespace flinch::engine {

AlignmentInput BarrierHandler::Classify(size_t channel, CheckpointId id) const {
  if (id > newest_) {
    return received_.size() == 1 ? AlignmentInput::kOnlyBarrier : AlignmentInput::kNewBarrier;
  }
  if (id < newest_ || phase_ == AlignmentPhase::kIdle || received_[channel]) {
    return AlignmentInput::kStale;
  }
  return count_ + 1 == received_.size() ? AlignmentInput::kLastBarrier : AlignmentInput::kBarrier;
}

std::string_view BarrierHandler::PlaceOf(size_t channel, CheckpointId id) const {
  switch (Classify(channel, id)) {
    case AlignmentInput::kNewBarrier:
      return "first";
    case AlignmentInput::kBarrier:
      return "middle";
    case AlignmentInput::kOnlyBarrier:
    case AlignmentInput::kLastBarrier:
      return "last";
    case AlignmentInput::kStale:
    case AlignmentInput::kAborted:
      break;
  }
  return "stale";
}

// An alignment ends without its checkpoint.
void BarrierHandler::GiveUp() {
  if (!defects_.Has(Defect::kAlignerKeepsReceived)) {
    Forget();
  }
}

void BarrierHandler::Forget() {
  received_.assign(received_.size(), false);
  count_ = 0;
}

std::optional<CheckpointId> BarrierHandler::OnBarrier(size_t channel, CheckpointId id) {
  sim::Check(channel < received_.size(), "a barrier on channel {} of {}", channel,
             received_.size());
  const auto& row = Step(kAlignmentTransitions, phase_, Classify(channel, id));
  phase_ = row.to;
  newest_ = std::max(newest_, id);
  switch (row.action) {
    case AlignmentAction::kIgnore:
    case AlignmentAction::kUnblockAll:
      return std::nullopt;
    case AlignmentAction::kRestart:
      GiveUp();
      [[fallthrough]];
    case AlignmentAction::kStart:
    case AlignmentAction::kCount:
      count_ += received_[channel] ? 0U : 1U;
      received_[channel] = true;
      sim::Check(count_ < received_.size(), "checkpoint {} is aligned and yet waits", id.value());
      return std::nullopt;
    case AlignmentAction::kSnapshot:
      Forget();
      return id;
  }
  sim::Unreachable("alignment action {}", static_cast<int>(row.action));
}

void BarrierHandler::OnAborted(CheckpointId id) {
  if (phase_ == AlignmentPhase::kAligning && id >= newest_) {
    phase_ = Step(kAlignmentTransitions, phase_, AlignmentInput::kAborted).to;
    GiveUp();
  }
  newest_ = std::max(newest_, id);
}

}  // namespace flinch::engine
