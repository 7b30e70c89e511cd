// Streams that meet: pairs within an interval of each other, pairs and groups in one window.
//
//   IntervalJoin<Shipped>("shipped", orders.KeyBy(id), shipments.KeyBy(order),
//                         {.lower = 0s, .upper = 4h}, PairUp());
//   WindowJoin<Located>("located", clicks, &Click::user, locations, &Location::user,
//                       TumblingWindows{.size = 1min}, Locate());
//
// Functions: of a join `void Process(const Left&, const Right&, Collector<Out>&)`, for each pair;
//            of a co-group `void Process(std::span<const Left>, std::span<const Right>,
//            Collector<Out>&)`, for each key and window, where one side may be empty.
// Late:      see engine/windows.h and operators/interval_join.h.
// Source:    Flink docs "Joining".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/data_stream.h"
#include "engine/operators/interval_join.h"
#include "engine/windows.h"

namespace flinch::engine {

template <typename Out, typename Key, typename Left, typename Right, typename Function>
SingleOutputStream<Out> IntervalJoin(std::string name, const KeyedStream<Key, Left>& left,
                                     const KeyedStream<Key, Right>& right,
                                     const IntervalBounds& bounds, Function function) {
  return left.Connect(right).template Transform<Out>(
      std::move(name),
      [bounds, function] {
        return std::make_unique<IntervalJoinOperator<Left, Right, Out, Function>>(bounds, function);
      },
      OutputsOf<Out>(function));
}

namespace detail {

// A record of one of two streams, so that both can stand in one window.
template <typename Left, typename Right>
struct EitherSide {
  std::optional<Left> left;
  std::optional<Right> right;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor&& visit) {
    visit(self.left);
    visit(self.right);
  }
};

// Takes the records of a window apart again.
template <typename Key, typename Left, typename Right, typename Out, typename Function>
struct CoGrouping {
  Function function;

  void Process(const Key&, const TimeWindow&, std::span<const EitherSide<Left, Right>> records,
               Collector<Out>& out) {
    std::vector<Left> left;
    std::vector<Right> right;
    for (const EitherSide<Left, Right>& record : records) {
      if (record.left) {
        left.push_back(*record.left);
      } else {
        right.push_back(record.right.value());
      }
    }
    function.Process(std::span<const Left>(left), std::span<const Right>(right), out);
  }
};

template <typename Left, typename Right, typename Out, typename Function>
struct EachPair {
  Function function;

  void Process(std::span<const Left> left, std::span<const Right> right, Collector<Out>& out) {
    for (const Left& one : left) {
      for (const Right& other : right) {
        function.Process(one, other, out);
      }
    }
  }
};

}  // namespace detail

// The records of both streams by key and window.
template <typename Out, typename Left, typename LeftKey, typename Right, typename RightKey,
          typename Function>
SingleOutputStream<Out> CoGroup(const std::string& name, const DataStream<Left>& left,
                                LeftKey left_key, const DataStream<Right>& right,
                                RightKey right_key, const WindowAssigner& windows,
                                Function function) {
  using Either = detail::EitherSide<Left, Right>;
  using Key = std::decay_t<std::invoke_result_t<LeftKey, const Left&>>;
  static_assert(std::is_same_v<Key, std::decay_t<std::invoke_result_t<RightKey, const Right&>>>,
                "CoGroup: both selectors must return the same type");
  const DataStream<Either> lefts = left.Map(
      name + " left", [](const Left& record) { return Either{.left = record, .right = {}}; });
  const DataStream<Either> rights = right.Map(
      name + " right", [](const Right& record) { return Either{.left = {}, .right = record}; });
  return lefts.Union(rights)
      .KeyBy([left_key, right_key](const Either& record) -> Key {
        return record.left ? std::invoke(left_key, *record.left)
                           : std::invoke(right_key, *record.right);
      })
      .Window(windows)
      .template Process<Out>(
          name, detail::CoGrouping<Key, Left, Right, Out, Function>{std::move(function)});
}

// All pairs of records of one key in one window.
template <typename Out, typename Left, typename LeftKey, typename Right, typename RightKey,
          typename Function>
SingleOutputStream<Out> WindowJoin(const std::string& name, const DataStream<Left>& left,
                                   LeftKey left_key, const DataStream<Right>& right,
                                   RightKey right_key, const WindowAssigner& windows,
                                   Function function) {
  return CoGroup<Out>(name, left, left_key, right, right_key, windows,
                      detail::EachPair<Left, Right, Out, Function>{std::move(function)});
}

}  // namespace flinch::engine
