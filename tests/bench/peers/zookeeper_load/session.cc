#include "session.h"

#include <future>
#include <thread>

#include "options.h"

namespace zookeeper_load {
namespace {

constexpr int kSessionTimeoutMs = 10'000;
constexpr std::size_t kLargestValue = 4096;  // of those that are read here

void OnAcceptSync(int code, const char* /*path*/, const void* data) {
  static_cast<std::promise<int>*>(const_cast<void*>(data))->set_value(code);
}

}  // namespace

Session::Session(const std::vector<std::string>& endpoints, std::size_t first, bool move) {
  std::string hosts = endpoints[first % endpoints.size()];
  for (std::size_t i = 1; move && i < endpoints.size(); ++i) {
    hosts += "," + endpoints[(first + i) % endpoints.size()];
  }
  zoo_deterministic_conn_order(1);
  handle_ = zookeeper_init(hosts.c_str(), nullptr, kSessionTimeoutMs, nullptr, nullptr, 0);
  if (handle_ == nullptr) {
    Fail("no session with " + hosts);
  }
}

Session::~Session() { zookeeper_close(handle_); }

bool Session::WaitConnected(Clock::time_point deadline) const {
  while (zoo_state(handle_) != ZOO_CONNECTED_STATE) {
    if (Clock::now() > deadline || Expired()) {
      return false;
    }
    // The C client tells it by a callback without a return path to here; a look costs nothing.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool Session::Expired() const {
  const int state = zoo_state(handle_);
  return state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE;
}

int Session::Sync(const std::string& path) const {
  std::promise<int> answer;
  const int code = zoo_async(handle_, path.c_str(), OnAcceptSync, &answer);
  return code == ZOK ? answer.get_future().get() : code;
}

int Session::Put(const std::string& path, const std::string& value) const {
  const int length = static_cast<int>(value.size());
  const int code = zoo_set(handle_, path.c_str(), value.data(), length, -1);
  return code != ZNONODE ? code
                         : zoo_create(handle_, path.c_str(), value.data(), length,
                                      &ZOO_OPEN_ACL_UNSAFE, 0, nullptr, 0);
}

bool Session::Get(const std::string& path, std::string* value) const {
  value->resize(kLargestValue);
  int length = static_cast<int>(value->size());
  const int code = zoo_get(handle_, path.c_str(), 0, value->data(), &length, nullptr);
  value->resize(code == ZOK && length > 0 ? static_cast<std::size_t>(length) : 0);
  return code == ZOK;
}

}  // namespace zookeeper_load
