// A program that uses cairn: example CLUSTER_FILE.

#include <cairn/client.h>

#include <cstdio>
#include <vector>

int main(int argc, char** argv) {
  std::string error;
  const auto client = cairn::Client::Open({.cluster_file = argc > 1 ? argv[1] : ""}, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 2;
  }
  if (const auto put = client->Put("greeting", "hello"); !put.ok()) {
    std::fprintf(stderr, "%s\n", put.message.c_str());
    return 1;
  }
  std::vector<std::future<cairn::Client::Reply>> puts;
  for (int i = 0; i < 100; ++i) {
    puts.push_back(client->RunAsync({.key = "k" + std::to_string(i), .value = "v"}));
  }
  int done = 0;
  for (auto& put : puts) {
    done += put.get().ok() ? 1 : 0;
  }
  std::printf("%s, %d of 100\n", client->Get("greeting").value.c_str(), done);
  for (const auto& node : client->Status()) {
    std::printf("node %u: %s\n", node.node, node.reachable ? node.role.c_str() : "not reachable");
  }
  return done == 100 ? 0 : 1;
}
