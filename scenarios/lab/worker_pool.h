// Work in forked processes: what one piece of it breaks, it breaks for nobody else.
//
//   WorkerPool pool(options, [](const std::string& work) { return Perform(work); });
//   pool.Run({.next = …, .done = …, .tick = …});
//
// Shape:    a worker is this process, forked: it has all that was loaded before, and loops over
//           pieces of work that it is sent, so a piece costs a message and no process. Answers come
//           in any order; `done` and `next` are called by the caller's own thread.
// Survives: a worker that dies by a signal, leaves with any code, allocates beyond its limit or
//           answers nothing for too long. That is the answer to the piece it had begun; what it was
//           sent besides goes to another worker, which takes its place. A worker that is stopped or
//           gets no processor is not at fault: its own time counts (scenarios/lab/process_time.h).
// Promises: no worker outlives this process, however it ends. What workers print goes nowhere, but
//           the last words of one that died are told.
// Errors:   kIo where the system gives no process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/lab/process_time.h"
#include "sim/result.h"

namespace flinch::scenarios {

enum class Fate : uint8_t { kAnswered, kCrashed, kHung, kOutOfMemory };

struct Answer {
  Fate fate = Fate::kAnswered;
  std::string text{};  // of the worker; its last words where it gave no answer
  std::string how{};   // it died: "SIGSEGV", "exit code 3"
  int64_t wall_ns = 0;
  int64_t processor_ns = 0;  // what the worker itself had of a processor, where it answered
};

class WorkerPool {
 public:
  // In a worker; may do whatever it likes.
  using Perform = std::function<std::string(const std::string& work)>;
  // Real time in nanoseconds, from any origin.
  using Clock = std::function<int64_t()>;

  struct Options {
    uint32_t workers = 1;
    int64_t patience_ns = 60'000'000'000;  // with one piece of work, of the worker's own time
    uint64_t memory_bytes = 2ULL << 30;    // of addresses, per worker; 0: no limit
    // Gives up where so many first pieces all ended their worker in the same way (not by a limit),
    // for then it is hardly the pieces' doing; 0: never.
    uint32_t equal_deaths_max = 0;
  };

  struct Calls {
    // The next piece, or nothing: there is none now. Asked again after the next answer.
    std::function<std::optional<std::string>()> next;
    std::function<void(const std::string& work, const Answer& answer)> done;
    // Several times a second and after each answer. False: stop, and drop what is not answered.
    std::function<bool()> tick;
  };

  WorkerPool(Options options, Perform perform, Clock clock);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  // Until there is no more work and all is answered, or `tick` says so, or it gives up.
  sim::Result<void> Run(const Calls& calls);

  // Why it gave up, for people; empty where it did not.
  const std::string& gave_up() const { return gave_up_; }

 private:
  struct Worker {
    int process = -1;
    int channel = -1;
    int words = -1;  // what it prints
    int64_t since = 0;
    OwnTime own{0};  // with the piece it is at
    std::deque<std::string> sent{};
    std::string heard{};
  };

  sim::Result<Worker> Start();
  [[noreturn]] void Work(int channel, int words);
  std::optional<std::string> TakeWork(const Calls& calls);
  sim::Result<void> Feed(const Calls& calls);
  int64_t GlanceNs() const;
  void Begin(Worker& worker) const;
  bool Hangs(Worker& worker) const;
  bool Wait();
  void Hear(Worker& worker, const Calls& calls);
  sim::Result<void> Bury(Worker& worker, Fate fate, const Calls& calls);
  void NoteDeath(const Answer& answer);
  void Drop(Worker& worker);

  Options options_;
  Perform perform_;
  Clock clock_;
  std::vector<Worker> workers_;
  uint32_t equal_deaths_ = 0;
  std::string first_death_;      // how; of those that are equal
  bool has_seen_other_ = false;  // an answer, or another death
  std::string gave_up_;
  std::deque<std::string> returned_;  // from workers that died before they began it
};

}  // namespace flinch::scenarios
