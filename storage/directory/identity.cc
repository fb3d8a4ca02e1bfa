#include "storage/directory/identity.h"

#include <sys/random.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <optional>

#include "common/check.h"
#include "storage/files/files.h"
#include "storage/ledger/schema.h"

namespace cairn::storage {
namespace {

constexpr std::string_view kHeading =
    "# This directory belongs to one node of one cluster. Don't edit it, and don't start a copy\n"
    "# of it: two nodes that take themselves for one break what the cluster promised.\n";

std::string Hex64(std::uint64_t value) {
  Hash padded;
  const std::string bytes = OrderedU64(value);
  std::copy(bytes.begin(), bytes.end(), padded.bytes.begin());
  return padded.Hex().substr(0, 16);
}

std::string CheckLine(std::string_view text) {
  return "check = " + Hex64(ParseOrderedU64(Checksum(text))) + "\n";
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text, int base) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<Hash> ParseHash(std::string_view text) {
  Hash hash;
  if (text.size() != hash.bytes.size() * 2) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    const auto byte = ParseNumber<std::uint8_t>(text.substr(2 * i, 2), 16);
    if (!byte.has_value()) {
      return std::nullopt;
    }
    hash.bytes[i] = *byte;
  }
  return hash;
}

std::map<std::string, std::string, std::less<>> ParseLines(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t middle = line.find(" = ");
    if (!line.starts_with('#') && middle != std::string_view::npos) {
      fields.emplace(line.substr(0, middle), line.substr(middle + 3));
    }
  }
  return fields;
}

Status Damaged(const std::string& path) {
  return Status::Integrity(
      "the identity file " + path +
      " is damaged: it does not fit its checksum, so it can't tell which node the directory "
      "belongs to.");
}

}  // namespace

std::string FormatIdentity(const Identity& identity) {
  std::string text(kHeading);
  text += "format = " + std::to_string(identity.format) + "\n";
  text += "cluster = " + identity.cluster.Hex() + "\n";
  text += "cluster_name = " + identity.cluster_name + "\n";
  text += "node = " + std::to_string(identity.node) + "\n";
  text += "incarnation = " + Hex64(identity.incarnation) + "\n";
  if (identity.formed) {
    text += "formed = " + identity.formed->Hex() + "\n";
  }
  return text + CheckLine(text);
}

Result<Identity> ParseIdentity(std::string_view text, const std::string& path) {
  const auto fields = ParseLines(text);
  const auto field = [&fields](std::string_view key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  };
  const auto format = ParseNumber<std::uint32_t>(field("format"), 10);
  const std::size_t check = text.rfind("check = ");
  if (!format.has_value() || check == std::string_view::npos ||
      text.substr(check) != CheckLine(text.substr(0, check))) {
    return Damaged(path);
  }
  if (*format > kIdentityFormat) {
    return Status::Usage("the data directory of " + path + " has format version " +
                         std::to_string(*format) + ", and this program knows versions up to " +
                         std::to_string(kIdentityFormat) +
                         ". Start the newer program that made it, or name another directory.");
  }
  const auto cluster = ParseHash(field("cluster"));
  const auto node = ParseNumber<NodeId>(field("node"), 10);
  const auto incarnation = ParseNumber<Incarnation>(field("incarnation"), 16);
  if (!cluster.has_value() || !node.has_value() || incarnation.value_or(0) == 0) {
    return Damaged(path);
  }
  Identity identity;
  identity.format = *format;
  identity.cluster = *cluster;
  identity.cluster_name = field("cluster_name");
  identity.node = *node;
  identity.incarnation = *incarnation;
  if (!field("formed").empty()) {
    identity.formed = ParseHash(field("formed"));
    if (!identity.formed) {
      return Damaged(path);
    }
  }
  return identity;
}

Result<Incarnation> DrawIncarnation() {
  Incarnation incarnation = 0;
  while (incarnation == 0) {
    const ssize_t got = ::getrandom(&incarnation, sizeof(incarnation), 0);
    if (got < 0 && errno != EINTR) {
      return Status::Other("the system gave no random bytes for this node's incarnation: " +
                           ErrnoText(errno) + ". Start the node again.");
    }
    if (got != static_cast<ssize_t>(sizeof(incarnation))) {
      incarnation = 0;
    }
  }
  return incarnation;
}

}  // namespace cairn::storage
