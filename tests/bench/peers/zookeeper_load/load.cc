#include "load.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

namespace zookeeper_load {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t kNoiseBytes = 4096;
constexpr std::chrono::milliseconds kPauseAfterError{5};
constexpr std::chrono::seconds kToConnect{30};

double CpuSeconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    Fail("getrusage failed");
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The answer to the read that follows says whether it was done.
void OnSynced(int /*code*/, const char* /*path*/, const void* /*client*/) {}

Clock::duration Seconds(double seconds) {
  return duration_cast<Clock::duration>(duration<double>(seconds));
}

std::int64_t Percentile(const std::vector<std::int64_t>& sorted, double percent) {
  if (sorted.empty()) {
    return 0;
  }
  const double place = percent / 100 * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::lround(place))];
}

}  // namespace

Load::Load(const Options& options) : options_(options) {
  std::mt19937_64 random(std::random_device{}());
  noise_.resize(static_cast<std::size_t>(options.value_size) + kNoiseBytes);
  std::generate(noise_.begin(), noise_.end(), [&] { return static_cast<char>(random()); });
  const auto count = static_cast<std::size_t>(std::min(options.clients, options.connections));
  findings_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    sessions_.push_back(std::make_unique<Session>(options.endpoints, i, options.move));
  }
  for (const auto& session : sessions_) {
    if (!session->WaitConnected(Clock::now() + kToConnect)) {
      Fail("no session with " + options.endpoints[0] + " and its peers; are they up?");
    }
  }
  for (int i = 0; i < options.clients; ++i) {
    clients_.push_back(std::make_unique<Client>(
        Client{this, static_cast<std::size_t>(i) % count, std::mt19937_64(random()), {}}));
  }
}

std::string Load::Run() {
  const double cpu = CpuSeconds();
  begin_ = last_success_ = Clock::now();
  end_ = begin_ + Seconds(options_.operations > 0 ? options_.patience : options_.seconds);
  left_ = options_.operations;
  running_ = options_.clients;
  for (const auto& client : clients_) {
    Begin(client.get());
  }
  while (running_ > 0) {
    std::this_thread::sleep_for(kPauseAfterError);
    Unpark();
  }
  const Clock::duration took = Clock::now() - begin_;
  const double cores = (CpuSeconds() - cpu) / duration<double>(took).count();
  for (const auto& session : sessions_) {
    if (session->Expired()) {
      Fail("a session expired: the figures would be those of fewer clients");
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (options_.operations > 0) {
    return Report(took, cores);
  }
  longest_gap_ = std::max(longest_gap_, end_ - last_success_);
  return Report(end_ - begin_, cores);
}

void Load::OnSet(int code, const Stat* /*stat*/, const void* data) {
  auto* client = static_cast<Client*>(const_cast<void*>(data));
  client->load->Finished(code, client);
}

void Load::OnRead(int code, const char* /*value*/, int /*length*/, const Stat* /*stat*/,
                  const void* data) {
  auto* client = static_cast<Client*>(const_cast<void*>(data));
  client->load->Finished(code, client);
}

void Load::Finished(int code, Client* client) {
  Findings& findings = findings_[client->session];
  if (code != ZOK) {
    ++findings.errors[code];
    Park(ZOK, client);
    return;
  }
  const Clock::time_point now = Clock::now();
  findings.times.push_back(duration_cast<microseconds>(now - client->began).count());
  Succeeded(now);
  if (options_.operations > 0) {
    --left_;
  }
  Begin(client);
}

void Load::Begin(Client* client) {
  client->began = Clock::now();
  // The clients of a counted load stop when enough have succeeded; as many as clients more may.
  if (client->began >= end_ || (options_.operations > 0 && left_ <= 0)) {
    --running_;
    return;
  }
  if (const int code = Issue(client); code != ZOK) {
    Park(code, client);
  }
}

int Load::Issue(Client* client) {
  zhandle_t* handle = sessions_[client->session]->handle();
  const std::string path =
      PathOf(static_cast<int>(client->random() % static_cast<std::uint64_t>(options_.keys)));
  if (options_.op == "put") {
    const char* value = noise_.data() + client->random() % kNoiseBytes;
    return zoo_aset(handle, path.c_str(), value, options_.value_size, -1, OnSet, client);
  }
  const int code = zoo_async(handle, path.c_str(), OnSynced, client);
  return code != ZOK ? code : zoo_aget(handle, path.c_str(), 0, OnRead, client);
}

void Load::Succeeded(Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (now < end_) {
    ++operations_;
    longest_gap_ = std::max(longest_gap_, now - last_success_);
    last_success_ = now;
  }
}

void Load::Park(int code, Client* client) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (code != ZOK) {
    ++refused_[code];
  }
  parked_.push_back(client);
}

void Load::Unpark() {
  std::vector<Client*> parked;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    parked.swap(parked_);
  }
  for (Client* client : parked) {
    Begin(client);
  }
}

std::string Load::Report(Clock::duration took, double cpu) {
  std::vector<std::int64_t> times;
  std::map<int, std::int64_t> errors = refused_;
  for (const Findings& findings : findings_) {
    times.insert(times.end(), findings.times.begin(), findings.times.end());
    for (const auto& [code, count] : findings.errors) {
      errors[code] += count;
    }
  }
  std::sort(times.begin(), times.end());
  const double seconds = duration<double>(took).count();
  nlohmann::ordered_json json = {
      {"op", options_.op},
      {"clients", options_.clients},
      {"keys", options_.keys},
      {"value_size", options_.value_size},
      {"seconds", seconds},
      {"operations", operations_},
      {"throughput", static_cast<double>(operations_) / seconds},
      {"p50_us", Percentile(times, 50)},
      {"p90_us", Percentile(times, 90)},
      {"p99_us", Percentile(times, 99)},
      {"p999_us", Percentile(times, 99.9)},
      {"max_us", Percentile(times, 100)},
      {"errors", nlohmann::ordered_json::object()},
      {"longest_gap_us", duration_cast<microseconds>(longest_gap_).count()},
      {"cpu", cpu}};
  for (const auto& [code, count] : errors) {
    json["errors"][zerror(code)] = count;
  }
  return json.dump();
}

}  // namespace zookeeper_load
