// The flags of `hunt`, `merge` and `defects`. With command_line.cc, what knows CLI11.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "scenarios/cli/limit_options.h"
#include "sim/result.h"

namespace flinch::scenarios {

class HuntOptions {
 public:
  // What makes runs other than the scenario's own is defined by the caller.
  void Define(CLI::App& app);

  // `run`: what the caller has read. kInvalidArgument with whole sentences.
  sim::Result<HuntArguments> Finish(RunArguments run) const;

 private:
  sim::Result<void> ReadNumbers(HuntArguments& arguments) const;
  sim::Result<void> ReadSearch(HuntArguments& arguments) const;

  const CLI::App* app_ = nullptr;
  HuntArguments arguments_;
  std::string seeds_;
  std::string for_;
  std::string jobs_;
  std::string shard_;
  std::string search_;
  std::string exhaust_;
  std::string pairs_;
  std::string out_;
  std::string report_;
  LimitOptions limits_;
  std::string failures_;
};

class MergeOptions {
 public:
  void Define(CLI::App& app);

  const MergeArguments& Finish() const { return arguments_; }

 private:
  MergeArguments arguments_;
};

class DefectsOptions {
 public:
  void Define(CLI::App& app);
  sim::Result<DefectsArguments> Finish() const;

 private:
  const CLI::App* app_ = nullptr;
  DefectsArguments arguments_;
  std::string seeds_;
  std::string search_;
  std::string jobs_;
};

}  // namespace flinch::scenarios
