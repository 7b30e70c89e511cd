#include "scenarios/cli/limit_options.h"

#include <fmt/format.h>

#include "scenarios/lab/complaint.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

// "512M", "2G"; "0" is no limit.
sim::Result<uint64_t> ReadBytes(std::string_view flag, std::string_view text) {
  constexpr std::string_view kUnits = "KMG";
  const std::string_view whole = text;
  unsigned shift = 0;
  if (const size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
      unit != std::string_view::npos) {
    shift = 10 * static_cast<unsigned>(unit + 1);
    text.remove_suffix(1);
  }
  const sim::Result<uint64_t> number = text::ParseSeed(text);
  if (!number || *number > UINT64_MAX >> shift || (*number == 0 && shift != 0)) {
    return Usage(fmt::format("{}: {} is no amount of memory; write such as 512M or 2G.", flag,
                             text::Quote(whole)));
  }
  return *number << shift;
}

}  // namespace

sim::Result<int64_t> ReadTime(std::string_view flag, const std::string& text) {
  const sim::Result<sim::Duration> time = text::ParseDuration(text);
  if (!time) {
    return Usage(fmt::format("{}: {}", flag, time.error().message));
  }
  if (time->count() == 0) {
    return Usage(fmt::format("{}: In no time nothing is done; write such as 30s or 5m.", flag));
  }
  return time->count();
}

void LimitOptions::Define(CLI::App& app, std::string_view otherwise_timeout,
                          std::string_view otherwise_memory) {
  app_ = &app;
  app.add_option("--seed-timeout", timeout_,
                 fmt::format("a run that takes longer hangs; {} unless given", otherwise_timeout));
  app.add_option("--seed-memory", memory_,
                 fmt::format("what a run may allocate; {} unless given, 0: all", otherwise_memory));
}

sim::Result<SeedLimits> LimitOptions::Finish() const {
  SeedLimits limits;
  if (app_->count("--seed-timeout") > 0) {
    const sim::Result<int64_t> time = ReadTime("--seed-timeout", timeout_);
    if (!time) {
      return sim::Fail(time);
    }
    limits.timeout_ns = *time;
  }
  if (app_->count("--seed-memory") > 0) {
    const sim::Result<uint64_t> bytes = ReadBytes("--seed-memory", memory_);
    if (!bytes) {
      return sim::Fail(bytes);
    }
    limits.memory = *bytes;
  }
  return limits;
}

}  // namespace flinch::scenarios
