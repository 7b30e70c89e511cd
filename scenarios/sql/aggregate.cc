#include "scenarios/sql/aggregate.h"

#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "scenarios/sql/evaluate.h"
#include "sim/check.h"

namespace flinch::sql {

namespace {

bool IsExtreme(const AggregateCall& call) {
  return call.kind == AggregateKind::kMin || call.kind == AggregateKind::kMax;
}

void TakeExtreme(const AggregateCall& call, const Value& value, Accumulator& into) {
  const int order = IsNull(into.extreme) ? 0 : Compare(value, into.extreme);
  if (IsNull(into.extreme) || (call.kind == AggregateKind::kMin ? order < 0 : order > 0)) {
    into.extreme = value;
  }
}

// Counts and sums; each of DISTINCT once.
void AddValue(const Value& value, Change change, Accumulator& into) {
  const int sign = change == Change::kAdd ? 1 : -1;
  into.count += sign;
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    into.sum.units += sign * Int128{*whole};
  } else if (const auto* decimal = std::get_if<Decimal>(&value)) {
    into.sum.units += sign * decimal->units;
  } else if (const auto* number = std::get_if<double>(&value)) {
    AddExactly(sign * *number, into.parts);
  }
}

Value SumOf(const AggregateCall& call, const Accumulator& accumulator) {
  const auto overflow = [&call](Int128 sum) {
    return EvaluationError(call.place,
                           fmt::format("The sum {} does not fit {}: CAST to a wider "
                                       "type first.",
                                       ShowDecimal({.units = sum}, 0), ShowType(call.type)));
  };
  const Int128 sum = accumulator.sum.units;
  switch (call.type.kind) {
    case TypeKind::kDouble:
      return RoundedSum(accumulator.parts);
    case TypeKind::kDecimal:
      if (CountDigits(sum) > kDecimalDigitsMax) {
        throw overflow(sum);
      }
      return accumulator.sum;
    default: {
      const bool is_small = call.type.kind == TypeKind::kInteger;
      const int64_t most =
          is_small ? std::numeric_limits<int32_t>::max() : std::numeric_limits<int64_t>::max();
      if (sum > most || sum < -Int128{most} - 1) {
        throw overflow(sum);
      }
      return static_cast<int64_t>(sum);
    }
  }
}

Value AverageOf(const AggregateCall& call, const Accumulator& accumulator) {
  switch (call.type.kind) {
    case TypeKind::kDouble:
      return RoundedSum(accumulator.parts) / static_cast<double>(accumulator.count);
    case TypeKind::kDecimal: {
      const int scale = call.arg[0].type.scale;
      const std::optional<Decimal> average =
          Divide(accumulator.sum, scale, {.units = accumulator.count}, 0, call.type.scale);
      if (!average) {
        throw EvaluationError(call.place, "The average does not fit 38 digits.");
      }
      return *average;
    }
    default:
      return static_cast<int64_t>(accumulator.sum.units / accumulator.count);
  }
}

}  // namespace

void AddExactly(double number, std::vector<double>& parts) {
  if (!std::isfinite(number)) {
    parts.push_back(number);
    return;
  }
  // Shewchuk: each part takes what of the number it can hold and passes the rest on.
  size_t kept = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    double part = parts[i];
    if (std::abs(number) < std::abs(part)) {
      std::swap(number, part);
    }
    const double high = number + part;
    const double low = part - (high - number);
    if (low != 0) {
      parts[kept++] = low;
    }
    number = high;
  }
  parts.resize(kept);
  if (number != 0) {
    parts.push_back(number);
  }
}

double RoundedSum(const std::vector<double>& parts) {
  double sum = 0;
  double low = 0;
  size_t rest = parts.size();
  while (rest > 0) {
    const double before = sum;
    const double part = parts[--rest];
    sum = before + part;
    low = part - (sum - before);
    if (low != 0) {
      break;
    }
  }
  // Half-way cases are decided by what is below.
  if (rest > 0 && ((low < 0 && parts[rest - 1] < 0) || (low > 0 && parts[rest - 1] > 0))) {
    const double twice = low * 2;
    const double moved = sum + twice;
    if (twice == moved - sum) {
      sum = moved;
    }
  }
  return sum;
}

void Accumulate(const AggregateCall& call, const Row& row, Change change, bool retracts,
                Accumulator& into) {
  if (!call.filter.empty() && !IsTrue(call.filter[0], row)) {
    return;
  }
  if (call.arg.empty()) {
    into.count += change == Change::kAdd ? 1 : -1;
    return;
  }
  const Value value = Evaluate(call.arg[0], row);
  if (IsNull(value)) {
    return;
  }
  if (IsExtreme(call) && !retracts) {
    TakeExtreme(call, value, into);
    return;
  }
  if (!call.is_distinct && !IsExtreme(call)) {
    AddValue(value, change, into);
    return;
  }
  int64_t& times = into.values[value];
  times += change == Change::kAdd ? 1 : -1;
  const bool comes = times == 1 && change == Change::kAdd;
  const bool goes = times == 0;
  if (!IsExtreme(call) && (comes || goes)) {
    AddValue(value, change, into);
  }
  if (goes) {
    into.values.erase(value);
  }
}

void Merge(const AggregateCall& call, Accumulator& into, const Accumulator& from) {
  if (IsExtreme(call)) {
    if (!IsNull(from.extreme)) {
      TakeExtreme(call, from.extreme, into);
    }
    return;
  }
  if (call.is_distinct) {
    for (const auto& [value, times] : from.values) {
      int64_t& sum = into.values[value];
      if (sum == 0) {
        AddValue(value, Change::kAdd, into);
      }
      sum += times;
    }
    return;
  }
  into.count += from.count;
  into.sum.units += from.sum.units;
  for (const double part : from.parts) {
    AddExactly(part, into.parts);
  }
}

Value ResultOf(const AggregateCall& call, const Accumulator& accumulator) {
  if (call.kind == AggregateKind::kCount) {
    return accumulator.count;
  }
  if (IsExtreme(call)) {
    if (accumulator.values.empty()) {
      return accumulator.extreme;
    }
    return call.kind == AggregateKind::kMin ? accumulator.values.begin()->first
                                            : accumulator.values.rbegin()->first;
  }
  if (accumulator.count == 0) {
    return {};
  }
  return call.kind == AggregateKind::kSum ? SumOf(call, accumulator) : AverageOf(call, accumulator);
}

}  // namespace flinch::sql
