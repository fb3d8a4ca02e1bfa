// What is said on the stage: messages in flight, and clients.

#include <algorithm>

#include "scenarios/stage.h"
#include "scenarios/words.h"

namespace cairn::scenarios {
namespace {

constexpr ClientId kFirstNewClient = 1000;
/// Of the node's directory (see Stage::LoseDisk).
std::uint64_t LivesBefore(NodeId node, Incarnation life) { return life - LifeOf(node, 1); }

constexpr const char* kHeartbeat = "Heartbeat";

/// Which Hear makes of the first.
bool IsSecondCopy(const replica::Message& message) {
  const auto* beat = std::get_if<paxos::Heartbeat>(&message);
  return beat != nullptr && beat->behind_blocks;
}

bool IsHeartbeat(const replica::Message& message) {
  return std::holds_alternative<paxos::Heartbeat>(message);
}

}  // namespace

// --- messages

void Stage::TellSaid(NodeId id, const std::string& when,
                     const std::vector<replica::Outbound>& messages) {
  // One line a message, with all whom it goes to.
  std::vector<std::pair<std::string, std::string>> lines;
  for (const replica::Outbound& message : messages) {
    if (IsSecondCopy(message.message) || (IsHeartbeat(message.message) && !verbose_)) {
      continue;
    }
    const std::string words = MessageWords(message.message);
    const auto same =
        std::ranges::find_if(lines, [&](const auto& line) { return line.first == words; });
    if (same == lines.end()) {
      lines.emplace_back(words, std::to_string(message.to));
    } else {
      same->second += " " + std::to_string(message.to);
    }
  }
  for (const auto& [words, to] : lines) {
    TellTurn(id, when + "  " + words + " -> " + to);
  }
}

void Stage::Post(NodeId from, const replica::Outbound& message) {
  replica::Inbound inbound{from, nodes_.at(from).disk.incarnation(), message.message};
  if (IsSecondCopy(message.message)) {
    return;
  }
  if (IsHeartbeat(message.message)) {
    beats_.insert_or_assign({message.to, from}, std::move(inbound));
  } else {
    flight_.push_back({next_number_++, message.to, std::move(inbound)});
  }
}

void Stage::TellMessage(const InFlight& message, const std::string& fate) {
  const NodeId from = message.inbound.from;
  const std::string life(LivesBefore(from, message.inbound.incarnation), '\'');
  Tell(std::to_string(from) + life + "->" + std::to_string(message.to) + " " +
       MessageWords(message.inbound.message) + fate);
}

std::vector<Stage::InFlight> Stage::Take(const Selection& selection) {
  std::vector<InFlight> taken;
  const auto take_if = [&](const auto& matches) {
    for (const InFlight& message : flight_) {
      if (matches(message)) {
        taken.push_back(message);
      }
    }
    std::erase_if(flight_, matches);
  };
  for (const std::uint64_t number : selection.numbers) {
    take_if([&](const InFlight& message) { return message.number == number; });
  }
  if (selection.numbers.empty()) {
    take_if([&](const InFlight& message) {
      return (selection.from == 0 || message.inbound.from == selection.from) &&
             (selection.to == 0 || message.to == selection.to) &&
             MessageWords(message.inbound.message).find(selection.words) != std::string::npos;
    });
  }
  if (taken.empty()) {
    Tell("nothing like that is in flight");
  }
  return taken;
}

void Stage::HearAll(const std::vector<InFlight>& messages) {
  for (const NodeId to : ids_) {
    bool hears = false;
    for (const InFlight& message : messages) {
      if (message.to != to) {
        continue;
      }
      const NodeId from = message.inbound.from;
      const bool lost = Lost(from, to);
      TellMessage(message, lost ? ", lost" : "");
      if (!lost) {
        nodes_.at(to).inbox.emplace_back(
            [inbound = message.inbound](replica::Replica& replica) { Hear(replica, inbound); });
        hears = true;
      }
    }
    if (hears && nodes_.at(to).unsynced) {
      Tell("  node " + std::to_string(to) + " waits for its disk");
    } else if (hears) {
      Turn(to);
    }
  }
}

void Stage::Deliver(const Selection& selection) {
  if (selection.words == kHeartbeat) {
    std::vector<InFlight> taken;
    for (const auto& [link, inbound] : beats_) {
      if ((selection.from == 0 || inbound.from == selection.from) &&
          (selection.to == 0 || link.first == selection.to)) {
        taken.push_back({0, link.first, inbound});
      }
    }
    for (const InFlight& beat : taken) {
      beats_.erase({beat.to, beat.inbound.from});
    }
    HearAll(taken);
    return;
  }
  HearAll(Take(selection));
}

void Stage::DeliverAll() {
  constexpr int kManyRounds = 1000;
  for (int round = 0; round < kManyRounds && !flight_.empty(); ++round) {
    HearAll(std::exchange(flight_, {}));
  }
}

void Stage::Drop(const Selection& selection) {
  for (const InFlight& message : Take(selection)) {
    TellMessage(message, ", dropped");
  }
}

void Stage::Duplicate(const Selection& selection) {
  for (InFlight& message : Take(selection)) {
    TellMessage(message, ", twice");
    flight_.push_back(message);
    message.number = next_number_++;
    flight_.push_back(message);
  }
}

void Stage::TellFlight(const Selection& selection) {
  std::vector<InFlight> before = flight_;
  for (const InFlight& message : Take(selection)) {
    TellMessage(message, ", number " + std::to_string(message.number));
  }
  flight_ = std::move(before);
}

// --- clients

void Stage::Put(NodeId id, ClientId client, const std::string& key, const std::string& value) {
  if (client == 0) {
    client = kFirstNewClient + clients_.size();
  }
  const auto [known, is_new] = clients_.try_emplace(client);
  Request& request = known->second;
  if (is_new) {
    request.client = client;
    request.session_base = nodes_.at(id).replica->acceptor().log().decided();
    request.first_open = 1;
  }
  ++request.sequence;
  request.key = key;
  request.value = value;
  last_client_ = client;
  Submit(id, request);
}

void Stage::Retry(NodeId id, ClientId client) {
  last_client_ = client == 0 ? last_client_ : client;
  Submit(id, clients_.at(last_client_));
}

void Stage::Submit(NodeId id, const Request& request) {
  const replica::Token token = next_token_++;
  asked_[token] = RequestWords(request);
  Happen(id, [token, request](replica::Replica& replica) { replica.Submit(token, request); });
}

void Stage::Get(NodeId id, const std::string& key) {
  const replica::Token token = next_token_++;
  asked_[token] = "get " + key;
  Happen(id, [token, key](replica::Replica& replica) { replica.Read(token, key); });
}

void Stage::GetLocal(NodeId id, const std::string& key) {
  const auto entry = nodes_.at(id).machine->Get(key);
  Tell("node " + std::to_string(id) + " holds " + key + "=" +
       (entry ? entry->value : std::string("?")) + " at slot " +
       std::to_string(nodes_.at(id).machine->applied()));
}

}  // namespace cairn::scenarios
