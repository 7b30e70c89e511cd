#include "scenarios/lab/whole_file.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::scenarios {

using sim::ErrorCode;
using sim::Fail;
using text::QuotePath;

sim::Result<void> CheckReadable(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (path.empty() || status.type() == std::filesystem::file_type::not_found) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("There is no file {}. Check the name and the folder.", QuotePath(path)));
  }
  if (status.type() == std::filesystem::file_type::none) {
    return Fail(ErrorCode::kIo,
                fmt::format("{} cannot be reached: {}.", QuotePath(path), error.message()));
  }
  if (std::filesystem::is_directory(status)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a directory. Name a file in it.", QuotePath(path)));
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no regular file, so a replay could not read it again. Write its "
                            "content to a file first.",
                            QuotePath(path)));
  }
  return {};
}

sim::Result<std::string> ReadWholeFile(const std::string& path) {
  if (const sim::Result<void> readable = CheckReadable(path); !readable) {
    return Fail(readable);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  std::array<char, size_t{64} * 1024> block;
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    text.append(block.data(), static_cast<size_t>(in.gcount()));
  }
  if (!in.is_open() || in.bad()) {
    const std::string why = errno == 0 ? "" : ": " + std::generic_category().message(errno);
    return Fail(ErrorCode::kIo, fmt::format("{} cannot be read{}.", QuotePath(path), why));
  }
  return text;
}

}  // namespace flinch::scenarios
