#include "scenarios/sql/rows.h"

#include <algorithm>

#include "scenarios/sql/evaluate.h"

namespace flinch::sql {

namespace {

int64_t FloorTo(int64_t number, int64_t by) {
  return (number / by - (number % by < 0 ? 1 : 0)) * by;
}

}  // namespace

std::vector<std::pair<int64_t, int64_t>> WindowsOf(const WindowSpec& spec, int64_t time) {
  std::vector<std::pair<int64_t, int64_t>> windows;
  switch (spec.kind) {
    case WindowKind::kTumble: {
      const int64_t start = FloorTo(time - spec.offset, spec.size) + spec.offset;
      windows.emplace_back(start, start + spec.size);
      break;
    }
    case WindowKind::kHop:
      for (int64_t start = FloorTo(time - spec.offset, spec.step) + spec.offset;
           start > time - spec.size; start -= spec.step) {
        windows.emplace_back(start, start + spec.size);
      }
      break;
    case WindowKind::kCumulate: {
      const int64_t start = FloorTo(time - spec.offset, spec.size) + spec.offset;
      const int64_t first = FloorTo(time - start, spec.step) + spec.step;
      for (int64_t length = first; length <= spec.size; length += spec.step) {
        windows.emplace_back(start, start + length);
      }
      break;
    }
    case WindowKind::kSession:
      break;
  }
  return windows;
}

bool ComesBefore(const RankSpec& rank, const Row& first, const Row& second) {
  for (const SortKey& key : rank.order) {
    const Value one = Evaluate(key.expr, first);
    const Value other = Evaluate(key.expr, second);
    if (IsNull(one) != IsNull(other)) {
      return IsNull(one) != key.nulls_last;
    }
    if (const int order = Compare(one, other); order != 0) {
      return (order < 0) != key.is_descending;
    }
  }
  const int order = CompareRows(first, second);
  return rank.ties_descend ? order > 0 : order < 0;
}

Row ValuesOf(std::span<const Typed> exprs, const Row& row) {
  Row values;
  values.reserve(exprs.size());
  for (const Typed& expr : exprs) {
    values.push_back(Evaluate(expr, row));
  }
  return values;
}

bool HasNull(const Row& row) { return std::ranges::any_of(row, IsNull); }

Row Joined(const Row& left, const Row& right) {
  Row row = left;
  row.insert(row.end(), right.begin(), right.end());
  return row;
}

bool AllTrue(std::span<const Typed> conditions, const Row& row) {
  return std::ranges::all_of(conditions,
                             [&row](const Typed& condition) { return IsTrue(condition, row); });
}

}  // namespace flinch::sql
