#include "storage/directory/membership.h"

#include <vector>

#include "storage/directory/identity.h"
#include "storage/files/files.h"
#include "storage/ledger/guard.h"
#include "storage/ledger/ledger_fragments.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kMaxIdentityBytes = std::size_t{64} << 10;

/// What can't be read for its own fault shows nothing; Other goes on to the caller.
Result<bool> GuardShows(const std::string& path) {
  const Result<std::optional<GuardRecord>> guard = Guard::Read(path);
  if (!guard.ok()) {
    return guard.status().code() == Code::kOther ? Result<bool>(guard.status()) : false;
  }
  return guard.value() && ShowsMembership(guard.value()->head);
}

Result<bool> IdentityShows(const std::string& path) {
  const Result<std::string> text = ReadSmallFile(path, kMaxIdentityBytes);
  if (!text.ok()) {
    return text.status();
  }
  const Result<Identity> identity = ParseIdentity(text.value(), path);
  return identity.ok() && identity->formed.has_value();
}

Result<bool> LedgerShows(const std::string& path) {
  const Result<LedgerFragments> fragments = LedgerFragments::Open(path, nullptr);
  if (!fragments.ok()) {
    return fragments.status();
  }
  for (const HeadRecord& head : fragments->heads()) {
    if (ShowsMembership(head.head)) {
      return true;
    }
  }
  return false;
}

/// Only what is decided is ever applied, and what is applied is in tables.
Result<bool> StateShows(const std::string& path) {
  const Result<std::vector<std::string>> tables = ListFiles(path, ".sst");
  return tables.ok() ? Result<bool>(!tables->empty()) : tables.status();
}

Result<bool> Shows(const std::string& path, const std::string& name) {
  return name.starts_with("guard")      ? GuardShows(path)
         : name.starts_with("identity") ? IdentityShows(path)
         : name.starts_with("ledger")   ? LedgerShows(path)
         : name.starts_with("state")    ? StateShows(path)
                                        : Result<bool>(false);
}

}  // namespace

bool ShowsMembership(const replica::LedgerHead& head) { return head.decided > 0 || head.tip > 1; }

Result<std::string> FindProofOfMembership(const std::string& directory) {
  std::vector<std::string> names = {"guard", "state"};
  const Result<std::vector<std::string>> kept = ListNames(directory + "/quarantine");
  if (!kept.ok() && kept.status().code() != Code::kNotFound) {
    return kept.status();
  }
  if (kept.ok()) {
    for (const std::string& name : kept.value()) {
      names.push_back("quarantine/" + name);
    }
  }
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    const Result<bool> shows = Shows(path, name.substr(name.find('/') + 1));
    if (!shows.ok()) {
      return shows.status();
    }
    if (shows.value()) {
      return path;
    }
  }
  return std::string();
}

}  // namespace cairn::storage
