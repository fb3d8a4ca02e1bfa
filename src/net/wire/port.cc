#include "net/wire/port.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "common/check.h"

namespace cairn::net {

void WaitFor(std::span<Port* const> ports, int timeout_ms, const std::vector<int>& fds) {
  std::vector<pollfd> items;
  items.reserve(ports.size() + fds.size());
  for (Port* port : ports) {
    port->Flush();
    items.push_back({port->descriptor(), POLLIN, 0});
  }
  for (const int fd : fds) {
    items.push_back({fd, POLLIN, 0});
  }
  const bool has_work = std::ranges::any_of(ports, [](Port* port) { return port->MayReceive(); });
  const int ready = ::poll(items.data(), items.size(), has_work ? 0 : timeout_ms);
  CAIRN_CHECK(ready >= 0 || errno == EINTR, "the sockets are open while they are waited for");
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ready > 0 && items[i].revents != 0) {
      ports[i]->Look();
    }
    ports[i]->Tend();
  }
}

}  // namespace cairn::net
