// zookeeper-load puts a load on a ZooKeeper cluster over ZooKeeper's own C client, with the words
// and the figures of `cairn bench`. What it finds is one JSON object on standard output.
//
//   fill    create every key of the key space
//   load    closed-loop clients over a few sessions
//   put     create or set one node, and try until it is done
//   await   wait until the endpoint has a value, by a sync and a read, or (--local) of its own

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "load.h"
#include "options.h"
#include "session.h"

namespace zookeeper_load {

std::string PathOf(int number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%s/bench-%010d", kParent, number);
  return text.data();
}

void Fail(const std::string& sentence) {
  std::fprintf(stderr, "zookeeper-load: %s\n", sentence.c_str());
  std::_Exit(1);  // the C client's threads go on until the very end
}

namespace {

constexpr int kFillWriters = 8;
constexpr int kFillPerBatch = 100;
constexpr std::chrono::milliseconds kPause{5};
constexpr std::chrono::milliseconds kPollPause{3};
constexpr std::chrono::seconds kToConnect{30};

Clock::time_point DeadlineOf(const Options& options) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(options.patience));
}

void Print(const nlohmann::ordered_json& json) { std::printf("%s\n", json.dump().c_str()); }

void FillBatch(const Session& session, int first, int last, const std::string& value,
               Clock::time_point deadline) {
  const auto count = static_cast<std::size_t>(last - first);
  std::vector<std::string> paths(count);
  std::vector<zoo_op_t> operations(count);
  std::vector<zoo_op_result_t> results(count);
  for (std::size_t i = 0; i < count; ++i) {
    paths[i] = PathOf(first + static_cast<int>(i));
    zoo_create_op_init(&operations[i], paths[i].c_str(), value.data(),
                       static_cast<int>(value.size()), &ZOO_OPEN_ACL_UNSAFE, 0, nullptr, 0);
  }
  int code = ZOK;
  do {
    code = zoo_multi(session.handle(), last - first, operations.data(), results.data());
    if (code != ZOK && code != ZNODEEXISTS) {
      std::this_thread::sleep_for(kPause);
    }
    // A batch is created as a whole: where one node is, an earlier attempt was done.
  } while (code != ZOK && code != ZNODEEXISTS && Clock::now() < deadline);
  if (code != ZOK && code != ZNODEEXISTS) {
    Fail("the keys from " + paths[0] + " on can't be created: " + zerror(code));
  }
}

// Many keys in a transaction: how fast that is says nothing about puts.
void Fill(const Options& options) {
  const Clock::time_point began = Clock::now();
  const Clock::time_point deadline = DeadlineOf(options);
  const Session first(options.endpoints, 0, false);
  if (!first.WaitConnected(Clock::now() + kToConnect)) {
    Fail("no session with " + options.endpoints[0] + " and its peers; are they up?");
  }
  if (const int code = first.Put(kParent, ""); code != ZOK) {
    Fail(std::string(kParent) + " can't be created: " + zerror(code));
  }
  const std::string value(static_cast<std::size_t>(options.value_size), 'v');
  std::atomic<int> next{0};
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < kFillWriters; ++w) {
    writers.emplace_back([&, w] {
      const Session session(options.endpoints, w, false);
      if (!session.WaitConnected(Clock::now() + kToConnect)) {
        Fail("a session can't be opened");
      }
      for (int from = next.fetch_add(kFillPerBatch); from < options.keys;
           from = next.fetch_add(kFillPerBatch)) {
        FillBatch(session, from, std::min(from + kFillPerBatch, options.keys), value, deadline);
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  Print({{"op", "fill"},
         {"keys", options.keys},
         {"seconds", std::chrono::duration<double>(Clock::now() - began).count()}});
}

void RunLoad(const Options& options) {
  Load load(options);
  std::printf("%s\n", load.Run().c_str());
}

void PutOne(const Options& options) {
  const Clock::time_point deadline = DeadlineOf(options);
  const std::string path = "/" + options.key;
  int code = ZCONNECTIONLOSS;
  for (std::size_t i = 0; Clock::now() < deadline; ++i) {
    const Session session(options.endpoints, i, false);
    if (session.WaitConnected(Clock::now() + std::chrono::seconds(2))) {
      code = session.Put(path, options.value);
      if (code == ZOK) {
        Print({{"op", "put"}, {"key", options.key}});
        return;
      }
    }
    std::this_thread::sleep_for(kPause);
  }
  Fail(path + " can't be put: " + zerror(code));
}

/// Whether somebody listens there.
bool PortIsOpen(const std::string& endpoint) {
  const std::size_t colon = endpoint.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
  if (inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    Fail(endpoint + " is no address such as 127.0.0.1:2181");
  }
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    Fail("no socket");
  }
  const bool open = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return open;
}

// Ends as soon as the endpoint answers with the value. The C client waits longer and longer between
// its attempts, so each attempt is a session of its own, once the port is open.
void Await(const Options& options) {
  const Clock::time_point deadline = DeadlineOf(options);
  const std::string path = "/" + options.key;
  while (Clock::now() < deadline) {
    if (!PortIsOpen(options.endpoints[0])) {
      std::this_thread::sleep_for(kPollPause);
      continue;
    }
    const Session session(options.endpoints, 0, false);
    if (!session.WaitConnected(Clock::now() + std::chrono::milliseconds(100))) {
      continue;
    }
    while (zoo_state(session.handle()) == ZOO_CONNECTED_STATE && Clock::now() < deadline) {
      std::string value;
      if ((options.local || session.Sync(path) == ZOK) && session.Get(path, &value) &&
          value == options.value) {
        Print({{"op", "await"}, {"key", options.key}});
        return;
      }
      std::this_thread::sleep_for(kPollPause);
    }
  }
  Fail(options.endpoints[0] + " does not answer with the value of " + path + " in time");
}

void AddOptions(CLI::App* app, Options* options) {
  const auto positive = CLI::Range(1, 1'000'000'000);
  app->add_option("--endpoints", options->endpoints, "HOST:PORT[,HOST:PORT...]")
      ->delimiter(',')
      ->required();
  app->add_option("--op", options->op, "load: put or get (sync and get)")
      ->check(CLI::IsMember({"put", "get"}));
  app->add_option("--clients", options->clients, "load: clients at once")->check(positive);
  app->add_option("--connections", options->connections, "load: at most so many sessions")
      ->check(positive);
  app->add_option("--keys", options->keys, "size of the key space")->check(positive);
  app->add_option("--value-size", options->value_size, "bytes of a value");
  app->add_option("--seconds", options->seconds, "load: how long");
  app->add_option("--operations", options->operations, "load: end after so many (0: by time)");
  app->add_flag("--move", options->move, "load: a session that loses its endpoint takes another");
  app->add_option("--key", options->key, "put, await: the key");
  app->add_option("--value", options->value, "put, await: the value");
  app->add_flag("--local", options->local, "await: what the endpoint has, possibly old");
  app->add_option("--patience", options->patience, "put, await: seconds until it gives up");
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("A load on ZooKeeper over its own C client");
  app.require_subcommand(1);
  const auto verb = [&](const char* name, void (*run)(const Options&)) {
    CLI::App* added = app.add_subcommand(name);
    AddOptions(added, &options);
    added->callback([&options, run] { run(options); });
  };
  // Its words about connections that come and go belong to what is measured.
  zoo_set_debug_level(static_cast<ZooLogLevel>(0));
  verb("fill", Fill);
  verb("load", RunLoad);
  verb("put", PutOne);
  verb("await", Await);
  CLI11_PARSE(app, argc, argv);
  return 0;
}

}  // namespace
}  // namespace zookeeper_load

int main(int argc, char** argv) { return zookeeper_load::Main(argc, argv); }
