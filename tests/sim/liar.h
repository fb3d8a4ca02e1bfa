#pragma once
// False words: one message of an honest node with one field driven to its extreme, as a broken
// program, a flipped bit or somebody hostile might send it. What each extreme does to its receiver:
//
//   ballot.round       ignored beyond a leap, which it adds to the greatest round (kMaxRoundLeap)
//   ballot.node, .incarnation   not the sender's: nothing it says is its own
//   decided, tip       above what the same message shows: no node is like that, ignored; a
//   heartbeat's
//                      tip and decided only say whom to ask, and the next one corrects them
//   heard, leading, content     the next heartbeat corrects them
//   matched, from, last, number bounded by what the receiver has or asked
//   incarnation        of nobody whom the chain knows: no vote
//   stamp.*, seen.*    believed from the second time on (peer_memory.h); a word against the receiver's
//   own
//                      life makes it ask, and vote for nothing until it has the answer (doubts.h)
//
// Of a client's call: a sequence, first_open or session_base at its extreme hurts the session of
// that client alone (kv/sessions.h); slots of a chain call are cut to the chain; nodes of a fault
// call must be ids.
//
// What is not tried: a lie within what a vote says (I have accepted, I had accepted nothing, this
// is decided) and within a client's request. No quorum can tell it from the truth.

#include "replica/peer_message.h"
#include "sim/random.h"

namespace cairn::sim {

/// Drives one field to an extreme. `told`: whom it is told to. False if the codec would refuse the
/// result.
bool Exaggerate(replica::Inbound* inbound, Incarnation told_incarnation, std::uint64_t told_life,
                Random& dice);

}  // namespace cairn::sim
