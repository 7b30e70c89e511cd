#include "scenarios/lab/results_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "scenarios/lab/whole_file.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;

std::unexpected<sim::Error> Refused(std::string_view what, const std::string& path) {
  return Fail(ErrorCode::kIo, fmt::format("{}: {}: {}.", path, what, std::strerror(errno)));
}

sim::Result<void> AddLine(std::string_view line, StoredResults& stored) {
  if (IsShrunkLine(line)) {
    sim::Result<ShrunkGroup> shrunk = ParseShrunkLine(line);
    if (!shrunk) {
      return Fail(shrunk);
    }
    stored.shrunk.push_back(*std::move(shrunk));
    return {};
  }
  sim::Result<UnitResult> result = ParseLine(line);
  if (!result) {
    return Fail(result);
  }
  stored.results.push_back(*std::move(result));
  return {};
}

}  // namespace

sim::Result<StoredResults> ReadResults(const std::string& path) {
  const sim::Result<std::string> text = ReadWholeFile(path);
  if (!text) {
    return Fail(text);
  }
  StoredResults stored{.header = {}, .results = {}};
  std::string_view rest = *text;
  for (size_t number = 1; rest.contains('\n'); ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (number == 1) {
      stored.header = line;
    } else if (const sim::Result<void> added = AddLine(line, stored); !added) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{}:{}: {}", path, number, added.error().message));
    }
    stored.bytes += end + 1;
  }
  return stored;
}

sim::Result<ResultsFile> ResultsFile::Open(const std::string& path, const std::string& header) {
  std::error_code error;
  if (const std::filesystem::path folder = std::filesystem::path(path).parent_path();
      !folder.empty()) {
    std::filesystem::create_directories(folder, error);
    if (error) {
      return Fail(ErrorCode::kIo, fmt::format("{}: the folder cannot be made: {}.", folder.string(),
                                              error.message()));
    }
  }
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    return Refused("results cannot be written", path);
  }
  ResultsFile results(path, file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return Refused("the file cannot be locked", path);
    }
    return Fail(ErrorCode::kUnavailable,
                fmt::format("{} is being written by another flinch. Wait for it, or give this "
                            "hunt another folder with --out.",
                            path));
  }
  if (const sim::Result<void> begun = results.Begin(header); !begun) {
    return Fail(begun);
  }
  return results;
}

// The lock is ours: nobody else changes the file.
sim::Result<void> ResultsFile::Begin(const std::string& header) {
  sim::Result<StoredResults> stored = ReadResults(path_);
  if (!stored) {
    return Fail(stored);
  }
  if (!stored->header.empty() && stored->header != header) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} holds the results of another hunt. Give this one another folder "
                            "with --out, or remove that one.",
                            path_));
  }
  if (ftruncate(file_, static_cast<off_t>(stored->bytes)) != 0) {
    return Refused("the torn end cannot be cut off", path_);
  }
  before_ = std::move(stored->results);
  shrunk_before_ = std::move(stored->shrunk);
  return stored->header.empty() ? Append(header) : sim::Result<void>();
}

ResultsFile::~ResultsFile() {
  if (file_ >= 0) {
    close(file_);
  }
}

sim::Result<void> ResultsFile::Append(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = write(file_, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      return Refused("results cannot be written", path_);
    }
    rest.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
  }
  return {};
}

}  // namespace flinch::scenarios
