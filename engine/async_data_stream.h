// Streams through functions whose results come later: engine/async_function.h.
//
// Source: Flink's AsyncDataStream.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/async_function.h"
#include "engine/data_stream.h"
#include "engine/operators/async_wait.h"

namespace flinch::engine {

class AsyncDataStream {
 public:
  // Results in the order of the records.
  template <typename Out, typename T, typename Function>
  static SingleOutputStream<Out> OrderedWait(const DataStream<T>& stream, std::string name,
                                             Function function, AsyncOptions options = {}) {
    return Wait<Out>(stream, std::move(name), function, options, AsyncOrder::kOrdered);
  }

  // Results as they come; none passes a watermark.
  template <typename Out, typename T, typename Function>
  static SingleOutputStream<Out> UnorderedWait(const DataStream<T>& stream, std::string name,
                                               Function function, AsyncOptions options = {}) {
    return Wait<Out>(stream, std::move(name), function, options, AsyncOrder::kUnordered);
  }

  template <typename Out, typename T, typename Function>
  static SingleOutputStream<Out> Wait(const DataStream<T>& stream, std::string name,
                                      const Function& function, const AsyncOptions& options,
                                      AsyncOrder order) {
    return stream.template Transform<Out>(
        std::move(name),
        [function, options, order] {
          return std::make_unique<AsyncWaitOperator<T, Out, Function>>(function, options, order);
        },
        OutputsOf<Out>(function));
  }
};

}  // namespace flinch::engine
