// Decides which fault of a volume's condition strikes which operation.
//
// Every fault draws from a choice point of its own, named after it ("disk.rot") with the volume as
// actor, and only while its rate is not 0: turning one on or off moves no draw of another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sim/kernel/choices.h"
#include "sim/kernel/volume.h"
#include "sim/world/disk_options.h"

namespace flinch::sim {

// Recorded by its number, so new ones go to the end.
enum class DiskOperation : uint8_t {
  kOpen,
  kCreate,
  kRead,
  kRename,
  kRemove,
  kSyncNames,
  kList,
  kAppend,
  kSync,
  kReadAt,
  kSize,
  kPut,
  kOpenOld,  // makes nothing
  kOpenNew,  // makes one that must be new
  kWriteAt,
  kTruncate,
  kLockShared,
  kLockExclusive,
  kUnlock,
  kMakeDirectory,
  kRemoveDirectory,
  kEntries,
};

// Recorded by its number, so new ones go to the end. Each is a field of a condition.
enum class DiskFault : uint8_t {
  kHung,
  kSlow,
  kReadError,
  kWriteError,
  kSyncError,
  kFull,
  kFreeze,
  kLyingSync,
  kBitRot,
  kMisdirectedWrite,
  kOutage,
  kThrottled,
  kRequestLost,
  kReplyLost,
  kLateListing,
};

struct DiskRequest {
  DiskOperation operation{};
  std::string_view path;
  std::string_view other_path = {};  // what is renamed to `path`
  uint64_t bytes = 0;                // that are written
  std::string_view content = {};     // these
  ByteRange range{};                 // that is read; its offset: where it is written, or cut
  Volume::Inode file = 0;            // of an operation on an open file
  uint64_t grows = 0;                // so many bytes the volume will hold more
};

bool IsRead(DiskOperation operation);
bool IsWrite(DiskOperation operation);
bool IsSync(DiskOperation operation);
// A write or a sync.
bool Changes(DiskOperation operation);

class VolumeFaults {
 public:
  // `volume` is the actor of its choice points.
  VolumeFaults(const Choices& choices, std::string_view volume);

  void Set(const VolumeCondition& condition);

  const VolumeCondition& condition() const { return condition_; }

  // What makes the operation wait for another condition, if anything.
  std::optional<DiskFault> Stall(const DiskRequest& request) const;
  Duration ExtraLatency(const DiskRequest& request) const;
  // How long an operation that is asked for now waits for its turn; takes the turn.
  Duration TakeTurn(const DiskRequest& request, SimTime now);

  // What keeps the operation from happening, or lies about it. `used_bytes` of the volume.
  std::optional<DiskFault> Judge(const DiskRequest& request, uint64_t used_bytes);

  bool CanRot(const DiskRequest& request) const;
  // The bit among the durable bytes that are read, if one rots.
  std::optional<uint64_t> DrawRot(const DiskRequest& request, std::span<const ByteRange> durable);
  bool DrawMisdirection(const DiskRequest& request);

  struct Target {
    Volume::Inode file = 0;
    uint64_t offset = 0;
  };

  // Where misdirected bytes land; file 0 when there is nothing to hit.
  Target DrawTarget(const Volume& volume);
  // How long a new name is missing from listings; nothing when listings are not late.
  std::optional<Duration> DrawListingDelay(const DiskRequest& request);

 private:
  bool Concerns(const DiskRequest& request) const;
  static bool Strikes(ChoicePoint& point, Ratio rate);
  std::optional<DiskFault> JudgeService(const DiskRequest& request);

  VolumeCondition condition_;
  uint64_t writes_ = 0;  // since the condition was set
  SimTime next_turn_ = kEpoch;
  ChoicePoint request_lost_;
  ChoicePoint reply_lost_;
  ChoicePoint read_error_;
  ChoicePoint write_error_;
  ChoicePoint sync_error_;
  ChoicePoint lie_;
  ChoicePoint rot_;
  ChoicePoint rotten_bit_;
  ChoicePoint misdirect_;
  ChoicePoint misdirect_target_;
  ChoicePoint listing_;
};

}  // namespace flinch::sim
