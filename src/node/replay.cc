#include "node/replay.h"

#include <algorithm>
#include <utility>

#include "chain/block.h"
#include "common/limits.h"

namespace cairn::node {

Status VerifyAndReplay(const storage::Ledger& ledger, const std::string& ledger_path,
                       kv::StateMachine* machine, replica::Recovered* recovered,
                       const std::function<void(Slot done, Slot all)>& progress) {
  replica::LedgerHead& head = recovered->head;
  head = ledger.head();
  head.decided = std::max(head.decided, machine->applied());
  auto genesis = ledger.Read(0);
  if (!genesis.ok()) {
    return genesis.status();
  }
  BlockPtr last = std::move(genesis).value();
  std::vector<BlockPtr>& kept = recovered->blocks;
  if (head.decided == 0) {
    kept.push_back(last);
  }
  for (Slot slot = 1; slot <= head.tip;) {
    auto blocks = ledger.ReadRange(slot, head.tip, kMaxCatchUpBlocks, kMaxCatchUpBytes);
    if (!blocks.ok()) {
      return blocks.status();
    }
    for (const BlockPtr& block : blocks.value()) {
      if (const Status link = chain::VerifyLink(*last, *block); !link.ok()) {
        return Status::Integrity("the chain in " + ledger_path + " is broken at slot " +
                                 std::to_string(block->slot()) + ": " + link.message());
      }
      if (block->slot() > machine->applied() && block->slot() <= head.decided) {
        machine->Apply(*block);
      }
      if (block->slot() >= head.decided) {
        kept.push_back(block);
      }
      last = block;
    }
    slot = last->slot() + 1;
    progress(last->slot(), head.tip);
  }
  return Status::Ok();
}

}  // namespace cairn::node
