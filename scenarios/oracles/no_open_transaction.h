// Every transaction ends, once and in one way.
//
// Promise: per transactional id the broker's events read (begun (committed | aborted))*: nothing
//          ends that did not begin, nothing ends twice, nothing that was aborted is committed or
//          the reverse, nothing begins before its predecessor ended. When the job finished, none is
//          open at the broker.
// Cost:    a map operation per transaction event. Keeps one entry per transactional id.
// Silent:  about open transactions of a job that did not finish. Across a restart of the broker: it
//          may die after an outcome is durable and before it says so, so an end that is not told
//          then is no breach, and neither is a begin that is not told.
// Source:  Kafka's transaction state machine (KIP-98); the hanging transactions of KIP-664.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/breaches.h"
#include "scenarios/oracles/oracle.h"

namespace flinch::scenarios {

class NoOpenTransaction final : public Oracle {
 public:
  static constexpr std::string_view kName = "no_open_transaction";
  static constexpr std::string_view kPromise =
      "Every transaction is committed or aborted, once and never both; none is open when the job "
      "has finished.";

  std::string_view name() const override { return kName; }

  std::string_view promise() const override { return kPromise; }

  void OnSubject(const Subject& subject) override { has_past_ = subject.has_past; }

  std::vector<std::string_view> wants() const override;
  void OnEvent(const sim::TraceEvent& event) override;
  std::vector<reports::Finding> Judge(const FinalState& state) override;

 private:
  enum class Phase : uint8_t { kOpen, kCommitted, kAborted };

  // One epoch of one transactional id.
  struct Name {
    std::string id;
    int64_t epoch = 0;

    friend auto operator<=>(const Name&, const Name&) = default;
  };

  struct Transaction {
    Phase phase = Phase::kOpen;
    sim::SimTime begun;
    sim::SimTime since;          // of the phase
    uint64_t broker_starts = 0;  // when the phase began
    int64_t checkpoint = 0;      // it was flushed for this one; 0: for none
  };

  using Transactions = std::map<Name, Transaction>;

  static std::string_view Word(Phase phase);

  void OnBegun(const sim::TraceEvent& event, const Name& name);
  void OnEnded(const sim::TraceEvent& event, const Name& name, Phase phase);
  void OnPreCommitted(const sim::TraceEvent& event);
  // The newest epoch of a transactional id, or the end.
  Transactions::const_iterator FindNewest(const std::string& id) const;
  std::string ShowOpen(const std::string& id) const;

  Transactions transactions_;
  uint64_t broker_starts_ = 0;
  bool has_past_ = false;  // transactions of another run are at the log
  Breaches breaches_;
};

}  // namespace flinch::scenarios
