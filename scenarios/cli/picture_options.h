// The flags of `report`, `trace` and `study`. With command_line.cc, what knows CLI11.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "scenarios/cli/token_options.h"
#include "sim/result.h"

namespace flinch::scenarios {

class PictureOptions {
 public:
  // Adds the commands to the program.
  void Define(CLI::App& app);

  // Whether one of them was given.
  bool parsed() const { return report_->parsed() || trace_->parsed() || study_->parsed(); }

  // The one that was given. kInvalidArgument with whole sentences.
  sim::Result<Command> Finish() const;

  // What the command lacks when it has no words; "" of other commands.
  std::string MissingOf(const CLI::App& verb) const;

 private:
  sim::Result<Command> FinishStudy() const;
  sim::Result<ShownRun> FinishRun(const CLI::App& verb, std::vector<std::string> words) const;

  const CLI::App* report_ = nullptr;
  const CLI::App* trace_ = nullptr;
  const CLI::App* study_ = nullptr;
  std::string scenario_;
  std::vector<std::string> varied_;
  std::vector<std::string> settings_;
  std::string seeds_;
  std::string jobs_;
  std::vector<std::string> words_;
  std::string seed_;
  std::string out_;
  std::string format_;
  ElsewhereOptions elsewhere_;
};

}  // namespace flinch::scenarios
