// The flags --junit, --sarif, --gitlab, --tap and --github. With command_line.cc, what knows CLI11.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "scenarios/cli/ci_arguments.h"
#include "sim/result.h"

namespace flinch::scenarios {

class CiOptions {
 public:
  // May be defined for several verbs, of which one is then given.
  void Define(CLI::App& verb);

  // What was given to this one. `prints_json`: whether the standard output holds one object and
  // nothing else. kInvalidArgument with whole sentences.
  sim::Result<CiArguments> Finish(const CLI::App& verb, bool prints_json) const;

 private:
  std::string junit_;
  std::string sarif_;
  std::string gitlab_;
  std::string tap_;
  bool github_ = false;
};

}  // namespace flinch::scenarios
