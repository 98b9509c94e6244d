// The first process of the PC that emulate.sh boots: runs /program with /arguments, which end with
// a zero byte each. Its output goes to the first serial line, and its exit status to the second, as
// the kernel's messages do. Then switches the PC off.
#include <fcntl.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

// Bochs ends once it was told this.
[[noreturn]] void switch_off() {
  if (ioperm(PORT_OFF, 1, 1) == 0) {
    for (const char letter : std::string("Shutdown")) outb(letter, PORT_OFF);
  }
  for (;;) pause();
}

void mount_system(const char* type, const char* where) {
  mkdir(where, 0755);
  if (mount("none", where, type, 0, nullptr) != 0) std::perror(where);
}

int open_line(const char* device) {
  const int line = open(device, O_RDWR | O_NOCTTY);
  termios settings;
  if (line < 0 || tcgetattr(line, &settings) != 0) {
    std::perror(device);
    switch_off();
  }
  cfmakeraw(&settings);
  cfsetspeed(&settings, B115200);
  tcsetattr(line, TCSANOW, &settings);
  return line;
}

std::vector<std::string> read_arguments() {
  std::ifstream file("/arguments", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

int run(const char* program, std::vector<std::string> arguments, int output) {
  std::vector<char*> pointers{const_cast<char*>(program)};
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execv(program, pointers.data());
    std::perror(program);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main() {
  mount_system("proc", "/proc");
  mount_system("sysfs", "/sys");
  mount_system("devtmpfs", "/dev");
  mount_system("tmpfs", "/tmp");
  const int output = open_line("/dev/ttyS0");
  const int messages = open_line("/dev/ttyS1");
  const int status = run("/program", read_arguments(), output);
  tcdrain(output);
  dprintf(messages, "\nexit status %d\n", status);
  tcdrain(messages);
  switch_off();
}
