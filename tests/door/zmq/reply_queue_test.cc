#include "door/zmq/reply_queue.h"

#include <gtest/gtest.h>

#include "door/nodes.h"

namespace cairn::door {
namespace {

/// A port with a reply queue, and clients.
class ReplyQueueTest : public ::testing::Test {
 protected:
  /// Where replies to the client go, once it has said something.
  ReturnAddress Greet(net::testing::Stranger& client) {
    client.Say({"hello"});
    while (listener_->Receive() != net::Listener::Next::kMessage) {
      listener_->Look();
    }
    return {.connection = listener_->from()};
  }
  static bool WaitFor(zmq::socket_t& socket) {
    zmq_pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    return zmq_poll(&item, 1, 30'000) == 1;
  }
  /// The ids of the replies in the next frame.
  static std::vector<std::uint64_t> NextFrame(net::testing::Stranger& client) {
    EXPECT_TRUE(WaitFor(client.socket()));
    zmq::message_t frame;
    EXPECT_TRUE(net::TryReceive(client.socket(), frame));
    net::ReplyDecoder decoder;
    EXPECT_TRUE(decoder.Open(net::View(frame)).ok());
    std::vector<std::uint64_t> ids;
    while (decoder.left() > 0) {
      const Result<api::ClientReply> reply = decoder.Next();
      EXPECT_TRUE(reply.ok());
      ids.push_back(reply->id);
    }
    return ids;
  }
  void Add(ReturnAddress to, std::uint64_t id, std::size_t value = 0) {
    api::Answer answer;
    answer.value.assign(value, 'v');
    to.call_id = id;
    queue_.Add(to, answer);
  }

  std::uint16_t port_ = net::testing::FreePort();
  std::unique_ptr<net::Listener> listener_ =
      net::Listener::Open({.max_frame_bytes = net::kMaxCallFrameBytes,
                           .most_held = std::size_t{1} << 30,
                           .most_unsent = std::size_t{1} << 30,
                           .most_connections = 100},
                          "127.0.0.1", port_, "port")
          .value();
  std::vector<std::string> warnings_;
  net::WarnLimiter limiter_{[this](const std::string& line) { warnings_.push_back(line); }};
  ReplyQueue queue_{{.cluster = {.genesis = testing::Nodes::HashOf(1), .name = "alpha"}, .node = 1},
                    listener_.get(),
                    &limiter_};
};

using Ids = std::vector<std::uint64_t>;

TEST_F(ReplyQueueTest, RepliesToOneConnectionShareAFrameInTheirOrder) {
  net::testing::Stranger first(port_);
  const ReturnAddress to_first = Greet(first);
  net::testing::Stranger second(port_);
  const ReturnAddress to_second = Greet(second);
  for (int turn = 0; turn < 3; ++turn) {
    Add(to_first, 1);
    Add(to_second, 10);
    Add(to_first, 2);
    Add(to_first, 3);
    queue_.Flush();
    EXPECT_EQ(NextFrame(first), (Ids{1, 2, 3}));
    EXPECT_EQ(NextFrame(second), Ids{10});
  }
  EXPECT_EQ(queue_.unsent(), 0U);
}

TEST_F(ReplyQueueTest, NothingLeavesBeforeTheFlushUnlessTheFrameIsFull) {
  net::testing::Stranger client(port_);
  const ReturnAddress to = Greet(client);
  Add(to, 1, net::kBatchBytes / 2);
  Add(to, 2, net::kBatchBytes / 2);
  Add(to, 3);
  EXPECT_EQ(NextFrame(client), Ids{1}) << "it had to make room";
  zmq::message_t frame;
  EXPECT_FALSE(net::TryReceive(client.socket(), frame));
  queue_.Flush();
  EXPECT_EQ(NextFrame(client), (Ids{2, 3}));
}

TEST_F(ReplyQueueTest, AReplyThatNoFrameCanHoldIsLostAloneAndSaid) {
  net::testing::Stranger client(port_);
  const ReturnAddress to = Greet(client);
  Add(to, 1);
  Add(to, 2, net::kMaxReplyFrameBytes);
  Add(to, 3);
  queue_.Flush();
  Ids ids = NextFrame(client);
  if (ids.size() == 1) {
    const Ids rest = NextFrame(client);
    ids.insert(ids.end(), rest.begin(), rest.end());
  }
  EXPECT_EQ(ids, (Ids{1, 3}));
  EXPECT_EQ(queue_.unsent(), 1U);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_.front().find("the limit is"), std::string::npos) << warnings_.front();
}

TEST_F(ReplyQueueTest, ACrowdIsAnsweredAndThoseWhoAreGoneAreCounted) {
  net::testing::Stranger client(port_);
  const ReturnAddress to = Greet(client);
  constexpr std::uint64_t kGone = 1000;
  for (std::uint64_t i = 0; i < kGone; ++i) {
    Add({.connection = 1000 + i}, i);
    Add({.connection = 1000 + i}, i);
  }
  Add(to, 7);
  queue_.Flush();
  EXPECT_EQ(NextFrame(client), Ids{7});
  EXPECT_EQ(queue_.unsent(), 2 * kGone);
}

}  // namespace
}  // namespace cairn::door
