// What each field of a scenario is, for people and for editors: a sentence, its form, its default.
//
// The fields themselves are scenarios/model/scenario_fields.h; a test sees to it that each has a
// note, and each note a field.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::scenarios {

// How a field is written in a file.
enum class FieldForm : uint8_t {
  kText,
  kTexts,
  kTruth,
  kNumber,
  kSpan,        // "250ms"
  kSpanOrAuto,  // "auto"
  kWord,        // one of some
  kDecimal,     // "1.1"
  kMoment,      // "2026-01-01T00:00:00Z"
  kRows,        // "all", "1-5,9"
};

struct DescribedField {
  std::string path{};      // "options.heartbeat.timeout"
  std::string setting{};   // for --set: without "options."
  std::string standard{};  // what it is when it is left out, as a file has it
  FieldForm form = FieldForm::kText;
  int64_t min = 0;  // of numbers
  int64_t max = 0;
  std::span<const std::string_view> words{};  // of kWord
  std::string_view note{};                    // a sentence; empty: there is none
};

// In the order of the fields.
std::vector<DescribedField> DescribeFields();

// "A whole number from 1 to 500."
std::string ShowForm(const DescribedField& field);

// The paths that have a note.
std::vector<std::string_view> NotedPaths();

}  // namespace flinch::scenarios
