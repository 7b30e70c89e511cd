#include "scenarios/sql/functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "scenarios/sql/civil.h"

namespace flinch::sql {

namespace {

using Args = std::span<const Value>;

const std::string& TextAt(Args args, size_t index) { return std::get<std::string>(args[index]); }

int64_t WholeAt(Args args, size_t index) { return std::get<int64_t>(args[index]); }

double DoubleAt(Args args, size_t index) { return std::get<double>(args[index]); }

// ---- Text as characters, which are what people count.

bool Continues(char each) { return (static_cast<unsigned char>(each) & 0xC0U) == 0x80; }

std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const char each : text) {
    if (characters.empty() || !Continues(each)) {
      characters.emplace_back();
    }
    characters.back() += each;
  }
  return characters;
}

std::string Join(std::span<const std::string> characters) {
  std::string text;
  for (const std::string& each : characters) {
    text += each;
  }
  return text;
}

uint32_t CodeOf(const std::string& character) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(character[index]); };
  return character.size() == 2 ? (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU) : byte(0);
}

std::string CharacterOf(uint32_t code) {
  if (code < 0x80) {
    return {static_cast<char>(code)};
  }
  return {static_cast<char>(0xC0U | code >> 6U), static_cast<char>(0x80U | (code & 0x3FU))};
}

bool IsIn(uint32_t code, uint32_t first, uint32_t last) { return code >= first && code <= last; }

// Letters of one and two bytes.
uint32_t UpperOf(uint32_t code) {
  if (IsIn(code, 'a', 'z') || (IsIn(code, 0xE0, 0xFE) && code != 0xF7) ||
      (IsIn(code, 0x3B1, 0x3C9) && code != 0x3C2) || IsIn(code, 0x430, 0x44F)) {
    return code - 32;
  }
  if (IsIn(code, 0x450, 0x45F)) {
    return code - 80;
  }
  const bool even_is_upper = IsIn(code, 0x100, 0x137) || IsIn(code, 0x14A, 0x177);
  const bool odd_is_upper = IsIn(code, 0x139, 0x148) || IsIn(code, 0x179, 0x17E);
  if ((even_is_upper && code % 2 == 1 && code != 0x131) || (odd_is_upper && code % 2 == 0)) {
    return code - 1;
  }
  return code;
}

uint32_t LowerOf(uint32_t code) {
  if (IsIn(code, 'A', 'Z') || (IsIn(code, 0xC0, 0xDE) && code != 0xD7) ||
      (IsIn(code, 0x391, 0x3A9) && code != 0x3A2) || IsIn(code, 0x410, 0x42F)) {
    return code + 32;
  }
  if (IsIn(code, 0x400, 0x40F)) {
    return code + 80;
  }
  const bool even_is_upper = IsIn(code, 0x100, 0x137) || IsIn(code, 0x14A, 0x177);
  const bool odd_is_upper = IsIn(code, 0x139, 0x148) || IsIn(code, 0x179, 0x17E);
  if ((even_is_upper && code % 2 == 0 && code != 0x130) || (odd_is_upper && code % 2 == 1)) {
    return code + 1;
  }
  return code;
}

template <typename Change>
std::string Changed(std::string_view text, Change change) {
  std::string changed;
  for (const std::string& each : Characters(text)) {
    changed += each.size() > 2 ? each : CharacterOf(change(CodeOf(each)));
  }
  return changed;
}

bool IsLetterOrDigit(const std::string& character) {
  return character.size() > 1 || IsIn(CodeOf(character), '0', '9') ||
         IsIn(CodeOf(character) | 0x20U, 'a', 'z');
}

Value InitialCapitals(Args args) {
  std::string changed;
  bool is_first = true;
  for (const std::string& each : Characters(TextAt(args, 0))) {
    changed += is_first ? ToUpper(each) : ToLower(each);
    is_first = !IsLetterOrDigit(each);
  }
  return changed;
}

// From the character `from`, from 1 (from the end where negative), `count` characters.
Value Substring(Args args) {
  const std::vector<std::string> characters = Characters(TextAt(args, 0));
  const auto size = static_cast<int64_t>(characters.size());
  int64_t from = WholeAt(args, 1);
  const int64_t count = args.size() > 2 ? WholeAt(args, 2) : size;
  if (count < 0) {
    return {};
  }
  from = from < 0 ? size + from : from > 0 ? from - 1 : 0;
  const int64_t end = std::min(size, count > size ? size : from + count);
  from = std::max<int64_t>(from, 0);
  if (from >= end) {
    return std::string();
  }
  return Join(
      std::span(characters).subspan(static_cast<size_t>(from), static_cast<size_t>(end - from)));
}

Value Left(Args args) {
  const std::vector<std::string> characters = Characters(TextAt(args, 0));
  const int64_t count = std::max<int64_t>(WholeAt(args, 1), 0);
  return Join(
      std::span(characters)
          .first(static_cast<size_t>(std::min(count, static_cast<int64_t>(characters.size())))));
}

Value Right(Args args) {
  const std::vector<std::string> characters = Characters(TextAt(args, 0));
  const int64_t count = std::max<int64_t>(WholeAt(args, 1), 0);
  return Join(
      std::span(characters)
          .last(static_cast<size_t>(std::min(count, static_cast<int64_t>(characters.size())))));
}

Value Trimmed(Args args, bool leading, bool trailing) {
  const std::vector<std::string> of = Characters(args.size() > 1 ? TextAt(args, 1) : " ");
  const std::vector<std::string> all = Characters(TextAt(args, 0));
  std::span<const std::string> rest(all);
  const auto is_trimmed = [&of](const std::string& each) {
    return std::ranges::find(of, each) != of.end();
  };
  while (leading && !rest.empty() && is_trimmed(rest.front())) {
    rest = rest.subspan(1);
  }
  while (trailing && !rest.empty() && is_trimmed(rest.back())) {
    rest = rest.first(rest.size() - 1);
  }
  return Join(rest);
}

Value Padded(Args args, bool left) {
  constexpr int64_t kLengthMax = 100'000;
  std::vector<std::string> text = Characters(TextAt(args, 0));
  const int64_t length = WholeAt(args, 1);
  const std::vector<std::string> pad = Characters(args.size() > 2 ? TextAt(args, 2) : " ");
  const auto size = static_cast<int64_t>(text.size());
  if (length < 0 || length > kLengthMax || (pad.empty() && length > size)) {
    return {};
  }
  std::vector<std::string> padding;
  for (int64_t i = 0; i < length - size; ++i) {
    padding.push_back(pad[static_cast<size_t>(i) % pad.size()]);
  }
  text.resize(static_cast<size_t>(std::min(length, size)));
  return left ? Join(padding) + Join(text) : Join(text) + Join(padding);
}

Value Concat(Args args) {
  std::string text;
  for (const Value& each : args) {
    text += std::get<std::string>(each);
  }
  return text;
}

Value ConcatWith(Args args) {
  if (IsNull(args[0])) {
    return {};
  }
  std::string text;
  bool is_first = true;
  for (const Value& each : args.subspan(1)) {
    if (!IsNull(each)) {
      text += (is_first ? "" : TextAt(args, 0)) + std::get<std::string>(each);
      is_first = false;
    }
  }
  return text;
}

Value Replace(Args args) {
  const std::string& what = TextAt(args, 1);
  std::string text = TextAt(args, 0);
  for (size_t at = text.find(what); !what.empty() && at != std::string::npos;
       at = text.find(what, at + TextAt(args, 2).size())) {
    text.replace(at, what.size(), TextAt(args, 2));
  }
  return text;
}

Value Repeat(Args args) {
  constexpr int64_t kTimesMax = 10'000;
  std::string text;
  for (int64_t i = 0; i < std::min(WholeAt(args, 1), kTimesMax); ++i) {
    text += TextAt(args, 0);
  }
  return text;
}

Value Reverse(Args args) {
  std::vector<std::string> characters = Characters(TextAt(args, 0));
  std::ranges::reverse(characters);
  return Join(characters);
}

// Where the first stands in the second, from 1; 0 where it does not.
Value Position(Args args) {
  const size_t at = TextAt(args, 1).find(TextAt(args, 0));
  if (at == std::string::npos) {
    return int64_t{0};
  }
  return static_cast<int64_t>(Characters(TextAt(args, 1).substr(0, at)).size()) + 1;
}

// The part with this index, from 0, between the separators.
Value SplitIndex(Args args) {
  const std::string& separator = TextAt(args, 1);
  int64_t index = WholeAt(args, 2);
  if (index < 0 || separator.empty()) {
    return {};
  }
  std::string_view rest = TextAt(args, 0);
  for (; index > 0; --index) {
    const size_t at = rest.find(separator);
    if (at == std::string_view::npos) {
      return {};
    }
    rest.remove_prefix(at + separator.size());
  }
  return std::string(rest.substr(0, rest.find(separator)));
}

Value Finite(double number) { return number; }

Value DateFormat(Args args) {
  const auto text = FormatTime(WholeAt(args, 0), TextAt(args, 1));
  return text ? Value(*text) : Value();
}

Value ToTimestamp(Args args) {
  const std::optional<int64_t> time = args.size() > 1
                                          ? ParseTime(TextAt(args, 0), TextAt(args, 1))
                                          : ParseCivil(TextAt(args, 0), TypeKind::kTimestamp);
  return time ? Value(CutFraction(*time, 3)) : Value();
}

Value FromEpoch(Args args) {
  const int64_t precision = args.size() > 1 ? WholeAt(args, 1) : 3;
  return WholeAt(args, 0) * (precision == 0 ? kNanosPerSecond : kNanosPerMilli);
}

constexpr auto kFunctions = std::to_array<Function>({
    {"UPPER", "T", 'T', [](Args args) -> Value { return ToUpper(TextAt(args, 0)); }},
    {"LOWER", "T", 'T', [](Args args) -> Value { return ToLower(TextAt(args, 0)); }},
    {"INITCAP", "T", 'T', InitialCapitals},
    {"CHAR_LENGTH", "T", 'N',
     [](Args args) -> Value { return static_cast<int64_t>(Characters(TextAt(args, 0)).size()); },
     "length({0})"},
    {"OCTET_LENGTH", "T", 'N',
     [](Args args) -> Value { return static_cast<int64_t>(TextAt(args, 0).size()); },
     "length(CAST({0} AS BLOB))"},
    {"SUBSTRING", "TI|I", 'T', Substring},
    {"LEFT", "TI", 'T', Left, "substr({0}, 1, max({1}, 0))"},
    {"RIGHT", "TI", 'T', Right},
    {"BTRIM", "T|T", 'T', [](Args args) { return Trimmed(args, true, true); }, "trim({*})"},
    {"LTRIM", "T|T", 'T', [](Args args) { return Trimmed(args, true, false); }, "ltrim({*})"},
    {"RTRIM", "T|T", 'T', [](Args args) { return Trimmed(args, false, true); }, "rtrim({*})"},
    {"LPAD", "TI|T", 'T', [](Args args) { return Padded(args, true); }},
    {"RPAD", "TI|T", 'T', [](Args args) { return Padded(args, false); }},
    {"CONCAT", "T*", 'T', Concat, "({||})"},
    {"CONCAT_WS", "TT*", 'T', ConcatWith, "", true},
    {"REPLACE", "TTT", 'T', Replace, "replace({*})"},
    {"REPEAT", "TI", 'T', Repeat},
    {"REVERSE", "T", 'T', Reverse},
    {"POSITION", "TT", 'N', Position, "instr({1}, {0})"},
    {"LOCATE", "TT", 'N', Position, "instr({1}, {0})"},
    {"INSTR", "TT", 'N',
     [](Args args) -> Value {
       const std::array<Value, 2> turned = {args[1], args[0]};
       return Position(turned);
     },
     "instr({0}, {1})"},
    {"SPLIT_INDEX", "TTI", 'T', SplitIndex},
    {"STARTSWITH", "TT", 'B',
     [](Args args) -> Value { return TextAt(args, 0).starts_with(TextAt(args, 1)); }},
    {"ENDSWITH", "TT", 'B',
     [](Args args) -> Value { return TextAt(args, 0).ends_with(TextAt(args, 1)); }},
    {"ASCII", "T", 'N',
     [](Args args) -> Value {
       const std::string& text = TextAt(args, 0);
       return text.empty() ? int64_t{0} : int64_t{static_cast<signed char>(text.front())};
     }},
    {"SQRT", "D", 'D', [](Args args) { return Finite(std::sqrt(DoubleAt(args, 0))); }},
    {"POWER", "DD", 'D',
     [](Args args) { return Finite(std::pow(DoubleAt(args, 0), DoubleAt(args, 1))); }},
    {"EXP", "D", 'D', [](Args args) { return Finite(std::exp(DoubleAt(args, 0))); }},
    {"LN", "D", 'D', [](Args args) { return Finite(std::log(DoubleAt(args, 0))); }},
    {"LOG10", "D", 'D', [](Args args) { return Finite(std::log10(DoubleAt(args, 0))); }},
    {"LOG2", "D", 'D', [](Args args) { return Finite(std::log2(DoubleAt(args, 0))); }},
    {"DATE_FORMAT", "ST", 'T', DateFormat},
    {"TO_TIMESTAMP", "T|T", 'S', ToTimestamp},
    {"TO_TIMESTAMP_LTZ", "I|I", 'S', FromEpoch},
});

}  // namespace

std::span<const Function> Functions() { return kFunctions; }

const Function* FindFunction(std::string_view name) {
  if (name == "CHARACTER_LENGTH" || name == "LENGTH" || name == "CHAR_LEN") {
    name = "CHAR_LENGTH";
  } else if (name == "SUBSTR") {
    name = "SUBSTRING";
  } else if (name == "TRIM") {
    name = "BTRIM";
  }
  const auto found = std::ranges::find(kFunctions, name, &Function::name);
  return found == kFunctions.end() ? nullptr : &*found;
}

std::string ToUpper(std::string_view text) {
  std::string upper = Changed(text, UpperOf);
  constexpr std::string_view kSharpS = "\xC3\x9F";
  for (size_t at = upper.find(kSharpS); at != std::string::npos; at = upper.find(kSharpS)) {
    upper.replace(at, kSharpS.size(), "SS");
  }
  return upper;
}

std::string ToLower(std::string_view text) { return Changed(text, LowerOf); }

}  // namespace flinch::sql
