#include "sim/world/scheduling.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"fifo", "random", "pct", "pos", "round-robin", "prefix"});
constexpr uint32_t kDepthMax = 100;

// Takes the part of `text` up to the next colon off its front.
std::string_view NextPart(std::string_view& text) {
  const size_t colon = text.find(':');
  const std::string_view part = text.substr(0, colon);
  text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  return part;
}

bool ParseNumber(std::string_view text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

std::unexpected<Error> NotAStrategy(std::string_view text) {
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\" is no scheduling strategy: give fifo, random, pct:D or pct:D:N "
                          "(D from 1 to {}, N choices), pos, or round-robin.",
                          text, kDepthMax));
}

}  // namespace

Result<Scheduling> ParseScheduling(std::string_view text) {
  std::string_view rest = text;
  const std::string_view name = NextPart(rest);
  Scheduling scheduling;
  if (name == "fifo") {
    scheduling.strategy = Strategy::kFifo;
  } else if (name == "random") {
    scheduling.strategy = Strategy::kRandom;
  } else if (name == "pct") {
    scheduling.strategy = Strategy::kPct;
  } else if (name == "pos") {
    scheduling.strategy = Strategy::kPos;
  } else if (name == "round-robin") {
    scheduling.strategy = Strategy::kRoundRobin;
  } else {
    return NotAStrategy(text);
  }
  if (name.size() == text.size()) {
    return scheduling;
  }
  if (scheduling.strategy != Strategy::kPct || !ParseNumber(NextPart(rest), scheduling.depth) ||
      scheduling.depth > kDepthMax) {
    return NotAStrategy(text);
  }
  if (text.ends_with(':') || (!rest.empty() && !ParseNumber(rest, scheduling.choices))) {
    return NotAStrategy(text);
  }
  return scheduling;
}

std::string Show(const Scheduling& scheduling) {
  const std::string_view name = kNames.at(static_cast<size_t>(scheduling.strategy));
  if (scheduling.strategy != Strategy::kPct) {
    return std::string(name);
  }
  if (scheduling.choices == Scheduling{}.choices) {
    return fmt::format("{}:{}", name, scheduling.depth);
  }
  return fmt::format("{}:{}:{}", name, scheduling.depth, scheduling.choices);
}

}  // namespace flinch::sim
