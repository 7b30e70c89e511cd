// One row of JSON Lines: the members of its object, as text.
//
// Shape:    a number is the text that stands in the row, never what a machine makes of it: "1.0",
//           "1e0" and "1" are three keys, and so are two numbers that differ in their 30th digit.
// Errors:   kInvalidArgument with a sentence without its subject, such as "is not valid JSON from
//           its byte 9 on", as of a row's problem (scenarios/input/row_reader.h).
// Survives: any UTF-8, nesting of any depth, any number of members. Members that nobody asks for
//           may be anything: stand twice, be NaN or 1e999. One that is asked for and stands twice
//           is refused: readers differ in which one counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

class JsonRow {
 public:
  static sim::Result<JsonRow> Parse(std::string_view text);

  // Returns the text of the member of this name: a string, a number or a truth.
  sim::Result<std::string> Member(std::string_view name) const;

  // Nothing where there is none, or null.
  sim::Result<std::optional<std::string>> OptionalMember(std::string_view name) const;

 private:
  friend class JsonRowReader;

  struct Value {
    std::string text{};
    std::string other{};  // what it is, when it is none of those: "an array", "NaN"
  };

  std::vector<std::pair<std::string, Value>> members_{};  // by name
};

}  // namespace flinch::scenarios
