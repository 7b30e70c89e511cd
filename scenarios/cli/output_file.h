// What a run leaves behind as a file: its committed output, its tape.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/result.h"

namespace flinch::scenarios {

// A file to be: all that can be known to go wrong is found when it is opened, before a run.
//
// Shape:    lines go to a new file of its own beside the target, which then takes the target's
//           place: there is the whole file or none. What was never written goes with the object.
// Keeps:    symbolic links (their target is replaced) and the mode of what was there.
// Survives: targets that are devices, folders or one of `read_files`: refused, and untouched.
class OutputFile {
 public:
  // kInvalidArgument for a target that must not be replaced, kIo for one that cannot be. Both with
  // a whole sentence.
  static sim::Result<OutputFile> Open(const std::string& path,
                                      std::span<const std::string> read_files);

  OutputFile(OutputFile&& other) noexcept
      : path_(std::move(other.path_)),
        target_(std::move(other.target_)),
        unfinished_(std::exchange(other.unfinished_, {})),
        mode_(other.mode_) {}

  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Writes all and puts it in place; kIo when that failed, and then what was there is still there.
  sim::Result<void> Write(std::string_view text);

 private:
  OutputFile(std::string path, std::filesystem::path target)
      : path_(std::move(path)), target_(std::move(target)) {}

  sim::Result<void> Create();

  std::string path_;                              // as it was given
  std::filesystem::path target_;                  // behind all symbolic links
  std::filesystem::path unfinished_;              // empty: there is none
  std::optional<std::filesystem::perms> mode_{};  // of what the target replaces
};

}  // namespace flinch::scenarios
