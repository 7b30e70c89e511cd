// Two processes outside of the repository: prints what the second has heard, and when.
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "sim/codec.h"
#include "sim/sync.h"
#include "sim/world/world.h"

int main() {
  using namespace flinch::sim;
  using namespace std::chrono_literals;
  World world({.seed = 7});
  std::string heard;
  const HostId a = world.AddHost("a");
  const HostId b = world.AddHost("b");
  world.AddProcess(b, "b", [&heard](Environment& env) {
    const std::unique_ptr<Socket> socket = *env.network().Bind(7);
    heard = Decode<std::string>(socket->Receive()->payload).value_or("nothing");
  });
  world.AddProcess(a, "a", [](Environment& env) {
    env.Sleep(1s);
    const std::unique_ptr<Socket> socket = *env.network().Bind(0);
    socket->Send(*env.network().Resolve("b", 7), Encode(std::string("hello")));
  });
  const Outcome outcome = world.Run([] { return false; });
  fmt::print("{} after {} s\n", heard, Nanos(world.Now()) / 1'000'000'000);
  return outcome.ending == Ending::kIdle ? 0 : 1;
}
