#include "config/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace cairn::config {
namespace {

constexpr std::size_t kMaxHostBytes = 255;

}  // namespace

bool IsLoopback(const std::string& host) {
  if (host == "localhost") {
    return true;
  }
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool IsHostName(const std::string& host) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == ':' ||
           c == '_' || c == '%';
  };
  return !host.empty() && host.size() <= kMaxHostBytes && host != "0.0.0.0" && host != "::" &&
         std::all_of(host.begin(), host.end(), allowed);
}

/// What a person probably meant by a host that has a port or brackets in it; empty if there is
/// none.
std::string PlainHost(const std::string& host) {
  const bool brackets = host.starts_with("[") && host.find(']') != std::string::npos;
  if (brackets) {
    return host.substr(1, host.find(']') - 1);
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  const bool port = colon + 1 < host.size() &&
                    host.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return port ? host.substr(0, colon) : "";
}

}  // namespace cairn::config
