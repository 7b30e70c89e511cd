// Events of sources whose splits are given out by an enumerator: of their coordinator, by the
// JobManager, and of their readers, by the TaskManager.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/events/event.h"
#include "engine/ids.h"

namespace flinch::engine::events {

inline constexpr std::string_view kSplitDiscovered = "source.split_discovered";
inline constexpr std::string_view kReaderRegistered = "source.reader_registered";
inline constexpr std::string_view kSplitAssigned = "source.split_assigned";
inline constexpr std::string_view kSplitTaken = "source.split_taken";
inline constexpr std::string_view kSplitReturned = "source.split_returned";
inline constexpr std::string_view kSourceEventLost = "source.event_lost";
inline constexpr std::string_view kSourceSnapshot = "source.snapshot";

struct SplitDiscovered {
  static constexpr std::string_view kKind = kSplitDiscovered;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the enumerator of a source has found a new split";

  std::string_view source;
  std::string_view split;

  static constexpr auto Fields(auto&& take) {
    return take(Named("source", &SplitDiscovered::source), Named("split", &SplitDiscovered::split));
  }
};

struct ReaderRegistered {
  static constexpr std::string_view kKind = kReaderRegistered;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the coordinator of a source knows a reader's attempt";

  std::string_view subtask;
  AttemptNumber attempt;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &ReaderRegistered::subtask),
                Named("attempt", &ReaderRegistered::attempt));
  }
};

struct SplitAssigned {
  static constexpr std::string_view kKind = kSplitAssigned;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat = "the event that gives a reader a split is sent";

  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view split;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &SplitAssigned::subtask),
                Named("attempt", &SplitAssigned::attempt), Named("split", &SplitAssigned::split));
  }
};

struct SplitTaken {
  static constexpr std::string_view kKind = kSplitTaken;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "a reader reads a split from now on, from this offset; restored: its snapshot had it";

  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view split;
  uint64_t offset = 0;
  bool restored = false;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &SplitTaken::subtask), Named("attempt", &SplitTaken::attempt),
                Named("split", &SplitTaken::split), Named("offset", &SplitTaken::offset),
                Named("restored", &SplitTaken::restored));
  }
};

struct SplitReturned {
  static constexpr std::string_view kKind = kSplitReturned;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the reader starts from a checkpoint without the split, which so is its enumerator's again";

  std::string_view subtask;
  CheckpointId checkpoint;
  std::string_view split;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &SplitReturned::subtask),
                Named("checkpoint", &SplitReturned::checkpoint),
                Named("split", &SplitReturned::split));
  }
};

struct SourceEventLost {
  static constexpr std::string_view kKind = kSourceEventLost;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "nobody knows whether a reader has heard its coordinator's event: it fails";

  std::string_view subtask;
  AttemptNumber attempt;
  std::string_view reason;

  static constexpr auto Fields(auto&& take) {
    return take(Named("subtask", &SourceEventLost::subtask),
                Named("attempt", &SourceEventLost::attempt),
                Named("reason", &SourceEventLost::reason));
  }
};

struct SourceSnapshot {
  static constexpr std::string_view kKind = kSourceSnapshot;
  static constexpr EventLevel kLevel = EventLevel::kTask;
  static constexpr std::string_view kWhat =
      "the coordinator of a source has taken its part of a checkpoint, before any barrier";

  CheckpointId id;
  std::string_view source;

  static constexpr auto Fields(auto&& take) {
    return take(Named("id", &SourceSnapshot::id), Named("source", &SourceSnapshot::source));
  }
};

}  // namespace flinch::engine::events
