// Rows of a real file: CSV, JSON Lines, or blank-separated text.
//
// CSV: RFC 4180: quotes, doubled quotes, line breaks inside quotes, LF or CRLF; any delimiter, with
// or without a header. All rows have as many columns as the first. JSONL: one object per line; a
// field is a member of it: text, a number as it is written, or a truth value. Blank: columns
// separated by blanks and tabs; a row may have any number of columns.
// Errors:   what concerns the whole file (absent, a directory, empty, a header without the named
//           field or with it twice) always fails. A malformed row fails too, or is counted under
//           on_bad_row = "skip"; it is never dropped in silence. Messages name file, line, row and
//           what is wrong.
// Survives: a byte order mark, CRLF, a last line without end, any bytes (a row that is not UTF-8 is
//           malformed: reports could not print its key as it is).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ids.h"
#include "scenarios/lab/whole_file.h"
#include "scenarios/model/scenario.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct FileRecord {
  std::string key;
  std::string value;
  engine::EventTime timestamp;

  friend bool operator==(const FileRecord&, const FileRecord&) = default;
};

struct InputFile {
  std::vector<FileRecord> records;  // in the order of the file
  std::vector<uint64_t> lines;      // where each of them begins, from 1
  uint64_t rows_skipped = 0;
  std::string skipped_text{};  // the first of them, a line each, and how many more
};

// `path` names the text in messages. The spec has no problems (FindProblems).
sim::Result<InputFile> ParseInputFile(const std::string& path, std::string_view text,
                                      const FileSpec& spec);

sim::Result<InputFile> ReadInputFile(const std::string& path, const FileSpec& spec);

}  // namespace flinch::scenarios
