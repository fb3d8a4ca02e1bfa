#include "scenarios/words.h"

#include "common/roster.h"
#include "sim/describe.h"

namespace cairn::scenarios {
namespace {

constexpr std::size_t kHashDigits = 6;

std::string BlockList(const std::vector<BlockPtr>& blocks) {
  std::string list;
  for (const BlockPtr& block : blocks) {
    list += (list.empty() ? "" : ", ") + std::to_string(block->slot()) + " " + BlockName(*block);
  }
  return list;
}

std::string Carried(const std::vector<BlockPtr>& blocks) {
  return blocks.empty() ? "" : " (" + BlockList(blocks) + ")";
}

struct Cargo {
  std::string operator()(const paxos::Promise& m) const { return Carried(m.blocks); }
  std::string operator()(const paxos::AcceptSync& m) const { return Carried(m.blocks); }
  std::string operator()(const paxos::Blocks& m) const { return Carried(m.blocks); }
  std::string operator()(const paxos::Accept& m) const {
    return " (" + BlockName(*m.block) + " " + RequestWords(*m.block) + ")";
  }
  template <typename T>
  std::string operator()(const T& /*message*/) const {
    return "";
  }
};

}  // namespace

std::string MessageWords(const replica::Message& message) {
  return sim::Describe(message) + std::visit(Cargo{}, message);
}

std::string WriteWords(const replica::LedgerWrite& write) {
  std::string words = "promised " + write.head.promised.ToString() + " accepted " +
                      write.head.accepted.ToString() + " tip " + std::to_string(write.head.tip) +
                      " decided " + std::to_string(write.head.decided);
  if (!write.blocks.empty()) {
    words += ", blocks " + BlockList(write.blocks);
  }
  return words + (write.promise ? ", and the guard" : "");
}

std::string AnswerWords(const api::Answer& answer) {
  if (answer.code == Code::kOk) {
    return (answer.value.empty() ? "ok" : "\"" + answer.value + "\"") + " at slot " +
           std::to_string(answer.slot);
  }
  return std::string(CodeName(answer.code)) +
         (answer.slot == 0 ? "" : " at slot " + std::to_string(answer.slot)) + ", " +
         answer.message;
}

std::string BlockName(const Block& block) { return block.hash.Hex().substr(0, kHashDigits); }

std::string RequestWords(const Request& request) {
  switch (request.op) {
    case Op::kPut:
      return "put " + request.key + "=" + request.value;
    case Op::kDel:
      return "del " + request.key;
    case Op::kGenesis:
      return "genesis";
    case Op::kForm:
      return "form";
    case Op::kReadmit:
    case Op::kRecover:
      break;
  }
  std::string words = request.op == Op::kReadmit ? "readmit" : "recover";
  for (const auto& [node, incarnation] :
       DecodeIncarnations(request.value).value_or(Incarnations{})) {
    words += " " + std::to_string(node);
  }
  return words;
}

std::string RequestWords(const Block& block) {
  std::string words;
  for (const Request& request : block.requests) {
    words += (words.empty() ? "" : ", ") + RequestWords(request);
  }
  return words;
}

std::string StatusWords(const api::ReplicaStatus& status) {
  return status.role + ", promised " + status.promised.ToString() + " tip " +
         std::to_string(status.tip) + " decided " + std::to_string(status.decided) + ": " +
         status.words;
}

}  // namespace cairn::scenarios
