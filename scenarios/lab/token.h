// Replay tokens: one word that says how to run the same again, and what came of it.
//
//   fl1~url_clicks~s7~strategy:pct%3A3~set:workload.records=500~defect:notifies_before_stored
//      ~plan:ci/p.toml~fault:%7Bwhen…%7D~input:/var/log/dpkg.log~from:kept/chk-3~h0a1b2c3d
//      ~b89abcdef~d0123456789abcdef~vfailed~c76543210
//      (without breaks)
//
// Shape:   parts between '~'; first the version and the scenario (a name, or a path), then the
//          others, each known by how it starts. Paths are relative to the repository or the working
//          folder: scenarios/lab/portable_path.h. Everything else than letters, digits and
//          ". _ / -" is percent-encoded, so no shell touches a token and it survives a chat.
//          Meaning: h: the content of scenario, plan, input files and snapshot; b: the build;
//          d: the digest's first 16 digits; v: the verdict; c, at the end: a check over all
//          before it.
// Errors:  a token of which a character is missing or wrong is refused, never run as another.
// Promise: from 1.0 on a token of version fl1 can be read for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/lab/setting.h"
#include "sim/result.h"

namespace flinch::scenarios {

struct ReplayToken {
  std::string scenario;
  uint64_t seed = 0;
  std::string strategy{};           // as sim/world/scheduling.h writes it, or "" for random
  std::vector<Setting> settings{};  // in the order in which they were applied
  std::vector<std::string> defects{};
  std::string plan{};                 // path, or ""
  std::vector<std::string> faults{};  // instead of a plan, as faults::ShowInline writes them
  std::string input{};                // path, or ""
  std::string from{};                 // path of the snapshot that it starts from, or ""
  std::string content_hash{};         // 8 hexadecimal digits
  std::string build_id{};             // 8 hexadecimal digits
  std::string digest{};               // 16 hexadecimal digits
  std::string verdict{};
};

std::string ShowToken(const ReplayToken& token);

// Exactly one token. kInvalidArgument when it is damaged, or with what is wrong with it.
sim::Result<ReplayToken> ParseToken(std::string_view text);

// The token in any text: a pasted line, a log, a file. kNotFound when there is none,
// kInvalidArgument when there are several that differ.
sim::Result<ReplayToken> FindToken(std::string_view text);

// Eight hexadecimal digits that depend on all of the parts and where each ends.
std::string HashContent(const std::vector<std::string_view>& parts);

}  // namespace flinch::scenarios
