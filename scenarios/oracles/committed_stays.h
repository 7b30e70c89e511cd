// What readers of committed data have seen stays: nothing is retracted, and nothing joins later.
//
// Promise: of each transaction that the broker told as committed (transaction.committed, with so
//          many records), as many records are in the committed output at the end.
// Cost:    a map operation per transaction and per record of the output. Keeps a number per
//          transaction.
// Silent:  about transactions whose commit was not told, since the broker died after it.
// Source:  Kafka's read_committed: below the last stable offset nothing changes any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class CommittedStays final : public Oracle {
 public:
  static constexpr std::string_view kName = "committed_stays";
  static constexpr std::string_view kPromise =
      "Readers of committed data never see a retraction: a committed transaction keeps its "
      "records, and no more.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  struct Told {
    int64_t records = 0;
    sim::EventId event;
  };

  std::map<std::string, Told, std::less<>> told_;
  Breaches breaches_;
};

}  // namespace flinch::scenarios
