#pragma once
// The words of zookeeper-load. They are those of etcd-load and, where both have them, of
// `cairn bench`.

#include <cstdint>
#include <string>
#include <vector>

namespace zookeeper_load {

struct Options {
  std::vector<std::string> endpoints;  ///< HOST:PORT. Not empty.
  std::string op = "put";
  int clients = 16;
  int connections = 10;  ///< At most; spread over the endpoints.
  int keys = 100'000;
  int value_size = 100;
  double seconds = 5;
  std::int64_t operations = 0;  ///< 0: by time.
  bool move = false;            ///< A session that loses its endpoint goes on to the next ones.
  std::string key;
  std::string value;
  bool local = false;
  double patience = 300;  ///< Seconds.
};

/// The path of a key of the key space: a name of 16 bytes.
std::string PathOf(int number);
/// The parent of all keys.
inline constexpr const char* kParent = "/b";

/// One sentence on standard error, and the end.
[[noreturn]] void Fail(const std::string& sentence);

}  // namespace zookeeper_load
