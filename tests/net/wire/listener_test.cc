#include "net/wire/listener.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "tests/net/strangers.h"

namespace cairn::net {
namespace {

using testing::RawConnection;
using Next = Listener::Next;

std::string Part(std::string_view body) {
  return std::string(1, '\0') + static_cast<char>(body.size()) + std::string(body);
}

std::string LongHead(std::uint64_t size) {
  std::string bytes = "\2";
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(size >> shift);
  }
  return bytes;
}

class ListenerTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kMiB = std::size_t{1} << 20;

  void Listen(const Listener::Bounds& bounds) {
    port_ = testing::FreePort();
    listener_ = Listener::Open(bounds, "127.0.0.1", port_, "port").value();
  }
  /// The next message; empty if none comes for a while.
  std::string Hear(int patience_ms = 10'000) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    do {
      if (listener_->Receive() == Next::kMessage) {
        return std::string(listener_->body());
      }
      pollfd item{listener_->descriptor(), POLLIN, 0};
      (void)poll(&item, 1, 1);
      listener_->Look();
      listener_->Tend();
    } while (std::chrono::steady_clock::now() < until);
    return {};
  }
  [[nodiscard]] bool Until(const std::function<bool()>& done) {
    for (int i = 0; i < 30'000 && !done(); ++i) {
      (void)Hear(1);
    }
    return done();
  }
  bool Say(Listener::Id to, std::size_t bytes) {
    ZmtpFrame frame;
    std::fill_n(frame.Allocate(bytes), bytes, 'x');
    return listener_->Send(to, std::move(frame), false);
  }

  std::uint16_t port_ = 0;
  std::unique_ptr<Listener> listener_;
};

constexpr Listener::Bounds kBounds = {.max_frame_bytes = std::size_t{1} << 20,
                                      .most_held = std::size_t{2} << 20,
                                      .most_unsent = std::size_t{8} << 20,
                                      .most_connections = 100};

TEST_F(ListenerTest, ConnectionsTakeTurnsHoweverMuchOneSays) {
  Listen(kBounds);
  RawConnection loud(port_);
  RawConnection quiet(port_);
  loud.Say(ZmtpGreeting() + Part("first"));
  EXPECT_EQ(Hear(), "first");
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += Part("loud");
  }
  loud.Say(many);
  quiet.Say(ZmtpGreeting() + Part("quiet"));
  int before = 0;
  for (std::string heard = Hear(); heard != "quiet"; heard = Hear()) {
    ASSERT_EQ(heard, "loud");
    ++before;
  }
  EXPECT_LT(before, 1000) << "it was heard in between";
}

TEST_F(ListenerTest, WhoDoesNotReadIsCutOffWhenMemoryIsShortAndNobodyElse) {
  Listen(kBounds);
  RawConnection deaf(port_);
  deaf.Say(ZmtpGreeting() + Part("deaf"));
  EXPECT_EQ(Hear(), "deaf");
  const Listener::Id to_deaf = listener_->from();
  testing::Stranger good(port_);
  good.Say({"good"});
  EXPECT_EQ(Hear(), "good");
  const Listener::Id to_good = listener_->from();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Say(to_deaf, kMiB));
  }
  EXPECT_GT(listener_->unsent(to_deaf), kBounds.most_unsent / 2);
  ASSERT_TRUE(Until([&] { return !listener_->Has(to_deaf); }));
  EXPECT_EQ(listener_->unsent(), 0U);
  EXPECT_FALSE(Say(to_deaf, 1)) << "and it is said that nobody is there";
  EXPECT_TRUE(Say(to_good, 10));
  good.Say({"still there"});
  EXPECT_EQ(Hear(), "still there");
}

TEST_F(ListenerTest, LargeFramesWaitForMemoryAndOneThatStandsStillMakesRoom) {
  Listen(kBounds);
  std::vector<std::unique_ptr<RawConnection>> still;
  for (int i = 0; i < 4; ++i) {
    still.push_back(std::make_unique<RawConnection>(port_));
    still.back()->Say(ZmtpGreeting() + LongHead(kMiB) + "a beginning");
  }
  testing::Stranger good(port_);
  good.Say({std::string(kMiB / 2, 'g')});
  EXPECT_EQ(Hear(20'000).size(), kMiB / 2);
}

TEST_F(ListenerTest, OneMoreConnectionThanThereMayBeEndsTheOneThatIsSilentForLongest) {
  Listener::Bounds bounds = kBounds;
  bounds.most_connections = 3;
  Listen(bounds);
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    connections.push_back(std::make_unique<RawConnection>(port_));
    connections.back()->Say(ZmtpGreeting() + Part(name));
    EXPECT_EQ(Hear(), name);
    (void)Hear(150);  // time goes on
  }
  EXPECT_EQ(listener_->connections(), 3U);
  connections[4]->Say(Part("still e"));
  EXPECT_EQ(Hear(), "still e");
}

TEST_F(ListenerTest, APausedConnectionIsNotReadAndLosesNothing) {
  Listen(kBounds);
  testing::Stranger client(port_);
  client.Say({"one"});
  EXPECT_EQ(Hear(), "one");
  const Listener::Id id = listener_->from();
  listener_->Pause(id, true);
  client.Say({"two"});
  EXPECT_EQ(Hear(50), "");
  listener_->Pause(id, false);
  EXPECT_EQ(Hear(), "two");
}

}  // namespace
}  // namespace cairn::net
