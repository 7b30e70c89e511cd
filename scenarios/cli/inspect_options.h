// The flags of `list`, `check` and `bench`. With command_line.cc, what knows CLI11.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "sim/result.h"

namespace flinch::scenarios {

class InspectOptions {
 public:
  // Adds the commands to the program.
  void Define(CLI::App& app);

  // Whether one of them was given.
  bool parsed() const {
    return list_->parsed() || check_->parsed() || bench_->parsed() || state_->parsed();
  }

  // The one that was given. kInvalidArgument with whole sentences.
  sim::Result<Command> Finish() const;

  // What the command lacks when it has no words; "" of other commands.
  std::string MissingOf(const CLI::App& verb) const;

 private:
  sim::Result<Command> FinishList() const;
  sim::Result<Command> FinishBench() const;
  sim::Result<Command> FinishState() const;

  const CLI::App* list_ = nullptr;
  const CLI::App* check_ = nullptr;
  const CLI::App* bench_ = nullptr;
  const CLI::App* state_ = nullptr;
  ListArguments list_arguments_;
  BenchArguments bench_arguments_;
  StateArguments state_arguments_;
  std::string state_verb_;
  std::string operator_;
  std::string state_name_;
  std::string topic_;
  std::string suite_;
  std::string runs_;
  std::string once_;
  std::vector<std::string> files_;
};

}  // namespace flinch::scenarios
