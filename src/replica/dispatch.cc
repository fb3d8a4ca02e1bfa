// Which verb goes to which function.

#include <variant>

#include "replica/replica.h"

namespace cairn::replica {
namespace {

/// One function a verb: a verb without one does not compile.
template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

void Replica::Dispatch(const Inbound& inbound) {
  const NodeId from = inbound.from;
  const Incarnation incarnation = inbound.incarnation;
  std::visit(
      Overloaded{
          [&](const AskMemory& message) { OnAskMemory(from, incarnation, message); },
          [&](const TellMemory& message) { OnTellMemory(from, incarnation, message); },
          [&](const paxos::Heartbeat& message) { OnHeartbeat(from, incarnation, message); },
          [&](const paxos::Prepare& message) { OnPrepare(from, incarnation, message); },
          [&](const paxos::Promise& message) { OnPromise(from, incarnation, message); },
          [&](const paxos::Refuse& message) { OnRefuse(from, incarnation, message); },
          [&](const paxos::AcceptSync& message) { OnAcceptSync(from, incarnation, message); },
          [&](const paxos::Accept& message) { OnAccept(from, incarnation, message); },
          [&](const paxos::Accepted& message) { OnAccepted(from, incarnation, message); },
          [&](const paxos::Behind& message) { OnBehind(from, incarnation, message); },
          [&](const paxos::Fetch& message) { OnFetch(from, incarnation, message); },
          [&](const paxos::Blocks& message) { OnBlocks(from, incarnation, message); },
          [&](const paxos::Probe& message) { OnProbe(from, incarnation, message); },
          [&](const paxos::ProbeAck& message) { OnProbeAck(from, incarnation, message); },
          [&](const ForwardWrite& message) { OnForwardWrite(from, incarnation, message); },
          [&](const ForwardRead& message) { OnForwardRead(from, incarnation, message); },
          [&](const ForwardAnswer& message) { OnForwardAnswer(from, incarnation, message); }},
      inbound.message);
}

}  // namespace cairn::replica
