#include "client/acquaintance.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "chain/block_format.h"
#include "chain/sha256.h"
#include "system/read_all.h"

namespace cairn::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 8192;
constexpr std::size_t kNameDigits = 32;

/// Nothing if it is no such number.
std::optional<std::uint8_t> ByteOf(const std::string& digits) {
  if (digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16));
}

std::optional<Hash> HashOf(const std::string& text) {
  Hash hash;
  if (text.size() < 2 * hash.bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    const std::optional<std::uint8_t> byte = ByteOf(text.substr(2 * i, 2));
    if (!byte) {
      return std::nullopt;
    }
    hash.bytes[i] = *byte;
  }
  return hash;
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Acquaintance::Acquaintance(const config::Cluster& cluster, const std::string& directory)
    : directory_(directory), cluster_file_(cluster.path) {
  if (!directory.empty()) {
    // A file with another name or other nodes in it describes another cluster.
    const Hash genesis = chain::MakeGenesis(config::ParametersOf(cluster))->hash;
    const Hash name = chain::Sha256({cluster.path, "\n", genesis.Hex()});
    path_ = directory + "/" + name.Hex().substr(0, kNameDigits);
  }
}

std::string Acquaintance::Directory() {
  const std::string state = Variable("XDG_STATE_HOME");
  const std::string home = Variable("HOME");
  // By the standard of these directories a relative path does not count.
  if (!state.empty() && state.front() == '/') {
    return state + "/cairn/clusters";
  }
  return home.empty() || home.front() != '/' ? "" : home + "/.local/state/cairn/clusters";
}

std::optional<Hash> Acquaintance::Recall() const {
  const int file = path_.empty() ? -1 : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return std::nullopt;
  }
  const Result<std::string> text = system::ReadAll(file, kMostBytes);
  ::close(file);
  return text.ok() ? HashOf(text.value()) : std::nullopt;
}

void Acquaintance::Keep(const Hash& formed) const {
  if (path_.empty()) {
    return;
  }
  std::error_code ignored;
  fs::create_directories(directory_, ignored);
  const std::string draft = path_ + "." + std::to_string(::getpid());
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) {
    return;
  }
  const std::string text = formed.Hex() + "\nblock 1 of the cluster that " + cluster_file_ +
                           " leads to; remove this file if that cluster was made anew\n";
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  if (whole) {
    // The first one stays, if two come at once.
    fs::create_hard_link(draft, path_, ignored);
  }
  fs::remove(draft, ignored);
}

Environment RememberingEnvironment(const config::Cluster& cluster) {
  Environment environment = RealEnvironment(cluster);
  const Acquaintance acquaintance(cluster, Acquaintance::Directory());
  environment.formed = acquaintance.Recall();
  environment.kept_at = acquaintance.path();
  environment.keep = [acquaintance](const Hash& formed) { acquaintance.Keep(formed); };
  return environment;
}

}  // namespace cairn::client
