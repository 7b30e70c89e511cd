// A database as a process of its own, behind engine/outside/database_protocol.h.
//
// Shape:    one loop, as the log broker's: all commands that wait are applied, written to the
//           journal as one group and synced, and only then answered.
// Survives: a crash at any point; a disk that refuses to write (the round's requests get
//           kUnavailable, and the state is read again). A journal that is damaged is not served.
#pragma once

#include <cstdint>
#include <string>

#include "engine/outside/database_protocol.h"
#include "sim/environment.h"

namespace flinch::engine {

struct DatabaseOptions {
  uint16_t port = kDatabasePort;
  // On the host's own disk.
  std::string journal = "/database/journal";
};

// The program of the database's process; returns never.
void RunDatabase(sim::Environment& environment, const DatabaseOptions& options);

}  // namespace flinch::engine
