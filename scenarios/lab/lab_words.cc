#include "scenarios/lab/lab_words.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/text/text.h"

namespace flinch::lab {

namespace {

using sim::ErrorCode;
using sim::Fail;
using text::Quote;

struct Verb {
  std::string_view name;
  std::string_view operands;
  std::string_view what;
  std::string_view flags;  // that it takes, between blanks
};

constexpr auto kVerbs = std::to_array<Verb>({
    {"hunt", "[SUBJECT]...", "many seeds, in workers",
     " --seeds --for --jobs --shard --set --search --out --fresh --strict --no-shrink "
     "--max-failures --exit-zero-on-findings --seed-timeout --json "},
    {"run", "SUBJECT", "one seed", " --seed --strategy --set --fault --timeline --tape "},
    {"replay", "TOKEN|FILE", "the same run again, or a tape of one", " --timeline "},
    {"shrink", "TOKEN|FILE", "the smallest run that fails like that one", " --for "},
    {"keep", "TOKEN|FILE", "a file of a failure", " --out --name "},
    {"regress", "[FILE]...", "the kept failures again", ""},
    {"merge", "FOLDER...", "the results of several shards as one", " --strict --json "},
    {"list", "", "the subjects", ""},
});

using Read = std::function<sim::Result<void>(const std::string& value, LabWords& words)>;

struct Flag {
  std::string_view name;
  std::string_view value;  // what stands behind it; "" nothing
  Read read;
};

// Puts what was read where it belongs.
template <typename T, typename Put>
sim::Result<void> Store(sim::Result<T> read, Put put) {
  if (!read) {
    return Fail(read);
  }
  put(*std::move(read));
  return {};
}

sim::Result<void> ReadShard(const std::string& value, LabWords& words) {
  words.how.shard_auto = value == "auto";
  if (words.how.shard_auto) {
    return {};
  }
  words.how.shard_given = true;
  return Store(scenarios::ParseShard(value), [&](scenarios::Shard it) { words.how.shard = it; });
}

sim::Result<void> ReadSearch(const std::string& value, LabWords& words) {
  for (const scenarios::Search search : {scenarios::Search::kPortfolio, scenarios::Search::kRandom,
                                         scenarios::Search::kPct, scenarios::Search::kPos}) {
    if (scenarios::Name(search) == value) {
      words.search = search;
      return {};
    }
  }
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("There is no search {}; use portfolio, random, pct or pos.", Quote(value)));
}

std::vector<Flag> SwitchesOf() {
  const auto set = [](bool scenarios::HuntSettings::* member) -> Read {
    return [member](const std::string&, LabWords& words) -> sim::Result<void> {
      words.how.*member = true;
      return {};
    };
  };
  using How = scenarios::HuntSettings;
  return {{"--fresh", "", set(&How::fresh)},
          {"--strict", "", set(&How::strict)},
          {"--no-shrink", "", set(&How::no_shrink)},
          {"--exit-zero-on-findings", "", set(&How::exit_zero_on_findings)},
          {"--json", "", set(&How::json)},
          {"--timeline", "", [](const std::string&, LabWords& words) -> sim::Result<void> {
             words.timeline = true;
             return {};
           }}};
}

std::vector<Flag> NumbersOf() {
  using sim::Duration;
  return {{"--seeds", "A..B",
           [](const std::string& value, LabWords& words) {
             return Store(scenarios::ParseSeeds(value), [&](auto it) { words.seeds = it; });
           }},
          {"--seed", "N",
           [](const std::string& value, LabWords& words) {
             return Store(text::ParseSeed(value), [&](uint64_t it) { words.seed = it; });
           }},
          {"--for", "30s",
           [](const std::string& value, LabWords& words) {
             return Store(text::ParseDuration(value),
                          [&](Duration it) { words.how.for_ns = it.count(); });
           }},
          {"--seed-timeout", "60s",
           [](const std::string& value, LabWords& words) {
             return Store(text::ParseDuration(value),
                          [&](Duration it) { words.how.seed_timeout_ns = it.count(); });
           }},
          {"--jobs", "N",
           [](const std::string& value, LabWords& words) {
             return Store(text::ParseSeed(value), [&](uint64_t it) {
               words.how.jobs = static_cast<uint32_t>(std::clamp<uint64_t>(it, 1, 1024));
             });
           }},
          {"--max-failures", "N", [](const std::string& value, LabWords& words) {
             return Store(text::ParseSeed(value),
                          [&](uint64_t it) { words.how.max_failures = it; });
           }}};
}

std::vector<Flag> TextsOf() {
  return {{"--shard", "i/n", ReadShard},
          {"--search", "NAME", ReadSearch},
          {"--strategy", "NAME",
           [](const std::string& value, LabWords& words) {
             return Store(sim::ParseScheduling(value),
                          [&](sim::Scheduling it) { words.scheduling = it; });
           }},
          {"--set", "KNOB=N",
           [](const std::string& value, LabWords& words) {
             return Store(scenarios::ParseSetting(value),
                          [&](scenarios::Setting it) { words.settings.push_back(std::move(it)); });
           }},
          {"--fault", "'{when={…},do={…}}'",
           [](const std::string& value, LabWords& words) -> sim::Result<void> {
             words.faults.push_back(value);
             return {};
           }},
          {"--out", "FOLDER",
           [](const std::string& value, LabWords& words) -> sim::Result<void> {
             words.how.out = value;
             return {};
           }},
          {"--tape", "FILE",
           [](const std::string& value, LabWords& words) -> sim::Result<void> {
             words.tape = value;
             return {};
           }},
          {"--name", "NAME", [](const std::string& value, LabWords& words) -> sim::Result<void> {
             words.name = value;
             return {};
           }}};
}

const std::vector<Flag>& Flags() {
  static const std::vector<Flag> kFlags = [] {
    std::vector<Flag> all = SwitchesOf();
    for (std::vector<Flag> more : {NumbersOf(), TextsOf()}) {
      std::ranges::move(more, std::back_inserter(all));
    }
    return all;
  }();
  return kFlags;
}

bool Takes(const Verb& verb, std::string_view flag) {
  return verb.flags.contains(fmt::format(" {} ", flag));
}

sim::Result<void> ReadFlag(const Verb& verb, std::span<const std::string>& rest, LabWords& words) {
  const std::string& word = rest.front();
  const auto flag = std::ranges::find(Flags(), word, &Flag::name);
  if (flag == Flags().end() || !Takes(verb, word)) {
    std::vector<std::string_view> known;
    for (const Flag& other : Flags()) {
      if (Takes(verb, other.name)) {
        known.push_back(other.name);
      }
    }
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("There is no flag {} of {}.{}", Quote(word), verb.name,
                            text::DidYouMean(word, std::span<const std::string_view>(known))));
  }
  rest = rest.subspan(1);
  if (flag->value.empty()) {
    return flag->read("", words);
  }
  if (rest.empty()) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("Behind {} nothing stands; write such as {} {}.", word, word, flag->value));
  }
  const sim::Result<void> read = flag->read(rest.front(), words);
  rest = rest.subspan(1);
  return read ? read : Fail(read.error().code, fmt::format("{}: {}", word, read.error().message));
}

}  // namespace

sim::Result<LabWords> ReadLabWords(std::span<const std::string> given) {
  LabWords words;
  const auto asks = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (std::ranges::any_of(given, asks)) {
    words.help = true;
    return words;
  }
  const std::string_view name = given.empty() ? std::string_view() : std::string_view(given[0]);
  const auto verb = std::ranges::find(kVerbs, name, &Verb::name);
  if (verb == kVerbs.end()) {
    std::vector<std::string_view> names;
    std::ranges::transform(kVerbs, std::back_inserter(names), &Verb::name);
    return Fail(
        ErrorCode::kInvalidArgument,
        given.empty()
            ? std::string("Say what to do; --help tells what there is.")
            : fmt::format("There is no command {}; --help tells what there is.{}", Quote(name),
                          text::DidYouMean(name, std::span<const std::string_view>(names))));
  }
  words.verb = name;
  for (std::span<const std::string> rest = given.subspan(1); !rest.empty();) {
    if (!rest.front().starts_with("-")) {
      words.operands.push_back(rest.front());
      rest = rest.subspan(1);
    } else if (const sim::Result<void> read = ReadFlag(*verb, rest, words); !read) {
      return Fail(read);
    }
  }
  return words;
}

std::string LabUsage(const std::string& program) {
  std::string usage = fmt::format("usage: {} COMMAND …\n\n", program);
  for (const Verb& verb : kVerbs) {
    usage +=
        fmt::format("  {:<22}  {}\n", fmt::format("{} {}", verb.name, verb.operands), verb.what);
    for (const Flag& flag : Flags()) {
      if (Takes(verb, flag.name)) {
        usage +=
            fmt::format("      {}{}{}\n", flag.name, flag.value.empty() ? "" : " ", flag.value);
      }
    }
  }
  return usage;
}

}  // namespace flinch::lab
