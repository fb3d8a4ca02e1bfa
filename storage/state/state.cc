#include "storage/state/state.h"

#include <functional>
#include <optional>
#include <utility>

#include "common/fatal.h"
#include "rocksdb/env.h"
#include "storage/files/files.h"
#include "storage/files/left_open.h"
#include "storage/files/rocks.h"
#include "storage/state/state_files.h"
#include "storage/state/state_overlay.h"
#include "storage/state/state_writer.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kRebuildOverlays = 2;
constexpr std::size_t kRebuildReplay = 16;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

/// The limit and up to a half of it, by the directory.
std::size_t LimitOf(std::size_t limit, const std::string& path) {
  return limit + limit / 2 / 256 * (std::hash<std::string>()(path) % 256);
}

/// The least key that any of the three is at; nothing at their end.
std::optional<std::string_view> Least(const Overlay::Cursor& active, const Overlay::Cursor& frozen,
                                      const rocksdb::Iterator& written) {
  std::optional<std::string_view> least;
  const auto offer = [&least](std::string_view key) {
    if (!least || key < *least) {
      least = key;
    }
  };
  if (active.at() != nullptr) {
    offer(active.at()->key());
  }
  if (frozen.at() != nullptr) {
    offer(frozen.at()->key());
  }
  if (written.Valid()) {
    offer(written.key().ToStringView());
  }
  return least;
}

}  // namespace

struct State::Impl {
  std::string path;  // Absolute.
  Options options;
  std::shared_ptr<BackgroundTrouble> trouble = std::make_shared<BackgroundTrouble>();
  std::shared_ptr<Refusals> refusals = std::make_shared<Refusals>();
  std::unique_ptr<rocksdb::Env> env;  // Before the database: it must outlive it.
  std::unique_ptr<rocksdb::DB> db;
  std::unique_ptr<StateWriter> writer;  // None if read-only.
  std::shared_ptr<Overlay> active = std::make_shared<Overlay>();
  std::shared_ptr<const Overlay> frozen;  // Null, or what the writer has.
  /// What RocksDB said, absent keys too, since an overlay was last written into it.
  std::shared_ptr<Overlay> remembered = std::make_shared<Overlay>();
  bool rebuilding = false;

  ~Impl();
  rocksdb::Status OpenDatabase();
  [[noreturn]] void Fail(const char* what, const rocksdb::Status& status) const;
  [[nodiscard]] bool Full() const;
  void Freeze();
  /// Drops the frozen overlay if it is written. Not ok: it could not be.
  [[nodiscard]] rocksdb::Status PickUp(bool wait);
  [[nodiscard]] const Overlay::Entry* InOverlays(std::string_view key) const;
  const Overlay::Entry* InDatabase(std::string_view key);
  void Forget();
};

State::Impl::~Impl() {
  writer.reset();
  std::uint64_t errors = 0;
  // Closing a database that has met an I/O error aborts; what matters is on the disk already.
  if (db != nullptr &&
      (refusals->any() ||
       (db->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) && errors > 0))) {
    LeaveOpen(std::move(db), std::move(env));
  }
  refusals->StopAtWrites("could not close " + path + ": ");
}

rocksdb::Status State::Impl::OpenDatabase() {
  env = WatchedEnv(options.env, refusals);
  rocksdb::Options chosen = StateOptions(env.get(), trouble);
  chosen.create_if_missing = !options.read_only;
  rocksdb::DB* opened = nullptr;
  if (options.read_only) {
    rocksdb::Status status = rocksdb::DB::OpenForReadOnly(chosen, path, &opened);
    db.reset(opened);
    return status;
  }
  // What a crash left of the writer's work.
  rocksdb::Status status = RemoveIncoming(chosen.env, path);
  status = status.ok() ? RemoveEmptyLogs(chosen.env, path) : status;
  if (status.ok()) {
    refusals->StopAtWrites("could not open " + path + ": ");
    status = rocksdb::DB::Open(chosen, path, &opened);
    db.reset(opened);
    refusals->StopAtWrites({});
  }
  return status;
}

void State::Impl::Fail(const char* what, const rocksdb::Status& status) const {
  const Status why = StateFailure(what, path, status, *refusals);
  if (why.code() == Code::kIntegrity && options.on_damage) {
    options.on_damage(why);
  }
  StopNow(why);
}

bool State::Impl::Full() const {
  return active->held_bytes() > options.overlay_bytes * (rebuilding ? kRebuildOverlays : 1) ||
         active->changed_bytes() > options.replay_bytes * (rebuilding ? kRebuildReplay : 1);
}

void State::Impl::Freeze() {
  CAIRN_CHECK(writer != nullptr, "a state that was opened read-only is not written");
  frozen = std::move(active);
  active = std::make_shared<Overlay>();
  writer->Start(frozen);
}

rocksdb::Status State::Impl::PickUp(bool wait) {
  if (frozen == nullptr) {
    return rocksdb::Status::OK();
  }
  if (wait) {
    writer->Wait();
  } else if (!writer->Idle()) {
    return rocksdb::Status::OK();
  }
  rocksdb::Status status = writer->last();
  if (status.ok()) {
    writer->Discard(std::move(frozen));
    frozen = nullptr;
    Forget();
  }
  return status;
}

const Overlay::Entry* State::Impl::InOverlays(std::string_view key) const {
  active->Settle();
  const Overlay::Entry* found = active->Find(key);
  return found == nullptr && frozen != nullptr ? frozen->Find(key) : found;
}

/// What is remembered of RocksDB.
void State::Impl::Forget() {
  if (writer != nullptr) {
    writer->Discard(std::move(remembered));
  }
  remembered = std::make_shared<Overlay>();
}

/// For keys that no overlay has.
const Overlay::Entry* State::Impl::InDatabase(std::string_view key) {
  if (const Overlay::Entry* found = remembered->Find(key)) {
    return found;
  }
  std::string value;
  const rocksdb::Status status = db->Get({}, ToSlice(key), &value);
  if (!status.ok() && !status.IsNotFound()) {
    Fail("read", status);
  }
  if (remembered->held_bytes() + value.size() > options.read_bytes) {
    Forget();
  }
  status.ok() ? remembered->Put(key, value) : remembered->Erase(key);
  remembered->Settle();
  return remembered->Find(key);
}

Result<std::unique_ptr<State>> State::Open(const std::string& directory, const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = AbsolutePath(directory) + "/state";
  impl->options = options;
  impl->options.overlay_bytes = LimitOf(options.overlay_bytes, impl->path);
  impl->options.replay_bytes = LimitOf(options.replay_bytes, impl->path);
  if (options.read_only) {
    const Result<bool> exists = Exists(impl->path + "/CURRENT");
    if (!exists.ok() || !exists.value()) {
      return exists.ok() ? Status::NotFound("there is no state in " + impl->path + ".")
                         : exists.status();
    }
  }
  if (!options.read_only) {
    if (Status made = MakeDirectories(impl->path); !made.ok()) {
      return made;
    }
  }
  if (const rocksdb::Status status = impl->OpenDatabase();
      !status.ok() || impl->refusals->first()) {
    return OpenFailure(impl->path, status, *impl->refusals,
                       "It is derived: with that directory out of the way it is rebuilt from the "
                       "chain.");
  }
  if (!options.read_only) {
    impl->writer = std::make_unique<StateWriter>(impl->db.get(), impl->path);
  }
  return std::unique_ptr<State>(new State(std::move(impl)));
}

State::State(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

State::~State() = default;

std::optional<std::string> State::Get(std::string_view key) const {
  const Overlay::Entry* found = impl_->InOverlays(key);
  if (found == nullptr) {
    found = impl_->InDatabase(key);
  }
  return found->value() ? std::optional<std::string>(*found->value()) : std::nullopt;
}

void State::Put(std::string_view key, std::string_view value) { impl_->active->Put(key, value); }

void State::Erase(std::string_view key) { impl_->active->Erase(key); }

void State::Scan(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const rocksdb::Slice bound = ToSlice(to);
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.iterate_upper_bound = to.empty() ? nullptr : &bound;
  const std::unique_ptr<rocksdb::Iterator> written(impl_->db->NewIterator(options));
  impl_->active->Settle();
  Overlay::Cursor active(impl_->active.get(), from, to);
  Overlay::Cursor frozen(impl_->frozen.get(), from, to);
  for (written->Seek(ToSlice(from));;) {
    if (!written->Valid() && !written->status().ok()) {
      impl_->Fail("read", written->status());
    }
    const std::optional<std::string_view> key = Least(active, frozen, *written);
    if (!key) {
      return;
    }
    const Overlay::Entry* const newest = active.IsAt(*key)   ? active.at()
                                         : frozen.IsAt(*key) ? frozen.at()
                                                             : nullptr;
    const bool there = newest == nullptr || newest->value().has_value();
    if (there &&
        !visit(*key, newest == nullptr ? written->value().ToStringView() : *newest->value())) {
      return;
    }
    // The written one last: the key may be a view into it.
    const bool in_written = written->Valid() && written->key().ToStringView() == *key;
    if (active.IsAt(*key)) {
      active.Next();
    }
    if (frozen.IsAt(*key)) {
      frozen.Next();
    }
    if (in_written) {
      written->Next();
    }
  }
}

void State::EndBlock() {
  if (impl_->trouble->any()) {
    impl_->Fail("write", impl_->trouble->first());
  }
  impl_->active->Settle();
  const bool full = !impl_->active->empty() && impl_->Full();
  if (const rocksdb::Status status = impl_->PickUp(full); !status.ok()) {
    impl_->Fail("write", status);
  }
  if (full) {
    impl_->Freeze();
  }
}

void State::SetRebuilding(bool rebuilding) {
  CAIRN_CHECK(impl_->writer != nullptr, "a state that was opened read-only is not written");
  impl_->rebuilding = rebuilding;
  const rocksdb::Status status = SetMerging(impl_->db.get(), rebuilding);
  if (!status.ok()) {
    impl_->Fail("write", status);
  }
  EndBlock();
}

Status State::Flush() {
  impl_->active->Settle();
  rocksdb::Status status = impl_->PickUp(true);
  if (status.ok() && !impl_->active->empty()) {
    impl_->Freeze();
    status = impl_->PickUp(true);
  }
  return status.ok() ? Status::Ok() : StateFailure("write", impl_->path, status, *impl_->refusals);
}

Status State::VerifyFiles() const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const rocksdb::Status status = impl_->db->VerifyChecksum(options);
  return status.ok() ? Status::Ok() : StateFailure("verify", impl_->path, status, *impl_->refusals);
}

}  // namespace cairn::storage
