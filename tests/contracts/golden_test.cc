// What real Flink made of the inputs in tests/golden, row by row (tests/contracts/README.md).
#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/checkpoint/assignment.h"
#include "engine/config.h"
#include "engine/master/restart_strategy.h"
#include "engine/network/watermark_valve.h"
#include "engine/state/key_groups.h"
#include "tests/paths.h"

namespace flinch::engine {
namespace {

using nlohmann::json;

std::vector<std::string> LinesOf(const std::string& file) {
  std::ifstream in(fmt::format("{}/tests/golden/{}", FLINCH_SOURCE_DIR, file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  EXPECT_FALSE(lines.empty()) << file << " cannot be read";
  return lines;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::istringstream in(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

uint32_t NumberIn(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
  return number;
}

TEST(GoldenTest, DefaultMaxParallelism) {
  const std::vector<std::string> lines = LinesOf("default_max_parallelism.csv");
  EXPECT_EQ(lines.size(), 2012U);
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> row = Split(lines[i], ',');
    EXPECT_EQ(DefaultMaxParallelism(NumberIn(row.at(0))), NumberIn(row.at(1))) << lines[i];
  }
}

// The key as Java hashes it.
int32_t HashOf(const json& row) {
  const json& key = row.at("key");
  const auto type = row.at("type").get<std::string>();
  if (type == "string") {
    return JavaHash(std::string_view(key.get_ref<const std::string&>()));
  }
  const int64_t number = key.is_string() ? std::stoll(key.get<std::string>()) : key.get<int64_t>();
  // Integer.hashCode is the number.
  return type == "long" ? JavaHash(number) : static_cast<int32_t>(number);
}

TEST(GoldenTest, KeyGroups) {
  constexpr uint32_t kMaxima[] = {128, 720, 4096};
  constexpr uint32_t kParallelisms[] = {3, 5, 7};
  std::map<std::string, int> seen;
  for (const std::string& line : LinesOf("key_groups.jsonl")) {
    const json row = json::parse(line);
    ++seen[row.at("type").get<std::string>()];
    const int32_t hash = HashOf(row);
    EXPECT_EQ(hash, row.at("hash").get<int32_t>()) << line;
    for (size_t i = 0; i < std::size(kMaxima); ++i) {
      const KeyGroup group = KeyGroupFor(hash, kMaxima[i]);
      EXPECT_EQ(group.value(), row.at("groups").at(i).get<uint32_t>()) << line;
      for (size_t j = 0; j < std::size(kParallelisms); ++j) {
        const SubtaskIndex owner = OwnerOf(group, kMaxima[i], kParallelisms[j]);
        EXPECT_EQ(owner.value(), row.at("owners").at(i).at(j).get<uint32_t>()) << line;
        EXPECT_TRUE(RangeOf(owner, kMaxima[i], kParallelisms[j]).Contains(group)) << line;
      }
    }
  }
  EXPECT_EQ(seen, (std::map<std::string, int>{{"int", 500}, {"long", 500}, {"string", 500}}));
}

// By the name of a state: "old subtask:entry", in an order of our own.
using Parts = std::map<std::string, std::vector<std::string>>;

ListMode ModeOf(const json& row) {
  const auto mode = row.at("mode").get<std::string>();
  return mode == "UNION"       ? ListMode::kUnion
         : mode == "BROADCAST" ? ListMode::kBroadcast
                               : ListMode::kSplit;
}

// Old subtasks and what they have written: entry e of state s lies at 1000 * s + e.
std::vector<SnapshotHandle> WrittenBefore(const json& row) {
  std::vector<SnapshotHandle> snapshots;
  for (uint32_t subtask = 0; subtask < row.at("old_parallelism").get<uint32_t>(); ++subtask) {
    OperatorHandles handles;
    uint64_t offset = 0;
    for (const auto& [name, counts] : row.at("old").items()) {
      const int count = counts.at(subtask).get<int>();
      if (count >= 0) {
        ListHandle& list = handles.lists.emplace_back();
        list.name = name;
        list.mode = ModeOf(row);
        for (int entry = 0; entry < count; ++entry) {
          list.entries.push_back(offset + static_cast<uint64_t>(entry));
        }
      }
      offset += 1000;
    }
    snapshots.push_back({.subtask = SubtaskIndex(subtask),
                         .path = std::to_string(subtask),
                         .operators = {{"op", handles}}});
  }
  return snapshots;
}

std::vector<Parts> Redistributed(const json& row) {
  const Topology old = {{"op", {.parallelism = row.at("old_parallelism").get<uint32_t>()}}};
  const Topology now = {{"op", {.parallelism = row.at("new_parallelism").get<uint32_t>()}}};
  std::vector<Parts> all;
  for (uint32_t subtask = 0; subtask < now.at("op").parallelism; ++subtask) {
    Parts& mine = all.emplace_back();
    for (const SnapshotHandle& part :
         Assign(WrittenBefore(row), old, now, {"op"}, SubtaskIndex(subtask))) {
      for (const ListHandle& list : part.operators.at("op").lists) {
        for (const uint64_t entry : list.entries) {
          mine[list.name].push_back(fmt::format("{}:{}", part.path, entry % 1000));
        }
      }
    }
  }
  return all;
}

std::vector<Parts> FlinksParts(const json& row) {
  std::vector<Parts> all;
  for (const json& subtask : row.at("new")) {
    Parts& mine = all.emplace_back();
    for (const auto& [name, entries] : subtask.items()) {
      if (!entries.empty()) {
        mine[name] = entries.get<std::vector<std::string>>();
      }
    }
  }
  return all;
}

// The order of old subtasks within a list is a hash map's in Flink.
std::vector<Parts> Sorted(std::vector<Parts> all) {
  for (Parts& parts : all) {
    for (auto& [name, entries] : parts) {
      std::ranges::sort(entries);
    }
  }
  return all;
}

TEST(GoldenTest, OperatorStateRedistribution) {
  // Flink gives the last subtask its own copy and another one's, which says the same.
  const std::string two_copies =
      R"({"mode":"BROADCAST","old":{"state":[2,-1,2]},"old_parallelism":3,"new_parallelism":3,)"
      R"("new":[{"state":["0:0","0:1"]},{"state":["2:0","2:1"]},)"
      R"({"state":["2:0","2:1","0:0","0:1"]}]})";
  int differing = 0;
  const std::vector<std::string> lines = LinesOf("operator_state_redistribution.jsonl");
  EXPECT_EQ(lines.size(), 147U);
  for (const std::string& line : lines) {
    const json row = json::parse(line);
    if (line == two_copies) {
      ++differing;
      EXPECT_EQ(Redistributed(row).back(), (Parts{{"state", {"2:0", "2:1"}}}));
    } else {
      EXPECT_EQ(Sorted(Redistributed(row)), Sorted(FlinksParts(row))) << line;
    }
  }
  EXPECT_EQ(differing, 1);
}

// "initial=1000;max=60000;…"
std::map<std::string, std::string> ParametersOf(const std::string& text) {
  std::map<std::string, std::string> parameters;
  for (const std::string& part : Split(text, ';')) {
    const size_t sign = part.find('=');
    parameters[part.substr(0, sign)] = part.substr(sign + 1);
  }
  return parameters;
}

// "1.5" is 150.
Hundredths DecimalIn(const std::string& text) {
  const size_t point = std::min(text.find('.'), text.size());
  std::string decimals = point == text.size() ? "" : text.substr(point + 1);
  decimals.resize(2, '0');
  return {100 * NumberIn(text.substr(0, point)) + NumberIn(decimals)};
}

RestartOptions RestartOptionsOf(const std::string& strategy, const std::string& text) {
  std::map<std::string, std::string> given = ParametersOf(text);
  const auto millis = [&given](const std::string& name) {
    return std::chrono::milliseconds(NumberIn(given.at(name)));
  };
  RestartOptions options;
  if (strategy == "fixed-delay") {
    options.type = RestartStrategyType::kFixedDelay;
    options.attempts = NumberIn(given.at("attempts"));
    options.delay = millis("delay");
  } else if (strategy == "failure-rate") {
    options.type = RestartStrategyType::kFailureRate;
    options.failure_rate = {.max_failures = NumberIn(given.at("max_failures")),
                            .interval = millis("interval"),
                            .delay = millis("delay")};
  } else {
    EXPECT_EQ(strategy, "exponential-delay");
    options.type = RestartStrategyType::kExponentialDelay;
    options.exponential = {.initial = millis("initial"),
                           .max = millis("max"),
                           .multiplier = DecimalIn(given.at("multiplier")),
                           .reset_threshold = millis("reset"),
                           .jitter = {0}};
    if (given.at("attempts") != "infinite") {
      options.exponential.attempts = NumberIn(given.at("attempts"));
    }
  }
  return options;
}

TEST(GoldenTest, RestartStrategies) {
  std::map<std::string, RestartStrategy> cases;
  const std::vector<std::string> lines = LinesOf("restart_strategies.csv");
  EXPECT_EQ(lines.size(), 172U);
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> row = Split(lines[i], ',');
    if (!cases.contains(row.at(0))) {
      cases.emplace(row.at(0),
                    MakeRestartStrategy(RestartOptionsOf(row.at(1), row.at(2)), sim::Random(1)));
    }
    const sim::SimTime now = sim::kEpoch + std::chrono::milliseconds(NumberIn(row.at(3)));
    const RestartDecision decision =
        std::visit([now](auto& strategy) { return strategy.OnFailure(now); }, cases.at(row.at(0)));
    const RestartDecision expected{.new_attempt = row.at(4) == "true",
                                   .can_restart = row.at(5) == "true",
                                   .backoff = std::chrono::milliseconds(NumberIn(row.at(6)))};
    EXPECT_EQ(decision, expected) << lines[i];
  }
}

// Idle channels are absent: of each script the steps before the first.
TEST(GoldenTest, WatermarkValve) {
  std::map<std::string, WatermarkValve> valves;
  std::set<std::string> over;
  int compared = 0;
  const std::vector<std::string> lines = LinesOf("watermark_valve.csv");
  for (size_t i = 1; i < lines.size(); ++i) {
    std::vector<std::string> row = Split(lines[i], ',');
    row.resize(6);
    const std::string& script = row[0];
    if (row[4] == "idle") {
      over.insert(script);
    }
    if (over.contains(script) || row[4] == "active") {
      continue;
    }
    ++compared;
    WatermarkValve& valve = valves.try_emplace(script, NumberIn(row[1])).first->second;
    const std::optional<EventTime> out =
        valve.OnWatermark(NumberIn(row[3]), EventTime(std::stoll(row[4])));
    EXPECT_EQ(out ? fmt::format("watermark {}", out->nanos()) : "", row[5]) << lines[i];
  }
  EXPECT_EQ(compared, 66);
}

// "366 d"; nothing where it is not a number, which Flink does not read either.
std::optional<Duration> SpanIn(const std::string& text) {
  const std::map<std::string, Duration> units = {
      {"ms", 1ms}, {"s", 1s}, {"min", 1min}, {"h", 1h}, {"d", 24h}};
  const std::vector<std::string> words = Split(text, ' ');
  if (words.size() != 2 || !units.contains(words[1]) || std::isdigit(words[0][0]) == 0) {
    return std::nullopt;
  }
  return NumberIn(words[0]) * units.at(words[1]);
}

// Whether the option is there and takes such a value.
bool Set(EngineOptions& options, std::string_view wanted, const std::string& value) {
  bool is_set = false;
  Visit(options, [&](std::string_view name, auto& field) {
    using Field = std::decay_t<decltype(field)>;
    if (name != wanted) {
      return;
    }
    if constexpr (std::is_same_v<Field, Duration>) {
      if (const std::optional<Duration> span = SpanIn(value)) {
        field = *span;
        is_set = true;
      }
    } else if constexpr (std::is_same_v<Field, uint32_t>) {
      is_set = std::isdigit(value[0]) != 0;
      field = is_set ? NumberIn(value) : 0;
    } else if constexpr (std::is_same_v<Field, bool>) {
      is_set = value == "true" || value == "false";
      field = value == "true";
    } else if constexpr (std::is_same_v<Field, CheckpointRetention>) {
      is_set = value == "DELETE_ON_CANCELLATION" || value == "RETAIN_ON_CANCELLATION";
      field = value == "RETAIN_ON_CANCELLATION" ? CheckpointRetention::kRetainOnCancellation
                                                : CheckpointRetention::kDeleteOnCancellation;
    } else if constexpr (std::is_same_v<Field, CheckpointingMode>) {
      is_set = value == "EXACTLY_ONCE" || value == "AT_LEAST_ONCE";
      field = value == "AT_LEAST_ONCE" ? CheckpointingMode::kAtLeastOnce
                                       : CheckpointingMode::kExactlyOnce;
    }
  });
  return is_set;
}

bool IsThere(std::string_view wanted) {
  bool found = false;
  const EngineOptions options;
  Visit(options, [&](std::string_view name, const auto&) { found |= name == wanted; });
  return found;
}

// What is not there cannot be compared; whoever adds it finds its rows here.
const std::set<std::string> kAbsent = {
    "execution.checkpointing.interval-during-backlog",
    "execution.checkpointing.unaligned.forced",
};

void ExpectToldAsInFlink(const EngineOptions& options, const json& row) {
  const auto millis = [&row](const char* name) {
    return std::chrono::milliseconds(row.at(name).get<int64_t>());
  };
  const CheckpointOptions& told = options.checkpoint;
  EXPECT_EQ(told.interval, millis("interval_ms")) << row;
  if (row.at("options").contains("execution.checkpointing.timeout")) {
    EXPECT_EQ(told.timeout, millis("timeout_ms")) << row;  // else the usual one, which differs
  }
  // Flink's other name for it says what becomes of them when the job fails.
  EXPECT_EQ(told.retention == CheckpointRetention::kRetainOnCancellation,
            row.at("retention") == "RETAIN_ON_CANCELLATION")
      << row;
  EXPECT_EQ(told.min_pause, millis("min_pause_ms")) << row;
  EXPECT_EQ(told.max_concurrent, row.at("max_concurrent").get<uint32_t>()) << row;
  EXPECT_EQ(told.tolerable_failures, row.at("tolerable").get<uint32_t>()) << row;
  EXPECT_EQ(told.overtakes(), row.at("unaligned").get<bool>()) << row;
  EXPECT_EQ(told.aligned_timeout, millis("aligned_timeout_ms")) << row;
}

// The rows of options as a user sets them.
TEST(GoldenTest, CheckpointOptions) {
  // Flink warns and keeps one; here it is a mistake that is told.
  const json none_retained = "-1";
  int compared = 0;
  std::set<std::string> absent;
  for (const std::string& line : LinesOf("checkpoint_options.jsonl")) {
    const json row = json::parse(line);
    if (row.at("through") != "environment") {
      continue;
    }
    EngineOptions options;
    bool is_read = true;
    bool is_comparable = true;
    for (const auto& [name, value] : row.at("options").items()) {
      if (!IsThere(name)) {
        absent.insert(name);
        is_comparable = false;
      }
      is_read = Set(options, name, value.get<std::string>()) && is_read;
    }
    if (!is_comparable) {
      continue;
    }
    ++compared;
    const auto retained = row.at("options").find("execution.checkpointing.num-retained");
    const bool is_told = retained != row.at("options").end() && *retained == none_retained;
    const bool is_accepted = is_read && options.Validate().has_value();
    EXPECT_EQ(is_accepted, row.at("accepted").get<bool>() && !is_told) << line;
    if (is_accepted) {
      ExpectToldAsInFlink(options, row);
    }
  }
  EXPECT_EQ(compared, 32);
  EXPECT_EQ(absent, kAbsent);
}

// What the coordinator itself refuses.
TEST(GoldenTest, CheckpointCoordinatorConfiguration) {
  int compared = 0;
  for (const std::string& line : LinesOf("checkpoint_options.jsonl")) {
    const json row = json::parse(line);
    if (row.at("through") != "coordinator configuration") {
      continue;
    }
    const json& given = row.at("options");
    const bool is_negative =
        given.at("max_concurrent").get<int64_t>() < 0 || given.at("tolerable").get<int64_t>() < 0;
    if (is_negative) {
      continue;  // unsigned
    }
    ++compared;
    EngineOptions options;
    options.checkpoint = {
        .unaligned = given.at("unaligned").get<bool>(),
        .interval = std::chrono::milliseconds(given.at("interval_ms").get<int64_t>()),
        .timeout = std::chrono::milliseconds(given.at("timeout_ms").get<int64_t>()),
        .min_pause = std::chrono::milliseconds(given.at("min_pause_ms").get<int64_t>()),
        .max_concurrent = given.at("max_concurrent").get<uint32_t>(),
        .tolerable_failures = given.at("tolerable").get<uint32_t>()};
    EXPECT_EQ(options.Validate().has_value(), row.at("accepted").get<bool>()) << line;
  }
  EXPECT_EQ(compared, 6);
}

}  // namespace
}  // namespace flinch::engine
