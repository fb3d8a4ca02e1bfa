#include "node/driver.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>

#include "net/peers/peer_codec.h"
#include "net/wire/listener.h"
#include "tests/node/fixture.h"

namespace cairn::node {
namespace {

constexpr Incarnation kPeerLife = 22;

/// Node 1 with its real disk and sockets, on virtual time; node 2 is this test. Every message
/// bears the number of commits that node 1 had made when it left: so the wire says what left
/// before a commit and what after it.
class DriverTest : public ::testing::Test {
 protected:
  struct Heard {
    std::uint64_t commits = 0;
    replica::Message message;
  };

  void SetUp() override {
    auto port = net::Listener::Open({.max_frame_bytes = net::kMaxPeerFrameBytes,
                                     .most_held = net::kMaxPeerFrameBytes,
                                     .most_unsent = 1,
                                     .most_connections = 16},
                                    "127.0.0.1", cluster_.nodes[1].peer_port, "peer_port");
    ASSERT_TRUE(port.ok()) << port.status().message();
    port_ = std::move(port).value();
  }

  void Open() {
    memory_ = Recall();
    const storage::Identity& identity = memory_->directory.identity();
    auto peers = net::PeerNetwork::Open(PeerOptions(cluster_, identity));
    ASSERT_TRUE(peers.ok()) << peers.status().message();
    peers_ = std::move(peers).value();
    auto door = door::ClientDoor::Open(DoorOptions(cluster_, identity));
    ASSERT_TRUE(door.ok()) << door.status().message();
    door_ = std::move(door).value();
    replica_.emplace(
        replica::DefaultOptions(1, memory_->directory.identity().incarnation, {1, 2}, 42),
        memory_->recovered, memory_->machine.get(), now_);
    driver_.emplace(&*replica_, memory_->ledger.get(), peers_.get(), door_.get(),
                    Driver::Hooks{.on_answer = [this](const replica::LocalAnswer& answer) {
                      answers_.push_back(answer);
                      tip_at_answer_ = memory_->ledger->head().tip;
                    }});
    // What is sent before the connection stands is lost: its heartbeats say when it does.
    ASSERT_TRUE(testing::Until([&] { return Find<paxos::Heartbeat>() != nullptr; },
                               [&] {
                                 Tick();
                                 driver_->Turn();
                                 Listen();
                               }));
    heard_.clear();
  }

  virtual std::optional<node::DurableState> Recall() {
    return testing::Recall(dir_.Sub("node1"), cluster_);
  }

  void Tick() {
    now_ += 5'000;
    replica_->Tick(now_, now_);
  }
  void Listen() {
    pollfd item{port_->descriptor(), POLLIN, 0};
    EXPECT_GE(poll(&item, 1, 1), 0);
    port_->Look();
    while (port_->Receive() == net::Listener::Next::kMessage) {
      const auto header = decoder_.Open(port_->body());
      ASSERT_TRUE(header.ok()) << header.status().message();
      while (decoder_.left() > 0) {
        auto body = decoder_.Next();
        ASSERT_TRUE(body.ok()) << body.status().message();
        heard_.push_back({header->stamp.commits,
                          std::get<replica::Message>(net::PeerBody(std::move(body).value()))});
      }
    }
  }
  /// The first message of that verb; null if none came yet.
  template <typename Verb>
  const Heard* Find() const {
    for (const Heard& heard : heard_) {
      if (std::holds_alternative<Verb>(heard.message)) {
        return &heard;
      }
    }
    return nullptr;
  }
  /// Waits for the first message of that verb and forgets all that came.
  template <typename Verb>
  std::pair<std::uint64_t, Verb> Await() {
    EXPECT_TRUE(testing::Until([&] { return Find<Verb>() != nullptr; }, [&] { Listen(); }));
    const Heard* found = Find<Verb>();
    std::pair<std::uint64_t, Verb> result =
        found == nullptr ? std::pair<std::uint64_t, Verb>()
                         : std::pair(found->commits, std::get<Verb>(found->message));
    heard_.clear();
    return result;
  }
  void Step(replica::Message message) { replica_->Step({2, kPeerLife, std::move(message)}); }
  /// Node 2 lives and hears node 1.
  void Beat() {
    paxos::Heartbeat heartbeat;
    heartbeat.promised = ballot_;
    heartbeat.heard = 1U << 1;
    Step(heartbeat);
  }
  [[nodiscard]] std::uint64_t commits() const { return memory_->ledger->commits(); }

  /// Until node 1 stands for election: returns its ballot.
  void AwaitCandidate() {
    const std::uint64_t before = commits();
    ASSERT_TRUE(testing::Until([&] { return commits() > before; },
                               [&] {
                                 Beat();
                                 Tick();
                                 driver_->Turn();
                               }));
    ballot_ = memory_->ledger->head().promised;
  }
  /// Until node 1 leads a cluster that has formed.
  void BecomeLeader() {
    AwaitCandidate();
    Step(paxos::Promise{ballot_, {}, 0, 0, {}});
    driver_->Turn();
    Step(paxos::Accepted{ballot_, 0});
    Beat();
    Tick();
    driver_->Turn();
    Step(paxos::Accepted{ballot_, 1});
    Beat();
    Tick();
    driver_->Turn();
    ASSERT_EQ(replica_->Report().decided, 1U);
    ASSERT_TRUE(replica_->leading());
  }

  storage::TempDirectory dir_;
  config::Cluster cluster_ = testing::MakeCluster(dir_, 2);
  std::unique_ptr<net::Listener> port_;
  net::PeerDecoder decoder_;
  std::optional<node::DurableState> memory_;
  std::unique_ptr<net::PeerNetwork> peers_;
  std::unique_ptr<door::Door> door_;
  std::optional<replica::Replica> replica_;
  std::optional<Driver> driver_;
  std::vector<replica::LocalAnswer> answers_;
  Slot tip_at_answer_ = 0;
  std::deque<Heard> heard_;
  Micros now_ = 1'000'000;
  Ballot ballot_;
};

TEST_F(DriverTest, APrepareLeavesAfterTheOwnPromiseIsDurable) {
  Open();
  AwaitCandidate();
  const auto [at, prepare] = Await<paxos::Prepare>();
  EXPECT_EQ(prepare.ballot, memory_->ledger->head().promised);
  EXPECT_EQ(at, commits());
}

TEST_F(DriverTest, AnAcceptLeavesBeforeTheLeadersOwnCommit) {
  Open();
  BecomeLeader();
  Await<paxos::Accept>();
  const std::uint64_t before = commits();
  replica_->Submit(5, testing::PutRequest(1, "key", "value"));
  driver_->Turn();
  EXPECT_EQ(commits(), before + 1);
  EXPECT_EQ(memory_->ledger->head().tip, 2U);
  const auto [at, accept] = Await<paxos::Accept>();
  EXPECT_EQ(accept.block->slot(), 2U);
  EXPECT_EQ(at, before);
}

TEST_F(DriverTest, AnAnswerComesOnceItsBlockIsDurableAtAQuorum) {
  Open();
  BecomeLeader();
  replica_->Submit(5, testing::PutRequest(1, "key", "value"));
  driver_->Turn();
  EXPECT_TRUE(answers_.empty());
  Step(paxos::Accepted{ballot_, 2});
  driver_->Turn();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].token, 5U);
  EXPECT_EQ(answers_[0].answer.code, Code::kOk) << answers_[0].answer.message;
  EXPECT_EQ(answers_[0].answer.slot, 2U);
  EXPECT_GE(tip_at_answer_, 2U);
}

TEST_F(DriverTest, APromiseLeavesAfterItIsDurable) {
  Open();
  const std::uint64_t before = commits();
  Beat();
  Step(paxos::Prepare{{9, 2, kPeerLife}, 0, {}, 0});
  driver_->Turn();
  EXPECT_EQ(commits(), before + 1);
  const auto [at, promise] = Await<paxos::Promise>();
  EXPECT_EQ(promise.ballot.round, 9U);
  EXPECT_EQ(memory_->ledger->head().promised, promise.ballot);
  EXPECT_EQ(at, commits());
}

TEST_F(DriverTest, AnAcceptedLeavesAfterItsBlockIsDurable) {
  Open();
  const Ballot ballot{9, 2, kPeerLife};
  const BlockPtr genesis = testing::GenesisOf(cluster_);
  const BlockPtr first = chain::Seal(
      1, genesis->hash, 1000,
      {MakeFormRequest({{1, memory_->directory.identity().incarnation}, {2, kPeerLife}})});
  Beat();
  Step(paxos::AcceptSync{ballot, 0, 1, first->hash, {first}});
  driver_->Turn();
  const auto [at, accepted] = Await<paxos::Accepted>();
  EXPECT_EQ(accepted.tip, 1U);
  EXPECT_EQ(at, commits());
  EXPECT_EQ(memory_->ledger->head().accepted, ballot);

  const std::uint64_t before = commits();
  const BlockPtr second =
      chain::Seal(2, first->hash, 1001, {testing::PutRequest(1, "key", "value")});
  Step(paxos::Accept{ballot, 1, second});
  driver_->Turn();
  EXPECT_EQ(commits(), before + 1);
  const auto [later, again] = Await<paxos::Accepted>();
  EXPECT_EQ(again.tip, 2U);
  EXPECT_EQ(later, commits());
  EXPECT_EQ(memory_->ledger->Read(2).value()->hash, second->hash);
}

TEST_F(DriverTest, NothingToRememberIsNotCommitted) {
  Open();
  const std::uint64_t before = commits();
  for (int i = 0; i < 20; ++i) {
    Tick();
    driver_->Turn();
  }
  EXPECT_EQ(commits(), before);
}

TEST_F(DriverTest, ManyRequestsOfOneTurnAreOneCommit) {
  Open();
  BecomeLeader();
  const std::uint64_t before = commits();
  for (Sequence sequence = 1; sequence <= 100; ++sequence) {
    replica_->Submit(sequence, testing::PutRequest(sequence, "key", "value"));
  }
  driver_->Turn();
  EXPECT_EQ(commits(), before + 1);
}

/// Node 1 knows a chain of which it has only the end in memory.
class DriverWithChainTest : public DriverTest {
 protected:
  std::optional<node::DurableState> Recall() override {
    {
      testing::ChainMaker maker(dir_.Sub("node1"), cluster_);
      maker.PutUpTo(8);
      maker.Write(8);
      chain_ = maker.chain();
    }
    return DriverTest::Recall();
  }
  std::vector<BlockPtr> chain_;
};

TEST_F(DriverWithChainTest, DecidedBlocksThatAreNotInMemoryAreServedFromTheDisk) {
  Open();
  ASSERT_GT(replica_->acceptor().log().first(), 3U);
  Beat();
  Step(paxos::Fetch{3, 8});
  driver_->Turn();
  const auto [at, blocks] = Await<paxos::Blocks>();
  ASSERT_EQ(blocks.blocks.size(), 6U);
  EXPECT_EQ(blocks.blocks.front()->hash, chain_[3]->hash);
  EXPECT_EQ(blocks.blocks.back()->hash, chain_[8]->hash);
  EXPECT_EQ(blocks.decided, 8U);
}

}  // namespace
}  // namespace cairn::node
