#include "scenarios/cli/output_file.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

using sim::ErrorCode;
using sim::Fail;
using text::QuotePath;

constexpr int kLinksMax = 40;
constexpr int kNamesMax = 10'000;

std::string LastError() { return std::generic_category().message(errno); }

// While it lives, what would end the program waits: nothing unfinished may stay behind.
class SignalsLater {
 public:
  SignalsLater() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGHUP, SIGTERM, SIGPIPE}) {
      sigaddset(&signals, signal);
    }
    sigprocmask(SIG_BLOCK, &signals, &former_);
  }

  SignalsLater(const SignalsLater&) = delete;
  SignalsLater& operator=(const SignalsLater&) = delete;

  ~SignalsLater() { sigprocmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_{};
};

// Why not all could be written; "" when it was.
std::string WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file, text.data(), text.size());
    if (size < 0 && errno != EINTR) {
      return LastError();
    }
    text.remove_prefix(size > 0 ? static_cast<size_t>(size) : 0);
  }
  return "";
}

std::unexpected<sim::Error> CannotWrite(const std::string& path, const std::string& why) {
  return Fail(ErrorCode::kIo,
              fmt::format("Nothing can be written to {}: {}. Name a file in a folder that "
                          "exists and can be written to.",
                          QuotePath(path), why));
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
                            QuotePath(path)));
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
        fmt::format("{} is {}, which would be replaced by a file. Name a file.", QuotePath(path),
                    fs::is_directory(status) ? "a directory" : "no regular file"));
  }
  for (const std::string& read : read_files) {
    if (fs::equivalent(*target, read, error)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} is a file that this run reads, {}. Name another file to write.",
                              QuotePath(path), QuotePath(read)));
    }
  }
  if (fs::exists(status) && ::access(target->c_str(), W_OK) != 0) {
    return CannotWrite(path, LastError());
  }
  OutputFile file(path, *target);
  if (fs::exists(status)) {
    file.mode_ = status.permissions();
  }
  // That a file can be created is tried, but it does not stay: who ends a run leaves nothing.
  const SignalsLater later;
  const sim::Result<Unfinished> created = file.Create();
  if (!created) {
    return Fail(created);
  }
  ::close(created->file);
  ::unlink(created->path.c_str());
  return file;
}

// A file that was not there before, in the same folder, so that it can take the target's place.
sim::Result<OutputFile::Unfinished> OutputFile::Create() const {
  for (int number = 1; number <= kNamesMax; ++number) {
    fs::path path = target_.parent_path() / fmt::format(".flinch-output-{}", number);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      return Unfinished{.path = std::move(path), .file = file};
    }
    if (errno != EEXIST) {
      return CannotWrite(path_, LastError());
    }
  }
  return CannotWrite(path_, "its folder is full of files named .flinch-output-…");
}

sim::Result<void> OutputFile::Write(std::string_view text) const {
  const SignalsLater later;
  const sim::Result<Unfinished> created = Create();
  if (!created) {
    return Fail(created);
  }
  std::string why = WriteAll(created->file, text);
  if (mode_ && ::fchmod(created->file, static_cast<mode_t>(*mode_)) != 0 && why.empty()) {
    why = LastError();
  }
  if (::close(created->file) != 0 && why.empty()) {
    why = LastError();
  }
  if (why.empty() && ::rename(created->path.c_str(), target_.c_str()) != 0) {
    why = LastError();
  }
  if (!why.empty()) {
    ::unlink(created->path.c_str());
    return CannotWrite(path_, why);
  }
  return {};
}

sim::Result<void> WriteNewFile(const std::string& path, std::string_view text) {
  const SignalsLater later;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} exists, and is not replaced.", QuotePath(path)));
  }
  if (file < 0) {
    return CannotWrite(path, LastError());
  }
  std::string why = WriteAll(file, text);
  if (::close(file) != 0 && why.empty()) {
    why = LastError();
  }
  if (!why.empty()) {
    ::unlink(path.c_str());
    return CannotWrite(path, why);
  }
  return {};
}

}  // namespace flinch::scenarios
