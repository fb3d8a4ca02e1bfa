#include "offline/new_cluster.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "common/roster.h"
#include "storage/files/files.h"

namespace cairn::offline {
namespace {

namespace fs = std::filesystem;

// One sync of each new ledger a piece.
constexpr std::size_t kPieceBlocks = 4096;
constexpr std::size_t kPieceBytes = std::size_t{8} << 20;
// A ledger is written twice, to its log and to its tables, and the log is deleted then.
constexpr std::uintmax_t kRoomFactor = 2;
constexpr std::uintmax_t kRoomForRest = std::uintmax_t{16} << 20;

std::string NodeName(NodeId node) { return "node" + std::to_string(node); }

/// Removes what an earlier try left, and nothing that it could not have left.
Status ClearPartial(const std::string& partial) {
  std::error_code error;
  fs::directory_iterator entry(partial, error);
  if (error == std::errc::no_such_file_or_directory) {
    return Status::Ok();
  }
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    bool ours = false;
    for (NodeId node = 1; node <= kMaxNodes; ++node) {
      ours = ours || name == NodeName(node);
    }
    if (!ours) {
      return Status::Usage(entry->path().string() +
                           " is in the way: the new directories are made "
                           "in " +
                           partial + " first. Name another place with --out.");
    }
  }
  return error ? storage::SystemError("read the directory", partial, error.value(),
                                      "Name another place with --out.")
               : storage::DeleteTree(partial);
}

std::uintmax_t SizeOf(const std::string& directory) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const std::uintmax_t size = entry->file_size(gone);
    bytes += gone ? 0 : size;
  }
  return bytes;
}

Status CheckRoom(const Survivor& survivor, std::size_t nodes, const std::string& partial) {
  std::error_code error;
  const fs::space_info space = fs::space(partial, error);
  if (error) {
    return storage::SystemError("ask for the room of", partial, error.value());
  }
  const std::uintmax_t needed =
      nodes * (SizeOf(survivor.directory.Sub("ledger")) * kRoomFactor + kRoomForRest);
  return space.available >= needed
             ? Status::Ok()
             : Status::Other(fmt::format(
                   "there is no room for the directories of {} nodes in {}: they may take {} MiB "
                   "while they are written, and {} MiB are free. Name another place with --out.",
                   nodes, partial, needed >> 20, space.available >> 20));
}

/// The chain of the chosen survivor, piece by piece, each block verified by the one before.
class Chain {
 public:
  Chain(const Survivors& survivors, std::size_t chosen)
      : survivors_(survivors), chosen_(survivors.sound[chosen]), last_(survivors.genesis) {}

  [[nodiscard]] const BlockPtr& last() const { return last_; }
  [[nodiscard]] Slot tip() const { return chosen_.head().tip; }
  /// Requires: last() is below the tip.
  Result<std::vector<BlockPtr>> Next() {
    const Slot from = last_->slot() + 1;
    auto blocks = chosen_.ledger->ReadRange(from, tip(), kPieceBlocks, kPieceBytes);
    for (const Survivor& other : survivors_.sound) {
      const Slot both = std::min(chosen_.decided, other.decided);
      if (!blocks.ok() && blocks.status().code() == Code::kIntegrity && from <= both) {
        if (auto lent = other.ledger->ReadRange(from, both, 1, kPieceBytes); lent.ok()) {
          blocks = std::move(lent);
        }
      }
    }
    if (!blocks.ok()) {
      return Status(blocks.status().code(),
                    blocks.status().message() +
                        " Name the directory of another node beside it, from which lost blocks "
                        "can be taken.");
    }
    if (const Status link = chain::VerifyLink(*last_, *blocks->front()); !link.ok()) {
      return Broken(from, link.message());
    }
    last_ = blocks->back();
    if (last_->slot() == tip() && last_->hash != chosen_.ledger->tip_hash()) {
      return Broken(tip(), "its hash is " + last_->hash.Hex() + ", and the head names " +
                               chosen_.ledger->tip_hash().Hex());
    }
    return blocks;
  }

 private:
  [[nodiscard]] Status Broken(Slot slot, const std::string& why) const {
    return Status::Integrity("the chain in " + chosen_.directory.Sub("ledger") +
                             " is broken at slot " + std::to_string(slot) + ": " + why);
  }

  const Survivors& survivors_;
  const Survivor& chosen_;
  BlockPtr last_;
};

/// The new directories, open.
class Directories {
 public:
  Directories(const Survivors& survivors, std::string place)
      : survivors_(survivors), place_(std::move(place)) {}

  Status Make() {
    const std::string& name = survivors_.parameters.name;
    for (const NodeId node : survivors_.parameters.nodes) {
      auto directory = storage::DataDirectory::Open(place_ + "/" + NodeName(node),
                                                    survivors_.genesis->hash, name, node);
      if (!directory.ok()) {
        return directory.status();
      }
      directories_.push_back(std::move(directory).value());
    }
    return OpenLedgers(false);
  }
  void Commit(const Ballot& ballot, std::vector<BlockPtr> blocks, bool promise) {
    replica::LedgerWrite write;
    write.needed = true;
    write.promise = promise;
    write.head = {ballot, ballot, blocks.back()->slot(), blocks.back()->slot()};
    write.blocks = std::move(blocks);
    for (const auto& ledger : ledgers_) {
      ledger->Commit(write);
    }
  }
  /// Closes the ledgers, reads back what matters of each, and makes all names durable.
  Status Finish() {
    if (Status read = OpenLedgers(true); !read.ok()) {
      return read;
    }
    ledgers_.clear();
    for (const storage::DataDirectory& directory : directories_) {
      Status synced = storage::SyncFiles(directory.Sub("ledger"));
      synced = synced.ok() ? storage::SyncDirectory(directory.path()) : synced;
      if (!synced.ok()) {
        return synced;
      }
    }
    return storage::SyncDirectory(place_);
  }
  [[nodiscard]] Incarnations incarnations() const {
    Incarnations incarnations;
    for (const storage::DataDirectory& directory : directories_) {
      incarnations[directory.identity().node] = directory.identity().incarnation;
    }
    return incarnations;
  }

 private:
  Status OpenLedgers(bool read_only) {
    ledgers_.clear();
    for (const storage::DataDirectory& directory : directories_) {
      storage::Ledger::Options options;
      options.read_only = read_only;
      options.node = directory.identity().node;
      options.incarnation = directory.identity().incarnation;
      auto ledger = storage::Ledger::Open(directory.path(), survivors_.genesis, options);
      if (!ledger.ok()) {
        return ledger.status();
      }
      ledgers_.push_back(std::move(ledger).value());
    }
    return Status::Ok();
  }

  const Survivors& survivors_;
  std::string place_;
  std::vector<storage::DataDirectory> directories_;
  std::vector<std::unique_ptr<storage::Ledger>> ledgers_;
};

/// The first ballot of a life that has begun nothing yet. It need not be above what the survivors
/// have promised: nobody who did is among the new nodes, and a false message may have taken them to
/// the last round there is.
Ballot BallotFor(NodeId node, const Incarnations& incarnations) {
  return {1, node, incarnations.at(node)};
}

Result<BlockPtr> Fill(const Survivors& survivors, std::size_t chosen, Micros wall,
                      Directories* directories,
                      const std::function<void(Slot done, Slot all)>& progress) {
  if (Status made = directories->Make(); !made.ok()) {
    return made;
  }
  const Incarnations incarnations = directories->incarnations();
  const Ballot ballot = BallotFor(survivors.sound[chosen].node(), incarnations);
  Chain chain(survivors, chosen);
  while (chain.last()->slot() < chain.tip()) {
    auto blocks = chain.Next();
    if (!blocks.ok()) {
      return blocks.status();
    }
    directories->Commit(ballot, std::move(blocks).value(), false);
    progress(chain.last()->slot(), chain.tip());
  }
  BlockPtr decision =
      chain::Seal(chain.tip() + 1, chain.last()->hash, std::max(wall, chain.last()->header.time),
                  {MakeRecoverRequest(incarnations)});
  directories->Commit(ballot, {decision}, true);
  if (Status finished = directories->Finish(); !finished.ok()) {
    return finished;
  }
  return decision;
}

}  // namespace

Status MayRebuild(const Survivors& survivors, std::size_t chosen, const std::string& out) {
  const Survivor& survivor = survivors.sound[chosen];
  const std::string place = storage::AbsolutePath(out);
  const Result<bool> taken = storage::Exists(place);
  if (!taken.ok()) {
    return taken.status();
  }
  if (taken.value()) {
    return Status::Usage(place +
                         " is there already. Move it away, or name another place with "
                         "--out.");
  }
  return survivor.head().tip > 0
             ? Status::Ok()
             : Status::Usage("the chain in " + survivor.directory.Sub("ledger") +
                             " has no block but the first one, which the cluster file makes: the "
                             "cluster has not formed yet, and has acknowledged nothing. Give "
                             "every node a new directory, and start them all.");
}

Result<NewCluster> Rebuild(const Survivors& survivors, std::size_t chosen, const std::string& out,
                           Micros wall, const std::function<void(Slot done, Slot all)>& progress) {
  const Survivor& survivor = survivors.sound[chosen];
  const std::string place = storage::AbsolutePath(out);
  const std::string partial = place + ".partial";
  Status status = MayRebuild(survivors, chosen, place);
  status = status.ok() ? ClearPartial(partial) : status;
  status = status.ok() ? storage::MakeDirectories(partial) : status;
  if (!status.ok()) {
    return status;
  }
  NewCluster made;
  status = CheckRoom(survivor, survivors.parameters.nodes.size(), partial);
  if (status.ok()) {
    Directories directories(survivors, partial);
    Result<BlockPtr> decision = Fill(survivors, chosen, wall, &directories, progress);
    status = decision.status();
    made.decision = decision.ok() ? decision.value() : nullptr;
    for (const auto& [node, incarnation] : directories.incarnations()) {
      made.directories.push_back({node, incarnation, place + "/" + NodeName(node)});
    }
  }
  status = status.ok() ? storage::MoveDurably(partial, place) : status;
  if (!status.ok()) {
    const Status removed = storage::DeleteTree(partial);
    return removed.ok() ? status
                        : Status(status.code(), status.message() + " " + removed.message());
  }
  return made;
}

}  // namespace cairn::offline
