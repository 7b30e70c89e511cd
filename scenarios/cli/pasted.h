// The run that a person means by a token, by a line that holds one, or by a file.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "reports/run_summary.h"
#include "scenarios/cli/request.h"
#include "scenarios/lab/token.h"
#include "sim/result.h"
#include "sim/world/tape.h"

namespace flinch::scenarios {

struct Pasted {
  std::string text;  // with the token in it
  ReplayToken token;
  std::optional<sim::Tape> tape{};  // where the file is one
};

// `written`: text that holds one token, or the path of a file that does: a log, a tape. Files that
// the token names are looked for as scenarios/lab/portable_path.h says, or are where `elsewhere`
// says. kNotFound for one that is nowhere, kInvalidArgument for a place of what the token has not.
sim::Result<Pasted> ReadPasted(const std::string& written, const Elsewhere& elsewhere = {});

// The run as it would be now. What has changed since is a mistake of the user when it is the
// scenario, its plan or its input, and a line to `err` when it is the build.
sim::Result<PreparedRun> PreparePasted(const Pasted& pasted, std::ostream& err);

// The word before the hash of a tape: it tells a tape that was edited from a run that differs.
inline constexpr std::string_view kTapeHash = "# tape ";

// A tape under the line that replays its run. That line needs a token, which says all of the run
// but what was chosen.
std::string ShowTapeFile(std::string_view line, const sim::Tape& tape);

// The first 16 digits, as a token has them.
std::string ShortDigest(const sim::Digest& digest);

// The token with what the run came to.
ReplayToken TokenOf(ReplayToken token, const reports::RunSummary& summary);

}  // namespace flinch::scenarios
