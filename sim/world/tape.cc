#include "sim/world/tape.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace flinch::sim {
namespace {

constexpr std::string_view kHeader = "flinch-tape 1 seed ";
constexpr size_t kRunMin = 5;           // shorter runs are shorter as they are
constexpr uint64_t kRunMax = 1u << 24;  // of a tape that somebody sent, and of each of its tracks

// ---- Writing ------------------------------------------------------------------------------------

void AppendName(std::string& text, std::string_view name) {
  for (const char c : name) {
    if (c <= ' ' || c == '%' || c == '\x7f') {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
}

void AppendChoice(std::string& text, uint32_t choice) {
  if (choice < 10) {
    text += static_cast<char>('0' + choice);
  } else {
    text += fmt::format("({})", choice);
  }
}

void AppendChoices(std::string& text, const std::vector<uint32_t>& choices) {
  for (size_t at = 0; at < choices.size();) {
    size_t end = at + 1;
    while (end < choices.size() && choices[end] == choices[at]) {
      ++end;
    }
    if (end - at >= kRunMin) {
      AppendChoice(text, choices[at]);
      text += fmt::format("{{{}}}", end - at);
      at = end;
    }
    for (; at < end; ++at) {
      AppendChoice(text, choices[at]);
    }
  }
}

// ---- Reading ------------------------------------------------------------------------------------

// Eats a text from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool Take(char expected) {
    if (rest_.empty() || rest_.front() != expected) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<uint64_t> TakeNumber() {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc()) {
      return std::nullopt;
    }
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return number;
  }

  std::optional<uint64_t> TakeDigit() {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
      return std::nullopt;
    }
    const auto digit = static_cast<uint64_t>(rest_.front() - '0');
    rest_.remove_prefix(1);
    return digit;
  }

  std::string_view TakeWord() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    Take(' ');
    return word;
  }

 private:
  std::string_view rest_;
};

std::optional<std::string> NameOf(std::string_view word) {
  std::string name;
  for (size_t at = 0; at < word.size(); ++at) {
    if (word[at] != '%') {
      name += word[at];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = word.substr(at + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) {
      return std::nullopt;
    }
    name += static_cast<char>(value);
    at += 2;
  }
  return name;
}

bool ReadChoices(Cursor cursor, TapeTrack& track) {
  while (!cursor.at_end()) {
    const bool is_long = cursor.Take('(');
    const std::optional<uint64_t> choice = is_long ? cursor.TakeNumber() : cursor.TakeDigit();
    if (!choice || *choice > UINT32_MAX || (is_long && !cursor.Take(')'))) {
      return false;
    }
    uint64_t times = 1;
    if (cursor.Take('{')) {
      times = cursor.TakeNumber().value_or(0);
      if (times == 0 || times > kRunMax || !cursor.Take('}')) {
        return false;
      }
    }
    if (track.choices.size() + times > kRunMax) {
      return false;
    }
    track.choices.insert(track.choices.end(), times, static_cast<uint32_t>(*choice));
  }
  track.count = track.choices.size();
  return track.count > 0;
}

bool ReadDraws(Cursor cursor, TapeTrack& track) {
  const std::optional<uint64_t> count = cursor.TakeNumber();
  if (!count || *count == 0) {
    return false;
  }
  track.count = *count;
  while (cursor.Take(' ')) {
    const std::optional<uint64_t> occurrence = cursor.TakeNumber();
    if (!occurrence || *occurrence >= track.count || !cursor.Take('=')) {
      return false;
    }
    const std::optional<uint64_t> value = cursor.TakeNumber();
    if (!value || !track.changed.emplace(*occurrence, *value).second) {
      return false;
    }
  }
  return cursor.at_end();
}

std::optional<TapeTrack> ReadTrack(std::string_view line) {
  Cursor cursor(line);
  TapeTrack track;
  const std::optional<std::string> point = NameOf(cursor.TakeWord());
  const std::optional<std::string> actor = NameOf(cursor.TakeWord());
  const std::string_view kind = cursor.TakeWord();
  if (!point || point->empty() || !actor) {
    return std::nullopt;
  }
  track.point = *point;
  track.actor = *actor;
  const bool read = kind == "chosen"  ? ReadChoices(cursor, track)
                    : kind == "drawn" ? ReadDraws(cursor, track)
                                      : false;
  return read ? std::optional(std::move(track)) : std::nullopt;
}

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

}  // namespace

std::string Show(const Tape& tape) {
  std::string text = fmt::format("{}{}\n", kHeader, tape.seed);
  for (const TapeTrack& track : tape.tracks) {
    AppendName(text, track.point);
    text += ' ';
    AppendName(text, track.actor);
    if (track.is_drawn()) {
      text += fmt::format(" drawn {}", track.count);
      for (const auto& [occurrence, value] : track.changed) {
        text += fmt::format(" {}={}", occurrence, value);
      }
    } else {
      text += " chosen ";
      AppendChoices(text, track.choices);
    }
    text += '\n';
  }
  return text;
}

Result<Tape> ParseTape(std::string_view text) {
  int line_number = 1;
  for (; text.starts_with('#') || text.starts_with('\n'); ++line_number) {
    TakeLine(text);
  }
  const std::string_view header = TakeLine(text);
  Tape tape;
  if (!header.starts_with(kHeader)) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("Line {} of the tape is not \"flinch-tape 1 seed N\": this is no tape, "
                            "or one of another version.",
                            line_number));
  }
  Cursor seed(header.substr(kHeader.size()));
  const std::optional<uint64_t> number = seed.TakeNumber();
  if (!number || !seed.at_end()) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("Line {} of the tape has a seed that is no number.", line_number));
  }
  tape.seed = *number;
  std::set<std::pair<std::string, std::string>> known;
  while (!text.empty()) {
    ++line_number;
    const std::string_view line = TakeLine(text);
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    std::optional<TapeTrack> track = ReadTrack(line);
    if (!track) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("Line {} of the tape is no track: expected \"point actor chosen "
                              "0{{12}}1(42)\" or \"point actor drawn 512\".",
                              line_number));
    }
    if (!known.emplace(track->point, track->actor).second) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("Line {} of the tape is a second track of {} {}: only one can hold.",
                              line_number, track->point, track->actor));
    }
    tape.tracks.push_back(*std::move(track));
  }
  return tape;
}

std::string Show(const TapeReport& report) {
  if (report.exact()) {
    return fmt::format("All {} choices were played as recorded.", report.followed);
  }
  return fmt::format(
      "{} choices were played as recorded; {} were not on the tape and took the default, {} on the "
      "tape were not asked for; the first at {}.",
      report.followed, report.defaulted, report.unused, report.first_differs);
}

}  // namespace flinch::sim
