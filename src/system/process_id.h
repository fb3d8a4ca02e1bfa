#pragma once
// The id of this process, remembered. ZeroMQ asks for it at every look at a socket and with every
// word from thread to thread, to notice a fork, and libc has not remembered it since glibc 2.25.
// Where entering the kernel is dear, as in many virtual machines, that was a tenth of a put.

namespace cairn::system {

/// From here on getpid() is answered from memory in this whole program, its shared libraries and
/// the children that it forks. For main alone: a library has no business with it.
void RememberProcessId();

}  // namespace cairn::system
