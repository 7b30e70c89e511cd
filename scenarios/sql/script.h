// A whole script with types: its tables, and a plan for each of its outputs.
//
//   sql::Compile(R"(
//     CREATE TABLE clicks (url STRING, ts TIMESTAMP(3),
//                          WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
//       WITH ('connector' = 'filesystem', 'path' = 'clicks.csv', 'format' = 'csv');
//     SELECT url, COUNT(*) AS n FROM clicks GROUP BY url, TUMBLE(ts, INTERVAL '1' MINUTE);
//   )");
//
// Outputs: each INSERT INTO, and each query that stands by itself, which is called "output".
// Errors:  kInvalidArgument, of one mistake: its place, its line with a caret, a suggestion.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/sql/ast.h"
#include "scenarios/sql/plan.h"
#include "sim/result.h"

namespace flinch::sql {

struct Table {
  std::string name;
  std::vector<Column> columns{};
  // Per column: what it is made of, over the columns before it; nothing of those that are read.
  std::vector<std::optional<Typed>> computed{};
  std::optional<size_t> rowtime{};  // the column of the WATERMARK
  int64_t delay = 0;                // how far the watermark is behind it, in nanoseconds
  Options options{};
  Place place = 0;

  // "" where there is none.
  std::string Option(std::string_view key) const;
};

struct View {
  Query query;
  std::vector<std::string> names{};
  Place place = 0;
};

struct Catalog {
  std::map<std::string, Table, std::less<>> tables{};
  std::map<std::string, View, std::less<>> views{};
};

struct ScriptOutput {
  std::string name;
  Plan plan;
};

struct CompileOptions {
  // Whether a join may keep its inputs for ever. A script can allow it, too: SET
  // 'table.exec.state.ttl' = '0'.
  bool joins_for_ever = false;
};

struct Script {
  std::string text;
  Catalog catalog;
  std::vector<std::string> sources;  // the tables that are read, by name
  std::vector<ScriptOutput> outputs;
};

sim::Result<Script> Compile(std::string_view text, const CompileOptions& options = {});

// One query over these tables.
Checked<Plan> BindQuery(const Query& query, const Catalog& catalog, const CompileOptions& options);

Checked<Table> BindTable(const Statement& statement);

}  // namespace flinch::sql
