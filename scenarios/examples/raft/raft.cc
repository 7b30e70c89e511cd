#include "scenarios/examples/raft/raft.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/codec.h"

namespace raft {

namespace {

using namespace std::chrono_literals;
using namespace flinch::sim;

constexpr uint16_t kPort = 1;
constexpr Duration kHeartbeat = 20ms;
constexpr Duration kElectionMin = 100ms;
constexpr Duration kElectionMax = 200ms;
constexpr Duration kPatience = 60ms;  // of the client
constexpr uint64_t kOutstanding = 3;
constexpr size_t kNobody = kServers.size();

struct Entry {
  uint64_t term = 0;
  uint64_t command = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.term);
    visit(self.command);
  }
};

enum class Kind : uint8_t { kAskVote, kVote, kAppend, kAppended, kPropose, kApplied };

// All letters have one form; what a field means, the function that reads it says.
struct Letter {
  Kind kind = Kind::kAskVote;
  uint64_t term = 0;
  uint64_t index = 0;
  uint64_t index_term = 0;
  bool yes = false;
  uint64_t committed = 0;
  std::vector<Entry> entries;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.kind);
    visit(self.term);
    visit(self.index);
    visit(self.index_term);
    visit(self.yes);
    visit(self.committed);
    visit(self.entries);
  }
};

// What a server must not forget.
struct Memory {
  uint64_t term = 0;
  size_t voted_for = kNobody;
  std::vector<Entry> log;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.term);
    visit(self.voted_for);
    visit(self.log);
  }
};

enum class Role : uint8_t { kFollower, kCandidate, kLeader };

class Server {
 public:
  Server(Environment& env, Cut cut)
      : env_(env),
        cut_(cut),
        chance_(env.RandomStream("elections")),
        socket_(*env.network().Bind(kPort)) {
    for (const std::string_view name : kServers) {
      addresses_.push_back(*env.network().Resolve(name, kPort));
    }
    self_ = static_cast<size_t>(std::ranges::find(kServers, env.host_name()) - kServers.begin());
    if (const Result<Bytes> kept = env.disk().Read(kPath)) {
      if (Result<Memory> memory = Decode<Memory>(*kept)) {
        memory_ = std::move(*memory);
      }
    }
    WaitForLeader();
  }

  void Run() {
    for (;;) {
      const Result<Message> message = socket_->Receive(deadline_);
      const Result<Letter> letter =
          message ? Decode<Letter>(message->payload) : Fail(message.error().code, "");
      if (letter) {
        Read(message->from, *letter);
      }
      if (env_.Now() >= deadline_) {
        role_ == Role::kLeader ? SendToAll() : StandForElection();
      }
    }
  }

 private:
  static constexpr std::string_view kPath = "/raft/memory";

  // ---- What is known

  // The log is counted from 1; at 0 all logs agree.
  uint64_t LastIndex() const { return memory_.log.size(); }

  uint64_t TermAt(uint64_t index) const { return index == 0 ? 0 : memory_.log[index - 1].term; }

  // False when the disk refuses: then nobody is told.
  bool Remember() { return WriteDurably(env_.disk(), kPath, Encode(memory_)).has_value(); }

  // ---- Elections

  void WaitForLeader() { deadline_ = env_.Now() + chance_.Between(kElectionMin, kElectionMax); }

  void EnterTerm(uint64_t term) {
    memory_.term = term;
    memory_.voted_for = kNobody;
    role_ = Role::kFollower;
  }

  void StandForElection() {
    EnterTerm(memory_.term + 1);
    memory_.voted_for = self_;
    role_ = Role::kCandidate;
    votes_ = {self_};
    WaitForLeader();
    if (!Remember()) {
      return;
    }
    for (size_t server = 0; server < kServers.size(); ++server) {
      Send(server,
           {.kind = Kind::kAskVote, .index = LastIndex(), .index_term = TermAt(LastIndex())});
    }
  }

  // `index` and `index_term` are of the last entry of the candidate's log.
  void OnAskVote(size_t candidate, const Letter& letter) {
    const bool knows_all =
        std::pair(letter.index_term, letter.index) >= std::pair(TermAt(LastIndex()), LastIndex());
    const bool is_free = memory_.voted_for == kNobody || memory_.voted_for == candidate;
    if (letter.term != memory_.term || !knows_all || !is_free) {
      Send(candidate, {.kind = Kind::kVote, .yes = false});
      return;
    }
    memory_.voted_for = candidate;
    WaitForLeader();
    if (Remember()) {
      Send(candidate, {.kind = Kind::kVote, .yes = true});
    }
  }

  void OnVote(size_t voter, const Letter& letter) {
    if (role_ != Role::kCandidate || letter.term != memory_.term || !letter.yes) {
      return;
    }
    votes_.insert(voter);
    if (votes_.size() > kServers.size() / 2) {
      role_ = Role::kLeader;
      next_.assign(kServers.size(), LastIndex() + 1);
      has_.assign(kServers.size(), 0);
      env_.Trace("elected", {{"term", memory_.term}});
      Append(0);  // of this term, so that what is left of older ones can be committed
    }
  }

  // ---- The log of the leader

  void Append(uint64_t command) {
    memory_.log.push_back({.term = memory_.term, .command = command});
    if (Remember()) {
      has_[self_] = LastIndex();
      SendToAll();
    } else {
      memory_.log.pop_back();
    }
  }

  void SendToAll() {
    deadline_ = env_.Now() + kHeartbeat;
    for (size_t server = 0; server < kServers.size(); ++server) {
      SendEntries(server);
    }
  }

  void SendEntries(size_t server) {
    const uint64_t before = next_[server] - 1;
    Send(server, {.kind = Kind::kAppend,
                  .index = before,
                  .index_term = TermAt(before),
                  .committed = committed_,
                  .entries = {memory_.log.begin() + static_cast<std::ptrdiff_t>(before),
                              memory_.log.end()}});
  }

  // `index`: up to where the follower's log is known to be the leader's or, if not `yes`, may be.
  void OnAppended(size_t follower, const Letter& letter) {
    if (role_ != Role::kLeader || letter.term != memory_.term) {
      return;
    }
    if (!letter.yes) {
      next_[follower] = std::clamp<uint64_t>(letter.index + 1, 1, LastIndex() + 1);
      SendEntries(follower);
      return;
    }
    has_[follower] = std::max(has_[follower], letter.index);
    next_[follower] = has_[follower] + 1;
    std::vector<uint64_t> sorted = has_;
    std::ranges::sort(sorted);
    const uint64_t majority_has = sorted[(kServers.size() - 1) / 2];
    // What an older term left is committed together with an entry of this one, never alone.
    if (majority_has > committed_ && TermAt(majority_has) == memory_.term) {
      env_.Trace("committed", {{"index", majority_has}});
      Commit(majority_has);
      SendToAll();
    }
  }

  // ---- The log of a follower

  // `index` and `index_term` are of the entry before those that are sent.
  void OnAppend(size_t leader, const Letter& letter) {
    if (letter.term < memory_.term) {
      Send(leader, {.kind = Kind::kAppended, .yes = false});
      return;
    }
    role_ = Role::kFollower;
    WaitForLeader();
    if (letter.index > LastIndex() || TermAt(letter.index) != letter.index_term) {
      const uint64_t maybe = std::min(LastIndex(), std::max<uint64_t>(letter.index, 1) - 1);
      Send(leader, {.kind = Kind::kAppended, .index = maybe, .yes = false});
      return;
    }
    Take(letter.index, letter.entries);
    if (Remember()) {
      const uint64_t end = letter.index + letter.entries.size();
      Commit(std::min(letter.committed, end));
      Send(leader, {.kind = Kind::kAppended, .index = end, .yes = true});
    }
  }

  void Take(uint64_t before, const std::vector<Entry>& entries) {
    for (uint64_t at = 0; at < entries.size(); ++at) {
      const uint64_t index = before + at + 1;
      if (cut_ == Cut::kAlways || (index <= LastIndex() && TermAt(index) != entries[at].term)) {
        memory_.log.resize(std::min(index - 1, LastIndex()));
      }
      if (index > LastIndex()) {
        memory_.log.push_back(entries[at]);
      }
    }
  }

  // ---- Both

  void Commit(uint64_t index) {
    while (committed_ < std::min(index, LastIndex())) {
      ++committed_;
      const uint64_t command = memory_.log[committed_ - 1].command;
      env_.Trace("applied", {{"index", committed_}, {"command", command}});
      if (role_ == Role::kLeader && command != 0) {
        socket_->Send(*env_.network().Resolve(kClient, kPort),
                      Encode(Letter{.kind = Kind::kApplied, .index = command}));
      }
    }
  }

  void OnPropose(uint64_t command) {
    const bool is_known =
        std::ranges::find(memory_.log, command, &Entry::command) != memory_.log.end();
    if (role_ == Role::kLeader && !is_known) {
      Append(command);
    }
  }

  void Send(size_t server, Letter letter) {
    if (server != self_) {
      letter.term = memory_.term;
      socket_->Send(addresses_[server], Encode(letter));
    }
  }

  void Read(const Address& from, const Letter& letter) {
    if (letter.kind == Kind::kPropose) {
      OnPropose(letter.index);
      return;
    }
    if (letter.term > memory_.term) {
      EnterTerm(letter.term);
    }
    const auto sender =
        static_cast<size_t>(std::ranges::find(addresses_, from) - addresses_.begin());
    switch (letter.kind) {
      case Kind::kAskVote:
        return OnAskVote(sender, letter);
      case Kind::kVote:
        return OnVote(sender, letter);
      case Kind::kAppend:
        return OnAppend(sender, letter);
      case Kind::kAppended:
        return OnAppended(sender, letter);
      case Kind::kPropose:
      case Kind::kApplied:
        return;  // the client's
    }
  }

  Environment& env_;
  const Cut cut_;
  Random chance_;
  std::unique_ptr<Socket> socket_;
  std::vector<Address> addresses_;
  size_t self_ = 0;
  Memory memory_;
  Role role_ = Role::kFollower;
  SimTime deadline_;
  std::set<size_t> votes_;
  uint64_t committed_ = 0;
  std::vector<uint64_t> next_;  // by server: the first entry to send
  std::vector<uint64_t> has_;   // by server: up to where its log is the leader's
};

}  // namespace

void RunServer(Environment& env, Cut cut) { Server(env, cut).Run(); }

void RunClient(Environment& env, uint64_t commands) {
  const std::unique_ptr<Socket> socket = *env.network().Bind(kPort);
  std::set<uint64_t> open;
  uint64_t next = 1;
  while (next <= commands || !open.empty()) {
    while (next <= commands && open.size() < kOutstanding) {
      open.insert(next++);
    }
    for (const uint64_t command : open) {
      for (const std::string_view server : kServers) {  // who leads will take it
        socket->Send(*env.network().Resolve(server, kPort),
                     Encode(Letter{.kind = Kind::kPropose, .index = command}));
      }
    }
    const SimTime patience = env.Now() + kPatience;
    while (const Result<Message> message = socket->Receive(patience)) {
      const Result<Letter> letter = Decode<Letter>(message->payload);
      if (letter && open.erase(letter->index) > 0) {
        env.Trace("heard", {{"command", letter->index}});
        break;
      }
    }
  }
}

}  // namespace raft
