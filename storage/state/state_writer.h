#pragma once
// The writer of the state: a thread that turns a frozen overlay into a file of RocksDB and takes it
// into the database, while the node's loop goes on.
//
//   1 the overlay, sorted, becomes the table file `path`/overlay.sst       synced by RocksDB
//   2 the file is taken in (hard link, directory synced, manifest synced)   all or nothing
//   3 Idle() is true; the loop drops the overlay
//
// A crash before the end of step 2 leaves the state as it was; the file that is left over is no
// part of the database, and the next one removes it. A crash after it leaves all of the overlay.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rocksdb/db.h"
#include "storage/state/state_overlay.h"

namespace cairn::storage {

class StateWriter {
 public:
  /// `db` is not owned and must outlive this object. `path` is its directory.
  StateWriter(rocksdb::DB* db, std::string path);
  /// Waits for what is being written.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  /// Requires: idle, and what was written before had no error. Nobody changes `frozen` any more.
  void Start(std::shared_ptr<const Overlay> frozen);
  /// Nothing is being written.
  [[nodiscard]] bool Idle() const;
  void Wait();
  /// What became of the last overlay. Requires: idle.
  [[nodiscard]] rocksdb::Status last() const;
  /// Frees the overlay on this thread: it takes milliseconds that the loop does not have.
  void Discard(std::shared_ptr<const Overlay> garbage);

 private:
  void Run();

  rocksdb::DB* db_;
  std::string path_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Overlay> job_;
  std::vector<std::shared_ptr<const Overlay>> garbage_;
  rocksdb::Status last_;
  bool stop_ = false;
  std::thread thread_;  // Last: it uses all the others.
};

/// Where an overlay is written before it is taken in. Its name is none that RocksDB would take for
/// one of its own.
[[nodiscard]] std::string IncomingFile(const std::string& path);
/// Removes what a crash left there: it can be a second name of a file that is part of the database,
/// and to write to it would destroy that.
[[nodiscard]] rocksdb::Status RemoveIncoming(rocksdb::Env* env, const std::string& path);

}  // namespace cairn::storage
