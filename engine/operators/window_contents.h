// What windows hold of their records, and what comes of that when they fire.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/evictors.h"
#include "engine/functions.h"

namespace flinch::engine {

// What a window holds, and what comes of it:
//   using Accumulator; using Out;
//   Accumulator Create() const;
//   void Add(const In&, Accumulator&) const;                        or with the record's EventTime
//   void Merge(Accumulator& into, const Accumulator& from) const;     sessions only
//   void Emit(const Key&, const TimeWindow&, const Accumulator&, Collector<Out>&);

// A function that makes one record of two, as an AggregateFunction. Of no record it makes none.
template <typename In, typename Function>
struct ReducingFunction {
  using Accumulator = std::optional<In>;
  using Output = In;

  Function function;

  void Open(OperatorRuntime& runtime) { OpenFunction(function, runtime); }

  Accumulator Create() const { return std::nullopt; }

  void Add(const In& record, Accumulator& sum) const {
    sum = sum ? function(std::as_const(*sum), record) : record;
  }

  void Merge(Accumulator& into, const Accumulator& from) const {
    if (from) {
      Add(*from, into);
    }
  }

  bool HasResult(const Accumulator& sum) const { return sum.has_value(); }

  Output Result(const Accumulator& sum) const { return sum.value(); }
};

// Where an evictor has left no record, some functions have no result.
template <typename Function>
bool HasResult(const Function& function, const typename Function::Accumulator& sum) {
  if constexpr (requires { function.HasResult(sum); }) {
    return function.HasResult(sum);
  } else {
    return true;
  }
}

// Of an AggregateFunction, whose result goes on as it is.
template <typename Key, typename In, typename Function>
struct AggregatedContents {
  using Accumulator = typename Function::Accumulator;
  using Out = WindowResult<Key, typename Function::Output>;

  Function function;

  Accumulator Create() const { return function.Create(); }

  void Add(const In& record, Accumulator& sum) const { function.Add(record, sum); }

  void Merge(Accumulator& into, const Accumulator& from) const
    requires requires(const Function& f) { f.Merge(into, from); }
  {
    function.Merge(into, from);
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& sum,
            Collector<Out>& out) const {
    if (HasResult(function, sum)) {
      out.Collect({key, window, function.Result(sum)});
    }
  }
};

// Of a function that sees all records of the window, in the order of their arrival:
//   void Process(const Key&, const TimeWindow&, std::span<const In>, Collector<Result>&);
template <typename Key, typename In, typename Result, typename Function>
struct CollectedContents {
  using Accumulator = std::vector<In>;
  using Out = Result;

  Function function;

  Accumulator Create() const { return {}; }

  void Add(const In& record, Accumulator& all) const { all.push_back(record); }

  void Merge(Accumulator& into, const Accumulator& from) const {
    into.insert(into.end(), from.begin(), from.end());
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& all, Collector<Out>& out) {
    function.Process(key, window, std::span<const In>(all), out);
  }
};

// Both: aggregated record by record, and a function that sees the aggregate with its window:
//   void Process(const Key&, const TimeWindow&, const Aggregate::Output&, Collector<Result>&);
template <typename Key, typename In, typename Result, typename Aggregate, typename Function>
struct AggregatedThenProcessed {
  using Accumulator = typename Aggregate::Accumulator;
  using Out = Result;

  Aggregate aggregate;
  Function function;

  Accumulator Create() const { return aggregate.Create(); }

  void Add(const In& record, Accumulator& sum) const { aggregate.Add(record, sum); }

  void Merge(Accumulator& into, const Accumulator& from) const
    requires requires(const Aggregate& a) { a.Merge(into, from); }
  {
    aggregate.Merge(into, from);
  }

  void Emit(const Key& key, const TimeWindow& window, const Accumulator& sum, Collector<Out>& out) {
    if (HasResult(aggregate, sum)) {
      function.Process(key, window, aggregate.Result(sum), out);
    }
  }
};

// All records, of which an evictor takes some away before what `inner` makes of the rest, or after.
template <typename In, typename Inner, typename Evictor>
struct EvictedContents {
  using Accumulator = std::vector<TimestampedValue<In>>;
  using Out = typename Inner::Out;

  Inner inner;
  Evictor evictor;

  Accumulator Create() const { return {}; }

  void Add(const In& record, EventTime timestamp, Accumulator& all) const {
    all.push_back({.value = record, .timestamp = timestamp});
  }

  void Merge(Accumulator& into, const Accumulator& from) const {
    into.insert(into.end(), from.begin(), from.end());
  }

  template <typename Key>
  void Emit(const Key& key, const TimeWindow& window, Accumulator& all, Collector<Out>& out) {
    evictor.Evict(all, window, EvictionTime::kBefore);
    typename Inner::Accumulator sum = inner.Create();
    for (const TimestampedValue<In>& record : all) {
      inner.Add(record.value, sum);
    }
    inner.Emit(key, window, std::as_const(sum), out);
    evictor.Evict(all, window, EvictionTime::kAfter);
  }
};

template <typename Contents>
concept MergeableContents =
    requires(const Contents& contents, typename Contents::Accumulator& accumulator) {
      contents.Merge(accumulator, accumulator);
    };

// Tells functions where they run.
template <typename Contents>
void OpenContents(Contents& contents, OperatorRuntime& runtime) {
  if constexpr (requires { contents.inner; }) {
    OpenContents(contents.inner, runtime);
  } else {
    OpenFunction(contents.function, runtime);
  }
  if constexpr (requires { contents.aggregate; }) {
    OpenFunction(contents.aggregate, runtime);
  }
}

// Whether firing takes records away.
template <typename Contents>
concept EvictingContents = requires(Contents contents) { contents.evictor; };

}  // namespace flinch::engine
