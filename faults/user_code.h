// What ails the functions of a job's operators at the moment.
//
// Intuition: an engine that could be asked to fail would know that it is being tested. So whoever
//            composes a job wraps its functions, and the wrapping asks here what shall become of
//            each record. Nothing but the name of the operator goes in, and nothing but a fate
//            comes out.
// Shape:     one per world, kept by its Injector. `Begin` with the number of whoever caused it,
//            `End` with that number.
// Compose:   delays add up. Of several troubles that would throw at one record the earliest does;
//            the others have counted it.
// Chance:    one draw per record, from a stream of the trouble's own, where it has a ratio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "faults/actions.h"
#include "sim/random.h"
#include "sim/time.h"

namespace flinch::faults {

// What becomes of one record.
struct RecordFate {
  sim::Duration takes{0};  // longer than it would
  bool throws = false;

  friend bool operator==(const RecordFate&, const RecordFate&) = default;
};

class UserCode {
 public:
  explicit UserCode(const sim::Random& random) : random_(random) {}

  void Begin(uint64_t cause, const OperatorFault& fault);
  // Nothing where it has ended by itself.
  void End(uint64_t cause);

  void Heal() { troubles_.clear(); }

  struct Judgement {
    RecordFate fate;
    // Whose first throw this is.
    std::optional<uint64_t> struck{};
  };

  // The operator is given one more record.
  Judgement OnRecord(std::string_view operator_name);

 private:
  struct Trouble {
    uint64_t cause;
    OperatorFault fault;
    sim::Random random;
    uint64_t records = 0;
    bool has_thrown = false;

    // Whether it would throw at this record, which is counted by it.
    bool Throws();
  };

  sim::Random random_;
  std::vector<Trouble> troubles_;
};

}  // namespace flinch::faults
