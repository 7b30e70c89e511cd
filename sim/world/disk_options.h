// What a disk costs, what a crash leaves on it, and how it can break.
//
// A fault is a value: `World::SetDisk` puts a `DiskCondition` on a host's disk,
// `World::SetSharedVolume` a `VolumeCondition` on the shared volume; the default is a whole disk.
// A condition holds from then on for the operations whose path begins with `path_prefix` (a
// rename: one of its paths; a listing or a directory's sync: the directory), which is how a fault
// is kept to one role of files; "" means all. A rate is drawn for each operation it concerns; one
// of 0 draws nothing.
//
// Every fault below says what it concerns and what may be observed; all else stays as it is:
// no other name, size or byte changes, and what it destroyed stays destroyed when it is healed.
//   reads   Read, ReadAt, Size, List, Entries, an Open that makes nothing (kRead, kWrite)
//   writes  Append, WriteAt, Truncate, Create, OpenForAppend, any other Open, Rename, Remove,
//           MakeDirectory, RemoveDirectory, PutIfAbsent
//   syncs   Sync, SyncDirectory, PutIfAbsent
// Lock and Unlock are none of these. An open file has the path by which it was opened.
//
// Source: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014 (what crashes leave);
//         Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020;
//         Bairavasundaram et al., "An Analysis of Data Corruption in the Storage Stack", FAST 2008
//         (bit rot, misdirected and lost writes); the crash of a page is FoundationDB's
//         AsyncFileNonDurable.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::sim {

// What becomes of what a dead process wrote and nobody synced. What was synced is never touched.
enum class CrashFate : uint8_t {
  kLost,   // all of it is gone
  kKept,   // all of it is there, as if the cache had been written back just before
  kDrawn,  // each piece for itself, see CrashWeights
};

// How the pieces of CrashFate::kDrawn fare. Pieces persist in any order, so a later one may be
// there without an earlier one, a name without its data, and data without its name.
// - An operation on names happens whole or not at all (torn counts as lost), and only with all
//   earlier ones on the same names (NewNames::kWithFile: with all earlier ones); a rename is one
//   operation.
// - The size of a file is the current one, the synced one, or (torn) one it had in between after
//   a write, a cut, or at the end of a sector.
// - Each page of 4 KiB below that size holds what was written, or what was synced there (zeros when
//   that is nothing: a hole), or (torn) either of the two in each sector of 512 bytes. What was
//   written over twice without a sync is the last of the two. What was synced behind a cut is zeros
//   if the cut is there.
struct CrashWeights {
  uint32_t kept = 1;
  uint32_t lost = 1;
  uint32_t torn = 1;
};

// What a failed File::Sync leaves in the cache.
enum class FailedSync : uint8_t {
  // Nothing is durable, all is still to be written: a later sync that succeeds makes it durable.
  kStaysDirty,
  // As Linux does: what was to be written counts as written. It can be read until the writer
  // crashes, a later sync says success, and after the crash what was synced before, or zeros, stand
  // in its place, or the file ends before it. Only a rewrite into another file is safe.
  kMarkedClean,
};

// What makes a new name durable.
enum class NewNames : uint8_t {
  // A sync of its directory, and nothing else: POSIX.
  kWithDirectory,
  // A sync of the file, too: names are journaled, as by ext4 and xfs. Operations on names persist
  // in their order, and whatever makes one durable does so with all before it.
  kWithFile,
};

// Time an operation takes, drawn uniformly, and what a crash does.
struct DiskOptions {
  Duration latency_min = std::chrono::microseconds(20);
  Duration latency_max = std::chrono::microseconds(200);
  Duration sync_min = std::chrono::microseconds(500);
  Duration sync_max = std::chrono::milliseconds(3);
  CrashFate crash_fate = CrashFate::kLost;
  CrashWeights crash_weights;  // of CrashFate::kDrawn; their sum is positive
  FailedSync failed_sync = FailedSync::kStaysDirty;
  NewNames new_names = NewNames::kWithDirectory;

  Result<void> Validate() const;
};

inline constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// How a disk is broken. Faults of one operation are tried in the order of the fields, and the
// first that fires is the one.
struct DiskCondition {
  std::string path_prefix;

  // All operations wait until the condition is replaced by one that does not hang them, and happen
  // then.
  bool hung = false;
  // Added to the time of all operations that begin while it holds.
  Duration extra_latency{0};

  // Reads fail with kIo.
  Ratio read_error;
  // Writes fail with kIo; nothing has happened.
  Ratio write_error;
  // Syncs fail with kIo; nothing has become durable (and see FailedSync).
  Ratio sync_error;
  // An Append, WriteAt, Truncate or PutIfAbsent after which the files of the volume would hold more
  // bytes than this fails with kNoSpace; nothing has happened. Removing files helps, once nobody
  // has them open.
  uint64_t capacity_bytes = kUnlimited;
  // Before the n-th write or sync from now (1: the next) the process that asks for it dies as by
  // a crash; nothing that it asks for from there on happens. Fires once.
  uint64_t freeze_at_write = 0;
  // A sync says success, and nothing has become durable; as before it, a crash may destroy what was
  // written, and a later sync that does not lie makes it durable.
  Ratio lying_sync;
  // A Read or ReadAt first flips one bit among the durable bytes that it reads, for good: all who
  // read later see it too.
  Ratio bit_rot;
  // The bytes of an Append, WriteAt or PutIfAbsent overwrite, for good, some bytes of any file of
  // the volume (sizes stay); where they belong stands what stood there, or zeros.
  Ratio misdirected_write;

  // Whole sentences about a denominator of 0 or a negative latency.
  Result<void> Validate() const;

  friend bool operator==(const DiskCondition&, const DiskCondition&) = default;
};

enum class Outage : uint8_t {
  kNone,
  kRefuses,  // every operation fails with kUnavailable; nothing has happened
  kHangs,    // as DiskCondition::hung
};

// How the shared volume is broken: a service behind a network. Its own faults are tried first.
struct VolumeCondition {
  DiskCondition disk;

  Outage outage = Outage::kNone;
  // Operations start at least 1/n of a second apart, in the order in which they were asked for; 0:
  // no limit.
  uint32_t operations_per_second = 0;
  // Writes and syncs fail with kUnavailable though nothing has happened (`request_lost`), or though
  // they have happened (`reply_lost`). The two cannot be told apart.
  Ratio request_lost;
  Ratio reply_lost;
  // A name that is new is missing from List for a time drawn up to this; operations on the name
  // itself work at once.
  Duration listing_delay_max{0};

  Result<void> Validate() const;

  friend bool operator==(const VolumeCondition&, const VolumeCondition&) = default;
};

// What is wrong, in the order of the fields: "path=/wal hung=1 bit_rot=1/100"; "whole".
std::string Show(const VolumeCondition& condition);

}  // namespace flinch::sim
