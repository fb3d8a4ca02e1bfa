#include "offline/verify.h"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "chain/block_format.h"
#include "offline/verify_state.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/block_stream.h"
#include "storage/ledger/ledger.h"
#include "storage/state/state.h"
#include "text/json.h"

namespace cairn::offline {
namespace {

VerifyReport Failed(VerifyReport report, Status problem, std::optional<Slot> slot = std::nullopt) {
  report.ok = false;
  report.first_bad = slot;
  report.problem = std::move(problem);
  return report;
}

/// The way through the chain from the genesis block up; stops at the first block that does not
/// verify.
class ChainWalk {
 public:
  ChainWalk(const storage::Ledger* ledger, const storage::DataDirectory* directory,
            StateReplay* replay)
      : ledger_(ledger), directory_(directory), replay_(replay) {}

  VerifyReport Run() {
    report_.holes = ledger_->holes();
    report_.decided = ledger_->head().decided;
    Slot next = 0;
    bool ok = true;
    for (const replica::Hole& hole : report_.holes) {
      ok = ok && (next == hole.first || Segment(next, hole.first - 1));
      next = hole.last + 1;
      above_hole_ = &hole;
      last_ = nullptr;
    }
    const Slot tip = ledger_->head().tip;
    ok = ok && (next > tip || Segment(next, tip));
    report_.ok = ok;
    return report_;
  }

 private:
  /// Slots first..last, none of which is in a hole.
  bool Segment(Slot first, Slot last) {
    storage::BlockStream stream(ledger_, first, last);
    for (Slot next = first; next <= last;) {
      auto blocks = stream.Next();
      if (!blocks.ok()) {
        return Bad(next, blocks.status());
      }
      for (const BlockPtr& block : blocks.value()) {
        if (const Status status = Judge(*block); !status.ok()) {
          return Bad(block->slot(), status);
        }
        Count(block);
      }
      next = blocks->back()->slot() + 1;
    }
    return true;
  }
  [[nodiscard]] Status Judge(const Block& block) const {
    const Slot slot = block.slot();
    if (slot == 0 && block.hash != directory_->identity().cluster) {
      return Wrong(slot, "it is not the genesis block that the identity names");
    }
    if (last_ != nullptr) {
      if (const Status link = chain::VerifyLink(*last_, block); !link.ok()) {
        return Wrong(slot, link.message());
      }
    } else if (above_hole_ != nullptr && block.header.parent != above_hole_->hash) {
      return Wrong(slot, "it does not stand on the lost block that is noted below it");
    }
    if (slot == ledger_->head().tip && block.hash != ledger_->tip_hash()) {
      return Wrong(slot, "its hash is " + block.hash.Hex() + ", and the head names " +
                             ledger_->tip_hash().Hex());
    }
    return Status::Ok();
  }
  void Count(const BlockPtr& block) {
    report_.blocks += 1;
    report_.requests += block->requests.size();
    report_.tip = block->slot();
    report_.tip_hash = block->hash;
    if (replay_ != nullptr && block->slot() > 0) {
      replay_->Apply(*block);
    }
    last_ = block;
  }
  /// A link that breaks has two ends. Which of them is wrong is known from above: there each block
  /// names the right hash of the one below, from the head on.
  bool Bad(Slot slot, Status status) {
    const storage::Ledger::Checked checked =
        ledger_->Check(0, ledger_->head().tip, ledger_->tip_hash());
    if (checked.lowest_bad) {
      slot = *checked.lowest_bad;
      const auto above = ledger_->Read(slot + 1);
      const auto expected = checked.lowest_bad == checked.highest_bad || !above.ok()
                                ? std::optional<Hash>()
                                : above.value()->header.parent;
      const auto alone = ledger_->Check(slot, slot, expected);
      status = checked.lowest_bad == checked.highest_bad ? checked.problem
               : alone.highest_bad                       ? alone.problem
                                                         : status;
    }
    report_ = Failed(std::move(report_), std::move(status), slot);
    return false;
  }
  [[nodiscard]] Status Wrong(Slot slot, const std::string& why) const {
    return Status::Integrity(fmt::format("the block of slot {} in {} is damaged: {}", slot,
                                         directory_->Sub("ledger"), why));
  }

  const storage::Ledger* ledger_;
  const storage::DataDirectory* directory_;
  StateReplay* replay_;
  VerifyReport report_;
  BlockPtr last_;
  const replica::Hole* above_hole_ = nullptr;
};

/// Head, guard and identity fit each other.
Status CheckMemory(const storage::DataDirectory& directory) {
  storage::Ledger::Options options;
  options.read_only = true;
  options.node = directory.identity().node;
  options.incarnation = directory.identity().incarnation;
  const auto judged = storage::Ledger::Open(directory.path(), nullptr, options);
  return judged.ok() ? Status::Ok() : Status::Integrity(judged.status().message());
}

Status HolesText(const storage::DataDirectory& directory, const std::vector<replica::Hole>& holes) {
  std::string slots;
  for (const replica::Hole& hole : holes) {
    slots += slots.empty() ? "" : ", ";
    slots += hole.first == hole.last ? fmt::format("{}", hole.first)
                                     : fmt::format("{}..{}", hole.first, hole.last);
  }
  const bool one = holes.size() == 1 && holes.front().first == holes.front().last;
  return Status::Integrity(
      fmt::format("blocks are missing in {}: {} {} {} fetched again from the other nodes as soon "
                  "as this node runs beside them; all other blocks verify",
                  directory.Sub("ledger"), one ? "slot" : "slots", slots, one ? "is" : "are"));
}

/// The state, and its replay if there is one to compare it with.
struct StateInDoubt {
  std::unique_ptr<storage::State> state;
  std::optional<StateReplay> replay;
  Status problem;
};

StateInDoubt OpenState(const storage::DataDirectory& directory, const storage::Ledger& ledger) {
  StateInDoubt doubt;
  storage::State::Options read_only;
  read_only.read_only = true;
  auto state = storage::State::Open(directory.path(), read_only);
  doubt.problem = state.ok() ? state.value()->VerifyFiles() : state.status();
  doubt.problem = doubt.problem.ok() ? kv::CheckFormat(*state.value()) : doubt.problem;
  const auto genesis = ledger.Read(0);
  if (!doubt.problem.ok() || !genesis.ok()) {
    return doubt;
  }
  doubt.state = std::move(state).value();
  if (const auto parameters = chain::ReadGenesis(*genesis.value()); parameters.ok()) {
    doubt.replay.emplace(doubt.state.get(), parameters->max_sessions);
  }
  return doubt;
}

/// What is wrong beside the blocks; they are the truth, and are judged first.
VerifyReport JudgeRest(VerifyReport report, const storage::DataDirectory& directory,
                       const StateInDoubt& doubt) {
  if (Status memory = CheckMemory(directory); !memory.ok()) {
    if (report.ok) {
      return Failed(std::move(report), std::move(memory));
    }
    report.besides.push_back(memory.message());
  }
  if (report.ok && !report.holes.empty()) {
    const Slot first = report.holes.front().first;
    Status holes = HolesText(directory, report.holes);
    return Failed(std::move(report), std::move(holes), first);
  }
  if (report.ok && !doubt.problem.ok() && doubt.problem.code() != Code::kNotFound) {
    return Failed(std::move(report), doubt.problem);
  }
  if (report.ok && doubt.replay) {
    report.state = doubt.replay->stands().applied;
    if (auto difference = doubt.replay->Compare(directory.Sub("state"))) {
      return Failed(std::move(report), std::move(difference->problem), difference->slot);
    }
  }
  return report;
}

nlohmann::ordered_json ReportJson(const VerifyReport& report) {
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
  json["decided"] = report.decided;
  json["state"] = nullptr;
  if (report.state) {
    json["state"] = *report.state;
  }
  json["holes"] = nlohmann::ordered_json::array();
  for (const replica::Hole& hole : report.holes) {
    json["holes"].push_back({{"first", hole.first}, {"last", hole.last}});
  }
  json["torn"] = report.torn;
  json["message"] = nullptr;
  if (!report.ok) {
    json["message"] = report.problem.message();
  }
  return json;
}

}  // namespace

VerifyReport Verify(const std::string& path) {
  const auto directory = storage::DataDirectory::OpenExisting(path);
  if (!directory.ok()) {
    return Failed({}, directory.status());
  }
  storage::Ledger::Options options;
  options.read_only = true;
  options.unjudged = true;
  const auto ledger = storage::Ledger::Open(directory->path(), nullptr, options);
  if (!ledger.ok()) {
    return Failed({}, ledger.status());
  }
  StateInDoubt doubt = OpenState(directory.value(), *ledger.value());
  if (!ledger.value()->holes().empty()) {
    doubt.replay.reset();  // There is nothing whole to replay.
  }
  VerifyReport report =
      ChainWalk(ledger->get(), directory.operator->(), doubt.replay ? &*doubt.replay : nullptr)
          .Run();
  report.torn = ledger.value()->torn();
  return JudgeRest(std::move(report), directory.value(), doubt);
}

int RunVerify(const VerifyCommand& command) {
  const VerifyReport report = Verify(command.directory);
  if (command.json) {
    std::cout << ReportJson(report).dump(-1, ' ', false,
                                         nlohmann::ordered_json::error_handler_t::replace)
              << "\n";
  }
  for (const std::string& sentence : report.torn) {
    std::cerr << "note: " << sentence << "\n";
  }
  if (!report.ok) {
    std::cerr << "cairn: " << report.problem.message() << "\n";
    for (const std::string& sentence : report.besides) {
      std::cerr << "besides: " << sentence << "\n";
    }
  } else if (!command.json) {
    std::cout << fmt::format(
        "{}: {} blocks and {} requests verify: hashes, links, nonces, request roots, and {}; tip "
        "{} {}\n",
        command.directory, report.blocks, report.requests,
        !report.state ? "there is no state/ to compare"
        : *report.state < report.tip
            ? fmt::format("state/ is their replay up to slot {}", *report.state)
            : "state/ is their replay",
        report.tip, report.tip_hash.Hex());
  }
  return ExitCode(report.problem.code());
}

}  // namespace cairn::offline
