// The coordination service as a process of its own: what ZooKeeper or etcd is to a cluster, on one
// machine, behind engine/outside/coordination_protocol.h.
//
// Shape:    one loop. It takes all requests that wait, applies the commands, appends them to the
//           journal as one group, syncs once, tells the world what happened, and only then replies
//           and answers the queries of the same round. A watch is looked at again after each round.
// Time:     a session whose client was silent for its time-out ends, by a command in the journal
//           like any other. After a start every session has all of its time again: what was heard
//           before is not known any more.
// Survives: a crash at any point; a disk that refuses to write (the round's requests get
//           kUnavailable, and the state is read again from the journal). A journal that is damaged
//           elsewhere is not served: every request gets kCorruption.
// Traces:   coordination.started, session.opened, session.ended, node.changed: of what is durable
//           already; a crash may swallow it.
// Source:   ZooKeeper's server and its session tracker; no ensemble, so no quorum to lose.
#pragma once

#include <cstdint>
#include <string>

#include "engine/outside/coordination_protocol.h"
#include "sim/environment.h"

namespace flinch::engine {

struct CoordinationServiceOptions {
  uint16_t port = kCoordinationPort;
  // On the host's own disk.
  std::string journal = "/coordination/journal";
};

// The program of the service's process; returns never.
void RunCoordinationService(sim::Environment& environment,
                            const CoordinationServiceOptions& options);

}  // namespace flinch::engine
