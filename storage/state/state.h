#pragma once
// state/: the key-value state and the client sessions, in RocksDB without a write-ahead log.
// Derived: delete it and the next start rebuilds it from the chain.
//
//   active overlay   what blocks change now                        memory, changes
//   frozen overlay   what the writer is writing, if there is one   memory, never changes
//   RocksDB          all older blocks                              table files alone
//
// Reads see the three in this order; what they found in RocksDB is remembered until an overlay has
// been written into it, for a search in its files takes twenty times as long. At the end of a
// block, when the active overlay is full, it is frozen and a thread turns it into one table file
// (state_writer.h): whole blocks, the applied slot among them, together or not at all, synced
// before they count. So a crash, a power loss too, costs the replay of two overlays at most. The
// loop waits only if the active overlay is full again while the frozen one is still being written.

#include <functional>
#include <memory>
#include <string>

#include "common/status.h"
#include "kv/table.h"

namespace rocksdb {
class Env;
}

namespace cairn::storage {

class State final : public kv::Table {
 public:
  struct Options {
    /// Bytes of memory at which an overlay is full. Each directory adds a part of up to a half, so
    /// that the nodes of a cluster do not write at the same block.
    std::size_t overlay_bytes = std::size_t{12} << 20;
    /// Bytes of changes, those of one key again and again too, at which it is full: the bound of
    /// the replay after a crash (a tenth of a second or so).
    std::size_t replay_bytes = std::size_t{64} << 20;
    /// Bytes of memory for what was read of RocksDB: beyond it all of that is forgotten.
    std::size_t read_bytes = std::size_t{24} << 20;
    bool read_only = false;       ///< For verify: changes nothing.
    rocksdb::Env* env = nullptr;  ///< Null: the real one. Tests give one that forgets or fails.
    /// Told, on the thread that uses the state, that its files are damaged. Must not return; the
    /// process is stopped if it does. Null: StopNow.
    std::function<void(const Status&)> on_damage = {};
  };
  /// Opens or makes `directory`/state. Integrity if it is damaged: the caller may move it to
  /// quarantine (data_directory.h) and open again, for it is derived. Other if the disk is full
  /// or this user may not. NotFound if read_only and there is none.
  static Result<std::unique_ptr<State>> Open(const std::string& directory, const Options& options);
  /// Waits for the writer. What is in the active overlay is lost, as in a crash.
  ~State() override;

  // A failed read or write ends the process (on_damage, or StopNow): a state in doubt must not be
  // served. What the writer and RocksDB's own threads meet shows at the end of the next block.
  [[nodiscard]] std::optional<std::string> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string_view value) override;
  void Erase(std::string_view key) override;
  void Scan(std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void EndBlock() override;

  /// While it rebuilds, a state that serves nobody takes larger overlays: fewer files, less
  /// merging. The end of it begins to write what there is. Requires: no block is half applied.
  void SetRebuilding(bool rebuilding);

  /// Writes the overlays out, durably: a clean stop replays nothing. Requires: no block is half
  /// applied.
  Status Flush();

  /// Reads every file and compares all checksums, beside whatever else is going on: may be called
  /// on any thread, as long as the state lives. Integrity if anything is damaged.
  [[nodiscard]] Status VerifyFiles() const;

 private:
  struct Impl;
  explicit State(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::storage
