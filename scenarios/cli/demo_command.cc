#include "scenarios/cli/demo_command.h"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/cli/demo_texts.h"
#include "scenarios/cli/fill_in.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/lab/complaint.h"
#include "scenarios/lab/program_path.h"
#include "scenarios/lab/version.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

namespace fs = std::filesystem;

// "./flinch" is one folder further up in there.
std::string FromInside(const std::string& program) {
  return program.contains('/') && !program.starts_with('/') ? "../" + program : program;
}

sim::Result<void> WriteDemo(const std::string& folder, const std::string& program) {
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    return sim::Fail(error ? sim::ErrorCode::kIo : sim::ErrorCode::kExists,
                     error ? fmt::format("The folder {} cannot be made: {}.",
                                         text::QuotePath(folder), error.message())
                           : fmt::format("There is a {} already; nothing was written.",
                                         text::QuotePath(folder)));
  }
  const std::vector<std::pair<std::string_view, std::string>> marks = {{"@FLINCH@", program}};
  const std::vector<std::pair<std::string_view, std::string_view>> files = {
      {"README.md", kDemoReadme},
      {"wordcount.toml", kDemoWordCount},
      {"windows.toml", kDemoWindows},
      {"two_crashes.toml", kDemoTwoCrashes}};
  for (const auto& [file, content] : files) {
    const std::string path = (fs::path(folder) / file).string();
    if (const sim::Result<void> written = WriteNewFile(path, FillIn(content, marks)); !written) {
      return written;
    }
  }
  return {};
}

}  // namespace

int DemoCommand(const DemoArguments& arguments, const std::string& program, std::ostream& out,
                std::ostream& err) {
  const bool is_here = !fs::path(arguments.folder).has_parent_path();
  const std::string inside = is_here ? FromInside(program) : program;
  const sim::Result<void> written = WriteDemo(arguments.folder, inside);
  if (!written) {
    return Complain(err, written.error());
  }
  out << fmt::format(
      "{0}/README.md says more. A bug is planted here, and found:\n"
      "  cd {0} && {1} hunt wordcount.toml --seeds 1..60 --defect sink_commits_at_snapshot\n",
      ShellWord(arguments.folder), inside);
  return kExitPassed;
}

}  // namespace flinch::scenarios
