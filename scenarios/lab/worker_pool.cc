#include "scenarios/lab/worker_pool.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/check.h"

namespace flinch::scenarios {

namespace {

// How many pieces a worker holds: the one it is at, and one for the moment it is done with that.
constexpr size_t kAhead = 2;

constexpr int64_t kTickNs = 100'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

// From one look to the next, more than so many ticks were not a worker's: this process stood still.
constexpr int64_t kLongestGlance = 4;

// What a worker leaves with when it gets no more memory.
constexpr int kOutOfMemoryCode = 107;
constexpr int kBrokenCode = 70;

constexpr size_t kLastWordsMax = 4096;
constexpr size_t kChunk = 65'536;

using Length = uint32_t;

std::unexpected<sim::Error> Refused(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kIo, fmt::format("{}: {}.", what, std::strerror(errno)));
}

bool Send(int channel, const std::string& text) {
  const Length length = static_cast<Length>(text.size());
  std::string frame(reinterpret_cast<const char*>(&length), sizeof(length));
  frame += text;
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t sent = send(channel, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      return false;
    }
    rest.remove_prefix(sent < 0 ? 0 : static_cast<size_t>(sent));
  }
  return true;
}

// The first whole frame of what was heard; it is taken off.
std::optional<std::string> TakeFrame(std::string& heard) {
  Length length = 0;
  if (heard.size() < sizeof(length)) {
    return std::nullopt;
  }
  std::memcpy(&length, heard.data(), sizeof(length));
  if (heard.size() < sizeof(length) + length) {
    return std::nullopt;
  }
  std::string text = heard.substr(sizeof(length), length);
  heard.erase(0, sizeof(length) + length);
  return text;
}

// Behind the answer of a worker: what it took of a processor.
std::string TailOf(int64_t processor_ns) {
  return {reinterpret_cast<const char*>(&processor_ns), sizeof(processor_ns)};
}

int64_t TakeTail(std::string& answer) {
  int64_t processor_ns = 0;
  sim::Check(answer.size() >= sizeof(processor_ns), "a worker does not say what it took");
  const size_t tail = answer.size() - sizeof(processor_ns);
  std::memcpy(&processor_ns, answer.data() + tail, sizeof(processor_ns));
  answer.resize(tail);
  return processor_ns;
}

// False at the end of what there is to hear.
bool Receive(int channel, std::string& heard) {
  std::array<char, kChunk> chunk{};
  const ssize_t got = recv(channel, chunk.data(), chunk.size(), 0);
  if (got <= 0) {
    return got < 0 && (errno == EINTR || errno == EAGAIN);
  }
  heard.append(chunk.data(), static_cast<size_t>(got));
  return true;
}

// What earlier work printed: it would grow without bound, and the last words are of the last work.
void Forget(int words) {
  std::fflush(nullptr);
  if (lseek(words, 0, SEEK_END) > 0 && ftruncate(words, 0) == 0) {
    lseek(words, 0, SEEK_SET);
  }
}

std::string LastWords(int words) {
  const off_t size = lseek(words, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(kLastWordsMax));
  std::string text(static_cast<size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t got = pread(words, text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// Addresses are not what a sanitizer's build is short of: its shadow takes terabytes of them.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kLimitsAddresses = false;
#elif defined(__has_feature)
constexpr bool kLimitsAddresses = !__has_feature(address_sanitizer);
#else
constexpr bool kLimitsAddresses = true;
#endif

void LimitMemory(uint64_t bytes) {
  if (kLimitsAddresses && bytes > 0) {
    const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
    setrlimit(RLIMIT_AS, &limit);
  }
  // Before anybody can catch a bad_alloc: what user code does about one is not what is asked here.
  std::set_new_handler([] { _exit(kOutOfMemoryCode); });
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = sigabbrev_np(WTERMSIG(status));
    return name != nullptr ? fmt::format("SIG{}", name)
                           : fmt::format("signal {}", WTERMSIG(status));
  }
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

WorkerPool::WorkerPool(Options options, Perform perform, Clock clock)
    : options_(options), perform_(std::move(perform)), clock_(std::move(clock)) {
  sim::Check(options_.workers > 0, "a pool of no workers does no work");
}

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) {
    Drop(worker);
  }
}

sim::Result<WorkerPool::Worker> WorkerPool::Start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Refused("A worker gets no channel");
  }
  const int words = memfd_create("flinch-worker", MFD_CLOEXEC);
  if (words < 0) {
    close(ends[0]);
    close(ends[1]);
    return Refused("A worker gets nothing to write to");
  }
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(kBrokenCode);
    }
    Work(ends[1], words);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    close(words);
    return Refused("A worker cannot be started");
  }
  return Worker{.process = child,
                .channel = ends[0],
                .words = words,
                .own = OwnTime(kLongestGlance * GlanceNs())};
}

// How often workers are looked at: several times before the shortest patience is over.
int64_t WorkerPool::GlanceNs() const {
  return std::clamp<int64_t>(options_.patience_ns / 4, kNanosPerMilli, kTickNs);
}

void WorkerPool::Begin(Worker& worker) const {
  worker.since = clock_();
  worker.own.Begin(worker.since, LookAt(worker.process));
}

bool WorkerPool::Hangs(Worker& worker) const {
  const int64_t now = clock_();
  if (worker.sent.empty() || now - worker.own.looked_at() < GlanceNs()) {
    return false;
  }
  worker.own.Add(now, LookAt(worker.process));
  return worker.own.spent_ns() > options_.patience_ns;
}

// Never returns into what the parent was doing: its streams and locks are not this process's.
void WorkerPool::Work(int channel, int words) {
  // The terminal's Ctrl-C goes to all; the parent decides what becomes of it.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  dup2(words, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  // Among them the file with the results: its lock must go with the parent.
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(channel) - 1, 0);
  close_range(static_cast<unsigned>(channel) + 1, ~0U, 0);
  LimitMemory(options_.memory_bytes);
  std::string heard;
  try {
    while (true) {
      std::optional<std::string> work = TakeFrame(heard);
      if (work) {
        Forget(STDERR_FILENO);
        const int64_t before = LookAt(getpid()).processor_ns;
        std::string text = perform_(*work);
        text += TailOf(LookAt(getpid()).processor_ns - before);
        if (!Send(channel, text)) {
          _exit(kBrokenCode);
        }
      } else if (!Receive(channel, heard)) {
        _exit(0);
      }
    }
  } catch (const sim::Violation& violation) {
    fmt::print(stderr, "{} ({})\n", violation.what, violation.where);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  std::fflush(nullptr);
  _exit(kBrokenCode);
}

std::optional<std::string> WorkerPool::TakeWork(const Calls& calls) {
  if (returned_.empty()) {
    return calls.next();
  }
  std::string work = std::move(returned_.front());
  returned_.pop_front();
  return work;
}

// Gives each worker what it can hold, those with the least first.
sim::Result<void> WorkerPool::Feed(const Calls& calls) {
  for (size_t held = 0; held < kAhead; ++held) {
    for (size_t index = 0; index < options_.workers; ++index) {
      if (index < workers_.size() && workers_[index].sent.size() > held) {
        continue;
      }
      std::optional<std::string> work = TakeWork(calls);
      if (!work) {
        return {};
      }
      if (index == workers_.size()) {
        sim::Result<Worker> started = Start();
        if (!started) {
          return sim::Fail(started);
        }
        workers_.push_back(*std::move(started));
      }
      Worker& worker = workers_[index];
      if (worker.sent.empty()) {
        Begin(worker);
      }
      // Where it is gone already, its end is seen at the next look.
      Send(worker.channel, *work);
      worker.sent.push_back(*std::move(work));
    }
  }
  return {};
}

// Until somebody answers or it is time for a tick. False: nobody is at work.
bool WorkerPool::Wait() {
  std::vector<pollfd> channels;
  bool at_work = false;
  for (const Worker& worker : workers_) {
    channels.push_back({.fd = worker.channel, .events = POLLIN, .revents = 0});
    at_work = at_work || !worker.sent.empty();
  }
  if (at_work) {
    poll(channels.data(), channels.size(), static_cast<int>(GlanceNs() / kNanosPerMilli));
  }
  return at_work;
}

// All answers that are there.
void WorkerPool::Hear(Worker& worker, const Calls& calls) {
  while (std::optional<std::string> text = TakeFrame(worker.heard)) {
    sim::Check(!worker.sent.empty(), "a worker answers what it was not asked");
    const std::string work = std::move(worker.sent.front());
    worker.sent.pop_front();
    const int64_t began = worker.since;
    Begin(worker);
    has_seen_other_ = true;
    const int64_t processor_ns = TakeTail(*text);
    calls.done(
        work,
        {.text = *std::move(text), .wall_ns = worker.since - began, .processor_ns = processor_ns});
  }
}

// Tells what became of the piece it was at, and puts another in its place.
sim::Result<void> WorkerPool::Bury(Worker& worker, Fate fate, const Calls& calls) {
  int status = 0;
  waitpid(worker.process, &status, 0);
  worker.process = -1;
  if (fate == Fate::kCrashed && WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemoryCode) {
    fate = Fate::kOutOfMemory;
  }
  Answer answer{.fate = fate,
                .text = LastWords(worker.words),
                .how = HowItEnded(status),
                .wall_ns = clock_() - worker.since};
  std::deque<std::string> sent = std::exchange(worker.sent, {});
  Drop(worker);
  if (sent.empty()) {
    return sim::Fail(sim::ErrorCode::kIo,
                     fmt::format("A worker ended although it had nothing to do ({}). {}",
                                 answer.how, answer.text));
  }
  for (size_t index = 1; index < sent.size(); ++index) {
    returned_.push_back(std::move(sent[index]));
  }
  sim::Result<Worker> started = Start();
  if (!started) {
    return sim::Fail(started);
  }
  worker = *std::move(started);
  calls.done(sent.front(), answer);
  NoteDeath(answer);
  return {};
}

void WorkerPool::NoteDeath(const Answer& answer) {
  const bool is_equal =
      answer.fate == Fate::kCrashed && (equal_deaths_ == 0 || answer.how == first_death_);
  has_seen_other_ = has_seen_other_ || !is_equal;
  if (has_seen_other_) {
    return;
  }
  first_death_ = answer.how;
  ++equal_deaths_;
  if (equal_deaths_ == options_.equal_deaths_max) {
    gave_up_ = fmt::format("the first {} runs all ended their process in the same way ({})",
                           equal_deaths_, answer.how);
  }
}

void WorkerPool::Drop(Worker& worker) {
  if (worker.process > 0) {
    kill(worker.process, SIGKILL);
    waitpid(worker.process, nullptr, 0);
  }
  for (const int file : {worker.channel, worker.words}) {
    if (file >= 0) {
      close(file);
    }
  }
  worker = {};
}

sim::Result<void> WorkerPool::Run(const Calls& calls) {
  while (true) {
    if (const sim::Result<void> fed = Feed(calls); !fed) {
      return fed;
    }
    if (!Wait()) {
      return {};
    }
    for (Worker& worker : workers_) {
      pollfd channel{.fd = worker.channel, .events = POLLIN, .revents = 0};
      const bool lives = poll(&channel, 1, 0) <= 0 || Receive(worker.channel, worker.heard);
      Hear(worker, calls);
      const bool hangs = lives && Hangs(worker);
      if (hangs) {
        kill(worker.process, SIGKILL);
      }
      if (!lives || hangs) {
        if (const sim::Result<void> buried =
                Bury(worker, hangs ? Fate::kHung : Fate::kCrashed, calls);
            !buried) {
          return buried;
        }
        if (!gave_up_.empty()) {
          return {};
        }
      }
    }
    if (!calls.tick()) {
      return {};
    }
  }
}

}  // namespace flinch::scenarios
