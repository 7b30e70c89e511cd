#include "engine/master/job_record.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace flinch::engine {
namespace {

// The lines of a whole record behind its status.
constexpr size_t kLines = 6;

std::vector<std::string_view> LinesOf(std::string_view content) {
  std::vector<std::string_view> lines;
  for (;;) {
    const size_t end = content.find('\n');
    lines.push_back(content.substr(0, end));
    if (end == std::string_view::npos) {
      return lines;
    }
    content.remove_prefix(end + 1);
  }
}

// False for a line that is no number.
template <typename Number>
bool TakeWhole(std::string_view line, Number& number) {
  const char* const end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data(), end, number);
  return error == std::errc() && rest == end;
}

}  // namespace

std::string ShowRecord(const JobRecord& record) {
  if (record == JobRecord{.status = record.status}) {
    return std::string(Name(record.status));
  }
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", Name(record.status), record.end_operation,
                     record.end_detail, record.submit_operation, record.arguments,
                     record.floor.value(), record.widest);
}

sim::Result<JobRecord> ParseRecord(std::string_view content, std::string_view place) {
  const std::vector<std::string_view> lines = LinesOf(content);
  JobRecord record;
  bool is_whole = false;
  for (const JobStatus status :
       {JobStatus::kFinished, JobStatus::kFailed, JobStatus::kCanceled, JobStatus::kRunning}) {
    if (lines.front() == Name(status)) {
      record.status = status;
      is_whole = lines.size() == kLines + 1 || (lines.size() == 1 && IsGloballyTerminal(status));
    }
  }
  if (is_whole && lines.size() > 1) {
    record.end_operation = lines[1];
    record.end_detail = lines[2];
    record.submit_operation = lines[3];
    record.arguments = lines[4];
    uint64_t floor = 0;
    is_whole = TakeWhole(lines[5], floor) && TakeWhole(lines[6], record.widest);
    record.floor = CheckpointId(floor);
  }
  if (!is_whole) {
    return sim::Fail(sim::ErrorCode::kCorruption, fmt::format("{} is damaged.", place));
  }
  return record;
}

}  // namespace flinch::engine
