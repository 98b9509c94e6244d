package org.viditq.serve.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.io.IoReason;
import org.viditq.core.io.Sha256;
import org.viditq.serve.error.ApiException;

/**
 * The keys that requests may come with, as {@code Authorization: Bearer KEY}. Only their hashes are
 * kept, and all are compared in constant time.
 */
public final class ApiKeys {
  private static final String SCHEME = "Bearer ";
  private static final int SHORTEST = 16;

  private final List<byte[]> hashes;

  private ApiKeys(List<byte[]> hashes) {
    this.hashes = hashes;
  }

  /** Lets every request in. */
  public static ApiKeys none() {
    return new ApiKeys(List.of());
  }

  /**
   * Reads a file with one key per line, of 16 characters or more; empty lines and those that begin
   * with # are none, nor is a byte order mark.
   *
   * @throws UsageException if it holds no key, or one that is too short or no header can have
   */
  public static ApiKeys read(Path file) {
    List<String> keys;
    try {
      keys =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .map(line -> line.replace("\ufeff", "").strip())
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .toList();
    } catch (IOException e) {
      throw new UsageException(
          "The keys of --api-key-file cannot be read from " + file + ": " + IoReason.of(e) + ".",
          e);
    }
    if (keys.isEmpty()) {
      throw new UsageException(
          "The file "
              + file
              + " holds no key; write one into it, for example with 'openssl rand"
              + " -hex 32'.");
    }
    if (keys.stream().anyMatch(key -> key.length() < SHORTEST)) {
      throw new UsageException(
          "The file "
              + file
              + " holds a key of fewer than "
              + SHORTEST
              + " characters, which can be guessed; write a longer one.");
    }
    if (!keys.stream().allMatch(key -> key.matches("[!-~]+"))) {
      throw new UsageException(
          "The file "
              + file
              + " holds a key with a space or a character beyond ASCII, which no request can be"
              + " sent with; write one of letters and digits.");
    }
    return new ApiKeys(keys.stream().map(ApiKeys::hash).toList());
  }

  /** Whether requests need one. */
  public boolean isNeeded() {
    return !hashes.isEmpty();
  }

  /**
   * @param header Authorization, as the request has it
   * @throws ApiException if it holds none of the keys
   */
  void require(Optional<String> header) {
    if (hashes.isEmpty()) {
      return;
    }
    if (header.isEmpty() || !header.get().regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw ApiException.unauthorized(
          "This server needs a key; send it in the header 'Authorization: Bearer KEY'.");
    }
    byte[] given = hash(header.get().substring(SCHEME.length()).strip());
    boolean known = false;
    for (byte[] hash : hashes) {
      known |= MessageDigest.isEqual(hash, given);
    }
    if (!known) {
      throw ApiException.unauthorized("The key is not one of this server's; send another one.");
    }
  }

  private static byte[] hash(String key) {
    return Sha256.begin().digest(key.getBytes(StandardCharsets.UTF_8));
  }
}
