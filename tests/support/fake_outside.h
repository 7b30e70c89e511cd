// A shared volume as a test says it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/oracles/subject.h"

namespace flinch::tests {

class FakeOutside final : public scenarios::Outside {
 public:
  std::vector<int64_t> Retained() const override { return retained; }

  scenarios::CheckpointView ReadCheckpoint(int64_t) const override { return view; }

  std::vector<std::string> CheckFiles(int64_t) const override { return view.troubles; }

  std::vector<int64_t> WithFiles() const override { return with_files; }

  std::vector<int64_t> retained;
  std::vector<int64_t> with_files;
  scenarios::CheckpointView view;
};

}  // namespace flinch::tests
