#include "scenarios/input/nexmark.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/random.h"
#include "sim/text/text.h"

namespace flinch::scenarios {

namespace {

using sim::ErrorCode;
using sim::Fail;
using Members = std::map<std::string, sql::Value, std::less<>>;

constexpr int64_t kFirstId = 1000;
constexpr int64_t kEventsMax = 1'000'000;
constexpr int64_t kPerRound = 50;
constexpr int64_t kAuctionsPerRound = 3;

enum class Kind : uint8_t { kPerson, kAuction, kBid };

constexpr auto kCities = std::to_array<std::pair<const char*, const char*>>({{"Phoenix", "AZ"},
                                                                             {"Palo Alto", "CA"},
                                                                             {"San Mateo", "CA"},
                                                                             {"Boise", "ID"},
                                                                             {"Portland", "OR"},
                                                                             {"Bend", "OR"},
                                                                             {"Redmond", "WA"},
                                                                             {"Seattle", "WA"},
                                                                             {"Kent", "WA"},
                                                                             {"Cheyenne", "WY"}});
constexpr auto kFirstNames =
    std::to_array<const char*>({"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie",
                                "Sarah", "Deiter", "Walter"});
constexpr auto kLastNames = std::to_array<const char*>(
    {"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"});
constexpr auto kChannels = std::to_array<const char*>({"Google", "Facebook", "Baidu", "Apple"});

template <typename List>
const auto& Pick(sim::Random& random, const List& list) {
  return list.at(static_cast<size_t>(random.Below(list.size())));
}

// How many persons and auctions there are before an event.
int64_t PersonsBefore(int64_t event) { return event / kPerRound + 1; }

int64_t AuctionsBefore(int64_t event) {
  const int64_t in_round = std::clamp<int64_t>(event % kPerRound - 1, 0, kAuctionsPerRound);
  return event / kPerRound * kAuctionsPerRound + in_round;
}

Kind KindOf(int64_t event) {
  const int64_t place = event % kPerRound;
  return place == 0 ? Kind::kPerson : place <= kAuctionsPerRound ? Kind::kAuction : Kind::kBid;
}

std::string Letters(sim::Random& random, int64_t length) {
  std::string text;
  for (int64_t i = 0; i < length; ++i) {
    text += static_cast<char>('a' + static_cast<char>(random.Below(26)));
  }
  return text;
}

// Cheap things are more common: 100 times a power of ten up to 10^4.
int64_t PriceOf(sim::Random& random) {
  int64_t price = 100;
  for (uint64_t power = random.Below(5); power > 0; --power) {
    price *= 10;
  }
  return price * random.Between(10, 99) / 100;
}

Members PersonOf(int64_t event, sim::Random& random) {
  const auto& [city, state] = Pick(random, kCities);
  const std::string first = Pick(random, kFirstNames);
  const std::string last = Pick(random, kLastNames);
  const std::string mail = Letters(random, 5);
  const int64_t card = random.Between(1000, 9999);
  return {{"id", kFirstId + PersonsBefore(event) - 1},
          {"name", first + " " + last},
          {"emailAddress", mail + "@" + last + ".com"},
          {"creditCard", fmt::format("{0} {0} {0} {0}", card)},
          {"city", std::string(city)},
          {"state", std::string(state)}};
}

Members AuctionOf(int64_t event, int64_t time, sim::Random& random) {
  constexpr int64_t kFirstCategory = 10;
  const int64_t initial = PriceOf(random);
  const int64_t more = PriceOf(random);
  const int64_t seconds = random.Between(2, 30);
  const int64_t seller = random.Between(0, PersonsBefore(event) - 1);
  const int64_t category = random.Between(0, 4);
  const std::string item = Letters(random, 8);
  return {{"id", kFirstId + AuctionsBefore(event)},
          {"itemName", item},
          {"description", Letters(random, 20)},
          {"initialBid", initial},
          {"reserve", initial + more},
          {"expires", time + seconds * sql::kNanosPerSecond},
          {"seller", kFirstId + seller},
          {"category", kFirstCategory + category}};
}

Members BidOf(int64_t event, sim::Random& random) {
  // Half of the bids are on one of the newest auctions.
  const int64_t auctions = AuctionsBefore(event);
  const bool is_hot = random.Below(2) == 0;
  const int64_t oldest =
      is_hot ? std::max<int64_t>(auctions - 4, 0) : std::max<int64_t>(auctions - 40, 0);
  const int64_t auction = random.Between(oldest, auctions - 1);
  const int64_t bidder = random.Between(0, PersonsBefore(event) - 1);
  const int64_t price = PriceOf(random);
  const std::string channel = Pick(random, kChannels);
  const std::string path = Letters(random, 4);
  return {{"auction", kFirstId + auction},
          {"bidder", kFirstId + bidder},
          {"price", price},
          {"channel", channel},
          {"url", fmt::format("https://www.nexmark.com/{}/item.htm?query=1", path)}};
}

sim::Result<Kind> KindOfTable(const sql::Table& table) {
  const std::string name = table.Option("table").empty() ? table.name : table.Option("table");
  constexpr std::array<std::string_view, 3> kNames = {"person", "auction", "bid"};
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("Nexmark has the tables person, auction and bid: call the table {} so, "
                            "or write 'table' = 'bid'.",
                            table.name));
  }
  return static_cast<Kind>(found - kNames.begin());
}

sim::Result<int64_t> Span(const sql::Table& table, std::string_view option, int64_t otherwise) {
  const std::string text = table.Option(option);
  if (text.empty()) {
    return otherwise;
  }
  const sim::Result<sim::Duration> span = text::ParseDuration(text);
  return span ? sim::Result<int64_t>(span->count()) : Fail(span);
}

// The members that the table has columns for.
sim::Result<sql::Row> RowOf(const sql::Table& table, const Members& members) {
  sql::Row row(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto member = members.find(table.columns[i].name);
    if (table.computed[i]) {
      continue;
    }
    if (member == members.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : members) {
        names.push_back(name);
      }
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("Nexmark's {} has no {}; it has {}.{}", table.name,
                              table.columns[i].name, fmt::join(names, ", "),
                              text::DidYouMean(table.columns[i].name,
                                               std::span<const std::string>(names))));
    }
    const sql::Type type = table.columns[i].type;
    const bool is_time = type.kind == sql::TypeKind::kTimestamp;
    const sql::Type from = std::holds_alternative<std::string>(member->second) ? sql::kText
                           : is_time                                           ? type
                                                                               : sql::kBigint;
    sim::Result<sql::Value> value = sql::Cast(member->second, from, type);
    if (!value) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("Nexmark's {} {}.", table.columns[i].name, value.error().message));
    }
    row[i] = *std::move(value);
  }
  return row;
}

}  // namespace

sim::Result<std::vector<TableRow>> GenerateNexmark(const sql::Table& table, uint64_t seed) {
  const sim::Result<Kind> kind = KindOfTable(table);
  const sim::Result<int64_t> step = Span(table, "events.step", 20 * sql::kNanosPerMilli);
  const sim::Result<int64_t> past = Span(table, "events.max-past", 2 * sql::kNanosPerSecond);
  const std::string number =
      table.Option("events.num").empty() ? "2000" : table.Option("events.num");
  const sim::Result<sql::Value> count = sql::ParseValue(number, sql::kBigint);
  if (!kind || !step || !past) {
    return !kind ? Fail(kind) : !step ? Fail(step) : Fail(past);
  }
  if (!count || std::get<int64_t>(*count) < kPerRound || std::get<int64_t>(*count) > kEventsMax) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("'events.num' is a whole number from {} to {}.", kPerRound, kEventsMax));
  }
  // All tables of a seed are of one history: an event has a stream of its own.
  const sim::Random random = sim::Random(seed).Split("nexmark");
  std::vector<TableRow> rows;
  for (int64_t event = 0; event < std::get<int64_t>(*count); ++event) {
    if (KindOf(event) != *kind) {
      continue;
    }
    sim::Random draws = random.Split(std::to_string(event));
    const int64_t lag = draws.Between(0, *past / sql::kNanosPerMilli) * sql::kNanosPerMilli;
    const int64_t time = kGeneratedFrom + event * *step - lag;
    Members members = *kind == Kind::kPerson    ? PersonOf(event, draws)
                      : *kind == Kind::kAuction ? AuctionOf(event, time, draws)
                                                : BidOf(event, draws);
    members["dateTime"] = time;
    members["ts"] = time;
    members["extra"] = std::string();
    sim::Result<sql::Row> row = RowOf(table, members);
    if (!row) {
      return Fail(row);
    }
    rows.push_back({.row = *std::move(row)});
  }
  return rows;
}

}  // namespace flinch::scenarios
