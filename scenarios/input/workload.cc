#include "scenarios/input/workload.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "scenarios/input/input_file.h"
#include "scenarios/input/sql_input.h"
#include "sim/random.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

// ---- Zipf's law in fixed point: 30 bits behind the point. No floating point: its last bit differs
// between machines, and would move a draw.

constexpr unsigned kPoint = 30;
constexpr uint64_t kOne = uint64_t{1} << kPoint;
constexpr uint64_t kWeightBits = 20;

uint64_t FixedLog2(uint32_t number) {
  unsigned whole = 0;
  while (number >> (whole + 1) != 0) {
    ++whole;
  }
  uint64_t rest = (uint64_t{number} << kPoint) >> whole;  // in [1, 2)
  uint64_t result = uint64_t{whole} << kPoint;
  for (unsigned bit = kPoint; bit-- > 0;) {
    rest = (rest * rest) >> kPoint;
    if (rest >= 2 * kOne) {
      rest >>= 1;
      result |= uint64_t{1} << bit;
    }
  }
  return result;
}

uint64_t IntegerSqrt(uint64_t square) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= square) {
      root |= bit;
    }
  }
  return root;
}

// 2 to the power of a fixed-point number below 32, rounded down.
uint64_t FixedExp2(uint64_t exponent) {
  uint64_t product = kOne;
  uint64_t factor = 2 * kOne;  // 2^(1/2), 2^(1/4), …
  for (unsigned bit = kPoint; bit-- > 0;) {
    factor = IntegerSqrt(factor << kPoint);
    if ((exponent >> bit & 1U) != 0) {
      product = (product * factor) >> kPoint;
    }
  }
  return (product << (exponent >> kPoint)) >> kPoint;
}

// ---- Generated rows

// Draws keys by weight.
class KeyPicker {
 public:
  KeyPicker(const WorkloadSpec& spec, sim::Random random) : spec_(spec), random_(random) {
    uint64_t sum = 0;
    for (const uint32_t weight : ZipfWeights(spec.keys, spec.zipf_exponent)) {
      sum += weight;
      sums_.push_back(sum);
    }
  }

  std::string Pick() {
    const uint64_t at = random_.Below(sums_.back());
    const auto rank = std::ranges::upper_bound(sums_, at) - sums_.begin();
    return fmt::format("{}{}", spec_.key_prefix, rank + 1);
  }

 private:
  const WorkloadSpec& spec_;
  sim::Random random_;
  std::vector<uint64_t> sums_;  // of the weights up to each key
};

std::vector<InputRow> Generate(const WorkloadSpec& spec, uint64_t seed) {
  const sim::Random random = sim::Random(seed).Split("workload");
  KeyPicker keys(spec, random.Split("keys"));
  sim::Random partitions = random.Split("partitions");
  sim::Random lags = random.Split("lags");
  std::vector<InputRow> rows;
  rows.reserve(spec.records);
  for (uint64_t index = 0; index < spec.records; ++index) {
    InputRow row;
    row.partition = static_cast<uint32_t>(partitions.Below(spec.partitions));
    row.key = keys.Pick();
    row.value = row.key;
    for (uint32_t more = 1; more < spec.keys_per_record; ++more) {
      row.value += " " + keys.Pick();
    }
    const int64_t lag = lags.Between(0, spec.out_of_order.count());
    const int64_t step = spec.event_step.count() * static_cast<int64_t>(index);
    row.timestamp = engine::EventTime(spec.start.nanos() + step - lag);
    row.publish_after = PublishTime(index, spec.rows_per_second);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The last partition has no row before its time.
void KeepBack(const WorkloadSpec& spec, Workload& workload) {
  if (spec.late_partition == sim::Duration(0) || spec.partitions < 2) {
    return;
  }
  workload.late_partitions = 1;
  for (InputRow& row : workload.rows) {
    if (row.partition == spec.partitions - 1 && row.publish_after < spec.late_partition) {
      --row.partition;
    }
  }
}

sim::Result<void> AppendFile(const WorkloadSpec& spec, const std::string& path,
                             Workload& workload) {
  sim::Result<InputFile> file = ReadInputFile(path, spec.file);
  if (!file) {
    return Fail(file);
  }
  for (FileRecord& record : file->records) {
    const uint64_t index = workload.rows.size();
    const uint64_t line = file->lines.at(index);
    workload.rows.push_back({.partition = static_cast<uint32_t>(index % spec.partitions),
                             .key = std::move(record.key),
                             .value = std::move(record.value),
                             .timestamp = record.timestamp,
                             .publish_after = PublishTime(index, spec.rows_per_second),
                             .line = line});
  }
  workload.rows_skipped = file->rows_skipped;
  workload.skipped_text = std::move(file->skipped_text);
  return {};
}

sim::Result<void> CheckSelection(const RowSelection& rows, uint64_t count) {
  if (rows.last() > count) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("workload.rows is {}, but the input has {} rows.",
                            text::Quote(Show(rows)), count));
  }
  return {};
}

}  // namespace

sim::Duration PublishTime(uint64_t row, uint32_t rows_per_second) {
  constexpr uint64_t kNanosPerSecond = 1'000'000'000;
  const uint64_t seconds = row / rows_per_second;
  const uint64_t rest = row % rows_per_second * kNanosPerSecond / rows_per_second;
  return sim::Duration(static_cast<int64_t>(seconds * kNanosPerSecond + rest));
}

std::vector<uint32_t> ZipfWeights(uint32_t keys, ZipfExponent exponent) {
  std::vector<uint32_t> weights;
  weights.reserve(keys);
  for (uint32_t rank = 1; rank <= keys; ++rank) {
    const uint64_t scaled = FixedLog2(rank) * exponent.hundredths / 100;
    const uint64_t top = kWeightBits << kPoint;
    const uint64_t weight = scaled >= top ? 1 : FixedExp2(top - scaled);
    weights.push_back(static_cast<uint32_t>(std::max<uint64_t>(weight, 1)));
  }
  return weights;
}

sim::Duration MeasureOutOfOrderness(std::span<const InputRow> rows, uint32_t partitions) {
  std::vector<engine::EventTime> newest(partitions, engine::kMinEventTime);
  int64_t furthest = 0;
  for (const InputRow& row : rows) {
    engine::EventTime& latest = newest.at(row.partition);
    if (row.timestamp < latest) {
      furthest = std::max(furthest, latest.nanos() - row.timestamp.nanos());
    }
    latest = std::max(latest, row.timestamp);
  }
  return sim::Duration(furthest);
}

sim::Result<Workload> LoadWholeInput(const Scenario& scenario, uint64_t seed,
                                     const std::optional<std::string>& input_file) {
  const WorkloadSpec& spec = scenario.workload;
  if (spec.source == WorkloadSource::kTables) {
    return LoadTables(scenario, seed, input_file);
  }
  Workload workload;
  workload.partitions = spec.partitions;
  if (spec.source == WorkloadSource::kGenerated) {
    if (input_file) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The scenario {} generates its input and reads no file. Leave "
                              "--input out, or set workload.source=\"file\" and workload.file.",
                              scenario.name));
    }
    workload.rows = Generate(spec, seed);
    KeepBack(spec, workload);
    return workload;
  }
  if (!input_file) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "The scenario {} reads a file. Name it: --input FILE{}.", scenario.name,
            scenario.job.name == "package_log" ? ", for example --input /var/log/dpkg.log" : ""));
  }
  if (const sim::Result<void> read = AppendFile(spec, *input_file, workload); !read) {
    return Fail(read);
  }
  KeepBack(spec, workload);
  return workload;
}

sim::Result<Workload> PickRows(const Scenario& scenario, const Workload& whole) {
  const WorkloadSpec& spec = scenario.workload;
  const uint64_t count = spec.source == WorkloadSource::kGenerated
                             ? std::min<uint64_t>(spec.records, whole.rows.size())
                             : whole.rows.size();
  if (const sim::Result<void> checked = CheckSelection(spec.rows, count); !checked) {
    return Fail(checked);
  }
  Workload workload{.rows = {},
                    .rows_skipped = whole.rows_skipped,
                    .skipped_text = whole.skipped_text,
                    .partitions = whole.partitions,
                    .late_partitions = whole.late_partitions,
                    .topic = whole.topic};
  const NumberRanges picked = spec.rows.all() ? NumberRanges::From(1, count) : spec.rows.numbers();
  workload.rows.reserve(picked.size());
  for (const NumberRanges::Range& range : picked.ranges()) {
    const auto begin = whole.rows.begin() + static_cast<std::ptrdiff_t>(range.first - 1);
    workload.rows.insert(workload.rows.end(), begin,
                         begin + static_cast<std::ptrdiff_t>(range.last - range.first + 1));
  }
  if (spec.source == WorkloadSource::kTables) {
    workload.out_of_orderness = whole.out_of_orderness;
    workload.delays = whole.delays;
    return workload;
  }
  workload.out_of_orderness = MeasureOutOfOrderness(workload.rows, workload.partitions);
  return workload;
}

sim::Result<Workload> LoadWorkload(const Scenario& scenario, uint64_t seed,
                                   const std::optional<std::string>& input_file) {
  sim::Result<Workload> workload = LoadWholeInput(scenario, seed, input_file);
  if (!workload) {
    return workload;
  }
  const RowSelection& rows = scenario.workload.rows;
  if (!rows.all()) {
    return PickRows(scenario, *workload);
  }
  if (scenario.workload.source == WorkloadSource::kTables) {
    return workload;
  }
  workload->out_of_orderness = MeasureOutOfOrderness(workload->rows, workload->partitions);
  return workload;
}

}  // namespace flinch::scenarios
