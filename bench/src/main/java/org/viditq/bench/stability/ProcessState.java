package org.viditq.bench.stability;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.viditq.core.error.BackendException;
import org.viditq.cpp.NativeLibrary;

/**
 * What this process holds at one moment, as Linux and the libraries count it.
 *
 * @param done rounds of work before it
 * @param seconds since the work began
 * @param residentBytes of the whole process
 * @param nativeBytes that the native library counts as allocated
 * @param heapBytes of the Java heap in use after a collection
 * @param threads of the process, the JVM's own included
 * @param openFiles descriptors
 */
record ProcessState(
    int done,
    double seconds,
    long residentBytes,
    long nativeBytes,
    long heapBytes,
    long threads,
    long openFiles) {
  private static final int KIBI = 1024;

  /** Collects garbage first: what is left is held. */
  static ProcessState now(int done, double seconds) {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return new ProcessState(
        done,
        seconds,
        KIBI * status("VmRSS:"),
        NativeLibrary.allocatedBytes(),
        runtime.totalMemory() - runtime.freeMemory(),
        status("Threads:"),
        openDescriptors());
  }

  private static long status(String key) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElseThrow(() -> new BackendException("/proc/self/status has no " + key + "."));
    } catch (IOException notLinux) {
      throw notHere(notLinux);
    }
  }

  private static long openDescriptors() {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.count() - 1; // that of the listing itself
    } catch (IOException notLinux) {
      throw notHere(notLinux);
    }
  }

  private static BackendException notHere(IOException notLinux) {
    return new BackendException(
        "What a process holds is read from /proc, which this system does not have; run this on"
            + " Linux.",
        notLinux);
  }

  void putInto(ObjectNode node) {
    node.put("done", done);
    node.put("seconds", Math.round(seconds * 10) / 10.0);
    node.put("residentBytes", residentBytes);
    node.put("nativeBytes", nativeBytes);
    node.put("heapBytes", heapBytes);
    node.put("threads", threads);
    node.put("openFiles", openFiles);
  }
}
