// The transactional, partitioned log as a process of its own: Kafka's semantics behind
// engine/outside/log_protocol.h.
//
// Shape:    one loop. It takes all requests that wait, applies the commands, appends them to the
//           journal as one group, syncs once, tells the world what happened, and only then replies
//           and answers the queries of the same round. So nothing is acknowledged before it is
//           durable, and no reader sees what a crash could take back. A fetch that may wait is
//           looked at again after each round.
// Time:     the broker aborts a transaction whose time-out has passed, by a command in the journal
//           like any other.
// Survives: a crash at any point (a torn last group is cut off at the next start); a disk that
//           refuses to write (the round's requests get kUnavailable, and the state is read again
//           from the journal). A journal that is damaged elsewhere is not served: every request
//           gets kCorruption.
// Traces:   broker.started, transaction.begun (at the first record, not when the epoch is made:
//           what was never written to is nothing to anyone), transaction.committed,
//           transaction.aborted, transaction.fenced, topic.sealed. An event tells of what is
//           durable already; a crash may swallow it, so whoever needs certainty reads the journal.
// Source:   Kafka's broker and transaction coordinator, on one machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/outside/log_journal.h"
#include "engine/outside/log_protocol.h"
#include "sim/environment.h"

namespace flinch::engine {

struct LogBrokerOptions {
  uint16_t port = kLogBrokerPort;
  // On the host's own disk.
  std::string journal = "/log/journal";
  // A producer that asks for more is refused. Kafka's transaction.max.timeout.ms.
  sim::Duration transaction_timeout_max = std::chrono::minutes(15);
};

// The program of the broker's process; returns never.
void RunLogBroker(sim::Environment& environment, const LogBrokerOptions& options);

}  // namespace flinch::engine
