#include "start/fetch_before_replay.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "common/limits.h"
#include "door/zmq/client_door.h"
#include "net/peers/peer_network.h"
#include "node/node.h"
#include "replica/repair.h"
#include "system/clock.h"

namespace cairn::start {
namespace {

constexpr int kWaitMs = 50;
constexpr Micros kPatience = 300'000;
constexpr Micros kSayEvery = 5'000'000;

class BlockFetcher {
 public:
  BlockFetcher(net::PeerNetwork* network, door::Door* door, storage::Ledger* ledger,
               std::vector<NodeId> peers)
      : network_(network),
        door_(door),
        ledger_(ledger),
        peers_(std::move(peers)),
        repair_(ledger->holes()),
        stamp_{system::RandomBits() | 1, ledger->commits(), ledger->commits()} {}

  [[nodiscard]] bool Done(Slot needed) const {
    return repair_.whole() || repair_.holes().back().last < needed;
  }
  [[nodiscard]] Slot missing() const { return repair_.missing(); }

  void Turn() {
    const std::array<net::Port*, 2> ports = {network_, door_};
    net::WaitFor(ports, kWaitMs, {});
    while (const auto message = network_->Next()) {
      if (const auto* fetch = std::get_if<paxos::Fetch>(&message->message)) {
        Serve(message->from, *fetch);
      } else if (const auto* blocks = std::get_if<paxos::Blocks>(&message->message)) {
        Take(*blocks);
      }
    }
    while (const auto call = door_->Next()) {
      door_->Reply(call->address,
                   api::Answer{Code::kUnavailable,
                               "this node fetches blocks that its disk has lost, and serves "
                               "nothing until it has them",
                               0,
                               {},
                               0});
    }
    if (!repair_.whole() && system::MonotonicNow() >= ask_at_) {
      Ask();
    }
  }

 private:
  void Ask() {
    const replica::Repair::Range range = repair_.Next();
    const NodeId peer = peers_[next_peer_++ % peers_.size()];
    Send(peer, paxos::Fetch{range.first, range.last, true});
    ask_at_ = system::MonotonicNow() + kPatience;
  }
  void Take(const paxos::Blocks& blocks) {
    storage::Ledger& ledger = *ledger_;
    replica::LedgerWrite write;
    write.repaired = repair_.Take(blocks.blocks);
    if (!write.repaired.empty()) {
      write.needed = true;
      write.head = ledger.head();
      ledger.Commit(write);
      stamp_.commits = ledger.commits();
      ask_at_ = 0;
    }
  }
  void Serve(NodeId to, const paxos::Fetch& fetch) {
    const replica::LedgerHead& head = ledger_->head();
    const Slot last = std::min(fetch.last, fetch.by_hash ? head.tip : head.decided);
    if (fetch.from == 0 || fetch.from > last) {
      return;
    }
    auto blocks = ledger_->ReadRange(fetch.from, last, kMaxCatchUpBlocks, kMaxCatchUpBytes);
    if (blocks.ok()) {
      Send(to, paxos::Blocks{std::move(blocks).value(), head.decided, fetch.by_hash});
    }
  }
  void Send(NodeId to, replica::Message message) {
    network_->Send({to, std::move(message)}, stamp_, {});
  }

  net::PeerNetwork* network_;
  door::Door* door_;
  storage::Ledger* ledger_;
  std::vector<NodeId> peers_;
  std::size_t next_peer_ = 0;
  replica::Repair repair_;
  replica::Stamp stamp_;
  Micros ask_at_ = 0;
};

}  // namespace

Status FetchBeforeReplay(const config::Cluster& cluster, const storage::DataDirectory& directory,
                         Slot needed, storage::Ledger* ledger,
                         const std::function<void(const std::string&)>& say,
                         const std::function<bool()>& keep_going) {
  const std::vector<replica::Hole> holes = ledger->holes();
  if (holes.empty() || holes.back().last < needed) {
    return Status::Ok();
  }
  net::PeerNetworkOptions options = node::PeerOptions(cluster, directory.identity());
  std::vector<NodeId> peers;
  for (const net::PeerAddress& peer : options.peers) {
    peers.push_back(peer.id);
  }
  if (peers.empty()) {
    return Status::Integrity(fmt::format(
        "slots {} to {} of {} are lost, and there is no other node that could have them: "
        "put back a copy of {} if there is one",
        holes.front().first, holes.back().last, directory.Sub("ledger"), directory.path()));
  }
  auto network = net::PeerNetwork::Open(std::move(options));
  if (!network.ok()) {
    return network.status();
  }
  auto door = door::ClientDoor::Open(node::DoorOptions(cluster, directory.identity()));
  if (!door.ok()) {
    return door.status();
  }
  BlockFetcher fetcher(network.value().get(), door.value().get(), ledger, std::move(peers));
  Micros said = 0;
  while (!fetcher.Done(needed)) {
    if (!keep_going()) {
      return Status::Other("stopped while blocks that are lost were fetched");
    }
    if (system::MonotonicNow() - said >= kSayEvery) {
      said = system::MonotonicNow();
      say(fmt::format(
          "{} blocks of {} are lost and needed for the replay: they are fetched from the "
          "other nodes; until then this node neither votes nor serves",
          fetcher.missing(), directory.Sub("ledger")));
    }
    fetcher.Turn();
  }
  say("the blocks that were lost are back, verified by the hashes of their neighbours");
  return Status::Ok();
}

}  // namespace cairn::start
