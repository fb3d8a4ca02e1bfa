#include "kv/sessions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/check.h"

namespace cairn::kv {
namespace {

constexpr std::uint8_t kSessionVersion = 2;
constexpr std::string_view kHorizonKey = "h";
constexpr std::size_t kSessionBytes = 1 + 4 * 8 + 4;
constexpr std::size_t kRememberedBytes = 8 + 1 + 8;

std::string SessionKey(ClientId client) {
  std::string key(1, 's');
  key += OrderedU64(client);
  return key;
}

bool IsWellFormed(const Request& request) {
  return request.client != 0 && request.sequence != 0 && request.sequence >= request.first_open &&
         request.sequence - request.first_open < kMaxOpenRequests;
}

}  // namespace

Sessions::Sessions(Table* table, std::uint64_t max_sessions, Micros rest)
    : table_(table), max_sessions_(max_sessions), rest_(rest) {
  CAIRN_CHECK(max_sessions > 0, "there is room for the session that is in use");
  Load();
}

void Sessions::Load() {
  if (const std::optional<std::string> horizon = table_->Get(kHorizonKey)) {
    Reader r(*horizon);
    horizon_ = r.U64();
    CAIRN_CHECK(r.AtEnd(), "the session horizon in the table is one number");
  }
  std::vector<std::pair<std::uint64_t, ClientId>> order;
  table_->Scan("s", "t", [&](std::string_view key, std::string_view value) {
    const ClientId client = ParseOrderedU64(key.substr(1));
    const auto place = sessions_.emplace(client, Parse(value)).first;
    order.emplace_back(place->second.last_use, client);
    outcomes_ += place->second.outcomes.size();
    return true;
  });
  std::sort(order.begin(), order.end());
  for (const auto& [last_use, client] : order) {
    by_use_.push_back(client);
    sessions_.at(client).place = std::prev(by_use_.end());
    uses_ = last_use;
  }
}

std::optional<Outcome> Sessions::Begin(const Request& request, Slot slot, Micros time) {
  if (!IsWellFormed(request)) {
    return Outcome{Code::kUsage, slot};
  }
  const auto known = sessions_.find(request.client);
  if (known == sessions_.end()) {
    if (request.session_base < horizon_) {
      return Outcome{Code::kUnknownOutcome, slot};
    }
    if (sessions_.size() >= max_sessions_) {
      if (!AnotherRests(request.client, time)) {
        return Outcome{Code::kFull, slot};
      }
      Evict();
    }
    Session& session = sessions_[request.client];
    session.place = by_use_.insert(by_use_.end(), request.client);
    session.first_open = request.first_open;
    Use(request.client, session, slot, time);
    begun_ = &session;
    return std::nullopt;
  }
  Session& session = known->second;
  if (request.sequence < session.first_open) {
    return Outcome{Code::kUnknownOutcome, slot};
  }
  if (std::optional<Outcome> first = Find(session, request.sequence)) {
    return first;
  }
  Use(request.client, session, slot, time);
  Forget(session, request.first_open);
  while (session.outcomes.size() >= kFairOutcomes && OutcomesAreFull()) {
    if (!AnotherRests(request.client, time)) {
      return Outcome{Code::kFull, slot};
    }
    Evict();
  }
  begun_ = &session;
  return std::nullopt;
}

void Sessions::Use(ClientId client, Session& session, Slot slot, Micros time) {
  session.last_use = ++uses_;
  session.last_slot = slot;
  session.last_time = time;
  by_use_.splice(by_use_.end(), by_use_, session.place);
  if (!session.changed) {
    session.changed = true;
    changed_.push_back(client);
  }
}

void Sessions::Forget(Session& session, Sequence below) {
  if (below > session.first_open) {
    session.first_open = below;
    outcomes_ -=
        std::erase_if(session.outcomes, [&](const OnDurable& r) { return r.sequence < below; });
  }
}

bool Sessions::AnotherRests(ClientId client, Micros time) const {
  const ClientId oldest = by_use_.front();
  return oldest != client && time >= sessions_.at(oldest).last_time + rest_;
}

void Sessions::Evict() {
  const auto oldest = sessions_.find(by_use_.front());
  horizon_ = std::max(horizon_, oldest->second.last_slot);
  outcomes_ -= oldest->second.outcomes.size();
  evicted_.push_back(oldest->first);
  by_use_.pop_front();
  sessions_.erase(oldest);
}

bool Sessions::HasRoomFor(const Request& request, Micros time) const {
  const auto known = sessions_.find(request.client);
  if (known == sessions_.end()) {
    return sessions_.size() < max_sessions_ || request.session_base < horizon_ ||
           AnotherRests(request.client, time);
  }
  const auto open = std::ranges::count_if(
      known->second.outcomes, [&](const OnDurable& r) { return r.sequence >= request.first_open; });
  return !OutcomesAreFull() || static_cast<std::uint64_t>(open) < kFairOutcomes ||
         AnotherRests(request.client, time);
}

void Sessions::Record(const Request& request, const Outcome& outcome) {
  CAIRN_CHECK(begun_ != nullptr, "an outcome belongs to a session that has begun");
  std::vector<OnDurable>& outcomes = std::exchange(begun_, nullptr)->outcomes;
  // Requests mostly come in order, so that the place is nearly always the end.
  auto place = outcomes.end();
  while (place != outcomes.begin() && std::prev(place)->sequence > request.sequence) {
    --place;
  }
  outcomes.insert(place, {request.sequence, outcome});
  ++outcomes_;
}

void Sessions::EndBlock() {
  // Evictions first: a client that was evicted within this block can have begun again in it.
  for (const ClientId client : evicted_) {
    table_->Erase(SessionKey(client));
  }
  for (const ClientId client : changed_) {
    if (const auto known = sessions_.find(client); known != sessions_.end()) {
      Save(client, known->second);
    }
  }
  if (!evicted_.empty()) {
    Writer w;
    table_->Put(kHorizonKey, w.U64(horizon_).bytes());
  }
  evicted_.clear();
  changed_.clear();
}

void Sessions::Save(ClientId client, Session& session) {
  FixedWriter f(&record_, kSessionBytes + session.outcomes.size() * kRememberedBytes);
  f.U8(kSessionVersion).U64(session.last_use).U64(session.last_slot).U64(session.last_time);
  f.U64(session.first_open);
  f.U32(static_cast<std::uint32_t>(session.outcomes.size()));
  for (const OnDurable& r : session.outcomes) {
    f.U64(r.sequence).U8(static_cast<std::uint8_t>(r.outcome.code)).U64(r.outcome.slot);
  }
  CAIRN_CHECK(f.full(), "a session's record is as long as its parts");
  table_->Put(SessionKey(client), record_);
  session.changed = false;
}

Sessions::Session Sessions::Parse(std::string_view bytes) {
  Reader r(bytes);
  CAIRN_CHECK(r.U8() == kSessionVersion, "the sessions in the state are of this version's format");
  Session session;
  session.last_use = r.U64();
  session.last_slot = r.U64();
  session.last_time = r.U64();
  session.first_open = r.U64();
  const std::uint32_t count = r.U32();
  for (std::uint32_t i = 0; i < count && r.ok(); ++i) {
    OnDurable remembered;
    remembered.sequence = r.U64();
    remembered.outcome.code = static_cast<Code>(r.U8());
    remembered.outcome.slot = r.U64();
    session.outcomes.push_back(remembered);
  }
  CAIRN_CHECK(r.AtEnd(), "a session in the state is whole");
  return session;
}

std::optional<Outcome> Sessions::Find(const Session& session, Sequence sequence) {
  if (session.outcomes.empty() || session.outcomes.back().sequence < sequence) {
    return std::nullopt;  // Nearly always: a request that is new.
  }
  const auto place =
      std::lower_bound(session.outcomes.begin(), session.outcomes.end(), sequence,
                       [](const OnDurable& r, Sequence wanted) { return r.sequence < wanted; });
  if (place == session.outcomes.end() || place->sequence != sequence) {
    return std::nullopt;
  }
  return place->outcome;
}

std::optional<Outcome> Sessions::Recall(ClientId client, Sequence sequence) const {
  const auto known = sessions_.find(client);
  return known == sessions_.end() ? std::nullopt : Find(known->second, sequence);
}

}  // namespace cairn::kv
