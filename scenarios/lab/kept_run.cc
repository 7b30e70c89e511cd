#include "scenarios/lab/kept_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "reports/plain_text.h"
#include "scenarios/lab/whole_file.h"
#include "sim/text/text.h"

namespace flinch::lab {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".kept";
constexpr std::string_view kSignature = "signature: ";
constexpr std::string_view kWitness = "witness: ";

// The next line, which is taken off the text.
std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

sim::Result<std::string> KeepRun(const std::string& folder, const std::string& name,
                                 const KeptRun& run) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  std::string file = name;
  std::ranges::replace_if(file, [](char c) { return c == '/' || c == ' ' || c == ':'; }, '-');
  const std::string path = (fs::path(folder) / (file + std::string(kEnding))).string();
  std::ofstream out(path, std::ios::binary);
  out << kSignature << run.signature << '\n'
      << kWitness << reports::OneLine(run.witness) << '\n'
      << run.token << '\n'
      << run.tape;
  out.flush();
  if (!out) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("{} cannot be written.", text::QuotePath(path)));
  }
  return path;
}

sim::Result<KeptRun> ReadKept(const std::string& path) {
  const sim::Result<std::string> whole = scenarios::ReadWholeFile(path);
  if (!whole) {
    return sim::Fail(whole);
  }
  std::string_view rest = *whole;
  const std::string_view signature = NextLine(rest);
  const std::string_view witness = NextLine(rest);
  if (!signature.starts_with(kSignature) || !witness.starts_with(kWitness)) {
    return sim::Fail(sim::ErrorCode::kInvalidArgument,
                     fmt::format("{} is no kept run; `keep` writes them.", text::QuotePath(path)));
  }
  const std::string_view token = NextLine(rest);
  return KeptRun{.signature = std::string(signature.substr(kSignature.size())),
                 .witness = std::string(witness.substr(kWitness.size())),
                 .token = std::string(token),
                 .tape = std::string(rest)};
}

sim::Result<std::vector<std::string>> KeptIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == kEnding) {
      files.push_back(entry.path().string());
    }
  }
  if (files.empty()) {
    return sim::Fail(sim::ErrorCode::kNotFound,
                     fmt::format("There is no kept run in {}.", text::QuotePath(folder)));
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace flinch::lab
