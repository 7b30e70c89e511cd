// The results of one shard of a hunt, as they come: JSON Lines, only ever appended to.
//
//   {"flinch_hunt":1,"hunt":"9f8e7d6c","shard":"1/4", …}      what was asked, on the first line
//   {"unit":0,"scenario":…}                                   one line per unit, in any order
//   {"shrunk":"exactly_once:lost@sink","replay":…}            the smallest run of a group
//
// Survives: the end of the process at any byte: a last line without its end is no result, and is
//           cut off before the next one is written. An empty or torn first line is none.
// Errors:   kIo where the system refuses; kUnavailable while another process writes the file;
//           kInvalidArgument for a file that holds something else.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/lab/shrunk_group.h"
#include "scenarios/lab/unit_result.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct StoredResults {
  std::string header;  // the first line; empty: there is none
  std::vector<UnitResult> results;
  std::vector<ShrunkGroup> shrunk{};
  size_t bytes = 0;  // up to the end of the last whole line
};

// kCorruption for a whole line that is no result, with its number.
sim::Result<StoredResults> ReadResults(const std::string& path);

// Takes what stands in a file, in its order; an error ends the reading.
struct ResultsReader {
  std::function<sim::Result<void>(const std::string& header)> header;
  std::function<sim::Result<void>(UnitResult result)> result;
  std::function<void(ShrunkGroup group)> shrunk;
};

// The same line by line, so that a file may be larger than the memory. Gives how many bytes there
// are up to the end of the last whole line.
sim::Result<size_t> ReadResults(const std::string& path, const ResultsReader& reader);

class ResultsFile {
 public:
  // Makes the folders above it, too. The file's first line is, or becomes, this header.
  static sim::Result<ResultsFile> Open(const std::string& path, const std::string& header);

  ResultsFile(ResultsFile&& other) noexcept
      : path_(std::move(other.path_)),
        before_(std::move(other.before_)),
        shrunk_before_(std::move(other.shrunk_before_)),
        file_(std::exchange(other.file_, -1)) {}

  ResultsFile& operator=(ResultsFile&&) = delete;
  ~ResultsFile();

  // What was there already.
  const std::vector<UnitResult>& before() const { return before_; }

  const std::vector<ShrunkGroup>& shrunk_before() const { return shrunk_before_; }

  const std::string& path() const { return path_; }

  // `line` without its end. It is with the system when this returns: it outlives this process.
  sim::Result<void> Append(std::string_view line);

 private:
  ResultsFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  sim::Result<void> Begin(const std::string& header);

  std::string path_;
  std::vector<UnitResult> before_;
  std::vector<ShrunkGroup> shrunk_before_;
  int file_ = -1;
};

}  // namespace flinch::scenarios
