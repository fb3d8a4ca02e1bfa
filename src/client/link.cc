#include "client/link.h"

#include <algorithm>
#include <utility>

#include "client/outcome_tracker.h"
#include "client/wait_times.h"

namespace cairn::client {
namespace {

/// How long a node that was silent is asked after the others.
constexpr Micros kQuietTime = 2'000'000;

}  // namespace

Link::Link(config::NodeAddress address, const Environment* environment, ClusterView* view)
    : address_(std::move(address)), environment_(environment), view_(view) {}

Result<std::uint64_t> Link::Send(const api::CallBody& body) {
  if (transport_ == nullptr) {
    Result<std::unique_ptr<Transport>> transport = environment_->connect(address_);
    if (!transport.ok()) {
      return transport.status();
    }
    transport_ = std::move(transport).value();
    told_ = false;
  }
  if (!told_ && view_->formed) {
    transport_->MeantFor(*view_->formed);
    told_ = true;
  }
  const std::uint64_t id = ++last_id_;
  if (Status status = transport_->Send({id, body}); !status.ok()) {
    return status;
  }
  return id;
}

std::optional<api::ClientReply> Link::Receive(Micros until) {
  const Micros now = environment_->now();
  const Micros wait = until > now ? until - now : 0;
  if (transport_ == nullptr) {
    environment_->sleep(wait);
    return std::nullopt;
  }
  std::optional<api::ClientReply> reply =
      transport_->Receive(static_cast<int>((wait + 999) / 1000));
  if (reply) {
    Note(*reply);
  }
  return reply;
}

Status Link::CheckSender(const api::ClientReply& reply) const {
  return client::CheckSender(address_, *view_, reply);
}

void Link::Note(const api::ClientReply& reply) {
  if (Status sender = CheckSender(reply); !sender.ok()) {
    greeted_ = false;
    refusal_ = std::move(sender);
    return;
  }
  if (view_->Learn(reply.formed) && environment_->keep) {
    environment_->keep(*reply.formed);
  }
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  if (answer != nullptr && reply.id == hello_) {
    refusal_ = RefusalOf(*answer);
  }
  if (const auto* welcome = std::get_if<api::Welcome>(&reply.body)) {
    refusal_ = CheckWelcome(address_, *welcome);
    greeted_ = refusal_.ok();
    if (greeted_) {
      quiet_until_ = 0;
      view_->Learn(*welcome);
    }
  }
}

void Link::Listen(Micros until, const Take& take) {
  bool enough = false;
  while (!enough) {
    const std::optional<api::ClientReply> reply = Receive(until);
    enough = reply ? take(*reply) : environment_->now() >= until;
  }
}

bool Link::Connected() { return transport_ != nullptr && transport_->Connected(); }

void Link::Close() {
  transport_.reset();
  greeted_ = false;
  quiet_until_ = 0;
}

void Link::Greet(const Options& options, Micros until, const Take& take) {
  const Micros began = environment_->now();
  until = std::min(until, began + HelloTime(options));
  bool sent = false;
  bool enough = false;
  refusal_ = Status::Ok();
  for (Micros now = began; !enough && !greeted_ && refusal_.ok() && now < until;
       now = environment_->now()) {
    if (now >= began + options.connect_timeout && !Connected()) {
      return;
    }
    if (!sent) {
      if (const Result<std::uint64_t> id = Send(api::Hello{}); id.ok()) {
        hello_ = id.value();
        sent = true;
      }
    }
    if (const auto reply = Receive(std::min(until, now + kSlice))) {
      enough = take(*reply);
    }
  }
}

void Link::Silent() {
  greeted_ = false;
  quiet_until_ = environment_->now() + kQuietTime;
}

bool Link::IsQuiet() const { return environment_->now() < quiet_until_; }

}  // namespace cairn::client
