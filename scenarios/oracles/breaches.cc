#include "scenarios/oracles/breaches.h"

#include <utility>

#include <fmt/format.h>

#include "reports/plain_text.h"
#include "scenarios/oracles/wording.h"

namespace flinch::scenarios {

Mark MarkAt(const sim::TraceEvent& event, std::string_view breach, std::string_view who) {
  return {.breach = std::string(breach),
          .role = RoleOf(who),
          .event = event.id,
          .event_kind = std::string(event.kind)};
}

void Breaches::Add(std::string sentence, const Mark& mark) {
  const bool earlier = mark.event && (!earliest_.event || *mark.event < *earliest_.event);
  if (count_ == 0 || earlier) {
    earliest_ = mark;
  }
  ++count_;
  if (first_.size() <= kDetailsMax) {
    first_.push_back(std::move(sentence));
  }
}

std::vector<reports::Finding> Breaches::ToFindings(std::string_view oracle) const {
  if (empty()) {
    return {};
  }
  reports::Finding finding{.oracle = std::string(oracle),
                           .witness = first_.front(),
                           .details = {},
                           .breach = earliest_.breach,
                           .role = earliest_.role,
                           .event = earliest_.event,
                           .event_kind = earliest_.event_kind};
  const size_t others = count_ - 1;
  const size_t shown = others <= kDetailsMax ? others : kDetailsMax - 1;
  for (size_t i = 1; i <= shown; ++i) {
    finding.details.push_back(first_[i]);
  }
  if (shown < others) {
    finding.details.push_back(fmt::format("… and {} more.", reports::ShowCount(others - shown)));
  }
  return {std::move(finding)};
}

}  // namespace flinch::scenarios
