// A journal of commands on a disk, for systems whose state is what their journal says.
//
// Shape:  a header, then frames. A frame is a mark, a length, a checksum of length and content, and
//         the content: the commands of one group commit. Each is synced before the next is written,
//         so a crash can only tear the last.
// Errors: a torn last frame is no error: nobody was told that it is durable. Damage with a sound
//         frame behind it is kCorruption: what was acknowledged would be lost without a word.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/serializer.h"
#include "sim/disk.h"
#include "sim/result.h"

namespace flinch::engine {

// What the bytes of a journal start with, and what it is called in complaints: "the log".
struct JournalFormat {
  std::string_view header;
  std::string_view owner;
};

// One frame for one group commit.
Bytes FrameContent(std::string_view content);

struct ScannedFrames {
  std::vector<std::string_view> contents;  // views of the bytes that were scanned
  size_t sound_bytes = 0;  // up to here the bytes are header and whole frames; less: a torn tail
};

sim::Result<ScannedFrames> ScanFrames(std::string_view bytes, const JournalFormat& format);

// The complaint about bytes at this place that no crash explains.
std::unexpected<sim::Error> DamagedJournal(size_t place, const JournalFormat& format);

// The file of a journal while its owner runs.
class JournalFile {
 public:
  JournalFile(sim::FileSystem& disk, std::string path, const JournalFormat& format)
      : disk_(disk), path_(std::move(path)), format_(format) {}

  // The contents of all frames; from here on Append goes behind them. `must_rewrite`: bytes may lie
  // in it that are not durable. May suspend.
  sim::Result<std::vector<Bytes>> Load(bool must_rewrite);

  // Durable when it succeeds; else load it again, rewriting it. May suspend.
  sim::Result<void> Append(std::string_view content);

 private:
  sim::FileSystem& disk_;
  std::string path_;
  JournalFormat format_;
  std::unique_ptr<sim::File> file_;
};

}  // namespace flinch::engine
