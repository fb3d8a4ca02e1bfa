#pragma once
// The rules of agreement, and why they are enough. Code and tests refer to them by number.
//
// The log is the chain: slot s holds block s, block s names the hash of block s-1, slot 0 is the
// genesis block. Equal hashes at a slot mean equal histories up to it. Durable at every node are
// the ballots promised and accepted (one for the whole log), the blocks 1..tip, and a lower bound
// of decided.
//
// R1  A ballot is (round, node, incarnation). Promised and accepted never go down;
//     accepted <= promised. A candidate promises its ballot to itself, durably, before it says
//     Prepare, so that no ballot is used twice.
// R2  Phase 1 covers the whole log: a Promise says accepted ballot, tip and decided slot, and
//     brings the blocks that the candidate lacks: those above its tip, where the sender has the
//     block at that tip (equal hashes, equal logs), else those above its decided slot.
// R3  With promises of a quorum the candidate adopts the log with the greatest (accepted, tip),
//     and brings each follower to it in one step (AcceptSync), replacing undecided blocks only.
// R4  A follower accepts block s in ballot b only if b is promised, its log is in b, and the
//     block's parent is its tip. So a log accepted in b is a prefix of the log of b's leader, but
//     for blocks that the node has since learned as decided (Acceptor::matched keeps the two
//     apart: only what the leader itself said is acknowledged to it).
// R5  Block s is decided when a quorum has it accepted in the leader's ballot, the leader's own
//     disk among it; then so is all before it. A decided block never changes.
// R6  Nothing leaves a node before what it rests on is durable (node/driver.h).
// R7  Who is who is what the chain says: block 1 names every node's incarnation and is decided
//     by all; a node with another incarnation learns, without a vote, until a decided block
//     readmits it. Votes for a block are counted by the log before it. An incarnation that the
//     chain has replaced is not heeded. Who is who is durable as soon as it is decided.
// R8  A node that hears a majority can lead; one that merely came back deposes nobody
//     (election.h).
// R9  A read is answered when a quorum has confirmed, after it came in, that its leader's ballot is
//     the greatest they promised, and all that the leader adopted is decided (leader.h).
// R10 Requests are applied once (kv/sessions.h).  R11 Time enters through blocks only.
//
// Why a decided block stays. Let block s be decided in ballot b, so a quorum Q has it accepted in
// b. Claim: the log that any leader of a ballot c > b adopts holds it. By induction over the
// ballots between: the leader of c has promises of a quorum P, and P and Q share a node n. n
// accepted in b before it promised c (afterwards R4 and R3 forbid b), so its promise names an
// accepted ballot a with b <= a < c. So the greatest accepted ballot among P is some a' with
// b <= a' < c, and the log that goes with it is one that a leader of a' made: if a' > b it
// holds s by induction, for it extends what that leader adopted; if a' = b it is a prefix of b's
// log, and the longest such one in P is at least n's, which has s. An AcceptSync carries the whole
// log, in one durable step, so a log is never half in one ballot and half in another; a tip alone
// (a longer log of an older ballot) says nothing. Blocks learned as decided only ever replace
// what was not decided, and never raise the accepted ballot.
//
// Why an amnesiac does no harm. What a lost directory had promised and accepted is void, so its
// new self must not count where the old one may be needed. A candidate judges each promise by
// the log that it adopts: once a readmission stands in that log, even undecided, the old
// self's promises count no more; and the new self's count only when it is decided. A
// readmission is proposed only for a node that has durably accepted the leader's log, in its
// ballot, up to what is decided: so whatever the old self had voted for is in that log or was
// never decided. And it is decided without the vote of the readmitted, because those count whom
// the log before the block knows. The incarnation within the ballot keeps what the old self
// began from being taken for the new self's.
//
// Who may say that a node has forgotten. A directory can be sound and old (a restored backup), and
// nothing in it says so. Who relied on one of its later votes must be able to stop it from voting
// against that one, or two quorums without a node in common could decide; and nobody else may stop
// it, or a copy of the cluster, or one false message, ends the original. Both hold, because
//   - what a peer remembers of a node are commits of a life (one start of its process), and each
//     life begins with all that the ones before it had committed. A life that began with less than
//     an earlier one had is the one that has forgotten. Who relied on a vote has heard the stamp
//     that it bore, and says so in every message until it is answered;
//   - the peer judges a life when it first appears, by those that it has heard before. So of two
//     lives that can't both follow each other the newcomer is the suspect, never the one with which
//     the others have been deciding all along; the suspect is not heeded by that peer, and its
//     words are nobody's memory;
//   - an accusation names the life, so it ends no other one, wherever it arrives;
//   - at a word against its own life a node stops voting at once. Not to vote is always safe. It
//     becomes somebody new only when the peer says the same again in answer to its question, which
//     bears a number that only the peer has been told: so no forged, old or damaged message does
//     it, and a vote that somebody relied on is not taken back meanwhile.
// Of two processes that share an incarnation only one is heeded by each peer: the one that it hears
// already. So a quorum that works keeps the members that it works with (replica/peer_memory.h).
//
// What a false number can do. Every number that a node keeps from a message is bounded by what the
// node knows: a round may leap by kMaxRoundLeap and no more, and is answered only then, so no word
// burns the ballots that are left and no node makes one that others refuse; a decided slot lies
// within the log that the same message shows; commits of a life that leap count when they are said
// twice. All else that a message says is replaced by the next one of the same kind.
// (tests/sim/liar.h goes through the fields.)
