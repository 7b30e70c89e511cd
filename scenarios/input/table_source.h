// The rows of a table of SQL: out of a file, or made from the seed.
//
// File:      CSV or JSON Lines, by 'format' or by the name's end. A first row of CSV that names all
//            columns of the table is a header, whose order counts; without one columns stand in the
//            order of the table. Of CSV an empty cell is null unless the column is text; of JSON
//            Lines null and a member that is not there.
// Datagen:   Flink's options ('number-of-rows', 'fields.x.kind', '.min', '.max', '.length',
//            '.start', '.end', '.max-past'), and for stories 'fields.x.choices' = 'a,b,c', of which
//            the first come more often, and 'fields.x.step' = '300ms' from one time to the next.
// Nexmark:   'connector' = 'nexmark': the person, the auctions or the bids of its generator, by the
//            table's name or 'table'; 'events.num' of all three.
// Errors:    kInvalidArgument with whole sentences: of rows with file and line, of options with
//            their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/sql/script.h"
#include "sim/result.h"

namespace flinch::scenarios {

// Where the times of generated rows begin: 2026-01-01, in nanoseconds since 1970.
inline constexpr int64_t kGeneratedFrom = 1'767'225'600'000'000'000;

struct TableRow {
  sql::Row row;
  std::string where{};  // "clicks.csv:17", of a row of a file
};

// `file`: instead of where the table says.
sim::Result<std::vector<TableRow>> ReadTable(const sql::Table& table,
                                             const std::optional<std::string>& file, uint64_t seed);

// Rows of a file that has been read; `path` names it in messages.
sim::Result<std::vector<TableRow>> ParseTableFile(const sql::Table& table, const std::string& path,
                                                  const std::string& text);

// Where its 'path' says that its rows are; "" where it says nothing.
std::string FileOf(const sql::Table& table);

// Whether rows can be made without any file.
bool IsGenerated(const sql::Table& table);

}  // namespace flinch::scenarios
