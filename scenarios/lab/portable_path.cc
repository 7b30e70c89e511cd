#include "scenarios/lab/portable_path.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

fs::path Absolute(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

fs::path WorkingFolder() {
  std::error_code error;
  const fs::path folder = fs::current_path(error);
  return error ? fs::path() : folder;
}

// The root of the repository that the working folder lies in; empty outside of any.
fs::path RepositoryRoot() {
  for (fs::path folder = WorkingFolder(); !folder.empty(); folder = folder.parent_path()) {
    std::error_code error;
    if (fs::exists(folder / ".git", error)) {
      return folder;
    }
    if (folder == folder.root_path()) {
      break;
    }
  }
  return {};
}

// Empty unless the path lies below the folder.
fs::path Below(const fs::path& path, const fs::path& folder) {
  if (folder.empty() || folder == folder.root_path()) {
    return {};
  }
  const fs::path relative = path.lexically_relative(folder);
  return relative.empty() || *relative.begin() == ".." || relative == "." ? fs::path() : relative;
}

}  // namespace

std::string PortablePath(const std::string& path) {
  const fs::path absolute = Absolute(path);
  for (const fs::path& folder : {RepositoryRoot(), WorkingFolder()}) {
    if (const fs::path relative = Below(absolute, folder); !relative.empty()) {
      return relative.string();
    }
  }
  return absolute.string();
}

std::optional<std::string> FindPortable(const std::string& path) {
  std::error_code error;
  for (const fs::path& folder : {RepositoryRoot(), WorkingFolder()}) {
    const fs::path candidate = (folder / path).lexically_normal();
    if (!folder.empty() && fs::exists(candidate, error)) {
      return candidate.string();
    }
  }
  return std::nullopt;
}

std::optional<std::string> PathFromHere(const std::string& path) {
  const fs::path absolute = Absolute(path);
  const fs::path here = WorkingFolder();
  if (const fs::path below = Below(absolute, here); !below.empty()) {
    return below.string();
  }
  return Below(absolute, RepositoryRoot()).empty()
             ? std::nullopt
             : std::optional(absolute.lexically_relative(here).string());
}

std::string ShowPlace(const std::source_location& where) {
  if (where.line() == 0) {
    return "";
  }
  std::string file = where.file_name();
  if (file.starts_with('/')) {
    file = PortablePath(file);
  }
  // A compiler is told paths from its own folder, which is nobody's.
  while (file.starts_with("../")) {
    file.erase(0, 3);
  }
  return fmt::format("{}:{}", file, where.line());
}

}  // namespace flinch::scenarios
