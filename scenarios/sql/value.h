// Values of SQL and their types.
//
// Shape:  a Value knows what it is (null, truth, whole number, decimal, double, text) but not its
//         type: that stands in the plan, once per column. Whole numbers are also timestamps and
//         intervals (nanoseconds), dates (days) and months.
// Order:  Compare is total within one type, null first; text by its bytes, as Flink has it.
// Bytes:  a Row can be encoded, so that it can be a record and state of the engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenarios/sql/decimal.h"
#include "sim/codec.h"
#include "sim/result.h"

namespace flinch::sql {

enum class TypeKind : uint8_t {
  kNull,  // of the literal NULL, before it has a type
  kBoolean,
  kInteger,  // 32 bits; TINYINT and SMALLINT are read as it
  kBigint,
  kDecimal,
  kDouble,
  kText,
  kDate,
  kTime,
  kTimestamp,
  kInterval,  // of days, hours, minutes, seconds: nanoseconds
  kMonths,    // of years and months
};

struct Type {
  TypeKind kind = TypeKind::kNull;
  // Of decimals: digits, and those behind the point. Of timestamps: digits of the fraction.
  uint8_t precision = 0;
  uint8_t scale = 0;
  bool is_local = false;  // TIMESTAMP_LTZ

  friend bool operator==(const Type&, const Type&) = default;
};

inline constexpr Type kBoolean{.kind = TypeKind::kBoolean};
inline constexpr Type kInteger{.kind = TypeKind::kInteger};
inline constexpr Type kBigint{.kind = TypeKind::kBigint};
inline constexpr Type kDouble{.kind = TypeKind::kDouble};
inline constexpr Type kText{.kind = TypeKind::kText};
inline constexpr Type kDate{.kind = TypeKind::kDate};
inline constexpr Type kTime{.kind = TypeKind::kTime};
inline constexpr Type kTimestamp{.kind = TypeKind::kTimestamp, .precision = 3};

inline constexpr int64_t kNanosPerMilli = 1'000'000;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

Type DecimalType(int precision, int scale);

bool IsNumeric(Type type);
bool IsWhole(Type type);  // INT and BIGINT

// "DECIMAL(10, 2)", "STRING", "TIMESTAMP(3)".
std::string ShowType(Type type);

using Value = std::variant<std::monostate, bool, int64_t, Decimal, double, std::string>;
using Row = std::vector<Value>;

inline bool IsNull(const Value& value) { return value.index() == 0; }

// -1, 0 or 1.
int Compare(const Value& left, const Value& right);
int CompareRows(const Row& left, const Row& right);

struct RowLess {
  bool operator()(const Row& left, const Row& right) const { return CompareRows(left, right) < 0; }
};

// As CAST(… AS STRING) writes it; null is "NULL".
std::string ShowValue(const Value& value, Type type);

// As Java writes a double: "1.0", "1.0E10", "1.0E-5".
std::string ShowDouble(double value);

// What ShowValue wrote, and what people write: of timestamps "2026-01-01 00:00:00.5", with "T" or
// "Z", or a date alone. kInvalidArgument with a sentence without its subject ("is no INT").
sim::Result<Value> ParseValue(std::string_view text, Type type);

// A value of `from` as one of `to`: CAST. kInvalidArgument with a sentence without its subject.
sim::Result<Value> Cast(const Value& value, Type from, Type to);

// As an object of JSON, on one line.
std::string ShowJson(const std::vector<std::string>& names, const std::vector<Type>& types,
                     const Row& row);

}  // namespace flinch::sql

namespace flinch::sim {

template <>
struct Serializer<sql::Decimal> {
  static void Write(Encoder& out, const sql::Decimal& value) {
    sim::Write(out, static_cast<uint64_t>(value.units));
    sim::Write(out, static_cast<int64_t>(value.units >> 64));
  }

  static void Read(Decoder& in, sql::Decimal& value) {
    uint64_t low = 0;
    int64_t high = 0;
    sim::Read(in, low);
    sim::Read(in, high);
    value.units = static_cast<sql::Int128>(sql::Uint128{static_cast<uint64_t>(high)} << 64 | low);
  }
};

}  // namespace flinch::sim
