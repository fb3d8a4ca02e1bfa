// A power loss at every change that a node makes to its disk, while it elects, accepts, replaces,
// decides, flushes, compacts, rolls its log and starts again. After each the ledger opens by
// itself, and knows all that was acknowledged. A run tries every so many changes; with
// CAIRN_EXHAUSTIVE set, all of them.

#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <random>

#include "storage/directory/identity.h"
#include "storage/directory/open_or_salvage.h"
#include "tests/storage/chains.h"
#include "tests/storage/forgetful_file_system.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using Bytes = ForgetfulFileSystem::Bytes;
using Names = ForgetfulFileSystem::Names;

constexpr std::size_t kLookEvery = 5;

/// What the ledger must know: as committed last, and as the commit under way would have it.
struct Knowledge {
  replica::LedgerHead head;
  std::vector<BlockPtr> chain = {Genesis()};
  std::uint64_t commits = 0;
};

struct Wreck {
  std::string operation;
  ForgetfulFileSystem::Moment ledger;
  std::string guard;         // As written.
  std::string synced_guard;  // As synced.
  Knowledge known;
  Knowledge coming;
};

Identity Node() {
  Identity identity;
  identity.cluster = Genesis()->hash;
  identity.cluster_name = "test";
  identity.node = 1;
  identity.incarnation = 99;
  return identity;
}

/// Lives on a disk that forgets, and keeps what a power loss leaves before each `stride`th change.
class Victim {
 public:
  Victim(std::string directory, std::size_t stride, std::size_t phase)
      : directory_(std::move(directory)),
        disk_(std::make_shared<ForgetfulFileSystem>()),
        env_(rocksdb::NewCompositeEnv(disk_)),
        stride_(stride),
        phase_(phase) {
    disk_->BeforeEach([this](const std::string& operation) { Observe(operation); });
  }

  void Start() {
    ledger_.reset();
    Ledger::Options options = Ours();
    options.env = env_.get();
    auto ledger = Ledger::Open(directory_, Genesis(), options);
    ASSERT_TRUE(ledger.ok()) << ledger.status().message();
    ledger_ = std::move(ledger).value();
    const std::lock_guard<std::mutex> lock(mutex_);
    known_.commits = coming_.commits = ledger_->commits();
    synced_guard_ = ReadFile(directory_ + "/guard");
  }

  void Promise(std::uint64_t round) { Commit(storage::Promise(known_.head, round)); }
  /// A block of some size upon slot `parent`, replacing what is above it.
  void Accept(std::uint64_t round, Slot parent, Slot decided) {
    std::string value(2000 + random_() % 3000, '\0');
    for (char& byte : value) {
      byte = static_cast<char>(random_());
    }
    replica::LedgerWrite write =
        storage::Accept(round, {storage::Extend(known_.chain.at(parent), value)});
    write.head.promised = std::max(write.head.promised, known_.head.promised);
    write.head.decided = std::max(decided, known_.head.decided);
    Commit(write);
  }
  [[nodiscard]] Slot tip() const { return known_.head.tip; }
  [[nodiscard]] std::vector<Wreck>& wrecks() { return wrecks_; }
  [[nodiscard]] std::size_t changes() const { return changes_; }
  [[nodiscard]] const std::map<std::string, int>& operations() const { return operations_; }

 private:
  void Commit(const replica::LedgerWrite& write) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      coming_.head = write.head;
      coming_.commits = known_.commits + 1;
      coming_.chain = known_.chain;
      for (const BlockPtr& block : write.blocks) {
        coming_.chain.resize(block->slot());
        coming_.chain.push_back(block);
      }
      coming_.chain.resize(write.head.tip + 1);
    }
    ledger_->Commit(write);
    const std::lock_guard<std::mutex> lock(mutex_);
    known_ = coming_;
    if (write.promise) {
      synced_guard_ = ReadFile(directory_ + "/guard");
    }
  }

  void Observe(const std::string& operation) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::string file = operation.substr(operation.find(' ') + 1);
    const std::string kind = file.find(".log") != std::string::npos   ? "log"
                             : file.find(".sst") != std::string::npos ? "table"
                             : file.starts_with("MANIFEST")           ? "manifest"
                                                                      : "other";
    ++operations_[operation.substr(0, operation.find(' ')) + " " + kind];
    if (changes_++ % stride_ == phase_) {
      const std::string guard = directory_ + "/guard";
      wrecks_.push_back({operation, disk_->Now(),
                         std::filesystem::exists(guard) ? ReadFile(guard) : "", synced_guard_,
                         known_, coming_});
    }
  }

  std::string directory_;
  std::shared_ptr<ForgetfulFileSystem> disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<Ledger> ledger_;
  std::mt19937 random_{7};
  std::size_t stride_;
  std::size_t phase_;

  std::mutex mutex_;  // RocksDB's threads change the disk beside us.
  Knowledge known_;
  Knowledge coming_;
  std::string synced_guard_;
  std::size_t changes_ = 0;
  std::vector<Wreck> wrecks_;
  std::map<std::string, int> operations_;
};

/// Two lives: some leaders, replaced blocks, and enough bytes for flushes and compactions.
void Live(Victim* victim) {
  victim->Start();
  std::uint64_t round = 0;
  for (int leader = 1; leader <= 12; ++leader) {
    victim->Promise(++round);
    for (int block = 0; block < 9; ++block) {
      const Slot tip = victim->tip();
      victim->Accept(round, tip, tip < 3 ? 0 : tip - 3);
    }
    // The next leader has another log: the last two blocks are replaced by one.
    victim->Promise(++round);
    victim->Accept(round, victim->tip() - 2, 0);
    if (leader == 7) {
      victim->Start();
    }
  }
}

class PowerLossTest : public ::testing::Test {
 protected:
  void Recover(const Wreck& wreck, Bytes bytes, Names names, bool guard_kept) {
    const std::string path = dir_.Sub("next");
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    WriteFile(path + "/identity", FormatIdentity(Node()));
    const std::string& guard = guard_kept ? wreck.guard : wreck.synced_guard;
    if (!guard.empty()) {
      WriteFile(path + "/guard", guard);
    }
    ForgetfulFileSystem::Image here;
    for (auto& [file, content] : wreck.ledger.After(bytes, names)) {
      here[path + "/ledger/" + std::filesystem::path(file).filename().string()] = content;
    }
    Restore(here, path + "/ledger");
    std::string said;
    const Say say = [&said](const std::string& line) { said += line + "\n"; };
    auto directory = DataDirectory::Open(path, Genesis()->hash, "test", 1, say);
    ASSERT_TRUE(directory.ok()) << directory.status().message();
    DataDirectory opened = std::move(directory).value();
    const std::optional<replica::LedgerHead> seen = Look(path);
    auto recovery = OpenOrSalvage(&opened, Genesis(), Ours(), say);
    ASSERT_TRUE(recovery.ok()) << recovery.status().message();
    ASSERT_FALSE(recovery->forgot) << said;
    if (seen) {
      ASSERT_EQ(*seen, recovery->ledger->head());
    } else if (tried_ % kLookEvery == 0 && wreck.known.commits != 0) {
      ASSERT_TRUE(recovery->salvaged) << "what a start reads, verify and recover read";
    }
    cuts_ += said.find("power loss") != std::string::npos ? 1 : 0;
    salvages_ += recovery->salvaged ? 1 : 0;
    ExpectKnown(wreck, *recovery->ledger);
  }

  /// What verify and recover see, now and then; nothing if they refuse it.
  [[nodiscard]] std::optional<replica::LedgerHead> Look(const std::string& path) const {
    if (tried_ % kLookEvery != 0) {
      return std::nullopt;
    }
    const auto ledger = Ledger::Open(path, nullptr, Ours(true));
    return ledger.ok() ? std::optional(ledger.value()->head()) : std::nullopt;
  }

  static void ExpectKnown(const Wreck& wreck, const Ledger& ledger) {
    const bool coming = ledger.commits() != wreck.known.commits && wreck.known.commits != 0;
    const Knowledge& expected = coming ? wreck.coming : wreck.known;
    if (wreck.known.commits != 0) {
      ASSERT_EQ(ledger.commits(), expected.commits);
    }
    ASSERT_EQ(ledger.head(), expected.head);
    ASSERT_TRUE(ledger.holes().empty());
    const Slot tip = ledger.head().tip;
    const auto checked = ledger.Check(0, tip, expected.chain.at(tip)->hash);
    ASSERT_FALSE(checked.highest_bad) << checked.problem.message();
    ASSERT_EQ(checked.blocks, tip + 1);
  }

  void RecoverEach(const Victim& victim, const std::vector<Wreck>& wrecks) {
    for (const Wreck& wreck : wrecks) {
      SCOPED_TRACE(wreck.operation + ", commit " + std::to_string(wreck.known.commits) + " of " +
                   std::to_string(victim.changes()) + " changes");
      for (const Bytes bytes :
           {Bytes::kLost, Bytes::kTorn, Bytes::kZeroed, Bytes::kHead, Bytes::kTail, Bytes::kKept}) {
        for (const Names names : {Names::kLost, Names::kKept}) {
          SCOPED_TRACE(std::to_string(static_cast<int>(bytes)) +
                       std::to_string(static_cast<int>(names)));
          Recover(wreck, bytes, names, ++tried_ % 2 == 0);
          if (HasFatalFailure()) {
            return;
          }
        }
      }
    }
  }

  TempDirectory dir_{MemoryDirectory()};
  std::size_t tried_ = 0;
  int cuts_ = 0;
  int salvages_ = 0;
};

TEST_F(PowerLossTest, AtAnyChangeOfTheDiskNothingAcknowledgedIsLost) {
  const bool exhaustive = std::getenv("CAIRN_EXHAUSTIVE") != nullptr;
  const std::size_t stride = exhaustive ? 8 : 16;
  for (std::size_t phase = 0; phase < (exhaustive ? stride : 1); ++phase) {
    const std::string directory = dir_.Sub("victim" + std::to_string(phase));
    std::filesystem::create_directories(directory);
    Victim victim(directory, stride, phase);
    Live(&victim);
    ASSERT_FALSE(HasFatalFailure());
    RecoverEach(victim, victim.wrecks());
    ASSERT_FALSE(HasFatalFailure());
    if (phase == 0) {
      for (const auto& [operation, count] : victim.operations()) {
        std::cout << operation << ": " << count << "\n";
      }
    }
  }
  std::cout << tried_ << " power losses, " << cuts_ << " torn writes cut off, " << salvages_
            << " salvages\n";
}

}  // namespace
}  // namespace cairn::storage
