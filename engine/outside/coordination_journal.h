// The coordination service's journal: how commands lie on its disk, and how to read the nodes back
// from anywhere.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/outside/coordination_state.h"
#include "engine/outside/journal.h"

namespace flinch::engine {

inline constexpr JournalFormat kCoordinationJournalFormat{.header = "flinch coordination 1\n",
                                                          .owner = "the coordination service"};

// A command as it was sent.
struct CoordinationEntry {
  CoordinationMethod method{};
  Bytes body;

  friend bool operator==(const CoordinationEntry&, const CoordinationEntry&) = default;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.method);
    visit(self.body);
  }
};

// Whether a method changes nodes or sessions.
bool IsCoordinationCommand(CoordinationMethod method);

// Applies a command and gives the encoded reply. kInvalidArgument when the body is not what the
// method says.
sim::Result<Bytes> ApplyEntry(CoordinationState& state, const CoordinationEntry& entry,
                              CoordinationEffects& effects);

// The state after the frames of a journal. kCorruption when one does not apply any more.
sim::Result<CoordinationState> ReplayFrames(std::span<const Bytes> frames);

// From the bytes of a journal; no bytes at all are a service that never started.
sim::Result<CoordinationState> ReadCoordinationJournal(std::string_view journal_bytes);

}  // namespace flinch::engine
