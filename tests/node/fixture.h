#pragma once
// Nodes for tests, in the test's own thread: a temporary directory, a cluster file with free ports
// of loopback, and a client that is polled while the nodes' loops turn. Nothing sleeps: whatever
// is waited for is an event, and a deadline that no healthy run comes near ends a broken one.

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chain/block_format.h"
#include "client/client_link.h"
#include "common/roster.h"
#include "config/cluster.h"
#include "node/node.h"
#include "start/start_up.h"
#include "tests/net/ports.h"
#include "tests/storage/temp_directory.h"

namespace cairn::node::testing {

/// A port of loopback that is taken for as long as this object lives.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0)), port_(net::testing::BindToAny(fd_)) {
    EXPECT_EQ(::listen(fd_, 1), 0);
  }
  ~TakenPort() { ::close(fd_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_;
};

using net::testing::FreePorts;

/// The text of a cluster file: two ports a node, for clients and for nodes.
inline std::string ClusterText(const std::vector<std::uint16_t>& ports, bool allow_faults = true) {
  std::string text = "[cluster]\nname = \"test\"\nallow_faults = ";
  text += allow_faults ? "true\n" : "false\n";
  for (std::size_t i = 0; i + 1 < ports.size(); i += 2) {
    text += "\n[[node]]\nid = " + std::to_string(i / 2 + 1) + "\nhost = \"127.0.0.1\"\n";
    text += "client_port = " + std::to_string(ports[i]) + "\n";
    text += "peer_port = " + std::to_string(ports[i + 1]) + "\n";
  }
  return text;
}

/// Writes the file into the directory and reads it.
inline config::Cluster MakeCluster(const storage::TempDirectory& dir, NodeId nodes,
                                   bool allow_faults = true) {
  const std::string path = dir.Sub("cluster.toml");
  storage::WriteFile(path, ClusterText(FreePorts(std::size_t{2} * nodes), allow_faults));
  auto cluster = config::LoadCluster(path);
  EXPECT_TRUE(cluster.ok()) << cluster.status().message();
  return std::move(cluster).value();
}

inline BlockPtr GenesisOf(const config::Cluster& cluster) {
  return chain::MakeGenesis(config::ParametersOf(cluster));
}

inline Request PutRequest(Sequence sequence, const std::string& key, const std::string& value) {
  Request request;
  request.client = 7;
  request.sequence = sequence;
  request.first_open = sequence;
  request.key = key;
  request.value = value;
  return request;
}

/// Turns to `done`; false if that takes so long that it will never be.
[[nodiscard]] inline bool Until(const std::function<bool()>& done,
                                const std::function<void()>& turn) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    turn();
  }
  return true;
}

/// What StartUp said, for a look.
struct Said {
  std::vector<std::string> lines;
  std::vector<std::string> restarts;  ///< Why the process would have begun anew.
  Slot progress = 0;

  start::StartUpTalk Talk() {
    return {[this](const std::string& line) { lines.push_back(line); },
            [this](Slot done, Slot /*all*/) { progress = done; }, [] { return true; },
            [this](const std::string& why) { restarts.push_back(why); }};
  }
  [[nodiscard]] bool Has(const std::string& text) const {
    for (const std::string& line : lines) {
      if (line.find(text) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
};

/// Memory that must be there.
inline std::optional<node::DurableState> Recall(const std::string& directory,
                                                const config::Cluster& cluster, NodeId node = 1,
                                                Said* said = nullptr) {
  Said unheard;
  auto memory =
      start::StartUp(directory, cluster, node, (said == nullptr ? unheard : *said).Talk());
  EXPECT_TRUE(memory.ok()) << memory.status().message();
  if (!memory.ok()) {
    return std::nullopt;
  }
  return std::move(memory).value();
}

/// Chains of a one-node cluster, written into a directory as a node would leave them.
class ChainMaker {
 public:
  ChainMaker(const std::string& directory, const config::Cluster& cluster) {
    auto memory = Recall(directory, cluster);
    incarnation_ = memory->directory.identity().incarnation;
    ledger_ = std::move(memory->ledger);
    directory_.emplace(std::move(memory->directory));
    chain_ = {GenesisOf(cluster)};
    Add({MakeFormRequest({{1, incarnation_}})});
  }

  [[nodiscard]] const std::vector<BlockPtr>& chain() const { return chain_; }
  [[nodiscard]] Slot tip() const { return chain_.back()->slot(); }

  void Add(std::vector<Request> requests) {
    chain_.push_back(chain::Seal(tip() + 1, chain_.back()->hash, 1000, std::move(requests)));
  }
  /// Blocks of one put each, up to the slot: key5 = value, in block 5.
  void PutUpTo(Slot slot, const std::string& value = "value") {
    while (tip() < slot) {
      Add({PutRequest(tip() + 1, "key" + std::to_string(tip() + 1), value)});
    }
  }
  /// A block that stands on none: its parent is a hash that no block has.
  void AddUnlinked() {
    Hash nowhere;
    nowhere.bytes.fill(0x55);
    chain_.push_back(chain::Seal(tip() + 1, nowhere, 1000, {PutRequest(tip() + 1, "k", "v")}));
  }
  /// A block whose bytes are not what was sealed, as a rotten disk gives them.
  void AddDamaged() {
    BlockPtr good =
        chain::Seal(tip() + 1, chain_.back()->hash, 1000, {PutRequest(tip() + 1, "key", "value")});
    Block bad = *good;
    bad.encoded.back() = static_cast<char>(bad.encoded.back() ^ 1);
    chain_.push_back(std::make_shared<const Block>(std::move(bad)));
  }

  /// Commits it all and closes the directory.
  void Write(Slot decided) {
    replica::LedgerWrite write;
    write.needed = true;
    write.promise = true;
    write.head.promised = {1, 1, incarnation_};
    write.head.accepted = write.head.promised;
    write.head.tip = tip();
    write.head.decided = decided;
    write.blocks.assign(chain_.begin() + 1, chain_.end());
    ledger_->Commit(write);
    ledger_.reset();
    directory_.reset();
  }

 private:
  Incarnation incarnation_ = 0;
  std::optional<storage::DataDirectory> directory_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::vector<BlockPtr> chain_;
};

/// A cluster's nodes, and a client of one node at a time.
class Nodes {
 public:
  explicit Nodes(NodeId count = 1, bool allow_faults = true)
      : count_(count), allow_faults_(allow_faults), cluster_(MakeCluster(dir_, count)) {
    spdlog::set_level(spdlog::level::off);
  }

  /// Starts all that are not up. A port that was free may be taken a moment later: then all nodes
  /// get others, which are no part of the cluster's identity.
  void Start() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      if (TryStart()) {
        return;
      }
    }
    FAIL() << "no free ports";
  }
  /// The node is gone, with all that it had not written.
  void Crash(NodeId id) { up_.erase(id); }

  Node& operator[](NodeId id) { return *up_.at(id).node; }
  node::DurableState& memory(NodeId id) { return *up_.at(id).memory; }
  [[nodiscard]] std::string DirectoryOf(NodeId id) const {
    return config::DefaultDataDirectory(cluster_, id);
  }
  [[nodiscard]] const config::Cluster& cluster() const { return cluster_; }

  [[nodiscard]] bool RunUntil(const std::function<bool()>& done) {
    return Until(done, [this] { RunOnce(); });
  }
  void RunOnce() {
    for (auto& [id, running] : up_) {
      running.node->RunOnce({});
    }
  }
  /// Runs until all that are up follow one leader with a majority and know of a decided block. The
  /// leader, or 0.
  NodeId AwaitLeader() {
    NodeId leader = 0;
    EXPECT_TRUE(RunUntil([&] {
      leader = up_.begin()->second.node->Report().replica.leader;
      for (auto& [id, running] : up_) {
        const api::ReplicaStatus status = running.node->Report().replica;
        const bool agrees = status.quorum && status.leader == leader && status.decided >= 1;
        leader = agrees ? leader : 0;
      }
      return leader != 0;
    }));
    return leader;
  }

  /// Calls node `id` and runs the nodes until it has answered.
  api::ReplyBody Call(NodeId id, api::CallBody body) {
    const config::NodeAddress& address = *cluster_.Find(id);
    auto link = client::ClientLink::Open(address.host, address.client_port,
                                         GenesisOf(cluster_)->hash, cluster_.name);
    EXPECT_TRUE(link.ok()) << link.status().message();
    const Status sent = (*link.operator->())->Send({1, std::move(body)});
    EXPECT_TRUE(sent.ok()) << sent.message();
    std::optional<api::ClientReply> reply;
    EXPECT_TRUE(RunUntil([&] {
      reply = (*link.operator->())->Receive(0);
      return reply.has_value();
    }));
    return reply ? std::move(reply->body) : api::ReplyBody();
  }
  api::Answer Put(NodeId id, const std::string& key, const std::string& value) {
    return std::get<api::Answer>(Call(id, api::Write{PutRequest(++sequence_, key, value)}));
  }
  api::Answer Get(NodeId id, const std::string& key) {
    return std::get<api::Answer>(Call(id, api::Read{key}));
  }

 private:
  struct Running {
    std::unique_ptr<node::DurableState> memory;  // before the node, which it outlives
    std::unique_ptr<Node> node;
  };

  bool TryStart() {
    if (up_.empty()) {
      cluster_ = MakeCluster(dir_, count_, allow_faults_);
    }
    for (NodeId id = 1; id <= count_; ++id) {
      if (up_.contains(id)) {
        continue;
      }
      auto recalled = Recall(DirectoryOf(id), cluster_, id);
      if (!recalled) {
        return false;
      }
      Running running{std::make_unique<node::DurableState>(*std::move(recalled)), nullptr};
      auto node = Node::Open(cluster_, id, running.memory.get());
      if (!node.ok()) {
        up_.clear();
        return false;
      }
      running.node = std::move(node).value();
      up_.emplace(id, std::move(running));
    }
    return true;
  }

  storage::TempDirectory dir_;
  NodeId count_;
  bool allow_faults_;
  config::Cluster cluster_;
  std::map<NodeId, Running> up_;
  Sequence sequence_ = 0;
};

}  // namespace cairn::node::testing
