#include "sim/kernel/volume_faults.h"

#include <algorithm>
#include <vector>

namespace flinch::sim {

bool IsRead(DiskOperation operation) {
  return operation == DiskOperation::kRead || operation == DiskOperation::kReadAt ||
         operation == DiskOperation::kSize || operation == DiskOperation::kList ||
         operation == DiskOperation::kOpenOld || operation == DiskOperation::kEntries;
}

bool IsSync(DiskOperation operation) {
  return operation == DiskOperation::kSync || operation == DiskOperation::kSyncNames ||
         operation == DiskOperation::kPut;
}

bool Changes(DiskOperation operation) {
  return !IsRead(operation) && operation != DiskOperation::kLockShared &&
         operation != DiskOperation::kLockExclusive && operation != DiskOperation::kUnlock;
}

bool IsWrite(DiskOperation operation) {
  return operation == DiskOperation::kPut || (Changes(operation) && !IsSync(operation));
}

VolumeFaults::VolumeFaults(const Choices& choices, std::string_view volume)
    : request_lost_(choices.Point("disk.request_lost", volume)),
      reply_lost_(choices.Point("disk.reply_lost", volume)),
      read_error_(choices.Point("disk.read_error", volume)),
      write_error_(choices.Point("disk.write_error", volume)),
      sync_error_(choices.Point("disk.sync_error", volume)),
      lie_(choices.Point("disk.lie", volume)),
      rot_(choices.Point("disk.rot", volume)),
      rotten_bit_(choices.Point("disk.rot.bit", volume)),
      misdirect_(choices.Point("disk.misdirect", volume)),
      misdirect_target_(choices.Point("disk.misdirect.target", volume)),
      listing_(choices.Point("disk.listing", volume)) {}

void VolumeFaults::Set(const VolumeCondition& condition) {
  condition_ = condition;
  writes_ = 0;
  next_turn_ = kEpoch;
}

bool VolumeFaults::Concerns(const DiskRequest& request) const {
  const std::string_view prefix = condition_.disk.path_prefix;
  return request.path.starts_with(prefix) ||
         (!request.other_path.empty() && request.other_path.starts_with(prefix));
}

bool VolumeFaults::Strikes(ChoicePoint& point, Ratio rate) {
  return rate.numerator != 0 && point.Chance(rate);
}

std::optional<DiskFault> VolumeFaults::Stall(const DiskRequest& request) const {
  if (!Concerns(request)) {
    return std::nullopt;
  }
  if (condition_.outage == Outage::kHangs) {
    return DiskFault::kOutage;
  }
  return condition_.disk.hung ? std::optional(DiskFault::kHung) : std::nullopt;
}

Duration VolumeFaults::ExtraLatency(const DiskRequest& request) const {
  return Concerns(request) ? condition_.disk.extra_latency : Duration(0);
}

Duration VolumeFaults::TakeTurn(const DiskRequest& request, SimTime now) {
  if (condition_.operations_per_second == 0 || !Concerns(request)) {
    return Duration(0);
  }
  const Duration apart = Duration(std::chrono::seconds(1)) / condition_.operations_per_second;
  const SimTime turn = std::max(now, next_turn_);
  next_turn_ = Later(turn, apart);
  return turn - now;
}

std::optional<DiskFault> VolumeFaults::JudgeService(const DiskRequest& request) {
  if (condition_.outage == Outage::kRefuses) {
    return DiskFault::kOutage;
  }
  if (!Changes(request.operation)) {
    return std::nullopt;
  }
  if (Strikes(request_lost_, condition_.request_lost)) {
    return DiskFault::kRequestLost;
  }
  if (Strikes(reply_lost_, condition_.reply_lost)) {
    return DiskFault::kReplyLost;
  }
  return std::nullopt;
}

std::optional<DiskFault> VolumeFaults::Judge(const DiskRequest& request, uint64_t used_bytes) {
  if (!Concerns(request)) {
    return std::nullopt;
  }
  if (const std::optional<DiskFault> fault = JudgeService(request)) {
    return fault;
  }
  const DiskCondition& disk = condition_.disk;
  const DiskOperation operation = request.operation;
  if (IsRead(operation) && Strikes(read_error_, disk.read_error)) {
    return DiskFault::kReadError;
  }
  if (IsWrite(operation) && Strikes(write_error_, disk.write_error)) {
    return DiskFault::kWriteError;
  }
  if (IsSync(operation) && Strikes(sync_error_, disk.sync_error)) {
    return DiskFault::kSyncError;
  }
  if (request.grows > 0 &&
      (used_bytes > disk.capacity_bytes || request.grows > disk.capacity_bytes - used_bytes)) {
    return DiskFault::kFull;
  }
  if (Changes(operation) && ++writes_ == disk.freeze_at_write) {
    return DiskFault::kFreeze;
  }
  if (IsSync(operation) && Strikes(lie_, disk.lying_sync)) {
    return DiskFault::kLyingSync;
  }
  return std::nullopt;
}

bool VolumeFaults::CanRot(const DiskRequest& request) const {
  return condition_.disk.bit_rot.numerator != 0 && Concerns(request);
}

std::optional<uint64_t> VolumeFaults::DrawRot(const DiskRequest& request,
                                              std::span<const ByteRange> durable) {
  uint64_t bytes = 0;
  for (const ByteRange& part : durable) {
    bytes += part.size;
  }
  if (bytes == 0 || !CanRot(request) || !Strikes(rot_, condition_.disk.bit_rot)) {
    return std::nullopt;
  }
  uint64_t bit = rotten_bit_.Below(bytes * 8);
  for (const ByteRange& part : durable) {
    if (bit < part.size * 8) {
      return part.offset * 8 + bit;
    }
    bit -= part.size * 8;
  }
  return std::nullopt;
}

bool VolumeFaults::DrawMisdirection(const DiskRequest& request) {
  return request.bytes > 0 && Concerns(request) &&
         Strikes(misdirect_, condition_.disk.misdirected_write);
}

VolumeFaults::Target VolumeFaults::DrawTarget(const Volume& volume) {
  const std::vector<Volume::Inode> files = volume.FilesWithBytes();
  if (files.empty()) {
    return {};
  }
  const Volume::Inode file = files[misdirect_target_.Below(files.size())];
  const uint64_t offset = misdirect_target_.Below(volume.Content(file)->size());
  return {.file = file, .offset = offset};
}

std::optional<Duration> VolumeFaults::DrawListingDelay(const DiskRequest& request) {
  if (condition_.listing_delay_max == Duration(0) || !Concerns(request)) {
    return std::nullopt;
  }
  return listing_.Between(Duration(0), condition_.listing_delay_max);
}

}  // namespace flinch::sim
