// What readers of committed data see, against a model that knows nothing of offsets, epochs or
// phases: a list of entries with their transaction's fate, cut at the first open one.
#include "engine/outside/log_state.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "engine/outside/log_journal.h"
#include "tests/engine/outside/log_fixture.h"

namespace flinch::engine {
namespace {

enum class Fate : uint8_t { kOpen, kCommitted, kAborted };

struct Model {
  struct Entry {
    std::string value;
    size_t transaction = 0;
  };

  std::vector<Fate> fates;
  std::vector<Entry> entries;

  std::vector<std::string> Committed() const {
    std::vector<std::string> values;
    for (const Entry& entry : entries) {
      if (fates[entry.transaction] == Fate::kOpen) {
        break;
      }
      if (fates[entry.transaction] == Fate::kCommitted) {
        values.push_back(entry.value);
      }
    }
    return values;
  }
};

struct Writer {
  ProducerIdentity identity;
  uint64_t sequence = 0;
  std::optional<size_t> transaction;  // in the model; none before the first record
  bool ready = false;
};

class Comparison {
 public:
  Comparison() {
    log_.CreateTopic("t", 1);
    model_.fates.push_back(Fate::kCommitted);  // of records without a transaction
  }

  void Act(uint8_t act, uint8_t which) {
    const std::string id = std::string("w") + static_cast<char>('0' + which % 3);
    Writer& writer = writers_[id];
    switch (act % 6) {
      case 0:
        Initialise(id, writer);
        break;
      case 1:
      case 2:
        Write(id, writer);
        break;
      case 3:
        End(id, writer, TransactionEnd::kCommit, Fate::kCommitted);
        break;
      case 4:
        End(id, writer, TransactionEnd::kAbort, Fate::kAborted);
        break;
      default:
        Publish();
        break;
    }
  }

  void Judge() {
    RC_ASSERT(log_.Committed(0) == model_.Committed());
    // Small steps give the same as one large one.
    std::vector<std::string> pieces;
    uint64_t offset = 0;
    for (;;) {
      const FetchedPartition piece = log_.Fetch(0, offset, 1);
      for (const std::string& value : LogFixture::Values(piece)) {
        pieces.push_back(value);
      }
      if (piece.next_offset == offset) {
        break;
      }
      offset = piece.next_offset;
    }
    RC_ASSERT(pieces == model_.Committed());
    // What was seen once is a prefix of what is seen later.
    const std::vector<std::string> now = log_.Committed(0);
    RC_ASSERT(now.size() >= seen_.size());
    RC_ASSERT(std::equal(seen_.begin(), seen_.end(), now.begin()));
    seen_ = now;
  }

 private:
  void Initialise(const std::string& id, Writer& writer) {
    if (writer.transaction && model_.fates[*writer.transaction] == Fate::kOpen) {
      model_.fates[*writer.transaction] = Fate::kAborted;
    }
    const auto identity = log_.Init(id);
    RC_ASSERT(identity.has_value());
    writer = {.identity = *identity, .sequence = 0, .transaction = std::nullopt, .ready = true};
  }

  void Write(const std::string& id, Writer& writer) {
    const std::string value = std::to_string(++values_);
    const auto reply = log_.Produce(id, writer.identity, 0, writer.sequence, {value});
    if (writer.identity.epoch == 0) {
      // Before its first initialisation it is a publisher that knows its sequences.
      RC_ASSERT(reply.has_value());
      model_.entries.push_back({.value = value, .transaction = 0});
      ++writer.sequence;
      return;
    }
    RC_ASSERT(reply.has_value() == writer.ready);
    if (!writer.ready) {
      return;
    }
    if (!writer.transaction) {
      writer.transaction = model_.fates.size();
      model_.fates.push_back(Fate::kOpen);
    }
    model_.entries.push_back({.value = value, .transaction = *writer.transaction});
    const auto copy = log_.Produce(id, writer.identity, 0, writer.sequence, {value});
    RC_ASSERT(copy.has_value());
    RC_ASSERT(copy->appended == 0U);
    ++writer.sequence;
  }

  void End(const std::string& id, Writer& writer, TransactionEnd end, Fate fate) {
    const auto reply = log_.End(id, writer.identity, end);
    if (writer.transaction) {
      Fate& known = model_.fates[*writer.transaction];
      RC_ASSERT(reply.has_value() == (known == Fate::kOpen || known == fate));
      known = known == Fate::kOpen ? fate : known;
    }
    if (reply) {
      writer.ready = false;
    }
  }

  void Publish() {
    const std::string value = std::to_string(++values_);
    RC_ASSERT(log_.Produce("", {}, 0, 0, {value}).has_value());
    model_.entries.push_back({.value = value, .transaction = 0});
  }

  LogFixture log_;
  Model model_;
  std::map<std::string, Writer> writers_;
  std::vector<std::string> seen_;
  uint64_t values_ = 0;
};

RC_GTEST_PROP(LogStatePropertyTest, CommittedReadersSeeWhatTheModelSays,
              (const std::vector<std::pair<uint8_t, uint8_t>>& acts)) {
  Comparison comparison;
  for (const auto& [act, which] : acts) {
    comparison.Act(act, which);
    comparison.Judge();
  }
}

RC_GTEST_PROP(LogStatePropertyTest, NoBytesCrashTheBroker,
              (uint16_t method, const std::string& body, const std::string& journal)) {
  LogState state;
  LogEffects effects;
  const JournalEntry entry{
      .method = static_cast<LogMethod>(method % 12), .time = sim::kEpoch, .body = body};
  const auto reply = ApplyEntry(state, entry, effects);
  RC_ASSERT(reply.has_value() || !effects.changed);
  const auto contents = ReadJournal(std::string(kJournalHeader) + journal);
  RC_ASSERT(contents.has_value());
  RC_ASSERT(contents->topics.empty());
}

}  // namespace
}  // namespace flinch::engine
