#pragma once
// The mending of a chain before its replay. Usually a node runs while its lost blocks come back.
// But what the replay needs it must have first, and what it decided last it needs in memory: where
// such blocks are lost, the node begins by asking for them, speaks of nothing else, and does not
// vote. It serves others what it has, for they may be in the same state.

#include <functional>
#include <string>

#include "config/cluster.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/ledger.h"

namespace cairn::start {

/// Returns when the ledger has no hole that reaches up to `needed` or beyond. Errors: those of
/// PeerNetwork::Open and ClientDoor::Open; Integrity if there is no other node to ask; Other when
/// `keep_going` has returned false (asked several times a second). `say` gets a sentence now and
/// then.
Status FetchBeforeReplay(const config::Cluster& cluster, const storage::DataDirectory& directory,
                         Slot needed, storage::Ledger* ledger,
                         const std::function<void(const std::string&)>& say,
                         const std::function<bool()>& keep_going);

}  // namespace cairn::start
