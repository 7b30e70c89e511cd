#include "engine/outside/log_journal.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "engine/checksum.h"
#include "engine/outside/log_protocol.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;
using sim::Fail;

constexpr std::string_view kFrameMark = "\xF1log";

struct FrameHead {
  uint32_t length = 0;
  uint32_t checksum = 0;
};

constexpr size_t kFrameHeadBytes = kFrameMark.size() + 2 * sizeof(uint32_t);

// Covers the length too, so that a damaged length cannot borrow another frame's content.
uint32_t FrameChecksum(uint32_t length, std::string_view content) {
  return Checksum(content, length);
}

// The content of a sound frame that starts at `bytes`; nothing when there is none.
std::optional<std::string_view> FrameAt(std::string_view bytes) {
  if (!bytes.starts_with(kFrameMark) || bytes.size() < kFrameHeadBytes) {
    return std::nullopt;
  }
  FrameHead head;
  std::memcpy(&head.length, bytes.data() + kFrameMark.size(), sizeof head.length);
  std::memcpy(&head.checksum, bytes.data() + kFrameMark.size() + sizeof head.length,
              sizeof head.checksum);
  const std::string_view rest = bytes.substr(kFrameHeadBytes);
  if (head.length > rest.size()) {
    return std::nullopt;
  }
  const std::string_view content = rest.substr(0, head.length);
  if (FrameChecksum(head.length, content) != head.checksum) {
    return std::nullopt;
  }
  return content;
}

bool HasFrameBehind(std::string_view bytes, size_t place) {
  for (size_t at = bytes.find(kFrameMark, place + 1); at != std::string_view::npos;
       at = bytes.find(kFrameMark, at + 1)) {
    if (FrameAt(bytes.substr(at))) {
      return true;
    }
  }
  return false;
}

std::unexpected<sim::Error> Damaged(size_t place) {
  return Fail(ErrorCode::kCorruption,
              fmt::format("The journal of the log is damaged at byte {}, and acknowledged records "
                          "lie behind it; restore the file from a copy.",
                          place));
}

template <typename Command>
sim::Result<Bytes> ApplyAs(LogState& state, const JournalEntry& entry, LogEffects& effects) {
  const sim::Result<Command> command = Decode<Command>(entry.body);
  if (!command) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The request is not a command of method {}: {}",
                            std::to_underlying(entry.method), command.error().message));
  }
  const sim::Result<typename Command::Reply> reply = state.Apply(*command, entry.time, effects);
  if (!reply) {
    return Fail(reply);
  }
  return Encode(*reply);
}

using ApplyFunction = sim::Result<Bytes> (*)(LogState&, const JournalEntry&, LogEffects&);

template <typename Command>
constexpr std::pair<LogMethod, ApplyFunction> Entry() {
  return {Command::kMethod, &ApplyAs<Command>};
}

// Every command, once.
constexpr auto kCommands = std::to_array<std::pair<LogMethod, ApplyFunction>>({
    Entry<CreateTopicRequest>(),
    Entry<CreatePartitionsRequest>(),
    Entry<SealTopicRequest>(),
    Entry<ProduceRequest>(),
    Entry<ProduceManyRequest>(),
    Entry<InitProducerRequest>(),
    Entry<FenceOwnerRequest>(),
    Entry<EndTransactionRequest>(),
    Entry<ExpireTransactionsRequest>(),
});

ApplyFunction FindCommand(LogMethod method) {
  for (const auto& [command, apply] : kCommands) {
    if (command == method) {
      return apply;
    }
  }
  return nullptr;
}

RecordFate FateOf(LogTransactionPhase phase) {
  switch (phase) {
    case LogTransactionPhase::kCommitted:
      return RecordFate::kCommitted;
    case LogTransactionPhase::kAborted:
      return RecordFate::kAborted;
    case LogTransactionPhase::kReady:
    case LogTransactionPhase::kOngoing:
      break;
  }
  return RecordFate::kOpen;
}

LogContents::TopicContents Export(const LogState& state, const LogState::Topic& topic) {
  LogContents::TopicContents out{.partitions = static_cast<uint32_t>(topic.partitions.size()),
                                 .sealed = topic.sealed,
                                 .record_count = 0,
                                 .chunks = {}};
  for (uint32_t partition = 0; partition < out.partitions; ++partition) {
    out.record_count += topic.partitions[partition].end();
    for (const LogState::Chunk& chunk : topic.partitions[partition].chunks) {
      LogContents::Chunk exported{.partition = partition,
                                  .first_offset = chunk.first_offset,
                                  .records = chunk.records,
                                  .transaction = {},
                                  .fate = RecordFate::kCommitted};
      if (chunk.transaction != 0) {
        const LogState::Transaction& owner = state.transactions()[chunk.transaction - 1];
        exported.transaction = owner.id;
        exported.fate = FateOf(owner.phase);
      }
      out.chunks.push_back(std::move(exported));
    }
  }
  return out;
}

}  // namespace

bool IsLogCommand(LogMethod method) { return FindCommand(method) != nullptr; }

sim::Result<Bytes> ApplyEntry(LogState& state, const JournalEntry& entry, LogEffects& effects) {
  const ApplyFunction apply = FindCommand(entry.method);
  if (apply == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("Method {} is no command of the log.",
                                                         std::to_underlying(entry.method)));
  }
  return apply(state, entry, effects);
}

Bytes FrameEntries(const std::vector<JournalEntry>& entries) {
  const Bytes content = Encode(entries);
  const auto length = static_cast<uint32_t>(content.size());
  sim::Check(length == content.size(), "a group commit of {} bytes fits a frame", content.size());
  Bytes frame(kFrameMark);
  frame += Encode(length);
  frame += Encode(FrameChecksum(length, content));
  frame += content;
  return frame;
}

sim::Result<ScannedJournal> ScanJournal(std::string_view bytes) {
  ScannedJournal scanned;
  if (kJournalHeader.starts_with(bytes.substr(0, kJournalHeader.size())) &&
      bytes.size() < kJournalHeader.size()) {
    return scanned;
  }
  if (!bytes.starts_with(kJournalHeader)) {
    return Damaged(0);
  }
  size_t place = kJournalHeader.size();
  while (place < bytes.size()) {
    const std::optional<std::string_view> content = FrameAt(bytes.substr(place));
    if (!content && HasFrameBehind(bytes, place)) {
      return Damaged(place);
    }
    if (!content) {
      break;
    }
    sim::Result<std::vector<JournalEntry>> entries = Decode<std::vector<JournalEntry>>(*content);
    if (!entries) {
      return Damaged(place);
    }
    std::ranges::move(*entries, std::back_inserter(scanned.entries));
    place += kFrameHeadBytes + content->size();
  }
  scanned.sound_bytes = place;
  return scanned;
}

sim::Result<LogState> ReplayEntries(std::span<const JournalEntry> entries) {
  LogState state;
  for (size_t i = 0; i < entries.size(); ++i) {
    LogEffects effects;
    const sim::Result<Bytes> reply = ApplyEntry(state, entries[i], effects);
    if (!reply) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("Command {} of the log's journal was accepted once and is refused "
                              "now: {} Another version may have written it.",
                              i, reply.error().message));
    }
  }
  return state;
}

sim::Result<LogContents> ReadJournal(std::string_view journal_bytes) {
  const sim::Result<ScannedJournal> scanned = ScanJournal(journal_bytes);
  if (!scanned) {
    return Fail(scanned);
  }
  const sim::Result<LogState> state = ReplayEntries(scanned->entries);
  if (!state) {
    return Fail(state);
  }
  LogContents contents;
  for (const auto& [name, topic] : state->topics()) {
    contents.topics.emplace(name, Export(*state, topic));
  }
  for (const LogState::Transaction& transaction : state->transactions()) {
    if (transaction.phase == LogTransactionPhase::kOngoing) {
      contents.open_transactions.push_back(transaction.id);
    }
  }
  return contents;
}

}  // namespace flinch::engine
