#include "storage/state/state_writer.h"

#include <utility>

#include "common/check.h"
#include "rocksdb/env.h"
#include "rocksdb/sst_file_writer.h"

namespace cairn::storage {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::Status WriteFile(rocksdb::DB* db, const std::string& file, const Overlay& overlay) {
  const rocksdb::Options options = db->GetOptions();
  // The pages stay in the cache: they are read at once, and again by the next compaction.
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, db->DefaultColumnFamily(),
                                /*invalidate_page_cache=*/false);
  rocksdb::Status status = writer.Open(file);
  for (const Overlay::Entry* entry : overlay.Sorted()) {
    if (!status.ok()) {
      return status;
    }
    const auto value = entry->value();
    status = value ? writer.Put(ToSlice(entry->key()), ToSlice(*value))
                   : writer.Delete(ToSlice(entry->key()));
  }
  return status.ok() ? writer.Finish() : status;
}

rocksdb::Status TakeIn(rocksdb::DB* db, const std::string& file) {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  // The file is never changed after it was synced; its sequence number stands in the manifest.
  options.write_global_seqno = false;
  // Nothing is ever written but by files, so there is no memtable that could be in the way.
  options.allow_blocking_flush = false;
  options.verify_checksums_before_ingest = true;
  return db->IngestExternalFile({file}, options);
}

rocksdb::Status WriteOut(rocksdb::DB* db, const std::string& path, const Overlay& overlay) {
  rocksdb::Status status = RemoveIncoming(db->GetEnv(), path);
  if (status.ok()) {
    status = WriteFile(db, IncomingFile(path), overlay);
  }
  return status.ok() ? TakeIn(db, IncomingFile(path)) : status;
}

}  // namespace

std::string IncomingFile(const std::string& path) { return path + "/overlay.sst"; }

rocksdb::Status RemoveIncoming(rocksdb::Env* env, const std::string& path) {
  const std::string file = IncomingFile(path);
  const rocksdb::Status exists = env->FileExists(file);
  if (exists.IsNotFound()) {
    return rocksdb::Status::OK();
  }
  return exists.ok() ? env->DeleteFile(file) : exists;
}

StateWriter::StateWriter(rocksdb::DB* db, std::string path)
    : db_(db), path_(std::move(path)), thread_([this] { Run(); }) {}

StateWriter::~StateWriter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StateWriter::Start(std::shared_ptr<const Overlay> frozen) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CAIRN_CHECK(job_ == nullptr && last_.ok(), "one overlay is written at a time");
  job_ = std::move(frozen);
  changed_.notify_all();
}

bool StateWriter::Idle() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return job_ == nullptr;
}

void StateWriter::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return job_ == nullptr; });
}

rocksdb::Status StateWriter::last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

void StateWriter::Discard(std::shared_ptr<const Overlay> garbage) {
  const std::lock_guard<std::mutex> lock(mutex_);
  garbage_.push_back(std::move(garbage));
  changed_.notify_all();
}

void StateWriter::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || job_ != nullptr || !garbage_.empty(); });
    std::vector<std::shared_ptr<const Overlay>> garbage = std::exchange(garbage_, {});
    if (!garbage.empty()) {
      lock.unlock();
      garbage.clear();
      lock.lock();
    } else if (job_ != nullptr) {
      const std::shared_ptr<const Overlay> job = job_;
      lock.unlock();
      rocksdb::Status status = WriteOut(db_, path_, *job);
      lock.lock();
      last_ = std::move(status);
      job_.reset();
      changed_.notify_all();
    } else {
      return;
    }
  }
}

}  // namespace cairn::storage
