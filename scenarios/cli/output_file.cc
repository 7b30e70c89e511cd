#include "scenarios/cli/output_file.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "faults/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using faults::Quote;
using sim::ErrorCode;
using sim::Fail;

constexpr int kLinksMax = 40;
constexpr int kNamesMax = 10'000;

std::unexpected<sim::Error> CannotWrite(const std::string& path, const std::string& why) {
  return Fail(ErrorCode::kIo,
              fmt::format("Nothing can be written to {}{}. Name a file in a folder that "
                          "exists and can be written to.",
                          Quote(path), why.empty() ? "" : ": " + why));
}

// What the path names behind its links, be it there yet or not; nothing when they go in circles.
std::optional<fs::path> FollowLinks(fs::path path) {
  for (int links = 0; links < kLinksMax; ++links) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(path, error))) {
      return path;
    }
    const fs::path next = fs::read_symlink(path, error);
    if (error) {
      return std::nullopt;
    }
    path = path.parent_path() / next;
  }
  return std::nullopt;
}

}  // namespace

sim::Result<OutputFile> OutputFile::Open(const std::string& path,
                                         std::span<const std::string> read_files) {
  if (path == "-" || path.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} names no file to write. Give one, such as counts.jsonl; the "
                            "standard output belongs to the report.",
                            Quote(path)));
  }
  const std::optional<fs::path> target = FollowLinks(path);
  if (!target) {
    return CannotWrite(path, "its symbolic links go in circles");
  }
  std::error_code error;
  const fs::file_status status = fs::status(*target, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is {}, which would be replaced by a file. Name a file.", Quote(path),
                    fs::is_directory(status) ? "a directory" : "no regular file"));
  }
  for (const std::string& read : read_files) {
    if (fs::equivalent(*target, read, error)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is a file that this run reads, {}. Name another file to write.",
                              Quote(path), Quote(read)));
    }
  }
  if (fs::exists(status) && ::access(target->c_str(), W_OK) != 0) {
    return CannotWrite(path, std::generic_category().message(errno));
  }
  OutputFile file(path, *target);
  if (const sim::Result<void> created = file.Create(); !created) {
    return Fail(created);
  }
  if (fs::exists(status)) {
    file.mode_ = status.permissions();
  }
  return file;
}

// A file that was not there before, in the same folder, so that it can take the target's place.
sim::Result<void> OutputFile::Create() {
  for (int number = 1; number <= kNamesMax; ++number) {
    const fs::path name = target_.parent_path() / fmt::format(".flinch-output-{}", number);
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      ::close(file);
      unfinished_ = name;
      return {};
    }
    if (errno != EEXIST) {
      return CannotWrite(path_, std::generic_category().message(errno));
    }
  }
  return CannotWrite(path_, "its folder is full of files named .flinch-output-…");
}

OutputFile::~OutputFile() {
  if (!unfinished_.empty()) {
    std::error_code ignored;
    fs::remove(unfinished_, ignored);
  }
}

sim::Result<void> OutputFile::Write(std::string_view text) {
  std::ofstream file(unfinished_, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file.fail()) {
    return CannotWrite(path_, "");
  }
  std::error_code error;
  if (mode_) {
    fs::permissions(unfinished_, *mode_, error);
  }
  if (!error) {
    fs::rename(unfinished_, target_, error);
  }
  if (error) {
    return CannotWrite(path_, error.message());
  }
  unfinished_.clear();
  return {};
}

}  // namespace flinch::scenarios
