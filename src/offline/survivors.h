#pragma once
// What is left of a cluster: the directories of stopped nodes, looked at side by side, and the one
// among them that a cluster is made anew from when no majority is left (quorum_loss_recovery.h).
//
// Which one. A quorum's promises would say it (R3), but there is no quorum. So:
//
//   1 it must hold every block that any of the others knows as decided: those are certain (R5),
//     and what a node has learned as decided says nothing about its accepted ballot (R4)
//   2 of those that do, the one with the greatest (accepted ballot, tip), as R3 has it
//
// One with the greatest decided slot always passes the first test. What was decided and is known to
// none of them can't be found here; the second rule makes it as little as can be.

#include <memory>
#include <string>
#include <vector>

#include "chain/block_format.h"
#include "common/status.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/ledger.h"

namespace cairn::offline {

/// A stopped node's directory, open for reading; nobody else can use it meanwhile.
struct Survivor {
  storage::DataDirectory directory;
  std::unique_ptr<storage::Ledger> ledger;
  Slot decided = 0;  ///< What the ledger knows, or what the state has applied, if that is more.
  Micros time = 0;   ///< Of the tip, since the Unix epoch; 0 if it is lost.

  [[nodiscard]] const replica::LedgerHead& head() const { return ledger->head(); }
  [[nodiscard]] const std::string& path() const { return directory.path(); }
  [[nodiscard]] NodeId node() const { return directory.identity().node; }
};

struct Survivors {
  std::vector<Survivor> sound;
  chain::GenesisParameters parameters;  ///< Of the cluster that they all belong to.
  BlockPtr genesis;
};

/// Opens them all, as their nodes would, and changes nothing but each one's LOCK. Integrity if the
/// ledger of one is damaged or behind its guard: it may hold what the others lack, so it is named
/// with what can be done about it, and only who names the directories may leave it out. Usage if
/// one is no node's directory, is named twice, or belongs to another cluster than the first; Other
/// if a node is running on one (names its process).
[[nodiscard]] Result<Survivors> OpenSurvivors(const std::vector<std::string>& paths);

/// The index of the one to go on from. Integrity, naming both, if two of them know different blocks
/// as decided at one slot, which must never happen.
[[nodiscard]] Result<std::size_t> ChooseSurvivor(const std::vector<Survivor>& survivors);

}  // namespace cairn::offline
