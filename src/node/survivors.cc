#include "node/survivors.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kv/state_machine.h"
#include "storage/files.h"
#include "storage/identity.h"
#include "storage/state.h"

namespace cairn::node {
namespace {

/// What the state has applied was decided, also where the ledger's bound was not written any more.
Slot AppliedBy(const storage::DataDirectory& directory, const replica::LedgerHead& head) {
  storage::State::Options read_only;
  read_only.read_only = true;
  const auto state = storage::State::Open(directory.path(), read_only);
  if (!state.ok()) {
    return 0;
  }
  const auto position = kv::PositionOf(*state.value());
  return position.ok() && position->applied <= head.tip ? position->applied : 0;
}

Result<Survivor> OpenSurvivor(const std::string& path) {
  auto directory = storage::DataDirectory::OpenExisting(path);
  if (!directory.ok()) {
    return directory.status();
  }
  storage::Ledger::Options options;
  options.read_only = true;
  options.node = directory->identity().node;
  options.incarnation = directory->identity().incarnation;
  auto ledger = storage::Ledger::Open(directory->path(), nullptr, options);
  if (!ledger.ok()) {
    return ledger.status();
  }
  Survivor survivor{std::move(directory).value(), std::move(ledger).value()};
  const replica::LedgerHead& head = survivor.head();
  survivor.decided = std::max(head.decided, AppliedBy(survivor.directory, head));
  if (const auto tip = survivor.ledger->Read(head.tip); tip.ok()) {
    survivor.time = tip.value()->header.time;
  }
  return survivor;
}

Status CheckSameCluster(const Survivor& first, const Survivor& other) {
  const storage::Identity& one = first.directory.identity();
  const storage::Identity& two = other.directory.identity();
  if (one.cluster == two.cluster) {
    return Status::Ok();
  }
  return Status::Usage(other.path() + " belongs to the cluster \"" + two.cluster_name +
                       "\" (genesis block " + two.cluster.Hex() + "), and " + first.path() +
                       " to the cluster \"" + one.cluster_name + "\" (genesis block " +
                       one.cluster.Hex() + "). Name directories of one cluster.");
}

Status ReadGenesis(Survivors* survivors) {
  const Survivor& first = survivors->sound.front();
  Result<BlockPtr> genesis = first.ledger->Read(0);
  if (!genesis.ok()) {
    return genesis.status();
  }
  Result<chain::GenesisParameters> parameters = chain::ReadGenesis(*genesis.value());
  if (!parameters.ok()) {
    return parameters.status();
  }
  if (genesis.value()->hash != first.directory.identity().cluster) {
    return Status::Integrity("the genesis block in " + first.directory.Sub("ledger") +
                             " is not the one that the identity beside it names.");
  }
  survivors->genesis = std::move(genesis).value();
  survivors->parameters = std::move(parameters).value();
  return Status::Ok();
}

/// `one` holds what `other` knows as decided. Integrity if both know different blocks there.
Result<bool> Covers(const Survivor& one, const Survivor& other) {
  if (one.head().tip < other.decided) {
    return false;
  }
  const auto mine = one.ledger->Read(other.decided);
  const auto its = other.ledger->Read(other.decided);
  if (!mine.ok() || !its.ok()) {
    return one.decided >= other.decided;  // A hole: what both know as decided is the same.
  }
  if (mine.value()->hash == its.value()->hash) {
    return true;
  }
  if (one.decided < other.decided) {
    return false;
  }
  return Status::Integrity(one.path() + " and " + other.path() + " both know slot " +
                           std::to_string(other.decided) + " as decided, with different blocks: " +
                           mine.value()->hash.Hex() + " and " + its.value()->hash.Hex() +
                           ". This must never happen: run `cairn verify` on both, and name "
                           "only the one that you trust.");
}

}  // namespace

Result<Survivors> OpenSurvivors(const std::vector<std::string>& paths) {
  Survivors survivors;
  std::vector<std::string> seen;
  for (const std::string& path : paths) {
    seen.push_back(storage::AbsolutePath(path));
    if (std::count(seen.begin(), seen.end(), seen.back()) > 1) {
      return Status::Usage(seen.back() + " is named twice. Name each directory once.");
    }
    Result<Survivor> survivor = OpenSurvivor(path);
    if (survivor.ok()) {
      survivors.sound.push_back(std::move(survivor).value());
    } else if (survivor.status().code() == Code::kIntegrity) {
      survivors.damaged.push_back(survivor.status());
    } else {
      return survivor.status();
    }
  }
  if (survivors.sound.empty()) {
    return survivors.damaged.empty() ? Status::Usage("name at least one directory")
                                     : survivors.damaged.front();
  }
  for (const Survivor& survivor : survivors.sound) {
    if (Status same = CheckSameCluster(survivors.sound.front(), survivor); !same.ok()) {
      return same;
    }
  }
  if (Status read = ReadGenesis(&survivors); !read.ok()) {
    return read;
  }
  return survivors;
}

Result<std::size_t> ChooseSurvivor(const std::vector<Survivor>& survivors) {
  CAIRN_CHECK(!survivors.empty(), "there is a survivor to choose");
  std::optional<std::size_t> best;
  const auto rank = [&survivors](std::size_t i) {
    return std::tuple(survivors[i].head().accepted, survivors[i].head().tip, survivors[i].decided);
  };
  for (std::size_t i = 0; i < survivors.size(); ++i) {
    bool covers_all = true;
    for (const Survivor& other : survivors) {
      const Result<bool> covers = Covers(survivors[i], other);
      if (!covers.ok()) {
        return covers.status();
      }
      covers_all = covers_all && covers.value();
    }
    if (covers_all && (!best || rank(i) > rank(*best))) {
      best = i;
    }
  }
  CAIRN_CHECK(best.has_value(), "the one with the greatest decided slot holds all that is decided");
  return *best;
}

}  // namespace cairn::node
