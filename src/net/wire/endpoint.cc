#include "net/wire/endpoint.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <zmq.hpp>

namespace cairn::net {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Status Unresolved(const std::string& host, int error) {
  return Status::Other("the host name \"" + host + "\" has no address: " + gai_strerror(error) +
                       "; correct `host` in the cluster file");
}

}  // namespace

Result<std::string> ResolveAddress(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return Unresolved(host, error);
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  const addrinfo* chosen = list.get();
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      chosen = each;
      break;
    }
  }
  std::array<char, NI_MAXHOST> text{};
  if (const int error = getnameinfo(chosen->ai_addr, chosen->ai_addrlen, text.data(), text.size(),
                                    nullptr, 0, NI_NUMERICHOST);
      error != 0) {
    return Unresolved(host, error);
  }
  return std::string(text.data());
}

std::string Endpoint(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return "tcp://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string BindFailure(const std::string& endpoint, int error, const std::string& setting) {
  switch (error) {
    case EADDRINUSE:
      return endpoint +
             " is already in use: stop the process that listens there (`ss -ltnp` names it), or "
             "change `" +
             setting + "` in the cluster file";
    case EADDRNOTAVAIL:
    case ENODEV:
      return endpoint +
             " is no address of this machine: start the node where it is, or correct `host` in the "
             "cluster file";
    case EACCES:
      return endpoint +
             " may not be used by this user, for ports below 1024 are reserved: change `" +
             setting + "` in the cluster file";
    default:
      return "can't listen on " + endpoint + ": " + zmq_strerror(error) + "; correct `host` or `" +
             setting + "` in the cluster file";
  }
}

}  // namespace cairn::net
