#pragma once
// A port where anybody may connect and speak ZeroMQ's protocol: who sends what, and what waits to
// be sent to whom, in bytes that are bounded for each connection and for all of them. One thread
// owns it; nothing waits.
//
// Connections take turns: after a message the next one is another's, if another has one. One whose
// frame needs memory that there is not, or that is paused, is not read from, and the kernel makes
// the other side wait. Where memory is short, one that holds much of it and gets on slowly is cut
// off, so that others can go on.
//
// Files: listener.cc (who is there, what comes), listener_send.cc (what goes).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/status.h"
#include "net/wire/zmtp.h"

namespace cairn::net {

class Listener {
 public:
  /// Names a connection, and never another one; 0 is none.
  using Id = std::uint64_t;
  struct Bounds {
    std::size_t max_frame_bytes = 0;  ///< A connection that sends a larger frame is closed.
    /// Bytes of memory for what comes in, of all connections. A frame that is larger than the rest
    /// of it waits.
    std::size_t most_held = 0;
    /// Bytes that wait to be sent, of all connections: from half of it on, memory is short. Whether
    /// to send more is the caller's business.
    std::size_t most_unsent = 0;
    /// One more, and the one that has been silent for longest is closed.
    std::size_t most_connections = 0;
  };

  /// Listens at once. Other, with the address and what to do, if it can't. `setting` names what to
  /// change in the cluster file ("peer_port").
  static Result<std::unique_ptr<Listener>> Open(const Bounds& bounds, const std::string& host,
                                                std::uint16_t port, const std::string& setting);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Readable while Look would see something.
  [[nodiscard]] int descriptor() const { return epoll_; }
  /// Takes note of what has happened, and sends on what waits.
  void Look();
  /// To be called now and then, by whoever waits for the descriptor: closes whom it must.
  void Tend();
  /// Every connection hears now and then that this side lives: to be called by another thread while
  /// the owner is held up and calls nothing.
  void StayAlive();

  /// Whether Receive may find something without a Look.
  [[nodiscard]] bool MayReceive() const { return !ready_.empty() || !sending_.empty(); }
  enum class Next : std::uint8_t {
    kNone,     ///< No message waits.
    kMessage,  ///< from(), body() … tell of it until the next Receive, Look or Tend.
    kRefused,  ///< A message had the wrong number of frames, and is gone.
  };
  [[nodiscard]] Next Receive();
  [[nodiscard]] Id from() const { return current_->id; }
  [[nodiscard]] std::string_view body() const { return current_->in.body(); }
  [[nodiscard]] bool delimited() const { return current_->in.delimited(); }
  /// Where the message came from, for people: an IP address.
  [[nodiscard]] const std::string& remote() const { return current_->remote; }
  /// The same with the port of the connection, by which a person finds the process: "address:port".
  /// For rare use: it asks the system.
  [[nodiscard]] std::string source() const;

  /// Sends at once what the kernel takes, and the rest by and by. False if nobody is there.
  bool Send(Id to, ZmtpFrame frame, bool delimited);
  /// Bytes that wait for it; 0 if nobody is there.
  [[nodiscard]] std::size_t unsent(Id to) const;
  [[nodiscard]] std::size_t unsent() const { return unsent_; }
  /// Nothing is read from it, until it is not paused any more.
  void Pause(Id id, bool paused);
  /// Connections that were closed, or that all was sent to, since the last call.
  [[nodiscard]] std::vector<Id> TakeNews() { return std::exchange(news_, {}); }
  [[nodiscard]] bool Has(Id id) const { return connections_.contains(id); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  using Time = std::chrono::steady_clock::duration;  // by clock_
  /// How one direction gets on: since when the last so many bytes are under way.
  struct Progress {
    Time since{};
    std::size_t bytes = 0;
    void Begin(Time now) { *this = {now, 0}; }
    void Moved(std::size_t count, Time now);
  };
  struct Frame {
    ZmtpFrame memory;
    std::string_view rest;
  };
  struct Connection {
    Connection(Id name, int descriptor, std::string address, std::size_t max_frame_bytes, Time now)
        : id(name), fd(descriptor), remote(std::move(address)), in(max_frame_bytes), heard(now) {}
    Id id;
    int fd;
    std::string remote;
    ZmtpReader in;
    Time heard;  // when it came, or said something
    Progress coming;
    bool readable = false;  // the kernel may have something
    bool ends = false;      // behind what the kernel has there is an end
    bool queued = false;    // in ready_
    bool paused = false;
    bool starved = false;  // in starved_
    bool doomed = false;   // in doomed_
    std::deque<Frame> out;
    std::size_t unsent = 0;
    Progress going;
    bool blocked = false;  // the kernel takes no more
    bool late = false;     // it took no more of what is out
  };

  Listener(const Bounds& bounds, int socket, int epoll);
  void Accept();
  void Admit(int fd, std::string remote);
  void Enqueue(Connection& connection);
  void EnqueueIfMore(Connection& connection);
  void Release(Connection& connection);
  bool Read(Connection& connection);
  void SendOn();
  void SendSome(Connection& connection);
  void SendNow(Connection& connection, std::string_view bytes);
  void Doom(Connection& connection);
  void Bury();
  void Close(Id id);
  void CloseStalled();
  void SetAccepting(bool accepting);
  void FeedStarved();

  const Bounds bounds_;
  int socket_;
  int epoll_;
  bool accepting_ = true;
  std::unordered_map<Id, std::unique_ptr<Connection>> connections_;
  Id last_id_ = 0;
  Connection* current_ = nullptr;
  std::deque<Id> ready_;
  std::deque<Id> starved_;
  std::deque<Id> sending_;  // have more to send than one Look should
  std::vector<Id> doomed_;
  std::vector<Id> news_;
  std::size_t held_ = 0;
  std::size_t unsent_ = 0;
  // Goes on while this side gets on, too: what it did not do is nobody else's delay.
  Time clock_{};
  std::chrono::steady_clock::time_point last_look_;
  Time last_tend_{};
  std::chrono::steady_clock::time_point last_ping_;
};

}  // namespace cairn::net
