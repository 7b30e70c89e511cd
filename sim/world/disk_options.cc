#include "sim/world/disk_options.h"

#include <utility>

#include <fmt/format.h>

#include "sim/kernel/option_checks.h"

namespace flinch::sim {
namespace {

Result<void> CheckRates(std::initializer_list<std::pair<std::string_view, Ratio>> rates) {
  for (const auto& [name, rate] : rates) {
    if (rate.denominator == 0 || rate.numerator > rate.denominator) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("The rate {} is {}/{}: give a part of at most 1, such as 1/100.",
                              name, rate.numerator, rate.denominator));
    }
  }
  return {};
}

Result<void> CheckSpan(std::string_view name, Duration span) {
  if (span < Duration(0)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("The time {} is {}: give 0 (off) or more.", name, Show(span)));
  }
  return {};
}

class Lines {
 public:
  void Rate(std::string_view name, Ratio rate) {
    if (rate.numerator != 0) {
      Add(fmt::format("{}={}/{}", name, rate.numerator, rate.denominator));
    }
  }

  void Number(std::string_view name, uint64_t value, uint64_t off = 0) {
    if (value != off) {
      Add(fmt::format("{}={}", name, value));
    }
  }

  void Span(std::string_view name, Duration span) {
    if (span != Duration(0)) {
      Add(fmt::format("{}={}", name, Show(span)));
    }
  }

  void Add(const std::string& item) { text_ += (text_.empty() ? "" : " ") + item; }

  std::string Take() { return text_.empty() ? "whole" : std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

Result<void> DiskOptions::Validate() const {
  if (Result<void> checked = CheckOrder("latency", latency_min, latency_max); !checked) {
    return checked;
  }
  if (Result<void> checked = CheckOrder("sync time", sync_min, sync_max); !checked) {
    return checked;
  }
  const uint64_t sum = uint64_t{crash_weights.kept} + crash_weights.lost + crash_weights.torn;
  if (sum == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "All weights of a crash are 0: give at least one that is positive.");
  }
  return {};
}

Result<void> DiskCondition::Validate() const {
  if (Result<void> checked = CheckSpan("extra_latency", extra_latency); !checked) {
    return checked;
  }
  return CheckRates({{"read_error", read_error},
                     {"write_error", write_error},
                     {"sync_error", sync_error},
                     {"lying_sync", lying_sync},
                     {"bit_rot", bit_rot},
                     {"misdirected_write", misdirected_write}});
}

Result<void> VolumeCondition::Validate() const {
  if (Result<void> checked = disk.Validate(); !checked) {
    return checked;
  }
  if (Result<void> checked = CheckSpan("listing_delay_max", listing_delay_max); !checked) {
    return checked;
  }
  return CheckRates({{"request_lost", request_lost}, {"reply_lost", reply_lost}});
}

std::string Show(const VolumeCondition& condition) {
  const DiskCondition& disk = condition.disk;
  Lines lines;
  if (!disk.path_prefix.empty()) {
    lines.Add("path=" + disk.path_prefix);
  }
  lines.Number("hung", disk.hung ? 1 : 0);
  lines.Span("extra_latency", disk.extra_latency);
  lines.Rate("read_error", disk.read_error);
  lines.Rate("write_error", disk.write_error);
  lines.Rate("sync_error", disk.sync_error);
  lines.Number("capacity_bytes", disk.capacity_bytes, kUnlimited);
  lines.Number("freeze_at_write", disk.freeze_at_write);
  lines.Rate("lying_sync", disk.lying_sync);
  lines.Rate("bit_rot", disk.bit_rot);
  lines.Rate("misdirected_write", disk.misdirected_write);
  if (condition.outage != Outage::kNone) {
    lines.Add(condition.outage == Outage::kRefuses ? "outage=refuses" : "outage=hangs");
  }
  lines.Number("operations_per_second", condition.operations_per_second);
  lines.Rate("request_lost", condition.request_lost);
  lines.Rate("reply_lost", condition.reply_lost);
  lines.Span("listing_delay_max", condition.listing_delay_max);
  const std::string text = lines.Take();
  return text.starts_with("path=") && !text.contains(' ') ? "whole" : text;
}

}  // namespace flinch::sim
