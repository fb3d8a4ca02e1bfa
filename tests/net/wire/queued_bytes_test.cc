#include "net/wire/queued_bytes.h"

#include <gtest/gtest.h>

#include <utility>

namespace cairn::net {
namespace {

TEST(QueuedBytesTest, AFrameCountsUntilNobodyHasIt) {
  QueuedBytes queued;
  {
    zmq::message_t frame;
    ASSERT_NE(queued.InFrame(frame)(1000), nullptr);
    EXPECT_EQ(queued.count(), 1000U);
    zmq::message_t taken = std::move(frame);
    EXPECT_EQ(taken.size(), 1000U);
    zmq::message_t other;
    ASSERT_NE(queued.InFrame(other)(24), nullptr);
    EXPECT_EQ(queued.count(), 1024U);
  }
  EXPECT_EQ(queued.count(), 0U);
}

TEST(QueuedBytesTest, AFrameMayOutliveTheCount) {
  zmq::message_t frame;
  {
    QueuedBytes queued;
    ASSERT_NE(queued.InFrame(frame)(7), nullptr);
  }
  EXPECT_EQ(frame.size(), 7U);
}

TEST(QueuedBytesTest, WhatWaitsInASocketCounts) {
  zmq::context_t context;
  zmq::socket_t sender(context, zmq::socket_type::push);
  zmq::socket_t receiver(context, zmq::socket_type::pull);
  receiver.bind("inproc://queued");
  sender.connect("inproc://queued");
  QueuedBytes queued;
  zmq::message_t frame;
  ASSERT_NE(queued.InFrame(frame)(500), nullptr);
  ASSERT_TRUE(sender.send(frame, zmq::send_flags::none));
  EXPECT_EQ(queued.count(), 500U);
  zmq::message_t received;
  ASSERT_TRUE(receiver.recv(received));
  received.rebuild();
  EXPECT_EQ(queued.count(), 0U);
}

}  // namespace
}  // namespace cairn::net
