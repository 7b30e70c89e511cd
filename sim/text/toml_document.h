// TOML files as people get them wrong: typed reads that collect every problem of a file.
//
//   TomlDocument document = TomlDocument::Load("plan.toml");
//   TomlTable root = document.root();
//   const std::string name = root.RequiredString("name");
//   const sim::Duration pause = root.DurationValue("pause").value_or(250ms);
//   root.RejectUnknown();
//   if (sim::Result<void> read = document.Finish(); !read) return sim::Fail(read);
//
// Shape:    a document owns the text; a table is a cursor into it and dies with it. A key that is
//           read becomes known, so each table is first read and then asked to reject what remains.
// Errors:   a wrong value is a problem of the document and reads as absent (nothing, or the empty
//           value of a Required read); so a reader goes on to the end, and looks at `Finish` once.
//           A file that cannot be read or parsed has that one problem, and all its tables read as
//           empty. Printed: file:line:column: error: sentence 12 | the source line | ^~~~
//           suggestion
// Survives: absent, empty, huge and unreadable files, directories, any bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/random.h"
#include "sim/result.h"
#include "sim/time.h"

namespace flinch::text {

struct TomlNode;
struct TomlState;
struct TomlPlace;

class TomlTable {
 public:
  // Present, whatever its type.
  bool Has(std::string_view key);

  // All keys in the order of the file. Does not make them known.
  std::vector<std::string> Keys() const;

  // Whether a table stands there; what else stands there is no problem yet.
  bool HasTable(std::string_view key) const;

  // Whether "a.b.c" is there, through tables or with dots in a quoted key. Makes nothing known.
  bool HasPath(std::string_view path) const;

  // Reads: nothing when the key is absent or its value is wrong.
  std::optional<std::string> String(std::string_view key);
  // One of the given words; another is met with a suggestion.
  std::optional<std::string> OneOf(std::string_view key, std::span<const std::string_view> words);
  std::optional<int64_t> Integer(std::string_view key, int64_t min, int64_t max);
  std::optional<bool> Bool(std::string_view key);
  std::optional<sim::Duration> DurationValue(std::string_view key);  // "250ms"
  std::optional<sim::Ratio> Ratio(std::string_view key);             // "50%", "1/3"
  std::optional<uint64_t> Seed(
      std::string_view key);  // "7", "0x1f": TOML has no 64-bit unsigned numbers
  std::optional<TomlTable> Table(std::string_view key);

  // Empty when absent or wrong.
  std::vector<TomlTable> Tables(std::string_view key);  // [[key]], or an array of inline tables
  // Another number of strings than allowed is a problem, too.
  std::vector<std::string> Strings(std::string_view key, size_t count_min = 0,
                                   size_t count_max = SIZE_MAX);
  // A table of names to strings, whole numbers or truths, all as text and in the order of the file.
  std::vector<std::pair<std::string, std::string>> Fields(std::string_view key);

  // The same, but absence is a problem.
  std::string RequiredString(std::string_view key);
  std::string RequiredOneOf(std::string_view key, std::span<const std::string_view> words);
  int64_t RequiredInteger(std::string_view key, int64_t min, int64_t max);
  sim::Duration RequiredDuration(std::string_view key);
  std::optional<TomlTable> RequiredTable(std::string_view key);

  // A problem of the value under `key` (of the table, when there is none), or of one item of an
  // array, found by the reader. The sentence says what is wrong, the suggestion what to write; it
  // may be empty.
  void Complain(std::string_view key, std::string sentence, std::string suggestion = "");
  void ComplainItem(std::string_view key, size_t index, std::string sentence,
                    std::string suggestion = "");
  // A problem of the table as a whole.
  void ComplainHere(std::string sentence, std::string suggestion = "");

  // Whether a problem of the value under `key`, or of something in it, is known so far.
  bool IsTold(std::string_view key) const;

  // Of the whole document, so far: a reader learns from it whether what it read was right.
  size_t problem_count() const;

  // Every key that nobody asked for is a problem, with a suggestion among those that were.
  void RejectUnknown();

 private:
  friend class TomlDocument;

  TomlTable(TomlState& state, TomlNode& node) : state_(&state), node_(&node) {}

  // Makes the key known; its value or nothing.
  TomlNode* Ask(std::string_view key);
  bool Require(std::string_view key);
  void Report(const TomlPlace& place, std::string sentence, std::string suggestion);
  void ReportType(const TomlNode& value, std::string_view key, std::string_view wanted,
                  std::string suggestion);

  TomlState* state_;
  TomlNode* node_;
};

// What somebody wrote, whole lines of a larger text.
struct TomlPart {
  std::string name;   // in messages, instead of the file's
  uint32_t line = 1;  // of the larger text, where it begins
  std::string text;
};

class TomlDocument {
 public:
  static constexpr size_t kSizeMax = size_t{8} << 20;

  // Reads and parses. `file` names the text in messages.
  static TomlDocument Load(const std::string& path);
  static TomlDocument Parse(std::string file, std::string text);
  // A text that was put together from parts: problems are told at the places in those.
  static TomlDocument Parse(std::string file, std::string text, std::vector<TomlPart> parts);

  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  const std::string& file() const;
  std::string_view text() const;
  TomlTable root();

  // All problems in the order of the file, as one message of kInvalidArgument; kNotFound for an
  // absent file.
  sim::Result<void> Finish() const;

 private:
  explicit TomlDocument(std::unique_ptr<TomlState> state);

  std::unique_ptr<TomlState> state_;
};

}  // namespace flinch::text
