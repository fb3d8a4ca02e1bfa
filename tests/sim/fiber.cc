#include "sim/fiber.h"

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/check.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace cairn::sim {
namespace {

constexpr std::size_t kStackBytes = std::size_t{512} * 1024;

}  // namespace

struct Fiber::Impl {
  std::function<void()> body;
  std::unique_ptr<std::byte[]> stack{new std::byte[kStackBytes]};
  ucontext_t own{};
  ucontext_t resumer{};
  bool begun = false;
  bool finished = false;
#ifdef __SANITIZE_ADDRESS__
  // The sanitizer is told of every change of stacks.
  const void* resumer_stack = nullptr;
  std::size_t resumer_bytes = 0;
  void* own_fake = nullptr;
  void* resumer_fake = nullptr;
#endif

  void Enter() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&resumer_fake, stack.get(), kStackBytes);
#endif
    swapcontext(&resumer, &own);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(resumer_fake, nullptr, nullptr);
#endif
  }
  void Entered() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(own_fake, &resumer_stack, &resumer_bytes);
#endif
  }
  void Leave() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(finished ? nullptr : &own_fake, resumer_stack, resumer_bytes);
#endif
    swapcontext(&own, &resumer);
    Entered();
  }

  // makecontext hands on numbers alone: a pointer goes in two halves.
  static void Begin(unsigned high, unsigned low) {
    const auto address = static_cast<std::uintptr_t>(high) << 32 | low;
    auto* impl = reinterpret_cast<Impl*>(address);  // NOLINT(performance-no-int-to-ptr)
    impl->Entered();
    impl->body();
    impl->finished = true;
    impl->Leave();
  }
};

Fiber::Fiber(std::function<void()> body) : impl_(std::make_unique<Impl>()) {
  impl_->body = std::move(body);
}

Fiber::~Fiber() {
  CAIRN_CHECK(!impl_->begun || impl_->finished, "nothing is left on the stack of a fiber");
}

void Fiber::Resume() {
  CAIRN_CHECK(!impl_->finished, "a fiber that is resumed has not finished");
  if (!impl_->begun) {
    impl_->begun = true;
    CAIRN_CHECK(getcontext(&impl_->own) == 0, "a context can be had");
    impl_->own.uc_stack.ss_sp = impl_->stack.get();
    impl_->own.uc_stack.ss_size = kStackBytes;
    impl_->own.uc_link = nullptr;
    const auto address = reinterpret_cast<std::uintptr_t>(impl_.get());
    makecontext(&impl_->own, reinterpret_cast<void (*)()>(&Impl::Begin), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  }
  impl_->Enter();
}

void Fiber::Yield() { impl_->Leave(); }

bool Fiber::finished() const { return impl_->finished; }

}  // namespace cairn::sim
