#include "crash/record.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "text/text.h"

namespace cairn::crash {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kEnd = '.';  // of a name within its value
constexpr std::array kKinds = {"put", "del", "get"};
constexpr std::array kCodes = {Code::kOk,
                               Code::kOther,
                               Code::kUsage,
                               Code::kNotFound,
                               Code::kConditionFailed,
                               Code::kUnavailable,
                               Code::kUnknownOutcome,
                               Code::kIntegrity,
                               Code::kDenied};

std::optional<Code> CodeOf(const std::string& name) {
  for (const Code code : kCodes) {
    if (CodeName(code) == name) {
      return code;
    }
  }
  return std::nullopt;
}

std::uint64_t FromHex(const std::string& digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

Record RecordOf(const Json& json) {
  Record record;
  const std::string kind = json.at("op");
  record.kind = kind == "put"   ? Record::Kind::kPut
                : kind == "del" ? Record::Kind::kDel
                                : Record::Kind::kGet;
  record.key = json.at("key");
  record.value = json.at("value");
  record.code = CodeOf(json.at("code")).value_or(Code::kOther);
  record.called = json.at("called");
  record.returned = json.at("returned");
  record.client = FromHex(json.at("client"));
  record.sequence = json.at("sequence");
  record.slot = json.at("slot");
  return record;
}

ChainBlock BlockOf(const Json& json) {
  ChainBlock block;
  block.slot = json.at("slot");
  for (const Json& request : json.at("requests")) {
    const std::string op = request.at("op");
    ChainBlock::Entry entry;
    entry.op = op == "put"       ? Op::kPut
               : op == "del"     ? Op::kDel
               : op == "genesis" ? Op::kGenesis
               : op == "form"    ? Op::kForm
                                 : Op::kReadmit;
    if (entry.op == Op::kPut || entry.op == Op::kDel) {
      entry.key = request.at("key");
      entry.client = FromHex(request.at("client"));
      entry.sequence = request.at("sequence");
    }
    if (entry.op == Op::kPut) {
      entry.value = NameOf(request.at("value"));
    }
    block.entries.push_back(std::move(entry));
  }
  return block;
}

/// The line as T, or an error that names the line.
template <typename T>
Result<std::vector<T>> ReadLines(std::istream& lines, const char* what, T (*parse)(const Json&)) {
  std::vector<T> all;
  std::string line;
  while (std::getline(lines, line)) {
    try {
      all.push_back(parse(Json::parse(line)));
    } catch (const Json::exception& error) {
      return Status::Usage("line " + std::to_string(all.size() + 1) + " is no " + what + ": " +
                           error.what());
    }
  }
  return all;
}

}  // namespace

std::string ValueOf(const std::string& name, std::size_t size) {
  std::string value = name + kEnd;
  while (value.size() < size) {
    value.append(name, 0, size - value.size());
  }
  return value;
}

std::string NameOf(const std::string& value) {
  const std::size_t end = value.find(kEnd);
  std::string name = value.substr(0, end);
  if (end != std::string::npos && !name.empty() && value == ValueOf(name, value.size())) {
    return name;
  }
  return "damaged (" + std::to_string(value.size()) + " bytes)";
}

std::string LineOf(const Record& record) {
  Json json;
  json["op"] = kKinds.at(static_cast<std::size_t>(record.kind));
  json["key"] = record.key;
  json["value"] = record.value;
  json["code"] = CodeName(record.code);
  json["called"] = record.called;
  json["returned"] = record.returned;
  json["client"] = text::ClientText(record.client);
  json["sequence"] = record.sequence;
  json["slot"] = record.slot;
  return json.dump();
}

Result<std::vector<Record>> ReadHistory(std::istream& lines) {
  return ReadLines<Record>(lines, "record of a history", RecordOf);
}

Result<std::vector<ChainBlock>> ReadChain(std::istream& lines) {
  Result<std::vector<ChainBlock>> chain = ReadLines<ChainBlock>(lines, "block", BlockOf);
  if (!chain.ok()) {
    return chain;
  }
  for (std::size_t i = 0; i < chain->size(); ++i) {
    if (chain.value()[i].slot != i) {
      return Status::Usage("line " + std::to_string(i + 1) + " holds block " +
                           std::to_string(chain.value()[i].slot) + ", not block " +
                           std::to_string(i) + ": the checker needs the chain from its genesis");
    }
  }
  return chain;
}

}  // namespace cairn::crash
