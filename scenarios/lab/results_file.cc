#include "scenarios/lab/results_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
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

sim::Result<void> TakeLine(std::string_view line, const ResultsReader& reader) {
  if (IsShrunkLine(line)) {
    sim::Result<ShrunkGroup> shrunk = ParseShrunkLine(line);
    if (!shrunk) {
      return Fail(shrunk);
    }
    reader.shrunk(*std::move(shrunk));
    return {};
  }
  sim::Result<UnitResult> result = ParseLine(line);
  return result ? reader.result(*std::move(result)) : Fail(result);
}

}  // namespace

sim::Result<size_t> ReadResults(const std::string& path, const ResultsReader& reader) {
  if (const sim::Result<void> readable = CheckReadable(path); !readable) {
    return Fail(readable);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  size_t bytes = 0;
  std::string line;
  // What has no end is no line.
  for (size_t number = 1; std::getline(in, line) && !in.eof(); ++number) {
    bytes += line.size() + 1;
    if (number == 1) {
      if (const sim::Result<void> fits = reader.header(line); !fits) {
        return Fail(fits.error().code, fmt::format("{}: {}", path, fits.error().message));
      }
    } else if (const sim::Result<void> taken = TakeLine(line, reader); !taken) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{}:{}: {}", path, number, taken.error().message));
    }
  }
  if (in.bad() || !in.is_open()) {
    return Refused("results cannot be read", path);
  }
  return bytes;
}

sim::Result<StoredResults> ReadResults(const std::string& path) {
  StoredResults stored{.header = {}, .results = {}};
  const sim::Result<size_t> bytes = ReadResults(
      path,
      {.header = [&stored](const std::string& header) -> sim::Result<void> {
         stored.header = header;
         return {};
       },
       .result = [&stored](UnitResult result) -> sim::Result<void> {
         stored.results.push_back(std::move(result));
         return {};
       },
       .shrunk = [&stored](ShrunkGroup group) { stored.shrunk.push_back(std::move(group)); }});
  if (!bytes) {
    return Fail(bytes);
  }
  stored.bytes = *bytes;
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
