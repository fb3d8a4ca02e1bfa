#pragma once
// The nodes of a world as real clients (src/client) meet them: connections in virtual time that
// delay, lose and break, and doors at which a node may refuse, mend its disk, speak another
// version, be somebody else, or answer late or never, while its replica goes on behind it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "client/transport.h"
#include "sim/random.h"
#include "sim/world.h"

namespace cairn::sim {

class Doors {
 public:
  enum class Mode : std::uint8_t {
    kOpen,
    kMending,       ///< Every call is answered with "unavailable", as by a node that mends itself.
    kOtherCluster,  ///< Every call is refused for good.
    kOtherVersion,  ///< Every frame is answered with one that the client can't take.
    kOtherNode,     ///< Another node of the cluster listens there.
    kMute,          ///< Calls are done and not answered.
    kLate,          ///< Calls are done, and answered up to three seconds later.
    kCount,
  };

  /// What a client does with its connections.
  struct Ear {
    std::function<void()> wake;                ///< A reply has come.
    std::function<void(Micros until)> wait;    ///< Until then, or until it is woken.
    std::function<void(const Request&)> sent;  ///< A write was handed to a connection.
  };

  /// The world is not owned.
  Doors(World* world, std::uint64_t seed);

  /// Doors change from time to time, until the time is over.
  void Trouble(Micros duration);
  /// No more of that.
  void OpenAll();
  void Set(NodeId node, Mode mode) { modes_[node] = mode; }

  [[nodiscard]] config::Cluster cluster() const;
  /// A connection to a node's client port.
  [[nodiscard]] std::unique_ptr<client::Transport> Connect(NodeId node, Ear ear);

 private:
  class Line;
  struct State;

  void Change(NodeId node, Micros end);
  void Transmit(const std::shared_ptr<State>& line, const api::ClientCall& call);
  void Arrive(const std::shared_ptr<State>& line, const api::ClientCall& call);
  void Execute(NodeId node, const api::CallBody& body,
               std::function<void(api::ReplyBody)> on_reply);
  void Answer(const std::shared_ptr<State>& line, NodeId from, std::uint64_t id,
              api::ReplyBody body, Micros late);

  World* world_;
  Random random_;
  double loss_;
  std::map<NodeId, Mode> modes_;
  bool trouble_ = false;
};

}  // namespace cairn::sim
