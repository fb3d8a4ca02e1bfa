#include "net/reply_queue.h"

#include <algorithm>
#include <utility>

#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// A crowd that came once does not keep its memory for ever.
constexpr std::size_t kKeptConnections = 256;

}  // namespace

ReplyQueue::ReplyQueue(ClientHeader header, zmq::socket_t* router, WarnLimiter* limiter)
    : header_(std::move(header)), router_(router), limiter_(limiter) {}

void ReplyQueue::Add(const ClientAddress& to, const ReplyBody& body) {
  Connection& connection = ConnectionOf(to);
  if (!connection.batch.Fits(body)) {
    Send(connection);
  }
  if (const Status status = connection.batch.Add(to.call_id, body); !status.ok()) {
    ++unsent_;
    limiter_->Warn("to a client: " + status.message());
  }
}

ReplyQueue::Connection& ReplyQueue::ConnectionOf(const ClientAddress& to) {
  const auto [place, added] = places_.try_emplace(to.routing_id, used_);
  if (!added) {
    return connections_[place->second];
  }
  if (used_ == connections_.size()) {
    connections_.push_back({.routing_id = {}, .delimited = false, .batch = ReplyBatch(header_)});
  }
  Connection& connection = connections_[used_++];
  connection.routing_id = to.routing_id;
  connection.delimited = to.delimited;
  return connection;
}

void ReplyQueue::SetFormed(const Hash& block_1) {
  Flush();
  header_.cluster.formed = block_1;
  connections_.clear();  // their frames begin with the old header
}

bool ReplyQueue::Flush() {
  for (std::size_t i = 0; i < used_; ++i) {
    Send(connections_[i]);
  }
  used_ = 0;
  places_.clear();
  if (connections_.size() > kKeptConnections) {
    connections_.erase(connections_.begin() + kKeptConnections, connections_.end());
  }
  return std::exchange(sent_, false);
}

void ReplyQueue::Send(Connection& connection) {
  const std::size_t replies = connection.batch.size();
  if (replies == 0) {
    return;
  }
  zmq::message_t frame;
  if (const Status status = connection.batch.Write(InFrame(frame)); !status.ok()) {
    limiter_->Warn("to a client: " + status.message());
    unsent_ += replies;
    connection.batch = ReplyBatch(header_);
    return;
  }
  sent_ = true;
  zmq::message_t routing_id(connection.routing_id);
  zmq::message_t delimiter;
  const bool sent = TrySend(*router_, routing_id, true) &&
                    (!connection.delimited || TrySend(*router_, delimiter, true)) &&
                    TrySend(*router_, frame);
  if (!sent) {
    unsent_ += replies;
  }
}

}  // namespace cairn::net
