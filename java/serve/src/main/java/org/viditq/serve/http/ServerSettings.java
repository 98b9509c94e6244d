package org.viditq.serve.http;

import java.time.Duration;
import java.util.Optional;

/**
 * Where the server listens, and what it keeps.
 *
 * @param host address to listen on
 * @param port to listen on; 0 for any that is free
 * @param publicUrl what clients reach it by, without a slash at the end; empty for its address
 * @param connections that may be open at a time
 * @param storeBytes of results that are fetched later, pictures and clips each
 * @param lifetime of such results
 */
public record ServerSettings(
    String host,
    int port,
    Optional<String> publicUrl,
    int connections,
    long storeBytes,
    Duration lifetime) {}
