#include "scenarios/examples/commit_service/service.h"

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace commit_service {

namespace {

using namespace std::chrono_literals;
using namespace flinch::sim;

struct Letter {
  Address from;
  std::string word;
  int transaction = 0;
};

// What every process has: a socket, and one durable word per transaction. As all that must not be
// forgotten is read from the disk each time, a restart needs no code of its own.
class Node {
 public:
  explicit Node(Environment& env) : env_(env), socket_(*env.network().Bind(kPort)) {}

  void Send(std::string_view host, std::string_view word, int transaction) {
    socket_->Send(*env_.network().Resolve(host, kPort), fmt::format("{} {}", word, transaction));
  }

  void Answer(const Letter& letter, std::string_view word) {
    socket_->Send(letter.from, fmt::format("{} {}", word, letter.transaction));
  }

  // The next letter, or nothing when none comes for a while: then it is time to ask again.
  std::optional<Letter> Receive() {
    const Result<Message> message = socket_->Receive(env_.Now() + 50ms);
    if (!message) {
      return std::nullopt;
    }
    const Bytes& text = message->payload;
    const size_t blank = std::min(text.find(' '), text.size() - 1);
    Letter letter{.from = message->from, .word = text.substr(0, blank)};
    std::from_chars(text.data() + blank + 1, text.data() + text.size(), letter.transaction);
    return letter;
  }

  std::string Read(int transaction) { return env_.disk().Read(PathOf(transaction)).value_or(""); }

  // True once the word is there whatever crashes.
  bool Write(int transaction, std::string_view word) {
    if (!WriteDurably(env_.disk(), PathOf(transaction), word)) {
      return false;
    }
    env_.Trace("durable", {{"transaction", transaction}, {"word", word}});
    return true;
  }

 private:
  static constexpr uint16_t kPort = 1;

  Environment& env_;
  std::unique_ptr<Socket> socket_;
};

bool IsDecision(std::string_view word) { return word == "commit" || word == "abort"; }

}  // namespace

std::string PathOf(int transaction) { return fmt::format("/tx/{}", transaction); }

void RunClient(Environment& env, int transactions) {
  Node node(env);
  for (int transaction = 1; transaction <= transactions; ++transaction) {
    std::optional<Letter> answer;
    while (!answer || answer->transaction != transaction) {
      if (!answer) {  // an answer to something older is no reason to ask again
        node.Send(kCoordinator, "begin", transaction);
      }
      answer = node.Receive();
    }
  }
}

void RunParticipant(Environment& env) {
  Node node(env);
  Random mood = env.RandomStream("mood");
  const auto ask_about_doubts = [&node] {  // what was promised may not be taken back alone
    for (int transaction = 1; transaction <= kTransactions; ++transaction) {
      if (node.Read(transaction) == "yes") {
        node.Send(kCoordinator, "ask", transaction);
      }
    }
  };
  for (;;) {
    const std::optional<Letter> letter = node.Receive();
    if (!letter) {
      ask_about_doubts();
      continue;
    }
    std::string known = node.Read(letter->transaction);
    if (letter->word == "prepare") {
      if (known.empty()) {
        known = mood.Chance(Percent(90)) ? "yes" : "abort";
        if (!node.Write(letter->transaction, known)) {
          continue;  // a vote that could be forgotten is none
        }
      }
      node.Answer(*letter, known == "abort" ? "no" : "yes");
    } else if (IsDecision(letter->word) && !IsDecision(known)) {
      node.Write(letter->transaction, letter->word);  // if it fails: still in doubt
    }
  }
}

void RunCoordinator(Environment& env, Tell tell) {
  Node node(env);
  std::map<int, std::set<Address>> yes;  // who is for it; a crash forgets it, and may
  const auto tell_all = [&node](std::string_view word, int transaction) {
    for (const std::string_view participant : kParticipants) {
      node.Send(participant, word, transaction);
    }
    node.Send(kClient, word, transaction);
  };
  const auto decide = [&](std::string_view word, int transaction) {
    env.Trace("decided", {{"transaction", transaction}, {"word", word}});
    if (tell == Tell::kAtOnce) {
      tell_all(word, transaction);
    }
    const bool durable = node.Write(transaction, word);
    if (tell == Tell::kWhenDurable && durable) {  // else nobody knows, and somebody asks again
      tell_all(word, transaction);
    }
  };
  for (;;) {
    const std::optional<Letter> letter = node.Receive();
    if (!letter) {
      continue;
    }
    const int transaction = letter->transaction;
    if (const std::string known = node.Read(transaction); IsDecision(known)) {
      node.Answer(*letter, known);
    } else if (letter->word == "begin") {
      yes[transaction];  // it is open now
      for (const std::string_view participant : kParticipants) {
        node.Send(participant, "prepare", transaction);
      }
    } else if (letter->word == "yes") {
      yes[transaction].insert(letter->from);
      if (yes[transaction].size() == kParticipants.size()) {
        decide("commit", transaction);
      }
    } else if (letter->word == "no" || !yes.contains(transaction)) {
      decide("abort", transaction);  // one is against it, or asks for what nobody here remembers
    }
  }
}

}  // namespace commit_service
