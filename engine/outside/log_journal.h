// The log broker's journal: how commands lie on its disk, and how to read them back from anywhere.
//
// Shape:  frames (engine/outside/journal.h), each with the commands of one group commit.
// Use:    the broker replays its journal when it starts; a judge reads the same bytes after the run
//         (`ReadJournal`).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "engine/outside/journal.h"
#include "engine/outside/log_state.h"
#include "engine/rpc/endpoint.h"
#include "engine/serializer.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::engine {

inline constexpr std::string_view kJournalHeader = "flinch log 1\n";
inline constexpr JournalFormat kLogJournalFormat{.header = kJournalHeader, .owner = "the log"};

// A command as it was sent, with the broker's time at which it was first applied.
struct JournalEntry {
  LogMethod method{};
  sim::SimTime time{};
  Bytes body;

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.method);
    visit(self.time);
    visit(self.body);
  }
};

// Whether a method changes the log; everything else is a query or not the broker's.
bool IsLogCommand(LogMethod method);

// Applies a command and gives the encoded reply. kInvalidArgument when the body is not what the
// method says.
sim::Result<Bytes> ApplyEntry(LogState& state, const JournalEntry& entry, LogEffects& effects);

// One frame for one group commit; its content back.
Bytes FrameEntries(const std::vector<JournalEntry>& entries);
sim::Result<std::vector<JournalEntry>> DecodeEntries(std::string_view content);

struct ScannedJournal {
  std::vector<JournalEntry> entries;
  size_t sound_bytes =
      0;  // up to here the bytes are header and whole frames; less than all: the tail is torn
};

sim::Result<ScannedJournal> ScanJournal(std::string_view bytes);

// The state after all entries. kCorruption when one that was accepted once is refused now.
sim::Result<LogState> ReplayEntries(std::span<const JournalEntry> entries);

// Whether readers of committed data see a record.
enum class RecordFate : uint8_t {
  kCommitted,  // now, or when older transactions have ended
  kAborted,    // never
  kOpen,       // not before its transaction is committed
};

// The log as its owner sees it from outside, after a run.
struct LogContents {
  // Records that were appended at once.
  struct Chunk {
    uint32_t partition = 0;
    uint64_t first_offset = 0;
    RecordBatch records;
    std::string transaction;  // transactional id; "" when it was written without one
    RecordFate fate = RecordFate::kCommitted;
  };

  struct TopicContents {
    uint32_t partitions = 0;
    bool sealed = false;
    uint64_t record_count = 0;
    std::vector<Chunk> chunks;  // by partition, then offset
  };

  std::map<std::string, TopicContents> topics;
  std::vector<std::string>
      open_transactions;  // with records; transactional ids, in the order of their beginning
};

// No bytes at all are an empty log: the broker never started.
sim::Result<LogContents> ReadJournal(std::string_view journal_bytes);

}  // namespace flinch::engine
