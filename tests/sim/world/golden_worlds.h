// Three tiny worlds whose digests are checked in: fibers and timers, network, disk.
//
// A digest here changes with the random streams it draws from, the order of events or their form;
// then every recorded run is void: say so in CHANGELOG.md under "Recordings". Which of the three
// changed says where. The values stand in golden_worlds_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sim/sync.h"
#include "sim/world/world.h"

namespace flinch::tests {

// Five fibers hand numbers to each other and sleep for times of the seed.
inline std::unique_ptr<sim::World> TimersWorld() {
  auto world = std::make_unique<sim::World>(sim::WorldOptions{.seed = 1});
  world->AddProcess(world->AddHost("a"), "a", [](sim::Environment& env) {
    sim::Queue<int> numbers(env, 3);
    sim::FiberGroup fibers(env);
    for (int fiber = 0; fiber < 4; ++fiber) {
      fibers.Spawn("giver", [&env, &numbers, fiber] {
        sim::Random random = env.RandomStream("giver" + std::to_string(fiber));
        for (int round = 0; round < 20; ++round) {
          env.Sleep(random.Between(std::chrono::microseconds(1), std::chrono::milliseconds(3)));
          numbers.Push(fiber * 100 + round);
        }
      });
    }
    for (int taken = 0; taken < 80; ++taken) {
      env.Trace("taken", {{"number", numbers.Pop().value_or(-1)}});
    }
    fibers.WaitForAll();
  });
  world->Run([] { return false; });
  return world;
}

// A connection and one-way messages between two hosts, through a cut and a crash.
inline std::unique_ptr<sim::World> NetworkWorld() {
  auto world = std::make_unique<sim::World>(sim::WorldOptions{.seed = 2});
  const sim::HostId server = world->AddHost("server");
  const sim::HostId client = world->AddHost("client");
  const sim::ProcessId echo = world->AddProcess(server, "echo", [](sim::Environment& env) {
    const auto listener = *env.network().Listen(1);
    const auto socket = *env.network().Bind(2);
    while (const auto connection = listener->Accept()) {
      while (const sim::Result<sim::Bytes> frame = (*connection)->Receive()) {
        env.Trace("received", {{"frame", *frame}});
        socket->Send({(*connection)->peer().host, 3}, *frame);
      }
    }
  });
  world->AddProcess(client, "client", [](sim::Environment& env) {
    const auto socket = *env.network().Bind(3);
    for (int round = 0; round < 5; ++round) {
      const auto connection =
          env.network().Connect(*env.network().Resolve("server", 1), std::chrono::milliseconds(20));
      for (int frame = 0; connection && frame < 8; ++frame) {
        (void)(*connection)->Send(std::to_string(round * 10 + frame));
        const auto answer = socket->Receive(sim::Later(env.Now(), std::chrono::milliseconds(5)));
        env.Trace("answered", {{"by", answer ? answer->payload : "nobody"}});
      }
      env.Sleep(std::chrono::milliseconds(5));
    }
  });
  sim::World* const raw = world.get();
  world->At(sim::SimTime(std::chrono::milliseconds(9)),
            [=] { raw->SetLink(client, server, {.cut = true}); });
  world->At(sim::SimTime(std::chrono::milliseconds(25)), [=] { raw->SetLink(client, server, {}); });
  world->At(sim::SimTime(std::chrono::milliseconds(40)), [=] { raw->Crash(echo); });
  world->At(sim::SimTime(std::chrono::milliseconds(50)), [=] { raw->Restart(echo); });
  world->At(sim::SimTime(std::chrono::seconds(1)), [=] { raw->Crash(echo); });
  world->Run([] { return false; });
  return world;
}

// Durable and careless writes to both volumes, through two crashes; each life says what it finds.
inline std::unique_ptr<sim::World> DiskWorld() {
  auto world = std::make_unique<sim::World>(sim::WorldOptions{.seed = 3});
  const sim::ProcessId writer =
      world->AddProcess(world->AddHost("a"), "writer", [](sim::Environment& env) {
        const auto found = env.disk().Read("/careless");
        env.Trace("found", {{"bytes", found ? found->size() : 0}});
        const auto careless = env.disk().OpenForAppend("/careless");
        for (int round = 0; careless && round < 10; ++round) {
          (void)(*careless)->Append("0123456789");
          (void)sim::WriteDurably(env.disk(), "/own/" + std::to_string(round % 3), "x");
          (void)sim::WriteDurably(env.shared(), "/all/" + std::to_string(round % 3), "y");
          if (round % 4 == 3) {
            (void)(*careless)->Sync();
          }
        }
        const auto files = env.shared().List("/all");
        env.Trace("listed", {{"files", files ? files->size() : 0}});
      });
  sim::World* const raw = world.get();
  for (const int millis : {60, 130}) {
    world->At(sim::SimTime(std::chrono::milliseconds(millis)), [=] {
      raw->Crash(writer);
      raw->Restart(writer);
    });
  }
  world->Run([] { return false; });
  return world;
}

}  // namespace flinch::tests
