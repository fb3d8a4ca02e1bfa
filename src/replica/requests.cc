#include "replica/requests.h"

#include <algorithm>
#include <iterator>

#include "api/operation.h"
#include "chain/block_format.h"
#include "common/check.h"

namespace cairn::replica {
namespace {

std::size_t SizeOf(const WaitingRequest& waiting) {
  return sizeof(WaitingRequest) + waiting.request.key.size() + waiting.request.value.size();
}

std::size_t SizeOf(const std::string& key) { return sizeof(Reads::Pending) + key.size(); }

}  // namespace

void Waiting::Add(Token token, WaitingRequest request) {
  bytes_ += SizeOf(request);
  if (request.handed_to == 0) {
    parked_.emplace(request.parked_at, token);
  }
  arrivals_.push_back(token);
  const bool added = requests_.emplace(token, std::move(request)).second;
  CAIRN_CHECK(added, "a token names one request");
}

const WaitingRequest* Waiting::Find(Token token) const {
  const auto found = requests_.find(token);
  return found == requests_.end() ? nullptr : &found->second;
}

WaitingRequest& Waiting::At(Token token) {
  const auto found = requests_.find(token);
  CAIRN_CHECK(found != requests_.end(), "what is handed on waits");
  return found->second;
}

void Waiting::Remove(Token token) {
  const auto found = requests_.find(token);
  CAIRN_CHECK(found != requests_.end(), "a request is answered once");
  bytes_ -= SizeOf(found->second);
  if (found->second.handed_to == 0) {
    parked_.erase({found->second.parked_at, token});
  }
  requests_.erase(found);
}

void Waiting::HandTo(Token token, NodeId node) {
  WaitingRequest& request = At(token);
  if (request.handed_to == 0) {
    parked_.erase({request.parked_at, token});
  }
  request.handed_to = node;
  request.in_play += 1;
}

void Waiting::TakeBack(Token token, Micros now) {
  WaitingRequest& request = At(token);
  if (request.handed_to == 0) {
    parked_.erase({request.parked_at, token});
  }
  request.handed_to = 0;
  request.parked_at = now;
  request.in_play -= std::min(request.in_play, 1U);
  parked_.emplace(now, token);
}

std::vector<Token> Waiting::Parked(std::size_t most) const {
  std::vector<Token> tokens;
  for (auto parked = parked_.begin(); parked != parked_.end() && tokens.size() < most; ++parked) {
    tokens.push_back(parked->second);
  }
  return tokens;
}

void Waiting::ParkAll(Micros now) {
  for (auto& [token, request] : requests_) {
    if (request.handed_to != 0) {
      request.handed_to = 0;
      request.parked_at = now;
      parked_.emplace(now, token);
    }
  }
}

std::vector<Token> Waiting::Overdue(Micros now, Micros park, Micros expire, std::size_t most) {
  while (!arrivals_.empty() && Find(arrivals_.front()) == nullptr) {
    arrivals_.pop_front();
  }
  std::vector<Token> tokens;
  for (const Token token : arrivals_) {
    const WaitingRequest* request = Find(token);
    if (tokens.size() == most || (request != nullptr && now - request->since < expire)) {
      break;
    }
    if (request != nullptr) {
      tokens.push_back(token);
    }
  }
  for (const auto& [since, token] : parked_) {
    if (tokens.size() == most || now - since < park) {
      break;
    }
    if (now - Find(token)->since < expire) {  // else it is among them already
      tokens.push_back(token);
    }
  }
  return tokens;
}

void Proposals::Add(const Origin& origin, const Request& request) {
  const auto [open, is_new] = open_.try_emplace({request.client, request.sequence});
  auto& origins = open->second.origins;
  if (std::ranges::find(origins, origin) == origins.end()) {
    origins.push_back(origin);
  }
  if (is_new) {
    open->second.what = api::NameOf(request.op) + " " + request.key;
    bytes_ += chain::EncodedSize(request);
    queue_.push_back(request);
  }
}

std::vector<Request> Proposals::TakeBatch(Slot slot, std::size_t max_requests,
                                          std::size_t max_bytes) {
  std::vector<Request> batch;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < max_requests) {
    Request& next = queue_.front();
    const std::size_t size = chain::EncodedSize(next);
    if (!batch.empty() && bytes + size > max_bytes) {
      break;
    }
    bytes += size;
    bytes_ -= size;
    open_.at({next.client, next.sequence}).slot = slot;
    batch.push_back(std::move(next));
    queue_.pop_front();
  }
  return batch;
}

std::vector<Origin> Proposals::Finish(ClientId client, Sequence sequence) {
  const auto found = open_.find({client, sequence});
  // Still queued: decided by way of an older leader's block; its own turn will find the session.
  if (found == open_.end() || found->second.slot == 0) {
    return {};
  }
  std::vector<Origin> origins = std::move(found->second.origins);
  open_.erase(found);
  return origins;
}

std::vector<Origin> Proposals::Refuse(ClientId client, Sequence sequence, Slot slot) {
  const auto found = open_.find({client, sequence});
  return found != open_.end() && found->second.slot == slot ? Finish(client, sequence)
                                                            : std::vector<Origin>{};
}

std::vector<Origin> Proposals::Clear() {
  std::vector<Origin> unsealed = ClearQueue();
  open_.clear();
  return unsealed;
}

std::vector<Origin> Proposals::ClearQueue() {
  std::vector<Origin> unsealed;
  std::erase_if(open_, [&](const auto& entry) {
    const Open& open = entry.second;
    if (open.slot == 0) {
      unsealed.insert(unsealed.end(), open.origins.begin(), open.origins.end());
    }
    return open.slot == 0;
  });
  queue_.clear();
  bytes_ = 0;
  return unsealed;
}

std::vector<api::QueueEntry> Proposals::Describe() const {
  std::vector<api::QueueEntry> entries;
  for (const auto& [key, open] : open_) {
    entries.push_back({open.what, open.slot == 0
                                      ? "a place in a block"
                                      : "a quorum for slot " + std::to_string(open.slot)});
  }
  return entries;
}

void Reads::Add(Origin origin, std::string key, Micros now) {
  bytes_ += SizeOf(key);
  waiting_.push_back({origin, std::move(key), now});
}

std::size_t Reads::size() const {
  std::size_t size = waiting_.size() + in_round_.size();
  for (const auto& [node, reads] : confirmed_) {
    size += reads.size();
  }
  return size;
}

void Reads::BeginRound(Slot decided) {
  in_round_ = std::move(waiting_);
  waiting_.clear();
  round_slot_ = decided;
}

void Reads::EndRound() {
  for (Pending& read : in_round_) {
    confirmed_[read.origin.node].push_back(std::move(read));
  }
  in_round_.clear();
  confirmed_slot_ = round_slot_;
}

NodeId Reads::NextReady(Slot applied, const Open& open) const {
  NodeId first = 0;
  for (const auto& [node, reads] : confirmed_) {
    if (applied < confirmed_slot_ || !open(node)) {
      continue;
    }
    if (node > served_) {
      return node;
    }
    first = first == 0 ? node : first;
  }
  return first;
}

Reads::Pending Reads::TakeFirst(NodeId node) {
  const auto found = confirmed_.find(node);
  Pending read = std::move(found->second.front());
  bytes_ -= SizeOf(read.key);
  found->second.pop_front();
  if (found->second.empty()) {
    confirmed_.erase(found);
  }
  return read;
}

std::optional<Reads::Pending> Reads::TakeReady(Slot applied, const Open& open) {
  const NodeId node = NextReady(applied, open);
  if (node == 0) {
    return std::nullopt;
  }
  served_ = node;
  return TakeFirst(node);
}

void Reads::Forget(Micros oldest) {
  std::vector<NodeId> nodes;
  for (const auto& [node, reads] : confirmed_) {
    nodes.push_back(node);
  }
  for (const NodeId node : nodes) {
    while (confirmed_.contains(node) && confirmed_[node].front().since < oldest) {
      (void)TakeFirst(node);
    }
  }
}

std::vector<Origin> Reads::Clear() {
  std::vector<Origin> origins;
  const auto take = [&](const auto& reads) {
    for (const Pending& read : reads) {
      origins.push_back(read.origin);
    }
  };
  take(waiting_);
  take(in_round_);
  for (const auto& [node, reads] : confirmed_) {
    take(reads);
  }
  waiting_.clear();
  in_round_.clear();
  confirmed_.clear();
  bytes_ = 0;
  return origins;
}

}  // namespace cairn::replica
