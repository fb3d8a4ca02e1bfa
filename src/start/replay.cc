#include "start/replay.h"

#include <algorithm>
#include <utility>

#include "chain/block_format.h"
#include "storage/ledger/block_stream.h"

namespace cairn::start {
namespace {

Status Broken(const ReplayOf& of, Slot slot, const std::string& why) {
  return Status::Integrity("the chain in " + of.ledger_path + " is broken at slot " +
                           std::to_string(slot) + ": " + why);
}

Result<BlockPtr> ReadApplied(const ReplayOf& of) {
  const Slot applied = of.machine->applied();
  auto block = of.ledger->Read(applied);
  if (block.ok() && applied > 0 && block.value()->hash != of.machine->applied_hash()) {
    return Broken(of, applied,
                  "the state has applied another block there, " + of.machine->applied_hash().Hex());
  }
  return block;
}

Status ReplayFrom(BlockPtr last, const ReplayOf& of, replica::Recovered* recovered,
                  const std::function<void(Slot done, Slot all)>& progress) {
  const replica::LedgerHead& head = recovered->head;
  storage::BlockStream stream(of.ledger, last->slot() + 1, head.tip);
  std::vector<BlockPtr> used;
  while (last->slot() < head.tip) {
    auto blocks = stream.Next(std::move(used));
    if (!blocks.ok()) {
      return blocks.status();
    }
    for (const BlockPtr& block : blocks.value()) {
      if (const Status link = chain::VerifyLink(*last, *block); !link.ok()) {
        return Broken(of, block->slot(), link.message());
      }
      if (block->slot() <= head.decided) {
        of.machine->Apply(*block);
      }
      if (block->slot() >= head.decided) {
        recovered->blocks.push_back(block);
      }
      last = block;
    }
    used = std::move(blocks).value();
    progress(last->slot(), head.tip);
  }
  return Status::Ok();
}

}  // namespace

Status Replay(const ReplayOf& of, replica::Recovered* recovered,
              const std::function<void(Slot done, Slot all)>& progress) {
  replica::LedgerHead& head = recovered->head;
  head = of.ledger->head();
  head.decided = std::max(head.decided, of.machine->applied());
  auto applied = ReadApplied(of);
  if (!applied.ok()) {
    return applied.status();
  }
  if (head.decided == applied.value()->slot()) {
    recovered->blocks.push_back(applied.value());
  }
  if (head.decided == applied.value()->slot()) {
    return ReplayFrom(std::move(applied).value(), of, recovered, progress);
  }
  of.state->SetRebuilding(true);
  Status status = ReplayFrom(std::move(applied).value(), of, recovered, progress);
  of.state->SetRebuilding(false);
  return status;
}

}  // namespace cairn::start
