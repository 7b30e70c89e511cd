#include "faults/conditions.h"

namespace flinch::faults {

sim::DiskCondition ConditionOf(const DiskFault& fault) {
  sim::DiskCondition condition{.path_prefix = fault.path};
  switch (fault.trouble) {
    case DiskTrouble::kReadError:
      condition.read_error = fault.ratio;
      break;
    case DiskTrouble::kWriteError:
      condition.write_error = fault.ratio;
      break;
    case DiskTrouble::kSyncError:
      condition.sync_error = fault.ratio;
      break;
    case DiskTrouble::kFull:
      condition.capacity_bytes = fault.bytes;
      break;
    case DiskTrouble::kSlow:
      condition.extra_latency = fault.by;
      break;
    case DiskTrouble::kHang:
      condition.hung = true;
      break;
    case DiskTrouble::kLyingSync:
      condition.lying_sync = fault.ratio;
      break;
    case DiskTrouble::kBitRot:
      condition.bit_rot = fault.ratio;
      break;
    case DiskTrouble::kMisdirectedWrite:
      condition.misdirected_write = fault.ratio;
      break;
  }
  return condition;
}

sim::LinkCondition ConditionOf(const ImpairLink& fault) {
  sim::LinkCondition condition;
  switch (fault.trouble) {
    case LinkTrouble::kClog:
      condition.clog = true;
      break;
    case LinkTrouble::kDuplicate:
      condition.duplicate = fault.ratio;
      break;
    case LinkTrouble::kReorder:
      condition.reorder = fault.ratio;
      condition.reorder_delay = fault.by;
      break;
    case LinkTrouble::kCorrupt:
      condition.corrupt = fault.ratio;
      condition.corruption =
          fault.undetected ? sim::Corruption::kUndetected : sim::Corruption::kDetected;
      break;
    case LinkTrouble::kStall:
      condition.stall = fault.ratio;
      condition.stall_time = fault.by;
      break;
    case LinkTrouble::kBandwidth:
      condition.bytes_per_second = fault.bytes_per_second;
      break;
  }
  return condition;
}

sim::VolumeCondition ConditionOf(const VolumeFault& fault) {
  sim::VolumeCondition condition;
  switch (fault.trouble) {
    case VolumeTrouble::kOutage:
      condition.outage = sim::Outage::kRefuses;
      break;
    case VolumeTrouble::kHang:
      condition.outage = sim::Outage::kHangs;
      break;
    case VolumeTrouble::kThrottle:
      condition.operations_per_second = static_cast<uint32_t>(fault.operations_per_second);
      break;
    case VolumeTrouble::kRequestLost:
      condition.request_lost = fault.ratio;
      break;
    case VolumeTrouble::kReplyLost:
      condition.reply_lost = fault.ratio;
      break;
    case VolumeTrouble::kLate:
      condition.listing_delay_max = fault.by;
      break;
  }
  return condition;
}

}  // namespace flinch::faults
