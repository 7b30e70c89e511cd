#include "scenarios/oracles/no_zombie.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

namespace {

// "sink", "0" and 3 of "sink-0-3-17".
struct NameParts {
  std::string_view sink;
  std::string_view index;
  int64_t attempt = 0;
};

std::optional<NameParts> PartsOf(std::string_view name) {
  std::array<std::string_view, 3> numbers;  // from the end
  for (std::string_view& number : numbers) {
    const size_t hyphen = name.rfind('-');
    if (hyphen == std::string_view::npos || hyphen == 0) {
      return std::nullopt;
    }
    number = name.substr(hyphen + 1);
    name = name.substr(0, hyphen);
  }
  NameParts parts{.sink = name, .index = numbers[2]};
  const std::string_view digits = numbers[1];
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, parts.attempt);
  return error == std::errc() && end == last ? std::optional(parts) : std::nullopt;
}

// "source", "parse" and "sink" of "source->(parse, sink)".
std::vector<std::string> OperatorsOfChain(std::string_view chain) {
  std::vector<std::string> operators(1);
  for (const char each : chain) {
    if (std::string_view("->(), ").contains(each)) {
      operators.emplace_back();
    } else {
      operators.back() += each;
    }
  }
  return operators;
}

}  // namespace

NoZombie::Transaction& NoZombie::Find(std::string_view name) {
  const auto found = transactions_.find(name);
  if (found != transactions_.end()) {
    return found->second;
  }
  open_.insert(std::string(name));
  const std::optional<NameParts> parts = PartsOf(name);
  const int64_t attempt = parts ? parts->attempt : newest_.attempt;
  return transactions_.emplace(std::string(name), Transaction{.attempt = attempt}).first->second;
}

const NoZombie::Start& NoZombie::StartOf(std::string_view name) const {
  const std::optional<NameParts> parts = parts_.empty() ? std::nullopt : PartsOf(name);
  const auto part =
      parts ? parts_.find({std::string(parts->sink), std::string(parts->index)}) : parts_.end();
  return part == parts_.end() ? whole_ : part->second;
}

void NoZombie::AbandonBefore(const std::string& name) {
  const Start& start = StartOf(name);
  Transaction& transaction = transactions_[name];
  const bool kept = transaction.checkpoint > 0 && transaction.checkpoint <= start.checkpoint;
  transaction.abandoned = transaction.abandoned || (transaction.attempt < start.attempt && !kept);
}

void NoZombie::OnRestored(const sim::TraceEvent& event) {
  newest_.attempt = event.Number("attempt").value_or(newest_.attempt);
  newest_.checkpoint = event.Number("checkpoint").value_or(0);
  if (IsPartial(event)) {
    return;  // each of its subtasks tells that it begins
  }
  whole_ = newest_;
  parts_.clear();
  for (const std::string& name : open_) {
    AbandonBefore(name);
  }
  std::erase_if(waiting_, [this](const auto& each) { return each.first.second < whole_.attempt; });
}

void NoZombie::OnScheduled(const sim::TraceEvent& event) {
  const std::string subtask = FieldText(event, "subtask");
  if (newest_.attempt == whole_.attempt || event.Number("attempt") != newest_.attempt) {
    return;
  }
  const size_t bracket = subtask.rfind('[');
  const std::string index = bracket == std::string::npos
                                ? std::string()
                                : subtask.substr(bracket + 1, subtask.size() - bracket - 2);
  for (const std::string& each : OperatorsOfChain(std::string_view(subtask).substr(0, bracket))) {
    parts_[{each, index}] = newest_;
  }
  for (const std::string& name : open_) {
    AbandonBefore(name);
  }
  std::erase_if(waiting_, [&](const auto& each) {
    return each.first.first == subtask && each.first.second < newest_.attempt;
  });
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
  transaction.abandoned = transaction.abandoned || transaction.attempt < StartOf(name).attempt;
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
    const Start& start = StartOf(name);
    breaches_.Add(
        fmt::format("Transaction \"{}\", written by attempt {} {}, was committed though "
                    "attempt {} had been restored from checkpoint {}{}.",
                    name, transaction.attempt, of, start.attempt, start.checkpoint, Place(event)),
        MarkAt(event, "zombie", name));
  }
}

std::vector<std::string_view> NoZombie::wants() const {
  return {events::kJobRestored, events::kExecutionState, "transaction.", "sink."};
}

void NoZombie::OnEvent(const sim::TraceEvent& event) {
  if (event.kind == events::kJobRestored) {
    OnRestored(event);
    return;
  }
  if (event.kind == events::kExecutionState) {
    if (event.Text("to") == "SCHEDULED") {
      OnScheduled(event);
    }
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
