// What a person typed to a program of lab::Main, as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/lab/hunt_session.h"
#include "scenarios/lab/seed_range.h"
#include "scenarios/lab/setting.h"
#include "scenarios/lab/units.h"
#include "sim/result.h"
#include "sim/world/scheduling.h"

namespace flinch::lab {

struct LabWords {
  std::string verb;
  std::vector<std::string> operands{};  // subjects, a token, files
  std::optional<scenarios::SeedRange> seeds{};
  std::optional<uint64_t> seed{};
  std::vector<scenarios::Setting> settings{};
  std::vector<std::string> faults{};
  sim::Scheduling scheduling{};
  scenarios::Search search = scenarios::Search::kPortfolio;
  scenarios::HuntSettings how{};
  std::optional<std::string> name{};
  std::optional<std::string> tape{};  // the file that is written
  bool timeline = false;
  bool help = false;
};

// `words` without the program's own name. kInvalidArgument with a whole sentence.
sim::Result<LabWords> ReadLabWords(std::span<const std::string> words);

// What the verbs are, and what they take.
std::string LabUsage(const std::string& program);

}  // namespace flinch::lab
