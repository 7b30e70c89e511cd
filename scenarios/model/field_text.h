// The values of scenario fields as text: what `--set` takes and what a TOML file shows.
//
// Parse: the text without quotes; kInvalidArgument with the end of a sentence that starts with the
//        field's name ("is \"many\", but must be a whole number from 1 to 8.").
// Show:  the TOML form, with quotes where TOML wants them. Parse reads what is inside them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.h"
#include "engine/ids.h"
#include "scenarios/lab/quote_toml.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/scenario_fields.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::scenarios {

// The words of an enumeration, in the order of its values.
inline constexpr std::array<std::string_view, 3> kWorkloadSourceWords = {"generated", "file",
                                                                         "tables"};
inline constexpr std::array<std::string_view, 3> kFileFormatWords = {"csv", "jsonl", "blank"};
inline constexpr std::array<std::string_view, 2> kOnBadRowWords = {"fail", "skip"};
inline constexpr std::array<std::string_view, 3> kFaultSourceWords = {"none", "swarm", "plan"};
// Flink's.
inline constexpr std::array<std::string_view, 4> kRestartStrategyWords = {
    "none", "fixed-delay", "failure-rate", "exponential-delay"};

inline constexpr std::array<std::string_view, 2> kRetentionWords = {"DELETE_ON_CANCELLATION",
                                                                    "RETAIN_ON_CANCELLATION"};
inline constexpr std::array<std::string_view, 2> kSourceAssignmentWords = {"static", "enumerator"};
inline constexpr std::array<std::string_view, 2> kFailoverStrategyWords = {"region", "full"};
inline constexpr std::array<std::string_view, 3> kDeliveryGuaranteeWords = {
    "exactly-once", "at-least-once", "none"};
inline constexpr std::array<std::string_view, 2> kStartupModeWords = {"earliest-offset",
                                                                      "latest-offset"};
inline constexpr std::array<std::string_view, 2> kSchedulerTypeWords = {"default", "adaptive"};
inline constexpr std::array<std::string_view, 2> kSchedulerModeWords = {"none", "reactive"};
inline constexpr std::array<std::string_view, 2> kRuntimeModeWords = {"STREAMING", "BATCH"};
inline constexpr std::array<std::string_view, 2> kCheckpointingModeWords = {"EXACTLY_ONCE",
                                                                            "AT_LEAST_ONCE"};
inline constexpr std::array<std::string_view, 2> kCheckpointStorageWords = {"filesystem",
                                                                            "jobmanager"};
inline constexpr std::array<std::string_view, 5> kStateBackendWords = {
    "hashmap", "leveldb", "MemoryStateBackend", "FsStateBackend", "RocksDBStateBackend"};
// Flink's first; its others are systems of their own.
inline constexpr std::array<std::string_view, 2> kHighAvailabilityWords = {"none", "coordination"};

constexpr std::span<const std::string_view> WordsOf(WorkloadSource) { return kWorkloadSourceWords; }

constexpr std::span<const std::string_view> WordsOf(FileFormat) { return kFileFormatWords; }

constexpr std::span<const std::string_view> WordsOf(OnBadRow) { return kOnBadRowWords; }

constexpr std::span<const std::string_view> WordsOf(FaultSource) { return kFaultSourceWords; }

constexpr std::span<const std::string_view> WordsOf(engine::RuntimeMode) {
  return kRuntimeModeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::SourceAssignment) {
  return kSourceAssignmentWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::RestartStrategyType) {
  return kRestartStrategyWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::CheckpointRetention) {
  return kRetentionWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::FailoverStrategy) {
  return kFailoverStrategyWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::DeliveryGuarantee) {
  return kDeliveryGuaranteeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::StartupMode) {
  return kStartupModeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::SchedulerType) {
  return kSchedulerTypeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::SchedulerMode) {
  return kSchedulerModeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::CheckpointingMode) {
  return kCheckpointingModeWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::CheckpointStorageType) {
  return kCheckpointStorageWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::StateBackendType) {
  return kStateBackendWords;
}

constexpr std::span<const std::string_view> WordsOf(engine::HighAvailabilityType) {
  return kHighAvailabilityWords;
}

template <typename T>
concept WordField = requires(T value) { WordsOf(value); };

inline constexpr std::string_view kAutomatic = "auto";

// "1.1", "0", "2.25": at most two decimal places.
sim::Result<ZipfExponent> ParseZipf(std::string_view text);
std::string ShowZipf(ZipfExponent exponent);

sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, std::string& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, bool& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, uint32_t& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, uint64_t& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, sim::Duration& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             std::optional<sim::Duration>& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, ZipfExponent& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             engine::Hundredths& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             engine::EventTime& value);
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text, RowSelection& value);
// As a file has them, ["a", "b"], or separated by commas; "" is none.
sim::Result<void> ParseField(const FieldInfo& field, std::string_view text,
                             std::vector<std::string>& value);

// The index of the word, for the enumerations.
sim::Result<size_t> ParseWord(std::string_view text, std::span<const std::string_view> words);

template <WordField T>
sim::Result<void> ParseField(const FieldInfo&, std::string_view text, T& value) {
  const sim::Result<size_t> index = ParseWord(text, WordsOf(value));
  if (!index) {
    return sim::Fail(index);
  }
  value = static_cast<T>(*index);
  return {};
}

// What stands in the quotes of a TOML string; anything else as it is.
std::string Unquote(std::string_view text);

std::string ShowField(const std::string& value);
std::string ShowField(bool value);
std::string ShowField(uint32_t value);
std::string ShowField(uint64_t value);
std::string ShowField(sim::Duration value);
std::string ShowField(const std::optional<sim::Duration>& value);
std::string ShowField(ZipfExponent value);
std::string ShowField(engine::Hundredths value);
std::string ShowField(engine::EventTime value);
std::string ShowField(const RowSelection& value);
std::string ShowField(const std::vector<std::string>& value);

template <WordField T>
std::string ShowField(T value) {
  return QuoteToml(WordsOf(value)[static_cast<size_t>(value)]);
}

}  // namespace flinch::scenarios
