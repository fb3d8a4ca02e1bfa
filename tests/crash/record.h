#pragma once
// One request of the crash loop as its client saw it, and the text in which histories are kept:
// one JSON object a line, for the checker and for people who ask what happened.
//
// Values are unique and may be large; a history keeps their names. ValueOf makes the value of a
// name, and NameOf gives the name back only if every byte of the value is what it should be.

#include <istream>
#include <string>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "common/types.h"

namespace cairn::crash {

struct Record {
  enum class Kind : std::uint8_t { kPut, kDel, kGet };
  Kind kind = Kind::kGet;
  std::string key;
  std::string value;      ///< The name of the value: of what was put, or what was read.
  Code code = Code::kOk;  ///< Ok and NotFound are answers; Unavailable: surely not applied.
  Micros called = 0;      ///< Both on the one monotonic clock of the program.
  Micros returned = 0;
  ClientId client = 0;    ///< Of a write that was sent at least once; else 0.
  Sequence sequence = 0;  ///< Of such a write.
  Slot slot = 0;          ///< Where it was decided or read, if it was answered.

  [[nodiscard]] bool Answered() const { return code == Code::kOk || code == Code::kNotFound; }
  [[nodiscard]] bool IsWrite() const { return kind != Kind::kGet; }
};

/// At least the name and its end; the rest is filled up to `size` bytes.
[[nodiscard]] std::string ValueOf(const std::string& name, std::size_t size);
/// "damaged (N bytes)" if the value is no ValueOf any name.
[[nodiscard]] std::string NameOf(const std::string& value);

/// One line, without the newline.
[[nodiscard]] std::string LineOf(const Record& record);
/// Usage, with the number of the line, if one is no record.
[[nodiscard]] Result<std::vector<Record>> ReadHistory(std::istream& lines);

/// A block of a chain as `cairn chain --json` prints it, with what the checker needs of it.
struct ChainBlock {
  Slot slot = 0;
  struct Entry {
    Op op = Op::kPut;  ///< kPut, kDel, or one of the cluster's own.
    std::string key;
    std::string value;  ///< Its name.
    ClientId client = 0;
    Sequence sequence = 0;
  };
  std::vector<Entry> entries;
};
/// Usage, with the number of the line, if one is no block or not the next one.
[[nodiscard]] Result<std::vector<ChainBlock>> ReadChain(std::istream& lines);

}  // namespace cairn::crash
