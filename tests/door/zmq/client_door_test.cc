#include "door/zmq/client_door.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "door/nodes.h"

namespace cairn::door {
namespace {

class ClientDoorTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kMiB = std::size_t{1} << 20;

  std::string Frame(std::uint64_t first_id, const std::vector<api::CallBody>& calls) {
    return net::testing::CallFrame({.cluster = cluster_}, first_id, calls).value();
  }
  void Look() {
    pollfd item{port_->descriptor(), POLLIN, 0};
    (void)poll(&item, 1, 10);
    port_->Look();
    port_->Tend();
  }
  /// Takes calls until so many have come.
  std::vector<InboundCall> Take(std::size_t count) {
    std::vector<InboundCall> calls;
    for (int i = 0; i < 1000 && calls.size() < count; ++i) {
      Look();
      while (std::optional<InboundCall> call = port_->Next()) {
        calls.push_back(*std::move(call));
      }
    }
    EXPECT_EQ(calls.size(), count);
    return calls;
  }

  net::ClusterTag cluster_ = {.genesis = testing::Nodes::HashOf(0xaa), .name = "a"};
  std::uint16_t number_ = net::testing::FreePort();
  std::unique_ptr<ClientDoor> port_ = ClientDoor::Open({.self = 1,
                                                        .cluster = cluster_.genesis,
                                                        .cluster_name = cluster_.name,
                                                        .host = "127.0.0.1",
                                                        .client_port = number_,
                                                        .warn = [](const std::string&) {}})
                                          .value();
};

TEST_F(ClientDoorTest, QuestionsOfAllConnectionsAreServedInTurn) {
  net::testing::Stranger greedy(number_);
  greedy.Say({Frame(1, std::vector<api::CallBody>(1000, api::ChainCall{}))});
  for (InboundCall& call : Take(1000)) {
    port_->Owe(call.address, std::move(call.body));
  }
  net::testing::Stranger modest(number_);
  modest.Say({Frame(5000, {api::StatusCall{}})});
  for (InboundCall& call : Take(1)) {
    port_->Owe(call.address, std::move(call.body));
  }
  std::vector<std::uint64_t> served;
  int looks = 0;
  port_->Pay(
      [&](const InboundCall& call) {
        served.push_back(call.address.call_id);
        port_->Reply(call.address, api::FaultDone{"done"});
        return std::size_t{100};
      },
      [&] { return ++looks > 4; });
  EXPECT_EQ(served, (std::vector<std::uint64_t>{1, 5000, 2, 3}));
  EXPECT_TRUE(port_->OwesNow()) << "the rest is for later";
}

TEST_F(ClientDoorTest, WhoDoesNotReadIsMadeNoFurtherReplies) {
  net::testing::RawConnection deaf(number_);
  net::ZmtpFrame frame;
  const std::string calls = Frame(1, std::vector<api::CallBody>(500, api::StaleRead{"key"}));
  std::copy(calls.begin(), calls.end(), frame.Allocate(calls.size()));
  deaf.Say(net::ZmtpGreeting() + std::string(frame.Close(false)));
  for (InboundCall& call : Take(500)) {
    port_->Owe(call.address, std::move(call.body));
  }
  std::size_t made = 0;
  for (int turn = 0; turn < 50; ++turn) {
    port_->Pay(
        [&](const InboundCall& call) {
          ++made;
          api::Answer answer;
          answer.value.assign(kMiB, 'v');
          port_->Reply(call.address, answer);
          return kMiB;
        },
        [] { return false; });
    Look();
  }
  EXPECT_LT(made, 50U) << "what the kernel takes, and a little more";
  EXPECT_FALSE(port_->OwesNow()) << "nobody waits for that in vain";
  EXPECT_EQ(port_->unsent(), 0U) << "and nothing is lost";
}

TEST_F(ClientDoorTest, RoomIsKeptForRepliesThatAreUnderWay) {
  net::testing::Stranger client(number_);
  client.Say({Frame(1, std::vector<api::CallBody>(3, api::Read{"key"}))});
  std::vector<InboundCall> calls = Take(3);
  EXPECT_TRUE(port_->HasRoom(calls[0].address));
  port_->Await(&calls[0].address, kMiB);
  EXPECT_FALSE(port_->HasRoom(calls[1].address));
  port_->Owe(calls[1].address, calls[1].body);
  EXPECT_FALSE(port_->OwesNow());
  port_->Reply(calls[0].address, api::FaultDone{"done"});
  EXPECT_TRUE(port_->OwesNow());
  EXPECT_FALSE(port_->HasRoom(calls[2].address)) << "the others were first";
}

}  // namespace
}  // namespace cairn::door
