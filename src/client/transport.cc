#include "client/transport.h"

#include <chrono>
#include <thread>
#include <utility>

#include "chain/block_format.h"
#include "client/client_link.h"
#include "system/clock.h"

namespace cairn::client {
namespace {

class LinkTransport final : public Transport {
 public:
  explicit LinkTransport(std::unique_ptr<ClientLink> link) : link_(std::move(link)) {}

  Status Send(const api::ClientCall& call) override { return link_->Send(call); }
  std::optional<api::ClientReply> Receive(int timeout_ms) override {
    return link_->Receive(timeout_ms);
  }
  bool Connected() override { return link_->Connected(); }
  void MeantFor(const Hash& formed) override { link_->MeantFor(formed); }
  [[nodiscard]] ClientLink* link() const { return link_.get(); }

 private:
  std::unique_ptr<ClientLink> link_;
};

void WaitForAny(const std::vector<Transport*>& transports, Micros until) {
  std::vector<ClientLink*> links;
  links.reserve(transports.size());
  for (Transport* transport : transports) {
    links.push_back(static_cast<LinkTransport*>(transport)->link());  // As `wait` promises.
  }
  const Micros now = system::MonotonicNow();
  ClientLink::WaitForAny(links, std::chrono::microseconds(until > now ? until - now : 0));
}

}  // namespace

Environment RealEnvironment(const config::Cluster& cluster) {
  Environment environment;
  environment.connect =
      [name = cluster.name, hash = chain::MakeGenesis(config::ParametersOf(cluster))->hash,
       context = std::shared_ptr<ClientContext>()](
          const config::NodeAddress& node) mutable -> Result<std::unique_ptr<Transport>> {
    if (context == nullptr) {
      Result<std::shared_ptr<ClientContext>> opened = ClientContext::Open();
      if (!opened.ok()) {
        return opened.status();
      }
      context = std::move(opened).value();
    }
    Result<std::unique_ptr<ClientLink>> link =
        ClientLink::Open(node.host, node.client_port, hash, name, context);
    if (!link.ok()) {
      return link.status();
    }
    return std::unique_ptr<Transport>(std::make_unique<LinkTransport>(std::move(link).value()));
  };
  environment.now = system::MonotonicNow;
  environment.sleep = [](Micros pause) {
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
  };
  environment.random = system::RandomBits;
  environment.wait = WaitForAny;
  return environment;
}

}  // namespace cairn::client
