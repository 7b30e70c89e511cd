#include "scenarios/oracles/no_open_transaction.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "engine/events.h"
#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// "Transaction "sink-0-3" (epoch 2)".
std::string Show(const std::string& id, int64_t epoch) {
  return fmt::format("Transaction \"{}\" (epoch {})", id, epoch);
}

}  // namespace

std::string_view NoOpenTransaction::Word(Phase phase) {
  return phase == Phase::kCommitted ? "committed" : "aborted";
}

void NoOpenTransaction::OnBegun(const sim::TraceEvent& event, const Name& name) {
  const auto found = transactions_.find(name);
  if (found != transactions_.end() && found->second.broker_starts == broker_starts_) {
    breaches_.Add(fmt::format("{} was begun twice, first at {}{}.", Show(name.id, name.epoch),
                              reports::ShowClock(found->second.begun), Place(event)),
                  MarkAt(event, "begun_twice", name.id));
  }
  transactions_.insert_or_assign(
      name, Transaction{.begun = event.time, .since = event.time, .broker_starts = broker_starts_});
}

void NoOpenTransaction::OnEnded(const sim::TraceEvent& event, const Name& name, Phase phase) {
  const auto found = transactions_.find(name);
  if (found == transactions_.end()) {
    if (phase == Phase::kCommitted && broker_starts_ <= 1 && !has_past_) {
      breaches_.Add(fmt::format("{} was committed but never begun{}.", Show(name.id, name.epoch),
                                Place(event)),
                    MarkAt(event, "never_begun", name.id));
    }
    transactions_.emplace(name, Transaction{.phase = phase,
                                            .begun = event.time,
                                            .since = event.time,
                                            .broker_starts = broker_starts_});
    return;
  }
  Transaction& transaction = found->second;
  if (transaction.phase != Phase::kOpen) {
    const std::string again =
        transaction.phase == phase
            ? fmt::format("{} twice, first", Word(phase))
            : fmt::format("{} although it was {}", Word(phase), Word(transaction.phase));
    breaches_.Add(
        fmt::format("{} was {} at {}{}.", Show(name.id, name.epoch), again,
                    reports::ShowClock(transaction.since), Place(event)),
        MarkAt(event, transaction.phase == phase ? "ended_twice" : "ended_both_ways", name.id));
  }
  transaction.phase = phase;
  transaction.since = event.time;
  transaction.broker_starts = broker_starts_;
}

NoOpenTransaction::Transactions::const_iterator NoOpenTransaction::FindNewest(
    const std::string& id) const {
  auto next = transactions_.upper_bound({.id = id, .epoch = std::numeric_limits<int64_t>::max()});
  if (next == transactions_.begin() || std::prev(next)->first.id != id) {
    return transactions_.end();
  }
  return std::prev(next);
}

void NoOpenTransaction::OnPreCommitted(const sim::TraceEvent& event) {
  const auto id = event.Text("transaction");
  const auto checkpoint = event.Number("checkpoint");
  if (!id.has_value() || !checkpoint.has_value()) {
    return;
  }
  const auto found = FindNewest(std::string(*id));
  if (found != transactions_.end()) {
    transactions_[found->first].checkpoint = *checkpoint;
  }
}

std::vector<std::string_view> NoOpenTransaction::wants() const {
  return {events::kSinkPreCommitted, events::kBrokerStarted, "transaction."};
}

void NoOpenTransaction::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kSinkPreCommitted) {
    OnPreCommitted(event);
    return;
  }
  if (event.kind == events::kBrokerStarted) {
    ++broker_starts_;
    return;
  }
  if (!event.kind.starts_with("transaction.")) {
    return;
  }
  const auto id = event.Text("transaction");
  if (!id.has_value()) {
    return;
  }
  See();
  const Name name{.id = std::string(*id), .epoch = event.Number("epoch").value_or(0)};
  if (event.kind == events::kTransactionBegun) {
    OnBegun(event, name);
  } else if (event.kind == events::kTransactionCommitted) {
    OnEnded(event, name, Phase::kCommitted);
  } else if (event.kind == events::kTransactionAborted) {
    OnEnded(event, name, Phase::kAborted);
  }
}

std::string NoOpenTransaction::ShowOpen(const std::string& id) const {
  const auto found = FindNewest(id);
  if (found == transactions_.end()) {
    return fmt::format("Transaction \"{}\" is open at the broker after the job has finished.", id);
  }
  const auto& [name, transaction] = *found;
  const std::string flushed =
      transaction.checkpoint == 0
          ? std::string("it belongs to no checkpoint")
          : fmt::format("it was flushed for checkpoint {} and never committed",
                        transaction.checkpoint);
  return fmt::format("{} is open at the broker after the job has finished: begun at {}, {}.",
                     Show(name.id, name.epoch), reports::ShowClock(transaction.begun), flushed);
}

std::vector<reports::Finding> NoOpenTransaction::Judge(const FinalState& state) {
  Breaches breaches = breaches_;
  if (state.job_finished) {
    for (const std::string& id : state.open_transactions) {
      breaches.Add(ShowOpen(id), {.breach = "left_open", .role = RoleOf(id)});
    }
    for (const auto& [name, transaction] : transactions_) {
      const bool untold =
          transaction.phase == Phase::kOpen && transaction.broker_starts == broker_starts_;
      if (untold &&
          std::ranges::find(state.open_transactions, name.id) == state.open_transactions.end()) {
        breaches.Add(
            fmt::format("{}, begun at {}, was neither committed nor aborted, and the broker does "
                        "not know it as open.",
                        Show(name.id, name.epoch), reports::ShowClock(transaction.begun)),
            {.breach = "end_untold", .role = RoleOf(name.id)});
      }
    }
  }
  return breaches.ToFindings(kName);
}

}  // namespace flinch::scenarios
