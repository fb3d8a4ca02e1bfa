#pragma once
// The directories of a cluster made anew from what survivors hold: one for each node, with a new
// incarnation, the chosen survivor's chain up to its tip, and one more block that says so. All of
// it is decided.
//
// Why the new cluster is one: its nodes begin with equal logs, promises and accepted ballots, as
// after a decision of them all, and no node of another incarnation counts among them (R7). Why it
// is not the old one: nothing of the old nodes is asked, so what only lost ones had accepted is
// gone, and an old directory that is started again does not know of the decision. The first is what
// the operator decides, the second what he must never do.

#include <functional>
#include <string>
#include <vector>

#include "common/block.h"
#include "offline/survivors.h"

namespace cairn::offline {

struct NewDirectory {
  NodeId node = 0;
  Incarnation incarnation = 0;
  std::string path;  ///< Absolute.
};

struct NewCluster {
  std::vector<NewDirectory> directories;  ///< All nodes, ascending.
  BlockPtr decision;                      ///< The block that names the new incarnations.
};

/// Whether Rebuild may begin: for who wants to know before he asks a person. Errors: its Usage.
[[nodiscard]] Status MayRebuild(const Survivors& survivors, std::size_t chosen,
                                const std::string& out);

/// Makes `out`/node1 … for all nodes of the cluster, or nothing: they are written to `out`.partial,
/// synced, and renamed. Every block is verified on the way; one that the chosen survivor has lost
/// is taken from another one if both know it as decided. `wall` is the time of day, `progress`
/// (slot, tip) is called now and then.
///
/// Usage if `out` is there already, or if the cluster has never formed, for then nothing was ever
/// acknowledged; Integrity, naming the slot, if a block is missing or damaged; Other if there is no
/// room or the files can't be made. A disk that fails while blocks are written ends the process
/// (storage::Ledger::Commit); what is left in `out`.partial then is removed by the next try.
[[nodiscard]] Result<NewCluster> Rebuild(const Survivors& survivors, std::size_t chosen,
                                         const std::string& out, Micros wall,
                                         const std::function<void(Slot done, Slot all)>& progress);

}  // namespace cairn::offline
