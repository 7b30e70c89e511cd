#include "scenarios/input/row_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace flinch::scenarios {

std::optional<TextRow> LineReader::Next() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  const size_t end = std::min(rest_.find('\n'), rest_.size());
  std::string_view raw = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (raw.ends_with('\r')) {
    raw.remove_suffix(1);
  }
  ++line_;
  return TextRow{.line = line_, .raw = raw};
}

std::optional<TextRow> BlankReader::Next() {
  std::optional<TextRow> row = lines_.Next();
  if (!row) {
    return std::nullopt;
  }
  constexpr std::string_view kBlanks = " \t";
  std::string_view rest = row->raw;
  for (size_t first = rest.find_first_not_of(kBlanks); first != std::string_view::npos;
       first = rest.find_first_not_of(kBlanks)) {
    rest.remove_prefix(first);
    const size_t end = std::min(rest.find_first_of(kBlanks), rest.size());
    row->columns.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (row->columns.empty()) {
    row->problem = "is empty";
  }
  return row;
}

std::optional<TextRow> CsvReader::Next() {
  if (at_ >= text_.size()) {
    return std::nullopt;
  }
  TextRow row{.line = line_, .raw = {}};
  const size_t begin = at_;
  while (ReadColumn(row) == After::kColumn) {
  }
  row.raw = text_.substr(begin, at_ - begin);
  if (row.raw.ends_with('\n')) {
    row.raw.remove_suffix(1);
  }
  if (row.raw.ends_with('\r')) {
    row.raw.remove_suffix(1);
  }
  if (row.raw.empty()) {
    row.problem = "is empty";
  }
  return row;
}

bool CsvReader::AtLineEnd() const {
  const std::string_view rest = text_.substr(std::min(at_, text_.size()));
  return rest.empty() || rest.front() == '\n' || rest.starts_with("\r\n") || rest == "\r";
}

void CsvReader::SkipLine() { at_ = std::min(text_.find('\n', at_), text_.size()); }

// Reads one column and what ends it.
CsvReader::After CsvReader::ReadColumn(TextRow& row) {
  std::string column;
  if (at_ < text_.size() && text_[at_] == '"') {
    ReadQuoted(row, column);
  } else {
    while (!AtLineEnd() && text_[at_] != delimiter_) {
      if (text_[at_] == '"' && row.problem.empty()) {
        row.problem = fmt::format("has a quote in the middle of column {}; quote the whole column",
                                  row.columns.size() + 1);
      }
      column += text_[at_++];
    }
  }
  row.columns.push_back(std::move(column));
  if (at_ < text_.size() && text_[at_] == delimiter_) {
    ++at_;
    return After::kColumn;
  }
  SkipLine();
  if (at_ < text_.size()) {
    ++at_;
    ++line_;
  }
  return After::kRow;
}

void CsvReader::ReadQuoted(TextRow& row, std::string& column) {
  const size_t open = at_;
  const uint64_t open_line = line_;
  ++at_;
  for (;;) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      // Nothing behind it can be told apart any more; the rows that follow are read as rows.
      row.problem =
          fmt::format("has a quote in column {} that is never closed", row.columns.size() + 1);
      at_ = open;
      line_ = open_line;
      SkipLine();
      return;
    }
    const std::string_view piece = text_.substr(at_, quote - at_);
    line_ += static_cast<uint64_t>(std::ranges::count(piece, '\n'));
    column += piece;
    at_ = quote + 1;
    if (at_ >= text_.size() || text_[at_] != '"') {
      break;
    }
    column += '"';
    ++at_;
  }
  if (!AtLineEnd() && text_[at_] != delimiter_) {
    row.problem =
        fmt::format("has text behind the closing quote of column {}", row.columns.size() + 1);
    while (!AtLineEnd() && text_[at_] != delimiter_) {
      ++at_;
    }
  }
}

}  // namespace flinch::scenarios
