#include "scenarios/oracles/committed_stays.h"

#include <fmt/format.h>

#include "engine/events.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

namespace events = engine::events;

std::vector<std::string_view> CommittedStays::wants() const {
  return {events::kTransactionCommitted};
}

void CommittedStays::OnEvent(const sim::TraceEvent& event) {
  if (event.kind != events::kTransactionCommitted) {
    return;
  }
  const auto transaction = event.Text("transaction");
  const auto records = event.Number("records");
  if (!transaction.has_value() || !records.has_value()) {
    return;
  }
  See();
  Told& told = told_[std::string(*transaction)];
  told.records += *records;
  told.event = event.id;
}

std::vector<reports::Finding> CommittedStays::Judge(const FinalState& state) {
  std::map<std::string_view, int64_t> found;
  for (const OutputRecord& record : state.output) {
    ++found[record.transaction];
  }
  for (const auto& [transaction, told] : told_) {
    const int64_t records = found[transaction];
    if (records != told.records) {
      breaches_.Add(
          fmt::format("Transaction \"{}\" was committed with {} records (event #{}), but "
                      "readers find {} of it at the end.",
                      transaction, told.records, told.event.value(), records),
          {.breach = records < told.records ? "retracted" : "grew", .role = RoleOf(transaction)});
    }
  }
  return breaches_.ToFindings(kName);
}

}  // namespace flinch::scenarios
