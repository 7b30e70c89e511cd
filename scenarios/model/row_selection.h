// Which rows of an input are published: all of them, or those with these numbers.
//
//   "all" · "none" · "1-5,9"
//
// Shape:  numbers count from 1, in the order of the input; ranges ascend and do not touch.
// Errors: a text that is no selection gives the end of a sentence that starts with the field's
//         name, as all fields do (scenarios/model/field_text.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/lab/number_ranges.h"
#include "sim/result.h"

namespace flinch::scenarios {

class RowSelection {
 public:
  // All rows.
  RowSelection() = default;

  // Exactly these, which ascend.
  static RowSelection Of(std::span<const uint64_t> numbers);
  static RowSelection OfRanges(NumberRanges numbers);

  static sim::Result<RowSelection> Parse(std::string_view text);

  bool all() const { return !numbers_.has_value(); }

  // The greatest number; 0 of all and of none.
  uint64_t last() const;

  bool Keeps(uint64_t number) const;

  // Of a selection that is not of all rows.
  const NumberRanges& numbers() const { return *numbers_; }

  friend std::string Show(const RowSelection& rows);
  friend bool operator==(const RowSelection&, const RowSelection&) = default;

 private:
  std::optional<NumberRanges> numbers_;
};

}  // namespace flinch::scenarios
