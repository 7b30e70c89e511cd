#include "scenarios/input/table_source.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "scenarios/input/datagen.h"
#include "scenarios/input/json_row.h"
#include "scenarios/input/row_reader.h"
#include "scenarios/lab/whole_file.h"
#include "scenarios/sql/evaluate.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

bool IsJson(const sql::Table& table, const std::string& path) {
  const std::string format = table.Option("format");
  return format.contains("json") ||
         (format.empty() && (path.ends_with(".jsonl") || path.ends_with(".json")));
}

// The columns that are read, by index.
std::vector<size_t> PhysicalColumns(const sql::Table& table) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.computed[i]) {
      columns.push_back(i);
    }
  }
  return columns;
}

// "TIMESTAMP(3)" and how to have it where a number stands.
std::string Hint(const sql::Column& column, std::string_view cell) {
  if (column.type.kind == sql::TypeKind::kTimestamp && text::AllDigits(cell)) {
    return fmt::format(
        "; declare a BIGINT and {} AS TO_TIMESTAMP_LTZ(…, 3), if it is milliseconds "
        "since 1970",
        column.name);
  }
  return "";
}

class TableFile {
 public:
  TableFile(const sql::Table& table, const std::string& path, const std::string& text)
      : table_(table),
        path_(text::Printable(path)),
        is_json_(IsJson(table, path)),
        physical_(PhysicalColumns(table)) {
    const std::string delimiter = table.Option("csv.field-delimiter");
    if (is_json_) {
      reader_ = std::make_unique<LineReader>(text);
    } else {
      reader_ = std::make_unique<CsvReader>(text, delimiter.empty() ? ',' : delimiter.front());
    }
  }

  sim::Result<std::vector<TableRow>> Read() {
    std::vector<TableRow> rows;
    bool is_first = true;
    while (std::optional<TextRow> row = reader_->Next()) {
      if (is_first && !is_json_ && TakeHeader(*row)) {
        is_first = false;
        continue;
      }
      is_first = false;
      sim::Result<sql::Row> values = RowOf(*row);
      if (!values) {
        Complain(row->line, values.error().message);
        continue;
      }
      rows.push_back({.row = *std::move(values), .where = fmt::format("{}:{}", path_, row->line)});
    }
    if (!problems_.empty()) {
      if (problem_count_ > kProblemsShown) {
        problems_ +=
            fmt::format("{}: {} more rows are wrong.\n", path_, problem_count_ - kProblemsShown);
      }
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}The table {} has {}.", problems_, table_.name, ColumnsShown()));
    }
    if (rows.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} has no rows for the table {}.", path_, table_.name));
    }
    return rows;
  }

 private:
  std::string ColumnsShown() const {
    std::vector<std::string> columns;
    for (const size_t index : physical_) {
      columns.push_back(fmt::format("{} {}", table_.columns[index].name,
                                    sql::ShowType(table_.columns[index].type)));
    }
    return fmt::format("{}", fmt::join(columns, ", "));
  }

  void Complain(uint64_t line, const std::string& what) {
    if (++problem_count_ <= kProblemsShown) {
      problems_ += fmt::format("{}:{}: The row {}.\n", path_, line, what);
    }
  }

  // Whether the row names all columns of the table.
  bool TakeHeader(const TextRow& row) {
    std::vector<size_t> places;
    for (const size_t index : physical_) {
      const auto found = std::ranges::find(row.columns, table_.columns[index].name);
      if (found == row.columns.end()) {
        return false;
      }
      places.push_back(static_cast<size_t>(found - row.columns.begin()));
    }
    places_ = std::move(places);
    columns_ = row.columns.size();
    return true;
  }

  sim::Result<sql::Row> RowOf(const TextRow& row) {
    if (const std::optional<size_t> byte = text::FindInvalidUtf8(row.raw)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("is not UTF-8 from its byte {} on", *byte + 1));
    }
    if (!row.problem.empty()) {
      return Fail(ErrorCode::kInvalidArgument, row.problem);
    }
    const size_t wanted = columns_ == 0 ? physical_.size() : columns_;
    if (!is_json_ && row.columns.size() != wanted) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("has {} column{}, but should have {}", row.columns.size(),
                              row.columns.size() == 1 ? "" : "s", wanted));
    }
    sim::Result<JsonRow> object = JsonRow();
    if (is_json_) {
      object = JsonRow::Parse(row.raw);
      if (!object) {
        return Fail(object);
      }
    }
    return Compose(row, *object);
  }

  sim::Result<sql::Row> Compose(const TextRow& row, const JsonRow& object) {
    sql::Row values(table_.columns.size());
    for (size_t i = 0; i < physical_.size(); ++i) {
      const sql::Column& column = table_.columns[physical_[i]];
      std::optional<std::string> cell;
      if (is_json_) {
        sim::Result<std::optional<std::string>> member = object.OptionalMember(column.name);
        if (!member) {
          return Fail(member);
        }
        cell = *std::move(member);
      } else {
        cell = row.columns[places_.empty() ? i : places_[i]];
        cell = cell->empty() && column.type.kind != sql::TypeKind::kText ? std::nullopt : cell;
      }
      if (!cell) {
        continue;
      }
      sim::Result<sql::Value> value = sql::ParseValue(*cell, column.type);
      if (!value) {
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("has a {} that {}{}", column.name, value.error().message,
                                Hint(column, *cell)));
      }
      values[physical_[i]] = *std::move(value);
    }
    return values;
  }

  const sql::Table& table_;
  std::string path_;
  bool is_json_;
  std::vector<size_t> physical_;
  std::vector<size_t> places_{};  // of the physical columns in a row; as they stand without header
  size_t columns_ = 0;            // of a header
  std::unique_ptr<RowReader> reader_;
  std::string problems_;
  size_t problem_count_ = 0;
};

// Computed columns, and a time in each row where there is a watermark.
sim::Result<void> Complete(const sql::Table& table, std::vector<TableRow>& rows) {
  for (size_t number = 0; number < rows.size(); ++number) {
    TableRow& each = rows[number];
    const std::string where =
        each.where.empty() ? fmt::format("{}: row {}", table.name, number + 1) : each.where;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (!table.computed[i]) {
        continue;
      }
      try {
        each.row[i] = sql::Evaluate(*table.computed[i], each.row);
      } catch (const sql::EvaluationError& error) {
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("{}: The column {} cannot be computed: {}", where,
                                table.columns[i].name, error.what()));
      }
    }
    if (table.rowtime && sql::IsNull(each.row[*table.rowtime])) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: The row has no {}, which is the time of the table {}.", where,
                              table.columns[*table.rowtime].name, table.name));
    }
  }
  return {};
}

}  // namespace

sim::Result<std::vector<TableRow>> ParseTableFile(const sql::Table& table, const std::string& path,
                                                  const std::string& text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  const std::string whole =
      text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
  sim::Result<std::vector<TableRow>> rows = TableFile(table, path, whole).Read();
  if (!rows) {
    return rows;
  }
  const sim::Result<void> complete = Complete(table, *rows);
  return complete ? std::move(rows) : Fail(complete);
}

std::string FileOf(const sql::Table& table) {
  constexpr std::string_view kScheme = "file://";
  const std::string path = table.Option("path");
  return path.starts_with(kScheme) ? path.substr(kScheme.size()) : path;
}

bool IsGenerated(const sql::Table& table) {
  const std::string connector = table.Option("connector");
  return connector == "datagen" || connector == "nexmark";
}

sim::Result<std::vector<TableRow>> ReadTable(const sql::Table& table,
                                             const std::optional<std::string>& file,
                                             uint64_t seed) {
  const std::string path = file.value_or(FileOf(table));
  if (!file && IsGenerated(table)) {
    sim::Result<std::vector<TableRow>> rows = GenerateTable(table, seed);
    if (!rows) {
      return rows;
    }
    const sim::Result<void> complete = Complete(table, *rows);
    return complete ? std::move(rows) : Fail(complete);
  }
  if (path.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The table {} has no rows: write WITH ('connector' = 'filesystem', "
                            "'path' = '{}.csv', 'format' = 'csv'), or say where they are by "
                            "job.tables = [\"{}={}.csv\"].",
                            table.name, table.name, table.name, table.name));
  }
  const sim::Result<std::string> text = ReadWholeFile(path);
  return text ? ParseTableFile(table, path, *text) : Fail(text);
}

}  // namespace flinch::scenarios
