#include "node/verify.h"

#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain/block.h"
#include "common/limits.h"
#include "kv/state_machine.h"
#include "storage/data_directory.h"
#include "storage/ledger.h"
#include "storage/state.h"

namespace cairn::node {
namespace {

VerifyReport Failed(VerifyReport report, Status problem, std::optional<Slot> slot = std::nullopt) {
  report.ok = false;
  report.first_bad = slot;
  report.problem = std::move(problem);
  return report;
}

/// The first difference between two tables, as the key; nothing if they are equal.
std::optional<std::string> FirstDifference(const kv::Table& ours, const kv::Table& theirs) {
  std::optional<std::string> different;
  const auto compare = [&](const kv::Table& one, const kv::Table& other) {
    one.Scan("", "", [&](std::string_view key, std::string_view value) {
      if (other.Get(key) != value) {
        different = std::string(key);
      }
      return !different.has_value();
    });
  };
  compare(ours, theirs);
  if (!different) {
    compare(theirs, ours);
  }
  return different;
}

/// state/ against the replay of the chain up to where state/ stands.
class Replay {
 public:
  Replay(const kv::Table* stored, std::uint64_t max_sessions)
      : stored_(stored), replayed_(&table_, max_sessions) {
    until_ = kv::StateMachine(const_cast<kv::Table*>(stored), max_sessions).applied();
  }

  void Apply(const Block& block) {
    if (block.slot() <= until_ && block.slot() == replayed_.applied() + 1) {
      replayed_.Apply(block);
    }
  }
  Status Compare(const std::string& path) const {
    if (replayed_.applied() != until_) {
      return Status::Integrity(
          fmt::format("the state in {} has applied slot {}, beyond the chain: move it "
                      "away and start the node, which rebuilds it",
                      path, until_));
    }
    if (const auto key = FirstDifference(table_, *stored_)) {
      return Status::Integrity(
          fmt::format("the state in {} differs from the replay of the chain (entry of {} bytes, "
                      "class '{}'): move it "
                      "away and start the node, which rebuilds it",
                      path, key->size(), key->substr(0, 1)));
    }
    return Status::Ok();
  }

 private:
  const kv::Table* stored_;
  kv::MemoryTable table_;
  kv::StateMachine replayed_;
  Slot until_ = 0;
};

/// Reads slot after slot; the first that does not verify ends it.
VerifyReport WalkChain(const storage::Ledger& ledger, const storage::DataDirectory& directory,
                       Replay* replay) {
  VerifyReport report;
  BlockPtr last;
  for (Slot slot = 0; slot <= ledger.head().tip; ++slot) {
    auto read = ledger.Read(slot);
    if (!read.ok()) {
      return Failed(std::move(report), read.status(), slot);
    }
    BlockPtr block = std::move(read).value();
    if (last != nullptr) {
      if (const Status link = chain::VerifyLink(*last, *block); !link.ok()) {
        return Failed(std::move(report),
                      Status::Integrity(fmt::format("slot {} in {}: {}", slot,
                                                    directory.Sub("ledger"), link.message())),
                      slot);
      }
      if (replay != nullptr) {
        replay->Apply(*block);
      }
    } else if (block->hash != directory.identity().cluster) {
      return Failed(std::move(report),
                    Status::Integrity("the genesis block in " + directory.Sub("ledger") +
                                      " is not the one that the identity names"),
                    slot);
    }
    report.blocks += 1;
    report.requests += block->requests.size();
    report.tip = slot;
    report.tip_hash = block->hash;
    last = std::move(block);
  }
  report.ok = true;
  return report;
}

}  // namespace

VerifyReport Verify(const std::string& path) {
  const auto directory = storage::DataDirectory::OpenExisting(path);
  if (!directory.ok()) {
    return Failed({}, directory.status());
  }
  const auto ledger = storage::Ledger::Open(directory->path(), nullptr, {nullptr, true});
  if (!ledger.ok()) {
    return Failed({}, ledger.status());
  }
  storage::State::Options read_only;
  read_only.read_only = true;
  const auto state = storage::State::Open(directory->path(), read_only);
  // What is wrong with the state is said last: the chain is the truth, and is judged without it.
  Status of_state = state.ok() ? kv::CheckFormat(*state.value()) : state.status();
  std::optional<Replay> replay;
  const auto genesis = ledger.value()->Read(0);
  if (of_state.ok() && genesis.ok()) {
    if (const auto parameters = chain::ReadGenesis(*genesis.value()); parameters.ok()) {
      replay.emplace(state.value().get(), parameters->max_sessions);
    }
  }
  VerifyReport report = WalkChain(*ledger.value(), directory.value(), replay ? &*replay : nullptr);
  if (report.ok && replay) {
    of_state = replay->Compare(directory->Sub("state"));
  }
  if (report.ok && !of_state.ok() && of_state.code() != Code::kNotFound) {
    return Failed(std::move(report), of_state);
  }
  return report;
}

int RunVerify(const VerifyCommand& command) {
  const VerifyReport report = Verify(command.directory);
  if (command.json) {
    nlohmann::ordered_json json;
    json["ok"] = report.ok;
    json["blocks"] = report.blocks;
    json["requests"] = report.requests;
    json["tip"] = report.tip;
    json["tip_hash"] = report.tip_hash.Hex();
    json["first_bad"] = nullptr;
    if (report.first_bad) {
      json["first_bad"] = *report.first_bad;
    }
    std::cout << json.dump() << "\n";
  }
  if (!report.ok) {
    std::cerr << "cairn: " << report.problem.message() << "\n";
  } else if (!command.json) {
    std::cout << fmt::format(
        "{}: {} blocks and {} requests verify: hashes, links, nonces, request roots, and state/ is "
        "their replay; tip {} {}\n",
        command.directory, report.blocks, report.requests, report.tip, report.tip_hash.Hex());
  }
  return ExitCode(report.problem.code());
}

}  // namespace cairn::node
