#include "scenarios/lab/token.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/random.h"
#include "sim/text/text.h"
#include "sim/world/scheduling.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;

constexpr std::string_view kStart = "fl1~";
constexpr char kSeparator = '~';
constexpr std::string_view kSet = "set:";
constexpr std::string_view kStrategy = "strategy:";
constexpr std::string_view kDefect = "defect:";
constexpr std::string_view kPlan = "plan:";
constexpr std::string_view kFault = "fault:";
constexpr std::string_view kInput = "input:";
constexpr std::string_view kFrom = "from:";
constexpr std::string_view kCheck = "~c";

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsPlain(char c) { return IsLetterOrDigit(c) || std::string_view("._/-").contains(c); }

bool IsOfToken(char c) { return IsPlain(c) || std::string_view("~:=%").contains(c); }

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (IsPlain(c)) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return escaped;
}

std::optional<unsigned> HexDigit(char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const size_t value = kDigits.find(c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c);
  return value == std::string_view::npos ? std::nullopt
                                         : std::optional(static_cast<unsigned>(value));
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    if (at + 2 >= text.size()) {
      return std::nullopt;
    }
    const std::optional<unsigned> high = HexDigit(text[at + 1]);
    const std::optional<unsigned> low = HexDigit(text[at + 2]);
    if (!high || !low) {
      return std::nullopt;
    }
    plain += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return plain;
}

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return HexDigit(c).has_value(); });
}

// Puts one part where it belongs; false when it is none.
bool ReadPart(std::string_view part, ReplayToken& token) {
  const std::optional<std::string> text = Unescape(part);
  if (!text || part.empty()) {
    return false;
  }
  if (part.starts_with(kSet)) {
    const std::string_view setting = part.substr(kSet.size());
    const size_t equals = setting.find('=');
    if (equals == std::string_view::npos) {
      return false;
    }
    token.settings.push_back({.key = Unescape(setting.substr(0, equals)).value_or(""),
                              .value = Unescape(setting.substr(equals + 1)).value_or("")});
    return true;
  }
  if (part.starts_with(kStrategy)) {
    token.strategy = text->substr(kStrategy.size());
    return sim::ParseScheduling(token.strategy).has_value();
  }
  if (part.starts_with(kDefect)) {
    token.defects.push_back(text->substr(kDefect.size()));
    return true;
  }
  if (part.starts_with(kPlan)) {
    token.plan = text->substr(kPlan.size());
    return true;
  }
  if (part.starts_with(kFault)) {
    token.faults.push_back(text->substr(kFault.size()));
    return true;
  }
  if (part.starts_with(kInput)) {
    token.input = text->substr(kInput.size());
    return true;
  }
  if (part.starts_with(kFrom)) {
    token.from = text->substr(kFrom.size());
    return true;
  }
  const std::string_view rest = part.substr(1);
  switch (part.front()) {
    case 's': {
      const sim::Result<uint64_t> seed = text::ParseSeed(rest);
      token.seed = seed.value_or(0);
      return seed.has_value();
    }
    case 'h':
      token.content_hash = rest;
      return IsHex(rest, 8);
    case 'b':
      token.build_id = rest;
      return IsHex(rest, 8);
    case 'd':
      token.digest = rest;
      return IsHex(rest, 16);
    case 'v':
      token.verdict = rest;
      return rest == "passed" || rest == "failed" || rest == "inconclusive";
    default:
      return false;
  }
}

// What of the text, which starts with a token, is the token.
std::string_view TokenAt(std::string_view text) {
  const auto stop = std::ranges::find_if_not(text, IsOfToken);
  const std::string_view token = text.substr(0, static_cast<size_t>(stop - text.begin()));
  // What a sentence puts behind a token is not part of it: the check is letters and digits only.
  const size_t check = token.rfind(kCheck);
  if (check == std::string_view::npos) {
    return token;
  }
  const size_t digits = check + kCheck.size();
  const auto end = std::ranges::find_if_not(token.substr(digits), IsLetterOrDigit);
  return token.substr(0, digits + static_cast<size_t>(end - token.substr(digits).begin()));
}

}  // namespace

std::string ShowToken(const ReplayToken& token) {
  std::string text = fmt::format("{}{}~s{}", kStart, Escape(token.scenario), token.seed);
  if (!token.strategy.empty()) {
    text += fmt::format("~{}{}", kStrategy, Escape(token.strategy));
  }
  for (const Setting& setting : token.settings) {
    text += fmt::format("~{}{}={}", kSet, Escape(setting.key), Escape(setting.value));
  }
  for (const std::string& defect : token.defects) {
    text += fmt::format("~{}{}", kDefect, Escape(defect));
  }
  if (!token.plan.empty()) {
    text += fmt::format("~{}{}", kPlan, Escape(token.plan));
  }
  for (const std::string& fault : token.faults) {
    text += fmt::format("~{}{}", kFault, Escape(fault));
  }
  if (!token.input.empty()) {
    text += fmt::format("~{}{}", kInput, Escape(token.input));
  }
  if (!token.from.empty()) {
    text += fmt::format("~{}{}", kFrom, Escape(token.from));
  }
  text += fmt::format("~h{}~b{}~d{}~v{}", token.content_hash, token.build_id, token.digest,
                      token.verdict);
  return text + std::string(kCheck) + HashContent({text});
}

sim::Result<ReplayToken> ParseToken(std::string_view text) {
  if (!text.starts_with(kStart)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no replay token; one starts with {}.", Quote(text), kStart));
  }
  const size_t check = text.rfind(kCheck);
  if (check == std::string_view::npos || check < kStart.size() ||
      text.substr(check + kCheck.size()) != HashContent({text.substr(0, check)})) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The replay token is damaged: a character of it is missing, wrong or "
                            "too many. Copy it again, up to its end behind {}.",
                            kCheck));
  }
  text = text.substr(0, check);
  ReplayToken token;
  std::string_view rest = text.substr(kStart.size());
  const auto next = [&rest] {
    const size_t end = std::min(rest.find(kSeparator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
  };
  const std::optional<std::string> scenario = Unescape(next());
  if (!scenario || scenario->empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The replay token {} names no scenario. Copy it again.", Quote(text)));
  }
  token.scenario = *scenario;
  bool has_seed = false;
  while (!rest.empty()) {
    const std::string_view part = next();
    if (!ReadPart(part, token)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The replay token holds {}, which means nothing. Copy it again.",
                              Quote(part)));
    }
    has_seed = has_seed ||
               (part.starts_with('s') && !part.starts_with(kSet) && !part.starts_with(kStrategy));
  }
  if (!has_seed || token.content_hash.empty() || token.build_id.empty() || token.digest.empty() ||
      token.verdict.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "The replay token is not complete: it names no seed, content, build, digest or "
                "verdict.");
  }
  return token;
}

sim::Result<ReplayToken> FindToken(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (size_t at = text.find(kStart); at != std::string_view::npos;) {
    const std::string_view token = TokenAt(text.substr(at));
    if (std::ranges::find(tokens, token) == tokens.end() && token != kStart) {
      tokens.push_back(token);
    }
    at = text.find(kStart, at + token.size());
  }
  if (tokens.empty() && text.contains(kStart)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Behind {} there is nothing: the replay token was cut off. Copy it "
                            "whole.",
                            kStart));
  }
  if (tokens.empty() && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("There is no text to find a replay token in; one starts with {}.", kStart));
  }
  if (tokens.empty()) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("There is no replay token in {}; one starts with {}.", Quote(text), kStart));
  }
  if (tokens.size() > 1) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("There are {} different replay tokens; give the one that is meant. The "
                            "first two are {} and {}.",
                            tokens.size(), tokens[0], tokens[1]));
  }
  return ParseToken(tokens.front());
}

std::string HashContent(const std::vector<std::string_view>& parts) {
  // The seeds of named streams are a hash of the names, the same everywhere and for ever.
  sim::Random hash(0);
  for (const std::string_view part : parts) {
    hash = hash.Split(part);
  }
  return fmt::format("{:08x}", hash.seed() >> 32);
}

}  // namespace flinch::scenarios
