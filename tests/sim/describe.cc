#include "sim/describe.h"

namespace cairn::sim {
namespace {

std::string Range(const std::vector<BlockPtr>& blocks) {
  return blocks.empty() ? "none"
                        : std::to_string(blocks.front()->slot()) + ".." +
                              std::to_string(blocks.back()->slot());
}

struct Describer {
  std::string operator()(const paxos::Heartbeat& m) const {
    return "Heartbeat promised " + m.promised.ToString() + " accepted " + m.accepted.ToString() +
           " tip " + std::to_string(m.tip) + " decided " + std::to_string(m.decided) + " heard " +
           std::to_string(m.heard) + (m.leading ? " leading" : "") +
           (m.satisfied ? " content" : "");
  }
  std::string operator()(const paxos::Prepare& m) const {
    return "Prepare " + m.ballot.ToString() + " accepted " + m.accepted.ToString() + " tip " +
           std::to_string(m.tip) + " decided " + std::to_string(m.decided);
  }
  std::string operator()(const paxos::Promise& m) const {
    return "Promise " + m.ballot.ToString() + " accepted " + m.accepted.ToString() + " tip " +
           std::to_string(m.tip) + " decided " + std::to_string(m.decided) + " blocks " +
           Range(m.blocks);
  }
  std::string operator()(const paxos::Refuse& m) const {
    return "Refuse promised " + m.promised.ToString();
  }
  std::string operator()(const paxos::AcceptSync& m) const {
    return "Sync " + m.ballot.ToString() + " tip " + std::to_string(m.tip) + " decided " +
           std::to_string(m.decided) + " blocks " + Range(m.blocks);
  }
  std::string operator()(const paxos::Accept& m) const {
    return "Accept " + m.ballot.ToString() + " slot " + std::to_string(m.block->slot()) +
           " decided " + std::to_string(m.decided);
  }
  std::string operator()(const paxos::Accepted& m) const {
    return "Accepted " + m.ballot.ToString() + " tip " + std::to_string(m.tip);
  }
  std::string operator()(const paxos::Behind& m) const {
    return "Behind " + m.ballot.ToString() + " accepted " + m.accepted.ToString() + " matched " +
           std::to_string(m.matched) + " decided " + std::to_string(m.decided);
  }
  std::string operator()(const paxos::Fetch& m) const {
    return "Fetch from " + std::to_string(m.from);
  }
  std::string operator()(const paxos::Blocks& m) const { return "Blocks " + Range(m.blocks); }
  std::string operator()(const paxos::Probe& m) const {
    return "Probe " + m.ballot.ToString() + " number " + std::to_string(m.number);
  }
  std::string operator()(const paxos::ProbeAck& m) const {
    return "ProbeAck " + m.ballot.ToString() + " number " + std::to_string(m.number);
  }
  std::string operator()(const replica::ForwardWrite& m) const {
    return "ForwardWrite " + m.request.key;
  }
  std::string operator()(const replica::ForwardRead& m) const { return "ForwardRead " + m.key; }
  std::string operator()(const replica::AskMemory& m) const {
    return "AskMemory " + std::to_string(m.number);
  }
  std::string operator()(const replica::TellMemory& m) const {
    return "TellMemory " + std::to_string(m.number) + " accused " + std::to_string(m.seen.accused) +
           " commits " + std::to_string(m.seen.commits);
  }
  std::string operator()(const replica::ForwardAnswer& m) const {
    return "ForwardAnswer " + std::string(CodeName(m.answer.code));
  }
};

}  // namespace

std::string Describe(const replica::Message& message) { return std::visit(Describer{}, message); }

}  // namespace cairn::sim
