#include "net/client_link.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <utility>

#include "net/client_codec.h"
#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// A session may have 1,024 open requests; no link needs more.
constexpr std::size_t kMaxWaiting = kMaxOpenRequests;
constexpr SocketBounds kBounds = {.send_queue = static_cast<int>(kMaxWaiting),
                                  .receive_queue = static_cast<int>(kMaxWaiting),
                                  .max_frame_bytes = kMaxReplyFrameBytes};

using Clock = std::chrono::steady_clock;

}  // namespace

struct ClientContext::Impl {
  zmq::context_t context;
};

Result<std::shared_ptr<ClientContext>> ClientContext::Open() {
  try {
    return std::shared_ptr<ClientContext>(new ClientContext(std::make_unique<Impl>()));
  } catch (const zmq::error_t& error) {
    return Status::Other(std::string("can't start ZeroMQ: ") + error.what() +
                         "; too many files or threads may be open");
  }
}

ClientContext::ClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientContext::~ClientContext() = default;

struct ClientLink::Impl {
  ClientHeader header;
  std::shared_ptr<ClientContext> context;  // Before the socket: it must outlive it.
  zmq::socket_t socket;
  ReplyDecoder decoder;
  // The socket takes nothing before its connection stands: what waits here was surely not sent.
  std::deque<zmq::message_t> waiting;

  void Flush() {
    while (!waiting.empty() && TrySend(socket, waiting.front())) {
      waiting.pop_front();
    }
  }

  std::optional<ClientReply> Take() {
    zmq::message_t frame;
    bool alone = true;
    while (TryReceive(socket, frame)) {
      const bool whole = alone && !frame.more();
      alone = !frame.more();
      if (!whole) {
        continue;
      }
      if (Result<ClientReply> reply = decoder.Decode(View(frame)); reply.ok()) {
        return std::move(reply).value();
      }
    }
    return std::nullopt;
  }
};

Result<std::unique_ptr<ClientLink>> ClientLink::Open(const std::string& host, std::uint16_t port,
                                                     const Hash& cluster,
                                                     const std::string& cluster_name,
                                                     std::shared_ptr<ClientContext> context) {
  if (context == nullptr) {
    Result<std::shared_ptr<ClientContext>> own = ClientContext::Open();
    if (!own.ok()) {
      return own.status();
    }
    context = std::move(own).value();
  }
  auto impl = std::make_unique<Impl>();
  impl->header.cluster = {.genesis = cluster, .name = cluster_name};
  Result<zmq::socket_t> socket = MakeDealer(context->impl_->context, kBounds, host, port);
  if (!socket.ok()) {
    return socket.status();
  }
  impl->context = std::move(context);
  impl->socket = std::move(socket).value();
  return std::unique_ptr<ClientLink>(new ClientLink(std::move(impl)));
}

ClientLink::ClientLink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientLink::~ClientLink() = default;

Status ClientLink::Send(const ClientCall& call) {
  impl_->Flush();
  if (impl_->waiting.size() >= kMaxWaiting) {
    return Status::Unavailable("too many calls wait for the connection");
  }
  impl_->header.id = call.id;
  zmq::message_t frame;
  if (Status status = EncodeCall(impl_->header, call.body, InFrame(frame)); !status.ok()) {
    return status;
  }
  impl_->waiting.push_back(std::move(frame));
  impl_->Flush();
  return Status::Ok();
}

std::size_t ClientLink::unsent() const { return impl_->waiting.size(); }

std::optional<ClientReply> ClientLink::Receive(int timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    impl_->Flush();
    if (std::optional<ClientReply> reply = impl_->Take()) {
      return reply;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      return std::nullopt;
    }
    const short events =
        static_cast<short>(impl_->waiting.empty() ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT);
    zmq_pollitem_t item{impl_->socket.handle(), 0, events, 0};
    // A signal ends the wait early: then it goes on.
    (void)zmq_poll(&item, 1, static_cast<long>(left));
  }
}

bool ClientLink::Connected() {
  impl_->Flush();
  return CanSend(impl_->socket);
}

void ClientLink::WaitForAny(const std::vector<ClientLink*>& links,
                            std::chrono::microseconds longest) {
  // zmq_poll counts in milliseconds, too coarse for one who sends at a given instant.
  std::vector<pollfd> items;
  items.reserve(links.size());
  for (ClientLink* link : links) {
    link->impl_->Flush();
    // Asked last: the descriptor only tells of what has happened since.
    if (CanReceive(link->impl_->socket)) {
      return;
    }
    items.push_back({link->impl_->socket.get(zmq::sockopt::fd), POLLIN, 0});
  }
  const auto wait = std::max(longest, std::chrono::microseconds(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  const timespec limit{seconds.count(), std::chrono::nanoseconds(wait - seconds).count()};
  // A signal ends the wait early, which the caller must bear anyway.
  (void)ppoll(items.data(), items.size(), &limit, nullptr);
}

}  // namespace cairn::net
