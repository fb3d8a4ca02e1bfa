#include "sim/doors.h"

#include <deque>
#include <utility>
#include <variant>
#include <vector>

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr std::size_t kMostUnsent = 64;

api::ReplyBody Refusal(Code code, const char* words) { return api::Answer{code, words, 0, {}, 0}; }

}  // namespace

/// Outlives the connection, for what is still under way to it.
struct Doors::State {
  NodeId node = 0;
  std::uint64_t life = 0;  // the node's, when the connection came to stand
  Ear ear;
  bool closed = false;
  std::deque<api::ClientReply> replies;
};

class Doors::Line final : public client::Transport {
 public:
  Line(Doors* doors, std::shared_ptr<State> state) : doors_(doors), state_(std::move(state)) {}
  ~Line() override { state_->closed = true; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Status Send(const api::ClientCall& call) override {
    if (unsent_.size() >= kMostUnsent && !Connected()) {
      return Status::Unavailable("too many calls wait for the connection");
    }
    if (const auto* write = std::get_if<api::Write>(&call.body)) {
      state_->ear.sent(write->request);
    }
    unsent_.push_back(call);
    Flush();
    return Status::Ok();
  }

  std::optional<api::ClientReply> Receive(int timeout_ms) override {
    Flush();
    if (state_->replies.empty() && timeout_ms > 0) {
      state_->ear.wait(doors_->world_->now() + static_cast<Micros>(timeout_ms) * 1000);
    }
    if (state_->replies.empty()) {
      return std::nullopt;
    }
    api::ClientReply reply = std::move(state_->replies.front());
    state_->replies.pop_front();
    return reply;
  }

  void MeantFor(const Hash& /*formed*/) override {}
  bool Connected() override {
    Flush();
    return doors_->world_->Up(state_->node);
  }

 private:
  /// What waits here leaves when a connection stands, perhaps to the node's next life.
  void Flush() {
    if (!doors_->world_->Up(state_->node)) {
      return;
    }
    state_->life = doors_->world_->life(state_->node);
    for (const api::ClientCall& call : std::exchange(unsent_, {})) {
      doors_->Transmit(state_, call);
    }
  }

  Doors* doors_;
  std::shared_ptr<State> state_;
  std::vector<api::ClientCall> unsent_;
};

Doors::Doors(World* world, std::uint64_t seed) : world_(world), random_(seed * 0x5851f42dU + 7) {
  loss_ = random_.Chance(0.5) ? 0 : 0.02;
  for (const NodeId id : world_->ids()) {
    modes_[id] = Mode::kOpen;
  }
}

config::Cluster Doors::cluster() const {
  config::Cluster cluster;
  cluster.path = "/sim/cluster.toml";
  cluster.name = "sim";
  for (const NodeId id : world_->ids()) {
    cluster.nodes.push_back({id, "127.0.0.1", static_cast<std::uint16_t>(5000 + id),
                             static_cast<std::uint16_t>(5100 + id)});
  }
  return cluster;
}

std::unique_ptr<client::Transport> Doors::Connect(NodeId node, Ear ear) {
  auto state = std::make_shared<State>();
  state->node = node;
  state->ear = std::move(ear);
  return std::make_unique<Line>(this, std::move(state));
}

void Doors::Trouble(Micros duration) {
  trouble_ = true;
  for (const NodeId id : world_->ids()) {
    Change(id, world_->now() + duration);
  }
}

/// One half of the time a door is open.
void Doors::Change(NodeId node, Micros end) {
  world_->At(world_->now() + random_.Between(50'000, 2 * kSecond), [this, node, end] {
    if (!trouble_ || world_->now() >= end) {
      return;
    }
    modes_[node] = modes_[node] != Mode::kOpen
                       ? Mode::kOpen
                       : static_cast<Mode>(random_.Below(static_cast<std::uint64_t>(Mode::kCount)));
    Change(node, end);
  });
}

void Doors::OpenAll() {
  trouble_ = false;
  loss_ = 0;
  for (auto& [id, mode] : modes_) {
    mode = Mode::kOpen;
  }
}

void Doors::Transmit(const std::shared_ptr<State>& line, const api::ClientCall& call) {
  if (random_.Chance(loss_)) {
    return;
  }
  world_->At(world_->now() + random_.Between(50, 1'000), [this, line, call, life = line->life] {
    // With its connection a message is lost, or it finds the next one.
    if (world_->Up(line->node) && (world_->life(line->node) == life || random_.Chance(0.3))) {
      Arrive(line, call);
    }
  });
}

void Doors::Arrive(const std::shared_ptr<State>& line, const api::ClientCall& call) {
  const Mode mode = modes_.at(line->node);
  if (mode == Mode::kMending || mode == Mode::kOtherCluster || mode == Mode::kOtherVersion) {
    world_->Note(Situation::kRefusedAtTheDoor);
    if (mode == Mode::kOtherVersion) {
      return Answer(line, line->node, 0,
                    Refusal(Code::kUsage, "the node speaks protocol version 77"), 0);
    }
    return Answer(line, line->node, call.id,
                  mode == Mode::kMending
                      ? Refusal(Code::kUnavailable, "this node fetches blocks that its disk lost")
                      : Refusal(Code::kUsage, "the client belongs to another cluster"),
                  0);
  }
  NodeId who = line->node;
  if (mode == Mode::kOtherNode) {
    who = who % static_cast<NodeId>(world_->ids().size()) + 1;
    if (!world_->Up(who)) {
      return;
    }
  }
  Micros late = 0;
  if (mode == Mode::kLate || mode == Mode::kMute) {
    late = random_.Below(3 * kSecond);
    world_->Note(Situation::kAnswerLateOrLost);
  }
  Execute(who, call.body,
          [this, line, who, id = call.id, late, mute = mode == Mode::kMute](api::ReplyBody body) {
            if (!mute) {
              Answer(line, who, id, std::move(body), late);
            }
          });
}

void Doors::Execute(NodeId node, const api::CallBody& body,
                    std::function<void(api::ReplyBody)> on_reply) {
  const auto on_answer = [on_reply](const api::Answer& answer) { on_reply(answer); };
  if (const auto* write = std::get_if<api::Write>(&body)) {
    world_->Write(node, write->request, on_answer);
  } else if (const auto* read = std::get_if<api::Read>(&body)) {
    world_->Read(node, read->key, on_answer);
  } else {
    world_->Meet(node, [node, on_reply = std::move(on_reply)](const replica::Replica& replica) {
      api::Welcome welcome;
      welcome.node = node;
      welcome.cluster_name = "sim";
      welcome.decided = replica.acceptor().log().decided();
      welcome.leader = replica.Report().leader;
      on_reply(welcome);
    });
  }
}

void Doors::Answer(const std::shared_ptr<State>& line, NodeId from, std::uint64_t id,
                   api::ReplyBody body, Micros late) {
  if (random_.Chance(loss_)) {
    return world_->Note(Situation::kAnswerLateOrLost);
  }
  world_->At(world_->now() + late + random_.Between(50, 1'000),
             [line, reply = api::ClientReply{id, std::move(body), from, {}}] {
               if (!line->closed) {
                 line->replies.push_back(reply);
                 line->ear.wake();
               }
             });
}

}  // namespace cairn::sim
