#include "net/wire/tcp.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "net/wire/endpoint.h"

namespace cairn::net {
namespace {

// A thousand clients may come at once.
constexpr int kBacklog = 1024;
// Bytes that the kernel keeps unsent of one connection; the rest is ours, and counted.
constexpr int kKernelUnsent = 128 * 1024;
// Seconds.
constexpr int kAliveAfter = 5;
constexpr int kAliveEvery = 2;
constexpr int kAliveTries = 3;
constexpr int kUnackedMs = 30'000;

void Set(int fd, int level, int name, int value) {
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

// -1 and errno if it can't be.
int Listening(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  }
  const bool listens =
      fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0;
  const int error = errno;
  ::freeaddrinfo(found);
  if (!listens && fd >= 0) {
    ::close(fd);
  }
  errno = error;
  return listens ? fd : -1;
}

}  // namespace

Result<int> ListenAt(const std::string& host, std::uint16_t port, const std::string& setting) {
  const Result<std::string> address = ResolveAddress(host);
  if (!address.ok()) {
    return address.status();
  }
  const int fd = Listening(address.value(), port);
  if (fd < 0) {
    return Status::Other(BindFailure(Endpoint(address.value(), port), errno, setting));
  }
  return fd;
}

void TuneConnection(int fd) {
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kKernelUnsent);
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kAliveAfter);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kAliveEvery);
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, kAliveTries);
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnackedMs);
}

std::string AddressText(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  const int error = ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text.data(),
                                  text.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? text.data() : "an unknown address";
}

std::string EndpointText(const sockaddr_storage& address, socklen_t size) {
  const in_port_t port = address.ss_family == AF_INET6
                             ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                             : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return AddressText(address, size) + ":" + std::to_string(ntohs(port));
}

void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace cairn::net
