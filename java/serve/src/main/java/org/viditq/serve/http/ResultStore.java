package org.viditq.serve.http;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Files that are fetched later, in memory: by names that nobody can guess, for some time, up to a
 * number of bytes; the oldest go first.
 */
final class ResultStore {
  private static final int NAME_BYTES = 24;

  private final long limit;
  private final Duration lifetime;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Stored> files = new LinkedHashMap<>();
  private long bytes;

  /**
   * A file.
   *
   * @param contentType for the header of that name
   */
  record Stored(byte[] bytes, String contentType, long end) {}

  /**
   * @param limit bytes of all files together
   * @param lifetime of a file
   */
  ResultStore(long limit, Duration lifetime) {
    this.limit = limit;
    this.lifetime = lifetime;
  }

  /** Keeps a file; the one that is larger than the limit alone is kept until the next comes. */
  synchronized String put(byte[] file, String contentType) {
    byte[] name = new byte[NAME_BYTES];
    random.nextBytes(name);
    String id = Base64.getUrlEncoder().withoutPadding().encodeToString(name);
    makeRoom(file.length);
    files.put(id, new Stored(file, contentType, System.nanoTime() + lifetime.toNanos()));
    bytes += file.length;
    return id;
  }

  synchronized Optional<Stored> find(String id) {
    makeRoom(0);
    return Optional.ofNullable(files.get(id));
  }

  private void makeRoom(long more) {
    long now = System.nanoTime();
    for (Iterator<Stored> oldest = files.values().iterator(); oldest.hasNext(); ) {
      Stored file = oldest.next();
      if (file.end() - now > 0 && bytes + more <= limit) {
        return;
      }
      bytes -= file.bytes().length;
      oldest.remove();
    }
  }

  synchronized long bytes() {
    return bytes;
  }
}
