// The flags of `campaign`. With command_line.cc, what knows CLI11.
#pragma once

#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "scenarios/cli/hunt_options.h"
#include "sim/result.h"

namespace flinch::scenarios {

// A campaign is a hunt that others run: it takes the flags of one, and is refused what a hunt would
// be.
class CampaignOptions {
 public:
  // What makes runs other than the scenario's own is defined by the caller.
  void Define(CLI::App& app);

  // `run`: what the caller has read; `words`: all that was typed, from "campaign" on.
  // kInvalidArgument with whole sentences.
  sim::Result<CampaignArguments> Finish(RunArguments run, std::span<const std::string> words) const;

 private:
  const CLI::App* app_ = nullptr;
  HuntOptions hunt_;
  std::string what_;
  std::string engine_;
  std::string shards_;
};

}  // namespace flinch::scenarios
