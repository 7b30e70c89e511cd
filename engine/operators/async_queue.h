// What waits in an asynchronous operator: records whose results are to come, and the watermarks
// between them.
//
// Pure: says what may be emitted next, and nothing of calls or clocks. Entries are numbered in the
// order of their arrival.
// Order:  ordered: the oldest entry alone, once it is answered. Unordered: of the entries in front
//         of the oldest watermark the one that was answered first.
// Source: Flink's OrderedStreamElementQueue and UnorderedStreamElementQueue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/async_function.h"
#include "engine/ids.h"

namespace flinch::engine {

template <typename In, typename Out>
class AsyncQueue {
 public:
  struct Record {
    In value{};
    EventTime timestamp;
    uint32_t attempt = 1;
    bool is_last_attempt = false;
    std::optional<std::vector<Out>> results{};
    uint64_t answered_as = 0;  // of all answers, which
  };

  using Entry = std::variant<Record, EventTime>;

  explicit AsyncQueue(AsyncOrder order) : order_(order) {}

  // Gives its number.
  uint64_t Put(Entry entry) {
    entries_.emplace(++last_, std::move(entry));
    return last_;
  }

  // Null when there is no such record any more.
  Record* Find(uint64_t number) {
    const auto found = entries_.find(number);
    return found == entries_.end() ? nullptr : std::get_if<Record>(&found->second);
  }

  void Answer(Record& record, std::vector<Out> results) {
    record.results = std::move(results);
    record.answered_as = ++answers_;
  }

  // Something may be emitted.
  bool HasReady() const { return NextReady() != entries_.end(); }

  // The number and the content of what is to be emitted next.
  std::optional<std::pair<uint64_t, Entry>> TakeReady() {
    const auto ready = NextReady();
    if (ready == entries_.end()) {
      return std::nullopt;
    }
    auto taken = entries_.extract(ready);
    return std::pair(taken.key(), std::move(taken.mapped()));
  }

  size_t size() const { return entries_.size(); }

  bool empty() const { return entries_.empty(); }

  const std::map<uint64_t, Entry>& entries() const { return entries_; }

 private:
  using Entries = std::map<uint64_t, Entry>;

  typename Entries::const_iterator NextReady() const {
    auto first_answered = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      const Record* const record = std::get_if<Record>(&entry->second);
      if (record == nullptr) {
        return entry == entries_.begin() ? entry : first_answered;
      }
      const bool is_first =
          first_answered == entries_.end() || record->answered_as < AnsweredAs(*first_answered);
      if (record->results && is_first) {
        first_answered = entry;
      }
      if (order_ == AsyncOrder::kOrdered) {
        return first_answered;
      }
    }
    return first_answered;
  }

  static uint64_t AnsweredAs(const typename Entries::value_type& entry) {
    return std::get<Record>(entry.second).answered_as;
  }

  AsyncOrder order_;
  Entries entries_;
  uint64_t last_ = 0;
  uint64_t answers_ = 0;
};

}  // namespace flinch::engine
