#pragma once
// What a power loss leaves of the write that was under way: the torn end of the newest log, or of
// the manifest that is in use. Nobody was told of that write, so the file is sound without its end,
// and everybody who opens a ledger reads it so: a start cuts the end off (open_or_salvage.h), and
// what may change nothing (verify, recover) does not look at it.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/status.h"
#include "rocksdb/file_system.h"

namespace cairn::storage {

struct TornTail {
  std::string name;       ///< Of the file in the ledger's directory.
  std::size_t sound = 0;  ///< The bytes before the torn write.
  std::string end;        ///< The other ones.
};

/// Those of the ledger (the database's directory): none where the disk has lost what was synced.
/// Other if a file can't be read.
Result<std::vector<TornTail>> FindTornTails(const std::string& ledger);

/// The files of `below`, without these ends.
class WithoutTornTails final : public rocksdb::FileSystemWrapper {
 public:
  WithoutTornTails(const std::shared_ptr<rocksdb::FileSystem>& below,
                   const std::vector<TornTail>& tails);
  const char* Name() const override { return "WithoutTornTails"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                std::uint64_t* bytes, rocksdb::IODebugContext* context) override;

 private:
  std::map<std::string, std::size_t> sound_;  // By name.
};

}  // namespace cairn::storage
