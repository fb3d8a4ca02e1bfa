#include "storage/ledger/schema.h"

#include "chain/block_format.h"
#include "chain/sha256.h"

namespace cairn::storage {
namespace {

void WriteBallot(Writer& writer, const Ballot& ballot) {
  writer.U64(ballot.round).U32(ballot.node).U64(ballot.incarnation);
}

Ballot ReadBallot(Reader& reader) {
  Ballot ballot;
  ballot.round = reader.U64();
  ballot.node = reader.U32();
  ballot.incarnation = reader.U64();
  return ballot;
}

std::string VersionWords(std::string_view what, unsigned found, unsigned known) {
  return "the " + std::string(what) + " has format version " + std::to_string(found) +
         ", and this program knows " + (found > known ? "versions up to " : "only version ") +
         std::to_string(known);
}

constexpr std::size_t kHoleBytes = 8 + 8 + 32;

/// The record fits its checksum and has the version.
Status CheckRecord(const std::string& what, std::string_view bytes, std::uint8_t version) {
  if (bytes.size() <= kChecksumBytes) {
    return Status::Integrity("the " + what + " is too short to be one");
  }
  const std::size_t checked = bytes.size() - kChecksumBytes;
  if (bytes.substr(checked) != Checksum(bytes.substr(0, checked))) {
    return Status::Integrity("the " + what + " does not fit its checksum");
  }
  const auto found = static_cast<std::uint8_t>(bytes.front());
  return found == version ? Status::Ok() : Status::Usage(VersionWords(what, found, version));
}

}  // namespace

std::string BlockKey(Slot slot) {
  std::string key(1, 'b');
  return key.append(OrderedU64(slot));
}

std::optional<Slot> SlotOfKey(std::string_view key) {
  if (key.size() != 1 + sizeof(Slot) || key.front() != 'b') {
    return std::nullopt;
  }
  return ParseOrderedU64(key.substr(1));
}

std::string_view HolesKey() { return "f"; }

std::string_view HeadKey() { return "h"; }

std::string EncodeHead(const HeadRecord& record) {
  Writer writer;
  writer.U8(kHeadVersion).Digest(record.genesis);
  writer.U32(record.node).U64(record.incarnation).U64(record.commits);
  WriteRegisters(writer, record.head);
  writer.Digest(record.tip_hash).Raw(Checksum(writer.bytes()));
  return writer.Take();
}

Result<HeadRecord> DecodeHead(std::string_view bytes) {
  if (Status checked = CheckRecord("head record", bytes, kHeadVersion); !checked.ok()) {
    return checked;
  }
  Reader reader(bytes);
  reader.U8();
  HeadRecord record;
  record.genesis = reader.Digest();
  record.node = reader.U32();
  record.incarnation = reader.U64();
  record.commits = reader.U64();
  record.head = ReadRegisters(reader);
  record.tip_hash = reader.Digest();
  reader.Raw(kChecksumBytes);
  if (!reader.AtEnd()) {
    return Status::Integrity("the head record has not the length of one");
  }
  return record;
}

std::string EncodeHoles(const std::vector<replica::Hole>& holes) {
  Writer writer;
  writer.U8(kHolesVersion).U32(static_cast<std::uint32_t>(holes.size()));
  for (const replica::Hole& hole : holes) {
    writer.U64(hole.first).U64(hole.last).Digest(hole.hash);
  }
  writer.Raw(Checksum(writer.bytes()));
  return writer.Take();
}

Result<std::vector<replica::Hole>> DecodeHoles(std::string_view bytes) {
  if (Status checked = CheckRecord("record of holes", bytes, kHolesVersion); !checked.ok()) {
    return checked;
  }
  Reader reader(bytes);
  reader.U8();
  const std::uint32_t count = reader.U32();
  std::vector<replica::Hole> holes;
  Slot free_from = 1;  // the lowest slot that the next hole may have
  while (reader.left() >= kHoleBytes + kChecksumBytes) {
    replica::Hole hole;
    hole.first = reader.U64();
    hole.last = reader.U64();
    hole.hash = reader.Digest();
    if (hole.first < free_from || hole.last < hole.first) {
      return Status::Integrity("the record of holes is not in order");
    }
    free_from = hole.last + 2;
    holes.push_back(hole);
  }
  reader.Raw(kChecksumBytes);
  if (!reader.AtEnd() || holes.size() != count) {
    return Status::Integrity("the record of holes has not the length that it names");
  }
  return holes;
}

Result<BlockPtr> DecodeBlockRecord(std::string_view bytes, Slot slot,
                                   std::shared_ptr<Block> spare) {
  if (bytes.empty()) {
    return Status::Integrity("the block record is empty");
  }
  const auto version = static_cast<std::uint8_t>(bytes.front());
  if (version > kBlockRecordVersion) {
    return Status::Integrity(VersionWords("block record", version, kBlockRecordVersion));
  }
  if (version != kBlockRecordVersion) {
    return Status::Integrity("the block record has the unknown version " + std::to_string(version));
  }
  Result<BlockPtr> block = chain::DecodeBlock(bytes.substr(1), std::move(spare));
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
