#include "scenarios/hunt/unit_result.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

constexpr auto kVerdictNames = std::to_array<std::pair<UnitVerdict, std::string_view>>({
    {UnitVerdict::kPassed, "passed"},
    {UnitVerdict::kInconclusive, "inconclusive"},
    {UnitVerdict::kFailed, "failed"},
    {UnitVerdict::kCrashed, "crashed"},
    {UnitVerdict::kHung, "hung"},
    {UnitVerdict::kOutOfMemory, "out of memory"},
    {UnitVerdict::kNondeterministic, "nondeterministic"},
});

constexpr uint32_t kBitsPerByte = 8;
constexpr size_t kCellBytesMax = 1 << 16;

template <typename T>
void PutUnlessEmpty(ordered_json& object, const char* name, const T& value) {
  if (value != T()) {
    object[name] = value;
  }
}

template <typename T>
void Get(const ordered_json& object, const char* name, T& value) {
  if (const auto found = object.find(name); found != object.end()) {
    found->get_to(value);
  }
}

std::unexpected<sim::Error> NoResult(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kCorruption,
                   fmt::format("This is not the result of a run: {}.", what));
}

}  // namespace

std::string_view Name(UnitVerdict verdict) {
  return std::ranges::find(kVerdictNames, verdict, &std::pair<UnitVerdict, std::string_view>::first)
      ->second;
}

uint64_t UnitResult::faults_fired() const {
  uint64_t fired = 0;
  for (const auto& [kind, count] : faults) {
    fired += count;
  }
  return fired;
}

std::string ShowCells(const std::vector<uint32_t>& cells) {
  std::vector<uint8_t> bytes(cells.empty() ? 0 : cells.back() / kBitsPerByte + 1);
  for (const uint32_t cell : cells) {
    bytes[cell / kBitsPerByte] |= static_cast<uint8_t>(1U << cell % kBitsPerByte);
  }
  std::string text;
  for (const uint8_t byte : bytes) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::vector<uint32_t> ReadCells(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<uint32_t> cells;
  for (size_t at = 0; at + 1 < text.size() && at < kCellBytesMax; at += 2) {
    const size_t high = kDigits.find(text[at]);
    const size_t low = kDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return {};
    }
    const size_t byte = high * 16 + low;
    for (uint32_t bit = 0; bit < kBitsPerByte; ++bit) {
      if ((byte >> bit & 1) != 0) {
        cells.push_back(static_cast<uint32_t>(at / 2) * kBitsPerByte + bit);
      }
    }
  }
  return cells;
}

std::string ShowLine(const UnitResult& result) {
  ordered_json object = {{"unit", result.unit},
                         {"scenario", result.scenario},
                         {"seed", std::to_string(result.seed)},
                         {"search", result.search},
                         {"verdict", Name(result.verdict)},
                         {"digest", result.digest},
                         {"events", result.events},
                         {"sim_ns", result.sim_ns},
                         {"wall_us", result.wall_us},
                         {"checkpoints", result.checkpoints},
                         {"faults", ordered_json::object()},
                         {"cells", ShowCells(result.cells)}};
  for (const auto& [kind, count] : result.faults) {
    object["faults"][kind] = count;
  }
  PutUnlessEmpty(object, "faults_planned", result.faults_planned);
  PutUnlessEmpty(object, "planned_fired", result.planned_fired);
  PutUnlessEmpty(object, "blind", result.blind);
  PutUnlessEmpty(object, "twice", result.twice);
  PutUnlessEmpty(object, "signature", result.signature);
  PutUnlessEmpty(object, "oracle", result.oracle);
  PutUnlessEmpty(object, "witness", result.witness);
  PutUnlessEmpty(object, "story", result.story);
  PutUnlessEmpty(object, "replay", result.replay);
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

sim::Result<UnitResult> ParseLine(std::string_view line) {
  try {
    const ordered_json object = ordered_json::parse(line);
    UnitResult result;
    object.at("unit").get_to(result.unit);
    object.at("scenario").get_to(result.scenario);
    const sim::Result<uint64_t> seed = text::ParseSeed(object.at("seed").get<std::string>());
    const auto verdict = std::ranges::find(kVerdictNames, object.at("verdict").get<std::string>(),
                                           &std::pair<UnitVerdict, std::string_view>::second);
    if (!seed || verdict == kVerdictNames.end()) {
      return NoResult("it has no seed or no verdict");
    }
    result.seed = *seed;
    result.verdict = verdict->first;
    Get(object, "search", result.search);
    Get(object, "digest", result.digest);
    Get(object, "events", result.events);
    Get(object, "sim_ns", result.sim_ns);
    Get(object, "wall_us", result.wall_us);
    Get(object, "checkpoints", result.checkpoints);
    Get(object, "faults", result.faults);
    Get(object, "faults_planned", result.faults_planned);
    Get(object, "planned_fired", result.planned_fired);
    Get(object, "blind", result.blind);
    Get(object, "twice", result.twice);
    Get(object, "signature", result.signature);
    Get(object, "oracle", result.oracle);
    Get(object, "witness", result.witness);
    Get(object, "story", result.story);
    Get(object, "replay", result.replay);
    std::string cells;
    Get(object, "cells", cells);
    result.cells = ReadCells(cells);
    return result;
  } catch (const ordered_json::exception& error) {
    return NoResult(error.what());
  }
}

bool SameOutcome(const UnitResult& left, const UnitResult& right) {
  return left.unit == right.unit && left.scenario == right.scenario && left.seed == right.seed &&
         left.verdict == right.verdict && left.digest == right.digest &&
         left.signature == right.signature;
}

}  // namespace flinch::scenarios
