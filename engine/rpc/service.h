// A service as a table: for each method its message, who may send it, and what handles it.
//
// Shape:    class Door {
//            public:
//             void OnRing(const Ring& ring);                          // or a reply, or a Result
//             OpenDoor::Reply OnOpen(const OpenDoor& open, sim::Address from);
//             template <typename Message> bool Accepts(const Message&) const;
//           };
//           inline constexpr auto kDoorService = std::to_array<ServiceMethod<Door>>(
//               {Handle<&Door::OnRing, Fencing::kToken>(),
//                Handle<&Door::OnOpen, Fencing::kNone>()});
//           static_assert(HasEachMethodOnce(kDoorService));
//           Offer(rpc, "door", main_thread, door, kDoorService);
// Errors:   the caller gets kCorruption for a body that is no such message, kFenced for one that
//           the component does not accept, kInvalidArgument for a method that the service lacks,
//           and what the handler returns.
// Survives: anything that arrives.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "engine/rpc/endpoint.h"
#include "engine/rpc/main_thread.h"
#include "engine/serializer.h"

namespace flinch::engine {

enum class Fencing : uint8_t {
  kNone,   // whoever asks is answered
  kToken,  // only what the component `Accepts`: it looks at the message's token
};

template <typename Component>
struct ServiceMethod {
  uint16_t number;
  sim::Result<Bytes> (*serve)(Component&, const RpcRequest&);
};

template <typename Handler>
struct HandlerTraits;

template <typename Class, typename Returned, typename Request, typename... Caller>
struct HandlerTraits<Returned (Class::*)(const Request&, Caller...)> {
  using Component = Class;
  using Message = Request;
  static constexpr bool kReturnsNothing = std::is_void_v<Returned>;
  static constexpr bool kWantsCaller = sizeof...(Caller) == 1;
};

template <auto kHandler>
auto CallHandler(typename HandlerTraits<decltype(kHandler)>::Component& component,
                 const typename HandlerTraits<decltype(kHandler)>::Message& message,
                 sim::Address from) {
  if constexpr (HandlerTraits<decltype(kHandler)>::kWantsCaller) {
    return (component.*kHandler)(message, from);
  } else {
    return (component.*kHandler)(message);
  }
}

template <auto kHandler, Fencing kFencing>
sim::Result<Bytes> ServeMethod(typename HandlerTraits<decltype(kHandler)>::Component& component,
                               const RpcRequest& request) {
  using Traits = HandlerTraits<decltype(kHandler)>;
  using Message = typename Traits::Message;
  const sim::Result<Message> message = request.As<Message>();
  if (!message) {
    return sim::Fail(message);
  }
  if constexpr (kFencing == Fencing::kToken) {
    if (!component.Accepts(*message)) {
      return sim::Fail(sim::ErrorCode::kFenced, "This was meant for another leader.");
    }
  }
  if constexpr (Traits::kReturnsNothing) {
    CallHandler<kHandler>(component, *message, request.from);
    return Encode(Nothing());
  } else {
    const sim::Result<typename Message::Reply> reply =
        CallHandler<kHandler>(component, *message, request.from);
    return reply ? sim::Result<Bytes>(Encode(*reply)) : sim::Result<Bytes>(sim::Fail(reply));
  }
}

// A row of the table.
template <auto kHandler, Fencing kFencing>
constexpr auto Handle() {
  using Traits = HandlerTraits<decltype(kHandler)>;
  return ServiceMethod<typename Traits::Component>{
      .number = std::to_underlying(Traits::Message::kMethod),
      .serve = &ServeMethod<kHandler, kFencing>};
}

template <typename Component, size_t kMethods>
constexpr bool HasEachMethodOnce(const std::array<ServiceMethod<Component>, kMethods>& table) {
  for (size_t i = 0; i < kMethods; ++i) {
    for (size_t j = i + 1; j < kMethods; ++j) {
      if (table[i].number == table[j].number) {
        return false;
      }
    }
  }
  return true;
}

// The reply to a request.
template <typename Component, size_t kMethods>
sim::Result<Bytes> ServeRequest(const std::array<ServiceMethod<Component>, kMethods>& table,
                                Component& component, const RpcRequest& request) {
  for (const ServiceMethod<Component>& method : table) {
    if (method.number == request.method) {
      return method.serve(component, request);
    }
  }
  return sim::Fail(sim::ErrorCode::kInvalidArgument,
                   fmt::format("The service has no method {}.", request.method));
}

// Serves the table from now on: requests are taken up in the main thread, one after the other.
// Everything lent outlives the endpoint's service.
template <typename Component, size_t kMethods>
void Offer(RpcEndpoint& rpc, std::string_view service, MainThread& main_thread,
           Component& component, const std::array<ServiceMethod<Component>, kMethods>& table) {
  rpc.Serve(service, [&rpc, &main_thread, &component, &table](RpcRequest request) {
    main_thread.Post([&rpc, &component, &table, request = std::move(request)] {
      rpc.SendReply(request, ServeRequest(table, component, request));
    });
  });
}

}  // namespace flinch::engine
