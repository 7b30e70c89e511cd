#include "engine/outside/lookup_service.h"

#include <memory>
#include <utility>

#include "engine/rpc/main_thread.h"
#include "sim/check.h"
#include "sim/random.h"

namespace flinch::engine {
namespace {

sim::Result<LookupReply> AnswerTo(const RpcRequest& request, const LookupServiceOptions& options) {
  const sim::Result<LookupRequest> question = request.As<LookupRequest>();
  if (!question) {
    return sim::Fail(question);
  }
  return LookupReply{.value = options.answer(question->key)};
}

}  // namespace

void RunLookupService(sim::Environment& environment, const LookupServiceOptions& options) {
  MainThread main_thread(environment);
  sim::Random chance = environment.RandomStream("lookup");
  sim::Result<std::unique_ptr<RpcEndpoint>> endpoint = RpcEndpoint::Open(environment, options.port);
  sim::Check(endpoint.has_value(), "the port of the lookup service is taken");
  RpcEndpoint& rpc = **endpoint;
  rpc.Serve(ServiceName(LookupMethod::kLookUp), [&](RpcRequest request) {
    const uint64_t fate = chance.Below(100);
    const sim::Duration latency = chance.Between(options.latency_min, options.latency_max);
    if (fate < options.silent_percent) {
      return;
    }
    const bool fails = fate < options.silent_percent + options.failing_percent;
    main_thread.PostLater(latency, [&rpc, &options, fails, request = std::move(request)] {
      rpc.Reply(request, fails ? sim::Result<LookupReply>(
                                     sim::Fail(sim::ErrorCode::kUnavailable,
                                               "The service has no time just now; ask again."))
                               : AnswerTo(request, options));
    });
  });
  main_thread.Run();
}

}  // namespace flinch::engine
