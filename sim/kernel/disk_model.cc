#include "sim/kernel/disk_model.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <utility>

#include <xxhash.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/process_environment.h"

namespace flinch::sim {

DiskModel::DiskModel(Kernel& kernel, const Choices& choices, std::string_view kind,
                     std::string_view host, const DiskOptions& options)
    : kernel_(kernel), kind_(kind), host_(host), options_(options), choices_(choices) {}

void DiskModel::SetCondition(const VolumeCondition& condition) {
  parts().faults.Set(condition);
  for (const FiberId fiber : std::exchange(stalled_, {})) {
    kernel_.Wake(fiber, kernel_.CurrentCause());
  }
}

void DiskModel::Crash(ProcessId writer) {
  if (parts_ == nullptr) {
    return;
  }
  for (const Volume::Drawn& drawn : parts_->volume.Crash(writer)) {
    kernel_.Record(Step::kDiskCrash, writer,
                   static_cast<uint64_t>(drawn.piece) << 56 | drawn.number, drawn.left);
  }
}

void DiskModel::CloseAll(ProcessId owner) {
  if (parts_ != nullptr) {
    parts_->volume.CloseAll(owner);
  }
}

bool DiskModel::CountsToDeath(const DiskRequest& request) {
  return Changes(request.operation) && ++writes_ == dies_at_;
}

Duration DiskModel::TurnOf(Incarnation& incarnation, const DiskRequest& request, SimTime at) {
  const Duration turn = parts().faults.TakeTurn(request, at);
  if (turn > Duration(0)) {
    Note(DiskFault::kThrottled, incarnation, request);
  }
  return turn;
}

Duration DiskModel::SpanOf(Incarnation& incarnation, const DiskRequest& request) {
  const Duration span = IsSync(request.operation)
                            ? parts().sync.Between(options_.sync_min, options_.sync_max)
                            : parts().latency.Between(options_.latency_min, options_.latency_max);
  const Duration extra = parts().faults.ExtraLatency(request);
  if (extra > Duration(0)) {
    Note(DiskFault::kSlow, incarnation, request);
  }
  return span + extra;
}

void DiskModel::AwaitStall(Incarnation& incarnation, const DiskRequest& request) {
  bool is_noted = false;
  for (auto stall = parts().faults.Stall(request); incarnation.alive && stall;
       stall = parts().faults.Stall(request)) {
    if (!std::exchange(is_noted, true)) {
      Note(*stall, incarnation, request);
    }
    stalled_.push_back(kernel_.CurrentFiber());
    kernel_.Park({.kind = WaitKind::kDevice});
  }
}

void DiskModel::Spend(Incarnation& incarnation, const DiskRequest& request) {
  const Duration turn = TurnOf(incarnation, request, kernel_.now());
  if (turn > Duration(0)) {
    incarnation.environment.AwaitDevice(turn);
  }
  incarnation.environment.AwaitDevice(SpanOf(incarnation, request));
  AwaitStall(incarnation, request);
}

void DiskModel::Owe(Incarnation& incarnation, const DiskRequest& request, Debt& debt) {
  debt.until = std::max(debt.until, kernel_.now());
  debt.until = Later(debt.until, TurnOf(incarnation, request, debt.until));
  debt.until = Later(debt.until, SpanOf(incarnation, request));
  if (!debt.stalled && parts().faults.Stall(request)) {
    debt.stalled = request.operation;
    debt.stalled_path = request.path;
  }
}

void DiskModel::Pay(Incarnation& incarnation, Debt& debt) {
  const SimTime until = debt.until;
  const std::optional<DiskOperation> stalled = std::exchange(debt.stalled, std::nullopt);
  const std::string path = std::exchange(debt.stalled_path, {});
  incarnation.environment.AwaitDevice(std::max(until, kernel_.now()) - kernel_.now());
  if (stalled) {
    AwaitStall(incarnation, {.operation = *stalled, .path = path});
  }
}

void DiskModel::Note(DiskFault fault, const Incarnation& incarnation, const DiskRequest& request,
                     uint64_t detail) {
  constexpr uint64_t kDetailMask = (uint64_t{1} << 48) - 1;
  kernel_.Record(Step::kDiskFault, incarnation.process,
                 static_cast<uint64_t>(fault) << 56 |
                     static_cast<uint64_t>(request.operation) << 48 | (detail & kDetailMask),
                 XXH3_64bits(request.path.data(), request.path.size()));
}

}  // namespace flinch::sim
