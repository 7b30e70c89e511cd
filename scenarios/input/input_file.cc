#include "scenarios/input/input_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "scenarios/input/json_row.h"
#include "scenarios/input/row_reader.h"
#include "scenarios/model/timestamp.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;
using text::QuotePath;

// So many malformed rows are told one by one.
constexpr size_t kNamesShown = 10;

std::unique_ptr<RowReader> MakeReader(std::string_view text, const FileSpec& spec) {
  switch (spec.format) {
    case FileFormat::kCsv:
      return std::make_unique<CsvReader>(text, spec.delimiter.front());
    case FileFormat::kJsonLines:
      return std::make_unique<LineReader>(text);
    case FileFormat::kBlank:
      return std::make_unique<BlankReader>(text);
  }
  sim::Unreachable("a file format has no reader");
}

std::string Columns(size_t count) {
  return fmt::format("{} column{}", count, count == 1 ? "" : "s");
}

// "3" as a column number from 1.
std::optional<size_t> ColumnNumber(std::string_view field) {
  size_t number = 0;
  const char* const end = field.data() + field.size();
  const std::from_chars_result read = std::from_chars(field.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number == 0) {
    return std::nullopt;
  }
  return number;
}

// One file's worth of rows on their way to records.
class FileDecoder {
 public:
  FileDecoder(const std::string& path, std::string_view text, const FileSpec& spec)
      : path_(text::Printable(path)), spec_(spec), rows_(MakeReader(text, spec)) {}

  sim::Result<InputFile> Run() && {
    const bool has_header = spec_.format == FileFormat::kCsv && spec_.header;
    if (has_header) {
      if (const sim::Result<void> header = ReadHeader(); !header) {
        return Fail(header);
      }
    }
    InputFile file;
    uint64_t number = 0;
    uint64_t bad_rows = 0;
    while (const std::optional<TextRow> row = rows_->Next()) {
      ++number;
      sim::Result<FileRecord> record = Decode(*row);
      if (record) {
        file.records.push_back(*std::move(record));
        file.lines.push_back(row->line);
        continue;
      }
      if (++bad_rows <= kProblemsShown) {
        problems_ +=
            fmt::format("{}:{}: Row {} {}.\n", path_, row->line, number, record.error().message);
      }
    }
    if (number == 0) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{} has a header but no rows. Give a file with at least one row.", path_));
    }
    return Judge(std::move(file), number, bad_rows);
  }

 private:
  sim::Result<InputFile> Judge(InputFile file, uint64_t rows, uint64_t bad_rows) {
    if (bad_rows > kProblemsShown) {
      problems_ += fmt::format("{}: {} more {} malformed.\n", path_, bad_rows - kProblemsShown,
                               bad_rows == kProblemsShown + 1 ? "row is" : "rows are");
    }
    if (file.records.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}{}: none of the {} rows can be read. Check workload.file.",
                              problems_, path_, rows));
    }
    if (bad_rows > 0 && spec_.on_bad_row == OnBadRow::kFail) {
      return Fail(ErrorCode::kInvalidArgument,
                  problems_ +
                      "Correct the rows, or count and leave out such rows with "
                      "workload.file.on_bad_row = \"skip\".");
    }
    file.rows_skipped = bad_rows;
    file.skipped_text = std::move(problems_);
    return file;
  }

  sim::Result<void> ReadHeader() {
    std::optional<TextRow> row = rows_->Next();
    if (!row || !row->problem.empty()) {
      return BadHeader(row ? row->problem : "is missing");
    }
    if (const std::optional<size_t> byte = text::FindInvalidUtf8(row->raw)) {
      return BadHeader(fmt::format("is not UTF-8 from its byte {} on", *byte + 1));
    }
    names_ = std::move(row->columns);
    columns_ = names_.size();
    std::vector<std::string> wanted = spec_.timestamp_fields;
    wanted.push_back(spec_.key_field);
    wanted.push_back(spec_.value_field);
    for (const std::string& field : wanted) {
      const auto count = std::ranges::count(names_, field);
      if (!field.empty() && count > 1) {
        return BadHeader(fmt::format("has {} columns {}; name the one that is meant by its number",
                                     count == 2 ? "two" : std::to_string(count), Quote(field)));
      }
      if (!field.empty() && count == 0 && !ColumnNumber(field)) {
        const std::string near = text::DidYouMean(field, std::span<const std::string>(names_));
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("{}:1: The header has no column {}; it has {}.{}", path_,
                                Quote(field), text::QuoteSome(names_, kNamesShown), near));
      }
    }
    return {};
  }

  std::unexpected<sim::Error> BadHeader(std::string_view what) const {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{}:1: The header {}.", path_, what));
  }

  std::optional<size_t> NamedColumn(std::string_view field) const {
    const auto found = std::ranges::find(names_, field);
    if (found == names_.end()) {
      return std::nullopt;
    }
    return static_cast<size_t>(found - names_.begin()) + 1;
  }

  static sim::Result<FileRecord> Bad(std::string what) {
    return Fail(ErrorCode::kInvalidArgument, std::move(what));
  }

  sim::Result<FileRecord> Decode(const TextRow& row) {
    if (const std::optional<size_t> byte = text::FindInvalidUtf8(row.raw)) {
      return Bad(fmt::format("is not UTF-8 from its byte {} on", *byte + 1));
    }
    if (!row.problem.empty()) {
      return Bad(row.problem);
    }
    if (spec_.format == FileFormat::kCsv) {
      // The first row sets the number where no header does.
      columns_ = columns_ == 0 ? row.columns.size() : columns_;
      if (row.columns.size() != columns_) {
        return Bad(
            fmt::format("has {}, but should have {}", Columns(row.columns.size()), columns_));
      }
    }
    if (spec_.format != FileFormat::kJsonLines) {
      return Compose(row, [this, &row](const std::string& field) { return Column(row, field); });
    }
    if (row.raw.empty()) {
      return Bad("is empty");
    }
    const sim::Result<JsonRow> object = JsonRow::Parse(row.raw);
    if (!object) {
      return Fail(object);
    }
    return Compose(row, [&object](const std::string& field) { return object->Member(field); });
  }

  template <typename Read>
  sim::Result<FileRecord> Compose(const TextRow& row, const Read& read) const {
    FileRecord record{.key = {}, .value = std::string(row.raw), .timestamp = {}};
    std::string timestamp;
    for (const std::string& field : spec_.timestamp_fields) {
      const sim::Result<std::string> part = read(field);
      if (!part) {
        return Fail(part);
      }
      timestamp += (timestamp.empty() ? "" : " ") + *part;
    }
    const sim::Result<engine::EventTime> time = ParseTimestamp(timestamp, spec_.timestamp_format);
    if (!time) {
      std::string why = time.error().message;
      why.pop_back();  // the sentence goes on
      return Bad("has no valid timestamp: " + why);
    }
    record.timestamp = *time;
    sim::Result<std::string> key = read(spec_.key_field);
    if (!key) {
      return Fail(key);
    }
    record.key = *std::move(key);
    if (!spec_.value_field.empty()) {
      sim::Result<std::string> value = read(spec_.value_field);
      if (!value) {
        return Fail(value);
      }
      record.value = *std::move(value);
    }
    return record;
  }

  sim::Result<std::string> Column(const TextRow& row, const std::string& field) const {
    std::optional<size_t> column = NamedColumn(field);
    column = column ? column : ColumnNumber(field);
    if (!column || *column > row.columns.size()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("has no column {}; it has {}", column ? field : Quote(field),
                              Columns(row.columns.size())));
    }
    return row.columns[*column - 1];
  }

  std::string path_;  // as it is shown
  const FileSpec& spec_;
  std::unique_ptr<RowReader> rows_;
  std::vector<std::string> names_;
  size_t columns_ = 0;
  std::string problems_;
};

}  // namespace

sim::Result<InputFile> ParseInputFile(const std::string& path, std::string_view text,
                                      const FileSpec& spec) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is UTF-16. Convert it to UTF-8 first.", text::Printable(path)));
  }
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (text.empty()) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is empty. Give a file with at least one row.", text::Printable(path)));
  }
  return FileDecoder(path, text, spec).Run();
}

sim::Result<InputFile> ReadInputFile(const std::string& path, const FileSpec& spec) {
  const sim::Result<std::string> text = ReadWholeFile(path);
  if (!text) {
    return Fail(text);
  }
  return ParseInputFile(path, *text, spec);
}

}  // namespace flinch::scenarios
