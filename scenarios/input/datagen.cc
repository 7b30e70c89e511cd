#include "scenarios/input/datagen.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/input/nexmark.h"
#include "sim/random.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using sql::TypeKind;

constexpr int64_t kRowsMax = 1'000'000;

// The options of one column.
class Field {
 public:
  Field(const sql::Table& table, const sql::Column& column)
      : table_(table), column_(column), prefix_("fields." + column.name + ".") {}

  std::string Text(std::string_view option) const {
    return table_.Option(prefix_ + std::string(option));
  }

  sim::Result<int64_t> Whole(std::string_view option, int64_t otherwise) const {
    const std::string text = Text(option);
    if (text.empty()) {
      return otherwise;
    }
    const sim::Result<sql::Value> value = sql::ParseValue(text, sql::kBigint);
    if (!value) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}{}' of the table {} {}.", prefix_, option, table_.name,
                              value.error().message));
    }
    return std::get<int64_t>(*value);
  }

  sim::Result<int64_t> Span(std::string_view option, int64_t otherwise) const {
    const std::string text = Text(option);
    if (text.empty()) {
      return otherwise;
    }
    const sim::Result<sim::Duration> span = text::ParseDuration(text);
    if (!span) {
      return Fail(span);
    }
    return span->count();
  }

  const sql::Column& column() const { return column_; }

 private:
  const sql::Table& table_;
  const sql::Column& column_;
  std::string prefix_;
};

std::vector<std::string> Choices(std::string_view text) {
  std::vector<std::string> choices;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    choices.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return choices;
}

// Of two draws the smaller one: the first come more often.
size_t PickEarly(sim::Random& random, size_t count) {
  const uint64_t one = random.Below(count);
  const uint64_t other = random.Below(count);
  return static_cast<size_t>(std::min(one, other));
}

sim::Result<sql::Value> TimeOf(const Field& field, int64_t index, sim::Random& random) {
  const sim::Result<int64_t> step = field.Span("step", 300 * sql::kNanosPerMilli);
  const sim::Result<int64_t> past = field.Span("max-past", 0);
  if (!step || !past) {
    return step ? Fail(past) : Fail(step);
  }
  const int64_t millis = *past / sql::kNanosPerMilli;
  const int64_t lag = random.Between(0, millis) * sql::kNanosPerMilli;
  return sql::Value(kGeneratedFrom + index * *step - lag);
}

sim::Result<sql::Value> NumberOf(const Field& field, int64_t index, sim::Random& random) {
  if (field.Text("kind") == "sequence") {
    const sim::Result<int64_t> start = field.Whole("start", 0);
    return start ? sim::Result<sql::Value>(sql::Value(*start + index)) : Fail(start);
  }
  const sim::Result<int64_t> min = field.Whole("min", 0);
  const sim::Result<int64_t> max = field.Whole("max", 999);
  if (!min || !max || *min > *max) {
    return !min ? Fail(min)
           : !max
               ? Fail(max)
               : Fail(ErrorCode::kInvalidArgument,
                      fmt::format("The column {} has a min above its max.", field.column().name));
  }
  return sql::Value(random.Between(*min, *max));
}

sim::Result<sql::Value> TextOf(const Field& field, sim::Random& random) {
  const sim::Result<int64_t> length = field.Whole("length", 8);
  if (!length) {
    return Fail(length);
  }
  constexpr std::string_view kLetters = "0123456789abcdef";
  std::string text;
  for (int64_t i = 0; i < std::min<int64_t>(*length, 1000); ++i) {
    text += kLetters[static_cast<size_t>(random.Below(kLetters.size()))];
  }
  return sql::Value(std::move(text));
}

sim::Result<sql::Value> ValueOf(const Field& field, int64_t index, sim::Random& random) {
  const sql::Type type = field.column().type;
  if (const std::vector<std::string> choices = Choices(field.Text("choices")); !choices.empty()) {
    return sql::ParseValue(choices[PickEarly(random, choices.size())], type);
  }
  switch (type.kind) {
    case TypeKind::kTimestamp:
      return TimeOf(field, index, random);
    case TypeKind::kBoolean:
      return sql::Value(random.Below(2) == 1);
    case TypeKind::kText:
      return TextOf(field, random);
    case TypeKind::kDate:
      return sql::Value(kGeneratedFrom / sql::kNanosPerDay + index % 30);
    case TypeKind::kTime:
      return sql::Value(random.Between(0, 86'399) * sql::kNanosPerSecond);
    default: {
      const sim::Result<sql::Value> number = NumberOf(field, index, random);
      return number ? sql::Cast(*number, sql::kBigint, type) : number;
    }
  }
}

sim::Result<std::vector<TableRow>> Datagen(const sql::Table& table, uint64_t seed) {
  const sim::Result<sql::Value> count = sql::ParseValue(
      table.Option("number-of-rows").empty() ? "500" : table.Option("number-of-rows"),
      sql::kBigint);
  if (!count || std::get<int64_t>(*count) < 1 || std::get<int64_t>(*count) > kRowsMax) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'number-of-rows' of the table {} is a whole number from 1 to {}.",
                            table.name, kRowsMax));
  }
  const sim::Random random = sim::Random(seed).Split("table/" + table.name);
  std::vector<TableRow> rows(static_cast<size_t>(std::get<int64_t>(*count)));
  for (TableRow& row : rows) {
    row.row.resize(table.columns.size());
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.computed[i]) {
      continue;
    }
    const Field field(table, table.columns[i]);
    sim::Random draws = random.Split(table.columns[i].name);
    for (size_t index = 0; index < rows.size(); ++index) {
      sim::Result<sql::Value> value = ValueOf(field, static_cast<int64_t>(index), draws);
      if (!value) {
        return Fail(value);
      }
      rows[index].row[i] = *std::move(value);
    }
  }
  return rows;
}

}  // namespace

sim::Result<std::vector<TableRow>> GenerateTable(const sql::Table& table, uint64_t seed) {
  return table.Option("connector") == "nexmark" ? GenerateNexmark(table, seed)
                                                : Datagen(table, seed);
}

}  // namespace flinch::scenarios
