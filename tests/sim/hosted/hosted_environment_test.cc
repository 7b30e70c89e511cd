#include "sim/hosted/hosted_environment.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/hosted/hosted_run.h"

namespace flinch::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

HostedOptions GivenBack() { return {.memory = HostedMemory::kGivenBack}; }

TEST(HostedEnvironmentTest, DisksAreTheHosts) {
  bool done = false;
  World world({.seed = 1});
  const HostId host = world.AddHost("a");
  const auto program = [&done](Environment& env) {
    FileSystem& disk = env.disk();
    {
      const Result<std::unique_ptr<File>> file = disk.Create("/data/a");
      ASSERT_TRUE(file);
      EXPECT_TRUE((*file)->Append("hello"));
      EXPECT_TRUE((*file)->Sync());
    }
    EXPECT_TRUE(disk.SyncDirectory("/data"));
    EXPECT_TRUE(disk.Rename("/data/a", "/data/b"));
    EXPECT_EQ(*disk.Size("/data/b"), 5U);
    EXPECT_EQ(*disk.Read("/data/b"), "hello");
    EXPECT_EQ(*disk.ReadAt("/data/b", {.offset = 1, .size = 2}), "el");
    EXPECT_TRUE(*disk.PutIfAbsent("/data/c", "c"));
    EXPECT_THAT(*disk.List("/data"), ElementsAre("/data/b", "/data/c"));
    EXPECT_TRUE(disk.Remove("/data/c"));
    EXPECT_EQ(disk.Read("/data/none").error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(disk.OpenForAppend("no path"));
    EXPECT_TRUE(WriteDurably(env.shared(), "/shared", "s"));
    EXPECT_TRUE(disk.MakeDirectory("/data/empty"));
    EXPECT_EQ(disk.Entries("/data")->size(), 2U);
    EXPECT_TRUE(disk.RemoveDirectory("/data/empty"));
    const std::unique_ptr<File> open = *disk.Open("/data/open", OpenMode::kCreate);
    EXPECT_TRUE(*open->Lock(LockKind::kExclusive));
    EXPECT_TRUE(open->WriteAt(2, "xyz"));
    EXPECT_TRUE(open->Truncate(4));
    EXPECT_EQ(*open->Size(), 4U);
    EXPECT_EQ(*open->ReadAt({.offset = 2, .size = 9}), "xy");
    EXPECT_TRUE(open->Unlock());
    const SimTime before = env.Now();
    EXPECT_TRUE(disk.AtOnce().Remove("/data/open"));
    EXPECT_EQ(env.Now(), before);
    disk.Settle();
    EXPECT_GT(env.Now(), before);
    done = true;
  };
  world.AddProcess(host, "db", Hosted(program, GivenBack()));
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_TRUE(done);
  EXPECT_EQ(world.ReadFile(host, "/data/b"), "hello");
  EXPECT_EQ(world.ReadSharedFile("/shared"), "s");
}

TEST(HostedEnvironmentTest, MessagesAndConnectionsComeThrough) {
  std::string got;
  const auto serve = [](Environment& env) {
    const std::unique_ptr<Socket> socket = *env.network().Bind(7);
    EXPECT_EQ(socket->address().port, 7);
    const Message question = *socket->Receive();
    socket->Send(question.from, question.payload + "!");
    const std::unique_ptr<Listener> listener = *env.network().Listen(8);
    EXPECT_EQ(listener->address().port, 8);
    const std::unique_ptr<Connection> connection = *listener->Accept();
    while (const Result<Bytes> frame = connection->Receive()) {
      EXPECT_TRUE(connection->Send(*frame + "?"));
    }
  };
  const auto ask = [&got](Environment& env) {
    const std::unique_ptr<Socket> socket = *env.network().Bind(9);
    env.Sleep(1ms);
    const Address server = *env.network().Resolve("server", 7);
    EXPECT_FALSE(env.network().Resolve("nowhere", 7));
    socket->Send(server, std::string(100, 'x'));
    const Bytes answer = socket->Receive()->payload;
    socket->Close();
    env.Sleep(1s);
    const std::unique_ptr<Connection> connection =
        *env.network().Connect(*env.network().Resolve("server", 8), 1s);
    EXPECT_EQ(connection->peer().port, 8);
    EXPECT_TRUE(connection->Send("a"));
    const Bytes frame = *connection->Receive();
    connection->Close();
    const OutsideHosted outside;
    got = answer.substr(answer.size() - 2) + " " + frame;
  };
  World world({.seed = 1});
  world.AddProcess(world.AddHost("server"), "server", Hosted(serve, GivenBack()));
  world.AddProcess(world.AddHost("client"), "client", Hosted(ask, GivenBack()));
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(got, "x! a?");
}

TEST(HostedEnvironmentTest, TheRestIsThere) {
  World world({.seed = 1, .keep = Keep::kTrace});
  const auto program = [](Environment& env) {
    EXPECT_EQ(env.process_name(), "db");
    EXPECT_EQ(env.host_name(), "a");
    EXPECT_EQ(env.incarnation(), 1U);
    Random random = env.RandomStream("x");
    Random again = env.RandomStream("x");
    EXPECT_EQ(random.Next(), again.Next());
    const FiberId main = env.CurrentFiber();
    env.Spawn("other", [&env, main] { env.Unpark(main); });
    EXPECT_TRUE(env.Park(kForever, "the other"));
    EXPECT_FALSE(env.Park(env.Now() + 1ms, "nobody"));
    env.Yield();
    EXPECT_EQ(Nanos(env.WallNow()), Nanos(env.Now()));
    env.Trace("said", {{"what", "so"}});
  };
  world.AddProcess(world.AddHost("a"), "db", Hosted(program, GivenBack()));
  EXPECT_EQ(world.Run([] { return false; }).ending, Ending::kIdle);
  EXPECT_EQ(world.recording().events.back().kind, "said");
}

TEST(HostedEnvironmentTest, TheCurrentOneIsThatOfTheCode) {
  const HostedRun run = RunHosted([](Environment& env) {
    EXPECT_EQ(&Environment::Current(), &env);
    env.Spawn("other", [&env] { EXPECT_EQ(&Environment::Current(), &env); });
    env.Sleep(1ms);
  });
  EXPECT_EQ(run.outcome.ending, Ending::kIdle);
}

TEST(HostedEnvironmentTest, ABrokenInvariantOfACallEndsTheRun) {
  const HostedRun run = RunAndGiveBack([](Environment& env) { env.Sleep(-1ms); });
  EXPECT_EQ(run.outcome.ending, Ending::kViolation);
}

}  // namespace
}  // namespace flinch::sim
