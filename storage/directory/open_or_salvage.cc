#include "storage/directory/open_or_salvage.h"

#include <utility>
#include <vector>

#include "common/roster.h"
#include "storage/directory/identity.h"
#include "storage/files/files.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/guard.h"
#include "storage/ledger/salvage_mark.h"
#include "storage/ledger/torn_tail.h"

namespace cairn::storage {
namespace {

std::string Sentence(const std::string& text) { return text.ends_with('.') ? text : text + "."; }

std::string Range(Slot first, Slot last) {
  return first == last ? "slot " + std::to_string(first)
                       : "slots " + std::to_string(first) + " to " + std::to_string(last);
}

/// If the write that was under way is all that is wrong with a file: cuts it off, and keeps it
/// elsewhere. False if that is not the case.
Result<bool> CutTornWrites(const std::string& directory, const Say& say) {
  const Result<std::vector<TornTail>> tails = FindTornTails(directory + "/ledger");
  if (!tails.ok()) {
    return tails.status();
  }
  for (const TornTail& tail : tails.value()) {
    const std::string path = directory + "/ledger/" + tail.name;
    const Result<std::string> kept = KeepInQuarantine(directory, tail.name + "-end", tail.end);
    if (!kept.ok()) {
      return kept.status();
    }
    if (Status cut = CutFile(path, tail.sound); !cut.ok()) {
      return cut;
    }
    say("the last " + std::to_string(tail.end.size()) + " bytes of " + path +
        " are what a power loss left of a write that nothing rests on; they were moved to " +
        kept.value() + ".");
  }
  return !tails->empty();
}

std::string CountedBlocks(std::uint64_t blocks) {
  return blocks == 1 ? "1 decided block is" : std::to_string(blocks) + " decided blocks are";
}

void SayWhatWasSalvaged(const std::string& ledger, const Salvaged& salvaged, const Say& say) {
  for (const std::string& file : salvaged.damaged) {
    say("not all of it can be read: " + Sentence(file));
  }
  for (const replica::Hole& hole : salvaged.holes) {
    say("of the decided blocks of " + Range(hole.first, hole.last) + " in " + ledger +
        " some are lost, and the other ones can't be verified without these; they are fetched from "
        "the other nodes, and neither used nor served before.");
  }
  say("the ledger was built anew from all that could be read and verified (" +
      (salvaged.missing == 0 ? "nothing is lost" : CountedBlocks(salvaged.missing) + " lost") +
      "); the damaged one was moved to " + salvaged.quarantined +
      ". This node still knows all that it has promised and accepted, and goes on.");
}

class Opening {
 public:
  Opening(DataDirectory* directory, BlockPtr genesis, const Ledger::Options& options,
          const Say& say, AtStep at_step)
      : directory_(directory),
        genesis_(std::move(genesis)),
        options_(options),
        say_(say),
        at_step_(std::move(at_step)) {
    options_.node = directory->identity().node;
    options_.incarnation = directory->identity().incarnation;
  }

  Result<OpenedLedger> Run() {
    if (Status finished = FinishSalvage(directory_->path()); !finished.ok()) {
      return finished;
    }
    const Result<std::string> mark =
        ReadSmallFile(directory_->Sub(kSalvageMark), kMaxSalvageReasonBytes);
    if (!mark.ok() && mark.status().code() != Code::kNotFound) {
      return mark.status();
    }
    if (mark.ok()) {
      say_("an earlier run of this node met damage and asked for a salvage: " +
           Sentence(mark.value()));
      return SalvageOrForget();
    }
    Result<OpenedLedger> opened = Open();
    if (opened.ok() || opened.status().code() != Code::kIntegrity) {
      return opened;
    }
    const Result<bool> cut = CutTornWrites(directory_->path(), say_);
    if (!cut.ok()) {
      return cut.status();
    }
    if (cut.value()) {
      opened = Open();
      if (opened.ok() || opened.status().code() != Code::kIntegrity) {
        return opened;
      }
    }
    say_(Sentence(opened.status().message()));
    return SalvageOrForget();
  }

 private:
  Result<OpenedLedger> Open() {
    Result<std::unique_ptr<Ledger>> opened = Ledger::Open(directory_->path(), genesis_, options_);
    if (!opened.ok()) {
      return opened.status();
    }
    OpenedLedger result;
    result.ledger = std::move(opened).value();
    return result;
  }

  Result<OpenedLedger> SalvageOrForget() {
    say_("what can be read of the ledger " + directory_->Sub("ledger") +
         " is collected and verified from its newest block down; that takes its time if it is "
         "long.");
    Result<Salvaged> salvaged = Salvage(directory_->path(), genesis_, options_, at_step_);
    if (!salvaged.ok()) {
      return salvaged.status();
    }
    if (!salvaged->forgotten.empty()) {
      return ForgetAndOpen(salvaged->forgotten);
    }
    SayWhatWasSalvaged(directory_->Sub("ledger"), salvaged.value(), say_);
    Result<OpenedLedger> opened = Open();
    if (!opened.ok()) {
      return opened.status().code() == Code::kIntegrity ? ForgetAndOpen(opened.status().message())
                                                        : std::move(opened);
    }
    OpenedLedger result = std::move(opened).value();
    result.salvaged = true;
    return result;
  }

  Result<OpenedLedger> ForgetAndOpen(const std::string& reason) {
    if (Status forgot = Forget(directory_, reason, say_, at_step_); !forgot.ok()) {
      return forgot;
    }
    options_.incarnation = directory_->identity().incarnation;
    Result<OpenedLedger> opened = Open();
    if (!opened.ok()) {
      return opened;
    }
    OpenedLedger result = std::move(opened).value();
    result.forgot = true;
    return result;
  }

  DataDirectory* directory_;
  BlockPtr genesis_;
  Ledger::Options options_;
  const Say& say_;
  AtStep at_step_;
};

AtStep OrNothing(const AtStep& at_step) {
  return at_step ? at_step : [](const std::string& /*step*/) {};
}

}  // namespace

Result<OpenedLedger> OpenOrSalvage(DataDirectory* directory, const BlockPtr& genesis,
                                   const Ledger::Options& options, const Say& say,
                                   const AtStep& at_step) {
  return Opening(directory, genesis, options, say, OrNothing(at_step)).Run();
}

Status BeginAnew(DataDirectory* directory, Ledger* ledger, const std::string& reason,
                 const Say& say) {
  const Result<std::string> kept =
      KeepInQuarantine(directory->path(), "identity", FormatIdentity(directory->identity()));
  if (!kept.ok()) {
    return kept.status();
  }
  if (Status renewed = directory->Renew(); !renewed.ok()) {
    return renewed;
  }
  ledger->BeginAnew(directory->identity().incarnation);
  say(Sentence(reason) + " So it does not vote as who it was. It has the new incarnation " +
      FormatIncarnation(directory->identity().incarnation) +
      ", learns what it lacks from the other nodes, and votes again once a block readmits it. Its "
      "blocks stay where they are, in " +
      directory->Sub("ledger") + "; who it was is kept as " + kept.value() + ".");
  return Status::Ok();
}

Status Forget(DataDirectory* directory, const std::string& reason, const Say& say,
              const AtStep& at_step) {
  const AtStep step = OrNothing(at_step);
  const Result<std::string> kept =
      KeepInQuarantine(directory->path(), "identity", FormatIdentity(directory->identity()));
  if (!kept.ok()) {
    return kept.status();
  }
  step("renew the identity");
  if (Status renewed = directory->Renew(); !renewed.ok()) {
    return renewed;
  }
  std::string moved;
  std::string put_back = "mv " + kept.value() + " " + directory->Sub("identity");
  for (const std::string name : {"ledger", "guard"}) {
    const Result<bool> exists = Exists(directory->Sub(name));
    if (!exists.ok()) {
      return exists.status();
    }
    if (exists.value()) {
      step("move away the " + name);
      const Result<std::string> to = MoveToQuarantine(directory->path(), name);
      if (!to.ok()) {
        return to.status();
      }
      moved += (moved.empty() ? "" : " and ") + to.value();
      put_back += " && mv " + directory->Sub(name) + " " + directory->Sub(name) + ".aside && mv " +
                  to.value() + " " + directory->Sub(name);
    }
  }
  step("delete the mark of a forgotten ledger");
  if (Status deleted = DeleteDurably(directory->Sub(kSalvageMark)); !deleted.ok()) {
    return deleted;
  }
  say(Sentence(reason) +
      " So nobody can tell what this node has promised and accepted: it does not vote as who it "
      "was. It has the new incarnation " +
      FormatIncarnation(directory->identity().incarnation) +
      ", learns the chain from the other nodes, and votes again once a block readmits it" +
      (moved.empty() ? "."
                     : "; what it had was moved to " + moved +
                           ". If you know that it was whole: as long as no block has readmitted "
                           "this node, stop it and put that back with `" +
                           put_back + "`."));
  return Status::Ok();
}

}  // namespace cairn::storage
