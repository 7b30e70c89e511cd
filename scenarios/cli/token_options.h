// The flags of `shrink`, `explain`, `diff`, `keep` and `regress`. With command_line.cc,
// what knows CLI11.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "scenarios/cli/ci_options.h"
#include "scenarios/cli/command_line.h"
#include "sim/result.h"

namespace flinch::scenarios {

// --scenario, --plan and --input of commands that take a token.
class ElsewhereOptions {
 public:
  void Define(CLI::App& verb);

  // What was given to this one.
  Elsewhere Finish(const CLI::App& verb) const;

 private:
  std::string scenario_;
  std::string plan_;
  std::string input_;
};

class TokenOptions {
 public:
  // Adds the commands to the program.
  void Define(CLI::App& app);

  // Whether one of them was given.
  bool parsed() const;

  // The one that was given. kInvalidArgument with whole sentences.
  sim::Result<Command> Finish() const;

  // What the command lacks when it has no words: "TOKEN"; "" of other commands.
  std::string MissingOf(const CLI::App& verb) const;

 private:
  const CLI::App* shrink_ = nullptr;
  const CLI::App* explain_ = nullptr;
  const CLI::App* diff_ = nullptr;
  const CLI::App* keep_ = nullptr;
  const CLI::App* regress_ = nullptr;
  std::vector<std::string> pasted_;
  std::vector<std::string> files_;
  ElsewhereOptions elsewhere_;
  CiOptions ci_options_;
  DiffArguments diff_arguments_;
  std::string for_;
  std::string tape_;
  std::string name_;
  std::string out_;
  std::string report_;
  bool json_ = false;
};

// A line is pasted with what stands before its token ("flinch replay fl1~…"), which says nothing
// more: without it, for the commands that take one token.
std::vector<std::string> WithoutPastedCommand(std::vector<std::string> words);

}  // namespace flinch::scenarios
