// The flags of `new`, `demo`, `completion`, `man` and `schema`. With command_line.cc, what knows
// CLI11.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "scenarios/cli/command_line.h"
#include "sim/result.h"

namespace flinch::scenarios {

class TextOptions {
 public:
  // Adds the commands to the program.
  void Define(CLI::App& app);

  // Whether one of them was given.
  bool parsed() const;

  // The one that was given. kInvalidArgument with whole sentences.
  sim::Result<Command> Finish() const;

  // What the command lacks when it has no words; "" of other commands.
  std::string MissingOf(const CLI::App& verb) const;

 private:
  const CLI::App* new_ = nullptr;
  const CLI::App* demo_ = nullptr;
  const CLI::App* completion_ = nullptr;
  const CLI::App* man_ = nullptr;
  const CLI::App* schema_ = nullptr;
  NewArguments new_arguments_;
  DemoArguments demo_arguments_;
  std::string shell_;
  std::string page_;
  std::string pages_;
  std::string schema_of_;
};

}  // namespace flinch::scenarios
