#include "scenarios/cli/fresh_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <locale.h>
#include <poll.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace flinch::scenarios {

namespace {

constexpr size_t kPadding = 6'000;  // of the environment: moves the stack by more than a page
constexpr int kNotStarted = 127;

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

// What this process has, overridden by what the surroundings say.
std::vector<std::string> EnvironmentOf(const Surroundings& surroundings) {
  std::vector<std::string> variables = surroundings.environment;
  for (char** inherited = environ; *inherited != nullptr; ++inherited) {
    const auto overrides = [name = NameOf(*inherited)](const std::string& variable) {
      return NameOf(variable) == name;
    };
    if (std::ranges::none_of(surroundings.environment, overrides)) {
      variables.emplace_back(*inherited);
    }
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::unexpected<sim::Error> NoProcess(std::string_view what) {
  return sim::Fail(sim::ErrorCode::kIo, fmt::format("A fresh process cannot be started: {}: {}.",
                                                    what, std::strerror(errno)));
}

struct Pipe {
  int read = -1;
  int write = -1;
};

sim::Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return NoProcess("no pipe");
  }
  return Pipe{.read = ends[0], .write = ends[1]};
}

// Reads both until they end. Neither may fill up while the other is read.
void Drain(int out, int err, Ended& ended) {
  std::array<pollfd, 2> ends = {pollfd{.fd = out, .events = POLLIN, .revents = 0},
                                pollfd{.fd = err, .events = POLLIN, .revents = 0}};
  const std::array<std::string*, 2> texts = {&ended.out, &ended.err};
  std::array<char, 65'536> chunk{};
  size_t open = ends.size();
  while (open > 0) {
    if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    for (size_t index = 0; index < ends.size(); ++index) {
      if (ends.at(index).fd < 0 || ends.at(index).revents == 0) {
        continue;
      }
      const ssize_t size = read(ends.at(index).fd, chunk.data(), chunk.size());
      if (size > 0) {
        texts.at(index)->append(chunk.data(), static_cast<size_t>(size));
      } else if (size == 0 || errno != EINTR) {
        ends.at(index).fd = -1;  // poll ignores it
        --open;
      }
    }
  }
}

constexpr const char* kHostileLocale = "tr_TR.UTF-8";

// A program that asks for a locale that is not there gets the plain one.
bool IsLocaleInstalled() {
  const locale_t locale = newlocale(LC_ALL_MASK, kHostileLocale, nullptr);
  if (locale != nullptr) {
    freelocale(locale);
  }
  return locale != nullptr;
}

// A sandbox may forbid it: tried in a process of its own, for it would stay.
bool CanFixAddresses() {
  const pid_t child = fork();
  if (child == 0) {
    _exit(personality(ADDR_NO_RANDOMIZE) == -1 ? 1 : 0);
  }
  int status = 1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Surroundings PlainSurroundings() {
  return {.name = "plain",
          .environment = {"MALLOC_PERTURB_=85", "TZ=UTC0", "LC_ALL=C", "FLINCH_SCRAMBLE=0"}};
}

Surroundings HostileSurroundings() {
  return {.name = "hostile",
          .environment = {"FLINCH_PADDING=" + std::string(kPadding, 'x'), "MALLOC_PERTURB_=170",
                          "GLIBC_TUNABLES=glibc.malloc.tcache_count=0", "TZ=CHAST-12:45CHADT",
                          fmt::format("LC_ALL={}", kHostileLocale), "FLINCH_SCRAMBLE=97"},
          .folder = "/",
          .fixed_addresses = true};
}

std::vector<std::string> DifferencesOfSurroundings() {
  std::vector<std::string> differences = {"environment size", "working directory",
                                          "allocation order", "memory fill",
                                          "hash order",       "time zone"};
  if (CanFixAddresses()) {
    differences.emplace_back("address layout");
  }
  if (IsLocaleInstalled()) {
    differences.emplace_back("locale");
  }
  return differences;
}

std::string OwnProgram() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/proc/self/exe" : path.string();
}

sim::Result<FreshProcess> FreshProcess::Start(const std::vector<std::string>& words,
                                              const Surroundings& surroundings) {
  std::vector<std::string> own_words = words;
  std::vector<std::string> variables = EnvironmentOf(surroundings);
  const std::vector<char*> arguments = Pointers(own_words);
  const std::vector<char*> environment = Pointers(variables);
  const sim::Result<Pipe> out = MakePipe();
  const sim::Result<Pipe> err = MakePipe();
  if (!out || !err) {
    return sim::Fail(out ? err : out);
  }
  const pid_t child = fork();
  if (child < 0) {
    return NoProcess("no fork");
  }
  if (child == 0) {
    // Only calls that need no memory from here on. Nobody waits for what outlives its parent.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out->write, STDOUT_FILENO);
    dup2(err->write, STDERR_FILENO);
    const int layout = personality(0xffffffff);
    const int fixed =
        surroundings.fixed_addresses ? layout | ADDR_NO_RANDOMIZE : layout & ~ADDR_NO_RANDOMIZE;
    personality(static_cast<unsigned long>(fixed));
    if (surroundings.folder.empty() || chdir(surroundings.folder.c_str()) == 0) {
      execve(arguments.front(), arguments.data(), environment.data());
    }
    _exit(kNotStarted);
  }
  close(out->write);
  close(err->write);
  return FreshProcess(child, out->read, err->read);
}

FreshProcess::FreshProcess(FreshProcess&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)) {}

FreshProcess::~FreshProcess() {
  if (child_ >= 0) {
    kill(child_, SIGKILL);
    Await();
  }
}

Ended FreshProcess::Await() {
  Ended ended;
  Drain(out_, err_, ended);
  close(out_);
  close(err_);
  int status = 0;
  while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  ended.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

}  // namespace flinch::scenarios
