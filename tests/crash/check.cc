#include "crash/check.h"

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "sim/history.h"

namespace cairn::crash {
namespace {

using Id = std::pair<ClientId, Sequence>;

/// A write of the chain that was applied.
struct Applied {
  Slot slot = 0;
  ChainBlock::Entry entry;
  bool found = false;  ///< The key was there before.
};

/// The chain, replayed by the rules of this file's header and not by the program's own code.
class Replay {
 public:
  Replay(const std::vector<ChainBlock>& chain, Verdict* verdict) {
    for (const ChainBlock& block : chain) {
      for (const ChainBlock::Entry& entry : block.entries) {
        if (entry.op == Op::kPut || entry.op == Op::kDel) {
          Apply(block.slot, entry, verdict);
        } else if (entry.op == Op::kReadmit) {
          ++verdict->readmissions;
        }
      }
    }
  }

  [[nodiscard]] const Applied* Find(const Id& id) const {
    const auto found = applied_.find(id);
    return found == applied_.end() ? nullptr : &found->second;
  }
  /// What the key holds after this slot.
  [[nodiscard]] std::optional<std::string> ValueAt(const std::string& key, Slot slot) const {
    const auto versions = versions_.find(key);
    if (versions == versions_.end()) {
      return std::nullopt;
    }
    const auto after = versions->second.upper_bound(slot);
    return after == versions->second.begin() ? std::nullopt : std::prev(after)->second;
  }
  [[nodiscard]] const std::map<Id, Applied>& applied() const { return applied_; }

 private:
  void Apply(Slot slot, const ChainBlock::Entry& entry, Verdict* verdict) {
    Sequence& last = last_[entry.client];
    if (entry.sequence <= last) {
      ++verdict->asked_again;
      return;
    }
    last = entry.sequence;
    const bool found = ValueAt(entry.key, slot).has_value();
    versions_[entry.key][slot] =
        entry.op == Op::kPut ? std::optional(entry.value) : std::optional<std::string>();
    applied_[{entry.client, entry.sequence}] = {slot, entry, found};
  }

  std::unordered_map<ClientId, Sequence> last_;
  std::map<Id, Applied> applied_;
  std::unordered_map<std::string, std::map<Slot, std::optional<std::string>>> versions_;
};

class Judgement {
 public:
  Judgement(const std::vector<Record>& history, const std::vector<ChainBlock>& chain)
      : history_(history), replay_(chain, &verdict_) {}

  Verdict Run() {
    verdict_.operations = history_.size();
    CheckLinearizable();
    for (const Record& record : history_) {
      if (record.IsWrite()) {
        CheckWrite(record);
      } else {
        CheckRead(record);
      }
    }
    CheckNothingInvented();
    return std::move(verdict_);
  }

 private:
  void Breach(const char* rule, const std::string& words, const Record* record = nullptr) {
    if (++verdict_.breach_count <= kMaxBreaches) {
      verdict_.breaches.push_back(std::string(rule) + ": " + words +
                                  (record == nullptr ? "" : ": " + LineOf(*record)));
    }
  }

  void CheckLinearizable() {
    sim::History history;
    for (const Record& record : history_) {
      if (record.code == Code::kUnavailable || (!record.IsWrite() && !record.Answered())) {
        continue;
      }
      sim::Operation operation;
      operation.kind = record.kind == Record::Kind::kPut   ? sim::Operation::Kind::kPut
                       : record.kind == Record::Kind::kDel ? sim::Operation::Kind::kDel
                                                           : sim::Operation::Kind::kGet;
      operation.value = record.value;
      operation.found = record.code != Code::kNotFound;
      operation.called = record.called;
      operation.returned = record.Answered() ? record.returned : sim::kNever;
      history.Add(record.key, operation);
    }
    verdict_.keys = history.keys().size();
    for (const auto& [key, operations] : history.keys()) {
      if (!sim::IsLinearizable(operations)) {
        Breach("C1 linearizable", "no order of the " + std::to_string(operations.size()) +
                                      " operations on key " + key + " explains all answers");
      }
    }
  }

  void CheckWrite(const Record& record) {
    const Applied* const applied =
        record.client == 0 ? nullptr : replay_.Find({record.client, record.sequence});
    switch (record.code) {
      case Code::kOk:
      case Code::kNotFound:
        ++verdict_.acknowledged_writes;
        CheckAcknowledged(record, applied);
        return;
      case Code::kUnavailable:
        ++verdict_.refused;
        if (applied != nullptr) {
          Breach("C3 refused",
                 "refused as surely not applied, and yet applied at slot " +
                     std::to_string(applied->slot),
                 &record);
        }
        return;
      case Code::kUnknownOutcome:
        ++(applied == nullptr ? verdict_.unknown_absent : verdict_.unknown_applied);
        return;
      default:
        Breach("C6 sound", "an answer that no fault explains", &record);
    }
  }

  void CheckAcknowledged(const Record& record, const Applied* applied) {
    if (applied == nullptr) {
      Breach("C2 loss", "acknowledged, and not applied by the chain", &record);
    } else if (applied->slot != record.slot) {
      Breach("C2 loss",
             "applied at slot " + std::to_string(applied->slot) + ", not where the answer said",
             &record);
    } else if (record.kind == Record::Kind::kDel && applied->found != (record.code == Code::kOk)) {
      Breach(
          "C5 answers",
          "the chain says that the key was " + std::string(applied->found ? "" : "not ") + "there",
          &record);
    }
  }

  void CheckRead(const Record& record) {
    if (!record.Answered()) {
      if (record.code != Code::kUnavailable && record.code != Code::kUnknownOutcome) {
        Breach("C6 sound", "an answer that no fault explains", &record);
      }
      return;
    }
    ++verdict_.reads;
    const std::optional<std::string> value = replay_.ValueAt(record.key, record.slot);
    const std::optional<std::string> read =
        record.code == Code::kOk ? std::optional(record.value) : std::nullopt;
    if (value != read) {
      Breach("C5 answers", "the chain has " + value.value_or("no value") + " at that slot",
             &record);
    }
  }

  void CheckNothingInvented() {
    std::map<Id, const Record*> asked;
    for (const Record& record : history_) {
      if (record.client != 0) {
        asked[{record.client, record.sequence}] = &record;
      }
    }
    for (const auto& [id, applied] : replay_.applied()) {
      const auto found = asked.find(id);
      const std::string where = "block " + std::to_string(applied.slot);
      if (found == asked.end()) {
        Breach("C4 invented",
               where + " has a request for key " + applied.entry.key + " that no client made");
        continue;
      }
      const Record& record = *found->second;
      const bool is_put = applied.entry.op == Op::kPut;
      if (record.key != applied.entry.key || is_put != (record.kind == Record::Kind::kPut) ||
          (is_put && record.value != applied.entry.value)) {
        Breach("C4 invented", where + " has another request than the client made", &record);
      }
    }
  }

  const std::vector<Record>& history_;
  Verdict verdict_;
  Replay replay_;
};

}  // namespace

Verdict Judge(const std::vector<Record>& history, const std::vector<ChainBlock>& chain) {
  return Judgement(history, chain).Run();
}

}  // namespace cairn::crash
