#include "storage/schema.h"

#include "chain/block.h"
#include "chain/sha256.h"

namespace cairn::storage {
namespace {

void WriteBallot(Writer& writer, const paxos::Ballot& ballot) {
  writer.U64(ballot.round).U32(ballot.node).U64(ballot.incarnation);
}

paxos::Ballot ReadBallot(Reader& reader) {
  paxos::Ballot ballot;
  ballot.round = reader.U64();
  ballot.node = reader.U32();
  ballot.incarnation = reader.U64();
  return ballot;
}

Status NewerVersion(std::string_view what, unsigned found, unsigned known) {
  return Status::Integrity("the " + std::string(what) + " has format version " +
                           std::to_string(found) + ", and this program knows versions up to " +
                           std::to_string(known));
}

}  // namespace

std::string BlockKey(Slot slot) {
  std::string key(1, 'b');
  return key.append(OrderedU64(slot));
}

std::string_view HeadKey() { return "h"; }

std::string EncodeHead(const HeadRecord& record) {
  Writer writer;
  writer.U8(kHeadVersion).Digest(record.genesis).U64(record.commits);
  WriteRegisters(writer, record.head);
  writer.Raw(Checksum(writer.bytes()));
  return writer.Take();
}

Result<HeadRecord> DecodeHead(std::string_view bytes) {
  Reader reader(bytes);
  const std::uint8_t version = reader.U8();
  if (reader.ok() && version > kHeadVersion) {
    return NewerVersion("head record", version, kHeadVersion);
  }
  HeadRecord record;
  record.genesis = reader.Digest();
  record.commits = reader.U64();
  record.head = ReadRegisters(reader);
  const std::string_view checksum = reader.Raw(kChecksumBytes);
  if (!reader.AtEnd() || version != kHeadVersion) {
    return Status::Integrity("the head record has not the length or version of one");
  }
  if (checksum != Checksum(bytes.substr(0, bytes.size() - kChecksumBytes))) {
    return Status::Integrity("the head record does not fit its checksum");
  }
  return record;
}

Result<BlockPtr> DecodeBlockRecord(std::string_view bytes, Slot slot) {
  if (bytes.empty()) {
    return Status::Integrity("the block record is empty");
  }
  const auto version = static_cast<std::uint8_t>(bytes.front());
  if (version > kBlockRecordVersion) {
    return NewerVersion("block record", version, kBlockRecordVersion);
  }
  if (version != kBlockRecordVersion) {
    return Status::Integrity("the block record has the unknown version " + std::to_string(version));
  }
  Result<BlockPtr> block = chain::DecodeBlock(bytes.substr(1));
  if (block.ok() && block.value()->slot() != slot) {
    return Status::Integrity("the block of slot " + std::to_string(block.value()->slot()) +
                             " stands in its place");
  }
  return block;
}

void WriteRegisters(Writer& writer, const replica::LedgerHead& head) {
  WriteBallot(writer, head.promised);
  WriteBallot(writer, head.accepted);
  writer.U64(head.tip).U64(head.decided);
}

replica::LedgerHead ReadRegisters(Reader& reader) {
  replica::LedgerHead head;
  head.promised = ReadBallot(reader);
  head.accepted = ReadBallot(reader);
  head.tip = reader.U64();
  head.decided = reader.U64();
  return head;
}

std::string Checksum(std::string_view bytes) {
  const Hash digest = chain::Sha256(bytes);
  return {digest.bytes.begin(), digest.bytes.begin() + kChecksumBytes};
}

std::string Describe(std::uint64_t commits, const replica::LedgerHead& head) {
  return "commit " + std::to_string(commits) + ", promised " + head.promised.ToString() +
         ", accepted " + head.accepted.ToString() + ", tip " + std::to_string(head.tip) +
         ", decided " + std::to_string(head.decided);
}

}  // namespace cairn::storage
