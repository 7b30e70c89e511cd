#include "scenarios/oracles/no_zombie.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// 3 of "sink-0-3-17".
std::optional<int64_t> AttemptOf(std::string_view name) {
  const size_t counter = name.rfind('-');
  if (counter == std::string_view::npos || counter == 0) {
    return std::nullopt;
  }
  const size_t start = name.rfind('-', counter - 1);
  if (start == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(start + 1, counter - start - 1);
  int64_t attempt = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), attempt);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(attempt) : std::nullopt;
}

}  // namespace

NoZombie::Transaction& NoZombie::Find(std::string_view name) {
  const auto found = transactions_.find(name);
  if (found != transactions_.end()) {
    return found->second;
  }
  open_.insert(std::string(name));
  const int64_t attempt = AttemptOf(name).value_or(attempt_);
  return transactions_.emplace(std::string(name), Transaction{.attempt = attempt}).first->second;
}

void NoZombie::OnRestored(const sim::TraceEvent& event) {
  attempt_ = event.Number("attempt").value_or(attempt_);
  checkpoint_ = event.Number("checkpoint").value_or(0);
  for (const std::string& name : open_) {
    Transaction& transaction = transactions_[name];
    const bool kept = transaction.checkpoint > 0 && transaction.checkpoint <= checkpoint_;
    transaction.abandoned = transaction.abandoned || (transaction.attempt < attempt_ && !kept);
  }
  std::erase_if(waiting_, [this](const auto& entry) { return entry.first.second < attempt_; });
}

void NoZombie::OnPreCommitted(const sim::TraceEvent& event, std::string_view name) {
  Transaction& transaction = Find(name);
  transaction.checkpoint = event.Number("checkpoint").value_or(0);
  waiting_[{FieldText(event, "subtask"), transaction.attempt}][transaction.checkpoint] = name;
}

void NoZombie::OnCommitting(const sim::TraceEvent& event, std::string_view name) {
  See();
  const std::string subtask = FieldText(event, "subtask");
  const auto found = waiting_.find({subtask, Find(name).attempt});
  if (found == waiting_.end()) {
    return;
  }
  std::map<int64_t, std::string>& waiting = found->second;
  const int64_t checkpoint = event.Number("checkpoint").value_or(0);
  const bool is_waiting = waiting.contains(checkpoint);
  if (is_waiting && waiting.begin()->first < checkpoint) {
    breaches_.Add(fmt::format("{} commits transaction \"{}\" of checkpoint {} and has skipped "
                              "\"{}\" of checkpoint {}{}.",
                              subtask, name, checkpoint, waiting.begin()->second,
                              waiting.begin()->first, Place(event)),
                  MarkAt(event, "skipped", subtask));
  }
  waiting.erase(checkpoint);
}

void NoZombie::OnBegun(const sim::TraceEvent& event, std::string_view name) {
  See();
  Transaction& transaction = Find(name);
  const int64_t epoch = event.Number("epoch").value_or(0);
  if (epoch <= transaction.epoch) {
    breaches_.Add(fmt::format("Transaction \"{}\" was begun with epoch {} after epoch {}{}.", name,
                              epoch, transaction.epoch, Place(event)),
                  MarkAt(event, "epoch_back", name));
  }
  transaction.epoch = epoch;
  transaction.abandoned = transaction.abandoned || transaction.attempt < attempt_;
}

void NoZombie::OnCommitted(const sim::TraceEvent& event, std::string_view name) {
  See();
  Transaction& transaction = Find(name);
  const int64_t epoch = event.Number("epoch").value_or(transaction.epoch);
  if (epoch < transaction.epoch) {
    breaches_.Add(fmt::format("Epoch {} of transaction \"{}\" was committed after epoch {} had "
                              "begun{}.",
                              epoch, name, transaction.epoch, Place(event)),
                  MarkAt(event, "old_epoch", name));
  } else if (transaction.abandoned && !transaction.ended) {
    const std::string of = transaction.checkpoint == 0
                               ? std::string("for no checkpoint")
                               : fmt::format("for checkpoint {}", transaction.checkpoint);
    breaches_.Add(fmt::format("Transaction \"{}\", written by attempt {} {}, was committed though "
                              "attempt {} had been restored from checkpoint {}{}.",
                              name, transaction.attempt, of, attempt_, checkpoint_, Place(event)),
                  MarkAt(event, "zombie", name));
  }
}

std::vector<std::string_view> NoZombie::wants() const {
  return {events::kJobRestored, "transaction.", "sink."};
}

void NoZombie::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    OnRestored(event);
    return;
  }
  if (!event.kind.starts_with("transaction.") && !event.kind.starts_with("sink.")) {
    return;
  }
  const auto name = event.Text("transaction");
  if (!name.has_value()) {
    return;
  }
  if (event.kind == events::kSinkPreCommitted) {
    OnPreCommitted(event, *name);
  } else if (event.kind == events::kSinkCommitting) {
    OnCommitting(event, *name);
  } else if (event.kind == events::kTransactionBegun) {
    OnBegun(event, *name);
  } else if (event.kind == events::kTransactionCommitted) {
    OnCommitted(event, *name);
  }
  if (event.kind == events::kTransactionCommitted || event.kind == events::kTransactionAborted) {
    Find(*name).ended = true;
    if (const auto open = open_.find(*name); open != open_.end()) {
      open_.erase(open);
    }
  }
}

std::vector<reports::Finding> NoZombie::Judge(const FinalState& /*state*/) {
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
