// A two-phase-commit service: what a user of flinch::sim brings along.
//
// A client asks a coordinator for one transaction after the other. The coordinator has three
// participants vote, commits when all say yes, and aborts when one says no. The promise: whatever
// crashes and whatever messages are lost, no participant commits what another aborts; and once
// nothing fails any more, everything is decided.
//
// The code sees nothing but sim/*.h: it cannot tell that its world is simulated.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/environment.h"

namespace commit_service {

inline constexpr std::string_view kCoordinator = "coordinator";
inline constexpr std::string_view kClient = "client";
inline constexpr auto kParticipants = std::to_array<std::string_view>({"p1", "p2", "p3"});
inline constexpr int kTransactions = 10;  // at most

// When the coordinator tells its decision. At once is the planted bug: a crash between the two
// makes it forget, and decide otherwise, what somebody has heard already.
enum class Tell : uint8_t { kAtOnce, kWhenDurable };

void RunCoordinator(flinch::sim::Environment& env, Tell tell);
void RunParticipant(flinch::sim::Environment& env);
void RunClient(flinch::sim::Environment& env, int transactions);

// The file in which a process keeps what it knows of a transaction, as one word: "yes" (promised to
// commit), "commit", "abort".
std::string PathOf(int transaction);

}  // namespace commit_service
