#include "scenarios/input_file.h"

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
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "faults/text.h"
#include "scenarios/row_reader.h"
#include "scenarios/timestamp.h"

namespace flinch::scenarios {

namespace {

using faults::Quote;
using nlohmann::json;
using sim::ErrorCode;
using sim::Fail;

// So many malformed rows are told one by one.
constexpr size_t kProblemsShown = 5;

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
      : path_(path), spec_(spec), rows_(MakeReader(text, spec)) {}

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
      problems_ +=
          fmt::format("{}: {} more rows are malformed.\n", path_, bad_rows - kProblemsShown);
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
    return file;
  }

  sim::Result<void> ReadHeader() {
    std::optional<TextRow> row = rows_->Next();
    if (!row || !row->problem.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}:1: The header {}.", path_, row ? row->problem : "is missing"));
    }
    names_ = std::move(row->columns);
    columns_ = names_.size();
    std::vector<std::string> wanted = spec_.timestamp_fields;
    wanted.push_back(spec_.key_field);
    wanted.push_back(spec_.value_field);
    for (const std::string& field : wanted) {
      if (!field.empty() && !ColumnNumber(field) && !NamedColumn(field)) {
        return Fail(ErrorCode::kInvalidArgument,
                    fmt::format("{}:1: The header has no column {}; it has {}.{}", path_,
                                Quote(field), fmt::join(names_, ", "),
                                faults::DidYouMean(field, std::span<const std::string>(names_))));
      }
    }
    return {};
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
    if (const std::optional<size_t> byte = faults::FindInvalidUtf8(row.raw)) {
      return Bad(fmt::format("is not UTF-8 from its byte {} on", *byte + 1));
    }
    if (!row.problem.empty()) {
      return Bad(row.problem);
    }
    if (spec_.format == FileFormat::kCsv) {
      // The first row sets the number where no header does.
      columns_ = columns_ == 0 ? row.columns.size() : columns_;
      if (row.columns.size() != columns_) {
        return Bad(fmt::format("has {} columns, but should have {}", row.columns.size(), columns_));
      }
    }
    json object;
    if (spec_.format == FileFormat::kJsonLines) {
      if (row.raw.empty()) {
        return Bad("is empty");
      }
      object = json::parse(row.raw, nullptr, /*allow_exceptions=*/false);
      if (!object.is_object()) {
        return Bad(object.is_discarded()
                       ? "is not valid JSON"
                       : fmt::format("is {} of JSON, but must be an object", object.type_name()));
      }
    }
    return Compose(row, object);
  }

  sim::Result<FileRecord> Compose(const TextRow& row, const json& object) const {
    FileRecord record{.key = {}, .value = std::string(row.raw), .timestamp = {}};
    const auto read = [&](const std::string& field) {
      return spec_.format == FileFormat::kJsonLines ? Member(object, field) : Column(row, field);
    };
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
                  fmt::format("has no column {}; it has {} column{}", field, row.columns.size(),
                              row.columns.size() == 1 ? "" : "s"));
    }
    return row.columns[*column - 1];
  }

  static sim::Result<std::string> Member(const json& object, const std::string& field) {
    const auto found = object.find(field);
    if (found == object.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : object.items()) {
        names.push_back(name);
      }
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("has no member {}; it has {}", Quote(field),
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    if (found->is_string()) {
      return found->get<std::string>();
    }
    if (found->is_number() || found->is_boolean()) {
      return found->dump();
    }
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("has the member {}, which is {}, but must be text or a number",
                            Quote(field), found->type_name()));
  }

  const std::string& path_;
  const FileSpec& spec_;
  std::unique_ptr<RowReader> rows_;
  std::vector<std::string> names_;
  size_t columns_ = 0;
  std::string problems_;
};

}  // namespace

sim::Result<std::string> ReadWholeFile(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("There is no file {}. Check the name and the folder.", Quote(path)));
  }
  if (std::filesystem::is_directory(status)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a directory. Name a file in it.", Quote(path)));
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no regular file, so a replay could not read it again. Write its "
                            "content to a file first.",
                            Quote(path)));
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    const std::string why = errno == 0 ? "" : ": " + std::generic_category().message(errno);
    return Fail(ErrorCode::kIo, fmt::format("{} cannot be read{}.", Quote(path), why));
  }
  return text;
}

sim::Result<InputFile> ParseInputFile(const std::string& path, std::string_view text,
                                      const FileSpec& spec) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is UTF-16. Convert it to UTF-8 first.", path));
  }
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (text.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is empty. Give a file with at least one row.", path));
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
