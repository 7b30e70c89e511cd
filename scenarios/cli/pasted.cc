#include "scenarios/cli/pasted.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "scenarios/files/registry.h"
#include "scenarios/input/input_file.h"
#include "scenarios/lab/portable_path.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

// What names a file, and holds no token itself.
bool NamesFile(const std::string& written) {
  std::error_code ignored;
  if (written.contains("fl1~")) {
    return false;
  }
  // One word with a folder or an ending is meant as a file.
  const bool is_path = !written.contains(' ') && written.find_first_of("/.") != std::string::npos;
  return is_path || std::filesystem::exists(written, ignored);
}

// The tape in the text of a file of the token's run, or nothing where there never was one.
sim::Result<std::optional<sim::Tape>> TapeIn(std::string_view text, const ReplayToken& token) {
  const bool has_tape = text.starts_with("flinch-tape ") || text.contains("\nflinch-tape ");
  if (!has_tape && !text.contains(kTapeHash)) {
    return std::optional<sim::Tape>();
  }
  sim::Result<sim::Tape> tape = sim::ParseTape(text);
  if (!tape) {
    return sim::Fail(tape);
  }
  if (tape->seed != token.seed) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The tape is of seed {}, but the token above it of seed {}: a "
                                 "tape is played with its own seed only.",
                                 tape->seed, token.seed));
  }
  return std::optional(*std::move(tape));
}

sim::Result<Pasted> ReadText(std::string text) {
  sim::Result<ReplayToken> token = FindToken(text);
  if (!token) {
    return sim::Fail(token);
  }
  sim::Result<std::optional<sim::Tape>> tape = TapeIn(text, *token);
  if (!tape) {
    return sim::Fail(tape);
  }
  return Pasted{.text = std::move(text), .token = *std::move(token), .tape = *std::move(tape)};
}

// Where one of the token's files is; `given`: what the user says.
sim::Result<void> Place(std::string_view what, const std::optional<std::string>& given,
                        std::string& path) {
  if (given && path.empty()) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("The token names no {0}; leave --{0} out.", what));
  }
  if (given) {
    std::error_code error;
    path = std::filesystem::absolute(*given, error).string();
    return {};
  }
  if (path.empty() || FindPortable(path)) {
    return {};
  }
  return sim::Fail(
      sim::ErrorCode::kNotFound,
      fmt::format("The token names the {0} {1}, which is neither below this folder nor in its "
                  "repository. Say where it is, with --{0} FILE.",
                  what, text::QuotePath(path)));
}

sim::Result<Pasted> PlaceFiles(sim::Result<Pasted> pasted, const Elsewhere& elsewhere) {
  if (!pasted) {
    return pasted;
  }
  ReplayToken& token = pasted->token;
  // A name of the library is no file, and may be given, too: the hash judges.
  if (elsewhere.scenario && !IsScenarioPath(*elsewhere.scenario)) {
    token.scenario = *elsewhere.scenario;
  } else if (elsewhere.scenario || IsScenarioPath(token.scenario)) {
    if (const auto placed = Place("scenario", elsewhere.scenario, token.scenario); !placed) {
      return sim::Fail(placed);
    }
  }
  if (const auto placed = Place("plan", elsewhere.plan, token.plan); !placed) {
    return sim::Fail(placed);
  }
  if (const auto placed = Place("input", elsewhere.input, token.input); !placed) {
    return sim::Fail(placed);
  }
  return pasted;
}

}  // namespace

sim::Result<Pasted> ReadPasted(const std::string& written, const Elsewhere& elsewhere) {
  if (!NamesFile(written)) {
    return PlaceFiles(ReadText(written), elsewhere);
  }
  sim::Result<std::string> text = ReadWholeFile(written);
  if (!text) {
    return sim::Fail(text);
  }
  sim::Result<Pasted> pasted = ReadText(*std::move(text));
  if (!pasted) {
    return sim::Fail(pasted.error().code,
                     fmt::format("{}: {}", text::Printable(written), pasted.error().message));
  }
  return PlaceFiles(std::move(pasted), elsewhere);
}

sim::Result<PreparedRun> PreparePasted(const Pasted& pasted, std::ostream& err) {
  sim::Result<PreparedRun> prepared = Prepare(ArgumentsOf(pasted.token));
  if (!prepared) {
    return prepared;
  }
  prepared->request.play = pasted.tape;
  if (pasted.token.content_hash != prepared->token.content_hash) {
    return sim::Fail(
        sim::ErrorCode::kInvalidArgument,
        fmt::format("The scenario, its plan or its input has changed: recorded {}, now {}. Restore "
                    "it, or take the token of a run of what is there now.",
                    pasted.token.content_hash, prepared->token.content_hash));
  }
  if (pasted.token.build_id != prepared->token.build_id) {
    err << fmt::format("flinch: The build has changed: recorded {}, now {}.\n",
                       pasted.token.build_id, prepared->token.build_id);
  }
  return prepared;
}

std::string ShowTapeFile(std::string_view line, const sim::Tape& tape) {
  const std::string text = sim::Show(tape);
  return fmt::format("# {}\n{}{}\n{}", line, kTapeHash, HashContent({text}), text);
}

std::string ShortDigest(const sim::Digest& digest) { return sim::Show(digest).substr(0, 16); }

ReplayToken TokenOf(ReplayToken token, const reports::RunSummary& summary) {
  token.digest = ShortDigest(summary.digest);
  token.verdict = reports::Name(summary.verdict);
  return token;
}

}  // namespace flinch::scenarios
