#include "client/client_link.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <deque>
#include <utility>

#include "net/wire/client_codec.h"
#include "net/wire/socket_readiness.h"
#include "net/wire/zmq_io.h"

namespace cairn::client {
namespace {

// A session may have 1,024 open requests; no link needs more.
constexpr std::size_t kMaxWaiting = kMaxOpenRequests;
constexpr net::SocketBounds kBounds = {.send_queue = static_cast<int>(kMaxWaiting),
                                       .max_frame_bytes = net::kMaxReplyFrameBytes};

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
  explicit Impl(net::ClientHeader of) : header(std::move(of)), open(header) {}

  std::shared_ptr<ClientContext> context;  // Before the socket: it must outlive it.
  zmq::socket_t socket;
  int descriptor = -1;  // Of the socket.
  net::SocketReadiness bell;
  net::ReplyDecoder decoder;
  Status opened;  // Of the last frame: whether it could be taken.

  // What waits here was surely not sent: the socket takes nothing before its connection stands.
  struct Frame {
    zmq::message_t frame;
    std::size_t calls = 0;
  };
  net::ClientHeader header;
  std::deque<Frame> closed;  // Before the calls of the open frame.
  std::size_t closed_calls = 0;
  net::CallBatch open;

  [[nodiscard]] std::size_t unsent() const { return closed_calls + open.size(); }

  void SendClosed() {
    if (!closed.empty()) {
      bell.Disturbed();
    }
    while (!closed.empty() && net::TrySend(socket, closed.front().frame)) {
      closed_calls -= closed.front().calls;
      closed.pop_front();
    }
  }

  void Close() {
    Frame frame;
    frame.calls = open.size();
    if (open.Write(net::InFrame(frame.frame)).ok()) {
      closed_calls += frame.calls;
      closed.push_back(std::move(frame));
      SendClosed();
    }
  }

  void Flush() {
    SendClosed();
    // As long as nothing can be sent, calls go on gathering in the open frame.
    if (closed.empty() && open.size() > 0) {
      Close();
    }
  }

  std::optional<api::ClientReply> Take() {
    while (decoder.left() > 0 || Receive()) {
      if (!opened.ok()) {
        api::ClientReply reply;
        reply.body = api::Answer{opened.code(), opened.message(), 0, {}, 0};
        return reply;
      }
      if (decoder.left() == 0) {
        continue;
      }
      if (Result<api::ClientReply> reply = decoder.Next(); reply.ok()) {
        return std::move(reply).value();
      }
    }
    return std::nullopt;
  }

  // False if there is nothing to be done before the descriptor tells.
  bool HasWork() {
    const bool has_calls = unsent() > 0;
    if (has_calls || !bell.tells()) {
      const net::SocketEvents now = net::EventsOf(socket);
      bell.Looked(now.can_receive);
      if (has_calls && now.can_send) {
        return true;
      }
    }
    return decoder.left() > 0 || !bell.tells();
  }

  // False if no message waits. One that is no frame of ours leaves nothing in the decoder.
  bool Receive() {
    opened = Status::Ok();
    if (bell.TakeSilence()) {
      return false;
    }
    zmq::message_t frame;
    const bool found = net::TryReceive(socket, frame);
    bell.Looked(found);
    if (!found) {
      return false;
    }
    if (!frame.more()) {
      opened = decoder.Open(net::View(frame));
      return true;
    }
    while (frame.more() && net::TryReceive(socket, frame)) {
    }
    return true;
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
  auto impl = std::make_unique<Impl>(
      net::ClientHeader{.cluster = {.genesis = cluster, .name = cluster_name}});
  Result<zmq::socket_t> socket =
      net::MakeDealer(context->impl_->context, kBounds, net::Redial::kBackOff, host, port);
  if (!socket.ok()) {
    return socket.status();
  }
  impl->context = std::move(context);
  impl->socket = std::move(socket).value();
  impl->descriptor = net::DescriptorOf(impl->socket);
  return std::unique_ptr<ClientLink>(new ClientLink(std::move(impl)));
}

ClientLink::ClientLink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientLink::~ClientLink() = default;

Status ClientLink::Send(const api::ClientCall& call) {
  if (impl_->unsent() >= kMaxWaiting) {
    impl_->Flush();
  }
  if (impl_->unsent() >= kMaxWaiting) {
    return Status::Unavailable("too many calls wait for the connection");
  }
  if (!impl_->open.Fits(call.body)) {
    impl_->Close();
  }
  return impl_->open.Add(call.id, call.body);
}

void ClientLink::MeantFor(const Hash& formed) {
  if (impl_->open.size() > 0) {
    impl_->Close();
  }
  impl_->header.cluster.formed = formed;
  impl_->open = net::CallBatch(impl_->header);
}

void ClientLink::Flush() { impl_->Flush(); }

std::size_t ClientLink::unsent() const { return impl_->unsent(); }

std::optional<api::ClientReply> ClientLink::Receive(int timeout_ms) {
  std::optional<api::ClientReply> reply = impl_->Take();
  if (reply) {
    return reply;
  }
  impl_->Flush();
  if (timeout_ms <= 0) {
    return std::nullopt;
  }
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (auto now = Clock::now(); !reply && now < deadline; now = Clock::now()) {
    // It may end early: then it goes on.
    WaitForAny({this}, std::chrono::ceil<std::chrono::microseconds>(deadline - now));
    reply = impl_->Take();
  }
  return reply;
}

bool ClientLink::Connected() {
  impl_->Flush();
  const net::SocketEvents now = net::EventsOf(impl_->socket);
  impl_->bell.Looked(now.can_receive);
  return now.can_send;
}

void ClientLink::WaitForAny(const std::vector<ClientLink*>& links,
                            std::chrono::microseconds longest) {
  // zmq_poll counts in milliseconds, too coarse for one who sends at a given instant.
  std::vector<pollfd> items;
  items.reserve(links.size());
  for (ClientLink* link : links) {
    link->impl_->Flush();
  }
  for (ClientLink* link : links) {
    if (link->impl_->HasWork()) {
      return;
    }
    items.push_back({link->impl_->descriptor, POLLIN, 0});
  }
  const auto wait = std::max(longest, std::chrono::microseconds(0));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  const timespec limit{seconds.count(), std::chrono::nanoseconds(wait - seconds).count()};
  // A signal ends the wait early, which the caller must bear anyway.
  (void)ppoll(items.data(), items.size(), &limit, nullptr);
  for (std::size_t i = 0; i < links.size(); ++i) {
    links[i]->impl_->bell.Waited(items[i].revents != 0);
  }
}

}  // namespace cairn::client
