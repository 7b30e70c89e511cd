#include "engine/outside/journal.h"

#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "engine/checksum.h"
#include "sim/check.h"

namespace flinch::engine {
namespace {

constexpr std::string_view kFrameMark = "\xF1log";

struct FrameHead {
  uint32_t length = 0;
  uint32_t checksum = 0;
};

constexpr size_t kFrameHeadBytes = kFrameMark.size() + 2 * sizeof(uint32_t);

// Covers the length too, so that a damaged length cannot borrow another frame's content.
uint32_t FrameChecksum(uint32_t length, std::string_view content) {
  return Checksum(content, length);
}

// The content of a sound frame that starts at `bytes`; nothing when there is none.
std::optional<std::string_view> FrameAt(std::string_view bytes) {
  if (!bytes.starts_with(kFrameMark) || bytes.size() < kFrameHeadBytes) {
    return std::nullopt;
  }
  FrameHead head;
  std::memcpy(&head.length, bytes.data() + kFrameMark.size(), sizeof head.length);
  std::memcpy(&head.checksum, bytes.data() + kFrameMark.size() + sizeof head.length,
              sizeof head.checksum);
  const std::string_view rest = bytes.substr(kFrameHeadBytes);
  if (head.length > rest.size()) {
    return std::nullopt;
  }
  const std::string_view content = rest.substr(0, head.length);
  if (FrameChecksum(head.length, content) != head.checksum) {
    return std::nullopt;
  }
  return content;
}

bool HasFrameBehind(std::string_view bytes, size_t place) {
  for (size_t at = bytes.find(kFrameMark, place + 1); at != std::string_view::npos;
       at = bytes.find(kFrameMark, at + 1)) {
    if (FrameAt(bytes.substr(at))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Bytes FrameContent(std::string_view content) {
  const auto length = static_cast<uint32_t>(content.size());
  sim::Check(length == content.size(), "a group commit of {} bytes fits a frame", content.size());
  Bytes frame(kFrameMark);
  frame += Encode(length);
  frame += Encode(FrameChecksum(length, content));
  frame += content;
  return frame;
}

std::unexpected<sim::Error> DamagedJournal(size_t place, const JournalFormat& format) {
  return sim::Fail(sim::ErrorCode::kCorruption,
                   fmt::format("The journal of {} is damaged at byte {}, and acknowledged records "
                               "lie behind it; restore the file from a copy.",
                               format.owner, place));
}

sim::Result<ScannedFrames> ScanFrames(std::string_view bytes, const JournalFormat& format) {
  ScannedFrames scanned;
  const std::string_view header = format.header;
  if (header.starts_with(bytes.substr(0, header.size())) && bytes.size() < header.size()) {
    return scanned;
  }
  if (!bytes.starts_with(header)) {
    return DamagedJournal(0, format);
  }
  size_t place = header.size();
  while (place < bytes.size()) {
    const std::optional<std::string_view> content = FrameAt(bytes.substr(place));
    if (!content && HasFrameBehind(bytes, place)) {
      return DamagedJournal(place, format);
    }
    if (!content) {
      break;
    }
    scanned.contents.push_back(*content);
    place += kFrameHeadBytes + content->size();
  }
  scanned.sound_bytes = place;
  return scanned;
}

sim::Result<std::vector<Bytes>> JournalFile::Load(bool must_rewrite) {
  file_.reset();
  const sim::Result<Bytes> read = disk_.Read(path_);
  if (!read && read.error().code != sim::ErrorCode::kNotFound) {
    return sim::Fail(read);
  }
  const Bytes bytes = read ? *read : Bytes();
  const sim::Result<ScannedFrames> scanned = ScanFrames(bytes, format_);
  if (!scanned) {
    return sim::Fail(scanned);
  }
  if (must_rewrite || !read || scanned->sound_bytes < bytes.size()) {
    const Bytes sound =
        scanned->sound_bytes == 0 ? Bytes(format_.header) : bytes.substr(0, scanned->sound_bytes);
    if (const sim::Result<void> written = sim::WriteDurably(disk_, path_, sound); !written) {
      return sim::Fail(written);
    }
  }
  sim::Result<std::unique_ptr<sim::File>> file = disk_.OpenForAppend(path_);
  if (!file) {
    return sim::Fail(file);
  }
  file_ = *std::move(file);
  return std::vector<Bytes>(scanned->contents.begin(), scanned->contents.end());
}

sim::Result<void> JournalFile::Append(std::string_view content) {
  sim::Check(file_ != nullptr, "a journal is written before it was read");
  if (sim::Result<void> appended = file_->Append(FrameContent(content)); !appended) {
    return appended;
  }
  return file_->Sync();
}

}  // namespace flinch::engine
