// What one seed may take of the machine, as it is typed: --seed-timeout 60s, --seed-memory 2G.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "sim/result.h"

namespace flinch::scenarios {

class LimitOptions {
 public:
  // `otherwise_timeout`, `otherwise_memory`: what holds unless they are given, for the help.
  void Define(CLI::App& app, std::string_view otherwise_timeout, std::string_view otherwise_memory);

  // kInvalidArgument with whole sentences.
  sim::Result<SeedLimits> Finish() const;

 private:
  const CLI::App* app_ = nullptr;
  std::string timeout_;
  std::string memory_;
};

// The value of a flag that is a time, in nanoseconds and not 0.
sim::Result<int64_t> ReadTime(std::string_view flag, const std::string& text);

}  // namespace flinch::scenarios
