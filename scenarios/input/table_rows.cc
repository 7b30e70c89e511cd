#include "scenarios/input/table_rows.h"

#include <optional>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

// No text of a value has it as one of its characters.
constexpr std::string_view kNull = "\\N";

}  // namespace

std::string TextOfRow(const sql::Row& row, const std::vector<sql::Type>& types) {
  std::string text;
  for (size_t i = 0; i < row.size(); ++i) {
    text += i == 0 ? "" : ",";
    if (sql::IsNull(row[i])) {
      text += kNull;
      continue;
    }
    sql::Type type = types.at(i);
    type.precision = type.kind == sql::TypeKind::kTimestamp ? 9 : type.precision;
    for (const char each : sql::ShowValue(row[i], type)) {
      text += each == ',' || each == '\\' ? "\\" : "";
      text += each;
    }
  }
  return text;
}

sim::Result<sql::Row> RowOfText(std::string_view text, const std::vector<sql::Type>& types) {
  std::vector<std::optional<std::string>> cells(1, std::string());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with(kNull)) {
      cells.back().reset();
      ++at;
    } else if (text[at] == ',') {
      cells.emplace_back(std::string());
    } else {
      at += text[at] == '\\' ? 1U : 0U;
      cells.back().value() += text.at(at);
    }
  }
  sql::Row row;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i >= types.size() || !cells[i]) {
      row.emplace_back();
      continue;
    }
    sim::Result<sql::Value> value = sql::ParseValue(*cells[i], types[i]);
    if (!value) {
      return sim::Fail(value);
    }
    row.push_back(*std::move(value));
  }
  return row;
}

std::pair<std::string, std::string> OutputOfRow(const std::vector<std::string>& names,
                                                const std::vector<sql::Type>& types,
                                                const sql::Row& row, bool is_delete) {
  std::string key = row.empty() ? "" : sql::ShowValue(row.front(), types.front());
  return {std::move(key), (is_delete ? "-" : "+") + sql::ShowJson(names, types, row)};
}

}  // namespace flinch::scenarios
