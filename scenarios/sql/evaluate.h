// What an expression is for a row.
#pragma once

#include <stdexcept>
#include <string>

#include "scenarios/sql/plan.h"

namespace flinch::sql {

// What a row makes impossible: a division by zero, a number that does not fit. As user code it
// throws; who has the text of the query tells the place.
class EvaluationError : public std::runtime_error {
 public:
  EvaluationError(Place place, const std::string& what) : std::runtime_error(what), place_(place) {}

  Place place() const { return place_; }

 private:
  Place place_;
};

Value Evaluate(const Typed& expr, const Row& row);

// Whether it is true: neither false nor unknown.
bool IsTrue(const Typed& expr, const Row& row);

// LIKE: % any run of characters, _ one of them.
bool IsLike(std::string_view text, std::string_view pattern, char escape);

// Adds and so on, of numbers of one type.
Value Arithmetic(Op op, const Value& left, const Value& right, Type left_type, Type right_type,
                 Type type, Place place);

}  // namespace flinch::sql
