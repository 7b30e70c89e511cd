#include "scenarios/lab/tally.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

auto Simplicity(const UnitResult& result) {
  return std::tuple(result.faults_fired(), result.events, result.seed, result.unit);
}

// As a result has it: the first digits.
std::string ShowDigest(uint64_t digest) { return fmt::format("{:016x}", digest); }

// Other machines may claim any times.
int64_t Sum(int64_t left, int64_t right) {
  return right > std::numeric_limits<int64_t>::max() - left ? std::numeric_limits<int64_t>::max()
                                                            : left + right;
}

}  // namespace

Tally::Seen Tally::SeenOf(const UnitResult& result) {
  Seen seen{.has_digest = !result.digest.empty(), .verdict = result.verdict};
  // Hexadecimal digits, at most as many as fit: ParseLine has refused all else.
  for (const char digit : result.digest) {
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    seen.digest = (seen.digest << 4U) | static_cast<uint64_t>(value);
  }
  const auto place = static_cast<uint32_t>(signatures_.size());
  seen.signature = signatures_.try_emplace(result.signature, place).first->second;
  return seen;
}

Tally::News Tally::Add(const UnitResult& result) {
  const Seen seen = SeenOf(result);
  const auto [unit, is_new] = units_.emplace(result.unit, seen);
  if (is_new) {
    return Count(result);
  }
  const auto open = open_.find(result.unit);
  if (open == open_.end()) {
    AddConflict(result, unit->second);
    return {};
  }
  const auto order = [](const UnitResult& one) {
    return std::tie(one.verdict, one.signature, one.witness, one.replay);
  };
  if (!result.IsFinal() && order(open->second) <= order(result)) {
    return {};
  }
  Discount(open->second);
  unit->second = seen;
  return Count(result);
}

Tally::News Tally::Count(const UnitResult& result) {
  News news{.unit = true};
  sim_ns_ = Sum(sim_ns_, result.sim_ns);
  wall_us_ = Sum(wall_us_, result.wall_us);
  twice_ += result.twice ? 1U : 0U;
  ++verdicts_[result.verdict];
  ++searches_[result.search];
  for (const auto& [kind, count] : result.faults) {
    faults_[kind] += count;
  }
  for (const uint32_t cell : result.cells) {
    news.cell = cells_.insert(cell).second || news.cell;
  }
  varied_.insert(result.varied.begin(), result.varied.end());
  if (result.verdict == UnitVerdict::kInconclusive) {
    ++reasons_[result.witness];
  }
  if (!result.IsFinal()) {
    news.signature = !open_groups_.contains(result.signature);
    open_.emplace(result.unit, result);
    open_groups_[result.signature].insert(result.unit);
  } else if (result.IsFailure()) {
    news.signature = !groups_.contains(result.signature);
    AddGroup(result);
  }
  if (!result.IsFinal()) {
    return news;  // what it would have done in the end says nothing of the scenario's health
  }
  ScenarioTally& scenario = scenarios_[result.scenario];
  ++scenario.runs;
  scenario.without_checkpoint += result.checkpoints == 0 ? 1U : 0U;
  scenario.without_fault += result.faults.empty() ? 1U : 0U;
  scenario.planned_fired.insert(result.planned_fired.begin(), result.planned_fired.end());
  scenario.with_missed_faults += result.planned_fired.size() < result.faults_planned ? 1U : 0U;
  if (scenario.digests.size() < 2 && !result.digest.empty()) {
    scenario.digests.insert(result.digest);
  }
  for (const std::string& oracle : result.blind) {
    ++scenario.blind[oracle];
  }
  return news;
}

// Takes back what is counted of a result that was not final. Of its run it knows nothing: no
// digest, no faults, no cells.
void Tally::Discount(const UnitResult& result) {
  wall_us_ -= result.wall_us;
  twice_ -= result.twice ? 1U : 0U;
  --verdicts_[result.verdict];
  if (uint64_t& count = searches_[result.search]; --count == 0) {
    searches_.erase(result.search);
  }
  std::set<uint64_t>& units = open_groups_[result.signature];
  units.erase(result.unit);
  if (units.empty()) {
    open_groups_.erase(result.signature);
  }
  open_.erase(result.unit);
}

// A second result of a unit that has one.
void Tally::AddConflict(const UnitResult& result, Seen& seen) {
  // Where a process ended, or nobody could wait any longer, is no part of the run.
  const Seen own = SeenOf(result);
  if (!own.has_digest || !seen.has_digest ||
      (own.digest == seen.digest && own.signature == seen.signature)) {
    return;
  }
  UnitResult differs = result;
  differs.signature = "nondeterministic: two results of one unit";
  differs.witness = fmt::format(
      "Unit {} was run two times and came out with digest {} and with digest {}.", result.unit,
      ShowDigest(std::min(seen.digest, own.digest)), ShowDigest(std::max(seen.digest, own.digest)));
  AddGroup(differs);
  --verdicts_[seen.verdict];
  seen.verdict = UnitVerdict::kNondeterministic;
  ++verdicts_[seen.verdict];
}

void Tally::AddGroup(const UnitResult& result) {
  const auto [group, is_new] = groups_.try_emplace(
      result.signature, FailureGroup{.signature = result.signature, .exemplar = result});
  ++group->second.count;
  largest_group_ = std::max(largest_group_, group->second.count);
  if (!is_new && Simplicity(result) < Simplicity(group->second.exemplar)) {
    group->second.exemplar = result;
  }
}

void Tally::AddShrunk(const ShrunkGroup& shrunk) {
  const auto [known, is_new] = shrunk_.try_emplace(shrunk.signature, shrunk);
  const auto size = [](const ShrunkGroup& group) {
    return std::tie(group.faults, group.records, group.events, group.unit, group.replay);
  };
  if (!is_new && size(shrunk) < size(known->second)) {
    known->second = shrunk;
  }
}

uint64_t Tally::count(UnitVerdict verdict) const {
  const auto found = verdicts_.find(verdict);
  return found == verdicts_.end() ? 0 : found->second;
}

uint64_t Tally::failures() const {
  return count(UnitVerdict::kFailed) + count(UnitVerdict::kCrashed) + count(UnitVerdict::kHung) +
         count(UnitVerdict::kOutOfMemory) + count(UnitVerdict::kNondeterministic);
}

std::vector<uint64_t> Tally::units() const {
  std::vector<uint64_t> units;
  for (const auto& [unit, seen] : units_) {
    units.push_back(unit);
  }
  return units;
}

uint64_t Tally::largest_group() const {
  uint64_t largest = largest_group_;
  for (const auto& [signature, units] : open_groups_) {
    largest = std::max<uint64_t>(largest, units.size());
  }
  return largest;
}

std::vector<FailureGroup> Tally::groups() const {
  std::vector<FailureGroup> groups;
  for (const auto& [signature, units] : open_groups_) {
    groups.push_back({.signature = signature,
                      .count = units.size(),
                      .exemplar = open_.at(*std::ranges::min_element(
                          units, {}, [this](uint64_t of) { return Simplicity(open_.at(of)); }))});
  }
  for (const auto& [signature, group] : groups_) {
    groups.push_back(group);
    if (const auto shrunk = shrunk_.find(signature); shrunk != shrunk_.end()) {
      groups.back().smallest = shrunk->second;
    }
  }
  std::ranges::sort(groups, [](const FailureGroup& one, const FailureGroup& other) {
    return one.count != other.count ? one.count > other.count : one.signature < other.signature;
  });
  return groups;
}

}  // namespace flinch::scenarios
