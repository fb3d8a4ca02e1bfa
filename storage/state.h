#pragma once
// state/: the key-value state and the client sessions, in RocksDB without a write-ahead log.
// Derived: delete it and the next start rebuilds it from the chain.
//
// What is applied and not yet written lies in an ordered overlay in memory. At the end of a
// block, when the overlay is large enough, all of it goes into RocksDB as one batch of one column
// family, the applied slot among it: whole blocks survive a crash together or not at all. The
// ledger is what is synced; the chain replays the rest.

#include <memory>
#include <string>

#include "common/status.h"
#include "kv/table.h"

namespace cairn::storage {

class State final : public kv::Table {
 public:
  struct Options {
    /// Written out beyond this many bytes of keys and values: small, because the node's loop waits
    /// for it, and all nodes write at about the same block.
    std::size_t overlay_bytes = std::size_t{512} << 10;
    bool read_only = false;  ///< For verify: changes nothing.
  };
  /// Opens or makes `directory`/state. Integrity if it is damaged: the caller may move it to
  /// quarantine (data_directory.h) and open again, for it is derived. Other if the disk is full
  /// or this user may not. NotFound if read_only and there is none.
  static Result<std::unique_ptr<State>> Open(const std::string& directory, const Options& options);
  /// What was not flushed is lost, as in a crash.
  ~State() override;

  // A failed read or write ends the process (StopNow): a state in doubt must not be served.
  [[nodiscard]] std::optional<std::string> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string_view value) override;
  void Erase(std::string_view key) override;
  void Scan(std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void EndBlock() override;

  /// Writes the overlay out and makes it durable: a clean stop replays nothing. Requires: no block
  /// is half applied.
  Status Flush();

 private:
  struct Impl;
  explicit State(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::storage
