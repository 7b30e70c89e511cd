#include "scenarios/lab/unit_result.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "faults/fault_plan.h"
#include "scenarios/lab/json_members.h"
#include "scenarios/lab/units.h"
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
constexpr size_t kCellsMax = size_t{1} << 16;  // of any protocol
constexpr size_t kDigestDigits = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

template <typename T>
void PutUnlessEmpty(ordered_json& object, const char* name, const T& value) {
  if (value != T()) {
    object[name] = value;
  }
}

std::unexpected<sim::Error> NoResult(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kCorruption,
                   fmt::format("This is not the result of a run: {}.", what));
}

// Line by line: what a run, or the process that it ended, said may hold anything.
std::string PrintableLines(std::string_view text) {
  std::string lines;
  while (true) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines += text::Printable(text.substr(0, end));
    if (end == text.size()) {
      return lines;
    }
    lines += '\n';
    text.remove_prefix(end + 1);
  }
}

// What an oracle may be called.
bool IsWord(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool IsFaultKind(std::string_view kind) {
  return std::ranges::find(faults::kFaultCatalogue, kind, &faults::FaultInfo::kind) !=
         faults::kFaultCatalogue.end();
}

bool IsSearch(std::string_view name) {
  return name.empty() || FindSearch(name) || name == "crash" || name == "crash-pairs";
}

// What the types of the members do not say.
void CheckMembers(const UnitResult& result, JsonMembers& members) {
  if (!IsSearch(result.search)) {
    members.Complain(fmt::format("there is no search {}", text::Quote(result.search)));
  }
  if (result.digest.size() > kDigestDigits ||
      result.digest.find_first_not_of(kHexDigits) != std::string::npos) {
    members.Complain(fmt::format("{} is no digest", text::Quote(result.digest)));
  }
  for (const auto& [kind, count] : result.faults) {
    if (!IsFaultKind(kind)) {
      members.Complain(fmt::format("there is no fault {}", text::Quote(kind)));
    }
  }
  for (const std::string& oracle : result.blind) {
    if (!IsWord(oracle)) {
      members.Complain(fmt::format("{} is no oracle", text::Quote(oracle)));
    }
  }
  for (const uint32_t fault : result.planned_fired) {
    if (fault >= result.faults_planned) {
      members.Complain(fmt::format("fault {} is none of the {} that were planned", fault,
                                   result.faults_planned));
    }
  }
  if (!AreShellWords(result.replay)) {
    members.Complain("its replay line is more than the words of one command");
  }
  if (result.IsFailure() && result.signature.empty()) {
    members.Complain("it is a failure without a signature");
  }
}

void ReadTexts(JsonMembers& members, UnitResult& result) {
  members.Get("blind", result.blind);
  members.Get("signature", result.signature);
  members.Get("oracle", result.oracle);
  members.Get("witness", result.witness, JsonMembers::Lines::kMany);
  members.Get("story", result.story);
  members.Get("replay", result.replay);
}

}  // namespace

bool UnitResult::IsFinal() const {
  return verdict != UnitVerdict::kHung && verdict != UnitVerdict::kOutOfMemory &&
         (verdict != UnitVerdict::kCrashed || signature != kKilled);
}

bool AreShellWords(std::string_view text) {
  constexpr std::string_view kPlain = " ._/-+,:@%=~";
  bool is_quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\'') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && c == '\\' && text.substr(at + 1).starts_with('\'')) {
      ++at;
    } else if (const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                     (c >= '0' && c <= '9') || kPlain.contains(c);
               !is_quoted && !is_plain) {
      return false;
    }
  }
  return !is_quoted;
}

std::string_view Name(UnitVerdict verdict) {
  return std::ranges::find(kVerdictNames, verdict, &std::pair<UnitVerdict, std::string_view>::first)
      ->second;
}

uint64_t UnitResult::faults_fired() const {
  uint64_t fired = 0;
  for (const auto& [kind, count] : faults) {
    fired += kind == "restart" ? 0 : count;  // which is the end of a crash
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

std::optional<std::vector<uint32_t>> ReadCells(std::string_view text) {
  std::vector<uint32_t> cells;
  if (text.size() % 2 != 0 || text.size() / 2 * kBitsPerByte > kCellsMax) {
    return std::nullopt;
  }
  for (size_t at = 0; at < text.size(); at += 2) {
    if (text[at] == '0' && text[at + 1] == '0') {
      continue;  // as most are
    }
    const size_t high = kHexDigits.find(text[at]);
    const size_t low = kHexDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return std::nullopt;
    }
    const size_t byte = high * 16 + low;
    for (uint32_t bit = 0; bit < kBitsPerByte; ++bit) {
      const size_t cell = at / 2 * kBitsPerByte + bit;
      if ((byte >> bit & 1) != 0 && cell >= kCellsMax) {
        return std::nullopt;
      }
      if ((byte >> bit & 1) != 0) {
        cells.push_back(static_cast<uint32_t>(cell));
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
  PutUnlessEmpty(object, "varied", result.varied);
  PutUnlessEmpty(object, "blind", result.blind);
  PutUnlessEmpty(object, "twice", result.twice);
  PutUnlessEmpty(object, "signature", text::Printable(result.signature));
  PutUnlessEmpty(object, "oracle", text::Printable(result.oracle));
  PutUnlessEmpty(object, "witness", PrintableLines(result.witness));
  std::vector<std::string> story;
  for (const std::string& told : result.story) {
    story.push_back(text::Printable(told));
  }
  PutUnlessEmpty(object, "story", story);
  PutUnlessEmpty(object, "replay", result.replay);
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

sim::Result<UnitResult> ParseLine(std::string_view line) {
  JsonMembers members(line);
  members.Require({"unit", "scenario", "seed", "verdict"});
  UnitResult result;
  std::string seed_text;
  std::string verdict_name;
  std::string cells_text;
  members.Get("unit", result.unit);
  members.Get("scenario", result.scenario);
  members.Get("seed", seed_text);
  members.Get("search", result.search);
  members.Get("verdict", verdict_name);
  members.Get("digest", result.digest);
  members.Get("events", result.events);
  members.Get("sim_ns", result.sim_ns);
  members.Get("wall_us", result.wall_us);
  members.Get("checkpoints", result.checkpoints);
  members.Get("faults", result.faults);
  members.Get("cells", cells_text);
  members.Get("faults_planned", result.faults_planned);
  members.Get("planned_fired", result.planned_fired);
  members.Get("varied", result.varied);
  members.Get("twice", result.twice);
  ReadTexts(members, result);
  members.RejectUnknown();
  const sim::Result<uint64_t> seed = text::ParseSeed(seed_text);
  const auto verdict = std::ranges::find(kVerdictNames, verdict_name,
                                         &std::pair<UnitVerdict, std::string_view>::second);
  std::optional<std::vector<uint32_t>> cells = ReadCells(cells_text);
  if (!seed) {
    members.Complain("its seed is no number");
  } else if (verdict == kVerdictNames.end()) {
    members.Complain(fmt::format("there is no verdict {}", text::Quote(verdict_name)));
  } else if (!cells) {
    members.Complain("its cells are none of the protocol");
  } else {
    result.seed = *seed;
    result.verdict = verdict->first;
    result.cells = *std::move(cells);
    CheckMembers(result, members);
  }
  if (!members.problem().empty()) {
    return NoResult(members.problem());
  }
  return result;
}

bool SameOutcome(const UnitResult& left, const UnitResult& right) {
  return left.unit == right.unit && left.scenario == right.scenario && left.seed == right.seed &&
         left.verdict == right.verdict && left.digest == right.digest &&
         left.signature == right.signature;
}

}  // namespace flinch::scenarios
