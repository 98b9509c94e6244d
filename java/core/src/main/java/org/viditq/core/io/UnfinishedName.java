package org.viditq.core.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The temporary name of a result that is being written: {@code .viditq-PID-RANDOM.tmp}, claimed by
 * a file {@code .viditq-PID-RANDOM.lock} beside it, which its process holds locked.
 *
 * <p>The system takes the lock from a process that ends, however it ends, and from no other. So
 * what a killed process has left can be told from what another process is writing, also where the
 * processes do not see each other (containers that share a folder, the same number used again), and
 * {@link #removeLeftovers} removes it. Where the file system has no locks, it removes nothing.
 */
final class UnfinishedName {
  private static final String PREFIX = ".viditq-";
  private static final String DATA = ".tmp";
  private static final String CLAIM = ".lock";

  /** What a folder is renamed to before it is emptied. */
  static final String DELETED = ".deleted";

  /**
   * Claims of this process. They must not be opened again: closing any channel of a file gives up
   * all locks of the process on it.
   */
  private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

  /** Folders that were looked through, by this process. */
  private static final Set<Path> SWEPT = ConcurrentHashMap.newKeySet();

  private final Path data;
  private final Path claim;
  private final FileChannel channel;

  private UnfinishedName(Path data, Path claim, FileChannel channel) {
    this.data = data;
    this.claim = claim;
    this.channel = channel;
  }

  /** Claims a name in a folder; nothing is there yet. */
  static UnfinishedName claim(Path folder) throws IOException {
    while (true) {
      String name =
          PREFIX
              + ProcessHandle.current().pid()
              + "-"
              + Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
      Path claim = folder.resolve(name + CLAIM);
      OWN.add(claim.getFileName().toString());
      FileChannel channel =
          FileChannel.open(claim, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (isLocked(channel) && Files.exists(claim)) {
        return new UnfinishedName(folder.resolve(name + DATA), claim, channel);
      }
      // Another process found it in the moment before it was locked, and took it for left over.
      channel.close();
      OWN.remove(claim.getFileName().toString());
    }
  }

  /** False if another process holds the lock; true also where there are no locks. */
  private static boolean isLocked(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (IOException noLocks) {
      return true;
    }
  }

  static boolean isOne(Path file) {
    return file.getFileName().toString().startsWith(PREFIX);
  }

  /** The name to write to. */
  Path path() {
    return data;
  }

  /** Gives up the claim, after what was written has been moved or deleted; idempotent. */
  void release() {
    try {
      Files.deleteIfExists(claim);
      channel.close();
    } catch (IOException stays) {
      // The next process that writes here will remove it.
    }
    OWN.remove(claim.getFileName().toString());
  }

  /** Removes what killed processes have left in a folder; looks through each folder once. */
  static void removeLeftovers(Path folder) {
    if (!SWEPT.add(folder)) {
      return;
    }
    try (DirectoryStream<Path> claims = Files.newDirectoryStream(folder, PREFIX + "*" + CLAIM)) {
      for (Path claim : claims) {
        if (!OWN.contains(claim.getFileName().toString())) {
          removeIfLeft(claim);
        }
      }
    } catch (IOException | DirectoryIteratorException unreadable) {
      // Then it cannot be tidied; whether it can be written to is seen in a moment.
    }
  }

  private static void removeIfLeft(Path claim) {
    String name = claim.getFileName().toString();
    Path data = claim.resolveSibling(name.substring(0, name.length() - CLAIM.length()) + DATA);
    try (FileChannel channel = FileChannel.open(claim, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        FileTrees.delete(data);
        FileTrees.delete(data.resolveSibling(data.getFileName() + DELETED));
        Files.deleteIfExists(claim);
      }
    } catch (IOException | OverlappingFileLockException inUse) {
      // Of another user, or there are no locks: then nobody knows whether its process is gone.
    }
  }
}
