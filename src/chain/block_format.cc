#include "chain/block_format.h"

#include <string>
#include <utility>
#include <vector>

#include "chain/merkle.h"
#include "chain/record.h"
#include "chain/sha256.h"
#include "common/check.h"
#include "common/coding.h"
#include "common/limits.h"

namespace cairn::chain {
namespace {

constexpr std::size_t kNonceOffset = kHeaderBytes - 12;
constexpr std::size_t kLengthBytes = 4;

std::string EncodeHeader(const BlockHeader& header) {
  Writer w;
  w.U32(header.version)
      .U64(header.slot)
      .Digest(header.parent)
      .Digest(header.requests_root)
      .U64(header.time)
      .U32(header.request_count)
      .U64(header.nonce)
      .U32(0);
  CAIRN_CHECK(w.bytes().size() == kHeaderBytes, "a header is 100 bytes long");
  return w.Take();
}

struct Found {
  std::uint64_t nonce = 0;
  Hash hash;
};

// The nonce in `header` is ignored: the same search seals a block and verifies that its nonce is
// the smallest, so that a block has one encoding only. It takes about five hashes.
Found FindNonce(std::string header) {
  Writer w;
  for (std::uint64_t nonce = 0;; ++nonce) {
    w.Clear();
    header.replace(kNonceOffset, 8, w.U64(nonce).bytes());
    const Hash hash = Sha256(header);
    if ((hash.bytes.back() & 0x0f) < kNonceDigits) {
      return {nonce, hash};
    }
  }
}

Status Newer(std::uint32_t version) {
  return Status::Integrity("the block has format version " + std::to_string(version) +
                           ", and this program reads version " + std::to_string(kBlockVersion) +
                           ": it was written by another version of cairn, or it is damaged");
}

Result<BlockHeader> DecodeHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) {
    return Status::Integrity("the block is cut off within its header");
  }
  Reader r(bytes.substr(0, kHeaderBytes));
  BlockHeader header;
  header.version = r.U32();
  if (header.version != kBlockVersion) {
    return Newer(header.version);
  }
  header.slot = r.U64();
  header.parent = r.Digest();
  header.requests_root = r.Digest();
  header.time = r.U64();
  header.request_count = r.U32();
  header.nonce = r.U64();
  if (r.U32() != 0) {
    return Status::Integrity("the block's header has flags that version 1 does not know");
  }
  CAIRN_CHECK(r.AtEnd(), "the fields of a header fill it");
  return header;
}

/// The requests, into memory that is used again, and the Merkle root of their records.
Result<Hash> DecodeRequests(const BlockHeader& header, std::string_view bytes,
                            std::vector<Request>* requests) {
  // Before the allocation: the count is a stranger's word, the bytes are really there.
  constexpr std::size_t kSmallest = kLengthBytes + kEmptyRecordBytes;
  if (header.request_count > kMaxBlockRequests || header.request_count > bytes.size() / kSmallest) {
    return Status::Integrity("the block can't hold the " + std::to_string(header.request_count) +
                             " requests that its header counts");
  }
  requests->resize(header.request_count);
  std::vector<PlacedRecord> records;
  records.reserve(header.request_count);
  Reader r(bytes);
  for (Request& request : *requests) {
    const std::string_view record = r.String();
    if (!r.ok()) {
      return Status::Integrity("the block is cut off within a request");
    }
    if (Status status = DecodeRecordInto(record, &request); !status.ok()) {
      return status;
    }
    if (Status status = CheckRequest(request, header.slot); !status.ok()) {
      return status;
    }
    records.push_back({record, request.value.size()});
  }
  if (!r.AtEnd()) {
    return Status::Integrity("the block goes on after its last request");
  }
  return RequestsRoot(records);
}

/// Room for a header, and behind it the requests.
std::string EncodeRequests(const std::vector<Request>& requests) {
  Writer w;
  w.Raw(std::string(kHeaderBytes, '\0'));
  for (const Request& request : requests) {
    w.U32(static_cast<std::uint32_t>(EncodedSize(request) - kLengthBytes));
    AppendRecord(w, request, request.value);
  }
  return w.Take();
}

Hash RootOf(const std::vector<Request>& requests, std::string_view encoded) {
  std::vector<PlacedRecord> records;
  records.reserve(requests.size());
  std::size_t at = kHeaderBytes;
  for (const Request& request : requests) {
    const std::size_t size = EncodedSize(request);
    records.push_back(
        {encoded.substr(at + kLengthBytes, size - kLengthBytes), request.value.size()});
    at += size;
  }
  return RequestsRoot(records);
}

std::string EncodeParameters(const GenesisParameters& parameters) {
  Writer w;
  w.U8(1).String(parameters.name).U32(static_cast<std::uint32_t>(parameters.nodes.size()));
  for (const NodeId node : parameters.nodes) {
    w.U32(node);
  }
  w.U64(parameters.max_sessions).U32(kNonceDigits);
  return w.Take();
}

bool AreNodes(const std::vector<NodeId>& nodes) {
  NodeId last = 0;
  for (const NodeId node : nodes) {
    if (node <= last || node > kMaxNodes) {
      return false;
    }
    last = node;
  }
  return !nodes.empty();
}

Result<GenesisParameters> DecodeParameters(std::string_view bytes) {
  Reader r(bytes);
  const std::uint8_t version = r.U8();
  if (r.ok() && version != 1) {
    return Status::Integrity("the genesis parameters have format version " +
                             std::to_string(version) + ", and this program reads version 1");
  }
  GenesisParameters parameters;
  parameters.name = r.String();
  const std::uint32_t count = r.U32();
  for (std::uint32_t i = 0; i < count && i <= kMaxNodes; ++i) {
    parameters.nodes.push_back(r.U32());
  }
  parameters.max_sessions = r.U64();
  const std::uint32_t digits = r.U32();
  if (!r.AtEnd() || !AreNodes(parameters.nodes) || parameters.max_sessions == 0) {
    return Status::Integrity("the genesis block does not hold a cluster's parameters");
  }
  if (digits != kNonceDigits) {
    return Status::Integrity("the cluster's nonces leave " + std::to_string(digits) +
                             " last digits, and this program knows only " +
                             std::to_string(kNonceDigits));
  }
  return parameters;
}

}  // namespace

BlockPtr MakeGenesis(const GenesisParameters& parameters) {
  CAIRN_CHECK(AreNodes(parameters.nodes), "a cluster's nodes are distinct and ascending from 1");
  CAIRN_CHECK(parameters.max_sessions > 0, "a cluster remembers sessions");
  Request request;
  request.op = Op::kGenesis;
  request.value = EncodeParameters(parameters);
  return Seal(0, Hash{}, 0, {std::move(request)});
}

Result<GenesisParameters> ReadGenesis(const Block& genesis) {
  if (genesis.slot() != 0 || !genesis.header.parent.IsZero() || genesis.header.time != 0 ||
      genesis.requests.size() != 1 || genesis.requests.front().op != Op::kGenesis) {
    return Status::Integrity("the block at slot " + std::to_string(genesis.slot()) +
                             " is no genesis block");
  }
  return DecodeParameters(genesis.requests.front().value);
}

BlockPtr Seal(Slot slot, const Hash& parent, Micros time, std::vector<Request> requests) {
  CAIRN_CHECK(requests.size() <= kMaxBlockRequests, "a block holds no more requests than allowed");
  std::size_t size = kHeaderBytes;
  for (const Request& request : requests) {
    CAIRN_CHECK(CheckRequest(request, slot).ok(), "a block holds what others will decode");
    size += EncodedSize(request);
  }
  CAIRN_CHECK(size <= kMaxEncodedBlockBytes, "a block is no longer than allowed");

  auto block = std::make_shared<Block>();
  block->encoded = EncodeRequests(requests);
  CAIRN_CHECK(block->encoded.size() == size, "a block is as long as its parts");
  block->header.version = kBlockVersion;
  block->header.slot = slot;
  block->header.parent = parent;
  block->header.requests_root = RootOf(requests, block->encoded);
  block->header.time = time;
  block->header.request_count = static_cast<std::uint32_t>(requests.size());
  const Found found = FindNonce(EncodeHeader(block->header));
  block->header.nonce = found.nonce;
  block->hash = found.hash;
  block->encoded.replace(0, kHeaderBytes, EncodeHeader(block->header));
  block->requests = std::move(requests);
  return block;
}

Result<BlockPtr> DecodeBlock(std::string_view bytes, std::shared_ptr<Block> spare) {
  if (bytes.size() > kMaxEncodedBlockBytes) {
    return Status::Integrity("a block of " + std::to_string(bytes.size()) +
                             " bytes is over the limit of " +
                             std::to_string(kMaxEncodedBlockBytes));
  }
  Result<BlockHeader> header = DecodeHeader(bytes);
  if (!header.ok()) {
    return header.status();
  }
  const std::shared_ptr<Block> block = spare ? std::move(spare) : std::make_shared<Block>();
  const Result<Hash> root =
      DecodeRequests(header.value(), bytes.substr(kHeaderBytes), &block->requests);
  if (!root.ok()) {
    return root.status();
  }
  if (root.value() != header->requests_root) {
    return Status::Integrity("the requests of the block are not those that its header names");
  }
  const Found found = FindNonce(std::string(bytes.substr(0, kHeaderBytes)));
  if (found.nonce != header->nonce) {
    return Status::Integrity("the block's nonce is not the one of its header");
  }
  block->header = header.value();
  block->hash = found.hash;
  block->encoded = bytes;
  return BlockPtr(block);
}

std::size_t EncodedSize(const Request& request) {
  return kLengthBytes + kEmptyRecordBytes + request.key.size() + request.value.size();
}

Status VerifyLink(const Block& parent, const Block& child) {
  const std::string at = "the block at slot " + std::to_string(child.slot());
  if (child.slot() != parent.slot() + 1) {
    return Status::Integrity(at + " stands behind the one at slot " +
                             std::to_string(parent.slot()));
  }
  if (child.header.parent != parent.hash) {
    return Status::Integrity(at + " names " + child.header.parent.Hex() +
                             " as its parent, but the block before it is " + parent.hash.Hex());
  }
  if (child.header.time < parent.header.time) {
    return Status::Integrity(at + " is older than the block before it");
  }
  return Status::Ok();
}

}  // namespace cairn::chain
