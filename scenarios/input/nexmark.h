// Nexmark's generator, after its public description: of each 50 events one is a person, three are
// auctions and 46 are bids, on auctions and by people that there are by then.
//
// Shape:  a table gets the columns that it has, by name. Persons: id, name, emailAddress,
//         creditCard, city, state, dateTime, extra. Auctions: id, itemName, description,
//         initialBid, reserve, dateTime, expires, seller, category, extra. Bids: auction, bidder,
//         price, channel, url, dateTime, extra. The time may also be called ts.
// Source: github.com/nexmark/nexmark, "Nexmark Benchmark"; Tucker et al., NEXMark.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/input/table_source.h"

namespace flinch::scenarios {

// 'events.num' (2,000), 'events.step' ("20ms"), 'events.max-past' ("2s"), 'table'.
sim::Result<std::vector<TableRow>> GenerateNexmark(const sql::Table& table, uint64_t seed);

}  // namespace flinch::scenarios
