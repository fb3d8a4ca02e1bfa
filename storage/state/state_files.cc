#include "storage/state/state_files.h"

#include <vector>

#include "storage/files/rocks.h"

namespace cairn::storage {
namespace {

constexpr int kFilesToMerge = 3;
constexpr int kFilesToMergeInARebuild = 12;

}  // namespace

void BackgroundTrouble::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                                          rocksdb::Status* error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!any()) {
    first_ = *error;
    any_.store(true, std::memory_order_release);
  }
}

rocksdb::Status BackgroundTrouble::first() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_;
}

rocksdb::Options StateOptions(rocksdb::Env* env,
                              const std::shared_ptr<BackgroundTrouble>& trouble) {
  rocksdb::Options options = BaseOptions({.write_buffer_bytes = std::size_t{1} << 20,
                                          .block_cache_bytes = std::size_t{8} << 20,
                                          .bloom_filter = true});
  if (env != nullptr) {
    options.env = env;
  }
  options.listeners.push_back(trouble);
  options.avoid_flush_during_shutdown = true;
  // Each overlay is a file over the whole range of keys, so it always lands in level 0. The rest is
  // one sorted run as long as it is small, so that a merge reads and writes all of it: it is worth
  // waiting for a few overlays, and the files that wait are all the space that is wasted.
  options.level0_file_num_compaction_trigger = kFilesToMerge;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_bytes_for_level_base = std::uint64_t{256} << 20;
  options.target_file_size_base = std::uint64_t{16} << 20;
  options.bytes_per_sync = std::uint64_t{1} << 20;
  return options;
}

rocksdb::Status RemoveEmptyLogs(rocksdb::Env* env, const std::string& path) {
  std::vector<rocksdb::Env::FileAttributes> files;
  rocksdb::Status status = env->GetChildrenFileAttributes(path, &files);
  for (const auto& [name, bytes] : files) {
    if (status.ok() && bytes == 0 && name.ends_with(".log")) {
      status = env->DeleteFile(path + "/" + name);
    }
  }
  return status;
}

rocksdb::Status SetMerging(rocksdb::DB* db, bool rebuilding) {
  const int files = rebuilding ? kFilesToMergeInARebuild : kFilesToMerge;
  return db->SetOptions({{"level0_file_num_compaction_trigger", std::to_string(files)}});
}

Status StateFailure(const char* what, const std::string& path, const rocksdb::Status& status,
                    const Refusals& refusals) {
  const std::string begin = std::string("could not ") + what + " the state " + path +
                            ": RocksDB says \"" + status.ToString() + "\". ";
  if (IsDamage(status, refusals)) {
    return Status::Integrity(
        begin +
        "It is damaged, but nothing is lost: with that directory out of the way it is "
        "rebuilt from the chain.");
  }
  return Status::Other(begin + refusals.first().value_or("Start the node again.") +
                       " What was not written is replayed from the chain.");
}

}  // namespace cairn::storage
