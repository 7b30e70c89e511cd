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
// Shape:    the text goes to a new file of its own beside the target, which then takes the
//           target's place: there is the whole file or none. Between Open and Write there is
//           nothing, so that a run that is ended leaves nothing; while a file is written, the
//           signals that would end the program wait.
// Keeps:    symbolic links (their target is replaced) and the mode of what was there.
// Survives: targets that are devices, folders or one of `read_files`: refused, and untouched.
class OutputFile {
 public:
  // kInvalidArgument for a target that must not be replaced, kIo for one that cannot be. Both with
  // a whole sentence.
  static sim::Result<OutputFile> Open(const std::string& path,
                                      std::span<const std::string> read_files);

  // Writes all and puts it in place; kIo when that failed, and then what was there is still there.
  sim::Result<void> Write(std::string_view text) const;

 private:
  OutputFile(std::string path, std::filesystem::path target)
      : path_(std::move(path)), target_(std::move(target)) {}

  struct Unfinished {
    std::filesystem::path path;
    int file = -1;
  };

  sim::Result<Unfinished> Create() const;

  std::string path_;                              // as it was given
  std::filesystem::path target_;                  // behind all symbolic links
  std::optional<std::filesystem::perms> mode_{};  // of what the target replaces
};

// Writes a file that is not there yet. kInvalidArgument where something of this name is, be it a
// link that leads nowhere; kIo where it cannot be written, and then nothing is there.
sim::Result<void> WriteNewFile(const std::string& path, std::string_view text);

}  // namespace flinch::scenarios
