#pragma once
// Every limit of cairn in one place, each with its unit and its reason. Over a limit a person
// gets a clear error and loses nothing.

#include <cstddef>
#include <cstdint>

namespace cairn {

/// Bytes. Keys are names; larger ones belong into values.
inline constexpr std::size_t kMaxKeyBytes = 4 * 1024;
/// Bytes. Small, precious data: one value fits into one block, one message and memory.
inline constexpr std::size_t kMaxValueBytes = 1024 * 1024;
/// Bytes of requests in one block (a lone request may exceed it up to key + value). It bounds
/// what a follower must verify, write and sync before it can answer.
inline constexpr std::size_t kMaxBlockBytes = 1024 * 1024;
/// Bytes of one encoded block: the bound above with the largest request on top.
inline constexpr std::size_t kMaxEncodedBlockBytes =
    kMaxBlockBytes + kMaxKeyBytes + kMaxValueBytes + 4096;
/// Requests in one block.
inline constexpr std::size_t kMaxBlockRequests = 4096;
/// Blocks that a leader proposes beyond what it knows as decided. Few in flight make larger
/// batches; more than one hides the network behind the disk.
inline constexpr std::size_t kMaxSlotsInFlight = 4;
/// Bytes of the blocks in one chunk of catch-up (at least one block is always sent). It bounds how
/// long a node that serves one is kept from its own work.
inline constexpr std::size_t kMaxCatchUpBytes = 256 * 1024;
/// Blocks in one chunk of catch-up.
inline constexpr std::size_t kMaxCatchUpBlocks = 256;
/// Bytes of one message between nodes: an adopted log's undecided blocks travel as one (R3).
inline constexpr std::size_t kMaxPeerMessageBytes = 64 * 1024 * 1024;
/// Bytes that wait to be sent to one peer on a connection, with one message on top. What goes
/// beyond is dropped: the replica says it again, and rather what is new by then. Twice what may be
/// in flight would only be in its own way.
inline constexpr std::size_t kMaxPeerQueueBytes = 8 * 1024 * 1024;
/// Bytes. Larger messages between nodes go on a connection of their own, behind the blocks.
inline constexpr std::size_t kLargeMessageBytes = 16 * 1024;
/// Bytes of one message from a client.
inline constexpr std::size_t kMaxClientMessageBytes = kMaxKeyBytes + kMaxValueBytes + 64 * 1024;
/// Requests that wait at one node, writes and reads together.
inline constexpr std::size_t kMaxQueuedRequests = 64 * 1024;
/// Bytes of the requests that wait at one node.
inline constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;
/// Sessions that the replicated state remembers; the longest unused goes first, in log order.
/// A parameter of the genesis block, because all nodes must evict alike.
inline constexpr std::uint64_t kMaxSessions = 100'000;
/// Microseconds of block time. A session that was used within it is not evicted: its client may
/// still ask what became of a request (it gives up after ten seconds or so), and new clients are
/// refused instead. So 3,300 clients a second may come for one request each.
inline constexpr std::uint64_t kSessionRest = 30'000'000;
/// Outcomes that every session may keep. All that sessions keep beyond comes out of as much again
/// for all of them together: at most 1.6 million outcomes of 17 bytes in state/ (24 in memory).
inline constexpr std::uint64_t kFairOutcomes = 8;
/// Requests of one session that may be open (sent, answer not yet acknowledged) at a time.
inline constexpr std::uint64_t kMaxOpenRequests = 1024;
/// Decided blocks that a node keeps in memory to bring others up without reading its disk.
inline constexpr std::size_t kRecentBlocks = 256;
/// Bytes of those blocks.
inline constexpr std::size_t kRecentBytes = 8 * 1024 * 1024;

/// Bytes. With less room than this on its disk a node takes no new blocks: RocksDB still has to
/// turn logs into tables and to merge tables, and must never meet the end of the disk in that.
inline constexpr std::uint64_t kDiskReserveBytes = std::uint64_t{256} << 20;
/// Bytes. With less room than this it takes no block at all. Between the two it takes those that
/// a majority of full disks needs to finish what is in flight (replica/room.h): at a change of
/// leaders these are kMaxSlotsInFlight blocks at most, and no leader seals more.
inline constexpr std::uint64_t kDiskFloorBytes = std::uint64_t{128} << 20;
/// Bytes. With so much room again it goes on.
inline constexpr std::uint64_t kDiskRoomBytes = std::uint64_t{320} << 20;
/// Bytes a second that the background verification of the chain reads: in its first pass after a
/// start, and later.
inline constexpr double kScrubFirstBytesASecond = 64.0 * 1024 * 1024;
inline constexpr double kScrubBytesASecond = 4.0 * 1024 * 1024;
/// Seconds between two passes.
inline constexpr double kScrubRestSeconds = 600;

}  // namespace cairn
