#include "sim/kernel/disk_model.h"

#define XXH_INLINE_ALL
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

void DiskModel::Spend(Incarnation& incarnation, const DiskRequest& request) {
  ProcessEnvironment& environment = incarnation.environment;
  if (const Duration turn = parts().faults.TakeTurn(request, kernel_.now()); turn > Duration(0)) {
    Note(DiskFault::kThrottled, incarnation, request);
    environment.AwaitDevice(turn);
  }
  const bool syncs = IsSync(request.operation);
  Duration span = syncs ? parts().sync.Between(options_.sync_min, options_.sync_max)
                        : parts().latency.Between(options_.latency_min, options_.latency_max);
  if (const Duration extra = parts().faults.ExtraLatency(request); extra > Duration(0)) {
    Note(DiskFault::kSlow, incarnation, request);
    span += extra;
  }
  environment.AwaitDevice(span);
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

void DiskModel::Note(DiskFault fault, const Incarnation& incarnation, const DiskRequest& request,
                     uint64_t detail) {
  constexpr uint64_t kDetailMask = (uint64_t{1} << 48) - 1;
  kernel_.Record(Step::kDiskFault, incarnation.process,
                 static_cast<uint64_t>(fault) << 56 |
                     static_cast<uint64_t>(request.operation) << 48 | (detail & kDetailMask),
                 XXH3_64bits(request.path.data(), request.path.size()));
}

}  // namespace flinch::sim
