// Random queries over random rows: the interpreter and SQLite agree.
#include "scenarios/sql/interpreter.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "scenarios/sql/script.h"
#include "scenarios/sql/sqlite_run.h"
#include "tests/support/random_queries.h"

namespace flinch::sql {
namespace {

std::vector<std::string> Lines(const std::vector<Row>& rows, const Plan& plan) {
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    lines.push_back(ShowJson(NamesOf(plan), TypesOf(plan), row));
  }
  std::ranges::sort(lines);
  return lines;
}

// A hundred cases of twenty queries each.
RC_GTEST_PROP(InterpreterPropertyTest, AgreesWithSqlite, ()) {
  constexpr int kQueries = 20;
  const Tables tables = tests::RandomTables();
  for (int i = 0; i < kQueries; ++i) {
    const std::string text = std::string(tests::kRandomTables) + tests::RandomQuery().Text();
    const sim::Result<Script> script = Compile(text, {.joins_for_ever = true});
    if (!script) {
      RC_FAIL(script.error().message);
    }
    const Plan& plan = script->outputs.at(0).plan;
    const auto interpreted = Interpret(plan, tables, text);
    if (!interpreted) {
      continue;  // what a row makes impossible is told before SQLite is asked
    }
    const auto computed = ComputeWithSqlite(plan, tables);
    if (!computed) {
      RC_FAIL(computed.error().message + "\n" + text);
    }
    RC_LOG() << text << "\n" << ShowPlan(plan);
    RC_ASSERT(Lines(*interpreted, plan) == Lines(*computed, plan));
  }
}

}  // namespace
}  // namespace flinch::sql
