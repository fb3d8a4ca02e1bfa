#include "offline/survivors.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kv/state_machine.h"
#include "storage/directory/identity.h"
#include "storage/files/files.h"
#include "storage/state/state.h"

namespace cairn::offline {
namespace {

/// What the state has applied was decided, also where the ledger's bound was not written any more.
/// A damaged state says nothing; one that can't be read may say what matters.
Result<Slot> AppliedBy(const storage::DataDirectory& directory, const replica::LedgerHead& head) {
  storage::State::Options read_only;
  read_only.read_only = true;
  const auto state = storage::State::Open(directory.path(), read_only);
  if (!state.ok()) {
    return state.status().code() == Code::kOther ? Result<Slot>(state.status()) : Slot{0};
  }
  const auto position = kv::PositionOf(*state.value());
  return position.ok() && position->applied <= head.tip ? position->applied : Slot{0};
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
  const Result<Slot> applied = AppliedBy(survivor.directory, head);
  if (!applied.ok()) {
    return applied.status();
  }
  survivor.decided = std::max(head.decided, applied.value());
  if (const auto tip = survivor.ledger->Read(head.tip); tip.ok()) {
    survivor.time = tip.value()->header.time;
  }
  return survivor;
}

Status NotUsable(const std::string& path, const std::string& why) {
  return Status::Integrity(
      path + " can't be used as it is: " + why +
      " It may hold acknowledged writes that no other directory has, so nothing is made without it "
      "in silence. Start its node once (`cairn server ID --data " +
      path +
      "`): it salvages what can be read, or says that it has forgotten; stop it, and run this "
      "again. Or leave this directory out, if what it alone holds may be lost.");
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
  for (const auto& block : {mine, its}) {
    if (!block.ok() && block.status().code() == Code::kOther) {
      return block.status();
    }
  }
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
    if (!survivor.ok()) {
      return survivor.status().code() == Code::kIntegrity
                 ? NotUsable(seen.back(), survivor.status().message())
                 : survivor.status();
    }
    survivors.sound.push_back(std::move(survivor).value());
  }
  if (survivors.sound.empty()) {
    return Status::Usage("name at least one directory");
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

}  // namespace cairn::offline
