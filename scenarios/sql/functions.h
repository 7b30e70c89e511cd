// Scalar functions: which there are, what they take, and what they give.
//
// Shape:  a table. `takes` has a letter per argument: T text, I BIGINT, D DOUBLE, S TIMESTAMP, B
//         BOOLEAN; those behind "|" may be left out, and "*" repeats the last one. `gives` is
//         such a letter, or N for INT. Null in, null out, unless `takes_null`.
// SQLite: how it is written there, with {0}, {1} for the arguments and {*} for all of them; empty
//         where SQLite has no such function and is lent this one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "scenarios/sql/value.h"

namespace flinch::sql {

struct Function {
  std::string_view name;
  std::string_view takes;
  char gives = 'T';
  Value (*call)(std::span<const Value> args) = nullptr;
  std::string_view sqlite{};
  bool takes_null = false;
};

std::span<const Function> Functions();

// Null when there is none.
const Function* FindFunction(std::string_view name);

// Upper and lower case of Latin, Greek and Cyrillic letters.
std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);

}  // namespace flinch::sql
