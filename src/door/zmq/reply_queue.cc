#include "door/zmq/reply_queue.h"

#include <algorithm>
#include <utility>

namespace cairn::door {
namespace {

// A crowd that came once does not keep its memory for ever.
constexpr std::size_t kKeptConnections = 256;

}  // namespace

ReplyQueue::ReplyQueue(net::ClientHeader header, net::Listener* port, net::WarnLimiter* limiter)
    : header_(std::move(header)), port_(port), limiter_(limiter) {}

void ReplyQueue::Add(const ReturnAddress& to, const api::ReplyBody& body) {
  Connection& connection = ConnectionOf(to);
  if (!connection.batch.Fits(body)) {
    Send(connection);
  }
  if (const Status status = connection.batch.Add(to.call_id, body); !status.ok()) {
    ++unsent_;
    limiter_->Warn("to a client: " + status.message());
  }
}

ReplyQueue::Connection& ReplyQueue::ConnectionOf(const ReturnAddress& to) {
  const auto [place, added] = places_.try_emplace(to.connection, used_);
  if (!added) {
    return connections_[place->second];
  }
  if (used_ == connections_.size()) {
    connections_.push_back({.id = 0, .delimited = false, .batch = net::ReplyBatch(header_)});
  }
  Connection& connection = connections_[used_++];
  connection.id = to.connection;
  connection.delimited = to.delimited;
  return connection;
}

void ReplyQueue::SetFormed(const Hash& block_1) {
  Flush();
  header_.cluster.formed = block_1;
  connections_.clear();  // their frames begin with the old header
}

void ReplyQueue::Flush() {
  for (std::size_t i = 0; i < used_; ++i) {
    Send(connections_[i]);
  }
  used_ = 0;
  places_.clear();
  if (connections_.size() > kKeptConnections) {
    connections_.erase(connections_.begin() + kKeptConnections, connections_.end());
  }
}

void ReplyQueue::Send(Connection& connection) {
  const std::size_t replies = connection.batch.size();
  if (replies == 0) {
    return;
  }
  net::ZmtpFrame frame;
  const Status status =
      connection.batch.Write([&](std::size_t bytes) { return frame.Allocate(bytes); });
  if (!status.ok()) {
    limiter_->Warn("to a client: " + status.message());
    connection.batch = net::ReplyBatch(header_);
  }
  if (!status.ok() || !port_->Send(connection.id, std::move(frame), connection.delimited)) {
    unsent_ += replies;
  }
}

}  // namespace cairn::door
