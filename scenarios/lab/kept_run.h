// A failure that was kept: a small file to be reviewed, and to be run again after each change.
//
//   signature: torn
//   witness: Transaction 3 is torn: p1 committed it, p2 aborted it.
//   fl1~commit_service~s7~…
//
// and behind that, where a tape was kept, the tape.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/result.h"

namespace flinch::lab {

inline constexpr std::string_view kKeptFolder = "regressions";

struct KeptRun {
  std::string signature;
  std::string witness;  // in one line
  std::string token;
  std::string tape{};  // as sim::Show writes it, or ""
};

// Gives the file's path. The folder is made; a file of the name is replaced. kIo where the system
// refuses.
sim::Result<std::string> KeepRun(const std::string& folder, const std::string& name,
                                 const KeptRun& run);

// kInvalidArgument for a file that holds something else.
sim::Result<KeptRun> ReadKept(const std::string& path);

// All kept runs of a folder, by name. kNotFound when there is none.
sim::Result<std::vector<std::string>> KeptIn(const std::string& folder);

}  // namespace flinch::lab
