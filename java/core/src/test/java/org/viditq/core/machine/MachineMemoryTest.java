package org.viditq.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineMemoryTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @BeforeEach
  void machine() throws IOException {
    write(
        "proc/meminfo",
        "MemTotal:        8388608 kB\nMemFree:  1024 kB\nMemAvailable:    6291456 kB\n"
            + "SwapTotal:       1048576 kB\nSwapFree:         524288 kB\nHugePages_Total:  0\n");
  }

  private void hasMegabytes(long limit, long available, String reason) {
    assertThat(MachineMemory.read(root))
        .contains(new MachineMemory(limit * MIB, available * MIB, reason));
  }

  @Test
  void aMachineHasItsMemoryAndItsSwap() {
    hasMegabytes(9216, 6656, "this machine has");
  }

  @Test
  void aContainerHasWhatItIsAllowed() throws IOException {
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "1073741824\n");
    write("sys/fs/cgroup/memory.current", "629145600\n");
    write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 104857600\n");
    hasMegabytes(1024, 524, "the container allows");
  }

  @Test
  void theTightestGroupCounts() throws IOException {
    write("proc/self/cgroup", "0::/system.slice/job\n");
    write("sys/fs/cgroup/system.slice/memory.max", "2147483648\n");
    write("sys/fs/cgroup/system.slice/memory.current", "0\n");
    write("sys/fs/cgroup/system.slice/job/memory.max", "max\n");
    write("sys/fs/cgroup/system.slice/job/memory.current", "0\n");
    hasMegabytes(2048, 2048, "the container allows");
  }

  @Test
  void groupsOfTheFirstVersionCountToo() throws IOException {
    write("proc/self/cgroup", "5:memory:/docker/1\n1:cpu:/docker/1\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1073741824\n");
    hasMegabytes(1024, 0, "the container allows");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    hasMegabytes(9216, 6656, "this machine has");
  }

  @Test
  void addressesCanBeLimited() throws IOException {
    write(
        "proc/self/limits",
        "Limit  Soft Limit  Hard Limit  Units\n"
            + "Max address space   4294967296   unlimited   bytes\n");
    write("proc/self/status", "Name:\tjava\nVmSize:\t 1048576 kB\n");
    hasMegabytes(4096, 3072, "'ulimit -v' allows");
  }

  @Test
  void whereTheSystemDoesNotTellNobodyKnows() throws IOException {
    Files.delete(root.resolve("proc/meminfo"));
    assertThat(MachineMemory.read(root)).isEmpty();
  }
}
