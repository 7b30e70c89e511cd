// What rows mean to more than one reader of plans: their windows, their rank, their keys.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/sql/plan.h"

namespace flinch::sql {

// The windows that hold the time, as [start, end), in nanoseconds; none of sessions.
std::vector<std::pair<int64_t, int64_t>> WindowsOf(const WindowSpec& spec, int64_t time);

// Whether the first comes before the second: by the order, then by all columns, so that no two
// rows that differ have the same place.
bool ComesBefore(const RankSpec& rank, const Row& first, const Row& second);

// The values of the expressions.
Row ValuesOf(std::span<const Typed> exprs, const Row& row);

// Whether any of them is null, which equals nothing.
bool HasNull(const Row& row);

Row Joined(const Row& left, const Row& right);

bool AllTrue(std::span<const Typed> conditions, const Row& row);

}  // namespace flinch::sql
