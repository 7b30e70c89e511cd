// A small Raft: what a user of flinch::sim brings along.
//
// Three servers elect a leader, which copies the client's commands to the logs of the others and
// tells everybody which of them are committed: those that a majority has. The promise: whatever
// crashes and whatever messages are lost, no two servers apply different commands at one place of
// the log, and no term has two leaders; and once nothing fails any more, every command is applied.
// (Ongaro and Ousterhout 2014, without membership changes and snapshots.)
//
// The code sees nothing but sim/*.h: it cannot tell that its world is simulated.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/environment.h"

namespace raft {

inline constexpr auto kServers = std::to_array<std::string_view>({"s1", "s2", "s3"});
inline constexpr std::string_view kClient = "client";
inline constexpr uint64_t kCommands = 60;  // usually

// When a follower cuts the end off its log. Always, before it takes what the leader sent, is the
// planted bug, and reads innocent: but a message that was overtaken on its way takes away what the
// later one brought, and what the leader counts on already.
enum class Cut : uint8_t { kAlways, kAtConflict };

// Traces "elected" (term), "committed" (index) and "applied" (index, command).
void RunServer(flinch::sim::Environment& env, Cut cut);
// Proposes the commands 1 to `commands`, some at a time, until each is applied.
void RunClient(flinch::sim::Environment& env, uint64_t commands);

}  // namespace raft
