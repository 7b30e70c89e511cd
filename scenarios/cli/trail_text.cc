#include "scenarios/cli/trail_text.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/run_summary.h"

namespace flinch::scenarios {

namespace {

using nlohmann::ordered_json;

constexpr auto kReplaceBadBytes = ordered_json::error_handler_t::replace;

std::unexpected<sim::Error> Unreadable(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kCorruption,
                   fmt::format("This is not the trail of a run: {}.", what));
}

// Decimal digits and nothing else.
std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

}  // namespace

sim::Trail TrailOf(const RunResult& result) {
  sim::Trail trail =
      sim::MakeTrail(result.summary.digest, result.summary.events, result.ladder, result.recording);
  ordered_json judgement = ordered_json::parse(reports::ShowJson(result.summary));
  judgement.erase("wall_ns");
  judgement.erase("replay");
  trail.judgement = judgement.dump(-1, ' ', false, kReplaceBadBytes);
  return trail;
}

sim::Trail PerformForTrail(RunRequest request, const sim::Lens& lens) {
  request.keep = sim::Keep::kEverything;
  request.lens = lens;
  return TrailOf(Run(request));
}

std::string ShowLens(const sim::Lens& lens) {
  return fmt::format("{}:{}:{}", lens.from, lens.to, lens.stack_at);
}

sim::Result<sim::Lens> ParseLens(std::string_view text) {
  const size_t first = text.find(':');
  const size_t second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, "write FROM:TO:STACK, three event numbers");
  }
  const std::optional<uint64_t> from = Number(text.substr(0, first));
  const std::optional<uint64_t> to = Number(text.substr(first + 1, second - first - 1));
  const std::optional<uint64_t> stack_at = Number(text.substr(second + 1));
  if (!from || !to || !stack_at) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument, "write FROM:TO:STACK, three event numbers");
  }
  return sim::Lens{.from = *from, .to = *to, .stack_at = *stack_at};
}

std::string ShowTrail(const sim::Trail& trail) {
  const ordered_json object = {
      {"digest", {trail.digest.high, trail.digest.low}},
      {"events", trail.events},
      {"ladder", trail.ladder},
      {"kept", trail.kept},
      {"actor", trail.actor},
      {"stack", trail.stack},
      {"judgement", trail.judgement},
  };
  return object.dump(-1, ' ', false, kReplaceBadBytes) + "\n";
}

sim::Result<sim::Trail> ParseTrail(std::string_view text) {
  try {
    const ordered_json object = ordered_json::parse(text);
    sim::Trail trail;
    trail.digest = {.high = object.at("digest").at(0).get<uint64_t>(),
                    .low = object.at("digest").at(1).get<uint64_t>()};
    object.at("events").get_to(trail.events);
    object.at("ladder").get_to(trail.ladder);
    object.at("kept").get_to(trail.kept);
    object.at("actor").get_to(trail.actor);
    object.at("stack").get_to(trail.stack);
    object.at("judgement").get_to(trail.judgement);
    return trail;
  } catch (const ordered_json::exception& error) {
    return Unreadable(error.what());
  }
}

}  // namespace flinch::scenarios
