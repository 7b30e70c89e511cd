#include "scenarios/sql/sqlite_functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <sqlite3.h>
#include <string>
#include <vector>

#include "scenarios/sql/civil.h"
#include "scenarios/sql/evaluate.h"
#include "scenarios/sql/functions.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

using Given = std::span<sqlite3_value*>;

std::string TextOfValue(sqlite3_value* value) {
  const auto* const text = static_cast<const char*>(sqlite3_value_blob(value));
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}

bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

bool AnyNull(Given args) {
  return std::ranges::any_of(args, [](auto* arg) { return IsNull(arg); });
}

// By what it is in SQLite.
Value PlainValue(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_value_int64(value)};
    case SQLITE_FLOAT:
      return sqlite3_value_double(value);
    case SQLITE_NULL:
      return {};
    default:
      return TextOfValue(value);
  }
}

// A decimal is text of its own scale.
struct Scaled {
  Decimal value;
  int scale = 0;
};

Scaled ScaledOf(sqlite3_value* value) {
  const std::string text = TextOfValue(value);
  const size_t point = text.find('.');
  const int scale = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
  return {.value = ParseDecimal(text, scale).value_or(Decimal{}), .scale = scale};
}

int CompareScaled(const Scaled& left, const Scaled& right) {
  const int scale = std::max(left.scale, right.scale);
  const auto one = Rescale(left.value, left.scale, scale);
  const auto other = Rescale(right.value, right.scale, scale);
  sim::Check(one && other, "decimals that cannot be compared");
  return *one < *other ? -1 : *other < *one ? 1 : 0;
}

void GiveText(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Give(sqlite3_context* context, const Value& value, Type type) {
  switch (value.index()) {
    case 0:
      return sqlite3_result_null(context);
    case 1:
      return sqlite3_result_int(context, std::get<bool>(value) ? 1 : 0);
    case 2:
      return sqlite3_result_int64(context, std::get<int64_t>(value));
    case 3:
      return GiveText(context, ShowDecimal(std::get<Decimal>(value), type.scale));
    case 4:
      return sqlite3_result_double(context, std::get<double>(value));
    default:
      return GiveText(context, std::get<std::string>(value));
  }
}

Type TypeAt(Given args, size_t first) {
  return {.kind = static_cast<TypeKind>(sqlite3_value_int(args[first])),
          .precision = static_cast<uint8_t>(sqlite3_value_int(args[first + 1])),
          .scale = static_cast<uint8_t>(sqlite3_value_int(args[first + 2]))};
}

Value TypedValue(sqlite3_value* value, Type type) {
  if (type.kind == TypeKind::kDecimal && !IsNull(value)) {
    return ScaledOf(value).value;
  }
  if (type.kind == TypeKind::kBoolean && !IsNull(value)) {
    return sqlite3_value_int(value) != 0;
  }
  return PlainValue(value);
}

// ---- Functions

using Body = void (*)(sqlite3_context* context, Given args);

template <Body kBody>
void Scalar(sqlite3_context* context, int count, sqlite3_value** values) {
  kBody(context, Given(values, static_cast<size_t>(count)));
}

void OfTable(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto* const function = static_cast<const Function*>(sqlite3_user_data(context));
  const Given args(values, static_cast<size_t>(count));
  if (AnyNull(args) && !function->takes_null) {
    return sqlite3_result_null(context);
  }
  std::vector<Value> plain;
  std::ranges::transform(args, std::back_inserter(plain), PlainValue);
  Give(context, function->call(plain), Type{});
}

template <Op kOp>
void DecimalArithmetic(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  const Type left = DecimalType(kDecimalDigitsMax, sqlite3_value_int(args[2]));
  const Type right = DecimalType(kDecimalDigitsMax, sqlite3_value_int(args[3]));
  const Type type = DecimalType(kDecimalDigitsMax, sqlite3_value_int(args[4]));
  try {
    const Value result =
        Arithmetic(kOp, ScaledOf(args[0]).value, ScaledOf(args[1]).value, left, right, type, 0);
    Give(context, result, type);
  } catch (const EvaluationError& error) {
    sqlite3_result_error(context, error.what(), -1);
  }
}

void DecimalCompare(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  sqlite3_result_int(context, CompareScaled(ScaledOf(args[0]), ScaledOf(args[1])));
}

// Text whose order as bytes is that of the numbers: of equal scale.
void DecimalOrder(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  std::string text = TextOfValue(args[0]);
  const bool is_negative = text.starts_with('-');
  text.erase(0, is_negative ? 1 : 0);
  constexpr size_t kWidth = 42;
  text.insert(0, kWidth - std::min(text.size(), kWidth), '0');
  for (char& each : text) {
    each = is_negative && each != '.' ? static_cast<char>('0' + '9' - each) : each;
  }
  GiveText(context, (is_negative ? "0" : "1") + text);
}

template <bool kGreatest>
void DecimalExtreme(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  size_t best = 0;
  for (size_t i = 1; i < args.size(); ++i) {
    const int order = sqlite3_value_type(args[i]) == SQLITE_TEXT
                          ? CompareScaled(ScaledOf(args[i]), ScaledOf(args[best]))
                          : Compare(PlainValue(args[i]), PlainValue(args[best]));
    best = (kGreatest ? order > 0 : order < 0) ? i : best;
  }
  sqlite3_result_value(context, args[best]);
}

void CastValue(sqlite3_context* context, Given args) {
  const Type from = TypeAt(args, 1);
  const Type to = TypeAt(args, 4);
  const sim::Result<Value> value = Cast(TypedValue(args[0], from), from, to);
  Give(context, value.value_or(Value()), to);
}

// ABS, SIGN, FLOOR, CEIL, ROUND and the opposite, by the operator's number.
void Number(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  const Type from{.kind = static_cast<TypeKind>(sqlite3_value_int(args[3])),
                  .precision = kDecimalDigitsMax,
                  .scale = static_cast<uint8_t>(sqlite3_value_int(args[4]))};
  Type to = from;
  to.scale = static_cast<uint8_t>(sqlite3_value_int(args[5]));
  Typed expr{.op = static_cast<Op>(sqlite3_value_int(args[0])), .type = to};
  expr.args.push_back(Constant(TypedValue(args[1], from), from, 0));
  if (expr.op == Op::kRound) {
    expr.args.push_back(Constant(PlainValue(args[2]), kBigint, 0));
  }
  Give(context, Evaluate(expr, {}), to);
}

template <Op kOp>
void OfTime(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  Typed expr{
      .op = kOp, .type = kBigint, .number = static_cast<size_t>(sqlite3_value_int64(args[0]))};
  for (sqlite3_value* arg : args.subspan(1)) {
    expr.args.push_back(Constant(PlainValue(arg), kBigint, 0));
  }
  Give(context, Evaluate(expr, {}), kBigint);
}

void FloatModulo(sqlite3_context* context, Given args) {
  if (AnyNull(args)) {
    return sqlite3_result_null(context);
  }
  sqlite3_result_double(context,
                        std::fmod(sqlite3_value_double(args[0]), sqlite3_value_double(args[1])));
}

// ---- Aggregates: their state is an object of ours, to which SQLite keeps a pointer.

template <typename State>
State* StateOf(sqlite3_context* context, bool make) {
  auto** const slot = static_cast<State**>(
      sqlite3_aggregate_context(context, make ? static_cast<int>(sizeof(State*)) : 0));
  if (slot != nullptr && *slot == nullptr && make) {
    *slot = new State();  // NOLINT: until Final, SQLite holds it
  }
  return slot == nullptr ? nullptr : *slot;
}

template <typename State>
void Step(sqlite3_context* context, int, sqlite3_value** values) {
  if (!IsNull(*values)) {
    StateOf<State>(context, true)->Add(*values);
  }
}

template <typename State>
void Final(sqlite3_context* context) {
  State* const state = StateOf<State>(context, false);
  if (state == nullptr) {
    return sqlite3_result_null(context);
  }
  state->Give(context);
  delete state;  // NOLINT
}

struct DecimalSum {
  Scaled sum{};

  void Add(sqlite3_value* value) {
    const Scaled more = ScaledOf(value);
    sum.scale = more.scale;
    sum.value.units += more.value.units;
  }

  void Give(sqlite3_context* context) const {
    GiveText(context, ShowDecimal(sum.value, sum.scale));
  }
};

template <bool kMax>
struct DecimalBest {
  std::optional<Scaled> best{};

  void Add(sqlite3_value* value) {
    const Scaled more = ScaledOf(value);
    const int order = best ? CompareScaled(more, *best) : 0;
    if (!best || (kMax ? order > 0 : order < 0)) {
      best = more;
    }
  }

  void Give(sqlite3_context* context) const {
    GiveText(context, ShowDecimal(best->value, best->scale));
  }
};

// Exact, by whole numbers of 2^-1074: what Shewchuk's parts come to must be the same.
struct DoubleSum {
  std::vector<double> all{};

  void Add(sqlite3_value* value) { all.push_back(sqlite3_value_double(value)); }

  void Give(sqlite3_context* context) const { sqlite3_result_double(context, Sum()); }

  double Sum() const {
    // 70 limbs of 32 bits hold any double; their carries wait in the upper halves.
    constexpr int kLowest = -1074;
    std::array<int64_t, 72> limbs{};
    for (const double each : all) {
      if (!std::isfinite(each)) {
        return each;
      }
      int exponent = 0;
      const auto mantissa = static_cast<int64_t>(std::ldexp(std::frexp(each, &exponent), 53));
      const int shift = std::max(exponent - 53 - kLowest, 0);
      const int lost = std::min(exponent - 53 - kLowest, 0);
      Int128 rest = Int128{mantissa >> -lost} * (Int128{1} << (shift % 32));
      for (auto limb = static_cast<size_t>(shift / 32); rest != 0; ++limb) {
        const Int128 low = rest % (Int128{1} << 32);
        limbs.at(limb) += static_cast<int64_t>(low);
        rest = (rest - low) / (Int128{1} << 32);
      }
    }
    return Rounded(limbs);
  }

  static double Rounded(std::array<int64_t, 72>& limbs) {
    for (size_t i = 0; i + 1 < limbs.size(); ++i) {
      const int64_t carry = limbs[i] >> 32;  // towards the smaller: all limbs but the last are >= 0
      limbs[i] -= carry * (int64_t{1} << 32);
      limbs[i + 1] += carry;
    }
    const bool is_negative = limbs.back() < 0;
    if (is_negative) {
      int64_t carry = 0;
      for (int64_t& limb : limbs) {
        limb = -limb + carry;
        carry = limb >> 32;
        limb -= carry * (int64_t{1} << 32);
      }
    }
    size_t top = limbs.size();
    while (top > 0 && limbs[top - 1] == 0) {
      --top;
    }
    if (top == 0) {
      return 0;
    }
    // Three limbs hold at least 65 bits; what is below only says whether there is more.
    Uint128 bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 32 | (top > i ? static_cast<uint64_t>(limbs[top - 1 - i]) : 0);
    }
    bool more = false;
    for (size_t i = 0; i + 3 < top; ++i) {
      more = more || limbs[i] != 0;
    }
    bits = bits << 1 | (more ? 1 : 0);
    int exponent = static_cast<int>(top) * 32 - 96 - 1 - 1074;
    bool dropped = false;
    while (bits >> 54 != 0) {
      dropped = dropped || (bits & 1) != 0;
      bits >>= 1;
      ++exponent;
    }
    const bool up = (bits & 1) != 0 && (dropped || (bits & 2) != 0);
    const double magnitude = std::ldexp(
        static_cast<double>(static_cast<uint64_t>(bits >> 1) + (up ? 1 : 0)), exponent + 1);
    return is_negative ? -magnitude : magnitude;
  }
};

template <Body kBody>
void Lend(sqlite3* database, const char* name) {
  const int rc = sqlite3_create_function(database, name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                         nullptr, Scalar<kBody>, nullptr, nullptr);
  sim::Check(rc == SQLITE_OK, "SQLite does not take the function {}", name);
}

template <typename State>
void LendAggregate(sqlite3* database, const char* name) {
  const int rc = sqlite3_create_function(database, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                         nullptr, nullptr, Step<State>, Final<State>);
  sim::Check(rc == SQLITE_OK, "SQLite does not take the aggregate {}", name);
}

}  // namespace

void LendFunctions(sqlite3* database) {
  for (const Function& function : Functions()) {
    const std::string name = "f_" + std::string(function.name);
    const int rc = sqlite3_create_function(
        database, name.c_str(), -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
        const_cast<Function*>(&function),  // NOLINT: SQLite hands it back as it is
        OfTable, nullptr, nullptr);
    sim::Check(rc == SQLITE_OK, "SQLite does not take the function {}", name);
  }
  Lend<DecimalArithmetic<Op::kAdd>>(database, "f_decimal_add");
  Lend<DecimalArithmetic<Op::kSubtract>>(database, "f_decimal_subtract");
  Lend<DecimalArithmetic<Op::kMultiply>>(database, "f_decimal_multiply");
  Lend<DecimalArithmetic<Op::kDivide>>(database, "f_decimal_divide");
  Lend<DecimalArithmetic<Op::kModulo>>(database, "f_decimal_modulo");
  Lend<DecimalCompare>(database, "f_decimal_compare");
  Lend<DecimalOrder>(database, "f_decimal_order");
  Lend<DecimalExtreme<true>>(database, "f_decimal_greatest");
  Lend<DecimalExtreme<false>>(database, "f_decimal_least");
  Lend<CastValue>(database, "f_cast");
  Lend<Number>(database, "f_number");
  Lend<FloatModulo>(database, "f_fmod");
  Lend<OfTime<Op::kExtract>>(database, "f_extract");
  Lend<OfTime<Op::kFloorTo>>(database, "f_floor_to");
  Lend<OfTime<Op::kCeilTo>>(database, "f_ceil_to");
  Lend<OfTime<Op::kAddMonths>>(database, "f_add_months");
  Lend<OfTime<Op::kDifference>>(database, "f_difference");
  LendAggregate<DecimalSum>(database, "f_decimal_sum");
  LendAggregate<DecimalBest<false>>(database, "f_decimal_min");
  LendAggregate<DecimalBest<true>>(database, "f_decimal_max");
  LendAggregate<DoubleSum>(database, "f_double_sum");
}

}  // namespace flinch::sql
