#pragma once
// The start of a node's memory, whatever its directory went through. Four outcomes, and no error
// that needs a hand but those of the surroundings (a full disk, missing permissions, a directory or
// a program that is the wrong one):
//
//   sound       the ledger as it was committed last
//   cut         a power loss tore the write that was under way: its beginning is cut off the log,
//               and nothing else is changed, for nobody was told of that write
//   salvaged    the same head, the same undecided blocks, and holes among the decided ones, which
//               the other nodes have (salvage.h)
//   forgotten   what this node has promised and accepted can't be told any more: ledger and guard
//               go to quarantine/, and a fresh ledger begins under a new incarnation, which has no
//               vote until a block readmits it (R7)
//
// In each case what Open finds at the next start is sound.

#include <memory>
#include <string>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/ledger.h"
#include "storage/salvage/salvage.h"

namespace cairn::storage {

struct OpenedLedger {
  std::unique_ptr<Ledger> ledger;
  bool forgot = false;    ///< The directory's identity has a new incarnation.
  bool salvaged = false;  ///< The ledger was built anew from what could be read.
};

/// Opens the ledger, recovering what there is to recover. `say` gets one sentence for each thing
/// found: which file and slots, what was done, what comes next. Errors: Usage and Other of
/// Ledger::Open and Salvage; then nothing of this node's was changed. Of `options`, node and
/// incarnation are those of the directory, whatever they say.
Result<OpenedLedger> OpenOrSalvage(DataDirectory* directory, const BlockPtr& genesis,
                                   const Ledger::Options& options, const Say& say,
                                   const AtStep& at_step = {});

/// This node has forgotten: it becomes somebody new (R7), durably. May be called while the ledger
/// is open, by a process that then writes nothing more and ends; the next start makes a fresh
/// ledger. Says what it did.
///
/// First the identity gets its new incarnation, then ledger, guard and mark go: so whatever is left
/// after a crash in between is the ledger of another life, or a guard without a ledger, and both
/// are judged as forgotten again.
Status Forget(DataDirectory* directory, const std::string& reason, const Say& say,
              const AtStep& at_step = {});

/// The others remember more of this node than its ledger, which is sound, holds: an old copy was
/// put in its place. It becomes somebody new (R7), durably, and keeps its blocks, which stay
/// readable where they are; what it had promised counts for nobody any more. For a process that
/// writes nothing more and ends. A crash in the midst of it leaves what Forget is for.
Status BeginAnew(DataDirectory* directory, Ledger* ledger, const std::string& reason,
                 const Say& say);

}  // namespace cairn::storage
