// Cuts a text into rows and rows into columns; knows formats, not meanings.
//
// Shape:    one reader per text; Next gives the rows in order, each with what is wrong with it.
// Survives: any bytes. After a malformed row it goes on with the next line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flinch::scenarios {

// Of a file with many malformed rows so many are told; the others are counted.
inline constexpr size_t kProblemsShown = 5;

struct TextRow {
  uint64_t line = 0;     // where it starts, from 1
  std::string_view raw;  // without the line's end
  std::vector<std::string> columns{};
  std::string problem{};  // "" or a sentence without its subject
};

class RowReader {
 public:
  virtual ~RowReader() = default;

  virtual std::optional<TextRow> Next() = 0;
};

// Lines, with LF or CRLF at their end.
class LineReader final : public RowReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  // Without columns.
  std::optional<TextRow> Next() override;

 private:
  std::string_view rest_;
  uint64_t line_ = 0;
};

// Columns between blanks and tabs.
class BlankReader final : public RowReader {
 public:
  explicit BlankReader(std::string_view text) : lines_(text) {}

  std::optional<TextRow> Next() override;

 private:
  LineReader lines_;
};

// A CR without an LF ends a line at the end of the text only.
class CsvReader final : public RowReader {
 public:
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  std::optional<TextRow> Next() override;

 private:
  enum class After : uint8_t { kColumn, kRow };

  After ReadColumn(TextRow& row);
  void ReadQuoted(TextRow& row, std::string& column);
  bool AtLineEnd() const;
  void SkipLine();

  std::string_view text_;
  char delimiter_;
  size_t at_ = 0;
  uint64_t line_ = 1;
};

}  // namespace flinch::scenarios
