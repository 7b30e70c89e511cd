#include "scenarios/cli/output_file.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "faults/text.h"

namespace flinch::scenarios {

sim::Result<void> WriteOutput(const std::string& path, const RegisteredJob& job,
                              const std::vector<OutputRecord>& output) {
  const std::string unfinished = path + ".part";
  bool is_written = false;
  {
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    for (const OutputRecord& record : output) {
      file << job.show_json(record.key, record.value) << '\n';
    }
    file.close();
    is_written = !file.fail();
  }
  std::error_code error;
  if (is_written) {
    std::filesystem::rename(unfinished, path, error);
    if (!error) {
      return {};
    }
  }
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  return sim::Fail(sim::ErrorCode::kIo,
                   fmt::format("The output cannot be written to {}{}. Name a file in a folder that "
                               "exists and can be written to.",
                               faults::Quote(path), error ? ": " + error.message() : ""));
}

}  // namespace flinch::scenarios
