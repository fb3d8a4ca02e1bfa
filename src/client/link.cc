#include "client/link.h"

#include <utility>

namespace cairn::client {
namespace {

/// How long a node that was silent is asked after the others.
constexpr Micros kQuietTime = 2'000'000;

}  // namespace

Link::Link(config::NodeAddress address, const Environment* environment)
    : address_(std::move(address)), environment_(environment) {}

std::string Link::Name() const {
  return "node " + std::to_string(address_.id) + " (" + address_.host + ":" +
         std::to_string(address_.client_port) + ")";
}

Result<std::uint64_t> Link::Send(const net::CallBody& body) {
  if (transport_ == nullptr) {
    Result<std::unique_ptr<Transport>> transport = environment_->connect(address_);
    if (!transport.ok()) {
      return transport.status();
    }
    transport_ = std::move(transport).value();
  }
  const std::uint64_t id = ++last_id_;
  if (Status status = transport_->Send({id, body}); !status.ok()) {
    return status;
  }
  return id;
}

std::optional<net::ClientReply> Link::Receive(Micros until) {
  const Micros now = environment_->now();
  const Micros wait = until > now ? until - now : 0;
  if (transport_ == nullptr) {
    environment_->sleep(wait);
    return std::nullopt;
  }
  return transport_->Receive(static_cast<int>((wait + 999) / 1000));
}

bool Link::Connected() { return transport_ != nullptr && transport_->Connected(); }

void Link::Close() {
  transport_.reset();
  greeted_ = false;
  quiet_until_ = 0;
}

void Link::Greeted() {
  greeted_ = true;
  quiet_until_ = 0;
}

void Link::Silent() {
  greeted_ = false;
  quiet_until_ = environment_->now() + kQuietTime;
}

bool Link::IsQuiet() const { return environment_->now() < quiet_until_; }

}  // namespace cairn::client
