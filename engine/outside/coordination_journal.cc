#include "engine/outside/coordination_journal.h"

#include <utility>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

template <typename Command>
sim::Result<Bytes> ApplyCommand(CoordinationState& state, std::string_view body,
                                CoordinationEffects& effects) {
  const sim::Result<Command> command = Decode<Command>(body);
  if (!command) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The request is not a command of method {}: {}",
                                 std::to_underlying(Command::kMethod), command.error().message));
  }
  const sim::Result<typename Command::Reply> reply = state.Apply(*command, effects);
  return reply ? sim::Result<Bytes>(Encode(*reply)) : sim::Fail(reply);
}

}  // namespace

bool IsCoordinationCommand(CoordinationMethod method) {
  return method == CoordinationMethod::kOpenSession ||
         method == CoordinationMethod::kCloseSession || method == CoordinationMethod::kCommit ||
         method == CoordinationMethod::kExpireSessions;
}

sim::Result<Bytes> ApplyEntry(CoordinationState& state, const CoordinationEntry& entry,
                              CoordinationEffects& effects) {
  switch (entry.method) {
    case CoordinationMethod::kOpenSession:
      return ApplyCommand<OpenSessionRequest>(state, entry.body, effects);
    case CoordinationMethod::kCloseSession:
      return ApplyCommand<CloseSessionRequest>(state, entry.body, effects);
    case CoordinationMethod::kCommit:
      return ApplyCommand<CommitRequest>(state, entry.body, effects);
    case CoordinationMethod::kExpireSessions:
      return ApplyCommand<ExpireSessionsRequest>(state, entry.body, effects);
    default:
      break;
  }
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("Method {} is no command of the coordination service.",
                               std::to_underlying(entry.method)));
}

sim::Result<CoordinationState> ReplayFrames(std::span<const Bytes> frames) {
  CoordinationState state;
  for (const Bytes& frame : frames) {
    const auto entries = Decode<std::vector<CoordinationEntry>>(frame);
    if (!entries) {
      return sim::Fail(sim::ErrorCode::kCorruption,
                       "A frame of the coordination service's journal holds no commands.");
    }
    for (const CoordinationEntry& entry : *entries) {
      CoordinationEffects effects;
      if (const sim::Result<Bytes> reply = ApplyEntry(state, entry, effects); !reply) {
        return sim::Fail(
            sim::ErrorCode::kCorruption,
            fmt::format("A command of the coordination service's journal was accepted once and is "
                        "refused now: {} Another version may have written it.",
                        reply.error().message));
      }
    }
  }
  return state;
}

sim::Result<CoordinationState> ReadCoordinationJournal(std::string_view journal_bytes) {
  const sim::Result<ScannedFrames> scanned = ScanFrames(journal_bytes, kCoordinationJournalFormat);
  if (!scanned) {
    return sim::Fail(scanned);
  }
  return ReplayFrames(std::vector<Bytes>(scanned->contents.begin(), scanned->contents.end()));
}

}  // namespace flinch::engine
