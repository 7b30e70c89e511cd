// A job's output as the judges see it: what was committed, and what the reference says should have
// been.
//
// The key is text in both, made the same way (the job's codec); the value is bytes as the codec
// wrote them. The order of expected records matters within one key only.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace flinch::scenarios {

// One record of the sequential reference run.
struct ExpectedRecord {
  std::string key;
  std::string value;
  uint32_t output = 0;  // of the job's outputs, which

  friend auto operator<=>(const ExpectedRecord&, const ExpectedRecord&) = default;
};

// One committed record of the job's output.
struct OutputRecord {
  std::string key;
  std::string value;        // as the job's codec wrote it
  std::string transaction;  // the transactional id that committed it
  uint32_t log_partition = 0;
  uint64_t offset = 0;
  uint32_t output = 0;  // of the job's outputs, which
};

}  // namespace flinch::scenarios
