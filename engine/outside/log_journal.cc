#include "engine/outside/log_journal.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "engine/outside/journal.h"
#include "engine/outside/log_protocol.h"

namespace flinch::engine {
namespace {

using sim::ErrorCode;
using sim::Fail;

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
  return FrameContent(Encode(entries));
}

sim::Result<std::vector<JournalEntry>> DecodeEntries(std::string_view content) {
  sim::Result<std::vector<JournalEntry>> entries = Decode<std::vector<JournalEntry>>(content);
  return entries ? std::move(entries)
                 : Fail(ErrorCode::kCorruption, "A frame of the log's journal holds no commands.");
}

sim::Result<ScannedJournal> ScanJournal(std::string_view bytes) {
  const sim::Result<ScannedFrames> frames = ScanFrames(bytes, kLogJournalFormat);
  if (!frames) {
    return Fail(frames);
  }
  ScannedJournal scanned{.entries = {}, .sound_bytes = frames->sound_bytes};
  for (const std::string_view content : frames->contents) {
    sim::Result<std::vector<JournalEntry>> entries = DecodeEntries(content);
    if (!entries) {
      return Fail(entries);
    }
    std::ranges::move(*entries, std::back_inserter(scanned.entries));
  }
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
