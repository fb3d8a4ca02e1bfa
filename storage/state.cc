#include "storage/state.h"

#include <map>
#include <optional>

#include "common/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/files.h"
#include "storage/rocks.h"

namespace cairn::storage {
namespace {

/// What an entry of the overlay costs beside its bytes: a node of the map and two strings.
constexpr std::size_t kEntryBytes = 128;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::Options StateOptions(bool create) {
  rocksdb::Options options = BaseOptions({.write_buffer_bytes = std::size_t{32} << 20,
                                          .block_cache_bytes = std::size_t{32} << 20,
                                          .bloom_filter = true});
  options.create_if_missing = create;
  // Closing must not write: what is left behind is a prefix of the blocks either way.
  options.avoid_flush_during_shutdown = true;
  return options;
}

}  // namespace

struct State::Impl {
  using Overlay = std::map<std::string, std::optional<std::string>, std::less<>>;

  std::string path;  // Absolute.
  std::unique_ptr<rocksdb::DB> db;
  std::size_t overlay_limit = 0;
  Overlay overlay;  // No value: erased.
  std::size_t overlay_bytes = 0;

  ~Impl();
  void Set(std::string_view key, std::optional<std::string> value);
  rocksdb::Status WriteOut();
  [[nodiscard]] Status Failure(const char* what, const rocksdb::Status& status) const;
  /// At an entry; stops the process if the iterator ended because it could not read.
  [[nodiscard]] bool AtEntry(const rocksdb::Iterator& at) const;
};

State::Impl::~Impl() {
  std::uint64_t errors = 0;
  // Closing a database that has met an I/O error aborts.
  if (db != nullptr && db->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) &&
      errors > 0) {
    (void)db.release();
  }
}

void State::Impl::Set(std::string_view key, std::optional<std::string> value) {
  const std::size_t added = value.has_value() ? value->size() : 0;
  const auto found = overlay.find(key);
  if (found == overlay.end()) {
    overlay.emplace(key, std::move(value));
    overlay_bytes += key.size() + added + kEntryBytes;
    return;
  }
  overlay_bytes -= found->second.has_value() ? found->second->size() : 0;
  overlay_bytes += added;
  found->second = std::move(value);
}

rocksdb::Status State::Impl::WriteOut() {
  rocksdb::WriteBatch batch(overlay_bytes);
  for (const auto& [key, value] : overlay) {
    const rocksdb::Status put = value.has_value() ? batch.Put(key, *value) : batch.Delete(key);
    CAIRN_CHECK(put.ok(), "a batch in memory takes whatever is put into it");
  }
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  rocksdb::Status status = db->Write(unlogged, &batch);
  if (status.ok()) {
    overlay.clear();
    overlay_bytes = 0;
  }
  return status;
}

Status State::Impl::Failure(const char* what, const rocksdb::Status& status) const {
  return Status::Other(std::string("could not ") + what + " the state " + path +
                       ": RocksDB says \"" + status.ToString() +
                       "\". Check the disk, delete that directory and start the node again: it is "
                       "rebuilt from the chain.");
}

bool State::Impl::AtEntry(const rocksdb::Iterator& at) const {
  if (at.Valid()) {
    return true;
  }
  if (const rocksdb::Status status = at.status(); !status.ok()) {
    StopNow(Failure("read", status));
  }
  return false;
}

Result<std::unique_ptr<State>> State::Open(const std::string& directory, const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = AbsolutePath(directory) + "/state";
  impl->overlay_limit = options.overlay_bytes;
  if (options.read_only && !PathExists(impl->path + "/CURRENT")) {
    return Status::NotFound("there is no state in " + impl->path + ".");
  }
  if (!options.read_only) {
    if (Status made = MakeDirectories(impl->path); !made.ok()) {
      return made;
    }
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Options chosen = StateOptions(!options.read_only);
  const rocksdb::Status status = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(chosen, impl->path, &opened)
                                     : rocksdb::DB::Open(chosen, impl->path, &opened);
  impl->db.reset(opened);
  if (!status.ok()) {
    return OpenFailure(impl->path, status,
                       "Delete that directory and start the node again: it is rebuilt from the "
                       "chain.");
  }
  return std::unique_ptr<State>(new State(std::move(impl)));
}

State::State(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

State::~State() = default;

std::optional<std::string> State::Get(std::string_view key) const {
  if (const auto found = impl_->overlay.find(key); found != impl_->overlay.end()) {
    return found->second;
  }
  std::string value;
  const rocksdb::Status status = impl_->db->Get({}, ToSlice(key), &value);
  if (status.IsNotFound()) {
    return std::nullopt;
  }
  if (!status.ok()) {
    StopNow(impl_->Failure("read", status));
  }
  return value;
}

void State::Put(std::string_view key, std::string_view value) {
  impl_->Set(key, std::string(value));
}

void State::Erase(std::string_view key) { impl_->Set(key, std::nullopt); }

void State::Scan(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const rocksdb::Slice bound = ToSlice(to);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.iterate_upper_bound = to.empty() ? nullptr : &bound;
  const std::unique_ptr<rocksdb::Iterator> written(impl_->db->NewIterator(options));
  written->Seek(ToSlice(from));
  auto newer = impl_->overlay.lower_bound(from);
  const auto in_overlay = [&] {
    return newer != impl_->overlay.end() && (to.empty() || newer->first < to);
  };
  bool in_written = impl_->AtEntry(*written);
  while (in_written || in_overlay()) {
    const int order = !in_overlay() ? 1
                      : !in_written ? -1
                                    : rocksdb::Slice(newer->first).compare(written->key());
    bool more = true;
    if (order > 0) {
      more = visit(written->key().ToStringView(), written->value().ToStringView());
    } else if (newer->second.has_value()) {
      more = visit(newer->first, *newer->second);
    }
    if (!more) {
      return;
    }
    if (order <= 0) {
      ++newer;
    }
    if (order >= 0) {
      written->Next();
      in_written = impl_->AtEntry(*written);
    }
  }
}

void State::EndBlock() {
  if (impl_->overlay_bytes <= impl_->overlay_limit) {
    return;
  }
  if (const rocksdb::Status status = impl_->WriteOut(); !status.ok()) {
    StopNow(impl_->Failure("write", status));
  }
}

Status State::Flush() {
  rocksdb::Status status = impl_->WriteOut();
  if (status.ok()) {
    status = impl_->db->Flush(rocksdb::FlushOptions());
  }
  return status.ok() ? Status::Ok() : impl_->Failure("write", status);
}

}  // namespace cairn::storage
